package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "gmm",
	Doc: `Gaussian mixture: every segment a bell-shaped cloud of its own width and direction
Each row gets a share in every segment and the label of the largest. Segments may be
long, narrow, tilted and of unequal size; covariance_type says how free they are. BIC
and ICL (criteria) compare numbers of segments and covariance types: the least is best.`,
	Refs: []Ref{
		{Authors: "Dempster, Laird, Rubin", Title: "Maximum likelihood from incomplete data via the EM algorithm", Venue: "J. Royal Statistical Society B 39", Year: 1977, DOI: "10.1111/j.2517-6161.1977.tb01600.x"},
		{Authors: "Schwarz", Title: "Estimating the dimension of a model", Venue: "Annals of Statistics 6", Year: 1978, DOI: "10.1214/aos/1176344136"},
		{Authors: "Biernacki, Celeux, Govaert", Title: "Assessing a mixture model for clustering with the integrated completed likelihood", Venue: "IEEE Trans. Pattern Analysis and Machine Intelligence 22", Year: 2000, DOI: "10.1109/34.865189"},
	},
	Version: 1,
	New: func() Algorithm {
		return &GMM{NClusters: 8, CovarianceType: string(gmmFull), Tol: 1e-3, RegCovar: 1e-6, MaxIter: 100, NInit: 1, InitParams: "kmeans"}
	},
	Invariance: Translation | ColumnOrder | Rotation | ConstantColumn | Repetition,
	Progress:   Rising,
})

// GMM fits a mixture of k normal distributions by expectation and maximisation. It
// seeks the weights π, means μ and covariances Σ with the largest mean log-likelihood
//
//	Σᵢ wᵢ·log Σ_c π_c·N(xᵢ; μ_c, Σ_c) / Σᵢ wᵢ
//
// a local maximum of which it finds. Steps, stopping and regularisation are those of
// scikit-learn's GaussianMixture, whose names the options have: reg_covar is added to
// the variances in each step, and the fit ends when the mean log-likelihood changes by
// less than tol. As reg_covar is not relative to the data, scale the columns first.
//
// Labels are the components with the largest posterior; Probabilities those posteriors;
// Objective is the mean log-likelihood of the mixture returned. Criteria holds, with
// L = Objective·Σw, p free parameters and N = Σw, less being better:
//
//	bic = −2·L + p·log N    aic = −2·L + 2·p    icl = bic + 2·Σᵢ wᵢ·log(1/max_c shareᵢ_c)
//
// The seed decides the starts; Workers decides nothing. Cost O(n·k·d²) a step (diag and
// spherical O(n·k·d)); memory 12 bytes a row beside the matrix, and that of kmeans,
// which makes the starts.
type GMM struct {
	NClusters      int    `json:"n_clusters" alias:"n_components"` // scikit-learn's name is understood too
	CovarianceType string `json:"covariance_type"`                 // full, tied, diag, spherical
	// Tol: the fit ends where the mean log-likelihood changes by less.
	Tol      float64 `json:"tol"`
	RegCovar float64 `json:"reg_covar"` // added to every variance
	MaxIter  int     `json:"max_iter"`
	NInit    int     `json:"n_init"` // starts, of which the one with the largest likelihood is kept
	// InitParams: kmeans (its clusters), k-means++ and random_from_data (the rows nearest
	// to such starting points), random (random shares).
	InitParams string `json:"init_params"`
	// MeansInit, k rows of d, are the means of the start if given, with weights 1/k and
	// every covariance that of all rows; NInit and InitParams are then not used.
	MeansInit [][]float64 `json:"means_init,omitempty"`
}

var (
	_ Predictor   = (*GMM)(nil)
	_ Estimator   = (*GMM)(nil)
	_ Memberships = (*GMM)(nil)
)

// SetInit gives the means of the start, and with them the number of components.
func (a *GMM) SetInit(means [][]float64) error {
	if len(means) == 0 {
		return &OptionError{"gmm", "means_init", 0, "at least one row"}
	}
	a.MeansInit, a.NClusters = means, len(means)
	return nil
}

// Fit finds the mixture. Components that win no row are not clusters: K is then less
// than asked for, with a warning; so it is where there are fewer distinct rows.
func (a *GMM) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("gmm", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(n, d, run); err != nil {
		return nil, err
	}
	r, err := newGMMRun(ctx, a, x, run)
	if err != nil {
		return nil, err
	}
	starts := a.NInit
	if a.MeansInit != nil {
		starts = 1
	}
	var best *gmmFit
	for i := range starts {
		m, err := r.start(i)
		if err != nil {
			return nil, err
		}
		f, err := r.em(m)
		if err != nil {
			return nil, err
		}
		if best == nil || f.lower > best.lower {
			best = f
		}
	}
	return r.finish(best)
}

func (a *GMM) check(n, d int, run Run) error {
	if err := run.euclidean("gmm"); err != nil {
		return err
	}
	bad := func(option string, value any, why string) error { return &OptionError{"gmm", option, value, why} }
	switch {
	case !slices.Contains([]string{"full", "tied", "diag", "spherical"}, a.CovarianceType):
		return bad("covariance_type", a.CovarianceType, "full, tied, diag or spherical")
	case a.MaxIter < 1:
		return bad("max_iter", a.MaxIter, "at least 1")
	case !(a.Tol >= 0) || math.IsInf(a.Tol, 0):
		return bad("tol", a.Tol, "finite and not negative")
	case !(a.RegCovar >= 0) || math.IsInf(a.RegCovar, 0):
		return bad("reg_covar", a.RegCovar, "finite and not negative")
	case a.MeansInit == nil && !slices.Contains([]string{"kmeans", "k-means++", "random", "random_from_data"}, a.InitParams):
		return bad("init_params", a.InitParams, "kmeans, k-means++, random or random_from_data, or give means_init")
	case a.MeansInit == nil && a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case a.MeansInit != nil && len(a.MeansInit) != a.NClusters:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but %d means are given", len(a.MeansInit)))
	}
	for i, c := range a.MeansInit {
		if len(c) != d {
			return bad("means_init", fmt.Sprintf("row %d", i+1), fmt.Sprintf("has %d values where the data have %d columns", len(c), d))
		}
		for j, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return bad("means_init", v, fmt.Sprintf("row %d, column %d is not a finite number", i+1, j+1))
			}
		}
	}
	return clusters("gmm", "n_clusters", a.NClusters, n)
}
