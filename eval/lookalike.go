package eval

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// LookalikeMethod is a way of saying how much a customer is like those of a seed set.
type LookalikeMethod struct {
	Name, Doc string
	Refs      []datasets.Ref
	// prepare does once what does not depend on the seed set.
	prepare func(ctx context.Context, x *features.Matrix, o *LookalikeOptions) (lookalikeScorer, error)
}

// lookalikeScorer scores every row: higher is more alike. It is used by several
// goroutines at once.
type lookalikeScorer interface {
	score(ctx context.Context, seed []bool) ([]float64, error)
}

var lookalikeMethods []*LookalikeMethod

func registerLookalike(m *LookalikeMethod) *LookalikeMethod {
	lookalikeMethods = append(lookalikeMethods, m)
	return m
}

// LookalikeMethods lists the methods by name.
func LookalikeMethods() []*LookalikeMethod {
	out := slices.Clone(lookalikeMethods)
	slices.SortFunc(out, func(a, b *LookalikeMethod) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func lookalikeMethod(name string) (*LookalikeMethod, error) {
	var have []string
	for _, m := range LookalikeMethods() {
		if m.Name == name {
			return m, nil
		}
		have = append(have, m.Name)
	}
	return nil, fmt.Errorf("no look-alike method named %q: one of %s", name, strings.Join(have, ", "))
}

// LookalikeOptions say how look-alikes are found and tried.
type LookalikeOptions struct {
	Method  string  // "" = pu
	Hidden  float64 // share of the seed set that is hidden in each trial; 0 = .3
	Repeats int     // trials; 0 = 20
	Seed    uint64  // of which are hidden
	Workers int     // the result does not depend on it
	// Neighbours finds the k nearest other rows of each row of x (row-major, d columns,
	// nothing missing); the method neighbours needs it.
	Neighbours func(ctx context.Context, x []float64, d, k int) ([][]int32, error)
}

// LookalikeReaches are the shares of the candidates at which recall and lift are told.
var LookalikeReaches = []float64{.01, .05, .1, .2}

// fewSeeds is the size of a seed set below which its look-alikes are warned of: hiding
// three in ten leaves fewer than fifteen to be found again.
const fewSeeds = 50

// LookalikePoint is a point of the expansion curve: the most alike candidates, that share
// of them all.
type LookalikePoint struct {
	Reach     float64 `json:"reach"`
	Customers int     `json:"customers"`
	// Similarity of the least alike of them: see Lookalike.Similarity. It never rises with
	// the reach.
	Similarity float64 `json:"similarity"`
	// Recall is the share of the hidden seeds among them, Lift = Recall/Reach how many times
	// as many as among as many customers drawn at random; means over the trials. Lo and Hi
	// bound them with 95 % confidence (CorrectedResampledT).
	Recall   float64 `json:"recall"`
	RecallLo float64 `json:"recall_lo"`
	RecallHi float64 `json:"recall_hi"`
	Lift     float64 `json:"lift"`
	LiftLo   float64 `json:"lift_lo"`
	LiftHi   float64 `json:"lift_hi"`
	// Reason says why there are no bounds; "" = there are.
	Reason string `json:"reason,omitempty"`
}

// Lookalike is how much every customer is like those of a seed set, and how well that
// finds those of them whom it was not told of.
type Lookalike struct {
	Method     string
	Seeds      int // customers of the seed set
	Candidates int // all others
	Scores     []float64
	// Similarity is, by row, the share of the seed set's own customers who, unknown to the
	// method, ranked no higher among the candidates: 1 = nobody of theirs is more typical,
	// .5 = as typical as their middle one, 0 = below all of them. It never falls as Scores rise.
	Similarity []float64
	Trials     int
	Hidden     int              // seeds hidden in each trial
	At         []LookalikePoint // at LookalikeReaches
	Curve      []LookalikePoint // at 1, 2, …, 100 %, without bounds
	Warnings   []string

	recall [][]float64 // by trial, at LookalikeReaches
}

// FindLookalikes scores every row of x by how much it is like the rows of the seed set, and
// tries the method: in each of Repeats trials a share Hidden of the seed set is hidden among
// the others, the method learns from the rest, and where the hidden ones rank among the
// candidates (all customers but the seeds that are known) is what recall and lift say:
//
//	recall@r = hidden seeds among the most alike r of the candidates / hidden seeds
//	lift@r   = recall@r / r
//
// Candidates who score the same share their ranks: what a cut through them takes is what
// it takes on average. Recall counts as misses also those look-alikes who would be good
// customers and are not in the seed set, so lift is a lower bound where the seed set is a sample of
// its kind.
//
// x may have missing values. What made somebody a seed must not be among its columns, or
// the method finds the definition and not the look-alikes. Seed and Repeats decide who is
// hidden; Workers changes nothing. Cost: Repeats + 1 fits of the method.
func FindLookalikes(ctx context.Context, x *features.Matrix, seed []bool, o LookalikeOptions) (*Lookalike, error) {
	if o.Method == "" {
		o.Method = "pu"
	}
	if o.Hidden == 0 {
		o.Hidden = .3
	}
	if o.Repeats == 0 {
		o.Repeats = 20
	}
	m, err := lookalikeMethod(o.Method)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	l := &Lookalike{Method: m.Name}
	for _, s := range seed {
		if s {
			l.Seeds++
		}
	}
	l.Candidates = n - l.Seeds
	l.Hidden = int(math.Round(o.Hidden * float64(l.Seeds)))
	switch {
	case len(seed) != n:
		return nil, fmt.Errorf("look-alikes: %d marks for %d rows", len(seed), n)
	case d == 0:
		return nil, fmt.Errorf("look-alikes: no feature to tell customers by")
	case l.Seeds == 0:
		return nil, fmt.Errorf("look-alikes: the seed set is empty: there is nobody to be like")
	case l.Candidates == 0:
		return nil, fmt.Errorf("look-alikes: all %d customers are in the seed set: there is nobody to find", n)
	case !(o.Hidden > 0 && o.Hidden < 1) || o.Repeats < 2:
		return nil, fmt.Errorf("look-alikes: hide a share above 0 and below 1 (here %g) in two trials or more (here %d)", o.Hidden, o.Repeats)
	case l.Seeds < 10 || l.Hidden < 1 || l.Hidden == l.Seeds:
		return nil, fmt.Errorf("look-alikes: %d customers are too few to learn from and to try it on: ten is the least, and a thousand is better", l.Seeds)
	}
	if l.Seeds < fewSeeds {
		l.Warnings = append(l.Warnings, fmt.Sprintf("the seed set has %d customers: below %d what is alike about them is hard to tell from chance", l.Seeds, fewSeeds))
	}
	if s := float64(l.Seeds) / float64(n); s > .5 {
		l.Warnings = append(l.Warnings, fmt.Sprintf("the seed set is %.0f %% of the customers: there is little to expand to", 100*s))
	}
	scorer, err := m.prepare(ctx, x, &o)
	if err != nil {
		return nil, fmt.Errorf("look-alikes by %s: %w", m.Name, err)
	}
	if l.Scores, err = scorer.score(ctx, seed); err != nil {
		return nil, fmt.Errorf("look-alikes by %s: %w", m.Name, err)
	}
	return l, l.try(ctx, scorer, seed, &o)
}

// LookalikeDifference compares two methods by the same hidden seeds: the mean of a's recall
// less b's at a reach, with bounds (CorrectedResampledT), as lift.
func LookalikeDifference(a, b *Lookalike, reach float64) (CorrectedT, error) {
	k := slices.Index(LookalikeReaches, reach)
	if k < 0 {
		return CorrectedT{}, fmt.Errorf("look-alikes: no reach of %g: one of %v", reach, LookalikeReaches)
	}
	if a.Trials != b.Trials || a.Seeds != b.Seeds || a.Hidden != b.Hidden || a.Candidates != b.Candidates {
		return CorrectedT{}, fmt.Errorf("look-alikes: two trials that are not of the same customers cannot be compared")
	}
	d := make([]float64, a.Trials)
	for r := range d {
		d[r] = (a.recall[r][k] - b.recall[r][k]) / reach
	}
	return CorrectedResampledT(d, a.Seeds-a.Hidden, a.Hidden, .05)
}

func lookalikeWorkers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}
