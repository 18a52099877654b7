package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
)

type datasetsCmd struct {
	Ls       datasetsLs       `cmd:"" help:"List the catalogue."`
	Describe datasetsDescribe `cmd:"" help:"Say where a data set comes from and what it holds."`
	Make     datasetsMake     `cmd:"" help:"Write a generated data set to a file."`
	Fetch    datasetsFetch    `cmd:"" help:"Download a file set into the cache, and say where it lies."`
	Blocks   datasetsBlocks   `cmd:"" help:"Say which extractors each event log can feed, as a Markdown table."`
}

func (datasetsCmd) Examples() string {
	return `  mores datasets ls
  mores datasets describe cdnow
  mores datasets fetch cdnow               from its public address, checked by SHA-256
  mores datasets blocks --lacks            what can be measured on which log, and what the others lack
  mores datasets make moons -o moons.csv
  mores datasets make retail-sim -o shop.csv --seed 7
  mores datasets make retail-sim --set plant=timing --set overlap=high --truth groups.csv -o shop.csv`
}

type datasetsLs struct {
	All bool `help:"List every set of the batteries, too."`
}

func sourceKind(s *datasets.Source) string {
	switch {
	case s.New != nil:
		return "generator"
	case s.Mapping != nil:
		return "event log"
	}
	return "table"
}

func (c datasetsLs) Run(a *app) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns, t.Style().Options.DrawBorder = false, false
	t.AppendHeader(table.Row{"name", "kind", "here", "what it is"})
	var list []map[string]any
	batteries := map[string]int{}
	for _, s := range datasets.Sources() {
		here := "yes"
		if s.New == nil {
			if _, err := load.Locate(s.Files[0].Path); err != nil {
				here = "no"
			}
		}
		doc := firstLine(s.Doc)
		list = append(list, map[string]any{"name": s.Name, "kind": sourceKind(s), "here": here == "yes", "doc": doc, "license": s.License})
		if b, _, ok := strings.Cut(s.Name, "/"); ok && !c.All {
			batteries[b]++
			continue
		}
		t.AppendRow(table.Row{s.Name, sourceKind(s), here, cut(doc, 90)})
	}
	if a.JSON {
		return a.result(map[string]any{"datasets": list})
	}
	for line := range strings.SplitSeq(t.Render(), "\n") {
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
	if len(batteries) > 0 {
		var parts []string
		for _, b := range sortedKeys(batteries) {
			parts = append(parts, fmt.Sprintf("%s (%d)", b, batteries[b]))
		}
		fmt.Fprintf(a.out, "\nand the labelled batteries %s: mores datasets ls --all\n", strings.Join(parts, ", "))
	}
	return nil
}

type datasetsDescribe struct {
	Name string `arg:"" help:"Name in the catalogue."`
}

func lookupSource(name string) (*datasets.Source, error) {
	s, err := datasets.Lookup(name)
	if err != nil {
		var names []string
		for _, s := range datasets.Sources() {
			names = append(names, s.Name)
		}
		return nil, fail(exitUsage, "%w%s", err, suggest(name, names))
	}
	return s, nil
}

func (c datasetsDescribe) Run(a *app) error {
	s, err := lookupSource(c.Name)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.result(map[string]any{"name": s.Name, "kind": sourceKind(s), "doc": s.Doc, "license": s.License, "files": s.Files, "expect": s.Expect})
	}
	helpMember(a.out, s.Name, s.Aliases, s.Doc, s.Refs)
	if s.License != "" {
		fmt.Fprintf(a.out, "  licence: %s\n", s.License)
	}
	for _, f := range s.Files {
		p, err := load.Locate(f.Path)
		if err != nil {
			p = "not here"
		}
		fmt.Fprintf(a.out, "  file: %s (%s)\n", f.Path, p)
		if f.URL != "" {
			fmt.Fprintf(a.out, "        from %s\n", f.URL)
		}
		if f.SHA256 != "" {
			fmt.Fprintf(a.out, "        sha256 %s\n", f.SHA256)
		}
	}
	return nil
}

type datasetsFetch struct {
	Name string `arg:"" help:"Name in the catalogue, or a battery: all its sets."`
}

func (c datasetsFetch) Run(ctx context.Context, a *app) error {
	whole := 0
	for _, s := range datasets.Sources() { // a battery is fetched set by set
		if strings.HasPrefix(s.Name, c.Name+"/") {
			whole++
			if err := (datasetsFetch{Name: s.Name}).Run(ctx, a); err != nil {
				return err
			}
		}
	}
	if whole > 0 {
		return nil
	}
	s, err := lookupSource(c.Name)
	if err != nil {
		return err
	}
	if s.New != nil {
		a.say("%s is generated: mores datasets make %s -o FILE", s.Name, s.Name)
		return nil
	}
	for _, f := range s.Files {
		p, err := load.Fetch(ctx, f)
		if err != nil {
			return err
		}
		fmt.Fprintln(a.out, p)
	}
	return nil
}

type datasetsMake struct {
	Name   string `arg:"" help:"Name of a generator."`
	Output string `short:"o" required:"" help:"CSV to write (- is stdout)." placeholder:"FILE"`

	Set   []string `sep:"none" help:"An option of the generator, as plant=timing; repeatable." placeholder:"KEY=VALUE"`
	Truth string   `help:"Also write what was planted: id and label of every customer." placeholder:"FILE"`
}

// generate makes the data with the options that are set.
func (c datasetsMake) generate(a *app, s *datasets.Source) (*datasets.Generated, error) {
	if len(c.Set) == 0 {
		return a.generate(s)
	}
	g := s.New()
	for _, kv := range c.Set {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, fail(exitUsage, "--set %q: write key=value, as --set customers=500", kv)
		}
		value := json.RawMessage(v)
		if !json.Valid(value) {
			value, _ = json.Marshal(v)
		}
		js, _ := json.Marshal(map[string]json.RawMessage{k: value})
		d := json.NewDecoder(bytes.NewReader(js))
		d.DisallowUnknownFields()
		if err := d.Decode(g); err != nil {
			now, _ := json.Marshal(s.New())
			return nil, fail(exitUsage, "--set %s: %s\n  options and defaults: %s", kv, strings.TrimPrefix(err.Error(), "json: "), now)
		}
	}
	out, err := g.Generate(a.Seed)
	if err != nil {
		return nil, &failure{exit: exitUsage, err: err}
	}
	return out, nil
}

// writeTruth writes the planted label of every customer that has one.
func writeTruth(w io.Writer, g *datasets.Generated) error {
	cw := csv.NewWriter(w)
	cw.Write([]string{"id", "label"})
	i := 0
	for h, err := range g.Log.Histories(context.Background()) {
		if err != nil {
			return err
		}
		if g.Truth[i] >= 0 {
			cw.Write([]string{h.ID, strconv.Itoa(int(g.Truth[i]))})
		}
		i++
	}
	cw.Flush()
	return cw.Error()
}

func (c datasetsMake) Run(a *app) error {
	s, err := lookupSource(c.Name)
	if err != nil {
		return err
	}
	if s.New == nil {
		return fail(exitUsage, "%s is a file set, not a generator; mores datasets fetch %s says where it is", s.Name, s.Name)
	}
	g, err := c.generate(a, s)
	if err != nil {
		return err
	}
	if c.Truth != "" {
		if g.Log == nil || g.Truth == nil {
			return fail(exitUsage, "--truth: %s plants no segments in a log", s.Name)
		}
		if err := writeFile(a.path(c.Truth), func(w io.Writer) error { return writeTruth(w, g) }); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error {
		if g.Log != nil {
			return writeLog(w, g.Log)
		}
		return writeLabelled(w, g.Labelled)
	}
	if c.Output == "-" {
		return write(a.out)
	}
	if err := writeFile(a.path(c.Output), write); err != nil {
		return err
	}
	if g.Log != nil {
		a.say("%s: %s, sha256 %s", c.Output, g.Log, g.Log.Hash)
	}
	if g.BestARI > 0 {
		a.say("best adjusted Rand index against what was planted, by the classifier that knows every parameter: %.3f", g.BestARI)
	}
	return nil
}

// writeLabelled writes the columns and the first reference labelling.
func writeLabelled(w io.Writer, l *datasets.Labelled) error {
	cw := csv.NewWriter(w)
	var head []string
	for _, c := range l.Table.Cols {
		head = append(head, c.Name)
	}
	if len(l.Truth) > 0 {
		head = append(head, "label")
	}
	cw.Write(head)
	row := make([]string, len(head))
	for i := range l.Table.Rows() {
		for j, c := range l.Table.Cols {
			row[j] = float(c.Num[i])
		}
		if len(l.Truth) > 0 {
			row[len(row)-1] = strconv.Itoa(int(l.Truth[0][i]))
		}
		cw.Write(row)
	}
	cw.Flush()
	return cw.Error()
}

// writeLog writes the events with the columns that the log has.
func writeLog(w io.Writer, l *datasets.Log) error {
	cw := csv.NewWriter(w)
	has := l.Meta.Has
	head := []string{"customer", "time", "kind"}
	for f := datasets.FieldOrder; f <= datasets.FieldPoints; f <<= 1 {
		if has&f != 0 {
			head = append(head, f.Names()[0])
		}
	}
	cw.Write(head)
	layout := time.DateTime
	if l.Meta.Resolution == datasets.Day {
		layout = time.DateOnly
	}
	for h, err := range l.Histories(context.Background()) {
		if err != nil {
			return err
		}
		for i := range h.Len() {
			e := h.At(i)
			row := []string{h.ID, h.Time(i).Format(layout), e.Kind.String()}
			texts := [...]string{e.Order, e.Item, e.Category, e.Brand, e.Channel, e.Campaign, e.Session}
			nums := [...]float64{e.Quantity, e.Price, e.Amount, e.Discount, e.Margin, e.Rating, e.Points}
			for j, s := range texts {
				if has&(datasets.FieldOrder<<j) != 0 {
					row = append(row, s)
				}
			}
			for j, x := range nums {
				if has&(datasets.FieldQuantity<<j) != 0 {
					row = append(row, float(x))
				}
			}
			cw.Write(row)
		}
	}
	cw.Flush()
	return cw.Error()
}

// float writes the shortest decimal that reads back exactly; missing is empty.
func float(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
