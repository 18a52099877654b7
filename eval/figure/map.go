package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

var _ = register(&Figure{
	Name: "map",
	Doc: `Customers on their first two principal components, coloured by segment
Distances are to scale: one unit is as long on both axes. Segments are labelled at
their centroids, or only in the list beside where there are more than twelve. The unassigned are
hollow and grey. Above 5,000 customers the points are one picture in SVG and PDF.`,
	Version: 1,
	New:     func() Drawer { return &Map{} },
})

// Map draws the projection of the clustered features.
type Map struct{}

// mapView is the map's data: positions, centroids, what is in view.
type mapView struct {
	*subject
	xy      []float64
	centre  [][2]float64 // of each segment
	x0, x1  float64
	y0, y1  float64
	outside int // customers beyond the frame
	lost    int // customers without a position
}

// Draw implements Drawer.
func (*Map) Draw(in *Input, p Preset) (*Drawing, error) {
	s, err := in.subject("map")
	if err != nil {
		return nil, err
	}
	if len(in.Set.XY) != 2*s.n {
		return nil, fmt.Errorf("map needs a projection of the %s; this feature set has none", s.rows(s.n))
	}
	v := &mapView{subject: s, xy: in.Set.XY}
	if err := v.look(); err != nil {
		return nil, err
	}
	d := &Drawing{Title: v.title(), Preset: p, Paint: paint(p, v.paint)}
	d.Caption = fmt.Sprintf("Each point is one %s, placed by the first two principal components of the clustered features; one unit is equally long on both axes. %s", first(s.noun()), s.provenance())
	if s.noise > 0 {
		d.Caption += " Hollow grey points are unassigned."
	}
	var out []string
	if v.outside > 0 {
		out = append(out, s.rows(v.outside)+" beyond the frame")
	}
	if v.lost > 0 {
		out = append(out, s.rows(v.lost)+" without a position")
	}
	if out != nil {
		d.Caption += " Left out: " + list(out, 2) + "."
	}
	if s.k > NumColours {
		d.Caption += fmt.Sprintf(" The %d smaller segments share one grey.", s.k-NumColours)
	}
	d.Alt = fmt.Sprintf("Scatter plot of %s in %s on two principal components that hold %s and %s of the variance.",
		s.rows(s.n), plural(s.k, "segment", "segments"), percent(in.Set.Explained[0]), percent(in.Set.Explained[1]))
	v.table(d)
	return d, nil
}

func first(a, _ string) string { return a }

// look finds centroids and the frame. A frame three times as wide as where 98 % of
// the customers are is drawn tighter, and those outside are counted.
func (v *mapView) look() error {
	v.centre = make([][2]float64, v.k)
	placed := make([]int, v.k)
	var xs, ys []float64
	for i, l := range v.labels {
		x, y := v.xy[2*i], v.xy[2*i+1]
		if math.IsNaN(x-x) || math.IsNaN(y-y) {
			v.lost++
			continue
		}
		xs, ys = append(xs, x), append(ys, y)
		if l >= 0 {
			v.centre[l][0] += x
			v.centre[l][1] += y
			placed[l]++
		}
	}
	if len(xs) == 0 {
		return fmt.Errorf("map: no %s has a position", first(v.noun()))
	}
	for i, n := range placed {
		v.centre[i][0] /= float64(n)
		v.centre[i][1] /= float64(n)
	}
	v.x0, v.x1 = tightRange(xs)
	v.y0, v.y1 = tightRange(ys)
	for i := range v.labels {
		if x, y := v.xy[2*i], v.xy[2*i+1]; x < v.x0 || x > v.x1 || y < v.y0 || y > v.y1 {
			v.outside++
		}
	}
	return nil
}

// tightRange is the range of sorted-in-place values, cut to the middle 98 % and its
// width on either side where it is more than three times as wide.
func tightRange(v []float64) (lo, hi float64) {
	slices.Sort(v)
	lo, hi = v[0], v[len(v)-1]
	a, b := v[len(v)/100], v[len(v)-1-len(v)/100]
	if span := b - a; span > 0 && hi-lo > 3*span {
		lo, hi = max(lo, a-span), min(hi, b+span)
	}
	return lo, hi
}

func (v *mapView) inView(i int) bool {
	x, y := v.xy[2*i], v.xy[2*i+1]
	return x >= v.x0 && x <= v.x1 && y >= v.y0 && y <= v.y1
}

// title: which segment is farthest from its nearest neighbour, which two are closest.
func (v *mapView) title() string {
	share := percent(v.Set.Explained[0] + v.Set.Explained[1])
	switch v.k {
	case 0:
		return "No segment: every " + first(v.noun()) + " is unassigned"
	case 1:
		return fmt.Sprintf("One segment; the map shows %s of the variance", share)
	}
	near, a, b := math.Inf(1), 0, 1
	far, lone := -1.0, 0
	for i := range v.k {
		nearest := math.Inf(1)
		for j := range v.k {
			if i == j || math.IsNaN(v.centre[i][0]) || math.IsNaN(v.centre[j][0]) {
				continue
			}
			d := math.Hypot(v.centre[i][0]-v.centre[j][0], v.centre[i][1]-v.centre[j][1])
			nearest = min(nearest, d)
			if d < near {
				near, a, b = d, min(i, j), max(i, j)
			}
		}
		if nearest > far && !math.IsInf(nearest, 1) {
			far, lone = nearest, i
		}
	}
	if v.k == 2 || far < 0 {
		return fmt.Sprintf("%s; the map shows %s of the variance", plural(v.k, "segment", "segments"), share)
	}
	return fmt.Sprintf("On the map, %s stands furthest apart; %d and %d lie closest", called(lone), a+1, b+1)
}

func (v *mapView) table(d *Drawing) {
	head := []string{"id", "segment", "component_1", "component_2"}
	row := func(i int) []string {
		id := strconv.Itoa(i)
		if v.Set.X != nil {
			id = v.Set.X.ID(i)
		}
		return []string{id, segmentCell(int(v.labels[i])), exact(v.xy[2*i]), exact(v.xy[2*i+1])}
	}
	d.Rows = func(yield func([]string) bool) {
		if !yield(head) {
			return
		}
		for i := range v.labels {
			if v.inView(i) && !yield(row(i)) {
				return
			}
		}
	}
	d.Table = [][]string{{"segment", "name", "n", "centre_1", "centre_2"}}
	for i, c := range v.centre {
		d.Table = append(d.Table, []string{segmentCell(i), v.name(i), strconv.Itoa(v.sizes[i]), exact(c[0]), exact(c[1])})
	}
	if v.noise > 0 {
		d.Table = append(d.Table, []string{segmentCell(-1), v.name(-1), strconv.Itoa(v.noise), "", ""})
	}
}

// segmentCell is a segment in a table: 1, 2, ...; the unassigned are "unassigned".
func segmentCell(segment int) string {
	if segment < 0 {
		return "unassigned"
	}
	return strconv.Itoa(segment + 1)
}

func (v *mapView) paint(s *sheet) {
	frame := s.Rectangle
	r := s.text * vg.Length(max(0.045, min(0.3, 0.8*math.Pow(float64(v.n), -0.2))))
	listed := v.k > 12
	if key := v.keyWidth(s); key > 0 && (listed || v.wanted(s) < frame.Size().X-key) {
		v.key(s)
		frame.Max.X -= key
	}
	sub := *s
	sub.Rectangle = frame

	a := &area{Rectangle: frame, x0: v.x0, x1: v.x1, y0: v.y0, y1: v.y1}
	a.Min.Y += s.xAxisHeight(true)
	a.Max.Y -= s.yTitleHeight()
	a.Max.X -= s.text * 0.5
	a.sane()
	var yTicks []tick
	for range 2 { // the ticks' width changes the scale, and the scale the ticks
		a.Min.X = frame.Min.X + s.yAxisWidth(yTicks)
		a.x0, a.x1, a.y0, a.y1 = toScale(a.Rectangle, v.x0, v.x1, v.y0, v.y1, 2.5*r)
		yTicks = s.yTicks(a.y0, a.y1, a.Size().Y)
	}
	a.Min.X = frame.Min.X + s.yAxisWidth(yTicks)
	a.x0, a.x1, a.y0, a.y1 = toScale(a.Rectangle, v.x0, v.x1, v.y0, v.y1, 2.5*r)

	c := &cloud{r: r, outline: min(s.line, r*0.35)}
	for i, l := range v.labels {
		if v.inView(i) {
			c.x = append(c.x, float32(a.x(v.xy[2*i])))
			c.y = append(c.y, float32(a.y(v.xy[2*i+1])))
			c.segment = append(c.segment, l)
		}
	}
	c.draw(s, a.Rectangle)
	sub.xAxis(a, sub.xTicks(a.x0, a.x1, a.Size().X), fmt.Sprintf("Component 1 (%s of variance)", percent(v.Set.Explained[0])))
	sub.yAxis(a, yTicks, fmt.Sprintf("Component 2 (%s of variance)", percent(v.Set.Explained[1])))
	if !listed {
		v.labelsAt(&sub, a)
	}
}

// wanted is the width at which the data, drawn to scale, fills the sheet's height.
func (v *mapView) wanted(s *sheet) vg.Length {
	x0, x1 := saneRange(v.x0, v.x1)
	y0, y1 := saneRange(v.y0, v.y1)
	h := s.Size().Y - s.xAxisHeight(true) - s.yTitleHeight()
	return max(1.15*h, h*vg.Length((x1-x0)/(y1-y0))) + 3*s.text
}

// toScale widens one of the two ranges so that a unit is equally long on both
// axes, with a margin around.
func toScale(r vg.Rectangle, x0, x1, y0, y1 float64, margin vg.Length) (a0, a1, b0, b1 float64) {
	x0, x1 = saneRange(x0, x1)
	y0, y1 = saneRange(y0, y1)
	w, h := float64(r.Size().X-2*margin), float64(r.Size().Y-2*margin)
	unit := max((x1-x0)/w, (y1-y0)/h) // data per point
	cx, cy := (x0+x1)/2, (y0+y1)/2
	dx, dy := unit*float64(r.Size().X)/2, unit*float64(r.Size().Y)/2
	return cx - dx, cx + dx, cy - dy, cy + dy
}

// labelsAt writes the segments' names at their centroids, the largest first.
func (v *mapView) labelsAt(s *sheet, a *area) {
	order := v.bySize()
	var anchors, sizes []vg.Point
	var names []string
	order = slices.DeleteFunc(order, func(i int) bool { return math.IsNaN(v.centre[i][0]) })
	for _, i := range order {
		n := shorten(v.name(i), s.text, true, a.Size().X*0.4)
		names = append(names, n)
		anchors = append(anchors, vg.Point{X: a.x(v.centre[i][0]), Y: a.y(v.centre[i][1])})
		sizes = append(sizes, vg.Point{X: width(n, s.text, true) + s.text*1.75, Y: s.text * 1.5})
	}
	at, ok := place(anchors, sizes, a.Rectangle, s.text*0.2)
	for j, i := range order {
		if ok[j] && anchors[j] != at[j] {
			s.stroke(Outline(i), s.line, anchors[j], at[j])
			s.mark(i, anchors[j], s.text*0.22, s.line)
		}
	}
	for j, i := range order {
		if !ok[j] {
			continue
		}
		half := sizes[j].Scale(0.5)
		b := rect(at[j].X-half.X, at[j].Y-half.Y, at[j].X+half.X, at[j].Y+half.Y)
		s.pill(b, Outline(i))
		x := b.Min.X + s.text*0.4
		x += s.chip(i, vg.Point{X: x, Y: at[j].Y}, s.text) - s.text*0.1
		s.shout(names[j], vg.Point{X: x, Y: at[j].Y}, s.text, ink, left, middle)
	}
}

// pill is a white rounded label.
func (s *sheet) pill(b vg.Rectangle, line colour) {
	r := b.Size().Y / 2
	var p vg.Path
	p.Move(vg.Point{X: b.Min.X + r, Y: b.Max.Y})
	p.Arc(vg.Point{X: b.Min.X + r, Y: b.Min.Y + r}, r, math.Pi/2, math.Pi)
	p.Line(vg.Point{X: b.Max.X - r, Y: b.Min.Y})
	p.Arc(vg.Point{X: b.Max.X - r, Y: b.Min.Y + r}, r, -math.Pi/2, math.Pi)
	p.Close()
	s.SetColor(nrgba(white, 0.92))
	s.Fill(p)
	s.SetColor(line)
	s.SetLineWidth(s.line)
	s.SetLineDash(nil, 0)
	s.Stroke(p)
}

// keyRow is a line of the map's list of segments.
type keyRow struct {
	segment    int // −2: no mark
	name, size string
}

// keyRows lists the segments with their shares, as many as fit.
func (v *mapView) keyRows(s *sheet) []keyRow {
	fit := capacity(s.Size().Y, s.text*1.6)
	order := v.bySize()
	if v.noise > 0 {
		order = append(order, -1)
	}
	var rows []keyRow
	for j, i := range order {
		if j == fit-1 && len(order) > fit {
			return append(rows, keyRow{-2, fmt.Sprintf("and %d more", len(order)-j), ""})
		}
		n := v.noise
		if i >= 0 {
			n = v.sizes[i]
		}
		rows = append(rows, keyRow{i, shorten(v.name(i), s.text, false, s.Size().X*0.22), percent(float64(n) / float64(v.n))})
	}
	return rows
}

// keyColumns are the widths of the list's names and shares.
func (v *mapView) keyColumns(s *sheet, rows []keyRow) (names, sizes vg.Length) {
	for _, r := range rows {
		names = max(names, width(r.name, s.text, false))
		sizes = max(sizes, width(r.size, s.text, false))
	}
	return names + s.text*1.2, sizes + s.text*0.8
}

func (v *mapView) keyWidth(s *sheet) vg.Length {
	a, b := v.keyColumns(s, v.keyRows(s))
	return a + b + s.text*1.5
}

// key writes the list at the right.
func (v *mapView) key(s *sheet) {
	rows := v.keyRows(s)
	names, sizes := v.keyColumns(s, rows)
	x, y := s.Max.X-names-sizes, s.Max.Y-s.text*0.8
	if spare := s.Size().Y - s.text*1.6*vg.Length(len(rows)); spare > s.yTitleHeight() {
		y -= s.yTitleHeight()
	}
	for _, r := range rows {
		if r.segment > -2 {
			s.chip(r.segment, vg.Point{X: x, Y: y}, s.text)
		}
		s.say(r.name, vg.Point{X: x + s.text*1.2, Y: y}, s.text, ink, left, middle)
		s.say(r.size, vg.Point{X: s.Max.X, Y: y}, s.text, softInk, right, middle)
		y -= s.text * 1.6
	}
}
