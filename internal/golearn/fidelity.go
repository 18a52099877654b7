package golearn

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Fidelity says how well a tree gives rows their segment.
type Fidelity struct {
	Tree string // ID3, CART or forest
	// Agreement is the share of the held-out rows to whom the tree gives their segment,
	// "none" among them.
	Agreement float64
	F1        []float64 // of each segment on the held-out rows; NaN where it has none of them
	Held      int       // held-out rows
	Grown     int       // rows that the tree was grown on
	Depth     int       // most conditions on the way to a leaf
	// Reason says why there is no tree; "" = there is one.
	Reason string
}

// Options of Trees; the zero value is the default.
type Options struct {
	Depth   int    // of ID3 and CART, 1 to 8; 0 = 3
	MaxRows int    // a tree is grown on; 0 = 3,000
	Forest  int    // trees of the forest; 0 = 15
	Seed    uint64 // of the split into halves and of the forest
	Columns []int  // that trees may use; nil = all
}

const (
	// leastRows is the smallest number of rows on either half.
	leastRows = 20
	// treeColumns is how many columns a tree is grown on: those that tell most, each for
	// itself.
	treeColumns = 20
	// forestDepth and forestRows keep the forest within a second: golearn's CART looks at
	// every row for every bin.
	forestDepth, forestRows = 6, 1200
)

// Trees grows three kinds of tree for the segments 0..k−1 of the rows of x, which is
// row-major with d columns, all segments at once; labels outside 0..k−1 are "none". One
// half of the rows grows them, the other is counted. A NaN is a bin of its own.
//
//   - ID3 (Quinlan 1986, doi:10.1007/BF00116251): each split has a branch a bin, six of
//     them, and takes the column of the greatest information gain; golearn infers the
//     tree, and our rule chooses the columns, since golearn's sums logarithms in an order
//     that changes from run to run;
//   - CART (Breiman, Friedman, Olshen and Stone 1984): splits in two by the Gini index;
//   - forest: majority of CARTs on bootstraps (Breiman 1996, doi:10.1007/BF00058655) and
//     four fifths of the columns each (Ho 1998, doi:10.1109/34.709601); golearn's own
//     draws from a generator without a seed.
//
// Rows are shared out by a hash of their values, label and seed, within each segment, so
// nothing but the seed and the data affects the result. An error is a wrong argument or
// the end of ctx. Cost O(n·d + n ln n), and trees of at most MaxRows rows.
func Trees(ctx context.Context, x []float64, d int, labels []int32, k int, opt Options) ([]Fidelity, error) {
	n := len(labels)
	opt.Depth, opt.MaxRows, opt.Forest = cmp.Or(opt.Depth, 3), cmp.Or(opt.MaxRows, 3000), cmp.Or(opt.Forest, 15)
	switch {
	case d < 0 || len(x) != n*d:
		return nil, fmt.Errorf("golearn: %d values are not %d rows of %d columns", len(x), n, d)
	case k < 0 || k > math.MaxInt32:
		return nil, fmt.Errorf("golearn: %d segments", k)
	case opt.Depth < 1 || opt.Depth > 8:
		return nil, fmt.Errorf("golearn: depth %d is not 1 to 8", opt.Depth)
	case opt.MaxRows < leastRows:
		return nil, fmt.Errorf("golearn: %d rows are too few to grow a tree on; %d is the least", opt.MaxRows, leastRows)
	case opt.Forest < 1:
		return nil, fmt.Errorf("golearn: a forest of %d trees", opt.Forest)
	}
	if opt.Columns == nil {
		for j := range d {
			opt.Columns = append(opt.Columns, j)
		}
	}
	for _, j := range opt.Columns {
		if j < 0 || j >= d {
			return nil, fmt.Errorf("golearn: no column %d among %d", j, d)
		}
	}
	r := &fidelity{ctx: ctx, x: x, d: d, labels: labels, k: k, opt: opt}
	if err := r.halve(); err != nil {
		return nil, err
	}
	var out []Fidelity
	for _, kind := range []struct {
		name string
		bins int
		grow func(*sample, Options) (classifier, error)
	}{{"ID3", 6, growID3}, {"CART", 16, growCART}, {"forest", 16, growForest}} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := Fidelity{Tree: kind.name, Held: len(r.held)}
		r.measure(&f, kind.bins, kind.grow)
		out = append(out, f)
	}
	return out, ctx.Err()
}

// classifier is a tree, or several.
type classifier interface {
	classify(codes []int) int
	depth() int
}

// fidelity is one call of Trees.
type fidelity struct {
	ctx       context.Context
	x         []float64
	d         int
	labels    []int32
	k         int
	opt       Options
	fit, held []int // rows in the order of their hashes
}

func (r *fidelity) row(i int) []float64 { return r.x[i*r.d : (i+1)*r.d] }

// class is a row's segment, k for none.
func (r *fidelity) class(i int) int {
	if l := r.labels[i]; l >= 0 && int(l) < r.k {
		return int(l)
	}
	return r.k
}

// halve shares the rows out: within a segment, in the order of their hashes, every
// other row is held out. Rows of equal values and label are interchangeable.
func (r *fidelity) halve() error {
	type key struct {
		hash uint64
		row  int
	}
	keys := make([]key, len(r.labels))
	for i := range r.labels {
		if i%65536 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		h := mix(r.opt.Seed ^ uint64(r.class(i)))
		for _, v := range r.row(i) {
			switch {
			case v != v:
				v = math.NaN() // all are missing alike
			case v == 0:
				v = 0 // −0
			}
			h = mix(h ^ math.Float64bits(v))
		}
		keys[i] = key{h, i}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(a.hash, b.hash) })
	seen := make([]int, r.k+1)
	for _, key := range keys {
		g := r.class(key.row)
		if seen[g]++; seen[g]%2 == 0 {
			r.held = append(r.held, key.row)
		} else {
			r.fit = append(r.fit, key.row)
		}
	}
	return nil
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// measure grows a tree and counts what it is worth.
func (r *fidelity) measure(f *Fidelity, bins int, grow func(*sample, Options) (classifier, error)) {
	if len(r.fit) < leastRows || len(r.held) < leastRows {
		f.Reason = fmt.Sprintf("fewer than %d rows: too few to grow a tree on one half and judge it on the other", 2*leastRows)
		return
	}
	s := r.sample(bins)
	f.Grown = len(s.class)
	if len(s.columns) == 0 {
		f.Reason = "no feature tells rows apart"
		return
	}
	tree, err := guarded(s, r.opt, grow)
	if err != nil {
		f.Reason = err.Error()
		return
	}
	f.Depth = tree.depth()
	given, belong, right := make([]int, r.k+1), make([]int, r.k+1), make([]int, r.k+1)
	codes := make([]int, len(s.columns))
	hits := 0
	for at, i := range r.held {
		if at%65536 == 0 && r.ctx.Err() != nil {
			return
		}
		row := r.row(i)
		for c, j := range s.columns {
			codes[c] = code(row[j], s.cuts[c])
		}
		got, want := tree.classify(codes), r.class(i)
		given[got]++
		belong[want]++
		if got == want {
			right[want]++
			hits++
		}
	}
	f.Agreement = float64(hits) / float64(len(r.held))
	for g := range r.k {
		f1 := math.NaN()
		if belong[g] > 0 {
			f1 = 2 * float64(right[g]) / float64(given[g]+belong[g])
		}
		f.F1 = append(f.F1, f1)
	}
}

// guarded grows a tree and turns a panic into an error.
func guarded(s *sample, opt Options, grow func(*sample, Options) (classifier, error)) (tree classifier, err error) {
	defer func() {
		if p := recover(); p != nil {
			tree, err = nil, fmt.Errorf("golearn could not grow the tree: %v", p)
		}
	}()
	return grow(s, opt)
}
