package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/mores-lab/mores/features"
)

// Dictionary makes a page of a feature dictionary, to be written by HTML or
// Markdown: a section for each block with what it measures, on how much evidence it
// rests, how much of it its shuffle reproduces, its sources, and its columns.
func Dictionary(d *features.Dictionary, maker string) *Report {
	r := &Report{
		Title: "Feature dictionary", Simulated: d.Simulated, Maker: "Written by " + maker + ".",
		Subtitle: fmt.Sprintf("%s of %s: %s blocks, %s of %s customers measured", d.Recipe, d.Log, count(len(d.Blocks)), count(d.Measured), count(d.Customers)),
	}
	r.Sections = append(r.Sections, &Section{ID: "overview", Title: "The blocks", Blocks: []Block{
		Text("A block is one behavioural method. Coverage is the share of all customers of whom it observed something itself; evidence the median number of those observations. The gain is the share of the differences between customers that is lost when what the block measures is shuffled between them (their numbers of events stay); R² is the part of its columns that the mere number of events explains."),
		dictionaryOverview(d),
	}})
	for _, b := range d.Blocks {
		s := &Section{ID: "block-" + strings.ReplaceAll(b.Name, "_", "-"), Title: b.Name + ": " + b.Title}
		if p := dictionaryText(b.Doc); p != "" {
			s.Blocks = append(s.Blocks, Text(p))
		}
		facts := Facts{{Name: "Needs", Value: either(b.Needs, "purchases, no more")}}
		facts = append(facts, Fact{Name: "Minimum evidence", Value: dictionaryMinimum(b.Minimum)},
			Fact{Name: "Null shuffle", Value: string(b.Null)})
		for _, ref := range b.Refs {
			facts = append(facts, Fact{Name: "Source", Value: fmt.Sprintf("%s (%d). %s. %s. %s", ref.Authors, ref.Year, ref.Title, ref.Venue, ref.DOI)})
		}
		s.Blocks = append(s.Blocks, facts, dictionaryColumns(b))
		r.Sections = append(r.Sections, s)
	}
	return r
}

// dictionaryText is a block's doc without its indented lines, which list the columns:
// the table tells them.
func dictionaryText(doc string) string {
	var keep []string
	for line := range strings.SplitSeq(doc, "\n") {
		if !strings.HasPrefix(line, "  ") {
			keep = append(keep, strings.TrimSpace(line))
		}
	}
	return strings.TrimSpace(strings.Join(keep, " "))
}

func either(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func dictionaryMinimum(n int) string {
	if n == 0 {
		return "none: people who never bought are measured too"
	}
	return plural(n, "purchase day")
}

func dictionaryOverview(d *features.Dictionary) *Table {
	t := &Table{Name: "blocks", Title: "Blocks", Cols: []Col{
		{Name: "block", Key: "block", Text: true},
		{Name: "what", Key: "title", Text: true},
		{Name: "columns", Key: "columns"},
		{Name: "coverage", Key: "coverage", Doc: "share of all customers of whom the block observed something"},
		{Name: "evidence", Key: "evidence", Doc: "median observations of those"},
		{Name: "gain", Key: "gain", Doc: "share of the differences between customers that the shuffle destroys"},
		{Name: "R² events", Key: "r2_log_events", Doc: "part of the columns that ln(number of events) explains"},
	}}
	for _, b := range d.Blocks {
		evidence := Cell{Text: "–", Note: t.note("not counted by this block")}
		if b.Evidence > 0 {
			evidence = Cell{Text: number(b.Evidence), Exact: exact(b.Evidence)}
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			word(b.Name), word(b.Title),
			{Text: count(len(b.Columns)), Exact: count(len(b.Columns))},
			{Text: percent(b.Coverage), Exact: exact(b.Coverage)},
			evidence,
			{Text: decimals(b.Gain, 2), Exact: exact(b.Gain)},
			{Text: decimals(b.R2, 2), Exact: exact(b.R2)},
		}})
	}
	return t
}

func dictionaryColumns(b features.WordBlock) *Table {
	t := &Table{Name: "columns_" + b.Name, Title: "Columns of " + b.Name, Cols: []Col{
		{Name: "column", Key: "column", Text: true},
		{Name: "unit", Key: "unit", Text: true},
		{Name: "kind", Key: "kind", Text: true},
		{Name: "what it says", Key: "doc", Text: true},
		{Name: "coverage", Key: "coverage", Doc: "share of all customers with a value"},
		{Name: "lower quartile", Key: "q1"},
		{Name: "median", Key: "median"},
		{Name: "upper quartile", Key: "q3"},
		{Name: "gain", Key: "gain"},
		{Name: "R² events", Key: "r2_log_events"},
	}}
	num := func(x float64, why string) Cell {
		if math.IsNaN(x) {
			return t.missing(why)
		}
		return Cell{Text: number(x), Exact: exact(x)}
	}
	for _, c := range b.Columns {
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			word(c.Name), word(c.Unit), word(c.Kind.String()), word(c.Doc),
			{Text: percent(c.Coverage), Exact: exact(c.Coverage)},
			num(c.Q1, "no value"), num(c.Median, "no value"), num(c.Q3, "no value"),
			num(c.Gain, "a category or a constant has none"), num(c.R2, "a category or a constant has none"),
		}})
	}
	return t
}
