package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

type predictiveCmd struct {
	logFlags
	Log       []string `arg:"" optional:"" help:"Files of an event log, or a data set of the catalogue."`
	Cut       string   `help:"Behaviour before this day is asked about behaviour from it on; default: two thirds into the log." placeholder:"DATE"`
	Until     string   `help:"End of what is foretold; default: the log's." placeholder:"DATE"`
	Target    string   `help:"What is foretold: buys, spend, days_to_purchase, ... (list shows all)." default:"buys"`
	Recipe    []string `help:"A recipe or extractors." default:"behavioural-v1"`
	Top       int      `short:"n" help:"How many columns to show." default:"20"`
	Bootstrap int      `help:"Resamples behind the intervals." default:"2000"`
}

func (predictiveCmd) Examples() string {
	return `  mores predictive cdnow --cut 1997-10-01                     who buys again?
  mores predictive online-retail --target spend --top 10
  mores predictive --target list                              what can be foretold`
}

func (c predictiveCmd) Run(ctx context.Context, a *app) error {
	if c.Target == "list" {
		return listTargets(a)
	}
	var known []string
	for _, t := range eval.Targets() {
		known = append(known, t.Name)
	}
	if _, err := eval.LookupTarget(c.Target); err != nil {
		return fail(exitUsage, "--target %q: one of %s%s", c.Target, list(known), suggest(c.Target, known))
	}
	if len(c.Log) == 0 {
		return fail(exitUsage, "which log? mores predictive orders.csv --target %s", c.Target)
	}
	if err := knownRecipe(c.Recipe); err != nil {
		return err
	}
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return err
	}
	a.tell(log, rep)
	cut, until, err := c.days(log)
	if err != nil {
		return err
	}
	before, hold := datasets.Split(log, cut, until)
	recipe, err := a.recipe(c.Recipe, before)
	if err != nil {
		return err
	}
	b, err := features.Build(ctx, before, recipe, 0, a.Jobs)
	if err != nil {
		return err
	}
	outcomes, err := eval.Outcomes(ctx, before, hold, b.Raw.IDs)
	if err != nil {
		return err
	}
	o := eval.NewPredictiveOptions()
	o.Bootstrap = c.Bootstrap
	for i := range outcomes {
		y := &outcomes[i]
		if y.Name != c.Target {
			continue
		}
		if y.Reason != "" {
			return fail(exitData, "%s on %s: %s", y.Name, log.Meta.Name, y.Reason)
		}
		r, err := eval.Predictive(ctx, b.Raw, y, o, cluster.Run{Seed: a.Seed, Workers: a.Jobs})
		if err != nil {
			return &failure{exit: exitData, err: err}
		}
		return c.print(a, log, r, cut, hold.To)
	}
	return fail(exitData, "%s cannot be told on %s", c.Target, log.Meta.Name)
}

// days returns the cut and the end.
func (c predictiveCmd) days(log *datasets.Log) (cut, until time.Time, err error) {
	zone := log.Meta.Zone
	if zone == nil {
		zone = time.UTC
	}
	w := log.Meta.Window
	day := func(flag, s string) (time.Time, error) {
		t, err := time.ParseInLocation(time.DateOnly, s, zone)
		if err != nil {
			return t, fail(exitUsage, "%s %q: write a day as 2011-09-01", flag, s)
		}
		return t, nil
	}
	cut = w.From.Add(w.To.Sub(w.From) * 2 / 3).In(zone)
	cut = time.Date(cut.Year(), cut.Month(), cut.Day(), 0, 0, 0, 0, zone)
	if c.Cut != "" {
		if cut, err = day("--cut", c.Cut); err != nil {
			return cut, until, err
		}
	}
	until = w.To
	if c.Until != "" {
		if until, err = day("--until", c.Until); err != nil {
			return cut, until, err
		}
	}
	if !cut.After(w.From) || !cut.Before(until) || until.After(w.To) {
		return cut, until, fail(exitUsage, "--cut %s --until %s: the log runs from %s to %s, and the cut lies between", cut.Format(time.DateOnly), until.Format(time.DateOnly),
			w.From.Format(time.DateOnly), w.To.Format(time.DateOnly))
	}
	return cut, until, nil
}

func (c predictiveCmd) print(a *app, log *datasets.Log, r *eval.Ranking, cut, until time.Time) error {
	if a.JSON {
		return a.result(map[string]any{"cut": cut.Format(time.DateOnly), "until": until.Format(time.DateOnly), "ranking": r})
	}
	fmt.Fprintf(a.out, "%s: behaviour before %s, %s from then to %s\n", log.Meta.Name, cut.Format(time.DateOnly), c.Target, until.Format(time.DateOnly))
	for _, s := range r.Sentences() {
		fmt.Fprintf(a.out, "%s\n", s)
	}
	a.plainTable(r.Header(), r.Rows(c.Top))
	a.plainTable(r.BlockHeader(), r.BlockRows())
	for _, w := range r.Warnings {
		a.say("warning: %s", w)
	}
	return nil
}

// plainTable prints a table without a frame.
func (a *app) plainTable(header []string, rows [][]string) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns, t.Style().Options.DrawBorder = false, false
	cells := func(words []string) table.Row {
		var out table.Row
		for _, w := range words {
			out = append(out, w)
		}
		return out
	}
	t.AppendHeader(cells(header))
	for _, r := range rows {
		t.AppendRow(cells(r))
	}
	for line := range strings.SplitSeq(t.Render(), "\n") {
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
}

func listTargets(a *app) error {
	if a.JSON {
		return a.result(map[string]any{"targets": eval.Targets()})
	}
	for _, t := range eval.Targets() {
		fmt.Fprintf(a.out, "  %-18s %-9s %s\n", t.Name, t.Method, firstLine(t.Doc))
	}
	return nil
}
