package cluster

import (
	"context"
	"math"
	"math/bits"
	"sync"

	"github.com/mores-lab/mores/internal/kernel"
)

// Assigner finds the nearest of k centres for any number of rows: labels are those of
// the float64 distances Σ fma(t, t, ·), t = xⱼ−cⱼ, in the order of the columns, ties to
// the first centre, and are the same bits on every processor. It may be used by several
// goroutines at once, but not while Set runs.
//
// From assignerScreen centres on rows are screened in float32, and float64 decides only
// where rounding leaves a doubt. Cost O(n·k·d), memory O(k·d) and a few kilobytes a
// goroutine.
type Assigner struct {
	d       int
	exact   kernel.Centers64
	screen  kernel.Centers32
	origin  []float64
	scale   float64 // 0 = no screen
	scratch sync.Pool
}

// assignerScreen is the number of centres from which rounding the rows first is faster.
const assignerScreen = 12

// assignerChunk is the number of rows worked on at once.
const assignerChunk = 256

type assignerScratch struct {
	tile            *kernel.Rows32
	rows            []int32
	best, second    []float32
	sq              []float32
	unsure, changed []uint16
	label           []int32
	doubt, verdict  []int32
	dist            []float64
}

// NewAssigner returns an Assigner for the row-major centres of d coordinates.
func NewAssigner(centers []float64, d int) *Assigner {
	a := &Assigner{d: d, origin: make([]float64, d)}
	a.scratch.New = func() any {
		const n, b = assignerChunk, assignerChunk / kernel.Lanes32
		return &assignerScratch{
			rows: make([]int32, 0, n), best: make([]float32, n), second: make([]float32, n), sq: make([]float32, n),
			unsure: make([]uint16, b), changed: make([]uint16, b), label: make([]int32, n),
			doubt: make([]int32, 0, n), verdict: make([]int32, n), dist: make([]float64, n),
		}
	}
	a.Set(centers)
	return a
}

// Set takes over other centres of the same width.
func (a *Assigner) Set(centers []float64) {
	d := a.d
	a.exact.Set(centers, d)
	a.scale = 0
	if a.exact.K < assignerScreen {
		return
	}
	reach := 0.0
	for j := range a.origin {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := j; i < len(centers); i += d {
			lo, hi = min(lo, centers[i]), max(hi, centers[i])
		}
		a.origin[j] = lo/2 + hi/2
		reach = max(reach, hi-a.origin[j], a.origin[j]-lo)
	}
	if a.scale = kernel.Scale32(reach); a.scale > 0 {
		a.screen.Set(centers, &kernel.Rows32{D: d, Origin: a.origin, Scale: a.scale})
	}
}

// Assign writes, for each of len(label) rows of the row-major x, the number of the
// nearest centre and, unless dist is nil, the squared distance to it.
func (a *Assigner) Assign(x []float64, label []int32, dist []float64) {
	t := a.scratch.Get().(*assignerScratch)
	defer a.scratch.Put(t)
	for lo := 0; lo < len(label); lo += assignerChunk {
		hi := min(len(label), lo+assignerChunk)
		to := t.dist[:hi-lo]
		if dist != nil {
			to = dist[lo:hi]
		}
		a.chunk(t, x[lo*a.d:hi*a.d], label[lo:hi], to, dist != nil)
	}
}

// AssignAll is Assign on up to workers goroutines (0 = all processors).
func (a *Assigner) AssignAll(ctx context.Context, x []float64, workers int, label []int32, dist []float64) error {
	size := max(assignerChunk, (1<<20)/max(1, a.exact.K)/assignerChunk*assignerChunk)
	size = min(size, 16*assignerChunk) // the rows and all that belongs to them stay in the cache
	n := len(label)
	return parallel(ctx, Run{Workers: workers}.workers(), (n+size-1)/size, func(i int) {
		lo, hi := i*size, min(n, (i+1)*size)
		if dist == nil {
			a.Assign(x[lo*a.d:hi*a.d], label[lo:hi], nil)
			return
		}
		a.Assign(x[lo*a.d:hi*a.d], label[lo:hi], dist[lo:hi])
	})
}

func (a *Assigner) chunk(t *assignerScratch, x []float64, label []int32, dist []float64, measure bool) {
	n := len(label)
	t.rows = t.rows[:0]
	for i := range n {
		t.rows = append(t.rows, int32(i))
	}
	if a.scale == 0 {
		a.exact.Nearest(x, t.rows, label, dist)
		return
	}
	if t.tile == nil {
		t.tile = kernel.NewRows32(assignerChunk, a.d, a.origin, a.scale)
	}
	t.tile.Origin, t.tile.Scale = a.origin, a.scale
	rows := kernel.PadRows(t.rows)
	blocks := len(rows) / kernel.Lanes32
	t.tile.Gather(x, rows, t.sq)
	t.tile.Top2(&a.screen, a.screen.All, 0, blocks, t.best, t.second, t.label)
	norm, top := t.tile.Norm[:blocks], float32(0)
	for _, v := range norm {
		if !(v <= top) {
			top = v
		}
	}
	slope, floor := a.screen.Margin(top)
	kernel.Settle(t.best, t.second, t.label, t.label, norm, slope, floor, t.unsure, t.changed)
	copy(label, t.label)
	t.doubt = t.doubt[:0]
	for i, m := range t.unsure[:blocks] {
		for ; m != 0; m &= m - 1 {
			if at := i*kernel.Lanes32 + bits.TrailingZeros16(m); at < n {
				t.doubt = append(t.doubt, int32(at))
			}
		}
	}
	if len(t.doubt) > 0 {
		// best is not needed any more, but dist may be the caller's: measured below.
		a.exact.Nearest(x, t.doubt, t.verdict, t.dist)
		for i, at := range t.doubt {
			label[at] = t.verdict[i]
		}
	}
	if measure {
		a.exact.Own(x, label, dist)
	}
}
