package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// Snapshot is a segmentation of the customers who were known at a date.
type Snapshot struct {
	Name   string   // of the study, the file or the date: for people
	Date   string   // when, for people; "" = not known
	IDs    []string // a customer a row
	Labels []int32  // 0..K−1; negative = unassigned
	Names  []string // of the segments; nil = Segment 1..K
	Value  []float64
	// Raw holds the rows' behaviour in its own units; nil = not known, and then nothing
	// is said of compactness, location and behaviour.
	Raw *features.Matrix
}

// Relabel returns the labels that the model of one snapshot gives to the customers of
// another, in the order of that snapshot's ids, by what was known of them at its date;
// negative = none. An error says why that cannot be had.
type Relabel func(ctx context.Context, model, data int) ([]int32, error)

// MigrationOptions say when a segment counts as going on. The zero value is no good:
// NewMigrationOptions has the defaults.
type MigrationOptions struct {
	// Match says by whom segments of two dates are matched: customers = by those whom
	// both dates know and the segments they were in, and by definition where that finds
	// nothing; definition = by what the two models make of the same customers, as they were
	// at either date. The first is MONIC's; the second keeps a segment's identity where
	// most of its customers move on, and needs a Relabel.
	Match string
	// Survive is the share of a segment's customers that must be together later for the
	// segment to go on: MONIC's τ.
	Survive float64
	// Split is the share from which a part of a segment counts as a part: MONIC's τ_split.
	Split float64
	// Few is the number of customers below which a segment's fate is called uncertain.
	Few int
	// Top is how many behaviours are told of a group of movers.
	Top int
}

// NewMigrationOptions returns the defaults: matched by customers, half of them must stay
// together, a fifth is a part.
func NewMigrationOptions() MigrationOptions {
	return MigrationOptions{Match: "customers", Survive: 0.5, Split: 0.2, Few: 10, Top: 5}
}

// Migration is the history of a segmentation.
type Migration struct {
	Snapshots []MigrationDate `json:"snapshots"`
	// Tracks are segments followed through time: those of the first date in the order of
	// their labels, then those that came up, in the order in which they did.
	Tracks []MigrationTrack `json:"tracks"`
	Steps  []MigrationStep  `json:"steps"` // one for each two snapshots that follow each other
	// Warnings say what to keep in mind.
	Warnings []string `json:"warnings"`
}

// MigrationDate is a snapshot in figures.
type MigrationDate struct {
	Name       string   `json:"name"`
	Date       string   `json:"date,omitempty"`
	Customers  int      `json:"customers"`
	Unassigned int      `json:"unassigned"`
	Segments   int      `json:"segments"`
	Value      *float64 `json:"value"` // of all customers; nil = not known
}

// MigrationTrack is a segment through time.
type MigrationTrack struct {
	Name string `json:"name"` // Segment 2, or Segment 2 "Gifters": the name it had last
	// At is its label at each snapshot; −1 = it is not there.
	At     []int32    `json:"at"`
	Sizes  []int      `json:"sizes"`
	Shares []float64  `json:"shares"` // of the snapshot's customers
	Values []*float64 `json:"values"` // nil = not there, or not known
}

// MigrationStep is what happened between two snapshots.
type MigrationStep struct {
	From   int              `json:"from"` // a snapshot's place
	To     int              `json:"to"`
	Common int              `json:"common"` // customers whom both know
	Events []MigrationEvent `json:"events"`
	// Segments are the tracks that are there at either date, and what made them grow or
	// shrink; the unassigned are last, with track −1, where there are any.
	Segments []SegmentChange `json:"segments"`
	// NotSeparable says why migration cannot be told from re-labelling; "" = it is.
	NotSeparable string `json:"not_separable,omitempty"`
	// Flows are the ways between segments, the largest first.
	Flows []MigrationFlow `json:"flows"`
	Table TransitionTable `json:"table"`
	// Independence asks whether where customers are has to do with where they were;
	// Symmetry whether as many went each way as came back: no net change.
	Independence TransitionTest `json:"independence"`
	Symmetry     TransitionTest `json:"symmetry"`
	// Entered are the behaviours in which new customers differ most from those whom both
	// dates know, at the later date; Gone those in which who left differed from who stayed,
	// at the earlier one: D is the standardised mean difference of Cell, of .2 or more and
	// with an interval that leaves out 0. Nil where behaviour is not known.
	Entered []BehaviourChange `json:"entered,omitempty"`
	Gone    []BehaviourChange `json:"gone,omitempty"`
	// Shifts say how far each feature moved over all customers of the two dates; nil
	// where that is not known.
	Shifts []MigrationShift `json:"shifts,omitempty"`
	// Movers are the customers who are elsewhere, new or gone, in the order of the first
	// snapshot and then of the second.
	Movers []Mover `json:"-"`
}

// MigrationShift is a feature's drift between two dates.
type MigrationShift struct {
	Name   string  `json:"name"`
	PSI    float64 `json:"psi"`
	Band   string  `json:"band"` // little (PSI < .1), some (< .25), much
	Before float64 `json:"before"`
	After  float64 `json:"after"` // medians
}

// Mover is a customer who is not where it was.
type Mover struct {
	ID string
	// From and To are labels at the two dates, −1 = unassigned; the track of each is −1
	// for unassigned. From is Absent for who is new, To for who left.
	From, To           int32
	FromTrack, ToTrack int
	// Why is new, left, moved (behaves otherwise: both models say so), relabelled (behaves
	// the same, the model changed), both (one of the models says so), or unknown where
	// models are not known.
	Why string
}

// Absent stands for a label of a customer whom a snapshot does not know.
const Absent int32 = -2

// NewMigration follows the segments of two or more snapshots, in the order of time.
//
// For each two that follow each other, segments are matched and each one's fate is named
// (see MigrationEvent), and the change of each segment's size is split exactly into its
// causes (see SegmentChange), with the transition matrix, its tests, drift per feature and
// the behaviour of those who moved. relabel may be nil: migration is then not told from
// re-labelling, and the report says so.
//
// Nothing is random; workers do not matter. Cost: O(n·d) a step, d features, O(n·ln n) for
// drift, and what relabel takes: it is called twice a step.
//
// Sources: Spiliopoulou, Ntoutsi, Theodoridis & Schult 2006, MONIC, KDD, doi
// 10.1145/1150402.1150491; matching by Kuhn 1955, doi 10.1002/nav.3800020109.
func NewMigration(ctx context.Context, snaps []Snapshot, relabel Relabel, o MigrationOptions) (*Migration, error) {
	if err := o.check(relabel != nil); err != nil {
		return nil, err
	}
	if len(snaps) < 2 {
		return nil, fmt.Errorf("migration: %d snapshot: it takes two dates", len(snaps))
	}
	m := &Migration{Warnings: []string{}}
	at := make([]map[string]int, len(snaps))
	for i := range snaps {
		s := &snaps[i]
		var err error
		if at[i], err = s.index(); err != nil {
			return nil, err
		}
		m.Snapshots = append(m.Snapshots, s.figures())
	}
	b := &migration{snaps: snaps, at: at, o: o, out: m}
	b.begin()
	for i := range len(snaps) - 1 {
		if err := b.step(ctx, i, relabel); err != nil {
			return nil, err
		}
	}
	b.prune()
	b.finish()
	return m, nil
}

func (o MigrationOptions) check(models bool) error {
	switch {
	case o.Match != "customers" && o.Match != "definition":
		return fmt.Errorf("migration: match = %q: customers or definition", o.Match)
	case o.Match == "definition" && !models:
		return fmt.Errorf("migration: to match segments by their definition takes the models of both dates; match them by customers")
	case !(o.Survive >= 0.5 && o.Survive <= 1): // below a half two segments could each go on as the same one
		return fmt.Errorf("migration: survive = %g: from 0.5 to 1", o.Survive)
	case !(o.Split > 0 && o.Split <= 0.5):
		return fmt.Errorf("migration: split = %g: above 0 and at most 0.5", o.Split)
	}
	return nil
}

// index maps ids to rows and checks that the arrays fit together.
func (s *Snapshot) index() (map[string]int, error) {
	n := len(s.IDs)
	if len(s.Labels) != n || s.Value != nil && len(s.Value) != n {
		panic("eval: a snapshot's ids, labels and values differ in number")
	}
	if s.Raw != nil {
		if rows, _ := s.Raw.Dims(); rows != n {
			panic("eval: a snapshot's ids and behaviour differ in number")
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("migration: %s has no customers", s.called())
	}
	at := make(map[string]int, n)
	for i, id := range s.IDs {
		if before, twice := at[id]; twice {
			return nil, fmt.Errorf("migration: rows %d and %d of %s have the same id %q: one row a customer", before+1, i+1, s.called(), id)
		}
		at[id] = i
	}
	return at, nil
}

// called is what the snapshot is called in a sentence.
func (s *Snapshot) called() string {
	if s.Date != "" {
		return s.Date
	}
	return s.Name
}

func (s *Snapshot) figures() MigrationDate {
	d := MigrationDate{Name: s.Name, Date: s.Date, Customers: len(s.IDs), Segments: s.k()}
	for _, l := range s.Labels {
		if l < 0 {
			d.Unassigned++
		}
	}
	if s.Value != nil {
		d.Value = new(float64)
		for _, v := range s.Value {
			if !math.IsNaN(v) {
				*d.Value += v
			}
		}
	}
	return d
}

// k is the number of labels; some may have no customer.
func (s *Snapshot) k() int {
	k := len(s.Names)
	for _, l := range s.Labels {
		k = max(k, int(l)+1)
	}
	return k
}

// of counts a segment and adds up its value; nil = not known.
func (s *Snapshot) of(label int32) (n int, value *float64) {
	if s.Value != nil {
		value = new(float64)
	}
	for i, l := range s.Labels {
		if l == label || l < 0 && label < 0 {
			n++
			if value != nil && !math.IsNaN(s.Value[i]) {
				*value += s.Value[i]
			}
		}
	}
	return n, value
}

// migration is one call of NewMigration.
type migration struct {
	snaps []Snapshot
	at    []map[string]int // row by id
	o     MigrationOptions
	out   *Migration
	// track is each label's track at the latest snapshot that was looked at.
	track []int
}

// begin opens a track for each segment of the first snapshot.
func (b *migration) begin() {
	for l := range b.snaps[0].k() {
		b.track = append(b.track, b.open(0, int32(l)))
	}
}

// open begins a track at a snapshot.
func (b *migration) open(at int, label int32) int {
	t := MigrationTrack{At: make([]int32, len(b.snaps))}
	for i := range t.At {
		t.At[i] = cluster.Noise
	}
	t.At[at] = label
	b.out.Tracks = append(b.out.Tracks, t)
	return len(b.out.Tracks) - 1
}

// prune leaves out the tracks of definitions that nobody is ever in, at either date or by
// another date's model, and numbers the others anew.
func (b *migration) prune() {
	kept := make([]bool, len(b.out.Tracks))
	for k, t := range b.out.Tracks {
		for i, l := range t.At {
			if l >= 0 && !kept[k] {
				n, _ := b.snaps[i].of(l)
				kept[k] = n > 0
			}
		}
	}
	for _, s := range b.out.Steps {
		for _, f := range s.Flows {
			for _, t := range []int{f.From, f.To} {
				if t >= 0 {
					kept[t] = true
				}
			}
		}
	}
	to := make([]int, len(kept))
	var tracks []MigrationTrack
	for k, t := range b.out.Tracks {
		to[k] = len(tracks)
		if kept[k] {
			tracks = append(tracks, t)
		}
	}
	b.out.Tracks = tracks
	move := func(t *int) {
		if *t >= 0 {
			*t = to[*t]
		}
	}
	for i := range b.out.Steps {
		s := &b.out.Steps[i]
		s.Segments = slices.DeleteFunc(s.Segments, func(c SegmentChange) bool { return c.Track >= 0 && !kept[c.Track] })
		for j := range s.Segments {
			move(&s.Segments[j].Track)
		}
		for j := range s.Flows {
			move(&s.Flows[j].From)
			move(&s.Flows[j].To)
		}
		for j := range s.Movers {
			move(&s.Movers[j].FromTrack)
			move(&s.Movers[j].ToTrack)
		}
		for _, e := range s.Events {
			for j := range e.FromTracks {
				move(&e.FromTracks[j])
			}
			for j := range e.ToTracks {
				move(&e.ToTracks[j])
			}
		}
		s.Table.prune(kept)
		for j := range s.Table.RowTracks {
			move(&s.Table.RowTracks[j])
		}
		for j := range s.Table.ColTracks {
			move(&s.Table.ColTracks[j])
		}
	}
}

// finish gives tracks their names, sizes and values, and the steps' segments the names.
func (b *migration) finish() {
	for k := range b.out.Tracks {
		t := &b.out.Tracks[k]
		t.Name = fmt.Sprintf("Segment %d", k+1)
		name := ""
		for i, l := range t.At {
			s := &b.snaps[i]
			var n int
			var value *float64
			if l >= 0 {
				n, value = s.of(l)
				if int(l) < len(s.Names) && s.Names[l] != fmt.Sprintf("Segment %d", l+1) {
					name = s.Names[l]
				}
			}
			t.Sizes = append(t.Sizes, n)
			t.Shares = append(t.Shares, float64(n)/float64(len(s.IDs)))
			t.Values = append(t.Values, value)
		}
		if name != "" {
			t.Name += fmt.Sprintf(" \"%s\"", name)
		}
	}
	for i := range b.out.Steps {
		s := &b.out.Steps[i]
		for j := range s.Segments {
			s.Segments[j].Name = b.out.name(s.Segments[j].Track)
		}
		for _, t := range s.Table.RowTracks {
			s.Table.Rows = append(s.Table.Rows, b.out.name(t))
		}
		for _, t := range s.Table.ColTracks {
			s.Table.Cols = append(s.Table.Cols, b.out.name(t))
		}
		s.Table.Rows[len(s.Table.Rows)-1], s.Table.Cols[len(s.Table.Cols)-1] = "new", "left"
	}
}

// name is a track's; −1 is unassigned.
func (m *Migration) name(track int) string {
	if track < 0 {
		return "unassigned"
	}
	return m.Tracks[track].Name
}

// step follows the segments from snapshot i to the next.
func (b *migration) step(ctx context.Context, i int, relabel Relabel) error {
	w := &migrationPair{
		a: &b.snaps[i], b: &b.snaps[i+1], atA: b.at[i], atB: b.at[i+1], o: b.o,
		step: MigrationStep{From: i, To: i + 1},
	}
	w.common()
	if err := w.relabelled(ctx, relabel, i); err != nil {
		return err
	}
	w.match()
	// Tracks: a segment of b goes on the track of that which it continues.
	next := make([]int, w.b.k())
	for l := range next {
		next[l] = -1
		if from := w.partnerB[l]; from >= 0 {
			next[l] = b.track[from]
			b.out.Tracks[next[l]].At[i+1] = int32(l)
		}
	}
	for l := range next {
		if next[l] < 0 {
			next[l] = b.open(i+1, int32(l))
		}
	}
	w.trackA, w.trackB = b.track, next
	w.nodes()
	w.events()
	w.causes()
	w.transitions()
	w.movers()
	if err := w.behaviour(ctx); err != nil {
		return err
	}
	b.track = next
	b.out.Steps = append(b.out.Steps, w.step)
	b.out.Warnings = append(b.out.Warnings, w.warnings...)
	return ctx.Err()
}
