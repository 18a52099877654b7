package report

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/golearn"
)

// rules writes a short rule for each segment into the cards: who most probably
// belongs, in the features' own units, and how often that is right. It is found on
// one half of the customers and counted on the other.
func (b *builder) rules() error {
	_, d := b.set.Raw.Dims()
	cols := []int{} // not nil, which stands for all
	for j, c := range b.set.Raw.Cols {
		if c.Kind != features.Angle && c.Kind != features.Category && c.Kind != features.Embedding { // as in eval.Cards
			cols = append(cols, j)
		}
	}
	rules, err := golearn.Rules(b.ctx, b.set.Raw.Data(), d, b.run.Labels, len(b.cards), golearn.Options{Columns: cols, Seed: 1})
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	for s := range b.cards {
		if err != nil {
			b.cards[s].Rule = "No rule of thumb: " + err.Error() + "."
			continue
		}
		b.cards[s].Rule = b.rule(rules[s])
	}
	return nil
}

// rule says a rule in a sentence, or why there is none.
func (b *builder) rule(r golearn.Rule) string {
	if r.Reason != "" {
		return "No rule of thumb: " + r.Reason + "."
	}
	var parts []string
	for _, c := range r.Conditions {
		parts = append(parts, b.condition(c))
	}
	return fmt.Sprintf("Rule of thumb: %s (finds %s of them; %s of those it finds belong).",
		list(parts), whole(r.Recall), whole(r.Precision))
}

// condition says a condition in plain words.
func (b *builder) condition(c golearn.Condition) string {
	col := b.set.Raw.Cols[c.Column]
	least, most, over := "", "", true
	if !math.IsInf(c.Lo, 0) {
		lo := c.Lo
		if c.Whole && math.Abs(lo) < 1<<53 {
			lo, over = lo+1, false
		}
		least = b.cut(lo, col)
	}
	if !math.IsInf(c.Hi, 0) {
		most = b.cut(c.Hi, col)
	}
	return eval.Limits(col, least, most, over)
}

// cut prints a bound with its unit and all its digits, seven at most: bounds are
// round numbers, and what is printed is what was counted.
func (b *builder) cut(x float64, c features.Column) string {
	factor, percents := eval.Spoken(c)
	x *= factor
	s := strconv.FormatFloat(x, 'g', 7, 64)
	if strings.ContainsRune(s, 'e') {
		if math.Abs(x) >= 1e15 || math.Abs(x) < 1e-12 {
			s = strings.Replace(s, "-", "−", 2)
		} else {
			s = thousands(strconv.FormatFloat(x, 'f', max(0, 6-int(math.Floor(math.Log10(math.Abs(x))))), 64))
			if strings.ContainsRune(s, '.') {
				s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
			}
		}
	} else {
		s = thousands(s)
	}
	switch currency := cmp.Or(currencySigns[strings.ToUpper(b.data.Currency)], b.data.Currency); {
	case percents:
		return s + nb + "%"
	case c.Unit == "money" && currency == "":
		return s
	case c.Unit == "money" && currency == b.data.Currency:
		return s + nb + currency
	case c.Unit == "money" && strings.HasPrefix(s, "−"):
		return "−" + currency + strings.TrimPrefix(s, "−")
	case c.Unit == "money":
		return currency + s
	case c.Unit == "days" && s == "1":
		return s + nb + "day"
	case c.Unit == "days" || c.Unit == "weeks" || c.Unit == "hours" || c.Unit == "units":
		return s + nb + c.Unit
	case strings.HasPrefix(c.Unit, "1/"):
		return s + " a " + strings.TrimPrefix(c.Unit, "1/")
	}
	return s // counts and ratios: the sentence says what they are
}

// whole prints a share as whole percents; all and none only where it is.
func whole(share float64) string {
	p := math.Round(100 * share)
	if share < 1 {
		p = min(p, 99)
	}
	if share > 0 {
		p = max(p, 1)
	}
	return fmt.Sprintf("%.0f"+nb+"%%", p)
}
