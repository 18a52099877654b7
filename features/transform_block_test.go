package features

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestBlockScale against scikit-learn's StandardScaler and NumPy's singular values:
// two logged columns in one block, a plain number in the other.
func TestBlockScale(t *testing.T) {
	e := expect(t)
	m := pickColumns(peerMatrix(), []int{0, 1, 3})
	got, _, warnings := learned(t, &BlockScale{}, m)
	rowsClose(t, "block", got, e.Block.Rows, 1e-9)
	for k, s := range Shares(got) {
		check.Close(t, "share of block "+s.Block, s.Share, e.Block.Shares[k], 1e-9)
	}
	if len(warnings) != 0 {
		t.Errorf("warnings %q", warnings)
	}
	// A weight of 3 on block a triples its distances.
	for j := range 2 {
		m.Cols[j].Weight = 3
	}
	heavy, _, _ := learned(t, &BlockScale{}, m)
	for i := range 10 {
		check.Close(t, "weighted", heavy.Row(i)[0], 3*got.Row(i)[0], 1e-12)
		check.Close(t, "other block", heavy.Row(i)[2], got.Row(i)[2], 1e-12)
	}
}

// TestBlockGeometry: what each kind of column is bent to, by its definition.
func TestBlockGeometry(t *testing.T) {
	m := checkMatrix()
	got, mp, _ := learned(t, &BlockScale{}, m)
	b := mp.(*blockMap)
	curve := map[string]string{}
	for k, n := range b.Columns {
		curve[n] = b.Curve[k]
	}
	for n, want := range map[string]string{"spend": "log1p", "net": "log1p", "ratio": "line", "yes": "line", "p": "logit", "hour_cos": "line", "food": "sqrt"} {
		if curve[n] != want {
			t.Errorf("%s is bent by %s, want %s", n, curve[n], want)
		}
	}
	// Pairs and compositions keep their shape: one factor for all their columns.
	factor := func(name string) float64 { return b.Scale[slices.Index(b.Columns, name)] }
	if factor("hour_cos") != factor("hour_sin") || factor("food") != factor("books") || factor("books") != factor("music") {
		t.Error("the columns of a pair or a composition are scaled apart")
	}
	if factor("spend") == factor("net") {
		t.Error("scalars share a factor")
	}
	// Distances inside a pair are those of the raw points, times one number.
	i, j := got.Index("hour_cos"), m.Index("hour_cos")
	ratio := func(a, c int) float64 {
		return math.Hypot(got.Row(a)[i]-got.Row(c)[i], got.Row(a)[i+1]-got.Row(c)[i+1]) /
			math.Hypot(m.Row(a)[j]-m.Row(c)[j], m.Row(a)[j+1]-m.Row(c)[j+1])
	}
	check.Close(t, "isometry", ratio(0, 1), ratio(5, 9), 1e-9)
	// Every block's first singular value is 1 after weighting.
	for _, g := range blocksOf(got.Cols) {
		part := pickColumns(got, g)
		mean, _ := moments(part)
		values, _ := principal(covariance(part, mean))
		check.Close(t, "σ₁ of block "+got.Cols[g[0]].Block, values[0], 1, 1e-9)
	}
	if got.Index("code") >= 0 {
		t.Error("a category enters")
	}
}

// TestBlockLogit: logit(0.5) is 0, 0 and 1 are clamped to ±ln 999; with 0, ½ and 1
// once each the mean is 0 and s is √(2/3)·ln 999.
func TestBlockLogit(t *testing.T) {
	m := NewMatrix(3, []Column{{Name: "p", Block: "a", Kind: Probability}}, []float64{0, 0.5, 1})
	_, mp, _ := learned(t, &BlockScale{}, m)
	b := mp.(*blockMap)
	// σ₁ of one z-scored column is 1.
	check.Close(t, "scale", b.Scale[0], math.Sqrt(2.0/3)*math.Log(999), 1e-12)
	m.Cols[0].Kind, m.Cols[0].Unit = Number, "days"
	m.Row(0)[0] = -math.E + 1 // below 0 the logarithm is mirrored
	_, mp, _ = learned(t, &BlockScale{}, m)
	mean := (-1 + math.Log(1.5) + math.Log(2)) / 3
	check.Close(t, "mirrored logarithm", mp.(*blockMap).Center[0], mean, 1e-12)
}

func TestBlockRefuses(t *testing.T) {
	p := NewMatrix(3, []Column{{Name: "p", Block: "a", Kind: Probability}, {Name: "x", Block: "a"}}, []float64{0, 1, 1e-4, 2, 5e-4, 4})
	if got, _, warnings := learned(t, &BlockScale{}, p); len(got.Cols) != 1 || lacks(warnings, `feature "p" is constant after its logit: dropped`) {
		t.Errorf("all below the clamp: columns %v, warnings %q", columnNames(got.Cols), warnings)
	}
	m := peerMatrix()
	m.Row(0)[3] = math.NaN()
	if _, _, err := (&BlockScale{}).Learn(m); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("missing value: error %v", err)
	}
}

// TestBlockEmbedding: an embedding keeps its shape, whatever its axes' variances,
// and a composition of the same block has a factor of its own.
func TestBlockEmbedding(t *testing.T) {
	cols := []Column{
		{Name: "e1", Block: "a", Kind: Embedding},
		{Name: "p", Block: "a", Kind: Share},
		{Name: "e2", Block: "a", Kind: Embedding},
		{Name: "q", Block: "a", Kind: Share},
		{Name: "f1", Block: "b", Kind: Embedding},
	}
	m := NewMatrix(4, cols, []float64{
		10, 0.1, 1, 0.9, 1,
		-10, 0.4, -1, 0.6, 2,
		10, 0.9, -1, 0.1, 3,
		-10, 0.5, 1, 0.5, 5,
	})
	got, mp, _ := learned(t, &BlockScale{}, m)
	b := mp.(*blockMap)
	if b.Curve[0] != "line" || b.Curve[2] != "line" || b.Curve[1] != "sqrt" {
		t.Errorf("curves %v", b.Curve)
	}
	if b.Scale[0] != b.Scale[2] || b.Scale[1] != b.Scale[3] || b.Scale[0] == b.Scale[1] || b.Scale[0] == b.Scale[4] {
		t.Errorf("scales %v: one factor for the embedding, one for the composition, one for the other block", b.Scale)
	}
	// e1 has ten times the spread of e2, and keeps it.
	check.Close(t, "isometry", (got.Row(0)[0]-got.Row(1)[0])/(got.Row(0)[2]-got.Row(1)[2]), 10, 1e-12)
	var k Kind
	if err := k.UnmarshalText([]byte("embedding")); err != nil || k != Embedding {
		t.Errorf("kind embedding reads as %v (%v)", k, err)
	}
}
