package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// Survival is a Kaplan–Meier curve: at each time with an event, how many were still
// at risk, how many had the event, and the share S that has not had it by then.
type Survival struct {
	Times        []float64
	AtRisk       []int
	Events       []int
	S            []float64
	SE           []float64 // Greenwood's standard error of S
	N            int
	Median       float64 // first time at which S ≤ 1/2; NaN if it stays above
	Lo95, Hi95   []float64
	lastObserved float64
}

// KaplanMeier estimates survival from times of which some are censored (Kaplan & Meier
// 1958, doi:10.1080/01621459.1958.10501452): S(t) = Π_{tᵢ ≤ t} (1 − dᵢ/nᵢ), with
// Greenwood's variance S²·Σ dᵢ/(nᵢ(nᵢ−dᵢ)) and 95 % intervals on the log scale, as R's
// survfit makes them. Who is censored at a time was at risk at it. It panics if the
// lengths differ; a time that is negative or not finite is an error.
// Cost: O(n log n).
func KaplanMeier(times []float64, event []bool) (*Survival, error) {
	if len(times) != len(event) {
		panic("features: one time per event")
	}
	order := make([]int, len(times))
	for i := range order {
		if t := times[i]; !(t >= 0) || math.IsInf(t, 0) {
			return nil, fmt.Errorf("time %d is %g: finite times ≥ 0 are needed", i, t)
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(times[a], times[b]) })
	k := &Survival{N: len(times), Median: math.NaN()}
	s, green := 1.0, 0.0
	for lo := 0; lo < len(order); {
		hi, d := lo, 0
		for hi < len(order) && times[order[hi]] == times[order[lo]] {
			if event[order[hi]] {
				d++
			}
			hi++
		}
		if n := len(order) - lo; d > 0 {
			s *= 1 - float64(d)/float64(n)
			green += float64(d) / (float64(n) * float64(n-d))
			k.Times = append(k.Times, times[order[lo]])
			k.AtRisk, k.Events = append(k.AtRisk, n), append(k.Events, d)
			k.S = append(k.S, s)
			se := s * math.Sqrt(green)
			lower, upper := s*math.Exp(-1.959963984540054*math.Sqrt(green)), min(s*math.Exp(1.959963984540054*math.Sqrt(green)), 1)
			if n == d { // nobody is left: S is 0 and its variance unknown
				se, lower, upper = math.NaN(), math.NaN(), math.NaN()
			}
			k.SE, k.Lo95, k.Hi95 = append(k.SE, se), append(k.Lo95, lower), append(k.Hi95, upper)
			if s <= 0.5 && math.IsNaN(k.Median) {
				k.Median = times[order[lo]]
			}
		}
		k.lastObserved = times[order[lo]]
		lo = hi
	}
	return k, nil
}

// At returns S(t): 1 before the first event. NaN after the last time observed, unless
// S is 0 by then.
func (k *Survival) At(t float64) float64 {
	i, found := slices.BinarySearch(k.Times, t)
	if found {
		i++
	}
	switch {
	case i == 0 && t <= k.lastObserved:
		return 1
	case i > 0 && (t <= k.lastObserved || k.S[i-1] == 0):
		return k.S[i-1]
	}
	return math.NaN()
}

// HazardRate is the discrete-time hazard: of those who reached an age, in periods,
// without the event, the share that has it in that period.
type HazardRate struct {
	Age            int
	AtRisk, Events int
	Hazard         float64
	Lo95, Hi95     float64 // Wilson's interval
}

// DiscreteHazard returns h(a) = events at age a/at risk at age a for a = 0, 1, ...
// Who is censored at age a was at risk up to a − 1: how period a would have ended is
// not known. An age < 0 is an error. Cost: O(n + ages).
func DiscreteHazard(ages []int, event []bool) ([]HazardRate, error) {
	if len(ages) != len(event) {
		panic("features: one age per event")
	}
	if len(ages) == 0 {
		return nil, nil
	}
	top := slices.Max(ages)
	d, gone := make([]int, top+1), make([]int, top+1)
	for i, a := range ages {
		if a < 0 {
			return nil, fmt.Errorf("age %d is %d: at least 0 is needed", i, a)
		}
		if event[i] {
			d[a]++
		} else {
			gone[a]++
		}
	}
	return hazardOf(d, gone), nil
}

// hazardOf makes the table from events and censored by age.
func hazardOf(events, censored []int) []HazardRate {
	left := 0
	for a := range events {
		left += events[a] + censored[a]
	}
	out := make([]HazardRate, 0, len(events))
	for a, d := range events {
		risk := left - censored[a]
		h := HazardRate{Age: a, AtRisk: risk, Events: d, Hazard: math.NaN(), Lo95: math.NaN(), Hi95: math.NaN()}
		if risk > 0 {
			n, p := float64(risk), float64(d)/float64(risk)
			const z = 1.959963984540054
			mid, half := (p+z*z/(2*n))/(1+z*z/n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))/(1+z*z/n)
			h.Hazard, h.Lo95, h.Hi95 = p, max(mid-half, 0), min(mid+half, 1)
		}
		out = append(out, h)
		left -= d + censored[a]
	}
	return out
}

// TimesToNextPurchase lists, for every purchase occasion of the log, the days to the
// customer's next one (event), or to the end of the window where none came (censored):
// what KaplanMeier and DiscreteHazard are fed. Cost: O(events).
func TimesToNextPurchase(ctx context.Context, log *datasets.Log) (days []float64, event []bool, err error) {
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, nil, err
		}
		occ := h.Occasions()
		for i := 1; i < len(occ); i++ {
			days, event = append(days, float64(occ[i].Day-occ[i-1].Day)), append(event, true)
		}
		if n := len(occ); n > 0 {
			days, event = append(days, float64(h.Meta.Now()-occ[n-1].Day)), append(event, false)
		}
	}
	return days, event, nil
}
