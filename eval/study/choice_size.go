package study

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// SizeShare is the choice of HDBSCAN*'s min_cluster_size as a share of the rows.
func SizeShare(share float64) *Choice {
	c := sizeShare
	c.Value = share
	return &c
}

// sizeLeast is the smallest min_cluster_size that a share leads to: HDBSCAN*'s default.
const sizeLeast = 5

// sizeShare: what is too small to be a segment is a share of the customers, not a number;
// rounded, at least sizeLeast.
var sizeShare = Choice{
	Algorithm: "hdbscan",
	Key:       "smallest",
	Doc:       "min_cluster_size as a share of the rows",
	Resolve: func(ctx context.Context, x *features.Matrix, a cluster.Algorithm, share float64, _ cluster.Run) (cluster.Algorithm, error) {
		if !(share > 0 && share <= 0.5) {
			return nil, fmt.Errorf("smallest = %v: a share above 0 and at most 0.5", share)
		}
		a, err := clone(a)
		if err != nil {
			return nil, err
		}
		n, _ := x.Dims()
		return a, cluster.SetValue(a, "min_cluster_size", max(sizeLeast, int(math.Round(share*float64(n)))))
	},
}
