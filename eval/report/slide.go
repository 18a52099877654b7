package report

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"

	"github.com/mores-lab/mores/eval/figure"
)

// Slide writes one slide of 13.33 × 7.5 in as PDF: the finding as its title, the
// segments with size and value, and beside them the figure that shows how they
// differ. No text is below 18 pt.
func Slide(w io.Writer, r *Report) error {
	const width, height, margin = 338.67, 190.5, 14.0
	p, err := newPDF(r, fpdf.SizeType{Wd: width, Ht: height})
	if err != nil {
		return err
	}
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.AddPage()
	pt := 30.0
	p.font("B", pt, black)
	for pt > 22 && len(p.lines(r.Verdict[0], p.room())) > 2 {
		pt -= 2
		p.font("B", pt, black)
	}
	for i, l := range p.lines(r.Verdict[0], p.room()) {
		if i == 3 {
			break
		}
		p.CellFormat(0, pt*0.43, l, "", 1, "L", false, 0, "")
	}
	top := p.GetY() + 5
	bottom := height - margin - 9
	left := 0.0
	if f := r.slideFigure(); f != nil {
		left = 196
		if err := p.slideImage(f, margin, top, left-margin, bottom-top); err != nil {
			return err
		}
		left += 8
	} else {
		left = margin
	}
	p.slideSegments(left, top, width-margin-left, bottom-top)
	p.font("", 18, grey)
	p.SetXY(margin, height-margin-5)
	p.CellFormat(p.room(), 7, p.fitted(r.Source, p.room()), "", 0, "L", false, 0, "")
	return p.end(w)
}

// slideFigure is the first of the figures that tell most which could be drawn.
func (r *Report) slideFigure() *Figure {
	for _, name := range []string{"heatmap", "snake", "map", "silhouette"} {
		for _, f := range r.Figures() {
			if f.Name == name && f.Reason == "" {
				return f
			}
		}
	}
	return nil
}

// slideImage draws the figure anew for its place.
func (p *pdf) slideImage(f *Figure, x, y, w, h float64) error {
	img, err := f.anew(figure.Preset{Name: "slide-half", Width: w, Height: h, Text: 18}, pdfDPI)
	if err != nil {
		return err
	}
	name, pw, ph := p.image(img)
	if h > w*ph/pw {
		h = w * ph / pw
	}
	p.ImageOptions(name, x, y, h*pw/ph, h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	return p.Error()
}

// slideSegments lists the segments beside the figure, the largest first; those
// that have no room are counted.
func (p *pdf) slideSegments(x, y, w, h float64) {
	cs := p.r.Cards
	if len(cs) == 0 {
		p.font("", 18, black)
		p.SetXY(x, y)
		for _, s := range p.r.Verdict[1:] {
			for _, l := range p.lines(s, w) {
				p.SetX(x)
				p.CellFormat(w, 8, l, "", 1, "L", false, 0, "")
			}
			p.Ln(3)
		}
		return
	}
	const least = 20.0
	n := min(len(cs), int(h/least))
	if n < len(cs) {
		h -= 11 // for the line that counts the others
		n = int(h / least)
	}
	each := min(64, h/float64(n))
	for i, c := range cs[:n] {
		top := y + float64(i)*each
		s := segmentRGB(c.Segment)
		p.SetFillColor(s.r, s.g, s.b)
		p.Rect(x, top, 4, max(15, each-5), "F")
		p.font("B", 19, black)
		p.SetXY(x+7, top-0.5)
		p.CellFormat(w-7, 7.5, p.fitted(fmt.Sprintf("%d  %s", c.Segment, c.Name), w-7), "", 0, "L", false, 0, "")
		p.font("", 18, grey)
		p.SetXY(x+7, top+7.5)
		share := percent(c.Share) + " of customers"
		if c.ValueShare != nil {
			share += ", " + percent(*c.ValueShare) + " of revenue"
		}
		p.CellFormat(w-7, 7.2, p.fitted(share, w-7), "", 0, "L", false, 0, "")
		p.font("", 18, black)
		at := top + 15.5
		for _, b := range c.Behaviours {
			lines := p.lines(b.Text, w-7)
			if at+float64(len(lines))*7.2 > top+each-3 {
				break
			}
			for _, l := range lines {
				p.SetXY(x+7, at)
				p.CellFormat(w-7, 7.2, l, "", 0, "L", false, 0, "")
				at += 7.2
			}
		}
	}
	if n < len(cs) {
		p.font("", 18, grey)
		p.SetXY(x, y+float64(n)*each)
		p.CellFormat(w, 7, fmt.Sprintf("and %s", plural(len(cs)-n, "smaller segment")), "", 0, "L", false, 0, "")
	}
}
