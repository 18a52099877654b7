package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/features"
)

// CopulaNull is a cloud with one hump: every column keeps its range, mean, scatter and
// skew, and pairs of columns their rank correlation, but no margin has two humps and
// no group of columns more than the one hump that a Gaussian copula gives.
//
// Margins. Values that 5 % of the rows or more share (at least 5 rows) are atoms and keep
// their weight: zeros, counts and answers on a scale are how a margin is, not groups. The
// rest gets the unimodal distribution nearest to its own: for a mode c, the greatest
// convex minorant of the empirical distribution left of c and the least concave majorant
// right of it (Grenander 1956; Hartigan & Hartigan 1985), with that c of 200 quantiles
// which is nearest in mean square (Cramér-von Mises), moved and stretched to the values'
// mean and variance. Beyond the outermost rows, half a row's weight each falls off
// exponentially, by the mean excess of the outermost 2 %: draws can be more extreme than
// the data, as other customers would be. Where the rest has ties too (counts), draws
// fall on the values that occur. No bandwidth has to be chosen, and long tails are no
// obstacle, as they are to kernels.
//
// Dependence. Gaussian copula with the correlation of the normal scores (mid-ranks where
// tied), negative eigenvalues set to 0. Ties make scores less correlated than what lies
// behind them: the correlation is then raised until draws have the data's (Cario &
// Nelson 1997).
//
// Draw makes min(n, StructureRows) rows. Cost O(n·d·log n + n·d²) once, O(n·d²) a draw.
// Missing values are refused.
//
// Grenander 1956, Skandinavisk Aktuarietidskrift 39, 125-153; Hartigan & Hartigan 1985,
// The dip test of unimodality, Annals of Statistics 13(1), 70-84, doi:10.1214/aos/1176346577;
// Cario & Nelson 1997, Modeling and generating random vectors with arbitrary marginal
// distributions and correlation matrix, Northwestern University.
func CopulaNull(x *features.Matrix) (StructureNull, error) {
	n, d := x.Dims()
	if n < 10 || d < 1 {
		return StructureNull{}, fmt.Errorf("copula null: %d rows of %d columns: at least 10 rows and 1 column", n, d)
	}
	if r, c, bad := x.Missing(); bad {
		return StructureNull{}, fmt.Errorf("copula null: row %s has no value in column %s: every value is needed", x.ID(r), x.Cols[c].Name)
	}
	f := &copulaFit{cols: x.Cols, rows: min(n, StructureRows)}
	scores, tied := make([][]float64, d), false
	for j := range d {
		v := make([]float64, n)
		for i := range n {
			v[i] = x.Row(i)[j]
		}
		var ties bool
		scores[j], ties = copulaScores(v)
		slices.Sort(v)
		f.margins = append(f.margins, newCopulaMargin(v))
		tied = tied || ties
	}
	target := copulaCorrelation(scores)
	f.root = copulaRoot(target, d)
	if tied {
		f.calibrate(target)
	}
	return StructureNull{
		Name: "copula",
		Doc:  "one smooth cloud: each feature keeps its range, scatter and skew, and pairs of features their correlation, but nothing has more than one hump",
		Draw: f.draw,
	}, nil
}

// copulaFit is what draws are made from.
type copulaFit struct {
	cols    []features.Column
	rows    int
	margins []copulaMargin
	root    *mat.Dense // root·rootᵀ = the correlation
}

func (f *copulaFit) draw(ctx context.Context, seed uint64) (*features.Matrix, error) {
	out := features.NewMatrix(f.rows, f.cols, nil)
	f.fill(rand.New(rand.NewPCG(seed, copulaStream)), f.root, out)
	return out, ctx.Err()
}

const copulaStream = 0x44

func (f *copulaFit) fill(rng *rand.Rand, root *mat.Dense, out *features.Matrix) {
	n, d := out.Dims()
	g := mat.NewVecDense(d, nil)
	z := mat.NewVecDense(d, nil)
	for i := range n {
		for j := range d {
			g.SetVec(j, rng.NormFloat64())
		}
		z.MulVec(root, g)
		for j, m := range f.margins {
			out.Row(i)[j] = m.at(distuv.UnitNormal.CDF(z.AtVec(j)))
		}
	}
}

// copulaCalibration is the number of rows that calibrate draws: the error of their
// correlations is then .016, a tenth of what customers who differ would bring at n = 40.
const copulaCalibration = 4000

// calibrate raises the correlation behind the margins until the scores of draws have the
// target: three steps of the plain iteration, on the same normal numbers.
func (f *copulaFit) calibrate(target []float64) {
	d := len(f.margins)
	behind := slices.Clone(target)
	x := features.NewMatrix(copulaCalibration, f.cols, nil)
	for range 3 {
		f.fill(rand.New(rand.NewPCG(0, copulaStream+1<<8)), f.root, x)
		scores := make([][]float64, d)
		for j := range d {
			v := make([]float64, copulaCalibration)
			for i := range v {
				v[i] = x.Row(i)[j]
			}
			scores[j], _ = copulaScores(v)
		}
		got := copulaCorrelation(scores)
		for i := range behind {
			if i%(d+1) != 0 {
				behind[i] = min(max(behind[i]+target[i]-got[i], -1), 1)
			}
		}
		f.root = copulaRoot(behind, d)
	}
}

// byValue lists the places of v by value, of equal ones the earlier first.
func byValue(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case v[a] < v[b]:
			return -1
		case v[a] > v[b]:
			return 1
		}
		return a - b
	})
	return order
}

// copulaScores are the standardised normal scores Φ⁻¹(r/(n+1)) of the mid-ranks r, and
// whether there are ties; all 0 where every value is the same.
func copulaScores(v []float64) (scores []float64, ties bool) {
	n := len(v)
	order := byValue(v)
	scores = make([]float64, n)
	sum, squares := 0.0, 0.0
	for lo := 0; lo < n; {
		hi := lo + 1
		for hi < n && v[order[hi]] == v[order[lo]] {
			hi++
		}
		z := distuv.UnitNormal.Quantile(float64(lo+hi+1) / 2 / float64(n+1))
		for _, i := range order[lo:hi] {
			scores[i] = z
			sum, squares = sum+z, squares+z*z
		}
		ties = ties || hi > lo+1
		lo = hi
	}
	mean := sum / float64(n)
	sd := math.Sqrt(squares - float64(n)*mean*mean)
	for i := range scores {
		if sd > 1e-12 {
			scores[i] = (scores[i] - mean) / sd
		} else {
			scores[i] = 0
		}
	}
	return scores, ties
}

// copulaCorrelation is the d × d matrix of products of columns of length 1.
func copulaCorrelation(scores [][]float64) []float64 {
	d := len(scores)
	out := make([]float64, d*d)
	for a := range d {
		for b := range a {
			r := 0.0
			for i, v := range scores[a] {
				r += v * scores[b][i]
			}
			out[a*d+b], out[b*d+a] = r, r
		}
		out[a*d+a] = 1
	}
	return out
}

// copulaRoot returns the symmetric root of the nearest-by-clipping correlation matrix.
func copulaRoot(r []float64, d int) *mat.Dense {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(d, slices.Clone(r)), true) {
		panic("eval: eigenvalues of a symmetric matrix did not converge")
	}
	var v mat.Dense
	e.VectorsTo(&v)
	w := mat.DenseCopyOf(&v)
	for j, l := range e.Values(nil) {
		for i := range d {
			w.Set(i, j, w.At(i, j)*math.Sqrt(max(l, 0)))
		}
	}
	for i := range d { // each row of length 1: a variance of 1
		s := 0.0
		for j := range d {
			s += w.At(i, j) * w.At(i, j)
		}
		for j := range d {
			w.Set(i, j, w.At(i, j)/math.Sqrt(s))
		}
	}
	return w
}
