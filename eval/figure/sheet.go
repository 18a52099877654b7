package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sheet is a canvas with the sizes of a preset: what figures draw with. Lengths
// are points, y grows upwards.
type sheet struct {
	draw.Canvas
	text  vg.Length // tick labels, numbers: the smallest text
	label vg.Length // axis titles, names
	line  vg.Length // an ordinary line
}

func newSheet(c draw.Canvas, p Preset) *sheet {
	t := vg.Length(p.Text)
	return &sheet{Canvas: c, text: t, label: p.labelSize(), line: t / 12}
}

func (p Preset) textSize() vg.Length  { return vg.Length(p.Text) }
func (p Preset) labelSize() vg.Length { return vg.Length(p.Text) * 7 / 6 }
func (p Preset) titleSize() vg.Length { return vg.Length(p.Text) * 1.5 }
func (p Preset) margin() vg.Length    { return vg.Length(p.Text) * 1.1 }

// Where text stands relative to its point: the horizontal share left of it, and
// what lies on its height.
const (
	left, centre, right = 0, 0.5, 1
)

type vertical int

const (
	baseline vertical = iota
	middle            // of the capitals
	top               // of the capitals
)

// say writes s at a point.
func (s *sheet) say(txt string, at vg.Point, size vg.Length, col color.Color, hx float64, v vertical) {
	s.write(txt, at, size, col, hx, v, false)
}

// shout writes s in bold.
func (s *sheet) shout(txt string, at vg.Point, size vg.Length, col color.Color, hx float64, v vertical) {
	s.write(txt, at, size, col, hx, v, true)
}

func (s *sheet) write(txt string, at vg.Point, size vg.Length, col color.Color, hx float64, v vertical, bold bool) {
	if txt == "" {
		return
	}
	f := face(size, bold)
	at.X -= vg.Length(hx) * f.Width(txt)
	at.Y -= drop(size, v)
	s.SetColor(col)
	s.FillString(f, at, txt)
}

// drop is how far the baseline lies below the point.
func drop(size vg.Length, v vertical) vg.Length {
	switch v {
	case middle:
		return capHeight / 2 * size
	case top:
		return capHeight * size
	}
	return 0
}

// turn writes s rotated by an angle about its point.
func (s *sheet) turn(txt string, at vg.Point, angle float64, size vg.Length, col color.Color, hx float64, v vertical) {
	s.Push()
	s.Translate(at)
	s.Rotate(angle)
	s.say(txt, vg.Point{}, size, col, hx, v)
	s.Pop()
}

// stroke draws a polyline.
func (s *sheet) stroke(col color.Color, w vg.Length, pts ...vg.Point) {
	s.StrokeLines(draw.LineStyle{Color: col, Width: w}, pts)
}

// dash draws a dashed polyline.
func (s *sheet) dash(col color.Color, w vg.Length, pts ...vg.Point) {
	s.StrokeLines(draw.LineStyle{Color: col, Width: w, Dashes: []vg.Length{4 * w, 3 * w}}, pts)
	s.SetLineDash(nil, 0)
}

// box fills and outlines a rectangle; a nil colour leaves that out.
func (s *sheet) box(r vg.Rectangle, fill, line color.Color, w vg.Length) {
	if fill != nil {
		s.SetColor(fill)
		s.Fill(r.Path())
	}
	if line != nil {
		s.SetLineStyle(draw.LineStyle{Color: line, Width: w})
		s.Stroke(r.Path())
	}
}

// hatch fills a rectangle with slanted lines and outlines it.
func (s *sheet) hatch(r vg.Rectangle, col color.Color) {
	s.box(r, white, nil, 0)
	gap := s.text * 0.5
	w, h := r.Size().X, r.Size().Y
	for x := -h + gap/2; x < w; x += gap {
		a, b := vg.Point{X: max(0, x), Y: max(0, -x)}, vg.Point{X: min(w, x+h), Y: min(h, w-x)}
		if b.X > a.X {
			s.stroke(col, s.line, r.Min.Add(a), r.Min.Add(b))
		}
	}
	s.box(r, nil, col, s.line)
}

// rect is a rectangle by its corners.
func rect(x0, y0, x1, y1 vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: min(x0, x1), Y: min(y0, y1)}, Max: vg.Point{X: max(x0, x1), Y: max(y0, y1)}}
}

// area is a rectangle with a data scale on each side.
type area struct {
	vg.Rectangle
	x0, x1, y0, y1 float64
}

func (a *area) x(v float64) vg.Length {
	return a.Min.X + vg.Length((v-a.x0)/(a.x1-a.x0))*(a.Max.X-a.Min.X)
}

func (a *area) y(v float64) vg.Length {
	return a.Min.Y + vg.Length((v-a.y0)/(a.y1-a.y0))*(a.Max.Y-a.Min.Y)
}

// sane makes the scales usable: finite, not empty.
func (a *area) sane() {
	a.x0, a.x1 = saneRange(a.x0, a.x1)
	a.y0, a.y1 = saneRange(a.y0, a.y1)
}

func saneRange(lo, hi float64) (float64, float64) {
	if !(lo <= hi) || math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		return 0, 1
	}
	if hi-lo <= 1e-12*max(math.Abs(lo), math.Abs(hi)) {
		d := max(1e-9, math.Abs(hi)/2)
		if hi == 0 {
			d = 1
		}
		return lo - d, hi + d
	}
	return lo, hi
}

// padded widens a range by a share on both sides.
func padded(lo, hi, share float64) (float64, float64) {
	lo, hi = saneRange(lo, hi)
	d := (hi - lo) * share
	return lo - d, hi + d
}
