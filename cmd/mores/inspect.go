package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

type inspectCmd struct {
	logFlags
	Files  []string `arg:"" name:"file" help:"Files to look at."`
	Output string   `short:"o" help:"Write a study file to start from." placeholder:"STUDY.toml"`

	Behaviour bool `help:"Say which behaviour the log tells of: coverage of every block, and what moved between its halves (takes some seconds)." negatable:"" default:"true"`
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
	if first != nil {
		return first
	}
	if c.Behaviour {
		if err := c.behaviour(ctx, a); err != nil {
			return err
		}
	}
	if c.Output == "" {
		return nil
	}
	return c.writeStudy(ctx, a)
}

// behaviour says what the log tells of every block, and what moved in it.
func (c inspectCmd) behaviour(ctx context.Context, a *app) error {
	log, _, err := c.read(ctx, a, c.Files)
	if err != nil {
		return nil // a table, or a question that the report has put already
	}
	named, _ := features.LookupRecipe("behavioural-v1")
	r, skipped, err := named.For(log)
	if err != nil {
		return &failure{exit: exitData, err: err}
	}
	var covered []features.BlockCoverage
	var reasons []string
	for _, s := range skipped {
		reasons = append(reasons, s.String())
	}
	for _, s := range r.Steps {
		b, err := features.Build(ctx, log, features.Recipe{Name: s.Extractor.Name, Steps: []features.Step{s}}, 0, a.Jobs)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			reasons = append(reasons, err.Error())
			continue
		}
		cov, err := features.Coverage(ctx, log, b.Pipeline)
		if err != nil {
			return err
		}
		covered = append(covered, cov...)
	}
	shifts, mid, err := features.ShiftReport(ctx, log, r, a.Jobs)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.result(map[string]any{"coverage": covered, "left_out": reasons, "shift": shifts, "halves_meet": mid.Format(time.DateOnly)})
	}
	a.printCoverage(log, covered, shifts, mid)
	for _, s := range reasons {
		a.say("  %s", s)
	}
	return nil
}

// printCoverage prints a line for every block, and the columns that moved most.
func (a *app) printCoverage(log *datasets.Log, covered []features.BlockCoverage, shifts []features.BlockShift, mid time.Time) {
	moved := map[string]features.ColumnShift{}
	var most []features.ColumnShift
	for _, b := range shifts {
		for _, c := range b.Columns {
			if o, ok := moved[b.Block]; !ok || c.PSI > o.PSI {
				moved[b.Block] = c
			}
			most = append(most, c)
		}
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns, t.Style().Options.DrawBorder = false, false
	t.AppendHeader(table.Row{"block", "customers", "evidence", "columns", "moved most (PSI)"})
	for _, c := range covered {
		evidence, shift := "", "not known"
		if c.Evidence > 0 {
			evidence = fmt.Sprintf("%.0f each", c.Evidence)
		}
		if m, ok := moved[c.Block]; ok {
			shift = fmt.Sprintf("%.2f %s", m.PSI, m.Name)
		}
		t.AppendRow(table.Row{c.Block, fmt.Sprintf("%.1f %%", 100*c.Customers), evidence, len(c.Columns), shift})
	}
	fmt.Fprintf(a.out, "What %d customers tell of each behaviour, and what moved between the halves (before and after %s):\n", log.NumCustomers(), mid.Format(time.DateOnly))
	for line := range strings.SplitSeq(t.Render(), "\n") {
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
	slices.SortStableFunc(most, func(x, y features.ColumnShift) int { return cmp.Compare(y.PSI, x.PSI) })
	if len(most) > 0 && most[0].PSI > 0.25 {
		fmt.Fprintf(a.out, "PSI above .25 is much: segments made of these columns in one half fit the other badly (%s from %.3g to %.3g).\n", most[0].Name, most[0].Before, most[0].After)
	}
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
