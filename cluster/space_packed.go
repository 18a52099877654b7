package cluster

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// packedLanes is the number of points in a block.
const packedLanes = kernel.Lanes64

// packedRows holds mapped rows 64 a block, as the kernels take them: coordinate j of
// place p is at (p/64·width + j)·64 + p%64. For sets it holds one bit a column.
type packedRows struct {
	m      *Measure
	form   measureForm
	weight []float64
	n      int // places
	width  int
	block  []float64
	sets   []uint64
	words  int // of a set
}

// packedQuery is a point from which distances are taken.
type packedQuery struct {
	row []float64
	set []uint64
}

func newPackedRows(m *Measure, n, d int) *packedRows {
	p := &packedRows{m: m, n: n, width: d}
	p.form, p.weight = m.form(d)
	if p.form == formSets {
		p.words = (d + 63) / 64
		p.sets = make([]uint64, n*p.words)
		return p
	}
	blocks := (n + packedLanes - 1) / packedLanes
	p.block = kernel.Aligned64(blocks * d * packedLanes)
	for i := n; i < blocks*packedLanes; i++ {
		for j := range d {
			p.block[(i/packedLanes*d+j)*packedLanes+i%packedLanes] = math.Inf(1)
		}
	}
	return p
}

// packRows packs the rows of x in the order given.
func packRows(m *Measure, x *features.Matrix, order []int32) *packedRows {
	_, d := x.Dims()
	p := newPackedRows(m, len(order), d)
	q := p.query()
	for at, i := range order {
		p.mapped(x.Row(int(i)), q)
		p.put(at, q)
	}
	return p
}

func (p *packedRows) blocks() int { return (p.n + packedLanes - 1) / packedLanes }

func (p *packedRows) query() *packedQuery {
	return &packedQuery{make([]float64, p.width), make([]uint64, p.words)}
}

// mapped makes a query of a row.
func (p *packedRows) mapped(row []float64, q *packedQuery) {
	p.m.apply(row, q.row)
	clear(q.set)
	if p.form == formSets {
		for j, v := range q.row {
			if v != 0 {
				q.set[j/64] |= 1 << (j % 64)
			}
		}
	}
}

// aim makes a query of a place.
func (p *packedRows) aim(q *packedQuery, at int) {
	if p.form == formSets {
		copy(q.set, p.sets[at*p.words:])
		return
	}
	from := p.block[at/packedLanes*p.width*packedLanes+at%packedLanes:]
	for j := range q.row {
		q.row[j] = from[j*packedLanes]
	}
}

// put writes a place.
func (p *packedRows) put(at int, q *packedQuery) {
	if p.form == formSets {
		copy(p.sets[at*p.words:(at+1)*p.words], q.set)
		return
	}
	to := p.block[at/packedLanes*p.width*packedLanes+at%packedLanes:]
	for j, v := range q.row {
		to[j*packedLanes] = v
	}
}

// below returns which places of block b are nearer to q than their limits and writes
// the distances of those to out.
func (p *packedRows) below(q *packedQuery, b int, limit, out *[packedLanes]float64) uint64 {
	if p.form == formSets {
		return p.setsBelow(q, b, limit, out)
	}
	block := p.block[b*p.width*packedLanes : (b+1)*p.width*packedLanes]
	switch p.form {
	case formRoot:
		return kernel.RootBelow(q.row, block, limit, out)
	case formSquare:
		return kernel.SquareBelow(q.row, block, limit, out)
	}
	return kernel.CityBelow(q.row, p.weight, block, limit, out)
}

func (p *packedRows) setsBelow(q *packedQuery, b int, limit, out *[packedLanes]float64) uint64 {
	mask := uint64(0)
	for l := range min(packedLanes, p.n-b*packedLanes) {
		if out[l] = setDistance(q.set, p.sets[(b*packedLanes+l)*p.words:]); out[l] < limit[l] {
			mask |= 1 << l
		}
	}
	return mask
}

func setDistance(a, b []uint64) float64 {
	b = b[:len(a)]
	either, differ := 0, 0
	for w, u := range a {
		either += bits.OnesCount64(u | b[w])
		differ += bits.OnesCount64(u ^ b[w])
	}
	return jaccard(differ, either)
}

// between is the distance of two places.
func (p *packedRows) between(a, b int) float64 {
	if p.form == formSets {
		return setDistance(p.sets[a*p.words:(a+1)*p.words], p.sets[b*p.words:])
	}
	u := p.block[a/packedLanes*p.width*packedLanes+a%packedLanes:]
	v := p.block[b/packedLanes*p.width*packedLanes+b%packedLanes:]
	s := 0.0
	if p.form == formCity {
		numbers := p.width - len(p.weight)
		for j := range numbers {
			s += math.Abs(u[j*packedLanes] - v[j*packedLanes])
		}
		for j, w := range p.weight {
			if at := (numbers + j) * packedLanes; u[at] != v[at] {
				s += w
			}
		}
		return s
	}
	for j := range p.width {
		t := u[j*packedLanes] - v[j*packedLanes]
		s = math.FMA(t, t, s)
	}
	if p.form == formRoot {
		return math.Sqrt(s)
	}
	return s
}
