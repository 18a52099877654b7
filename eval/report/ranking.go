package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval/study"
)

// rank makes the leaderboards by the study's headline metric.
func (b *builder) rank() {
	b.metric = study.HeadlineMetric(b.state)
	if b.metric == "" {
		return
	}
	// A metric that cannot rank leaves no boards; the verdict says why.
	b.boards, _ = study.Leaderboards(b.state, b.metric)
	if e := study.Shown(b.state, b.boards); e != nil {
		b.winner = e
	}
}

// recommended is the run that the verdict names, or "".
func (b *builder) recommended() string {
	if r := b.chosen(); r != nil {
		return r.ID
	}
	if b.winner == nil {
		return ""
	}
	return b.winner.Run.ID
}

func (b *builder) rankingIntro() []Block {
	if len(b.boards) == 0 {
		return []Block{Text("There is nothing to rank.")}
	}
	s := fmt.Sprintf("By %s, best first; an index compares segmentations of one feature set and scaling only, so each has a table of its own. A row is one setting of one algorithm. ★ marks the row that the verdict names, ~ what cannot be told from the best of its group. ", spoken(b.metric))
	s += "± is half the 95 % interval where the index gives one, or the farther end of the range over seeds. All other figures of a row are those of the run with the median seed."
	if b.fronted() {
		s += " " + fmt.Sprintf("• before a time: no other of like coverage is at least as good in %s, time and memory at once and better in one of them by more than the noise (0.005 in the index, of one above 1 half a per cent, and 10 %% in time and memory are none). Trees that several runs share are charged to each; baselines and what is nearly all one segment stay out.", spoken(b.metric))
	}
	return []Block{Text(s)}
}

// spoken is a metric's name in a sentence.
func spoken(metric string) string { return strings.ReplaceAll(metric, "_", " ") }

// rankings are the boards as tables, and all of them in one for CSV.
func (b *builder) rankings() (tables []*Table, all *Table) {
	all = &Table{Name: "ranking", Title: "Ranking"}
	for _, k := range []string{"feature_set", "scale", "group", "rank", "name", "algorithm", "params"} {
		all.Cols = append(all.Cols, Col{Name: k, Key: k, Text: k != "group" && k != "rank"})
	}
	for _, k := range []string{"seeds", "n_clusters_min", "n_clusters_max", b.metric, b.metric + "_lo", b.metric + "_hi", "tie", "coverage", "largest_share", "lopsided", "baseline", "sampled", "seconds", "peak_bytes", "alone_seconds", "alone_peak_bytes", "unbeaten", "beaten_by"} {
		all.Cols = append(all.Cols, Col{Name: k, Key: k, Text: k == "beaten_by"})
	}
	all.Cols = append(all.Cols, Col{Name: "run", Key: "run", Text: true}, Col{Name: "reason", Key: "reason", Text: true})
	for i := range b.boards {
		tables = append(tables, b.ranking(&b.boards[i]))
		b.export(&b.boards[i], all)
	}
	return tables, all
}

// others are the indices beside the one that ranks; what only the runs that were
// clustered again have stands apart (refitTable).
func (b *builder) others() []string {
	return slices.DeleteFunc(b.metrics(), func(m string) bool {
		return m == b.metric || b.judged() && slices.Contains(refitted, m) && !slices.Contains(b.state.Study.Metrics, m)
	})
}

// ranking is one board as a table.
func (b *builder) ranking(x *study.Board) *Table {
	t := &Table{Name: "ranking_" + x.Set + "_" + x.Scale, Title: fmt.Sprintf("Feature set %s, scaling %s", x.Set, x.Scale), Cols: []Col{
		{Name: "#", Doc: "place within the group of like coverage"},
		{Name: "run", Text: true},
		{Name: "k", Doc: "number of segments"},
		{Name: spoken(b.metric), Doc: "what ranks"},
	}}
	others := b.others()
	for i, m := range others {
		t.Cols = append(t.Cols, Col{Name: spoken(m), Rank: 5 + i, Doc: "of the run with the median seed"})
	}
	t.Cols = append(t.Cols, Col{Name: "coverage", Doc: "share of the clustered in a segment; the least over seeds"},
		Col{Name: "largest", Rank: 2, Doc: "share of the largest segment, the most over seeds"},
		Col{Name: "seeds", Rank: 4}, Col{Name: timeColumn, Rank: 1, Doc: "of the fit"}, Col{Name: "memory", Rank: 3, Doc: "peak above what was held before"})
	winner := x.Marked(b.state)
	for gi, g := range x.Groups {
		if gi > 0 {
			a := t.aside("coverage " + coverages(g))
			a.Cells[1].Note = t.note(fmt.Sprintf("a group apart: runs whose coverage differs by more than %.0f points are not ranked against each other, since leaving out the hard to place flatters an index", 100*study.CoverageGap))
			t.Rows = append(t.Rows, a)
		}
		for ei := range g.Entries {
			e := &x.Groups[gi].Entries[ei]
			t.Rows = append(t.Rows, b.entry(t, x, e, others, winner == e))
		}
	}
	if len(x.Abstained) > 0 {
		t.Rows = append(t.Rows, t.aside("not ranked"))
	}
	for _, a := range x.Abstained {
		row := Row{Quiet: true, Cells: []Cell{{}, word(a.Name), {Text: "–"}, t.missing(withoutNoise(a.Reason))}}
		if a.Run.Status == "done" {
			row.Cells[2] = Cell{Text: count(a.Run.Done.NClusters)}
		}
		for _, m := range others {
			c := Cell{Text: "–"} // for the same reason, if it is undefined too
			if _, ok, _ := a.Run.Value(m); ok {
				c = b.scoreCell(t, a.Run, m)
			}
			row.Cells = append(row.Cells, c)
		}
		row.Cells = append(row.Cells, b.costs(a.Run, a.Run.Coverage(), -1, 1)...)
		t.Rows = append(t.Rows, row)
	}
	if x.Unfinished > 0 {
		t.Rows = append(t.Rows, t.aside(plural(x.Unfinished, "run")+" not finished"))
	}
	if len(t.Rows) == 0 {
		t.Rows = append(t.Rows, t.aside("no run"))
	}
	return t
}

// withoutNoise cuts the share of noise off a reason: coverage stands in the row, and
// runs with the same reason then share a footnote.
func withoutNoise(reason string) string {
	if i := strings.LastIndex(reason, " (noise "); i > 0 && strings.HasSuffix(reason, "%)") {
		return reason[:i]
	}
	return reason
}

// aside is a row that parts a table: words in the column of names.
func (t *Table) aside(s string) Row {
	r := Row{Quiet: true, Aside: true, Cells: make([]Cell, len(t.Cols))}
	r.Cells[1] = word(s)
	return r
}

func coverages(g study.Group) string {
	if lo, hi := percent(g.MinCoverage), percent(g.MaxCoverage); lo != hi {
		return lo + " to " + hi
	}
	return percent(g.MaxCoverage)
}

func (b *builder) entry(t *Table, x *study.Board, e *study.Entry, others []string, winner bool) Row {
	k := count(e.K[0])
	if e.K[0] != e.K[1] {
		k += "–" + count(e.K[1])
	}
	v := Cell{Text: score(e.Value)}
	if e.Interval {
		v.Text = plusMinus(e.Value, &e.Lo, &e.Hi)
	}
	switch {
	case winner:
		v.Mark = "★"
	case e.Tie:
		v.Mark = "~"
	}
	if e.Sampled > 0 {
		v.Note = t.note(fmt.Sprintf("computed on %s of %s", count(e.Sampled), b.people(e.Run.Done.N)))
	}
	name := word(e.Name)
	switch {
	case e.Lopsided:
		name.Note = t.note("more than 95 % in one segment: outliers were cut off, not segments found; passed over")
	case e.Baseline:
		name.Note = t.note("a baseline, not meant to find segments")
	}
	row := Row{Strong: winner, Cells: []Cell{{Text: count(e.Rank)}, name, {Text: k}, v}}
	for _, m := range others {
		row.Cells = append(row.Cells, b.scoreCell(t, e.Run, m))
	}
	costs := b.costs(e.Run, e.Coverage, e.Largest, len(e.Runs))
	if e.Front.Front {
		costs[3].Mark = frontMark
	}
	row.Cells = append(row.Cells, costs...)
	return row
}

// scoreCell is a run's value by a metric.
func (b *builder) scoreCell(t *Table, r *study.RunState, metric string) Cell {
	if r.Status != "done" {
		return Cell{Text: "–"}
	}
	v, ok, reason := r.Value(metric)
	if !ok {
		return t.missing(spoken(metric) + ": " + reason)
	}
	c := Cell{Text: score(v)}
	if s := r.Scores[metric].Sampled; s > 0 {
		c.Note = t.note(fmt.Sprintf("computed on %s of %s", count(s), b.people(r.Done.N)))
	}
	return c
}

func (b *builder) costs(r *study.RunState, coverage, largest float64, seeds int) []Cell {
	dash := Cell{Text: "–"}
	out := []Cell{dash, dash, {Text: count(seeds)}, dash, dash}
	if r.Status != "done" {
		return out
	}
	out[0].Text = percent(coverage)
	if largest >= 0 {
		out[1].Text = percent(largest)
	}
	out[3].Text = seconds(r.Done.Seconds)
	if r.Done.PeakBytes > 0 {
		out[4].Text = size(r.Done.PeakBytes)
	}
	return out
}

// export adds a board to the table of all.
func (b *builder) export(x *study.Board, t *Table) {
	flag := func(v bool) Cell {
		if v {
			return word("1")
		}
		return word("0")
	}
	whole := func(n int) Cell { return word(fmt.Sprint(n)) }
	real := func(v float64) Cell { return Cell{Exact: exact(v)} }
	for gi, g := range x.Groups {
		for _, e := range g.Entries {
			lo, hi := Cell{}, Cell{}
			if e.Interval {
				lo, hi = real(e.Lo), real(e.Hi)
			}
			r := e.Run
			peak := Cell{}
			if r.Done.PeakBytes > 0 {
				peak = whole(int(r.Done.PeakBytes))
			}
			alonePeak, unbeaten, by := Cell{}, Cell{}, Cell{}
			if e.Cost.PeakKnown {
				alonePeak = whole(int(e.Cost.PeakBytes))
			}
			if e.Front.Reason == "" {
				unbeaten = flag(e.Front.Front)
			}
			if e.Front.By >= 0 {
				by = word(g.Entries[e.Front.By].Name)
			}
			t.Rows = append(t.Rows, Row{Cells: []Cell{
				word(x.Set), word(x.Scale), whole(gi + 1), whole(e.Rank), word(e.Name), word(r.Start.Algorithm), word(string(r.Start.Params)),
				whole(len(e.Runs)), whole(e.K[0]), whole(e.K[1]), real(e.Value), lo, hi, flag(e.Tie), real(e.Coverage), real(e.Largest),
				flag(e.Lopsided), flag(e.Baseline), whole(e.Sampled), real(r.Done.Seconds), peak,
				real(e.Cost.Seconds), alonePeak, unbeaten, by, word(r.ID),
				{},
			}})
		}
	}
	for _, a := range x.Abstained {
		r := a.Run
		row := Row{Cells: make([]Cell, len(t.Cols))}
		for i, c := range []Cell{word(x.Set), word(x.Scale), {}, {}, word(a.Name), word(r.Start.Algorithm), word(string(r.Start.Params)), whole(1)} {
			row.Cells[i] = c
		}
		if r.Status == "done" {
			k := whole(r.Done.NClusters)
			row.Cells[8], row.Cells[9], row.Cells[14] = k, k, real(r.Coverage())
		}
		row.Cells[len(t.Cols)-2], row.Cells[len(t.Cols)-1] = word(r.ID), word(a.Reason)
		t.Rows = append(t.Rows, row)
	}
}
