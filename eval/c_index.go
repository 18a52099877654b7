package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name: "c_index",
	Doc: `C-index: are the pairs inside segments the nearest pairs there are?
C = (S − S_min)/(S_max − S_min), S the summed distance over the N pairs of rows that share a
segment, S_min and S_max the sums of the N smallest and N largest of all distances. 0: no
pair inside a segment is farther apart than any other pair. Smaller is better.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "L. J. Hubert, J. R. Levin", Title: "A general statistical framework for assessing categorical clustering in free recall",
		Venue: "Psychological Bulletin 83(6), 1072-1080", Year: 1976, DOI: "10.1037/0033-2909.83.6.1072",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: -1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &CIndex{} },
})

// CIndex is exact and holds no distances: the N-th smallest and the N-th largest are found
// by counting the distances' bits, sixteen at a time from the leading ones, over four
// passes; one more sums. Seed and workers affect nothing. Cost O(n²·d), up to 100,000 rows; memory
// O(n·d).
type CIndex struct{}

// Score implements Measure.
func (*CIndex) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "C-index"
	p := newPartition(name, in)
	if p.reason == "" && !p.missing(name, in) {
		p.reason = p.tooMany(name)
	}
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	c := cIndexRun{ctx: ctx, p: p, in: in}
	n := int64(p.kept())
	for g := range p.k {
		m := int64(p.size(g))
		c.inside += m * (m - 1) / 2
	}
	all := n * (n - 1) / 2
	low, high, err := c.ranked(c.inside, all-c.inside+1)
	if err != nil {
		return Score{}, err
	}
	s, least, most, err := c.sums(low, high)
	if err != nil {
		return Score{}, err
	}
	switch v := (s - least) / (most - least); {
	case math.IsInf(most, 0) || math.IsNaN(s):
		return Undefined("C-index left the range of floating-point numbers; scale the features first"), nil
	case !(most-least > 1e-12*most):
		return Undefined("C-index divides by the difference of the largest and the smallest distances; all of them are equal here"), nil
	default:
		return Score{Value: min(1, max(0, v)), Noise: p.policy}, nil
	}
}

// cIndexRun is one score. inside is the number of pairs that share a segment.
type cIndexRun struct {
	ctx    context.Context
	p      *partition
	in     *Input
	inside int64
}

// ranked returns the squared distances of two ranks (1 is the smallest). Squared distances
// are not negative, so that their bits are in their order.
func (c *cIndexRun) ranked(first, second int64) (a, b float64, err error) {
	const digit, values = 16, 1 << 16
	rank, prefix := [2]int64{first, second}, [2]uint64{}
	for shift := 64 - digit; shift >= 0; shift -= digit {
		counts := make([][]uint32, pairwiseParts) // both ranks' tables, one after the other
		err := c.p.pairs(c.ctx, c.in, pairwiseParts, func(part, _, _ int, squared []float64) {
			if counts[part] == nil {
				counts[part] = make([]uint32, 2*values)
			}
			one, two := counts[part][:values], counts[part][values:]
			for _, v := range squared {
				bits := math.Float64bits(v) >> shift
				if bits>>digit == prefix[0] {
					one[bits%values]++
				}
				if bits>>digit == prefix[1] {
					two[bits%values]++
				}
			}
		})
		if err != nil {
			return 0, 0, err
		}
		for r := range rank {
			at := uint64(0)
			for ; ; at++ {
				here := int64(0)
				for _, t := range counts {
					if t != nil {
						here += int64(t[uint64(r)*values+at])
					}
				}
				if rank[r] <= here {
					break
				}
				rank[r] -= here
			}
			prefix[r] = prefix[r]<<digit | at
		}
	}
	return math.Float64frombits(prefix[0]), math.Float64frombits(prefix[1]), nil
}

// sums returns the summed distance inside segments, and of as many smallest and largest
// pairs, low and high being the last of them.
func (c *cIndexRun) sums(low, high float64) (s, least, most float64, err error) {
	type part struct {
		s, least, most float64
		below, above   int64
	}
	group, parts := c.p.groupAt(), make([]part, pairwiseParts)
	err = c.p.pairs(c.ctx, c.in, pairwiseParts, func(at, i, lo int, squared []float64) {
		t := &parts[at]
		same := max(0, min(len(squared), c.p.start[group[i]+1]-lo)) // groups stand in stretches
		for j, v := range squared {
			e := math.Sqrt(v)
			if j < same {
				t.s += e
			}
			if v < low {
				t.least += e
				t.below++
			}
			if v > high {
				t.most += e
				t.above++
			}
		}
	})
	var below, above int64
	for _, t := range parts {
		s, least, most = s+t.s, least+t.least, most+t.most
		below, above = below+t.below, above+t.above
	}
	least += float64(c.inside-below) * math.Sqrt(low)
	most += float64(c.inside-above) * math.Sqrt(high)
	return s, least, most, err
}
