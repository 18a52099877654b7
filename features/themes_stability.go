package features

import (
	"fmt"
	"math"
)

// Stability says how well a number of themes settles.
type Stability struct {
	K int
	// Amari is the mean Amari-type error between the themes of any two starts: 0 =
	// every start finds the same ones, up to their order.
	Amari float64
	// Objective is the least ½‖X − WH‖² over the starts; it falls with K always.
	Objective float64
}

// Stability factors the customers of the summary from so many random starts for every
// number of themes in ks, by which one chooses: the largest k whose error is still
// small, or the one before it leaps (Wu et al. 2016, stability-driven NMF,
// doi:10.1073/pnas.1521171113, where 1/(2k)·(2k − Σ_j max_i C_ij − Σ_i max_j C_ij) of
// the themes' correlations C is averaged over pairs of starts). Few starts say little:
// 20 is usual. Cost: starts × the cost of a fit, for every k.
func (o *Themes) Stability(s Summary, ks []int, starts int) ([]Stability, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if starts < 2 {
		return nil, fmt.Errorf("starts = %d: at least 2, to compare them", starts)
	}
	sum := s.(*themesSummary)
	sum.prune()
	x, _ := o.weigh(sum, &themesModel{})
	var out []Stability
	for _, k := range ks {
		var fits []*Factors
		best := math.Inf(1)
		for seed := range starts {
			f, err := NMF{K: k, Seed: uint64(seed + 1)}.Fit(x)
			if err != nil {
				return nil, err
			}
			fits = append(fits, f)
			best = min(best, f.Objective)
		}
		var total, pairs float64
		for i, a := range fits {
			for _, b := range fits[:i] {
				total += themesAmari(a, b)
				pairs++
			}
		}
		out = append(out, Stability{K: k, Amari: total / pairs, Objective: best})
	}
	return out, nil
}

// themesAmari is the Amari-type error between the rows of two H.
func themesAmari(a, b *Factors) float64 {
	k := a.K
	d := len(a.H) / k
	rows, cols := make([]float64, k), make([]float64, k)
	for i := range k {
		rows[i], cols[i] = math.Inf(-1), math.Inf(-1)
	}
	for i := range k {
		for j := range k {
			c := themesCorrelation(a.H[i*d:i*d+d], b.H[j*d:j*d+d])
			rows[i], cols[j] = max(rows[i], c), max(cols[j], c)
		}
	}
	left := 2 * float64(k)
	for i := range k {
		left -= rows[i] + cols[i]
	}
	return left / (2 * float64(k))
}

// themesCorrelation is Pearson's; 0 where one does not vary.
func themesCorrelation(x, y []float64) float64 {
	if r := agreePearson(x, y); !math.IsNaN(r) {
		return r
	}
	return 0
}
