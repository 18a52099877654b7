package features

import "math"

var _ = registerTransform(&Transform{
	Name: "zscore",
	Doc: `Mean 0, standard deviation 1
Every column becomes (x − x̄)/s with the population standard deviation (divisor n),
as scikit-learn's StandardScaler does. Columns are taken as they are: nothing is
logged, so a few large values dominate skewed ones; block scaling logs them first.`,
	Version: 1,
	New:     func() Learner { return &ZScore{} },
})

// ZScore has no options.
type ZScore struct{}

// Learn takes weighted means and standard deviations; constant columns are dropped.
func (*ZScore) Learn(m *Matrix) (Map, []string, error) {
	cols, warnings, err := varying(m, "z-score would divide by 0")
	if err != nil {
		return nil, nil, err
	}
	mean, variance := moments(m)
	a := &affine{Columns: names(m, cols)}
	for _, j := range cols {
		a.Center = append(a.Center, mean[j])
		a.Scale = append(a.Scale, math.Sqrt(variance[j]))
	}
	return a, warnings, nil
}

// Map returns an empty map.
func (*ZScore) Map() Map { return &affine{} }
