package kernel

// WardNearest scans clusters lo.. (centroids p, row-major; sizes w) for the one whose
// union with a cluster of size wq at q raises the sum of squares least:
//
//	v = 2·wq·w/(wq+w) · ‖q−p‖²   (the square of SciPy's Ward distance)
//
// It returns the least v below best and its place (ties to the first), or best and at
// where there is none. Dead clusters have size 0.
func WardNearest(q []float64, wq float64, p, w []float64, skip int, best float64, at int) (float64, int) {
	// v < best ⟺ ‖q−p‖²·2·wq·w < best·(wq+w): no division until it matters. The
	// margin makes rounding err on the side of computing v.
	const margin = 1 + 1e-12
	d := len(q)
	two := 2 * wq
	bound := best * margin
	j := 0
	for ; j+1 < len(w); j += 2 { // two sums at once hide each other's latency
		a, b := p[:len(q):len(q)], p[d:]
		p, b = b[d:], b[:len(q):len(q)]
		s, t := 0.0, 0.0
		for c, v := range q {
			e, f := v-a[c], v-b[c]
			s += e * e
			t += f * f
		}
		if wj := w[j]; s*two*wj < bound*(wq+wj) && wj > 0 && j != skip {
			if v := two * wj / (wq + wj) * s; v < best {
				best, at = v, j
				bound = best * margin
			}
		}
		if wj := w[j+1]; t*two*wj < bound*(wq+wj) && wj > 0 && j+1 != skip {
			if v := two * wj / (wq + wj) * t; v < best {
				best, at = v, j+1
				bound = best * margin
			}
		}
	}
	if j < len(w) {
		if wj := w[j]; wj > 0 && j != skip {
			if v := two * wj / (wq + wj) * Sq(q, p[:d:d]); v < best {
				best, at = v, j
			}
		}
	}
	return best, at
}

// Relax lowers best[j] to ‖q−pⱼ‖² where that is less and writes from to prev[j]: one
// step of Prim's algorithm. It returns the least best[j] and its place, ties to the
// smallest id.
func Relax(q []float64, from int32, p, best []float64, prev, id []int32) (float64, int) {
	d := len(q)
	least, at := best[0], -1
	prev, id = prev[:len(best)], id[:len(best)]
	for j, b := range best {
		row := p[:d:d]
		p = p[d:]
		s := 0.0
		for c, v := range q {
			t := v - row[c]
			s += t * t
		}
		if s < b {
			b = s
			best[j], prev[j] = s, from
		}
		if at < 0 || b < least || b == least && id[j] < id[at] {
			least, at = b, j
		}
	}
	return least, at
}
