package kernel

import "math"

// CFLanes is what the number of places of a node of clustering features is a multiple of.
const CFLanes = 8

// CFNearest scans the places of a node for the one whose union with weight w at x raises
// the sum of squares least, by the least
//
//	v = n/(n+w) · ‖x−μ‖²
//
// which is that rise over w; with w = 0 it is the squared distance. There are len(n)
// places, a multiple of CFLanes; coordinate j of place l's mean μ is mean[j·len(n)+l].
// An unused place has n = 1 and μ = +Inf. It returns the place, ties to the first, and v;
// place 0 and +Inf where every v overflows.
func CFNearest(x, mean, n []float64, w float64) (at int, v float64) {
	if len(n)%CFLanes != 0 || len(mean) != len(n)*len(x) || len(x) == 0 {
		panic("kernel: CFNearest: shapes disagree")
	}
	return cfNearest(x, mean, n, w)
}

func cfNearestPlain(x, mean, n []float64, w float64) (at int, v float64) {
	v = math.Inf(1)
	for lo := 0; lo < len(n); lo += CFLanes {
		var acc [CFLanes]float64
		for j, xj := range x {
			m := mean[j*len(n)+lo : j*len(n)+lo+CFLanes]
			for l := range acc {
				e := xj - m[l]
				acc[l] = math.FMA(e, e, acc[l])
			}
		}
		for l, s := range acc {
			q := n[lo+l]
			if s := s * (q / (q + w)); s < v {
				at, v = lo+l, s
			}
		}
	}
	return at, v
}
