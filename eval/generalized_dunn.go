package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

var bezdekPal = Ref{
	Authors: "J. C. Bezdek, N. R. Pal", Title: "Some new indexes of cluster validity",
	Venue: "IEEE Transactions on Systems, Man and Cybernetics B 28(3), 301-315", Year: 1998, DOI: "10.1109/3477.678624",
}

var _ = register(&Metric{
	Name:    "generalized_dunn",
	Aliases: []string{"gdunn", "gd33"},
	Doc: `Generalised Dunn index ν₃₃: mean distance between segments over mean spread within
ν = min over two segments of δ₃, divided by the largest Δ₃: δ₃ the mean distance between
their rows, Δ₃ twice the mean distance of a segment's rows to its mean. The pair that
Bezdek and Pal recommend: no single row decides it. Larger is better.
Noise counts as one more segment unless another policy is asked for.`,
	Refs:    []Ref{bezdekPal},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &GeneralizedDunn{Separation: 3, Diameter: 3} },
})

// GeneralizedDunn is Bezdek and Pal's family: the least separation δ of two groups over the
// largest diameter Δ of one.
//
//	δ₁ the smallest, δ₂ the largest, δ₃ the mean distance between their rows
//	δ₄ the distance between their means
//	δ₅ the mean distance of each group's rows to the other's mean, by rows
//	Δ₁ the largest, Δ₂ the mean distance between a group's rows
//	Δ₃ twice the mean distance of a group's rows to its mean
//
// Dunn's own index is δ₁/Δ₁. Seed and workers affect nothing. Cost O(n²·d), up to 100,000
// rows; without δ₁ to δ₃, Δ₁ and Δ₂ it is O(n·k·d).
type GeneralizedDunn struct {
	Separation int `json:"separation"` // 1 to 5
	Diameter   int `json:"diameter"`   // 1 to 3
}

// Score implements Measure.
func (o *GeneralizedDunn) Score(ctx context.Context, in *Input) (Score, error) {
	name := "Dunn index"
	if o.Separation != 1 || o.Diameter != 1 {
		name = fmt.Sprintf("generalised Dunn index %d/%d", o.Separation, o.Diameter)
	}
	if o.Separation < 1 || o.Separation > 5 || o.Diameter < 1 || o.Diameter > 3 {
		return Undefined("%s: separation is 1 to 5, diameter 1 to 3", name), ctx.Err()
	}
	p := newPartition(name, in)
	if p.reason == "" && !p.missing(name, in) && (o.Separation <= 3 || o.Diameter <= 2) {
		if p.reason = p.tooMany(name); p.reason == "" && p.k > dunnMost {
			p.reason = fmt.Sprintf("%s compares every two segments: at most %d, here %d", name, dunnMost, p.k)
		}
	}
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	t := dunnTable{p: p, in: in}
	separation, diameter, err := o.parts(ctx, &t)
	if err != nil {
		return Score{}, err
	}
	widest := 0.0
	for _, v := range diameter {
		widest = max(widest, v)
	}
	least := make([]float64, p.k) // per segment: to the nearest other
	for g := range least {
		least[g] = math.Inf(1)
		for h := range p.k {
			if g != h {
				least[g] = min(least[g], separation(g, h))
			}
		}
	}
	best := math.Inf(1)
	for _, v := range least {
		best = min(best, v)
	}
	switch {
	case widest == 0:
		return Undefined("%s divides by the spread within segments; here the rows of each of the %d segments are all alike", name, p.k), nil
	case math.IsInf(widest, 0) || math.IsInf(best, 0) || math.IsNaN(best/widest) || math.IsInf(best/widest, 0):
		return Undefined("%s left the range of floating-point numbers; scale the features first", name), nil
	}
	for g := range least {
		least[g] /= widest
	}
	return Score{Value: best / widest, Noise: p.policy, PerSegment: least[:p.segments]}, nil
}

// parts returns the separation of two groups and each group's diameter.
func (o *GeneralizedDunn) parts(ctx context.Context, t *dunnTable) (separation func(g, h int) float64, diameter []float64, err error) {
	if o.Separation <= 3 || o.Diameter <= 2 {
		if err := t.byPairs(ctx); err != nil {
			return nil, nil, err
		}
	}
	if o.Separation >= 4 || o.Diameter == 3 {
		if err := t.byMeans(ctx, o.Separation == 5); err != nil {
			return nil, nil, err
		}
	}
	p, k := t.p, t.p.k
	size := func(g int) float64 { return float64(p.size(g)) }
	separation = [...]func(g, h int) float64{
		func(g, h int) float64 { return math.Sqrt(t.least[g*k+h]) },
		func(g, h int) float64 { return math.Sqrt(t.most[g*k+h]) },
		func(g, h int) float64 { return t.sum[g*k+h] / size(g) / size(h) },
		func(g, h int) float64 { return euclid(t.mean(g), t.mean(h)) },
		func(g, h int) float64 { return (t.toMean[g*k+h] + t.toMean[h*k+g]) / (size(g) + size(h)) },
	}[o.Separation-1]
	diameter = make([]float64, k)
	for g := range diameter {
		switch {
		case o.Diameter == 1:
			diameter[g] = math.Sqrt(max(t.most[g*k+g], 0))
		case o.Diameter == 3:
			diameter[g] = 2 * t.toMean[g*k+g] / size(g)
		case size(g) > 1:
			diameter[g] = t.sum[g*k+g] / (size(g) * (size(g) - 1) / 2)
		}
	}
	return separation, diameter, nil
}

// dunnTable holds, for every two groups, what the family is made of.
type dunnTable struct {
	p                *partition
	in               *Input
	least, most, sum []float64 // k×k: squared distances' extremes, distances' sums
	mean             func(g int) []float64
	toMean           []float64 // k×k: summed distances of g's rows to h's mean
}

// dunnMost bounds the tables of all parts together, and with them the number of segments.
const (
	dunnBytes = 256 << 20
	dunnMost  = 3000
)

// byPairs fills least, most and sum.
func (t *dunnTable) byPairs(ctx context.Context) error {
	k := t.p.k
	parts := make([]dunnTable, max(1, min(pairwiseParts, dunnBytes/(24*k*k))))
	for i := range parts {
		parts[i].least, parts[i].most, parts[i].sum = make([]float64, k*k), make([]float64, k*k), make([]float64, k*k)
		for j := range k * k {
			parts[i].least[j], parts[i].most[j] = math.Inf(1), -1
		}
	}
	group := t.p.groupAt()
	err := t.p.pairs(ctx, t.in, len(parts), func(part, i, lo int, squared []float64) {
		e, g := &parts[part], int(group[i])
		for at := 0; at < len(squared); { // one stretch a group, none before g
			h := int(group[lo+at])
			end := min(len(squared), t.p.start[h+1]-lo)
			l, m, s := e.least[g*k+h], e.most[g*k+h], 0.0
			for _, v := range squared[at:end] {
				if v < l {
					l = v
				}
				if v > m {
					m = v
				}
				s += math.Sqrt(v)
			}
			e.least[g*k+h], e.most[g*k+h] = l, m
			e.sum[g*k+h] += s
			at = end
		}
	})
	if err != nil {
		return err
	}
	all := parts[0]
	for _, o := range parts[1:] {
		for j := range k * k {
			all.least[j], all.most[j] = min(all.least[j], o.least[j]), max(all.most[j], o.most[j])
			all.sum[j] += o.sum[j]
		}
	}
	for g := range k {
		for h := range g {
			all.least[g*k+h], all.most[g*k+h], all.sum[g*k+h] = all.least[h*k+g], all.most[h*k+g], all.sum[h*k+g]
		}
	}
	t.least, t.most, t.sum = all.least, all.most, all.sum
	return nil
}

// byMeans fills mean and toMean: each group's distances to its own mean, and to the others'
// where asked for.
func (t *dunnTable) byMeans(ctx context.Context, others bool) error {
	p, k := t.p, t.p.k
	centres, err := p.centres(ctx, t.in)
	if err != nil {
		return err
	}
	_, d := t.in.X.Dims()
	shift := kernel.Nearby(t.in.X.Data(), d)
	t.mean = centres.Row
	t.toMean = make([]float64, k*k)
	if p.rows == nil {
		p.order()
	}
	parallel(workersOf(t.in), k, func(g int) {
		row := make([]float64, d)
		for _, i := range p.rows[p.start[g]:p.start[g+1]] {
			if ctx.Err() != nil {
				return
			}
			for j, v := range t.in.X.Row(i) {
				row[j] = v - shift[j] // means are counted from there
			}
			for h := range k {
				if h == g || others {
					t.toMean[g*k+h] += euclid(row, centres.Row(h))
				}
			}
		}
	})
	return ctx.Err()
}
