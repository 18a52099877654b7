package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "minibatch_kmeans",
	Doc: `k-means from small random batches: nearly the centres of k-means, without reading every row
Batches of rows drawn at random pull the centres, the less the more rows a centre has
seen; rows are assigned to the nearest centre once, at the end. Meant for more rows than
one wants to pass over; where kmeans is quick enough, take kmeans.`,
	Refs: []Ref{
		{Authors: "Sculley", Title: "Web-scale k-means clustering", Venue: "WWW", Year: 2010, DOI: "10.1145/1772690.1772862"},
	},
	Version: 1,
	New: func() Algorithm {
		patience := 10
		return &MiniBatchKMeans{
			NClusters: 8, Init: "k-means++", NInit: 1, MaxIter: 100, BatchSize: 1024,
			MaxNoImprovement: &patience, ReassignmentRatio: 0.01,
		}
	},
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn,
})

// MiniBatchKMeans is Sculley's mini-batch k-means with the refinements of scikit-learn's
// MiniBatchKMeans. A batch of BatchSize rows is drawn with replacement, by weight; each
// row goes to its nearest centre; centre c, which has seen v_c rows before, becomes
//
//	μ_c + Σ (x − μ_c) / (v_c + m_c)   over its m_c rows of the batch.
//
// Whenever 10·k rows have been drawn, or a centre has seen none, centres that have seen
// less than ReassignmentRatio times what the busiest has seen move to random rows of the
// batch. It ends when the smoothed inertia of the batches has not improved
// MaxNoImprovement times in a row, when the centres moved by Σ‖Δμ‖² ≤ tol · mean column
// variance, or after MaxIter passes' worth of rows. Then every row is assigned:
//
//	inertia = Σᵢ wᵢ · min_c ‖xᵢ − μ_c‖²
//
// Iter counts passes, begun ones included, as scikit-learn does. The seed decides start
// and batches; Workers decides nothing. Cost O(b·k·d) a batch and O(n·k·d) at the end;
// memory 16 bytes a row beside the matrix.
type MiniBatchKMeans struct {
	NClusters int    `json:"n_clusters"`
	Init      string `json:"init"` // as kmeans, among init_size random rows
	// InitCenters, k rows of d, are the start if given; Init and NInit are then not used.
	InitCenters [][]float64 `json:"init_centers,omitempty"`
	NInit       int         `json:"n_init"`   // starts, of which the best on init_size other random rows is kept
	MaxIter     int         `json:"max_iter"` // in passes over the rows
	BatchSize   int         `json:"batch_size"`
	Tol         float64     `json:"tol"` // times the mean variance of the columns; 0 = do not look at it
	// MaxNoImprovement is the number of batches without improvement after which it ends;
	// none = do not look at it.
	MaxNoImprovement  *int    `json:"max_no_improvement"`
	InitSize          *int    `json:"init_size"` // none = 3·batch_size, at least 3·n_clusters
	ReassignmentRatio float64 `json:"reassignment_ratio"`
}

var (
	_ Predictor = (*MiniBatchKMeans)(nil)
	_ Estimator = (*MiniBatchKMeans)(nil)
)

// Fit finds the centres and assigns the rows. Centres that are nearest to no row are
// left out, with a warning.
func (a *MiniBatchKMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("minibatch_kmeans", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(n, d, run); err != nil {
		return nil, err
	}
	r := newMiniBatchRun(ctx, a, x, run)
	if err := r.start(); err != nil {
		return nil, err
	}
	stop, err := r.loop()
	if err != nil {
		return nil, err
	}
	return r.finish(stop)
}

func (a *MiniBatchKMeans) check(n, d int, run Run) error {
	const name = "minibatch_kmeans"
	if err := run.euclidean(name); err != nil {
		return err
	}
	bad := func(option string, value any, why string) error { return &OptionError{name, option, value, why} }
	switch {
	case a.MaxIter < 1:
		return bad("max_iter", a.MaxIter, "at least 1")
	case a.BatchSize < 1:
		return bad("batch_size", a.BatchSize, "at least 1")
	case !(a.Tol >= 0) || math.IsInf(a.Tol, 0):
		return bad("tol", a.Tol, "finite and not negative")
	case a.MaxNoImprovement != nil && *a.MaxNoImprovement < 1:
		return bad("max_no_improvement", *a.MaxNoImprovement, "at least 1, or none")
	case a.InitSize != nil && *a.InitSize < 1:
		return bad("init_size", *a.InitSize, "at least 1, or none")
	case !(a.ReassignmentRatio >= 0 && a.ReassignmentRatio <= 1):
		return bad("reassignment_ratio", a.ReassignmentRatio, "between 0 and 1")
	case a.InitCenters == nil && kmeansInit(name, a.Init) != nil:
		return kmeansInit(name, a.Init)
	case a.InitCenters == nil && a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case a.InitCenters != nil && len(a.InitCenters) != a.NClusters:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but %d initial centres are given", len(a.InitCenters)))
	}
	for i, c := range a.InitCenters {
		if len(c) != d {
			return bad("init_centers", fmt.Sprintf("row %d", i+1), fmt.Sprintf("has %d values where the data have %d columns", len(c), d))
		}
		for j, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return bad("init_centers", v, fmt.Sprintf("row %d, column %d is not a finite number", i+1, j+1))
			}
		}
	}
	return clusters(name, "n_clusters", a.NClusters, n)
}

// initSize is how many rows the start is chosen among.
func (a *MiniBatchKMeans) initSize(n int) int {
	size := 3 * min(a.BatchSize, n)
	if a.InitSize != nil {
		size = *a.InitSize
	}
	if size < a.NClusters {
		size = 3 * a.NClusters
	}
	return min(size, n)
}

// Estimate counts labels and distances of the last assignment, weights summed up, the
// rows of the start and of a batch.
func (a *MiniBatchKMeans) Estimate(n, d int) Estimate {
	k, b := max(a.NClusters, 1), max(a.BatchSize, 1)
	// 0.25 ns a pair and column at the end, where processors have vectors; about 500
	// batches.
	return Estimate{
		Bytes:   int64(n)*16 + int64(a.initSize(n))*int64(d)*24 + int64(min(b, n))*24 + int64(k)*int64(d)*64,
		Seconds: (float64(n) + 500*float64(b)) * float64(k) * float64(d) * 0.25e-9,
	}
}

// Rule is the nearest centre: exact.
func (a *MiniBatchKMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	return (&KMeans{}).Rule(x, c)
}
