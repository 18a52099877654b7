package figure

import "gonum.org/v1/plot/vg"

// tickLength is the length of a tick mark.
func (s *sheet) tickLength() vg.Length { return s.text * 0.4 }

// xTicks returns as many ticks as fit side by side over a width.
func (s *sheet) xTicks(lo, hi float64, over vg.Length) []tick {
	for most := 7; ; most-- {
		ts := niceTicks(lo, hi, most)
		if most <= 2 || fitTicks(ts, lo, hi, over, func(t tick) vg.Length { return width(t.text, s.text, false) + s.text }) {
			if most <= 2 && !fitTicks(ts, lo, hi, over, func(t tick) vg.Length { return width(t.text, s.text, false) + s.text/2 }) && len(ts) > 1 {
				return ts[:1]
			}
			return ts
		}
	}
}

// yTicks returns as many ticks as fit above each other in a height.
func (s *sheet) yTicks(lo, hi float64, over vg.Length) []tick {
	for most := 7; ; most-- {
		ts := niceTicks(lo, hi, most)
		if most <= 2 || fitTicks(ts, lo, hi, over, func(tick) vg.Length { return 1.6 * s.text }) {
			return ts
		}
	}
}

// fitTicks reports whether ticks that need such room do not touch.
func fitTicks(ts []tick, lo, hi float64, over vg.Length, need func(tick) vg.Length) bool {
	for i := 1; i < len(ts); i++ {
		apart := vg.Length((ts[i].at-ts[i-1].at)/(hi-lo)) * over
		if apart < (need(ts[i])+need(ts[i-1]))/2 {
			return false
		}
	}
	return true
}

// xAxisHeight is what xAxis needs below the area.
func (s *sheet) xAxisHeight(titled bool) vg.Length {
	h := s.tickLength() + s.text*(0.35+capHeight+descent)
	if titled {
		h += s.label * (0.45 + capHeight + descent)
	}
	return h
}

// xAxis draws the axis under the area: line, ticks, title. Tick labels are kept
// within the canvas.
func (s *sheet) xAxis(a *area, ts []tick, title string) {
	y := a.Min.Y
	s.stroke(axisInk, s.line, vg.Point{X: a.Min.X, Y: y}, vg.Point{X: a.Max.X, Y: y})
	at := y - s.tickLength() - 0.35*s.text
	for _, t := range ts {
		x := a.x(t.at)
		s.stroke(axisInk, s.line, vg.Point{X: x, Y: y}, vg.Point{X: x, Y: y - s.tickLength()})
		half := width(t.text, s.text, false) / 2
		x = max(s.Min.X+half, min(s.Max.X-half, x))
		s.say(t.text, vg.Point{X: x, Y: at}, s.text, softInk, centre, top)
	}
	if title != "" {
		at -= s.text*(capHeight+descent) + 0.45*s.label
		t := shorten(title, s.label, false, s.Max.X-s.Min.X)
		half := width(t, s.label, false) / 2
		x := max(s.Min.X+half, min(s.Max.X-half, (a.Min.X+a.Max.X)/2))
		s.say(t, vg.Point{X: x, Y: at}, s.label, ink, centre, top)
	}
}

// yAxisWidth is what yAxis needs left of the area.
func (s *sheet) yAxisWidth(ts []tick) vg.Length {
	w := vg.Length(0)
	for _, t := range ts {
		w = max(w, width(t.text, s.text, false))
	}
	return w + 0.5*s.text + s.tickLength()
}

// yTitleHeight is what the title of a y axis needs above the area.
func (s *sheet) yTitleHeight() vg.Length { return s.label * (capHeight + 1.1) }

// yAxis draws the axis left of the area; its title lies above it, level, where it
// can be read without turning one's head.
func (s *sheet) yAxis(a *area, ts []tick, title string) {
	x := a.Min.X
	s.stroke(axisInk, s.line, vg.Point{X: x, Y: a.Min.Y}, vg.Point{X: x, Y: a.Max.Y})
	for _, t := range ts {
		y := a.y(t.at)
		s.stroke(axisInk, s.line, vg.Point{X: x, Y: y}, vg.Point{X: x - s.tickLength(), Y: y})
		s.say(t.text, vg.Point{X: x - s.tickLength() - 0.4*s.text, Y: y}, s.text, softInk, right, middle)
	}
	if title != "" {
		s.say(shorten(title, s.label, false, s.Max.X-s.Min.X), vg.Point{X: s.Min.X, Y: a.Max.Y + 0.9*s.label}, s.label, ink, left, baseline)
	}
}
