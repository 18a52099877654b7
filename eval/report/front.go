package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"

	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/study"
)

// fronted says whether some row is marked for what it costs: whether times are known.
func (b *builder) fronted() bool {
	for _, x := range b.boards {
		for _, g := range x.Groups {
			for _, e := range g.Entries {
				if e.Front.Front && e.Run.Done.Seconds > 0 {
					return true
				}
			}
		}
	}
	return false
}

// frontMark stands before the time of what nobody beats.
const frontMark = "•"

// timeColumn is where it stands.
const timeColumn = "time"

// frontLegend writes tables for a terminal, and what the mark means if it is to be seen.
func frontLegend(b *bufio.Writer, limit int, tables func(b *bufio.Writer)) {
	var seen bytes.Buffer
	w := bufio.NewWriter(io.MultiWriter(b, &seen))
	tables(w)
	w.Flush() // its error is b's, which stays
	if limit <= 0 {
		limit = 100
	}
	if bytes.Contains(seen.Bytes(), []byte(frontMark)) {
		point(b, " ", frontMark+" no other of like coverage is better in index, time and memory at once", limit)
		fmt.Fprintln(b)
	}
}

// frontFigure draws what the runs of one board reach against what they cost: the board of
// the run that the verdict names, else the first; nil = there are not two to compare.
func (b *builder) frontFigure() *Figure {
	var of *study.Group
	board := ""
	for i := range b.boards {
		x := &b.boards[i]
		at := x.Marked(b.state)
		for j := range x.Groups {
			g := &x.Groups[j]
			for k := range g.Entries {
				if &g.Entries[k] == at && (of == nil || b.winner != nil && at.Run == b.winner.Run) {
					of, board = g, x.Set+", scaling "+x.Scale
				}
			}
		}
	}
	if of == nil {
		return nil
	}
	data := &figure.Pareto{Score: spoken(b.metric), Better: b.boards[0].Better, Note: "Feature set " + board + ". A run's time is what it would take alone: what several runs share is charged to each."}
	for _, e := range of.Entries {
		if e.Front.Reason != "" || e.Cost.Seconds <= 0 {
			continue
		}
		bytes := math.NaN()
		if e.Cost.PeakKnown {
			bytes = float64(e.Cost.PeakBytes)
		}
		data.Points = append(data.Points, figure.ParetoPoint{Name: e.Name, Score: e.Value, Seconds: e.Cost.Seconds, Bytes: bytes, Front: e.Front.Front})
	}
	if len(data.Points) < 2 {
		return nil
	}
	return layOut("pareto", func(p figure.Preset) (*figure.Drawing, error) { return figure.DrawWith("pareto", data, nil, p) })
}
