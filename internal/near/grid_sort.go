package near

// gridDigit is the most bits that a pass of the sort looks at: 2048 places to write to at
// once still have their pages at hand.
const gridDigit = 11

// sort puts the points in the order of their cells' keys of so many bits, points of one
// cell in the order of their numbers. It returns a second buffer, free for other use.
func (g *Grid) sort(x []float64, bits, workers int) []uint64 {
	a, b := make([]uint64, g.n), make([]uint64, g.n)
	d, pieces := g.d, gridPieces(g.n, workers)
	gridSplit(g.n, pieces, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			a[i] = g.cellOf(x[i*d:i*d+d])<<32 | uint64(i)
		}
	})
	a, b = gridRadix(a, b, min(bits, 32), pieces)
	if bits > 32 { // the sort is stable: the upper half of the keys comes last
		gridSplit(g.n, pieces, func(_, lo, hi int) {
			for p := lo; p < hi; p++ {
				i := int(uint32(a[p]))
				a[p] = g.cellOf(x[i*d:i*d+d])>>32<<32 | uint64(i)
			}
		})
		a, b = gridRadix(a, b, bits-32, pieces)
	}
	g.rows = a
	return b
}

// gridRadix sorts a by the lowest bits of the upper half of its numbers, from the lowest
// digit up, each digit in parallel: pieces count their digits, then write behind what the
// pieces before them have of the same digit. It returns the sorted buffer first.
func gridRadix(a, b []uint64, bits, pieces int) (sorted, other []uint64) {
	if bits == 0 {
		return a, b
	}
	passes := (bits + gridDigit - 1) / gridDigit
	width := (bits + passes - 1) / passes
	mask := uint64(1)<<width - 1
	counts := make([][1 << gridDigit]uint32, pieces)
	for pass := range passes {
		shift := uint(32 + pass*width)
		gridSplit(len(a), pieces, func(t, lo, hi int) {
			c := &counts[t]
			clear(c[:])
			for _, v := range a[lo:hi] {
				c[v>>shift&mask&(1<<gridDigit-1)]++
			}
		})
		at := uint32(0)
		for k := range mask + 1 {
			for t := range counts {
				counts[t][k], at = at, at+counts[t][k]
			}
		}
		gridSplit(len(a), pieces, func(t, lo, hi int) {
			c := &counts[t]
			for _, v := range a[lo:hi] {
				k := v >> shift & mask & (1<<gridDigit - 1)
				b[c[k]] = v
				c[k]++
			}
		})
		a, b = b, a
	}
	return a, b
}
