package report

import "slices"

// Table is a table of a report, the same in every medium.
type Table struct {
	Name  string // fit for a file name: ranking_rfm
	Title string
	Cols  []Col
	Rows  []Row
	Notes []string // footnotes; a cell's Note counts from 1
}

// Col is a column of a table.
type Col struct {
	Name string // for people
	Key  string // for scripts: snake_case; "" = left out of CSV
	Doc  string // what it means, in a sentence; "" = obvious
	Text bool   // words, set left; numbers are set right
	// Rank orders what is given up first where there is no room: the largest goes
	// first; 0 stays.
	Rank int
}

// Row is a row of a table.
type Row struct {
	Cells   []Cell
	Segment int  // 1-based; 0 = the row is about no segment
	Strong  bool // the row that the verdict names
	Quiet   bool // out of competition
	Aside   bool // words that part the table: no data, not in CSV
}

// Cell is a cell of a table.
type Cell struct {
	Text  string // as printed
	Exact string // as CSV holds it: all digits; "" = Text if it is words, else undefined
	Note  int    // footnote, 1-based; 0 = none
	// Mark is a sign before the text: ★ best, ~ not distinguishable from the best.
	Mark string
}

func word(s string) Cell { return Cell{Text: s, Exact: s} }

// drop leaves out the column of that key.
func (t *Table) drop(key string) {
	j := slices.IndexFunc(t.Cols, func(c Col) bool { return c.Key == key })
	if j < 0 {
		return
	}
	t.Cols = slices.Delete(t.Cols, j, j+1)
	for i := range t.Rows {
		t.Rows[i].Cells = slices.Delete(t.Rows[i].Cells, j, j+1)
	}
}

// note returns the number of that footnote, adding it if it is new.
func (t *Table) note(s string) int {
	for i, n := range t.Notes {
		if n == s {
			return i + 1
		}
	}
	t.Notes = append(t.Notes, s)
	return len(t.Notes)
}

// missing is the cell of what is undefined, for that reason.
func (t *Table) missing(reason string) Cell {
	if reason == "" {
		reason = "not known"
	}
	return Cell{Text: "–", Note: t.note(reason)}
}

var superscripts = [...]string{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"}

// superscript is a footnote's sign in plain text.
func superscript(n int) string {
	if n < 10 {
		return superscripts[n]
	}
	return superscript(n/10) + superscripts[n%10]
}

// plain is a cell as plain text.
func (c Cell) plain() string {
	s := c.Text
	if c.Mark != "" {
		s = c.Mark + " " + s
	}
	if c.Note > 0 {
		s += superscript(c.Note)
	}
	return s
}
