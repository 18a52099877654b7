package eval

import (
	"encoding/json"
	"math"

	"github.com/mores-lab/mores/features"
)

// RuleTest is a kind of condition.
type RuleTest string

// The kinds of condition.
const (
	RuleBetween RuleTest = "between" // Lo < x ≤ Hi; an infinite bound is open
	RuleEquals  RuleTest = "equals"  // x = Lo
	RuleArc     RuleTest = "arc"     // the direction lies from Lo to Hi, in turns, Hi not included
	RuleMissing RuleTest = "missing" // x is not known
)

// RuleCondition is one condition of a rule. A missing value (NaN) meets only
// RuleMissing: a bound open on both sides asks that the value be known.
type RuleCondition struct {
	Test   RuleTest
	Column features.Column
	At     int // the column's number; of an arc NAME_cos's
	Lo, Hi float64
	// Whole says that the column holds whole numbers only: Lo < x is then at least Lo + 1.
	Whole bool
	Sin   features.Column // of an arc: NAME_sin
	SinAt int
}

// Holds reports whether a row meets the condition.
func (c *RuleCondition) Holds(row []float64) bool {
	x := row[c.At]
	switch c.Test {
	case RuleEquals:
		return x == c.Lo
	case RuleMissing:
		return math.IsNaN(x)
	case RuleArc:
		return onArc(x, row[c.SinAt], c.Lo, c.Hi)
	}
	return x > c.Lo && x <= c.Hi
}

// Holds reports whether a row meets all conditions.
func (s *SegmentRule) Holds(row []float64) bool {
	for i := range s.Conditions {
		if !s.Conditions[i].Holds(row) {
			return false
		}
	}
	return true
}

// onArc reports whether the direction of (x, y) lies from turn lo to turn hi, hi not
// included, going on past the full turn where hi < lo. Only products are compared, each
// rounded on its own, so that SQL gets the same answer. What has no direction, or is
// missing, lies nowhere.
func onArc(x, y, lo, hi float64) bool {
	if !(x != 0 || y != 0) || math.IsNaN(x) || math.IsNaN(y) {
		return false
	}
	for _, part := range arcParts(lo, hi) {
		ax, ay := arcEnd(part[0])
		bx, by := arcEnd(part[1])
		if float64(ax*y) >= float64(ay*x) && float64(bx*y) < float64(by*x) { // after a, before b
			return true
		}
	}
	return false
}

// arcParts cuts an arc in two if it is half a turn or longer: which side of a line a
// point lies on tells only of less.
func arcParts(lo, hi float64) [][2]float64 {
	w := hi - lo
	if w < 0 {
		w++
	}
	if w < 0.5 {
		return [][2]float64{{lo, hi}}
	}
	mid := lo + w/2
	mid -= math.Floor(mid)
	return [][2]float64{{lo, mid}, {mid, hi}}
}

// arcEnd is the point of the unit circle at a turn, exact at its quarters.
func arcEnd(turn float64) (x, y float64) {
	switch turn {
	case 0:
		return 1, 0
	case 0.25:
		return 0, 1
	case 0.5:
		return -1, 0
	case 0.75:
		return 0, -1
	}
	y, x = math.Sincos(2 * math.Pi * turn)
	return x, y
}

// MarshalJSON writes null for an open bound.
func (c RuleCondition) MarshalJSON() ([]byte, error) {
	end := func(x float64) *float64 {
		if c.Test == RuleMissing || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	out := struct {
		Test  RuleTest `json:"test"`
		Name  string   `json:"column"`
		Sin   string   `json:"sin,omitempty"`
		Unit  string   `json:"unit,omitempty"`
		Lo    *float64 `json:"lo,omitempty"`
		Hi    *float64 `json:"hi,omitempty"`
		Value *float64 `json:"value,omitempty"`
	}{Test: c.Test, Name: c.Column.Name, Sin: c.Sin.Name, Unit: c.Column.Unit}
	if c.Test == RuleEquals {
		out.Value = &c.Lo
	} else {
		out.Lo, out.Hi = end(c.Lo), end(c.Hi)
	}
	return json.Marshal(out)
}
