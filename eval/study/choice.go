package study

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// Choice completes an algorithm's options from the matrix that it will cluster. It
// is a deterministic function of matrix, options and Value, so that the same study
// always makes the same run keys.
type Choice struct {
	Algorithm string // whose options: a method's name
	Key       string // as a study file writes it, beside the algorithm's own keys
	Doc       string
	Value     float64
	// Resolve returns a copy of the options, completed. run brings workers and what
	// the choices on one matrix share.
	Resolve func(ctx context.Context, x *features.Matrix, a cluster.Algorithm, value float64, run cluster.Run) (cluster.Algorithm, error)
}

// choices lists those that a study file can name.
var choices = []Choice{coreShare, sizeShare}

// CoreShare is the choice of DBSCAN's eps under which that share of the rows are
// core points.
func CoreShare(share float64) *Choice {
	c := coreShare
	c.Value = share
	return &c
}

// coreShare: a row is a core point if its distance to its min_samples-th nearest
// row, itself included, is ≤ eps; so the quantile q of these distances is the
// smallest eps at which the share q of the rows is core. This is the sorted k-dist
// graph of Ester et al. 1996 (KDD-96, p. 230), read at eight places instead of at
// one knee that people must see.
var coreShare = Choice{
	Algorithm: "dbscan",
	Key:       "core",
	Doc:       "eps such that this share of the rows are core points",
	Resolve: func(ctx context.Context, x *features.Matrix, a cluster.Algorithm, share float64, run cluster.Run) (cluster.Algorithm, error) {
		if !(share > 0 && share <= 1) {
			return nil, fmt.Errorf("core = %v: a share above 0 and at most 1", share)
		}
		var opt struct {
			MinSamples int `json:"min_samples"`
		}
		if err := paramsInto(a, &opt); err != nil {
			return nil, err
		}
		eps, err := coreEps(ctx, x, opt.MinSamples, share, run)
		if err != nil {
			return nil, err
		}
		a, err = clone(a)
		if err != nil {
			return nil, err
		}
		return a, cluster.Set(a, "eps", strconv.FormatFloat(eps, 'g', -1, 64))
	},
}

// coreQueries bounds the rows whose neighbours are looked up; n·coreQueries
// distances cost about a second at n = 100,000. With 2,000 of them a quantile's
// standard error is at most 1.1 % of the rows.
const coreQueries = 2000

// coreEps returns the share-quantile, over rows, of the distance to the
// minSamples-th nearest row, itself included: the smallest value that at least that
// share of the rows reaches.
func coreEps(ctx context.Context, x *features.Matrix, minSamples int, share float64, run cluster.Run) (float64, error) {
	v, err := run.Shared.Get(fmt.Sprintf("core distances %s %d", x.Hash(), minSamples), func() (any, int64, error) {
		d, err := coreDistances(ctx, x, minSamples, workersOf(run.Workers))
		return d, int64(8 * len(d)), err
	})
	if err != nil {
		return 0, err
	}
	dist := v.([]float64)
	at := int(math.Ceil(share*float64(len(dist)))) - 1
	// A hair more: DBSCAN adds the squares in another order, and compares them with
	// eps², so the row that decides could fall out by a last bit.
	return dist[max(at, 0)] * (1 + 1e-12), nil
}

// coreDistances returns, ascending, the distances of the rows to their
// minSamples-th nearest, themselves included. Above coreQueries rows, that many are
// looked up, drawn with a fixed seed. Distances of 0 (rows that occur minSamples
// times) are left out, since eps must be positive. O(min(n, 2000)·n·d).
func coreDistances(ctx context.Context, x *features.Matrix, minSamples, workers int) ([]float64, error) {
	n, _ := x.Dims()
	if minSamples < 1 || minSamples > n {
		return nil, fmt.Errorf("min_samples = %d with %d rows: the distance to that many neighbours is not defined", minSamples, n)
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	if n > coreQueries {
		rng := rand.New(rand.NewPCG(uint64(n), 0x65707321))
		rng.Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		rows = rows[:coreQueries]
	}
	dist := make([]float64, len(rows))
	var wg sync.WaitGroup
	for part := range workers {
		wg.Go(func() {
			d2 := make([]float64, n)
			for q := part; q < len(rows) && ctx.Err() == nil; q += workers {
				a := x.Row(rows[q])
				for i := range n {
					s := 0.0
					for j, v := range x.Row(i) {
						s += (v - a[j]) * (v - a[j])
					}
					d2[i] = s
				}
				dist[q] = math.Sqrt(kth(d2, minSamples-1))
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	dist = slices.DeleteFunc(dist, func(d float64) bool { return d == 0 })
	if len(dist) == 0 {
		return nil, fmt.Errorf("every row occurs at least %d times: no distance to choose eps from", minSamples)
	}
	slices.Sort(dist)
	return dist, nil
}

// kth returns the k-th smallest (0-based) of a, which it reorders: Hoare's quickselect.
func kth(a []float64, k int) float64 {
	lo, hi := 0, len(a)-1
	for lo < hi {
		p := median3(a[lo], a[(lo+hi)/2], a[hi])
		i, j := lo, hi
		for i <= j {
			for a[i] < p {
				i++
			}
			for a[j] > p {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return a[k]
		}
	}
	return a[k]
}

func median3(a, b, c float64) float64 {
	if cmp.Compare(a, b) > 0 {
		a, b = b, a
	}
	return max(a, min(b, c))
}
