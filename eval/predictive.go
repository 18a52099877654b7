package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// PredictiveOptions says how Predictive works; NewPredictiveOptions fills it in.
type PredictiveOptions struct {
	Bootstrap int     `json:"bootstrap"` // resamples behind every interval
	Level     float64 `json:"level"`     // of the intervals
	Bins      int     `json:"bins"`      // equal-frequency bins of the mutual information
	// Margin is how near to chance a whole interval must lie for "least predictive": an
	// AUC in ½ ± Margin. On the scale of a correlation that is 2·Margin.
	Margin  float64 `json:"margin"`
	HeldOut float64 `json:"held_out"` // share of the customers on which the model is tried
	// Ridge is the penalty of the model for each of its d columns: Σ loss + Ridge·d/2·‖β‖².
	Ridge float64 `json:"ridge"`
	// Permutations of the held-out customers behind an importance.
	Permutations int `json:"permutations"`
	// Bag is the largest number of customers that are resampled. Of more, a bag of so
	// many is drawn and resamples as large as the whole are drawn from it.
	Bag int `json:"bag"`
}

// NewPredictiveOptions returns the defaults. Ridge 1 expects beforehand that all columns
// together move the logit by a standard deviation of 1, however many they are: a penalty
// that does not grow with them lets ninety columns of 375 customers of Online Retail tell
// the hold-out worse than no column does. The bag of 20,000 makes the width of an interval uncertain by half a per cent,
// and keeps two hundred columns of any number of customers to seconds.
func NewPredictiveOptions() PredictiveOptions {
	return PredictiveOptions{Bootstrap: 2000, Level: 0.95, Bins: 10, Margin: 0.02, HeldOut: 0.5, Ridge: 1, Permutations: 5, Bag: 20_000}
}

func (o PredictiveOptions) check() error {
	switch {
	case o.Bootstrap < 100:
		return fmt.Errorf("bootstrap %d: 100 resamples at least, 2000 for an interval of 95 %%", o.Bootstrap)
	case !(o.Level > 0 && o.Level < 1):
		return fmt.Errorf("level %g: between 0 and 1, as 0.95", o.Level)
	case o.Bins < 2 || o.Bins > 255:
		return fmt.Errorf("bins %d: 2 to 255, as 10", o.Bins)
	case !(o.Margin >= 0 && o.Margin < 0.5):
		return fmt.Errorf("margin %g: from 0 to below 0.5, as 0.02", o.Margin)
	case !(o.HeldOut > 0 && o.HeldOut < 1):
		return fmt.Errorf("held_out %g: between 0 and 1, as 0.5", o.HeldOut)
	case !(o.Ridge > 0) || math.IsInf(o.Ridge, 1):
		return fmt.Errorf("ridge %g: above 0, as 1: without a penalty columns that say the same have no one model", o.Ridge)
	case o.Permutations < 1:
		return fmt.Errorf("permutations %d: 1 at least, as 5", o.Permutations)
	case o.Bag < 100:
		return fmt.Errorf("bag %d: 100 customers at least, as 20000", o.Bag)
	}
	return nil
}

// Interval is an estimate with the ends of its bootstrap interval.
type Interval struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// RankedColumn is what one feature tells of an outcome.
type RankedColumn struct {
	Column   features.Column `json:"column"`
	Place    int             `json:"place"` // 1 = strongest; all that are tied with it have 1
	Known    int             `json:"known"` // customers with a value of both
	Coverage float64         `json:"coverage"`
	// Score is the ranking's measure: AUC (below ½: less of the feature goes with more of
	// the outcome), ρ, or η².
	Score    Interval `json:"score"`
	Strength float64  `json:"strength"` // free of direction: max(AUC, 1 − AUC), |ρ| or η²
	// Behind is the first one's strength less this one's, resample by resample.
	Behind Interval `json:"behind"`
	Tied   bool     `json:"tied"`  // Behind holds 0, or the column is the first
	Least  bool     `json:"least"` // the whole interval lies at chance, within the margin
	P      float64  `json:"p"`     // two-sided, of no association
	Q      float64  `json:"q"`     // Benjamini–Hochberg over the columns
	// Mutual is the mutual information in nats. Below 0 is none: the correction for the
	// number of cells is larger than what was found.
	Mutual Interval `json:"mutual_information"`
	// Importance is how much of the held-out D² is lost when the column is shuffled; nil
	// where there is no model.
	Importance *Interval `json:"importance"`
}

// RankedBlock is a block of columns shuffled together: columns that say the same share
// their importance, a block keeps it.
type RankedBlock struct {
	Name       string   `json:"name"`
	Place      int      `json:"place"`
	Columns    int      `json:"columns"`
	Best       string   `json:"best"` // its strongest column
	Importance Interval `json:"importance"`
	Behind     Interval `json:"behind"`
	Tied       bool     `json:"tied"`
}

// UnrankedColumn is a column of which nothing can be said.
type UnrankedColumn struct {
	Column features.Column `json:"column"`
	Reason string          `json:"reason"`
}

// PredictiveModel is the one model that the importances are of.
type PredictiveModel struct {
	Name    string   `json:"name"`
	Train   int      `json:"train"`
	HeldOut int      `json:"held_out"`
	Columns []string `json:"columns"`
	// D2 is 1 − loss/loss of the training customers' mean, on the held-out customers: log
	// loss (McFadden's R²), squared error of ranks (R²) or Brier's score. Meaningless if
	// Reason is set.
	D2     float64 `json:"d2"`
	Reason string  `json:"reason,omitempty"` // why there is no model; "" = there is one
}

// Ranking is the behaviours by how well they tell an outcome, strongest first.
type Ranking struct {
	Target    string            `json:"target"`
	Doc       string            `json:"doc"`
	Kind      OutcomeKind       `json:"kind"`
	Measure   string            `json:"measure"` // AUC, ρ or η²
	Customers int               `json:"customers"`
	Defined   int               `json:"defined"` // those with an outcome
	Rate      float64           `json:"rate"`    // mean outcome: share of ones, mean count, amount or days; share of the commonest category
	Resampled int               `json:"resampled"`
	Options   PredictiveOptions `json:"options"`
	Columns   []RankedColumn    `json:"columns"`
	Unranked  []UnrankedColumn  `json:"unranked"`
	Blocks    []RankedBlock     `json:"blocks"` // most important first; empty without a model
	Model     PredictiveModel   `json:"model"`
	Warnings  []string          `json:"warnings"`
}

// Predictive ranks the columns of x, as measured at the cut (raw, NaN = missing), by how
// well each tells the outcome y of the hold-out, one value a row, NaN = undefined.
//
// One column at a time, over the rows that have a value of both:
//
//	y of two values   AUC = U/(n₁n₀), U = #(x₁ > x₀) + ½#(x₁ = x₀): Mann & Whitney 1947;
//	                  p by the normal approximation with ties
//	y a number        Spearman's ρ, the correlation of mid-ranks; p by Student's t. Days
//	                  that were censored at the end rank above all others, alike
//	y a category      η² = (H − K + 1)/(n − K), the share of the variance of ranks that lies
//	                  between the K categories beyond what chance puts there (0 on average
//	                  without an association, below 0 at times); H and p (χ²) by Kruskal &
//	                  Wallis
//
// and the mutual information of x in equal-frequency bins (equal values are never parted,
// so discrete columns have fewer) with y (its own bins where it is a number), after
// Miller 1955 and Madow: I + (mₓ + m_y − mₓᵧ − 1)/2n, m counting what is not empty.
//
// All columns at a time, in one model fixed beforehand: ridge-penalised logistic
// regression (linear on the ranks of y, or on indicators of its categories) of columns
// turned into standardised ranks, missing = 0, learned on one part of the customers. A
// convex model has one optimum, which neither seed nor workers move; ranks make it
// indifferent to units and tails. Importance is the loss on the other part with the column
// shuffled less the loss as it is, over the loss without features (Breiman 2001; Fisher,
// Rudin & Dominici 2019, JMLR 20:177). It is of that model: columns that repeat each
// other share it, and where the model tells the other part no better than no column does
// there is none.
//
// Intervals are percentiles over the same resamples of customers for all columns, so
// differences are paired; where there are more than Options.Bag customers, deviations
// come from one bag (Kleiner et al. 2014, doi:10.1111/rssb.12050). Mutual information and
// η² are biased up in a resample, which holds customers twice: their deviations are taken
// from the resamples' mean.
//
// The weights of rows are not used. run.Seed draws resamples, halves and permutations;
// workers affect nothing. Cost: O(d·n ln n + d·Bootstrap·min(n, Bag) + n·d²) time,
// O(d·(min(n, Bag) + Bootstrap)) memory.
func Predictive(ctx context.Context, x *features.Matrix, y *Outcome, o PredictiveOptions, run cluster.Run) (*Ranking, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	switch {
	case len(y.Values) != n:
		return nil, fmt.Errorf("outcome %s has %d values and the matrix %d rows: one value a row", y.Name, len(y.Values), n)
	case x.IDs != nil && y.IDs != nil && !slices.Equal(x.IDs, y.IDs):
		return nil, fmt.Errorf("outcome %s is of other customers than the matrix, or in another order: measure it for the matrix's ids", y.Name)
	case y.Reason != "":
		return nil, fmt.Errorf("outcome %s cannot be told: %s", y.Name, y.Reason)
	}
	p := &predictiveRun{o: o, run: run, x: x, out: &Ranking{
		Target: y.Name, Doc: y.Doc, Kind: y.Kind, Customers: n, Options: o,
		Columns: []RankedColumn{}, Unranked: []UnrankedColumn{}, Blocks: []RankedBlock{}, Warnings: []string{},
	}}
	if err := p.outcome(y); err != nil {
		return nil, err
	}
	p.at = make([]predictiveColumn, d)
	if err := p.measure(ctx); err != nil {
		return nil, err
	}
	if err := p.resample(ctx); err != nil {
		return nil, err
	}
	if err := p.importance(ctx); err != nil {
		return nil, err
	}
	p.rank()
	return p.out, nil
}

// predictiveRun is one call of Predictive.
type predictiveRun struct {
	o   PredictiveOptions
	run cluster.Run
	x   *features.Matrix
	y   predictiveOutcome
	at  []predictiveColumn
	out *Ranking
}

// predictiveColumn is a column in the making.
type predictiveColumn struct {
	RankedColumn
	reason string
	sign   float64
	score  []float64 // by resample: score less the bag's
	mutual []float64 // by resample
}

// rank orders columns and blocks and finds the ties.
func (p *predictiveRun) rank() {
	var cols []*predictiveColumn
	for j := range p.at {
		c := &p.at[j]
		if c.reason != "" {
			p.out.Unranked = append(p.out.Unranked, UnrankedColumn{p.x.Cols[j], c.reason})
			continue
		}
		cols = append(cols, c)
	}
	ps := make([]float64, len(cols))
	for i, c := range cols {
		ps[i] = c.P
	}
	for i, q := range features.BenjaminiHochberg(ps) {
		cols[i].Q = q
	}
	slices.SortStableFunc(cols, func(a, b *predictiveColumn) int { return cmp.Compare(b.Strength, a.Strength) })
	var brink []string
	if p.out.Measure == measureEta {
		for _, c := range cols {
			c.score = p.centred(c.score)
		}
	}
	for i, c := range cols {
		c.Score.Lo, c.Score.Hi = p.interval(c.Score.Value, c.score)
		c.Mutual.Lo, c.Mutual.Hi = p.interval(c.Mutual.Value, p.centred(c.mutual))
		first := cols[0]
		diff := make([]float64, p.o.Bootstrap)
		for b := range diff {
			diff[b] = first.sign*first.score[b] - c.sign*c.score[b]
		}
		c.Behind.Value = first.Strength - c.Strength
		c.Behind.Lo, c.Behind.Hi = p.interval(c.Behind.Value, diff)
		c.Tied = i == 0 || c.Behind.Lo <= 0
		if p.brink(diff, c.Behind.Value) {
			brink = append(brink, c.Column.Name)
		}
		c.Place = i + 1
		if c.Tied {
			c.Place = 1
		}
		c.Least = p.least(c.Score)
		if c.Strength > 0.995 && p.out.Measure != measureEta {
			p.out.Warnings = append(p.out.Warnings, fmt.Sprintf("%s tells %s all but exactly: was it measured after the cut?", c.Column.Name, p.out.Target))
		}
		p.out.Columns = append(p.out.Columns, c.RankedColumn)
	}
	if len(brink) > 0 {
		p.out.Warnings = append(p.out.Warnings, fmt.Sprintf("whether %s tied with %s hangs on the seed: more than %d resamples would tell",
			someOf(brink), cols[0].Column.Name, p.o.Bootstrap))
	}
}

// someOf lists five names and the number of the others.
func someOf(names []string) string {
	if n := len(names); n > 5 {
		names = append(slices.Clone(names[:5]), fmt.Sprintf("%d more", n-5))
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " are"
	}
	return names[0] + " is"
}

// least reports whether the whole interval lies at chance.
func (p *predictiveRun) least(s Interval) bool {
	m := p.o.Margin
	switch p.out.Measure {
	case measureAUC:
		return s.Lo >= 0.5-m && s.Hi <= 0.5+m
	case measureRho:
		return s.Lo >= -2*m && s.Hi <= 2*m
	}
	return s.Hi <= 4*m*m
}

// brink reports whether the number of resamples in which the first was no better lies
// within two standard deviations of the number that makes a tie.
func (p *predictiveRun) brink(deviations []float64, value float64) bool {
	below := 0.0
	for _, x := range deviations {
		if value+x <= 0 {
			below++
		}
	}
	edge := (1 - p.o.Level) / 2
	n := float64(len(deviations))
	return below > 0 && math.Abs(below-edge*n) < 2*math.Sqrt(n*edge*(1-edge))
}

// interval returns the percentiles of value + deviation; resamples in which something
// was undefined are left out.
func (p *predictiveRun) interval(value float64, deviations []float64) (lo, hi float64) {
	s := make([]float64, 0, len(deviations))
	for _, x := range deviations {
		if !math.IsNaN(x) {
			s = append(s, x)
		}
	}
	if len(s) == 0 {
		return value, value
	}
	slices.Sort(s)
	tail := (1 - p.o.Level) / 2
	return value + quantile7(s, tail), value + quantile7(s, 1-tail)
}

// centred returns x less its mean, NaN apart.
func (p *predictiveRun) centred(x []float64) []float64 {
	sum, n := 0.0, 0.0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	mean := sum / n
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - mean
	}
	return out
}
