//go:build !amd64 || purego

package kernel

func linkSum(x []float64, d int, w, y, out []float64) { linkSumPlain(x, d, w, y, out) }

func linkMost(x []float64, d int, y, out []float64) { linkMostPlain(x, d, y, out) }

func lanceMean(x, y []float64, a, b float64) float64 { return lanceMeanPlain(x, y, a, b) }

func lanceMost(x, y []float64) float64 { return lanceMostPlain(x, y) }

func lanceLeast(row []float64) float64 { return lanceLeastPlain(row) }

func lanceFirst(row []float64, value float64) int { return lanceFirstPlain(row, value) }
