package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// silhouetteFresh draws n customers of a mixture and puts each to the nearest of its centres:
// the same rule for every sample. Heavy tails are Student's with 4 degrees of freedom.
func silhouetteFresh(rng *rand.Rand, n int, centres [][2]float64, shares []float64, heavy bool) *Input {
	x := features.NewMatrix(n, make([]features.Column, 2), nil)
	labels := make([]int32, n)
	for i := range n {
		u, g := rng.Float64(), 0
		for u > shares[g] && g < len(shares)-1 {
			u -= shares[g]
			g++
		}
		for j := range 2 {
			e := rng.NormFloat64()
			if heavy {
				chi := 0.0
				for range 4 {
					z := rng.NormFloat64()
					chi += z * z
				}
				e /= math.Sqrt(chi / 4)
			}
			x.Row(i)[j] = centres[g][j] + e
		}
		best := math.Inf(1)
		for h, c := range centres {
			if e := math.Hypot(x.Row(i)[0]-c[0], x.Row(i)[1]-c[1]); e < best {
				best, labels[i] = e, int32(h)
			}
		}
	}
	return &Input{X: x, C: &cluster.Clustering{Labels: labels, K: len(centres)}}
}

// The interval covers the silhouette of the whole population in 93 to 97 % of 2,000 fresh
// samples, for three mixtures. The population's is the mean over samples of 4,000.
func TestSilhouetteIntervalLong(t *testing.T) {
	check.Long(t)
	for name, c := range map[string]struct {
		centres [][2]float64
		shares  []float64
		heavy   bool
	}{
		"three segments":    {[][2]float64{{0, 0}, {3, 0}, {0, 3}}, []float64{0.5, 0.3, 0.2}, false},
		"four that overlap": {[][2]float64{{0, 0}, {1.5, 0}, {0, 1.5}, {1.5, 1.5}}, []float64{0.4, 0.3, 0.2, 0.1}, false},
		"heavy tails":       {[][2]float64{{0, 0}, {4, 4}}, []float64{0.85, 0.15}, true},
	} {
		rng := rand.New(rand.NewPCG(6, 1))
		truth := 0.0
		const big = 300
		for range big {
			s, _ := (&Silhouette{}).Score(context.Background(), silhouetteFresh(rng, 4000, c.centres, c.shares, c.heavy))
			truth += s.Value / big
		}
		for _, n := range []int{200, 500} {
			inside := 0
			const samples = 2000
			for range samples {
				s, err := (&Silhouette{Interval: true}).Score(context.Background(), silhouetteFresh(rng, n, c.centres, c.shares, c.heavy))
				if err != nil {
					t.Fatal(err)
				}
				if *s.Lo <= truth && truth <= *s.Hi {
					inside++
				}
			}
			t.Logf("%s, n = %d: %.4f is inside %.2f %% of the intervals", name, n, truth, float64(inside)/samples*100)
			if share := float64(inside) / samples; share < 0.93 || share > 0.97 {
				t.Errorf("%s, n = %d: the interval covers %.2f %%", name, n, 100*share)
			}
		}
	}
}

// The short version, and the influences themselves: a row of weight 1 + h moves the value by
// h·I(i)/n, by weighing the definition.
func TestSilhouetteInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 2))
	in := silhouetteFresh(rng, 60, [][2]float64{{0, 0}, {2, 0}, {0, 2}}, []float64{0.5, 0.3, 0.2}, false)
	in.C.Labels[7], in.C.K = 3, 4 // a row alone
	n := len(in.C.Labels)
	base := silhouetteWeighted(in, nil)
	squares := 0.0
	for i := range n {
		const h = 1e-5
		up, down := make([]float64, n), make([]float64, n)
		for j := range n {
			up[j], down[j] = 1, 1
		}
		up[i], down[i] = 1+h, 1-h
		slope := (silhouetteWeighted(in, up) - silhouetteWeighted(in, down)) / (2 * h) * float64(n)
		squares += slope * slope
	}
	half := 1.959963984540054 * math.Sqrt(squares/float64(n)/float64(n-1))
	for _, workers := range []int{1, 3} {
		in.Workers = workers
		s, err := (&Silhouette{Interval: true}).Score(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, "value", s.Value, base, 1e-12)
		check.Close(t, "low end", *s.Lo, base-half, 1e-7)
		check.Close(t, "high end", *s.Hi, base+half, 1e-7)
	}
	if s := scoreOf(t, "silhouette", in); s.Lo != nil || s.Hi != nil {
		t.Error("an interval that nobody asked for")
	}

	inside, truth := 0, 0.0
	centres, shares := [][2]float64{{0, 0}, {3, 0}, {0, 3}}, []float64{0.5, 0.3, 0.2}
	for range 30 {
		s, _ := (&Silhouette{}).Score(context.Background(), silhouetteFresh(rng, 2000, centres, shares, false))
		truth += s.Value / 30
	}
	for range 200 {
		s, _ := (&Silhouette{Interval: true}).Score(context.Background(), silhouetteFresh(rng, 200, centres, shares, false))
		if *s.Lo <= truth && truth <= *s.Hi {
			inside++
		}
	}
	if inside < 178 { // P(< 178 | 95 %) < 0.0003
		t.Errorf("%d of 200 intervals cover %.4f", inside, truth)
	}
}

// silhouetteWeighted is the definition for rows of any weights; nil = 1. A row does not count
// in its own a, whatever it weighs.
func silhouetteWeighted(in *Input, w []float64) float64 {
	n := len(in.C.Labels)
	if w == nil {
		w = make([]float64, n)
		for i := range w {
			w[i] = 1
		}
	}
	sum, all := 0.0, 0.0
	for j := range n {
		of, size := make([]float64, in.C.K), make([]float64, in.C.K)
		for i := range n {
			if i != j {
				of[in.C.Labels[i]] += w[i] * euclid(in.X.Row(i), in.X.Row(j))
				size[in.C.Labels[i]] += w[i]
			}
		}
		all += w[j]
		own := in.C.Labels[j]
		if size[own] == 0 {
			continue
		}
		a, b := of[own]/size[own], math.Inf(1)
		for g := range of {
			if int32(g) != own {
				b = min(b, of[g]/size[g])
			}
		}
		sum += w[j] * (b - a) / max(a, b)
	}
	return sum / all
}
