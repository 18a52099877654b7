package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "som",
	Doc: `Self-organising map: centres on a sheet, like ones beside each other
A grid of nodes is laid through the data and stretched until every node stands among
rows like it and beside nodes like it; neighbouring nodes are then joined to segments.`,
	Refs: []Ref{
		{Authors: "Kohonen", Title: "Self-Organizing Maps, 3rd edition", Venue: "Springer", Year: 2001, DOI: "10.1007/978-3-642-56927-2"},
		{Authors: "Vesanto, Alhoniemi", Title: "Clustering of the self-organizing map", Venue: "IEEE Trans. Neural Networks 11", Year: 2000, DOI: "10.1109/72.846731"},
	},
	Version: 1,
	New: func() Algorithm {
		return &SOM{NClusters: 8, Topology: "hexagonal", Epochs: 20, SigmaEnd: 0.5, Merge: "ward"}
	},
	Invariance: Translation | Scaling | ConstantColumn,
})

// SOM is Kohonen's batch map. In each epoch every row finds its best matching node
// (ties to the first), and every node moves to
//
//	m_j = Σᵢ h(j, bᵢ)·wᵢ·xᵢ / Σᵢ h(j, bᵢ)·wᵢ,  h(j, b) = exp(−‖g_j − g_b‖² / 2σ²),
//
// g the places on the grid (neighbours are 1 apart), σ falling evenly from SigmaStart
// (nil = half the longer side) to SigmaEnd. Nodes begin on the plane of the two largest
// principal components, the longer side along the first; each points where its largest
// entry is positive, so that turned data may give the map mirrored. GridRows × GridCols
// nil = about 5·√n nodes (at least n_clusters, at most n) in the proportion of these
// components' standard deviations, as in Vesanto and Alhoniemi.
//
// Merge "ward" joins nodes to NClusters segments by Ward's linkage, each with the weight
// of its rows; "none" leaves each node that has rows a segment. The objective is the
// quantisation error: the weighted mean distance of a row to its best matching node.
//
// There is nothing random: the seed decides nothing, nor do Workers. Cost O(n·nodes·d)
// an epoch; memory 16 bytes a row and the nodes' sums.
type SOM struct {
	NClusters  int      `json:"n_clusters"`
	GridRows   *int     `json:"grid_rows"`
	GridCols   *int     `json:"grid_cols"`
	Topology   string   `json:"topology"` // hexagonal, rectangular
	Epochs     int      `json:"epochs"`
	SigmaStart *float64 `json:"sigma_start"`
	SigmaEnd   float64  `json:"sigma_end"`
	Merge      string   `json:"merge"`
}

var (
	_ Predictor = (*SOM)(nil)
	_ Estimator = (*SOM)(nil)
)

type somRun struct {
	ctx        context.Context
	opt        *SOM
	run        Run
	x, w       []float64
	n, d       int
	rows, cols int
	nodes      []float64    // rows·cols × d
	place      [][2]float64 // on the grid
	packed     kernel.Centers64
	all        []int32 // 0, 1, …: the numbers of the rows
	best       []int32
	dist       []float64
}

// Fit stretches the map.
func (a *SOM) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("som", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("som"); err != nil {
		return nil, err
	}
	if err := a.check(n); err != nil {
		return nil, err
	}
	r := &somRun{ctx: ctx, opt: a, run: run, x: x.Data(), w: x.Weights, n: n, d: d, best: make([]int32, n), dist: make([]float64, n), all: make([]int32, n)}
	for i := range r.all {
		r.all[i] = int32(i)
	}
	if err := r.lay(); err != nil {
		return nil, err
	}
	r.packed.Set(r.nodes, d)
	from := float64(max(r.rows, r.cols)) / 2
	if a.SigmaStart != nil {
		from = *a.SigmaStart
	}
	for e := range a.Epochs {
		share := 1.0
		if a.Epochs > 1 {
			share = float64(e) / float64(a.Epochs-1)
		}
		if err := r.epoch(max(from, a.SigmaEnd)*(1-share) + a.SigmaEnd*share); err != nil {
			return nil, err
		}
		run.report(Step{Iter: e + 1, Of: a.Epochs, Objective: r.quantisation()})
	}
	if err := r.match(nil, nil); err != nil {
		return nil, err
	}
	return r.finish()
}

func (a *SOM) check(n int) error {
	bad := func(option string, value any, why string) error { return &OptionError{"som", option, value, why} }
	switch {
	case a.Topology != "hexagonal" && a.Topology != "rectangular":
		return bad("topology", a.Topology, "hexagonal or rectangular")
	case a.Merge != "ward" && a.Merge != "none":
		return bad("merge", a.Merge, "ward, or none for one segment a node")
	case a.Epochs < 1:
		return bad("epochs", a.Epochs, "at least 1")
	case !(a.SigmaEnd > 0) || math.IsInf(a.SigmaEnd, 0):
		return bad("sigma_end", a.SigmaEnd, "finite and above 0")
	case a.SigmaStart != nil && (!(*a.SigmaStart > 0) || math.IsInf(*a.SigmaStart, 0)):
		return bad("sigma_start", *a.SigmaStart, "finite and above 0, or none for half the longer side")
	case (a.GridRows == nil) != (a.GridCols == nil):
		return bad("grid_rows", "grid_cols", "give both sides of the grid or none")
	case a.GridRows != nil && (*a.GridRows < 1 || *a.GridCols < 1 || *a.GridRows > 1<<20 || *a.GridRows**a.GridCols > 1<<20):
		return bad("grid_rows", fmt.Sprintf("%d × %d", *a.GridRows, *a.GridCols), "sides of at least 1 and at most 1,048,576 nodes")
	case a.Merge == "ward" && a.GridRows != nil && *a.GridRows**a.GridCols < a.NClusters:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but the grid has only %d nodes", *a.GridRows**a.GridCols))
	}
	return clusters("som", "n_clusters", a.NClusters, n)
}

// lay chooses the grid and lays it on the plane of the first two components.
func (r *somRun) lay() error {
	mean, axes, sd, err := r.plane()
	if err != nil {
		return err
	}
	r.rows, r.cols = r.grid(sd)
	r.place = make([][2]float64, r.rows*r.cols)
	r.nodes = make([]float64, r.rows*r.cols*r.d)
	for i := range r.rows {
		for j := range r.cols {
			g := i*r.cols + j
			r.place[g] = [2]float64{float64(j), float64(i)}
			if r.opt.Topology == "hexagonal" { // every other line half a step aside
				r.place[g] = [2]float64{float64(j) + 0.5*float64(i%2), float64(i) * math.Sqrt(3) / 2}
			}
			// From −2 to 2 standard deviations, the longer side along the first axis.
			a, b := somStep(j, r.cols), somStep(i, r.rows)
			if r.rows > r.cols {
				a, b = b, a
			}
			for c := range r.d {
				r.nodes[g*r.d+c] = mean[c] + 2*a*sd[0]*axes[0][c] + 2*b*sd[1]*axes[1][c]
			}
		}
	}
	return nil
}

func somStep(i, of int) float64 {
	if of == 1 {
		return 0
	}
	return 2*float64(i)/float64(of-1) - 1
}

// grid returns the sides as given or from the rule of 5·√n.
func (r *somRun) grid(sd [2]float64) (rows, cols int) {
	if r.opt.GridRows != nil {
		return *r.opt.GridRows, *r.opt.GridCols
	}
	nodes := min(max(math.Ceil(5*math.Sqrt(float64(r.n))), float64(r.opt.NClusters)), float64(r.n))
	ratio := 1.0
	if sd[0] > 0 {
		ratio = min(max(sd[1]/sd[0], 1/nodes), 1)
	}
	rows = max(1, int(math.Round(math.Sqrt(nodes*ratio))))
	return rows, max(1, int(math.Ceil(nodes/float64(rows))))
}

// plane returns the weighted mean, the two largest principal axes and the standard
// deviations along them. Each axis points where its largest entry is positive.
func (r *somRun) plane() (mean []float64, axes [2][]float64, sd [2]float64, err error) {
	d := r.d
	mean = make([]float64, d)
	b := newBlocks(r.n)
	pass := func(size int, add func(row []float64, w float64, acc []float64)) ([]float64, error) {
		acc := make([]float64, b.count*size)
		err := b.each(r.ctx, r.run.workers(), func(block, lo, hi int) {
			for i := lo; i < hi; i++ {
				add(r.x[i*d:(i+1)*d], r.weight(i), acc[block*size:(block+1)*size])
			}
		})
		total := make([]float64, size)
		for i, v := range acc {
			total[i%size] += v
		}
		return total, err
	}
	first := r.x[:d]
	sums, err := pass(d+1, func(row []float64, w float64, acc []float64) {
		for j, v := range row {
			acc[j] += w * (v - first[j])
		}
		acc[d] += w
	})
	if err != nil {
		return nil, axes, sd, err
	}
	for j := range mean {
		mean[j] = first[j] + sums[j]/sums[d]
	}
	moments, err := pass(d*d, func(row []float64, w float64, acc []float64) {
		for j, v := range row {
			u := w * (v - mean[j])
			for l := j; l < d; l++ {
				acc[j*d+l] += u * (row[l] - mean[l])
			}
		}
	})
	if err != nil {
		return nil, axes, sd, err
	}
	cov := mat.NewSymDense(d, nil)
	for j := range d {
		for l := j; l < d; l++ {
			cov.SetSym(j, l, moments[j*d+l]/sums[d])
		}
	}
	var e mat.EigenSym
	if !e.Factorize(cov, true) {
		return nil, axes, sd, &DataError{"som", "the principal components were not found: the columns are too far apart in scale; scale them first"}
	}
	values := e.Values(nil)
	var v mat.Dense
	e.VectorsTo(&v)
	for k := range axes {
		axes[k] = make([]float64, d)
		if k >= d {
			continue
		}
		sd[k] = math.Sqrt(max(values[d-1-k], 0))
		large := 0
		for j := range d {
			axes[k][j] = v.At(j, d-1-k)
			if math.Abs(axes[k][j]) > math.Abs(axes[k][large])*(1+1e-9) {
				large = j
			}
		}
		if axes[k][large] < 0 {
			for j := range d {
				axes[k][j] = -axes[k][j]
			}
		}
	}
	return mean, axes, sd, nil
}

func (r *somRun) weight(i int) float64 {
	if r.w == nil {
		return 1
	}
	return r.w[i]
}

// match finds each row's best node and, if asked, adds the rows up by it.
func (r *somRun) match(sums, weights []float64) error {
	m, d := len(r.place), r.d
	b := newBlocks(r.n)
	// Sums of all nodes for each block: fewer, larger blocks.
	b.size = max(b.size, (r.n+31)/32)
	b.count = (r.n + b.size - 1) / b.size
	part := make([][]float64, b.count)
	const piece = 256 // rows between two looks at ctx
	err := b.each(r.ctx, r.run.workers(), func(block, lo, hi int) {
		for at := lo; at < hi && r.ctx.Err() == nil; at += piece {
			end := min(hi, at+piece)
			r.packed.Nearest(r.x, r.all[at:end], r.best[at:end], r.dist[at:end])
		}
		if sums == nil {
			return
		}
		acc := make([]float64, m*(d+1))
		for i := lo; i < hi; i++ {
			w, to := r.weight(i), acc[int(r.best[i])*(d+1):]
			for j, v := range r.x[i*d : (i+1)*d] {
				to[j] += w * v
			}
			to[d] += w
		}
		part[block] = acc
	})
	if err == nil {
		err = r.ctx.Err()
	}
	if err != nil || sums == nil {
		return err
	}
	for _, acc := range part {
		for g := range m {
			axpy(1, acc[g*(d+1):g*(d+1)+d], sums[g*d:(g+1)*d])
			weights[g] += acc[g*(d+1)+d]
		}
	}
	return nil
}

// epoch matches all rows and moves all nodes.
func (r *somRun) epoch(sigma float64) error {
	m, d := len(r.place), r.d
	sums, weights := make([]float64, m*d), make([]float64, m)
	if err := r.match(sums, weights); err != nil {
		return err
	}
	next := make([]float64, m*d)
	err := parallel(r.ctx, r.run.workers(), m, func(j int) {
		to, total := next[j*d:(j+1)*d], 0.0
		for g := range m {
			if weights[g] == 0 {
				continue
			}
			u, v := r.place[j][0]-r.place[g][0], r.place[j][1]-r.place[g][1]
			if h := math.Exp(-(u*u + v*v) / (2 * sigma * sigma)); h > 0 {
				axpy(h, sums[g*d:(g+1)*d], to)
				total += h * weights[g]
			}
		}
		if total == 0 { // no row within sight
			copy(to, r.nodes[j*d:(j+1)*d])
			return
		}
		for c := range to {
			to[c] /= total
		}
	})
	r.nodes = next
	r.packed.Set(next, d)
	return err
}

// quantisation is Σ w·distance / Σ w of the last matching.
func (r *somRun) quantisation() float64 {
	s, total := 0.0, 0.0
	for i, q := range r.dist {
		s += r.weight(i) * math.Sqrt(q)
		total += r.weight(i)
	}
	return s / total
}

// finish joins nodes to segments.
func (r *somRun) finish() (*Clustering, error) {
	m := len(r.place)
	hits, used := make([]float64, m), make([]bool, m)
	for i, g := range r.best {
		hits[g] += r.weight(i)
		used[g] = true
	}
	segment := make([]int32, m) // of each node
	var heavy []int             // nodes with rows that weigh something
	for g := range segment {
		segment[g] = int32(g)
		if hits[g] > 0 {
			heavy = append(heavy, g)
		}
	}
	c := &Clustering{Iter: r.opt.Epochs, Stop: Exact}
	if r.opt.Merge == "ward" {
		if len(heavy) < r.opt.NClusters {
			c.Warnings = append(c.Warnings, fmt.Sprintf("som: n_clusters = %d but only %d nodes have rows", r.opt.NClusters, len(heavy)))
		}
		if err := r.merge(heavy, hits, segment); err != nil {
			return nil, err
		}
	}
	c.Labels = make([]int32, r.n)
	for i, g := range r.best {
		c.Labels[i] = segment[g]
	}
	var old []int32
	c.K, old = Canonical(c.Labels)
	q := r.quantisation()
	c.Objective = &q
	c.Rule = &Rule{Kind: NearestCenter, Exact: true}
	for g := range m {
		if used[g] {
			c.Rule.Points = append(c.Rule.Points, slices.Clone(r.nodes[g*r.d:(g+1)*r.d]))
			c.Rule.Labels = append(c.Rule.Labels, int32(slices.Index(old, segment[g])))
		}
	}
	return c, nil
}

// merge gives the nodes the segments of Ward's tree over those that weigh something;
// the others follow the nearest of these.
func (r *somRun) merge(heavy []int, hits []float64, segment []int32) error {
	d := r.d
	flat, size := make([]float64, 0, len(heavy)*d), make([]float64, 0, len(heavy))
	for _, g := range heavy {
		flat = append(flat, r.nodes[g*d:(g+1)*d]...)
		size = append(size, hits[g])
	}
	labels := make([]int32, len(heavy))
	if len(heavy) > r.opt.NClusters {
		h := newHierarchicalRun(r.ctx, features.NewMatrix(len(heavy), make([]features.Column, d), flat), r.run)
		defer h.team.close()
		if err := h.wardOf(size); err != nil {
			return err
		}
		labels = h.sorted().CutK(r.opt.NClusters)
	} else {
		for i := range labels {
			labels[i] = int32(i)
		}
	}
	nearest, dist := make([]int32, len(segment)), make([]float64, len(segment))
	kernel.NewPoints(flat, d).Nearest(r.nodes, nearest, dist)
	for g := range segment {
		segment[g] = labels[nearest[g]]
	}
	for i, g := range heavy { // nodes that stand in one place are still two nodes
		segment[g] = labels[i]
	}
	return nil
}

// Rule is the best matching node: exact. A clustering that does not carry its nodes
// (read back from a journal of before they were kept) gets a surrogate.
func (a *SOM) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	if c.Rule == nil {
		return Surrogate(x, c), nil
	}
	r := *c.Rule
	r.Agreement = r.agreement(x, c.Labels)
	return &r, nil
}

// Estimate counts best nodes, distances and the sums of 32 blocks.
func (a *SOM) Estimate(n, d int) Estimate {
	nodes := min(max(math.Ceil(5*math.Sqrt(float64(n))), float64(a.NClusters)), float64(n))
	if a.GridRows != nil && a.GridCols != nil {
		nodes = float64(*a.GridRows) * float64(*a.GridCols)
	}
	return Estimate{
		Bytes:   int64(n)*16 + int64(nodes)*int64(d+1)*8*36,
		Seconds: float64(n) * nodes * float64(d) * 5e-10 * float64(a.Epochs+1),
	}
}
