package cluster

import (
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// gmmMixture is a mixture in the form that the kernels take: k components with a mean,
// a factor P of the precision (Σ⁻¹ = P·Pᵀ) and the logarithm of the weight times what
// stands before the exponential of the density.
type gmmMixture struct {
	d, k   int
	diag   bool // factors are diagonals, else d×d upper triangular
	weight []float64
	mean   [][]float64
	factor [][]float64
	offset []float64
}

// settle computes the offsets:
//
//	log w − ½d·log 2π + Σⱼ log Pⱼⱼ
func (m *gmmMixture) settle() {
	m.offset = make([]float64, m.k)
	step := m.d + 1
	if m.diag {
		step = 1
	}
	for c, w := range m.weight {
		s := 0.0
		for j := range m.d {
			s += math.Log(m.factor[c][j*step])
		}
		m.offset[c] = math.Log(w) + (s - 0.5*float64(m.d)*math.Log(2*math.Pi))
	}
}

// distances writes the squared Mahalanobis distances of packed rows to each component,
// component by component.
func (m *gmmMixture) distances(q, x []float64, rows int) {
	for c := range m.k {
		to := q[c*rows : (c+1)*rows]
		if m.diag {
			kernel.MixtureDiag(to, x, m.d, m.mean[c], m.factor[c])
		} else {
			kernel.MixtureFull(to, x, m.d, m.mean[c], m.factor[c])
		}
	}
}

// best writes the component with the largest posterior of the first len(labels) rows
// and their squared distances to it; ties go to the first component.
func (m *gmmMixture) best(q []float64, rows int, labels []int32, dist, most []float64) {
	most = most[:len(labels)]
	for i := range most {
		most[i] = math.Inf(-1)
	}
	for c := range m.k {
		from, o := q[c*rows:(c+1)*rows], m.offset[c]
		for i, v := range most {
			if l := o - 0.5*from[i]; l > v {
				most[i], labels[i], dist[i] = l, int32(c), from[i]
			}
		}
	}
}

// rule writes the components down under the labels given; −1 leaves one out.
func (m *gmmMixture) rule(label []int32) *Rule {
	r := &Rule{Kind: MostProbable, Exact: true}
	shared := m.k > 1
	for c, f := range m.factor {
		shared = shared && &f[0] == &m.factor[0][0]
		if label[c] < 0 {
			continue
		}
		r.Points = append(r.Points, m.mean[c])
		r.Labels = append(r.Labels, label[c])
		r.Weights = append(r.Weights, m.weight[c])
		if shared && len(r.Factors) == 1 {
			continue
		}
		flat := f
		if !m.diag {
			flat = make([]float64, 0, m.d*(m.d+1)/2)
			for i := range m.d {
				flat = append(flat, f[i*m.d+i:(i+1)*m.d]...)
			}
		}
		r.Factors = append(r.Factors, flat)
	}
	return r
}

// mixture is the inverse of rule.
func (r *Rule) mixture(d int) *gmmMixture {
	m := &gmmMixture{d: d, k: len(r.Points), diag: len(r.Factors[0]) == d, weight: r.Weights, mean: r.Points}
	full := make([][]float64, len(r.Factors))
	for c, f := range r.Factors {
		full[c] = f
		if m.diag {
			continue
		}
		full[c] = make([]float64, d*d)
		for i := range d {
			copy(full[c][i*d+i:(i+1)*d], f)
			f = f[d-i:]
		}
	}
	for c := range m.k {
		m.factor = append(m.factor, full[min(c, len(full)-1)])
	}
	m.settle()
	return m
}

// gmmChunk is how many rows are met at once: their columns and distances stay in the
// first caches while every component passes over them.
const gmmChunk = 128

// gmmBuffer is one goroutine's working memory.
type gmmBuffer struct {
	x, q, w, dist, most []float64
	at                  []int32
	ones                []float64
	sums                [16]float64
}

func newGMMBuffer(d, k int) *gmmBuffer {
	b := &gmmBuffer{
		x: kernel.Aligned64(gmmChunk * d), q: kernel.Aligned64(gmmChunk * k), w: kernel.Aligned64(gmmChunk),
		ones: make([]float64, gmmChunk), dist: make([]float64, gmmChunk), most: make([]float64, gmmChunk), at: make([]int32, gmmChunk),
	}
	for i := range b.ones {
		b.ones[i] = 1
	}
	return b
}

// load packs rows lo…hi and their weights (nil: 1 each); it returns their number with
// those that fill up the last eight, which weigh nothing.
func (b *gmmBuffer) load(x, w []float64, d, lo, hi int) int {
	rows := (hi - lo + 7) &^ 7
	kernel.MixturePack(b.x[:rows*d], x[lo*d:hi*d], d)
	if w == nil {
		w, lo, hi = b.ones, 0, hi-lo
	}
	clear(b.w[copy(b.w, w[lo:hi]):rows])
	return rows
}
