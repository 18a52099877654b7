package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mores-lab/mores/features"
)

// namer gives segments rule-of-thumb names and remembers those it has given.
type namer map[string]bool

// nameThreshold is the size a difference needs to enter a name: what Cohen (1988,
// p. 40) calls a small effect. Weaker ones would name a segment after noise.
const nameThreshold = 0.2

// opposites are words that are not joined in a name: the stronger stands. Each word
// of a group contradicts those of the other side.
var opposites = [][2][]string{
	{{"frequent", "fast-paced", "often-visiting", "active"}, {"occasional", "slow-paced", "rarely visiting"}},
	{{"regular", "steady"}, {"irregular", "bursty", "on-and-off", "erratic"}},
	{{"recent", "active", "on-time", "frequent"}, {"lapsed", "overdue", "fading"}},
	{{"new"}, {"long-standing"}},
	{{"slowing", "declining", "fading"}, {"quickening", "growing"}},
	{{"high spenders", "high-value customers"}, {"light buyers", "low-value customers"}},
	{{"big-basket", "big-basket buyers", "bulk"}, {"small-basket", "small-basket buyers", "few-item"}},
	{{"one-stop", "many-benefit", "broad-range", "broad-interest"}, {"single-category", "single-benefit", "narrow-range", "narrow-interest"}},
	{{"premium"}, {"budget", "bargain hunters", "deal seekers"}},
	{{"own-label"}, {"named-brand"}},
	{{"deal seekers", "bargain hunters", "price-watching", "coupon users"}, {"full-price buyers", "price-indifferent"}},
	{{"decisive", "purposeful", "quick-deciding"}, {"deliberate", "comparing", "wandering", "slow-deciding", "hesitant", "window shoppers"}},
	{{"purposeful"}, {"cart-abandoning", "checkout-abandoning", "browsers"}},
	{{"satisfied"}, {"dissatisfied", "complaining", "souring"}},
	{{"brand-loyal"}, {"brand-switching"}},
	{{"multichannel"}, {"one-channel"}},
	{{"weekend"}, {"weekday"}},
	{{"late-night"}, {"daytime"}},
	{{"any-day"}, {"fixed-day", "same-weekday"}},
	{{"any-hour"}, {"fixed-hour", "same-hour"}},
	{{"points-redeeming"}, {"points-saving"}},
	{{"campaign-responsive", "mail-opening"}, {"campaign-resistant", "mail-ignoring", "message-weary"}},
	{{"often-using", "lately using"}, {"rarely-using", "idle"}},
	{{"engaged", "often-visiting"}, {"disengaged"}},
}

// contradicts lists the words that a word is not joined with.
var contradicts = func() map[string][]string {
	m := map[string][]string{}
	for _, pair := range opposites {
		for side, list := range pair {
			for _, w := range list {
				m[w] = append(m[w], pair[1-side]...)
			}
		}
	}
	return m
}()

// nameIndex is how far above everyone's a part of a composition must lie to name a
// segment, in marketing's index of 100 = average: garden buyers who spend 11 % on
// gardens where everybody spends 10 % would be a name for nothing.
const nameIndex = 120

// nameShare is the least part of a composition that names a segment: who buys 15 % of
// a brand is no buyer of that brand, whatever the others do.
const nameShare = 0.2

// nameRate is the same for what people do at times: complain, redeem, keep to a brand.
const nameRate = 0.1

// weakest is the part of the strongest nameable difference that another needs to
// stand beside it in the first name, unless it is large itself (Cohen: 0.8); weaker
// ones only keep names apart.
const weakest, large = 0.5, 0.8

// named is a word that a segment's behaviour gives to its name.
type named struct {
	word string
	slot slot
	size float64
}

// words returns the words for a name, strongest behaviour first, and the column
// names as the last resort. A word that contradicts a stronger one is left out.
func words(all []Behaviour) (out []named, plainly []string) {
	for _, b := range all {
		if math.Abs(b.SMD) < nameThreshold {
			break
		}
		if b.word != "" {
			out = append(out, named{b.word, b.slot, math.Abs(b.SMD)})
			continue
		}
		if b.Column.Kind == features.Angle {
			continue
		}
		w := wordingOf(b.Column)
		word, level := w.high, "high "
		if b.SMD < 0 {
			word, level = w.low, "low "
		}
		plainly = append(plainly, level+strings.ReplaceAll(b.Column.Name, "_", " "))
		factor, _ := Spoken(b.Column)
		weak := b.Column.Kind == features.Share && (100*b.Mean < nameIndex*b.Overall || factor*b.Mean < 100*nameShare) ||
			b.Column.Kind == features.Probability && b.SMD > 0 && b.Mean < nameRate
		stands := slices.ContainsFunc(out, func(o named) bool { return o.word == word || slices.Contains(contradicts[o.word], word) })
		if word != "" && !weak && !stands {
			out = append(out, named{word, w.slot, math.Abs(b.SMD)})
		}
	}
	return out, plainly
}

// name returns the first name not given yet, from the shortest to the most
// detailed: "Frequent high spenders", "Recent, frequent high spenders", "High
// recency, low frequency", and with a number at last. The first holds two words that
// are not of one sense, the second strong or a word for people.
func (n namer) name(all []Behaviour) string {
	list, plainly := words(all)
	var candidates []string
	if len(list) > 0 {
		first := list[:1:1]
		var second *named // a manner rather takes a weak word for people than none or a second manner
		for i, w := range list[1:] {
			taken := w.slot == list[0].slot && w.slot != manner || alike(list[0].word, w.word)
			strong := w.size >= min(weakest*list[0].size, large)
			switch {
			case taken:
			case second == nil && (strong || list[0].slot == manner && w.slot == noun),
				second != nil && second.slot == manner && list[0].slot == manner && w.slot == noun:
				second = &list[1+i]
			}
		}
		if second != nil {
			first = append(first, *second)
		}
		candidates = append(candidates, compose(first))
		for k := 2; k <= len(list); k++ {
			candidates = append(candidates, compose(list[:k]))
		}
	}
	for k := 2; k <= len(plainly); k++ {
		candidates = append(candidates, strings.Join(plainly[:k], ", "))
	}
	if len(plainly) == 1 {
		candidates = append(candidates, plainly[0])
	}
	if len(candidates) == 0 {
		candidates = append(candidates, "typical customers")
	}
	for _, c := range candidates {
		if c = capital(c); !n[c] {
			n[c] = true
			return c
		}
	}
	for i := 2; ; i++ {
		if c := fmt.Sprintf("%s (%d)", capital(candidates[0]), i); !n[c] {
			n[c] = true
			return c
		}
	}
}

// senses are words that say nearly the same: a first name has one of them.
var senses = [][]string{
	{"fading", "lapsed", "overdue"},
	{"active", "recent", "on-time"},
	{"active", "frequent", "fast-paced", "often-visiting"},
	{"occasional", "slow-paced", "rarely visiting"},
	{"steady", "regular"},
	{"steady", "active"},
	{"irregular", "bursty", "on-and-off", "erratic"},
	{"decisive", "quick-deciding", "purposeful"},
	{"deliberate", "comparing", "slow-deciding", "hesitant", "wandering", "browsers", "window shoppers"},
	{"cart-abandoning", "checkout-abandoning"},
	{"big-basket", "big-basket buyers", "bulk"},
	{"small-basket", "small-basket buyers", "few-item"},
	{"high spenders", "high-value customers"},
	{"light buyers", "low-value customers"},
	{"budget", "deal seekers", "bargain hunters", "coupon users"},
	{"campaign-responsive", "mail-opening", "mail-clicking"},
	{"single-category", "single-benefit", "narrow-range", "narrow-interest"},
	{"one-stop", "many-benefit", "broad-range", "broad-interest"},
	{"points-redeeming", "offer-redeeming"},
	{"slowing", "declining", "fading", "lapsed"},
	{"deal seekers", "price-watching"},
	{"weekend", "fixed-day", "same-weekday"},
}

func alike(a, b string) bool {
	return slices.ContainsFunc(senses, func(l []string) bool { return slices.Contains(l, a) && slices.Contains(l, b) })
}

// compose puts words into the order of a name: manners with commas, when, where and
// what they buy, and who they are, the strongest word for people alone.
func compose(list []named) string {
	var by [noun + 1][]string
	for _, w := range list {
		by[w.slot] = append(by[w.slot], w.word)
	}
	var parts []string
	if len(by[manner]) > 0 {
		parts = append(parts, strings.Join(by[manner], ", "))
	}
	for _, s := range []slot{when, where, what} {
		if len(by[s]) > 0 {
			parts = append(parts, strings.Join(by[s], " and "))
		}
	}
	switch {
	case len(by[noun]) > 0:
		parts = append(parts, by[noun][0])
	case len(by[when]) > 0 || len(by[where]) > 0:
		parts = append(parts, "shoppers")
	default:
		parts = append(parts, "buyers")
	}
	return strings.Join(parts, " ")
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
