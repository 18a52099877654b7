package features

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/datasets"
)

// ZeroCheck holds the customers who never came back against what the NBD expects.
type ZeroCheck struct {
	Customers int     `json:"customers"`
	Observed  float64 `json:"observed"` // share of customers without a repeat purchase
	Expected  float64 `json:"expected"` // mean of P(X = 0) over the customers, each in their own time
	// Z is the difference, observed − expected, in standard errors of a share with the
	// customers' own probabilities. The parameters are fitted to the same customers, so
	// that |Z| is a little too small: far above 2 says that buying is not NBD.
	Z     float64 `json:"z"`
	Model NBD     `json:"model"`
}

// CheckZeros fits the NBD to a log's repeat purchases and compares the share of
// customers without one with the fitted
//
//	P(X = 0) = (α/(α + T))^r,  T weeks since the first purchase.
//
// More zeros than expected are the mark of people who tried once and left, or who
// never were customers of that category: heavy, medium and low are then no classes of
// one population. Cost: O(events) and a fit.
func CheckZeros(ctx context.Context, log *datasets.Log) (ZeroCheck, error) {
	var all []CBS
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return ZeroCheck{}, err
		}
		if c, ok := CBSOf(h, Weeks); ok {
			all = append(all, c)
		}
	}
	cohort, err := NewCohort(all, nil)
	if err != nil {
		return ZeroCheck{}, err
	}
	m, _, err := FitNBD(cohort)
	if err != nil {
		return ZeroCheck{}, fmt.Errorf("NBD of %s: %w", log.Meta.Name, err)
	}
	z := ZeroCheck{Customers: len(all), Model: m}
	var variance float64
	for _, c := range all {
		p := math.Pow(m.Alpha/(m.Alpha+c.T), m.R)
		z.Expected += p
		variance += p * (1 - p)
		if c.X == 0 {
			z.Observed++
		}
	}
	if variance > 0 {
		z.Z = (z.Observed - z.Expected) / math.Sqrt(variance)
	}
	z.Observed /= float64(len(all))
	z.Expected /= float64(len(all))
	return z, nil
}
