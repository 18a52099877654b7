package cluster

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// spectralGraph is a symmetric sparse matrix by rows.
type spectralGraph struct {
	from []int64 // row i holds entries from[i] .. from[i+1]
	to   []int32
	w    []float64
}

// neighbours lists the k−1 nearest other rows of each row.
func (r *spectralRun) neighbours(k int) ([]int32, error) {
	k = min(k, r.n) - 1
	out := make([]int32, r.n*k)
	const block = 64
	count := (r.n + block - 1) / block
	if run := r.run; run.Space != nil {
		return out, parallel(r.ctx, run.workers(), r.n, func(i int) {
			order := make([]int32, 0, r.n-1)
			dist := make([]float64, r.n)
			for j := range r.n {
				if j != i {
					dist[j] = run.Space.Dist(i, j)
					order = append(order, int32(j))
				}
			}
			slices.SortStableFunc(order, func(a, b int32) int {
				switch {
				case dist[a] < dist[b]:
					return -1
				case dist[a] > dist[b]:
					return 1
				}
				return 0
			})
			copy(out[i*k:(i+1)*k], order)
		})
	}
	tree, err := sharedTree(r.x, r.run)
	if err != nil {
		return nil, err
	}
	index := tree.Index()
	return out, parallel(r.ctx, r.run.workers(), count, func(b int) {
		sq := make([]float64, k)
		for p := b * block; p < min(r.n, (b+1)*block); p++ {
			i := int(index[p])
			tree.KNearest(tree.Point(p), i, out[i*k:(i+1)*k], sq)
		}
	})
}

// sparse places the rows by the graph of neighbours.
func (r *spectralRun) sparse() ([]float64, func([]int32, int) (float64, error), error) {
	list, err := r.neighbours(r.opt.NNeighbors)
	if err != nil {
		return nil, nil, err
	}
	g := spectralJoin(list, r.n)
	r.root = make([]float64, r.n)
	u := near.NewUnion(r.n)
	for i := range r.n {
		deg := 0.0
		for e := g.from[i]; e < g.from[i+1]; e++ {
			deg += g.w[e]
			u.Unite(int32(i), g.to[e])
		}
		r.root[i] = math.Sqrt(deg)
	}
	cut := r.sparseCut(g)
	for i := range r.n {
		for e := g.from[i]; e < g.from[i+1]; e++ {
			g.w[e] /= r.root[i] * r.root[g.to[e]]
		}
	}
	blocks := newBlocks(r.n)
	mul := func(dst, src []float64) error {
		return blocks.each(r.ctx, r.run.workers(), func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				to, w := g.to[g.from[i]:g.from[i+1]], g.w[g.from[i]:g.from[i+1]]
				s := 0.0
				for e, j := range to {
					s += w[e] * src[j]
				}
				dst[i] = s
			}
		})
	}
	places, err := r.eigen(mul, r.pieces(func(i int) int32 { return u.Find(int32(i)) }))
	return places, cut, err
}

// spectralJoin makes ½(B + Bᵀ) of the lists B.
func spectralJoin(list []int32, n int) *spectralGraph {
	k := len(list) / n
	incoming := make([]int64, n+1)
	for _, j := range list {
		incoming[j+1]++
	}
	for i := range n {
		incoming[i+1] += incoming[i]
	}
	back := make([]int32, len(list))
	at := slices.Clone(incoming[:n])
	for i := range n {
		for _, j := range list[i*k : (i+1)*k] {
			back[at[j]] = int32(i)
			at[j]++
		}
	}
	g := &spectralGraph{from: make([]int64, n+1)}
	row := make([]int32, 0, 4*k)
	for i := range n {
		row = append(append(row[:0], list[i*k:(i+1)*k]...), back[incoming[i]:incoming[i+1]]...)
		slices.Sort(row)
		for e := 0; e < len(row); e++ {
			w := 0.5
			if e+1 < len(row) && row[e+1] == row[e] {
				w = 1
				e++
			}
			g.to = append(g.to, row[e])
			g.w = append(g.w, w)
		}
		g.from[i+1] = int64(len(g.to))
	}
	return g
}

// sparseCut returns the function that measures the normalised cut of labels. It keeps
// the list of edges with the weights ½ and 1 told apart by the degrees.
func (r *spectralRun) sparseCut(g *spectralGraph) func([]int32, int) (float64, error) {
	full := make([]bool, len(g.w))
	for e, w := range g.w {
		full[e] = w == 1
	}
	return func(labels []int32, k int) (float64, error) {
		out, vol := make([]float64, k), make([]float64, k)
		for i, l := range labels {
			for e := g.from[i]; e < g.from[i+1]; e++ {
				w := 0.5
				if full[e] {
					w = 1
				}
				vol[l] += w
				if labels[g.to[e]] != l {
					out[l] += w
				}
			}
		}
		return spectralNcut(out, vol), nil
	}
}

func spectralNcut(out, vol []float64) float64 {
	s := 0.0
	for l, v := range vol {
		if v > 0 {
			s += out[l] / v
		}
	}
	return s
}

// width is gamma as given, or 1 / (columns · mean variance).
func (r *spectralRun) width() float64 {
	if r.opt.Gamma != nil {
		return *r.opt.Gamma
	}
	rows, _ := centred(r.x)
	if v := dot(rows, rows); v > 0 {
		return float64(r.n) / v
	}
	return 1
}

// dense places the rows by all affinities exp(−γ‖x−y‖²).
func (r *spectralRun) dense() ([]float64, func([]int32, int) (float64, error), error) {
	gamma, n := r.width(), r.n
	a := make([]float64, n*n)
	r.root = make([]float64, n)
	err := parallel(r.ctx, r.run.workers(), n, func(i int) {
		row := a[i*n : (i+1)*n]
		deg := 0.0
		for j := range row {
			if j == i {
				continue
			}
			var sq float64
			if s := r.run.Space; s != nil {
				v := s.Dist(min(i, j), max(i, j))
				sq = v * v
			} else {
				sq = kernel.Sq(r.x.Row(min(i, j)), r.x.Row(max(i, j)))
			}
			row[j] = math.Exp(-gamma * sq)
			deg += row[j]
		}
		r.root[i] = math.Sqrt(deg)
		if deg == 0 { // so far off that nothing is left of its affinities
			r.root[i] = 1
		}
	})
	if err != nil {
		return nil, nil, err
	}
	err = parallel(r.ctx, r.run.workers(), n, func(i int) {
		for j := range n {
			a[i*n+j] /= r.root[i] * r.root[j]
		}
	})
	if err != nil {
		return nil, nil, err
	}
	mul := func(dst, src []float64) error {
		return parallel(r.ctx, r.run.workers(), n, func(i int) { dst[i] = dot(a[i*n:(i+1)*n], src) })
	}
	cut := func(labels []int32, k int) (float64, error) {
		part := make([]float64, n)
		err := parallel(r.ctx, r.run.workers(), n, func(i int) {
			for j, v := range a[i*n : (i+1)*n] {
				if labels[j] != labels[i] {
					part[i] += v * r.root[i] * r.root[j]
				}
			}
		})
		out, vol := make([]float64, k), make([]float64, k)
		for i, l := range labels {
			out[l] += part[i]
			vol[l] += r.root[i] * r.root[i]
		}
		return spectralNcut(out, vol), err
	}
	u := near.NewUnion(n)
	for i := range n {
		for j := range i {
			if a[i*n+j] > 0 {
				u.Unite(int32(i), int32(j))
			}
		}
	}
	places, err := r.eigen(mul, r.pieces(func(i int) int32 { return u.Find(int32(i)) }))
	return places, cut, err
}
