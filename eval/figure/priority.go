package figure

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Priority draws segments as discs: what a customer is worth to the right, what could be
// had besides upwards, the area as many customers as there are. It draws from these data
// and from no study, so it is not in the list of figures: WritePriority writes it, DrawWith
// lays it out. All words are the caller's, in the caller's language.
type Priority struct {
	Points []PriorityPoint `json:"points"`
	X      string          `json:"x"` // names of the axes, with units
	Y      string          `json:"y"`
	Title  string          `json:"title"` // the finding
	Note   string          `json:"note"`  // the caption
	Alt    string          `json:"alt"`
	// Head are the names of the table's columns: segment, name, customers, x and y.
	Head []string `json:"head"`
	// Local writes a number of ours, 1,204.5, as the language does; nil = as it is.
	Local func(string) string `json:"-"`
}

// PriorityPoint is a segment.
type PriorityPoint struct {
	Segment   int     `json:"segment"` // 0-based
	Name      string  `json:"name"`
	Customers int     `json:"customers"`
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
}

// WritePriority draws the data and writes them as svg, png or pdf.
func WritePriority(w io.Writer, format string, data *Priority, p Preset) error {
	d, err := DrawWith("priority", data, nil, p)
	if err != nil {
		return err
	}
	return Write(d, format, w)
}

// Draw implements Drawer; the input is not looked at.
func (o *Priority) Draw(_ *Input, p Preset) (*Drawing, error) {
	if len(o.Points) == 0 {
		return nil, fmt.Errorf("priority needs a segment; there is none")
	}
	for _, q := range o.Points {
		if math.IsNaN(q.X) || math.IsNaN(q.Y) || math.IsInf(q.X, 0) || math.IsInf(q.Y, 0) || q.Customers < 1 {
			return nil, fmt.Errorf("priority: segment %d has %d customers at (%g, %g): leave it out", q.Segment+1, q.Customers, q.X, q.Y)
		}
	}
	d := &Drawing{Title: clean(o.Title), Caption: clean(o.Note), Alt: clean(o.Alt), Preset: p}
	d.Paint = paint(d.Preset, o.paint)
	head := o.Head
	if len(head) != 5 {
		head = []string{"segment", "name", "customers", "x", "y"}
	}
	d.Table = [][]string{head}
	for _, q := range o.Points {
		d.Table = append(d.Table, []string{fmt.Sprint(q.Segment + 1), clean(q.Name), fmt.Sprint(q.Customers), exact(q.X), exact(q.Y)})
	}
	return d, nil
}

func (o *Priority) local(ts []tick) []tick {
	if o.Local != nil {
		for i := range ts {
			ts[i].text = o.Local(ts[i].text)
		}
	}
	return ts
}

// priorityDisc is the radius of the largest disc, as a part of the area's smaller side.
const priorityDisc = 0.13

func (o *Priority) paint(s *sheet) {
	a := &area{Rectangle: s.Rectangle, x0: 0, x1: math.Inf(-1), y0: 0, y1: math.Inf(-1)}
	for _, q := range o.Points {
		a.x0, a.x1 = min(a.x0, q.X), max(a.x1, q.X)
		a.y0, a.y1 = min(a.y0, q.Y), max(a.y1, q.Y)
	}
	// Room for the discs and the names beside them.
	x, y := a.x1-a.x0, a.y1-a.y0
	a.x0, a.x1, a.y0, a.y1 = a.x0-0.14*x, a.x1+0.2*x, a.y0-0.14*y, a.y1+0.2*y
	a.sane()
	a.Min.Y += s.xAxisHeight(true)
	a.Max.Y -= s.yTitleHeight() + s.text*0.4
	ys := o.local(s.yTicks(a.y0, a.y1, a.Size().Y))
	a.Min.X += s.yAxisWidth(ys)
	xs := o.local(s.xTicks(a.x0, a.x1, a.Size().X))
	s.yAxis(a, ys, clean(o.Y))
	s.xAxis(a, xs, clean(o.X))
	o.discs(s, a)
}

// discs draws the segments, large ones first, and their names where there is room; a number
// stands in each disc that holds it.
func (o *Priority) discs(s *sheet, a *area) {
	most := 0
	for _, q := range o.Points {
		most = max(most, q.Customers)
	}
	largest := priorityDisc * min(a.Size().X, a.Size().Y)
	order := make([]int, len(o.Points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return o.Points[j].Customers - o.Points[i].Customers })
	bounds := rect(a.Min.X+s.text*0.2, a.Min.Y+s.text*0.2, s.Max.X, s.Max.Y)
	at, radius := make([]vg.Point, len(o.Points)), make([]vg.Length, len(o.Points))
	var taken []vg.Rectangle
	for i, q := range o.Points {
		r := max(s.text*0.35, largest*vg.Length(math.Sqrt(float64(q.Customers)/float64(most))))
		p := vg.Point{X: a.x(q.X), Y: a.y(q.Y)}
		at[i], radius[i] = p, r
		taken = append(taken, rect(p.X-r, p.Y-r, p.X+r, p.Y+r))
	}
	for _, i := range order {
		disc := markerPath(-1, at[i], radius[i])
		s.SetColor(mix(Colour(o.Points[i].Segment), white, 0.72))
		s.Fill(disc)
		s.SetColor(Colour(o.Points[i].Segment))
		s.SetLineWidth(s.line * 2)
		s.SetLineDash(nil, 0)
		s.Stroke(disc)
	}
	var numbers []vg.Rectangle
	for _, i := range order {
		number := fmt.Sprint(o.Points[i].Segment + 1)
		half := vg.Point{X: width(number, s.text, true) / 2, Y: s.text * 0.475}
		cell := rect(at[i].X-half.X, at[i].Y-half.Y, at[i].X+half.X, at[i].Y+half.Y)
		inside := half.X*1.5 < radius[i] && !slices.ContainsFunc(numbers, func(t vg.Rectangle) bool {
			return cell.Min.X < t.Max.X && t.Min.X < cell.Max.X && cell.Min.Y < t.Max.Y && t.Min.Y < cell.Max.Y
		})
		if inside {
			numbers = append(numbers, cell)
			s.shout(number, at[i], s.text, ink, centre, middle)
		}
		text := clean(o.Points[i].Name)
		if !inside {
			text = number + " " + text
		}
		text = shorten(text, s.text, false, s.Size().X*0.42)
		to, far, ok := paretoPlace(at[i], vg.Point{X: width(text, s.text, false), Y: s.text * 0.95}, radius[i]+s.text*0.3, bounds, taken)
		if !ok {
			continue
		}
		half = vg.Point{X: width(text, s.text, false) / 2, Y: s.text * 0.475}
		taken = append(taken, rect(to.X-half.X, to.Y-half.Y, to.X+half.X, to.Y+half.Y))
		if far {
			s.stroke(mix(noiseGrey, white, 0.4), s.line, at[i], vg.Point{X: max(to.X-half.X, min(to.X+half.X, at[i].X)), Y: max(to.Y-half.Y, min(to.Y+half.Y, at[i].Y))})
		}
		s.say(text, to, s.text, ink, centre, middle)
	}
}
