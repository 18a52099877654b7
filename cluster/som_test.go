package cluster

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
)

// naiveSOM makes the epochs of the batch map row by row and node by node, from the
// nodes given.
func naiveSOM(x [][]float64, w []float64, nodes [][]float64, place [][2]float64, sigmas []float64) {
	for _, sigma := range sigmas {
		best := make([]int, len(x))
		for i, row := range x {
			least := math.Inf(1)
			for j, m := range nodes {
				if q := kernel.Sq(row, m); q < least {
					least, best[i] = q, j
				}
			}
		}
		for j := range nodes {
			sum, total := make([]float64, len(x[0])), 0.0
			for i, row := range x {
				u, v := place[j][0]-place[best[i]][0], place[j][1]-place[best[i]][1]
				h := w[i] * math.Exp(-(u*u+v*v)/(2*sigma*sigma))
				for c, z := range row {
					sum[c] += h * z
				}
				total += h
			}
			next := make([]float64, len(sum))
			for c := range sum {
				next[c] = sum[c] / total
			}
			nodes[j] = next
		}
	}
}

func TestSOMEqualsNaive(t *testing.T) {
	x, _ := gaussian(400, 3, 5, 12, 4)
	x.Weights = make([]float64, 400)
	rows := make([][]float64, 400)
	for i := range rows {
		rows[i] = x.Row(i)
		x.Weights[i] = float64(1 + i%3)
	}
	for _, topology := range []string{"hexagonal", "rectangular"} {
		gr, gc, start := 4, 6, 2.5
		a := &SOM{NClusters: 5, GridRows: &gr, GridCols: &gc, Topology: topology, Epochs: 6, SigmaStart: &start, SigmaEnd: 0.5, Merge: "none"}
		r := &somRun{ctx: context.Background(), opt: a, x: x.Data(), w: x.Weights, n: 400, d: 3, best: make([]int32, 400), dist: make([]float64, 400)}
		if err := r.lay(); err != nil {
			t.Fatal(err)
		}
		nodes := make([][]float64, 24)
		for g := range nodes {
			nodes[g] = slices.Clone(r.nodes[g*3 : g*3+3])
		}
		naiveSOM(rows, x.Weights, nodes, r.place, []float64{2.5, 2.1, 1.7, 1.3, 0.9, 0.5})
		got, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]int32, 400)
		for i, row := range rows {
			least := math.Inf(1)
			for j, m := range nodes {
				if q := kernel.Sq(row, m); q < least {
					least, want[i] = q, int32(j)
				}
			}
		}
		sameCanonical(t, topology, got.Labels, want)
		for _, p := range got.Rule.Points {
			least := math.Inf(1)
			for _, m := range nodes {
				least = min(least, kernel.Sq(p, m))
			}
			if least > 1e-20 {
				t.Errorf("%s: node %v is %g from the naive map's", topology, p, math.Sqrt(least))
			}
		}
	}
}

// On the map of a plane neighbours on the grid are neighbours in the data: the second
// best node of nearly every row touches the best (Kiviluoto's topographic error).
func TestSOMKeepsNeighbours(t *testing.T) {
	x := checkMatrix(2000, 2)
	for i := range 2000 {
		x.Row(i)[0], x.Row(i)[1] = float64(i%50)/50, 0.7*float64(i/50)/40
	}
	a := &SOM{NClusters: 8, Topology: "hexagonal", Epochs: 30, SigmaEnd: 0.7, Merge: "ward"}
	r := &somRun{ctx: context.Background(), opt: a, x: x.Data(), n: 2000, d: 2, best: make([]int32, 2000), dist: make([]float64, 2000), all: make([]int32, 2000)}
	for i := range r.all {
		r.all[i] = int32(i)
	}
	if err := r.lay(); err != nil {
		t.Fatal(err)
	}
	r.packed.Set(r.nodes, 2)
	before := 0.0
	for e := range 30 {
		if err := r.epoch(8 - float64(e)*7.3/29); err != nil {
			t.Fatal(err)
		}
		if e == 1 { // drawn together by the wide first epoch
			before = r.quantisation()
		}
	}
	if after := r.quantisation(); after > before/2 {
		t.Errorf("quantisation error %v after %v", after, before)
	}
	torn := 0
	for i := range 2000 {
		b1, b2, g1, g2 := math.Inf(1), math.Inf(1), 0, 0
		for g := range r.place {
			switch q := kernel.Sq(x.Row(i), r.nodes[g*2:g*2+2]); {
			case q < b1:
				b1, b2, g1, g2 = q, b1, g, g1
			case q < b2:
				b2, g2 = q, g
			}
		}
		if math.Hypot(r.place[g1][0]-r.place[g2][0], r.place[g1][1]-r.place[g2][1]) > 1.01 {
			torn++
		}
	}
	if torn > 60 {
		t.Errorf("topographic error %.3f on a plane", float64(torn)/2000)
	}
}

func TestSOMSegments(t *testing.T) {
	x, truth := gaussian(600, 4, 4, 40, 6)
	a := &SOM{NClusters: 4, Topology: "hexagonal", Epochs: 20, SigmaEnd: 0.5, Merge: "ward"}
	got, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	if ari := adjustedRand(got.Labels, truth); ari < 0.99 {
		t.Errorf("adjusted Rand index %.4f", ari)
	}
	side, zero := 3, 0.0
	for name, change := range map[string]func(*SOM){
		"topology":    func(a *SOM) { a.Topology = "toroid" },
		"merge":       func(a *SOM) { a.Merge = "single" },
		"epochs":      func(a *SOM) { a.Epochs = 0 },
		"sigma_end":   func(a *SOM) { a.SigmaEnd = 0 },
		"sigma_start": func(a *SOM) { a.SigmaStart = &zero },
		"grid_rows":   func(a *SOM) { a.GridRows = &side },
		"n_clusters":  func(a *SOM) { a.GridRows, a.GridCols, a.NClusters = &side, &side, 10 },
	} {
		b := *a
		change(&b)
		_, err := b.Fit(context.Background(), x, Run{})
		if e, ok := err.(*OptionError); !ok || e.Option != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkSOM(b *testing.B) {
	x, truth := gaussian(100_000, 8, 10, 14, 7)
	side := 20
	a := &SOM{NClusters: 10, GridRows: &side, GridCols: &side, Topology: "hexagonal", Epochs: 20, SigmaEnd: 0.5, Merge: "ward"}
	b.Run("n=100000,d=8,k=10,nodes=400", func(b *testing.B) {
		var got *Clustering
		for b.Loop() {
			var err error
			if got, err = a.Fit(context.Background(), x, Run{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(adjustedRand(got.Labels, truth), "ARI")
		b.ReportMetric(*got.Objective, "quantisation")
	})
}
