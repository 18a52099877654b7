package report

import (
	"fmt"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
)

// FirstScreen is what a reader needs before anything else: what to use, what sort of
// groups these are, what they foretell, which are shaky and who is left out.
type FirstScreen struct {
	Use   string // "Use 5 segments (kmeans on volume+timing)."
	Class string // natural, reproducible or constructive; "" = nothing is recommended
	Lines []Line
}

// Line is a sentence of the first screen and what it is about.
type Line struct{ Topic, Text string }

func (FirstScreen) block() {}

// topics are the words before the sentences of a verdict, by what they are about.
var topics = map[string]string{"groups": "Groups", "foretells": "Foretell", "stability": "Stability", "covers": "Who"}

// judged reports whether the study has a verdict, and not only a ranking.
func (b *builder) judged() bool { return b.state.Verdict != nil }

// chosen is the run that the verdict chose, or nil.
func (b *builder) chosen() *study.RunState {
	if !b.judged() || b.state.Verdict.Run == "" {
		return nil
	}
	if r := b.state.Run(b.state.Verdict.Run); r != nil && r.Status == "done" {
		return r
	}
	return nil
}

// firstScreen lays the verdict out; nil = the study has none.
func (b *builder) firstScreen() *FirstScreen {
	v := b.state.Verdict
	if v == nil || len(v.Sentences) == 0 {
		return nil
	}
	f := &FirstScreen{Use: v.Sentences[0], Class: string(v.Class)}
	if b.chosen() != nil && b.shown == b.chosen() && len(b.cards) > 1 {
		f.Lines = append(f.Lines, Line{"Worth", upperFirst(b.worth()) + "."})
	}
	for i, s := range v.Sentences[1:] {
		l := Line{Text: s}
		if len(v.Topics) == len(v.Sentences) { // an older verdict has none
			l.Topic = topics[v.Topics[i+1]]
		}
		f.Lines = append(f.Lines, l)
	}
	return f
}

// verdictNotes are what nobody may miss beside the first screen.
func (b *builder) verdictNotes() []string {
	return study.Verdict(b.state, "")[len(b.state.Verdict.Sentences):]
}

// judgedTiles are the few figures beside a verdict.
func (b *builder) judgedTiles() Tiles {
	v := b.state.Verdict
	if b.chosen() == nil {
		return nil
	}
	goal := v.Goal
	if !v.Stated {
		goal += " (none was stated)"
	}
	in := 1.0
	if v.Clustered > 0 {
		in = 1 - float64(v.Unassigned)/float64(v.Clustered)
	}
	return Tiles{
		{Name: "segments", Value: count(v.K)},
		{Name: "sort of groups", Value: string(v.Class)},
		{Name: "clustered", Value: b.people(v.Clustered)},
		{Name: "in a segment", Value: percent(in)},
		{Name: "method", Value: b.names[v.Run]},
		{Name: "goal", Value: goal},
	}
}

// verdictSection is the first screen on top of a report.
func (b *builder) verdictSection(r *Report) *Section {
	s := &Section{ID: "verdict", Title: "Verdict"}
	s.add(*r.First)
	if t := b.judgedTiles(); len(t) > 0 {
		s.add(t)
	}
	if t := b.besideRFM(); t != nil {
		s.add(t)
	}
	if len(r.Cautions) > 0 {
		s.add(Cautions(r.Cautions))
	}
	if len(r.Notes) > 0 {
		s.add(Bullets(r.Notes))
	}
	s.add(Text(classWords(b.state.Verdict.Class)))
	if len(r.Next) > 0 {
		s.add(r.Next)
	}
	return s
}

// classWords explains the answer that was given, beside the other two.
func classWords(c verdict.Class) string {
	const all = "There are three answers to “are these real groups?”. Natural: data without any groups never look as grouped as these. Reproducible: the same segments come back in other samples of the customers, but customers who differ by degrees only would look the same. Constructive: a line drawn through a continuum, useful for what it foretells, and drawn elsewhere in another sample."
	if c == "" {
		return all
	}
	return all + fmt.Sprintf(" Here the answer is: %s. None of the three says by itself whether the segments are of use.", c)
}

// besideRFM is the forecasts of the choice on the first screen; nil = there are none.
func (b *builder) besideRFM() *Table {
	h := b.state.Holdout
	if h == nil || len(h.Contests) == 0 || b.chosen() == nil {
		return nil
	}
	latest, _ := b.latest()
	all := b.forecastTable(latest)
	t := &Table{Name: "beside_rfm", Title: "Forecasts beside RFM with as many segments (0 = no better than everybody alike, 1 = perfect)"}
	var keep []int
	for j, c := range all.Cols {
		if c.Rank == 0 || c.Name == "no groups" {
			t.Cols, keep = append(t.Cols, c), append(keep, j)
		}
	}
	for _, r := range all.Rows {
		row := Row{Strong: r.Strong}
		for _, j := range keep {
			c := r.Cells[j]
			if c.Note > 0 {
				c.Note = t.note(all.Notes[c.Note-1])
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}
