package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// densityPeaksSample is how many rows the cutoff is taken from: half a million pairs, of
	// which 10,000 lie below 2 %; 8 ms, 4 MB.
	densityPeaksSample = 1000
	densityPeaksStream = 0x647065616b73
)

// byCutoff takes densities from the rows within d_c.
func (r *densityPeaksRun) byCutoff(ctx context.Context, g *DensityPeaksGraph) error {
	var length float64
	if r.opt.Cutoff != nil {
		g.Cutoff = *r.opt.Cutoff
		length = r.from.length(g.Cutoff)
	} else {
		var of string
		var err error
		if length, of, err = r.cutoff(ctx); err != nil {
			return err
		}
		g.Cutoff = r.from.distance(length)
		r.warnings = append(r.warnings, fmt.Sprintf("density_peaks: cutoff = %.6g: %g %% of the pairs of %s are nearer", g.Cutoff, r.opt.Percent, of))
	}
	// Nearer than length is at most the number before it; rows at the same place are near.
	r.limit = []float64{max(0, math.Nextafter(length, -1))}
	var err error
	if g.Rho, err = r.from.masses(ctx, r.limit[0]); err != nil {
		return err
	}
	for i := range g.Rho {
		g.Rho[i] = max(0, g.Rho[i]-1) // not itself
	}
	return nil
}

// cutoff returns the length below which percent of the pairs are, and says of which rows.
// Where that is 0 it is the least length above 0, or 0 where all rows are equal.
func (r *densityPeaksRun) cutoff(ctx context.Context) (length float64, of string, err error) {
	rows, of := seq32(r.n), "rows"
	if r.n > densityPeaksSample {
		rng := rand.New(rand.NewPCG(r.run.Seed, densityPeaksStream))
		rng.Shuffle(r.n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		rows = rows[:densityPeaksSample]
		slices.Sort(rows)
		of = fmt.Sprintf("%d rows drawn by the seed", densityPeaksSample)
	}
	m := len(rows)
	all := make([]float64, m*(m-1)/2) // row i's with those before it from i(i−1)/2 on
	err = parallel(ctx, r.run.workers(), m, func(i int) {
		to := all[i*(i-1)/2:]
		for j := range i {
			to[j] = r.from.pair(int(rows[i]), int(rows[j]))
		}
	})
	if err != nil {
		return 0, "", err
	}
	if r.x.Weights != nil {
		length = r.weightedCutoff(rows, all)
	} else {
		at := int(math.Round(float64(len(all)) * r.opt.Percent / 100))
		length = meanshiftKth(all, min(max(at, 1), len(all))-1)
	}
	if length == 0 {
		length = math.Inf(1)
		for _, v := range all {
			if v > 0 && v < length {
				length = v
			}
		}
		if math.IsInf(length, 1) {
			length = 0
		}
	}
	return length, of, nil
}

// weightedCutoff counts each pair as often as the product of its weights, and a row of
// weight w as w(w−1)/2 pairs of equal rows.
func (r *densityPeaksRun) weightedCutoff(rows []int32, all []float64) float64 {
	type pair struct{ v, w float64 }
	pairs := make([]pair, 0, len(all))
	total, have := 0.0, 0.0
	for i, p := range rows {
		w := r.x.Weight(int(p))
		have += max(0, w*(w-1)/2)
		for j, q := range rows[:i] {
			pairs = append(pairs, pair{all[i*(i-1)/2+j], w * r.x.Weight(int(q))})
			total += pairs[len(pairs)-1].w
		}
	}
	total += have
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.v, b.v) })
	at := max(1, math.Round(total*r.opt.Percent/100))
	if have >= at {
		return 0
	}
	for _, p := range pairs {
		if have += p.w; have >= at {
			return p.v
		}
	}
	return pairs[len(pairs)-1].v
}
