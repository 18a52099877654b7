package cluster

import (
	"context"
	"math"
	"slices"
)

// The first betulaAlone rows go into the tree one by one. After them a batch, an eighth of
// the rows so far but at most a block, looks up its places in the tree as it stands, on all
// workers at once, and is then inserted in row order; where the leaf node has changed in
// between a row looks again. The batches depend on row numbers only, and so does the tree.
const (
	betulaAlone  = 2048
	betulaBatch  = 256
	betulaPieces = 16 // of a block, for the workers
)

// betulaPlace is where a row of a batch will go.
type betulaPlace struct {
	node *betulaNode
	at   int
}

// betulaBuild reads the rows once and returns the tree.
func betulaBuild(ctx context.Context, a *BETULA, rows *streamReader, run Run) (*betulaTree, error) {
	t := newBetulaTree(rows.d, a)
	places := make([]betulaPlace, streamBlock)
	var seen int64
	err := rows.each(ctx, func(b *streamRows) error {
		for lo := 0; lo < b.n; {
			var hi int
			if seen < betulaAlone {
				hi = min(b.n, lo+betulaAlone-int(seen))
				for i := lo; i < hi; i++ {
					t.take(b, i, nil, 0)
				}
			} else {
				hi = min(b.n, lo+max(betulaBatch, int(min(seen/8, streamBlock))))
				if err := t.batch(ctx, run.workers(), b, lo, hi, places); err != nil {
					return err
				}
			}
			seen += int64(hi - lo)
			lo = hi
		}
		if t.overflows() {
			return &DataError{"betula", "squared distances overflow: values are above 1e150, scale the columns first"}
		}
		return ctx.Err()
	})
	return t, err
}

func (t *betulaTree) overflows() bool {
	s := t.root.total(t.tmp).s
	return math.IsNaN(s) || math.IsInf(s, 0)
}

// batch inserts rows lo..hi of a block.
func (t *betulaTree) batch(ctx context.Context, workers int, b *streamRows, lo, hi int, places []betulaPlace) error {
	began := t.now
	piece := max(betulaBatch/2, (hi-lo+betulaPieces-1)/betulaPieces)
	err := parallel(ctx, workers, (hi-lo+piece-1)/piece, func(p int) {
		for i := lo + p*piece; i < min(hi, lo+(p+1)*piece); i++ {
			places[i].node, places[i].at = t.descend(t.row(b, i))
		}
	})
	if err != nil {
		return err
	}
	for i := lo; i < hi; i++ {
		t.take(b, i, &places[i], began)
	}
	return nil
}

func (t *betulaTree) row(b *streamRows, i int) betulaFeature {
	return betulaFeature{mean: b.x[i*t.d : (i+1)*t.d : (i+1)*t.d], n: b.weight(i)}
}

// take inserts row i of a block; p is its place as it was when the tree had made that many
// changes, or nil.
func (t *betulaTree) take(b *streamRows, i int, p *betulaPlace, began uint64) {
	f := t.row(b, i)
	if f.n == 0 {
		return
	}
	var v *betulaNode
	var at int
	switch {
	case p == nil || t.rebuilt > began || p.node.torn > began:
		v, at = t.descend(f)
	case p.node.grown > began:
		v, at = p.node, t.nearest(p.node, f)
	default:
		v, at = p.node, p.at
	}
	t.insert(v, at, f)
	if t.leaves > t.most || t.nodes > t.mostNodes() {
		t.rebuild()
	}
}

// mostNodes bounds the memory: a node of b places holds b/4 features at least on average,
// or the tree is built anew.
func (t *betulaTree) mostNodes() int { return 8*(t.most/t.b) + 64 }

// rebuild raises the threshold so far that about half of the leaves find another within
// it, and inserts all leaves into a new tree, in the order of the old one: until a quarter
// of the leaves allowed is free. The nodes of the old tree serve the new one.
func (t *betulaTree) rebuild() {
	if t.overflows() {
		return // no threshold would do; betulaBuild says so
	}
	for {
		nodes, gaps := t.survey()
		if len(gaps) > 0 {
			slices.Sort(gaps)
			t.limit = max(t.limit*1.1, gaps[len(gaps)/2])
		} else {
			t.limit = max(t.limit*2, t.spread())
		}
		t.leaves, t.now, t.rebuilds = 0, t.now+1, t.rebuilds+1
		t.root = t.node(true)
		mean := make([]float64, t.d)
		for _, v := range nodes {
			for l := range v.count {
				f := v.get(l, mean)
				u, at := t.descend(f)
				t.insert(u, at, f)
			}
			t.release(v)
		}
		t.now++
		t.rebuilt = t.now
		if t.leaves <= max(1, t.most*3/4) && t.nodes <= t.mostNodes()*3/4 {
			return
		}
	}
}

// survey returns the leaf nodes in order and, for each leaf that is not alone in its node,
// the absorption criterion to the nearest other one there. The inner nodes are released.
func (t *betulaTree) survey() (nodes []*betulaNode, gaps []float64) {
	flat, fs := make([]float64, t.b*t.d), make([]betulaFeature, t.b)
	best, at := make([]float64, t.b), make([]int, t.b)
	var walk func(v *betulaNode)
	walk = func(v *betulaNode) {
		if !v.leaf {
			for _, c := range v.child[:v.count] {
				walk(c)
			}
			t.release(v)
			return
		}
		nodes = append(nodes, v)
		for l := range v.count {
			fs[l] = v.get(l, flat[l*t.d:(l+1)*t.d:(l+1)*t.d])
			best[l] = math.Inf(1)
		}
		for i := range v.count {
			for j := range i {
				q := t.near.apart(fs[i], fs[j])
				if q < best[i] {
					best[i], at[i] = q, j
				}
				if q < best[j] {
					best[j], at[j] = q, i
				}
			}
		}
		for l := range v.count {
			if math.IsInf(best[l], 1) {
				continue
			}
			if q := t.absorb.apart(fs[l], fs[at[l]]); q > 0 && !math.IsInf(q, 1) {
				gaps = append(gaps, q)
			}
		}
	}
	walk(t.root)
	return nodes, gaps
}

// spread is a threshold for a tree whose leaf nodes hold one leaf each.
func (t *betulaTree) spread() float64 {
	f := t.root.total(t.tmp)
	return f.s / f.n / float64(t.most)
}

// betulaLeaves is a compressed table: weighted points with the sum of squares around each.
type betulaLeaves struct {
	mean, n, s []float64
	within     float64 // Σ s
}

func (l *betulaLeaves) len() int { return len(l.n) }

// harvest returns the leaves in the order of the tree, which it takes apart.
func (t *betulaTree) harvest() *betulaLeaves {
	out := &betulaLeaves{
		mean: make([]float64, 0, t.leaves*t.d), n: make([]float64, 0, t.leaves), s: make([]float64, 0, t.leaves),
	}
	mean := make([]float64, t.d)
	var walk func(v *betulaNode)
	walk = func(v *betulaNode) {
		for l := range v.count {
			if !v.leaf {
				walk(v.child[l])
				v.child[l] = nil
				continue
			}
			f := v.get(l, mean)
			out.mean, out.n, out.s = append(out.mean, mean...), append(out.n, f.n), append(out.s, f.s)
		}
	}
	walk(t.root)
	t.root, t.free = nil, nil
	out.within = sum(out.s)
	return out
}
