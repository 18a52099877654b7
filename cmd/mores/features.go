package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/duck"
)

type featuresCmd struct {
	logFlags
	Log     []string `arg:"" help:"Files of an event log, or a data set of the catalogue."`
	Output  string   `short:"o" help:"Write here: .parquet or .csv (- is CSV on stdout)." placeholder:"FILE"`
	Recipe  []string `help:"A recipe (behavioural-v1, rfm-v1, prospects-v1) or extractors, in order: see mores help extractors." default:"behavioural-v1"`
	Minimum int      `help:"Purchase days that a customer must have; default: what the extractors need." placeholder:"N"`
	Null    uint64   `help:"Shuffle what the extractors measure between customers first, with this seed." placeholder:"SEED"`
	Model   string   `help:"Also write the learned extractors here, as JSON." placeholder:"FILE"`

	Dictionary string `help:"Also describe the columns here, with coverage, gain over the shuffle and R² on the number of events: .html or .md." placeholder:"FILE"`
}

func (featuresCmd) Examples() string {
	return `  mores features cdnow -o cdnow.parquet                                       every block that the log can feed
  mores features orders.csv --recipe rfm,timing --as-of 2024-09-01 -o september.parquet
  mores features orders.csv --recipe timing --null 1 -o shuffled.csv    what timing looks like without behaviour
  mores features orders.csv --dictionary columns.html                   what every column means and rests on
  mores features clicks.csv --recipe prospects-v1 -o people.csv         those who never bought, too`
}

func (c featuresCmd) Run(ctx context.Context, a *app) error {
	if c.Output != "" && c.Output != "-" {
		if !strings.HasSuffix(c.Output, ".parquet") && !strings.HasSuffix(c.Output, ".csv") {
			return fail(exitUsage, "-o %s: the name ends in .parquet or .csv", c.Output)
		}
		if err := writable(a.path(c.Output)); err != nil {
			return err
		}
	}
	if err := knownRecipe(c.Recipe); err != nil {
		return err
	}
	if d := c.Dictionary; d != "" {
		if !strings.HasSuffix(d, ".html") && !strings.HasSuffix(d, ".md") {
			return fail(exitUsage, "--dictionary %s: the name ends in .html or .md", d)
		}
		if err := writable(a.path(d)); err != nil {
			return err
		}
	}
	if c.reads = readsOf(c.Recipe); c.Null != 0 || c.Dictionary != "" {
		c.reads = 0
	}
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return err
	}
	a.tell(log, rep)
	recipe, err := a.recipe(c.Recipe, log)
	if err != nil {
		return err
	}
	if c.Null != 0 {
		for _, s := range recipe.Steps {
			log = features.Shuffled(log, s.Extractor.Null, c.Null)
		}
		a.say("shuffled: each customer keeps the number of events and loses the behaviour")
	}
	if a.DryRun {
		a.say("would measure %s on %d customers", recipe.Name, log.NumCustomers())
		return nil
	}
	b, err := features.Build(ctx, log, recipe, c.Minimum, a.Jobs)
	if err != nil {
		return err
	}
	for _, w := range b.Warnings {
		a.say("warning: %s", w)
	}
	n, d := b.Raw.Dims()
	for _, s := range b.Strata {
		text := fmt.Sprintf("  %-14s %8d customers", s.Name, s.Customers)
		if s.ValueShare != nil {
			text += fmt.Sprintf("  %5.1f %% of revenue", 100**s.ValueShare)
		}
		a.say("%s", text)
	}
	switch {
	case c.Output == "-":
		err = matrixCSV(a.out, b.Raw)
	case strings.HasSuffix(c.Output, ".csv"):
		err = writeFile(a.path(c.Output), func(w io.Writer) error { return matrixCSV(w, b.Raw) })
	case c.Output != "":
		err = matrixParquet(a.path(c.Output), b.Raw)
	}
	if err != nil {
		return err
	}
	if c.Model != "" {
		js, err := json.MarshalIndent(b.Pipeline, "", " ")
		if err != nil {
			return err
		}
		if err := writeFile(a.path(c.Model), func(w io.Writer) error { _, err := w.Write(append(js, '\n')); return err }); err != nil {
			return err
		}
	}
	if c.Dictionary != "" {
		if err := c.describe(ctx, a, log, recipe); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.result(map[string]any{"n": n, "d": d, "columns": b.Raw.Cols, "strata": b.Strata, "output": c.Output, "data_sha256": log.Hash, "columns_read": c.reads.Names()})
	}
	if c.Output != "-" {
		for _, col := range b.Raw.Cols {
			fmt.Fprintf(a.out, "%-26s %-8s %s\n", col.Name, col.Unit, col.Doc)
		}
		fmt.Fprintf(a.out, "%d customers × %d features", n, d)
		if c.Output != "" {
			fmt.Fprintf(a.out, " -> %s", c.Output)
		}
		fmt.Fprintln(a.out)
	}
	return nil
}

// describe writes the dictionary of the recipe's columns on the log.
func (c featuresCmd) describe(ctx context.Context, a *app, log *datasets.Log, r features.Recipe) error {
	d, err := features.Describe(ctx, log, r, max(c.Null, 1), a.Jobs)
	if err != nil {
		return err
	}
	v, _, _ := version()
	rep := report.Dictionary(d, "mores "+v)
	write := report.HTML
	if strings.HasSuffix(c.Dictionary, ".md") {
		write = report.Markdown
	}
	return writeFile(a.path(c.Dictionary), func(w io.Writer) error { return write(w, rep) })
}

// knownRecipe refuses names that are neither a recipe nor an extractor.
func knownRecipe(names []string) error {
	var known []string
	for _, r := range features.Recipes() {
		known = append(known, r.Name)
	}
	for _, e := range features.Extractors() {
		known = append(known, e.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fail(exitUsage, "no recipe or extractor named %q%s\n  recipes and extractors: %s", n, suggest(n, known), strings.Join(known, ", "))
		}
	}
	return nil
}

// readsOf are the columns that extractors named one by one may read; 0 = any.
func readsOf(names []string) datasets.Fields {
	r, err := features.NewRecipe("", names...)
	if err != nil {
		return 0 // a named recipe: what it takes depends on the log
	}
	return r.Reads()
}

// recipe makes a recipe of names: recipes and extractors. What a named recipe leaves
// out for the log is said; an extractor named by itself must be fed.
func (a *app) recipe(names []string, log *datasets.Log) (features.Recipe, error) {
	out := features.Recipe{Name: strings.Join(names, "+"), Lenient: true}
	add := func(r features.Recipe) {
		for _, s := range r.Steps {
			if !slices.ContainsFunc(out.Steps, func(o features.Step) bool { return o.Extractor == s.Extractor }) {
				out.Steps = append(out.Steps, s)
			}
		}
	}
	for _, n := range names {
		if named, ok := features.LookupRecipe(n); ok {
			r, skipped, err := named.For(log)
			if err != nil {
				return out, &failure{exit: exitData, err: err}
			}
			for _, s := range skipped {
				a.say("  %s", s)
			}
			add(r)
			continue
		}
		out.Lenient = false
		r, err := features.NewRecipe(n, n)
		if err != nil {
			return out, err
		}
		add(r)
	}
	return out, nil
}

// matrixCSV writes id and the features; missing is empty.
func matrixCSV(w io.Writer, m *features.Matrix) error {
	cw := csv.NewWriter(w)
	n, d := m.Dims()
	row := make([]string, d+1)
	row[0] = "id"
	for j, c := range m.Cols {
		row[j+1] = c.Name
	}
	cw.Write(row)
	for i := range n {
		row[0] = m.ID(i)
		for j, x := range m.Row(i) {
			row[j+1] = float(x)
		}
		cw.Write(row)
	}
	cw.Flush()
	return cw.Error()
}

// matrixParquet writes id and the features; missing is null.
func matrixParquet(path string, m *features.Matrix) error {
	n, d := m.Dims()
	cols := []duck.Col{{Name: "id", Texts: make([]string, n)}}
	for i := range n {
		cols[0].Texts[i] = m.ID(i)
	}
	for j := range d {
		c := duck.Col{Name: m.Cols[j].Name, Floats: make([]float64, n)}
		for i := range n {
			c.Floats[i] = m.Row(i)[j]
		}
		cols = append(cols, c)
	}
	return duck.WriteParquet(path, cols, map[string]string{"writer": "mores"})
}
