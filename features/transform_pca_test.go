package features

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/mores-lab/mores/internal/check"
)

// TestPCA against scikit-learn's PCA, signs fixed alike, and gonum's.
func TestPCA(t *testing.T) {
	e := expect(t)
	got, mp, _ := learned(t, &PCA{NComponents: 3}, peerMatrix())
	p := mp.(*pcaMap)
	for k, w := range e.PCA.Explained {
		check.Close(t, "explained", p.Explained[k], w, 1e-12)
		for j, x := range e.PCA.Components[k] {
			check.Close(t, "loading", p.Axes[k][j], x, 1e-9)
		}
	}
	rowsClose(t, "scores", got, e.PCA.Scores, 1e-9)
	var pc stat.PC
	if !pc.PrincipalComponents(peerMatrix().Raw(), nil) {
		t.Fatal("gonum's PCA failed")
	}
	var v mat.Dense
	pc.VectorsTo(&v)
	for k := range 3 {
		for j := range 4 {
			check.Close(t, "gonum loading", math.Abs(p.Axes[k][j]), math.Abs(v.At(j, k)), 1e-9)
		}
	}
}

func TestPCAShare(t *testing.T) {
	// The first axis of the peer matrix explains over 99.9 %, so 0.95 needs one and
	// 1 needs all four.
	for share, want := range map[float64]int{0.95: 1, 1: 4} {
		got, _, _ := learned(t, &PCA{Share: share}, peerMatrix())
		if _, d := got.Dims(); d != want {
			t.Errorf("share %g keeps %d axes, want %d", share, d, want)
		}
	}
	for want, o := range map[string]*PCA{"n_components = 5: 1..4": {NComponents: 5}, "share = 0": {}} {
		if _, _, err := o.Learn(peerMatrix()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	m := peerMatrix()
	m.Row(1)[1] = math.NaN()
	if _, _, err := (&PCA{Share: 1}).Learn(m); err == nil || !strings.Contains(err.Error(), "tied is missing for customer 1") {
		t.Errorf("missing value: error %v", err)
	}
}

// TestProject: the map of segments is the first two scores of scikit-learn's PCA.
func TestProject(t *testing.T) {
	e := expect(t)
	xy, explained := Project(peerMatrix())
	for i, w := range e.PCA.Scores {
		check.Close(t, "x", xy[2*i], w[0], 1e-9)
		check.Close(t, "y", xy[2*i+1], w[1], 1e-9)
	}
	check.Close(t, "explained", explained[1], e.PCA.Explained[1], 1e-12)
	one := NewMatrix(3, []Column{{Name: "a"}}, []float64{1, 2, 6})
	if xy, explained = Project(one); xy[4] != 3 || xy[5] != 0 || explained != [2]float64{1, 0} {
		t.Errorf("one column: %v %v", xy, explained)
	}
	if xy, explained = Project(NewMatrix(2, []Column{{Name: "a"}, {Name: "b"}}, []float64{1, 1, 1, 1})); xy[0] != 0 || explained[0] != 0 {
		t.Errorf("no spread: %v %v", xy, explained)
	}
}
