package cluster

import (
	"math"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// kmedoidsBlock is a block of distances or limits.
type kmedoidsBlock = [packedLanes]float64

// kmedoidsSource gives distances between candidates (all rows, by number) and targets:
// the rows that are to be near a medoid, numbered in an order of the source's own.
type kmedoidsSource interface {
	targets() int
	row(target int) int // the row that a target is
	probe() kmedoidsProbe
	// put makes a row the medoid of a slot; resize says how many slots there are.
	put(slot, row int)
	resize(slots int)
	// reach takes the greatest limit of each block of 64 targets.
	reach(greatest []float64)
}

// kmedoidsProbe takes distances for one goroutine.
type kmedoidsProbe interface {
	aim(row int)
	// visit appends the blocks that may hold a target nearer than its limit.
	visit(list []int32) []int32
	// below returns which targets of a block are nearer than their limits, and the
	// distances of those.
	below(block int32, limit *kmedoidsBlock) (uint64, *kmedoidsBlock)
	// medoids writes the distances from a target to the medoids.
	medoids(target int, out []float64)
}

// kmedoidsRows is the source of rows of a matrix. The targets are ordered by a kd-tree,
// so that a block is a region: centre and radius say which blocks are too far away.
type kmedoidsRows struct {
	x        *features.Matrix
	m        *Measure
	order    []int32 // target → row
	to       *packedRows
	med      *packedRows
	center   *packedRows // of blocks; nil: look at all
	radius   []float64   // in roots, where distances are squares
	cutoff   []float64   // radius + greatest limit, up to whole blocks of blocks
	infinite kmedoidsBlock
}

// kmedoidsPrune is the number of blocks from which centres are looked at first.
const kmedoidsPrune = 8

func newKMedoidsRows(x *features.Matrix, m *Measure, rows []int, workers int) *kmedoidsRows {
	_, d := x.Dims()
	s := &kmedoidsRows{x: x, m: m, order: make([]int32, len(rows))}
	for l := range s.infinite {
		s.infinite[l] = math.Inf(1)
	}
	flat := x.Data()
	if n, _ := x.Dims(); len(rows) < n || m.maps() {
		flat = make([]float64, len(rows)*d)
		for t, i := range rows {
			m.apply(x.Row(i), flat[t*d:(t+1)*d])
		}
	}
	for t, p := range near.New(flat, d, workers).Index() {
		s.order[t] = int32(rows[p])
	}
	s.to = packRows(m, x, s.order)
	if s.to.form != formSets && s.to.blocks() >= kmedoidsPrune {
		s.enclose()
	}
	return s
}

// enclose finds a ball around each block: its mean (of columns that are compared by
// equality, its first row's value) and the greatest distance from it.
func (s *kmedoidsRows) enclose() {
	nb := s.to.blocks()
	s.center = newPackedRows(s.m, nb, s.to.width)
	s.radius = make([]float64, nb)
	s.cutoff = make([]float64, s.center.blocks()*packedLanes)
	numbers := s.to.width - len(s.to.weight)
	q, mean := s.to.query(), s.to.query()
	for b := range nb {
		lo, hi := b*packedLanes, min(s.to.n, (b+1)*packedLanes)
		s.to.aim(mean, lo)
		clear(mean.row[:numbers])
		for t := lo; t < hi; t++ {
			s.to.aim(q, t)
			for j := range numbers {
				mean.row[j] += q.row[j] / float64(hi-lo)
			}
		}
		s.center.put(b, mean)
		for t := lo; t < hi; t++ {
			s.to.aim(q, t)
			s.radius[b] = math.Max(s.radius[b], s.rooted(s.to.form.between(mean.row, q.row, s.to.weight)))
		}
	}
}

// rooted makes a distance one for which the triangle inequality holds.
func (s *kmedoidsRows) rooted(v float64) float64 {
	if s.to.form == formSquare {
		return math.Sqrt(v)
	}
	return v
}

func (s *kmedoidsRows) targets() int       { return len(s.order) }
func (s *kmedoidsRows) row(target int) int { return int(s.order[target]) }
func (s *kmedoidsRows) resize(slots int)   { s.med = newPackedRows(s.m, slots, s.to.width) }

func (s *kmedoidsRows) put(slot, row int) {
	q := s.med.query()
	s.med.mapped(s.x.Row(row), q)
	s.med.put(slot, q)
}

func (s *kmedoidsRows) reach(greatest []float64) {
	if s.center == nil {
		return
	}
	for b, v := range greatest {
		s.cutoff[b] = (s.radius[b]+s.rooted(v))*(1+1e-12) + 1e-150
	}
}

func (s *kmedoidsRows) probe() kmedoidsProbe {
	return &kmedoidsRowsProbe{s: s, q: s.to.query(), t: s.to.query()}
}

type kmedoidsRowsProbe struct {
	s    *kmedoidsRows
	q, t *packedQuery
	out  kmedoidsBlock
}

func (p *kmedoidsRowsProbe) aim(row int) { p.s.to.mapped(p.s.x.Row(row), p.q) }

func (p *kmedoidsRowsProbe) visit(list []int32) []int32 {
	c := p.s.center
	if c == nil {
		for b := range p.s.to.blocks() {
			list = append(list, int32(b))
		}
		return list
	}
	for g := range c.blocks() {
		limit := (*kmedoidsBlock)(p.s.cutoff[g*packedLanes:])
		var mask uint64
		if c.form == formSquare {
			mask = kernel.RootBelow(p.q.row, c.block[g*c.width*packedLanes:], limit, &p.out)
		} else {
			mask = c.below(p.q, g, limit, &p.out)
		}
		list = appendBits(list, mask, g*packedLanes)
	}
	return list
}

func (p *kmedoidsRowsProbe) below(b int32, limit *kmedoidsBlock) (uint64, *kmedoidsBlock) {
	return p.s.to.below(p.q, int(b), limit, &p.out), &p.out
}

func (p *kmedoidsRowsProbe) medoids(target int, out []float64) {
	p.s.to.aim(p.t, target)
	for g := 0; g*packedLanes < len(out); g++ {
		mask := p.s.med.below(p.t, g, &p.s.infinite, &p.out)
		for l := range min(packedLanes, len(out)-g*packedLanes) {
			if out[g*packedLanes+l] = p.out[l]; mask>>l&1 == 0 {
				out[g*packedLanes+l] = math.Inf(1)
			}
		}
	}
}
