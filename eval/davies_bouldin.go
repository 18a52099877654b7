package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name:    "davies_bouldin",
	Aliases: []string{"db", "davies_bouldin_score"},
	Doc: `Davies-Bouldin index: how much each segment overlaps its most similar other one
DB = (1/k) Σ_a max_{b≠a} (s_a + s_b)/‖m_a − m_b‖, with s_a the mean Euclidean
distance of segment a's rows to its mean m_a (the paper's q = 1, p = 2, as in
scikit-learn). Smaller is better. PerSegment holds the maxima.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "D. L. Davies, D. W. Bouldin", Title: "A cluster separation measure",
		Venue: "IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2), 224-227", Year: 1979, DOI: "10.1109/TPAMI.1979.4766909",
	}},
	Version: 2,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: -1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &DaviesBouldin{} },
})

// DaviesBouldin is the mean over segments of the worst ratio of scatter to
// separation. Seed and workers affect nothing. Two passes over the rows, counted from a
// point among them, so that data far from the origin lose nothing. Cost O(n·d + k²·d).
type DaviesBouldin struct{}

// Score implements Measure.
func (*DaviesBouldin) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "Davies-Bouldin"
	p := newPartition(name, in)
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	centres, err := p.centres(ctx, in)
	if err != nil {
		return Score{}, err
	}
	scatter, err := p.scatters(ctx, in, centres)
	if err != nil {
		return Score{}, err
	}
	// What is missing is not a number in every sum that it enters.
	total := 0.0
	for _, v := range scatter {
		total += v
	}
	if math.IsNaN(total) || math.IsInf(total, 0) || p.policy == Exclude {
		if p.missing(name, in) {
			return Score{Reason: p.reason}, ctx.Err()
		}
	}
	worst := make([]float64, p.k)
	for a := range p.k {
		if a%256 == 255 && ctx.Err() != nil {
			return Score{}, ctx.Err()
		}
		for b := range a {
			gap, both := euclid(centres.Row(a), centres.Row(b)), scatter[a]+scatter[b]
			if gap == 0 {
				return Undefined("Davies-Bouldin divides by the distance between centres; two of the %d segments have the same centre", p.k), ctx.Err()
			}
			worst[a] = max(worst[a], both/gap)
			worst[b] = max(worst[b], both/gap)
		}
	}
	sum := 0.0
	for _, w := range worst {
		sum += w
	}
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		return Undefined("Davies-Bouldin left the range of floating-point numbers; scale the features first"), ctx.Err()
	}
	return Score{Value: sum / float64(p.k), Noise: p.policy, PerSegment: worst[:p.segments]}, ctx.Err()
}

func euclid(a, b []float64) float64 {
	s := 0.0
	for j, v := range a {
		s += (v - b[j]) * (v - b[j])
	}
	return math.Sqrt(s)
}
