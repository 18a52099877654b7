package eval

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/cluster"
)

// Alignment says which segment of labelling b continues which of labelling a, and who
// moved.
type Alignment struct {
	N    int              // rows
	A, B []AlignedSegment // in ascending order of their labels
	// Counts holds how many rows are in segment i of a and j of b; the last row and the
	// last column are those that a, or b, leaves unassigned.
	Counts [][]int
	Stayed int   // rows in the segment that continues theirs, or unassigned in both
	Moved  []int // the other rows, ascending
	Flows  []Flow
}

// AlignedSegment is a segment of one labelling.
type AlignedSegment struct {
	Label   int32
	N       int // rows
	Partner int // its place in the other labelling's list; −1 = it ends in b, or is new in b
	Kept    int // rows that it shares with its partner
}

// Share is the share of the segment's rows that it shares with its partner: what a
// segment of a keeps, 1 less that what it loses; 1 less the share of a segment of b is
// what it gained from elsewhere. In [0, 1].
func (s AlignedSegment) Share() float64 { return float64(s.Kept) / float64(s.N) }

// Flow counts the rows that moved from one segment of a to one of b; −1 = unassigned.
type Flow struct {
	From, To int32
	N        int
}

// Align pairs the segments of two labellings of the same rows one to one so that as many
// rows as can be stay:
//
//	Σ n(i, partner(i)) → max
//
// by the Hungarian method, n(i, j) the rows that are in segment i of a and in j of b. Two
// segments without a common row are no pair. Negative labels are unassigned: they pair
// with unassigned only; to become unassigned, or to be no longer, is to move. How many
// rows moved does not depend on the names of labels, on the order of rows, or on which
// labelling comes first; where several pairings are best, the same one is taken each time.
// Flows are listed by size, the largest first.
//
// An error where one has more than 2000 segments. Cost O(n + k³), memory O(k²).
// Source: Kuhn 1955, doi 10.1002/nav.3800020109.
func Align(a, b []int32) (*Alignment, error) {
	if len(a) != len(b) {
		panic("eval: Align needs labellings of equal length")
	}
	u, sizeA := dense(a)
	v, sizeB := dense(b)
	ka, kb := len(sizeA), len(sizeB)
	if most := max(ka, kb); most > matchingMost {
		return nil, fmt.Errorf("align: pairing segments takes the cube of their number: at most %d, here %d", matchingMost, most)
	}
	r := &Alignment{N: len(a), A: alignSegments(a, u, sizeA), B: alignSegments(b, v, sizeB), Counts: make([][]int, ka+1)}
	for i := range r.Counts {
		r.Counts[i] = make([]int, kb+1)
	}
	place := func(l int32, k int) int {
		if l < 0 {
			return k
		}
		return int(l)
	}
	for row := range u {
		r.Counts[place(u[row], ka)][place(v[row], kb)]++
	}
	weights := make([]float64, ka*kb)
	for i := range ka {
		for j := range kb {
			weights[i*kb+j] = float64(r.Counts[i][j])
		}
	}
	r.Stayed = r.Counts[ka][kb]
	for i, j := range assignment(weights, ka, kb) {
		if j < 0 || r.Counts[i][j] == 0 {
			continue
		}
		n := r.Counts[i][j]
		r.A[i].Partner, r.A[i].Kept = j, n
		r.B[j].Partner, r.B[j].Kept = i, n
		r.Stayed += n
	}
	for row := range u {
		if !r.stays(place(u[row], ka), place(v[row], kb)) {
			r.Moved = append(r.Moved, row)
		}
	}
	for i, counts := range r.Counts {
		for j, n := range counts {
			if n > 0 && !r.stays(i, j) {
				r.Flows = append(r.Flows, Flow{alignLabel(r.A, i), alignLabel(r.B, j), n})
			}
		}
	}
	slices.SortStableFunc(r.Flows, func(x, y Flow) int { return cmp.Compare(y.N, x.N) })
	return r, nil
}

// stays reports whether rows in place i of a and place j of b are where they were.
func (r *Alignment) stays(i, j int) bool {
	if i == len(r.A) {
		return j == len(r.B)
	}
	return r.A[i].Partner == j
}

// alignSegments lists the segments of a labelling: labels as given, and made dense.
func alignSegments(labels, groups []int32, sizes []int) []AlignedSegment {
	s := make([]AlignedSegment, len(sizes))
	for row, g := range groups {
		if g >= 0 {
			s[g].Label = labels[row]
		}
	}
	for g, n := range sizes {
		s[g].N, s[g].Partner = n, -1
	}
	return s
}

// alignLabel is the label at a place; the last place is unassigned.
func alignLabel(s []AlignedSegment, at int) int32 {
	if at == len(s) {
		return cluster.Noise
	}
	return s[at].Label
}
