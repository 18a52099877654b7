package features

import (
	"math"
	"slices"
)

// Burst is a run of purchases closer together than the customer's own pace: events
// First to Last, by number.
type Burst struct {
	First, Last int
	// Weight is how much likelier the run is in the fast state than in the slow one, in
	// nats, before the price of getting there; 0 from ShortBursts.
	Weight float64
}

// KleinbergBursts finds bursts by the two-state automaton of Kleinberg (2002,
// doi:10.1145/775047.775061): gaps of the slow state are exponential with the
// customer's mean rate λ, those of the fast state with s·λ; going fast costs γ·ln n,
// going slow nothing. The states are those of the cheapest sequence (Viterbi), the slow
// one first. Only runs of three events or more are bursts. s > 1, γ ≥ 0; events at
// ascending times, equal ones allowed where not all are. Cost: O(n).
func KleinbergBursts(times []int, s, gamma float64) []Burst {
	n := len(times) - 1
	if n < 2 || times[n] == times[0] {
		return nil
	}
	mean := float64(times[n]-times[0]) / float64(n)
	up, lns := gamma*math.Log(float64(n)), math.Log(s)
	// Costs relative to the slow state's: a fast gap x costs (s−1)x/mean − ln s.
	slow, fast := 0.0, math.Inf(1)
	from := make([][2]bool, n) // was fast before, by state now
	price := func(i int) float64 { return (s-1)*float64(times[i+1]-times[i])/mean - lns }
	for i := range n {
		a, b := slow, fast
		slow = a
		if b < a {
			slow, from[i][0] = b, true
		}
		fast = a + up
		if b <= fast {
			fast, from[i][1] = b, true
		}
		fast += price(i)
	}
	var out []Burst
	state := fast < slow
	end := n
	for i := n - 1; i >= 0; i-- {
		if !state {
			end = i
			state = from[i][0]
			continue
		}
		before := from[i][1]
		if !before || i == 0 {
			if end-i >= 2 {
				b := Burst{First: i, Last: end}
				for k := i; k < end; k++ {
					b.Weight -= price(k)
				}
				out = append(out, b)
			}
			end = i
		}
		state = before
	}
	slices.Reverse(out)
	return out
}

// ShortBursts finds bursts by rule: runs of three events or more, every three
// consecutive of which lie within less than the 5 % point of the customer's own gaps.
// It takes some twenty gaps before any three can. Events at ascending times. Cost: O(n
// log n).
func ShortBursts(times []int) []Burst {
	n := len(times) - 1
	if n < 2 {
		return nil
	}
	gaps := make([]float64, n)
	for i := range gaps {
		gaps[i] = float64(times[i+1] - times[i])
	}
	slices.Sort(gaps)
	short := Quantile(gaps, 0.05)
	var out []Burst
	for i := 0; i+2 <= n; i++ {
		if float64(times[i+2]-times[i]) >= short {
			continue
		}
		if k := len(out) - 1; k >= 0 && out[k].Last > i {
			out[k].Last = i + 2
		} else {
			out = append(out, Burst{First: i, Last: i + 2})
		}
	}
	return out
}
