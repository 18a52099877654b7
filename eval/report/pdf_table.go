package report

import (
	"fmt"
	"math"
)

// A table's sizes on paper: text in points, the rest in mm.
const (
	tableText    = 7.3
	tableLeading = 3.4
	tablePad     = 1.4
)

// table lays a table out over the width of the page: numbers keep their width,
// words wrap, and columns that still do not fit are left out by rank.
func (p *pdf) table(t *Table) {
	if len(t.Rows) == 0 {
		return
	}
	cols, widths := p.columns(t)
	p.need(13 + p.rowHeight(t.Rows[0], cols, widths)) // the title, the head and a row stay together
	p.para(t.Title, "B", 9.5, black, 5)
	p.tableHead(t, cols, widths)
	for _, r := range t.Rows {
		style := ""
		if r.Strong {
			style = "B"
		}
		p.SetFont("sans", style, tableText)
		cells, high := make([][]string, len(cols)), 1
		for i, j := range cols {
			cells[i] = p.lines(pdfCell(r.Cells[j]), widths[i]-tablePad)
			high = max(high, len(cells[i]))
		}
		h := float64(high)*tableLeading + 0.9
		if p.GetY()+h > p.bottom() {
			p.AddPage()
			p.tableHead(t, cols, widths)
		}
		c := black
		if r.Quiet {
			c = grey
		}
		p.font(style, tableText, c)
		p.tableRow(t, cols, widths, cells, h, r.Segment)
	}
	p.Ln(0.8)
	for i, n := range t.Notes {
		p.para(pdfNote(i+1)+" "+n, "", 7, grey, 3.3)
	}
	if len(cols) < len(t.Cols) {
		var left []string
		for j, c := range t.Cols {
			shown := false
			for _, k := range cols {
				shown = shown || k == j
			}
			if !shown {
				left = append(left, c.Name)
			}
		}
		p.para("Left out for want of room: "+list(left)+".", "", 7, grey, 3.3)
	}
	p.Ln(3)
}

// rowHeight is the height that a row needs.
func (p *pdf) rowHeight(r Row, cols []int, widths []float64) float64 {
	p.SetFont("sans", "", tableText)
	high := 1
	for i, j := range cols {
		high = max(high, len(p.lines(pdfCell(r.Cells[j]), widths[i]-tablePad)))
	}
	return float64(high)*tableLeading + 0.9
}

// columns chooses the columns that fit and their widths.
func (p *pdf) columns(t *Table) (cols []int, widths []float64) {
	p.SetFont("sans", "B", tableText)
	need, least := make([]float64, len(t.Cols)), make([]float64, len(t.Cols))
	for j, c := range t.Cols {
		cols = append(cols, j)
		for _, w := range splitWords(p.text(c.Name)) {
			least[j] = max(least[j], p.GetStringWidth(w))
		}
		need[j] = least[j]
		for _, r := range t.Rows {
			s := p.text(pdfCell(r.Cells[j]))
			need[j] = max(need[j], p.GetStringWidth(s))
			if !c.Text {
				least[j] = need[j]
			}
		}
		if c.Text {
			least[j] = max(least[j], min(need[j], 22))
		}
		need[j] += tablePad + 1
		least[j] += tablePad + 1
	}
	need[0] += 2.5 // a segment's chip
	least[0] += 2.5
	sum := func(x []float64) (s float64) {
		for _, j := range cols {
			s += x[j]
		}
		return s
	}
	for sum(least) > p.room() {
		worst := -1
		for i, j := range cols {
			if t.Cols[j].Rank > 0 && (worst < 0 || t.Cols[j].Rank >= t.Cols[cols[worst]].Rank) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		cols = append(cols[:worst:worst], cols[worst+1:]...)
	}
	// What room is left goes to the columns of words, by their want.
	spare, want := max(0, p.room()-sum(least)), 0.0
	for _, j := range cols {
		want += need[j] - least[j]
	}
	squeeze := min(1, p.room()/sum(least))
	for _, j := range cols {
		w := least[j] * squeeze
		if want > 0 {
			w += (need[j] - least[j]) * min(1, spare/want)
		}
		widths = append(widths, w)
	}
	return cols, widths
}

func splitWords(s string) []string {
	var out []string
	start := 0
	for i, r := range s {
		if r == ' ' {
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

func (p *pdf) tableHead(t *Table, cols []int, widths []float64) {
	p.font("B", tableText, black)
	cells, high := make([][]string, len(cols)), 1
	for i, j := range cols {
		cells[i] = p.lines(t.Cols[j].Name, math.Max(widths[i]-tablePad, 4))
		high = max(high, len(cells[i]))
	}
	p.tableRow(t, cols, widths, cells, float64(high)*tableLeading+0.9, 0)
	l, _, _, _ := p.GetMargins()
	total := 0.0
	for _, w := range widths {
		total += w
	}
	p.SetDrawColor(black.r, black.g, black.b)
	p.SetLineWidth(0.3)
	p.Line(l, p.GetY(), l+total, p.GetY())
}

func (p *pdf) tableRow(t *Table, cols []int, widths []float64, cells [][]string, h float64, segment int) {
	l, _, _, _ := p.GetMargins()
	x, y := l, p.GetY()
	for i, j := range cols {
		align, shift := "R", 0.0
		if t.Cols[j].Text {
			align = "L"
		}
		if i == 0 && segment > 0 {
			c := segmentRGB(segment)
			p.SetFillColor(c.r, c.g, c.b)
			p.Rect(x+0.4, y+1, 2, 2, "F")
			shift = 2.5
		}
		for k, line := range cells[i] {
			p.SetXY(x+shift, y+0.45+float64(k)*tableLeading)
			p.CellFormat(widths[i]-shift-tablePad, tableLeading, line, "", 0, align, false, 0, "")
		}
		x += widths[i]
	}
	p.SetDrawColor(rule.r, rule.g, rule.b)
	p.SetLineWidth(0.15)
	p.Line(l, y+h, x, y+h)
	p.SetXY(l, y+h)
}

// pdfNote is a footnote's sign: the font has superscripts up to 8.
func pdfNote(n int) string {
	if n <= 8 {
		return superscript(n)
	}
	return fmt.Sprintf(" (%d)", n)
}

func pdfCell(c Cell) string {
	n := c.Note
	if c.Note = 0; n == 0 {
		return c.plain()
	}
	return c.plain() + pdfNote(n)
}
