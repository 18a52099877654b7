package eval

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/features"
)

// Words says a rule as people do, in the features' own units: "last bought at most
// 61 days ago and bought on at least 9 days"; "" for a rule that is none. quantity writes
// a value of a column with its unit; nil writes it without a currency.
func (s *SegmentRule) Words(quantity func(x float64, c features.Column) string) string {
	parts := make([]string, len(s.Conditions))
	for i := range s.Conditions {
		parts[i] = s.Conditions[i].Words(quantity)
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// Words says a condition as people do.
func (c *RuleCondition) Words(quantity func(x float64, c features.Column) string) string {
	if quantity == nil {
		quantity = ruleQuantity
	}
	name := strings.ReplaceAll(c.Column.Name, "_", " ")
	switch c.Test {
	case RuleMissing:
		return name + " is not known"
	case RuleEquals:
		return name + " is " + strconv.FormatFloat(c.Lo, 'g', -1, 64)
	case RuleArc:
		return arcWords(c.Column.Name, c.Lo, c.Hi)
	}
	if c.Column.Kind == features.Binary && math.IsInf(c.Lo, 0) != math.IsInf(c.Hi, 0) {
		if math.IsInf(c.Lo, 0) {
			return name + ": no"
		}
		return name + ": yes"
	}
	least, most, over := "", "", true
	if !math.IsInf(c.Lo, 0) {
		lo := c.Lo
		if c.Whole && math.Abs(lo) < 1<<53 {
			lo, over = lo+1, false
		}
		least = quantity(lo, c.Column)
	}
	if !math.IsInf(c.Hi, 0) {
		most = quantity(c.Hi, c.Column)
	}
	return Limits(c.Column, least, most, over)
}

// arcWords says where on its clock a direction lies.
func arcWords(column string, from, to float64) string {
	name := strings.TrimSuffix(column, "_cos")
	for _, k := range clockClocks {
		if k.name == name {
			return arcSentence.Replace(insert(k.sentence, k.arc(from, to)))
		}
	}
	return fmt.Sprintf("%s lies from %.0f to %.0f degrees", strings.ReplaceAll(name, "_", " "), 360*from, 360*to)
}

// arcSentence turns "around the from" of a clock's sentence, which is about a point of it,
// into English.
var arcSentence = strings.NewReplacer("around the from ", "from ", "around from ", "from ", "around in ", "in ", "around around ", "around ")

// ruleQuantity writes a bound with all its digits, seven at most: bounds are round
// numbers, and what is printed is what was counted.
func ruleQuantity(x float64, c features.Column) string {
	factor, percent := Spoken(c)
	s := strconv.FormatFloat(factor*x, 'g', 7, 64)
	switch {
	case percent:
		return s + " %"
	case c.Unit == "days" && s == "1":
		return s + " day"
	case c.Unit == "days" || c.Unit == "weeks" || c.Unit == "hours" || c.Unit == "units":
		return s + " " + c.Unit
	case strings.HasPrefix(c.Unit, "1/"):
		return s + " a " + strings.TrimPrefix(c.Unit, "1/")
	}
	return s // counts, money and ratios: the sentence says what they are
}

// String says a rule in the columns' names: recency <= 61 and frequency > 8.
func (s *SegmentRule) String() string {
	if s.Reason != "" {
		return "no rule: " + s.Reason
	}
	parts := make([]string, len(s.Conditions))
	for i := range s.Conditions {
		parts[i] = s.Conditions[i].String()
	}
	return strings.Join(parts, " and ")
}

// String says a condition in the column's name.
func (c *RuleCondition) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	name := c.Column.Name
	switch c.Test {
	case RuleMissing:
		return name + " is missing"
	case RuleEquals:
		return name + " = " + number(c.Lo)
	case RuleArc:
		return fmt.Sprintf("%s in [%.0f°, %.0f°)", strings.TrimSuffix(name, "_cos"), 360*c.Lo, 360*c.Hi)
	}
	lo, hi := !math.IsInf(c.Lo, 0), !math.IsInf(c.Hi, 0)
	switch {
	case lo && hi:
		return number(c.Lo) + " < " + name + " <= " + number(c.Hi)
	case lo:
		return name + " > " + number(c.Lo)
	case hi:
		return name + " <= " + number(c.Hi)
	}
	return name + " is known"
}
