package figure

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// sankeyView is the figure's data with its layout.
type sankeyView struct {
	*Sankey
	tracks int
	bars   [][]sankeyBar // of each column, from the top
	most   int           // customers of the fullest column, those new and left included
	deep   int           // bars of the column that has most
}

// sankeyBar is a bar; SankeyNew and SankeyLeft have one, too.
type sankeyBar struct {
	SankeyNode
	top, bottom vg.Length
	in, out     vg.Length // where the next band begins
}

func newSankeyView(o *Sankey) *sankeyView {
	v := &sankeyView{Sankey: o}
	sum := func(at, track int, from bool) (n int) {
		for _, f := range o.Flows {
			if from && f.At == at && f.From == track || !from && f.At == at-1 && f.To == track {
				n += f.N
			}
		}
		return n
	}
	for i, c := range o.Columns {
		var bars []sankeyBar
		nodes := slices.Clone(c.Nodes)
		slices.SortStableFunc(nodes, func(a, b SankeyNode) int { return sankeyOrder(a.Track) - sankeyOrder(b.Track) })
		for _, n := range nodes {
			v.tracks = max(v.tracks, n.Track+1)
			bars = append(bars, sankeyBar{SankeyNode: n})
		}
		if n := sum(i, SankeyLeft, false); n > 0 {
			bars = append(bars, sankeyBar{SankeyNode: SankeyNode{Track: SankeyLeft, Name: "Left", N: n}})
		}
		if n := sum(i, SankeyNew, true); n > 0 {
			bars = append(bars, sankeyBar{SankeyNode: SankeyNode{Track: SankeyNew, Name: "New", N: n}})
		}
		total := 0
		for _, b := range bars {
			total += b.N
		}
		v.most, v.deep = max(v.most, total), max(v.deep, len(bars))
		v.bars = append(v.bars, bars)
	}
	return v
}

// sankeyOrder puts tracks first, then the unassigned, those who left and the new.
func sankeyOrder(track int) int {
	const many = 1 << 30
	switch track {
	case SankeyUnassigned:
		return many
	case SankeyLeft:
		return many + 1
	case SankeyNew:
		return many + 2
	}
	return track
}

// name is what a track is called in a column.
func (v *sankeyView) name(column, track int) string {
	switch track {
	case SankeyNew:
		return "New"
	case SankeyLeft:
		return "Left"
	}
	for _, n := range v.Columns[column].Nodes {
		if n.Track == track {
			return n.Name
		}
	}
	return ""
}

// need is the height that the bars need.
func (v *sankeyView) need(p Preset) vg.Length {
	return p.frame() + p.textSize()*(10+2.6*vg.Length(v.deep))
}

func sankeyColour(track int) color.RGBA {
	if track < 0 {
		return noiseGrey
	}
	return Colour(track)
}

// bar returns a track's bar in a column.
func (v *sankeyView) bar(column, track int) *sankeyBar {
	for i := range v.bars[column] {
		if b := &v.bars[column][i]; b.Track == track {
			return b
		}
	}
	return nil
}

func (v *sankeyView) paint(s *sheet) {
	head := s.label * (capHeight + 1)
	area := s.Rectangle
	area.Max.Y -= head
	gap := min(s.text*0.7, area.Size().Y*0.3/vg.Length(max(1, v.deep)))
	scale := (area.Size().Y - gap*vg.Length(v.deep-1)) / vg.Length(v.most)
	thin := s.text * 1.1

	last := len(v.Columns) - 1
	room := area.Size().X * 0.3
	leftWidth, rightWidth := v.labelWidth(s, 0, room), v.labelWidth(s, last, room)
	x0 := area.Min.X + leftWidth
	x1 := area.Max.X - rightWidth - thin
	step := (x1 - x0) / vg.Length(last)

	for i := range v.bars {
		y := area.Max.Y
		for j := range v.bars[i] {
			b := &v.bars[i][j]
			b.top, b.bottom = y, y-vg.Length(b.N)*scale
			b.in, b.out = b.top, b.top
			y = b.bottom - gap
		}
	}
	v.bands(s, x0, step, thin, scale)
	for i := range v.bars {
		x := x0 + vg.Length(i)*step
		for _, b := range v.bars[i] {
			r := rect(x, b.bottom, x+thin, b.top)
			if b.Track < 0 {
				s.hatch(r, noiseGrey)
				continue
			}
			s.box(r, Colour(b.Track), Outline(b.Track), s.line*0.6)
		}
	}
	v.labels(s, area, 0, x0-s.text*0.4, leftWidth, false)
	v.labels(s, area, last, x1+thin+s.text*0.4, rightWidth, true)
	v.heads(s, area, x0, step, thin)
}

// bands draws who went from column to column, those of a bar in the order of where they
// go, those into a bar in the order of where they come from: bands cross as little as the
// order of segments lets them.
func (v *sankeyView) bands(s *sheet, x0, step, thin, scale vg.Length) {
	flows := slices.Clone(v.Flows)
	slices.SortStableFunc(flows, func(a, b SankeyFlow) int {
		if a.At != b.At {
			return a.At - b.At
		}
		if d := sankeyOrder(a.From) - sankeyOrder(b.From); d != 0 {
			return d
		}
		return sankeyOrder(a.To) - sankeyOrder(b.To)
	})
	type band struct {
		SankeyFlow
		path vg.Path
	}
	var all []band
	for _, f := range flows {
		a, b := v.bar(f.At, f.From), v.bar(f.At+1, f.To)
		h := vg.Length(f.N) * scale
		xa, xb := x0+vg.Length(f.At)*step+thin, x0+vg.Length(f.At+1)*step
		mid := (xa + xb) / 2
		var p vg.Path
		p.Move(vg.Point{X: xa, Y: a.out})
		p.CubeTo(vg.Point{X: mid, Y: a.out}, vg.Point{X: mid, Y: b.in}, vg.Point{X: xb, Y: b.in})
		p.Line(vg.Point{X: xb, Y: b.in - h})
		p.CubeTo(vg.Point{X: mid, Y: b.in - h}, vg.Point{X: mid, Y: a.out - h}, vg.Point{X: xa, Y: a.out - h})
		p.Close()
		a.out -= h
		b.in -= h
		all = append(all, band{f, p})
	}
	// Those who stay lie below, so that those who move are seen.
	for _, stay := range []bool{true, false} {
		for _, f := range all {
			if (f.From == f.To) != stay {
				continue
			}
			share := 0.45
			if stay {
				share = 0.3
			}
			s.SetColor(nrgba(sankeyColour(f.From), share))
			s.Fill(f.path)
		}
	}
}

// label is a bar's name and number: 2 Gifters, where its name is Segment 2 "Gifters".
func (v *sankeyView) label(b *sankeyBar) string {
	name := word(b.Name)
	if b.Track >= 0 {
		name = v.short(b.SankeyNode)
		if number, called, ok := strings.Cut(strings.TrimPrefix(name, "Segment "), ` "`); ok {
			name = number + nbsp + strings.TrimSuffix(called, `"`)
		}
	}
	return name + nbsp + nbsp + count(b.N)
}

func (v *sankeyView) labelWidth(s *sheet, column int, most vg.Length) vg.Length {
	w := s.text * 2
	for i := range v.bars[column] {
		w = max(w, width(v.label(&v.bars[column][i]), s.text, false)+s.text*0.6)
	}
	return min(w, most)
}

// labels names the bars of the first or last column; where not all fit, the larger ones.
func (v *sankeyView) labels(s *sheet, area vg.Rectangle, column int, x, w vg.Length, after bool) {
	each := s.text * 1.25
	show := make([]*sankeyBar, 0, len(v.bars[column]))
	for i := range v.bars[column] {
		show = append(show, &v.bars[column][i])
	}
	if fit := capacity(area.Size().Y-s.text*capHeight+each, each); len(show) > fit {
		slices.SortStableFunc(show, func(a, b *sankeyBar) int { return b.N - a.N })
		show = show[:max(1, fit)]
		slices.SortStableFunc(show, func(a, b *sankeyBar) int { return sankeyOrder(a.Track) - sankeyOrder(b.Track) })
	}
	var want []vg.Length
	for i, b := range show {
		want = append(want, (b.top+b.bottom)/2-vg.Length(i)*1e-3)
	}
	half := s.text * capHeight / 2
	ys := spread(want, each, area.Min.Y+half, max(area.Min.Y+half, area.Max.Y-half))
	side := float64(right)
	if after {
		side = left
	}
	for i, b := range show {
		s.say(v.fitted(s, b, w-s.text*0.4), vg.Point{X: x, Y: ys[i]}, s.text, ink, side, middle)
	}
}

// fitted is the label, its name cut so that the number stays.
func (v *sankeyView) fitted(s *sheet, b *sankeyBar, w vg.Length) string {
	full := v.label(b)
	if width(full, s.text, false) <= w {
		return full
	}
	number := nbsp + nbsp + count(b.N)
	if rest := w - width(number, s.text, false); rest > s.text*2 {
		return shorten(full[:len(full)-len(number)], s.text, false, rest) + number
	}
	return shorten(full, s.text, false, w)
}

// heads writes the dates, as many as fit.
func (v *sankeyView) heads(s *sheet, area vg.Rectangle, x0, step, thin vg.Length) {
	end := s.Min.X - s.label
	last := len(v.Columns) - 1
	at := func(i int) (string, vg.Length, vg.Length) {
		name := shorten(word(v.Columns[i].Name), s.label, true, area.Size().X*0.45)
		w := width(name, s.label, true)
		x := x0 + vg.Length(i)*step + thin/2 - w/2
		return name, max(s.Min.X, min(s.Max.X-w, x)), w
	}
	_, lastX, _ := at(last)
	for i := range v.Columns {
		name, x, w := at(i)
		if x < end+s.label*0.6 || i < last && x+w+s.label*0.6 > lastX {
			continue
		}
		s.shout(name, vg.Point{X: x, Y: s.Max.Y}, s.label, ink, left, top)
		end = x + w
	}
}
