package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func tastesBlock() *Tastes {
	e, _ := Lookup("tastes")
	return e.New().(*Tastes)
}

// TestTastes: singular values, items' places and customers' rows against SciPy's svds
// of NumPy's matrix (eval/peers/related_expected.py).
func TestTastes(t *testing.T) {
	e := expectRelated(t).Tastes
	o := tastesBlock()
	o.Dim = 3
	m, model := measured(t, basketLog(relatedRuled()), "tastes", o)
	got := model.(*tastesModel)
	if len(got.Items) != len(e.Items) || len(got.Mean) != 3 {
		t.Fatalf("%d items in %d dimensions", len(got.Items), len(got.Mean))
	}
	for k, item := range e.Items {
		for i, name := range got.Items {
			if name != item {
				continue
			}
			for d, want := range e.Vectors[k] {
				check.Close(t, item, got.Vectors[i][d], want, 1e-8)
			}
		}
	}
	for c, row := range e.Rows {
		for d, want := range row {
			check.Close(t, m.IDs[c], m.Row(c)[d], want, 1e-8)
		}
	}
}

// TestTopEigen against the definition, on matrices with eigenvalues of either sign, of
// low rank, and with equal ones.
func TestTopEigen(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n = 60
	for _, rank := range []int{n, 5, 1} {
		// Σ λ v vᵀ of random v: any symmetric matrix of that rank.
		a := make([]float64, n*n)
		for r := range rank {
			v := make([]float64, n)
			for i := range v {
				v[i] = rng.NormFloat64()
			}
			sign := float64(1 - 2*(r%2))
			for i := range n {
				for j := range n {
					a[i*n+j] += sign * v[i] * v[j] / (1 + float64(r))
				}
			}
		}
		vectors, values := topEigen(denseSparse(a, n), 4)
		if len(values) != min(rank, 4) {
			t.Fatalf("rank %d: %d vectors", rank, len(values))
		}
		for d, lambda := range values {
			var off float64
			for i := range n {
				var sum float64
				for j := range n {
					sum += a[i*n+j] * vectors[d][j]
				}
				off = max(off, math.Abs(sum-lambda*vectors[d][i]))
			}
			if off > 1e-8*math.Abs(values[0]) {
				t.Errorf("rank %d, vector %d: S v differs from λ v by %g", rank, d, off)
			}
			if d > 0 && math.Abs(lambda) > math.Abs(values[d-1])*(1+1e-12) {
				t.Errorf("values %v are not in order", values)
			}
			for e := range d + 1 {
				var dot float64
				for i := range n {
					dot += vectors[d][i] * vectors[e][i]
				}
				want := 0.0
				if e == d {
					want = 1
				}
				check.Close(t, "orthonormal", dot, want, 1e-9)
			}
		}
	}
	// Equal eigenvalues: a plane, any basis of it will do; nothing at all has none.
	_, values := topEigen(denseSparse([]float64{2, 0, 0, 0, 2, 0, 0, 0, -2}, 3), 3)
	for _, x := range values {
		check.Close(t, "|λ|", math.Abs(x), 2, 1e-12)
	}
	if v, _ := topEigen(denseSparse(make([]float64, 9), 3), 2); len(v) != 0 {
		t.Errorf("the zero matrix has %d directions", len(v))
	}
}

func denseSparse(a []float64, n int) *sparse {
	s := &sparse{n: n}
	for i := range n {
		for j := range n {
			if a[i*n+j] != 0 {
				s.col = append(s.col, int32(j))
				s.val = append(s.val, a[i*n+j])
			}
		}
		s.ends = append(s.ends, len(s.col))
	}
	return s
}

// TestTastesPlanted: customers of three tastes lie apart though no two need share an
// item; the others' rows say so: no item is nobody's place.
func TestTastesPlanted(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	baskets := make([][]string, 300)
	truth := map[string]int{}
	for c := range baskets {
		g := c % 3
		truth[fmt.Sprintf("c%05d", c)] = g
		for range 4 + rng.IntN(6) {
			k := rng.IntN(60)
			if rng.Float64() < 0.7 {
				k = 20*g + rng.IntN(20)
			}
			baskets[c] = append(baskets[c], fmt.Sprintf("i%02d", k))
		}
	}
	baskets = append(baskets, []string{"unheard of"})
	log := basketLog(baskets)
	m, model := measured(t, log, "tastes", nil)
	h, _ := log.Find("c00300")
	if n := model.(Witness).Evidence(h); n != 0 {
		t.Errorf("an item nobody else has is evidence %d", n)
	}
	for d, x := range m.Row(300) {
		check.Close(t, "nobody's place", x, model.(*tastesModel).Mean[d], 1e-12)
	}
	m = m.Pick(seq(300))
	scaled, mp, _ := learned(t, &BlockScale{}, m)
	if share := nearest(scaled, truth); share < 0.95 {
		t.Errorf("nearest group means name %.3f of the customers' groups", share)
	}
	b := mp.(*blockMap)
	for k := range b.Scale {
		if b.Scale[k] != b.Scale[0] || b.Curve[k] != "line" {
			t.Fatal("axes of the embedding are scaled apart or bent")
		}
	}
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestTastesWidest: who has everything does not count, and that is said.
func TestTastesWidest(t *testing.T) {
	baskets := relatedRuled()
	var all []string
	for i := range 18 {
		all = append(all, fmt.Sprintf("i%02d", i))
	}
	o := tastesBlock()
	o.Widest = 17
	_, want := measured(t, basketLog(baskets), "tastes", o)
	_, got := measured(t, basketLog(append(baskets, all, all)), "tastes", o)
	for i, v := range want.(*tastesModel).Vectors {
		for d, x := range v {
			check.Close(t, "places", got.(*tastesModel).Vectors[i][d], x, 1e-12)
		}
	}
	if w := got.(*tastesModel).Warnings(); lacks(w, "2 customers with more than 17") {
		t.Errorf("warnings %q", w)
	}
}

func TestTastesRefuses(t *testing.T) {
	e, _ := Lookup("tastes")
	for words, change := range map[string]func(*Tastes){
		`level = "shelf"`: func(o *Tastes) { o.Level = "shelf" },
		"dim = 0":         func(o *Tastes) { o.Dim = 0 },
		"items = 1":       func(o *Tastes) { o.Items = 1 },
		"min_items = 0":   func(o *Tastes) { o.MinItems = 0 },
		"widest = -1":     func(o *Tastes) { o.Widest = -1 },
		"shift = 0":       func(o *Tastes) { o.Shift = 0 },
		"shrink = -1":     func(o *Tastes) { o.Shrink = -1 },
		"at least 2 are":  func(o *Tastes) { o.MinItems = 1000 },
		"no two items":    func(o *Tastes) { o.MinPairs = 1000 },
		"deeds are all 0": func(o *Tastes) { o.Deeds = Deeds{} },
	} {
		o := tastesBlock()
		change(o)
		_, err := Build(t.Context(), basketLog(relatedRuled()), Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: o}}}, 0, 1)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}

// BenchmarkTastes: a shop of many items; how near the subspace is, beside the time.
func BenchmarkTastes(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	baskets := make([][]string, 20000)
	for c := range baskets {
		g := rng.IntN(40)
		for range 10 + rng.IntN(30) {
			k := int(4000 * rng.Float64() * rng.Float64())
			if rng.Float64() < 0.6 {
				k = 100*g + rng.IntN(100)
			}
			baskets[c] = append(baskets[c], fmt.Sprintf("i%04d", k))
		}
	}
	var log *datasets.Log = basketLog(baskets)
	b.Run("customers=20000/items=2000/dim=16", func(b *testing.B) {
		for b.Loop() {
			measured(b, log, "tastes", nil)
		}
	})
}
