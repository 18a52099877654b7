package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Fates of segments.
const (
	Survives   = "survives"
	Splits     = "split"
	Absorbed   = "absorbed"
	Disappears = "disappears"
	Emerges    = "emerges"
)

// MigrationEvent is what became of segments, in the words of MONIC. With F(X, Y) the share
// of X's customers who are in Y later and B(X, Y) the share of Y's who were in X before,
// both among the customers whom the two dates know, Y is a part of X where F ≥ τ_split and
// B ≥ τ: Y is mainly X's. Then X
//
//   - split, if it has two parts or more that hold τ of it;
//   - is absorbed by the Y with F ≥ τ, if that is no part of it, or is but another segment
//     with F ≥ τ goes there too: all of those merge;
//   - survives as its one part, or as the Y with F ≥ τ;
//   - disappears else: less than τ_split of it is there at all, or they are scattered.
//
// A Y that nothing above leads to emerges. Where the models are known, an X that does not go
// on and a Y that emerges are one segment, which survives by its definition, if over all
// customers of both dates one model puts τ there of those whom the other one does, and that
// one τ_split of the first's: recent buyers are recent buyers, though each quarter they are others.
//
// MONIC looks at F alone, and calls a segment that keeps just half survived even where the
// other half founds a segment of its own, and one that loses more than half to another dead
// even where all of Y is what is left of it. B tells these apart from migration.
//
// Of what merges or splits, one goes on in the track: segments are paired one to one by the
// Hungarian method so that the sum of Jaccard's indices |X∩Y|/|X∪Y| is largest, among the
// pairs that the event admits.
type MigrationEvent struct {
	Kind string `json:"kind"` // survives, split, absorbed, disappears or emerges
	// From and To are labels at the two dates: one to one where it survives, one to many
	// for a split, many to one where segments are absorbed.
	From []int32 `json:"from"`
	To   []int32 `json:"to"`
	// FromTracks and ToTracks are their tracks.
	FromTracks []int `json:"from_tracks"`
	ToTracks   []int `json:"to_tracks"`
	// Overlap is the share of From's customers that To has; −1 where there is none.
	Overlap []float64 `json:"overlap"`
	// Why says more: all left, scattered, all new.
	Why string `json:"why,omitempty"`
}

// migrationPair is one step: two snapshots and what is found of them.
type migrationPair struct {
	a, b     *Snapshot
	atA, atB map[string]int
	o        MigrationOptions
	// both lists the rows in a and in b of the customers whom both know, in a's order.
	both [][2]int
	// ab are b's customers under a's model, ba a's under b's; nil = not known.
	ab, ba []int32

	migrationOverlap
	same     []int // the y that x is by definition, whoever is in it; −1 = none
	fates    []MigrationEvent
	partnerA []int // of each segment of a: its continuation in b, −1 = none
	partnerB []int

	trackA, trackB []int
	node           []int // a node's track; the last is the unassigned (−1)
	nodeA, nodeB   []int // of each label

	step     MigrationStep
	warnings []string
}

func (w *migrationPair) common() {
	for i, id := range w.a.IDs {
		if j, ok := w.atB[id]; ok {
			w.both = append(w.both, [2]int{i, j})
		}
	}
	w.step.Common = len(w.both)
}

// relabelled asks for both cross-labellings. That they cannot be had is no error.
func (w *migrationPair) relabelled(ctx context.Context, relabel Relabel, i int) error {
	if relabel == nil {
		w.step.NotSeparable = "the models behind the labels are not known"
		return nil
	}
	ask := func(model, data int, s *Snapshot, models *Snapshot) ([]int32, error) {
		l, err := relabel(ctx, model, data)
		if err != nil {
			return nil, fmt.Errorf("the model of %s cannot label the customers of %s: %w", models.called(), s.called(), err)
		}
		if len(l) != len(s.IDs) {
			panic("eval: Relabel returned another number of labels than the snapshot has customers")
		}
		return l, nil
	}
	ab, err := ask(i, i+1, w.b, w.a)
	if err == nil {
		w.ba, err = ask(i+1, i, w.a, w.b)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case err != nil && w.o.Match == "definition":
		return fmt.Errorf("migration: segments cannot be matched by definition: %w", err)
	case err != nil:
		w.ba, w.step.NotSeparable = nil, err.Error()
		return nil
	}
	w.ab = ab
	return nil
}

// migrationOverlap is how two dates' segments overlap.
type migrationOverlap struct {
	f, back, jaccard [][]float64 // F(x, y), B(x, y), |x∩y|/|x∪y|
	rows, cols       []float64   // customers of x and of y that count
}

// byCustomers counts those whom both dates know by the segments they were in.
func (w *migrationPair) byCustomers() migrationOverlap {
	n := tableOf(w.a.k(), w.b.k())
	o := migrationOverlap{rows: make([]float64, w.a.k()), cols: make([]float64, w.b.k())}
	for _, p := range w.both {
		o.count(n, w.a.Labels[p[0]], w.b.Labels[p[1]])
	}
	for x := range n {
		// The few who are left of a segment do not say what became of it.
		if all, _ := w.a.of(int32(x)); o.rows[x] < w.o.Split*float64(all) {
			clear(n[x])
		}
	}
	return o.shares(n)
}

// byDefinition counts all customers of both dates by what the two models make of them.
func (w *migrationPair) byDefinition() migrationOverlap {
	n := tableOf(w.a.k(), w.b.k())
	o := migrationOverlap{rows: make([]float64, w.a.k()), cols: make([]float64, w.b.k())}
	for i, l := range w.a.Labels {
		o.count(n, l, w.ba[i])
	}
	for i, l := range w.b.Labels {
		o.count(n, w.ab[i], l)
	}
	return o.shares(n)
}

func (o *migrationOverlap) count(n [][]float64, x, y int32) {
	inA, inB := x >= 0 && int(x) < len(o.rows), y >= 0 && int(y) < len(o.cols)
	if inA {
		o.rows[x]++
	}
	if inB {
		o.cols[y]++
	}
	if inA && inB {
		n[x][y]++
	}
}

func (o migrationOverlap) shares(n [][]float64) migrationOverlap {
	ka, kb := len(o.rows), len(o.cols)
	o.f, o.back, o.jaccard = tableOf(ka, kb), tableOf(ka, kb), tableOf(ka, kb)
	for x := range n {
		for y, m := range n[x] {
			if m > 0 {
				o.f[x][y] = m / o.rows[x]
				o.back[x][y] = m / o.cols[y]
				o.jaccard[x][y] = m / (o.rows[x] + o.cols[y] - m)
			}
		}
	}
	return o
}

// match finds each segment's fate and its continuation.
func (w *migrationPair) match() {
	ka, kb := w.a.k(), w.b.k()
	w.same = make([]int, ka)
	for x := range w.same {
		w.same[x] = -1
	}
	if w.o.Match == "definition" {
		w.migrationOverlap = w.byDefinition()
		w.fate(ka, kb)
		return
	}
	w.migrationOverlap = w.byCustomers()
	w.fate(ka, kb)
	if w.ab == nil {
		return
	}
	// What goes on in nothing and what comes from nothing are the same where the models
	// put the same behaviour there: its customers moved on, others took their place.
	emerged := make([]bool, kb)
	for _, e := range w.fates {
		if e.Kind == Emerges {
			emerged[e.To[0]] = true
		}
	}
	d := w.byDefinition()
	kept := make([]float64, ka*kb)
	for x, y := range w.partnerA {
		n, _ := w.a.of(int32(x))
		for z := range kb {
			if f, back := d.f[x][z], d.back[x][z]; n > 0 && y < 0 && emerged[z] && max(f, back) >= w.o.Survive && min(f, back) >= w.o.Split {
				kept[x*kb+z] = d.jaccard[x][z]
			}
		}
	}
	again := false
	for x, y := range assignment(kept, ka, kb) {
		if y >= 0 && kept[x*kb+y] > 0 {
			w.same[x], again = y, true
		}
	}
	if again {
		w.fates, w.warnings = nil, nil
		w.fate(ka, kb)
	}
}

func tableOf(rows, cols int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, cols)
	}
	return m
}

// fate names what became of each segment of a and pairs those that go on.
func (w *migrationPair) fate(ka, kb int) {
	taken := make([]bool, kb)
	for _, y := range w.same {
		if y >= 0 {
			taken[y] = true
		}
	}
	parts := make([][]int, ka)
	goesTo := make([]int, ka) // the y with F ≥ τ
	into := make([][]int, kb) // who goes there
	for x := range ka {
		goesTo[x] = w.same[x]
		for y := range kb {
			if taken[y] || w.same[x] >= 0 {
				continue
			}
			if w.f[x][y] >= w.o.Split && w.back[x][y] >= w.o.Survive {
				parts[x] = append(parts[x], y)
			}
			if w.f[x][y] >= w.o.Survive && (goesTo[x] < 0 || w.f[x][y] > w.f[x][goesTo[x]]) {
				goesTo[x] = y
			}
		}
	}
	split := func(x int) bool {
		sum := 0.0
		for _, y := range parts[x] {
			sum += w.f[x][y]
		}
		return len(parts[x]) > 1 && sum >= w.o.Survive
	}
	home := make([]int, ka) // the one segment that x goes on as or into
	for x := range ka {
		home[x] = goesTo[x]
		if len(parts[x]) == 1 {
			home[x] = parts[x][0]
		}
		if split(x) {
			home[x] = -1
		}
		if home[x] >= 0 {
			into[home[x]] = append(into[home[x]], x)
		}
	}
	allowed := make([]float64, ka*kb)
	reached := make([]bool, kb)
	for x := range ka {
		if split(x) {
			e := MigrationEvent{Kind: Splits, From: []int32{int32(x)}}
			for _, y := range parts[x] {
				e.To = append(e.To, int32(y))
				e.Overlap = append(e.Overlap, w.f[x][y])
				allowed[x*kb+y], reached[y] = w.jaccard[x][y], true
			}
			w.fates = append(w.fates, e)
			continue
		}
		y := home[x]
		switch {
		case y < 0:
			e := MigrationEvent{Kind: Disappears, From: []int32{int32(x)}, Overlap: []float64{-1}, Why: "its customers are scattered over other segments"}
			switch n, _ := w.a.of(int32(x)); {
			case n == 0:
				continue // a name without customers
			case w.rows[x] == 0:
				e.Why = "none of its customers is there any more"
			case w.o.Match == "customers" && w.rows[x] < w.o.Split*float64(n):
				e.Why = fmt.Sprintf("%.0f %% of its customers are not there any more", 100-100*w.rows[x]/float64(n))
			}
			w.fates = append(w.fates, e)
		case into[y][0] != x: // told with the first of those that merge
		default:
			e := MigrationEvent{Kind: Survives, To: []int32{int32(y)}}
			reached[y] = true
			for _, x := range into[y] {
				e.From = append(e.From, int32(x))
				e.Overlap = append(e.Overlap, w.f[x][y])
				allowed[x*kb+y] = w.jaccard[x][y]
			}
			// One that does not make up most of y joined something that is there without it.
			switch {
			case w.same[x] == y:
				allowed[x*kb+y] = 1
				e.Why = "by its definition: most of those who were in it are elsewhere now"
			case len(e.From) > 1 || w.back[x][y] < w.o.Survive && w.founded(y, x):
				e.Kind = Absorbed
			}
			w.fates = append(w.fates, e)
		}
	}
	w.partnerA, w.partnerB = make([]int, ka), make([]int, kb)
	for y := range kb {
		w.partnerB[y] = -1
	}
	for x, y := range assignment(allowed, ka, kb) {
		w.partnerA[x] = -1
		if y >= 0 && allowed[x*kb+y] > 0 {
			w.partnerA[x], w.partnerB[y] = y, x
		}
	}
	for y := range kb {
		n, _ := w.b.of(int32(y))
		if reached[y] || n == 0 {
			continue
		}
		e := MigrationEvent{Kind: Emerges, To: []int32{int32(y)}, Overlap: []float64{-1}, Why: "its customers came from several segments"}
		if w.cols[y] == 0 {
			e.Why = "all of its customers are new"
		}
		w.fates = append(w.fates, e)
	}
	for x, n := range w.rows {
		if n > 0 && n < float64(w.o.Few) {
			w.warnings = append(w.warnings, fmt.Sprintf("%s to %s: Segment %d had %g customers who are there at both dates: what is said to have become of it is uncertain",
				w.a.called(), w.b.called(), x+1, n))
		}
	}
}

// founded reports whether y has a larger source than x among segments that are part of
// another event: a split's part that x joins.
func (w *migrationPair) founded(y, x int) bool {
	for z := range w.f {
		if z != x && w.back[z][y] >= w.o.Survive {
			return true
		}
	}
	return false
}

// peopled leaves out of the fates the segments that nobody is in: a definition that is
// there without customers. What comes out of such a one emerges, what goes into it
// disappears, though the track goes on.
func (w *migrationPair) peopled() (out []MigrationEvent) {
	size := func(s *Snapshot, l int32) int { n, _ := s.of(l); return n }
	var empty []MigrationEvent
	for _, e := range w.fates {
		full := e
		full.From, full.To, full.Overlap = nil, nil, nil
		for i, x := range e.From {
			if size(w.a, x) > 0 {
				full.From = append(full.From, x)
				if len(e.From) > 1 {
					full.Overlap = append(full.Overlap, e.Overlap[i])
				}
			}
		}
		for i, y := range e.To {
			if size(w.b, y) > 0 {
				full.To = append(full.To, y)
				if len(e.From) <= 1 {
					full.Overlap = append(full.Overlap, e.Overlap[i])
				}
			}
		}
		switch {
		case e.Kind == Disappears || e.Kind == Emerges:
			full.Overlap = e.Overlap
			if len(full.From)+len(full.To) > 0 {
				out = append(out, full)
			}
		case len(full.From) == 0:
			for _, y := range full.To {
				empty = append(empty, MigrationEvent{Kind: Emerges, To: []int32{y}, Overlap: []float64{-1}, Why: "nobody was in it before"})
			}
		case len(full.To) == 0:
			for _, x := range full.From {
				out = append(out, MigrationEvent{Kind: Disappears, From: []int32{x}, Overlap: []float64{-1}, Why: "nobody is in it any more"})
			}
		default:
			if len(full.From) == 1 && len(full.To) == 1 && len(e.From)+len(e.To) > 2 {
				full.Kind = Survives
			}
			out = append(out, full)
		}
	}
	for _, e := range empty {
		if !slices.ContainsFunc(out, func(o MigrationEvent) bool { return slices.Contains(o.To, e.To[0]) }) {
			out = append(out, e)
		}
	}
	return out
}

// events fills the tracks into the fates.
func (w *migrationPair) events() {
	for _, e := range w.peopled() {
		e.FromTracks, e.ToTracks = []int{}, []int{}
		for _, x := range e.From {
			e.FromTracks = append(e.FromTracks, w.trackA[x])
		}
		for _, y := range e.To {
			e.ToTracks = append(e.ToTracks, w.trackB[y])
		}
		if e.From == nil {
			e.From = []int32{}
		}
		if e.To == nil {
			e.To = []int32{}
		}
		w.step.Events = append(w.step.Events, e)
	}
}
