package eval

import (
	"cmp"
	"slices"

	"github.com/mores-lab/mores/cluster"
)

// SegmentChange says what made a segment grow or shrink. With n(d, m) the number of
// customers known at date d, as they were then, whom the model of date m puts into the
// segment (or into what it was before), the change is n(2, 2) − n(1, 1). Time is either let
// pass first and the model changed after, or the other way round; the figures are the mean
// of both orders, as Shapley's value has it:
//
//	re-labelled = ½ [n(1,2) − n(1,1) + n(2,2) − n(2,1)]
//	time        = ½ [n(2,1) − n(1,1) + n(2,2) − n(1,2)]
//	            = new − left + moved in − moved out,
//
// time being split by customer, under each model: those whom only the second date knows
// are new, those whom only the first one knows have left, the others moved. So
//
//	New − Left + MovedIn − MovedOut + RelabelledIn − RelabelledOut = Change
//
// exactly; figures are multiples of ½. Where models are not known New and Left are counts
// by each date's own labels, MovedIn and MovedOut hold re-labelling too, and the re-labelled
// are nil.
//
// Source of the mean over orders: Shapley 1953, A Value for n-Person Games, doi
// 10.1515/9781400881970-018.
type SegmentChange struct {
	Track int    `json:"track"` // −1 = the unassigned
	Name  string `json:"name"`
	// From and To are its labels; −1 where it is not there.
	From          int32    `json:"from"`
	To            int32    `json:"to"`
	Before        int      `json:"before"` // customers
	After         int      `json:"after"`
	Change        int      `json:"change"`
	New           float64  `json:"new"`
	Left          float64  `json:"left"`
	MovedIn       float64  `json:"moved_in"`
	MovedOut      float64  `json:"moved_out"`
	RelabelledIn  *float64 `json:"relabelled_in"`
	RelabelledOut *float64 `json:"relabelled_out"`
	ValueBefore   *float64 `json:"value_before"`
	ValueAfter    *float64 `json:"value_after"`
	// Inside says how the segment itself changed; nil where it is not there at both dates
	// or behaviour is not known.
	Inside *InsideChange `json:"inside,omitempty"`
}

// Migrated is what moving adds, in less out.
func (c *SegmentChange) Migrated() float64 { return c.MovedIn - c.MovedOut }

// Relabelled is what the change of the model adds, in less out; ok is false where it cannot
// be told from migration.
func (c *SegmentChange) Relabelled() (n float64, ok bool) {
	if c.RelabelledIn == nil {
		return 0, false
	}
	return *c.RelabelledIn - *c.RelabelledOut, true
}

// MigrationFlow is a way between two tracks, −1 = unassigned.
type MigrationFlow struct {
	From int `json:"from"`
	To   int `json:"to"`
	// Moved behave otherwise than they did, Relabelled are in another segment because the
	// model changed: means over both orders. Where models are not known all are Moved.
	Moved      float64 `json:"moved"`
	Relabelled float64 `json:"relabelled"`
	// Seen counts the customers who were in one and are in the other.
	Seen int `json:"seen"`
	// Changed are the behaviours in which those changed most, beyond what changed for those
	// who stayed; nil where behaviour is not known.
	Changed []BehaviourChange `json:"changed,omitempty"`
}

// nodes numbers the segments of both dates: a pair that goes on is one.
func (w *migrationPair) nodes() {
	w.nodeA, w.nodeB = make([]int, len(w.trackA)), make([]int, len(w.trackB))
	for x, t := range w.trackA {
		w.nodeA[x] = len(w.node)
		w.node = append(w.node, t)
	}
	for y, t := range w.trackB {
		if x := w.partnerB[y]; x >= 0 {
			w.nodeB[y] = w.nodeA[x]
			continue
		}
		w.nodeB[y] = len(w.node)
		w.node = append(w.node, t)
	}
	w.node = append(w.node, -1)
}

// nodeOf is where a label of that date's model stands.
func (w *migrationPair) nodeOf(nodes []int, label int32) int {
	if label < 0 || int(label) >= len(nodes) {
		return len(w.node) - 1
	}
	return nodes[label]
}

// causes splits each segment's change.
func (w *migrationPair) causes() {
	k := len(w.node)
	out := make([]SegmentChange, k)
	known := w.ab != nil
	moved, relabelled := tableOf(k, k), tableOf(k, k)
	seen := make([][]int, k)
	for i := range seen {
		seen[i] = make([]int, k)
	}
	// Labels of each date's customers under each model, as nodes.
	aa, bb := w.asNodes(w.nodeA, w.a.Labels), w.asNodes(w.nodeB, w.b.Labels)
	ab, ba := w.asNodes(w.nodeA, w.ab), w.asNodes(w.nodeB, w.ba)
	inBoth := make([]bool, len(w.b.IDs))
	stays := make([]bool, len(w.a.IDs))
	for _, p := range w.both {
		i, j := p[0], p[1]
		stays[i], inBoth[j] = true, true
		seen[aa[i]][bb[j]]++
		if !known {
			moved[aa[i]][bb[j]]++
			continue
		}
		moved[aa[i]][ab[j]] += 0.5
		moved[ba[i]][bb[j]] += 0.5
	}
	for i, g := range aa {
		out[g].Before++
		if known {
			relabelled[g][ba[i]] += 0.5
		}
		switch {
		case stays[i]:
		case known:
			out[g].Left += 0.5
			out[ba[i]].Left += 0.5
		default:
			out[g].Left++
		}
	}
	for j, g := range bb {
		out[g].After++
		if known {
			relabelled[ab[j]][g] += 0.5
		}
		switch {
		case inBoth[j]:
		case known:
			out[g].New += 0.5
			out[ab[j]].New += 0.5
		default:
			out[g].New++
		}
	}
	for g := range out {
		c := &out[g]
		c.Track, c.From, c.To, c.Change = w.node[g], cluster.Noise, cluster.Noise, c.After-c.Before
		if known {
			c.RelabelledIn, c.RelabelledOut = new(float64), new(float64)
		}
		for h := range out {
			if h == g {
				continue
			}
			c.MovedIn += moved[h][g]
			c.MovedOut += moved[g][h]
			if known {
				*c.RelabelledIn += relabelled[h][g]
				*c.RelabelledOut += relabelled[g][h]
			}
			if moved[g][h]+relabelled[g][h] > 0 {
				w.step.Flows = append(w.step.Flows, MigrationFlow{From: w.node[g], To: w.node[h], Moved: moved[g][h], Relabelled: relabelled[g][h], Seen: seen[g][h]})
			}
		}
	}
	for x, g := range w.nodeA {
		out[g].From = int32(x)
		_, out[g].ValueBefore = w.a.of(int32(x))
	}
	for y, g := range w.nodeB {
		out[g].To = int32(y)
		_, out[g].ValueAfter = w.b.of(int32(y))
	}
	last := &out[k-1]
	_, last.ValueBefore = w.a.of(cluster.Noise)
	_, last.ValueAfter = w.b.of(cluster.Noise)
	if last.Before+last.After == 0 && last.New+last.Left+last.MovedIn+last.MovedOut == 0 {
		out = out[:k-1]
	}
	w.step.Segments = out
	slices.SortStableFunc(w.step.Flows, func(x, y MigrationFlow) int {
		return cmp.Compare(y.Moved+y.Relabelled, x.Moved+x.Relabelled)
	})
}

func (w *migrationPair) asNodes(nodes []int, labels []int32) []int {
	out := make([]int, len(labels))
	for i, l := range labels {
		out[i] = w.nodeOf(nodes, l)
	}
	return out
}

// movers lists who is not where it was.
func (w *migrationPair) movers() {
	aa, bb := w.asNodes(w.nodeA, w.a.Labels), w.asNodes(w.nodeB, w.b.Labels)
	ab, ba := w.asNodes(w.nodeA, w.ab), w.asNodes(w.nodeB, w.ba)
	next := 0
	for i, id := range w.a.IDs {
		m := Mover{ID: id, From: max(w.a.Labels[i], cluster.Noise), FromTrack: w.node[aa[i]], To: Absent, ToTrack: -1, Why: "left"}
		if next < len(w.both) && w.both[next][0] == i {
			j := w.both[next][1]
			next++
			if aa[i] == bb[j] {
				continue
			}
			m.To, m.ToTrack, m.Why = max(w.b.Labels[j], cluster.Noise), w.node[bb[j]], "unknown"
			if w.ab != nil {
				switch old, new := aa[i] != ab[j], ba[i] != bb[j]; {
				case old && new:
					m.Why = "moved"
				case old || new:
					m.Why = "both"
				default:
					m.Why = "relabelled"
				}
			}
		}
		w.step.Movers = append(w.step.Movers, m)
	}
	for j, id := range w.b.IDs {
		if _, ok := w.atA[id]; !ok {
			w.step.Movers = append(w.step.Movers, Mover{ID: id, From: Absent, FromTrack: -1, To: max(w.b.Labels[j], cluster.Noise), ToTrack: w.node[bb[j]], Why: "new"})
		}
	}
}
