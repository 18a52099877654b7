package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// Tendency is what is said of the rows of a feature set beside the structure test, for
// information: nothing in it votes on whether there are groups.
type Tendency struct {
	Rows    int  `json:"rows"`    // looked at
	Sampled bool `json:"sampled"` // not all were
	// Pairs is the number of rows whose distances to each other were looked at.
	Pairs      int         `json:"pairs"`
	Hopkins    *Hopkins    `json:"hopkins"`
	Distances  *DipTest    `json:"dip_distances"`
	Component  *DipTest    `json:"dip_component"`
	Dependence *Dependence `json:"dependence"`
	Says       []string    `json:"says"` // all of it in plain words
}

// tendencyPairs is the number of rows whose distances are all looked at: 499,500 distances,
// which take 50 ms to sort.
const tendencyPairs = 1000

// tendencyRepeats are those of Hopkins's statistic.
const tendencyRepeats = 50

// NewTendency looks at the rows of x, a random sample of StructureRows where there are more
// (the same that TestStructure looks at with this seed), and returns
//
//	Hopkins     how unevenly they lie in their box
//	Distances   the dip test of the distances between all pairs of rows, of 1,000 rows at most
//	Component   the dip test of the rows' places along the first principal component
//	Dependence  whether shuffling each column for itself changes how columns go together
//
// Two clumps make two humps of distances, within and between, and two along the component.
// Of the tests of clusterability that Adolfsson and others compare these two keep their
// level, the component finding groups more reliably, and Hopkins's statistic does not
// (the comparison is summed up in doi:10.5334/jors.389). But distances of one row depend on each other, humps
// of customers' data are often zeros and whole numbers, and no p here is of the groups that
// the study's algorithms find. So nothing of it enters a verdict.
//
// The seed affects the sample, the probes and the simulations; workers nothing. Cost with
// 2,000 rows: a quarter of a second with few columns, a second with 50.
//
// Adolfsson, Ackerman & Brownstein 2019, To cluster, or not to cluster: an analysis of
// clusterability methods, Pattern Recognition 88, 13-26, doi:10.1016/j.patcog.2018.10.026.
func NewTendency(ctx context.Context, x *features.Matrix, seed uint64, workers int) (*Tendency, error) {
	n, d := x.Dims()
	if r, c, bad := x.Missing(); bad {
		return nil, fmt.Errorf("tendency: row %s has no value in column %s: every value is needed", x.ID(r), x.Cols[c].Name)
	}
	s := structureTest{o: StructureOptions{Seed: seed}, rows: min(n, StructureRows)}
	x = belowOne(s.cut(x, structureRowStream))
	t := &Tendency{Rows: s.rows, Sampled: n > s.rows, Pairs: min(s.rows, tendencyPairs)}
	var err error
	if t.Hopkins, err = NewHopkins(ctx, x, HopkinsOptions{Repeats: tendencyRepeats, Seed: seed, Workers: workers}); err != nil {
		return nil, err
	}
	rows := x
	if t.Pairs < t.Rows {
		rows = x.Pick(refitSplit(t.Rows, t.Pairs, rand.New(rand.NewPCG(seed, dipRowStream))))
	}
	apart := make([]float64, 0, t.Pairs*(t.Pairs-1)/2)
	for i := range t.Pairs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for j := range i {
			apart = append(apart, math.Sqrt(kernel.Sq64(rows.Row(i), rows.Row(j))))
		}
	}
	along := make([]float64, t.Rows)
	if d > 0 && t.Rows > 1 {
		along = firstComponent(x)
	}
	for _, of := range []struct {
		values []float64
		test   **DipTest
	}{{apart, &t.Distances}, {along, &t.Component}} {
		slices.Sort(of.values)
		test, err := NewDipTest(ctx, of.values, seed)
		if err != nil {
			return nil, err
		}
		*of.test = &test
	}
	if t.Dependence, err = NewDependence(ctx, x, seed); err != nil {
		return nil, err
	}
	t.Says = t.words()
	return t, nil
}

// belowOne is the matrix divided by the power of two that leaves its values below 1:
// nothing that is said depends on it, and no square overflows.
func belowOne(x *features.Matrix) *features.Matrix {
	n, _ := x.Dims()
	largest := 0.0
	for _, v := range x.Data() {
		largest = max(largest, math.Abs(v))
	}
	_, exponent := math.Frexp(largest)
	data := slices.Clone(x.Data())
	for i, v := range data {
		data[i] = math.Ldexp(v, -exponent)
	}
	return features.NewMatrix(n, x.Cols, data)
}

// firstComponent is each row's place along the eigenvector of the covariance with the
// largest eigenvalue.
func firstComponent(x *features.Matrix) []float64 {
	n, d := x.Dims()
	mean := make([]float64, d)
	for i := range n {
		for j, v := range x.Row(i) {
			mean[j] += v / float64(n)
		}
	}
	about := mat.NewDense(n, d, nil)
	for i := range n {
		for j, v := range x.Row(i) {
			about.Set(i, j, v-mean[j])
		}
	}
	var c mat.SymDense
	c.SymOuterK(1, about.T())
	var e mat.EigenSym
	if !e.Factorize(&c, true) {
		panic("eval: eigenvalues of a symmetric matrix did not converge")
	}
	var v mat.Dense
	e.VectorsTo(&v)
	var out mat.VecDense
	out.MulVec(about, v.ColView(d-1))
	return out.RawVector().Data
}
