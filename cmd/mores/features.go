package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/duck"
)

type featuresCmd struct {
	logFlags
	Log     []string `arg:"" help:"Files of an event log, or a data set of the catalogue."`
	Output  string   `short:"o" help:"Write here: .parquet or .csv (- is CSV on stdout)." placeholder:"FILE"`
	Recipe  []string `help:"Extractors, in order: see mores help extractors." default:"rfm"`
	Minimum int      `help:"Purchase days that a customer must have; default: what the extractors need." placeholder:"N"`
	Null    uint64   `help:"Shuffle what the extractors measure between customers first, with this seed." placeholder:"SEED"`
	Model   string   `help:"Also write the learned extractors here, as JSON." placeholder:"FILE"`
}

func (featuresCmd) Examples() string {
	return `  mores features cdnow -o cdnow.parquet
  mores features orders.csv --recipe rfm,timing --as-of 2024-09-01 -o september.parquet
  mores features orders.csv --recipe timing --null 1 -o shuffled.csv    what timing looks like without behaviour`
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
	recipe, err := features.NewRecipe(strings.Join(c.Recipe, "+"), c.Recipe...)
	if err != nil {
		var names []string
		for _, e := range features.Extractors() {
			names = append(names, e.Name)
		}
		return fail(exitUsage, "%w\n  extractors: %s", err, strings.Join(names, ", "))
	}
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return err
	}
	a.tell(log, rep)
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
	if a.JSON {
		return a.result(map[string]any{"n": n, "d": d, "columns": b.Raw.Cols, "strata": b.Strata, "output": c.Output, "data_sha256": log.Hash})
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
