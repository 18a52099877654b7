package report

import (
	"cmp"
	"fmt"
	"strings"
)

// natural says whether there are groups in the data at all, feature set by feature set.
func (b *builder) natural() *Section {
	s := &Section{ID: "structure", Title: "Are there natural groups"}
	if len(b.state.Structures) == 0 {
		s.add(Text("It was not tested, so nothing is known of it."))
		return s
	}
	s.add(Text("Any data can be cut into segments, so the test asks the other way round: data were made of which it is known that they hold no groups, but which resemble these data otherwise, and were cut into segments in every way that this study tried. If they look as grouped as the real data, the real groups are no evidence of anything. p is how often that happens; groups are called natural only where it is rarer than the level for every kind of such data."))
	s.add(b.structureTable())
	var said []string
	for _, e := range b.state.Structures {
		r := e.Structure
		if r == nil {
			continue
		}
		what := "natural groups: no data without groups look as grouped"
		if !r.Natural {
			what = cmp.Or(r.Reason, "not natural")
		}
		line := fmt.Sprintf("%s: %s", e.Set, strings.TrimSuffix(what, "."))
		if r.Sampled {
			line += fmt.Sprintf("; looked at a random %s of the %ss", count(r.Rows), b.unit())
		}
		said = append(said, line+".")
	}
	s.add(Bullets(said), Text("May be said: with a large p, that the customers differ by degrees, and that segments are a way to divide them. May not be said: that there are no differences worth acting on. Most customer bases are a continuum, and a good division of one is still of use."))
	return s
}

// structureTable has a row a feature set and kind of data without groups.
func (b *builder) structureTable() *Table {
	t := &Table{Name: "structure", Title: "The data beside data without groups", Cols: []Col{
		{Name: "feature set", Text: true},
		{Name: "data without groups", Text: true},
		{Name: "p", Doc: "how often they look as grouped"},
		{Name: "level", Rank: 4, Doc: "below which groups would be natural"},
		{Name: "drawn", Rank: 3},
		{Name: "as grouped", Rank: 2},
		{Name: "silhouette of the data", Doc: "in the setting that stands out most"},
		{Name: "expected without groups", Doc: "mean ± standard deviation, in the same setting"},
		{Name: "outcome", Text: true},
	}}
	for _, e := range b.state.Structures {
		r := e.Structure
		if r == nil {
			continue
		}
		for _, n := range r.Nulls {
			name := word(nullWords(n.Name))
			name.Note = t.note(n.Doc)
			row := Row{Strong: e.Set == b.state.Verdict.Set && e.Scale == b.state.Verdict.Scale, Cells: []Cell{word(e.Set), name}}
			if !n.Decided {
				dash := t.missing(cmp.Or(n.Reason, "not looked at"))
				row.Quiet, row.Strong = true, false
				row.Cells = append(row.Cells, dash, word(decimals(r.Alpha, 2)), dash, dash, dash, dash, word("not looked at"))
				t.Rows = append(t.Rows, row)
				continue
			}
			outcome := "look as grouped"
			if n.Beaten {
				outcome = "never look as grouped"
			}
			row.Cells = append(row.Cells, Cell{Text: chance(n.P), Exact: exact(n.P)}, word(decimals(r.Alpha, 2)), word(count(n.Draws)), word(count(n.Exceeded)),
				Cell{Text: score(n.Rating), Exact: exact(n.Rating)}, word(score(n.Expected)+nb+"±"+nb+score(n.SD)), word(outcome))
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// chance prints a p-value.
func chance(p float64) string {
	if p < 0.001 {
		return "<" + nb + "0.001"
	}
	return decimals(p, 3)
}

// nullWords names a kind of data without groups.
func nullWords(name string) string {
	switch name {
	case "cohort":
		return "a simulated cohort"
	case "shuffle":
		return "shuffled events"
	case "copula":
		return "a smooth cloud"
	}
	return name
}
