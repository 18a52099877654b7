package figure

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/mores-lab/mores/eval"
)

// CriticalDifference draws methods on an axis of their average ranks over several data
// sets, and a bar over each group in which no two can be told apart (Demšar 2006, JMLR
// 7:1–30, §3.2.4). It draws from these data and from no study, so it is not in the list
// of figures: WriteCriticalDifference writes it, DrawWith lays it out.
type CriticalDifference struct {
	Names   []string      `json:"names"` // of the methods, as eval.PostHoc numbers them
	PostHoc *eval.PostHoc `json:"post_hoc"`
	// Score says what the methods are ranked by, in words: "adjusted Rand index".
	Score string `json:"score,omitempty"`
	// Note ends the caption: how the scores were made.
	Note string `json:"note,omitempty"`
}

// WriteCriticalDifference draws the data and writes them as svg, png or pdf.
func WriteCriticalDifference(w io.Writer, format string, data *CriticalDifference, p Preset) error {
	d, err := DrawWith("critical-difference", data, nil, p)
	if err != nil {
		return err
	}
	return Write(d, format, w)
}

// Draw implements Drawer; the input is not looked at.
func (o *CriticalDifference) Draw(_ *Input, p Preset) (*Drawing, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	v := newCDView(o)
	d := &Drawing{Title: v.title()}
	// How high it must be depends on the bars' levels, and these on the width alone.
	need := v.layout(newSheetSize(p)).height
	d.Preset = p.fit(p.frame() + need)
	shown := d.Preset.larger(need * 1.3)
	d.Caption = v.caption(v.layout(newSheetSize(shown)))
	d.Paint = paint(shown, func(s *sheet) { v.paint(s, v.layout(s)) })
	d.Alt = fmt.Sprintf("Critical-difference diagram of %s. From best to worst average rank: %s.", plural(v.k, "method", "methods"), list(v.ranked(), 20))
	d.Table = [][]string{{"method", "average_rank", "not_told_from"}}
	for _, m := range v.order {
		d.Table = append(d.Table, []string{clean(o.Names[m]), exact(o.PostHoc.Ranks[m]), strings.Join(v.alike(m), "; ")})
	}
	return d, nil
}

func (o *CriticalDifference) check() error {
	h := o.PostHoc
	switch {
	case h == nil:
		return fmt.Errorf("critical-difference needs a test of the ranks; there is none")
	case len(o.Names) != len(h.Ranks):
		return fmt.Errorf("critical-difference: %s for %s", plural(len(o.Names), "name", "names"), plural(len(h.Ranks), "rank", "ranks"))
	case len(o.Names) < 2:
		return fmt.Errorf("critical-difference compares two methods or more; there is %s", plural(len(o.Names), "method", "methods"))
	case h.N < 2:
		return fmt.Errorf("critical-difference needs two data sets or more; there is %s", plural(h.N, "data set", "data sets"))
	case h.CD != nil && !(*h.CD > 0 && !math.IsInf(*h.CD, 0)):
		return fmt.Errorf("critical-difference: a critical difference of %g: above 0", *h.CD)
	}
	for i, r := range h.Ranks {
		if !(r >= 1 && r <= float64(len(h.Ranks))) {
			return fmt.Errorf("critical-difference: %s has average rank %g: from 1 to %d", word(o.Names[i]), r, len(h.Ranks))
		}
	}
	for _, g := range h.Groups {
		for _, m := range g {
			if m < 0 || m >= len(o.Names) {
				return fmt.Errorf("critical-difference: a group has method %d of %d", m, len(o.Names))
			}
		}
	}
	return nil
}

// cdView is the figure's data, best rank first.
type cdView struct {
	*CriticalDifference
	k     int
	order []int
}

func newCDView(o *CriticalDifference) *cdView {
	v := &cdView{CriticalDifference: o, k: len(o.Names)}
	for i := range v.k {
		v.order = append(v.order, i)
	}
	slices.SortStableFunc(v.order, func(a, b int) int { return cmp.Compare(o.PostHoc.Ranks[a], o.PostHoc.Ranks[b]) })
	return v
}

// alike lists the methods that cannot be told from m.
func (v *cdView) alike(m int) (out []string) {
	for _, o := range v.order {
		if o != m && slices.ContainsFunc(v.PostHoc.Groups, func(g []int) bool { return slices.Contains(g, m) && slices.Contains(g, o) }) {
			out = append(out, clean(v.Names[o]))
		}
	}
	return out
}

// ranked lists the methods with their ranks.
func (v *cdView) ranked() (out []string) {
	for _, m := range v.order {
		out = append(out, word(v.Names[m])+" "+decimals(v.PostHoc.Ranks[m], 2))
	}
	return out
}

func (v *cdView) title() string {
	best := v.order[0]
	alike := len(v.alike(best))
	name := upper(word(v.Names[best]))
	switch {
	case len(v.PostHoc.Groups) == 1 && len(v.PostHoc.Groups[0]) == v.k:
		return fmt.Sprintf("No two of %d methods can be told apart on %s", v.k, plural(v.PostHoc.N, "data set", "data sets"))
	case alike == 0:
		return fmt.Sprintf("%s has the best average rank and differs from all others", name)
	case alike == v.k-1:
		return fmt.Sprintf("%s has the best average rank; no other can be told from it", name)
	}
	return fmt.Sprintf("%s has the best average rank; %d of the %d others cannot be told from it", name, alike, v.k-1)
}

// test names the test with its level: both are the caller's choice, so both are shown.
func (v *cdView) test() string {
	name := map[string]string{"nemenyi": "Nemenyi", "wilcoxon_holm": "Wilcoxon-Holm"}[v.PostHoc.Test]
	if name == "" {
		name = word(v.PostHoc.Test)
	}
	return fmt.Sprintf("%s, α%s=%s%s", name, nbsp, nbsp, exact(v.PostHoc.Alpha))
}

func (v *cdView) caption(l *cdLayout) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Average ranks of %s over %s", plural(v.k, "method", "methods"), plural(v.PostHoc.N, "data set", "data sets"))
	if n := clean(v.Score); n != "" {
		b.WriteString(" by " + n)
	}
	b.WriteString("; rank 1 is the best.")
	if v.bars() > 0 {
		fmt.Fprintf(&b, " A bar joins methods that cannot be told apart (%s).", v.test())
	} else {
		fmt.Fprintf(&b, " Every method differs from every other (%s), so there is no bar.", v.test())
	}
	if v.passes() {
		b.WriteString(" Dots mark a bar's members: it passes over methods that can be told from them.")
	}
	if cd := v.PostHoc.CD; cd != nil {
		fmt.Fprintf(&b, " Average ranks further apart than the critical difference, %s, differ.", decimals(*cd, 2))
	}
	if over := v.unnamed(l); over > 0 {
		fmt.Fprintf(&b, " Not named for want of room: %s in the middle.", plural(over, "method", "methods"))
	}
	if n := clean(v.Note); n != "" {
		b.WriteString(" " + n)
	}
	return b.String()
}

// unnamed counts the methods whose names have no room.
func (v *cdView) unnamed(l *cdLayout) int {
	return max(0, l.leftN-l.fit) + max(0, v.k-l.leftN-l.fit)
}

func (v *cdView) bars() int {
	n := 0
	for _, g := range v.PostHoc.Groups {
		if len(g) > 1 {
			n++
		}
	}
	return n
}

func (v *cdView) passes() bool {
	return slices.ContainsFunc(eval.RankBars(v.PostHoc.Ranks, v.PostHoc.Groups), func(b eval.RankBar) bool { return len(b.Passed) > 0 })
}

// newSheetSize is a sheet of the preset's paint, for layout before there is a canvas.
func newSheetSize(p Preset) *sheet {
	s := &sheet{text: p.textSize(), label: p.labelSize(), line: p.textSize() / 12}
	w, _ := p.size()
	s.Rectangle = rect(p.margin(), p.margin(), w-p.margin(), p.margin()+p.room())
	return s
}

// cdLayout says where things stand.
type cdLayout struct {
	height     vg.Length // that all needs
	x0, x1     vg.Length // the axis: ranks 1 and k
	axis       vg.Length // its height on the page
	bars       []cdBar
	barGap     vg.Length // between two levels
	firstLabel vg.Length
	each       vg.Length // between two labels
	leftN      int       // methods named at the left: the better half
	fit        int       // names of a side that have room, from the ends of the ranking
}

// cdBar is a group's bar on the page.
type cdBar struct {
	group  []int
	x0, x1 vg.Length
	level  int
	passed []int
}
