package eval

import (
	"strings"
	"unicode"

	"github.com/mores-lab/mores/features"
)

// family is how columns are spoken of whose names begin with a prefix and end in
// what was learned from the log: a category, a brand, a channel, a question. What
// was learned is read from the Doc, where it stands as in the log, after mark.
type family struct {
	prefix, mark string
	wording      wording // %v stands for what was learned, in sentence, high and topic
}

// families are tried in order.
var families = []family{
	{"benefit_category_other", "category ", wording{sentence: "%s of purchases are in the smaller categories"}},
	{"benefit_brand_other", "brand ", wording{sentence: "%s of purchases are of the smaller brands", topic: "a brand"}},
	{"benefit_category_unknown", "", wording{sentence: "%s of purchases have no known category"}},
	{"benefit_brand_unknown", "", wording{sentence: "%s of purchases have no known brand"}},
	{"benefit_price_unknown", "", wording{sentence: "%s of purchases have no known price tier"}},
	{"benefit_label_unknown", "", wording{sentence: "%s of purchases have no known label"}},
	{"benefit_category_", "category ", wording{sentence: "%s of purchases are in %v", high: "%v", slot: what, topic: "in %v"}},
	{"benefit_brand_", "brand ", wording{sentence: "%s of purchases are of the brand %v", high: "%v", slot: what, topic: "a brand"}},
	{"benefit_price_low", "", wording{sentence: "%s of purchases are in the lowest price tier", high: "budget", slot: what, topic: "price"}},
	{"benefit_price_mid", "", wording{sentence: "%s of purchases are in the middle price tier", high: "mid-price", slot: what, topic: "price"}},
	{"benefit_price_high", "", wording{sentence: "%s of purchases are in the highest price tier", high: "premium", slot: what, topic: "price"}},
	{"benefit_", "purchases: ", wording{sentence: "%s of purchases: %v"}},
	{"rpi_", "offered: ", wording{sentence: "buys by %s more than is offered: %v", scale: "a logarithm, 0 as offered", signed: true}},
	{"theme_", "benefit: ", wording{sentence: "%s of the product words bought are like “%v”", topic: "a theme"}},
	{"interest_other", "", wording{sentence: "%s of interest goes to the smaller groups"}},
	{"interest_", "share of interest in the ", wording{sentence: "%s of interest goes to %v", high: "%v", slot: what, topic: "in %v"}},
	{"channel_share_", "share of purchases on ", wording{sentence: "%s of purchases are on %v", high: "%v", slot: where, topic: "a channel"}},
	{"channel_answers_", "answers messages on ", wording{sentence: "answers messages by %s more than are sent: %v", scale: "a logarithm, 0 as sent", signed: true}},
	{"campaign_open_by_", "share of messages opened on ", wording{sentence: "opens %s of messages on %v", topic: "opens"}},
	{"path_moves_", "share of moves ", wording{sentence: "%s of moves go %v", topic: "moves"}},
	{"drop_share_", "attempts that end at ", wording{sentence: "%s of attempts end at %v"}},
	{"barrier_", "gets stuck at ", wording{sentence: "gets stuck at %v: %s", scale: "a score, above 0 more than others", signed: true}},
	{"stated_", "answer to ", wording{sentence: "answers %s to “%v”"}},
}

// familyWording speaks of a column by its family; ok is false where it has none.
func familyWording(c features.Column) (w wording, ok bool) {
	for _, f := range families {
		if !strings.HasPrefix(c.Name, f.prefix) {
			continue
		}
		w = f.wording
		if !strings.Contains(w.sentence, "%v") {
			return w, true
		}
		_, learned, found := strings.Cut(c.Doc, f.mark)
		if !found {
			return wording{}, false
		}
		learned, name := familyLearned(f.prefix, learned)
		if f.prefix == "stated_" && c.Kind == features.Binary {
			w.sentence = "%s of them say yes to “%v”"
		}
		w.sentence = strings.Replace(w.sentence, "%v", learned, 1)
		w.topic = strings.Replace(w.topic, "%v", learned, 1)
		w.high = strings.Replace(w.high, "%v", name, 1)
		if f.prefix == "benefit_brand_" && strings.EqualFold(learned, "own label") {
			w.topic = wordings["own_label_share"].topic
		}
		return w, true
	}
	return wording{}, false
}

// familyLearned makes what stands in the Doc fit for a sentence, and for a name: "" =
// no name is made of it, as of a code or of many words.
func familyLearned(prefix, text string) (learned, name string) {
	switch prefix {
	case "theme_":
		parts := strings.Split(text, ", ")
		return strings.Join(parts[:min(3, len(parts))], ", "), ""
	case "interest_":
		level, group, _ := strings.Cut(text, " ")
		if level == "category" {
			return calm(group), nameable(calm(group))
		}
		return level + " " + group, "" // a code, as it is written
	case "benefit_brand_": // a name, as it is written
		return text, nameable(text)
	case "channel_share_":
		return calm(text), nameable(text)
	case "channel_answers_":
		text, _, _ = strings.Cut(text, " more (above 0)")
	case "barrier_":
		text, _, _ = strings.Cut(text, " more (above 0)")
		return stepWords(text), ""
	case "drop_share_":
		return stepWords(text), ""
	case "path_moves_":
		from, to, _ := strings.Cut(strings.TrimPrefix(text, "from "), " to ")
		return "from " + stepWords(from) + " to " + stepWords(to), ""
	case "stated_":
		if i := strings.LastIndex(text, " (mean "); i > 0 {
			text = text[:i]
		}
		return strings.ReplaceAll(strings.Trim(text, `"`), "_", " "), ""
	}
	text = calm(text)
	return text, nameable(text)
}

// calm writes shouted words as a sentence has them, and codes with blanks.
func calm(s string) string {
	s = strings.ReplaceAll(s, "_", " ")
	if len(s) > 3 && s == strings.ToUpper(s) {
		s = strings.ToLower(s)
	}
	return s
}

// nameable returns the text if it can stand in a name: three words at most, no digit.
func nameable(s string) string {
	if strings.ContainsFunc(s, unicode.IsDigit) || len(strings.Fields(s)) > 3 || strings.Contains(s, "%") {
		return ""
	}
	return s
}

// steps are what customers do on their way to a purchase, as a phrase.
var steps = map[string]string{
	"start": "arriving", "exit": "leaving", "view": "looking at an item", "search": "searching", "cart_add": "filling the cart",
	"cart_remove": "emptying the cart", "checkout": "the checkout", "purchase": "buying", "wishlist": "the wish list", "visit": "visiting",
}

func stepWords(s string) string {
	if w, ok := steps[s]; ok {
		return w
	}
	return calm(s)
}
