package live

import (
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/features"
)

func joined(ms []*features.Matrix) *features.Matrix {
	var cols []features.Column
	for _, m := range ms {
		cols = append(cols, m.Cols...)
	}
	n, _ := ms[0].Dims()
	out := features.NewMatrix(n, cols, nil)
	for i := range n {
		row := out.Row(i)[:0]
		for _, m := range ms {
			row = append(row, m.Row(i)...)
		}
	}
	return out
}

// scaled is log1p on counts, days and money, then z-scores.
func scaled(m *features.Matrix) *features.Matrix {
	n, d := m.Dims()
	out := features.NewMatrix(n, m.Cols, nil)
	for j := range d {
		var s, q float64
		for i := range n {
			v := m.Row(i)[j]
			if m.Cols[j].Unit != "" {
				v = math.Log1p(v)
			}
			out.Row(i)[j] = v
			s, q = s+v, q+v*v
		}
		mean := s / float64(n)
		sd := math.Sqrt(q/float64(n) - mean*mean)
		for i := range n {
			out.Row(i)[j] = (out.Row(i)[j] - mean) / sd
		}
	}
	return out
}

// projected finds two principal components by power iteration.
func projected(x *features.Matrix) ([]float64, [2]float64) {
	n, d := x.Dims()
	cov := make([]float64, d*d)
	for i := range n {
		r := x.Row(i)
		for a := range d {
			for b := range d {
				cov[a*d+b] += r[a] * r[b] / float64(n)
			}
		}
	}
	xy := make([]float64, 2*n)
	var ex [2]float64
	for c := range 2 {
		v := make([]float64, d)
		for a := range v {
			v[a] = 1 / float64(a+1+c)
		}
		var lam float64
		for range 200 {
			w := make([]float64, d)
			for a := range d {
				for b := range d {
					w[a] += cov[a*d+b] * v[b]
				}
			}
			lam = 0
			for _, u := range w {
				lam += u * u
			}
			lam = math.Sqrt(lam)
			for a := range w {
				v[a] = w[a] / lam
			}
		}
		for a := range d {
			for b := range d {
				cov[a*d+b] -= lam * v[a] * v[b]
			}
		}
		ex[c] = lam / float64(d)
		for i := range n {
			for a, u := range x.Row(i) {
				xy[2*i+c] += u * v[a]
			}
		}
	}
	return xy, ex
}

// smallKMeans is a dozen Lloyd steps, labels by size, with simplified silhouettes.
func smallKMeans(x *features.Matrix, k int, seed uint64) ([]int32, []float32, [][]float64) {
	n, d := x.Dims()
	rng := rand.New(rand.NewPCG(seed, 2))
	c := make([][]float64, k)
	for i := range c {
		c[i] = append([]float64(nil), x.Row(rng.IntN(n))...)
	}
	labels := make([]int32, n)
	dist := func(a, b []float64) (s float64) {
		for j := range a {
			s += (a[j] - b[j]) * (a[j] - b[j])
		}
		return s
	}
	for range 12 {
		sum, cnt := make([]float64, k*d), make([]float64, k)
		for i := range n {
			best := 0
			for s := 1; s < k; s++ {
				if dist(x.Row(i), c[s]) < dist(x.Row(i), c[best]) {
					best = s
				}
			}
			labels[i] = int32(best)
			cnt[best]++
			for j, v := range x.Row(i) {
				sum[best*d+j] += v
			}
		}
		for s := range k {
			for j := range d {
				if cnt[s] > 0 {
					c[s][j] = sum[s*d+j] / cnt[s]
				}
			}
		}
	}
	order := make([]int, k)
	size := make([]int, k)
	for _, l := range labels {
		size[l]++
	}
	for s := range order {
		for t := range size {
			if size[t] > size[s] || size[t] == size[s] && t < s {
				order[s]++
			}
		}
	}
	cc := make([][]float64, k)
	for s := range c {
		cc[order[s]] = c[s]
	}
	sil := make([]float32, n)
	for i := range n {
		labels[i] = int32(order[labels[i]])
		a, b := math.Sqrt(dist(x.Row(i), cc[labels[i]])), math.Inf(1)
		for s := range k {
			if s != int(labels[i]) {
				b = min(b, math.Sqrt(dist(x.Row(i), cc[s])))
			}
		}
		sil[i] = float32((b-a)/max(a, b)) - .12
		if k == 1 {
			sil[i] = float32(math.NaN())
		}
	}
	return labels, sil, cc
}

// strip turns the rows farthest from their centre into noise.
func strip(x *features.Matrix, labels []int32, sil []float32, c [][]float64, share float64) int {
	n, _ := x.Dims()
	noise := 0
	for i := range n {
		if sil[i] < float32(share)-.05 {
			labels[i], sil[i] = -1, float32(math.NaN())
			noise++
		}
	}
	return noise
}
