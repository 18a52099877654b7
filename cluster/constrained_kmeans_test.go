package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The flow's cost is that of the best of all assignments within the limits.
func TestConstrainedFlowIsCheapest(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for range longRounds(300, 3000) {
		n, k := 1+r.IntN(7), 1+r.IntN(3)
		least := r.IntN(n/k + 1)
		most := (n+k-1)/k + r.IntN(n)
		if r.IntN(4) == 0 {
			most = 0
		}
		cost := make([]float64, n*k)
		for i := range cost {
			cost[i] = float64(r.IntN(9)) // ties are the rule
			if r.IntN(2) == 0 {
				cost[i] = r.Float64() * 10
			}
		}
		f := newConstrainedFlow(cost, n, k, least, most)
		if err := f.solve(context.Background()); err != nil {
			t.Fatal(err)
		}
		got, count := 0.0, make([]int, k)
		for i, l := range f.label {
			got += cost[i*k+int(l)]
			count[l]++
		}
		want := math.Inf(1)
		label := make([]int, n)
		for {
			c, s := make([]int, k), 0.0
			for i, l := range label {
				c[l]++
				s += cost[i*k+l]
			}
			ok := true
			for _, m := range c {
				ok = ok && m >= least && (most == 0 || m <= most)
			}
			if ok {
				want = min(want, s)
			}
			at := 0
			for at < n && label[at] == k-1 {
				label[at] = 0
				at++
			}
			if at == n {
				break
			}
			label[at]++
		}
		for l, m := range count {
			if m < least || most > 0 && m > most {
				t.Fatalf("n = %d, k = %d: cluster %d has %d rows, limits %d and %d", n, k, l, m, least, most)
			}
		}
		if math.Abs(got-want) > 1e-12 {
			t.Fatalf("n = %d, k = %d, limits %d and %d: cost %v, want %v\n%v", n, k, least, most, got, want, cost)
		}
	}
}

func TestConstrainedKMeans(t *testing.T) {
	x, _ := gaussian(997, 3, 4, 20, 8)
	free := &ConstrainedKMeans{NClusters: 7, Init: "k-means++", NInit: 1, MaxIter: 300}
	got, err := free.Fit(context.Background(), x, Run{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := (&KMeans{NClusters: 7, Init: "k-means++", NInit: 1, MaxIter: 300}).Fit(context.Background(), x, Run{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Labels, plain.Labels) {
		t.Errorf("without limits another partition than k-means (adjusted Rand index %.4f)", adjustedRand(got.Labels, plain.Labels))
	}
	for _, limits := range [][2]int{{0, 150}, {140, 0}, {142, 143}, {100, 200}} {
		a := &ConstrainedKMeans{NClusters: 7, SizeMin: limits[0], SizeMax: limits[1], Init: "k-means++", NInit: 2, MaxIter: 300}
		got, err := a.Fit(context.Background(), x, Run{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		for l, m := range got.Sizes() {
			if m < limits[0] || limits[1] > 0 && m > limits[1] {
				t.Errorf("limits %v: segment %d has %d rows", limits, l+1, m)
			}
		}
		// No exchange of two rows is cheaper.
		r := rand.New(rand.NewPCG(1, 1))
		sq := func(i int, l int32) float64 {
			s := 0.0
			for j, v := range x.Row(i) {
				s += (v - got.Centers[l][j]) * (v - got.Centers[l][j])
			}
			return s
		}
		for range 20_000 {
			i, j := r.IntN(997), r.IntN(997)
			a, b := got.Labels[i], got.Labels[j]
			if gain := sq(i, a) + sq(j, b) - sq(i, b) - sq(j, a); gain > 1e-9 {
				t.Fatalf("limits %v: rows %d and %d gain %v by changing places", limits, i, j, gain)
			}
		}
	}
	for name, a := range map[string]*ConstrainedKMeans{
		"size_min":   {NClusters: 7, SizeMin: 143, NInit: 1, MaxIter: 9},
		"size_max":   {NClusters: 7, SizeMax: 142, NInit: 1, MaxIter: 9},
		"max_iter":   {NClusters: 7, NInit: 1},
		"n_init":     {NClusters: 7, MaxIter: 1},
		"n_clusters": {NInit: 1, MaxIter: 1},
	} {
		_, err := a.Fit(context.Background(), x, Run{})
		if e, ok := err.(*OptionError); !ok || e.Option != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkConstrainedKMeans(b *testing.B) {
	x, truth := gaussian(20_000, 8, 10, 14, 7)
	b.Run("n=20000,d=8,k=10", func(b *testing.B) {
		var got *Clustering
		for b.Loop() {
			var err error
			a := &ConstrainedKMeans{NClusters: 10, SizeMin: 1900, SizeMax: 2100, Init: "k-means++", NInit: 1, MaxIter: 300}
			if got, err = a.Fit(context.Background(), x, Run{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(adjustedRand(got.Labels, truth), "ARI")
		b.ReportMetric(*got.Objective, "inertia")
	})
}
