package near

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func sqFMA(a, b []float64) float64 {
	s := 0.0
	for j, v := range a {
		e := v - b[j]
		s = math.FMA(e, e, s)
	}
	return s
}

// orderNaive is the definition.
func orderNaive(x []float64, d int, core []float64, limit float64) *Ordering {
	n := len(x) / d
	o := &Ordering{Sq: make([]float64, n), From: make([]int32, n)}
	done := make([]bool, n)
	for i := range n {
		o.Sq[i], o.From[i] = math.Inf(1), -1
	}
	for range n {
		p := -1
		for i := range n {
			if !done[i] && (p < 0 || o.Sq[i] < o.Sq[p]) {
				p = i
			}
		}
		done[p] = true
		o.Order = append(o.Order, int32(p))
		if math.IsInf(core[p], 1) {
			continue
		}
		for i := range n {
			v := sqFMA(x[p*d:p*d+d], x[i*d:i*d+d])
			if v > limit || done[i] {
				continue
			}
			if v = max(v, core[p]); v < o.Sq[i] {
				o.Sq[i], o.From[i] = v, int32(p)
			}
		}
	}
	return o
}

// orderCore is the squared distance to the k-th other point, +Inf beyond limit.
func orderCore(x []float64, d, k int, limit float64) []float64 {
	n := len(x) / d
	core := make([]float64, n)
	for i := range n {
		var all []float64
		for j := range n {
			if j != i {
				all = append(all, sqFMA(x[i*d:i*d+d], x[j*d:j*d+d]))
			}
		}
		slices.Sort(all)
		if core[i] = math.Inf(1); k == 0 {
			core[i] = 0
		} else if k <= len(all) && all[k-1] <= limit {
			core[i] = all[k-1]
		}
	}
	return core
}

// Order, reachabilities and where points were reached from are the definition's: on
// grids with ties and duplicates, on clouds, on far clusters, with and without a limit.
func TestOrderByReachEqualsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for round := range 250 {
		n, d := r.IntN(200), 1+r.IntN(6)
		if round%10 == 0 {
			n += 500
		}
		x := points(r, n, d)
		switch round % 4 {
		case 1: // clusters of many scales
			for i := range n {
				s := math.Exp(6 * r.Float64() * float64(i%3))
				for j := range d {
					x[i*d+j] = x[i*d+j]*s/50 + 100*float64(i%3)
				}
			}
		case 2:
			for i := range x {
				x[i] += 1e8
			}
		case 3: // many points at a few places
			for i := range n {
				if i%4 > 0 {
					copy(x[i*d:], x[i%3*d:i%3*d+d])
				}
			}
		}
		limit := math.Inf(1)
		if r.IntN(3) == 0 {
			limit = r.Float64() * 3
		}
		core := orderCore(x, d, r.IntN(8), limit)
		want := orderNaive(x, d, core, limit)
		got, err := New(x, d, 1).OrderByReach(context.Background(), core, limit)
		if err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("round %d: n=%d d=%d limit=%v", round, n, d, limit)
		if !slices.Equal(got.Order, want.Order) {
			t.Fatalf("%s: order\n%v, want\n%v", what, got.Order, want.Order)
		}
		if !slices.Equal(got.Sq, want.Sq) || !slices.Equal(got.From, want.From) {
			t.Fatalf("%s: reachability or predecessors differ", what)
		}
	}
}

// Points at the same place cost no more than others: the work is counted.
func TestOrderByReachTwins(t *testing.T) {
	const n = 20_000
	r := rand.New(rand.NewPCG(3, 3))
	x := make([]float64, 2*n)
	for i := range x {
		if x[i] = r.NormFloat64(); i/2%2 == 0 {
			x[i] = 0.25
		}
	}
	tree := New(x, 2, 1)
	core, err := tree.KthAll(context.Background(), 9, 1)
	if err != nil {
		t.Fatal(err)
	}
	looks := &countedContext{Context: context.Background()}
	if _, err := tree.OrderByReach(looks, core, math.Inf(1)); err != nil {
		t.Fatal(err)
	}
	if looks.n > 60 {
		t.Errorf("%d looks at the context: %d distances or so for each point", looks.n, looks.n*orderWork/n)
	}
}

type countedContext struct {
	context.Context
	n int
}

func (c *countedContext) Err() error { c.n++; return nil }

func BenchmarkOrderByReach(b *testing.B) {
	for _, p := range []struct{ n, d int }{{10_000, 2}, {100_000, 2}, {100_000, 3}, {100_000, 5}, {20_000, 8}} {
		r := rand.New(rand.NewPCG(1, 1))
		x := make([]float64, p.n*p.d)
		for i := range p.n {
			for j := range p.d {
				x[i*p.d+j] = r.NormFloat64()*(0.2+float64(i%5)*0.3) + 8*math.Sin(float64(i%12*(j+3)))
			}
		}
		tree := New(x, p.d, 2)
		core, err := tree.KthAll(context.Background(), 9, 2)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("n=%d,d=%d,k=10", p.n, p.d), func(b *testing.B) {
			var o *Ordering
			for b.Loop() {
				o, _ = tree.OrderByReach(context.Background(), core, math.Inf(1))
			}
			total := 0.0
			for _, v := range o.Sq {
				if !math.IsInf(v, 1) {
					total += math.Sqrt(v)
				}
			}
			b.ReportMetric(total/float64(p.n), "mean-reach")
		})
	}
}
