package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Ref is a literature reference.
type Ref = datasets.Ref

// Metric is an entry of the list of metrics.
type Metric struct {
	Name    string // scikit-learn's name without _score: silhouette, adjusted_rand
	Aliases []string
	Doc     string // first line is the title, the rest definition and noise policy
	Refs    []Ref
	Version int
	Range   Range
	Needs   Needs
	Props   Props
	New     func() Measure
}

// Measure is a metric's options struct, filled with its defaults by New.
type Measure interface {
	// Score rates in.C. It never fails: what cannot be said is a Score with a
	// Reason. A cancelled context is an error.
	Score(ctx context.Context, in *Input) (Score, error)
}

// Range says what values a metric can take and which direction is better.
type Range struct {
	Lo, Hi float64 // ±Inf where open
	Better int     // +1 larger, −1 smaller, 0 neither
}

// Needs is the set of things a metric looks at.
type Needs uint8

// What a metric may need.
const (
	NeedX       Needs = 1 << iota // the matrix that was clustered
	NeedTruth                     // a reference labelling
	NeedHoldout                   // behaviour after the window
	NeedRefit                     // clustering again
)

// Props are properties that a metric claims; Check holds it to them.
type Props uint8

// The properties. Every metric, besides, is unchanged when labels are renamed and
// when rows change places.
const (
	PropSymmetric Props = 1 << iota // reference and labelling can change places
	PropIdentity                    // a labelling scores Range.Hi against itself
	PropChance                      // random labellings score 0 on average
	PropShift                       // unchanged when every row moves by the same vector
	PropScale                       // unchanged when every column is multiplied by the same number
)

// NoisePolicy says what happens to rows labelled noise.
type NoisePolicy string

// The policies. Singletons makes each noise row its own cluster; OneCluster makes
// all of them one ("unassigned"); Exclude leaves them out.
const (
	Exclude    NoisePolicy = "exclude"
	Singletons NoisePolicy = "singletons"
	OneCluster NoisePolicy = "one_cluster"
)

// Labelling is a reference labelling: one label a row, −1 = noise.
type Labelling struct {
	Name   string
	Labels []int32
	// IDs names whom the labels belong to; nil = the rows, in their order.
	IDs []string
}

// Input is what metrics look at.
type Input struct {
	X       *features.Matrix
	C       *cluster.Clustering
	Noise   NoisePolicy // of internal indices; "" = one_cluster, the leaderboard's
	Truth   []Labelling // several valid references: the maximum counts
	Holdout *datasets.Holdout
	// Refit re-learns the extractors' models, the transforms and the clustering on
	// those rows, ascending (a bootstrap repeats some), and returns a label for each. It
	// is called from up to Workers goroutines at once. Metrics that resample alike ask
	// for the same rows with the same seed: who remembers the answers by both pays once,
	// and goes on where a run was killed.
	Refit func(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error)
	// Classify labels rows of X by a clustering that Refit returned, with its own rule
	// in its own space; nil = nobody can, and the nearest centre in X stands in.
	Classify func(ctx context.Context, c *cluster.Clustering, rows []int) ([]int32, error)
	// Earlier returns each row's segment when everything is learned from what was known at
	// an earlier date: −1 = noise, Absent = the row was not there. nil = there is no earlier
	// date.
	Earlier func(ctx context.Context) ([]int32, error)
	// Worth is what each row is worth (the customer's revenue in the window), ≥ 0; nil =
	// not known.
	Worth   []float64
	Seed    uint64
	Workers int // 0 = all processors; the score must not depend on it
}

// Score is a metric's answer.
type Score struct {
	Value float64 // meaningless if Reason is set
	// Lo and Hi bound the value with 95 % confidence, where the metric can say.
	Lo, Hi     *float64
	Reason     string      // why the value is undefined; "" = it is defined
	Noise      NoisePolicy // the policy that was applied; "" = there was no noise
	Sampled    int         // rows looked at, where not all were; 0 = all
	PerSegment []float64   // one value a segment, or nil
	PerRow     []float64   // one value a row (NaN = left out), or nil
	Warnings   []string
}

// Defined reports whether the score has a value.
func (s Score) Defined() bool { return s.Reason == "" }

// Undefined is the score of what cannot be said, for that reason.
func Undefined(format string, args ...any) Score { return Score{Reason: fmt.Sprintf(format, args...)} }

var metrics []*Metric

func register(m *Metric) *Metric {
	switch {
	case m.Name == "" || m.Doc == "" || m.Version < 1 || m.New == nil:
		panic("eval: metric without a name, a doc, a version or New")
	case slices.ContainsFunc(metrics, func(o *Metric) bool { return o.Name == m.Name }):
		panic("eval: two metrics named " + m.Name)
	}
	metrics = append(metrics, m)
	return m
}

// Metrics lists the registered metrics by name.
func Metrics() []*Metric {
	return slices.SortedFunc(slices.Values(metrics), func(a, b *Metric) int { return cmp.Compare(a.Name, b.Name) })
}

// Lookup returns the metric of that name or alias.
func Lookup(name string) (*Metric, error) {
	for _, m := range metrics {
		if m.Name == name || slices.Contains(m.Aliases, name) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no metric named %q", name)
}
