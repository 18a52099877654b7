package report

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/mores-lab/mores/eval/figure"
)

// Slides writes one slide of 13.33 × 7.5 in a card as PDF.
func (s *PersonaSheet) Slides(w io.Writer) error {
	const width, height, margin, left = 338.67, 190.5, 14.0, 42.0
	p, err := newPDF(&Report{Title: s.Title, Verdict: []string{s.Subtitle}, Maker: s.Maker, Time: s.Time}, fpdf.SizeType{Wd: width, Ht: height})
	if err != nil {
		return err
	}
	p.SetLang(s.Language)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	for i := range s.Cards {
		c := &s.Cards[i]
		p.AddPage()
		pt := 17.0
		for pt > 9 && !s.slide(p, c, pt, left, height-margin-8, false) {
			pt-- // to the largest text that has room
		}
		s.slide(p, c, pt, left, height-margin-8, true)
		p.font("", 9, grey)
		p.SetXY(margin, height-margin)
		p.CellFormat(p.room(), 5, p.fitted(s.subtitle()+" · "+s.text("note"), p.room()), "", 0, "L", false, 0, "")
	}
	return p.end(w)
}

// slide lays a card out at a size of text, or only says whether it has room.
func (s *PersonaSheet) slide(p *pdf, c *PersonaCard, pt, left, bottom float64, paint bool) bool {
	l, at := 14.0, 14.0
	if paint {
		rgb := segmentRGB(c.Segment)
		p.SetFillColor(rgb.r, rgb.g, rgb.b)
		p.Rect(0, 0, 338.67, 6, "F")
	}
	write := func(text, style string, size float64, ink rgb, x float64) {
		p.font(style, size, ink)
		for _, line := range personaLines(p.text(text), p.GetStringWidth, 338.67-14-x-2) {
			if at+size*0.42 > bottom {
				at = bottom + 1
				return
			}
			if paint {
				p.SetXY(x, at)
				p.CellFormat(338.67-14-x, size*0.42, line, "", 0, "L", false, 0, "")
			}
			at += size * 0.42
		}
	}
	write(s.head(c), "B", pt+9, black, l)
	write(c.Facts, "", pt, grey, l)
	at += 2
	write(c.Who, "", pt, black, l)
	at += 2
	write(s.text("behaviour"), "B", pt, grey, l)
	for _, b := range c.Behaviours {
		write("• "+b, "", pt, black, l)
	}
	at += 2
	for _, r := range c.Rows {
		if y := at; paint && y < bottom {
			p.font("B", pt-2, grey)
			p.SetXY(l, y)
			p.CellFormat(left-2, (pt-2)*0.42, p.fitted(r.Name, left-2), "", 0, "L", false, 0, "")
		}
		write(r.Value, "", pt-2, black, l+left)
		at++
	}
	return at <= bottom
}

// PNG draws one card, 1,600 pixels wide and as high as it takes.
func (s *PersonaSheet) PNG(w io.Writer, c *PersonaCard) error {
	const width, pad = 1600, 56
	var faces [4]font.Face // title, text, bold, small
	for i, f := range []struct {
		ttf  []byte
		size float64
	}{{liberationsansbold.TTF, 44}, {liberationsansregular.TTF, 28}, {liberationsansbold.TTF, 28}, {liberationsansregular.TTF, 25}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return err
		}
		if faces[i], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return err
		}
	}
	ink, pale := color.RGBA{22, 25, 29, 255}, color.RGBA{90, 99, 110, 255}
	lay := func(img *image.RGBA) int {
		y := 40
		write := func(text string, face font.Face, c color.Color, x int) {
			line := face.Metrics().Height.Ceil() + 6
			for _, l := range personaLines(clean(text), func(t string) float64 { return float64(font.MeasureString(face, t)) / 64 }, float64(width-pad-x)) {
				if y += line; img != nil {
					d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
					d.DrawString(l)
				}
			}
		}
		write(s.head(c), faces[0], ink, pad)
		write(c.Facts, faces[1], pale, pad)
		y += 16
		write(c.Who, faces[1], ink, pad)
		y += 16
		write(s.text("behaviour"), faces[2], pale, pad)
		for _, b := range c.Behaviours {
			write("• "+b, faces[1], ink, pad)
		}
		y += 16
		for _, r := range c.Rows {
			top := y
			write(r.Name, faces[3], pale, pad)
			y = top
			write(r.Value, faces[3], ink, pad+220)
			y += 6
		}
		y += 20
		write(s.subtitle(), faces[3], pale, pad)
		return y + 40
	}
	img := image.NewRGBA(image.Rect(0, 0, width, lay(nil)))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, width, 18), image.NewUniform(figure.Colour(c.Segment-1)), image.Point{}, draw.Src)
	lay(img)
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// personaLines breaks text at blanks, never between a number and its unit (a no-break
// space); a word that is wider than the line is cut.
func personaLines(text string, wide func(string) float64, width float64) []string {
	var out []string
	now := ""
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		for wide(word) > width && len([]rune(word)) > 1 {
			r := []rune(word)
			n := len(r) - 1
			for n > 1 && wide(string(r[:n])) > width {
				n--
			}
			if now != "" {
				out, now = append(out, now), ""
			}
			out, word = append(out, string(r[:n])), string(r[n:])
		}
		next := strings.TrimPrefix(now+" "+word, " ")
		if wide(next) > width && now != "" {
			out, next = append(out, now), word
		}
		now = next
	}
	if now != "" {
		out = append(out, now)
	}
	return out
}
