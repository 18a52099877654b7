package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// polygonOf returns the marker of a segment about the origin, with about the area
// of a circle of radius 1; nil is the circle. Shapes repeat after seven: colours
// do not, and no two segments share both.
func polygonOf(segment int) []vg.Point {
	switch segment % 7 {
	case 1: // square
		return regular(4, math.Pi/4, 1.25)
	case 2: // triangle
		return regular(3, math.Pi/2, 1.5)
	case 3: // diamond
		return regular(4, 0, 1.35)
	case 4: // triangle on its tip
		return regular(3, -math.Pi/2, 1.5)
	case 5: // hexagon
		return regular(6, 0, 1.12)
	case 6: // cross
		const a, b = 0.42, 1.25
		return []vg.Point{{X: -a, Y: -b}, {X: a, Y: -b}, {X: a, Y: -a}, {X: b, Y: -a}, {X: b, Y: a}, {X: a, Y: a}, {X: a, Y: b}, {X: -a, Y: b}, {X: -a, Y: a}, {X: -b, Y: a}, {X: -b, Y: -a}, {X: -a, Y: -a}}
	}
	return nil
}

func regular(n int, turn, r float64) []vg.Point {
	p := make([]vg.Point, n)
	for i := range p {
		sin, cos := math.Sincos(turn + 2*math.Pi*float64(i)/float64(n))
		p[i] = vg.Point{X: vg.Length(r * cos), Y: vg.Length(r * sin)}
	}
	return p
}

// markerPath is the outline of a segment's marker; noise is a circle.
func markerPath(segment int, at vg.Point, r vg.Length) vg.Path {
	var p vg.Path
	var poly []vg.Point
	if segment >= 0 {
		poly = polygonOf(segment)
	}
	if poly == nil {
		p.Move(at.Add(vg.Point{X: r}))
		p.Arc(at, r, 0, 2*math.Pi)
		p.Close()
		return p
	}
	for i, q := range poly {
		if q = at.Add(q.Scale(r)); i == 0 {
			p.Move(q)
		} else {
			p.Line(q)
		}
	}
	p.Close()
	return p
}

// mark draws a segment's marker: filled and outlined; noise is hollow.
func (s *sheet) mark(segment int, at vg.Point, r, outline vg.Length) {
	p := markerPath(segment, at, r)
	var fill color.Color = white
	if segment >= 0 {
		fill = Colour(segment)
	}
	s.SetColor(fill)
	s.Fill(p)
	s.SetLineWidth(outline)
	s.SetLineDash(nil, 0)
	s.SetColor(Outline(segment))
	s.Stroke(p)
}

// chip draws the small square or marker before a segment's name and returns the
// room it takes.
func (s *sheet) chip(segment int, at vg.Point, size vg.Length) vg.Length {
	r := size * 0.3
	s.mark(segment, vg.Point{X: at.X + r*1.25, Y: at.Y}, r, s.line)
	return size * 1.05
}
