package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "kmedoids",
	Doc: `k-medoids: the k rows with the least sum of distances to them
Every segment is stood for by one of its own customers, and any distance will do:
metric names one, Gower's for mixed columns among them. method = medoid_silhouette seeks
well-parted clusters instead, dynmsc also their number, and onebatch answers for very
many rows.`,
	Refs: []Ref{
		{Authors: "Schubert, Rousseeuw", Title: "Fast and eager k-medoids clustering: O(k) runtime improvement of the PAM, CLARA, and CLARANS algorithms", Venue: "Information Systems 101", Year: 2021, DOI: "10.1016/j.is.2021.101804"},
		{Authors: "Lenssen, Schubert", Title: "Medoid silhouette clustering with automatic cluster number selection", Venue: "Information Systems 120", Year: 2024, DOI: "10.1016/j.is.2023.102290"},
		{Authors: "de Mathelin, Cecchi, Deheeger, Mougeot, Vayatis", Title: "OneBatchPAM: a fast and frugal k-medoids algorithm", Venue: "AAAI 39 (arXiv:2501.19285)", Year: 2025, DOI: "10.48550/arXiv.2501.19285"},
	},
	Version: 1,
	New: func() Algorithm {
		return &KMedoids{NClusters: 8, Method: "fasterpam", Metric: "euclidean", Init: "random", NInit: 1, MaxIter: 100, MinClusters: 2}
	},
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn | Repetition,
	Progress:   Falling,
})

// KMedoids chooses k of the rows as medoids m so that, for method
//
//	fasterpam          Σᵢ wᵢ·min_c d(xᵢ, m_c) is least (the loss)
//	onebatch           the same, judged on a sample of rows only
//	medoid_silhouette  the mean of 1 − d₁/d₂ is greatest, d₁ and d₂ the distances to the
//	                   nearest and second medoid (0/0 counts as 0)
//	dynmsc             the same, over every k from min_clusters to n_clusters
//
// The first is FasterPAM: it goes through the rows, and whenever making a row a medoid
// in place of some other improves the objective, does so at once; it ends after a whole
// round without a swap, so that no single swap improves the result (by more than 10⁻¹²
// of it), or after max_iter rounds. Its path is that of the kmedoids package's fasterpam
// on one processor: the rows in order, from the same medoids. medoid_silhouette is
// FasterMSC of the same family; dynmsc begins with n_clusters medoids, runs it, gives up
// the medoid that is missed least, and so on down to min_clusters. onebatch is
// OneBatchPAM: batch_size rows (0: 100·ln(k·n)), each weighing as much as the rows
// nearest to it, stand for all in the swaps; the loss returned is over all rows.
//
// No matrix of distances is kept: those of a coordinate space are computed when needed,
// 64 at once, and whole blocks of rows passed over where the triangle inequality says
// that none is near enough. Distances that are given (Run.Space) are read in place.
//
// The seed decides the first medoids and the batch; Workers decides nothing. Cost: a
// round looks at n²·d at most (onebatch n·m·d, m the batch) less what is passed over,
// plus about 2/k of the pairs one by one; 3 to 6 rounds are usual. Memory 18 bytes a value
// and 72 a row, of the batch only with onebatch.
type KMedoids struct {
	NClusters int    `json:"n_clusters"` // dynmsc: the most
	Method    string `json:"method"`     // fasterpam, onebatch, medoid_silhouette, dynmsc
	Metric    string `json:"metric"`     // a distance by name: see Measure
	Init      string `json:"init"`       // random (distinct rows), build (greedy, PAM's)
	// InitMedoids, row numbers from 0, are the start if given; Init and NInit are then not used.
	InitMedoids []int `json:"init_medoids,omitempty"`
	NInit       int   `json:"n_init"` // starts, of which the best is kept
	MaxIter     int   `json:"max_iter"`
	MinClusters int   `json:"min_clusters"` // dynmsc: the fewest
	BatchSize   int   `json:"batch_size"`   // onebatch; 0 = 100·ln(k·n)
}

var (
	_ Predictor = (*KMedoids)(nil)
	_ Estimator = (*KMedoids)(nil)
)

// Fit finds the medoids. Where there are fewer distinct rows than clusters, K is the
// number of distinct rows, with a warning.
func (a *KMedoids) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("kmedoids", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(n, run); err != nil {
		return nil, err
	}
	m, err := run.measureOption("kmedoids", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := &kmedoidsRun{ctx: ctx, opt: a, x: x, n: n, run: run, measure: m, team: newTeam(run.workers())}
	defer r.team.close()
	starts := a.NInit
	if a.InitMedoids != nil {
		starts = 1
	}
	var best *kmedoidsFit
	for i := range starts {
		f, err := r.fit(i)
		if err != nil {
			return nil, err
		}
		if best == nil || f.score < best.score {
			best = f
		}
	}
	return r.finish(best)
}

func (a *KMedoids) silhouette() bool { return a.Method == "medoid_silhouette" || a.Method == "dynmsc" }

func (a *KMedoids) check(n int, run Run) error {
	bad := func(option string, value any, why string) error { return &OptionError{"kmedoids", option, value, why} }
	switch {
	case !slices.Contains([]string{"fasterpam", "onebatch", "medoid_silhouette", "dynmsc"}, a.Method):
		return bad("method", a.Method, "fasterpam, onebatch, medoid_silhouette or dynmsc")
	case run.Space != nil && run.Space.Len() != n:
		return &DataError{"kmedoids", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	case a.MaxIter < 1:
		return bad("max_iter", a.MaxIter, "at least 1")
	case a.InitMedoids == nil && a.Init != "random" && a.Init != "build":
		return bad("init", a.Init, "random or build, or give init_medoids")
	case a.InitMedoids == nil && a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case a.InitMedoids != nil && len(a.InitMedoids) != a.NClusters:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but %d initial medoids are given", len(a.InitMedoids)))
	case a.BatchSize < 0:
		return bad("batch_size", a.BatchSize, "at least 1, or 0 for 100·ln(k·n)")
	case a.Method == "dynmsc" && (a.MinClusters < 2 || a.MinClusters > a.NClusters):
		return bad("min_clusters", a.MinClusters, fmt.Sprintf("from 2 to n_clusters = %d", a.NClusters))
	}
	if err := clusters("kmedoids", "n_clusters", a.NClusters, n); err != nil {
		return err
	}
	if a.silhouette() && a.NClusters < 2 {
		return bad("n_clusters", a.NClusters, "at least 2: with one cluster there is no second medoid, and no silhouette")
	}
	seen := map[int]bool{}
	for _, i := range a.InitMedoids {
		if i < 0 || i >= n || seen[i] {
			return bad("init_medoids", i, fmt.Sprintf("distinct row numbers from 0 to %d", n-1))
		}
		seen[i] = true
	}
	return nil
}

func (a *KMedoids) batch(n int) int {
	m := a.BatchSize
	if m == 0 {
		m = int(math.Ceil(100 * math.Log(float64(max(a.NClusters, 1))*float64(n))))
	}
	return min(m, n)
}

// Estimate counts labels and distances of all rows and, of those that swaps are judged
// on, the packed copy, the tree that orders them, and what is known of each.
func (a *KMedoids) Estimate(n, d int) Estimate {
	k := float64(max(a.NClusters, 1))
	m := n
	if a.Method == "onebatch" {
		m = a.batch(n)
	}
	each := int64(18*d + 48)
	if a.silhouette() {
		each += 24
	}
	if (&Measure{Name: a.Metric}).maps() && a.Metric != "" {
		each += int64(8 * d) // mapped rows, for the tree
	}
	bytes := int64(n)*24 + int64(m)*each
	// 0.035 ns a coordinate, 5 ns a pair near enough, about 5 rounds (2 silhouettes' worth).
	pair := 0.035e-9*float64(d) + 0.1e-9 + 2/k*5e-9
	seconds := float64(n) * float64(m) * pair * 5 * float64(max(a.NInit, 1))
	if a.silhouette() {
		seconds *= 2
	}
	if a.Method == "dynmsc" {
		seconds *= max(1, k-float64(a.MinClusters)) / 2
	}
	return Estimate{Bytes: bytes, Seconds: seconds}
}

// Rule is the nearest medoid: exact, except where the distances were given.
func (a *KMedoids) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r, err := a.rule(x, c)
	if err != nil {
		return nil, err
	}
	if r.Agreement = r.agreement(x, c.Labels); r.Agreement < 1 { // other distances than these
		return Surrogate(x, c), nil
	}
	r.Exact = true
	return r, nil
}

func (a *KMedoids) rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	m, err := Run{}.measureOption("kmedoids", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := &Rule{Kind: NearestPoint, Measure: m}
	for _, l := range c.order() {
		r.Points = append(r.Points, x.Row(c.Medoids[l]))
		r.Labels = append(r.Labels, l)
	}
	return r, nil
}
