package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// StructureFit clusters x once: an algorithm's Fit, or one whose options are chosen by
// the data (a radius, a share of the rows).
type StructureFit func(ctx context.Context, x *features.Matrix, run cluster.Run) (*cluster.Clustering, error)

// GridOf is the grid of those algorithms with their options: GridFits of their Fit.
func GridOf(algorithms []cluster.Algorithm, workers int) StructureGrid {
	fits := make([]StructureFit, len(algorithms))
	for i, a := range algorithms {
		fits[i] = a.Fit
	}
	return GridFits(fits, workers)
}

// GridFits is a grid that rates each fit by the silhouette (Rousseeuw 1987), noise counting as one
// segment more. A cell is NaN where the fit failed or the silhouette is undefined (one
// segment, noise only). Where every fit fails, that is an error. The fits of one call
// share trees and neighbour graphs. The seed affects the fits; workers (0 = all
// processors) nothing: 1 where draws are made several at a time, as StructureTest does.
// Cost: the fits, and O(n²·d/2) for each.
func GridFits(fits []StructureFit, workers int) StructureGrid {
	return func(ctx context.Context, x *features.Matrix, seed uint64) ([]float64, error) {
		shared := cluster.NewShared(structureShared)
		rng := rand.New(rand.NewPCG(seed, structureFitStream))
		out, failed := make([]float64, len(fits)), []error{}
		var silhouette Silhouette // exact: the test cuts the rows
		for i, fit := range fits {
			out[i] = math.NaN()
			c, err := fit(ctx, x, cluster.Run{Seed: rng.Uint64(), Workers: workers, Shared: shared})
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				failed = append(failed, err)
				continue
			}
			s, err := silhouette.Score(ctx, &Input{X: x, C: c, Noise: OneCluster, Workers: workers})
			if err != nil {
				return nil, err
			}
			if s.Defined() {
				out[i] = s.Value
			}
		}
		if len(failed) > 0 && len(failed) == len(fits) {
			return nil, errors.Join(failed[0])
		}
		return out, nil
	}
}

// structureShared bounds what the fits of one draw share. A tree of 2,000 rows is 64 KB,
// a whole matrix of distances 32 MB.
const structureShared = 64 << 20

const structureFitStream = 0x43
