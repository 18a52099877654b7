package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// boardRows is how many rows of each ranking a judged study's terminal shows, besides the
// verdict's: files hold all.
const boardRows = 3

// judged writes a judged study: the first screen first, then who the segments are, what
// decided, and last what is to be known and done.
func (r *Report) judged(b *bufio.Writer, limit int, colour bool) {
	r.First.terminal(b, limit, colour)
	if len(r.Cautions) > 0 {
		for _, s := range r.Cautions {
			point(b, paint("!", colour, text.FgYellow), s, limit)
		}
		fmt.Fprintln(b)
	}
	if r.Segments != nil {
		r.Segments.terminal(b, limit, 0, colour)
		r.Cards.terminal(b, limit)
	}
	if r.Decided != nil {
		r.Decided.terminal(b, limit, 0, colour)
		point(b, " ", "0 is no better than everybody alike, 1 is perfect. On customers learned from figures are flattered; on others they count. ~ cannot be told from the best.", limit)
		fmt.Fprintln(b)
	}
	if t := r.compact(); t != nil {
		frontLegend(b, limit, func(b *bufio.Writer) { t.terminal(b, limit, 0, colour) })
	}
	for _, s := range r.Notes {
		point(b, paint("·", colour, text.Faint), s, limit)
	}
	if len(r.Next) > 0 {
		fmt.Fprintln(b)
		fmt.Fprintln(b, paint("Try next", colour, text.Bold))
	}
	wide := 0
	for _, n := range r.Next {
		wide = max(wide, width(clean(n.What))+1)
	}
	for _, n := range r.Next {
		fmt.Fprintf(b, "  %-*s  %s\n", wide, n.What+":", clean(n.Command))
	}
}

// point writes a sentence behind a sign.
func point(b *bufio.Writer, sign, s string, limit int) {
	for i, line := range wrap(terminalText(s), limit-2) {
		if i > 0 {
			sign = " "
		}
		fmt.Fprintln(b, sign+" "+line)
	}
}

// compact is the beginning of every ranking in one table, with the columns that are never
// given up and, where there is room, the time; nil = nothing is ranked.
func (r *Report) compact() *Table {
	if len(r.Rankings) == 0 {
		return nil
	}
	out := &Table{Name: "compact", Title: "By index, within one feature set only"}
	if r.Decided != nil {
		out.Title += "; it did not decide"
	}
	var keep []int
	for j, c := range r.Rankings[0].Cols {
		if c.Rank == 0 || c.Name == timeColumn {
			out.Cols, keep = append(out.Cols, c), append(keep, j)
		}
	}
	for _, t := range r.Rankings {
		out.Rows = append(out.Rows, out.aside("on "+strings.TrimPrefix(t.Title, "Feature set ")))
		shown := 0
		for _, row := range t.Rows {
			if row.Aside || shown >= boardRows && !row.Strong {
				continue
			}
			shown++
			short := row
			short.Cells = nil
			for _, j := range keep {
				c := row.Cells[j]
				if c.Note > 0 {
					c.Note = out.note(t.Notes[c.Note-1])
				}
				short.Cells = append(short.Cells, c)
			}
			out.Rows = append(out.Rows, short)
		}
	}
	return out
}

// classInk are the escapes of a class's badge: black on a colour that every theme has.
var classInk = map[string]string{"natural": "\x1b[1;30;42m", "reproducible": "\x1b[1;30;46m", "constructive": "\x1b[1;30;43m"}

// terminal writes the first screen, a short line for each thing it is about.
func (f *FirstScreen) terminal(b *bufio.Writer, limit int, colour bool) {
	badge := ""
	if f.Class != "" {
		badge = "  [" + f.Class + "]"
		if ink := classInk[f.Class]; colour && ink != "" {
			badge = "  " + ink + " " + f.Class + " \x1b[0m"
		}
	}
	sign, ink := "✓", text.FgGreen
	if f.Class == "" {
		sign, ink = "–", text.FgYellow
	}
	lines := wrap(terminalText(f.Use), limit-2-width(badge))
	for i, s := range lines {
		lead, tail := "  ", ""
		if i == 0 {
			lead = paint(sign, colour, ink) + " "
		}
		if i == len(lines)-1 {
			tail = badge
		}
		fmt.Fprintln(b, lead+paint(s, colour, text.Bold)+tail)
	}
	fmt.Fprintln(b)
	indent := 0
	for _, l := range f.Lines {
		indent = max(indent, width(l.Topic))
	}
	if indent > 0 {
		indent += 2
	}
	last := ""
	for _, l := range f.Lines {
		topic := l.Topic
		if topic == last {
			topic = ""
		}
		last = l.Topic
		for _, s := range wrap(terminalText(l.Text), limit-2-indent) {
			pad := strings.Repeat(" ", indent-width(topic))
			fmt.Fprintln(b, "  "+paint(topic, colour && topic != "", text.Faint)+pad+s)
			topic = ""
		}
	}
	fmt.Fprintln(b)
}
