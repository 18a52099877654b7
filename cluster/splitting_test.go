package cluster

import (
	"context"
	"math"
	"testing"
)

// Far round blobs are counted: 20 sets, k = 1 to 9.
func TestSplittingFindsK(t *testing.T) {
	right := map[string]int{}
	const rounds = 20
	for s := range uint64(rounds) {
		k := 1 + int(s)%9
		x, truth := gaussian(150*k, 3, k, 60, 40+s)
		if k > 1 && closest(truth, x.Data(), k) < 8 {
			right["xmeans"]++ // two blobs in one place: nobody can tell
			right["gmeans"]++
			continue
		}
		for name, a := range map[string]Algorithm{
			"xmeans": &XMeans{KMin: 1, KMax: 20, MaxIter: 300},
			"gmeans": &GMeans{KMin: 1, KMax: 20, Alpha: 1e-4, MaxIter: 300},
		} {
			got, err := a.Fit(context.Background(), x, Run{Seed: s})
			if err != nil {
				t.Fatal(err)
			}
			if got.K == k {
				right[name]++
			}
		}
	}
	for _, name := range []string{"xmeans", "gmeans"} {
		if right[name] < rounds-1 {
			t.Errorf("%s finds the number of far blobs %d times of %d", name, right[name], rounds)
		}
	}
}

// closest is the least distance of two groups' means.
func closest(truth []int32, x []float64, k int) float64 {
	d := len(x) / len(truth)
	mean, n := make([]float64, k*d), make([]float64, k)
	for i, l := range truth {
		axpy(1, x[i*d:(i+1)*d], mean[int(l)*d:int(l+1)*d])
		n[l]++
	}
	least := math.Inf(1)
	for a := range k {
		for b := range a {
			s := 0.0
			for j := range d {
				e := mean[a*d+j]/n[a] - mean[b*d+j]/n[b]
				s += e * e
			}
			least = min(least, math.Sqrt(s))
		}
	}
	return least
}

func TestSplittingLimits(t *testing.T) {
	x, _ := gaussian(400, 2, 8, 80, 12)
	got, err := (&XMeans{KMin: 2, KMax: 4, MaxIter: 300}).Fit(context.Background(), x, Run{})
	if err != nil || got.K != 4 || len(got.Warnings) == 0 {
		t.Errorf("k_max = 4: %v, %+v", err, got)
	}
	for name, a := range map[string]Algorithm{
		"k_min":    &XMeans{KMax: 3, MaxIter: 1},
		"k_max":    &GMeans{KMin: 4, KMax: 3, Alpha: 0.1, MaxIter: 1},
		"alpha":    &GMeans{KMin: 1, KMax: 3, Alpha: 1, MaxIter: 1},
		"max_iter": &XMeans{KMin: 1, KMax: 3},
	} {
		_, err := a.Fit(context.Background(), x, Run{})
		if e, ok := err.(*OptionError); !ok || e.Option != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkSplitting(b *testing.B) {
	x, truth := gaussian(100_000, 8, 12, 20, 7)
	for name, a := range map[string]Algorithm{
		"xmeans/n=100000,d=8,k=0": &XMeans{KMin: 1, KMax: 30, MaxIter: 300},
		"gmeans/n=100000,d=8,k=0": &GMeans{KMin: 1, KMax: 30, Alpha: 1e-4, MaxIter: 300},
	} {
		b.Run(name, func(b *testing.B) {
			var got *Clustering
			for b.Loop() {
				var err error
				if got, err = a.Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(adjustedRand(got.Labels, truth), "ARI")
			b.ReportMetric(float64(got.K), "k")
		})
	}
}
