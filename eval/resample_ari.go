package eval

import (
	"context"
	"math"
)

const resampleARIDoc = `Noise is one more cluster, in each. The interval is a jackknife over refits: what more of them
would bring, not what other customers would. A method that always says the same (one
cluster for all) scores 1: this measures agreement, not truth.`

var _ = register(&Metric{
	Name: "resample_ari",
	Doc: `Agreement of refits: the adjusted Rand index between clusterings of different samples
(2/(B(B−1))) Σ_{a<b} ARI(a, b): the data are drawn again B times (half of the rows without
replacement), everything is learned again, and each two refits are compared on the rows
that both drew. 1 = the samples agree, 0 = as much as chance gives.
` + resampleARIDoc,
	Refs: []Ref{{
		Authors: "A. Ben-Hur, A. Elisseeff, I. Guyon", Title: "A stability based method for discovering structure in clustered data",
		Venue: "Pacific Symposium on Biocomputing 7, 6-17", Year: 2002, DOI: "10.1142/9789812799623_0002",
	}, hubertArabie},
	Version: 1,
	Range:   Range{Lo: -0.5, Hi: 1, Better: +1},
	Needs:   NeedRefit,
	New:     func() Measure { return &ResampleARI{Method: Subsample, Share: refitShare, B: refitB} },
})

var hubertArabie = Ref{
	Authors: "L. Hubert, P. Arabie", Title: "Comparing partitions",
	Venue: "Journal of Classification 2, 193-218", Year: 1985, DOI: "10.1007/BF01908075",
}

// ResampleARI is the mean adjusted Rand index over pairs of refits. It clusters the
// resamples that Stability clusters. The seed decides which rows are drawn; workers affect
// nothing. Cost b refits and O(b²·n) for the pairs; 4·b·n bytes.
type ResampleARI struct {
	Method string  `json:"method"` // subsample or bootstrap
	Share  float64 `json:"share"`  // of the rows in a subsample
	B      int     `json:"b"`      // refits, at least 2
}

// Score implements Measure.
func (o *ResampleARI) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "resample ARI"
	how := resampling{method: o.Method, share: o.Share, b: o.B, stream: refitSampleStream}
	if reason := refitLacks(name, in); reason != "" {
		return Score{Reason: reason}, ctx.Err()
	}
	if wrong := how.check(); wrong != "" {
		return Undefined("%s: %s", name, wrong), ctx.Err()
	}
	again, err := newRefits(ctx, in, how, false)
	if err != nil {
		return Score{}, err
	}
	return refitAgreement(ctx, name, in, again)
}

// refitAgreement is the mean adjusted Rand index over pairs of refits with at least two
// rows in common.
func refitAgreement(ctx context.Context, name string, in *Input, again *refits) (Score, error) {
	if again.reason != "" {
		return Undefined("%s: %s", name, again.reason), ctx.Err()
	}
	b := len(again.fits)
	values := make([]float64, b*b)
	parallel(workersOf(in), b*b, func(task int) {
		if x, y := task/b, task%b; x < y && ctx.Err() == nil {
			v, noise, ok := refitARI(&again.fits[x], &again.fits[y])
			if !ok {
				v = math.NaN()
			}
			values[x*b+y] = v
			if noise {
				values[y*b+x] = 1 // below the diagonal: there was noise
			}
		}
	})
	if err := ctx.Err(); err != nil {
		return Score{}, err
	}
	out := Score{Warnings: again.warnings}
	sum, pairs := 0.0, 0.0
	of, met := make([]float64, b), make([]float64, b) // each refit's part
	for x := range b {
		for y := x + 1; y < b; y++ {
			if values[y*b+x] != 0 {
				out.Noise = OneCluster
			}
			v := values[x*b+y]
			if math.IsNaN(v) {
				continue
			}
			sum += v
			pairs++
			of[x], of[y] = of[x]+v, of[y]+v
			met[x]++
			met[y]++
		}
	}
	if pairs == 0 {
		return Undefined("%s: no two samples have two rows in common", name), nil
	}
	out.Value = sum / pairs
	out.Lo, out.Hi = refitJackknife(out.Value, sum, pairs, of, met)
	return out, nil
}

// refitJackknife bounds a mean over pairs by leaving out one refit at a time (a pair's
// two refits are in other pairs too, so that pairs are not independent): nil below three.
func refitJackknife(mean, sum, pairs float64, of, met []float64) (lo, hi *float64) {
	b := float64(len(of))
	if b < 3 {
		return nil, nil
	}
	s := 0.0
	for x := range of {
		if pairs <= met[x] {
			return nil, nil
		}
		without := (sum-of[x])/(pairs-met[x]) - mean
		s += without * without
	}
	half := 1.959963984540054 * math.Sqrt((b-1)/b*s)
	from, to := max(-0.5, mean-half), min(1, mean+half)
	return &from, &to
}

// refitARI compares two refits on the rows that both drew; ok is false below two.
func refitARI(a, b *refit) (ari float64, noise, ok bool) {
	var u, v []int32
	for i, l := range a.label {
		m := b.label[i]
		if l == refitAbsent || m == refitAbsent {
			continue
		}
		if l < 0 {
			l, noise = int32(len(a.size)), true
		}
		if m < 0 {
			m, noise = int32(len(b.size)), true
		}
		u, v = append(u, l), append(v, m)
	}
	if len(u) < 2 {
		return 0, noise, false
	}
	t := &contingency{n: len(u)}
	u, t.a = dense(u)
	v, t.b = dense(v)
	t.count(u, v)
	return t.adjustedRand(), noise, true
}
