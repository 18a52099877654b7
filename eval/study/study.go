package study

import (
	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// Study is a plan: every combination of feature set, scale, algorithm with its
// options, and seed is a cell. Members need not be registered: a value is enough.
type Study struct {
	Name string
	// Either Log with Recipes, or Table: a matrix that is there already.
	Log     *datasets.Log
	Recipes []features.Recipe
	Table   *features.Matrix
	Info    *Data // describes Table; nil = made from the matrix
	// Tables are further feature sets that are there already: files of features.
	Tables []Table
	// Minimum is the number of purchase occasions a customer needs to be
	// clustered, the same for every recipe; 0 = what each recipe needs.
	Minimum int

	Scales  []string // none, zscore, robust, quantile, block; default: block
	Cells   []Cell
	Seeds   int // repeats with seeds 1..Seeds; 0 = 1
	Metrics []*eval.Metric
	Truth   []eval.Labelling // references over the clustered rows' ids order
	Noise   eval.NoisePolicy // of internal indices; "" = one_cluster
	Seed    uint64

	// Judge says how the study is judged once its runs are done; nil = it is not.
	Judge *Judge

	Workers  int
	MaxBytes int64 // a run whose estimate is above is a run_failed with the reason; 0 = no limit
	Missing  features.MissingPolicy
	Notes    []string       // said once, at the start: what the plan leaves out, and why
	Progress func(Progress) // latest wins; nil = nobody listens
}

// Table is a feature set that is there already.
type Table struct {
	Name   string
	Matrix *features.Matrix
}

// Cell is one algorithm with options, tried on every feature set, scale and seed.
type Cell struct {
	Method    *cluster.Method
	Algorithm cluster.Algorithm
	// Choice, where set, completes the options from the matrix before the run's
	// key is made: an ε in the units of the data at hand.
	Choice *Choice
}
