package features

import (
	"fmt"
	"math"
)

var _ = registerTransform(&Transform{
	Name: "robust",
	Doc: `Median 0, median absolute deviation 1
Every column becomes (x − median)/(1.4826 · MAD): for a normal column the same as a
z-score, and blind to how far the outliers are. Where more than half of the values
are equal, or all but (below a tenth of the mean deviation), the MAD says nothing of the
others; then IQR/1.349 takes its place, and where that is as small the mean absolute
deviation about the median times 1.2533, each with a warning.`,
	Version: 1,
	New:     func() Learner { return &Robust{} },
})

// Robust has no options.
type Robust struct{}

// Factors that make the three spreads estimate σ of a normal column.
const (
	madToSD     = 1.4826022185056018 // 1/Φ⁻¹(3/4)
	iqrToSD     = 1.349              // 2·Φ⁻¹(3/4), rounded as usual
	meanDevToSD = 1.2533141373155001 // √(π/2)
)

// robustFloor is the part of the mean deviation below which a spread counts as 0:
// dividing by it would give one column all of the distance. Log-normal columns stay
// above it up to a σ of 2.2, and by their IQR up to 2.6.
const robustFloor = 0.1

// Learn takes medians and spreads; constant columns are dropped.
func (*Robust) Learn(m *Matrix) (Map, []string, error) {
	if m.Weights != nil {
		return nil, nil, fmt.Errorf("rows with weights have no plain median: use zscore or block")
	}
	cols, warnings, err := varying(m, "its spread is 0")
	if err != nil {
		return nil, nil, err
	}
	a := &affine{Columns: names(m, cols)}
	for _, j := range cols {
		xs := present(m, j)
		med := median(xs) // sorts
		iqr := Quantile(xs, 0.75) - Quantile(xs, 0.25)
		var sum float64
		for i, x := range xs {
			xs[i] = math.Abs(x - med)
			sum += xs[i]
		}
		meanDev := meanDevToSD * sum / float64(len(xs))
		scale := madToSD * median(xs)
		if scale < robustFloor*meanDev {
			if scale = iqr / iqrToSD; scale >= robustFloor*meanDev {
				warnings = append(warnings, fmt.Sprintf("feature %q: over half of its values are equal, or all but (MAD 0): scaled by IQR/1.349 = %.4g", m.Cols[j].Name, scale))
			} else {
				scale = meanDev
				warnings = append(warnings, fmt.Sprintf("feature %q: over three quarters of its values are equal, or all but (MAD and IQR 0): scaled by the mean deviation × 1.2533 = %.4g", m.Cols[j].Name, scale))
			}
		}
		a.Center = append(a.Center, med)
		a.Scale = append(a.Scale, scale)
	}
	return a, warnings, nil
}

// Map returns an empty map.
func (*Robust) Map() Map { return &affine{} }
