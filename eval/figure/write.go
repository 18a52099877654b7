package figure

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// PNGDPI is the resolution of PNG files, in dots per inch: what print asks for.
const PNGDPI = 300

// Formats lists the formats that Write knows.
func Formats() []string { return []string{"svg", "png", "pdf"} }

// Write writes the drawing as svg, png or pdf. The same drawing gives the same
// bytes every time.
func Write(d *Drawing, format string, w io.Writer) error { return write(d, format, w, PNGDPI) }

func write(d *Drawing, format string, w io.Writer, dpi int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the figure could not be drawn as %s: %v", format, r)
		}
	}()
	width, height := d.Preset.size()
	if !(width > 0 && height > 0) {
		return fmt.Errorf("a figure of %g × %g mm cannot be drawn", d.Preset.Width, d.Preset.Height)
	}
	b := bufio.NewWriter(w)
	switch format {
	case "svg":
		err = writeSVG(d, b)
	case "png":
		err = writePNG(d, b, dpi)
	case "pdf":
		err = writePDF(d, b)
	default:
		return fmt.Errorf("no figure format %q: svg, png or pdf", format)
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// paint draws the whole page: background, title where the preset has one, figure.
func (d *Drawing) paint(c vg.Canvas) {
	w, h := d.Preset.size()
	page := draw.NewCanvas(c, w, h)
	s := newSheet(page, d.Preset)
	s.box(page.Rectangle, white, nil, 0)
	m := d.Preset.margin()
	inner := rect(m, m, w-m, h-m)
	if d.Preset.Title && d.Title != "" {
		size := d.Preset.titleSize()
		y := inner.Max.Y
		for _, l := range balanced(clean(d.Title), size, inner.Size().X) {
			s.shout(l, vg.Point{X: inner.Min.X, Y: y}, size, ink, left, top)
			y -= size * lineHeight
		}
		inner.Max.Y = y - size*0.4
	}
	d.Paint(draw.Canvas{Canvas: c, Rectangle: inner})
}

// balanced wraps a title into at most two lines of about the same length.
func balanced(s string, size, w vg.Length) []string {
	lines := wrap(s, size, true, w, 2)
	if len(lines) < 2 || strings.HasSuffix(lines[1], "…") {
		return lines
	}
	for w *= 0.98; ; w *= 0.98 {
		next := wrap(s, size, true, w, 2)
		if strings.HasSuffix(next[1], "…") || strings.HasSuffix(next[0], "…") {
			return lines
		}
		lines = next
	}
}

// room is the height that the preset leaves for paint under a title of two lines.
func (p Preset) room() vg.Length {
	_, h := p.size()
	return h - p.frame()
}

// frame is the height of margins and title.
func (p Preset) frame() vg.Length {
	f := 2 * p.margin()
	if p.Title {
		f += p.titleSize() * (2*lineHeight + 0.4)
	}
	return f
}

// WriteCSV writes the figure's data: Rows where it has them, else Table. A text
// that a spreadsheet would run as a formula is quoted with an apostrophe.
func WriteCSV(d *Drawing, w io.Writer) error {
	out := csv.NewWriter(w)
	rows := d.Rows
	if rows == nil {
		rows = func(yield func([]string) bool) {
			for _, r := range d.Table {
				if !yield(r) {
					return
				}
			}
		}
	}
	var rec []string
	for r := range rows {
		rec = rec[:0]
		for _, f := range r {
			if f != "" && strings.ContainsRune("=+-@\t\r", rune(f[0])) {
				if _, err := strconv.ParseFloat(f, 64); err != nil {
					f = "'" + f
				}
			}
			rec = append(rec, f)
		}
		if err := out.Write(rec); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
