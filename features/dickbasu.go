package features

import (
	"fmt"
	"math"
	"slices"
)

// LoyaltyType is one of the four types of Dick & Basu (1994).
type LoyaltyType uint8

// The types, by repeat patronage (behaviour) and relative attitude.
const (
	LoyaltyUnknown  LoyaltyType = iota // behaviour or attitude is not known
	NoLoyalty                          // both low
	SpuriousLoyalty                    // buys again, thinks little of it: habit, price, no choice
	LatentLoyalty                      // thinks much of it, seldom buys: something is in the way
	TrueLoyalty                        // both high
)

func (t LoyaltyType) String() string {
	return [...]string{"unknown", "no loyalty", "spurious loyalty", "latent loyalty", "true loyalty"}[t]
}

// LoyaltyTypes are Dick & Basu's types of some customers.
type LoyaltyTypes struct {
	Types        []LoyaltyType // one per customer
	Counts       [5]int        // by type
	BehaviourCut float64       // behaviour from which patronage is high
	AttitudeCut  float64
}

// DickBasu labels customers by behaviour (repeat_rate, brand_scr, ...) and attitude
// (rating_mean, ...), one value each and one of each per customer: high is at least
// the cut. A cut of NaN is the median of the known values. A missing attitude (NaN: who
// never rated; take rating_mean only where rated is 1) makes the type unknown, never
// average. These are labels by a rule, not found groups. An error: unequal lengths,
// or nobody has both. (Dick & Basu 1994, doi:10.1177/0092070394222001.)
// Cost: O(n log n).
func DickBasu(behaviour, attitude []float64, behaviourCut, attitudeCut float64) (*LoyaltyTypes, error) {
	if len(behaviour) != len(attitude) {
		return nil, fmt.Errorf("%d customers with behaviour and %d with attitude: one of each per customer", len(behaviour), len(attitude))
	}
	known := func(xs []float64) (out []float64) {
		for _, x := range xs {
			if !math.IsNaN(x) {
				out = append(out, x)
			}
		}
		return out
	}
	t := &LoyaltyTypes{Types: make([]LoyaltyType, len(behaviour)), BehaviourCut: behaviourCut, AttitudeCut: attitudeCut}
	if math.IsNaN(behaviourCut) {
		t.BehaviourCut = median(known(behaviour))
	}
	if math.IsNaN(attitudeCut) {
		t.AttitudeCut = median(known(attitude))
	}
	for i, b := range behaviour {
		a := attitude[i]
		switch {
		case math.IsNaN(a) || math.IsNaN(b):
			t.Types[i] = LoyaltyUnknown
		case b >= t.BehaviourCut && a >= t.AttitudeCut:
			t.Types[i] = TrueLoyalty
		case b >= t.BehaviourCut:
			t.Types[i] = SpuriousLoyalty
		case a >= t.AttitudeCut:
			t.Types[i] = LatentLoyalty
		default:
			t.Types[i] = NoLoyalty
		}
		t.Counts[t.Types[i]]++
	}
	if t.Counts[LoyaltyUnknown] == len(behaviour) {
		return nil, fmt.Errorf("no customer has both a behaviour and an attitude")
	}
	return t, nil
}

// MostLoyal marks the customers who are in the top part of every measure at once: with
// p_alive, brand_scr, full_price_share and part = 0.25 those who stay, concentrate and
// need no discount. A value at the quantile (type 7, over the
// known values) is in; who lacks a measure is not. It panics if lengths differ or
// part is not in (0, 1). Cost: O(measures·n·log n).
func MostLoyal(part float64, measures ...[]float64) []bool {
	if !(part > 0 && part < 1) || len(measures) == 0 {
		panic("features: MostLoyal needs a part in (0, 1) and a measure")
	}
	out := make([]bool, len(measures[0]))
	for i := range out {
		out[i] = true
	}
	for _, xs := range measures {
		if len(xs) != len(out) {
			panic("features: MostLoyal: the measures have different lengths")
		}
		known := slices.DeleteFunc(slices.Clone(xs), math.IsNaN)
		slices.Sort(known)
		cut := Quantile(known, 1-part)
		for i, x := range xs {
			out[i] = out[i] && x >= cut
		}
	}
	return out
}
