package rule

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// A rule that was found for a segment means the same in this language.
func TestDiscoveredRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64Range(-3, 3), rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }), rapid.Just(1e-7), rapid.Just(2.5e9))
		cols := []features.Column{{Name: `share "x"`}, {Name: "hour_cos"}, {Name: "hour_sin"}}
		n := 12
		x := features.NewMatrix(n, cols, nil)
		b := datasets.NewBuilder(datasets.Meta{Name: "drawn"})
		for i := range n {
			for j := range cols {
				if x.Row(i)[j] = value.Draw(t, "x"); rapid.IntRange(0, 6).Draw(t, "missing") == 0 {
					x.Row(i)[j] = math.NaN()
				}
			}
			id := string(rune('a' + i))
			x.IDs = append(x.IDs, id)
			b.Add(datasets.Event{Customer: id, Time: 1})
		}
		s := &eval.SegmentRule{}
		for range rapid.IntRange(1, 3).Draw(t, "conditions") {
			c := eval.RuleCondition{Test: rapid.SampledFrom([]eval.RuleTest{eval.RuleBetween, eval.RuleEquals, eval.RuleArc, eval.RuleMissing}).Draw(t, "test"), Column: cols[0]}
			switch c.Test {
			case eval.RuleArc:
				c.Column, c.At, c.Sin, c.SinAt = cols[1], 1, cols[2], 2
				c.Lo, c.Hi = float64(rapid.IntRange(0, 23).Draw(t, "lo"))/24, float64(rapid.IntRange(0, 23).Draw(t, "hi"))/24
			default:
				c.Lo, c.Hi = value.Draw(t, "lo"), value.Draw(t, "hi")
				if rapid.IntRange(0, 3).Draw(t, "open") == 0 {
					c.Hi = math.Inf(1)
				}
				if c.Test == eval.RuleBetween && rapid.IntRange(0, 3).Draw(t, "open below") == 0 {
					c.Lo = math.Inf(-1)
				}
			}
			s.Conditions = append(s.Conditions, c)
		}
		text, err := s.Language()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse("", text)
		if err != nil {
			t.Fatal(err)
		}
		log := b.Log()
		got, err := Evaluate(t.Context(), log, log.Meta.Window.To, x, 1, r)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if want := s.Holds(x.Row(i)); got.In[0][i] != want {
				t.Fatalf("%s of %v: %v, want %v", text, x.Row(i), got.In[0][i], want)
			}
		}
	})
	if _, err := (&eval.SegmentRule{Reason: "chance"}).Language(); err == nil {
		t.Error("no rule, and no error")
	}
}
