package cluster

import (
	"context"
	"math"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// The kinds of rule.
const (
	NearestCenter = "nearest_center" // Points are centres; the nearest decides, ties to the first
	NearestPoint  = "nearest_point"  // Points are rows of the fit; the nearest decides, ties to the first
	FirstWithin   = "first_within"   // Points are core rows; the first that is within Radius decides, else noise
	MostProbable  = "most_probable"  // Points are means of normal distributions; the largest posterior decides, ties to the first
)

// Rule labels rows that were not in the fit. It is plain data for a model file.
type Rule struct {
	Kind   string      `json:"kind"`
	Points [][]float64 `json:"points"`
	Labels []int32     `json:"labels"` // one per point
	// Measure is the distance; nil = Euclidean.
	Measure *Measure `json:"measure,omitempty"`
	// Radius: farther than this from every point is noise; 0 = no limit.
	Radius float64 `json:"radius,omitempty"`
	// Weights and Factors are those of a mixture, one per point: its share of the rows,
	// and the upper triangle, row by row, of P with Σ⁻¹ = P·Pᵀ (P = (L⁻¹)ᵀ for the
	// Cholesky factor L of the covariance Σ), or P's diagonal where it is diagonal. One
	// factor for several points is all points'. Distances are Mahalanobis'.
	Weights []float64   `json:"weights,omitempty"`
	Factors [][]float64 `json:"factors,omitempty"`
	// Density is the tree of a nearest_reachable rule.
	Density *Density `json:"density,omitempty"`
	// Exact says that the rule is the algorithm's own. Agreement is the share of
	// training rows to which it gives the label of the fit; for nearest_point
	// surrogates each row is judged by the others (leave one out), and of more than
	// 20,000 rows by 20,000 evenly spaced ones.
	Exact     bool    `json:"exact"`
	Agreement float64 `json:"agreement"`
}

// Predict returns the label of a row and its distance to the point that decided it
// (+Inf where none did). For many rows PredictAll is faster.
func (r *Rule) Predict(row []float64) (label int32, distance float64) {
	if r.Kind == MostProbable {
		return r.predictMixture(row)
	}
	if r.Kind == NearestReachable {
		label, distance, _ = r.predictReachable(row)
		return label, distance
	}
	if r.Measure != nil {
		return r.measured(len(row)).predict(row)
	}
	limit := math.Inf(1)
	if r.Radius > 0 {
		limit = r.Radius * r.Radius
	}
	best, at := math.Inf(1), -1
	for i, p := range r.Points {
		if r.Kind == NearestCenter { // as an Assigner has it
			if s := kernel.Sq64(row, p); s < best {
				best, at = s, i
			}
			continue
		}
		if r.Kind == FirstWithin {
			if s := kernel.Sq64(row, p); s <= limit {
				return r.Labels[i], math.Sqrt(s)
			}
			continue
		}
		if s := kernel.Sq64(row, p); s < best {
			best, at = s, i
		}
	}
	return r.decide(at, best, limit)
}

func (r *Rule) decide(at int, best, limit float64) (int32, float64) {
	if at < 0 || best > limit {
		return Noise, math.Sqrt(best)
	}
	return r.Labels[at], math.Sqrt(best)
}

// ruleTree is the number of points from which PredictAll searches a tree.
const ruleTree = 64

// PredictAll labels the rows of x as Predict would, on up to workers goroutines
// (0 = all processors). Missing values are the caller's to refuse.
func (r *Rule) PredictAll(ctx context.Context, x *features.Matrix, workers int) (labels []int32, distances []float64, err error) {
	n, d := x.Dims()
	labels, distances = make([]int32, n), make([]float64, n)
	if r.Kind == MostProbable {
		return labels, distances, r.predictMixtures(ctx, x, workers, labels, distances)
	}
	if r.Kind == NearestReachable {
		return labels, distances, r.predictReachables(ctx, x, workers, labels, distances, make([]float64, n))
	}
	if r.Measure != nil {
		err = newBlocks(n).each(ctx, Run{Workers: workers}.workers(), func(_, lo, hi int) {
			m := r.measured(d)
			for i := lo; i < hi; i++ {
				labels[i], distances[i] = m.predict(x.Row(i))
			}
		})
		return labels, distances, err
	}
	if r.Kind == NearestCenter && len(r.Points) > 0 && d > 0 {
		return labels, distances, r.predictCenters(ctx, x, workers, labels, distances)
	}
	if len(r.Points) < ruleTree || d == 0 {
		err = newBlocks(n).each(ctx, Run{Workers: workers}.workers(), func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				labels[i], distances[i] = r.Predict(x.Row(i))
			}
		})
		return labels, distances, err
	}
	flat := make([]float64, 0, len(r.Points)*d)
	for _, p := range r.Points {
		flat = append(flat, p...)
	}
	tree := near.New(flat, d, workers)
	limit := math.Inf(1)
	if r.Radius > 0 {
		limit = r.Radius * r.Radius
	}
	err = newBlocks(n).each(ctx, Run{Workers: workers}.workers(), func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			var at int
			var s float64
			if r.Kind == FirstWithin {
				at, s = tree.First(x.Row(i), limit)
			} else {
				at, s = tree.Nearest(x.Row(i), -1)
			}
			labels[i], distances[i] = r.decide(at, s, limit)
		}
	})
	return labels, distances, err
}

// predictCenters labels the rows of x by the nearest centre.
func (r *Rule) predictCenters(ctx context.Context, x *features.Matrix, workers int, labels []int32, distances []float64) error {
	_, d := x.Dims()
	flat := make([]float64, 0, len(r.Points)*d)
	for _, p := range r.Points {
		flat = append(flat, p...)
	}
	if err := NewAssigner(flat, d).AssignAll(ctx, x.Data(), workers, labels, distances); err != nil {
		return err
	}
	limit := math.Inf(1)
	if r.Radius > 0 {
		limit = r.Radius * r.Radius
	}
	for i, s := range distances {
		at := int(labels[i])
		if math.IsInf(s, 1) { // no centre is nearer than infinitely far
			at = -1
		}
		labels[i], distances[i] = r.decide(at, s, limit)
	}
	return nil
}

// agreement is the share of rows to which the rule gives the label it should.
func (r *Rule) agreement(x *features.Matrix, labels []int32) float64 {
	n, _ := x.Dims()
	got, _, err := r.PredictAll(context.Background(), x, 0)
	if err != nil || n == 0 {
		return 0
	}
	same := 0
	for i, l := range got {
		if l == labels[i] {
			same++
		}
	}
	return float64(same) / float64(n)
}
