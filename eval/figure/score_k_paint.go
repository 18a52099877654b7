package figure

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// scoreKColours are for lines of algorithms: Tol's bright scheme, so that they are
// not taken for segments; those too light for a line are darkened.
var scoreKColours = [...]color.RGBA{
	rgb(0x4477AA), rgb(0xEE6677), rgb(0x228833), darkened(rgb(0xCCBB44)), darkened(rgb(0x66CCEE)), rgb(0xAA3377),
}

func scoreKColour(series int) color.RGBA {
	if series < len(scoreKColours) {
		return darkened(scoreKColours[series])
	}
	return softInk
}

// grid arranges the panels so that they are as large as can be and returns how many
// have room.
func (v *scoreKView) grid(p Preset) int {
	t := p.textSize()
	w, _ := p.size()
	w, h := w-2*p.margin(), p.room()-3*t
	wide, tall := max(1, min(int(w/(16*t)), 4)), max(1, int(h/(10.5*t)))
	best := vg.Length(0)
	for cols := 1; cols <= wide; cols++ {
		rows := min(tall, (len(v.panels)+cols-1)/cols)
		// What counts is how many are shown, then the smaller side of a panel.
		shown := min(len(v.panels), cols*rows)
		if size := vg.Length(shown)*1e6 + min(w/vg.Length(cols)/1.4, h/vg.Length(rows)); size > best {
			best, v.across, v.down = size, cols, rows
		}
	}
	return min(len(v.panels), v.across*v.down)
}

func (v *scoreKView) paint(s *sheet, fit int) {
	frame := s.Rectangle
	single := fit == 1
	if !single {
		frame.Max.Y -= v.legend(s)
	}
	cols, rows := v.across, v.down
	gap := s.text * 2
	w := (frame.Size().X - gap*vg.Length(cols-1)) / vg.Length(cols)
	h := (frame.Size().Y - gap/2*vg.Length(rows-1)) / vg.Length(rows)
	for i, q := range v.panels[:fit] {
		x := frame.Min.X + vg.Length(i%cols)*(w+gap)
		y := frame.Max.Y - vg.Length(i/cols)*(h+gap/2)
		sub := *s
		sub.Rectangle = rect(x, y-h, x+w, y)
		v.panel(&sub, q, single, i/cols == rows-1 || i+cols >= fit)
	}
}

// legend lists the series above the panels and returns its height.
func (v *scoreKView) legend(s *sheet) vg.Length {
	x, y := s.Min.X, s.Max.Y-s.text*0.6
	lines := 1
	head := shorten(v.name+":", s.text, true, s.Size().X*0.45)
	s.shout(head, vg.Point{X: x, Y: y}, s.text, ink, left, middle)
	x += width(head, s.text, true) + s.text
	for i, n := range v.names {
		n = shorten(n, s.text, false, s.Size().X*0.45)
		w := s.text*1.3 + width(n, s.text, false)
		if x > s.Min.X && x+w > s.Max.X {
			if lines == 3 {
				break
			}
			lines++
			x, y = s.Min.X, y-s.text*1.5
		}
		v.dot(s, i, vg.Point{X: x + s.text*0.5, Y: y}, false)
		s.say(n, vg.Point{X: x + s.text*1.2, Y: y}, s.text, ink, left, middle)
		x += w + s.text*1.2
	}
	return s.text * (1.5*vg.Length(lines) + 0.4)
}

// dot draws a series' marker.
func (v *scoreKView) dot(s *sheet, series int, at vg.Point, hollow bool) {
	p := markerPath(series, at, s.text*0.28)
	fill := scoreKColour(series)
	if hollow {
		fill = white
	}
	s.SetColor(fill)
	s.Fill(p)
	s.SetColor(scoreKColour(series))
	s.SetLineWidth(s.line * 1.4)
	s.SetLineDash(nil, 0)
	s.Stroke(p)
}

func (v *scoreKView) panel(s *sheet, q *scoreKPanel, single, labelled bool) {
	a := &area{Rectangle: s.Rectangle, x0: math.Inf(1), x1: math.Inf(-1), y0: math.Inf(1), y1: math.Inf(-1)}
	for _, r := range q.series {
		for _, pt := range r.points {
			if pt.k > v.kMax {
				continue
			}
			a.x0, a.x1 = min(a.x0, float64(pt.k)), max(a.x1, float64(pt.k))
			for _, y := range []float64{pt.value, pt.lo, pt.hi} {
				if !math.IsNaN(y) && !math.IsInf(y, 0) {
					a.y0, a.y1 = min(a.y0, y), max(a.y1, y)
				}
			}
		}
	}
	a.x0, a.x1 = min(a.x0, a.x1)-0.4, max(a.x0, a.x1)+0.4
	a.y0, a.y1 = padded(a.y0, a.y1, 0.12)
	a.sane()
	a.Min.Y += s.xAxisHeight(labelled)
	a.Max.Y -= s.yTitleHeight() + s.text*0.4
	if single {
		a.Max.X -= v.labelWidth(s, q)
	}
	ys := s.yTicks(a.y0, a.y1, a.Size().Y)
	a.Min.X += s.yAxisWidth(ys)

	title := v.name
	if !single {
		title = v.panelName(q)
	}
	if single {
		s.yAxis(a, ys, title)
	} else { // a name, not a unit: smaller, so that more of it fits
		s.yAxis(a, ys, "")
		s.say(shorten(title, s.text, false, s.Size().X), vg.Point{X: s.Min.X, Y: a.Max.Y + 0.9*s.label}, s.text, ink, left, baseline)
	}
	xLabel := ""
	if labelled {
		xLabel = "Number of segments k"
	}
	s.xAxis(a, v.whole(s, a), xLabel)
	v.lines(s, a, q)
	if single {
		v.labels(s, a, q)
	}
}

// panelName is the panel's feature set, with its scale where scales differ.
func (v *scoreKView) panelName(q *scoreKPanel) string {
	name := word(q.set)
	if slices.ContainsFunc(v.panels, func(o *scoreKPanel) bool { return o.scale != q.scale }) {
		name += " (" + word(q.scale) + ")"
	}
	return name
}

// whole lists the ticks at whole numbers.
func (v *scoreKView) whole(s *sheet, a *area) []tick {
	var ts []tick
	step := 1
	for {
		ts = ts[:0]
		first := int(math.Ceil(a.x0/float64(step))) * step
		for k := first; float64(k) <= a.x1; k += step {
			ts = append(ts, tick{float64(k), count(k)})
		}
		if fitTicks(ts, a.x0, a.x1, a.Size().X, func(t tick) vg.Length { return width(t.text, s.text, false) + s.text*0.7 }) {
			return ts
		}
		step++
	}
}

func (v *scoreKView) lines(s *sheet, a *area, q *scoreKPanel) {
	for _, r := range slices.Backward(q.series) {
		col := scoreKColour(r.order)
		var pts []vg.Point
		for _, pt := range r.points {
			if pt.k > v.kMax {
				continue
			}
			at := vg.Point{X: a.x(float64(pt.k)), Y: a.y(pt.value)}
			pts = append(pts, at)
			if !math.IsNaN(pt.lo) && !math.IsNaN(pt.hi) {
				s.stroke(col, s.line*1.5, vg.Point{X: at.X, Y: a.y(max(a.y0, pt.lo))}, vg.Point{X: at.X, Y: a.y(min(a.y1, pt.hi))})
			}
		}
		if r.line && len(pts) > 1 {
			s.stroke(col, s.line*2, pts...)
		}
		j := 0
		for _, pt := range r.points {
			if pt.k <= v.kMax {
				v.dot(s, r.order, pts[j], pt.incomplete)
				j++
			}
		}
	}
	if r, pt := v.best(q); r != nil && v.better != 0 {
		t := compact(pt.value)
		half := width(t, s.text, true) / 2
		x := max(a.Min.X+half+s.text*0.3, min(a.Max.X-half, a.x(float64(pt.k))))
		lo, hi := v.reach(q, pt.k)
		y := a.y(min(hi, a.y1)) + s.text*0.6
		if v.better < 0 {
			y = a.y(max(lo, a.y0)) - s.text*(0.6+capHeight)
		}
		s.shout(t, vg.Point{X: x, Y: y}, s.text, ink, centre, baseline)
	}
}

// reach is the lowest and highest value of a panel at k, bars included.
func (v *scoreKView) reach(q *scoreKPanel, k int) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, r := range q.series {
		for _, pt := range r.points {
			if pt.k != k {
				continue
			}
			for _, y := range []float64{pt.value, pt.lo, pt.hi} {
				if !math.IsNaN(y) {
					lo, hi = min(lo, y), max(hi, y)
				}
			}
		}
	}
	return lo, hi
}

func (v *scoreKView) labelWidth(s *sheet, q *scoreKPanel) vg.Length {
	w := vg.Length(0)
	for _, r := range q.series {
		w = max(w, width(shorten(r.name, s.text, false, s.Size().X*0.28), s.text, false))
	}
	return w + s.text*1.4
}

// labels writes the series' names at the right ends of their lines.
func (v *scoreKView) labels(s *sheet, a *area, q *scoreKPanel) {
	gap := s.text * 1.3
	show := q.series
	if fit := capacity(a.Size().Y, gap); len(show) > fit {
		show = show[:max(1, fit)]
	}
	var want []vg.Length
	var ends []vg.Point
	for _, r := range show {
		end := vg.Point{X: a.Max.X, Y: a.Min.Y}
		for _, pt := range r.points {
			if pt.k <= v.kMax {
				end = vg.Point{X: a.x(float64(pt.k)), Y: a.y(pt.value)}
			}
		}
		ends, want = append(ends, end), append(want, end.Y)
	}
	ys := spread(want, gap, a.Min.Y+gap/2, a.Max.Y-gap/2)
	for i, r := range show {
		x := a.Max.X + s.text*0.9
		s.stroke(mix(scoreKColour(r.order), white, 0.5), s.line*0.8, ends[i].Add(vg.Point{X: s.text * 0.5}), vg.Point{X: x - s.text*0.3, Y: ys[i]})
		s.say(shorten(r.name, s.text, false, s.Size().X*0.28), vg.Point{X: x, Y: ys[i]}, s.text, ink, left, middle)
	}
}
