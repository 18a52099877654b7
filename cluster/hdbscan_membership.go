package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

// Memberships are the shares of SoftClusters, each row divided by its sum. Of border
// rows the largest share may be another cluster's than the label's.
func (a *HDBSCAN) Memberships(x *features.Matrix, c *Clustering) ([]float64, error) {
	s, err := a.soft(x, c)
	if err != nil {
		return nil, err
	}
	return s.shares, nil
}

// SoftClusters returns n×K probabilities, row-major: all_points_membership_vectors of
// McInnes's hdbscan (to 1e-7). A row's sum is the probability that it belongs to any
// cluster. With e an exemplar of a cluster (a row that leaves one of its leaves last), h
// the density at which the row's branch of the tree meets the cluster's (the row's own λ
// where one holds the other), and Λ the largest λ of the cluster that the row leaves,
//
//	share ∝ exp(exp(−Λ/h)) / min ‖x−e‖
//
// Cost K searches in a tree of exemplars for each row.
func (a *HDBSCAN) SoftClusters(x *features.Matrix, c *Clustering) ([]float64, error) {
	s, err := a.soft(x, c)
	if err != nil {
		return nil, err
	}
	for i, p := range s.some {
		for l := range c.K {
			s.shares[i*c.K+l] *= p
		}
	}
	return s.shares, nil
}

// hdbscanSoft is the state of soft memberships.
type hdbscanSoft struct {
	x         *features.Matrix
	h         *hdbscanTree
	clusters  []int32      // per label: the chosen cluster
	exemplars []*near.Tree // per label
	shares    []float64
	some      []float64 // per row: the probability of being in some cluster
}

func (a *HDBSCAN) soft(x *features.Matrix, c *Clustering) (*hdbscanSoft, error) {
	n, _ := x.Dims()
	switch {
	case c.Tree == nil || c.Tree.N != n || len(c.Labels) != n:
		return nil, fmt.Errorf("hdbscan: memberships need the tree of the fit")
	case x.Weights != nil:
		return nil, &DataError{"hdbscan", "memberships of weighted rows are not defined: write the rows as often as they count"}
	case a.Metric != "" && a.Metric != "euclidean":
		return nil, &OptionError{"hdbscan", "metric", a.Metric, "memberships are defined for euclidean only"}
	}
	h := hdbscanCondense(c.Tree, float64(a.MinClusterSize), nil, nil, Run{}.workers())
	of := a.choose(h)
	s := &hdbscanSoft{x: x, h: h, clusters: make([]int32, c.K), shares: make([]float64, n*c.K), some: make([]float64, n)}
	for i, l := range c.Labels {
		if l >= 0 {
			s.clusters[l] = of[h.at[i]]
		}
	}
	s.findExemplars(of)
	// Rows by the cluster that they leave: those of one cluster meet the others alike.
	first := make([]int32, len(of)+1)
	for _, k := range h.at {
		first[k+1]++
	}
	for k := range of {
		first[k+1] += first[k]
	}
	order, next := make([]int32, n), append([]int32(nil), first...)
	for i, k := range h.at {
		order[next[k]] = int32(i)
		next[k]++
	}
	return s, parallel(context.Background(), Run{}.workers(), len(of), func(k int) {
		s.fill(int32(k), order[first[k]:first[k+1]])
	})
}

// findExemplars collects, for each label, the rows that leave its leaves last.
func (s *hdbscanSoft) findExemplars(of []int32) {
	h := s.h
	label := make([]int32, len(of)) // per leaf
	for k := range label {
		label[k] = Noise
	}
	for l, k := range s.clusters {
		label[k] = int32(l)
	}
	leaf := make([]bool, len(of))
	for k, o := range of {
		leaf[k] = true
		if p := h.parent[k]; p >= 0 {
			leaf[p] = false
		}
		if o >= 0 {
			label[k] = label[o]
		}
	}
	_, d := s.x.Dims()
	points := make([][]float64, len(s.clusters))
	for i, k := range h.at {
		if l := label[k]; l >= 0 && leaf[k] && h.leaves[i] == h.death[k] {
			points[l] = append(points[l], s.x.Row(i)...)
		}
	}
	s.exemplars = make([]*near.Tree, len(points))
	for l, p := range points {
		s.exemplars[l] = near.New(p, d, 1)
	}
}

// fill writes the shares of the rows that leave cluster k.
func (s *hdbscanSoft) fill(k int32, rows []int32) {
	h := s.h
	meets := make([]float64, len(s.clusters)) // distances; 0 = the row's own
	for l, other := range s.clusters {
		meets[l] = h.meet(k, other)
	}
	for _, i := range rows {
		own := h.leaves[i]
		share := s.shares[int(i)*len(meets) : (int(i)+1)*len(meets)]
		total, exact := 0.0, 0
		for l, m := range meets {
			if m == 0 {
				m = own
			}
			_, sq := s.exemplars[l].Nearest(s.x.Row(int(i)), -1)
			if share[l] = math.Exp(math.Exp(-hdbscanRatio(m, h.death[k]))) / math.Sqrt(sq); sq == 0 {
				exact++
			}
		}
		for l := range share { // a row that is an exemplar is wholly of that cluster
			if exact > 0 {
				if math.IsInf(share[l], 1) {
					share[l] = 1
				} else {
					share[l] = 0
				}
			}
			total += share[l]
		}
		for l := range share {
			share[l] /= total
		}
		if len(meets) > 0 {
			s.some[i] = s.any(meets, own, share)
		}
	}
}

// any is the probability that a row that leaves at own is of some cluster: the density
// at which it meets the first, of several the one of which it has the largest share,
// over that cluster's largest (hdbscan takes any of several).
func (s *hdbscanSoft) any(meets []float64, own float64, share []float64) float64 {
	most, at := math.Inf(1), 0
	for l, m := range meets {
		if m == 0 {
			m = own
		}
		if m < most || m == most && share[l] > share[at] {
			most, at = m, l
		}
	}
	return 1 / hdbscanRatio(most, min(s.h.death[s.clusters[at]], own))
}

// hdbscanRatio is (1/deep)/(1/dist), 1 for 0/0.
func hdbscanRatio(dist, deep float64) float64 {
	if dist == deep {
		return 1
	}
	return dist / deep
}

// meet is the distance at which the branches of two clusters meet, 0 where one holds
// the other. Parents have smaller numbers.
func (h *hdbscanTree) meet(a, b int32) float64 {
	var viaA, viaB bool
	dist := 0.0
	for a != b {
		if a > b {
			dist, a, viaA = h.birth[a], h.parent[a], true
		} else {
			dist, b, viaB = h.birth[b], h.parent[b], true
		}
	}
	if viaA && viaB {
		return dist
	}
	return 0
}
