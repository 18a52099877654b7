package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// natural says whether there are groups in the data at all, feature set by feature set.
func (b *builder) natural() *Section {
	s := &Section{ID: "structure", Title: "Are there natural groups"}
	if len(b.state.Structures) == 0 {
		s.add(Text("It was not tested, so nothing is known of it."))
		return s
	}
	s.add(Text("Any data can be cut into segments, so the test asks the other way round: data were made of which it is known that they hold no groups, but which resemble these data otherwise, and were cut into segments in every way that this study tried. If these look as grouped as the real data, then looking grouped proves nothing. p is how often that happens; groups are called natural only where it is rarer than the level, for every kind of such data."))
	t := b.structureTable()
	if len(t.Rows) > 0 {
		s.add(t)
	}
	var said []string
	for _, e := range b.state.Structures {
		r := e.Structure
		switch {
		case r == nil:
		case r.Natural:
			said = append(said, e.Set+": natural: data without groups are almost never as grouped.")
		case !slices.ContainsFunc(r.Nulls, func(n eval.NullResult) bool { return n.Decided }):
			said = append(said, fmt.Sprintf("%s: not known, %s.", e.Set, strings.TrimSuffix(cmp.Or(r.Reason, "no data without groups could be made"), ".")))
		}
	}
	if len(said) > 0 {
		s.add(Bullets(said))
	}
	s.add(b.tendency()...)
	s.add(Text("Once one kind of data without groups looks as grouped as the real data, the answer is known and the other kinds are not looked at. May be said: with a large p, that the customers differ by degrees, and that segments are a way to divide them. May not be said: that there are no differences worth acting on. Most customer bases are a continuum, and a good division of one is still of use."))
	return s
}

// tendency is what is told of each feature set besides, and never votes.
func (b *builder) tendency() []Block {
	var told []string
	for _, e := range b.state.Structures {
		if e.Structure != nil && e.Structure.Tendency != nil {
			told = append(told, e.Set+": "+strings.Join(e.Structure.Tendency.Says, " "))
		}
	}
	if len(told) == 0 {
		return nil
	}
	return []Block{Text("Other statistics that are often taken for such a test, for information:"), Bullets(told)}
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
		{Name: "looked at", Rank: 5, Doc: "customers, drawn at random where there are many"},
		{Name: "outcome", Text: true},
	}}
	for _, e := range b.state.Structures {
		r := e.Structure
		if r == nil {
			continue
		}
		for _, n := range r.Nulls {
			name := word(nullWords(n.Name))
			row := Row{Strong: e.Set == b.state.Verdict.Set && e.Scale == b.state.Verdict.Scale, Cells: []Cell{word(e.Set), name}}
			if !n.Decided && strings.HasPrefix(n.Reason, "not looked at") {
				continue
			}
			name.Note = t.note(n.Doc)
			row.Cells[1] = name
			if !n.Decided {
				dash := t.missing(cmp.Or(n.Reason, "not looked at"))
				row.Quiet, row.Strong = true, false
				row.Cells = append(row.Cells, dash, word(decimals(r.Alpha, 2)), dash, dash, dash, dash, dash, word("not known"))
				t.Rows = append(t.Rows, row)
				continue
			}
			outcome := "look as grouped"
			if n.Beaten {
				outcome = "rarely as grouped"
			}
			row.Cells = append(row.Cells, Cell{Text: chance(n.P), Exact: exact(n.P)}, word(decimals(r.Alpha, 2)), word(count(n.Draws)), word(count(n.Exceeded)),
				Cell{Text: score(n.Rating), Exact: exact(n.Rating)}, word(score(n.Expected)+nb+"±"+nb+score(n.SD)), word(count(r.Rows)), word(outcome))
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
