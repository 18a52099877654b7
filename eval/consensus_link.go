package eval

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/cluster"
)

// consensusLinkage builds an average-linkage tree of weighted leaves by the
// nearest-neighbour chain: follow nearest neighbours until two are each other's, merge
// them, go on from what is left of the chain. It keeps sums over pairs of rows, which add
// up, instead of means: sums of whole numbers have no rounding, so that equal means
// compare as equal. O(k²).
type consensusLinkage struct {
	k      int
	sum    []float64 // k×k, which it writes over
	rows   []float64 // of the cluster in a slot
	unit   float64
	alive  []int // slots, ascending
	merges []consensusMerge
}

// consensusMerge joins the clusters that leaves a and b are in.
type consensusMerge struct {
	a, b   int32
	height float64
}

// consensusTree links leaves of that many rows, sum the k×k sums of the distances between
// their rows, in units of 1/unit.
func consensusTree(ctx context.Context, sum []float64, rows []int, unit float64) (*cluster.Tree, error) {
	l := &consensusLinkage{k: len(rows), sum: sum, unit: unit}
	for i, n := range rows {
		l.rows, l.alive = append(l.rows, float64(n)), append(l.alive, i)
	}
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(l.merges, func(a, b consensusMerge) int { return cmp.Compare(a.height, b.height) })
	return l.tree(), nil
}

func (l *consensusLinkage) run(ctx context.Context) error {
	var chain []int
	for len(l.alive) > 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(chain) == 0 {
			chain = append(chain, l.alive[0])
		}
		for {
			x, before := chain[len(chain)-1], -1
			if len(chain) > 1 {
				before = chain[len(chain)-2]
			}
			y, height := l.nearest(x, before)
			if y == before {
				chain = chain[:len(chain)-2]
				l.merge(min(x, y), max(x, y), height)
				break
			}
			chain = append(chain, y)
		}
	}
	return nil
}

// nearest returns the slot nearest to x: of equals that before x in the chain, else the
// first.
func (l *consensusLinkage) nearest(x, before int) (at int, height float64) {
	at, height = -1, math.Inf(1)
	if before >= 0 {
		at, height = before, l.mean(x, before)
	}
	for _, y := range l.alive {
		if y != x {
			if d := l.mean(x, y); d < height {
				at, height = y, d
			}
		}
	}
	return at, height
}

func (l *consensusLinkage) mean(x, y int) float64 {
	return l.sum[x*l.k+y] / (l.unit * l.rows[x] * l.rows[y])
}

// merge puts the union into the earlier slot.
func (l *consensusLinkage) merge(x, y int, height float64) {
	l.merges = append(l.merges, consensusMerge{int32(x), int32(y), height})
	at, _ := slices.BinarySearch(l.alive, y)
	l.alive = slices.Delete(l.alive, at, at+1)
	for _, z := range l.alive {
		if z != x {
			s := l.sum[x*l.k+z] + l.sum[y*l.k+z]
			l.sum[x*l.k+z], l.sum[z*l.k+x] = s, s
		}
	}
	l.rows[x] += l.rows[y]
}

// tree numbers the merges as SciPy does.
func (l *consensusLinkage) tree() *cluster.Tree {
	k, m := l.k, len(l.merges)
	t := &cluster.Tree{N: k, A: make([]int32, m), B: make([]int32, m), Height: make([]float64, m), Size: make([]int32, m)}
	node := make([]int32, 2*k-1) // node → the node above it, itself where there is none yet
	for i := range node {
		node[i] = int32(i)
	}
	root := func(i int32) int32 {
		for node[i] != i {
			node[i] = node[node[i]]
			i = node[i]
		}
		return i
	}
	size := func(i int32) int32 {
		if int(i) < k {
			return 1
		}
		return t.Size[int(i)-k]
	}
	for i, j := range l.merges {
		a, b := root(j.a), root(j.b)
		t.A[i], t.B[i], t.Height[i], t.Size[i] = min(a, b), max(a, b), j.height, size(a)+size(b)
		node[a], node[b] = int32(k+i), int32(k+i)
	}
	return t
}
