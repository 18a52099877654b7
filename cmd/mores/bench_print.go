package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/eval/bench"
	"github.com/mores-lab/mores/eval/figure"
)

// benchDiagram is the critical-difference diagram of a ranking, nil where there is none.
func benchDiagram(r *bench.Ranking, score, note string) *figure.CriticalDifference {
	if r.Reason != "" {
		return nil
	}
	return &figure.CriticalDifference{Names: r.Contenders, PostHoc: r.PostHoc, Score: score, Note: note}
}

// benchPareto is the figure of what scores cost; nil where that is not known.
func benchPareto(r *bench.Result) *figure.Pareto {
	p := &figure.Pareto{Score: "mean " + strings.ReplaceAll(r.Metric.Name, "_", " "), Better: r.Metric.Range.Better}
	for _, e := range r.Expenses {
		if e.Seconds <= 0 {
			return nil
		}
		bytes := math.NaN()
		if e.PeakBytes != nil {
			bytes = float64(*e.PeakBytes)
		}
		p.Points = append(p.Points, figure.ParetoPoint{Name: e.Contender, Score: e.Score, Seconds: e.Seconds, Bytes: bytes, Front: e.Front})
	}
	if len(p.Points) == 0 {
		return nil
	}
	p.Note = fmt.Sprintf("One fit of each of %s, summed.", count(len(r.Ranking.Sets), "data set"))
	return p
}

func (c benchCmd) writeAll(a *app, r *bench.Result) error {
	files := map[string]func(io.Writer) error{"results.csv": func(w io.Writer) error { return bench.WriteRows(w, r.Rows) }}
	diagram, cd, err := benchPicture(benchDiagram(r.Ranking, strings.ReplaceAll(r.Metric.Name, "_", " "), ""))
	if err != nil {
		return err
	}
	if diagram != nil {
		files["ranks.csv"] = func(w io.Writer) error { return bench.WriteRanks(w, r.Ranking) }
	}
	var front *bench.Picture
	if p := benchPareto(r); p != nil {
		d, err := figure.DrawWith("pareto", p, nil, figure.Web)
		if err != nil {
			return err
		}
		front = &bench.Picture{Path: "pareto.svg", Caption: d.Caption}
		files[front.Path] = func(w io.Writer) error { return figure.Write(d, "svg", w) }
	}
	files["report.md"] = func(w io.Writer) error { return r.WriteMarkdown(w, cd, front) }
	return c.write(a, files, diagram)
}

// benchPicture lays the diagram out; a nil one stays nil.
func benchPicture(data *figure.CriticalDifference) (*figure.Drawing, *bench.Picture, error) {
	if data == nil {
		return nil, nil, nil
	}
	d, err := figure.DrawWith("critical-difference", data, nil, figure.Web)
	if err != nil {
		return nil, nil, err
	}
	return d, &bench.Picture{Path: "cd.svg", Caption: d.Caption}, nil
}

// write writes the files and, where there is one, the diagram in every format.
func (c benchCmd) write(a *app, files map[string]func(io.Writer) error, diagram *figure.Drawing) error {
	if diagram != nil {
		for _, format := range figure.Formats() {
			files["cd."+format] = func(w io.Writer) error { return figure.Write(diagram, format, w) }
		}
	}
	for _, name := range sortedKeys(files) {
		if err := writeFile(filepath.Join(a.path(c.Output), name), files[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// benchLine prints a JSON line: an event's fields, flat.
func (a *app) benchLine(event string, fields any) error {
	b, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	head := fmt.Sprintf(`{"schema":1,"event":%q`, event)
	if len(b) > 2 {
		head += ","
	}
	_, err = fmt.Fprintf(a.out, "%s%s\n", head, b[1:])
	return err
}

// benchJSON prints what was concluded, a line a thing; the rows were printed as they came.
func (a *app) benchJSON(r *bench.Result, failed int) error {
	for _, e := range r.Expenses {
		if err := a.benchLine("bench_cost", e); err != nil {
			return err
		}
	}
	for _, s := range r.Slopes {
		if err := a.benchLine("bench_slope", s); err != nil {
			return err
		}
	}
	for _, b := range r.Beside {
		if err := a.benchLine("bench_published", b); err != nil {
			return err
		}
	}
	for _, l := range slices.Concat(r.Ranking.LeftContenders, r.Ranking.LeftSets) {
		if err := a.benchLine("bench_left_out", l); err != nil {
			return err
		}
	}
	return a.benchResult(r.Ranking, map[string]any{"metric": r.Metric.Name, "runs": len(r.Rows), "failed": failed})
}

// benchResult prints the ranks and the result line.
func (a *app) benchResult(r *bench.Ranking, fields map[string]any) error {
	fields["finding"], fields["reason"] = r.Finding(), r.Reason
	if r.Reason != "" {
		return a.result(fields)
	}
	for _, j := range r.Order() {
		var alike []string
		for _, o := range r.Undistinguished(j) {
			alike = append(alike, r.Contenders[o])
		}
		line := map[string]any{"contender": r.Contenders[j], "rank": r.Friedman.Ranks[j], "not_told_from": alike}
		if r.Means != nil {
			line["mean"] = r.Means[j]
		}
		if err := a.benchLine("bench_rank", line); err != nil {
			return err
		}
	}
	f, h := r.Friedman, r.PostHoc
	finite := func(x float64) any {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return x
	}
	for k, v := range map[string]any{
		"sets": f.N, "contenders": f.K, "chi2": finite(f.Chi2), "chi2_p": finite(f.P), "f": finite(f.F), "f_p": finite(f.FP),
		"posthoc": h.Test, "alpha": h.Alpha, "cd": h.CD, "groups": groupNames(r), "warnings": append([]string{}, r.Warnings...),
	} {
		fields[k] = v
	}
	return a.result(fields)
}

// groupNames are the groups that cannot be told apart, best first.
func groupNames(r *bench.Ranking) [][]string {
	out := [][]string{}
	for _, b := range r.PostHoc.Bars {
		var names []string
		for _, m := range r.PostHoc.Groups[b.Group] {
			names = append(names, r.Contenders[m])
		}
		out = append(out, names)
	}
	return out
}

// benchShow says how a benchmark goes: rows in JSON mode, one line rewritten on a
// terminal, a line a data set elsewhere.
type benchShow struct {
	a        *app
	terminal bool
	set      string
	began    time.Time
}

func (a *app) benchShow() *benchShow {
	return &benchShow{a: a, terminal: isTerminal(a.err), began: time.Now()}
}

func (s *benchShow) next(p bench.Progress) {
	if s.a.Quiet {
		return
	}
	switch {
	case s.terminal:
		fmt.Fprintf(s.a.err, "\r\x1b[K%d/%d runs, %s: %s, %s", p.At, p.Of, time.Since(s.began).Round(time.Second), p.Set, p.Contender)
	case p.Set != s.set:
		s.a.say("%d/%d runs, %s: %s", p.At, p.Of, time.Since(s.began).Round(time.Second), p.Set)
	}
	s.set = p.Set
}

func (s *benchShow) row(r bench.Row) {
	if s.a.JSON {
		if err := s.a.benchLine("bench_row", r); err != nil {
			s.a.say("warning: %v", err)
		}
	}
}

func (s *benchShow) end() {
	if s.terminal && !s.a.Quiet {
		fmt.Fprint(s.a.err, "\r\x1b[K")
	}
}
