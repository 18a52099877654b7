package eval

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// AgreementTable says how alike several labellings of the same rows are, pair by pair.
type AgreementTable struct {
	Names []string
	N     int // rows
	// VI is the variation of information in nats, a distance: 0 on the diagonal. ARI is
	// the adjusted Rand index: 1 on the diagonal. Both are symmetric.
	VI, ARI [][]float64
	// Order lists the labellings so that similar ones stand side by side.
	Order []int
}

// Agreement compares every pair of labellings:
//
//	VI  = H(A|B) + H(B|A), in nats (Meilă 2007, doi 10.1016/j.jmva.2006.11.013)
//	ARI = Hubert and Arabie's adjusted Rand index (1985, doi 10.1007/BF01908075)
//
// Rows that a labelling calls noise are one more cluster of it, on both sides, so that
// the two are symmetric. Order comes from the average-linkage tree of the VI, its leaves
// turned so that the sum of the distances between neighbours is least (Bar-Joseph,
// Gifford and Jaakkola 2001, doi 10.1093/bioinformatics/17.suppl_1.S22); of an order and
// its mirror image the one that begins with the earlier labelling is taken.
//
// Labellings of other than the same two or more rows are an error, and more labellings
// than cluster.Tree.OptimalOrder takes. workers ≤ 0 means all processors; the result does
// not depend on it. Cost O(m²·n) for m labellings of n rows, and O(m³) for the order.
func Agreement(ctx context.Context, ls []Labelling, workers int) (*AgreementTable, error) {
	n, err := compareRows("agreement", ls)
	if err != nil {
		return nil, err
	}
	if n < 2 {
		return nil, fmt.Errorf("agreement: %d rows: two labellings are compared by at least 2", n)
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	m := len(ls)
	t := &AgreementTable{N: n, VI: make([][]float64, m), ARI: make([][]float64, m)}
	filled := make([][]int32, m)
	for i, l := range ls {
		t.Names = append(t.Names, l.Name)
		t.VI[i], t.ARI[i] = make([]float64, m), make([]float64, m)
		t.ARI[i][i] = 1
		filled[i] = compareFilled(l.Labels)
	}
	parallel(workers, m, func(task int) {
		i := m - 1 - task // the longest first, so that workers end together
		for j := range i {
			if ctx.Err() != nil {
				return
			}
			c, _ := newContingency(filled[i], filled[j])
			t.ARI[i][j] = c.adjustedRand()
			if !c.same() {
				t.VI[i][j] = c.variation()
			}
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range m {
		for j := range i {
			t.VI[j][i], t.ARI[j][i] = t.VI[i][j], t.ARI[i][j]
		}
	}
	t.Order, err = compareOrder(ctx, t.VI, workers)
	return t, err
}

// compareOrder puts what lies near to each other side by side.
func compareOrder(ctx context.Context, d [][]float64, workers int) ([]int, error) {
	m := len(d)
	out := make([]int, m)
	for i := range out {
		out[i] = i
	}
	if m < 3 {
		return out, nil
	}
	space, err := cluster.NewDistances(m, slices.Concat(d...))
	if err != nil {
		return nil, err
	}
	// The tree is that of the distances: the matrix only says how many labellings there are.
	x := features.NewMatrix(m, make([]features.Column, 1), nil)
	tree, err := (&cluster.Agglomerative{Linkage: "average"}).Tree(ctx, x, cluster.Run{Workers: workers, Space: space})
	if err != nil {
		return nil, err
	}
	order, err := tree.OptimalOrder(ctx, space)
	if err != nil {
		return nil, err
	}
	if order[0] > order[m-1] {
		slices.Reverse(order)
	}
	for i, l := range order {
		out[i] = int(l)
	}
	return out, nil
}

// compareRows counts the rows that all labellings are of.
func compareRows(what string, ls []Labelling) (int, error) {
	if len(ls) == 0 {
		return 0, fmt.Errorf("%s: no labellings", what)
	}
	n := len(ls[0].Labels)
	for _, l := range ls[1:] {
		if len(l.Labels) != n {
			return 0, fmt.Errorf("%s: %s labels %d rows, %s %d: match them by id first", what, ls[0].Name, n, l.Name, len(l.Labels))
		}
		if l.IDs != nil && ls[0].IDs != nil && !slices.Equal(l.IDs, ls[0].IDs) {
			return 0, fmt.Errorf("%s: the rows of %s and %s have other ids or another order: match them by id first", what, ls[0].Name, l.Name)
		}
	}
	return n, nil
}

// compareFilled returns the labels 0, 1, … with noise as one cluster more.
func compareFilled(labels []int32) []int32 {
	out, counts := dense(labels)
	for i, l := range out {
		if l < 0 {
			out[i] = int32(len(counts))
		}
	}
	return out
}

// AgreementWord calls an adjusted Rand index excellent (above .90), good (above .80),
// moderate (above .65) or poor, as Steinley (2004, Psychological Methods 9(3), 386–396,
// doi 10.1037/1082-989X.9.3.386) reads his simulations. A rule of thumb, not a test.
func AgreementWord(ari float64) string {
	switch {
	case ari > 0.90:
		return "excellent"
	case ari > 0.80:
		return "good"
	case ari > 0.65:
		return "moderate"
	}
	return "poor"
}
