package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// GapReference is how structureless data are drawn for the gap statistic.
type GapReference string

// The references.
const (
	// GapPCA draws uniformly from the box that the data fill along their principal axes:
	// the paper's choice, which follows the data's shape. R's clusGap calls it scaledPCA.
	GapPCA GapReference = "pca"
	// GapBox draws each column uniformly over its range. Correlated columns leave most of
	// that box empty, and the statistic then finds "clusters" in what is only long.
	GapBox GapReference = "box"
)

// GapOptions are those of GapStatistic. The zero value of Reference is GapPCA.
type GapOptions struct {
	Ks        []int        `json:"ks"` // numbers of clusters, ascending; 1 belongs among them
	B         int          `json:"b"`  // reference data sets; the paper and R's examples use 20 to 500
	Reference GapReference `json:"reference"`
	Seed      uint64       `json:"-"`
	Workers   int          `json:"-"` // 0 = all processors; the result does not depend on it
}

// GapFit clusters x into k. It is called from several goroutines at once, and must leave
// x as it is and no row as noise.
type GapFit func(ctx context.Context, x *features.Matrix, k int, seed uint64) (*cluster.Clustering, error)

// GapPoint is the statistic at one k.
type GapPoint struct {
	K        int     `json:"k"`
	LogW     float64 `json:"log_w"`    // of the data
	Expected float64 `json:"expected"` // mean of the references' log W
	Gap      float64 `json:"gap"`
	SE       float64 `json:"se"`
	// Reason says why there is no value here (W is 0); "" = there is one.
	Reason string `json:"reason,omitempty"`
}

// Gap is the gap statistic over a range of k.
type Gap struct {
	Points []GapPoint `json:"points"`
	// K is the smallest k whose gap is no more than one standard error below that of the
	// next k in the list; 0 where there is none, and Reason says so.
	K         int          `json:"k"`
	Reason    string       `json:"reason,omitempty"`
	B         int          `json:"b"`
	Reference GapReference `json:"reference"`
}

var errGapNoise = errors.New("rows were left as noise; W counts every row: take a method that labels all")

// GapStatistic compares the clusters' scatter with what structureless data of the same
// extent have:
//
//	W_k    = Σ_r Σ_{i∈C_r} ‖x_i − x̄_r‖²                      (= Σ_r D_r/(2n_r), D over ordered pairs)
//	Gap(k) = (1/B) Σ_b ln W*_kb − ln W_k
//	s_k    = sd_k·√(1 + 1/B), sd_k over B
//	k̂      = the smallest k with Gap(k) ≥ Gap(k+1) − s_{k+1}, not the k of the largest gap
//
// W is of squared Euclidean distances, as in the paper; R's clusGap has unsquared ones
// unless d.power = 2, and an sd over B − 1. k = 1 asks whether there are clusters at all.
// A fit may return fewer than k clusters (equal rows); one that leaves noise is an error.
// The seed decides the references and each fit's seed, with a stream for each data set;
// workers affect nothing. Cost (B+1)·len(Ks) fits, and a copy of x for each worker.
//
// Source: Tibshirani, Walther & Hastie 2001, doi:10.1111/1467-9868.00293.
func GapStatistic(ctx context.Context, x *features.Matrix, fit GapFit, o GapOptions) (*Gap, error) {
	if o.Reference == "" {
		o.Reference = GapPCA
	}
	if err := o.check(x); err != nil {
		return nil, err
	}
	box, err := newGapBox(x, o.Reference)
	if err != nil {
		return nil, err
	}
	logs, errs := make([][]float64, o.B+1), make([]error, o.B+1)
	parallel(workersOf(&Input{Workers: o.Workers}), o.B+1, func(b int) {
		if ctx.Err() != nil {
			return
		}
		rng := rand.New(rand.NewPCG(o.Seed, gapStream+uint64(b)<<8))
		y := x
		if b > 0 { // data set 0 is the one in question
			y = box.draw(rng)
		}
		logs[b], errs[b] = gapLogs(ctx, y, fit, o.Ks, rng)
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for b, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("gap: data set %d of %d (0 is the data, the others are drawn): %w", b, o.B, err)
		}
	}
	g := &Gap{B: o.B, Reference: o.Reference}
	for i, k := range o.Ks {
		g.Points = append(g.Points, gapPoint(k, logs, i))
	}
	g.K, g.Reason = gapRule(g.Points)
	return g, nil
}

const gapStream = 0x28

func (o *GapOptions) check(x *features.Matrix) error {
	n, d := x.Dims()
	switch {
	case n < 2 || d < 1:
		return fmt.Errorf("gap: %d rows of %d columns: at least 2 rows and 1 column", n, d)
	case o.B < 2:
		return fmt.Errorf("gap: b = %d: at least 2 reference data sets", o.B)
	case len(o.Ks) < 2:
		return fmt.Errorf("gap: %d numbers of clusters: the rule compares each with the next, so at least 2", len(o.Ks))
	case o.Reference != GapPCA && o.Reference != GapBox:
		return fmt.Errorf("gap: reference = %q: %s or %s", o.Reference, GapPCA, GapBox)
	}
	for i, k := range o.Ks {
		if k < 1 || k > n || i > 0 && k <= o.Ks[i-1] {
			return fmt.Errorf("gap: ks = %v: ascending, from 1 to the number of rows (%d)", o.Ks, n)
		}
	}
	if r, c, bad := x.Missing(); bad {
		return fmt.Errorf("gap: row %s has no value in column %s: every value is needed", x.ID(r), x.Cols[c].Name)
	}
	return nil
}

// gapLogs clusters y for each k and returns ln W.
func gapLogs(ctx context.Context, y *features.Matrix, fit GapFit, ks []int, rng *rand.Rand) ([]float64, error) {
	out := make([]float64, len(ks))
	for i, k := range ks {
		c, err := fit(ctx, y, k, rng.Uint64())
		if err != nil {
			return nil, fmt.Errorf("k = %d: %w", k, err)
		}
		w, err := gapScatter(y, c)
		if err != nil {
			return nil, fmt.Errorf("k = %d: %w", k, err)
		}
		out[i] = math.Log(w)
	}
	return out, nil
}

// gapScatter is W: the squared distances of all rows to their cluster's mean, which is
// counted from the cluster's first row, so that equal rows have exactly none.
func gapScatter(y *features.Matrix, c *cluster.Clustering) (float64, error) {
	n, d := y.Dims()
	if c == nil || len(c.Labels) != n {
		return 0, errors.New("the fit did not return a label for each row")
	}
	label, counts := dense(c.Labels)
	first, mean := make([][]float64, len(counts)), make([]float64, len(counts)*d)
	for i, g := range label {
		if g < 0 {
			return 0, errGapNoise
		}
		if first[g] == nil {
			first[g] = y.Row(i)
		}
		for j, v := range y.Row(i) {
			mean[int(g)*d+j] += (v - first[g][j]) / float64(counts[g])
		}
	}
	w := 0.0
	for i, g := range label {
		for j, v := range y.Row(i) {
			t := v - first[g][j] - mean[int(g)*d+j]
			w += t * t
		}
	}
	return w, nil
}

// gapPoint puts the numbers of the i-th k together; logs[0] are the data's.
func gapPoint(k int, logs [][]float64, i int) GapPoint {
	p := GapPoint{K: k, LogW: logs[0][i]}
	for _, l := range logs {
		switch {
		case math.IsInf(l[i], -1):
			return GapPoint{K: k, Reason: fmt.Sprintf("k = %d leaves no scatter (every row equals its cluster's mean): ln 0", k)}
		case math.IsInf(l[i], 1) || math.IsNaN(l[i]):
			return GapPoint{K: k, Reason: fmt.Sprintf("k = %d: the sum of squared distances is no finite number; scale the columns", k)}
		}
	}
	b := float64(len(logs) - 1)
	for _, l := range logs[1:] {
		p.Expected += l[i] / b
	}
	for _, l := range logs[1:] {
		p.SE += (l[i] - p.Expected) * (l[i] - p.Expected) / b
	}
	p.SE = math.Sqrt(p.SE * (1 + 1/b))
	p.Gap = p.Expected - p.LogW
	return p
}

// gapRule is the 1-SE rule.
func gapRule(points []GapPoint) (k int, reason string) {
	for i, p := range points {
		switch {
		case p.Reason != "":
			return 0, p.Reason
		case i+1 == len(points):
			return 0, fmt.Sprintf("the gap still rises at k = %d: go on to larger ones", p.K)
		case points[i+1].Reason != "":
			return 0, points[i+1].Reason
		case p.Gap >= points[i+1].Gap-points[i+1].SE:
			return p.K, ""
		}
	}
	return 0, "there is no k"
}

// Best returns the point of k̂; ok is false where there is none.
func (g *Gap) Best() (p GapPoint, ok bool) {
	i := slices.IndexFunc(g.Points, func(p GapPoint) bool { return p.K == g.K })
	if i < 0 {
		return GapPoint{}, false
	}
	return g.Points[i], true
}
