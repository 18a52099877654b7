package cluster

import (
	"cmp"
	"context"
	"slices"
)

// choose returns, for each cluster of the condensed tree, the chosen cluster that it is
// or is part of, −1 where there is none.
func (a *HDBSCAN) choose(h *hdbscanTree) []int32 {
	var chosen []bool
	if a.ClusterSelectionMethod == "leaf" {
		chosen = a.leavesOf(h)
	} else {
		chosen = a.excessOfMass(h)
	}
	if a.ClusterSelectionEpsilon > 0 {
		chosen = a.rise(h, chosen)
	}
	of := make([]int32, len(chosen))
	for k, yes := range chosen {
		of[k] = -1
		if p := h.parent[k]; p >= 0 && of[p] >= 0 {
			of[k] = of[p]
		} else if yes {
			of[k] = int32(k)
		}
	}
	return of
}

// hdbscanEqual is the share by which parts must be more stable than their cluster: sums
// that are equal on paper differ by less, in whatever order they are made.
const hdbscanEqual = 1e-12

// excessOfMass marks the antichain with the largest sum of stabilities; where a
// cluster and its parts are equal, the cluster. Marks below a marked cluster mean
// nothing.
func (a *HDBSCAN) excessOfMass(h *hdbscanTree) []bool {
	chosen := make([]bool, len(h.parent))
	below := make([]float64, len(h.parent))
	for k := len(chosen) - 1; k >= 0; k-- {
		if k == 0 && !a.AllowSingleCluster {
			break
		}
		best := h.stable[k]
		chosen[k] = true
		if below[k] > best*(1+hdbscanEqual) || a.MaxClusterSize != nil && h.size[k] > float64(*a.MaxClusterSize) {
			best, chosen[k] = below[k], false
		}
		if k > 0 {
			below[h.parent[k]] += best
		}
	}
	return chosen
}

// leavesOf marks the clusters that do not part; cluster 0 only where it may stand alone.
func (a *HDBSCAN) leavesOf(h *hdbscanTree) []bool {
	chosen := make([]bool, len(h.parent))
	for k := range chosen {
		chosen[k] = k > 0 || a.AllowSingleCluster
		if p := h.parent[k]; p >= 0 {
			chosen[p] = false
		}
	}
	return chosen
}

// rise replaces marked clusters that begin within the selection's epsilon by the
// lowest above them that begins beyond it, or by the highest that may be chosen.
func (a *HDBSCAN) rise(h *hdbscanTree, chosen []bool) []bool {
	up := make([]bool, len(chosen))
	covered := make([]bool, len(chosen)) // part of a marked cluster: not marked itself
	for k := range chosen {
		if p := h.parent[k]; p >= 0 {
			covered[k] = covered[p] || chosen[p]
		}
		if !chosen[k] || covered[k] {
			continue
		}
		to := k
		for to > 0 && h.birth[to] < a.ClusterSelectionEpsilon {
			p := int(h.parent[to])
			if p == 0 && !a.AllowSingleCluster {
				break
			}
			to = p
		}
		up[to] = true
	}
	return up
}

// within is the distance up to which a row must have left where cluster 0 is chosen.
func (a *HDBSCAN) within(h *hdbscanTree, of []int32) float64 {
	switch {
	case of[0] < 0:
		return 0
	case a.ClusterSelectionEpsilon > 0:
		return a.ClusterSelectionEpsilon
	}
	return h.death[0]
}

// hdbscanLabels is what a row gets by the cluster that it leaves.
type hdbscanLabels struct {
	label  []int32   // canonical, −1 = noise
	death  []float64 // that of the chosen cluster
	within float64   // rows of cluster 0 beyond it are noise
	sizes  []int     // per label, in rows
	whole  bool      // cluster 0 is chosen: sizes are not known before rows are looked at
}

// labels numbers the chosen clusters as Canonical would.
func (h *hdbscanTree) labels(of []int32, within float64) *hdbscanLabels {
	n := len(of)
	l := &hdbscanLabels{label: make([]int32, n), death: make([]float64, n), within: within, whole: of[0] == 0}
	rows := make([]int32, n)
	var chosen []int32
	for k, o := range of {
		if o == int32(k) {
			chosen = append(chosen, o)
		}
		if o >= 0 {
			rows[o] += h.direct[k]
		}
	}
	first := h.firstRows(of, rows, chosen)
	slices.SortFunc(chosen, func(a, b int32) int {
		return cmp.Or(cmp.Compare(rows[b], rows[a]), cmp.Compare(first[a], first[b]))
	})
	number := make([]int32, n)
	for i, o := range chosen {
		number[o] = int32(i)
		l.sizes = append(l.sizes, int(rows[o]))
	}
	for k, o := range of {
		if l.label[k] = Noise; o >= 0 {
			l.label[k], l.death[k] = number[o], h.death[o]
		}
	}
	return l
}

// firstRows returns the first row of each chosen cluster that has as many rows as
// another; 0 for the others.
func (h *hdbscanTree) firstRows(of, rows, chosen []int32) []int32 {
	first := make([]int32, len(of))
	count := map[int32]int{}
	for _, o := range chosen {
		count[rows[o]]++
	}
	left := 0
	for _, o := range chosen {
		if count[rows[o]] > 1 {
			first[o] = -1
			left++
		}
	}
	for i, k := range h.at {
		if left == 0 {
			break
		}
		if o := of[k]; o >= 0 && first[o] < 0 {
			first[o] = int32(i)
			left--
		}
	}
	return first
}

// write writes labels and probabilities of rows lo..hi.
func (l *hdbscanLabels) write(h *hdbscanTree, lo, hi int, c *Clustering) {
	labels, strength := c.Labels[lo:hi], c.Probabilities[lo:hi]
	leaves := h.leaves[lo:hi]
	for i, k := range h.at[lo:hi] {
		dist := leaves[i]
		to := l.label[k]
		if l.whole && dist > l.within {
			to = Noise
		}
		if labels[i] = to; to >= 0 {
			strength[i] = hdbscanStrength(l.death[k], dist)
		}
	}
}

// fill labels all rows.
func (l *hdbscanLabels) fill(ctx context.Context, h *hdbscanTree, workers int) (*Clustering, error) {
	n := len(h.at)
	c := &Clustering{Labels: make([]int32, n), Probabilities: make([]float64, n), Outlier: h.outlier, Stop: Exact, K: len(l.sizes)}
	if err := newBlocks(n).each(ctx, workers, func(_, lo, hi int) { l.write(h, lo, hi, c) }); err != nil {
		return nil, err
	}
	if l.whole {
		if l.sizes[0] = n - c.NumNoise(); l.sizes[0] == 0 {
			c.K, l.sizes = 0, nil
		}
	}
	return c, nil
}

// hdbscanStrength is λ / largest λ of the cluster, at most 1.
func hdbscanStrength(death, dist float64) float64 {
	if dist <= death {
		return 1
	}
	return death / dist
}
