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
	scr, hhi         float64
	evidence         float64 // purchases above one in a category, over all categories
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
	var hits, purchases, same, pairs float64
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
		if n := float64(hi - lo); n >= 2 {
			h, s := brandChoices(sc.counts)
			hits += h
			purchases += n
			same += s
			pairs += n * (n - 1)
			c.evidence += n - 1
		}
		lo = hi
	}
	if pairs > 0 {
		c.scr, c.hhi = hits/purchases, same/pairs
	}
}

// brandChoices returns the number of purchases of the brand that leads among the
// other purchases, ties in parts, and the ordered pairs of purchases of one brand.
func brandChoices(counts []int) (hits, same float64) {
	first, leaders, second := 0, 0, 0 // largest count, how many have it, the next one
	for _, n := range counts {
		switch {
		case n > first:
			first, second, leaders = n, first, 1
		case n == first:
			leaders++
		case n > second:
			second = n
		}
		same += float64(n * (n - 1))
	}
	// Without one of its own purchases a brand leads only if it led before. Seconds
	// count as ties where the leader has one more.
	switch {
	case leaders > 1: // the other leader is ahead
	case first-1 > second:
		hits = float64(first)
	case first-1 == second:
		ties := 1
		for _, n := range counts {
			if n == second {
				ties++
			}
		}
		hits = float64(first) / float64(ties)
	}
	return hits, same
}
