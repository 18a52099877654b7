package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// burstsBrute finds the cheapest sequence of states among all, by Kleinberg's costs as
// he writes them.
func burstsBrute(times []int, s, gamma float64) []Burst {
	n := len(times) - 1
	rate := float64(n) / float64(times[n]-times[0])
	cost := func(states int) float64 {
		var sum float64
		before := 0
		for i := range n {
			now := states >> i & 1
			r := rate
			if now == 1 {
				r *= s
				if before == 0 {
					sum += gamma * math.Log(float64(n))
				}
			}
			sum += -math.Log(r) + r*float64(times[i+1]-times[i])
			before = now
		}
		return sum
	}
	best := 0
	for states := range 1 << n {
		if cost(states) < cost(best)-1e-12 {
			best = states
		}
	}
	var out []Burst
	for i := 0; i < n; i++ {
		j := i
		for j < n && best>>j&1 == 1 {
			j++
		}
		if j-i >= 2 {
			out = append(out, Burst{First: i, Last: j})
		}
		i = j
	}
	return out
}

func TestKleinbergBursts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	found := 0
	for range 300 {
		times := []int{0}
		for range 10 {
			gap := 1 + rng.IntN(4)
			if rng.IntN(2) == 0 {
				gap = 20 + rng.IntN(60)
			}
			times = append(times, times[len(times)-1]+gap)
		}
		s, gamma := 2+4*rng.Float64(), rng.Float64()
		got, want := KleinbergBursts(times, s, gamma), burstsBrute(times, s, gamma)
		found += len(want)
		same := slices.EqualFunc(got, want, func(a, b Burst) bool { return a.First == b.First && a.Last == b.Last })
		if !same {
			t.Fatalf("%v s %g γ %g: %v, cheapest %v", times, s, gamma, got, want)
		}
		for _, b := range got {
			if b.Weight <= 0 {
				t.Fatalf("burst %+v is likelier in the slow state", b)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d bursts were compared", found)
	}
	monthly := []int{0, 30, 60, 90, 91, 92, 93, 120, 150, 180, 210, 240}
	if got := KleinbergBursts(monthly, 5, 1); len(got) != 1 || got[0].First != 3 || got[0].Last != 6 {
		t.Errorf("%v, want the purchases of days 90 to 93", got)
	}
	if KleinbergBursts([]int{1, 2}, 5, 1) != nil || KleinbergBursts([]int{3, 3, 3}, 5, 1) != nil {
		t.Error("bursts of two events, or of no time")
	}
	// Purchases at random have few bursts.
	in := 0
	for range 1000 {
		times := []int{0}
		for range 20 {
			times = append(times, times[len(times)-1]+int(math.Ceil(30*rng.ExpFloat64())))
		}
		for _, b := range KleinbergBursts(times, 5, 1) {
			in += b.Last - b.First + 1
		}
	}
	if share := float64(in) / 21000; share > 0.08 {
		t.Errorf("%g of purchases at random are in bursts", share)
	}
}

func TestShortBursts(t *testing.T) {
	times := []int{0}
	for i := range 40 {
		gap := 30
		if i >= 20 && i < 23 {
			gap = 1
		}
		times = append(times, times[len(times)-1]+gap)
	}
	// The 5 % point of 37 gaps of 30 and three of 1 (type 7, h = 1.95) is 1: nothing is
	// shorter. With two of 1 it is 28.55: the three events lie within 2.
	if got := ShortBursts(times); got != nil {
		t.Errorf("%v, want none", got)
	}
	for i := 23; i < len(times); i++ {
		times[i] += 29
	}
	if got := ShortBursts(times); len(got) != 1 || got[0] != (Burst{First: 20, Last: 22}) {
		t.Errorf("%v, want events 20 to 22", got)
	}
	if ShortBursts([]int{1, 2}) != nil {
		t.Error("bursts of two events")
	}
}
