package cluster

import "math"

// Rule labels rows that were not in the fit. It is plain data for a model file.
type Rule struct {
	// Kind: nearest_center (Points are centres) or nearest_point (Points are rows
	// of the fit); the label is that of the nearest point, ties to the first.
	Kind   string      `json:"kind"`
	Points [][]float64 `json:"points"`
	Labels []int32     `json:"labels"` // one per point
	// Radius: farther than this from every point is noise; 0 = no limit.
	Radius float64 `json:"radius,omitempty"`
	// Exact says that the rule is the algorithm's own. Agreement is the share of
	// training rows to which it gives the label of the fit; for nearest_point
	// surrogates each row is judged by the others (leave one out).
	Exact     bool    `json:"exact"`
	Agreement float64 `json:"agreement"`
}

// Predict returns the label of a row and its distance to the point that decided it.
func (r *Rule) Predict(row []float64) (label int32, distance float64) {
	best, at := math.Inf(1), -1
	for i, p := range r.Points {
		s := 0.0
		for j, x := range row {
			s += (x - p[j]) * (x - p[j])
		}
		if s < best {
			best, at = s, i
		}
	}
	if at < 0 {
		return Noise, math.Inf(1)
	}
	best = math.Sqrt(best)
	if r.Radius > 0 && best > r.Radius {
		return Noise, best
	}
	return r.Labels[at], best
}
