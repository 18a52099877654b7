//go:build !purego

package kernel

// covarianceTail masks the columns of a row's last register, from 1 to 8 of them.
func covarianceTail(d int) (bits uint64, lanes [8]uint64) {
	for l := range (d-1)%8 + 1 {
		bits |= 1 << l
		lanes[l] = ^uint64(0)
	}
	return bits, lanes
}

func covarianceCentre(x []float64, d int, shift, sum, out []float64) {
	if level == Plain {
		covarianceCentrePlain(x, d, shift, sum, out)
		return
	}
	rows, p := len(x)/d, len(sum)
	for j := 0; j < d; j += 8 {
		bits, lanes := covarianceTail(min(d-j, 8))
		if level == AVX512 {
			covarianceCentreAVX512(&x[j], d, rows, bits, &shift[j], &sum[j], &out[j], p)
		} else {
			covarianceCentreAVX2(&x[j], d, rows, &lanes, &shift[j], &sum[j], &out[j], p)
		}
	}
}

func covarianceOuter(a, b []float64, rows, p int, s []float64) {
	switch level {
	case AVX512:
		covarianceOuterAVX512(&a[0], &b[0], rows, p, &s[0])
	case AVX2:
		covarianceOuterAVX2(&a[0], &b[0], rows, p, &s[0])
		covarianceOuterAVX2(&a[4], &b[0], rows, p, &s[4*p])
	default:
		covarianceOuterPlain(a, b, rows, p, s)
	}
}

// covarianceCached numbers of x stay in the second-level cache from one register of
// columns to the next.
const covarianceCached = 8192

func covarianceSums(x []float64, d int, label []int32, shift, sums []float64, p int) {
	if level == Plain {
		covarianceSumsPlain(x, d, label, shift, sums, p)
		return
	}
	for step := max(8, covarianceCached/d); len(label) > 0; {
		n := min(step, len(label))
		for j := 0; j < d; j += 8 {
			bits, lanes := covarianceTail(min(d-j, 8))
			if level == AVX512 {
				covarianceSumsAVX512(&x[j], d, n, bits, &label[0], &shift[j], &sums[j], p)
			} else {
				covarianceSumsAVX2(&x[j], d, n, &lanes, &label[0], &shift[j], &sums[j], p)
			}
		}
		x, label = x[n*d:], label[n:]
	}
}

func covarianceOwn(x []float64, d int, label []int32, shift, centres []float64, p int, out []float64) {
	bits, lanes := covarianceTail(d)
	switch n := len(label) / 8; level {
	case AVX512:
		if n > 0 {
			covarianceOwnAVX512(&x[0], d, n, bits, &label[0], &shift[0], &centres[0], p, &out[0])
		}
		covarianceOwnPlain(x[8*n*d:], d, label[8*n:], shift, centres, p, out[8*n:])
	case AVX2:
		covarianceOwnAVX2(&x[0], d, len(label), &lanes, &label[0], &shift[0], &centres[0], p, &out[0])
	default:
		covarianceOwnPlain(x, d, label, shift, centres, p, out)
	}
}
