package report

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/golearn"
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
	for _, c := range []struct {
		rule golearn.Rule
		want string
	}{
		{
			golearn.Rule{Conditions: []golearn.Condition{{Column: 0, Lo: -inf, Hi: 61}, {Column: 1, Lo: 8, Hi: inf, Whole: true}}, Recall: 0.876, Precision: 0.924},
			"Rule of thumb: last bought at most 61 days ago and bought on at least 9 days (finds 88 % of them; 92 % of those it finds belong).",
		},
		{
			golearn.Rule{Conditions: []golearn.Condition{{Column: 2, Lo: 1500, Hi: inf}}, Recall: 0.999, Precision: 1},
			"Rule of thumb: spent more than £1,500 in total (finds 99 % of them; 100 % of those it finds belong).",
		},
		{
			golearn.Rule{Conditions: []golearn.Condition{{Column: 3, Lo: 0.125, Hi: 0.3}, {Column: 4, Lo: -inf, Hi: 10}, {Column: 5, Lo: -inf, Hi: -1234567}}, Recall: 0.5, Precision: 0.001},
			"Rule of thumb: buys at the weekend 12.5 to 30 % of the time, buys every 10 days or less and Something odd: at most −1,234,567 (finds 50 % of them; 1 % of those it finds belong).",
		},
		{
			golearn.Rule{Conditions: []golearn.Condition{{Column: 4, Lo: -inf, Hi: inf}, {Column: 0, Lo: 0, Hi: 1, Whole: true}, {Column: 5, Lo: 0.00002, Hi: inf}}, Recall: 1, Precision: 1},
			"Rule of thumb: gap mean is known, last bought 1 day ago and Something odd: more than 0.00002 (finds 100 % of them; 100 % of those it finds belong).",
		},
		{
			golearn.Rule{Reason: "golearn could not grow the tree: index out of range"},
			"No rule of thumb: golearn could not grow the tree: index out of range.",
		},
	} {
		if got := strings.ReplaceAll(b.rule(c.rule), nb, " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
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
