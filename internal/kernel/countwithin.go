package kernel

// CountWithin counts rows lo to hi−1 of y whose squared Euclidean distance from q is at
// most sq, and stops when it has seen enough of them: the least of that number and enough.
// Distances are those of PairTile. Cost O(d·(hi−lo)) at most.
func CountWithin(q []float64, y *Lanes, lo, hi int, sq float64, enough int) int {
	if lo >= hi || enough <= 0 {
		return 0
	}
	d := y.d
	if d == 0 {
		if 0 <= sq {
			return min(hi-lo, enough)
		}
		return 0
	}
	q = q[:d]
	count := 0
	part := func(from, to int, mask uint64) {
		if from < to && count < enough {
			count += countWithin(q, y.data[8*d*from:8*d*to], mask, sq, enough-count)
		}
	}
	first, last := lo/8, (hi-1)/8
	head := uint64(0xff) << (lo % 8) & 0xff
	tail := uint64(0xff) >> (7 - (hi-1)%8)
	switch {
	case first == last:
		part(first, first+1, head&tail)
	default:
		if head != 0xff {
			part(first, first+1, head)
			first++
		}
		if tail == 0xff {
			last++
		}
		part(first, last, 0xff)
		if tail != 0xff {
			part(last, last+1, tail)
		}
	}
	return min(count, enough)
}

// countWithinPlain counts, block by block, the rows whose bit is set in mask.
func countWithinPlain(q, y []float64, mask uint64, sq float64, enough int) int {
	d, count := len(q), 0
	var s [8]float64
	for ; len(y) >= 8*d && count < enough; y = y[8*d:] {
		s = [8]float64{}
		for j, v := range q {
			addSquares(&s, v, y[8*j:])
		}
		for l, v := range s {
			if v <= sq && mask>>l&1 == 1 {
				count++
			}
		}
	}
	return count
}
