package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

// HopkinsOptions are the options of NewHopkins.
type HopkinsOptions struct {
	// Probes are the random places, and the random rows, of one repeat; 0 = a tenth of the
	// rows, 100 at most. Few beside the rows, else their distances are not independent.
	Probes  int    `json:"probes"`
	Repeats int    `json:"repeats"` // at least 1
	Seed    uint64 `json:"seed"`
	Workers int    `json:"-"` // 0 = all processors; the result does not depend on it
}

// Hopkins says how unevenly rows lie in the box that holds them.
type Hopkins struct {
	Value float64 `json:"value"` // median of the repeats: near .5 = evenly spread at random, 1 = in heaps, 0 = in a lattice
	// Lo and Hi hold 95 % of the repeats: the chance in where was probed, not in whom the
	// rows stand for.
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
	// EvenLo and EvenHi hold 95 % of single repeats on rows that are evenly spread.
	EvenLo  float64 `json:"even_lo"`
	EvenHi  float64 `json:"even_hi"`
	Probes  int     `json:"probes"`
	Repeats int     `json:"repeats"`
	Columns int     `json:"columns"` // the power d: columns with more than one value
	Reason  string  `json:"reason,omitempty"`
}

// Streams of random numbers: number = repeat.
const (
	hopkinsProbeStream = 0x68 + iota
	hopkinsRowStream
)

// NewHopkins is Hopkins's H of the rows of x,
//
//	H = Σ u_i^d / (Σ u_i^d + Σ w_i^d),   i = 1 … m,
//
// u_i the distance from a place drawn evenly in the rows' bounding box to the nearest row, w_i
// that from a row, drawn without replacement, to the nearest other row, m the number of
// probes. Distances are Euclidean, to the power of the number of columns d: only so is H
// distributed as Beta(m, m), with mean .5, where rows are evenly spread; programs that leave
// the power away (the definition of Lawson & Jurs 1990 is often read so) have other values.
// Columns with one value have no extent and do not count in d. Value is the mean of the
// repeats.
//
// H near 1 is no proof of groups: one clump in a box, rows along a line, and columns that
// depend on each other are as uneven, and with many columns there is hardly anything
// else. It tells of unevenness and decides nothing here. Rows that are alike have w = 0.
//
// Undefined below 20 rows, and where all rows are alike. The seed affects probes; workers
// nothing. Cost O(m·repeats·log n) distances with few columns, O(m·repeats·n) with many.
//
// Hopkins & Skellam 1954, A new method for determining the type of distribution of plant
// individuals, Annals of Botany 18(2), 213-227, doi:10.1093/oxfordjournals.aob.a083391;
// Wright 2022, Will the real Hopkins statistic please stand up?, The R Journal 14(3),
// 282-292, doi:10.32614/RJ-2022-055.
func NewHopkins(ctx context.Context, x *features.Matrix, o HopkinsOptions) (*Hopkins, error) {
	n, d := x.Dims()
	if r, c, bad := x.Missing(); bad {
		return nil, fmt.Errorf("hopkins: row %s has no value in column %s: every value is needed", x.ID(r), x.Cols[c].Name)
	}
	h := &Hopkins{Probes: o.Probes, Repeats: o.Repeats}
	if h.Probes == 0 {
		h.Probes = min(100, max(1, n/10))
	}
	switch {
	case h.Probes < 0 || h.Probes > n || h.Repeats < 1:
		return nil, fmt.Errorf("hopkins: probes = %d, repeats = %d: from 1 to the %d rows, and at least 1", h.Probes, h.Repeats, n)
	case n < 20:
		h.Reason = fmt.Sprintf("Hopkins's statistic needs at least 20 rows; here are %d", n)
		return h, ctx.Err()
	}
	lo, hi := slices.Clone(x.Row(0)), slices.Clone(x.Row(0))
	for i := range n {
		for j, v := range x.Row(i) {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	for j := range d {
		if hi[j] > lo[j] {
			h.Columns++
		}
	}
	if h.Columns == 0 {
		h.Reason = "Hopkins's statistic needs rows that differ; all are alike"
		return h, ctx.Err()
	}
	workers := workersOf(&Input{Workers: o.Workers})
	tree := near.New(x.Data(), d, workers)
	values := make([]float64, h.Repeats)
	parallel(workers, h.Repeats, func(r int) {
		if ctx.Err() != nil {
			return
		}
		rng := rand.New(rand.NewPCG(o.Seed, hopkinsProbeStream+uint64(r)<<8))
		u, w := make([]float64, h.Probes), make([]float64, h.Probes)
		place := make([]float64, d)
		for i := range u {
			if ctx.Err() != nil {
				return
			}
			for j := range place {
				place[j] = lo[j] + rng.Float64()*(hi[j]-lo[j])
			}
			_, u[i] = tree.Nearest(place, -1)
		}
		for i, row := range refitSplit(n, h.Probes, rand.New(rand.NewPCG(o.Seed, hopkinsRowStream+uint64(r)<<8))) {
			_, w[i] = tree.Nearest(x.Row(row), row)
		}
		values[r] = hopkinsOf(u, w, h.Columns)
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(values, math.IsNaN) {
		h.Reason = "Hopkins's statistic: squared distances overflow: scale the columns first"
		return h, nil
	}
	slices.Sort(values)
	h.Lo, h.Value, h.Hi = quantile7(values, 0.025), quantile7(values, 0.5), quantile7(values, 0.975)
	even := distuv.Beta{Alpha: float64(h.Probes), Beta: float64(h.Probes)}
	h.EvenLo, h.EvenHi = even.Quantile(0.025), even.Quantile(0.975)
	return h, nil
}

// hopkinsOf is H of squared distances: u from places, w from rows. Powers are taken
// relative to the largest distance, so that none overflows.
func hopkinsOf(u, w []float64, d int) float64 {
	most := max(slices.Max(u), slices.Max(w))
	if most == 0 {
		return 0.5 // everywhere is a row: u and w are the same
	}
	var us, ws float64
	for i := range u {
		us += math.Pow(u[i]/most, float64(d)/2)
		ws += math.Pow(w[i]/most, float64(d)/2)
	}
	return us / (us + ws)
}
