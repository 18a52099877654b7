package eval

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

func columnMatrix(cols []features.Column, rows [][]float64) *features.Matrix {
	m := features.NewMatrix(len(rows), cols, nil)
	for i, r := range rows {
		copy(m.Row(i), r)
	}
	return m
}

// The numbers are NumPy's and SciPy's (peers/metrics_expected.py).
func TestProfile(t *testing.T) {
	want := readExpected(t).Profile
	rows := make([][]float64, len(want.X))
	value := make([]float64, len(want.X))
	byHand, noise := make([]float64, len(want.Cells)), 0.0
	for i, v := range want.X {
		rows[i] = []float64{v}
		value[i] = float64(i)
		if l := want.Labels[i]; l >= 0 {
			byHand[l] += float64(i)
		} else {
			noise += float64(i)
		}
	}
	p := NewProfile(columnMatrix([]features.Column{{Name: "x"}}, rows), want.Labels, value)
	if len(p.Segments) != len(want.Cells) || p.Noise == nil {
		t.Fatalf("%d segments, noise %v", len(p.Segments), p.Noise)
	}
	names := []string{"mean", "sd", "median", "q25", "q75", "z", "smd", "lo", "hi"}
	for g, w := range want.Cells {
		c := p.Segments[g][0]
		for i, x := range c.numbers() {
			check.Close(t, "segment "+string(rune('0'+g))+" "+names[i], *x, w[i], 1e-12)
		}
		if c.Reason != "" {
			t.Errorf("segment %d: %s", g, c.Reason)
		}
		if p.Values[g] != byHand[g] {
			t.Errorf("segment %d is worth %g, want %g", g, p.Values[g], byHand[g])
		}
	}
	if p.ValueNoise != noise {
		t.Errorf("the unassigned are worth %g, want %g", p.ValueNoise, noise)
	}
}

// Missing values count in nobody's numbers, and what is undefined has a reason.
func TestProfileUndefined(t *testing.T) {
	nan := math.NaN()
	cols := []features.Column{{Name: "all"}, {Name: "gap"}, {Name: "flat"}, {Name: "code", Kind: features.Category}, {Name: "split"}}
	p := NewProfile(columnMatrix(cols, [][]float64{
		{1, nan, 7, 0, 1},
		{2, nan, 7, 1, 1},
		{3, 4, 7, 0, 2},
		{5, nan, 7, 2, 2},
		{6, 8, 7, 2, 2},
	}), []int32{0, 0, 1, 1, 1}, nil)
	for _, c := range []struct {
		segment, col, n int
		reason          string
	}{
		{0, 0, 2, ""},
		{0, 1, 0, "no customer has a value"},
		{1, 1, 2, "fewer than two other customers have a value"},
		{0, 2, 2, "everyone has the same value"},
		{0, 3, 0, "code is a category: its codes have no mean"},
		{0, 4, 2, "neither side has any spread"},
	} {
		got := p.Segments[c.segment][c.col]
		if got.N != c.n || got.Reason != c.reason {
			t.Errorf("segment %d, %s: n = %d, %q; want %d, %q", c.segment, cols[c.col].Name, got.N, got.Reason, c.n, c.reason)
		}
		if c.reason != "" && !math.IsNaN(got.SMD) {
			t.Errorf("segment %d, %s: SMD %g beside a reason", c.segment, cols[c.col].Name, got.SMD)
		}
	}
	if p.Values != nil || p.Noise != nil {
		t.Error("values or noise where there are none")
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"smd":null`) {
		t.Errorf("no null in %s", b)
	}
	var back Profile
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if c := back.Segments[0][1]; !math.IsNaN(c.Mean) || c.Reason != "no customer has a value" {
		t.Errorf("read back: %+v", c)
	}
	if got, want := back.Segments[0][0], p.Segments[0][0]; got != want {
		t.Errorf("read back %+v, want %+v", got, want)
	}
}
