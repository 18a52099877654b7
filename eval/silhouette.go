package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

var _ = register(&Metric{
	Name:    "silhouette",
	Aliases: []string{"silhouette_score"},
	Doc: `Silhouette: is a row nearer to its own segment than to the next one?
s(i) = (b − a)/max(a, b), with a the mean Euclidean distance to the other rows of
the own segment and b the smallest mean distance to another segment; a row alone
in its segment has 0 (as in scikit-learn). The value is the mean over rows, in
[−1, 1], larger is better; PerRow and PerSegment hold the rest. Exact up to Limit
rows; above it every row is compared with a sample of each segment, drawn with
probability proportional to size, and the value is within Epsilon of the exact one
with a probability of at least 1 − Delta. Noise counts as one more segment unless another policy is asked for, but
one segment and noise is undefined.`,
	Refs: []Ref{{
		Authors: "P. J. Rousseeuw", Title: "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
		Venue: "Journal of Computational and Applied Mathematics 20, 53-65", Year: 1987, DOI: "10.1016/0377-0427(87)90125-7",
	}, {
		Authors: "F. Altieri, A. Pietracaprina, G. Pucci, F. Vandin", Title: "Scalable distributed approximation of internal measures for clustering evaluation",
		Venue: "Proceedings of the 2021 SIAM International Conference on Data Mining, 648-656", Year: 2021, DOI: "10.1137/1.9781611976700.73",
	}, {
		Authors: "W. Hoeffding", Title: "Probability inequalities for sums of bounded random variables",
		Venue: "Journal of the American Statistical Association 58, 13-30", Year: 1963, DOI: "10.1080/01621459.1963.10500830",
	}},
	Version: 3,
	Range:   Range{Lo: -1, Hi: 1, Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New: func() Measure {
		return &Silhouette{Limit: 200_000, Epsilon: 0.02, Delta: 0.05, RowEpsilon: 0.25}
	},
})

// Silhouette compares each row's mean distance to its own segment with that to
// the nearest other one.
//
// Up to Limit rows every pair is looked at once: O(n²·d/2) time and 8·n·(d+k) bytes;
// where k columns of sums would be above 256 MB, each pair twice in O(n·d) memory.
//
// Above Limit rows, each is compared with a sample of about m = 24·ln(4·n·k/Delta)/RowEpsilon²
// rows a segment, but of Limit/2 rows in all at most, and 2·RowEpsilon²·ln(4/Delta)/Epsilon² rows
// with all: O(n·min(k·m, Limit/2)·d). silhouette_pps.go has the proofs. in.Seed draws the
// samples. Distances are summed in float64; the workers change nothing but the time.
type Silhouette struct {
	// Limit is the number of rows above which samples are taken; 0 = never.
	// 200,000 rows of 8 features cost 3 s on two cores with AVX-512, 6 s with AVX2,
	// 80 s without either.
	Limit int `json:"limit"`
	// Epsilon bounds the error of a sampled value, with a probability of at least 1 − Delta.
	Epsilon float64 `json:"epsilon"`
	// Delta is the probability that a sampled value, or row, is farther off than promised.
	Delta float64 `json:"delta"`
	// RowEpsilon bounds the errors of all rows at once. Errors are a tenth of it as a rule:
	// the bound holds for any data. With many segments Limit/2 rows may be too few for it;
	// the warning then says which bound holds.
	RowEpsilon float64 `json:"row_epsilon"`
	// Interval asks for a 95 % interval of the exact value: how far it would vary over samples
	// of customers who are put into segments by the same rule. It costs about as much again.
	Interval bool `json:"interval"`
}

// Score implements Measure.
func (s *Silhouette) Score(ctx context.Context, in *Input) (Score, error) {
	if s.Limit > 0 && !(s.Epsilon > 0 && s.RowEpsilon > 0 && s.Delta > 0 && s.Delta < 1) {
		return Undefined("silhouette needs epsilon and row_epsilon above 0 and delta between 0 and 1, not %g, %g and %g", s.Epsilon, s.RowEpsilon, s.Delta), ctx.Err()
	}
	p := newPartition("silhouette", in)
	if p.reason != "" || p.missing("silhouette", in) {
		return Score{Reason: p.reason}, ctx.Err()
	}
	p.order()
	n, _ := in.X.Dims()
	run := newSilhouetteRun(ctx, in, p)
	out := Score{Noise: p.policy, PerRow: make([]float64, n), PerSegment: make([]float64, p.segments)}
	for i := range out.PerRow {
		out.PerRow[i] = math.NaN()
	}
	if s.Interval {
		run.parts = newSilhouetteParts(n)
	}
	if s.Limit > 0 && p.kept() > s.Limit {
		if err := s.sampled(run, &out); err != nil {
			return Score{}, err
		}
	}
	switch {
	case out.Sampled > 0:
	case run.table() <= silhouetteBytes:
		run.symmetric(out.PerRow)
	default:
		all := make([]int, p.kept())
		for i := range all {
			all[i] = i
		}
		run.rowByRow(all, run.y, run.whole(), out.PerRow)
	}
	if err := ctx.Err(); err != nil {
		return Score{}, err
	}
	if out.Sampled == 0 {
		s.summarise(p, &out)
		if s.Interval {
			out.setInterval(run.standardError(run.parts, out.PerRow, out.Value))
			if err := ctx.Err(); err != nil {
				return Score{}, err
			}
		}
	}
	if math.IsNaN(out.Value) {
		return Undefined("silhouette left the range of floating-point numbers; scale the features first"), nil
	}
	return out, nil
}

// silhouetteBytes bounds the table of distance sums. Above it every distance is
// computed twice, which costs a little less than twice the time.
const silhouetteBytes = 256 << 20

// summarise fills value and segments from the rows' silhouettes.
func (*Silhouette) summarise(p *partition, out *Score) {
	for g := range p.k {
		var sum float64
		for _, r := range p.rows[p.start[g]:p.start[g+1]] {
			sum += out.PerRow[r]
		}
		size := float64(p.size(g))
		if g < p.segments {
			out.PerSegment[g] = sum / size
		}
		out.Value += size / float64(p.kept()) * (sum / size)
	}
}

// silhouetteSample draws positions in p.rows: from each group its share of want,
// rounded up, at least two.
func silhouetteSample(p *partition, want int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, 0x5117))
	var out []int
	for g := range p.k {
		size := p.size(g)
		m := min(size, max(2, (want*size+len(p.rows)-1)/len(p.rows)))
		at := make([]int, size)
		for i := range at {
			at[i] = p.start[g] + i
		}
		for i := range m { // the first m steps of a Fisher-Yates shuffle
			j := i + rng.IntN(size-i)
			at[i], at[j] = at[j], at[i]
		}
		slices.Sort(at[:m])
		out = append(out, at[:m]...)
	}
	return out
}
