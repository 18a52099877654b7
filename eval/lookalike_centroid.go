package eval

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

var _ = registerLookalike(&LookalikeMethod{
	Name: "centroid",
	Doc: `How much nearer a customer is to the middle of the seed set than to everybody's, in
units in which everybody's spread is one in every direction (Mahalanobis), the covariance
shrunk (Ledoit & Wolf 2004).`,
	Refs: []datasets.Ref{
		{Authors: "P. C. Mahalanobis", Title: "On the generalised distance in statistics", Venue: "Proceedings of the National Institute of Sciences of India 2(1), 49–55", Year: 1936},
		{Authors: "O. Ledoit, M. Wolf", Title: "A well-conditioned estimator for large-dimensional covariance matrices", Venue: "Journal of Multivariate Analysis 88(2), 365–411", Year: 2004, DOI: "10.1016/S0047-259X(03)00096-4"},
	},
	prepare: func(_ context.Context, x *features.Matrix, _ *LookalikeOptions) (lookalikeScorer, error) {
		m, err := lookalikeRanked(x)
		if err != nil {
			return nil, err
		}
		return newCentroidScorer(m)
	},
})

// centroidScorer holds the customers in coordinates in which the distance is Euclidean.
type centroidScorer struct{ white *mat.Dense }

// newCentroidScorer whitens by the shrunk covariance Σ* = ρμI + (1 − ρ)S of the rows,
// μ = tr S/d: z = L⁻¹x with LLᵀ = Σ*. Cost O(n·d²).
func newCentroidScorer(x *mat.Dense) (*centroidScorer, error) {
	n, d := x.Dims()
	s, rho := shrunkCovariance(x)
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		return nil, fmt.Errorf("the covariance, shrunk by %.3g, has no inverse", rho)
	}
	var l mat.TriDense
	chol.LTo(&l)
	var z mat.Dense
	if err := z.Solve(&l, x.T()); err != nil {
		return nil, fmt.Errorf("the covariance is all but singular")
	}
	white := mat.NewDense(n, d, nil)
	white.Copy(z.T())
	return &centroidScorer{white}, nil
}

// shrunkCovariance is Ledoit and Wolf's, with its intensity ρ = min(b², d²)/d², where
// d² = ‖S − μI‖² and b² = Σ‖xₖxₖᵀ − S‖²/n², norms divided by the dimension.
func shrunkCovariance(x *mat.Dense) (*mat.SymDense, float64) {
	n, d := x.Dims()
	c := mat.DenseCopyOf(x)
	for j := range d {
		mean := mat.Sum(c.ColView(j)) / float64(n)
		for i := range n {
			c.Set(i, j, c.At(i, j)-mean)
		}
	}
	s := mat.NewSymDense(d, nil)
	s.SymOuterK(1/float64(n), c.T())
	mu := mat.Trace(s) / float64(d)
	spread, own := 0.0, 0.0
	for i := range d {
		for j := range d {
			v := s.At(i, j)
			own += v * v
			if i == j {
				v -= mu
			}
			spread += v * v
		}
	}
	// ‖xxᵀ − S‖² summed over the rows is Σ|x|⁴ − n‖S‖².
	fourth := 0.0
	for i := range n {
		sq := 0.0
		for _, v := range c.RawRowView(i) {
			sq += v * v
		}
		fourth += sq * sq
	}
	b := (fourth - float64(n)*own) / float64(n) / float64(n)
	rho := 1.0
	if spread > 0 {
		rho = min(max(b, 0), spread) / spread
	}
	for i := range d {
		for j := i; j < d; j++ {
			v := (1 - rho) * s.At(i, j)
			if i == j {
				v += rho * mu
			}
			s.SetSym(i, j, v)
		}
	}
	return s, rho
}

// score is d²(x, everybody's middle) − d²(x, the seeds' middle), halved: the linear
// discriminant of Fisher (1936). The distance from the seeds' middle alone would not do: in
// many dimensions those who are near it are those who do little and stand out in nothing, and of
// a seed set that stands out they are the last to be sought. Cost O(n·d).
func (c *centroidScorer) score(_ context.Context, seed []bool) ([]float64, error) {
	n, d := c.white.Dims()
	all, own, seeds := make([]float64, d), make([]float64, d), 0.0
	for i, s := range seed {
		row := c.white.RawRowView(i)
		for j, v := range row {
			all[j] += v / float64(n)
		}
		if s {
			seeds++
			for j, v := range row {
				own[j] += v
			}
		}
	}
	out := make([]float64, n)
	for i := range n {
		for j, v := range c.white.RawRowView(i) {
			m := own[j] / seeds
			out[i] += (m - all[j]) * (v - (m+all[j])/2)
		}
	}
	return out, nil
}
