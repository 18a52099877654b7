package eval

import (
	"context"
	"fmt"
	"math"
)

var _ = register(&Metric{
	Name:    "dbcv",
	Aliases: []string{"density_based_clustering_validation"},
	Doc: `DBCV: are segments dense inside, and parted by emptier ground?
DBCV = Σ_i |C_i|/n · V_i, V_i = (S_i − D_i)/max(S_i, D_i). D_i is the longest edge between
inner rows of the segment's minimum spanning tree, S_i the shortest way from its inner rows
to another segment's. Both are mutual reachability distances max(a(x), a(y), ‖x−y‖), with
a(x) = (Σ_{y≠x} ‖x−y‖^−d/(|C_i|−1))^(−1/d) over the rows of the own segment; inner rows have
more than one edge. Larger is better; it asks for no shape. Distances are
Euclidean; the authors' MATLAB code squares them, which gives other values.
Noise is left out by definition, whatever policy is asked for, yet n counts it, so that much
of it lowers the score. A segment of one row counts as noise.`,
	Refs: []Ref{{
		Authors: "D. Moulavi, P. A. Jaskowiak, R. J. G. B. Campello, A. Zimek, J. Sander",
		Title:   "Density-based clustering validation",
		Venue:   "Proceedings of the 2014 SIAM International Conference on Data Mining, 839-847", Year: 2014,
		DOI: "10.1137/1.9781611973440.96",
	}},
	Version: 1,
	Range:   Range{Lo: -1, Hi: 1, Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &DBCV{} },
})

// DBCV is the density-based index of Moulavi and others, exact. What the paper leaves open:
//
//	equally long edges   the pair with the smaller ‖x−y‖ goes first, then the one whose rows
//	                     come first by their values. Edges of one length are the rule here,
//	                     since a row with a large a(x) is as far from all its neighbours:
//	                     other trees have other inner rows, and implementations that go by
//	                     the order of rows lie up to 0.28 away on sets of a hundred rows
//	no inner rows        two rows: both are taken for S_i, as in the authors' code
//	no inner edges       the longest of all edges is D_i, as in the authors' code
//	distances of 0       add nothing to a(x), which still divides by |C_i|−1, as in the
//	                     authors' code; a(x) = 0 where all rows of the segment are alike
//	segments of one row  are noise, as in the authors' code: 0 in PerSegment, and nobody's
//	                     neighbour
//
// Score.Noise is exclude where a row was labelled noise. Seed, workers and the order of
// rows affect nothing. Cost O(n²·d) with n the rows that are no noise, at most 50,000;
// memory O(n·d).
type DBCV struct{}

// dbcvRows is the number of rows up to which the index is computed: 3.75·10⁹ distances where
// nearly all are in one segment.
const dbcvRows = 50_000

// Score implements Measure.
func (*DBCV) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "DBCV"
	fixed := *in
	fixed.Noise = Exclude
	p := newPartition(name, &fixed)
	if p.reason != "" || p.missing(name, in) {
		return Score{Reason: p.reason}, ctx.Err()
	}
	alone := 0
	for g := range p.k {
		if p.size(g) == 1 {
			alone++
		}
	}
	switch {
	case p.kept() > dbcvRows:
		return Undefined("%s looks at every pair of rows: at most %d rows, here %d", name, dbcvRows, p.kept()), ctx.Err()
	case p.k-alone < 2:
		return Undefined("%s needs at least 2 segments of more than one row; this run has %d", name, p.k-alone), ctx.Err()
	}
	r := newDBCVRun(ctx, p, in)
	r.cores()
	r.trees()
	r.separations()
	if err := ctx.Err(); err != nil {
		return Score{}, err
	}
	out := Score{PerSegment: make([]float64, p.k), Noise: p.policy}
	for g := range p.k {
		if p.size(g) == 1 {
			continue
		}
		s, d := math.Sqrt(r.separation[g]), math.Sqrt(r.sparseness[g])
		if s == 0 && d == 0 {
			return Undefined("%s divides by the larger of a segment's sparseness and separation; the rows of segment %d are all alike, and so are those of another that lies there", name, g+1), nil
		}
		out.PerSegment[g] = (s - d) / max(s, d)
		out.Value += float64(p.size(g)) * out.PerSegment[g]
	}
	out.Value /= float64(len(in.C.Labels))
	if alone > 0 {
		out.Warnings = []string{fmt.Sprintf("%s takes segments of one row for noise: %d of %d", name, alone, p.k)}
	}
	return out, nil
}
