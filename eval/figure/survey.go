package figure

import (
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// affine maps (x, y) to (a·x + c·y + e, b·x + d·y + f).
type affine struct{ a, b, c, d, e, f float64 }

var identity = affine{a: 1, d: 1}

// then returns the map that applies n first, m after it.
func (m affine) then(n affine) affine {
	return affine{
		a: m.a*n.a + m.c*n.b, b: m.b*n.a + m.d*n.b,
		c: m.a*n.c + m.c*n.d, d: m.b*n.c + m.d*n.d,
		e: m.a*n.e + m.c*n.f + m.e, f: m.b*n.e + m.d*n.f + m.f,
	}
}

func (m affine) apply(p vg.Point) vg.Point {
	x, y := float64(p.X), float64(p.Y)
	return vg.Point{X: vg.Length(m.a*x + m.c*y + m.e), Y: vg.Length(m.b*x + m.d*y + m.f)}
}

// angle is the direction into which m turns the x axis.
func (m affine) angle() float64 { return math.Atan2(m.b, m.a) }

// scale is the factor by which m stretches.
func (m affine) scale() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

// pen is the state of a canvas that Push saves: our canvases embed a penStack.
type pen struct {
	at    affine
	width vg.Length
	dash  []vg.Length
	shift vg.Length
	col   color.Color
}

type penStack struct {
	pen
	saved []pen
}

func newPen() penStack { return penStack{pen: pen{at: identity, width: 1, col: color.Black}} }

func (p *penStack) SetLineWidth(w vg.Length) { p.width = w }
func (p *penStack) SetLineDash(d []vg.Length, shift vg.Length) {
	p.dash, p.shift = slices.Clone(d), shift
}

func (p *penStack) SetColor(c color.Color) {
	if p.col = c; c == nil {
		p.col = color.Black
	}
}

func (p *penStack) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	p.at = p.at.then(affine{a: cos, b: sin, c: -sin, d: cos})
}

func (p *penStack) Translate(by vg.Point) {
	p.at = p.at.then(affine{a: 1, d: 1, e: float64(by.X), f: float64(by.Y)})
}

func (p *penStack) Scale(x, y float64) { p.at = p.at.then(affine{a: x, d: y}) }
func (p *penStack) Push()              { p.saved = append(p.saved, p.pen) }

func (p *penStack) Pop() {
	p.pen = p.saved[len(p.saved)-1]
	p.saved = p.saved[:len(p.saved)-1]
}

// said is a piece of text as it was drawn: its box turned about one corner.
type said struct {
	text    string
	size    vg.Length
	corners [4]vg.Point // of the box of its capitals, in order
}

// survey is a canvas that paints nothing and remembers where text stands: the
// layout can be judged without pixels.
type survey struct {
	penStack
	texts   []said
	missing []rune
	marks   int // paths and images
	bad     string
}

var _ vg.Canvas = (*survey)(nil)

func newSurvey() *survey { return &survey{penStack: newPen()} }

func (s *survey) Stroke(p vg.Path)                    { s.path(p) }
func (s *survey) Fill(p vg.Path)                      { s.path(p) }
func (s *survey) DrawImage(vg.Rectangle, image.Image) { s.marks++ }

func (s *survey) path(p vg.Path) {
	s.marks++
	for _, c := range p {
		if !finite(c.Pos) || math.IsNaN(float64(c.Radius)) {
			s.bad = "a path with a coordinate that is not a number"
		}
	}
}

func finite(p vg.Point) bool {
	return !math.IsNaN(float64(p.X-p.X)) && !math.IsNaN(float64(p.Y-p.Y))
}

func (s *survey) FillString(f font.Face, at vg.Point, txt string) {
	size := f.Font.Size * vg.Length(s.at.scale())
	if !finite(at) {
		s.bad = "text at a place that is not a number: " + txt
	}
	w, h := f.Width(txt), f.Font.Size*capHeight
	t := said{text: txt, size: size}
	for i, p := range []vg.Point{{}, {X: w}, {X: w, Y: h}, {Y: h}} {
		t.corners[i] = s.at.apply(at.Add(p))
	}
	s.texts = append(s.texts, t)
	for _, r := range missing(txt) {
		if !slices.Contains(s.missing, r) {
			s.missing = append(s.missing, r)
		}
	}
}

// overlaps reports whether two boxes share more than a hair: separating axes.
func (t *said) overlaps(o *said) bool {
	const hair = 0.05
	for _, q := range []*said{t, o} {
		for i := range 2 {
			d := q.corners[i+1].Sub(q.corners[i])
			l := vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
			if l == 0 {
				return false
			}
			n := vg.Point{X: -d.Y / l, Y: d.X / l}
			a0, a1 := t.along(n)
			b0, b1 := o.along(n)
			if a1 <= b0+hair || b1 <= a0+hair {
				return false
			}
		}
	}
	return true
}

func (t *said) along(n vg.Point) (lo, hi vg.Length) {
	lo, hi = vg.Length(math.Inf(1)), vg.Length(math.Inf(-1))
	for _, c := range t.corners {
		v := c.Dot(n)
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}
