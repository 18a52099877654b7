package eval

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// Exemplar is a customer who shows what a segment is, or where it ends.
type Exemplar struct {
	Row      int     `json:"row"`
	ID       string  `json:"id"`
	Distance float64 `json:"distance"` // to the segment's centre
	// Next is the segment whose centre is the nearest but the own one's, −1 = there is
	// none; Margin how much further it is, (d_next − d_own)/max(d_next, d_own) in [−1, 1]:
	// 0 lies between the two, below 0 nearer to the next.
	Next   int     `json:"next"`
	Margin float64 `json:"margin"`
}

// SegmentExemplars are a segment's customers to look up.
type SegmentExemplars struct {
	Segment int `json:"segment"` // 0-based; people are shown Segment 1..K
	// Medoids are the customers in the middle, the most typical first; Boundary those of
	// the smallest margin, the closest to another segment first. Empty where Reason.
	Medoids  []Exemplar `json:"medoids"`
	Boundary []Exemplar `json:"boundary"`
	Reason   string     `json:"reason,omitempty"` // why nobody is at a boundary
}

// MarshalJSON writes null for a margin that is not defined.
func (e Exemplar) MarshalJSON() ([]byte, error) {
	type plain Exemplar
	out := struct {
		plain
		Margin *float64 `json:"margin"`
	}{plain: plain(e)}
	if e.Next >= 0 {
		out.Margin = &e.Margin
	}
	return json.Marshal(out)
}

// Exemplars names perSegment customers in the middle of each segment 0..K−1 of labels
// (−1 = unassigned, who are nobody's) and as many at its boundary, in the space x in
// which the segments were made. A real customer, not the mean: means buy 2.4 times in
// 1.7 shops.
//
// A medoid has the smallest mean squared distance to its segment's customers, which is
// that to their mean plus a constant: Σ_y ‖x − y‖²/n = ‖x − x̄‖² + Σ_y ‖y − x̄‖²/n. The
// margin compares distances to the segments' means, as simplified silhouettes do; where
// segments are bent or nested, it says who is far from the middle rather than who is
// about to change. Ties go to the first row. Seed and workers affect nothing. Cost
// O(n·K·d). Source: Hruschka, de Castro and Campello 2004,
// https://doi.org/10.1109/ICDM.2004.10073.
func Exemplars(x *features.Matrix, labels []int32, perSegment int) []SegmentExemplars {
	n, d := x.Dims()
	if len(labels) != n {
		panic("eval: exemplars of a matrix and labels of different lengths")
	}
	k := 0
	for _, l := range labels {
		k = max(k, int(l)+1)
	}
	centres, sizes := make([][]float64, k), make([]float64, k)
	for g := range centres {
		centres[g] = make([]float64, d)
	}
	for i, l := range labels {
		if l >= 0 {
			sizes[l]++
			for j, v := range x.Row(i) {
				centres[l][j] += v
			}
		}
	}
	filled := 0
	for g, c := range centres {
		for j := range c {
			c[j] /= sizes[g]
		}
		if sizes[g] > 0 {
			filled++
		}
	}
	members := make([][]Exemplar, k)
	for i, l := range labels {
		if l < 0 {
			continue
		}
		e := Exemplar{Row: i, ID: x.ID(i), Distance: away(x.Row(i), centres[l]), Next: -1, Margin: math.NaN()}
		least := math.Inf(1)
		for g, c := range centres {
			if g == int(l) || sizes[g] == 0 {
				continue
			}
			if a := away(x.Row(i), c); a < least {
				least, e.Next = a, g
			}
		}
		if e.Next >= 0 {
			e.Margin = 0
			if most := max(least, e.Distance); most > 0 {
				e.Margin = (least - e.Distance) / most
			}
		}
		members[l] = append(members[l], e)
	}
	out := make([]SegmentExemplars, k)
	for g, m := range members {
		out[g].Segment = g
		take := min(perSegment, len(m))
		slices.SortStableFunc(m, func(a, b Exemplar) int { return cmp.Compare(a.Distance, b.Distance) })
		out[g].Medoids = slices.Clone(m[:take])
		if filled < 2 {
			out[g].Reason = "one segment has no boundary"
			continue
		}
		slices.SortFunc(m, func(a, b Exemplar) int { return cmp.Or(cmp.Compare(a.Margin, b.Margin), a.Row-b.Row) })
		out[g].Boundary = slices.Clone(m[:take])
	}
	return out
}

func away(a, b []float64) float64 {
	var s float64
	for j, v := range a {
		s += (v - b[j]) * (v - b[j])
	}
	return math.Sqrt(s)
}
