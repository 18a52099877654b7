package eval

import (
	"context"
	"fmt"
	"slices"
)

var _ = register(&Metric{
	Name: "temporal_stability",
	Doc: `Stability over time: how much of each segment is found again by the same customers a while before
J(C) = max_D |C∩D|/|C∪D| over the segments D of a segmentation learned from the log as it was
known earlier (extractors, transforms and clustering all learned then), on the customers who are in
both. The value is the mean over segments, each counting the same; PerSegment has them one by one.
1 = nobody changed segment. Customers change, and some segments are made of what passes (new, lapsed):
a low value says that segments need to be kept up to date, not that they are wrong.
Noise is no segment on either side; rows of a segment that are noise earlier are lost to it.`,
	Refs: []Ref{hennig, {
		Authors: "I. Spiliopoulou, Y. Theodoridis, M. Ntoutsi, R. Schult", Title: "MONIC: modeling and monitoring cluster transitions",
		Venue: "KDD '06, 706-711", Year: 2006, DOI: "10.1145/1150402.1150491",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedRefit,
	New:     func() Measure { return &TemporalStability{} },
})

// TemporalStability compares segments with those of an earlier date. Seed and workers
// affect what Input.Earlier makes, nothing else. Cost: one clustering, and O(n).
type TemporalStability struct{}

// Score implements Measure.
func (*TemporalStability) Score(ctx context.Context, in *Input) (Score, error) {
	switch {
	case in.C == nil || len(in.C.Labels) < 2:
		return Undefined("temporal stability needs at least 2 rows"), ctx.Err()
	case in.Earlier == nil:
		return Undefined("temporal stability needs the log at an earlier date, and there is none"), ctx.Err()
	}
	then, err := in.Earlier(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return Score{}, ctx.Err()
		}
		return Undefined("temporal stability: %s", err), nil
	}
	if len(then) != len(in.C.Labels) {
		return Undefined("temporal stability: %d earlier labels for %d rows", len(then), len(in.C.Labels)), nil
	}
	label, counts := dense(in.C.Labels)
	now, earlier := make([]int32, 0, len(then)), make([]int32, 0, len(then))
	for i, l := range then {
		if l != Absent {
			now, earlier = append(now, label[i]), append(earlier, max(l, -1))
		}
	}
	if len(counts) < 2 {
		return Undefined("temporal stability needs at least 2 segments; this run has %d", len(counts)), nil
	}
	if len(now) < 2 {
		return Undefined("temporal stability: %d of %d rows were there earlier", len(now), len(then)), nil
	}
	k, m := len(counts), int(slices.Max(earlier))+1
	both, size, was := make([]int, k*m), make([]int, k), make([]int, m)
	for i, g := range now {
		if g >= 0 {
			size[g]++
		}
		if d := earlier[i]; d >= 0 {
			if was[d]++; g >= 0 {
				both[int(g)*m+int(d)]++
			}
		}
	}
	out := Score{PerSegment: make([]float64, k)}
	if slices.Contains(now, -1) || slices.Contains(earlier, -1) {
		out.Noise = Exclude
	}
	for g := range k {
		if size[g] == 0 {
			return Undefined("temporal stability: nobody in segment %d was there earlier", g+1), nil
		}
		for d := range m {
			if h := both[g*m+d]; h > 0 {
				out.PerSegment[g] = max(out.PerSegment[g], float64(h)/float64(size[g]+was[d]-h))
			}
		}
		out.Value += out.PerSegment[g] / float64(k)
	}
	if len(now) < len(then) {
		out.Sampled = len(now)
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d of %d rows were there earlier", len(now), len(then)))
	}
	return out, ctx.Err()
}
