package features

import (
	"math"
	"slices"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

// loyaltyCounts is what one customer shows.
type loyaltyCounts struct {
	active, followed int64 // periods whose next one is over, and those that it followed
	lines, full      int64 // bought lines whose discount is known, and those without
	hhi, scr         float64
	hhiEvidence      float64 // purchases above one in a category, over all categories
	scrEvidence      float64 // purchases above two
	advocacy         int64
	months           float64
}

// loyaltyScratch is room for one customer's choices.
type loyaltyScratch struct {
	groups, brands tally
	choices        []int64 // category number << 32 | brand number, one a purchase
	counts         []int
}

var loyaltyPool = sync.Pool{New: func() any { return &loyaltyScratch{} }}

// loyaltyLevels settles what stands for categories ("" = all is one) and for brands.
func loyaltyLevels(h datasets.History) (group, brand string) {
	has := func(f datasets.Fields, column string) bool {
		return h.Meta.Has&f != 0 || h.Meta.Has&datasets.FieldItem != 0 && h.Items() != nil && h.Items().Col(column) != nil
	}
	category := has(datasets.FieldCategory, "category")
	if category {
		group = "category"
	}
	switch {
	case has(datasets.FieldBrand, "brand"):
		return group, "brand"
	case h.Meta.Has&datasets.FieldItem != 0:
		return group, "item"
	}
	return "", "category"
}

// loyaltyOf reads a history.
func loyaltyOf(h datasets.History, group, brand string, period int) (c loyaltyCounts) {
	occ := h.Occasions()
	if len(occ) == 0 {
		return c
	}
	c.months = float64(h.Meta.Now()-occ[0].Day) / monthDays
	c.periods(occ, (h.Meta.Now()-occ[0].Day)/period, period)
	sc := loyaltyPool.Get().(*loyaltyScratch)
	defer loyaltyPool.Put(sc)
	sc.groups.reset()
	sc.brands.reset()
	sc.choices = sc.choices[:0]
	rev := h.Reversed()
	for i := range h.Len() {
		switch h.Kind(i) {
		case datasets.Referral, datasets.Rating:
			c.advocacy++
		case datasets.Purchase:
			if rev != nil && rev[i] {
				continue
			}
			if d := h.Discount(i); !math.IsNaN(d) {
				c.lines++
				if d <= 0 {
					c.full++
				}
			}
			b := nameAt(h, i, brand)
			if b == "" {
				continue
			}
			g := 0
			if group != "" {
				name := nameAt(h, i, group)
				if name == "" {
					continue
				}
				g, _ = sc.groups.number(name)
			}
			n, _ := sc.brands.number(b)
			sc.choices = append(sc.choices, int64(g)<<32|int64(n))
		}
	}
	sc.concentrate(&c)
	return c
}

// periods counts active periods of which the next one is among the whole ones.
func (c *loyaltyCounts) periods(occ []datasets.Occasion, whole, period int) {
	last := -1
	for _, o := range occ {
		p := (o.Day - occ[0].Day) / period
		if p == last || p >= whole {
			continue
		}
		if last >= 0 && p == last+1 {
			c.followed++
		}
		if p+1 < whole {
			c.active++
		}
		last = p
	}
}

// concentrate works out brands within categories. Sorted, a category's purchases lie
// together, and in it a brand's.
func (sc *loyaltyScratch) concentrate(c *loyaltyCounts) {
	slices.Sort(sc.choices)
	var same, pairs, first, triples float64
	for lo := 0; lo < len(sc.choices); {
		hi := lo
		sc.counts = sc.counts[:0]
		for hi < len(sc.choices) && sc.choices[hi]>>32 == sc.choices[lo]>>32 {
			if hi == lo || sc.choices[hi] != sc.choices[hi-1] {
				sc.counts = append(sc.counts, 0)
			}
			sc.counts[len(sc.counts)-1]++
			hi++
		}
		n := float64(hi - lo)
		p, f := brandChoices(sc.counts)
		same += p
		first += f
		pairs += n * (n - 1) / 2
		triples += n * (n - 1) * (n - 2) / 6
		c.hhiEvidence += n - 1
		c.scrEvidence += max(n-2, 0)
		lo = hi
	}
	if pairs > 0 {
		c.hhi = same / pairs
	}
	if triples > 0 {
		c.scr = first / triples
	}
}

// brandChoices returns, over all pairs of a category's purchases, how many are of one
// brand, and over all triples the sum of the leading brand's shares: 1 where the three
// are of one brand, ⅔ where two are, ⅓ where none.
func brandChoices(counts []int) (same, first float64) {
	var n float64
	for _, c := range counts {
		n += float64(c)
	}
	var three, two float64
	for _, c := range counts {
		k := float64(c)
		same += k * (k - 1) / 2
		three += k * (k - 1) * (k - 2) / 6
		two += k * (k - 1) / 2 * (n - k)
	}
	triples := n * (n - 1) * (n - 2) / 6
	return same, triples/3 + 2*three/3 + two/3
}
