package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

// coresetStream is the generator stream of coresets.
const coresetStream = 0x636f7265736574

// Coreset returns a lightweight coreset of x: at most m weighted rows for which the
// k-means inertia of any k centres Q is that of all rows up to
//
//	ε/2·inertia(Q) + ε/2·inertia({mean})
//
// with probability 1−δ, where m ≥ c·(d·k·log k + log 1/δ)/ε². Row i of weight wᵢ is drawn,
// with replacement, with probability
//
//	q(i) = ½·wᵢ/Σw + ½·wᵢ‖xᵢ−μ‖²/Σw‖x−μ‖²
//
// and weighs wᵢ/(m·q(i)) each time; rows drawn twice are one row with the sum. They come in
// the order of x, with its ids; m ≥ n returns all rows as they are. Any algorithm that
// honours row weights can be fitted to it. Seed decides the draw. Cost O(n·d + m log m).
//
// Bachem, Lucic, Krause: Scalable k-means clustering via lightweight coresets. KDD 2018,
// doi:10.1145/3219819.3219973, algorithm 1 and theorem 2.
func Coreset(ctx context.Context, x *features.Matrix, m int, seed uint64) (*features.Matrix, error) {
	n, _, err := ready("coreset", x)
	if err != nil {
		return nil, err
	}
	if m < 1 {
		return nil, &OptionError{"coreset", "m", m, "at least 1 row"}
	}
	r := newStreamReader("coreset", x)
	var at []int
	leaves, err := coresetDraw(ctx, r, m, seed, &at)
	if err != nil {
		return nil, err
	}
	out := features.NewMatrix(len(at), x.Cols, nil)
	out.Weights = leaves.n
	for to, i := range at {
		copy(out.Row(to), x.Row(i))
		if len(x.IDs) == n {
			out.IDs = append(out.IDs, x.IDs[i])
		}
	}
	return out, nil
}

// coresetRows is Coreset for a stream, less its pivot, in two passes.
func coresetRows(ctx context.Context, rows *streamReader, m int, seed uint64) (*betulaLeaves, error) {
	return coresetDraw(ctx, rows, m, seed, nil)
}

// coresetDraw draws; the numbers of the rows go to at if it is not nil.
func coresetDraw(ctx context.Context, rows *streamReader, m int, seed uint64, at *[]int) (*betulaLeaves, error) {
	d := rows.d
	// The first pass: total weight, mean and sum of squares, united block by block.
	all := &betulaNode{n: make([]float64, 1), s: make([]float64, 1), mean: make([]float64, d)}
	err := rows.each(ctx, func(b *streamRows) error {
		part := &betulaNode{n: make([]float64, 1), s: make([]float64, 1), mean: make([]float64, d)}
		for i := range b.n {
			if w := b.weight(i); w > 0 {
				part.add(0, betulaFeature{mean: b.x[i*d : (i+1)*d], n: w})
			}
		}
		if part.n[0] > 0 {
			all.add(0, betulaFeature{part.mean, part.n[0], part.s[0]})
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	total, spread, mean := all.n[0], all.s[0], all.mean
	if math.IsNaN(spread) || math.IsInf(spread, 0) {
		return nil, rows.refuse("squared distances overflow: values are above 1e150, scale the columns first")
	}
	out := &betulaLeaves{}
	keep := func(b *streamRows, i int, w float64) {
		out.mean, out.n, out.s = append(out.mean, b.x[i*d:(i+1)*d]...), append(out.n, w), append(out.s, 0)
		if at != nil {
			*at = append(*at, int(b.at)+i)
		}
	}
	draws := coresetUniform(m, seed)
	whole := int64(m) >= rows.n
	next, upTo, each := 0, 0.0, 0.0
	err = rows.each(ctx, func(b *streamRows) error {
		for i := range b.n {
			w := b.weight(i)
			if whole {
				if w > 0 {
					keep(b, i, w)
				}
				continue
			}
			if w == 0 {
				continue
			}
			q := w / total
			if spread > 0 {
				sq := 0.0
				for j, v := range b.x[i*d : (i+1)*d] {
					sq += (v - mean[j]) * (v - mean[j])
				}
				q = q/2 + w*sq/spread/2
			}
			upTo += q
			times := 0
			for next < m && draws[next] < upTo {
				next++
				times++
			}
			if times > 0 {
				each = w / (float64(m) * q)
				keep(b, i, float64(times)*each)
			}
		}
		return ctx.Err()
	})
	if k := len(out.n) - 1; !whole && k >= 0 { // draws that rounding left above the sum of all q
		out.n[k] += float64(m-next) * each
	}
	return out, err
}

// coresetUniform returns m uniform numbers in order.
func coresetUniform(m int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, coresetStream))
	u := make([]float64, m)
	for i := range u {
		u[i] = r.Float64()
	}
	slices.Sort(u)
	return u
}
