package cluster

import (
	"context"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
)

// gmmNaive is a mixture in the plainest form: covariance matrices and no logarithms
// where they can be left out.
type gmmNaive struct {
	weight []float64
	mean   [][]float64
	cov    [][][]float64
}

// density is N(x; μ, Σ) by Gauss elimination.
func gmmDensity(x, mean []float64, cov [][]float64) float64 {
	d := len(x)
	a := make([][]float64, d)
	for i := range a {
		a[i] = append(slices.Clone(cov[i]), x[i]-mean[i])
	}
	det, square := 1.0, 0.0
	for i := range d {
		det *= a[i][i]
		for r := i + 1; r < d; r++ {
			f := a[r][i] / a[i][i]
			for c := i; c <= d; c++ {
				a[r][c] -= f * a[i][c]
			}
		}
		square += a[i][d] * a[i][d] / a[i][i]
	}
	return math.Exp(-square/2) / math.Sqrt(det*math.Pow(2*math.Pi, float64(d)))
}

// step returns the mean log-likelihood and the next mixture.
func (m gmmNaive) step(x *features.Matrix, shape gmmShape, reg float64) (float64, gmmNaive) {
	n, d := x.Dims()
	k := len(m.weight)
	like, total := 0.0, 0.0
	r := make([][]float64, n)
	for i := range n {
		w := 1.0
		if x.Weights != nil {
			w = x.Weights[i]
		}
		r[i] = make([]float64, k)
		p := 0.0
		for c := range k {
			r[i][c] = m.weight[c] * gmmDensity(x.Row(i), m.mean[c], m.cov[c])
			p += r[i][c]
		}
		for c := range k {
			r[i][c] *= w / p
		}
		like += w * math.Log(p)
		total += w
	}
	next := gmmNaive{make([]float64, k), make([][]float64, k), make([][][]float64, k)}
	pool := make([][]float64, d)
	for j := range pool {
		pool[j] = make([]float64, d)
	}
	for c := range k {
		next.mean[c] = make([]float64, d)
		count := 0.0
		for i := range n {
			count += r[i][c]
			for j, v := range x.Row(i) {
				next.mean[c][j] += r[i][c] * v
			}
		}
		for j := range d {
			next.mean[c][j] /= count
		}
		next.weight[c] = count / total
		s := make([][]float64, d)
		for a := range d {
			s[a] = make([]float64, d)
			for b := range d {
				for i := range n {
					s[a][b] += r[i][c] * (x.Row(i)[a] - next.mean[c][a]) * (x.Row(i)[b] - next.mean[c][b])
				}
				pool[a][b] += s[a][b] / total
				s[a][b] /= count
				if a != b && shape.diagonal() {
					s[a][b] = 0
				}
			}
			s[a][a] += reg
		}
		if shape == gmmSpherical {
			v := 0.0
			for a := range d {
				v += s[a][a] / float64(d)
			}
			for a := range d {
				s[a][a] = v
			}
		}
		next.cov[c] = s
	}
	if shape == gmmTied {
		for a := range d {
			pool[a][a] += reg
		}
		for c := range k {
			next.cov[c] = pool
		}
	}
	return like / total, next
}

// The fit follows the textbook's steps, weights included.
func TestGMMIsTheTextbooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 6).Draw(t, "d")
		n := rapid.IntRange(3*d+8, 60).Draw(t, "n")
		k := rapid.IntRange(1, 4).Draw(t, "k")
		shape := rapid.SampledFrom([]gmmShape{gmmFull, gmmTied, gmmDiag, gmmSpherical}).Draw(t, "shape")
		x, _ := gaussian(n, d, k, 6, rapid.Uint64().Draw(t, "seed"))
		if rapid.Bool().Draw(t, "weighted") {
			x.Weights = make([]float64, n)
			for i := range x.Weights {
				x.Weights[i] = float64(i%4) / 2
			}
		}
		means := make([][]float64, k)
		for c := range means {
			means[c] = x.Row(c)
		}
		steps := rapid.IntRange(1, 6).Draw(t, "steps")
		a := &GMM{NClusters: k, CovarianceType: string(shape), RegCovar: 0.05, MaxIter: steps, MeansInit: means}
		var got []float64
		c, err := a.Fit(context.Background(), x, Run{Report: func(s Step) { got = append(got, s.Objective) }})
		if err != nil {
			t.Fatal(err)
		}
		one := gmmNaive{[]float64{1}, [][]float64{means[0]}, [][][]float64{gmmIdentity(d)}}
		_, whole := one.step(x, shape, 0) // one component: the covariance of all rows
		total := float64(n)
		if x.Weights != nil {
			total = sum(x.Weights)
		}
		for i := range whole.cov[0] {
			for j := range whole.cov[0] {
				whole.cov[0][i][j] *= total / (total - 1)
			}
		}
		m := gmmNaive{}
		for i := range k {
			m.weight, m.mean, m.cov = append(m.weight, 1/float64(k)), append(m.mean, means[i]), append(m.cov, whole.cov[0])
		}
		var like float64
		for i := range steps {
			like, m = m.step(x, shape, a.RegCovar)
			if math.Abs(like-got[i]) > 1e-9*(1+math.Abs(like)) {
				t.Fatalf("step %d: %v, want %v", i+1, got[i], like)
			}
		}
		if like, _ = m.step(x, shape, a.RegCovar); math.Abs(like-*c.Objective) > 1e-9*(1+math.Abs(like)) {
			t.Fatalf("objective %v, want %v", *c.Objective, like)
		}
	})
}

func gmmIdentity(d int) [][]float64 {
	s := make([][]float64, d)
	for i := range s {
		s[i] = make([]float64, d)
		s[i][i] = 1
	}
	return s
}
