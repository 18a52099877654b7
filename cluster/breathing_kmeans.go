package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "breathing_kmeans",
	Doc: `k-means with second thoughts: centres are added where the error is large and taken away where they are of little use
Ordinary k-means stays where its start has put it. This one inhales (a few centres more)
and exhales (the least useful go) until that no longer helps: nearly always a better
solution than the best of ten starts of kmeans, and sooner.`,
	Refs: []Ref{
		{Authors: "Fritzke", Title: "Breathing k-means: superior k-means solutions through dynamic k-values", Venue: "arXiv 2006.15666", Year: 2020, DOI: "10.48550/arXiv.2006.15666"},
	},
	Version: 1,
	New: func() Algorithm {
		return &BreathingKMeans{NClusters: 8, M: 5, Theta: 1.1, Init: "k-means++", NInit: 3, MaxIter: 300, Tol: 1e-4}
	},
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn | Repetition,
	Progress:   Falling,
})

// BreathingKMeans is Fritzke's breathing k-means. From the result of k-means it repeats
//
//	inhale: the m centres with the largest error φ_c = Σ w·‖x−μ_c‖² over their rows get
//	        a second centre beside them (a hundredth of the way to one of their rows,
//	        drawn at random); k-means with k+m centres;
//	exhale: of the k+m centres the m least useful go, usefulness being what the rows of
//	        a centre would lose by its absence, U_c = Σ w·(‖x−μ′‖² − ‖x−μ_c‖²) with μ′ the
//	        second nearest; the neighbours of one that goes (nearer than θ times the mean
//	        distance to the nearest centre) stay; k-means with k centres
//
// and keeps the best, which goes on until no row changes. When a breath does not lower the objective by a ten-thousandth, m
// falls by one; at 0 it ends, and the next of NInit starts begins. It minimises what kmeans does,
//
//	inertia = Σᵢ wᵢ · min_c ‖xᵢ − μ_c‖²
//
// and is never worse than kmeans from the same start. Iter counts breaths. The seed
// decides the starts and the drawn rows; Workers decides nothing. Cost: usually that of
// three to ten runs of kmeans for each start; memory 16 bytes a row more than kmeans.
type BreathingKMeans struct {
	NClusters int     `json:"n_clusters"`
	M         int     `json:"m"`     // centres of the first breath: more is slower and better
	Theta     float64 `json:"theta"` // how far around a removed centre the others stay
	Init      string  `json:"init"`  // as kmeans
	// InitCenters, k rows of d, are the start if given; Init and NInit are then not used.
	InitCenters [][]float64 `json:"init_centers,omitempty"`
	NInit       int         `json:"n_init"`   // starts that breathe, of which the best is kept
	MaxIter     int         `json:"max_iter"` // of each k-means
	Tol         float64     `json:"tol"`      // of each k-means but the last, times the mean variance of the columns
}

var (
	_ Predictor = (*BreathingKMeans)(nil)
	_ Estimator = (*BreathingKMeans)(nil)
)

// breathingGain is the part by which a breath must lower the objective to count.
const breathingGain = 1e-4

// breathingStep is how far a new centre begins from the old one, as a part of the way
// to a row of its cluster.
const breathingStep = 0.01

// breathingStream is the generator stream of the new centres' rows.
const breathingStream = 0x627265617468

// Fit finds the centres. Empty clusters and too few distinct rows are as in kmeans.
func (a *BreathingKMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	const name = "breathing_kmeans"
	n, d, err := ready(name, x)
	if err != nil {
		return nil, err
	}
	inner := &KMeans{NClusters: a.NClusters, Init: a.Init, InitCenters: a.InitCenters, NInit: a.NInit, MaxIter: a.MaxIter, Tol: a.Tol}
	if err := a.check(inner, n, d, run); err != nil {
		return nil, err
	}
	quiet := run
	quiet.Report = nil
	r, err := newKMeansRun(ctx, inner, x, quiet)
	if err != nil {
		return nil, err
	}
	b := &breathingRun{kmeansRun: r, opt: a, rng: rand.New(rand.NewPCG(run.Seed, breathingStream))}
	best, breaths, err := b.breathe(run)
	if err != nil {
		return nil, err
	}
	c := r.finish(best)
	c.Iter, c.Stop = breaths, best.stop
	for i, w := range c.Warnings {
		c.Warnings[i] = strings.Replace(w, "kmeans:", name+":", 1)
	}
	return c, nil
}

func (a *BreathingKMeans) check(inner *KMeans, n, d int, run Run) error {
	const name = "breathing_kmeans"
	switch {
	case a.M < 1:
		return &OptionError{name, "m", a.M, "at least 1"}
	case !(a.Theta >= 0) || math.IsInf(a.Theta, 0):
		return &OptionError{name, "theta", a.Theta, "finite and not negative"}
	case a.MaxIter < 1:
		return &OptionError{name, "max_iter", a.MaxIter, "at least 1"}
	}
	switch err := inner.check(n, d, run).(type) {
	case *OptionError:
		err.Method = name
		return err
	case *SizeError:
		err.Method = name
		return err
	case *DataError:
		err.Method = name
		return err
	default:
		return err
	}
}

// Estimate is that of k-means, eight times as long for each start, and the distances to the two
// nearest centres.
func (a *BreathingKMeans) Estimate(n, d int) Estimate {
	e := (&KMeans{NClusters: a.NClusters + a.M, NInit: 1}).Estimate(n, d)
	e.Bytes += int64(n) * 8
	e.Seconds *= 8 * float64(max(a.NInit, 1))
	return e
}

// Rule is the nearest centre: exact.
func (a *BreathingKMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	return (&KMeans{}).Rule(x, c)
}

// breathingRun is the state of one fit.
type breathingRun struct {
	*kmeansRun
	opt     *BreathingKMeans
	rng     *rand.Rand
	errors  []float64 // φ of each centre
	utility []float64 // U of each centre
}

// breathe returns the best of all breaths of all starts, and the number of breaths.
func (r *breathingRun) breathe(run Run) (*kmeansFit, int, error) {
	starts := r.opt.NInit
	if r.opt.InitCenters != nil {
		starts = 1
	}
	var best *kmeansFit
	breaths := 0
	better := func(f *kmeansFit) {
		if best == nil || f.inertia < best.inertia {
			best = f
		}
		run.report(Step{Iter: breaths, Objective: best.inertia})
	}
	for i := range starts {
		centers, err := r.start(i)
		if err != nil {
			return nil, 0, err
		}
		now, err := r.lloyd(centers)
		if err != nil {
			return nil, 0, err
		}
		better(now)
		least := now.inertia // of this start
		k := len(now.centers) / r.d
		for m := min(r.opt.M, k, r.n-k); m > 0 && best.inertia > 0; {
			if now, err = r.breath(now, m); err != nil {
				return nil, 0, err
			}
			breaths++
			better(now)
			if now.inertia < least*(1-breathingGain) {
				least = now.inertia
			} else {
				m--
			}
		}
	}
	r.tol = 0 // the best goes on until no row changes
	last, err := r.lloyd(best.centers)
	if err != nil {
		return nil, 0, err
	}
	better(last)
	return best, breaths, nil
}

// breath inhales and exhales once.
func (r *breathingRun) breath(f *kmeansFit, m int) (*kmeansFit, error) {
	for _, change := range []func(*kmeansFit, int) []float64{r.inhale, r.exhale} {
		if err := r.judge(f); err != nil {
			return nil, err
		}
		var err error
		if f, err = r.lloyd(change(f, m)); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// judge computes error and usefulness of the centres of a fit.
func (r *breathingRun) judge(f *kmeansFit) error {
	k := len(f.centers) / r.d
	r.exact.Set(f.centers, r.d)
	blk := newBlocks(r.n)
	part := make([]float64, blk.count*2*k)
	err := blk.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
		errors, utility := part[2*b*k:(2*b+1)*k], part[(2*b+1)*k:(2*b+2)*k]
		var first, second [seedBatch]float64
		for ; lo < hi; lo += seedBatch {
			m := min(hi-lo, seedBatch)
			r.exact.Two(r.x[lo*r.d:(lo+m)*r.d], first[:m], second[:m])
			for i, q := range first[:m] {
				w, l := r.weight(lo+i), f.labels[lo+i]
				errors[l] += w * q
				utility[l] += w * (second[i] - q)
			}
		}
	})
	r.errors, r.utility = make([]float64, k), make([]float64, k)
	for b := range blk.count {
		kernel.Plus(r.errors, part[2*b*k:(2*b+1)*k])
		kernel.Plus(r.utility, part[(2*b+1)*k:(2*b+2)*k])
	}
	return err
}

// inhale returns the centres and m more, beside those with the largest error.
func (r *breathingRun) inhale(f *kmeansFit, m int) []float64 {
	d := r.d
	by := seqBy(len(r.errors), func(a, b int) bool { return r.errors[a] > r.errors[b] })[:m]
	// The row of each: the first of all its rows to arrive, with its weight as rate.
	type arrival struct {
		at  float64
		row int
	}
	first := map[int32]arrival{}
	for _, c := range by {
		first[int32(c)] = arrival{math.Inf(1), -1}
	}
	for i, l := range f.labels {
		if a, ok := first[l]; ok && r.weight(i) > 0 {
			if at := r.rng.ExpFloat64() / r.weight(i); at < a.at {
				first[l] = arrival{at, i}
			}
		}
	}
	centers := slices.Clone(f.centers)
	for _, c := range by {
		from := f.centers[c*d : (c+1)*d]
		row := from
		if i := first[int32(c)].row; i >= 0 {
			row = r.row(i)
		}
		for j, v := range from {
			centers = append(centers, v+breathingStep*(row[j]-v))
		}
	}
	return centers
}

// exhale returns the centres without the m least useful, neighbours of which stay.
func (r *breathingRun) exhale(f *kmeansFit, m int) []float64 {
	d, k := r.d, len(r.utility)
	center := func(c int) []float64 { return f.centers[c*d : (c+1)*d] }
	near, mean := make([]float64, k*k), 0.0
	for a := range k {
		least := math.Inf(1)
		for b := range k {
			near[a*k+b] = math.Sqrt(kernel.Sq(center(a), center(b)))
			if a != b {
				least = min(least, near[a*k+b])
			}
		}
		mean += least / float64(k)
	}
	gone, stays, kept := make([]bool, k), make([]bool, k), 0
	left := m
	for _, c := range seqBy(k, func(a, b int) bool { return r.utility[a] < r.utility[b] }) {
		if stays[c] {
			continue
		}
		gone[c] = true
		if left--; left == 0 {
			break
		}
		for _, o := range seqBy(k, func(a, b int) bool { return near[c*k+a] < near[c*k+b] }) {
			if near[c*k+o] >= r.opt.Theta*mean || kept+m >= k {
				break
			}
			if o != c && !stays[o] && !gone[o] {
				stays[o] = true
				kept++
			}
		}
	}
	centers := make([]float64, 0, (k-m)*d)
	for c := range k {
		if !gone[c] {
			centers = append(centers, center(c)...)
		}
	}
	return centers
}

// seqBy lists 0 … n−1 in the given order, ties by number.
func seqBy(n int, less func(a, b int) bool) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	slices.SortStableFunc(s, func(a, b int) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	})
	return s
}
