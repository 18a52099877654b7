package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/cluster"
)

var _ = register(&Metric{
	Name:    "prediction_strength",
	Aliases: []string{"prediction.strength"},
	Doc: `Prediction strength: whether segments learned on one half put the other half together alike
ps = min_j (1/(n_j(n_j − 1))) Σ_{i≠i′ in A_j} [the other half's segments have i and i′ together]:
the rows are split into halves B times, both are clustered, and for the weakest segment A_j
of one half it is the share of its pairs that the segments of the other half leave together.
Both ways round, averaged over the splits. In [0, 1], larger is better; Tibshirani and
Walther take the largest number of segments with 0.8 to 0.9.
The rule by which the other half's segments label new rows is the clustering's own where
the caller can apply it, else the nearest centre (mean of a segment's rows in the matrix that
was clustered), which for methods other than k-means and its kin judges the rule too.
Noise rows are in no segment; a row that the rule calls noise is together with none.
Segments of one row have no pairs and are left out. A half with one segment has 1.
The interval is that of B, not of the customers.`,
	Refs: []Ref{{
		Authors: "R. Tibshirani, G. Walther", Title: "Cluster validation by prediction strength",
		Venue: "Journal of Computational and Graphical Statistics 14(3), 511-528", Year: 2005, DOI: "10.1198/106186005X59243",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedX | NeedRefit,
	New:     func() Measure { return &PredictionStrength{B: 25} },
})

// PredictionStrength is the mean of the weakest segment's share of pairs that stay
// together. The seed decides the splits; workers affect nothing. Cost 2·b refits and
// O(b·n·K·d).
type PredictionStrength struct {
	B int `json:"b"` // splits, at least 2
}

// predictionSplit is what one split gave.
type predictionSplit struct {
	value     float64
	single    bool // a half had one segment
	undecided bool // no segment has two rows
	failed    string
}

// Score implements Measure.
func (o *PredictionStrength) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "prediction strength"
	if reason := o.lacks(name, in); reason != "" {
		return Score{Reason: reason}, ctx.Err()
	}
	splits := make([]predictionSplit, o.B)
	parallel(workersOf(in), o.B, func(b int) {
		if ctx.Err() == nil {
			splits[b] = o.split(ctx, in, b)
		}
	})
	if err := ctx.Err(); err != nil {
		return Score{}, err
	}
	var values []float64
	var failed []string
	single := 0
	for _, s := range splits {
		failed = append(failed, s.failed)
		if s.single {
			single++
		}
		if s.failed == "" && !s.undecided {
			values = append(values, s.value)
		}
	}
	warnings, reason := refitFailures(failed)
	switch {
	case reason != "":
		return Undefined("%s: %s", name, reason), nil
	case len(values) == 0:
		return Undefined("%s: no half has a segment of 2 rows", name), nil
	}
	out := Score{Value: meanOf(values), Warnings: warnings}
	out.Lo, out.Hi = refitInterval(out.Value, values, 0, 1)
	if in.C.NumNoise() > 0 {
		out.Noise = Exclude
	}
	if single > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("a half of %d of %d splits has one segment, which predicts itself", single, o.B))
	}
	return out, nil
}

// lacks says what is missing; "" = nothing.
func (o *PredictionStrength) lacks(name string, in *Input) string {
	if reason := refitLacks(name, in); reason != "" {
		return reason
	}
	switch _, counts := dense(in.C.Labels); {
	case o.B < 2:
		return fmt.Sprintf("%s: b is at least 2, not %d", name, o.B)
	case len(in.C.Labels) < 4:
		return name + " needs at least 4 rows, 2 in each half"
	case len(counts) < 2:
		return fmt.Sprintf("%s needs at least 2 segments; this run has %d", name, len(counts))
	case in.Classify != nil:
		return ""
	case in.X == nil:
		return name + " needs the matrix that was clustered, or a rule for new rows; there is neither"
	}
	if r, c, bad := in.X.Missing(); bad {
		return fmt.Sprintf("%s needs every value; row %s has none in column %s", name, in.X.ID(r), in.X.Cols[c].Name)
	}
	return ""
}

// split halves the rows once.
func (o *PredictionStrength) split(ctx context.Context, in *Input, b int) (s predictionSplit) {
	n := len(in.C.Labels)
	rng := rand.New(rand.NewPCG(in.Seed, refitHalfStream+uint64(b)<<8))
	var rows [2][]int
	rows[0] = refitSplit(n, n/2, rng)
	drawn := make([]bool, n)
	for _, r := range rows[0] {
		drawn[r] = true
	}
	for r, is := range drawn {
		if !is {
			rows[1] = append(rows[1], r)
		}
	}
	var fits [2]*cluster.Clustering
	for h := range fits {
		c, err := refitCall(ctx, in, rows[h], rng.Uint64())
		if err != nil {
			return predictionSplit{failed: cmp.Or(err.Error(), "no reason given")}
		}
		fits[h] = c
	}
	var err error
	if s.value, s.single, s.undecided, err = predictionPair(ctx, in, fits, rows); err != nil {
		return predictionSplit{failed: cmp.Or(err.Error(), "no reason given")}
	}
	return s
}

// predictionPair rates two clusterings of two halves by each other, both ways round.
func predictionPair(ctx context.Context, in *Input, fits [2]*cluster.Clustering, rows [2][]int) (value float64, single, undecided bool, err error) {
	met := 0
	for train := range fits {
		test := 1 - train
		by, err := predictionLabels(ctx, in, fits[train], rows[train], rows[test])
		if err != nil {
			return 0, false, false, err
		}
		own, counts := dense(fits[test].Labels)
		single = single || len(counts) == 1
		if v, ok := predictionTogether(own, by, counts); ok {
			value += v
			met++
		}
	}
	return value / float64(max(met, 1)), single, met == 0, nil
}

// predictionTogether is the smallest share, over segments of at least two rows, of pairs
// that the other labels have together. Negative other labels are together with nothing.
// ok is false where no segment has a pair. Cost O(n + segments).
func predictionTogether(own, by []int32, counts []int) (least float64, ok bool) {
	by, others := dense(by)
	start := make([]int, len(counts)+1)
	for g, c := range counts {
		start[g+1] = start[g] + c
	}
	sorted, at := make([]int32, start[len(counts)]), slices.Clone(start)
	for i, g := range own {
		if g >= 0 {
			sorted[at[g]] = by[i]
			at[g]++
		}
	}
	hits := make([]int, len(others))
	least = math.Inf(1)
	for g, c := range counts {
		if c < 2 {
			continue
		}
		together := 0
		for _, l := range sorted[start[g]:start[g+1]] {
			if l >= 0 {
				together += 2 * hits[l] // this row with each before it, both ways round
				hits[l]++
			}
		}
		for _, l := range sorted[start[g]:start[g+1]] {
			if l >= 0 {
				hits[l] = 0
			}
		}
		least, ok = min(least, float64(together)/(float64(c)*float64(c-1))), true
	}
	return least, ok
}

// predictionLabels labels the test rows by a clustering of the training rows.
func predictionLabels(ctx context.Context, in *Input, c *cluster.Clustering, train, test []int) (labels []int32, err error) {
	if in.Classify != nil {
		defer func() { // as in refitCall
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		labels, err = in.Classify(ctx, c, test)
		if err == nil && len(labels) != len(test) {
			err = fmt.Errorf("%d labels came back for %d new rows", len(labels), len(test))
		}
		return labels, err
	}
	label, counts := dense(c.Labels)
	if len(counts) == 0 {
		return slices.Repeat([]int32{refitNoise}, len(test)), nil
	}
	_, d := in.X.Dims()
	rule := &cluster.Rule{Kind: cluster.NearestCenter}
	for g := range counts {
		rule.Points, rule.Labels = append(rule.Points, make([]float64, d)), append(rule.Labels, int32(g))
	}
	for i, r := range train {
		if g := label[i]; g >= 0 {
			for j, v := range in.X.Row(r) {
				rule.Points[g][j] += v / float64(counts[g])
			}
		}
	}
	labels, _, err = rule.PredictAll(ctx, in.X.Pick(test), 1)
	return labels, err
}
