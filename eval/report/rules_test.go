package report

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// TestRuleInWords: the sentences, as a person would say them.
func TestRuleInWords(t *testing.T) {
	cols := []features.Column{
		{Name: "recency", Unit: "days"},
		{Name: "frequency", Unit: "count"},
		{Name: "monetary_total", Unit: "money"},
		{Name: "weekend_share", Kind: features.Share},
		{Name: "gap_mean", Unit: "days"},
		{Name: "odd", Doc: "Something odd."},
	}
	b := &builder{set: &study.Set{Raw: features.NewMatrix(0, cols, nil)}, data: study.Data{Currency: "GBP"}}
	inf := math.Inf(1)
	between := func(at int, lo, hi float64, whole bool) eval.RuleCondition {
		return eval.RuleCondition{Test: eval.RuleBetween, Column: cols[at], At: at, Lo: lo, Hi: hi, Whole: whole}
	}
	rule := func(recall, precision float64, c ...eval.RuleCondition) *eval.SegmentRule {
		return &eval.SegmentRule{Conditions: c, Recall: eval.RuleShare{Value: recall}, Precision: eval.RuleShare{Value: precision}}
	}
	for _, c := range []struct {
		rule *eval.SegmentRule
		want string
	}{
		{
			rule(0.876, 0.924, between(0, -inf, 61, false), between(1, 8, inf, true)),
			"Rule of thumb: last bought at most 61 days ago and bought on at least 9 days (finds 88 % of them; 92 % of those it finds belong).",
		},
		{
			rule(0.999, 1, between(2, 1500, inf, false)),
			"Rule of thumb: spent more than £1,500 in total (finds 99 % of them; 100 % of those it finds belong).",
		},
		{
			rule(0.5, 0.001, between(3, 0.125, 0.3, false), between(4, -inf, 10, false), between(5, -inf, -1234567, false)),
			"Rule of thumb: buys at the weekend 12.5 to 30 % of the time, buys every 10 days or less and Something odd: at most −1,234,567 (finds 50 % of them; 1 % of those it finds belong).",
		},
		{
			rule(1, 1, between(4, -inf, inf, false), between(0, 0, 1, true), between(5, 0.00002, inf, false)),
			"Rule of thumb: gap mean is known, last bought 1 day ago and Something odd: more than 0.00002 (finds 100 % of them; 100 % of those it finds belong).",
		},
		{&eval.SegmentRule{Reason: "too few rows"}, "No rule of thumb: too few rows."},
	} {
		if got := strings.ReplaceAll(b.rule(c.rule), nb, " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestRulesTable: rules beside trees, and reasons where there are none.
func TestRulesTable(t *testing.T) {
	r := made{n: 800}.report(t, Options{})
	var rules *Table
	for _, x := range r.Tables() {
		if x.Name == "rules" {
			rules = x
		}
	}
	if rules == nil || len(rules.Rows) != 4 || len(rules.Cols) != 10 {
		t.Fatalf("%+v", rules)
	}
	for _, row := range rules.Rows {
		if len(row.Cells) != len(rules.Cols) || row.Cells[1].Text == "" || row.Cells[9].Text == "–" {
			t.Errorf("%+v", row.Cells)
		}
	}
	text := string(render(t, "report.md", r))
	if !strings.Contains(text, "Trees grown beside the rules") || strings.Contains(text, "Who they are") {
		t.Error("the report lacks the trees' fidelity, or tests descriptors that there are not")
	}
}

// TestExplain: every segment of a study with a rule, exemplars of its own, descriptors
// with q, and trees.
func TestExplain(t *testing.T) {
	m := made{n: 800}.study(t)
	set, err := m.Set("rfm", "block")
	if err != nil {
		t.Fatal(err)
	}
	run, err := m.RunData(fmt.Sprintf("%016x", 5)) // four segments
	if err != nil {
		t.Fatal(err)
	}
	group, coin := datasets.TableColumn{Name: "group"}, datasets.TableColumn{Name: "coin"}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range run.Labels {
		group.Text = append(group.Text, []string{"a", "b", "b", "c"}[run.Labels[i]])
		coin.Text = append(coin.Text, []string{"heads", "tails"}[rng.IntN(2)])
	}
	set.Raw.Descriptors = &datasets.Table{Name: "customers", Keys: set.Raw.IDs, Cols: []datasets.TableColumn{group, coin}}
	e, err := Explain(t.Context(), m, Options{Run: fmt.Sprintf("%016x", 5)})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Segments) != 4 || len(e.Trees) != 3 || e.Customers != 800 || len(e.Descriptors) != 2 {
		t.Fatalf("%+v", e)
	}
	if d := e.Descriptors; d[0].Name != "group" || !d[0].Significant() || d[0].Size != "large" || d[1].Significant() {
		t.Errorf("%+v", d)
	}
	for g, s := range e.Segments {
		if s.InWords == "" || s.Found.F1.Value < 0.6 || len(s.Exemplars.Medoids) != 3 || len(s.Exemplars.Boundary) != 3 || len(s.Traits) == 0 {
			t.Errorf("segment %d: %+v", g+1, s)
		}
		for _, x := range s.Exemplars.Medoids {
			if int(run.Labels[x.Row]) != g || x.ID != set.X.ID(x.Row) {
				t.Errorf("segment %d: %+v", g+1, x)
			}
		}
	}
	if _, err := Explain(t.Context(), m, Options{Run: "nobody"}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
	if _, err := Explain(t.Context(), study.NewMemory(), Options{}); err == nil || !strings.Contains(err.Error(), "no run") {
		t.Errorf("%v", err)
	}
	// Descriptors of more customers than were clustered are matched by id.
	set.Raw.Descriptors = &datasets.Table{Name: "customers", Keys: append([]string{"stranger"}, set.Raw.IDs...), Cols: []datasets.TableColumn{{Name: "group", Text: append([]string{"z"}, group.Text...)}}}
	if e, err = Explain(t.Context(), m, Options{Run: fmt.Sprintf("%016x", 5)}); err != nil || len(e.Descriptors) != 1 || e.Descriptors[0].Known != 800 || !e.Descriptors[0].Significant() {
		t.Errorf("%+v, %v", e, err)
	}
	b := &builder{ctx: t.Context(), set: set, run: run}
	if d := b.descriptorsTable(); d == nil || len(d.Rows) != 1 || d.Rows[0].Cells[4].Mark != "*" {
		t.Errorf("%+v", d)
	}
}

// TestRulesAreOnTheCards: every card has a rule or a reason in every medium with
// cards; angles are in none; small segments say why they have none.
func TestRulesAreOnTheCards(t *testing.T) {
	rules := 0
	for _, n := range []int{60, 800} {
		r := made{n: n}.report(t, Options{})
		for _, c := range r.Cards {
			switch {
			case strings.HasPrefix(c.Rule, "Rule of thumb: "):
				rules++
			case strings.HasPrefix(c.Rule, "No rule of thumb: ") && n == 60:
			default:
				t.Errorf("%d customers, segment %d: rule %q", n, c.Segment, c.Rule)
			}
			if strings.Contains(c.Rule, "Circular") {
				t.Errorf("segment %d: %q speaks of an angle", c.Segment, c.Rule)
			}
			plain := strings.Join(strings.Fields(strings.ReplaceAll(c.Rule, nb, " ")), " ")
			for _, name := range []string{"report.html", "report.md", "terminal.txt", "colour.txt"} {
				out := strings.ReplaceAll(string(render(t, name, r)), nb, " ")
				out = strings.Join(strings.Fields(strings.ReplaceAll(out, `\`, "")), " ")
				if !strings.Contains(out, plain) {
					t.Errorf("%s lacks %q", name, plain)
				}
			}
		}
	}
	if rules < 5 {
		t.Errorf("%d rules, want one for each of the 4 groups of 800 customers at the least, and one of 60", rules)
	}
	// 6 of 60 customers are the smallest group: too few.
	r := made{n: 60}.report(t, Options{})
	if c := r.Cards[len(r.Cards)-1]; !strings.Contains(c.Rule, "fewer than 20") {
		t.Errorf("segment of %d: %q, want the reason that it is small", c.Size, c.Rule)
	}
	// A narrow terminal leaves the rules to the files.
	var b bytes.Buffer
	if err := Terminal(&b, r, 60, false); err != nil || strings.Contains(b.String(), "ule of thumb:") {
		t.Errorf("a terminal of 60 cells shows rules (error %v)", err)
	}
}

// TestRulesEndWithTheContext: a report that is cancelled while rules are sought ends.
func TestRulesEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m := made{n: 100}.study(t)
	if _, err := Build(ctx, m, Options{}); err == nil {
		t.Error("no error")
	}
}
