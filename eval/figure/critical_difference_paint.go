package figure

import (
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"

	"github.com/mores-lab/mores/eval"
)

// layout places axis, bars and names, from the top of the sheet down. The better half of
// the methods is named at the left, the others at the right, each on a line of its own,
// so that names cannot meet however many there are.
func (v *cdView) layout(s *sheet) *cdLayout {
	l := &cdLayout{leftN: (v.k + 1) / 2}
	l.each = s.text * 1.55
	l.barGap = s.text * 0.75
	side := v.sideWidth(s)
	l.x0, l.x1 = s.Min.X+side, s.Max.X-side

	top := s.Max.Y
	top -= s.label * 1.7          // the axis' title
	top -= s.text * 1.9           // the critical difference, or the test
	top -= s.text * 0.9           // ticks' numbers
	l.axis = top - s.tickLength() // ticks stand on the axis

	l.place(s, v)
	levels := 0
	for _, b := range l.bars {
		levels = max(levels, b.level+1)
	}
	l.firstLabel = l.axis - s.text*1.1 - l.barGap*vg.Length(levels) - s.text*0.4
	need := s.Max.Y - l.firstLabel + l.each*vg.Length(l.leftN-1) + s.text*0.7
	l.height = need
	if room := s.Size().Y; need > room && room > 0 {
		// A page of fixed height: names and bars stand closer, as far as they can be read.
		fixed := need - l.each*vg.Length(l.leftN-1) - l.barGap*vg.Length(levels)
		squeeze := max(0.3, min(1, (room-fixed)/(need-fixed)))
		l.each = max(s.text*0.95, l.each*squeeze)
		l.barGap = min(l.barGap*squeeze, (l.axis-s.Min.Y-s.text*1.5)/vg.Length(max(1, levels)))
		l.firstLabel = l.axis - s.text*1.1 - l.barGap*vg.Length(levels) - s.text*0.4
	} else if spare := room - need; spare > 0 && l.leftN > 1 {
		l.each += min(spare/vg.Length(l.leftN-1), s.text*1.3)
	}
	l.fit = capacity(l.firstLabel-s.text*0.5-s.Min.Y+l.each, l.each)
	return l
}

// place gives each group of two and more a bar of its own, as far up as there is room.
// Bars of one level keep a distance on the page, not only in rank: two ends that look
// joined would read as one group.
func (l *cdLayout) place(s *sheet, v *cdView) {
	over := s.text * 0.25 // so that a bar over two equal ranks is seen
	apart := s.text * 0.8
	var ends []vg.Length
	for _, b := range eval.RankBars(v.PostHoc.Ranks, v.PostHoc.Groups) {
		bar := cdBar{group: v.PostHoc.Groups[b.Group], x0: l.x(v, b.Lo) - over, x1: l.x(v, b.Hi) + over, passed: b.Passed, level: -1}
		for i, end := range ends {
			if end+apart <= bar.x0 {
				bar.level = i
				break
			}
		}
		if bar.level < 0 {
			bar.level = len(ends)
			ends = append(ends, 0)
		}
		ends[bar.level] = bar.x1
		l.bars = append(l.bars, bar)
	}
}

// x is where a rank stands: 1, the best, is left.
func (l *cdLayout) x(v *cdView, rank float64) vg.Length {
	return l.x0 + vg.Length((rank-1)/float64(v.k-1))*(l.x1-l.x0)
}

// barY is the height of a level on the page.
func (l *cdLayout) barY(s *sheet, level int) vg.Length {
	return l.axis - s.text*0.9 - l.barGap*(vg.Length(level)+0.25)
}

// sideWidth is what names need beside the axis, at most three tenths of the page.
func (v *cdView) sideWidth(s *sheet) vg.Length {
	w := vg.Length(0)
	for _, m := range v.order {
		w = max(w, width(v.label(s, m), s.text, false))
	}
	return w + s.text*0.6
}

// label is a method's name with its rank; long names are cut so that the axis keeps room.
func (v *cdView) label(s *sheet, m int) string {
	rank := decimals(v.PostHoc.Ranks[m], 2)
	return shorten(clean(v.Names[m]), s.text, false, s.Size().X*0.3-width(rank, s.text, false)-s.text*1.2) + nbsp + nbsp + rank
}

func (v *cdView) paint(s *sheet, l *cdLayout) {
	v.paintHead(s, l)
	v.paintAxis(s, l)
	for i, m := range v.order {
		v.paintName(s, l, i, m)
	}
	for _, r := range v.PostHoc.Ranks { // above all lines
		p := markerPath(-1, vg.Point{X: l.x(v, r), Y: l.axis}, s.text*0.22)
		s.SetColor(ink)
		s.Fill(p)
	}
	for _, b := range l.bars {
		y := l.barY(s, b.level)
		thick := min(s.text*0.3, l.barGap*0.5)
		if len(b.passed) > 0 {
			thick *= 0.5
		}
		s.stroke(scoreKColour(0), thick, vg.Point{X: b.x0, Y: y}, vg.Point{X: b.x1, Y: y})
		if len(b.passed) > 0 { // whose bar it is
			for _, m := range b.group {
				p := markerPath(-1, vg.Point{X: l.x(v, v.PostHoc.Ranks[m]), Y: y}, min(s.text*0.25, l.barGap*0.4))
				s.SetColor(scoreKColour(0))
				s.Fill(p)
			}
		}
	}
}

// paintHead draws the title of the axis and, below it, the critical difference to scale.
func (v *cdView) paintHead(s *sheet, l *cdLayout) {
	title := "Average rank over " + plural(v.PostHoc.N, "data set", "data sets")
	s.say(shorten(title, s.label, false, s.Size().X), vg.Point{X: (s.Min.X + s.Max.X) / 2, Y: s.Max.Y}, s.label, ink, centre, top)
	y := s.Max.Y - s.label*1.7 - s.text*0.6
	text := v.test()
	cd := v.PostHoc.CD
	if cd == nil {
		s.say(shorten(text, s.text, false, s.Size().X), vg.Point{X: (s.Min.X + s.Max.X) / 2, Y: y}, s.text, softInk, centre, middle)
		return
	}
	text = "CD" + nbsp + "=" + nbsp + decimals(*cd, 2) + " (" + text + ")"
	x1 := l.x(v, 1+*cd)
	cut := x1 > l.x1
	x1 = min(x1, l.x1)
	if cut {
		text += ", longer than the axis"
	}
	tall := s.text * 0.35
	s.stroke(accent, s.line*2, vg.Point{X: l.x0, Y: y}, vg.Point{X: x1, Y: y})
	s.stroke(accent, s.line*2, vg.Point{X: l.x0, Y: y - tall}, vg.Point{X: l.x0, Y: y + tall})
	if cut { // an arrow: it goes on
		s.stroke(accent, s.line*2, vg.Point{X: x1 - tall, Y: y + tall}, vg.Point{X: x1, Y: y}, vg.Point{X: x1 - tall, Y: y - tall})
	} else {
		s.stroke(accent, s.line*2, vg.Point{X: x1, Y: y - tall}, vg.Point{X: x1, Y: y + tall})
	}
	at, from := x1+s.text*0.6, 0.0
	if w := width(text, s.text, false); at+w > s.Max.X { // no room at its right
		if s.Max.X-at < w {
			at, from = s.Max.X, 1
			y += s.text * 0.85
			text = shorten(text, s.text, false, s.Size().X)
		}
	}
	s.say(text, vg.Point{X: at, Y: y}, s.text, accent, from, middle)
}

// paintAxis draws the ranks from 1 to k, with words for the ends.
func (v *cdView) paintAxis(s *sheet, l *cdLayout) {
	s.stroke(axisInk, s.line*1.4, vg.Point{X: l.x0, Y: l.axis}, vg.Point{X: l.x1, Y: l.axis})
	step := v.step(s, l)
	for r := 1; r <= v.k; r++ {
		x := l.x(v, float64(r))
		if (r-1)%step != 0 {
			s.stroke(axisInk, s.line, vg.Point{X: x, Y: l.axis}, vg.Point{X: x, Y: l.axis + s.tickLength()/2})
			continue
		}
		s.stroke(axisInk, s.line, vg.Point{X: x, Y: l.axis}, vg.Point{X: x, Y: l.axis + s.tickLength()})
		s.say(strconv.Itoa(r), vg.Point{X: x, Y: l.axis + s.tickLength() + s.text*0.25}, s.text, softInk, centre, baseline)
	}
	y := l.axis
	s.say("best", vg.Point{X: l.x0 - s.text*0.8, Y: y}, s.text, softInk, right, middle)
	s.say("worst", vg.Point{X: l.x1 + s.text*0.8, Y: y}, s.text, softInk, left, middle)
}

// step is the distance of numbered ticks, from rank 1: as few ranks as have room, and one
// that ends at the last rank where that is not much more.
func (v *cdView) step(s *sheet, l *cdLayout) int {
	one := (l.x1 - l.x0) / vg.Length(v.k-1)
	least := max(1, int(math.Ceil(float64((width(strconv.Itoa(v.k), s.text, false)+s.text*0.8)/one))))
	for step := least; step <= 2*least && step < v.k; step++ {
		if (v.k-1)%step == 0 {
			return step
		}
	}
	return least
}

// paintName draws the line from a method's rank to its name: down, then to the side. The
// best is highest at the left, the worst highest at the right: lines do not cross.
func (v *cdView) paintName(s *sheet, l *cdLayout, place, m int) {
	x := l.x(v, v.PostHoc.Ranks[m])
	row, side, hx := place, l.x0-s.text*0.4, float64(right)
	if place >= l.leftN {
		row, side, hx = v.k-1-place, l.x1+s.text*0.4, float64(left)
	}
	if row >= l.fit {
		return
	}
	y := l.firstLabel - l.each*vg.Length(row)
	s.stroke(otherGrey, s.line, vg.Point{X: x, Y: l.axis}, vg.Point{X: x, Y: y}, vg.Point{X: side, Y: y})
	text := v.label(s, m)
	at := side - s.text*0.2
	if hx == left {
		at = side + s.text*0.2
	}
	s.say(text, vg.Point{X: at, Y: y}, s.text, ink, hx, middle)
}
