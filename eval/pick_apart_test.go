package eval

import (
	"context"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// apartRows makes a matrix of rows.
func apartRows(rows [][]float64) *features.Matrix {
	var cols []features.Column
	for range rows[0] {
		cols = append(cols, features.Column{Name: "x"})
	}
	x := features.NewMatrix(len(rows), cols, nil)
	for i, r := range rows {
		copy(x.Row(i), r)
	}
	return x
}

// apartCut cuts rows in two by their sum and places them.
func apartCut(t *testing.T, rows [][]float64, cut func(row []float64) bool) (a, b *apartPiece, x *features.Matrix, v []float64) {
	t.Helper()
	a, b, x = &apartPiece{}, &apartPiece{}, unstepped(apartRows(rows))
	for i, r := range rows {
		if cut(r) {
			b.rows = append(b.rows, i)
		} else {
			a.rows = append(a.rows, i)
		}
	}
	ctx := context.Background()
	for _, p := range []*apartPiece{a, b} {
		if err := p.learn(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	v, err := between(ctx, x, a, b)
	if err != nil {
		t.Fatal(err)
	}
	return a, b, x, v
}

// TestBetweenLeavesTheRowOut: the same as learning each row's line anew without it.
func TestBetweenLeavesTheRowOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const d = 4
	var rows [][]float64
	for i := range 30 {
		r := make([]float64, d)
		for j := range r {
			r[j] = rng.NormFloat64() + float64(i%3)
		}
		rows = append(rows, r)
	}
	a, b, _, got := apartCut(t, rows, func(r []float64) bool { return r[0] > 1 })
	scatter := func(skip int, ridge float64) (ma, mb, line *mat.VecDense, trace float64) {
		mean := func(p *apartPiece) *mat.VecDense {
			m, n := mat.NewVecDense(d, nil), 0.0
			for _, i := range p.rows {
				if i != skip {
					m.AddVec(m, mat.NewVecDense(d, rows[i]))
					n++
				}
			}
			m.ScaleVec(1/n, m)
			return m
		}
		ma, mb = mean(a), mean(b)
		s := mat.NewDense(d, d, nil)
		for _, p := range []struct {
			rows []int
			m    *mat.VecDense
		}{{a.rows, ma}, {b.rows, mb}} {
			for _, i := range p.rows {
				if i == skip {
					continue
				}
				var r mat.VecDense
				r.SubVec(mat.NewVecDense(d, rows[i]), p.m)
				s.RankOne(s, 1, &r, &r)
			}
		}
		trace = mat.Trace(s)
		for j := range d {
			s.Set(j, j, s.At(j, j)+ridge)
		}
		var v mat.VecDense
		v.SubVec(ma, mb)
		line = mat.NewVecDense(d, nil)
		if err := line.SolveVec(s, &v); err != nil {
			t.Fatal(err)
		}
		return ma, mb, line, trace
	}
	_, _, _, trace := scatter(-1, 1)
	at := 0
	for _, p := range []*apartPiece{a, b} {
		for _, i := range p.rows {
			ma, mb, line, _ := scatter(i, apartRidge*trace/d)
			var middle, v mat.VecDense
			middle.AddVec(ma, mb)
			middle.ScaleVec(-0.5, &middle)
			middle.AddVec(&middle, mat.NewVecDense(d, rows[i]))
			v.SubVec(ma, mb)
			check.Close(t, "placed", got[at], mat.Dot(line, &middle)/mat.Dot(line, &v), 1e-9)
			at++
		}
	}
}

// TestBetweenFindsNoValleyInACloud: not even among nearly as many columns as rows, where a
// line learned from all rows finds one in each; two heaps that only a slanting line tells
// apart have one.
func TestBetweenFindsNoValleyInACloud(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const draws = 60
	at := 0
	for _, c := range []struct{ n, d int }{{100, 2}, {100, 10}, {60, 30}, {40, 50}} {
		seen := 0
		for range draws {
			rows := make([][]float64, c.n)
			for i := range rows {
				rows[i] = make([]float64, c.d)
				for j := range rows[i] {
					rows[i][j] = rng.NormFloat64()
				}
			}
			if _, _, _, v := apartCut(t, rows, func(r []float64) bool { return r[0]+r[1] > 0 }); twoHumps(v) {
				seen++
			}
		}
		if seen > draws/10 {
			t.Errorf("%d rows, %d columns: a valley in %d of %d clouds", c.n, c.d, seen, draws)
		}
	}
	var rows [][]float64
	for i := range 200 {
		u, v := 5*rng.NormFloat64(), 0.3*rng.NormFloat64()
		rows = append(rows, []float64{u, u + v + float64(i%2)*2})
	}
	_, _, x, v := apartCut(t, rows, func(r []float64) bool { return r[1]-r[0] > 1 })
	if !twoHumps(v) {
		t.Error("slanting heaps are not told apart")
	}
	// Yes and no are two values, not two heaps, and counts are steps.
	for i := range rows {
		rows[i] = []float64{x.Row(i)[0], float64(i % 2)}
	}
	if _, _, _, v = apartCut(t, rows, func(r []float64) bool { return r[1] > 0 }); twoHumps(v) {
		t.Error("two values are two heaps")
	}
	for i := range rows {
		rows[i][1] = float64(rng.IntN(6))
	}
	if _, _, _, v = apartCut(t, rows, func(r []float64) bool { return r[1] > 2 }); twoHumps(v) {
		t.Error("counts are heaps")
	}
	for i := range rows {
		rows[i] = []float64{1, 0}
	}
	if _, _, _, v = apartCut(t, rows, func([]float64) bool { at++; return at%2 == 0 }); v != nil {
		t.Errorf("without scatter: %v", v)
	}
}
