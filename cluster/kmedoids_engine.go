package cluster

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// kmedoidsEngine makes swaps. Of every target it knows the nearest and second medoid,
// and for silhouettes the third; places that fill the last block up have weight 0 and
// limits that nothing is below.
type kmedoidsEngine struct {
	ctx        context.Context
	run        Run
	team       *team
	source     kmedoidsSource
	silhouette bool
	n, m       int // candidates, targets
	weight     []float64
	total      float64 // of the weights

	medoid  []int  // slot → row
	chosen  []bool // row → is a medoid
	slot    [3][]int32
	dist    [3][]float64
	limit   []float64    // the last of dist that counts: nothing farther changes anything
	reach   []float64    // per block the greatest limit
	share   [3][]float64 // silhouettes: d₁/d₂, d₂/d₃, d₁/d₃
	removal []float64    // per slot: what giving it up would cost
	loss    float64
	states  []*kmedoidsState
}

// kmedoidsState is one goroutine's.
type kmedoidsState struct {
	probe kmedoidsProbe
	delta []float64
	to    []float64 // distances to all medoids
	list  []int32
	limit kmedoidsBlock // of weigh
	swap  int           // the slot of the first swap found, or −1
	at    int           // its candidate; while a swap is made, what the probe is aimed at
}

// kmedoidsPieces is into how many pieces work is divided: enough for a few goroutines
// to end at about the same time.
const kmedoidsPieces = 8

func newKMedoidsEngine(r *kmedoidsRun, source kmedoidsSource) *kmedoidsEngine {
	e := &kmedoidsEngine{ctx: r.ctx, run: r.run, team: r.team, source: source, silhouette: r.opt.silhouette(), n: r.n, m: source.targets()}
	blocks := (e.m + packedLanes - 1) / packedLanes
	e.weight, e.reach = make([]float64, blocks*packedLanes), make([]float64, blocks)
	for rank := range e.ranks() {
		e.slot[rank], e.dist[rank] = make([]int32, blocks*packedLanes), make([]float64, blocks*packedLanes)
	}
	e.limit = e.dist[e.ranks()-1]
	if e.silhouette {
		for i := range e.share {
			e.share[i] = make([]float64, e.m)
		}
	}
	e.chosen = make([]bool, e.n)
	for range kmedoidsPieces {
		e.states = append(e.states, &kmedoidsState{probe: source.probe()})
	}
	return e
}

// ranks is how many medoids of a target count.
func (e *kmedoidsEngine) ranks() int {
	if e.silhouette {
		return 3
	}
	return 2
}

// begin takes medoids.
func (e *kmedoidsEngine) begin(medoids []int) error {
	e.medoid = append(e.medoid[:0], medoids...)
	clear(e.chosen)
	k := len(medoids)
	e.source.resize(k)
	for s, i := range medoids {
		e.chosen[i] = true
		e.source.put(s, i)
	}
	e.removal = make([]float64, k)
	for _, s := range e.states {
		s.delta, s.to = make([]float64, k), make([]float64, k)
	}
	e.total = sum(e.weight)
	err := e.blocks(func(s *kmedoidsState, b int) {
		for t := b * packedLanes; t < min(e.m, (b+1)*packedLanes); t++ {
			e.rank(s, t)
		}
	})
	if err != nil {
		return err
	}
	if last := e.slot[min(k, 2)-1][:e.m]; slices.Contains(last, -1) {
		return errMedoidsOverflow
	}
	e.tally()
	return nil
}

var errMedoidsOverflow = &DataError{"kmedoids", "distances overflow: values are too large, scale the columns first"}

// blocks calls do for every block of targets, in pieces.
func (e *kmedoidsEngine) blocks(do func(s *kmedoidsState, b int)) error {
	blocks := len(e.reach)
	pieces := kmedoidsPieces
	if e.m < 2048 { // a piece should be worth the while of waking somebody
		pieces = 1
	}
	e.team.run(pieces, func(p int) {
		s := e.states[p]
		for b := blocks * p / pieces; b < blocks*(p+1)/pieces; b++ {
			if e.ctx.Err() != nil {
				return
			}
			do(s, b)
		}
	})
	return e.ctx.Err()
}

// rank finds a target's nearest medoids anew, ties to the first slot.
func (e *kmedoidsEngine) rank(s *kmedoidsState, t int) {
	s.probe.medoids(t, s.to)
	inf := math.Inf(1)
	d1, d2, d3 := inf, inf, inf
	i1, i2, i3 := int32(-1), int32(-1), int32(-1)
	for i, v := range s.to {
		if v >= d3 {
			continue
		}
		switch i := int32(i); {
		case v < d1:
			d1, d2, d3, i1, i2, i3 = v, d1, d2, i, i1, i2
		case v < d2:
			d2, d3, i2, i3 = v, d2, i, i2
		default:
			d3, i3 = v, i
		}
	}
	e.slot[0][t], e.dist[0][t] = i1, d1
	e.slot[1][t], e.dist[1][t] = i2, d2
	if e.silhouette {
		e.slot[2][t], e.dist[2][t] = i3, d3
	}
}

// tally sums, in the order of the targets, the loss and what giving up each medoid
// would cost, and finds the blocks' limits.
func (e *kmedoidsEngine) tally() {
	clear(e.removal)
	clear(e.reach)
	e.loss = 0
	k := len(e.medoid)
	for t := range e.m {
		w, i := e.weight[t], e.slot[0][t]
		d1, d2 := e.dist[0][t], e.dist[1][t]
		e.reach[t/packedLanes] = math.Max(e.reach[t/packedLanes], e.limit[t])
		switch {
		case e.silhouette:
			d3 := e.dist[2][t]
			now, noFirst, noSecond := ratio(d1, d2), ratio(d2, d3), ratio(d1, d3)
			e.share[0][t], e.share[1][t], e.share[2][t] = now, noFirst, noSecond
			e.loss += w * now
			e.removal[i] += w * (noFirst - now)
			e.removal[e.slot[1][t]] += w * (noSecond - now)
		case k == 1:
			e.loss += w * d1
		default:
			e.loss += w * d1
			e.removal[i] += w * (d2 - d1)
		}
	}
	e.source.reach(e.reach)
}

// ratio is d₁/d₂, where 0/0 is 0.
func ratio(d1, d2 float64) float64 {
	if d2 == 0 {
		return 0
	}
	return d1 / d2
}

// evaluate returns the best slot for a candidate and by how much the loss would change:
// the candidate's gain with every medoid kept, plus per slot the cost of giving it up,
// corrected for the targets that the candidate itself would take.
func (e *kmedoidsEngine) evaluate(s *kmedoidsState, candidate int) (slot int, change float64) {
	s.probe.aim(candidate)
	s.list = s.probe.visit(s.list[:0])
	copy(s.delta, e.removal)
	gain := 0.0
	switch {
	case e.silhouette:
		gain = e.scanSilhouette(s)
	case len(e.medoid) == 1:
		gain = e.scanOne(s)
	default:
		gain = e.scan(s)
	}
	for i, v := range s.delta {
		if v < s.delta[slot] {
			slot = i
		}
	}
	return slot, s.delta[slot] + gain
}

func (e *kmedoidsEngine) scan(s *kmedoidsState) float64 {
	gain := 0.0
	for _, b := range s.list {
		at := int(b) * packedLanes
		mask, out := s.probe.below(b, (*kmedoidsBlock)(e.limit[at:]))
		if mask == 0 {
			continue
		}
		near := (*[packedLanes]int32)(e.slot[0][at:])
		d1, d2 := (*kmedoidsBlock)(e.dist[0][at:]), (*kmedoidsBlock)(e.dist[1][at:])
		weight := (*kmedoidsBlock)(e.weight[at:])
		for ; mask != 0; mask &= mask - 1 {
			l := bits.TrailingZeros64(mask) & (packedLanes - 1)
			v, w := out[l], weight[l]
			if c := v - d1[l]; c < 0 {
				gain += w * c
				v = d1[l]
			}
			s.delta[near[l]] += w * (v - d2[l])
		}
	}
	return gain
}

// scanOne is scan for the only medoid, which is given up in any case.
func (e *kmedoidsEngine) scanOne(s *kmedoidsState) float64 {
	gain := 0.0
	for _, b := range s.list {
		at := int(b) * packedLanes
		mask, out := s.probe.below(b, (*kmedoidsBlock)(e.limit[at:]))
		for ; mask != 0; mask &= mask - 1 {
			l := bits.TrailingZeros64(mask)
			gain += e.weight[at+l] * (out[l] - e.dist[0][at+l])
		}
	}
	return gain
}

// swap makes a candidate the medoid of a slot.
func (e *kmedoidsEngine) swap(slot, candidate int) error {
	e.chosen[e.medoid[slot]], e.chosen[candidate] = false, true
	e.medoid[slot] = candidate
	e.source.put(slot, candidate)
	visited := make([]bool, len(e.reach))
	probe := e.states[0].probe
	probe.aim(candidate)
	for _, b := range probe.visit(nil) {
		visited[b] = true
	}
	for _, s := range e.states {
		s.at = -1
	}
	err := e.blocks(func(s *kmedoidsState, b int) {
		if s.at != candidate {
			s.probe.aim(candidate)
			s.at = candidate
		}
		e.swapBlock(s, int32(slot), b, visited[b])
	})
	e.tally()
	return err
}

func (e *kmedoidsEngine) swapBlock(s *kmedoidsState, slot int32, b int, visited bool) {
	at := b * packedLanes
	var mask uint64
	var out kmedoidsBlock
	if visited {
		m, o := s.probe.below(int32(b), (*kmedoidsBlock)(e.limit[at:]))
		mask, out = m, *o // the probe's own is used again below
	}
	for l := range min(packedLanes, e.m-at) {
		t := at + l
		near := mask>>l&1 == 1
		rank := -1 // of the slot
		for i := range e.ranks() {
			if e.slot[i][t] == slot {
				rank = i
			}
		}
		switch {
		case near && len(e.medoid) > 1:
			// Nearer than the last that counts: it takes its place among them, and one
			// leaves, the old medoid of the slot or the last.
			if rank < 0 {
				rank = e.ranks() - 1
			}
			for ; rank > 0 && out[l] < e.dist[rank-1][t]; rank-- {
				e.slot[rank][t], e.dist[rank][t] = e.slot[rank-1][t], e.dist[rank-1][t]
			}
			for ; rank+1 < e.ranks() && out[l] > e.dist[rank+1][t]; rank++ {
				e.slot[rank][t], e.dist[rank][t] = e.slot[rank+1][t], e.dist[rank+1][t]
			}
			e.slot[rank][t], e.dist[rank][t] = slot, out[l]
		case near:
			e.dist[0][t] = out[l]
		case rank >= 0:
			e.rank(s, t)
		}
	}
}
