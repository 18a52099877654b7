package kernel

import "os"

// Level is a set of processor instructions that kernels are written for. Every kernel
// exists at Plain; labels and all float64 results have the same bits at each level.
type Level int

// The levels.
const (
	Plain  Level = iota // Go
	AVX2                // 256-bit registers, with FMA
	AVX512              // 512-bit registers: F, BW, DQ, VL
)

func (l Level) String() string { return [...]string{"plain", "avx2", "avx512"}[l] }

// level is the one in use: the processor's best, or a lower one that MORES_SIMD names.
var level = limit(best(), os.Getenv("MORES_SIMD"))

// InUse returns the level that the kernels run at.
func InUse() Level { return level }

// limit lowers l to the level of that name; other names change nothing.
func limit(l Level, name string) Level {
	for _, low := range []Level{Plain, AVX2} {
		if name == low.String() {
			return min(l, low)
		}
	}
	return l
}
