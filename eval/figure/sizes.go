package figure

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
)

var _ = register(&Figure{
	Name: "sizes",
	Doc: `How many customers each segment has, and how much of the revenue
Bars with their numbers: the share of all customers, and beside it the share of all
revenue where revenue is known. The unassigned are hollow; customers with too little
evidence to be clustered stand below, hatched.`,
	Version: 1,
	New:     func() Drawer { return &Sizes{} },
})

// Sizes draws sizes and value of the segments.
type Sizes struct{}

// sizesRow is a bar pair; a share that is not known is NaN.
type sizesRow struct {
	segment int // −1 unassigned, −2 stratum, −3 the smaller segments together
	name    string
	n       int
	share   float64
	value   float64 // money, NaN = not known
	worth   float64 // its share
}

// sizesView is the figure's data.
type sizesView struct {
	*subject
	rows   []sizesRow // segments, unassigned, strata
	valued bool       // some value share is known
	note   string     // why value shares are missing, if they are
	total  int
	preset Preset
	shown  []sizesRow
	part   bool // value shares are of the clustered customers only
}

// Draw implements Drawer.
func (*Sizes) Draw(in *Input, p Preset) (*Drawing, error) {
	s, err := in.subject("sizes")
	if err != nil {
		return nil, err
	}
	v := &sizesView{subject: s}
	v.count()
	d := &Drawing{Title: v.title()}
	d.Preset = p.fit(p.frame() + v.height(p, len(v.rows))*1.1)
	v.preset = d.Preset.larger(v.height(p, len(v.rows)) * 1.35)
	d.Paint = paint(v.preset, v.paint)
	d.Caption = fmt.Sprintf("Bars give shares of all %s", v.subject.Input.rows(v.total))
	if v.valued {
		d.Caption += fmt.Sprintf(" and of their %s", v.money())
	}
	d.Caption += ". " + s.provenance()
	if v.strata() > 0 {
		d.Caption += " Hatched: not clustered, for want of evidence."
	}
	d.Caption += v.note
	shown, pooled := v.pool(v.preset, d.Preset.room())
	v.shown = shown
	if pooled > 0 {
		d.Caption += fmt.Sprintf(" The %d smallest segments are drawn together.", pooled)
	}
	d.Alt = "Bar chart of segment sizes. " + v.title() + "."
	d.Table = [][]string{{"segment", "name", "n", "share", "value", "value_share"}}
	for _, r := range v.rows {
		cell := segmentCell(r.segment)
		if r.segment == -2 {
			cell = "stratum"
		}
		d.Table = append(d.Table, []string{cell, r.name, strconv.Itoa(r.n), exact(r.share), exact(r.value), exact(r.worth)})
	}
	return d, nil
}

// count fills in the rows. Shares are of everyone: segments, unassigned, strata.
func (v *sizesView) count() {
	nan := math.NaN()
	sums, noiseSum := v.sums()
	money := func(i int) float64 {
		switch {
		case sums == nil:
			return nan
		case i < 0:
			return noiseSum
		}
		return sums[i]
	}
	for i, n := range v.sizes {
		v.rows = append(v.rows, sizesRow{segment: i, name: v.name(i), n: n, value: money(i), worth: nan})
	}
	if v.noise > 0 {
		v.rows = append(v.rows, sizesRow{segment: -1, name: v.name(-1), n: v.noise, value: money(-1), worth: nan})
	}
	v.total = v.n
	rest, known, outside := 0.0, true, 0
	for _, st := range v.Set.Strata {
		n := st.Customers
		if st.Name == "enough" { // those with a missing value were not clustered either
			if n -= v.n; n <= 0 {
				continue
			}
			st.Name, st.ValueShare = "missing values", nil
			for _, o := range v.Set.Strata {
				if o.Name == st.Name { // counted under its own name already
					n -= o.Customers
				}
			}
		}
		if n <= 0 {
			continue
		}
		r := sizesRow{segment: -2, name: word(st.Name), n: n, value: nan, worth: nan}
		if st.ValueShare != nil && !math.IsNaN(*st.ValueShare) {
			r.worth = *st.ValueShare
			rest += r.worth
		} else {
			known = false
		}
		v.rows = append(v.rows, r)
		v.total += n
		outside += n
	}
	for i := range v.rows {
		v.rows[i].share = float64(v.rows[i].n) / float64(v.total)
	}
	v.shareOut(sums, noiseSum, rest, known, outside)
}

// shareOut turns value into shares of the whole, where the whole is known: the
// clustered customers' value is what the strata leave of it.
func (v *sizesView) shareOut(sums []float64, noise, rest float64, known bool, outside int) {
	if sums == nil {
		v.note = " Revenue is not known."
		return
	}
	clustered := noise
	for _, x := range sums {
		clustered += x
	}
	whole := clustered / (1 - rest)
	if !known {
		whole, v.part = clustered, true
		v.note = fmt.Sprintf(" Shares of revenue are of the clustered %s: that of %s others is not known.", v.Input.rows(v.n), count(outside))
	}
	if !(clustered > 0) || math.IsInf(whole, 0) || !(whole > 0) {
		v.note = " Shares of revenue are undefined: the segments' revenue does not sum to more than 0."
		for i := range v.rows {
			v.rows[i].worth = math.NaN()
		}
		return
	}
	v.valued = true
	for i := range v.rows {
		r := &v.rows[i]
		switch {
		case r.segment > -2:
			r.worth = r.value / whole
		case !known:
			r.worth = math.NaN()
		default:
			r.value = r.worth * whole
		}
	}
}

// sums adds up the customers' value by segment; nil where it is not known.
func (v *sizesView) sums() (segments []float64, noise float64) {
	if len(v.Set.Value) != v.n {
		return nil, 0
	}
	segments = make([]float64, v.k)
	for i, l := range v.labels {
		x := v.Set.Value[i]
		switch {
		case math.IsNaN(x - x):
			return nil, 0
		case l < 0:
			noise += x
		default:
			segments[l] += x
		}
	}
	return segments, noise
}

func (v *sizesView) strata() int {
	n := 0
	for _, r := range v.rows {
		if r.segment == -2 {
			n++
		}
	}
	return n
}

// title: the segment with the most revenue, or the most customers.
func (v *sizesView) title() string {
	if v.k == 0 {
		return "No segment: every " + first(v.noun()) + " is unassigned"
	}
	_, many := v.noun()
	best := v.rows[0]
	for _, r := range v.rows[:v.k] {
		if v.valued && r.worth > best.worth || !v.valued && r.n > best.n {
			best = r
		}
	}
	switch {
	case v.part && v.valued:
		return fmt.Sprintf("%s holds %s of %s and %s of the revenue of those clustered", called(best.segment), percent(best.share), many, percent(best.worth))
	case v.valued:
		return fmt.Sprintf("%s holds %s of %s and %s of revenue", called(best.segment), percent(best.share), many, percent(best.worth))
	}
	return fmt.Sprintf("%s is the largest, with %s of %s", called(best.segment), percent(best.share), many)
}

func (v *sizesView) rowHeight(p Preset) vg.Length { return p.textSize() * 1.75 }

func (v *sizesView) headHeight(p Preset) vg.Length { return p.labelSize() * 1.9 }

// height is what that many rows need.
func (v *sizesView) height(p Preset, rows int) vg.Length {
	h := v.headHeight(p) + v.rowHeight(p)*vg.Length(rows)
	if v.strata() > 0 {
		h += v.rowHeight(p) * 0.5
	}
	return h
}

// pool lists the rows as drawn: the smallest segments pooled where they do not fit.
func (v *sizesView) pool(p Preset, room vg.Length) (rows []sizesRow, pooled int) {
	room -= v.headHeight(p)
	if v.strata() > 0 {
		room -= v.rowHeight(p) * 0.5
	}
	fit := capacity(room, v.rowHeight(p))
	others := len(v.rows) - v.k
	keep := v.k
	if len(v.rows) > fit {
		keep = max(1, fit-others-1)
	}
	if keep >= v.k {
		return v.rows, 0
	}
	order := v.bySize()
	kept := map[int]bool{}
	for _, i := range order[:keep] {
		kept[i] = true
	}
	pool := sizesRow{segment: -3, name: fmt.Sprintf("%d smaller", v.k-keep)}
	for _, r := range v.rows[:v.k] {
		if kept[r.segment] {
			rows = append(rows, r)
			continue
		}
		pool.n += r.n
		pool.share += r.share
		pool.value += r.value
		pool.worth += r.worth
	}
	return append(append(rows, pool), v.rows[v.k:]...), v.k - keep
}

func (v *sizesView) paint(s *sheet) {
	p, pw := v.preset, s.Size()
	rows := v.shown

	names := make([]string, len(rows))
	nameWidth := vg.Length(0)
	for i, r := range rows {
		names[i] = shorten(upper(r.name), s.label, false, pw.X*0.3)
		nameWidth = max(nameWidth, width(names[i], s.label, false))
	}
	nameWidth += s.label * 1.3
	gap := s.text * 1.5
	panels := 1
	if v.valued {
		panels = 2
	}
	wide := (pw.X - nameWidth - gap*vg.Length(panels)) / vg.Length(panels)
	each := v.rowHeight(p)
	if grow := (pw.Y - v.height(p, len(rows))) / vg.Length(len(rows)); grow > 0 {
		each += min(grow, s.text*1.6)
	}

	_, many := v.noun()
	for panel := range panels {
		x0 := s.Min.X + nameWidth + gap + vg.Length(panel)*(wide+gap)
		heads := []string{upper(many) + ", % and number", upper(many) + ", %"}
		get := func(r sizesRow) (float64, string) { return r.share, count(r.n) }
		if panel == 1 {
			heads = []string{v.unit(), "Revenue, %"}
			get = func(r sizesRow) (float64, string) { return r.worth, amount(r.value) }
		}
		head := heads[0]
		if width(head, s.label, false) > wide {
			head = heads[1]
		}
		s.say(shorten(head, s.label, false, wide), vg.Point{X: x0, Y: s.Max.Y}, s.label, ink, left, top)
		v.bars(s, rows, names, x0, wide, each, panel == 0, get)
	}
}

// bars draws one panel; the first one also writes the names.
func (v *sizesView) bars(s *sheet, rows []sizesRow, names []string, x0, wide, each vg.Length, named bool, get func(sizesRow) (float64, string)) {
	longest, textWidth := 0.0, vg.Length(0)
	for _, r := range rows {
		share, number := get(r)
		if !math.IsNaN(share) {
			longest = max(longest, share)
			textWidth = max(textWidth, width(percent(share), s.text, true)+width(number, s.text, false))
		}
	}
	unit := max(0, wide-textWidth-s.text*1.6) / vg.Length(max(1e-9, longest))
	y := s.Max.Y - s.label*1.9
	top0 := y
	split := false
	for i, r := range rows {
		if r.segment == -2 && !split {
			y -= each * 0.4
			split = true
		}
		mid := y - each/2
		if named {
			x := x0 - s.text*1.5
			s.say(names[i], vg.Point{X: x, Y: mid}, s.label, ink, right, middle)
		}
		y -= each
		share, number := get(r)
		if math.IsNaN(share) {
			s.say("not known", vg.Point{X: x0 + s.text*0.5, Y: mid}, s.text, softInk, left, middle)
			continue
		}
		b := rect(x0, mid-each*0.32, x0+max(0, unit*vg.Length(share)), mid+each*0.32)
		switch r.segment {
		case -3:
			s.box(b, otherGrey, Outline(NumColours), s.line)
		case -2:
			s.hatch(b, noiseGrey)
		case -1:
			s.box(b, white, noiseGrey, s.line*1.5)
		default:
			s.box(b, Colour(r.segment), Outline(r.segment), s.line)
		}
		x := b.Max.X + s.text*0.5
		s.shout(percent(share), vg.Point{X: x, Y: mid}, s.text, ink, left, middle)
		if x += width(percent(share), s.text, true) + s.text*0.6; x+width(number, s.text, false) <= x0+wide+s.text*0.3 {
			s.say(number, vg.Point{X: x, Y: mid}, s.text, softInk, left, middle)
		}
	}
	s.stroke(axisInk, s.line, vg.Point{X: x0, Y: top0}, vg.Point{X: x0, Y: y})
}

// unit heads the panel of revenue.
func (v *sizesView) unit() string {
	if v.State != nil && v.State.Study.Data != nil {
		if c := word(v.State.Study.Data.Currency); c != "" {
			return "Revenue, % and " + c
		}
	}
	return "Revenue, % and amount"
}

// amount writes money short: 8.9 M, 412 k, 97.
func amount(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return ""
	case a >= 1e12:
		return compact(x)
	case a >= 1e9:
		return decimals(x/1e9, 1) + nbsp + "bn"
	case a >= 1e6:
		return decimals(x/1e6, 1) + nbsp + "M"
	case a >= 1e4:
		return decimals(x/1e3, 0) + nbsp + "k"
	}
	return decimals(x, 0)
}
