package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/cluster"
)

// SetStatistic is the statistic that a model confidence set tests with.
type SetStatistic string

// The statistics of Hansen, Lunde & Nason (2011, §3.1.2).
const (
	// RangeStatistic is T_R = max tᵢⱼ over pairs. A method with wild scores does not blur
	// the comparison of two others, but from fewer than 20 rows it drops too many.
	RangeStatistic SetStatistic = "range"
	// MaxStatistic is T_max = max tᵢ. of each method against the mean of those that are
	// left. It keeps its level from five rows on.
	MaxStatistic SetStatistic = "max"
)

// ConfidenceSetOptions says how a model confidence set is made.
type ConfidenceSetOptions struct {
	Alpha     float64      // the best methods are all in the set with probability 1 − alpha
	Resamples int          // bootstrap resamples of rows
	Statistic SetStatistic // "range" or "max"
}

// NewConfidenceSetOptions: 95 %, as everywhere; T_max, for studies have few seeds; 5,000
// resamples put a p-value of .05 within ±.006 (two standard errors of Monte Carlo).
func NewConfidenceSetOptions() ConfidenceSetOptions {
	return ConfidenceSetOptions{Alpha: 0.05, Resamples: 5000, Statistic: MaxStatistic}
}

func (o ConfidenceSetOptions) check() error {
	switch {
	case !(o.Alpha > 0 && o.Alpha < 1):
		return fmt.Errorf("confidence set: alpha = %g: give one between 0 and 1", o.Alpha)
	case o.Resamples < 100 || o.Resamples > 1_000_000:
		return fmt.Errorf("confidence set: resamples = %d: give 100 to 1,000,000", o.Resamples)
	case o.Statistic != RangeStatistic && o.Statistic != MaxStatistic:
		return fmt.Errorf("confidence set: statistic = %q: %s or %s", o.Statistic, RangeStatistic, MaxStatistic)
	}
	return nil
}

// ConfidenceMember is one method's place.
type ConfidenceMember struct {
	// Value is the mean score, Lo and Hi its interval of confidence 1 − alpha, for this
	// method alone. Meaningless if Reason is set, as all else.
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	// Gap is by how much the method is worse than the best, ≥ 0, with the interval of
	// the paired difference; 0 for the best itself.
	Gap   float64 `json:"gap"`
	GapLo float64 `json:"gap_lo"`
	GapHi float64 `json:"gap_hi"`
	// P is the MCS p-value: the method is in the sets of every alpha < P.
	P      float64 `json:"p"`
	In     bool    `json:"in"`               // not distinguishable from the best: "~"
	Reason string  `json:"reason,omitempty"` // why the method was not compared
}

// ConfidenceSet is the answer to: which of these could be the best?
type ConfidenceSet struct {
	Alpha     float64            `json:"alpha"`
	Statistic SetStatistic       `json:"statistic"`
	Rows      int                `json:"rows"`      // paired draws; 0 where replicates were given
	Resamples int                `json:"resamples"` // or replicates
	Best      int                `json:"best"`      // the method of the best value; −1 if none has one
	Methods   []ConfidenceMember `json:"methods"`   // in the order they came in
	Warnings  []string           `json:"warnings,omitempty"`
}

// FewRows is the number of rows below which a confidence set comes with a warning.
const FewRows = 10

// NewConfidenceSet makes the model confidence set of methods by paired scores within one
// data set: scores[i][j] is what method j got in draw i, a seed or a held-out customer.
// better is +1 where larger is better, −1 where smaller is. Rows must be independent
// draws, and the set speaks of nothing but what they vary: rows that are seeds say
// nothing on other customers. Bootstrap replicates are no rows, use
// ConfidenceSetOfReplicates: a thousand would count as a thousand sets of customers;
// nor are subsamples that share customers, use CorrectedResampledT.
//
// With Lᵢ the mean loss (score times −better), ζᵢ its bootstrap deviations and M the
// methods left,
//
//	tᵢⱼ = (Lᵢ − Lⱼ)/√E(ζᵢ − ζⱼ)²,     T_R   = max over i, j of tᵢⱼ
//	tᵢ. = (Lᵢ − L̄_M)/√E(ζᵢ − ζ̄_M)²,  T_max = max over i of tᵢ.
//	p   = share of resamples with T* ≥ T, T* the same of ζ in place of L
//
// "M are equally good" is tested, the worst (largest t) is dropped, and so on to the last.
// A method's P is the largest p up to its drop, the last one's 1; In is P > alpha. All
// methods of one resample see the same rows, so what makes a draw easy for all cancels.
//
// Beyond the paper, for few rows: t is put from Student's t of n − 1 degrees of freedom
// (with n/(n − 1) in the variance) to the normal's scale, the bootstrap's tails being the
// normal's. In simulated studies of five rows and 2, 4, 10 equally good methods, 95 % sets
// then held all in 94, 94, 93 % with T_max (94, 90, 77 % with T_R), else in 83, 76, 57 %
// (83, 60, 16 %). And T* ≥ T in place of >, so that methods that never differ (t = 0, as
// for differences in the 12th digit) are not told apart.
//
// A method without a finite score in some row is not compared, with that reason. Lo, Hi
// and the gap's are Student's intervals of the mean over rows. Two rows are needed.
//
// seed draws the resamples; workers change nothing. Cost: O(B·n·k) for the draws,
// O(B·k²) for the drops, and B·k numbers of memory.
// Source: Hansen, Lunde & Nason 2011, Econometrica 79:453–497, doi:10.3982/ECTA5771.
func NewConfidenceSet(ctx context.Context, scores [][]float64, better int, o ConfidenceSetOptions, run cluster.Run) (*ConfidenceSet, error) {
	if err := confidenceCheck(scores, 0, better, o); err != nil {
		return nil, err
	}
	if len(scores) < 2 {
		return nil, fmt.Errorf("confidence set: %d row of scores: it takes two draws to see a spread", len(scores))
	}
	c := newConfidenceRun(len(scores[0]), better, o)
	c.out.Rows = len(scores)
	c.admit(scores, nil)
	for j := range c.at {
		column := c.column(scores, j)
		c.value[j], _ = moments(column)
		m := c.member(j)
		m.Value = c.value[j]
		m.Lo, m.Hi = studentInterval(column, o.Alpha)
	}
	c.choose()
	for j, method := range c.at {
		gap := make([]float64, len(scores))
		for i, r := range scores {
			gap[i] = float64(better) * (r[c.out.Best] - r[method])
		}
		m := c.member(j)
		m.GapLo, m.GapHi = studentInterval(gap, o.Alpha) // 0, 0 for the best itself
	}
	if err := c.resample(ctx, scores, run); err != nil {
		return nil, err
	}
	c.normal = studentToNormal(float64(len(scores)))
	if err := c.eliminate(ctx); err != nil {
		return nil, err
	}
	if len(scores) < FewRows && len(c.at) > 1 {
		c.out.Warnings = append(c.out.Warnings, fmt.Sprintf("%d draws: only large differences can be told from chance; %d or more are better", len(scores), FewRows))
	}
	return c.out, nil
}

// ConfidenceSetOfReplicates is the same where the score of each method is one figure over
// all rows (a silhouette, a cross-fitted R²) and came with paired bootstrap replicates of
// it: values[j] is method j's score, replicates[b][j] that in resample b, the same
// customers for all methods. Deviations are taken from the replicates' own mean, for many
// scores are shifted by the doublets of a bootstrap; Lo, Hi and the gap's are the value
// with the quantiles (type 7) of the deviations. There is no correction for few rows,
// whose number is not known. resamples and seeds play no part. Cost: O(B·k²).
func ConfidenceSetOfReplicates(ctx context.Context, values []float64, replicates [][]float64, better int, o ConfidenceSetOptions) (*ConfidenceSet, error) {
	o.Resamples = max(o.Resamples, 100) // not used, and not to be complained of
	if err := confidenceCheck(replicates, len(values), better, o); err != nil {
		return nil, err
	}
	if len(replicates) < 100 {
		return nil, fmt.Errorf("confidence set: %d replicates: give 100 or more", len(replicates))
	}
	c := newConfidenceRun(len(values), better, o)
	c.admit(replicates, values)
	c.dev = make([]float64, len(replicates)*len(c.at))
	k := len(c.at)
	for j, method := range c.at {
		c.value[j] = values[method]
		column := c.column(replicates, j)
		centre, _ := moments(column)
		for b, x := range column {
			column[b] = x - centre
			c.dev[b*k+j] = -float64(better) * column[b]
		}
		m := c.member(j)
		m.Value = c.value[j]
		m.Lo, m.Hi = deviationInterval(m.Value, column, o.Alpha)
	}
	c.choose()
	gap := make([]float64, len(replicates))
	for j := range c.at {
		for b := range gap {
			gap[b] = c.dev[b*k+j] - c.dev[b*k+c.best]
		}
		m := c.member(j)
		m.GapLo, m.GapHi = deviationInterval(m.Gap, gap, o.Alpha)
	}
	c.out.Resamples = len(replicates)
	c.normal = func(t float64) float64 { return t }
	if err := c.eliminate(ctx); err != nil {
		return nil, err
	}
	return c.out, nil
}

// confidenceCheck looks at the arguments; k = 0 is as many methods as the first row has.
func confidenceCheck(rows [][]float64, k, better int, o ConfidenceSetOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if better != 1 && better != -1 {
		return fmt.Errorf("confidence set: better = %d: give 1 (larger is better) or -1 (smaller is better)", better)
	}
	if len(rows) == 0 {
		return fmt.Errorf("confidence set: there are no rows")
	}
	if k == 0 {
		k = len(rows[0])
	}
	if k == 0 {
		return fmt.Errorf("confidence set: there are no methods")
	}
	for i, r := range rows {
		if len(r) != k {
			return fmt.Errorf("confidence set: row %d has %d scores, not %d: give every method one in each", i, len(r), k)
		}
	}
	return nil
}

// studentInterval is the mean ± t·s/√n.
func studentInterval(x []float64, alpha float64) (lo, hi float64) {
	n := float64(len(x))
	m, sd := moments(x)
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1-alpha/2) * sd / math.Sqrt(n)
	return m - half, m + half
}

// deviationInterval is the value with the quantiles of deviations, whose mean is 0 and
// which it sorts.
func deviationInterval(value float64, dev []float64, alpha float64) (lo, hi float64) {
	slices.Sort(dev)
	return value + min(quantile7(dev, alpha/2), 0), value + max(quantile7(dev, 1-alpha/2), 0)
}

// studentToNormal puts a mean over its bootstrap deviation, n rows, from Student's scale
// to the normal's: equal upper tails.
func studentToNormal(n float64) func(t float64) float64 {
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	return func(t float64) float64 {
		p := student.Survival(t * math.Sqrt((n-1)/n)) // the bootstrap's variance divides by n
		if t == 0 || math.IsInf(t, 0) || p < 1e-300 { // so far out nothing is left to compare with
			return t
		}
		return -distuv.UnitNormal.Quantile(p)
	}
}
