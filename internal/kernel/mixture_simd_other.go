//go:build !amd64 || purego

package kernel

func mixturePackSIMD([]float64, []float64, int, int) bool { return false }

func mixtureFullSIMD([]float64, []float64, int, int, []float64, []float64) bool { return false }
func mixtureDiagSIMD([]float64, []float64, int, int, []float64, []float64) bool { return false }

func mixtureTileSIMD([]float64, int, int, int, []float64, []float64, []float64) bool { return false }

func mixtureScaleSIMD([]float64, int, int, int, []float64, []float64, []float64) bool { return false }

func mixtureCrossSIMD([]float64, int, int, int, int, []float64, []float64, []float64) bool {
	return false
}
