package cluster

import "math"

// single takes the edges of a minimum spanning tree in order of length: they are the merges
// of single linkage.
func (r *hierarchicalRun) single() error {
	if r.run.Space != nil {
		return r.singleSpace()
	}
	s, err := sharedSpanning(r.ctx, r.x, r.run, 1)
	if err != nil {
		return err
	}
	if r.n > 1 && !(s.Length[r.n-2] <= math.MaxFloat64) {
		return &DataError{"hierarchical", "distances overflow: values are above 1e150, scale the columns first"}
	}
	for i, h := range s.Length {
		r.join(s.A[i], s.B[i], h)
	}
	return nil
}

// singleSpace grows the tree from row 0 (Prim). Rows that are in the tree leave the arrays,
// so that a step looks only at what is outside.
func (r *hierarchicalRun) singleSpace() error {
	m := r.n - 1
	best, prev, id := make([]float64, m), make([]int32, m), make([]int32, m)
	for j := range best {
		best[j], id[j] = math.Inf(1), int32(j+1)
	}
	for from := int32(0); m > 0; m-- {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		at := 0
		for j := range m {
			if v := r.run.Space.Dist(int(from), int(id[j])); v < best[j] {
				best[j], prev[j] = v, from
			}
			if best[j] < best[at] || best[j] == best[at] && id[j] < id[at] {
				at = j
			}
		}
		r.join(prev[at], id[at], best[at])
		from = id[at]
		last := m - 1 // takes the place of the one that left
		best[at], prev[at], id[at] = best[last], prev[last], id[last]
	}
	return nil
}
