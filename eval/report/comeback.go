package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
)

// refitted are the indices that cluster a run again. Few runs have them, so they stand
// in a table of their own and not in the ranking.
var refitted = []string{"stability", "value_stability", "resample_ari", "seed_ari", "prediction_strength", "temporal_stability"}

// comeBack says whether the segments are found again in other samples.
func (b *builder) comeBack() *Section {
	s := &Section{ID: "stability", Title: "Do the segments come back"}
	s.add(Text("Half of the " + b.unit() + "s were drawn again and again, and everything was learned anew from them alone. A segment comes back if a new one holds the same people: 1 would be exactly the same, and below 0.5 it has dissolved. A large segment is found again by luck, so beside each stands what a random group of its size would reach; the reading counts only what lies above that."))
	if t := b.stabilityTable(); t != nil {
		s.add(t)
		s.add(Text("May be said: a stable segment does not hang on who happened to be a customer. May not be said: that it is a natural group, or of use. A doubtful or unstable segment should not get a budget of its own: merge it with its neighbour, or use fewer segments."))
	} else {
		s.add(Text("It was not looked at, or could not be; so nothing is known of it."))
	}
	if t := b.otherStability(); t != nil {
		s.add(Text("The other segmentations that were looked at, segment by segment. Numbers and names are their own: Segment 1 of one is not Segment 1 of another."), t)
	}
	if t := b.refitTable(); len(t.Rows) > 0 {
		s.add(t, Text("1 is the same again; for the adjusted Rand index (ARI) 0 is as much as by chance. How well one half foretells the other's pairs speaks of the weakest segment: from 0.8 on a number of segments counts as well supported (Tibshirani and Walther 2005)."))
	}
	return s
}

// stabilityCols are the columns of a segment's size and of stabilityCells.
var stabilityCols = []Col{
	{Name: "customers", Rank: 4},
	{Name: "comes back", Doc: "mean Jaccard coefficient over refits"},
	{Name: "95 % interval", Text: true, Rank: 3, Doc: "of the mean, over more refits"},
	{Name: "random group of its size", Rank: 2},
	{Name: "above chance", Doc: "(comes back − random) ÷ (1 − random)"},
	{Name: "dissolved", Text: true, Rank: 1, Doc: "refits in which no segment is like it"},
	{Name: "reading", Text: true},
}

// stabilityTable has a row a segment of the choice; nil = nothing is known.
func (b *builder) stabilityTable() *Table {
	v := b.state.Verdict
	if len(v.Segments) == 0 {
		return nil
	}
	t := &Table{Name: "stability", Title: "How much of each segment comes back: " + v.Name, Cols: append([]Col{{Name: "segment"}, {Name: "name", Text: true}}, stabilityCols...)}
	names := b.segmentNames()
	run := b.chosen()
	for i, g := range v.Segments {
		name, size := Cell{}, Cell{Text: "–"}
		if i < len(names) {
			name = word(names[i])
		}
		if run != nil && i < len(run.Done.Sizes) {
			size = word(count(run.Done.Sizes[i]))
		}
		cells := append([]Cell{word(count(i + 1)), name, size}, stabilityCells(t, g)...)
		t.Rows = append(t.Rows, Row{Segment: b.colourOf(i), Quiet: g.Reading != eval.Stable, Cells: cells})
	}
	return t
}

// stabilityCells are what stands of a segment: how much comes back, its interval, what
// random groups reach, how much lies above that, in how many refits it dissolved, a word.
func stabilityCells(t *Table, g verdict.Segment) []Cell {
	two := func(x float64) Cell { return Cell{Text: decimals(x, 2), Exact: exact(x)} }
	var span, lost Cell
	switch {
	case g.Refits == 0:
		span = t.missing("the study was judged by an older version, which did not keep it")
		lost = span
	case g.Lo == nil || g.Hi == nil:
		span, lost = t.missing("one refit has no interval"), word(fmt.Sprintf("%s of %s", count(g.Dissolved), count(g.Refits)))
	default:
		span, lost = word(decimals(*g.Lo, 2)+" to "+decimals(*g.Hi, 2)), word(fmt.Sprintf("%s of %s", count(g.Dissolved), count(g.Refits)))
	}
	return []Cell{two(g.Jaccard), span, two(g.Null), two(g.Gain), lost, word(string(g.Reading))}
}

// otherStability has a row for each segment of the runs beside the choice that were looked
// at; nil = there are none, or the journal does not have them.
func (b *builder) otherStability() *Table {
	t := &Table{Name: "stability_others", Title: "How much of each segment comes back: the others", Cols: append([]Col{{Name: "segmentation", Text: true}, {Name: "segment"}}, stabilityCols...)}
	for _, r := range b.state.DoneRuns() {
		if r == b.chosen() {
			continue
		}
		for i, g := range r.Scores["stability"].Segments {
			name, size := Cell{}, Cell{Text: "–"}
			if i == 0 {
				name = word(b.names[r.ID])
			}
			if i < len(r.Done.Sizes) {
				size = word(count(r.Done.Sizes[i]))
			}
			cells := append([]Cell{name, word(count(i + 1)), size}, stabilityCells(t, g)...)
			t.Rows = append(t.Rows, Row{Quiet: g.Reading != eval.Stable, Cells: cells})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// segmentNames are the choice's, where its segments are shown.
func (b *builder) segmentNames() []string {
	if b.shown == nil || b.shown != b.chosen() {
		return nil
	}
	var out []string
	for _, c := range b.cards {
		out = append(out, c.Name)
	}
	return out
}

// colourOf is the number by which a segment of the choice is coloured; 0 = other
// segments are shown.
func (b *builder) colourOf(i int) int {
	if b.shown == nil || b.shown != b.chosen() || i >= len(b.cards) {
		return 0
	}
	return i + 1
}

// refitTable is what refits say of whole segmentations: the choice and the others that
// were looked at.
func (b *builder) refitTable() *Table {
	t := &Table{Name: "refits", Title: "Whole segmentations, learned again", Cols: []Col{{Name: "segmentation", Text: true}, {Name: "k"}}}
	words := map[string]string{
		"stability":           "segments come back, mean",
		"value_stability":     "the same, by revenue",
		"resample_ari":        "same pairs in other samples (ARI)",
		"seed_ari":            "same pairs from other starts (ARI)",
		"temporal_stability":  "segments of the same customers a while earlier",
		"prediction_strength": "one half foretells the other's pairs",
	}
	var seen []*study.RunState
	for _, r := range b.state.DoneRuns() {
		if _, ok := r.Scores["stability"]; ok {
			seen = append(seen, r)
		}
	}
	var have []string
	for i, m := range refitted {
		if slices.ContainsFunc(seen, func(r *study.RunState) bool { _, ok := r.Scores[m]; return ok }) {
			have = append(have, m)
			t.Cols = append(t.Cols, Col{Name: words[m], Rank: i + 1})
		}
	}
	for _, r := range seen {
		row := Row{Strong: r == b.chosen(), Cells: []Cell{word(b.names[r.ID]), word(count(r.Done.NClusters))}}
		for _, m := range have {
			e, ok := r.Scores[m]
			switch {
			case !ok:
				row.Cells = append(row.Cells, t.missing("not computed"))
			case e.Value == nil:
				row.Cells = append(row.Cells, t.missing(strings.TrimPrefix(cmp.Or(e.Reason, "not known"), m+": ")))
			default:
				row.Cells = append(row.Cells, Cell{Text: plusMinus(*e.Value, e.Lo, e.Hi), Exact: exact(*e.Value)})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
