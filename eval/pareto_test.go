package eval

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParetoByHand(t *testing.T) {
	axes := QualityTimeMemory("silhouette", 1, 0.01)
	nan := math.NaN()
	got, err := Pareto(axes, [][]float64{
		{0.60, 10, 100},   // 0: the best
		{0.595, 1, 100},   // 1: nearly as good, and quick
		{0.60, 10.5, 109}, // 2: dearer than 0 by less than a tenth
		{0.60, 12, 100},   // 3: slower than 0 and nothing else
		{0.50, 20, 200},   // 4: worse than 0 in all
		{0.591, 1, 100},   // 5: below 1 by less than .01
		{0.70, 9, nan},    // 6: nobody knows its memory
		{0.10, 0.5, 500},  // 7: the quickest
		{0.60, 10, 100},   // 8: 0 again
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []ParetoPlace{
		{Front: true, By: -1},
		{Front: true, By: -1},
		{Front: true, By: -1},
		{By: 0, Gains: []string{"seconds"}},
		{By: 0, Gains: []string{"silhouette", "seconds", "peak_bytes"}},
		{Front: true, By: -1},
		{By: -1, Reason: "peak_bytes is not known"},
		{Front: true, By: -1},
		{Front: true, By: -1},
	} {
		g := got[i]
		if g.Front != want.Front || g.By != want.By || strings.Join(g.Gains, " ") != strings.Join(want.Gains, " ") || g.Reason != want.Reason {
			t.Errorf("run %d: %+v, want %+v", i, g, want)
		}
	}
}

// TestParetoRelations: against the definition, on runs with many near ties.
func TestParetoRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 4).Draw(t, "axes")
		axes := make([]ParetoAxis, d)
		for a := range axes {
			axes[a] = ParetoAxis{
				Name: string(rune('a' + a)), Better: 1 - 2*rapid.IntRange(0, 1).Draw(t, "better"),
				Tolerance: rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "tolerance"), Relative: rapid.Bool().Draw(t, "relative"),
			}
		}
		value := rapid.Map(rapid.IntRange(-6, 20), func(i int) float64 {
			if i == 20 {
				return math.NaN()
			}
			return float64(i) / 4
		})
		points := rapid.SliceOfN(rapid.SliceOfN(value, d, d), 0, 25).Draw(t, "points")
		got, err := Pareto(axes, points)
		if err != nil {
			t.Fatal(err)
		}
		known := func(p []float64) bool {
			for _, v := range p {
				if math.IsNaN(v) {
					return false
				}
			}
			return true
		}
		dominates := func(x, y []float64) bool {
			counts := false
			for a, axis := range axes {
				gain := (x[a] - y[a]) * float64(axis.Better)
				least := axis.Tolerance
				if axis.Relative {
					least *= max(math.Abs(x[a]), math.Abs(y[a]))
				}
				if gain < 0 {
					return false
				}
				counts = counts || gain > least
			}
			return counts
		}
		front, compared := 0, 0
		for i, p := range points {
			if !known(p) {
				if got[i].Front || got[i].Reason == "" || got[i].By != -1 {
					t.Fatalf("%v: %+v", p, got[i])
				}
				continue
			}
			compared++
			beaten := false
			for _, q := range points {
				beaten = beaten || known(q) && dominates(q, p)
			}
			if got[i].Front == beaten || beaten != (got[i].By >= 0) || beaten != (len(got[i].Gains) > 0) {
				t.Fatalf("%v of %v: %+v", p, points, got[i])
			}
			if beaten && (!got[got[i].By].Front || !dominates(points[got[i].By], p)) {
				t.Fatalf("%v of %v: dominated by %+v", p, points, got[i])
			}
			if !beaten {
				front++
			}
		}
		if compared > 0 && front == 0 {
			t.Fatalf("nobody is on the front of %v", points)
		}
	})
}

func TestParetoLimits(t *testing.T) {
	one := []ParetoAxis{{Name: "time", Better: -1}}
	got, err := Pareto(one, [][]float64{{math.Inf(1)}, {math.Inf(1)}, {3}})
	if err != nil || got[0].Front || got[1].Front || !got[2].Front || got[0].By != 2 {
		t.Errorf("infinite times: %+v (%v)", got, err)
	}
	if got, err := Pareto(one, nil); err != nil || len(got) != 0 {
		t.Errorf("no runs: %+v (%v)", got, err)
	}
	for want, f := range map[string]func() ([]ParetoPlace, error){
		"no axes":        func() ([]ParetoPlace, error) { return Pareto(nil, nil) },
		"better = 0":     func() ([]ParetoPlace, error) { return Pareto([]ParetoAxis{{Name: "x"}}, nil) },
		"tolerance = -1": func() ([]ParetoPlace, error) { return Pareto([]ParetoAxis{{Better: 1, Tolerance: -1}}, nil) },
		"tolerance = 1": func() ([]ParetoPlace, error) {
			return Pareto([]ParetoAxis{{Better: 1, Tolerance: 1, Relative: true}}, nil)
		},
		"run 0 has 2": func() ([]ParetoPlace, error) { return Pareto(one, [][]float64{{1, 2}}) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
