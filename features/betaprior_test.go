package features

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Computed by NumPy from the customers' single trials.
func TestBetaMoments(t *testing.T) {
	e := expectJourney(t).Beta
	var m, a, b BetaMoments
	for i, k := range e.K {
		m.Add(k, e.N[i])
		if i%2 == 0 {
			a.Add(k, e.N[i])
		} else {
			b.Add(k, e.N[i])
		}
	}
	p := m.Prior()
	check.Close(t, "alpha", p.Alpha, e.Alpha, 1e-9)
	check.Close(t, "beta", p.Beta, e.Beta, 1e-9)
	b.Merge(&a)
	if b.Prior() != p {
		t.Errorf("merged %v, want %v", b.Prior(), p)
	}
}

// Rates drawn from a beta distribution give it back, and the empirical Bayes mean is
// nearer to the true rates than the raw ones are.
func TestBetaMomentsRecovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	gamma := func(k int) float64 {
		var s float64
		for range k {
			s += rng.ExpFloat64()
		}
		return s
	}
	var m BetaMoments
	type customer struct {
		rate float64
		k, n int
	}
	var all []customer
	for range 20000 {
		x, y := gamma(2), gamma(6)
		c := customer{rate: x / (x + y), n: 1 + rng.IntN(12)}
		for range c.n {
			if rng.Float64() < c.rate {
				c.k++
			}
		}
		m.Add(c.k, c.n)
		all = append(all, c)
	}
	p := m.Prior()
	check.Close(t, "alpha", p.Alpha, 2, 0.1)
	check.Close(t, "beta", p.Beta, 6, 0.1)
	var raw, bayes float64
	for _, c := range all {
		raw += math.Pow(float64(c.k)/float64(c.n)-c.rate, 2)
		bayes += math.Pow(p.Rate(float64(c.k), float64(c.n))-c.rate, 2)
	}
	if bayes > 0.5*raw {
		t.Errorf("squared error %g, raw %g", bayes, raw)
	}
}

func TestBetaMomentsEdges(t *testing.T) {
	var none BetaMoments
	if p := none.Prior(); p.Mean() != 0.5 || p.Alpha+p.Beta != betaWeightUnknown {
		t.Errorf("nobody: %v", p)
	}
	var once BetaMoments
	once.Add(1, 1)
	once.Add(0, 1)
	if p := once.Prior(); p.Alpha+p.Beta != betaWeightUnknown {
		t.Errorf("nobody tried twice: %v", p)
	}
	var never BetaMoments
	for range 100 {
		never.Add(0, 10)
	}
	if p := never.Prior(); !(p.Mean() > 0 && p.Mean() < 0.001) || math.IsNaN(p.Alpha) {
		t.Errorf("nobody responds: %v", p)
	}
	var split BetaMoments // all or nothing: the own rate counts for nearly all
	for i := range 100 {
		split.Add(10*(i%2), 10)
	}
	if p := split.Prior(); p.Alpha+p.Beta != betaWeightMin {
		t.Errorf("all or nothing: %v", p)
	}
}
