package cluster

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "dummy",
	Doc: `Baselines that look at (almost) nothing
What a real method must beat. one: everybody in one cluster. random: each row's
cluster is drawn by lot. stripes: equally many rows by the size of the first column.`,
	Version:    1,
	New:        func() Algorithm { return &Dummy{Strategy: "random", NClusters: 8} },
	Invariance: Translation | Scaling,
	Baseline:   true,
})

// Dummy labels rows without looking for structure.
//
//	one      one cluster
//	random   uniform over n_clusters; the seed decides
//	stripes  ⌊k·r/n⌋, r the number of rows whose first column is smaller
//
// Rows with equal first columns share a stripe. Cost O(n log n) at most.
type Dummy struct {
	Strategy  string `json:"strategy"`   // one, random, stripes
	NClusters int    `json:"n_clusters"` // not used by one
}

// dummyStream is the stream of the random strategy.
const dummyStream = 0x64756d6d79

// Fit labels the rows.
func (a *Dummy) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("dummy", x)
	if err != nil {
		return nil, err
	}
	k := a.NClusters
	if a.Strategy == "one" {
		k = 1
	}
	if err := clusters("dummy", "n_clusters", k, n); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &Clustering{Labels: make([]int32, n), Stop: Exact}
	switch a.Strategy {
	case "one":
	case "random":
		rng := rand.New(rand.NewPCG(run.Seed, dummyStream))
		for i := range c.Labels {
			c.Labels[i] = int32(rng.IntN(k))
		}
	case "stripes":
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		value := func(i int) float64 { return x.Row(i)[0] }
		slices.SortFunc(order, func(i, j int) int { return cmp.Compare(value(i), value(j)) })
		smaller := 0
		for r, i := range order {
			if r > 0 && value(i) > value(order[r-1]) {
				smaller = r
			}
			c.Labels[i] = int32(smaller * k / n)
		}
	default:
		return nil, &OptionError{"dummy", "strategy", a.Strategy, "one, random or stripes"}
	}
	c.K, _ = Canonical(c.Labels)
	return c, nil
}

// Estimate is an order of the rows.
func (a *Dummy) Estimate(n, _ int) Estimate { return Estimate{Bytes: int64(n) * 12} }
