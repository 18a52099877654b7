package figure

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"time"

	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdfCanvas writes PDF with subsets of Liberation Sans embedded. gonum's own
// writer knows only the characters of Windows-1252 and stamps the time of day.
type pdfCanvas struct {
	penStack
	doc    *fpdf.Fpdf
	h      float64
	images int
	fonts  [2]bool // regular, bold: in the document
}

var _ vg.Canvas = (*pdfCanvas)(nil)

func writePDF(d *Drawing, w *bufio.Writer) error {
	pw, ph := d.Preset.size()
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: float64(pw), Ht: float64(ph)}})
	day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the same bytes every time
	doc.SetCreationDate(day)
	doc.SetModificationDate(day)
	doc.SetCatalogSort(true)
	doc.SetTitle(clean(d.Title), true)
	doc.SetSubject(clean(d.Alt+" "+d.Caption), true)
	doc.SetCreator("mores", true)
	doc.SetProducer("mores", true)
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPage()
	c := &pdfCanvas{penStack: newPen(), doc: doc, h: float64(ph)}
	c.at = affine{a: 1, d: -1, f: c.h} // fpdf's y grows downwards
	d.paint(c)
	if err := doc.Output(w); err != nil {
		return fmt.Errorf("PDF: %w", err)
	}
	return nil
}

func (c *pdfCanvas) xy(p vg.Point) (x, y float64) {
	p = c.at.apply(p)
	return float64(p.X), float64(p.Y)
}

func (c *pdfCanvas) path(p vg.Path) {
	var last vg.Point
	for _, q := range p {
		switch q.Type {
		case vg.MoveComp:
			c.doc.MoveTo(c.xy(q.Pos))
			last = q.Pos
		case vg.LineComp:
			c.doc.LineTo(c.xy(q.Pos))
			last = q.Pos
		case vg.ArcComp:
			last = c.arc(q, last)
		case vg.CurveComp:
			x, y := c.xy(q.Pos)
			x0, y0 := c.xy(q.Control[0])
			if len(q.Control) == 1 {
				c.doc.CurveTo(x0, y0, x, y)
			} else {
				x1, y1 := c.xy(q.Control[1])
				c.doc.CurveBezierCubicTo(x0, y0, x1, y1, x, y)
			}
			last = q.Pos
		case vg.CloseComp:
			c.doc.ClosePath()
		}
	}
}

// arc draws an arc as Bézier pieces of at most a quarter turn.
func (c *pdfCanvas) arc(q vg.PathComp, last vg.Point) vg.Point {
	n := max(1, int(math.Ceil(math.Abs(q.Angle)/(math.Pi/2+1e-9))))
	step := q.Angle / float64(n)
	k := 4.0 / 3 * math.Tan(step/4)
	on := func(angle, along float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return q.Pos.Add(vg.Point{X: q.Radius * vg.Length(cos-along*sin), Y: q.Radius * vg.Length(sin+along*cos)})
	}
	if start := on(q.Start, 0); start != last {
		c.doc.LineTo(c.xy(start))
	}
	for i := range n {
		a, b := q.Start+float64(i)*step, q.Start+float64(i+1)*step
		x0, y0 := c.xy(on(a, k))
		x1, y1 := c.xy(on(b, -k))
		last = on(b, 0)
		x, y := c.xy(last)
		c.doc.CurveBezierCubicTo(x0, y0, x1, y1, x, y)
	}
	return last
}

// ink hands the colour on and returns it.
func (c *pdfCanvas) ink() (r, g, b int) {
	n := color.NRGBAModel.Convert(c.col).(color.NRGBA)
	c.doc.SetAlpha(math.Round(float64(n.A)/255*1000)/1000, "Normal")
	return int(n.R), int(n.G), int(n.B)
}

func (c *pdfCanvas) Stroke(p vg.Path) {
	if c.width <= 0 || len(p) == 0 {
		return
	}
	c.doc.SetDrawColor(c.ink())
	c.doc.SetLineWidth(float64(c.width) * c.at.scale())
	dash := make([]float64, len(c.dash))
	for i, d := range c.dash {
		dash[i] = float64(d) * c.at.scale()
	}
	c.doc.SetDashPattern(dash, float64(c.shift))
	c.path(p)
	c.doc.DrawPath("D")
}

func (c *pdfCanvas) Fill(p vg.Path) {
	if len(p) == 0 {
		return
	}
	c.doc.SetFillColor(c.ink())
	c.path(p)
	c.doc.DrawPath("F")
}

func (c *pdfCanvas) FillString(f font.Face, at vg.Point, txt string) {
	if f.Font.Size <= 0 || txt == "" {
		return
	}
	style, file := "", 0
	if f.Font.Weight >= xfont.WeightSemiBold {
		style, file = "B", 1
	}
	if !c.fonts[file] { // a subset of it costs 10 ms: only where it is used
		c.fonts[file] = true
		c.doc.AddUTF8FontFromBytes("sans", style, bytes.Clone(fontBytes[file]()))
	}
	c.doc.SetFont("sans", style, float64(f.Font.Size)*c.at.scale())
	c.doc.SetTextColor(c.ink())
	x, y := c.xy(at)
	turn := c.at.then(affine{a: 1, d: -1}).angle()
	if math.Abs(turn) > 1e-9 {
		c.doc.TransformBegin()
		c.doc.TransformRotate(-turn*180/math.Pi, x, y)
		defer c.doc.TransformEnd()
	}
	c.doc.Text(x, y, visible(txt))
}

func (c *pdfCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	var b bytes.Buffer
	if err := encodePNG(&b, img, 0, nil); err != nil {
		panic(err)
	}
	c.images++
	name := fmt.Sprintf("image%d", c.images)
	opt := fpdf.ImageOptions{ImageType: "png"}
	c.doc.SetAlpha(1, "Normal")
	c.doc.RegisterImageOptionsReader(name, opt, &b)
	x0, y0 := c.xy(r.Min)
	x1, y1 := c.xy(r.Max)
	c.doc.ImageOptions(name, min(x0, x1), min(y0, y1), math.Abs(x1-x0), math.Abs(y1-y0), false, opt, 0, "")
}
