package cluster

import (
	"context"
	"testing"
)

// BenchmarkBETULA reports rows a second into the tree, and the inertia of the labels over
// that of k-means on all rows from the same number of starts.
func BenchmarkBETULA(b *testing.B) {
	x, _ := gaussian(1_000_000, 10, 10, 12, 1)
	full, err := (&KMeans{NClusters: 10, Init: "k-means++", NInit: 3, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	for _, leaves := range []int{2_000, 10_000, 50_000} {
		a := lookup(b, "betula").New().(*BETULA)
		a.NClusters, a.MaxLeaves = 10, leaves
		name := map[int]string{2000: "2k", 10000: "10k", 50000: "50k"}[leaves]
		b.Run("tree/n=1000000,d=10,leaves="+name, func(b *testing.B) {
			var t *betulaTree
			for b.Loop() {
				if t, err = betulaBuild(context.Background(), a, newStreamReader("betula", x), Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(t.leaves), "leaves")
			b.ReportMetric(float64(t.nodes), "nodes")
			b.ReportMetric(float64(t.rebuilds), "rebuilds")
		})
		b.Run("fit/n=1000000,d=10,k=10,leaves="+name, func(b *testing.B) {
			var c *Clustering
			for b.Loop() {
				if c, err = a.Fit(context.Background(), x, Run{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(*c.Objective / *full.Objective, "inertia/full")
			b.Log(c.Warnings)
		})
	}
}

func lookup(t testing.TB, name string) *Method {
	m, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
