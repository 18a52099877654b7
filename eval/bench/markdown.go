package bench

import (
	"fmt"
	"io"
	"strings"
)

// Picture is a figure beside a report: its path and what it says.
type Picture struct{ Path, Caption string }

// WriteMarkdown writes the result as a report with the figures of the ranks and of the
// costs; nil = there is none.
func (r *Result) WriteMarkdown(w io.Writer, diagram, pareto *Picture) error {
	m := &marked{w: w}
	m.say("# Benchmark\n\n")
	m.section(r.setting())
	if len(r.Table.Sets) > 0 {
		m.ranks(r.Ranking, diagram, r.caution())
		m.section(r.means())
		m.section(r.costs())
		m.picture("Score against time, memory as size", pareto)
		if r.Published != nil {
			m.section(r.published())
		}
	}
	if len(r.Slopes) > 0 {
		m.section(r.growth())
	}
	m.section(r.missing())
	if len(r.Table.Sets) > 0 {
		m.section(r.scores())
	}
	return m.err
}

// WriteMarkdown writes the ranks alone, as WriteMarkdown of Result does.
func (r *Ranking) WriteMarkdown(w io.Writer, diagram *Picture) error {
	m := &marked{w: w}
	m.say("# Ranks\n\n")
	m.ranks(r, diagram, r.caution())
	return m.err
}

type marked struct {
	w   io.Writer
	err error
}

func (m *marked) say(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.w, format, args...)
	}
}

// cell is a text that a table can hold.
func (m *marked) cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`, "_", `\_`).Replace(s)
}

func (m *marked) ranks(r *Ranking, diagram *Picture, caution []string) {
	m.say("## Ranks\n\n%s.\n\n", m.cell(r.Finding()))
	if r.Reason != "" {
		return
	}
	m.picture("Critical-difference diagram", diagram)
	table := [][]string{{"algorithm", "average rank", "mean score", "not told from"}}
	for _, j := range r.Order() {
		mean := ""
		if r.Means != nil {
			mean = number(r.Means[j], 3)
		}
		var alike []string
		for _, o := range r.Undistinguished(j) {
			alike = append(alike, r.Contenders[o])
		}
		table = append(table, []string{r.Contenders[j], number(r.Friedman.Ranks[j], 2), mean, strings.Join(alike, ", ")})
	}
	m.table(table)
	for _, l := range append(r.Tests(), caution...) {
		m.say("%s\n\n", m.cell(l))
	}
}

func (m *marked) picture(alt string, p *Picture) {
	if p != nil {
		m.say("![%s](%s)\n\n*%s*\n\n", alt, p.Path, m.cell(p.Caption))
	}
}

func (m *marked) section(s section) {
	if len(s.before) == 0 && len(s.table) < 2 {
		return
	}
	m.say("## %s\n\n", s.title)
	for _, l := range s.before {
		m.say("%s\n\n", m.cell(l))
	}
	m.table(s.table)
	for _, l := range s.after {
		m.say("%s\n\n", m.cell(l))
	}
}

func (m *marked) table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	line := func(cells []string) {
		for _, c := range cells {
			m.say("| %s ", m.cell(c))
		}
		m.say("|\n")
	}
	line(rows[0])
	for j := range rows[0] {
		if numeric(rows, j) {
			m.say("|--:")
		} else {
			m.say("|:--")
		}
	}
	m.say("|\n")
	for _, r := range rows[1:] {
		line(r)
	}
	m.say("\n")
}
