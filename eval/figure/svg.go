package figure

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"image"
	"image/color"
	"math"
	"strconv"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// svgFonts names the fonts of text in SVG, which stays text: Liberation Sans and
// those with its metrics first.
const svgFonts = "Liberation Sans, Arial, Helvetica, Arimo, sans-serif"

// svgCanvas writes SVG with its coordinates worked out (no nested groups), only
// presentation attributes (nothing that a strict CSP forbids) and text as text.
// gonum's own writer has no title, no description and is twice as long.
type svgCanvas struct {
	penStack
	b *bytes.Buffer
}

var _ vg.Canvas = (*svgCanvas)(nil)

func writeSVG(d *Drawing, w *bufio.Writer) error {
	c := &svgCanvas{penStack: newPen(), b: new(bytes.Buffer)}
	pw, ph := d.Preset.size()
	c.at = affine{a: 1, d: -1, f: float64(ph)} // SVG's y grows downwards
	c.raw(`<svg xmlns="http://www.w3.org/2000/svg" role="img" width="`)
	c.num(d.Preset.Width)
	c.raw(`mm" height="`)
	c.num(d.Preset.Height)
	c.raw(`mm" viewBox="0 0 `)
	c.nums(float64(pw), float64(ph))
	c.raw(`" font-family="` + svgFonts + `"><title>`)
	c.escape(clean(d.Title))
	c.raw("</title><desc>")
	c.escape(clean(d.Alt + " " + d.Caption))
	c.raw("</desc>\n")
	d.paint(c)
	c.raw("</svg>\n")
	_, err := c.b.WriteTo(w)
	return err
}

func (c *svgCanvas) raw(s string) { c.b.WriteString(s) }

func (c *svgCanvas) escape(s string) {
	_ = xml.EscapeText(c.b, []byte(s)) // a bytes.Buffer does not fail
}

// num writes a coordinate: a hundredth of a point is below what print resolves.
func (c *svgCanvas) num(x float64) {
	c.b.WriteString(strconv.FormatFloat(math.Round(x*100)/100+0, 'f', -1, 64))
}

func (c *svgCanvas) nums(x, y float64) {
	c.num(x)
	c.raw(" ")
	c.num(y)
}

func (c *svgCanvas) point(p vg.Point) {
	p = c.at.apply(p)
	c.nums(float64(p.X), float64(p.Y))
}

func (c *svgCanvas) path(p vg.Path) {
	c.raw(`<path d="`)
	var last vg.Point
	for _, q := range p {
		switch q.Type {
		case vg.MoveComp:
			c.raw("M")
			c.point(q.Pos)
			last = q.Pos
		case vg.LineComp:
			c.raw("L")
			c.point(q.Pos)
			last = q.Pos
		case vg.ArcComp:
			last = c.arc(q, last)
		case vg.CurveComp:
			c.raw(map[int]string{1: "Q", 2: "C"}[len(q.Control)])
			for _, k := range q.Control {
				c.point(k)
				c.raw(" ")
			}
			c.point(q.Pos)
			last = q.Pos
		case vg.CloseComp:
			c.raw("Z")
		}
	}
	c.raw(`"`)
}

// arc writes an arc as pieces of at most half a turn: SVG cannot draw a circle as
// one arc.
func (c *svgCanvas) arc(q vg.PathComp, last vg.Point) vg.Point {
	on := func(angle float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return q.Pos.Add(vg.Point{X: q.Radius * vg.Length(cos), Y: q.Radius * vg.Length(sin)})
	}
	if start := on(q.Start); start != last {
		c.raw("L")
		c.point(start)
	}
	n := max(1, int(math.Ceil(math.Abs(q.Angle)/(math.Pi*0.999))))
	r := float64(q.Radius) * c.at.scale()
	// Counter-clockwise on paper, as our y axis is turned over.
	sweep := "0"
	if (q.Angle > 0) == (c.at.a*c.at.d-c.at.b*c.at.c > 0) {
		sweep = "1"
	}
	for i := 1; i <= n; i++ {
		last = on(q.Start + q.Angle*float64(i)/float64(n))
		c.raw("A")
		c.nums(r, r)
		c.raw(" 0 0 " + sweep + " ")
		c.point(last)
	}
	return last
}

// paintAttr writes fill or stroke with its opacity.
func (c *svgCanvas) paintAttr(name string) {
	n := color.NRGBAModel.Convert(c.col).(color.NRGBA)
	c.raw(" " + name + `="` + hexOf(color.RGBA{R: n.R, G: n.G, B: n.B}) + `"`)
	if n.A < 255 {
		c.raw(" " + name + `-opacity="`)
		c.num(float64(n.A) / 255)
		c.raw(`"`)
	}
}

func (c *svgCanvas) Stroke(p vg.Path) {
	if c.width <= 0 || len(p) == 0 {
		return
	}
	c.path(p)
	c.raw(` fill="none"`)
	c.paintAttr("stroke")
	c.raw(` stroke-width="`)
	c.num(float64(c.width) * c.at.scale())
	c.raw(`"`)
	if len(c.dash) > 0 {
		c.raw(` stroke-dasharray="`)
		for i, d := range c.dash {
			if i > 0 {
				c.raw(" ")
			}
			c.num(float64(d) * c.at.scale())
		}
		c.raw(`"`)
	}
	c.raw("/>\n")
}

func (c *svgCanvas) Fill(p vg.Path) {
	if len(p) == 0 {
		return
	}
	c.path(p)
	c.paintAttr("fill")
	c.raw("/>\n")
}

func (c *svgCanvas) FillString(f font.Face, at vg.Point, txt string) {
	if f.Font.Size <= 0 || txt == "" {
		return
	}
	p := c.at.apply(at)
	c.raw("<text ")
	// Both maps turn y over: what is left of the angle is the text's own.
	if turn := c.at.then(affine{a: 1, d: -1}).angle(); math.Abs(turn) > 1e-9 {
		c.raw(`transform="translate(`)
		c.nums(float64(p.X), float64(p.Y))
		c.raw(") rotate(")
		c.num(turn * 180 / math.Pi)
		c.raw(`)"`)
	} else {
		c.raw(`x="`)
		c.num(float64(p.X))
		c.raw(`" y="`)
		c.num(float64(p.Y))
		c.raw(`"`)
	}
	c.raw(` font-size="`)
	c.num(float64(f.Font.Size) * c.at.scale())
	c.raw(`"`)
	if f.Font.Weight >= xfont.WeightSemiBold {
		c.raw(` font-weight="bold"`)
	}
	c.paintAttr("fill")
	c.raw(">")
	c.escape(txt)
	c.raw("</text>\n")
}

func (c *svgCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	a, b := c.at.apply(r.Min), c.at.apply(r.Max)
	c.raw(`<image x="`)
	c.num(float64(min(a.X, b.X)))
	c.raw(`" y="`)
	c.num(float64(min(a.Y, b.Y)))
	c.raw(`" width="`)
	c.num(math.Abs(float64(b.X - a.X)))
	c.raw(`" height="`)
	c.num(math.Abs(float64(b.Y - a.Y)))
	c.raw(`" preserveAspectRatio="none" href="data:image/png;base64,`)
	e := base64.NewEncoder(base64.StdEncoding, c.b)
	if err := encodePNG(e, img, 0, nil); err != nil {
		panic(err)
	}
	_ = e.Close()
	c.raw("\"/>\n")
}
