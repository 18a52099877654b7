package kernel

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
