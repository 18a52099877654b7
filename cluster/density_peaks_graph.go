package cluster

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/mores-lab/mores/features"
)

// DensityPeaksGraph is the decision graph of density peaks: centres stand out in the
// upper right corner of a plot of Delta against Rho.
type DensityPeaksGraph struct {
	Rho    []float64 // by row: density
	Delta  []float64 // by row: distance to the nearest row of higher density; of the densest row, to the farthest row
	Above  []int32   // by row: that nearest row of higher density, −1 for the densest
	Cutoff float64   // d_c: the distance within which rows are counted; 0 with density = knn
}

// WriteDecisionGraph writes the decision graph of c as CSV, a line a row of the matrix:
// id, rho, delta, gamma = rho·delta, above (the id of the nearest row of higher density,
// empty for the densest row), center (1 or 0) and cluster (−1 = noise).
func WriteDecisionGraph(w io.Writer, x *features.Matrix, c *Clustering) error {
	g := c.Peaks
	if g == nil {
		return &DataError{"decision graph", "the clustering has none: only density_peaks makes one"}
	}
	center := make([]string, len(g.Rho))
	for i := range center {
		center[i] = "0"
	}
	for _, i := range c.Medoids {
		center[i] = "1"
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "rho", "delta", "gamma", "above", "center", "cluster"}); err != nil {
		return err
	}
	for i, rho := range g.Rho {
		above := ""
		if g.Above[i] >= 0 {
			above = x.ID(int(g.Above[i]))
		}
		if err := out.Write([]string{x.ID(i), number(rho), number(g.Delta[i]), number(rho * g.Delta[i]), above, center[i], strconv.Itoa(int(c.Labels[i]))}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
