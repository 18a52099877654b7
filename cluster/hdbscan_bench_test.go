package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkHDBSCAN is a whole fit, with the share of the time that is not the spanning
// tree.
func BenchmarkHDBSCAN(b *testing.B) {
	for _, p := range []struct{ n, d int }{{100_000, 2}, {100_000, 3}, {100_000, 5}, {100_000, 8}, {1_000_000, 2}} {
		x, _ := gaussian(p.n, p.d, 12, 30, 1)
		b.Run(fmt.Sprintf("n=%d,d=%d,k=0", p.n, p.d), func(b *testing.B) {
			samples := 10
			var c *Clustering
			var tree, whole time.Duration
			for b.Loop() {
				begin := time.Now()
				if _, err := sharedSpanning(context.Background(), x, Run{}, samples); err != nil {
					b.Fatal(err)
				}
				tree += time.Since(begin)
				begin = time.Now()
				var err error
				if c, err = (&HDBSCAN{MinClusterSize: 100, MinSamples: &samples, ClusterSelectionMethod: "eom", Alpha: 1}).Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
				whole += time.Since(begin)
			}
			b.ReportMetric(whole.Seconds()/float64(b.N)*1e3, "ms-fit")
			b.ReportMetric(whole.Seconds()/tree.Seconds(), "fit/tree")
			b.ReportMetric(float64(c.K), "clusters")
			b.ReportMetric(float64(c.NumNoise())/float64(p.n), "noise")
		})
	}
}

// BenchmarkHDBSCANTail is what comes after the spanning tree.
func BenchmarkHDBSCANTail(b *testing.B) {
	for _, p := range []struct{ n, d int }{{100_000, 2}, {1_000_000, 2}} {
		x, _ := gaussian(p.n, p.d, 12, 30, 1)
		s, err := sharedSpanning(context.Background(), x, Run{}, 10)
		if err != nil {
			b.Fatal(err)
		}
		t := spanningTree(s)
		name := fmt.Sprintf("/n=%d,d=%d,k=0", p.n, p.d)
		b.Run("dendrogram"+name, func(b *testing.B) {
			for b.Loop() {
				t = spanningTree(s)
			}
		})
		b.Run("condense"+name, func(b *testing.B) {
			for b.Loop() {
				h := hdbscanCondense(t, 100, nil, nil, Run{}.workers())
				b.ReportMetric(float64(len(h.parent)), "clusters")
			}
		})
	}
}

// BenchmarkHDBSCANPlane is 20 settings of one min_samples with one Shared.
func BenchmarkHDBSCANPlane(b *testing.B) {
	for _, p := range []struct{ n, d int }{{100_000, 2}, {100_000, 5}} {
		x, _ := gaussian(p.n, p.d, 12, 30, 1)
		b.Run(fmt.Sprintf("n=%d,d=%d,k=0", p.n, p.d), func(b *testing.B) {
			samples := 10
			var one, all time.Duration
			for b.Loop() {
				shared := NewShared(1 << 30)
				begin := time.Now()
				for i := range 20 {
					a := &HDBSCAN{MinClusterSize: 20 << (i % 5), MinSamples: &samples, ClusterSelectionMethod: "eom", Alpha: 1}
					if i/5%2 == 1 {
						a.ClusterSelectionMethod = "leaf"
					}
					if i >= 10 {
						a.ClusterSelectionEpsilon = 0.05
					}
					run := Run{Shared: shared}
					if i == 0 {
						run.Shared = nil // what a fit costs by itself
					}
					start := time.Now()
					if _, err := a.Fit(context.Background(), x, run); err != nil {
						b.Fatal(err)
					}
					if i == 0 {
						one += time.Since(start)
						begin = time.Now()
						if _, err := a.Fit(context.Background(), x, Run{Shared: shared}); err != nil {
							b.Fatal(err)
						}
					}
				}
				all += time.Since(begin)
			}
			b.ReportMetric(all.Seconds()/one.Seconds(), "plane/fit")
			b.ReportMetric(one.Seconds()/float64(b.N)*1e3, "ms-fit")
		})
	}
}
