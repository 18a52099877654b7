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
	opt := eval.NewRuleOptions()
	opt.Seed = 1
	var err error
	if b.found, err = eval.ShortestRules(b.ctx, b.set.Raw, b.run.Labels, opt); err != nil && b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	for s := range b.cards {
		if err != nil {
			b.cards[s].Rule = "No rule of thumb: " + err.Error() + "."
			continue
		}
		b.cards[s].Rule = b.rule(&b.found[s])
	}
	return nil
}

// grow asks how well trees that golearn grows give customers their segments.
func (b *builder) grow() error {
	_, d := b.set.Raw.Dims()
	cols := []int{} // not nil, which stands for all
	for j, c := range b.set.Raw.Cols {
		if c.Kind != features.Category && c.Kind != features.Embedding { // codes have no order
			cols = append(cols, j)
		}
	}
	trees, err := golearn.Trees(b.ctx, b.set.Raw.Data(), d, b.run.Labels, len(b.cards), golearn.Options{Columns: cols, Seed: 1})
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if err != nil {
		trees = []golearn.Fidelity{{Tree: "CART", Reason: err.Error()}}
	}
	b.trees = nil
	for _, f := range trees {
		t := Tree{Name: f.Tree, Agreement: f.Agreement, F1: f.F1, Held: f.Held, Depth: f.Depth, Reason: f.Reason}
		b.trees = append(b.trees, t)
	}
	return nil
}

// rule says a rule in a sentence, or why there is none.
func (b *builder) rule(r *eval.SegmentRule) string {
	if r.Reason != "" {
		return "No rule of thumb: " + r.Reason + "."
	}
	return fmt.Sprintf("Rule of thumb: %s (finds %s of them; %s of those it finds belong).",
		r.Words(b.cut), whole(r.Recall.Value), whole(r.Precision.Value))
}

// rulesTable compares the rules with trees, which are given all segments at once.
func (b *builder) rulesTable() *Table {
	t := &Table{Name: "rules", Title: "Rules of thumb, on the half of the customers that did not make them", Cols: []Col{
		{Name: "segment", Key: "segment"},
		{Name: "rule", Key: "rule", Text: true},
		{Name: "precision", Key: "precision", Doc: "of those it finds, who belong"},
		{Name: "recall", Key: "recall", Doc: "of those who belong, whom it finds"},
		{Name: "F1", Key: "f1", Doc: "the harmonic mean of the two"},
		{Name: "from", Key: "f1_lo", Rank: 2, Doc: "95 % interval of F1"},
		{Name: "to", Key: "f1_hi", Rank: 2},
	}}
	for _, f := range b.trees {
		t.Cols = append(t.Cols, Col{Name: f.Name + " F1", Key: "f1_" + strings.ToLower(f.Name), Rank: 1, Doc: "of a tree grown by golearn"})
	}
	number := func(x float64) Cell { return Cell{Text: decimals(x, 2), Exact: exact(x)} }
	for g := range b.found {
		r := &b.found[g]
		row := Row{Segment: g + 1, Cells: []Cell{{Text: fmt.Sprint(g + 1), Exact: fmt.Sprint(g + 1)}}}
		if r.Reason != "" {
			m := t.missing(r.Reason)
			row.Cells = append(row.Cells, word("none"), m, m, m, m, m)
		} else {
			row.Cells = append(row.Cells, word(r.Words(b.cut)), number(r.Precision.Value), number(r.Recall.Value), number(r.F1.Value), number(r.F1.Lo), number(r.F1.Hi))
		}
		for _, f := range b.trees {
			switch {
			case f.Reason != "":
				row.Cells = append(row.Cells, t.missing(f.Reason))
			case math.IsNaN(f.F1[g]):
				row.Cells = append(row.Cells, t.missing("none of its customers was held out"))
			default:
				row.Cells = append(row.Cells, number(f.F1[g]))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// fidelity says in a sentence to how many customers the trees give their segment.
func (b *builder) fidelity() string {
	var parts []string
	for _, f := range b.trees {
		if f.Reason != "" {
			return fmt.Sprintf("No tree was grown beside the rules: %s.", f.Reason)
		}
		parts = append(parts, fmt.Sprintf("%s of depth %d to %s", f.Name, f.Depth, whole(f.Agreement)))
	}
	return fmt.Sprintf("Trees grown beside the rules give customers whom they have not seen their own segment: %s.", list(parts))
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
