package near

func (b *builder) swap(i, k int) {
	b.index[i], b.index[k] = b.index[k], b.index[i]
	d := b.d
	p, q := b.rows[i*d:i*d+d], b.rows[k*d:k*d+d]
	q = q[:len(p)]
	for j, v := range p {
		p[j], q[j] = q[j], v
	}
}

// selectSample is how many values a pivot is chosen from, and selectBlock how many are
// compared with it before any is moved: comparisons that feed no branch cost a cycle
// each where mispredicted ones cost ten (Edelkamp, Weiß, BlockQuicksort, ESA 2016).
const (
	selectSample = 63
	selectBlock  = 64
)

// selectNth arranges rows lo..hi by their column side so that none before nth is larger
// and none from nth on is smaller than any on the other side.
func (b *builder) selectNth(side, lo, hi, nth int) {
	for hi-lo > 1 {
		pivot := b.pivot(side, lo, hi, nth)
		i := b.partition(side, lo, hi, pivot)
		k := i
		if i == lo || i == hi {
			i, k = b.between(side, lo, hi, pivot)
		}
		switch {
		case nth < k:
			hi = k
		case nth > i:
			lo = i
		default:
			return
		}
	}
}

// pivot chooses a value near the one of rank nth: the one of that rank in a sample. The
// sample's places are spread by a multiplicative generator, so that no period of the
// data meets them.
func (b *builder) pivot(side, lo, hi, nth int) float64 {
	n, d := hi-lo, b.d
	var sample [selectSample]float64
	m := 3
	if n > 16*selectSample {
		m = selectSample
	} else if n > 256 {
		m = 15
	}
	r := uint64(n) | 1
	for s := range m {
		r = r*6364136223846793005 + 1442695040888963407
		v := b.rows[(lo+int((r>>32)*uint64(n)>>32))*d+side]
		at := s
		for at > 0 && sample[at-1] > v {
			sample[at] = sample[at-1]
			at--
		}
		sample[at] = v
	}
	// Where the rank is near an end, a value somewhat inside leaves it in the small part.
	at := (nth - lo) * m / n
	if 4*(nth-lo) < n {
		at = min(at+1+m/32, m/2)
	} else if 4*(hi-nth) < n {
		at = max(at-1-m/32, m/2)
	}
	return sample[at]
}

// one is 1 for true, which the compiler makes without a branch.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// partition puts the rows that are smaller than the pivot before those that are larger
// and returns where the second part begins; rows that equal the pivot are in both.
func (b *builder) partition(side, lo, hi int, pivot float64) int {
	d := b.d
	rows := b.rows[side:]
	l, r := lo, hi
	var left, right [selectBlock]uint8 // offsets from l up and from r−1 down of the rows to move
	nl, nr, sl, sr := 0, 0, 0, 0
	for l < r {
		ml, mr := selectBlock, selectBlock
		if r-l < 2*selectBlock { // the last blocks share what is left
			switch {
			case nl > 0:
				mr = min(selectBlock, r-l-selectBlock)
			case nr > 0:
				ml = min(selectBlock, r-l-selectBlock)
			default:
				ml = (r - l) / 2
				mr = r - l - ml
			}
		}
		if nl == 0 {
			sl = 0
			at := l * d
			for j := range ml {
				left[nl&(selectBlock-1)] = uint8(j)
				nl += one(rows[at] >= pivot)
				at += d
			}
		}
		if nr == 0 {
			sr = 0
			at := (r - 1) * d
			for j := range mr {
				right[nr&(selectBlock-1)] = uint8(j)
				nr += one(rows[at] <= pivot)
				at -= d
			}
		}
		m := min(nl, nr)
		for j := range m {
			b.swap(l+int(left[(sl+j)&(selectBlock-1)]), r-1-int(right[(sr+j)&(selectBlock-1)]))
		}
		nl, nr, sl, sr = nl-m, nr-m, sl+m, sr+m
		last := r-l == ml+mr
		if nl == 0 {
			l += ml
		}
		if nr == 0 {
			r -= mr
		}
		if !last {
			continue
		}
		// One block is left at most: what is to move in it goes to its end.
		for ; nl > 0; nl-- {
			r--
			b.swap(l+int(left[sl+nl-1]), r)
		}
		if from := r; nr > 0 {
			for ; nr > 0; nr-- {
				b.swap(l, from-1-int(right[sr+nr-1]))
				l++
			}
			r = l
		}
		break
	}
	return r
}

// between is partition that always leaves two parts smaller than lo..hi: rows lo..k are at
// most and rows i..hi at least the pivot, a value of theirs, and rows k..i equal it.
func (b *builder) between(side, lo, hi int, pivot float64) (i, k int) {
	d, rows := b.d, b.rows[side:]
	i, k = lo, hi-1
	for i <= k {
		for i <= k && rows[i*d] < pivot {
			i++
		}
		for i <= k && rows[k*d] > pivot {
			k--
		}
		if i <= k {
			b.swap(i, k)
			i++
			k--
		}
	}
	return i, k + 1
}
