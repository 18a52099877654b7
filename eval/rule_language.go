package eval

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Language writes the rule in the language of package eval/rule, in which people write
// theirs; it has the same members:
//
//	feature("recency") <= 61 and feature("frequency") > 8
//
// Error: a rule that is none.
func (s *SegmentRule) Language() (string, error) {
	if s.Reason != "" || len(s.Conditions) == 0 {
		return "", fmt.Errorf("segment %d has no rule: %s", s.Segment+1, s.Reason)
	}
	var parts []string
	for i := range s.Conditions {
		parts = append(parts, s.Conditions[i].language())
	}
	return strings.Join(parts, " and "), nil
}

func (c *RuleCondition) language() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	feature := func(name string) string { return `feature("` + strings.ReplaceAll(name, `"`, `""`) + `")` }
	x := feature(c.Column.Name)
	switch c.Test {
	case RuleMissing:
		return x + " is missing"
	case RuleEquals:
		return x + " = " + number(c.Lo)
	case RuleArc:
		// Products, as onArc compares them: the language knows no angles.
		y := feature(c.Sin.Name)
		var arcs []string
		for _, p := range arcParts(c.Lo, c.Hi) {
			ax, ay := arcEnd(p[0])
			bx, by := arcEnd(p[1])
			arcs = append(arcs, fmt.Sprintf("%s * %s >= %s * %s and %s * %s < %s * %s", number(ax), y, number(ay), x, number(bx), y, number(by), x))
		}
		return fmt.Sprintf("(%s != 0 or %s != 0) and (%s)", x, y, strings.Join(arcs, " or "))
	}
	var parts []string
	if !math.IsInf(c.Lo, 0) {
		parts = append(parts, x+" > "+number(c.Lo))
	}
	if !math.IsInf(c.Hi, 0) {
		parts = append(parts, x+" <= "+number(c.Hi))
	}
	if parts == nil {
		return x + " is not missing"
	}
	return strings.Join(parts, " and ")
}
