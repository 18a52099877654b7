package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
)

// pdfDPI is the resolution of figures in documents: enough for print, half the
// bytes of 300. Each further figure has a dot more: fpdf orders images by width
// alone, and equal widths would be written in any order.
const pdfDPI = 200

// PDF writes the report as a document of A4 pages. The same report gives the same
// bytes.
func PDF(w io.Writer, r *Report) error {
	p, err := newPDF(r, fpdf.SizeType{Wd: 210, Ht: 297})
	if err != nil {
		return err
	}
	p.SetMargins(15, 16, 15)
	p.SetAutoPageBreak(false, 0)
	p.SetFooterFunc(func() {
		p.SetY(-11)
		p.font("", 8, grey)
		p.CellFormat(90, 4, p.text(short(r.Title, 60)), "", 0, "L", false, 0, "")
		p.CellFormat(90, 4, fmt.Sprintf("%d", p.PageNo()), "", 0, "R", false, 0, "")
	})
	p.AddPage()
	p.para(r.Title, "B", 21, black, 8.5)
	sub := r.Subtitle
	if r.Simulated {
		sub = "Simulated data. " + sub
	}
	p.para(sub, "", 10, grey, 4.6)
	p.Ln(2)
	for _, s := range r.Sections {
		p.section(s)
	}
	p.font("", 8, grey)
	p.need(8)
	p.Ln(3)
	p.para(r.Maker, "", 8, grey, 3.6)
	return p.end(w)
}

type rgb struct{ r, g, b int }

var (
	black = rgb{22, 25, 29}
	grey  = rgb{90, 99, 110}
	rule  = rgb{205, 210, 216}
	pale  = rgb{246, 247, 249}
	amber = rgb{255, 246, 224}
)

// pdf is a document being written. Its unit is the millimetre, of text the point.
type pdf struct {
	*fpdf.Fpdf
	r      *Report
	glyphs *sfnt.Font
	buf    sfnt.Buffer
	images int
}

func newPDF(r *Report, size fpdf.SizeType) (*pdf, error) {
	f := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "mm", Size: size})
	glyphs, err := sfnt.Parse(liberationsansregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("report: the built-in font: %w", err)
	}
	p := &pdf{Fpdf: f, r: r, glyphs: glyphs}
	f.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	f.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	f.SetCellMargin(0)
	f.SetCatalogSort(true)
	f.SetCreationDate(r.Time)
	f.SetModificationDate(r.Time)
	f.SetTitle(clean(r.Title), true)
	f.SetSubject(clean(strings.Join(r.Verdict, " ")), true)
	f.SetCreator(clean(r.Maker), true)
	f.SetProducer("mores", true)
	f.SetLang("en")
	return p, nil
}

func (p *pdf) end(w io.Writer) error {
	if err := p.Error(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return p.Output(w)
}

// text makes text fit for the font: a character that it lacks becomes a box.
func (p *pdf) text(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x7f {
			return r
		}
		if i, err := p.glyphs.GlyphIndex(&p.buf, r); err == nil && i != 0 && r <= 0xffff {
			return r
		}
		if s, ok := pdfStandIns[r]; ok {
			return s
		}
		return '□'
	}, clean(s))
}

func (p *pdf) font(style string, pt float64, c rgb) {
	p.SetFont("sans", style, pt)
	p.SetTextColor(c.r, c.g, c.b)
}

// room is the width between the margins.
func (p *pdf) room() float64 {
	w, _ := p.GetPageSize()
	l, _, r, _ := p.GetMargins()
	return w - l - r
}

// bottom is where the text ends on a page.
func (p *pdf) bottom() float64 {
	_, h := p.GetPageSize()
	return h - 15
}

// need starts a new page unless that height is left.
func (p *pdf) need(h float64) {
	if p.GetY()+h > p.bottom() {
		p.AddPage()
	}
}

// lines breaks text at a width; text is at least one line.
func (p *pdf) lines(s string, w float64) []string {
	s = p.text(s)
	if s == "" {
		return []string{""}
	}
	return p.SplitText(s, w)
}

// para writes a paragraph over the whole width, line by line, so that it can break
// between pages.
func (p *pdf) para(s, style string, pt float64, c rgb, leading float64) {
	p.font(style, pt, c)
	for _, l := range p.lines(s, p.room()) {
		p.need(leading)
		p.CellFormat(0, leading, l, "", 1, "L", false, 0, "")
	}
}

func (p *pdf) section(s *Section) {
	// A heading stays with what it is above.
	p.need(p.first(s.Blocks))
	p.Ln(5)
	l, _, _, _ := p.GetMargins()
	p.SetDrawColor(black.r, black.g, black.b)
	p.SetLineWidth(0.5)
	p.Line(l, p.GetY(), l+p.room(), p.GetY())
	p.Ln(2)
	p.Bookmark(p.text(s.Title), 0, -1)
	p.para(s.Title, "B", 13.5, black, 6.5)
	p.Ln(1)
	for _, b := range s.Blocks {
		p.block(b)
	}
}

// first is the height that a section's beginning needs.
func (p *pdf) first(bs []Block) float64 {
	if len(bs) > 0 {
		if f, ok := bs[0].(*Figure); ok && f.Reason == "" {
			return 145
		}
	}
	return 42
}

func (p *pdf) block(b Block) {
	const size, leading = 9.5, 4.5
	switch b := b.(type) {
	case FirstScreen:
		p.firstScreen(b)
	case Finding:
		p.para(string(b), "B", 13.5, black, 6.2)
		p.Ln(1.4)
	case Tiles:
		p.tiles(b)
	case Text:
		p.para(string(b), "", size, black, leading)
		p.Ln(1.5)
	case Bullets:
		for _, s := range b {
			p.bullet("•", s, size, leading)
		}
		p.Ln(1.5)
	case Cautions:
		p.cautions(b)
	case Commands:
		for _, c := range b {
			p.bullet("→", c.What+": "+c.Command, size, leading)
		}
		p.Ln(1.5)
	case Facts:
		for _, f := range b {
			p.fact(f.Name, f.Value)
		}
		p.Ln(2)
	case Terms:
		for _, t := range b {
			p.need(9)
			p.para(t.Name, "B", 9, black, 4.3)
			p.para(t.Doc, "", 9, grey, 4.1)
			p.Ln(1)
		}
	case Cards:
		p.cards(b)
	case *Table:
		p.table(b)
	case *Figure:
		p.figure(b)
	}
}

// classRGB is the colour of a class's badge: white is read on each.
func classRGB(class string) rgb {
	switch class {
	case "natural":
		return rgb{0, 104, 74}
	case "reproducible":
		return rgb{0, 90, 145}
	}
	return rgb{138, 90, 0}
}

// firstScreen writes the answer with its class, then a line for everything it is about.
func (p *pdf) firstScreen(f FirstScreen) {
	const left, size, leading = 20.0, 9.5, 4.5
	p.para(f.Use, "B", 13.5, black, 6.2)
	l, _, _, _ := p.GetMargins()
	if f.Class != "" {
		p.font("B", 8.5, rgb{255, 255, 255})
		c, w := classRGB(f.Class), p.GetStringWidth(p.text(f.Class))+5
		p.need(7)
		p.SetFillColor(c.r, c.g, c.b)
		p.RoundedRect(l, p.GetY()+0.6, w, 5, 1.2, "1234", "F")
		p.SetXY(l, p.GetY()+0.6)
		p.CellFormat(w, 5, p.text(f.Class), "", 1, "C", false, 0, "")
	}
	p.Ln(1.8)
	last := ""
	for _, line := range f.Lines {
		topic := line.Topic
		if topic == last {
			topic = ""
		}
		last = line.Topic
		p.font("", size, black)
		for i, s := range p.lines(line.Text, p.room()-left) {
			p.need(leading)
			p.SetX(l)
			if i > 0 {
				topic = ""
			}
			p.font("B", size, grey)
			p.CellFormat(left, leading, p.text(topic), "", 0, "L", false, 0, "")
			p.font("", size, black)
			p.CellFormat(0, leading, s, "", 1, "L", false, 0, "")
		}
		p.Ln(0.6)
	}
	p.Ln(1.2)
}

func (p *pdf) bullet(sign, s string, pt, leading float64) {
	p.font("", pt, black)
	l, _, _, _ := p.GetMargins()
	for i, line := range p.lines(s, p.room()-5) {
		p.need(leading)
		p.SetX(l)
		if i > 0 {
			sign = ""
		}
		p.CellFormat(5, leading, sign, "", 0, "L", false, 0, "")
		p.CellFormat(0, leading, line, "", 1, "L", false, 0, "")
	}
}

func (p *pdf) cautions(cs Cautions) {
	l, _, _, _ := p.GetMargins()
	for _, s := range cs {
		p.font("", 9.5, black)
		lines := p.lines(s, p.room()-8)
		h := float64(len(lines))*4.5 + 2.4
		p.need(h + 1)
		y := p.GetY()
		p.SetFillColor(amber.r, amber.g, amber.b)
		p.Rect(l, y, p.room(), h, "F")
		p.SetFillColor(138, 90, 0)
		p.Rect(l, y, 1.1, h, "F")
		p.SetY(y + 1.2)
		for _, line := range lines {
			p.SetX(l + 4)
			p.CellFormat(0, 4.5, line, "", 1, "L", false, 0, "")
		}
		p.SetY(y + h + 1.2)
	}
}

func (p *pdf) fact(name, value string) {
	const left, leading = 45, 4.2
	l, _, _, _ := p.GetMargins()
	p.font("", 8.5, black)
	lines := p.lines(value, p.room()-left)
	p.need(leading)
	p.font("", 8.5, grey)
	p.SetX(l)
	p.CellFormat(left, leading, p.text(short(name, 32)), "", 0, "L", false, 0, "")
	p.font("", 8.5, black)
	for i, line := range lines {
		if i > 0 {
			p.need(leading)
		}
		p.SetX(l + left)
		p.CellFormat(0, leading, line, "", 1, "L", false, 0, "")
	}
}

func (p *pdf) tiles(ts Tiles) {
	const h, gap = 14.0, 3.0
	per := min(4, len(ts))
	if len(ts) > 4 && len(ts)%3 == 0 {
		per = 3
	}
	if per == 0 {
		return
	}
	l, _, _, _ := p.GetMargins()
	w := (p.room() - gap*float64(per-1)) / float64(per)
	for i := 0; i < len(ts); i += per {
		p.need(h + gap)
		y := p.GetY() + 1
		for j, t := range ts[i:min(len(ts), i+per)] {
			x := l + float64(j)*(w+gap)
			p.SetFillColor(pale.r, pale.g, pale.b)
			p.SetDrawColor(rule.r, rule.g, rule.b)
			p.SetLineWidth(0.2)
			p.RoundedRect(x, y, w, h, 1.6, "1234", "FD")
			p.font("", 7.5, grey)
			p.SetXY(x+2, y+1.6)
			p.CellFormat(w-4, 3.6, p.fitted(t.Name, w-4), "", 0, "L", false, 0, "")
			pt := 12.5
			p.font("B", pt, black)
			for pt > 7 && p.GetStringWidth(p.text(t.Value)) > w-4 {
				pt -= 0.5
				p.font("B", pt, black)
			}
			p.SetXY(x+2, y+6.2)
			p.CellFormat(w-4, 6, p.fitted(t.Value, w-4), "", 0, "L", false, 0, "")
		}
		p.SetXY(l, y+h+gap-1)
	}
	p.Ln(2)
}

// fitted cuts text to a width.
func (p *pdf) fitted(s string, w float64) string {
	s = p.text(s)
	if p.GetStringWidth(s) <= w {
		return s
	}
	rs := []rune(s)
	for len(rs) > 1 && p.GetStringWidth(string(rs)+"…") > w {
		rs = rs[:len(rs)-1]
	}
	return string(rs) + "…"
}

func (p *pdf) figure(f *Figure) {
	if f.Reason != "" {
		p.para(f.Title+": not drawn, for "+strings.TrimSuffix(f.Reason, ".")+".", "", 9, grey, 4.3)
		p.Ln(1.5)
		return
	}
	img, err := f.PNG(pdfDPI + p.images)
	if err != nil {
		p.SetError(err)
		return
	}
	name, w, h := p.image(img)
	width := min(p.room(), 168)
	height := width * h / w
	p.font("", 8, grey)
	caption := p.lines(f.Caption, p.room())
	p.font("B", 10, black)
	head := p.lines(f.Title, p.room())
	text := float64(len(caption))*3.7 + float64(len(head))*4.8 + 4
	if most := p.bottom() - 16 - text; height > most {
		width, height = width*most/height, most
	}
	p.need(height + text)
	p.para(f.Title, "B", 10, black, 4.8)
	l, _, _, _ := p.GetMargins()
	p.ImageOptions(name, l, p.GetY()+1, width, height, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	p.SetY(p.GetY() + height + 2)
	p.para(f.Caption, "", 8, grey, 3.7)
	p.Ln(3)
}

// image registers an image and returns its size in pixels.
func (p *pdf) image(img []byte) (name string, w, h float64) {
	p.images++
	name = fmt.Sprintf("figure-%d", p.images)
	info := p.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(img))
	if p.Err() {
		return name, 1, 1
	}
	return name, info.Width(), info.Height()
}

// pdfStandIns replace signs of ours that the font lacks.
var pdfStandIns = map[rune]rune{'★': '●', '⚠': '!'}

// epoch stands for the time of a study that has no events.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
