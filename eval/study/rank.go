package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/eval"
)

// CoverageGap: runs whose coverage (share of customers in a segment) differs by more
// are not ranked against each other. Leaving out the hard customers flatters every
// internal index.
const CoverageGap = 0.05

// LopsidedShare: a run whose largest segment holds more than this share of the
// clustered customers has separated a few outliers, whatever its index says.
const LopsidedShare = 0.95

// Entry is a line of a leaderboard: the runs that differ by their seed only.
type Entry struct {
	Name string
	// Run is the run that stands for them: the one with the median value (the lower
	// of two), since showing the best seed would flatter the unstable.
	Run  *RunState
	Runs []*RunState
	// Value is the mean over seeds. Lo and Hi are their range, or the metric's own
	// interval where there is one seed and the metric gives one; else equal to Value.
	Value, Lo, Hi float64
	Interval      bool // Lo and Hi say something
	// Tie: cannot be told from the best of its group ("~"): it is in the model confidence
	// set where the study made one, else its interval overlaps that of the best. Always
	// false for the best itself.
	Tie      bool
	Rank     int     // 1, 2, ... within the group; equal values share a rank
	Coverage float64 // the least over seeds
	K        [2]int  // fewest and most segments over seeds
	Largest  float64 // share of the largest segment (or of the unassigned), the most over seeds
	Lopsided bool    // Largest > LopsidedShare
	Sampled  int     // rows the metric looked at, where not all
	Baseline bool    // not meant to find segments
	// Front says whether another entry of the group beats it in index, time and memory at
	// once; By is that entry's place in the group.
	Front eval.ParetoPlace
	// Cost is what its run would take without the others, seconds and bytes.
	Cost Cost
}

// Abstention is a run that cannot be ranked, and why.
type Abstention struct {
	Name   string
	Run    *RunState
	Reason string
}

// Group is a set of entries whose coverages differ by at most CoverageGap.
type Group struct {
	MinCoverage, MaxCoverage float64
	Entries                  []Entry
}

// Board is a leaderboard: one feature set under one scale, one metric.
type Board struct {
	Set, Scale string
	Metric     string
	Better     int // +1 larger, −1 smaller
	// Groups come by coverage, fullest first; within a group the best comes first.
	Groups     []Group
	Abstained  []Abstention // undefined, failed
	Unfinished int
}

// Best returns the first entry of the group with the fullest coverage, or nil.
func (b *Board) Best() *Entry {
	if len(b.Groups) == 0 {
		return nil
	}
	return &b.Groups[0].Entries[0]
}

// Leaderboards ranks the study's runs by a metric, once for every feature set and
// scale: an internal index compares partitions of one matrix and says nothing
// across two. It fails for a metric that is not known or has no better direction.
func Leaderboards(s *State, metric string) ([]Board, error) {
	var out []Board
	for _, b := range s.Study.Sets {
		r, err := Rank(s, b.Name, b.Scale, metric)
		if err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, nil
}

// direction says whether larger values of a metric are better.
func direction(metric string) (int, error) {
	m, err := eval.Lookup(metric)
	if err != nil {
		return 0, err
	}
	if m.Range.Better == 0 {
		return 0, fmt.Errorf("%s has no better or worse to rank by", metric)
	}
	return m.Range.Better, nil
}

// Rank makes the leaderboard of one feature set under one scale.
func Rank(s *State, set, scale, metric string) (*Board, error) {
	better, err := direction(metric)
	if err != nil {
		return nil, err
	}
	b := &Board{Set: set, Scale: scale, Metric: metric, Better: better}
	all := starts(s)
	for i := range all { // inside a board, names without set and scale
		all[i].Set, all[i].Scale = "", ""
	}
	seeded := newNamer(all)
	plain := newNamer(all)
	plain.repeat = false

	var done []*RunState
	var entries []*Entry
	byCell := map[string]*Entry{}
	values := map[*Entry][]float64{}
	for _, r := range s.Runs {
		if r.Start.Set != set || r.Start.Scale != scale {
			continue
		}
		e := r.Start
		e.Set, e.Scale = "", ""
		if r.Status == "running" {
			b.Unfinished++
			continue
		}
		if r.Status == "failed" {
			b.Abstained = append(b.Abstained, Abstention{seeded.name(e), r, "failed: " + r.Done.Reason})
			continue
		}
		done = append(done, r)
		v, ok, reason := r.Value(metric)
		if !ok {
			b.Abstained = append(b.Abstained, Abstention{seeded.name(e), r, reason})
			continue
		}
		cell := r.Start.Algorithm + string(r.Start.Params)
		x := byCell[cell]
		if x == nil {
			x = &Entry{Name: plain.name(e), Coverage: 1, K: [2]int{math.MaxInt, 0}, Baseline: baseline(r.Start.Algorithm)}
			byCell[cell] = x
			entries = append(entries, x)
		}
		x.Runs = append(x.Runs, r)
		x.Coverage = min(x.Coverage, r.Coverage())
		x.K[0], x.K[1] = min(x.K[0], r.Done.NClusters), max(x.K[1], r.Done.NClusters)
		x.Largest = max(x.Largest, largest(r))
		x.Sampled = max(x.Sampled, r.Scores[metric].Sampled)
		values[x] = append(values[x], v)
	}
	for _, x := range entries {
		x.settle(values[x], metric)
	}
	costs := alone(done)
	for _, x := range entries {
		x.Cost = costs[x.Run]
	}
	b.group(entries, s.ties(set, scale, metric))
	for i := range b.Groups {
		b.Groups[i].front(metric, better)
	}
	return b, nil
}

// largest is the share of the clustered customers in the largest segment, the
// unassigned counted as one.
func largest(r *RunState) float64 {
	m := r.Done.NNoise
	for _, n := range r.Done.Sizes {
		m = max(m, n)
	}
	if r.Done.N == 0 {
		return 0
	}
	return float64(m) / float64(r.Done.N)
}

// settle folds the seeds of an entry.
func (e *Entry) settle(vs []float64, metric string) {
	e.Lopsided = e.Largest > LopsidedShare
	e.Value, e.Lo, e.Hi = mean(vs), slices.Min(vs), slices.Max(vs)
	e.Interval = len(vs) > 1
	if !e.Interval {
		e.Value = vs[0]
		if sc := e.Runs[0].Scores[metric]; sc.Lo != nil && sc.Hi != nil {
			e.Lo, e.Hi, e.Interval = *sc.Lo, *sc.Hi, true
		}
	}
	at := make([]int, len(vs))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(vs[a], vs[b]) })
	e.Run = e.Runs[at[(len(at)-1)/2]]
}

// group splits entries by coverage, from the fullest down, and ranks each group; ties
// are the runs in the model confidence sets, nil = nobody made any.
func (b *Board) group(entries []*Entry, ties []string) {
	slices.SortStableFunc(entries, func(x, y *Entry) int { return cmp.Compare(y.Coverage, x.Coverage) })
	for len(entries) > 0 {
		// 1e-12: 5 points are 5 points, whatever the last bit of 1 − noise/n.
		n := 0
		for n < len(entries) && entries[0].Coverage-entries[n].Coverage <= CoverageGap+1e-12 {
			n++
		}
		g := Group{MaxCoverage: entries[0].Coverage, MinCoverage: entries[n-1].Coverage}
		part := slices.Clone(entries[:n])
		slices.SortStableFunc(part, func(x, y *Entry) int {
			if c := cmp.Compare(y.Value, x.Value) * b.Better; c != 0 {
				return c
			}
			return cmp.Compare(x.Run.Start.Cell, y.Run.Start.Cell)
		})
		for i, e := range part {
			e.Rank = i + 1
			if i > 0 {
				if e.Value == part[i-1].Value {
					e.Rank = part[i-1].Rank
				}
				if e.Tie = e.Lo <= part[0].Hi && part[0].Lo <= e.Hi; ties != nil {
					e.Tie = slices.Contains(ties, e.Run.ID)
				}
			}
		}
		for _, e := range part {
			g.Entries = append(g.Entries, *e)
		}
		b.Groups = append(b.Groups, g)
		entries = entries[n:]
	}
}
