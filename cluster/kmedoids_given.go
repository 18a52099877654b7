package cluster

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// appendBits appends the numbers of the bits of mask, from base on.
func appendBits(list []int32, mask uint64, base int) []int32 {
	for ; mask != 0; mask &= mask - 1 {
		list = append(list, int32(base+bits.TrailingZeros64(mask)))
	}
	return list
}

// kmedoidsGiven is the source of distances that are given.
type kmedoidsGiven struct {
	space Space
	rows  []int32 // target → row; nil: every row is a target
	n     int
	med   []int
}

func newKMedoidsGiven(s Space, rows []int32) *kmedoidsGiven {
	g := &kmedoidsGiven{space: s, rows: rows, n: s.Len()}
	if rows != nil {
		g.n = len(rows)
	}
	return g
}

func (s *kmedoidsGiven) targets() int { return s.n }

func (s *kmedoidsGiven) row(target int) int {
	if s.rows == nil {
		return target
	}
	return int(s.rows[target])
}

func (s *kmedoidsGiven) resize(slots int)  { s.med = make([]int, slots) }
func (s *kmedoidsGiven) put(slot, row int) { s.med[slot] = row }
func (s *kmedoidsGiven) reach([]float64)   {}

func (s *kmedoidsGiven) probe() kmedoidsProbe {
	p := &kmedoidsGivenProbe{s: s}
	if _, ok := s.space.(*givenSpace); !ok || s.rows != nil {
		p.own = make([]float64, (s.n+packedLanes-1)/packedLanes*packedLanes)
		for t := s.n; t < len(p.own); t++ {
			p.own[t] = math.Inf(1)
		}
	}
	for l := range p.last {
		p.last[l] = math.Inf(1)
	}
	return p
}

type kmedoidsGivenProbe struct {
	s    *kmedoidsGiven
	now  []float64     // the distances from the row aimed at
	own  []float64     // where they are not the space's own
	last kmedoidsBlock // the last block, filled up
}

func (p *kmedoidsGivenProbe) aim(row int) {
	s := p.s
	switch g, ok := s.space.(*givenSpace); {
	case ok && s.rows == nil:
		p.now = g.row(row)
		copy(p.last[:], p.now[s.n/packedLanes*packedLanes:])
		return
	case s.rows == nil:
		rows(s.space, row, p.own[:s.n])
	default:
		for t, i := range s.rows {
			p.own[t] = s.space.Dist(row, int(i))
		}
	}
	p.now = p.own
}

func (p *kmedoidsGivenProbe) visit(list []int32) []int32 {
	for b := range (p.s.n + packedLanes - 1) / packedLanes {
		list = append(list, int32(b))
	}
	return list
}

func (p *kmedoidsGivenProbe) below(b int32, limit *kmedoidsBlock) (uint64, *kmedoidsBlock) {
	v := &p.last
	if at := int(b) * packedLanes; at+packedLanes <= len(p.now) {
		v = (*kmedoidsBlock)(p.now[at:])
	}
	return kernel.Below(v, limit), v
}

func (p *kmedoidsGivenProbe) medoids(target int, out []float64) {
	i := p.s.row(target)
	for slot := range out {
		out[slot] = p.s.space.Dist(p.s.med[slot], i)
	}
}
