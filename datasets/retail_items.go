package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The shop's range. Names are real words, so that what the words of an item say
// of the benefit sought (cheap, fine, ethical, quick, for a feast) can be found.

// retailNouns are the products of a category, in the order of retailCategories.
var retailNouns = [len(retailCategories)][]string{
	{"oat flakes", "tomato soup", "basmati rice", "rye bread", "olive oil", "farm eggs", "red lentils", "yoghurt", "apple sauce", "hard cheese", "spaghetti", "peanut butter", "honey", "frozen peas"},
	{"dish soap", "laundry powder", "kitchen roll", "bin bags", "floor cleaner", "sponges", "light bulbs", "glass cleaner", "soap bar", "candles", "clothes pegs", "scrub brush", "batteries", "baking paper"},
	{"green tea", "espresso beans", "orange juice", "sparkling water", "pale ale", "white wine", "cocoa", "ginger beer", "apple juice", "filter coffee", "rose wine", "iced tea", "tonic water", "oat drink"},
	{"table lamp", "wool blanket", "picture frame", "storage basket", "dinner plates", "bath towels", "wall clock", "cushion", "frying pan", "bread knife", "linen curtain", "door mat", "mixing bowl", "mirror"},
	{"watering can", "rose bush", "garden hose", "potting soil", "pruning shears", "bird house", "herb pots", "parasol", "fire bowl", "lawn seed", "trellis", "tulip bulbs", "work gloves", "garden bench"},
	{"cotton shirt", "rain jacket", "wool scarf", "denim jeans", "leather belt", "running shoes", "summer dress", "knit jumper", "sun hat", "socks", "handbag", "linen trousers", "gloves", "pyjamas"},
	{"headphones", "phone charger", "desk speaker", "coffee grinder", "smart plug", "electric kettle", "keyboard", "bedside radio", "hand blender", "camera bag", "power bank", "reading light", "hair dryer", "thermometer"},
	{"wooden train", "board game", "teddy bear", "jigsaw puzzle", "gift box", "paint set", "building blocks", "kite", "music box", "doll house", "card game", "soft ball", "marble run", "story book"},
}

// retailStyles are the benefits that an item's words promise.
var retailStyles = [...]struct {
	name  string
	words []string
}{
	{"family", []string{"family", "everyday", "classic"}},
	{"green", []string{"organic", "recycled", "fairtrade"}},
	{"quick", []string{"instant", "express", "ready"}},
	{"festive", []string{"festive", "party", "gift"}},
}

// retailTiers are the price tiers of a category.
var retailTiers = [...]struct {
	name  string
	words []string
	price float64 // of the category's typical price
}{
	{"value", []string{"basic", "saver"}, 0.75},
	{"standard", []string{"", ""}, 1},
	{"premium", []string{"deluxe", "reserve"}, 1.35},
}

// stock makes the shop's items.
func (run *retailRun) stock(r *rand.Rand) {
	for k, c := range retailCategories {
		var items []retailItem
		for i, noun := range retailNouns[k] {
			factor := math.Exp(0.45 * r.NormFloat64())
			it := retailItem{
				id:    fmt.Sprintf("%s-%02d", c.name[:4], i+1),
				brand: c.brands[r.IntN(len(c.brands))],
				price: math.Ceil(c.price*factor) - 0.05,
			}
			// The words follow from place and price, not from chance: no further draw.
			style := retailStyles[i%len(retailStyles)]
			it.name = style.words[i/len(retailStyles)%len(style.words)] + " " + noun
			switch {
			case factor < 0.7:
				it.name = retailTiers[0].words[i%2] + " " + it.name
			case factor > 1.5:
				it.name = retailTiers[2].words[i%2] + " " + it.name
			}
			items = append(items, it)
		}
		run.items = append(run.items, items)
	}
	w := make([]float64, len(retailNouns[0]))
	for i := range w {
		w[i] = 1 / float64(i+2)
	}
	run.zipf = shares(w...)
}
