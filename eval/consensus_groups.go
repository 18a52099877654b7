package eval

import (
	"cmp"
	"context"
	"slices"

	"github.com/mores-lab/mores/cluster"
)

// consensusGrouping holds the groups of rows that no labelling tells apart, by size.
type consensusGrouping struct {
	m       int // labellings
	workers int
	exclude bool

	of     []int32 // row → group; −1 = unassigned
	size   []int   // rows of a group, the largest first, ties by the first row
	tuple  []int32 // m labels a group; −1 = unassigned
	finest int     // segments of the labelling that has most

	// The first groups are the tree's leaves; each further one goes with a leaf.
	leaves int
	leaf   []int32 // group → leaf
	weight []int   // rows of a leaf
}

func newConsensusGroups(ctx context.Context, ls []Labelling, o ConsensusOptions) (*consensusGrouping, error) {
	g := &consensusGrouping{m: len(ls), workers: o.Workers}
	switch o.Noise {
	case "", Exclude:
		g.exclude = true
	case Singletons, OneCluster:
	default:
		panic("eval: no such noise policy")
	}
	labels := make([][]int32, len(ls))
	for r, l := range ls {
		var counts []int
		labels[r], counts = dense(l.Labels)
		g.finest = max(g.finest, len(counts))
		if o.Noise == OneCluster {
			labels[r] = compareFilled(l.Labels)
		}
	}
	if err := g.split(ctx, labels, o.Noise == Singletons); err != nil {
		return nil, err
	}
	return g, g.choose(ctx)
}

// split finds the groups: labelling by labelling, each group is split by its labels.
func (g *consensusGrouping) split(ctx context.Context, labels [][]int32, singletons bool) error {
	n := len(labels[0])
	missing := make([]int, n)
	for _, l := range labels {
		for row, v := range l {
			if v < 0 {
				missing[row]++
			}
		}
	}
	code := make([]int32, n)
	count := 1
	for _, l := range labels {
		if err := ctx.Err(); err != nil {
			return err
		}
		count = consensusSplit(code, count, l)
	}
	var first, size []int
	seen := slices.Repeat([]int32{-1}, count)
	of := make([]int32, n)
	for row, c := range code {
		switch {
		case 2*missing[row] > g.m:
			of[row] = -1
			continue
		case singletons && missing[row] > 0: // nobody is together with this row everywhere
			of[row] = int32(len(size))
			first, size = append(first, row), append(size, 1)
			continue
		case seen[c] < 0:
			seen[c] = int32(len(size))
			first, size = append(first, row), append(size, 0)
		}
		of[row] = seen[c]
		size[seen[c]]++
	}
	order := make([]int, len(size))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size[b], size[a]) })
	place := make([]int32, len(size))
	g.tuple = make([]int32, 0, len(size)*g.m)
	for at, i := range order {
		place[i] = int32(at)
		g.size = append(g.size, size[i])
		for _, l := range labels {
			g.tuple = append(g.tuple, max(l[first[i]], -1))
		}
	}
	for row, i := range of {
		if i >= 0 {
			of[row] = place[i]
		}
	}
	g.of = of
	return nil
}

// consensusSplit tells rows of one code apart by their labels and returns how many codes
// there are then: numbered as they come.
func consensusSplit(code []int32, count int, labels []int32) int {
	wide := int32(1) // labels, noise among them
	for _, l := range labels {
		wide = max(wide, l+2)
	}
	next := int32(0)
	if cells := count * int(wide); cells <= 4*len(code)+64 {
		to := slices.Repeat([]int32{-1}, cells)
		for row, c := range code {
			at := int(c)*int(wide) + int(labels[row]+1)
			if to[at] < 0 {
				to[at] = next
				next++
			}
			code[row] = to[at]
		}
		return int(next)
	}
	to := make(map[[2]int32]int32, count)
	for row, c := range code {
		key := [2]int32{c, labels[row]}
		v, ok := to[key]
		if !ok {
			v = next
			to[key] = v
			next++
		}
		code[row] = v
	}
	return int(next)
}

// choose makes the largest groups leaves and sends the others to the leaf most like them,
// of equals to the largest.
func (g *consensusGrouping) choose(ctx context.Context) error {
	g.leaves = min(len(g.size), consensusGroups)
	g.leaf = make([]int32, len(g.size))
	g.weight = slices.Clone(g.size[:g.leaves])
	parallel(g.workers, len(g.size), func(i int) {
		if i < g.leaves {
			g.leaf[i] = int32(i)
			return
		}
		if ctx.Err() != nil {
			return
		}
		best := -1.0
		for leaf := range g.leaves {
			if c := g.together(i, leaf); c > best {
				best, g.leaf[i] = c, int32(leaf)
			}
		}
	})
	for i := g.leaves; i < len(g.size); i++ {
		g.weight[g.leaf[i]] += g.size[i]
	}
	return ctx.Err()
}

// agree counts the labellings that put two groups together, and those that say something
// of both.
func (g *consensusGrouping) agree(i, j int) (same, judged int) {
	a, b := g.tuple[i*g.m:(i+1)*g.m], g.tuple[j*g.m:(j+1)*g.m]
	for r, l := range a { // without branches, which nobody could foretell
		both := int(^uint32(l|b[r]) >> 31)
		judged += both
		same += both & int((uint64(uint32(l^b[r]))-1)>>63)
	}
	if !g.exclude {
		judged = g.m
	}
	return same, judged
}

// together is the co-association of two groups; 0 where no labelling judges both.
func (g *consensusGrouping) together(i, j int) float64 {
	same, judged := g.agree(i, j)
	if judged == 0 {
		return 0
	}
	return float64(same) / float64(judged)
}

// tree is the average-linkage tree of the leaves.
func (g *consensusGrouping) tree(ctx context.Context) (*cluster.Tree, error) {
	k := g.leaves
	// Sums over all pairs of rows of how often they are apart, in m-ths of 1.
	apart := make([]float64, k*k)
	parallel(g.workers, k, func(i int) {
		if ctx.Err() != nil {
			return
		}
		for j := range k {
			same, judged := g.agree(i, j)
			d := float64(g.m)
			if judged > 0 {
				d = float64(g.m*(judged-same)) / float64(judged)
			}
			apart[i*k+j] = d * float64(g.weight[i]) * float64(g.weight[j])
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return consensusTree(ctx, apart, g.weight, float64(g.m))
}
