package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/internal/near"
)

var _ = register(&Metric{
	Name:    "dbcv_tree",
	Aliases: []string{"relative_validity"},
	Doc: `DBCV on one tree: are segments dense inside, and parted by emptier ground? (an approximation)
Σ_i |C_i|/n · V_i, V_i = (S_i − D_i)/max(S_i, D_i), read off the minimum spanning tree of all
rows under mutual reachability max(core(x), core(y), ‖x−y‖), core(x) the distance to the
min_samples-th row, x counted. D_i is the longest edge between two rows of the segment, S_i
the shortest between one of its rows and another segment's; where the tree has none, twice
the longest edge of all. The hdbscan package calls it relative_validity_. It is near dbcv
where segments are what hdbscan finds, and much faster; of other labellings it sees only the
pairs that the tree joins. Larger is better. Distances are Euclidean.
Noise is in the tree, whatever policy is asked for, but is no segment; n counts it, so that
much of it lowers the score. A segment of one row counts as noise; one without an edge of
its own gets 0.`,
	Refs: []Ref{
		{
			Authors: "D. Moulavi, P. A. Jaskowiak, R. J. G. B. Campello, A. Zimek, J. Sander",
			Title:   "Density-based clustering validation",
			Venue:   "Proceedings of the 2014 SIAM International Conference on Data Mining, 839-847", Year: 2014,
			DOI: "10.1137/1.9781611973440.96",
		},
		{
			Authors: "L. McInnes, J. Healy, S. Astels", Title: "hdbscan: Hierarchical density based clustering",
			Venue: "Journal of Open Source Software 2(11), 205", Year: 2017, DOI: "10.21105/joss.00205",
		},
	},
	Version: 1,
	Range:   Range{Lo: -1, Hi: 1, Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &DBCVTree{MinSamples: 5} },
})

// DBCVTree approximates DBCV by one minimum spanning tree of all rows, as the hdbscan package
// does (HDBSCAN.relative_validity_). What differs from DBCV, which is exact:
//
//	core distances  to the min_samples-th row of all, not a mean of powers over the own
//	                segment: they know nothing of the labels, so that one tree serves every
//	                labelling, and no power of the number of columns is taken
//	D_i             over edges of the common tree inside the segment, not of a tree of its
//	                own: rows that the common tree joins through others are not compared
//	S_i             over edges of the tree between the segment and others, not over all
//	                pairs; edges to noise do not count
//	outer rows      count like inner ones, those with one edge too
//
// Values can be compared between labellings of the same rows, and not with DBCV's. What
// differs from the package: MinSamples counts the row itself (its 4 is our 5, as in
// hdbscan here); segments of one row are noise, which the package, whose clusters have two
// rows at least, would give 1, and so are segments of which the tree joins no two rows:
// these get 0 here and stay other segments' neighbours; one segment is no segmentation here.
//
// Equally long edges are the rule, since a row with a large core(x) is as far from all its
// neighbours. The one with the smaller ‖x−y‖ goes first, then the one whose rows come
// first by their values, and of rows that are alike by their segments', larger ones first:
// the order of rows and the names of segments decide nothing. The package goes by the
// order of rows there.
//
// Seed and workers affect nothing. Cost that of the tree: about O(n log n) distances with
// few columns, at most 1,000,000 rows; from 8 columns on up to n², at most 100,000 rows.
// Memory O(n·d).
type DBCVTree struct {
	MinSamples int `json:"min_samples"` // at least 1; more than there are rows means all of them
}

// Rows up to which the index is computed: a tree of a million rows of few columns takes
// seconds, one of 100,000 rows of 30 columns half a minute.
const (
	dbcvTreeRows     = 1_000_000
	dbcvTreeWideRows = 100_000
	dbcvTreeColumns  = 8
)

// Score implements Measure.
func (o *DBCVTree) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "DBCV on one tree"
	fixed := *in
	fixed.Noise = Exclude
	p := newPartition(name, &fixed)
	if p.reason != "" || p.missing(name, in) {
		return Score{Reason: p.reason}, ctx.Err()
	}
	n, d := in.X.Dims()
	alone, most := 0, dbcvTreeRows
	for g := range p.k {
		if p.size(g) == 1 {
			alone++
		}
	}
	if d >= dbcvTreeColumns {
		most = dbcvTreeWideRows
	}
	switch {
	case o.MinSamples < 1:
		return Undefined("%s: min_samples is at least 1", name), ctx.Err()
	case n > most:
		return Undefined("%s: of %d columns at most %d rows, here %d", name, d, most, n), ctx.Err()
	case p.k-alone < 2:
		return Undefined("%s needs at least 2 segments of more than one row; this run has %d", name, p.k-alone), ctx.Err()
	}
	x, label := dbcvTreeRowsOf(p, in)
	tree, err := near.Span(ctx, near.New(x, d, workersOf(in)), o.MinSamples, workersOf(in))
	if err != nil {
		return Score{}, err
	}
	sparseness, separation := slices.Repeat([]float64{-1}, p.k), slices.Repeat([]float64{math.Inf(1)}, p.k)
	for e, length := range tree.Length {
		switch a, b := label[tree.A[e]], label[tree.B[e]]; {
		case a < 0 || b < 0:
		case a == b:
			sparseness[a] = max(sparseness[a], length)
		default:
			separation[a], separation[b] = min(separation[a], length), min(separation[b], length)
		}
	}
	out := Score{PerSegment: make([]float64, p.k), Noise: p.policy}
	loose := 0
	for g := range p.k {
		s, d := separation[g], sparseness[g]
		if math.IsInf(s, 1) {
			s = 2 * tree.Length[len(tree.Length)-1]
		}
		switch {
		case p.size(g) == 1:
			continue
		case d < 0:
			loose++
			continue
		case s == 0 && d == 0:
			return Undefined("%s divides by the larger of a segment's sparseness and separation; the rows of segment %d are all alike, and so are those of another that lies there", name, g+1), nil
		}
		out.PerSegment[g] = (s - d) / max(s, d)
		out.Value += float64(p.size(g)) * out.PerSegment[g]
	}
	out.Value /= float64(n)
	if alone > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s takes segments of one row for noise: %d of %d", name, alone, p.k))
	}
	if loose > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s gives 0 to segments of which the tree joins no two rows: %d of %d", name, loose, p.k))
	}
	return out, ctx.Err()
}

// dbcvTreeRowsOf returns all rows in an order that depends on nothing but their values and
// on who is in a segment with whom, divided by the power of two that leaves them below 1,
// and their segments, -1 for noise and segments of one row.
func dbcvTreeRowsOf(p *partition, in *Input) (x []float64, label []int32) {
	n, d := in.X.Dims()
	order, largest := make([]int, n), 0.0
	for i := range n {
		order[i] = i
		for _, v := range in.X.Row(i) {
			largest = max(largest, math.Abs(v))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return slices.Compare(in.X.Row(a), in.X.Row(b)) })
	group := func(i int) int32 {
		if g := p.label[i]; g >= 0 && p.size(int(g)) > 1 {
			return g
		}
		return -1
	}
	// place numbers the different rows by value; a segment's list of places says who it is.
	place, where := make([]int32, n), make([][]int32, p.k)
	for at, i := range order {
		if at > 0 {
			before := order[at-1]
			place[i] = place[before]
			if slices.Compare(in.X.Row(before), in.X.Row(i)) != 0 {
				place[i]++
			}
		}
		if g := group(i); g >= 0 {
			where[g] = append(where[g], place[i])
		}
	}
	if int(place[order[n-1]]) < n-1 { // some are alike
		segments, rank := make([]int, p.k), make([]int, p.k)
		for g := range segments {
			segments[g] = g
		}
		slices.SortStableFunc(segments, func(a, b int) int {
			if c := p.size(b) - p.size(a); c != 0 {
				return c
			}
			return slices.Compare(where[a], where[b])
		})
		for at, g := range segments {
			rank[g] = at
		}
		of := func(i int) int {
			if g := group(i); g >= 0 {
				return rank[g]
			}
			return p.k
		}
		slices.SortStableFunc(order, func(a, b int) int {
			if c := int(place[a]) - int(place[b]); c != 0 {
				return c
			}
			return of(a) - of(b)
		})
	}
	x, label = make([]float64, 0, n*d), make([]int32, n)
	_, exponent := math.Frexp(largest)
	for at, i := range order {
		for _, v := range in.X.Row(i) {
			x = append(x, math.Ldexp(v, -exponent))
		}
		label[at] = group(i)
	}
	return x, label
}
