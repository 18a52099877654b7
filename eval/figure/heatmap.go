package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"

	"github.com/mores-lab/mores/eval"
)

var _ = register(&Figure{
	Name: "heatmap",
	Doc: `What sets the segments apart: features × segments, with the numbers in the cells
z is the segment's mean less the mean of all, in standard deviations of all; smd is the
standardised mean difference against everyone else. Blue is below, orange above, white
the average. The last column is the mean of all in the feature's own unit.`,
	Version: 1,
	New:     func() Drawer { return &Heatmap{Measure: "z"} },
})

// Heatmap draws the segment profile.
type Heatmap struct {
	Measure string `json:"measure"` // z or smd
}

type heatmapView struct {
	*profileView
	get      func(eval.Cell) float64
	measure  string
	segments []int // drawn, by number
	omit     int   // segments that are not
	limit    float64
}

// Draw implements Drawer.
func (o *Heatmap) Draw(in *Input, p Preset) (*Drawing, error) {
	s, err := in.subject("heatmap")
	if err != nil {
		return nil, err
	}
	pv, err := s.profile("heatmap")
	if err != nil {
		return nil, err
	}
	v := &heatmapView{profileView: pv, measure: o.Measure}
	switch o.Measure {
	case "z":
		v.get = func(c eval.Cell) float64 { return c.Z }
	case "smd":
		v.get = func(c eval.Cell) float64 { return c.SMD }
	default:
		return nil, fmt.Errorf("heatmap: no measure %q: z or smd", o.Measure)
	}
	table := v.table()
	d := &Drawing{Title: v.title()}
	need := v.fixed(p) + v.rowHeight(p)*1.2*vg.Length(len(v.cols))
	d.Preset = p.fit(p.frame() + need)
	v.keep(capacity(d.Preset.room()-v.fixed(d.Preset), v.rowHeight(d.Preset)), func(j int) float64 { return v.extreme(j, v.get) })
	drawn := d.Preset.larger(need)
	if v.fitSegments(drawn); v.omit > 0 {
		drawn = d.Preset
		v.fitSegments(drawn)
	}
	v.limit = 1
	for _, j := range v.cols {
		v.limit = max(v.limit, v.extreme(j, v.get))
	}
	v.limit = min(3, math.Ceil(v.limit*2)/2)
	d.Paint = paint(drawn, v.paint)
	d.Caption = v.caption()
	d.Alt = fmt.Sprintf("Heat map of %s by %s. %s.", plural(len(v.cols), "feature", "features"), plural(len(v.segments), "segment", "segments"), d.Title)
	d.Table = table
	return d, nil
}

func (v *heatmapView) caption() string {
	what := "z: the segment's mean less the mean of all, in standard deviations of all"
	if v.measure == "smd" {
		what = "Standardised mean difference of the segment against everyone else"
	}
	c := what + ". Right: the average, the mean of all. " + v.provenance()
	named := false
	var names []string
	for _, i := range v.segments {
		names = append(names, v.name(i))
		named = named || i < len(v.Names) && clean(v.Names[i]) != ""
	}
	if named {
		c += " Segments: " + list(names, 12) + "."
	}
	return c + v.omitted(v.omit) + v.undefinedFeatures(v.get)
}

// title: the cell farthest from the average.
func (v *heatmapView) title() string {
	seg, col, far := 0, 0, -1.0
	for i, cells := range v.p.Segments {
		for j, c := range cells {
			if x := math.Abs(v.get(c)); x > far && !math.IsInf(x, 0) {
				seg, col, far = i, j, x
			}
		}
	}
	if far <= 0 {
		return "No segment differs from the average in any feature"
	}
	x := v.get(v.p.Segments[seg][col])
	side := "above"
	if x < 0 {
		side = "below"
	}
	return fmt.Sprintf("%s stands out most in %s: %s standard deviations %s average", called(seg), v.feature(col), decimals(math.Abs(x), 1), side)
}

func (v *heatmapView) table() [][]string {
	t := [][]string{{"feature", "unit", "segment", v.measure, "mean", "overall_mean", "n", "reason"}}
	for j, c := range v.p.Cols {
		for i, cells := range v.p.Segments {
			q := cells[j]
			t = append(t, []string{clean(c.Name), clean(c.Unit), strconv.Itoa(i + 1), exact(v.get(q)), exact(q.Mean), exact(v.p.Overall[j].Mean), strconv.Itoa(q.N), clean(q.Reason)})
		}
	}
	return t
}

func (v *heatmapView) rowHeight(p Preset) vg.Length { return p.textSize() * 1.6 }

// fixed is the height of column heads and colour bar.
func (v *heatmapView) fixed(p Preset) vg.Length { return p.textSize() * 8.2 }

// names returns the row names and their width.
func (v *heatmapView) rowNames(text, wide vg.Length) ([]string, vg.Length) {
	var names []string
	w := vg.Length(0)
	for _, j := range v.cols {
		n := shorten(v.feature(j), text, false, wide*0.3)
		names = append(names, n)
		w = max(w, width(n, text, false))
	}
	return names, w + text*0.8
}

func (v *heatmapView) averages(text, wide vg.Length) ([]string, vg.Length) {
	var all []string
	w := width("average", text, false)
	for _, j := range v.cols {
		t := shorten(v.average(j), text, false, wide*0.22)
		all = append(all, t)
		w = max(w, width(t, text, false))
	}
	return all, w + text*0.8
}

// fitSegments keeps the largest segments whose numbers fit beside each other.
func (v *heatmapView) fitSegments(p Preset) {
	w, _ := p.size()
	w -= 2 * p.margin()
	text := p.textSize()
	_, names := v.rowNames(text, w)
	_, all := v.averages(text, w)
	most := max(1, capacity(w-names-all, width("−0.0", text, false)+text*0.5))
	order := v.bySize()
	v.segments, v.omit = order, 0
	if len(order) > most {
		v.segments, v.omit = order[:most], len(order)-most
	}
	slices.Sort(v.segments)
}

func (v *heatmapView) paint(s *sheet) {
	names, nameWidth := v.rowNames(s.text, s.Size().X)
	all, allWidth := v.averages(s.text, s.Size().X)
	cell := min(s.text*10, (s.Size().X-nameWidth-allWidth)/vg.Length(len(v.segments)))
	head, foot := s.text*4.4, s.text*3.8
	row := min(s.text*2.6, (s.Size().Y-head-foot)/vg.Length(len(v.cols)))
	x0, y0 := s.Min.X+nameWidth, s.Max.Y-head
	v.heads(s, x0, y0, cell)
	s.say("average", vg.Point{X: x0 + cell*vg.Length(len(v.segments)) + allWidth, Y: y0 + s.text*0.6}, s.text, softInk, right, baseline)
	for r, j := range v.cols {
		y := y0 - row*vg.Length(r)
		mid := y - row/2
		s.say(names[r], vg.Point{X: x0 - s.text*0.6, Y: mid}, s.text, ink, right, middle)
		for c, i := range v.segments {
			v.cell(s, rect(x0+cell*vg.Length(c), y-row, x0+cell*vg.Length(c+1), y), v.get(v.p.Segments[i][j]))
		}
		s.say(all[r], vg.Point{X: x0 + cell*vg.Length(len(v.segments)) + allWidth, Y: mid}, s.text, softInk, right, middle)
	}
	v.bar(s, x0, y0-row*vg.Length(len(v.cols))-s.text*1.1, max(s.text*14, min(cell*vg.Length(len(v.segments)), s.text*22)))
}

// heads writes marks, names or numbers and shares above the columns.
func (v *heatmapView) heads(s *sheet, x0, y0, cell vg.Length) {
	full, shares := true, true
	for _, i := range v.segments {
		full = full && width(v.name(i), s.text, true) < cell-s.text*0.4
		shares = shares && width(percent(float64(v.sizes[i])/float64(v.n)), s.text, false) < cell-s.text*0.3
	}
	down := vg.Length(0)
	if !shares {
		down = s.text * 1.2
	}
	for c, i := range v.segments {
		x := x0 + cell*(vg.Length(c)+0.5)
		name := strconv.Itoa(i + 1)
		if full {
			name = v.name(i)
		}
		s.mark(i, vg.Point{X: x, Y: y0 + s.text*3.7 - down}, s.text*0.36, s.line)
		s.shout(name, vg.Point{X: x, Y: y0 + s.text*1.95 - down}, s.text, ink, centre, baseline)
		if shares {
			s.say(percent(float64(v.sizes[i])/float64(v.n)), vg.Point{X: x, Y: y0 + s.text*0.6}, s.text, softInk, centre, baseline)
		}
	}
}

func (v *heatmapView) cell(s *sheet, r vg.Rectangle, x float64) {
	mid := vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		s.box(r, faint, white, s.line)
		s.say("–", mid, s.text, softInk, centre, middle)
		return
	}
	c := diverging(x / v.limit)
	s.box(r, c, white, s.line)
	t := decimals(x, 1)
	if math.Abs(x) >= 99.95 {
		t = ">" + nbsp + "99"
	}
	s.say(t, mid, s.text, on(c), centre, middle)
}

// bar draws the colour bar with its label.
func (v *heatmapView) bar(s *sheet, x, y, w vg.Length) {
	w = min(w, s.Max.X-x)
	const steps = 60
	h := s.text * 0.8
	for i := range steps {
		t := (float64(i)+0.5)/steps*2 - 1
		b := rect(x+w*vg.Length(i)/steps, y-h, x+w*vg.Length(i+1)/steps+s.line*0.3, y)
		s.box(b, diverging(t), nil, 0)
	}
	s.box(rect(x, y-h, x+w, y), nil, color.Color(otherGrey), s.line)
	for _, t := range []float64{-v.limit, 0, v.limit} {
		hx := (t/v.limit + 1) / 2
		s.say(v.tick(t), vg.Point{X: x + w*vg.Length(hx), Y: y - h - s.text*0.45}, s.text, softInk, hx, top)
	}
	label := "z, in standard deviations from the mean of all"
	if v.measure == "smd" {
		label = "standardised mean difference"
	}
	if width(label, s.text, false) > s.Max.X-x {
		x = s.Min.X
	}
	s.say(shorten(label, s.text, false, s.Max.X-x), vg.Point{X: x, Y: y - h - s.text*1.75}, s.text, ink, left, top)
}

// tick labels the bar's ends; where values go beyond, the end says so.
func (v *heatmapView) tick(t float64) string {
	text := decimals(t, 1)
	for _, j := range v.cols {
		for _, i := range v.segments {
			if x := v.get(v.p.Segments[i][j]); t > 0 && x > v.limit {
				return "≥" + nbsp + text
			} else if t < 0 && x < -v.limit {
				return "≤" + nbsp + text
			}
		}
	}
	return text
}
