package cluster

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// single grows a minimum spanning tree from row 0 (Prim): its edges in order of
// length are the merges. Rows that are in the tree leave the arrays, so that a step
// scans only what is outside.
func (r *hierarchicalRun) single() error {
	d, m := r.d, r.n-1
	p := slices.Clone(r.x.Data()[d:])
	best, prev, id := make([]float64, m), make([]int32, m), make([]int32, m)
	for j := range best {
		best[j], id[j] = math.Inf(1), int32(j+1)
	}
	q, from := slices.Clone(r.x.Row(0)), int32(0)
	for m > 0 {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		var at int
		if r.run.Space != nil {
			at = r.relaxSpace(from, best[:m], prev, id)
		} else {
			at = r.relax(q, from, p[:m*d], best[:m], prev, id)
		}
		height := best[at]
		if r.run.Space == nil {
			height = math.Sqrt(height)
		}
		r.join(prev[at], id[at], height)
		from = id[at]
		copy(q, p[at*d:at*d+d])
		m-- // the last takes the place of the one that left
		copy(p[at*d:at*d+d], p[m*d:m*d+d])
		best[at], prev[at], id[at] = best[m], prev[m], id[m]
	}
	return nil
}

// relax is kernel.Relax in chunks; ties go to the smallest id.
func (r *hierarchicalRun) relax(q []float64, from int32, p, best []float64, prev, id []int32) int {
	m, d := len(best), r.d
	chunks := max(1, min(16, m*(d+2)/hierarchicalChunk))
	if len(r.team.wake) == 0 {
		chunks = 1
	}
	var place [16]int
	r.team.run(chunks, func(c int) {
		lo, hi := m*c/chunks, m*(c+1)/chunks
		_, at := kernel.Relax(q, from, p[lo*d:hi*d], best[lo:hi], prev[lo:hi], id[lo:hi])
		place[c] = lo + at
	})
	at := place[0]
	for _, c := range place[1:chunks] {
		if best[c] < best[at] || best[c] == best[at] && id[c] < id[at] {
			at = c
		}
	}
	return at
}

func (r *hierarchicalRun) relaxSpace(from int32, best []float64, prev, id []int32) int {
	at := 0
	for j := range best {
		if v := r.run.Space.Dist(int(from), int(id[j])); v < best[j] {
			best[j], prev[j] = v, from
		}
		if best[j] < best[at] || best[j] == best[at] && id[j] < id[at] {
			at = j
		}
	}
	return at
}
