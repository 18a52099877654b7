package features

import (
	"math"
	"slices"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

// loyaltyCounts is what one customer shows, brands apart.
type loyaltyCounts struct {
	active, followed int64 // periods whose next one is over, and those that it followed
	lines, full      int64 // bought lines whose discount is known, and those without
	advocacy, days   int64 // acts of it, and purchase days
}

// loyaltyBrands is how a customer's purchases concentrate on brands.
type loyaltyBrands struct {
	hhi, scr float64
	evidence float64 // purchases above one, of all categories that are compared apart
}

// loyaltyScratch is room for one customer's choices.
type loyaltyScratch struct {
	groups, brands tally
	choices        []int64 // category number << 32 | brand number, one a purchase
	sorted         []int64
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

// read fills the choices from a history and counts the rest.
func (sc *loyaltyScratch) read(h datasets.History, group, brand string, period int) (c loyaltyCounts) {
	sc.groups.reset()
	sc.brands.reset()
	sc.choices = sc.choices[:0]
	occ := h.Occasions()
	if len(occ) == 0 {
		return c
	}
	c.days = int64(len(occ))
	c.periods(occ, (h.Meta.Now()-occ[0].Day)/period, period)
	act := datasets.Rating
	if h.Meta.Kinds.Has(datasets.Referral) {
		act = datasets.Referral
	}
	rev := h.Reversed()
	for i := range h.Len() {
		switch h.Kind(i) {
		case act:
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

// concentrate works out brands, within categories or over all purchases. Sorted, what
// is compared lies together, and in it each brand.
func (sc *loyaltyScratch) concentrate(within bool) (c loyaltyBrands) {
	sc.sorted = append(sc.sorted[:0], sc.choices...)
	if !within {
		for i := range sc.sorted {
			sc.sorted[i] &= 1<<32 - 1
		}
	}
	slices.Sort(sc.sorted)
	var same, pairs, hits, purchases float64
	for lo := 0; lo < len(sc.sorted); {
		hi := lo
		sc.counts = sc.counts[:0]
		for hi < len(sc.sorted) && sc.sorted[hi]>>32 == sc.sorted[lo]>>32 {
			if hi == lo || sc.sorted[hi] != sc.sorted[hi-1] {
				sc.counts = append(sc.counts, 0)
			}
			sc.counts[len(sc.counts)-1]++
			hi++
		}
		if n := float64(hi - lo); n >= 2 {
			p, h := brandChoices(sc.counts)
			same += p
			hits += h
			pairs += n * (n - 1) / 2
			purchases += n
			c.evidence += n - 1
		}
		lo = hi
	}
	if pairs > 0 {
		c.hhi, c.scr = same/pairs, hits/purchases
	}
	return c
}

// sold counts the customer's purchases by brand and category, after concentrate(true).
func (sc *loyaltyScratch) sold() []loyaltySold {
	var out []loyaltySold
	for i, x := range sc.sorted {
		if i == 0 || x != sc.sorted[i-1] {
			out = append(out, loyaltySold{loyaltyPair{sc.groups.names[x>>32], sc.brands.names[x&(1<<32-1)]}, 0})
		}
		out[len(out)-1].n++
	}
	return out
}

// brandChoices returns how many pairs of a category's purchases are of one brand, and
// how many purchases are of the brand that leads among the other ones, ties in parts.
func brandChoices(counts []int) (same, hits float64) {
	first, leaders, second := 0, 0, 0 // the largest count, how many have it, the next one
	for _, n := range counts {
		switch {
		case n > first:
			first, second, leaders = n, first, 1
		case n == first:
			leaders++
		case n > second:
			second = n
		}
		same += float64(n*(n-1)) / 2
	}
	// Only purchases of the leader can hit, and only while it leads without them.
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
	return same, hits
}
