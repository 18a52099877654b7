package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// kmedoidsRun is what all starts of one fit share.
type kmedoidsRun struct {
	ctx     context.Context
	opt     *KMedoids
	x       *features.Matrix
	n       int
	run     Run
	measure *Measure // nil: Euclidean, or distances are given
	team    *team
	source  kmedoidsSource // of all rows; nil until needed
}

// kmedoidsFit is the result of one start.
type kmedoidsFit struct {
	medoids []int
	score   float64 // to compare starts: less is better
	iter    int
	stop    Stop
}

// kmedoidsStream are the streams of random numbers: the start's, plus its number, and
// the batch's.
const (
	kmedoidsStream      = 0x6d65646f6964
	kmedoidsBatchStream = 0x6261746368
)

// fit makes one start.
func (r *kmedoidsRun) fit(start int) (*kmedoidsFit, error) {
	if r.opt.Method == "onebatch" && r.opt.batch(r.n) < r.n {
		return r.onebatch(start)
	}
	e, err := r.engine()
	if err != nil {
		return nil, err
	}
	if err := r.first(e, start); err != nil {
		return nil, err
	}
	if r.opt.Method == "dynmsc" {
		return e.dynamic(r.opt.MinClusters, r.opt.MaxIter)
	}
	return e.optimise(r.opt.MaxIter)
}

// engine makes an engine on all rows.
func (r *kmedoidsRun) engine() (*kmedoidsEngine, error) {
	if r.source == nil {
		if r.run.Space != nil {
			r.source = newKMedoidsGiven(r.run.Space, nil)
		} else {
			r.source = newKMedoidsRows(r.x, r.named(), seq(r.n), r.run.workers())
		}
	}
	e := newKMedoidsEngine(r, r.source)
	for t := range r.n {
		e.weight[t] = r.x.Weight(r.source.row(t))
	}
	return e, r.ctx.Err()
}

// named is the measure of coordinates.
func (r *kmedoidsRun) named() *Measure {
	if r.measure == nil {
		return &Measure{Name: "euclidean"}
	}
	return r.measure
}

// finish assigns every row to its medoid and makes a clustering.
func (r *kmedoidsRun) finish(f *kmedoidsFit) (*Clustering, error) {
	medoids := slices.Sorted(slices.Values(f.medoids)) // ties go to the first row
	c := &Clustering{Iter: f.iter, Stop: f.stop}
	dist, err := r.assign(c, medoids)
	if err != nil {
		return nil, err
	}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = old
	for _, o := range old {
		c.Medoids = append(c.Medoids, medoids[o])
		c.Centers = append(c.Centers, slices.Clone(r.x.Row(medoids[o])))
	}
	loss := 0.0
	for i, v := range dist {
		loss += r.x.Weight(i) * v
	}
	if math.IsInf(loss, 0) || math.IsNaN(loss) {
		return nil, errMedoidsOverflow
	}
	if c.Objective = &loss; r.opt.silhouette() {
		s := 1 - f.score
		c.Objective = &s
	}
	if r.measure != nil {
		c.Warnings = append(c.Warnings, r.measure.warnings...)
	}
	if c.K < len(medoids) {
		c.Warnings = append(c.Warnings, fmt.Sprintf("kmedoids: n_clusters = %d but only %d came out: there are not more distinct rows", len(medoids), c.K))
	}
	if f.stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 kmedoids: stopped at max_iter = %d: a swap may still improve the medoids", r.opt.MaxIter))
	}
	return c, nil
}

// assign labels the rows by the rule that will label new ones, or by the distances that
// were given.
func (r *kmedoidsRun) assign(c *Clustering, medoids []int) ([]float64, error) {
	if r.run.Space == nil {
		rule := &Rule{Kind: NearestPoint, Measure: r.measure}
		for l, i := range medoids {
			rule.Points = append(rule.Points, r.x.Row(i))
			rule.Labels = append(rule.Labels, int32(l))
		}
		labels, dist, err := rule.PredictAll(r.ctx, r.x, r.run.workers())
		c.Labels = labels
		return dist, err
	}
	c.Labels = make([]int32, r.n)
	dist := make([]float64, r.n)
	err := newBlocks(r.n).each(r.ctx, r.run.workers(), func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			dist[i] = math.Inf(1)
			for l, m := range medoids {
				if v := r.run.Space.Dist(i, m); v < dist[i] || i == m {
					c.Labels[i], dist[i] = int32(l), v
					if i == m {
						break // also where another medoid is at distance 0
					}
				}
			}
		}
	})
	return dist, err
}
