package cluster

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
)

// Rower is a Space that fills many distances faster than one by one.
type Rower interface {
	// Rows writes the distances from point i to the first len(out) points.
	Rows(i int, out []float64)
}

// rows writes the distances from point i to the first len(out) points.
func rows(s Space, i int, out []float64) {
	if r, ok := s.(Rower); ok {
		r.Rows(i, out)
		return
	}
	for j := range out {
		out[j] = s.Dist(i, j)
	}
}

// measureNames are the distances by name, as option metric takes them.
var measureNames = []string{"euclidean", "sqeuclidean", "manhattan", "cosine", "correlation", "mahalanobis", "gower", "hamming", "jaccard"}

// Metrics lists the names of distances.
func Metrics() []string { return slices.Clone(measureNames) }

// NewSpace returns the distances of that name between the rows of x; see Measure for
// what each means. It copies the rows, 8 bytes a value, and computes distances when
// asked: Rows gives 64 at once.
func NewSpace(name string, x *features.Matrix) (Space, error) {
	if _, _, err := ready("metric", x); err != nil {
		return nil, err
	}
	m, err := newMeasure("metric", name, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	return &namedSpace{packRows(m, x, seq32(n))}, nil
}

func seq32(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// measureOption reads option metric of a method that works on any distance: "" and
// euclidean are nil, the method's own way; distances that are given exclude a name.
func (r Run) measureOption(method, metric string, x *features.Matrix) (*Measure, error) {
	switch {
	case r.Space != nil && metric != "" && metric != "euclidean":
		return nil, &OptionError{method, "metric", metric, "but distances are given: leave metric at euclidean, or do not give distances"}
	case r.Space != nil || metric == "" || metric == "euclidean":
		return nil, nil
	}
	return newMeasure(method, metric, x)
}

// onMetric is the run with option metric as its Space, and what to warn of.
func (r Run) onMetric(method, metric string, x *features.Matrix) (Run, []string, error) {
	m, err := r.measureOption(method, metric, x)
	if err != nil || m == nil {
		return r, nil, err
	}
	n, _ := x.Dims()
	r.Space = &namedSpace{packRows(m, x, seq32(n))}
	return r, m.warnings, nil
}

// namedSpace is a measure on the rows of a matrix.
type namedSpace struct{ *packedRows }

func (s *namedSpace) Len() int              { return s.n }
func (s *namedSpace) Dist(i, j int) float64 { return s.between(i, j) }

func (s *namedSpace) Rows(i int, out []float64) {
	var limit [packedLanes]float64
	var part [packedLanes]float64
	for l := range limit {
		limit[l] = math.Inf(1)
	}
	q := s.query()
	s.aim(q, i)
	for lo := 0; lo < len(out); lo += packedLanes {
		mask := s.below(q, lo/packedLanes, &limit, &part)
		for l := range part {
			if mask>>l&1 == 0 {
				part[l] = math.Inf(1) // too far for a number
			}
		}
		copy(out[lo:], part[:])
	}
}

// givenSpace is a matrix of distances.
type givenSpace struct {
	n int
	d []float64
}

// NewDistances returns the space of n points whose distances are the n×n matrix d, row
// by row, which it keeps. It refuses what are no distances: negative, missing, not 0
// from a point to itself, not the same in both directions (to 1e-9 of the larger).
func NewDistances(n int, d []float64) (Space, error) {
	if len(d) != n*n {
		return nil, &DataError{"distances", fmt.Sprintf("%d values are no matrix of %d × %d", len(d), n, n)}
	}
	const tile = 64 // rows of a square that stays in the cache while it is read across
	for lo := 0; lo < n; lo += tile {
		for left := 0; left <= lo; left += tile {
			for i := lo; i < min(n, lo+tile); i++ {
				for j := left; j < min(i+1, left+tile); j++ {
					a, b := d[i*n+j], d[j*n+i]
					switch {
					case !(a >= 0) || math.IsInf(a, 0):
						return nil, &DataError{"distances", fmt.Sprintf("row %d, column %d is %v: distances are finite and not negative", i+1, j+1, a)}
					case i == j && a != 0:
						return nil, &DataError{"distances", fmt.Sprintf("row %d has distance %v from itself: want 0 (are these similarities?)", i+1, a)}
					case !(math.Abs(a-b) <= 1e-9*math.Max(a, b)):
						return nil, &DataError{"distances", fmt.Sprintf("rows %d and %d are %v apart in one direction and %v in the other", i+1, j+1, a, b)}
					}
				}
			}
		}
	}
	return &givenSpace{n, d}, nil
}

func (s *givenSpace) Len() int                  { return s.n }
func (s *givenSpace) Dist(i, j int) float64     { return s.d[i*s.n+j] }
func (s *givenSpace) row(i int) []float64       { return s.d[i*s.n : (i+1)*s.n : (i+1)*s.n] }
func (s *givenSpace) Rows(i int, out []float64) { copy(out, s.row(i)) }

func badMetric(method, name string) error {
	return &OptionError{method, "metric", name, strings.Join(measureNames[:len(measureNames)-1], ", ") + " or " + measureNames[len(measureNames)-1]}
}
