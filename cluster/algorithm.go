package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Ref is a literature reference.
type Ref = datasets.Ref

// Noise is the label of rows that belong to no cluster.
const Noise int32 = -1

// Algorithm is a clustering method with its options: the options struct itself.
// A field means what it says (0 is 0); the defaults come from Method.New.
type Algorithm interface {
	// Fit clusters the rows of x, which it does not change. It refuses missing and
	// infinite values, and options that cannot hold (the error names field and
	// value). It looks at ctx often enough to stop within 250 ms at n = 100,000.
	Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error)
}

// Method is an entry of the list of algorithms.
type Method struct {
	Name    string
	Aliases []string
	Doc     string // first line is the title, the rest the help text
	Refs    []Ref
	Version int
	New     func() Algorithm
	// Invariance declares which changes of the data leave the partition as it is;
	// Check holds the method to it.
	Invariance Relation
	// Progress declares that no step's objective is worse than the one before it in the
	// same start; Check holds the method to it.
	Progress Progress
	// Baseline says that the method is not meant to find clusters.
	Baseline bool
	// Example makes options with which the method can run on x, where New's cannot
	// (a file, a command); files go to dir. nil = New will do.
	Example func(dir string, x *features.Matrix) (Algorithm, error)
}

// Relation is a set of changes of the data.
type Relation uint8

// The relations. Under Scaling, options that are lengths are scaled too.
const (
	Translation    Relation = 1 << iota // a constant is added to each column
	Scaling                             // everything is multiplied by one factor
	ColumnOrder                         // columns change places
	RowOrder                            // rows change places
	Rotation                            // the axes are turned and mirrored: Euclidean methods
	ConstantColumn                      // a column that is the same for all is added
	Repetition                          // a row of weight 3 is written three times: methods that honour weights
)

// Progress says which way the objective of the steps of one start goes.
type Progress int8

// The ways. Falling and Rising allow for rounding (1e-9 relative).
const (
	Unordered Progress = iota
	Falling
	Rising
)

// Run is what one fit gets besides data and options.
type Run struct {
	Seed    uint64
	Workers int        // 0 = all processors; the result must not depend on it
	Report  func(Step) // nil = nobody listens; called from one goroutine
	Shared  *Shared    // nil = nothing is shared
	Space   Space      // nil = Euclidean distance on x
}

// Step is one iteration's report.
type Step struct {
	Iter, Of  int // Of = 0 where the number is unknown
	Objective float64
}

// Space is a set of n points with distances: a named metric on rows, a
// precomputed matrix, a sparse graph.
type Space interface {
	Len() int
	// Dist returns the distance between points i and j: symmetric, ≥ 0.
	Dist(i, j int) float64
}

// Stop says why an algorithm ended.
type Stop string

// The reasons to end. Not converging is a Stop, not an error.
const (
	Converged Stop = "converged"
	MaxIter   Stop = "max_iter"
	Exact     Stop = "exact" // not iterative: the answer is what it is
)

// Clustering is a result.
type Clustering struct {
	Labels []int32 `json:"-"` // canonical; see Canonical
	K      int     `json:"n_clusters"`
	// Names are the segments' own, where they came with them; nil = they have none.
	Names         []string    `json:"-"`
	Centers       [][]float64 `json:"-"` // K rows of d, or nil
	Medoids       []int       `json:"-"` // K rows of x, or nil
	Probabilities []float64   `json:"-"` // membership strength per row, or nil
	Outlier       []float64   `json:"-"` // outlier score per row, 0 to 1 (GLOSH), or nil
	// Objective is what the algorithm minimises or maximises (kmeans: inertia), or nil.
	Objective *float64 `json:"objective"`
	Iter      int      `json:"n_iter"`
	Stop      Stop     `json:"stop"`
	Tree      *Tree    `json:"-"` // the whole merge tree, or nil
	Core      []bool   `json:"-"` // density methods: core rows, or nil
	// Reachability is the plot of optics, or nil.
	Reachability *Reachability `json:"-"`
	// Peaks is the decision graph of density_peaks, or nil.
	Peaks    *DensityPeaksGraph `json:"-"`
	Warnings []string           `json:"warnings"`
	// Rule is the algorithm's own for new rows where labels, centres, medoids and core
	// rows do not determine it; nil = they do, or there is none.
	Rule *Rule `json:"-"`
	// Criteria are numbers by which results of other options can be compared, by name
	// (bic, aic, icl), or nil.
	Criteria map[string]float64 `json:"criteria,omitempty"`

	rank []int32 // each cluster's place in the algorithm's own order, in which ties are broken; nil = as numbered
}

// order lists the clusters in the algorithm's own order.
func (c *Clustering) order() []int32 {
	o := make([]int32, c.K)
	for i := range o {
		o[i] = int32(i)
	}
	if c.rank != nil {
		slices.SortFunc(o, func(a, b int32) int { return cmp.Compare(c.rank[a], c.rank[b]) })
	}
	return o
}

// NumNoise counts the rows labelled as noise.
func (c *Clustering) NumNoise() int {
	n := 0
	for _, l := range c.Labels {
		if l < 0 {
			n++
		}
	}
	return n
}

// Sizes counts the rows of each cluster.
func (c *Clustering) Sizes() []int {
	s := make([]int, c.K)
	for _, l := range c.Labels {
		if l >= 0 {
			s[l]++
		}
	}
	return s
}

// Predictor is an algorithm with a rule of its own for rows it has not seen.
// For the others Surrogate makes one, with its agreement on the training rows.
type Predictor interface {
	Rule(x *features.Matrix, c *Clustering) (*Rule, error)
}

// Hierarchical is an algorithm that builds a whole tree once and cuts it often.
type Hierarchical interface {
	// Tree builds the merge tree.
	Tree(ctx context.Context, x *features.Matrix, run Run) (*Tree, error)
	// Cut labels the rows by the tree under the algorithm's own options.
	Cut(t *Tree) (*Clustering, error)
}

// Memberships is an algorithm that gives each row a share in each cluster.
type Memberships interface {
	// Memberships returns n×K shares, row-major, rows summing to 1.
	Memberships(x *features.Matrix, c *Clustering) ([]float64, error)
}

// LabelSink receives the labels of a streamed fit, in row order.
type LabelSink func(ids []string, labels []int32) error

// Streamer is an algorithm that can fit rows that do not fit in memory.
type Streamer interface {
	FitRows(ctx context.Context, rows features.Rows, run Run, sink LabelSink) (*Clustering, error)
}

// Estimate is what a fit is expected to cost beyond the matrix itself.
type Estimate struct {
	Bytes   int64
	Seconds float64 // on one core of an ordinary machine; 0 = not stated
}

// Estimator is an algorithm that can say before a run what it will cost.
type Estimator interface {
	Estimate(n, d int) Estimate
}

// Sourced is an algorithm whose answer depends on files. A run's key holds their
// contents, so that a study does not take an old answer for that of a changed file.
type Sourced interface{ Sources() []string }

var methods []*Method

func register(m *Method) *Method {
	switch {
	case m.Name == "" || m.Doc == "" || m.Version < 1 || m.New == nil:
		panic("cluster: method without a name, a doc, a version or New")
	case slices.ContainsFunc(methods, func(o *Method) bool { return o.Name == m.Name }):
		panic("cluster: two methods named " + m.Name)
	}
	methods = append(methods, m)
	return m
}

// Methods lists the registered algorithms by name.
func Methods() []*Method {
	return slices.SortedFunc(slices.Values(methods), func(a, b *Method) int { return cmp.Compare(a.Name, b.Name) })
}

// Lookup returns the method of that name or alias.
func Lookup(name string) (*Method, error) {
	for _, m := range methods {
		if m.Name == name || slices.Contains(m.Aliases, name) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no algorithm named %q", name)
}
