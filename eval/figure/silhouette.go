package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

var _ = register(&Figure{
	Name: "silhouette",
	Doc: `How well each customer sits in its segment: sorted silhouettes, band by band
A band's height is the segment's size, its outline the silhouettes of its customers,
largest first; the dark part left of 0 are those nearer to another segment. The dashed
line is the mean of all. The unassigned, where they have silhouettes, stand apart.`,
	Refs: []Ref{{
		Authors: "P. J. Rousseeuw", Title: "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
		Venue: "Journal of Computational and Applied Mathematics 20, 53-65", Year: 1987, DOI: "10.1016/0377-0427(87)90125-7",
	}},
	Version: 1,
	New:     func() Drawer { return &Silhouette{} },
})

// Silhouette draws the silhouettes of one run.
type Silhouette struct{}

// silhouetteBand is one segment's silhouettes.
type silhouetteBand struct {
	segment  int
	n        int       // customers, looked at or not
	values   []float64 // largest first
	mean     float64   // NaN = none
	negative int
}

type silhouetteView struct {
	*subject
	bands  []silhouetteBand // the unassigned last
	mean   float64
	lowest float64
	seen   int
	fit    int // lines in the list beside the bands
}

// Draw implements Drawer.
func (*Silhouette) Draw(in *Input, p Preset) (*Drawing, error) {
	s, err := in.subject("silhouette")
	if err != nil {
		return nil, err
	}
	v := &silhouetteView{subject: s}
	if err := v.sort(); err != nil {
		return nil, err
	}
	d := &Drawing{Title: v.title()}
	d.Preset = p.grow(p.frame() + 6*p.textSize() + p.textSize()*1.6*vg.Length(len(v.bands)))
	v.fit = capacity(d.Preset.room()-6*p.textSize(), silhouetteGap*p.textSize())
	d.Paint = paint(d.Preset, v.paint)
	negative := 0
	for _, b := range v.bands[:v.k] {
		negative += b.negative
	}
	d.Caption = fmt.Sprintf("Silhouettes of %s, sorted within each segment; dashed: their mean, %s. Dark: %s below 0, nearer to another segment. %s",
		s.rows(v.seen), decimals(v.mean, 2), s.rows(negative), s.provenance())
	if v.seen+v.noise < v.n || (len(v.bands) > v.k && v.seen < v.n) {
		d.Caption += " The silhouettes are those of a sample; n counts everyone."
	}
	if s.noise > 0 && len(v.bands) == v.k {
		d.Caption += " The unassigned are left out."
	}
	if v.fit < len(v.bands) {
		d.Caption += fmt.Sprintf(" Only the %d largest are labelled.", v.fit)
	}
	d.Alt = fmt.Sprintf("Silhouette plot of %s, mean %s.", plural(v.k, "segment", "segments"), decimals(v.mean, 2))
	d.Table = [][]string{{"segment", "name", "n", "mean", "negative"}}
	for _, b := range v.bands {
		d.Table = append(d.Table, []string{segmentCell(b.segment), s.name(b.segment), strconv.Itoa(b.n), exact(b.mean), strconv.Itoa(b.negative)})
	}
	d.Rows = func(yield func([]string) bool) {
		if !yield([]string{"segment", "rank", "silhouette"}) {
			return
		}
		for _, b := range v.bands {
			for i, x := range b.values {
				if !yield([]string{segmentCell(b.segment), strconv.Itoa(i + 1), exact(x)}) {
					return
				}
			}
		}
	}
	return d, nil
}

// sort makes the bands.
func (v *silhouetteView) sort() error {
	switch sil := v.Data.Silhouette; {
	case v.k == 0:
		return fmt.Errorf("silhouette needs two segments; in this run every %s is unassigned", first(v.noun()))
	case v.k == 1 && v.noise == 0:
		return fmt.Errorf("silhouette needs two segments; this run has one")
	case len(sil) == 0:
		return fmt.Errorf("silhouette: this run has no silhouettes (the metric was not computed, or it is undefined)")
	case len(sil) != v.n:
		return fmt.Errorf("silhouette: %d values for %s", len(sil), v.rows(v.n))
	}
	for i, n := range v.sizes {
		v.bands = append(v.bands, silhouetteBand{segment: i, n: n})
	}
	noise := silhouetteBand{segment: -1, n: v.noise}
	sum := 0.0
	for i, l := range v.labels {
		x := float64(v.Data.Silhouette[i])
		if math.IsNaN(x) || x < -1 || x > 1 {
			continue
		}
		b := &noise
		if l >= 0 {
			b = &v.bands[l]
		}
		b.values = append(b.values, x)
		sum += x
		v.seen++
		v.lowest = min(v.lowest, x)
	}
	if v.seen == 0 {
		return fmt.Errorf("silhouette: no %s of this run has a silhouette", first(v.noun()))
	}
	v.mean = sum / float64(v.seen)
	if len(noise.values) > 0 {
		v.bands = append(v.bands, noise)
	}
	for i := range v.bands {
		b := &v.bands[i]
		slices.SortFunc(b.values, func(x, y float64) int {
			switch {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		b.mean = math.NaN()
		if len(b.values) > 0 {
			b.mean = 0
			for _, x := range b.values {
				b.mean += x
				if x < 0 {
					b.negative++
				}
			}
			b.mean /= float64(len(b.values))
		}
	}
	return nil
}

// title: the mean, and the weakest segment.
func (v *silhouetteView) title() string {
	weak := -1
	for i, b := range v.bands[:v.k] {
		if !math.IsNaN(b.mean) && (weak < 0 || b.mean < v.bands[weak].mean) {
			weak = i
		}
	}
	if weak < 0 || v.k < 2 {
		return fmt.Sprintf("The mean silhouette is %s", decimals(v.mean, 2))
	}
	return fmt.Sprintf("The mean silhouette is %s; %s is the weakest (%s)", decimals(v.mean, 2), called(weak), decimals(v.bands[weak].mean, 2))
}

// silhouetteGap is the distance between lines of the list, in text sizes.
const silhouetteGap = 1.35

// silhouetteColumn is a column of the list beside the bands.
type silhouetteColumn struct {
	head  string
	cells []string
	w     vg.Length
}

func (v *silhouetteView) columns(s *sheet) []silhouetteColumn {
	cols := []silhouetteColumn{{head: ""}, {head: "mean"}, {head: "n"}, {head: "below 0"}}
	for _, b := range v.bands {
		mean, neg := "–", "–"
		if len(b.values) > 0 {
			mean = decimals(b.mean, 2)
			neg = percent(float64(b.negative) / float64(len(b.values)))
		}
		for i, c := range []string{shorten(v.name(b.segment), s.text, false, s.Size().X*0.22), mean, count(b.n), neg} {
			cols[i].cells = append(cols[i].cells, c)
		}
	}
	for i := range cols {
		c := &cols[i]
		c.w = width(c.head, s.text, false)
		for _, t := range c.cells {
			c.w = max(c.w, width(t, s.text, i == 1))
		}
	}
	return cols
}

func (v *silhouetteView) paint(s *sheet) {
	cols := v.columns(s)
	gap := s.text * 1.1
	listed := s.text * 1.4
	for _, c := range cols {
		listed += c.w + gap
	}
	a := &area{Rectangle: s.Rectangle, x0: min(0, math.Floor(v.lowest*10)/10), x1: 1}
	a.Min.Y += s.xAxisHeight(true)
	a.Max.Y -= s.text * 2
	a.Min.X += s.text
	a.Max.X -= listed

	mids := v.drawBands(s, a)
	zero, mean := a.x(0), a.x(v.mean)
	s.stroke(axisInk, s.line, vg.Point{X: zero, Y: a.Min.Y}, vg.Point{X: zero, Y: a.Max.Y})
	s.dash(ink, s.line*1.3, vg.Point{X: mean, Y: a.Min.Y}, vg.Point{X: mean, Y: a.Max.Y + s.text*0.4})
	note := "mean " + decimals(v.mean, 2)
	half := width(note, s.text, false) / 2
	s.say(note, vg.Point{X: max(a.Min.X+half, min(a.Max.X-half, mean)), Y: a.Max.Y + s.text*0.8}, s.text, ink, centre, baseline)
	sub := *s
	sub.Max.X = a.Max.X + s.text
	sub.xAxis(a, s.xTicks(a.x0, a.x1, a.Size().X), "Silhouette")
	v.list(s, a, cols, mids)
}

// drawBands draws the bands from the top and returns their middles.
func (v *silhouetteView) drawBands(s *sheet, a *area) []vg.Length {
	total := 0
	for _, b := range v.bands {
		total += b.n
	}
	gap := min(s.text*0.5, a.Size().Y/vg.Length(4*len(v.bands)))
	apart := vg.Length(0)
	if len(v.bands) > v.k {
		apart = 2 * gap
	}
	each := (a.Size().Y - gap*vg.Length(len(v.bands)) - apart) / vg.Length(total)
	y := a.Max.Y - gap/2
	mids := make([]vg.Length, len(v.bands))
	for i, b := range v.bands {
		if b.segment < 0 {
			y -= apart
		}
		h := each * vg.Length(b.n)
		mids[i] = y - h/2
		v.band(s, a, &b, y, h)
		y -= h + gap
	}
	return mids
}

// band fills one segment's outline, and over it the part below 0.
func (v *silhouetteView) band(s *sheet, a *area, b *silhouetteBand, y, h vg.Length) {
	vals := b.values
	if most := max(1, int(h*4)); v.seen > rasterAbove && len(vals) > most { // finer than a pixel
		binned := make([]float64, most)
		for i := range binned {
			lo, hi := i*len(vals)/most, (i+1)*len(vals)/most
			for _, x := range vals[lo:hi] {
				binned[i] += x
			}
			binned[i] /= float64(hi - lo)
		}
		vals = binned
	}
	if len(vals) == 0 {
		return
	}
	side := func(clip func(float64) float64, fill, line colour) {
		zero := a.x(0)
		p := vg.Path{}
		p.Move(vg.Point{X: zero, Y: y})
		some := false
		last := zero
		for i, x := range vals {
			at := a.x(clip(x))
			y0, y1 := y-h*vg.Length(i)/vg.Length(len(vals)), y-h*vg.Length(i+1)/vg.Length(len(vals))
			if at != last {
				p.Line(vg.Point{X: at, Y: y0})
			}
			last = at
			p.Line(vg.Point{X: at, Y: y1})
			some = some || at != zero
		}
		if !some {
			return
		}
		p.Line(vg.Point{X: zero, Y: y - h})
		p.Close()
		s.SetColor(fill)
		s.Fill(p)
		s.SetLineWidth(s.line * 0.8)
		s.SetLineDash(nil, 0)
		s.SetColor(line)
		s.Stroke(p)
	}
	fill, dark := Colour(b.segment), Outline(b.segment)
	if b.segment < 0 {
		fill, dark = white, noiseGrey
	}
	side(func(x float64) float64 { return max(x, 0) }, fill, Outline(b.segment))
	side(func(x float64) float64 { return min(x, 0) }, dark, Outline(b.segment))
}

// list writes names, means, sizes and negatives beside the bands; where there is
// no room for all of them, those of the largest segments.
func (v *silhouetteView) list(s *sheet, a *area, cols []silhouetteColumn, mids []vg.Length) {
	gap := s.text * silhouetteGap
	show := make([]int, len(v.bands))
	for i := range show {
		show[i] = i
	}
	if len(show) > v.fit {
		slices.SortStableFunc(show, func(i, j int) int { return v.bands[j].n - v.bands[i].n })
		show = show[:max(1, v.fit)]
		slices.Sort(show)
	}
	want := make([]vg.Length, len(show))
	for i, b := range show {
		want[i] = mids[b]
	}
	ys := spread(want, gap, a.Min.Y+gap/2, a.Max.Y-gap/2)
	x0 := a.Max.X + s.text*1.9
	for i, b := range show {
		if math.Abs(float64(ys[i]-mids[b])) > float64(s.text)*0.3 {
			s.stroke(otherGrey, s.line*0.8, vg.Point{X: a.Max.X + s.text*0.2, Y: mids[b]}, vg.Point{X: a.Max.X + s.text*0.6, Y: mids[b]}, vg.Point{X: a.Max.X + s.text*1.3, Y: ys[i]}, vg.Point{X: a.Max.X + s.text*1.6, Y: ys[i]})
		}
		x := x0
		for j, c := range cols {
			switch j {
			case 0:
				s.say(c.cells[b], vg.Point{X: x, Y: ys[i]}, s.text, ink, left, middle)
			case 1:
				s.shout(c.cells[b], vg.Point{X: x + c.w, Y: ys[i]}, s.text, ink, right, middle)
			default:
				s.say(c.cells[b], vg.Point{X: x + c.w, Y: ys[i]}, s.text, softInk, right, middle)
			}
			x += c.w + s.text*1.1
		}
	}
	x := x0
	for _, c := range cols {
		s.say(c.head, vg.Point{X: x + c.w, Y: a.Max.Y + s.text*0.8}, s.text, softInk, right, baseline)
		x += c.w + s.text*1.1
	}
}
