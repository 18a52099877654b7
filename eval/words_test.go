package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Columns are spoken of in a sentence with both numbers and their unit, with digits
// enough to tell them apart; every wording has its two words.
func TestPhraseColumns(t *testing.T) {
	for _, c := range []struct {
		col          features.Column
		mean, others float64
		want         string
	}{
		{features.Column{Name: "volume_rate", Unit: "1/month"}, 3.2, 1, "buys 3.2 a month (others 1 a month)"},
		{features.Column{Name: "active_share", Kind: features.Probability}, 0.5, 0.125, "active in 50 % of four-week periods (others 12 %)"},
		{features.Column{Name: "volume_per_order", Unit: "units"}, 12, 3, "takes 12 units per order (others 3 units)"},
		{features.Column{Name: "overdue", Unit: "gaps"}, 2.5, 0.8, "silent for 2.5 of their usual gaps (others 0.8)"},
		{features.Column{Name: "clicks_per_visit", Unit: ""}, 1.24, 1.2403, "clicks per visit: 1.24 (others 1.2403)"},
		{features.Column{Name: "x", Doc: "something measured."}, -3, 4000, "something measured: −3 (others 4,000)"},
		{features.Column{Name: "recency", Unit: "days"}, 1, 90, "last bought 1 day ago (others 90 days)"},
	} {
		if got := phrase(c.col, c.mean, c.others); got != c.want {
			t.Errorf("%s: %q, want %q", c.col.Name, got, c.want)
		}
	}
	for name, w := range wordings {
		if w.high == w.low && w.high != "" {
			t.Errorf("%s is called %q both ways", name, w.high)
		}
		if strings.Count(w.sentence, "%s") != 1 || w.others != "" && strings.Count(w.others, "%s") != 1 {
			t.Errorf("%s: %q, %q", name, w.sentence, w.others)
		}
	}
	for a, list := range contradicts {
		for _, b := range list {
			if a == b {
				t.Errorf("%s contradicts itself", a)
			}
			if !slices.Contains(contradicts[b], a) {
				t.Errorf("%s contradicts %s, not the other way round", a, b)
			}
		}
	}
}

// Learned names are spoken of as they stand in the log, without codes.
func TestPhraseFamilies(t *testing.T) {
	for _, c := range []struct {
		col  features.Column
		want string
	}{
		{features.Column{Name: "benefit_category_soft_drinks", Kind: features.Share, Doc: "part of the purchases: category SOFT DRINKS"}, "25 % of purchases are in soft drinks (others 10 %)"},
		{features.Column{Name: "benefit_category_garden", Kind: features.Share, Doc: "part of the purchases, over 3 families: category garden"}, "75 % of purchases are in garden (others 30 %)"},
		{features.Column{Name: "benefit_category_silk", Kind: features.Share, Doc: "part of the purchases: category 50%silk"}, "25 % of purchases are in 50%silk (others 10 %)"},
		{features.Column{Name: "benefit_brand_field_and_mill", Kind: features.Share, Doc: "part of the purchases: brand Field & Mill"}, "25 % of purchases are of the brand Field & Mill (others 10 %)"},
		{features.Column{Name: "benefit_price_low", Kind: features.Share, Doc: "part of the purchases: price tier within the category low"}, "25 % of purchases are in the lowest price tier (others 10 %)"},
		{features.Column{Name: "interest_garden", Kind: features.Share, Doc: "share of interest in the category garden"}, "25 % of interest goes to garden (others 10 %)"},
		{features.Column{Name: "interest_22423", Kind: features.Share, Doc: "share of interest in the item 22423"}, "25 % of interest goes to item 22423 (others 10 %)"},
		{features.Column{Name: "theme_2", Kind: features.Share, Doc: "part of the purchases' words, a proxy for a benefit: cotton, shirt, jacket, rain"}, "25 % of the product words bought are like “cotton, shirt, jacket” (others 10 %)"},
		{features.Column{Name: "path_moves_cart_add_exit", Kind: features.Share, Doc: "share of moves from cart_add to exit"}, "25 % of moves go from filling the cart to leaving (others 10 %)"},
		{features.Column{Name: "drop_share_search", Kind: features.Probability, Doc: "share of the customer's attempts that end at search"}, "25 % of attempts end at searching (others 10 %)"},
		{features.Column{Name: "channel_share_app", Kind: features.Share, Doc: "share of purchases on app"}, "25 % of purchases are on app (others 10 %)"},
		{features.Column{Name: "stated_price_matters", Kind: features.Binary, Doc: `answer to "price_matters" (mean 0.5 of 7 respondents)`}, "25 % of them say yes to “price matters” (others 10 %)"},
		{features.Column{Name: "stated_nps", Doc: `answer to "nps" (mean 7 of 12 respondents)`}, "answers 0.25 to “nps” (others 0.1)"},
		{features.Column{Name: "spend_trend", Unit: "1/period"}, "spend moves by +25 % a period (others +10 %)"},
		{features.Column{Name: "rare_share", Unit: "share"}, "25 % of purchase days are unlike their others (others 10 %)"},
	} {
		if got := phrase(c.col, 0.25, 0.1); got != c.want {
			t.Errorf("%s: %q, want %q", c.col.Name, got, c.want)
		}
	}
}

// Every column that a registered extractor makes by default is spoken of in words:
// on a log with every kind of event no sentence falls back to a column's name.
func TestPhraseExtractors(t *testing.T) {
	log := wordsLog()
	said := 0
	for _, e := range features.Extractors() {
		r, err := features.NewRecipe("words", append(slices.Clone(e.After), e.Name)...)
		if err != nil {
			t.Fatal(err)
		}
		b, err := features.Build(context.Background(), log, r, 0, 2)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		n, _ := b.Raw.Dims()
		labels := make([]int32, n)
		for i := range labels {
			labels[i] = int32(i % 2)
		}
		p := NewProfile(b.Raw, labels, nil)
		shown := cardColumns(p)
		for j, c := range p.Cols {
			number := c.Kind != features.Angle && c.Kind != features.Category && c.Kind != features.Embedding
			if !number && slices.Contains(shown, j) {
				t.Errorf("%s, a %s, is described as a quantity", c.Name, c.Kind)
			}
			if !number || e.Name == "descriptors" { // whose columns are the log's own
				continue
			}
			said++
			text := phrase(c, 0.3, 0.2)
			_, named := wordings[c.Name]
			if _, ok := familyWording(c); !ok && !named {
				t.Errorf("%s has no words: %q", c.Name, text)
			}
			if strings.Contains(text, "_") || strings.Contains(text, "%s") || strings.Contains(text, "%v") {
				t.Errorf("%s: %q", c.Name, text)
			}
		}
	}
	if said < 100 {
		t.Errorf("%d columns were looked at", said)
	}
}

// wordsLog has every kind of event and every column.
func wordsLog() *datasets.Log {
	rng := rand.New(rand.NewPCG(7, 1))
	b := datasets.NewBuilder(datasets.Meta{Name: "words", Resolution: datasets.Second, FirstSeenIsFirst: true, Has: datasets.FieldHour - 1})
	start := time.Date(2022, 1, 3, 0, 0, 0, 0, time.UTC)
	kinds := len(datasets.KindNames())
	for c := range 300 {
		for v := range 4 + c%9 {
			at := start.AddDate(0, 0, rng.IntN(800)).Add(time.Duration(rng.IntN(86400)) * time.Second)
			ev := datasets.Event{
				Customer: fmt.Sprint("c", c), Time: at.UnixMicro(), Kind: datasets.Purchase, Order: fmt.Sprint("o", c, "-", v), Item: fmt.Sprint("i", rng.IntN(40)),
				Category: fmt.Sprint("kind_", rng.IntN(6)), Brand: fmt.Sprint("brand ", rng.IntN(5)), Channel: fmt.Sprint("channel_", rng.IntN(3)),
				Campaign: fmt.Sprint("m", rng.IntN(4)), Session: fmt.Sprint("s", c, "-", v), Quantity: float64(1 + rng.IntN(3)), Price: 1 + float64(rng.IntN(900))/100,
				Discount: float64(rng.IntN(2)), Margin: 0.5, Rating: float64(1 + rng.IntN(5)), Points: float64(rng.IntN(100)),
			}
			ev.Amount = ev.Quantity * ev.Price
			b.Add(ev)
			for range 2 {
				other := ev
				other.Kind, other.Amount = datasets.Kind(rng.IntN(kinds)), math.NaN()
				other.Time -= int64(rng.IntN(7200)) * 1e6
				if rng.IntN(2) == 0 { // a visit that ends without a purchase
					other.Session, other.Time = other.Session+"b", other.Time-int64(rng.IntN(20))*864e8
				}
				if other.Kind != datasets.Purchase {
					b.Add(other)
				}
			}
		}
	}
	log := b.Log()
	log.Items = &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "name"}}}
	list := []string{"blue", "cup", "tea", "lamp", "garden", "box", "paper"}
	for i := range 40 {
		log.Items.Keys = append(log.Items.Keys, fmt.Sprint("i", i))
		log.Items.Cols[0].Text = append(log.Items.Cols[0].Text, list[i%7]+" "+list[i/7])
	}
	log.Customers = &datasets.Table{Name: "customers", Cols: []datasets.TableColumn{{Name: "age", Unit: "years"}}}
	for c := range 300 {
		log.Customers.Keys = append(log.Customers.Keys, fmt.Sprint("c", c))
		log.Customers.Cols[0].Num = append(log.Customers.Cols[0].Num, float64(20+c%50))
	}
	return log
}

// A segment's name says what it does most: a time of day, a channel, an occasion, but
// nothing that holds of few of its purchases.
func TestCardNamesBehaviour(t *testing.T) {
	cols := []features.Column{
		{Name: "hour_cos", Kind: features.Angle},
		{Name: "hour_sin", Kind: features.Angle},
		{Name: "channel_share_app", Kind: features.Share, Doc: "share of purchases on app"},
		{Name: "channel_share_store", Kind: features.Share, Doc: "share of purchases on store"},
		{Name: "occasion_christmas", Kind: features.Share, Doc: "share of purchase days on the weeks before Christmas"},
		{Name: "benefit_brand_hearth", Kind: features.Share, Doc: "part of the purchases: brand Hearth"},
		{Name: "deal_share", Kind: features.Probability},
		{Name: "taste_1", Kind: features.Embedding, Doc: "taste axis 1"},
		{Name: "tier", Kind: features.Category, Doc: "0 low, 1 heavy"},
	}
	// cos, sin of 23 h and of 14 h, with a strength of 0.8.
	night, day := [2]float64{0.773, -0.207}, [2]float64{-0.693, -0.4}
	means := [][]float64{
		{night[0], night[1], 0.8, 0.1, 0.1, 0.05, 0.1, 3, 0},
		{day[0], day[1], 0.1, 0.8, 0.5, 0.05, 0.1, -3, 0},
		{day[0], day[1], 0.3, 0.3, 0.1, 0.05, 0.7, -3, 1},
		{day[0], day[1], 0.3, 0.3, 0.1, 0.15, 0.1, -3, 1},
	}
	var rows [][]float64
	var labels []int32
	for i := range 400 {
		g := i % 4
		r := slices.Clone(means[g])
		for j := range 7 {
			r[j] += 0.02 * float64(2*(i/4%2)-1)
		}
		rows, labels = append(rows, r), append(labels, int32(g))
	}
	cards := Cards(NewProfile(columnMatrix(cols, rows), labels, nil))
	for g, want := range []string{"Late-night app shoppers", "Christmas store shoppers", "Deal seekers"} {
		if !strings.EqualFold(cards[g].Name, want) {
			t.Errorf("segment %d is called %q, want %q", g, cards[g].Name, want)
		}
	}
	if name := cards[3].Name; strings.Contains(name, "Hearth") {
		t.Errorf("15 %% of purchases name a segment: %q", name)
	}
	for _, c := range cards {
		clock := 0
		for _, b := range c.Behaviours {
			switch b.Column.Name {
			case "taste_1", "tier":
				t.Errorf("segment %d shows %s", c.Segment, b.Column.Name)
			case "hour_cos", "hour_sin":
				clock++
				if want := "buys mostly around 23 h (others 14 h)"; c.Segment == 0 && b.Text != want {
					t.Errorf("%q, want %q", b.Text, want)
				}
				if b.SMD < 0 || b.Lo > b.SMD || b.Hi < b.SMD {
					t.Errorf("a time of day is %g (%g to %g) apart", b.SMD, b.Lo, b.Hi)
				}
			}
		}
		if clock > 1 || c.Segment == 0 && clock == 0 {
			t.Errorf("segment %d tells the time of day %d times", c.Segment, clock)
		}
	}
}
