package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name:    "kprototypes",
	Aliases: []string{"kmodes"},
	Doc: `k-prototypes: k-means for numbers and categories together
A centre has the mean of each number and the commonest value of each category; a row
that differs in a category is gamma farther. With categories alone it is k-modes, with
numbers alone k-means.`,
	Refs: []Ref{
		{Authors: "Huang", Title: "Extensions to the k-means algorithm for clustering large data sets with categorical values", Venue: "Data Mining and Knowledge Discovery 2", Year: 1998, DOI: "10.1023/A:1009769707641"},
	},
	Version:    1,
	New:        func() Algorithm { return &KPrototypes{NClusters: 8, Init: "k-means++", NInit: 10, MaxIter: 100} },
	Invariance: Translation | ColumnOrder | Repetition,
	Progress:   Falling,
})

// KPrototypes minimises
//
//	Σᵢ wᵢ · ( Σ_numbers (xᵢⱼ − μⱼ)² + γ · #{categories: xᵢⱼ ≠ modeⱼ} )
//
// over k prototypes (μ, mode). Categories are the columns of kind category and those
// that Categorical names; their values are codes that are equal or not. Gamma nil is
// Huang's advice: half the mean standard deviation of the numbers (1 where there are
// none). Scale the numbers first.
//
// Assignment and update alternate until no label changes: ties go to the first
// prototype, and to the smallest value in a mode. (Huang's own procedure, and the kmodes
// package's, updates after every row; both end in local optima of one objective.) Starts:
// k-means++ (rows drawn with probability proportional to their dissimilarity from those
// before) or random rows. An emptied cluster takes the row farthest from its prototype.
//
// The seed decides the starts; Workers decides nothing. Cost O(n·k·d) an iteration;
// memory 16 bytes a row.
type KPrototypes struct {
	NClusters   int      `json:"n_clusters"`
	Categorical []string `json:"categorical"`
	Gamma       *float64 `json:"gamma"`
	Init        string   `json:"init"` // k-means++, random
	// InitCenters, k rows of d, are the start if given; Init and NInit are then not used.
	InitCenters [][]float64 `json:"init_centers,omitempty"`
	NInit       int         `json:"n_init"`
	MaxIter     int         `json:"max_iter"`
}

var _ Estimator = (*KPrototypes)(nil)

const kprototypesStream = 0x6b70726f << 16

// SetInit takes starting prototypes, for mores cluster --init.
func (a *KPrototypes) SetInit(rows [][]float64) error {
	a.InitCenters, a.NClusters = rows, len(rows)
	return nil
}

type kprototypesRun struct {
	ctx       context.Context
	opt       *KPrototypes
	run       Run
	x         *features.Matrix
	n, d, k   int
	category  []bool
	nums, set []int // the columns that are numbers, and those that are categories
	gamma     float64
	labels    []int32
	dist      []float64
	moved     int
}

// Fit finds the prototypes.
func (a *KPrototypes) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("kprototypes", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("kprototypes"); err != nil {
		return nil, err
	}
	r := &kprototypesRun{ctx: ctx, opt: a, run: run, x: x, n: n, d: d, k: a.NClusters, category: make([]bool, d), labels: make([]int32, n), dist: make([]float64, n)}
	if err := r.check(); err != nil {
		return nil, err
	}
	starts := a.NInit
	if a.InitCenters != nil {
		starts = 1
	}
	var best *kmeansFit
	for i := range starts {
		centers, err := r.start(i)
		if err != nil {
			return nil, err
		}
		f, err := r.iterate(centers)
		if err != nil {
			return nil, err
		}
		if best == nil || f.inertia < best.inertia {
			best = f
		}
	}
	return r.finish(best), nil
}

func (r *kprototypesRun) check() error {
	a := r.opt
	bad := func(option string, value any, why string) error {
		return &OptionError{"kprototypes", option, value, why}
	}
	for j, c := range r.x.Cols {
		r.category[j] = c.Kind == features.Category
	}
	for _, name := range a.Categorical {
		j := r.x.Index(name)
		if j < 0 {
			return bad("categorical", name, "no column has that name")
		}
		r.category[j] = true
	}
	for j, c := range r.category {
		if c {
			r.set = append(r.set, j)
		} else {
			r.nums = append(r.nums, j)
		}
	}
	switch {
	case a.Gamma != nil && (!(*a.Gamma >= 0) || math.IsInf(*a.Gamma, 0)):
		return bad("gamma", *a.Gamma, "finite and not negative, or none for half the numbers' mean standard deviation")
	case a.InitCenters == nil && a.Init != "k-means++" && a.Init != "random":
		return bad("init", a.Init, "k-means++ or random")
	case a.InitCenters != nil && len(a.InitCenters) != a.NClusters:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but %d initial prototypes are given", len(a.InitCenters)))
	case a.InitCenters == nil && a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case a.MaxIter < 1:
		return bad("max_iter", a.MaxIter, "at least 1")
	}
	for i, c := range a.InitCenters {
		if len(c) != r.d {
			return bad("init_centers", fmt.Sprintf("row %d", i+1), fmt.Sprintf("has %d values where the data have %d columns", len(c), r.d))
		}
	}
	r.gamma = r.weightOfCategories()
	return clusters("kprototypes", "n_clusters", a.NClusters, r.n)
}

// weightOfCategories is gamma as given, or half the mean standard deviation of the
// numbers.
func (r *kprototypesRun) weightOfCategories() float64 {
	if r.opt.Gamma != nil {
		return *r.opt.Gamma
	}
	if len(r.nums) == 0 {
		return 1
	}
	s := 0.0
	for _, j := range r.nums {
		mean, square := 0.0, 0.0
		for i := range r.n { // Welford
			v := r.x.Row(i)[j]
			e := v - mean
			mean += e / float64(i+1)
			square += e * (v - mean)
		}
		s += math.Sqrt(square / float64(r.n))
	}
	return s / float64(len(r.nums)) / 2
}

// apart is the dissimilarity of a row and a prototype.
func (r *kprototypesRun) apart(row, p []float64) float64 {
	s := 0.0
	for _, j := range r.nums {
		e := row[j] - p[j]
		s = math.FMA(e, e, s)
	}
	differ := 0
	for _, j := range r.set {
		if row[j] != p[j] {
			differ++
		}
	}
	return s + r.gamma*float64(differ)
}

// start returns the prototypes of start number i; fewer where there are fewer distinct
// rows.
func (r *kprototypesRun) start(i int) ([][]float64, error) {
	if r.opt.InitCenters != nil {
		out := make([][]float64, r.k)
		for l, c := range r.opt.InitCenters {
			out[l] = slices.Clone(c)
		}
		return out, nil
	}
	rng := rand.New(rand.NewPCG(r.run.Seed, kprototypesStream+uint64(i)))
	var out [][]float64
	if r.opt.Init == "random" {
		for _, i := range rng.Perm(r.n)[:r.k] {
			out = append(out, slices.Clone(r.x.Row(i)))
		}
		return out, nil
	}
	mass := make([]float64, r.n)
	for i := range mass {
		mass[i] = r.x.Weight(i)
		r.dist[i] = math.Inf(1)
	}
	b := newBlocks(r.n)
	for {
		at := kprototypesDraw(rng, mass)
		if at < 0 {
			return out, nil // every row is a prototype already
		}
		p := slices.Clone(r.x.Row(at))
		out = append(out, p)
		if len(out) == r.k {
			return out, nil
		}
		err := b.each(r.ctx, r.run.workers(), func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				r.dist[i] = min(r.dist[i], r.apart(r.x.Row(i), p))
				mass[i] = r.x.Weight(i) * r.dist[i]
			}
		})
		if err != nil {
			return nil, err
		}
	}
}

// kprototypesDraw picks a number with probability proportional to its mass; −1 where
// there is none.
func kprototypesDraw(rng *rand.Rand, mass []float64) int {
	total, last := sum(mass), -1
	u := rng.Float64() * total
	for i, m := range mass {
		if m > 0 {
			last = i
			if u -= m; u < 0 {
				break
			}
		}
	}
	return last
}

// iterate alternates assignment and update.
func (r *kprototypesRun) iterate(centers [][]float64) (*kmeansFit, error) {
	f := &kmeansFit{stop: MaxIter}
	before := make([]int32, r.n)
	for i := range before {
		before[i] = -1
	}
	r.moved = 0
	for {
		cost, err := r.assign(centers)
		if err != nil {
			return nil, err
		}
		f.inertia = cost
		if f.iter == r.opt.MaxIter {
			break
		}
		f.iter++
		r.run.report(Step{Iter: f.iter, Of: r.opt.MaxIter, Objective: cost})
		if slices.Equal(before, r.labels) {
			f.stop = Converged
			break
		}
		copy(before, r.labels)
		r.update(centers)
	}
	f.labels, f.moved = slices.Clone(r.labels), r.moved
	for _, c := range centers {
		f.centers = append(f.centers, c...)
	}
	return f, nil
}

// assign gives each row its nearest prototype and returns the cost.
func (r *kprototypesRun) assign(centers [][]float64) (float64, error) {
	b := newBlocks(r.n)
	part := make([]float64, b.count)
	err := b.each(r.ctx, r.run.workers(), func(block, lo, hi int) {
		for i := lo; i < hi; i++ {
			row, best, at := r.x.Row(i), math.Inf(1), int32(0)
			for l, p := range centers {
				if v := r.apart(row, p); v < best {
					best, at = v, int32(l)
				}
			}
			r.labels[i], r.dist[i] = at, best
			part[block] += r.x.Weight(i) * best
		}
	})
	return sum(part), err
}

// update moves each prototype to the means and modes of its rows.
func (r *kprototypesRun) update(centers [][]float64) {
	first := r.x.Row(0)
	weight := make([]float64, len(centers))
	sums := make([][]float64, len(centers))
	for l := range sums {
		sums[l] = make([]float64, r.d)
	}
	for i, l := range r.labels {
		w, row := r.x.Weight(i), r.x.Row(i)
		weight[l] += w
		for _, j := range r.nums {
			sums[l][j] += w * (row[j] - first[j])
		}
	}
	for l, w := range weight {
		if w > 0 {
			for _, j := range r.nums {
				centers[l][j] = first[j] + sums[l][j]/w
			}
		}
	}
	for _, j := range r.set {
		counts := make([]map[float64]float64, len(centers))
		for i, l := range r.labels {
			if counts[l] == nil {
				counts[l] = map[float64]float64{}
			}
			counts[l][r.x.Row(i)[j]] += r.x.Weight(i)
		}
		for l, c := range counts {
			if weight[l] == 0 {
				continue
			}
			best, most := math.Inf(1), -1.0
			for v, w := range c {
				if w > most || w == most && v < best {
					best, most = v, w
				}
			}
			centers[l][j] = best
		}
	}
	r.fill(centers)
}

// fill gives clusters that have no rows those farthest from their prototypes.
func (r *kprototypesRun) fill(centers [][]float64) {
	count := make([]int, len(centers))
	for _, l := range r.labels {
		count[l]++
	}
	for l, c := range count {
		if c > 0 {
			continue
		}
		far := 0
		for i, v := range r.dist {
			if v > r.dist[far] {
				far = i
			}
		}
		if r.dist[far] == 0 {
			return
		}
		copy(centers[l], r.x.Row(far))
		r.dist[far] = 0
		r.moved++
	}
}

// finish makes a clustering of the best start.
func (r *kprototypesRun) finish(f *kmeansFit) *Clustering {
	c := &Clustering{Labels: f.labels, Objective: &f.inertia, Iter: f.iter, Stop: f.stop}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = make([]int32, c.K)
	for i, o := range old {
		c.Centers = append(c.Centers, f.centers[int(o)*r.d:int(o+1)*r.d:int(o+1)*r.d])
		c.rank[i] = o
	}
	if f.moved > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R005 kprototypes: a cluster became empty and was re-seeded at the farthest row (%d×)", f.moved))
	}
	if c.K < r.k {
		c.Warnings = append(c.Warnings, fmt.Sprintf("kprototypes: n_clusters = %d but only %d came out: there are not more distinct rows", r.k, c.K))
	}
	if f.stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 kprototypes: stopped at max_iter = %d before the labels settled", r.opt.MaxIter))
	}
	return c
}

// Estimate counts labels, distances and the start's masses.
func (a *KPrototypes) Estimate(n, d int) Estimate {
	return Estimate{
		Bytes:   int64(n) * 28,
		Seconds: float64(n) * float64(a.NClusters) * float64(d) * 1e-9 * 15 * float64(max(a.NInit, 1)),
	}
}
