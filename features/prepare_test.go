package features

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/internal/check"
)

// holed is the peer matrix with three holes.
func holed() *Matrix {
	m := peerMatrix()
	m.IDs = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	m.Row(1)[0], m.Row(1)[3], m.Row(6)[3] = nan(), nan(), nan()
	return m
}

func TestPrepareMissing(t *testing.T) {
	p, err := Prepare(holed(), "zscore", "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Rows, []int{0, 2, 3, 4, 5, 7, 8, 9}) || !slices.Equal(p.X.IDs, []string{"a", "c", "d", "e", "f", "h", "i", "j"}) {
		t.Errorf("rows %v, ids %v", p.Rows, p.X.IDs)
	}
	if want := "2 of 10 customers left out for missing values: skewed in 1 (10.0 %), plain in 2 (20.0 %)"; lacks(p.Warnings, want) {
		t.Errorf("warnings %q, want %q", p.Warnings, want)
	}
	if p, err = Prepare(holed(), "none", Median); err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) != 10 || p.X.Row(1)[0] != 21.5 || len(p.Maps) != 2 || lacks(p.Warnings, "filled in with the column's median") {
		t.Errorf("median: %v, %v, %d maps, %q", p.Rows, p.X.Row(1), len(p.Maps), p.Warnings)
	}
	_, err = Prepare(holed(), "none", Refuse)
	if want := "2 of 4 features contain missing values: skewed 1 rows (10.0 %; first: b); plain 2 rows (20.0 %; first: b, g)"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("refuse: error %v, want one with %q", err, want)
	}
	m := holed()
	for i := range 10 {
		m.Row(i)[2] = nan()
	}
	if p, err = Prepare(m, "none", ""); err != nil || len(p.Rows) != 8 || p.X.Index("mostly") >= 0 || lacks(p.Warnings, `feature "mostly" has no value in any row: dropped`) {
		t.Errorf("an empty column: %v", err)
	}
	for i := range 10 {
		m.Row(i)[i%2] = nan()
	}
	if _, err = Prepare(m, "none", ""); err == nil || !strings.Contains(err.Error(), "every row misses a value") {
		t.Errorf("no row left: error %v", err)
	}
	m = holed()
	m.Row(3)[0] = math.Inf(1)
	if _, err = Prepare(m, "none", ""); err == nil || !strings.Contains(err.Error(), "skewed is infinite for customer d (row 4)") {
		t.Errorf("infinite: error %v", err)
	}
	if _, err = Prepare(holed(), "none", "guess"); err == nil || !strings.Contains(err.Error(), `no missing-value policy named "guess"`) {
		t.Errorf("policy: error %v", err)
	}
	if _, err = Prepare(holed(), "minmax", ""); err == nil || !strings.Contains(err.Error(), "none, zscore, robust, quantile, block") {
		t.Errorf("scale: error %v", err)
	}
}

func TestPrepareTwins(t *testing.T) {
	m := peerMatrix()
	for i := range 10 {
		m.Row(i)[1] = 3*m.Row(i)[0] + 2
	}
	p, err := Prepare(m, "zscore", "")
	if err != nil {
		t.Fatal(err)
	}
	if want := "skewed and tied are identical (r = 1): counted twice in distances"; !slices.Equal(p.Warnings, []string{want}) {
		t.Errorf("warnings %q, want %q", p.Warnings, want)
	}
}

// TestPrepareScales: every scale, through a pipeline that went through JSON, gives
// the bits that Prepare gave.
func TestPrepareScales(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(11, 500))
	b := built(t, log, everything(t), 0, 2)
	for _, scale := range Scales() {
		p, err := Prepare(b.Raw, scale, Median)
		if err != nil {
			t.Fatal(err)
		}
		pipe := *b.Pipeline
		pipe.Scale, pipe.Maps = scale, p.Maps
		js, err := json.Marshal(&pipe)
		if err != nil {
			t.Fatal(err)
		}
		var back Pipeline
		if err := json.Unmarshal(js, &back); err != nil {
			t.Fatal(err)
		}
		x, err := back.Apply(b.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if x.Hash() != p.X.Hash() || back.Scale != scale {
			t.Errorf("%s: the pipeline read back gives another matrix", scale)
		}
		if i, j, bad := p.X.Missing(); bad {
			t.Errorf("%s: %s of row %d is missing", scale, p.X.Cols[j].Name, i)
		}
		var sum float64
		for _, s := range p.Shares {
			sum += s.Share
		}
		check.Close(t, "shares sum to 1", sum, 1, 1e-12)
		// Under block scaling no block decides alone, though some have fifteen columns
		// and others one.
		for _, s := range p.Shares {
			if scale == "block" && s.Share > 0.3 {
				t.Errorf("%s decides %.2f of the distance: %v", s.Block, s.Share, p.Shares)
			}
		}
	}
}

func TestShares(t *testing.T) {
	// Variances 1, 1 in block a (±1) and 4 in block b (±2).
	m := NewMatrix(2, []Column{{Name: "x", Block: "a"}, {Name: "y", Block: "b"}, {Name: "z", Block: "a"}}, []float64{1, 2, 1, -1, -2, -1})
	got := Shares(m)
	if len(got) != 2 || got[0].Block != "a" || math.Abs(got[0].Share-1.0/3) > 1e-15 || math.Abs(got[1].Share-2.0/3) > 1e-15 {
		t.Errorf("shares %v", got)
	}
	if Shares(NewMatrix(2, m.Cols, make([]float64, 6))) != nil {
		t.Error("equal rows have shares")
	}
}
