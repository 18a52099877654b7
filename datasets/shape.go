package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// shape collects the rows of a generated table.
type shape struct {
	name   string
	d      int
	rows   [][]float64
	labels []int32
}

// newShape checks the sizes that every shape has and its spreads and shares.
func newShape(name string, n, d, k int, spreads ...float64) (*shape, error) {
	switch {
	case n < 1 || d < 1:
		return nil, fmt.Errorf("%s: n = %d rows of d = %d features: both need to be at least 1", name, n, d)
	case k < 1 || k > n:
		return nil, fmt.Errorf("%s: k = %d groups in n = %d rows: 1 to n can be filled", name, k, n)
	case slices.ContainsFunc(spreads, func(x float64) bool { return !(x >= 0) || math.IsInf(x, 0) }):
		return nil, fmt.Errorf("%s: spreads, noise and shares are %v: each needs to be 0 or more", name, spreads)
	}
	return &shape{name: name, d: d}, nil
}

func (s *shape) add(label int, row ...float64) {
	s.rows = append(s.rows, row)
	s.labels = append(s.labels, int32(label))
}

// background adds n rows of label −1, uniform over the box of the rows so far and
// a tenth more on every side.
func (s *shape) background(r *rand.Rand, n int) {
	lo, hi := make([]float64, s.d), make([]float64, s.d)
	for j := range s.d {
		lo[j], hi[j] = math.Inf(1), math.Inf(-1)
		for _, row := range s.rows {
			lo[j], hi[j] = min(lo[j], row[j]), max(hi[j], row[j])
		}
		w := hi[j] - lo[j]
		lo[j], hi[j] = lo[j]-w/10, hi[j]+w/10
	}
	for range n {
		row := make([]float64, s.d)
		for j := range row {
			row[j] = lo[j] + (hi[j]-lo[j])*r.Float64()
		}
		s.add(-1, row...)
	}
}

// finish shuffles the rows and makes the table. density is ln p(row | group) up
// to a constant, for the best reachable ARI over the rows that are no background;
// nil = no group is planted.
func (s *shape) finish(r *rand.Rand, k int, density func(row []float64, group int) float64) *Generated {
	r.Shuffle(len(s.rows), func(i, j int) {
		s.rows[i], s.rows[j] = s.rows[j], s.rows[i]
		s.labels[i], s.labels[j] = s.labels[j], s.labels[i]
	})
	t := &Table{Name: s.name}
	for j := range s.d {
		c := TableColumn{Name: fmt.Sprintf("x%d", j+1), Num: make([]float64, len(s.rows))}
		for i, row := range s.rows {
			c.Num[i] = row[j]
		}
		t.Cols = append(t.Cols, c)
	}
	g := &Generated{Labelled: &Labelled{Name: s.name, Table: t}}
	if density == nil {
		return g
	}
	g.Labelled.Truth = [][]int32{s.labels}
	var truth, best []int32
	for i, row := range s.rows {
		if s.labels[i] < 0 {
			continue
		}
		top, at := math.Inf(-1), 0
		for c := range k {
			if l := density(row, c); l > top {
				top, at = l, c
			}
		}
		truth, best = append(truth, s.labels[i]), append(best, int32(at))
	}
	g.BestARI = adjustedRand(truth, best)
	return g
}

// gaussianGroups adds n rows in k equal groups around centres drawn uniformly from
// [−10, 10]^d, with standard deviation spread[group] in each direction.
func (s *shape) gaussianGroups(r *rand.Rand, n, k int, spread []float64) (centres [][]float64) {
	for range k {
		c := make([]float64, s.d)
		for j := range c {
			c[j] = 20*r.Float64() - 10
		}
		centres = append(centres, c)
	}
	for i := range n {
		row := make([]float64, s.d)
		for j := range row {
			row[j] = centres[i%k][j] + spread[i%k]*r.NormFloat64()
		}
		s.add(i%k, row...)
	}
	return centres
}

// gaussianDensity is ln p of a spherical Gaussian, without the constant.
func gaussianDensity(row, centre []float64, spread float64) float64 {
	q := 0.0
	for j, v := range row {
		q += (v - centre[j]) * (v - centre[j])
	}
	if spread == 0 {
		return -q * math.MaxFloat32 // the nearest centre, whatever the distance
	}
	return -q/(2*spread*spread) - float64(len(row))*math.Log(spread)
}

// curveDensity is ln of the mean over points of a spherical Gaussian around each:
// a row's density near a noisy curve that the points trace evenly.
func curveDensity(row []float64, points [][]float64, spread float64) float64 {
	terms := make([]float64, len(points))
	for i, p := range points {
		terms[i] = gaussianDensity(row, p, spread)
	}
	return logSumExp(terms)
}

// curvePoints is how many points trace a curve: 400 are closer than any noise that
// leaves the curve visible.
const curvePoints = 400

// curves adds n rows along k plane curves, evenly in t from 0 to 1, with Gaussian
// noise, and returns the densities.
func (s *shape) curves(r *rand.Rand, n, k int, noise float64, at func(group int, t float64) (x, y float64)) func(row []float64, group int) float64 {
	for i := range n {
		x, y := at(i%k, r.Float64())
		s.add(i%k, x+noise*r.NormFloat64(), y+noise*r.NormFloat64())
	}
	points := make([][][]float64, k)
	for g := range points {
		for i := range curvePoints {
			x, y := at(g, (float64(i)+0.5)/curvePoints)
			points[g] = append(points[g], []float64{x, y})
		}
	}
	return func(row []float64, group int) float64 { return curveDensity(row, points[group], noise) }
}
