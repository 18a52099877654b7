package figure

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// Sankey draws how customers went from segment to segment: a column a date, a bar a
// segment, as high as it has customers, and a band for those who went from one to the
// other. A segment keeps its colour through time, whatever its number is at a date. Who is
// new comes from a hatched bar of its own, who left goes to one. It draws from these data
// and from no study, so it is not in the list of figures: WriteSankey writes it, DrawWith
// lays it out.
//
// Ref: Rosvall M, Bergstrom CT (2010), Mapping change in large networks, PLoS ONE 5:e8694,
// doi:10.1371/journal.pone.0008694.
type Sankey struct {
	Columns []SankeyColumn `json:"columns"`
	// Flows lists who went from a column to the next.
	Flows []SankeyFlow `json:"flows"`
	// One and Many are what is counted: customer, customers.
	One  string `json:"one"`
	Many string `json:"many"`
	// Note ends the caption.
	Note string `json:"note,omitempty"`
}

// SankeyColumn is a date.
type SankeyColumn struct {
	Name  string       `json:"name"`
	Nodes []SankeyNode `json:"nodes"` // each track once
}

// SankeyNode is a segment at a date.
type SankeyNode struct {
	// Track is the segment through time, 0, 1, …: its colour; −1 = the unassigned.
	Track int    `json:"track"`
	Name  string `json:"name"`
	N     int    `json:"n"`
}

// Bars that are no segments: SankeyNew is where new customers come from, SankeyLeft where
// those go who are not there at the next date.
const (
	SankeyUnassigned = -1
	SankeyNew        = -2
	SankeyLeft       = -3
)

// SankeyFlow is a band.
type SankeyFlow struct {
	At   int `json:"at"` // from this column to the next
	From int `json:"from"`
	To   int `json:"to"` // tracks; From may be SankeyNew, To may be SankeyLeft
	N    int `json:"n"`
}

// NewSankey takes the figure's data from a migration.
func NewSankey(m *eval.Migration, one, many string) *Sankey {
	o := &Sankey{One: one, Many: many}
	for i, d := range m.Snapshots {
		c := SankeyColumn{Name: d.Date}
		if c.Name == "" {
			c.Name = d.Name
		}
		for k, t := range m.Tracks {
			if t.Sizes[i] > 0 {
				c.Nodes = append(c.Nodes, SankeyNode{Track: k, Name: t.Name, N: t.Sizes[i]})
			}
		}
		if d.Unassigned > 0 {
			c.Nodes = append(c.Nodes, SankeyNode{Track: SankeyUnassigned, Name: "Unassigned", N: d.Unassigned})
		}
		o.Columns = append(o.Columns, c)
	}
	for i, s := range m.Steps {
		for r, row := range s.Table.Counts {
			for c, n := range row {
				if n == 0 {
					continue
				}
				f := SankeyFlow{At: i, From: s.Table.RowTracks[r], To: s.Table.ColTracks[c], N: n}
				if c == len(row)-1 {
					f.To = SankeyLeft
				}
				o.Flows = append(o.Flows, f)
			}
		}
	}
	return o
}

// WriteSankey draws the data and writes them as svg, png or pdf.
func WriteSankey(w io.Writer, format string, data *Sankey, p Preset) error {
	d, err := DrawWith("sankey", data, nil, p)
	if err != nil {
		return err
	}
	return Write(d, format, w)
}

// Draw implements Drawer; the input is not looked at.
func (o *Sankey) Draw(_ *Input, p Preset) (*Drawing, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	v := newSankeyView(o)
	d := &Drawing{Title: v.title(), Caption: v.caption()}
	d.Preset = p.grow(v.need(p))
	d.Paint = paint(d.Preset, v.paint)
	d.Alt = fmt.Sprintf("Alluvial diagram of %s over %s. %s.", plural(v.tracks, "segment", "segments"), plural(len(o.Columns), "date", "dates"), d.Title)
	d.Table = [][]string{{"from_date", "to_date", "from", "to", "n"}}
	for _, f := range o.Flows {
		d.Table = append(d.Table, []string{clean(o.Columns[f.At].Name), clean(o.Columns[f.At+1].Name), clean(v.name(f.At, f.From)), clean(v.name(f.At+1, f.To)), strconv.Itoa(f.N)})
	}
	return d, nil
}

func (o *Sankey) check() error {
	if len(o.Columns) < 2 {
		return fmt.Errorf("sankey needs two dates; there are %d", len(o.Columns))
	}
	in, out := make([]map[int]int, len(o.Columns)), make([]map[int]int, len(o.Columns))
	for i, c := range o.Columns {
		in[i], out[i] = map[int]int{}, map[int]int{}
		if len(c.Nodes) == 0 {
			return fmt.Errorf("sankey: %s has no segments", word(c.Name))
		}
		for j, n := range c.Nodes {
			switch {
			case n.N < 1:
				return fmt.Errorf("sankey: %s has %d customers on %s: one at least", word(n.Name), n.N, word(c.Name))
			case n.Track < SankeyUnassigned:
				return fmt.Errorf("sankey: %s is track %d: 0, 1, … or −1 for the unassigned", word(n.Name), n.Track)
			case slices.ContainsFunc(c.Nodes[:j], func(o SankeyNode) bool { return o.Track == n.Track }):
				return fmt.Errorf("sankey: two segments of track %d on %s", n.Track, word(c.Name))
			}
		}
	}
	for _, f := range o.Flows {
		if f.At < 0 || f.At+1 >= len(o.Columns) || f.N < 1 || f.From == SankeyNew && f.To == SankeyLeft {
			return fmt.Errorf("sankey: a band of %d from column %d", f.N, f.At)
		}
		out[f.At][f.From] += f.N
		in[f.At+1][f.To] += f.N
	}
	for i, c := range o.Columns {
		for _, n := range c.Nodes {
			if i > 0 && in[i][n.Track] != n.N || i+1 < len(o.Columns) && out[i][n.Track] != n.N {
				return fmt.Errorf("sankey: %s has %d on %s, but %d come and %d go", word(n.Name), n.N, word(c.Name), in[i][n.Track], out[i][n.Track])
			}
			delete(in[i], n.Track)
			delete(out[i], n.Track)
		}
		delete(in[i], SankeyLeft)
		delete(out[i], SankeyNew)
		if len(in[i])+len(out[i]) > 0 {
			return fmt.Errorf("sankey: a band goes to a segment that is not there on %s", word(c.Name))
		}
	}
	return nil
}

// title: what grew and what shrank most, in customers, from the first date to the last.
func (v *sankeyView) title() string {
	first, last := v.Columns[0], v.Columns[len(v.Columns)-1]
	size := func(c SankeyColumn, track int) int {
		for _, n := range c.Nodes {
			if n.Track == track {
				return n.N
			}
		}
		return 0
	}
	up, down, most, least := "", "", 0, 0
	seen := map[int]bool{}
	for _, n := range slices.Concat(first.Nodes, last.Nodes) {
		if n.Track < 0 || seen[n.Track] {
			continue
		}
		seen[n.Track] = true
		a, b := size(first, n.Track), size(last, n.Track)
		text := fmt.Sprintf("%s %s from %s to %s", word(v.short(n)), map[bool]string{true: "grew", false: "shrank"}[b > a], count(a), count(b))
		switch d := b - a; {
		case a == 0 && d > most:
			up, most = fmt.Sprintf("%s is new with %s", word(v.short(n)), v.counted(b)), d
		case d > most:
			up, most = text, d
		case b == 0 && d < least:
			down, least = fmt.Sprintf("%s is gone with its %s", word(v.short(n)), v.counted(a)), d
		case d < least:
			down, least = text, d
		}
	}
	var parts []string
	for _, s := range []string{up, down} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "No segment grew or shrank, whoever moved"
	}
	return strings.Join(parts, "; ")
}

func (v *sankeyView) counted(n int) string { return plural(n, v.One, v.Many) }

// short is a segment's name.
func (v *sankeyView) short(n SankeyNode) string {
	if s := word(n.Name); s != "" {
		return s
	}
	return called(n.Track)
}

func (v *sankeyView) caption() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A bar is a segment at a date, as high as it has %s; a band, those who went from one to the other, in the colour of where they were. A segment keeps its colour through time.", word(v.Many))
	fresh, gone := 0, 0
	for _, f := range v.Flows {
		if f.From == SankeyNew {
			fresh += f.N
		}
		if f.To == SankeyLeft {
			gone += f.N
		}
	}
	if fresh > 0 || gone > 0 {
		fmt.Fprintf(&b, " Hatched: %s new at a date, %s gone by the next.", count(fresh), count(gone))
	}
	var totals []string
	for _, c := range v.Columns {
		n := 0
		for _, x := range c.Nodes {
			n += x.N
		}
		totals = append(totals, count(n))
	}
	if len(totals) > 6 {
		totals = append(append(totals[:3:3], "…"), totals[len(totals)-1])
	}
	fmt.Fprintf(&b, " n = %s.", strings.Join(totals, ", "))
	if n := clean(v.Note); n != "" {
		b.WriteString(" " + n)
	}
	return b.String()
}
