package features

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// RareReason says why an occasion is rare; several can hold.
type RareReason uint8

// The reasons.
const (
	RareAmount   RareReason = 1 << iota // the amount is far from the customer's others
	RareCategory                        // its categories are hardly ever bought otherwise
	RareBurst                           // one of a burst of purchases
	RareFirst                           // a category for the first time, in a large basket
)

// RareOccasion is a purchase occasion unlike the customer's others.
type RareOccasion struct {
	Day     int // days since 1970-01-01
	Reasons RareReason
	Gross   float64 // NaN without amounts
	// Z is the robust z of ln amount: (x − median)/scale; NaN without amounts.
	Z float64
	// Familiar is how often the customer buys the most usual of its categories otherwise,
	// by Laplace's rule: (c + 1)/(n + 1) for c of the n − 1 other occasions; NaN without
	// categories.
	Familiar float64
	// Jaccard is the overlap of its categories with all earlier ones; NaN for the first
	// occasion and without categories.
	Jaccard    float64
	Categories []string
}

// RareRule is what counts as rare. NewRareRule gives the usual values.
type RareRule struct {
	Z        float64 `json:"z"`        // |Z| from which an amount is rare
	Familiar float64 `json:"familiar"` // share of occasions below which a category is rare
	Burst    string  `json:"burst"`    // kleinberg, window (ShortBursts)
	Pace     float64 `json:"pace"`     // Kleinberg's s: how much faster a burst is
	// Cost is the price of a burst in nats, Kleinberg's γ·ln n: the same for every n, so
	// that chance makes bursts of the same share of few purchases and of many.
	Cost float64 `json:"cost"`
	// Spread is the population's scale of ln amount, drawn in with the weight of
	// SpreadWeight occasions: a few amounts can lie close together by chance, and then
	// every other is far off. 0 = none.
	Spread       float64 `json:"spread"`
	SpreadWeight float64 `json:"spread_weight"`
}

// NewRareRule returns 3.5 scales (Iglewicz & Hoaglin 1993), a tenth of the
// occasions, and bursts of ten times the usual pace that are 33 times (e^3.5)
// likelier so.
func NewRareRule() RareRule {
	return RareRule{Z: 3.5, Familiar: 0.1, Burst: "kleinberg", Pace: 10, Cost: 3.5}
}

// rareNeeds is the number of occasions below which none can be unlike the others.
const rareNeeds = 5

// past says that so many occasions are enough to call a category unusual.
func (r RareRule) past(n int) bool { return float64(n+1)*r.Familiar > 1 }

// RareOccasions lists a customer's rare occasions, in order: by rule, rare are amounts
// with |ln x − median| > Z·scale, the scale 1.4826·MAD, where that is 0 the IQR/1.349,
// where that is 0 the rule's Spread, else none; categories bought less often than
// Familiar; bursts; and a category's first purchase, after five occasions, in a basket
// above median + 1.645 scales (the 95 % point). A Jaccard coefficient with all earlier
// categories, which is given beside, cannot be the rule: of one basket against a long
// past it is small whatever is bought. Fewer than five occasions have no rare one, and
// fewer than 1/Familiar tell nothing of categories, since most are missing from a few.
// Cost: O(lines + n log n).
func RareOccasions(h datasets.History, rule RareRule) []RareOccasion {
	r := rareFrom(h, rule)
	var out []RareOccasion
	for i := range r.reasons {
		if r.reasons[i] == 0 {
			continue
		}
		o := RareOccasion{Day: r.occ[i].Day, Reasons: r.reasons[i], Gross: r.occ[i].Gross, Z: r.z(i), Familiar: math.NaN(), Jaccard: math.NaN()}
		if cats := r.of(i); len(cats) > 0 {
			o.Familiar = r.familiar(i)
			before, both := 0, 0
			for k := range r.names {
				if int(r.first[k]) < i {
					before++
				}
			}
			for _, k := range cats {
				o.Categories = append(o.Categories, r.names[k])
				if int(r.first[k]) < i {
					both++
				}
			}
			if i > 0 {
				o.Jaccard = float64(both) / float64(before+len(cats)-both)
			}
		}
		out = append(out, o)
	}
	return out
}

// rareOf is one customer's occasions with what makes them rare.
type rareOf struct {
	occ           []datasets.Occasion
	reasons       []RareReason
	amounts       []float64 // ln amount; NaN where it is not positive
	median, scale float64   // of ln amount; own is the customer's own scale
	own           float64
	names         []string // categories, by number
	cats          []int32  // the occasions' categories, one after the other
	starts        []int32
	counts        []int32 // occasions that have the category
	first         []int32 // the first of them
}

func (r *rareOf) of(i int) []int32 {
	if r.starts == nil {
		return nil
	}
	return r.cats[r.starts[i]:r.starts[i+1]]
}

func (r *rareOf) z(i int) float64 {
	if r.amounts == nil {
		return math.NaN()
	}
	return (r.amounts[i] - r.median) / r.scale
}

func (r *rareOf) familiar(i int) float64 {
	most := int32(0)
	for _, k := range r.of(i) {
		most = max(most, r.counts[k]-1)
	}
	return float64(most+1) / float64(len(r.occ)+1)
}

func rareFrom(h datasets.History, rule RareRule) (r rareOf) {
	r.occ = h.Occasions()
	n := len(r.occ)
	if n < rareNeeds {
		return r
	}
	r.reasons = make([]RareReason, n)
	if h.Meta.Has&datasets.FieldAmount != 0 {
		r.spread(rule)
	}
	if h.Meta.Has&datasets.FieldCategory != 0 {
		r.categories(h)
	}
	for i := range r.occ {
		z := r.z(i)
		if math.Abs(z) > rule.Z {
			r.reasons[i] |= RareAmount
		}
		cats := r.of(i)
		if len(cats) == 0 || !rule.past(n) {
			continue
		}
		if r.familiar(i) < rule.Familiar {
			r.reasons[i] |= RareCategory
		}
		if i >= rareNeeds && z >= 1.645 && slices.ContainsFunc(cats, func(k int32) bool { return int(r.first[k]) == i }) {
			r.reasons[i] |= RareFirst
		}
	}
	days := ritualDays(r.occ)
	bursts := ShortBursts
	if rule.Burst != "window" {
		bursts = func(days []int) []Burst { return KleinbergBursts(days, rule.Pace, rule.Cost/math.Log(float64(n-1))) }
	}
	for _, b := range bursts(days) {
		for i := b.First; i <= b.Last; i++ {
			r.reasons[i] |= RareBurst
		}
	}
	return r
}

// spread finds median and scale of ln amount.
func (r *rareOf) spread(rule RareRule) {
	n := len(r.occ)
	r.amounts = make([]float64, n)
	known := make([]float64, 0, n)
	for i := range r.occ {
		r.amounts[i] = math.NaN()
		if g := r.occ[i].Gross; g > 0 {
			r.amounts[i] = math.Log(g)
			known = append(known, r.amounts[i])
		}
	}
	r.median, r.own = math.NaN(), math.NaN()
	r.scale = math.NaN()
	if len(known) < rareNeeds {
		return
	}
	r.median = median(known)
	r.own = (Quantile(known, 0.75) - Quantile(known, 0.25)) / 1.349
	for i, x := range known {
		known[i] = math.Abs(x - r.median)
	}
	if mad := 1.4826 * median(known); mad > 0 {
		r.own = mad
	}
	if r.own == 0 {
		r.own = math.NaN() // most amounts are equal: no scale of one's own
	}
	r.scale = r.own
	if rule.Spread > 0 {
		w := float64(len(known))
		if math.IsNaN(r.own) {
			r.scale = rule.Spread
		} else {
			r.scale = math.Sqrt((w*r.own*r.own + rule.SpreadWeight*rule.Spread*rule.Spread) / (w + rule.SpreadWeight))
		}
	}
}

// rareLinear is the number of categories up to which looking through them is faster
// than a map.
const rareLinear = 16

// categories collects each occasion's distinct categories.
func (r *rareOf) categories(h datasets.History) {
	n := len(r.occ)
	r.starts = make([]int32, n+1)
	var seen []int32 // the latest occasion that has the category, plus 1
	var index map[string]int32
	rev := h.Reversed()
	at := -1
	for i := range h.Len() {
		if h.Kind(i) != datasets.Purchase || rev != nil && rev[i] {
			continue
		}
		day := h.Day(i)
		for at < 0 || r.occ[at].Day != day {
			at++
			r.starts[at] = int32(len(r.cats))
		}
		name := h.Category(i)
		if name == "" {
			continue
		}
		k := int32(-1)
		if index != nil {
			if at, ok := index[name]; ok {
				k = at
			}
		} else {
			k = int32(slices.Index(r.names, name))
		}
		if k < 0 {
			k = int32(len(r.names))
			r.names = append(r.names, name)
			r.counts = append(r.counts, 0)
			r.first = append(r.first, int32(at))
			seen = append(seen, 0)
			switch {
			case index != nil:
				index[name] = k
			case len(r.names) > rareLinear:
				index = make(map[string]int32, 2*rareLinear)
				for j, w := range r.names {
					index[w] = int32(j)
				}
			}
		}
		if seen[k] != int32(at)+1 {
			seen[k] = int32(at) + 1
			r.counts[k]++
			r.cats = append(r.cats, k)
		}
	}
	for at++; at <= n; at++ {
		r.starts[at] = int32(len(r.cats))
	}
}
