package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// segmentCount puts the rules for the number of segments side by side.
func (b *builder) segmentCount() *Section {
	s := &Section{ID: "k", Title: "How many segments"}
	p := b.state.Verdict.Indices
	if p == nil || len(p.K) == 0 {
		s.add(Text("No rule for the number of segments could be asked."))
		return s
	}
	decided := "they did not decide: what customers did afterwards did"
	if b.state.Verdict.By != "hold-out" {
		decided = "they inform, and none of them decided alone"
	}
	s.add(Text(fmt.Sprintf("Every rule looks at one property of the segments, and rules disagree because “how many” has no answer without “for what”. Here %s. A rule whose favourite lies at the edge of what was tried abstains, because the best may lie beyond.", decided)))
	s.add(b.ruleTable(p.K))
	if t := b.voteTable(p.Votes); len(t.Rows) > 0 {
		s.add(t, Text("Votes are counted within a family only. Rules of one family reward the same thing (round groups, dense groups), so their number says nothing: five rules of a kind are one opinion."))
	}
	return s
}

// ruleTable is each rule with its number, or why it has none.
func (b *builder) ruleTable(rules []eval.KRule) *Table {
	v := b.state.Verdict
	t := &Table{Name: "k_rules", Title: fmt.Sprintf("Each rule's number of segments, for %s on %s; the verdict has %d", v.Algorithm, v.Set, v.K), Cols: []Col{
		{Name: "rule", Text: true},
		{Name: "rewards", Text: true},
		{Name: "takes", Text: true, Rank: 2},
		{Name: "segments"},
		{Name: "value there", Rank: 1},
		{Name: "why it abstains", Text: true},
	}}
	for _, r := range slices.SortedStableFunc(slices.Values(rules), func(x, y eval.KRule) int { return abstains(x) - abstains(y) }) {
		row := Row{Strong: r.K == v.K, Quiet: r.K == 0, Cells: []Cell{word(spoken(r.Rule)), word(r.Family), word(r.How)}}
		if r.K == 0 {
			row.Cells = append(row.Cells, word("abstains"), Cell{Text: "–"}, word(cmp.Or(uncomputed(r.Reason), "not known")))
		} else {
			value := Cell{Text: "–"}
			if r.Index >= 0 {
				value = Cell{Text: score(r.Value), Exact: exact(r.Value)}
			}
			row.Cells = append(row.Cells, word(count(r.K)), value, word(""))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// abstains is 1 for a rule that has no number.
func abstains(r eval.KRule) int {
	if r.K == 0 {
		return 1
	}
	return 0
}

const notComputed = "not among this study's metrics"

// uncomputed is a reason in fewer words where a metric is not there at all.
func uncomputed(reason string) string {
	if strings.HasPrefix(reason, "rates 0 of") && strings.Contains(reason, "was not computed") {
		return notComputed
	}
	return reason
}

// voteTable is what the indices of each family would choose.
func (b *builder) voteTable(votes []eval.Tally) *Table {
	t := &Table{Name: "votes", Title: "What the indices would take, family by family", Cols: []Col{
		{Name: "family", Text: true},
		{Name: "votes cast"},
		{Name: "most first places", Text: true},
		{Name: "abstained", Text: true},
	}}
	for _, f := range votes {
		var winners, abstained []string
		for _, w := range f.Winners {
			if w < len(b.state.Verdict.Compared) {
				winners = append(winners, b.names[b.state.Verdict.Compared[w]])
			}
		}
		var without []string
		for _, a := range f.Abstained {
			if why := uncomputed(a.Reason); why == notComputed {
				without = append(without, spoken(a.Voter))
			} else {
				abstained = append(abstained, fmt.Sprintf("%s (%s)", spoken(a.Voter), strings.TrimSuffix(spoken(why), ".")))
			}
		}
		if len(without) > 0 {
			abstained = append(abstained, list(without)+" ("+notComputed+")")
		}
		first := list(winners)
		if first == "" {
			first = cmp.Or(f.Reason, "nobody")
		}
		t.Rows = append(t.Rows, Row{Quiet: f.Cast == 0, Cells: []Cell{word(f.Family), word(count(f.Cast)), word(first), word(strings.Join(abstained, "; "))}})
	}
	return t
}
