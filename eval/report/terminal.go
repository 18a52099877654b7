package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mores-lab/mores/eval/figure"
)

// width is how many cells of a terminal the text takes.
func width(s string) int { return text.StringWidthWithoutEscSequences(s) }

// terminalRows is how many runs of a ranking a terminal shows; files hold all.
const terminalRows = 8

// Terminal writes what a reader wants after a run. A judged study begins with its
// first screen (see judged); of one that was only ranked come the ranking of each
// feature set, the segments, the verdict, and last what to do next. Columns that do
// not fit into width are left out by rank, and named; 0 = no limit.
func Terminal(w io.Writer, r *Report, width int, colour bool) error {
	b := bufio.NewWriter(w)
	if r.First != nil {
		r.judged(b, width, colour)
		return b.Flush()
	}
	frontLegend(b, width, func(b *bufio.Writer) {
		for _, t := range r.Rankings {
			t.terminal(b, width, terminalRows, colour)
		}
	})
	if r.Segments != nil {
		r.Segments.terminal(b, width, 0, colour)
		r.Cards.terminal(b, width)
	}
	mark := "✓"
	if !r.Found {
		mark = "–"
	}
	for i, s := range r.Verdict {
		lead := "  "
		if i == 0 {
			lead = paint(mark, colour && r.Found, text.FgGreen) + " "
		}
		for j, line := range wrap(terminalText(s), max(width, 0)-2) {
			if j > 0 {
				lead = "  "
			}
			fmt.Fprintln(b, lead+line)
		}
	}
	for _, s := range r.Cautions {
		for j, line := range wrap(terminalText(s), max(width, 0)-2) {
			lead := "  "
			if j == 0 {
				lead = paint("!", colour, text.FgYellow) + " "
			}
			fmt.Fprintln(b, lead+line)
		}
	}
	if len(r.Next) > 0 {
		fmt.Fprintln(b)
	}
	for _, n := range r.Next {
		fmt.Fprintf(b, "  %-*s  %s\n", 22, n.What+":", clean(n.Command))
	}
	return b.Flush()
}

// terminalCards is how many segments' rules of thumb a terminal shows, and
// terminalRules the width that they need: where they do not fit, files have them.
const (
	terminalCards = 12
	terminalRules = 80
)

// terminal writes the rules of thumb, a segment after the other.
func (cs Cards) terminal(b *bufio.Writer, limit int) {
	if len(cs) > terminalCards || limit > 0 && limit < terminalRules {
		return
	}
	for _, c := range cs {
		for i, line := range wrap(terminalText(c.Rule), limit-4) {
			lead := "    "
			if i == 0 {
				lead = fmt.Sprintf(" %-2d ", c.Segment)
			}
			fmt.Fprintln(b, lead+line)
		}
	}
	fmt.Fprintln(b)
}

// paint colours text if asked to.
func paint(s string, colour bool, c text.Color) string {
	if !colour {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, s)
}

// wrap breaks a sentence at blanks; a width below 20 means no limit.
func wrap(s string, w int) []string {
	if w < 20 {
		return []string{s}
	}
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= w:
			line += " " + word
		default:
			out, line = append(out, line), word
		}
	}
	return append(out, line)
}

// terminal lays the table out; rows above most are counted instead.
func (t *Table) terminal(b *bufio.Writer, limit, most int, colour bool) {
	rows, left := t.Rows, 0
	if most > 0 && len(rows) > most+1 {
		rows, left = rows[:most], len(rows)-most
	}
	cols, dropped := t.fit(rows, limit)
	tw := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options.DrawBorder, style.Options.SeparateColumns = false, false
	tw.SetStyle(style)
	head := make(table.Row, len(cols))
	var configs []table.ColumnConfig
	for i, j := range cols {
		head[i] = clean(t.Cols[j].Name)
		cfg := table.ColumnConfig{Number: i + 1}
		if !t.Cols[j].Text {
			cfg.Align, cfg.AlignHeader = text.AlignRight, text.AlignRight
		}
		configs = append(configs, cfg)
	}
	tw.AppendHeader(head)
	tw.SetColumnConfigs(configs)
	var notes []int // that are seen, in order
	for _, r := range rows {
		line := make(table.Row, len(cols))
		for i, j := range cols {
			c := r.Cells[j]
			if c.Note > 0 && !slices.Contains(notes, c.Note) {
				notes = append(notes, c.Note)
			}
			c.Note = slices.Index(notes, c.Note) + 1
			s := terminalCell(c)
			switch {
			case colour && r.Segment > 0 && i == 0:
				s = chip(r.Segment) + s
			case colour && r.Strong:
				s = "\x1b[1m" + s + "\x1b[0m"
			case colour && r.Quiet:
				s = "\x1b[2m" + s + "\x1b[0m"
			}
			line[i] = s
		}
		tw.AppendRow(line)
	}
	if t.Title != "" {
		fmt.Fprintln(b, paint(terminalText(t.Title), colour, text.Bold))
	}
	for line := range strings.SplitSeq(tw.Render(), "\n") {
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
	if left > 0 {
		fmt.Fprintf(b, " … %s more: the report has them all\n", count(left))
	}
	for i, n := range notes {
		for k, line := range wrap(terminalText(t.Notes[n-1]), limit-3) {
			sign := " "
			if k == 0 {
				sign = superscript(i + 1)
			}
			fmt.Fprintf(b, " %s %s\n", sign, line)
		}
	}
	if len(dropped) > 0 {
		fmt.Fprintf(b, " not shown in this width: %s\n", clean(strings.Join(dropped, ", ")))
	}
	fmt.Fprintln(b)
}

const terminalCellWidth = 44

func terminalCell(c Cell) string { return short(terminalText(c.plain()), terminalCellWidth) }

// terminalText is text for a terminal, whose fonts may lack the unbreakable blank.
func terminalText(s string) string { return strings.ReplaceAll(clean(s), nb, " ") }

// chip is a block of the segment's colour, 24-bit.
func chip(segment int) string {
	c := figure.Colour(segment - 1)
	return fmt.Sprintf("\x1b[38;2;%d;%d;%dm■\x1b[0m ", c.R, c.G, c.B)
}

// fit chooses the columns that a width has room for.
func (t *Table) fit(rows []Row, limit int) (cols []int, dropped []string) {
	need := make([]int, len(t.Cols))
	total := 0
	for j, c := range t.Cols {
		cols = append(cols, j)
		need[j] = width(clean(c.Name))
		for _, r := range rows {
			need[j] = max(need[j], width(terminalCell(r.Cells[j])))
		}
		need[j] += 2
		total += need[j]
	}
	for limit > 0 && total > limit {
		worst := -1
		for _, j := range cols {
			if t.Cols[j].Rank > 0 && (worst < 0 || t.Cols[j].Rank >= t.Cols[worst].Rank) {
				worst = j
			}
		}
		if worst < 0 {
			break
		}
		total -= need[worst]
		dropped = append(dropped, t.Cols[worst].Name)
		cols = slices.DeleteFunc(cols, func(j int) bool { return j == worst })
	}
	slices.Reverse(dropped)
	return cols, dropped
}
