package cluster

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

// label writes labels (the number of the chosen cluster), probabilities and outlier
// scores of rows lo..hi.
func (h *hdbscanTree) label(of []int32, within float64, lo, hi int, c *Clustering) {
	deepest := h.deepest()
	for i := lo; i < hi; i++ {
		k, dist := h.at[i], h.leaves[i]
		to := of[k]
		if to == 0 && dist > within {
			to = Noise
		}
		c.Labels[i] = to
		if to >= 0 {
			c.Probabilities[i] = hdbscanStrength(h.death[to], dist)
		}
		if dist > 0 {
			c.Outlier[i] = 1 - deepest[k]/dist
		}
	}
}

// hdbscanStrength is λ / largest λ of the cluster, at most 1.
func hdbscanStrength(death, dist float64) float64 {
	if dist <= death {
		return 1
	}
	return death / dist
}

// deepest is, per cluster, the largest λ in it and below it, as a distance.
func (h *hdbscanTree) deepest() []float64 {
	d := append([]float64(nil), h.death...)
	for k := len(d) - 1; k > 0; k-- {
		d[h.parent[k]] = min(d[h.parent[k]], d[k])
	}
	return d
}
