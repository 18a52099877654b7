package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/datasets/load"
)

type inspectCmd struct {
	Files []string `arg:"" name:"file" help:"Files to look at."`
}

func (inspectCmd) Examples() string {
	return `  mores inspect orders.csv
  mores inspect orders.csv.gz --json
  mores run orders.csv writes the study file to start from`
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
	return first
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
