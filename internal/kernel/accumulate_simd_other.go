//go:build !amd64 || purego

package kernel

func accumulate(acc, x, origin []float64, rows, label []int32, w []float64, sign float64) {
	accumulatePlain(acc, x, origin, rows, label, w, sign)
}

func spread(x, origin, sum, square []float64) { spreadPlain(x, origin, sum, square) }

func plus(to, from []float64) { plusPlain(to, from) }
