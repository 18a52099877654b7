package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Metric{
	Name:    "centroid_index",
	Aliases: []string{"ci"},
	Doc: `Centroid index: how many groups are in the wrong place
Each cluster's mean is sent to the nearest class mean; CI₁ counts the classes to which none
is sent, CI₂ the same the other way round, CI = max(CI₁, CI₂). 0: the same structure at the
level of groups, 1: one group is missing or split, and so on. Smaller is better.
Noise rows, of either side, have no mean; of several references the smallest value counts.`,
	Refs: []Ref{{
		Authors: "P. Fränti, M. Rezaei, Q. Zhao", Title: "Centroid index: cluster level similarity measure",
		Venue: "Pattern Recognition 47(9), 3034-3045", Year: 2014, DOI: "10.1016/j.patcog.2014.03.017",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: -1},
	Needs:   NeedX | NeedTruth,
	Props:   PropSymmetric | PropIdentity | PropShift | PropScale,
	New:     func() Measure { return &CentroidIndex{} },
})

// CentroidIndex counts the groups of one labelling that no group of the other has its
// centre near to. Cost O(n·d + K·K′·d).
type CentroidIndex struct{}

// Score implements Measure.
func (*CentroidIndex) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "centroid index"
	switch {
	case in.C == nil || len(in.C.Labels) == 0:
		return Undefined("%s needs rows; there are none", name), ctx.Err()
	case in.X == nil:
		return Undefined("%s needs the matrix that was clustered; there is none", name), ctx.Err()
	case len(in.Truth) == 0:
		return Undefined("%s needs a reference labelling; there is none", name), ctx.Err()
	}
	if r, c, bad := in.X.Missing(); bad {
		return Undefined("%s needs every value; row %s has none in column %s", name, in.X.ID(r), in.X.Cols[c].Name), ctx.Err()
	}
	ours, best := centresOf(in.X, in.C.Labels), Undefined("%s needs a segment; every row is noise", name)
	if len(ours) == 0 {
		return best, ctx.Err()
	}
	for _, ref := range in.Truth {
		if err := ctx.Err(); err != nil {
			return Score{}, err
		}
		if len(ref.Labels) != len(in.C.Labels) {
			best.Warnings = append(best.Warnings, fmt.Sprintf("reference %s has %d labels for %d rows and was left out", ref.Name, len(ref.Labels), len(in.C.Labels)))
			continue
		}
		theirs := centresOf(in.X, ref.Labels)
		if len(theirs) == 0 {
			if !best.Defined() {
				best.Reason = fmt.Sprintf("%s needs a class; reference %s calls every row noise", name, ref.Name)
			}
			continue
		}
		if v := float64(max(orphans(ours, theirs), orphans(theirs, ours))); !best.Defined() || v < best.Value {
			best.Value, best.Reason = v, ""
		}
	}
	return best, ctx.Err()
}

// centresOf returns the mean of each label's rows.
func centresOf(x *features.Matrix, labels []int32) [][]float64 {
	label, counts := dense(labels)
	_, d := x.Dims()
	m := make([][]float64, len(counts))
	for g := range m {
		m[g] = make([]float64, d)
	}
	for i, g := range label {
		if g >= 0 {
			for j, v := range x.Row(i) {
				m[g][j] += v / float64(counts[g])
			}
		}
	}
	return m
}

// orphans counts the points of to that are nearest to none of from.
func orphans(from, to [][]float64) int {
	found := make([]bool, len(to))
	left := len(to)
	for _, p := range from {
		at, near := 0, math.Inf(1)
		for j, q := range to {
			if e := euclid(p, q); e < near {
				at, near = j, e
			}
		}
		if !found[at] {
			found[at] = true
			left--
		}
	}
	return left
}
