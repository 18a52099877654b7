package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/mores-lab/mores/eval"
)

var _ = register(&Figure{
	Name: "snake",
	Doc: `The segments' profiles as lines over the features
The height is z: the segment's mean less the mean of all, in standard deviations of all.
The band is the 95 % interval of the segment's mean (normal approximation). The eight
largest segments are coloured, the others thin and grey.`,
	Version: 1,
	New:     func() Drawer { return &Snake{} },
})

// Snake draws the segments' profiles.
type Snake struct{}

// snakeLines is how many lines can be told apart.
const snakeLines = 8

type snakeView struct {
	*profileView
	coloured []int // the largest segments
	grey     []int
}

// Draw implements Drawer.
func (*Snake) Draw(in *Input, p Preset) (*Drawing, error) {
	s, err := in.subject("snake")
	if err != nil {
		return nil, err
	}
	pv, err := s.profile("snake")
	if err != nil {
		return nil, err
	}
	v := &snakeView{profileView: pv}
	v.coloured = s.bySize()
	if len(v.coloured) > snakeLines {
		v.coloured, v.grey = v.coloured[:snakeLines], v.coloured[snakeLines:]
	}
	slices.Sort(v.coloured)
	z := func(c eval.Cell) float64 { return c.Z }
	defined := false
	for _, j := range v.cols {
		defined = defined || v.extreme(j, z) >= 0
	}
	if !defined {
		return nil, fmt.Errorf("snake: no feature has a defined profile:%s", v.undefinedFeatures(z))
	}
	table := v.table()
	w, _ := p.size()
	v.keep(capacity((w-2*p.margin())*0.72, p.textSize()*1.5), v.spreadOf)
	d := &Drawing{Title: v.title(), Preset: p, Paint: paint(p, v.paint), Table: table}
	d.Caption = "z: the segment's mean less the mean of all, in standard deviations of all. Bands: 95" + nbsp + "% intervals of the segments' means (normal approximation). " + s.provenance()
	if len(v.grey) > 0 {
		d.Caption += fmt.Sprintf(" Thin grey: %s.", plural(len(v.grey), "smaller segment", "smaller segments"))
	}
	d.Caption += v.omitted(0) + v.undefinedFeatures(z)
	d.Alt = fmt.Sprintf("Lines of %s over %s. %s.", plural(s.k, "segment", "segments"), plural(len(v.cols), "feature", "features"), d.Title)
	return d, nil
}

// spreadOf is how far apart the segments are in a feature.
func (v *snakeView) spreadOf(col int) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, cells := range v.p.Segments {
		if z := cells[col].Z; !math.IsNaN(z) && !math.IsInf(z, 0) {
			lo, hi = min(lo, z), max(hi, z)
		}
	}
	return hi - lo
}

// band is the 95 % interval of a segment's mean, in z; NaN where there is none.
func (v *snakeView) band(c eval.Cell, col int) (lo, hi float64) {
	half := 1.959963984540054 * c.SD / math.Sqrt(float64(c.N)) / v.p.Overall[col].SD
	if c.N < 2 || math.IsInf(half, 0) {
		return math.NaN(), math.NaN()
	}
	return c.Z - half, c.Z + half
}

func (v *snakeView) title() string {
	best := v.cols[0]
	for _, j := range v.cols {
		if v.spreadOf(j) > v.spreadOf(best) {
			best = j
		}
	}
	if v.k < 2 || !(v.spreadOf(best) > 0) {
		return fmt.Sprintf("One profile over %s", plural(len(v.cols), "feature", "features"))
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, cells := range v.p.Segments {
		if z := cells[best].Z; !math.IsNaN(z) {
			lo, hi = min(lo, z), max(hi, z)
		}
	}
	return fmt.Sprintf("%s separates the segments most: z from %s to %s", upper(v.feature(best)), decimals(lo, 1), decimals(hi, 1))
}

func (v *snakeView) table() [][]string {
	t := [][]string{{"feature", "unit", "segment", "z", "lo", "hi", "n"}}
	for j, c := range v.p.Cols {
		for i, cells := range v.p.Segments {
			lo, hi := v.band(cells[j], j)
			t = append(t, []string{clean(c.Name), clean(c.Unit), strconv.Itoa(i + 1), exact(cells[j].Z), exact(lo), exact(hi), strconv.Itoa(cells[j].N)})
		}
	}
	return t
}

func (v *snakeView) paint(s *sheet) {
	a := &area{Rectangle: s.Rectangle, x0: -0.5, x1: float64(len(v.cols)) - 0.5, y0: 0, y1: 0}
	for _, j := range v.cols {
		for i, cells := range v.p.Segments {
			vals := []float64{cells[j].Z}
			if slices.Contains(v.coloured, i) {
				lo, hi := v.band(cells[j], j)
				vals = append(vals, lo, hi)
			}
			for _, z := range vals {
				if !math.IsNaN(z) && !math.IsInf(z, 0) {
					a.y0, a.y1 = min(a.y0, z), max(a.y1, z)
				}
			}
		}
	}
	a.y0, a.y1 = padded(a.y0, a.y1, 0.06)
	labels := s.text * 2.6
	for _, i := range v.coloured {
		labels = max(labels, width(v.labelOf(s, i), s.text, true)+s.text*2.4)
	}
	a.Max.X -= labels
	a.Max.Y -= s.yTitleHeight()
	ys := s.yTicks(a.y0, a.y1, a.Size().Y*0.7)
	a.Min.X += s.yAxisWidth(ys)
	feet := v.features(s, a)
	a.Min.Y += feet.height
	ys = s.yTicks(a.y0, a.y1, a.Size().Y)
	a.Min.X = max(a.Min.X, s.Min.X+s.yAxisWidth(ys))

	zero := a.y(0)
	s.stroke(otherGrey, s.line, vg.Point{X: a.Min.X, Y: zero}, vg.Point{X: a.Max.X, Y: zero})
	for _, i := range v.grey {
		v.draw(s, a, i, mix(otherGrey, white, 0.35), s.line)
	}
	for _, i := range v.coloured {
		v.fillBand(s, a, i)
	}
	for _, i := range slices.Backward(v.coloured) {
		v.draw(s, a, i, Line(i), s.line*2)
	}
	for _, i := range slices.Backward(v.coloured) {
		for c, j := range v.cols {
			if z := v.p.Segments[i][j].Z; !math.IsNaN(z) && !math.IsInf(z, 0) {
				s.mark(i, vg.Point{X: a.x(float64(c)), Y: a.y(z)}, s.text*0.26, s.line)
			}
		}
	}
	s.yAxis(a, ys, "z (standard deviations from the mean of all)")
	v.feet(s, a, feet)
	v.labels(s, a)
}

func (v *snakeView) labelOf(s *sheet, segment int) string {
	return shorten(v.name(segment), s.text, true, s.Size().X*0.2)
}

// draw strokes a segment's line, broken where it has no value.
func (v *snakeView) draw(s *sheet, a *area, segment int, col colour, w vg.Length) {
	var run []vg.Point
	flush := func() {
		if len(run) > 1 {
			s.stroke(col, w, run...)
		}
		run = nil
	}
	for c, j := range v.cols {
		z := v.p.Segments[segment][j].Z
		if math.IsNaN(z) || math.IsInf(z, 0) {
			flush()
			continue
		}
		run = append(run, vg.Point{X: a.x(float64(c)), Y: a.y(z)})
	}
	flush()
}

// fillBand fills a segment's intervals between features that both have one.
func (v *snakeView) fillBand(s *sheet, a *area, segment int) {
	col := nrgba(Colour(segment), 0.2)
	for c := 1; c < len(v.cols); c++ {
		j0, j1 := v.cols[c-1], v.cols[c]
		lo0, hi0 := v.band(v.p.Segments[segment][j0], j0)
		lo1, hi1 := v.band(v.p.Segments[segment][j1], j1)
		if sum := lo0 + hi0 + lo1 + hi1; math.IsNaN(sum - sum) {
			continue
		}
		x0, x1 := a.x(float64(c-1)), a.x(float64(c))
		s.FillPolygon(col, []vg.Point{{X: x0, Y: a.y(lo0)}, {X: x1, Y: a.y(lo1)}, {X: x1, Y: a.y(hi1)}, {X: x0, Y: a.y(hi0)}})
	}
}

// snakeFeet is how the features' names stand under the axis.
type snakeFeet struct {
	lines   [][]string
	slanted bool
	height  vg.Length
}

// features wraps the names into two lines under their place, or slants them.
func (v *snakeView) features(s *sheet, a *area) snakeFeet {
	room := a.Size().X/vg.Length(len(v.cols)) - s.text*0.6
	var f snakeFeet
	most := 1
	for _, j := range v.cols {
		ls := wrap(v.feature(j), s.text, false, room, 2)
		for _, l := range ls {
			if width(l, s.text, false) > room || strings.HasSuffix(l, "…") {
				f.slanted = true
			}
		}
		f.lines = append(f.lines, ls)
		most = max(most, len(ls))
	}
	if !f.slanted {
		f.height = s.text*0.9 + s.text*lineHeight*vg.Length(most)
		return f
	}
	longest := vg.Length(0)
	for c, j := range v.cols {
		// What hangs to the left of the axis must stay on the page.
		reach := (a.x(float64(c)) - s.Min.X) / vg.Length(math.Cos(snakeSlant))
		l := shorten(v.feature(j), s.text, false, min(s.text*13, reach-s.text))
		f.lines[c] = []string{l}
		longest = max(longest, width(l, s.text, false))
	}
	f.height = s.text*1.4 + longest*vg.Length(math.Sin(snakeSlant))
	return f
}

// snakeSlant is the angle of long feature names.
const snakeSlant = 40 * math.Pi / 180

func (v *snakeView) feet(s *sheet, a *area, f snakeFeet) {
	y := a.Min.Y
	s.stroke(axisInk, s.line, vg.Point{X: a.Min.X, Y: y}, vg.Point{X: a.Max.X, Y: y})
	for c := range v.cols {
		x := a.x(float64(c))
		s.stroke(axisInk, s.line, vg.Point{X: x, Y: y}, vg.Point{X: x, Y: y - s.tickLength()})
		if f.slanted {
			s.turn(f.lines[c][0], vg.Point{X: x + s.text*0.3, Y: y - s.text*0.75}, snakeSlant, s.text, ink, right, middle)
			continue
		}
		for i, l := range f.lines[c] {
			s.say(l, vg.Point{X: x, Y: y - s.text*0.8 - s.text*lineHeight*vg.Length(i)}, s.text, ink, centre, top)
		}
	}
}

// labels writes the segments' names at the right, where their lines end.
func (v *snakeView) labels(s *sheet, a *area) {
	gap := s.text * 1.35
	show := slices.Clone(v.coloured)
	if fit := capacity(a.Size().Y, gap); len(show) > fit {
		slices.SortStableFunc(show, func(i, j int) int { return v.sizes[j] - v.sizes[i] })
		show = show[:max(1, fit)]
	}
	var want []vg.Length
	var ends []vg.Point
	for _, i := range show {
		end := vg.Point{X: a.x(float64(len(v.cols) - 1)), Y: a.y(0)}
		for c, j := range slices.Backward(v.cols) {
			if z := v.p.Segments[i][j].Z; !math.IsNaN(z) && !math.IsInf(z, 0) {
				end = vg.Point{X: a.x(float64(c)), Y: a.y(z)}
				break
			}
		}
		ends, want = append(ends, end), append(want, end.Y)
	}
	ys := spread(want, gap, a.Min.Y+gap/2, a.Max.Y-gap/2)
	for n, i := range show {
		x := a.Max.X + s.text*0.9
		s.stroke(mix(Line(i), white, 0.5), s.line*0.8, ends[n].Add(vg.Point{X: s.text * 0.4}), vg.Point{X: x - s.text*0.2, Y: ys[n]})
		x += s.chip(i, vg.Point{X: x, Y: ys[n]}, s.text)
		s.shout(v.labelOf(s, i), vg.Point{X: x, Y: ys[n]}, s.text, ink, left, middle)
	}
}
