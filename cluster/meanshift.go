package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

var _ = register(&Method{
	Name: "meanshift",
	Doc: `Mean shift: hills of the density, climbed from every row
Each row moves to the mean of the rows within bandwidth of it, again and again, until
it stands still; where many end is a centre. The number of clusters follows from the
bandwidth, a distance in the scaled columns.`,
	Refs: []Ref{
		{Authors: "Fukunaga, Hostetler", Title: "The estimation of the gradient of a density function, with applications in pattern recognition", Venue: "IEEE Trans. Information Theory 21", Year: 1975, DOI: "10.1109/TIT.1975.1055330"},
		{Authors: "Comaniciu, Meer", Title: "Mean shift: a robust approach toward feature space analysis", Venue: "IEEE TPAMI 24", Year: 2002, DOI: "10.1109/34.1000236"},
	},
	Version:    1,
	New:        func() Algorithm { return &MeanShift{MinBinFreq: 1, ClusterAll: true, MaxIter: 300} },
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn,
})

// MeanShift climbs with the flat kernel: from a start m⁰,
//
//	m ← Σ wᵢ·xᵢ / Σ wᵢ over the rows with ‖xᵢ−m‖ ≤ bandwidth,
//
// until a step is at most bandwidth/1000 or MaxIter steps are made. Ends are taken in
// order of the weight within bandwidth of them; one that lies within bandwidth of an
// end taken before is the same hill. Each row belongs to its nearest end, or, without
// ClusterAll, is noise where that is farther than bandwidth. These are scikit-learn's
// rules; in sums the last bits may differ.
//
// Bandwidth nil is estimated as the mean distance of a row to its (0.3·n)-th nearest
// row, itself counted: over all rows up to 2,000, over 2,000 rows drawn by the seed
// above (with a warning). Workers decide nothing. Cost O(starts · steps · rows within
// bandwidth) at worst; whole nodes of the kd-tree count as one. Memory O(n·d).
type MeanShift struct {
	Bandwidth *float64 `json:"bandwidth"`
	// BinSeeding starts from the centres of the cells, bandwidth wide, that hold at
	// least MinBinFreq rows, not from every row.
	BinSeeding bool `json:"bin_seeding"`
	MinBinFreq int  `json:"min_bin_freq"`
	ClusterAll bool `json:"cluster_all"`
	MaxIter    int  `json:"max_iter"`
}

var (
	_ Predictor = (*MeanShift)(nil)
	_ Estimator = (*MeanShift)(nil)
)

const (
	meanshiftSample = 2000
	meanshiftStream = 0x6d65616e7368
)

// meanshiftEnd is where a climb ended.
type meanshiftEnd struct {
	at     []float64
	weight float64
	iter   int
	full   bool // MaxIter was reached
}

type meanshiftRun struct {
	ctx    context.Context
	opt    *MeanShift
	run    Run
	x      []float64 // centred rows
	origin []float64
	n, d   int
	width  float64
	warn   []string
}

// Fit finds the hills.
func (a *MeanShift) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("meanshift", x)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Bandwidth != nil && (!(*a.Bandwidth > 0) || math.IsInf(*a.Bandwidth, 0)):
		return nil, &OptionError{"meanshift", "bandwidth", *a.Bandwidth, "a finite distance above 0, or none to have it estimated"}
	case a.MaxIter < 1:
		return nil, &OptionError{"meanshift", "max_iter", a.MaxIter, "at least 1"}
	case a.MinBinFreq < 1:
		return nil, &OptionError{"meanshift", "min_bin_freq", a.MinBinFreq, "at least 1"}
	}
	if err := run.euclidean("meanshift"); err != nil {
		return nil, err
	}
	r := &meanshiftRun{ctx: ctx, opt: a, run: run, n: n, d: d}
	r.x, r.origin = centred(x)
	if err := r.bandwidth(); err != nil {
		return nil, err
	}
	tree := near.New(r.x, d, run.workers())
	ends, err := r.climb(tree.NewBalls(x.Weights), r.starts(tree))
	if err != nil {
		return nil, err
	}
	return r.finish(r.hills(ends), ends)
}

// centred copies the rows less their column means, so that sums of far-off rows keep
// their digits.
func centred(x *features.Matrix) (rows, origin []float64) {
	n, d := x.Dims()
	origin = make([]float64, d)
	for i := range n {
		for j, v := range x.Row(i) {
			origin[j] += (v - origin[j]) / float64(i+1)
		}
	}
	rows = slices.Clone(x.Data())
	for i := range rows {
		rows[i] -= origin[i%d]
	}
	return rows, origin
}

// bandwidth takes the given width or estimates one.
func (r *meanshiftRun) bandwidth() error {
	if r.opt.Bandwidth != nil {
		r.width = *r.opt.Bandwidth
		return nil
	}
	rows := make([]int, r.n)
	for i := range rows {
		rows[i] = i
	}
	if r.n > meanshiftSample {
		rng := rand.New(rand.NewPCG(r.run.Seed, meanshiftStream))
		rng.Shuffle(r.n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		rows = rows[:meanshiftSample]
		slices.Sort(rows)
	}
	m := len(rows)
	kth := max(int(float64(m)*0.3), 1)
	far := make([]float64, m)
	err := parallel(r.ctx, r.run.workers(), m, func(i int) {
		q := r.row(rows[i])
		sq := make([]float64, m)
		for j, o := range rows {
			sq[j] = kernel.Sq(q, r.row(o))
		}
		far[i] = math.Sqrt(meanshiftKth(sq, kth-1))
	})
	if err != nil {
		return err
	}
	r.width = sum(far) / float64(m)
	note := "meanshift: bandwidth = %.6g, estimated as the mean distance to the nearest 30 %% of the rows"
	if r.n > m {
		note += fmt.Sprintf(", over %d rows drawn by the seed", m)
	}
	r.warn = append(r.warn, fmt.Sprintf(note, r.width))
	if r.width == 0 { // most rows equal: any width that keeps unequal rows apart will do
		r.width = math.SmallestNonzeroFloat64
	}
	return nil
}

// meanshiftKth returns the k-th smallest value (from 0), reordering v (Hoare's select).
func meanshiftKth(v []float64, k int) float64 {
	for len(v) > 1 {
		a, b, c := v[0], v[len(v)/2], v[len(v)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := 0, len(v)-1
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			v = v[:j+1]
		case k >= i:
			v, k = v[i:], k-i
		default:
			return pivot
		}
	}
	return v[0]
}

func (r *meanshiftRun) row(i int) []float64 { return r.x[i*r.d : (i+1)*r.d : (i+1)*r.d] }

// starts lists the points to climb from: all rows, in tree order so that neighbours
// climb one after another, or the filled cells' centres.
func (r *meanshiftRun) starts(tree *near.Tree) [][]float64 {
	var out [][]float64
	if !r.opt.BinSeeding {
		for p := range r.n {
			out = append(out, tree.Point(p))
		}
		return out
	}
	type cell struct {
		at    []float64
		count int
	}
	cells := map[string]*cell{}
	var order []*cell
	key := make([]byte, 0, 8*r.d)
	for i := range r.n {
		at := make([]float64, r.d)
		key = key[:0]
		for j, v := range r.row(i) {
			// Cells are those of the data as given, as scikit-learn's.
			b := math.RoundToEven((v + r.origin[j]) / r.width)
			at[j] = b*r.width - r.origin[j]
			bits := math.Float64bits(b + 0)
			for s := 0; s < 64; s += 8 {
				key = append(key, byte(bits>>s))
			}
		}
		c := cells[string(key)]
		if c == nil {
			c = &cell{at: at}
			cells[string(key)] = c
			order = append(order, c)
		}
		c.count++
	}
	for _, c := range order {
		if c.count >= r.opt.MinBinFreq {
			out = append(out, c.at)
		}
	}
	return out
}

// climb takes each start to its end. Starts whose balls hold nothing end nowhere.
func (r *meanshiftRun) climb(balls *near.Balls, starts [][]float64) ([]meanshiftEnd, error) {
	ends := make([]meanshiftEnd, len(starts))
	limit, small := r.width*r.width, 1e-3*r.width
	err := parallel(r.ctx, r.run.workers(), len(starts), func(i int) {
		e := &ends[i]
		at, next := slices.Clone(starts[i]), make([]float64, r.d)
		for r.ctx.Err() == nil {
			w := balls.Sum(at, limit, next)
			if w == 0 {
				break
			}
			for j := range next {
				next[j] /= w
			}
			step := math.Sqrt(kernel.Sq(next, at))
			at, next = next, at
			e.at, e.weight = at, w
			if e.full = e.iter == r.opt.MaxIter; step <= small || e.full {
				break
			}
			e.iter++
		}
		e.at = slices.Clone(e.at)
	})
	if err == nil {
		err = r.ctx.Err()
	}
	return ends, err
}

// hills thins the ends out: the heaviest first, none within bandwidth of another.
func (r *meanshiftRun) hills(ends []meanshiftEnd) [][]float64 {
	kept := make([]*meanshiftEnd, 0, len(ends))
	for i := range ends {
		if ends[i].weight > 0 {
			kept = append(kept, &ends[i])
		}
	}
	slices.SortStableFunc(kept, func(a, b *meanshiftEnd) int {
		if a.weight != b.weight {
			if a.weight > b.weight {
				return -1
			}
			return 1
		}
		return slices.Compare(b.at, a.at)
	})
	var hills [][]float64
	limit := r.width * r.width
next:
	for _, e := range kept {
		for _, h := range hills {
			if kernel.SqBelow(e.at, h, limit) <= limit {
				continue next
			}
		}
		hills = append(hills, e.at)
	}
	return hills
}

// finish gives each row its nearest hill.
func (r *meanshiftRun) finish(hills [][]float64, ends []meanshiftEnd) (*Clustering, error) {
	if len(hills) == 0 {
		return nil, &OptionError{"meanshift", "min_bin_freq", r.opt.MinBinFreq, "no cell holds that many rows: lower it, or raise bandwidth"}
	}
	c := &Clustering{Labels: make([]int32, r.n), Stop: Converged, Warnings: r.warn}
	limit := math.Inf(1)
	if !r.opt.ClusterAll {
		limit = r.width * r.width
	}
	err := newBlocks(r.n).each(r.ctx, r.run.workers(), func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			best, at := math.Inf(1), Noise
			for l, h := range hills {
				if v := kernel.SqBelow(r.row(i), h, best); v < best {
					best, at = v, int32(l)
				}
			}
			if best > limit {
				at = Noise
			}
			c.Labels[i] = at
		}
	})
	if err != nil {
		return nil, err
	}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = make([]int32, c.K)
	for l, o := range old {
		center := make([]float64, r.d)
		for j, v := range hills[o] {
			center[j] = v + r.origin[j]
		}
		c.Centers = append(c.Centers, center)
		c.rank[l] = o
	}
	for i := range ends {
		c.Iter = max(c.Iter, ends[i].iter)
		if ends[i].full {
			c.Stop = MaxIter
		}
	}
	if c.Stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 meanshift: some climbs stopped at max_iter = %d", r.opt.MaxIter))
	}
	return c, nil
}

// Rule is the nearest hill; without ClusterAll, noise beyond the bandwidth. It is
// exact up to the rounding of centring the rows.
func (a *MeanShift) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r := &Rule{Kind: NearestCenter}
	for _, l := range c.order() {
		r.Points = append(r.Points, c.Centers[l])
		r.Labels = append(r.Labels, l)
	}
	if !a.ClusterAll && a.Bandwidth != nil {
		r.Radius = *a.Bandwidth
	}
	r.Agreement = r.agreement(x, c.Labels)
	r.Exact = r.Agreement == 1
	return r, nil
}

// Estimate counts the centred copy, the tree with its sums, and the ends.
func (a *MeanShift) Estimate(n, d int) Estimate {
	return Estimate{
		Bytes: int64(n) * int64(5*d+12) * 8,
		// 20 steps a start, each over about a tenth of the rows at worst.
		Seconds: float64(n) * float64(n) * float64(d) * 2e-10 * 20,
	}
}
