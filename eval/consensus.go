package eval

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/mores-lab/mores/cluster"
)

// ConsensusOptions say how labellings are brought to one.
type ConsensusOptions struct {
	// K is the number of segments; 0 = that which lasts longest as heights grow (Fred and
	// Jain's lifetime), at most as many as the finest labelling has.
	K int
	// Noise says what it means that a labelling leaves a row unassigned. Exclude, also "":
	// nothing; a pair is judged by the labellings in which both rows have a segment.
	// Singletons: the row is together with no other there. OneCluster: the unassigned are
	// together. But with OneCluster, a row that more than half of the labellings leave
	// unassigned is unassigned in the consensus and has no part in it.
	Noise   NoisePolicy
	Workers int // 0 = all processors; the result does not depend on it
}

// Consensus is what several labellings of the same rows have in common.
type Consensus struct {
	Labels []int32 // canonical: by size, noise −1
	K      int
	// Support is a row's mean co-association with the other rows of its segment: 1 = every
	// labelling puts them together. NaN where the row is unassigned or alone.
	Support []float64
	// Tree is the average-linkage tree of the groups of rows that no labelling tells
	// apart; heights are 1 − co-association. Group is each row's leaf, −1 = unassigned.
	Tree  *cluster.Tree
	Group []int32
	// Attached counts rows of small groups that were counted with the group most like
	// theirs, because there were too many groups; 0 = the tree is exact.
	Attached int
	Warnings []string
}

// consensusGroups is how many groups of rows the tree is made of: their matrix takes
// 134 MB. It is a variable for tests only.
var consensusGroups = 4096

// NewConsensus brings labellings to one by evidence accumulation: the co-association of
// two rows is the share of labellings that put them together,
//
//	c(x, y) = |{r : label_r(x) = label_r(y)}| / |{r : r says something of x and y}|
//
// and the rows are clustered by 1 − c with average linkage, cut at K segments. Rows that
// no labelling tells apart have c = 1: they are one leaf, weighted by its rows, and the
// tree is that of the n×n matrix, which is never made. Where there are more than 4096 such
// groups, the 4096 largest make the tree and each row of the others goes with the one it
// has the largest co-association with; Attached counts them and a warning says so.
//
// Many pairs have equal distances. Sums of co-associations are whole numbers, without
// noise, so that equal means are equal; of those the pair with the larger, then the
// earlier group merges first. Names of labels, the order of labellings and the number of
// workers change nothing, and there is no randomness; the order of rows can decide ties.
//
// Cost O(n·m + g²·m) for g groups and m labellings (O(n·g·m) at worst beyond 4096), memory
// 8g² + O(n·m) bytes. Source: Fred and Jain 2005, doi 10.1109/TPAMI.2005.113; groups of
// rows that no labelling tells apart: Huang, Lai and Wang 2016, doi
// 10.1109/TKDE.2015.2503753.
func NewConsensus(ctx context.Context, ls []Labelling, o ConsensusOptions) (*Consensus, error) {
	n, err := compareRows("consensus", ls)
	if err != nil {
		return nil, err
	}
	switch {
	case n == 0:
		return nil, fmt.Errorf("consensus: no rows")
	case o.K < 0:
		return nil, fmt.Errorf("consensus: k = %d: at least 1, or 0 for the number that lasts longest", o.K)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	g, err := newConsensusGroups(ctx, ls, o)
	if err != nil {
		return nil, err
	}
	m := g.leaves
	switch {
	case m == 0:
		return nil, fmt.Errorf("consensus: more than half of the labellings leave each row unassigned: there is no evidence")
	case o.K > m:
		return nil, fmt.Errorf("consensus: k = %d, but the labellings tell only %d groups of rows apart: set k to %d or less", o.K, m, m)
	}
	c := &Consensus{Labels: make([]int32, n), K: o.K, Support: make([]float64, n), Group: make([]int32, n)}
	if c.Tree, err = g.tree(ctx); err != nil {
		return nil, err
	}
	if c.K == 0 {
		c.K, _, _ = c.Tree.Gap(max(1, min(m, g.finest)))
	}
	cut := c.Tree.CutK(c.K)
	for row, group := range g.of {
		if group < 0 {
			c.Labels[row], c.Group[row] = cluster.Noise, -1
			continue
		}
		c.Group[row] = g.leaf[group]
		c.Labels[row] = cut[g.leaf[group]]
		if int(group) >= m {
			c.Attached++
		}
	}
	if c.K, _ = cluster.Canonical(c.Labels); c.Attached > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("consensus: the labellings tell %d groups of rows apart; the %d largest were compared, the other %d rows went with the one most like theirs", len(g.size), m, c.Attached))
	}
	return c, c.support(ctx, g)
}

// support fills Support, a value a group.
func (c *Consensus) support(ctx context.Context, g *consensusGrouping) error {
	segment := make([]int32, g.leaves) // of a leaf
	for row, leaf := range c.Group {
		if leaf >= 0 {
			segment[leaf] = c.Labels[row]
		}
	}
	rows := make([]int, c.K)
	for leaf, w := range g.weight {
		rows[segment[leaf]] += w
	}
	value := make([]float64, len(g.size))
	parallel(g.workers, len(g.size), func(i int) {
		if ctx.Err() != nil {
			return
		}
		own := g.leaf[i]
		k := segment[own]
		if rows[k] < 2 {
			value[i] = math.NaN()
			return
		}
		sum := -g.together(i, int(own)) // a row is no evidence for itself
		for leaf, w := range g.weight {
			if segment[leaf] == k {
				sum += float64(w) * g.together(i, leaf)
			}
		}
		value[i] = sum / float64(rows[k]-1)
	})
	for row, group := range g.of {
		if group < 0 {
			c.Support[row] = math.NaN()
		} else {
			c.Support[row] = value[group]
		}
	}
	return ctx.Err()
}
