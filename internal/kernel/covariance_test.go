package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// atPlain is f's result at the plain level.
func atPlain[T any](f func() T) T {
	was := level
	level = Plain
	defer func() { level = was }()
	return f()
}

// Each level gives the plain twin's bits, in one piece or in two.
func TestCrossSums(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d, n := rapid.IntRange(1, 19).Draw(t, "d"), rapid.IntRange(0, 300).Draw(t, "n")
			x, shift := drawRows(t, "x", n, d), drawRows(t, "shift", 1, d)
			var w []float64
			if rapid.Bool().Draw(t, "weights") {
				w = drawRows(t, "w", n, 1)
			}
			sums := func() *CrossSums {
				c := NewCrossSums(shift)
				c.Add(x, w)
				return c
			}
			got, want := sums(), atPlain(sums)
			if i, ok := sameBits(got.prod, want.prod); !ok {
				t.Fatalf("product %d: %v, plain %v", i, got.prod[i], want.prod[i])
			}
			if i, ok := sameBits(got.sum, want.sum); !ok {
				t.Fatalf("sum %d: %v, plain %v", i, got.sum[i], want.sum[i])
			}
			cut := rapid.IntRange(0, n).Draw(t, "cut")
			c := NewCrossSums(shift)
			if w == nil {
				c.Add(x[:cut*d], nil)
				c.Add(x[cut*d:], nil)
			} else {
				c.Add(x[:cut*d], w[:cut])
				c.Add(x[cut*d:], w[cut:])
			}
			if i, ok := sameBits(got.prod, c.prod); !ok || got.weight != c.weight {
				t.Fatalf("product %d in two pieces: %v, in one %v", i, c.prod[i], got.prod[i])
			}
		})
	})
}

// The sums against exact arithmetic, with data 1e8 from the origin and a shift beside them.
func TestCrossSumsDefinition(t *testing.T) {
	const n, d = 700, 11
	rng := rand.New(rand.NewPCG(5, 6))
	x, w, shift := make([]float64, n*d), make([]float64, n), make([]float64, d)
	for i := range x {
		x[i] = 1e8 + rng.NormFloat64() + float64(i%d)
	}
	for j := range shift {
		shift[j] = 1e8 + float64(j) + 0.25
	}
	for i := range w {
		w[i] = 0.5 + rng.Float64()
	}
	a, b := NewCrossSums(shift), NewCrossSums(shift)
	a.Add(x[:300*d], w[:300])
	b.Add(x[300*d:], w[300:])
	a.Merge(b)
	float := func(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }
	total, mean := float(0), make([]*big.Float, d)
	for _, v := range w {
		total.Add(total, float(v))
	}
	got := make([]float64, d)
	a.Mean(got)
	for j := range mean {
		mean[j] = float(0)
		for i, v := range w {
			mean[j].Add(mean[j], float(0).Mul(float(v), float(x[i*d+j])))
		}
		mean[j].Quo(mean[j], total)
		if want, _ := mean[j].Float64(); math.Abs(got[j]-want) > 2e-8 { // an ulp of 1e8
			t.Errorf("mean %d: %.17g, want %.17g", j, got[j], want)
		}
	}
	for p := range d {
		for q := range d {
			s := float(0)
			for i, v := range w {
				u := float(0).Sub(float(x[i*d+p]), mean[p])
				u.Mul(u, float(0).Sub(float(x[i*d+q]), mean[q]))
				s.Add(s, u.Mul(u, float(v)))
			}
			want, _ := s.Float64()
			if v := a.Scatter(p, q); math.Abs(v-want) > 1e-10*n {
				t.Errorf("scatter %d, %d: %.17g, want %.17g", p, q, v, want)
			}
		}
	}
}

func TestNearby(t *testing.T) {
	x := make([]float64, 0, 2000)
	for i := range 1000 {
		x = append(x, 1e8+float64(i%10), -float64(i))
	}
	x[0], x[1] = math.Inf(1), 1e300
	if p := Nearby(x, 2); p[0] < 1e8+3 || p[0] > 1e8+6 || p[1] > -490 || p[1] < -510 {
		t.Errorf("%v", p)
	}
	if p := Nearby([]float64{7, 8}, 2); p[0] != 7 || p[1] != 8 {
		t.Errorf("one row: %v", p)
	}
	if len(Nearby(nil, 3)) != 3 || len(Nearby(nil, 0)) != 0 {
		t.Error("no rows")
	}
}

func TestGroups(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d, n, k := rapid.IntRange(1, 19).Draw(t, "d"), rapid.IntRange(0, 60).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "k")
			x, shift := drawRows(t, "x", n, d), drawRows(t, "shift", 1, d)
			label := make([]int32, n)
			for i := range label {
				label[i] = int32(rapid.IntRange(-1, k-1).Draw(t, "label"))
			}
			groups := func() *Groups {
				g := NewGroups(k, shift)
				g.Add(x, label)
				return g
			}
			got, want := groups(), atPlain(groups)
			if i, ok := sameBits(got.data, want.data); !ok {
				t.Fatalf("sum %d: %v, plain %v", i, got.data[i], want.data[i])
			}
			squares := func() []float64 {
				out := make([]float64, n)
				got.Squares(x, label, out)
				return out
			}
			a, b := squares(), atPlain(squares)
			if i, ok := sameBits(a, b); !ok {
				t.Fatalf("square %d: %v, plain %v", i, a[i], b[i])
			}
		})
	})
}

// The plain twin against the definition.
func TestGroupsDefinition(t *testing.T) {
	const n, d, k = 50, 13, 3
	rng := rand.New(rand.NewPCG(7, 8))
	x, label := make([]float64, n*d), make([]int32, n)
	shift := make([]float64, d)
	shift[2] = 5
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	for i := range label {
		label[i] = int32(rng.IntN(k+1) - 1)
	}
	g := NewGroups(k, shift)
	g.Add(x, label)
	h := NewGroups(k, shift)
	h.Merge(g)
	for c := -1; c < k; c++ {
		for j := range d {
			want := 0.0
			for i, l := range label {
				if int(l) == c {
					want += x[i*d+j] - shift[j]
				}
			}
			if v := h.Row(c)[j]; math.Abs(v-want) > 1e-13 {
				t.Errorf("group %d, column %d: %.17g, want %.17g", c, j, v, want)
			}
		}
	}
	out := make([]float64, n)
	g.Squares(x, label, out)
	for i, l := range label {
		want := 0.0
		for j := range d {
			v := x[i*d+j] - shift[j] - g.Row(int(l))[j]
			want += v * v
		}
		if math.Abs(out[i]-want) > 1e-12*want {
			t.Errorf("row %d: %.17g, want %.17g", i, out[i], want)
		}
	}
	g.Clear()
	if g.Row(1)[3] != 0 {
		t.Error("Clear leaves something")
	}
	NewGroups(2, nil).Squares(nil, label, out)
	if out[0] != 0 {
		t.Error("rows without columns lie apart")
	}
}

func BenchmarkCrossSums(b *testing.B) {
	for _, d := range []int{8, 12, 16, 64} {
		b.Run(fmt.Sprintf("n=4096/d=%d", d), func(b *testing.B) {
			x := make([]float64, 4096*d)
			c := NewCrossSums(make([]float64, d))
			for b.Loop() {
				c.Add(x, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
		})
	}
}

func BenchmarkGroups(b *testing.B) {
	for _, d := range []int{8, 12, 16, 64} {
		rng := rand.New(rand.NewPCG(1, 2))
		x, label, out := make([]float64, 4096*d), make([]int32, 4096), make([]float64, 4096)
		for i := range label {
			label[i] = int32(rng.IntN(20))
		}
		g := NewGroups(20, make([]float64, d))
		for name, f := range map[string]func(){"sums": func() { g.Add(x, label) }, "squares": func() { g.Squares(x, label, out) }} {
			b.Run(fmt.Sprintf("%s/n=4096/d=%d/k=20", name, d), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
			})
		}
	}
}
