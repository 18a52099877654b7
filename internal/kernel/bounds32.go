package kernel

import "math"

// Settle marks, for each block of 16 rows scored by Top2, the rows whose second score
// does not exceed the best by more than a·norm + b, and those whose label is not what it
// was before: bit l is row l.
func Settle(best, second []float32, label, before []int32, norm []float32, a, b float32, unsure, changed []uint16) {
	if n := len(norm); n > 0 {
		settle32(best[:n*Lanes32], second[:n*Lanes32], label[:n*Lanes32], before[:n*Lanes32], norm, a, b, unsure[:n], changed[:n])
	}
}

func settle32Plain(best, second []float32, label, before []int32, norm []float32, slope, floor float32, unsure, changed []uint16) {
	for b, x := range norm {
		m := slope*x + floor
		unsure[b], changed[b] = 0, 0
		for l := range Lanes32 {
			i := b*Lanes32 + l
			if !(second[i]-best[i] > m) {
				unsure[b] |= 1 << l
			}
			if label[i] != before[i] {
				changed[b] |= 1 << l
			}
		}
	}
}

// Gaps writes to g, for each row scored by Top2, t[label] plus a lower bound of the
// difference between the distances to the second-nearest and the nearest centre, or plus
// limit if that is less; and to near an upper bound of the distance to the nearest. All
// is in scaled units: with q = ‖x‖² + 2·score, off by slack at most, the distances are
// √(q₂−slack) and √(q₁+slack), give or take 2⁻²¹ of all terms for the rounding of this.
// sq holds ‖x‖².
func Gaps(best, second, sq []float32, label []int32, t, slack []float32, limit float32, near, g []float32) {
	if n := len(slack); n > 0 {
		m := n * Lanes32
		gaps32(best[:m], second[:m], sq[:m], label[:m], t, slack, limit, near[:m], g[:m])
	}
}

func gaps32Plain(best, second, sq []float32, label []int32, t, slack []float32, limit float32, near, g []float32) {
	root := func(v float32) float32 { return float32(math.Sqrt(float64(max(v, 0)))) }
	for b, e := range slack {
		for i := b * Lanes32; i < (b+1)*Lanes32; i++ {
			one, two := root(sq[i]+2*best[i]+e), root(sq[i]+2*second[i]-e)
			drift := t[label[i]]
			near[i] = one + one*0x1p-21
			gap := min(two-one, limit)
			g[i] = gap + drift - (gap+one+one+drift)*0x1p-21
		}
	}
}

// Stale marks the rows of each block whose g is not above the t of their label.
func Stale(g []float32, label []int32, t []float32, stale []uint16) {
	if n := len(stale); n > 0 {
		stale32(g[:n*Lanes32], label[:n*Lanes32], t, stale)
	}
}

func stale32Plain(g []float32, label []int32, t []float32, stale []uint16) {
	for b := range stale {
		stale[b] = 0
		for l := range Lanes32 {
			if i := b*Lanes32 + l; !(g[i] > t[label[i]]) {
				stale[b] |= 1 << l
			}
		}
	}
}
