package figure

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"

	"github.com/mores-lab/mores/cluster"
)

var _ = register(&Figure{
	Name: "dendrogram",
	Doc: `The merge tree with the cut that makes the segments
At most the last Merges branches are drawn; the number under a branch is how many customers
it holds. Below the cut, branches have the colour and the number of their segment.`,
	Version: 1,
	New:     func() Drawer { return &Dendrogram{Merges: 30} },
})

// Dendrogram draws the top of a merge tree.
type Dendrogram struct {
	Merges int `json:"merges"` // branches drawn: 2 to 60
}

// dendrogramNode is a node as drawn; a leaf is a branch that is not opened further.
type dendrogramNode struct {
	x           float64 // leaves stand at 0, 1, 2, ...
	height      float64 // of its merge; 0 = a branch that is not opened
	left, right int     // nodes, −1 in leaves
	size        int
	segment     int // −2: of several segments
}

type dendrogramView struct {
	*subject
	tree   *cluster.Tree
	nodes  []dendrogramNode // the root last
	leaves []int            // from left to right
	cut    float64          // NaN = these labels are no cut of this tree
	gapK   int              // the number of segments with the widest gap
	tied   bool
}

// Draw implements Drawer.
func (o *Dendrogram) Draw(in *Input, p Preset) (*Drawing, error) {
	s, err := in.subject("dendrogram")
	if err != nil {
		return nil, err
	}
	t := in.Data.Tree
	switch {
	case t == nil:
		what := "this algorithm"
		if in.Run != nil && in.Run.Start.Algorithm != "" {
			what = clean(in.Run.Start.Algorithm)
		}
		return nil, fmt.Errorf("dendrogram needs a merge tree; %s builds none", what)
	case t.N != s.n || len(t.Height) != t.N-1 || len(t.A) != t.N-1 || len(t.B) != t.N-1:
		return nil, fmt.Errorf("dendrogram: the tree has %d leaves and %d merges, the run %d rows", t.N, len(t.Height), s.n)
	case t.N < 2:
		return nil, fmt.Errorf("dendrogram needs two %s; there is one", second(s.noun()))
	case o.Merges < 2 || o.Merges > 60:
		return nil, fmt.Errorf("dendrogram: merges = %d; it draws 2 to 60", o.Merges)
	}
	v := &dendrogramView{subject: s, tree: t}
	w, _ := p.size()
	fits := capacity(w-2*p.margin()-9*p.textSize(), 0.95*p.textSize()) // of counts beside each other
	if err := v.build(max(2, min(o.Merges, t.N, fits))); err != nil {
		return nil, err
	}
	d := &Drawing{Title: v.title(), Preset: p, Paint: paint(p, v.paint)}
	d.Caption = fmt.Sprintf("Merge tree, its last %s; numbers under the branches count %s. %s", plural(len(v.leaves), "branch", "branches"), second(s.noun()), s.provenance())
	if math.IsNaN(v.cut) {
		d.Caption += " The segments are not a cut of this tree; branches of several segments are grey."
	} else {
		d.Caption += fmt.Sprintf(" Dashed: the cut at height %s.", compact(v.cut))
		if v.k > len(v.leaves) {
			d.Caption += " It lies below the branches shown, which are grey where they hold several segments."
		}
		if v.tied {
			d.Caption += " Merges at the cut have equal heights: other cuts into as many segments are as good."
		}
	}
	d.Alt = fmt.Sprintf("Dendrogram of %s. %s.", s.rows(s.n), d.Title)
	d.Table = [][]string{{"node", "left", "right", "height", "n", "segment"}}
	for i, q := range v.nodes {
		row := []string{strconv.Itoa(i), "", "", "", strconv.Itoa(q.size), ""}
		if q.left >= 0 {
			row[1], row[2], row[3] = strconv.Itoa(q.left), strconv.Itoa(q.right), exact(q.height)
		}
		if q.segment > -2 {
			row[5] = segmentCell(q.segment)
		}
		d.Table = append(d.Table, row)
	}
	return d, nil
}

func second(_, b string) string { return b }

// build opens the last p−1 merges and finds the cut.
func (v *dendrogramView) build(p int) error {
	t, n := v.tree, v.tree.N
	for i, h := range t.Height {
		if math.IsNaN(h) || math.IsInf(h, 0) || h < 0 || (i > 0 && h < t.Height[i-1]) {
			return fmt.Errorf("dendrogram: merge %d has height %g; heights must be numbers that ascend", i, h)
		}
		if a, b := int(t.A[i]), int(t.B[i]); a < 0 || b < 0 || a >= n+i || b >= n+i {
			return fmt.Errorf("dendrogram: merge %d joins nodes %d and %d, which are not there yet", i, a, b)
		}
	}
	branch := t.CutK(p) // each row's branch, named by its node in the tree
	type group struct{ size, segment int }
	held := map[int32]*group{}
	for i, b := range branch {
		l := int(max(v.labels[i], -1))
		g := held[b]
		if g == nil {
			held[b] = &group{1, l}
			continue
		}
		g.size++
		if g.segment != l {
			g.segment = -2
		}
	}
	at := map[int32]int{} // tree node → drawn node
	leaf := func(node int32) int {
		if i, ok := at[node]; ok {
			return i
		}
		g := held[node]
		v.nodes = append(v.nodes, dendrogramNode{left: -1, right: -1, size: g.size, segment: g.segment})
		at[node] = len(v.nodes) - 1
		return len(v.nodes) - 1
	}
	for m := n - p; m < n-1; m++ {
		a, b := leaf(t.A[m]), leaf(t.B[m])
		q := dendrogramNode{left: a, right: b, height: t.Height[m], size: v.nodes[a].size + v.nodes[b].size, segment: v.nodes[a].segment}
		if v.nodes[b].segment != q.segment {
			q.segment = -2
		}
		v.nodes = append(v.nodes, q)
		at[int32(n+m)] = len(v.nodes) - 1
	}
	v.stand(len(v.nodes) - 1)
	v.findCut(p)
	return nil
}

// stand places the leaves from left to right and the merges between them. It goes
// at most p deep.
func (v *dendrogramView) stand(i int) {
	q := &v.nodes[i]
	if q.left < 0 {
		q.x = float64(len(v.leaves))
		v.leaves = append(v.leaves, i)
		return
	}
	v.stand(q.left)
	v.stand(q.right)
	q.x = (v.nodes[q.left].x + v.nodes[q.right].x) / 2
}

// findCut finds the height between the merges that make k segments and the next,
// if the run's labels are that partition, and where the widest gap is.
func (v *dendrogramView) findCut(p int) {
	t, n := v.tree, v.tree.N
	below := func(k int) float64 { // the last merge of the partition into k
		if k >= n {
			return 0
		}
		return t.Height[n-k-1]
	}
	widest := -1.0
	for k := 2; k <= min(p, n); k++ {
		if gap := t.Height[n-k] - below(k); gap > widest {
			widest, v.gapK = gap, k
		}
	}
	v.cut = math.NaN()
	if v.noise > 0 || v.k < 1 || v.k > n {
		return
	}
	to := map[int32]int32{}
	for i, b := range t.CutK(v.k) {
		if l, ok := to[b]; ok && l != v.labels[i] {
			return
		}
		to[b] = v.labels[i]
	}
	if v.k == 1 {
		v.cut = t.Height[n-2] * 1.05
		return
	}
	v.cut = (t.Height[n-v.k] + below(v.k)) / 2
	v.tied = t.Height[n-v.k] == below(v.k)
}

func (v *dendrogramView) title() string {
	gap := fmt.Sprintf("the widest gap between merges is at %d", v.gapK)
	switch {
	case math.IsNaN(v.cut):
		return fmt.Sprintf("In the merge tree, the widest gap is at %d segments", v.gapK)
	case v.k == v.gapK:
		return fmt.Sprintf("The tree is cut at its widest gap: %d segments at height %s", v.k, compact(v.cut))
	}
	return fmt.Sprintf("Cut at height %s: %s; %s", compact(v.cut), plural(v.k, "segment", "segments"), gap)
}

// heightTitle names the height axis, with the linkage where the run says it.
func (v *dendrogramView) heightTitle() string {
	how := "distance in the clustered features"
	if v.Run != nil {
		if l, ok := paramsOf(v.Run)["linkage"].(string); ok {
			how = clean(l) + " linkage, " + how
		}
	}
	return "Merge height (" + how + ")"
}

func (v *dendrogramView) paint(s *sheet) {
	longest := vg.Length(0)
	for _, i := range v.leaves {
		longest = max(longest, width(count(v.nodes[i].size), s.text, false))
	}
	root := v.nodes[len(v.nodes)-1].height
	a := &area{Rectangle: s.Rectangle, x0: -0.7, x1: float64(len(v.leaves)) - 0.3, y0: 0, y1: root * 1.06}
	a.sane()
	a.y0 = 0
	a.Min.Y += longest + s.text*2.9
	step := vg.Length(0)
	if v.crowded(s) {
		step = s.text * 1.15
		a.Min.Y += step
	}
	a.Max.Y -= s.yTitleHeight()
	note := ""
	if !math.IsNaN(v.cut) {
		note = "cut " + compact(v.cut)
		a.Max.X -= width(note, s.text, false) + s.text*0.5
	}
	ys := s.yTicks(a.y0, a.y1, a.Size().Y)
	a.Min.X += s.yAxisWidth(ys)
	s.yAxis(a, ys, v.heightTitle())

	for i, q := range v.nodes {
		if q.left >= 0 {
			v.merge(s, a, i)
		}
	}
	if note != "" {
		y := a.y(v.cut)
		s.dash(accent, s.line*1.4, vg.Point{X: a.Min.X, Y: y}, vg.Point{X: a.Max.X, Y: y})
		s.say(note, vg.Point{X: a.Max.X + s.text*0.4, Y: y}, s.text, ink, left, middle)
	}
	for j, i := range v.leaves {
		s.turn(count(v.nodes[i].size), vg.Point{X: a.x(float64(j)), Y: a.Min.Y - s.text*0.45}, math.Pi/2, s.text, softInk, right, middle)
	}
	v.groups(s, a, a.Min.Y-longest-s.text*0.9, step)
}

// merge draws the bracket of one merge in its segment's colour.
func (v *dendrogramView) merge(s *sheet, a *area, i int) {
	q := v.nodes[i]
	y := a.y(q.height)
	leg := func(c int) []vg.Point {
		x := a.x(v.nodes[c].x)
		return []vg.Point{{X: x, Y: a.y(v.nodes[c].height)}, {X: x, Y: y}}
	}
	for _, c := range []int{q.left, q.right} {
		col, w := v.strokeOf(v.nodes[c].segment, s)
		s.stroke(col, w, leg(c)...)
	}
	col, w := v.strokeOf(q.segment, s)
	s.stroke(col, w, vg.Point{X: a.x(v.nodes[q.left].x), Y: y}, vg.Point{X: a.x(v.nodes[q.right].x), Y: y})
}

func (v *dendrogramView) strokeOf(segment int, s *sheet) (colour, vg.Length) {
	if segment < 0 {
		return axisInk, s.line * 1.2
	}
	return Line(segment), s.line * 2
}

// crowded reports whether some segment's number may be wider than its branches:
// then the numbers stand in two rows.
func (v *dendrogramView) crowded(s *sheet) bool {
	each := (s.Size().X - 9*s.text) / vg.Length(len(v.leaves))
	widest := vg.Length(0)
	for _, i := range v.leaves {
		if seg := v.nodes[i].segment; seg >= 0 {
			widest = max(widest, width(strconv.Itoa(seg+1), s.text, true))
		}
	}
	return widest > each
}

// groups marks the segments under their branches: a bar and the name, or the
// number where the name does not fit; every other one a step lower.
func (v *dendrogramView) groups(s *sheet, a *area, y, step vg.Length) {
	row := 0
	for i := 0; i < len(v.leaves); {
		seg := v.nodes[v.leaves[i]].segment
		j := i
		for j+1 < len(v.leaves) && v.nodes[v.leaves[j+1]].segment == seg {
			j++
		}
		if seg >= 0 {
			x0, x1 := a.x(float64(i)-0.38), a.x(float64(j)+0.38)
			b := rect(x0, y, x1, y-s.text*0.35)
			s.box(b, Colour(seg), Outline(seg), s.line)
			room := a.x(float64(j)+0.5) - a.x(float64(i)-0.5) - s.text*0.3
			name := v.name(seg)
			if width(name, s.text, true) > room {
				name = strconv.Itoa(seg + 1)
			}
			s.shout(name, vg.Point{X: (x0 + x1) / 2, Y: y - s.text*0.9 - step*vg.Length(row%2)}, s.text, ink, centre, top)
			row++
		}
		i = j + 1
	}
}
