package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval/study"
)

type inspectCmd struct {
	logFlags
	Files  []string `arg:"" name:"file" help:"Files to look at."`
	Output string   `short:"o" help:"Write a study file to start from." placeholder:"STUDY.toml"`
}

func (inspectCmd) Examples() string {
	return `  mores inspect orders.csv
  mores inspect orders.csv.gz --json
  mores inspect orders.csv -o orders.toml      a study file to start from: mores run orders.toml`
}

func (c inspectCmd) Run(ctx context.Context, a *app) error {
	var first error
	for _, f := range c.Files {
		rep, err := load.Inspect(ctx, a.path(f))
		var bad *load.Error
		if err != nil && !errors.As(err, &bad) {
			return err
		}
		if a.JSON {
			m := map[string]any{"report": rep}
			if err != nil {
				m["error"] = bad
			}
			if err := a.result(m); err != nil {
				return err
			}
		} else {
			a.printReport(rep)
		}
		if err != nil && first == nil {
			first = err
		}
	}
	if first != nil || c.Output == "" {
		return first
	}
	return c.writeStudy(ctx, a)
}

// writeStudy writes the default study of the log as a file to start from.
func (c inspectCmd) writeStudy(ctx context.Context, a *app) error {
	log, rep, err := c.read(ctx, a, c.Files)
	if err != nil {
		return err
	}
	st, err := study.Default(log)
	if err != nil {
		return err
	}
	st.Seed = a.Seed
	spec, err := runCmd{logFlags: c.logFlags, What: c.Files}.spec(a, st, log, rep)
	if err != nil {
		return err
	}
	if err := writeFile(a.path(c.Output), func(w io.Writer) error { _, err := w.Write(spec); return err }); err != nil {
		return err
	}
	a.say("%s: edit it, then mores run %s", c.Output, c.Output)
	return nil
}

// printReport shows a file's dialect, columns, mapping and what was noticed.
func (a *app) printReport(r *load.Report) {
	fmt.Fprintf(a.out, "%s\n", r.Path)
	for _, s := range r.Assumptions {
		fmt.Fprintf(a.out, "  %s\n", s)
	}
	if len(r.Columns) > 0 {
		t := table.NewWriter()
		t.SetStyle(table.StyleLight)
		t.Style().Options.SeparateColumns, t.Style().Options.DrawBorder = false, false
		t.AppendHeader(table.Row{"column", "type", "missing", "distinct", "from", "to", "read as"})
		for _, c := range r.Columns {
			t.AppendRow(table.Row{c.Name, c.Type, c.Missing, c.Distinct, cut(c.Min, 20), cut(c.Max, 20), c.Role})
		}
		fmt.Fprintln(a.out, t.Render())
	}
	for _, n := range r.Notes {
		fmt.Fprintf(a.out, "  %s\n", n.Text)
	}
	for _, q := range r.Questions {
		fmt.Fprintf(a.out, "  open: %s\n        %s\n", q.Text, q.Flag)
	}
}

// cut shortens a value for a table.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
