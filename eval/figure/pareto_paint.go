package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
)

func (v *paretoView) paint(s *sheet) {
	a := &area{Rectangle: s.Rectangle, x0: math.Inf(1), x1: math.Inf(-1), y0: math.Inf(1), y1: math.Inf(-1)}
	for _, q := range v.Points {
		x := math.Log10(q.Seconds)
		a.x0, a.x1 = min(a.x0, x), max(a.x1, x)
		a.y0, a.y1 = min(a.y0, q.Score), max(a.y1, q.Score)
	}
	a.x0, a.x1 = padded(a.x0, a.x1, 0.08)
	a.y0, a.y1 = padded(a.y0, a.y1, 0.08)
	a.sane()
	a.Min.Y += s.xAxisHeight(true)
	a.Max.Y -= s.yTitleHeight() + s.text*0.4
	legend := v.legendHeight(s)
	a.Max.Y -= legend
	ys := s.yTicks(a.y0, a.y1, a.Size().Y)
	a.Min.X += s.yAxisWidth(ys)
	v.legend(s)
	s.yAxis(a, ys, upper(clean(v.Score)))
	s.xAxis(a, v.ticks(s, a), "Seconds")
	v.marks(s, a)
}

// ticks are powers of ten, with 2 and 5 between them where there is room.
func (v *paretoView) ticks(s *sheet, a *area) []tick {
	for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		var ts []tick
		for e := math.Floor(a.x0); e <= math.Ceil(a.x1); e++ {
			for _, m := range steps {
				x := m * math.Pow(10, e)
				if at := math.Log10(x); at >= a.x0 && at <= a.x1 {
					ts = append(ts, tick{at, plainSeconds(x)})
				}
			}
		}
		if len(ts) < 8 && fitTicks(ts, a.x0, a.x1, a.Size().X, func(t tick) vg.Length { return width(t.text, s.text, false) + s.text }) {
			if len(ts) > 0 {
				return ts
			}
			break
		}
	}
	mid := (a.x0 + a.x1) / 2 // no round number within, or too many of them
	return []tick{{mid, plainSeconds(twoFigures(math.Pow(10, mid)))}}
}

func twoFigures(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return math.Round(x/unit) * unit
}

// plainSeconds writes a tick of the axis, which says that it is seconds.
func plainSeconds(x float64) string {
	if x < 1e-4 || x >= 1e6 {
		return compact(x)
	}
	places := max(0, int(math.Ceil(-math.Log10(x)-1e-9)))
	if x < 1 && math.Abs(x*math.Pow(10, float64(places))-math.Round(x*math.Pow(10, float64(places)))) > 1e-6 {
		places++
	}
	return decimals(x, places)
}

func (v *paretoView) radius(s *sheet, class int) vg.Length {
	return s.text * [3]vg.Length{0.22, 0.34, 0.5}[class]
}

func (v *paretoView) legendHeight(s *sheet) vg.Length {
	if !v.known {
		return 0
	}
	return s.text * 1.7
}

// legend shows the sizes of marks and what filled ones are.
func (v *paretoView) legend(s *sheet) {
	if !v.known {
		return
	}
	x, y := s.Min.X, s.Max.Y-s.text*0.6
	head := "Memory:"
	s.say(head, vg.Point{X: x, Y: y}, s.text, softInk, left, middle)
	x += width(head, s.text, false) + s.text*0.8
	for class := range 3 {
		t := v.classText(class)
		need := s.text*1.5 + width(t, s.text, false)
		if x+need > s.Max.X {
			return
		}
		v.dot(s, vg.Point{X: x + s.text*0.5, Y: y}, class, false)
		s.say(t, vg.Point{X: x + s.text*1.3, Y: y}, s.text, softInk, left, middle)
		x += need + s.text*0.8
	}
	const front = "beaten by none"
	if x += s.text; x+s.text*1.5+width(front, s.text, false) <= s.Max.X {
		v.dot(s, vg.Point{X: x + s.text*0.5, Y: y}, 1, true)
		s.say(front, vg.Point{X: x + s.text*1.3, Y: y}, s.text, softInk, left, middle)
	}
}

// dot draws a mark: filled in colour on the front, hollow grey behind it.
func (v *paretoView) dot(s *sheet, at vg.Point, class int, front bool) {
	p := markerPath(-1, at, v.radius(s, class))
	fill, line := colour(white), colour(noiseGrey)
	if front {
		fill, line = scoreKColour(0), colour(scoreKColour(0))
	}
	s.SetColor(fill)
	s.Fill(p)
	s.SetColor(line)
	s.SetLineWidth(s.line * 1.4)
	s.SetLineDash(nil, 0)
	s.Stroke(p)
}

// marks draws the methods and their names, those of the front first: where there is no
// room, names of the others are left out.
func (v *paretoView) marks(s *sheet, a *area) {
	var order []int
	for _, front := range []bool{true, false} {
		for i, q := range v.Points {
			if q.Front == front {
				order = append(order, i)
			}
		}
	}
	bounds := rect(a.Min.X+s.text*0.3, a.Min.Y+s.text*0.2, s.Max.X, a.Max.Y)
	at := make([]vg.Point, len(v.Points))
	var taken []vg.Rectangle
	for i, q := range v.Points {
		at[i] = vg.Point{X: a.x(math.Log10(q.Seconds)), Y: a.y(q.Score)}
		r := v.radius(s, v.class(q))
		taken = append(taken, rect(at[i].X-r, at[i].Y-r, at[i].X+r, at[i].Y+r))
	}
	type name struct {
		text string
		at   vg.Point
		col  colour
	}
	var names []name
	for _, i := range order {
		q := v.Points[i]
		t := shorten(clean(q.Name), s.text, false, s.Size().X*0.3)
		to, far, ok := paretoPlace(at[i], vg.Point{X: width(t, s.text, false), Y: s.text * 0.95}, v.radius(s, v.class(q))+s.text*0.3, bounds, taken)
		if !ok {
			continue
		}
		half := vg.Point{X: width(t, s.text, false) / 2, Y: s.text * 0.475}
		taken = append(taken, rect(to.X-half.X, to.Y-half.Y, to.X+half.X, to.Y+half.Y))
		if far {
			s.stroke(mix(noiseGrey, white, 0.4), s.line, at[i], vg.Point{X: max(to.X-half.X, min(to.X+half.X, at[i].X)), Y: max(to.Y-half.Y, min(to.Y+half.Y, at[i].Y))})
		}
		col := colour(softInk)
		if q.Front {
			col = ink
		}
		names = append(names, name{t, to, col})
	}
	for _, i := range order {
		v.dot(s, at[i], v.class(v.Points[i]), v.Points[i].Front)
	}
	for _, n := range names {
		s.say(n.text, n.at, s.text, n.col, centre, middle)
	}
}

// paretoPlace finds the middle of a name of that size beside its mark: right, left, above
// or below, then further away (far: a line must join the two), touching nothing.
func paretoPlace(mark, size vg.Point, gap vg.Length, bounds vg.Rectangle, taken []vg.Rectangle) (at vg.Point, far, ok bool) {
	half := size.Scale(0.5)
	free := func(p vg.Point) bool {
		r := rect(p.X-half.X, p.Y-half.Y, p.X+half.X, p.Y+half.Y)
		if r.Min.X < bounds.Min.X || r.Max.X > bounds.Max.X || r.Min.Y < bounds.Min.Y || r.Max.Y > bounds.Max.Y {
			return false
		}
		for _, t := range taken {
			if r.Min.X < t.Max.X && t.Min.X < r.Max.X && r.Min.Y < t.Max.Y && t.Min.Y < r.Max.Y {
				return false
			}
		}
		return true
	}
	for ring := range 12 {
		out := gap + size.Y*vg.Length(ring)*0.8
		for _, d := range []vg.Point{
			{X: out + half.X},
			{X: -out - half.X},
			{Y: out + half.Y},
			{Y: -out - half.Y},
			{X: half.X, Y: out + half.Y},
			{X: half.X, Y: -out - half.Y},
			{X: -half.X, Y: out + half.Y},
			{X: -half.X, Y: -out - half.Y},
		} {
			if p := mark.Add(d); free(p) {
				return p, ring > 0, true
			}
		}
	}
	return mark, false, false
}
