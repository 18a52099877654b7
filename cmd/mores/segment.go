package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/rule"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

type segmentCmd struct {
	logFlags
	Log      []string `arg:"" help:"Files of an event log, or a data set of the catalogue."`
	Rule     []string `name:"rule" sep:"none" help:"Who belongs, as \"purchases >= 2 in 30 d\" or NAME=RULE; repeatable. See the words below." placeholder:"RULE"`
	File     string   `name:"file" help:"Rules, one after the other: NAME: RULE; a line that begins with a space goes on with the one before." placeholder:"FILE"`
	Output   string   `short:"o" help:"Write the members here: id, and with several rules the rule (- is stdout)." placeholder:"FILE.csv"`
	Labels   string   `help:"Write everybody here as a clustering, id,cluster: the first rule that holds, -1 if none does." placeholder:"FILE.csv"`
	SQL      bool     `name:"sql" help:"Print each rule as a query (DuckDB) instead, over tables events, features and customers."`
	Model    string   `help:"Measure the features that rules name as this model does: models/RUN.json of a study." placeholder:"FILE"`
	Features string   `help:"Features that rules name, by id: Parquet or CSV; default: measured on the log." placeholder:"FILE"`
	Recipe   []string `help:"How they are measured, if rules name features and there is no file." default:"behavioural-v1"`
}

func (segmentCmd) Examples() string {
	return `  mores segment orders.csv --rule "purchases(category = 'coffee') >= 2 in 30 d and not any(channel = 'coupon')"
  mores segment orders.csv --rule "vip=spend >= 500 in 365 d" --rule "lapsing=recency between 60 and 180"
  mores segment clicks.csv --rule "view then purchase within 7 d" --as-of 2011-09-01
  mores segment clicks.csv --rule "cart_add then no purchase within 2 d" -o reminders.csv
  mores segment orders.csv --rule "feature(\"night_share\") > .5 and customer.country = 'NL'"
  mores segment orders.csv --file rules.txt --sql > rules.sql
  mores explain studies/cdnow --rules > rules.txt                    segments that were found, as rules
  mores segment cdnow --model studies/cdnow/models/RUN.json --file rules.txt

  counts      purchases (days), orders, views, visits, ... count(purchase) (lines), days(view), each with (filter)
  values      spend, recency, tenure, sum avg min max first last distinct (COLUMN of EVENT)
  windows     in 30 d · in the last 6 w · in 90 d before 2011-03-01 · in the first 30 d
              since 2011-03-01 · before 2011-03-01 · from 2011-03-01 to 2011-06-01
  filters     category = 'coffee', amount between 5 and 20, weekday in ('Sat', 'Sun'), brand is missing
  sequences   view then purchase within 7 d · cart_add then no purchase within 2 d
  'text' stands in single quotes, "names" in double ones; and, or, not, parentheses as one expects

  Rules compete with other segmentations in a study: in its file
    [[algorithm]]
    name = "rules"
    file = "rules.txt"          or  rules = ["vip = spend >= 500 in 365 d", "others = everyone"]
  The first rule that holds decides, as of each date at which the study looks; who meets
  none is unassigned. --labels writes the same for other programs, as of one date.`
}

func (c segmentCmd) Run(ctx context.Context, a *app) error {
	rules, err := c.rules(a)
	if err != nil {
		return err
	}
	if err := c.writes(a); err != nil {
		return err
	}
	m, err := c.model(a, rules)
	if err != nil {
		return err
	}
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return err
	}
	a.tell(log, rep)
	x, err := c.matrix(ctx, a, log, m, rules)
	if err != nil {
		return err
	}
	warnings, err := rule.Check(ctx, log, x, rules...)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		a.say("warning: %s", w)
	}
	if a.DryRun {
		a.say("would ask %s of %d customers", count(len(rules), "rule"), log.NumCustomers())
		return nil
	}
	if c.SQL {
		return c.sql(a, log, rules)
	}
	s, err := rule.Evaluate(ctx, log, time.Time{}, x, a.Jobs, rules...)
	if err != nil {
		return err
	}
	if err := c.write(a, s); err != nil {
		return err
	}
	if a.JSON {
		return c.result(a, s, warnings)
	}
	if c.Output != "-" && c.Labels != "-" {
		printSegments(a, s)
	}
	return nil
}

// rules reads the rules of the flags and the file.
func (c segmentCmd) rules(a *app) ([]*rule.Rule, error) {
	var out []*rule.Rule
	if c.File != "" {
		b, err := os.ReadFile(a.path(c.File))
		if err != nil {
			return nil, err
		}
		if out, err = rule.ParseFile(c.File, string(b)); err != nil {
			return nil, &failure{exit: exitUsage, code: "rule", err: err}
		}
	}
	for _, s := range c.Rule {
		r, err := rule.ParseNamed(s)
		if err != nil {
			return nil, &failure{exit: exitUsage, code: "rule", err: err}
		}
		for _, o := range out {
			if r.Name != "" && o.Name == r.Name {
				return nil, fail(exitUsage, "two rules are called %q: names must differ", r.Name)
			}
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fail(exitUsage, "no rule: give --rule \"purchases >= 2 in 30 d\" or --file rules.txt\n  help: mores segment --help")
	}
	return out, nil
}

// writes refuses outputs that cannot be before anything is read.
func (c segmentCmd) writes(a *app) error {
	if c.SQL && (c.Output != "" || c.Labels != "") {
		return fail(exitUsage, "--sql asks nobody, so there is nothing for -o and --labels: leave one out")
	}
	stdout := 0
	for _, p := range []string{c.Output, c.Labels} {
		switch p {
		case "":
		case "-":
			stdout++
		default:
			if err := writable(a.path(p)); err != nil {
				return err
			}
		}
	}
	if stdout > 1 || stdout == 1 && a.JSON {
		return fail(exitUsage, "-o -, --labels - and --json all want stdout: give one a file")
	}
	return nil
}

// model reads the model, and has the log read as it was.
func (c *segmentCmd) model(a *app, rules []*rule.Rule) (*study.Model, error) {
	switch {
	case c.Model == "":
		return nil, nil
	case c.Features != "":
		return nil, fail(exitUsage, "--model measures the features that --features brings: give one of them")
	case len(rule.Features(rules...)) == 0:
		a.say("warning: no rule names a feature: --model changes nothing")
	}
	data, err := os.ReadFile(a.path(c.Model))
	if err != nil {
		return nil, err
	}
	m, err := study.ReadModel(data)
	if err != nil {
		return nil, fail(exitData, "%s: %w", c.Model, err)
	}
	c.asModel(a, m, c.Log)
	return m, nil
}

// matrix reads or measures the features, if a rule names any.
func (c segmentCmd) matrix(ctx context.Context, a *app, log *datasets.Log, m *study.Model, rules []*rule.Rule) (*features.Matrix, error) {
	if len(rule.Features(rules...)) == 0 {
		return nil, nil
	}
	if m != nil {
		c.sameZone(a, m, log)
		return m.MeasureLog(ctx, log)
	}
	if c.Features != "" {
		return readMatrix(ctx, a, c.Features, "", true)
	}
	if err := knownRecipe(c.Recipe); err != nil {
		return nil, err
	}
	r, err := a.recipe(c.Recipe, log)
	if err != nil {
		return nil, err
	}
	b, err := features.Build(ctx, log, r, 0, a.Jobs)
	if err != nil {
		return nil, err
	}
	for _, s := range b.Strata {
		if s.Name != datasets.Enough.String() {
			a.say("  %d customers (%s) have no features: a condition on one does not hold for them", s.Customers, s.Name)
		}
	}
	return b.Raw, nil
}

func (c segmentCmd) sql(a *app, log *datasets.Log, rules []*rule.Rule) error {
	now := log.Meta.Local(log.Meta.Window.To.UnixMicro())
	var all []map[string]any
	for _, r := range rules {
		q := r.SQL(now, rule.Tables{})
		all = append(all, map[string]any{"name": r.Name, "rule": r.Source, "sql": q})
		if !a.JSON {
			fmt.Fprintf(a.out, "%s;\n\n", q)
		}
	}
	if a.JSON {
		return a.result(map[string]any{"now": now.Format(time.RFC3339), "rules": all})
	}
	return nil
}

// write writes members and labels.
func (c segmentCmd) write(a *app, s *rule.Segments) error {
	for _, f := range []struct {
		path string
		rows func(*csv.Writer)
	}{{c.Output, func(w *csv.Writer) { membersCSV(w, s) }}, {c.Labels, func(w *csv.Writer) { ruleLabelsCSV(w, s) }}} {
		write := func(w io.Writer) error {
			cw := csv.NewWriter(w)
			f.rows(cw)
			cw.Flush()
			return cw.Error()
		}
		var err error
		switch f.path {
		case "":
		case "-":
			err = write(a.out)
		default:
			err = writeFile(a.path(f.path), write)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func membersCSV(w *csv.Writer, s *rule.Segments) {
	if len(s.Rules) == 1 {
		w.Write([]string{"id"})
		for _, id := range s.Members(0) {
			w.Write([]string{id})
		}
		return
	}
	w.Write([]string{"id", "rule"})
	for i, id := range s.IDs {
		for r, name := range s.Names() {
			if s.In[r][i] {
				w.Write([]string{id, name})
			}
		}
	}
}

func ruleLabelsCSV(w *csv.Writer, s *rule.Segments) {
	w.Write([]string{"id", "cluster"})
	names := s.Names()
	for i, l := range s.Labels() {
		name := "-1"
		if l >= 0 {
			name = names[l]
		}
		w.Write([]string{s.IDs[i], name})
	}
}

func (c segmentCmd) result(a *app, s *rule.Segments, warnings []*rule.Error) error {
	all := []map[string]any{}
	overlap := [][]any{}
	for r, name := range s.Names() {
		m := map[string]any{
			"name": name, "rule": s.Rules[r].Source, "explanation": s.Rules[r].Explain(),
			"customers": s.Size(r), "share": float64(s.Size(r)) / float64(len(s.IDs)), "value_share": nil,
		}
		if v, ok := s.ValueShare(r); ok {
			m["value_share"] = v
		}
		all = append(all, m)
		row := []any{}
		for _, j := range s.Overlap()[r] {
			if math.IsNaN(j) {
				row = append(row, nil)
			} else {
				row = append(row, j)
			}
		}
		overlap = append(overlap, row)
	}
	said := []string{}
	for _, w := range warnings {
		said = append(said, w.Error())
	}
	return a.result(map[string]any{
		"now": s.Now.Format(time.RFC3339), "customers": len(s.IDs), "rules": all, "overlap": overlap,
		"warnings": said, "output": c.Output, "labels": c.Labels,
	})
}

// printSegments shows sizes, explanations and overlaps.
func printSegments(a *app, s *rule.Segments) {
	names := s.Names()
	w := ruleTable()
	w.AppendHeader(table.Row{"rule", "customers", "share", "of revenue"})
	for r, name := range names {
		value := "no amounts"
		if v, ok := s.ValueShare(r); ok {
			value = fmt.Sprintf("%.1f %%", 100*v)
		}
		w.AppendRow(table.Row{cut(name, 40), s.Size(r), fmt.Sprintf("%.1f %%", 100*float64(s.Size(r))/float64(len(s.IDs))), value})
	}
	printTable(a.out, w)
	fmt.Fprintf(a.out, "of %d customers with an event before %s\n", len(s.IDs), s.Now.Format(time.DateOnly))
	for r, name := range names {
		fmt.Fprintf(a.out, "\n%s: %s\n  %s\n", name, strings.Join(strings.Fields(s.Rules[r].Source), " "), s.Rules[r].Explain())
	}
	if len(names) == 1 {
		return
	}
	fmt.Fprintf(a.out, "\noverlap (Jaccard: shared by both, of those in either)\n")
	w = ruleTable()
	head := table.Row{""}
	for _, n := range names {
		head = append(head, cut(n, 16))
	}
	w.AppendHeader(head)
	for r, row := range s.Overlap() {
		line := table.Row{cut(names[r], 24)}
		for _, j := range row {
			if math.IsNaN(j) {
				line = append(line, "both empty")
			} else {
				line = append(line, fmt.Sprintf("%.3f", j))
			}
		}
		w.AppendRow(line)
	}
	printTable(a.out, w)
}

func ruleTable() table.Writer {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Options.SeparateColumns, w.Style().Options.DrawBorder = false, false
	w.Style().Format.Header = prettytext.FormatDefault // names stay as they are written
	return w
}

func printTable(out io.Writer, w table.Writer) {
	for line := range strings.SplitSeq(w.Render(), "\n") {
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
}
