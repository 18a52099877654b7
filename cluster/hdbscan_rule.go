package cluster

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// NearestReachable is the rule of HDBSCAN*: Points are the rows of the fit; the nearest
// in mutual reachability distance decides, ties to the nearer, then to the first. The
// new row joins the clusters of that row's branch that exist at their distance.
const NearestReachable = "nearest_reachable"

// Density is what a nearest_reachable rule knows besides points and labels: the
// condensed tree, with distances for densities.
type Density struct {
	MinSamples int       `json:"min_samples"`
	Core       []float64 `json:"core,omitempty"` // per point; none = 0
	Cluster    []int32   `json:"cluster"`        // per point: the cluster of the tree that it leaves
	Leaves     []float64 `json:"leaves"`         // per point: the distance at which it does
	Parent     []int32   `json:"parent"`         // per cluster, −1 for the first
	Birth      []float64 `json:"birth"`          // per cluster: the distance at which it begins; 0 for the first, which always is
	Label      []int32   `json:"label"`          // per cluster, −1 = none
	Death      []float64 `json:"death"`          // per cluster: the distance up to which membership in the labelled one is full
	Within     float64   `json:"within"`         // rows of the first cluster beyond it are noise
}

// Rule is approximate_predict of McInnes's hdbscan over all rows instead of twice
// min_samples of them, with the core distance of the fit. It repeats the fit on its
// rows. Of more than 100,000 rows, for weights and alpha ≠ 1 the rule is a surrogate.
func (a *HDBSCAN) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	n, _ := x.Dims()
	if n > dbscanRuleRows || x.Weights != nil || a.Alpha != 1 || c.Tree == nil {
		return Surrogate(x, c), nil
	}
	m, err := Run{}.measureOption("hdbscan", a.Metric, x)
	if err != nil {
		return nil, err
	}
	h := hdbscanCondense(c.Tree, float64(a.MinClusterSize), nil, nil, Run{}.workers())
	of := a.choose(h)
	r := &Rule{Kind: NearestReachable, Measure: m, Labels: slices.Clone(c.Labels), Exact: true}
	for i := range n {
		r.Points = append(r.Points, x.Row(i))
	}
	q := &Density{
		MinSamples: min(a.minSamples(), n), Cluster: h.at, Leaves: h.leaves, Parent: h.parent, Birth: slices.Clone(h.birth),
		Label: make([]int32, len(of)), Death: make([]float64, len(of)), Within: a.within(h, of),
	}
	q.Birth[0] = 0
	number := make([]int32, len(of)) // chosen cluster → label
	for i, l := range c.Labels {
		if k := of[h.at[i]]; l >= 0 && k >= 0 {
			number[k] = l + 1
		}
	}
	for k, o := range of {
		if q.Label[k] = Noise; o >= 0 && number[o] > 0 {
			q.Label[k], q.Death[k] = number[o]-1, h.death[o]
		}
	}
	if q.MinSamples > 1 {
		if q.Core, err = r.cores(m, x, q.MinSamples); err != nil {
			return nil, err
		}
	}
	r.Density = q
	if r.Agreement = r.agreement(x, c.Labels); r.Agreement < 1 { // distances that are not those of the metric
		return Surrogate(x, c), nil
	}
	return r, nil
}

// cores computes the core distances of the rows of x.
func (r *Rule) cores(m *Measure, x *features.Matrix, minSamples int) ([]float64, error) {
	n, d := x.Dims()
	core := make([]float64, n)
	if m == nil {
		t := near.New(x.Data(), d, Run{}.workers())
		return core, newBlocks(n).each(context.Background(), Run{}.workers(), func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				core[i] = math.Sqrt(t.KthSq(x.Row(i), minSamples-1, i))
			}
		})
	}
	run, _, err := Run{}.onMetric("hdbscan", m.Name, x)
	if err != nil {
		return nil, err
	}
	return core, hdbscanCores(context.Background(), run.Space, Run{}.workers(), minSamples, nil, core)
}

// densityPoint is a stored row as a new one sees it.
type densityPoint struct {
	dist float64
	at   int32
}

// join finds the decider among near, nearest first, which holds all or at least
// MinSamples points: the label, the distance, the strength. done = false says that a
// farther point could be it.
func (q *Density) join(r *Rule, near []densityPoint, all bool) (label int32, dist, strength float64, done bool) {
	core := near[min(q.MinSamples, len(near))-1].dist
	best, at := math.Inf(1), int32(-1)
	for _, p := range near {
		m := max(core, p.dist)
		if q.Core != nil {
			m = max(m, q.Core[p.at])
		}
		if m < best || at < 0 {
			best, at = m, p.at
		}
	}
	if !all && near[len(near)-1].dist < best {
		return 0, 0, 0, false
	}
	k, m := q.Cluster[at], best
	label = r.Labels[at]
	if q.Leaves[at] >= m {
		m = q.Leaves[at]
	} else {
		for k > 0 && q.Birth[k] <= m {
			k = q.Parent[k]
		}
		if label = q.Label[k]; label >= 0 && q.Label[0] == label && m > q.Within {
			label = Noise
		}
	}
	if label >= 0 {
		strength = hdbscanStrength(q.Death[k], m)
	}
	return label, best, strength, true
}

// scan is join over all points.
func (q *Density) scan(r *Rule, dist func(i int) float64) (label int32, best, strength float64) {
	near := make([]densityPoint, len(r.Points))
	for i := range near {
		near[i] = densityPoint{dist(i), int32(i)}
	}
	slices.SortFunc(near, func(a, b densityPoint) int { return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.at, b.at)) })
	label, best, strength, _ = q.join(r, near, true)
	return label, best, strength
}

// predictReachable is Predict for a nearest_reachable rule.
func (r *Rule) predictReachable(row []float64) (label int32, dist, strength float64) {
	if r.Measure == nil {
		return r.Density.scan(r, func(i int) float64 { return math.Sqrt(kernel.Sq64(row, r.Points[i])) })
	}
	m := r.measured(len(row))
	r.Measure.apply(row, m.row)
	if slices.ContainsFunc(m.row, math.IsNaN) { // it has no distance to anything
		return Noise, math.Inf(1), 0
	}
	return r.Density.scan(r, func(i int) float64 { return m.form.between(m.row, m.points[i], m.weight) })
}

// PredictStrengths labels the rows of x as PredictAll does and says how strongly they
// belong: λ of the row / largest λ of the cluster for a nearest_reachable rule; other
// kinds know of no degrees: 1, and 0 for noise.
func (r *Rule) PredictStrengths(ctx context.Context, x *features.Matrix, workers int) (labels []int32, strengths []float64, err error) {
	n, _ := x.Dims()
	labels, strengths = make([]int32, n), make([]float64, n)
	if r.Kind == NearestReachable {
		return labels, strengths, r.predictReachables(ctx, x, workers, labels, make([]float64, n), strengths)
	}
	if labels, _, err = r.PredictAll(ctx, x, workers); err != nil {
		return nil, nil, err
	}
	for i, l := range labels {
		if l >= 0 {
			strengths[i] = 1
		}
	}
	return labels, strengths, nil
}

// predictReachables is predictReachable for many rows.
func (r *Rule) predictReachables(ctx context.Context, x *features.Matrix, workers int, labels []int32, dists, strengths []float64) error {
	n, d := x.Dims()
	w := Run{Workers: workers}.workers()
	if r.Measure != nil || len(r.Points) < ruleTree {
		return parallel(ctx, w, n, func(i int) {
			labels[i], dists[i], strengths[i] = r.predictReachable(x.Row(i))
		})
	}
	flat := make([]float64, 0, len(r.Points)*d)
	for _, p := range r.Points {
		flat = append(flat, p...)
	}
	tree := near.New(flat, d, workers)
	return newBlocks(n).each(ctx, w, func(_, lo, hi int) {
		var index []int32
		var sq []float64
		var points []densityPoint
		for i := lo; i < hi; i++ {
			for k := 2 * r.Density.MinSamples; ; k *= 2 {
				k = min(k, len(r.Points))
				if len(index) < k {
					index, sq = make([]int32, k), make([]float64, k)
				}
				tree.KNearest(x.Row(i), -1, index[:k], sq[:k])
				points = points[:0]
				for p := range k {
					points = append(points, densityPoint{math.Sqrt(sq[p]), index[p]})
				}
				var done bool
				if labels[i], dists[i], strengths[i], done = r.Density.join(r, points, k == len(r.Points)); done {
					break
				}
			}
		}
	})
}
