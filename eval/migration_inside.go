package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// InsideChange is MONIC's internal transitions of a segment that is there at both dates,
// over the features that both know, each divided by its standard deviation s over all
// customers of the first date.
type InsideChange struct {
	// Spread is √(mean over features of (sd in the segment / s)²) at the two dates: 1 = as
	// wide as everyone together. Compactness says what it became: wider or narrower by a
	// tenth, or the same.
	SpreadBefore float64 `json:"spread_before"`
	SpreadAfter  float64 `json:"spread_after"`
	Compactness  string  `json:"compactness"`
	// Shift is √(mean over features of (mean after − mean before)²/s²): how far its centre
	// moved. Location says moved from .2, what Cohen calls a small difference, else the same.
	Shift    float64 `json:"shift"`
	Location string  `json:"location"`
	// Size says grew or shrank by a twentieth, or the same.
	Size string `json:"size"`
	// Changed are the features whose means moved most, beyond .2.
	Changed []BehaviourChange `json:"changed,omitempty"`
}

// BehaviourChange is what changed in a feature for a group of customers.
type BehaviourChange struct {
	Column features.Column `json:"column"`
	N      int             `json:"n"` // customers with a value at both dates
	Before float64         `json:"before"`
	After  float64         `json:"after"` // means
	// D is (after − before)/s, s² the mean of the variances of all customers at the two
	// dates, with its 95 % interval (of the paired differences, normal). The interval is
	// NaN, null in JSON, for one customer, and for segments, whose members change. For who
	// entered or left it is the difference from the others at that date, not from before.
	D, Lo, Hi float64
	// Others is D of those who stayed in the segment that the movers left; NaN = nobody did.
	Others float64
}

type behaviourChangeJSON struct {
	Column features.Column `json:"column"`
	N      int             `json:"n"`
	Before float64         `json:"before"`
	After  float64         `json:"after"`
	D      float64         `json:"d"`
	Lo     *float64        `json:"lo"`
	Hi     *float64        `json:"hi"`
	Others *float64        `json:"others"`
}

// MarshalJSON writes what is not defined as null.
func (c BehaviourChange) MarshalJSON() ([]byte, error) {
	number := func(x float64) *float64 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	return json.Marshal(behaviourChangeJSON{c.Column, c.N, c.Before, c.After, c.D, number(c.Lo), number(c.Hi), number(c.Others)})
}

// UnmarshalJSON reads null as NaN.
func (c *BehaviourChange) UnmarshalJSON(data []byte) error {
	var j behaviourChangeJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	number := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	*c = BehaviourChange{Column: j.Column, N: j.N, Before: j.Before, After: j.After, D: j.D, Lo: number(j.Lo), Hi: number(j.Hi), Others: number(j.Others)}
	return nil
}

// changeFrom is the standardised difference from which a segment's centre has moved, and a
// behaviour changed: Cohen's small effect.
const changeFrom = 0.2

// shared lists the quantities that both snapshots measure: their columns in either.
func (w *migrationPair) shared() (cols [][2]int) {
	for j, c := range w.a.Raw.Cols {
		if k := w.b.Raw.Index(c.Name); k >= 0 && c.Kind != features.Category {
			cols = append(cols, [2]int{j, k})
		}
	}
	return cols
}

// behaviour fills drift, what changed inside segments, and what changed for movers.
func (w *migrationPair) behaviour(ctx context.Context) error {
	if w.a.Raw == nil || w.b.Raw == nil {
		return nil
	}
	cols := w.shared()
	if len(cols) == 0 {
		w.warnings = append(w.warnings, w.a.called()+" and "+w.b.called()+" have no feature in common: nothing is said of behaviour")
		return nil
	}
	before, after := onlyColumns(w.a.Raw, cols, 0), onlyColumns(w.b.Raw, cols, 1)
	shifts, err := features.Shifts(before, after)
	if err != nil {
		return err
	}
	for _, s := range shifts {
		m := MigrationShift{Name: s.Name, PSI: s.PSI, Band: psiBand(s.PSI), Before: s.Before, After: s.After}
		if !math.IsNaN(s.Before) && !math.IsNaN(s.After) {
			w.step.Shifts = append(w.step.Shifts, m)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w.step.Entered = w.apart(after, w.b.IDs, w.atA)
	w.step.Gone = w.apart(before, w.a.IDs, w.atB)
	spreadA, spreadB := columnSpreads(before), columnSpreads(after)
	aa, bb := w.asNodes(w.nodeA, w.a.Labels), w.asNodes(w.nodeB, w.b.Labels)
	membersA, membersB := byNode(aa, len(w.node)), byNode(bb, len(w.node))
	for g := range w.step.Segments {
		c := &w.step.Segments[g]
		if c.From >= 0 && c.To >= 0 && c.Before > 1 && c.After > 1 {
			c.Inside = w.inside(before, after, membersA[g], membersB[g], spreadA, spreadB)
		}
	}
	return w.changed(ctx, before, after, spreadA, spreadB, aa, bb)
}

// apart tells how those whom the other date does not know differ from those whom it does:
// Before is the mean of the latter, After of the former.
func (w *migrationPair) apart(m *features.Matrix, ids []string, other map[string]int) (out []BehaviourChange) {
	labels := make([]int32, len(ids))
	for i, id := range ids {
		if _, ok := other[id]; !ok {
			labels[i] = 1
		}
	}
	if !slices.Contains(labels, 0) || !slices.Contains(labels, 1) {
		return nil
	}
	p := NewProfile(m, labels, nil)
	for j, c := range p.Segments[1] {
		if c.Reason == "" && math.Abs(c.SMD) >= changeFrom && c.Lo*c.Hi > 0 {
			out = append(out, BehaviourChange{Column: p.Cols[j], N: c.N, Before: p.Segments[0][j].Mean, After: c.Mean, D: c.SMD, Lo: c.Lo, Hi: c.Hi, Others: math.NaN()})
		}
	}
	slices.SortStableFunc(out, func(x, y BehaviourChange) int { return cmp.Compare(math.Abs(y.D), math.Abs(x.D)) })
	return out[:min(len(out), w.o.Top)]
}

// psiBand is the rule of thumb of credit scoring.
func psiBand(psi float64) string {
	switch {
	case psi < 0.1:
		return "little"
	case psi < 0.25:
		return "some"
	}
	return "much"
}

func onlyColumns(m *features.Matrix, cols [][2]int, side int) *features.Matrix {
	n, _ := m.Dims()
	var picked []features.Column
	for _, c := range cols {
		picked = append(picked, m.Cols[c[side]])
	}
	out := features.NewMatrix(n, picked, nil)
	for i := range n {
		row, from := out.Row(i), m.Row(i)
		for j, c := range cols {
			row[j] = from[c[side]]
		}
	}
	return out
}

// columnSpreads are the columns' standard deviations; NaN where there is none.
func columnSpreads(m *features.Matrix) []float64 {
	_, d := m.Dims()
	out := make([]float64, d)
	for j := range out {
		_, out[j] = moments(columnOf(m, j, nil))
	}
	return out
}

// columnOf lists the values that a column has in those rows; nil = all.
func columnOf(m *features.Matrix, j int, rows []int) (xs []float64) {
	n, _ := m.Dims()
	if rows != nil {
		n = len(rows)
	}
	for i := range n {
		r := i
		if rows != nil {
			r = rows[i]
		}
		if x := m.Row(r)[j]; !math.IsNaN(x) {
			xs = append(xs, x)
		}
	}
	return xs
}

func byNode(nodes []int, k int) [][]int {
	out := make([][]int, k)
	for i := range out {
		out[i] = []int{} // nil would mean all rows
	}
	for i, g := range nodes {
		out[g] = append(out[g], i)
	}
	return out
}

func (w *migrationPair) inside(before, after *features.Matrix, a, b []int, spreadA, spreadB []float64) *InsideChange {
	var wide, wider, far, used float64
	in := &InsideChange{Compactness: "the same", Location: "the same", Size: "the same"}
	for j, s := range spreadA {
		x, y := columnOf(before, j, a), columnOf(after, j, b)
		if !(s > 0) || len(x) < 2 || len(y) < 2 {
			continue
		}
		mx, sx := moments(x)
		my, sy := moments(y)
		used++
		wide += sx * sx / (s * s)
		wider += sy * sy / (s * s)
		far += (my - mx) * (my - mx) / (s * s)
		t := math.Sqrt((s*s + spreadB[j]*spreadB[j]) / 2)
		if d := (my - mx) / t; math.Abs(d) >= changeFrom {
			in.Changed = append(in.Changed, BehaviourChange{Column: before.Cols[j], N: len(y), Before: mx, After: my, D: d, Lo: math.NaN(), Hi: math.NaN(), Others: math.NaN()})
		}
	}
	if used == 0 {
		return nil
	}
	in.SpreadBefore, in.SpreadAfter, in.Shift = math.Sqrt(wide/used), math.Sqrt(wider/used), math.Sqrt(far/used)
	switch {
	case in.SpreadAfter > 1.1*in.SpreadBefore:
		in.Compactness = "wider"
	case in.SpreadAfter < in.SpreadBefore/1.1:
		in.Compactness = "narrower"
	}
	if in.Shift >= changeFrom {
		in.Location = "moved"
	}
	switch n, m := float64(len(a)), float64(len(b)); {
	case m > 1.05*n:
		in.Size = "grew"
	case m < n/1.05:
		in.Size = "shrank"
	}
	slices.SortStableFunc(in.Changed, func(x, y BehaviourChange) int { return cmp.Compare(math.Abs(y.D), math.Abs(x.D)) })
	in.Changed = in.Changed[:min(len(in.Changed), w.o.Top)]
	return in
}

// changed tells what changed for those who moved, against those who stayed where they came
// from. Who changed segment only because the model did is no mover.
func (w *migrationPair) changed(ctx context.Context, before, after *features.Matrix, spreadA, spreadB []float64, aa, bb []int) error {
	ab, ba := w.asNodes(w.nodeA, w.ab), w.asNodes(w.nodeB, w.ba)
	movers := map[[2]int][][2]int{}
	stayers := make([][][2]int, len(w.node))
	for _, p := range w.both {
		g, h := aa[p[0]], bb[p[1]]
		switch {
		case g == h:
			stayers[g] = append(stayers[g], p)
		case w.ab == nil || aa[p[0]] != ab[p[1]] || ba[p[0]] != bb[p[1]]:
			movers[[2]int{w.node[g], w.node[h]}] = append(movers[[2]int{w.node[g], w.node[h]}], p)
		}
	}
	place := map[int]int{}
	for g, t := range w.node {
		place[t] = g
	}
	for i := range w.step.Flows {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := &w.step.Flows[i]
		who := movers[[2]int{f.From, f.To}]
		if len(who) == 0 {
			continue
		}
		for j := range spreadA {
			s := math.Sqrt((spreadA[j]*spreadA[j] + spreadB[j]*spreadB[j]) / 2)
			c, ok := pairedChange(before, after, j, who, s)
			if !ok {
				continue
			}
			stay, ok := pairedChange(before, after, j, stayers[place[f.From]], s)
			c.Others = math.NaN()
			if ok {
				c.Others = stay.D
			}
			f.Changed = append(f.Changed, c)
		}
		// What changed for those who stayed and not for the movers is no change of theirs.
		f.Changed = slices.DeleteFunc(f.Changed, func(c BehaviourChange) bool { return c.beyond() < changeFrom || math.Abs(c.D) < changeFrom/2 })
		slices.SortStableFunc(f.Changed, func(x, y BehaviourChange) int { return cmp.Compare(y.beyond(), x.beyond()) })
		f.Changed = f.Changed[:min(len(f.Changed), w.o.Top)]
	}
	return nil
}

// beyond is how much more changed than for those who stayed.
func (c BehaviourChange) beyond() float64 {
	if math.IsNaN(c.Others) {
		return math.Abs(c.D)
	}
	return math.Abs(c.D - c.Others)
}

// pairedChange compares a column at two dates for the same customers; ok is false where it
// has no spread or nobody has both values.
func pairedChange(before, after *features.Matrix, j int, who [][2]int, s float64) (c BehaviourChange, ok bool) {
	var x, y, diff []float64
	for _, p := range who {
		u, v := before.Row(p[0])[j], after.Row(p[1])[j]
		if !math.IsNaN(u) && !math.IsNaN(v) {
			x, y, diff = append(x, u), append(y, v), append(diff, v-u)
		}
	}
	if len(x) == 0 || !(s > 0) {
		return c, false
	}
	c = BehaviourChange{Column: before.Cols[j], N: len(x), Lo: math.NaN(), Hi: math.NaN()}
	c.Before, _ = moments(x)
	c.After, _ = moments(y)
	c.D = (c.After - c.Before) / s
	if len(x) > 1 {
		_, sd := moments(diff)
		half := 1.959963984540054 * sd / math.Sqrt(float64(len(x))) / s
		c.Lo, c.Hi = c.D-half, c.D+half
	}
	return c, true
}
