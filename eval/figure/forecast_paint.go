package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// forecastMark draws the mark of a key, in ink: colours belong to segments.
func (s *sheet) forecastMark(key int, at vg.Point) {
	r := s.text * 0.3
	switch key {
	case 3:
		s.stroke(axisInk, s.line*2.4, at.Sub(vg.Point{Y: r * 1.5}), at.Add(vg.Point{Y: r * 1.5}))
		return
	case 2:
		s.forecastDot(3, at, r, white, axisInk)
		return
	case 1:
		s.forecastDot(0, at, r*0.85, white, ink)
		return
	}
	s.forecastDot(0, at, r, ink, ink)
}

// forecastDot draws a marker with its own fill.
func (s *sheet) forecastDot(shape int, at vg.Point, r vg.Length, fill, line color.Color) {
	p := markerPath(shape, at, r)
	s.SetColor(fill)
	s.Fill(p)
	s.SetColor(line)
	s.SetLineDash(nil, 0)
	s.SetLineWidth(s.line * 1.3)
	s.Stroke(p)
}

func (v *forecastView) paint(s *sheet) {
	y := s.Max.Y
	for _, keys := range v.keys {
		x := s.Min.X
		for _, k := range keys {
			s.forecastMark(k, vg.Point{X: x + s.text*0.5, Y: y - s.text*0.6})
			s.say(forecastKeys[k], vg.Point{X: x + s.text*1.3, Y: y - s.text*0.6}, s.text, softInk, left, middle)
			x += s.text*3.2 + width(forecastKeys[k], s.text, false)
		}
		y -= s.text * 1.6
	}
	rows := v.rows[:v.shown]
	names, said := vg.Length(0), vg.Length(0)
	for _, r := range rows {
		names = max(names, width(shorten(r.name, s.label, false, s.Size().X*0.3), s.label, false))
		said = max(said, width(r.against, s.text, false))
	}
	a := &area{Rectangle: rect(s.Min.X+names+s.label, s.Min.Y+s.xAxisHeight(false), s.Max.X-said-s.text, y-s.text*0.4)}
	a.x0, a.x1 = padded(v.lo, v.hi, 0.04)
	a.sane()
	each := (a.Max.Y - a.Min.Y) / vg.Length(len(rows))
	if a.x0 <= 0 && a.x1 >= 0 {
		s.stroke(otherGrey, s.line*1.2, vg.Point{X: a.x(0), Y: a.Min.Y}, vg.Point{X: a.x(0), Y: a.Max.Y})
	}
	for i, r := range rows {
		mid := a.Max.Y - each*(vg.Length(i)+0.5)
		s.stroke(faint, s.line, vg.Point{X: a.Min.X, Y: mid}, vg.Point{X: a.Max.X, Y: mid})
		s.say(shorten(r.name, s.label, false, s.Size().X*0.3), vg.Point{X: a.Min.X - s.label*0.6, Y: mid}, s.label, ink, right, middle)
		if r.against != "" {
			s.say(r.against, vg.Point{X: a.Max.X + s.text*0.8, Y: mid}, s.text, ink, left, middle)
		}
		if !math.IsNaN(r.lo) && !math.IsNaN(r.hi) {
			s.stroke(ink, s.line*1.8, vg.Point{X: a.x(r.lo), Y: mid}, vg.Point{X: a.x(r.hi), Y: mid})
		}
		for _, m := range []struct {
			key int
			x   float64
		}{{3, r.models}, {2, r.rfm}, {1, r.inside}, {0, r.outside}} {
			if !math.IsNaN(m.x) {
				s.forecastMark(m.key, vg.Point{X: a.x(m.x), Y: mid})
			}
		}
	}
	s.xAxis(a, s.xTicks(a.x0, a.x1, a.Max.X-a.Min.X), "")
}
