//go:build !amd64 || purego

package kernel

func covarianceCentre(x []float64, d int, shift, sum, out []float64) {
	covarianceCentrePlain(x, d, shift, sum, out)
}

func covarianceOuter(a, b []float64, rows, p int, s []float64) {
	covarianceOuterPlain(a, b, rows, p, s)
}

func covarianceSums(x []float64, d int, label []int32, shift, sums []float64, p int) {
	covarianceSumsPlain(x, d, label, shift, sums, p)
}

func covarianceOwn(x []float64, d int, label []int32, shift, centres []float64, p int, out []float64) {
	covarianceOwnPlain(x, d, label, shift, centres, p, out)
}
