package figure

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// recoveryPanelHeight is the height of a panel that reads well, in text sizes.
const recoveryPanelHeight = 21

// arrange puts panels side by side where each has room for its lines' names.
func (v *recoveryView) arrange(p Preset) {
	w, _ := p.size()
	v.across = max(1, min(len(v.Panels), int((w-2*p.margin())/(24*p.textSize()))))
}

// need is the height that the panels need.
func (v *recoveryView) need(p Preset) vg.Length {
	down := (len(v.Panels) + v.across - 1) / v.across
	return p.frame() + p.textSize()*recoveryPanelHeight*vg.Length(down)
}

func (v *recoveryView) paint(s *sheet) {
	down := (len(v.Panels) + v.across - 1) / v.across
	gap := s.text * 2
	w := (s.Size().X - gap*vg.Length(v.across-1)) / vg.Length(v.across)
	h := (s.Size().Y - gap*vg.Length(down-1)) / vg.Length(down)
	if fit := max(1, capacity(s.Size().Y+gap, s.text*11+gap)); fit < down {
		down = fit // no room for more rows that can be read
		h = (s.Size().Y - gap*vg.Length(down-1)) / vg.Length(down)
	}
	for i, q := range v.Panels[:min(len(v.Panels), down*v.across)] {
		x := s.Min.X + vg.Length(i%v.across)*(w+gap)
		y := s.Max.Y - vg.Length(i/v.across)*(h+gap)
		sub := *s
		sub.Rectangle = rect(x, y-h, x+w, y)
		v.panel(&sub, &q)
	}
}

// order is a habit's place over all panels; the comparison has none.
func (v *recoveryView) order(l *RecoveryLine) int {
	if l.Beside {
		return -1
	}
	return slices.Index(v.names, word(l.Name))
}

func recoveryColour(order int) color.RGBA {
	if order < 0 {
		return axisInk
	}
	return scoreKColour(order)
}

func (v *recoveryView) panel(s *sheet, q *RecoveryPanel) {
	a := &area{Rectangle: s.Rectangle, x0: 0, x1: 1, y0: 0, y1: 1}
	for _, l := range q.Lines {
		for _, pt := range l.Points {
			a.y0 = min(a.y0, pt.ARI)
			if pt.Lo < pt.Hi {
				a.y0 = min(a.y0, max(pt.Lo, -1))
			}
		}
	}
	a.x0, a.x1 = -0.03, 1.03
	a.y0, a.y1 = min(-0.04, a.y0-0.02), 1.04
	a.Max.X -= v.labelWidth(s)
	a.Min.Y += s.xAxisHeight(true)
	a.Max.Y -= s.label*(capHeight+0.7) + s.text*(capHeight+0.7)
	ys := s.yTicks(0, 1, a.Size().Y)
	a.Min.X += s.yAxisWidth(ys)

	s.shout(shorten(word(q.Name), s.label, true, s.Size().X), vg.Point{X: s.Min.X, Y: s.Max.Y}, s.label, ink, left, top)
	s.say(shorten("Adjusted Rand index", s.text, false, s.Size().X), vg.Point{X: s.Min.X, Y: a.Max.Y + 0.7*s.text}, s.text, softInk, left, baseline)
	s.yAxis(a, ys, "")
	var xs []tick
	for _, x := range []float64{0, .25, .5, .75, 1} {
		xs = append(xs, tick{x, percent(x)})
	}
	if !fitTicks(xs, a.x0, a.x1, a.Size().X, func(t tick) vg.Length { return width(t.text, s.text, false) + s.text*0.7 }) {
		xs = []tick{xs[0], xs[2], xs[4]}
	}
	if !fitTicks(xs, a.x0, a.x1, a.Size().X, func(t tick) vg.Length { return width(t.text, s.text, false) + s.text*0.7 }) {
		xs = []tick{xs[0], xs[len(xs)-1]}
	}
	title := "Dose: share of purchase days that follow the habit"
	if width(title, s.label, false) > s.Size().X {
		title = "Dose"
	}
	for _, t := range ys {
		if t.at > 0 {
			s.stroke(faint, s.line, vg.Point{X: a.Min.X + s.line, Y: a.y(t.at)}, vg.Point{X: a.Max.X, Y: a.y(t.at)})
		}
	}
	s.stroke(otherGrey, s.line, vg.Point{X: a.Min.X, Y: a.y(0)}, vg.Point{X: a.Max.X, Y: a.y(0)})
	s.xAxis(a, xs, title)
	if v.Bar > 0 {
		s.stroke(mix(accent, white, 0.35), s.line, vg.Point{X: a.Min.X + s.line, Y: a.y(v.Bar)}, vg.Point{X: a.Max.X, Y: a.y(v.Bar)})
	}
	for _, l := range slices.Backward(q.Lines) {
		v.draw(s, a, &l)
	}
	v.labels(s, a, q)
}

func (v *recoveryView) draw(s *sheet, a *area, l *RecoveryLine) {
	order := v.order(l)
	col := recoveryColour(order)
	var pts []vg.Point
	for _, pt := range l.Points {
		at := vg.Point{X: a.x(pt.Dose), Y: a.y(pt.ARI)}
		pts = append(pts, at)
		if pt.Lo < pt.Hi {
			s.stroke(mix(col, white, 0.35), s.line*1.4, vg.Point{X: at.X, Y: a.y(max(a.y0, pt.Lo))}, vg.Point{X: at.X, Y: a.y(min(a.y1, pt.Hi))})
		}
	}
	if l.Beside {
		if len(pts) > 1 {
			s.dash(col, s.line*1.8, pts...)
		}
		return
	}
	if len(pts) > 1 {
		s.stroke(col, s.line*2, pts...)
	}
	for _, at := range pts {
		v.dot(s, order, at)
	}
}

// dot draws a habit's marker.
func (v *recoveryView) dot(s *sheet, order int, at vg.Point) {
	p := markerPath(order, at, s.text*0.28)
	s.SetColor(recoveryColour(order))
	s.Fill(p)
	s.SetColor(white)
	s.SetLineWidth(s.line * 0.8)
	s.SetLineDash(nil, 0)
	s.Stroke(p)
}

// labelWidth is what the names need: the same in every panel, so that their areas are
// equal.
func (v *recoveryView) labelWidth(s *sheet) vg.Length {
	w := vg.Length(0)
	for _, q := range v.Panels {
		for _, l := range q.Lines {
			w = max(w, width(v.label(s, &l), s.text, false))
		}
	}
	return w + s.text*2.9
}

// label is a line's name with its last value.
func (v *recoveryView) label(s *sheet, l *RecoveryLine) string {
	return shorten(word(l.Name), s.text, false, s.Size().X*0.25) + " " + decimals(l.last().ARI, 2)
}

// labels writes the lines' names at their right ends, highest first.
func (v *recoveryView) labels(s *sheet, a *area, q *RecoveryPanel) {
	each := s.text * 1.25
	show := slices.Clone(q.Lines)
	slices.SortStableFunc(show, func(x, y RecoveryLine) int {
		switch d := y.last().ARI - x.last().ARI; {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	if fit := capacity(a.Size().Y+each, each); len(show) > fit {
		show = show[:max(1, fit)]
	}
	var want []vg.Length
	for i, l := range show {
		y := a.y(math.Max(a.y0, l.last().ARI))
		// Lines that end alike keep their order: the first stands highest.
		want = append(want, y-vg.Length(i)*1e-3)
	}
	ys := spread(want, each, a.Min.Y, a.Max.Y)
	for i, l := range show {
		order := v.order(&l)
		col := recoveryColour(order)
		end := vg.Point{X: a.x(l.last().Dose) + s.text*0.45, Y: a.y(l.last().ARI)}
		x := a.Max.X + s.text*1.3
		s.stroke(mix(col, white, 0.6), s.line*0.8, end, vg.Point{X: max(end.X, a.Max.X), Y: end.Y}, vg.Point{X: x - s.text*0.2, Y: ys[i]})
		if at := (vg.Point{X: x + s.text*0.4, Y: ys[i]}); order < 0 {
			s.dash(col, s.line*1.8, at.Sub(vg.Point{X: s.text * 0.4}), at.Add(vg.Point{X: s.text * 0.4}))
		} else {
			v.dot(s, order, at)
		}
		s.say(v.label(s, &l), vg.Point{X: x + s.text*1.2, Y: ys[i]}, s.text, ink, left, middle)
	}
}
