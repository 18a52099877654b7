package cluster

import (
	"math"
	"slices"
	"sort"
)

// opticsArea is a steep area downwards.
type opticsArea struct {
	start, end int
	between    float64 // the highest place between it and here
}

// opticsPlot is the plot in the order of the visits.
type opticsPlot struct {
	r    []float64 // reachability distances, then +Inf
	pred []int32   // places of the predecessors, −1 = none
	rest float64   // 1 − ξ
}

// opticsXi returns the ξ-clusters: first and last place in the order, inner ones before
// those that hold them. It follows scikit-learn 1.9 step by step, in linear time but for
// the steep areas that are open at once.
func opticsXi(p *Reachability, xi float64, minSamples, minSize int, correct bool) [][2]int32 {
	n := len(p.Order)
	o := &opticsPlot{r: make([]float64, n+1), pred: make([]int32, n), rest: 1 - xi}
	place := make([]int32, n)
	for at, i := range p.Order {
		place[i] = int32(at)
		o.r[at] = p.Reach[i]
	}
	o.r[n] = math.Inf(1)
	for at, i := range p.Order {
		if o.pred[at] = -1; p.Predecessor[i] >= 0 {
			o.pred[at] = place[p.Predecessor[i]]
		}
	}
	var clusters [][2]int32
	var open []opticsArea
	index, between := 0, 0.0
	for at := range n {
		if at < index || !o.steepDown(at) && !o.steepUp(at) {
			continue
		}
		for _, v := range o.r[index : at+1] {
			between = max(between, v)
		}
		open = o.close(open, between)
		if o.steepDown(at) {
			end := o.extend(at, minSamples, o.steepDown, o.up)
			open = append(open, opticsArea{start: at, end: end})
			index = end + 1
			between = o.r[index]
			continue
		}
		end := o.extend(at, minSamples, o.steepUp, o.down)
		index = end + 1
		between = o.r[index]
		first := len(clusters)
		for _, d := range open {
			if s, e, ok := o.cluster(d, at, end, minSize, correct); ok {
				clusters = append(clusters, [2]int32{int32(s), int32(e)})
			}
		}
		slices.Reverse(clusters[first:])
	}
	return clusters
}

// The steps of the plot. A step between two parts of it, from +∞ to +∞, is none of these.
func (o *opticsPlot) ratio(i int) float64  { return o.r[i] / o.r[i+1] }
func (o *opticsPlot) steepUp(i int) bool   { return o.ratio(i) <= o.rest }
func (o *opticsPlot) steepDown(i int) bool { return o.ratio(i) >= 1/o.rest }
func (o *opticsPlot) up(i int) bool        { return o.ratio(i) < 1 }
func (o *opticsPlot) down(i int) bool      { return o.ratio(i) > 1 }

// close forgets the areas that something between is too high for.
func (o *opticsPlot) close(open []opticsArea, between float64) []opticsArea {
	kept := open[:0]
	if math.IsInf(between, 1) {
		return kept
	}
	for _, d := range open {
		if between <= o.r[d.start]*o.rest {
			d.between = max(d.between, between)
			kept = append(kept, d)
		}
	}
	return kept
}

// extend returns the last place of the steep area that begins at start: it ends before a
// step the other way, and has at most minSamples places in a row that are not steep.
func (o *opticsPlot) extend(start, minSamples int, steep, other func(int) bool) int {
	end, flat := start, 0
	for i := start; i < len(o.pred); i++ {
		switch {
		case steep(i):
			flat, end = 0, i
		case other(i):
			return end
		default:
			if flat++; flat > minSamples {
				return end
			}
		}
	}
	return end
}

// cluster is definition 11: what lies between the steep area d downwards and that
// upwards from up to end, if it is a cluster.
func (o *opticsPlot) cluster(d opticsArea, up, end, minSize int, correct bool) (s, e int, ok bool) {
	r := o.r
	s, e = d.start, end
	if r[e+1]*o.rest < d.between {
		return 0, 0, false
	}
	top := r[d.start]
	switch {
	case top*o.rest >= r[e+1]: // from where the left side is as high as the right one
		for r[s+1] > r[e+1] && s < d.end {
			s++
		}
	case r[e+1]*o.rest >= top: // and the other way
		for e > up && r[e-1] > top {
			e--
		}
	}
	if correct {
		if s, e, ok = o.correct(s, e); !ok {
			return 0, 0, false
		}
	}
	return s, e, e-s+1 >= minSize && s <= d.end && e >= up
}

// correct takes places off the end that were not reached from the cluster (Schubert and
// Gertz, algorithm 2).
func (o *opticsPlot) correct(s, e int) (int, int, bool) {
	for ; s < e; e-- {
		if o.r[s] > o.r[e] || int(o.pred[e]) >= s && int(o.pred[e]) < e {
			return s, e, true
		}
	}
	return 0, 0, false
}

// opticsInnermost labels the rows of the ξ-clusters that hold no other.
func opticsInnermost(p *Reachability) []int32 {
	labels := make([]int32, len(p.Order))
	for i := range labels {
		labels[i] = Noise
	}
	var taken [][2]int32 // ascending, apart
	for l, c := range p.Clusters {
		at := sort.Search(len(taken), func(k int) bool { return taken[k][1] >= c[0] })
		if at < len(taken) && taken[at][0] <= c[1] {
			continue
		}
		taken = slices.Insert(taken, at, c)
		for _, i := range p.Order[c[0] : c[1]+1] {
			labels[i] = int32(l)
		}
	}
	return labels
}

// opticsCut labels the rows as DBSCAN would with eps, and says which are core.
func opticsCut(p *Reachability, eps float64) (labels []int32, core []bool) {
	labels, core = make([]int32, len(p.Order)), make([]bool, len(p.Order))
	at := int32(-1)
	for _, i := range p.Order {
		core[i] = p.Core[i] <= eps
		switch {
		case p.Reach[i] <= eps:
			labels[i] = at
		case core[i]:
			at++
			labels[i] = at
		default:
			labels[i] = Noise
		}
	}
	return labels, core
}
