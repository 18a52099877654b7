package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// spread moves wished positions apart so that neighbours are at least gap from
// each other and all lie within lo..hi, moving as little as possible in squares:
// pool adjacent violators. It panics if they cannot fit; see capacity.
//
// Ref: Ayer M et al. (1955), Ann. Math. Statist. 26:641, doi:10.1214/aoms/1177728423.
func spread(want []vg.Length, gap, lo, hi vg.Length) []vg.Length {
	n := len(want)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case want[a] < want[b]:
			return -1
		case want[a] > want[b]:
			return 1
		}
		return a - b
	})
	// With y = position − rank·gap, "gap apart" is "not descending".
	type pool struct {
		sum vg.Length
		n   int
	}
	var pools []pool
	for r, i := range order {
		pools = append(pools, pool{want[i] - vg.Length(r)*gap, 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.sum/vg.Length(a.n) <= b.sum/vg.Length(b.n) {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.sum + b.sum, a.n + b.n})
		}
	}
	out := make([]vg.Length, n)
	top := hi - vg.Length(max(0, n-1))*gap
	r := 0
	for _, p := range pools {
		y := max(lo, min(top, p.sum/vg.Length(p.n)))
		for range p.n {
			out[order[r]] = y + vg.Length(r)*gap
			r++
		}
	}
	return out
}

// capacity is how many things of a height fit one above another.
func capacity(room, each vg.Length) int {
	if each <= 0 {
		return 0
	}
	return max(0, int(math.Floor(float64(room/each)+1e-6)))
}

// place finds a place for labels of sizes near their anchors: in order, each as
// near as it can be without touching an earlier one or leaving the bounds. A label
// that finds none is left out (ok is false).
func place(anchors, sizes []vg.Point, bounds vg.Rectangle, gap vg.Length) (at []vg.Point, ok []bool) {
	at, ok = make([]vg.Point, len(anchors)), make([]bool, len(anchors))
	var taken []vg.Rectangle
	for i, a := range anchors {
		half := sizes[i].Scale(0.5)
		if sizes[i].X > bounds.Size().X || sizes[i].Y > bounds.Size().Y {
			continue
		}
		try := func(p vg.Point) bool {
			p.X = max(bounds.Min.X+half.X, min(bounds.Max.X-half.X, p.X))
			p.Y = max(bounds.Min.Y+half.Y, min(bounds.Max.Y-half.Y, p.Y))
			r := rect(p.X-half.X, p.Y-half.Y, p.X+half.X, p.Y+half.Y)
			for _, t := range taken {
				if r.Min.X < t.Max.X+gap && t.Min.X < r.Max.X+gap && r.Min.Y < t.Max.Y+gap && t.Min.Y < r.Max.Y+gap {
					return false
				}
			}
			at[i], ok[i] = p, true
			taken = append(taken, r)
			return true
		}
		if try(a) {
			continue
		}
		step := sizes[i].Y * 0.5
	search:
		for ring := 1; ring <= 60; ring++ {
			for _, turn := range []int{4, 12, 3, 5, 11, 13, 2, 6, 10, 14, 1, 7, 9, 15, 0, 8} { // up and down first
				sin, cos := math.Sincos(float64(turn) * math.Pi / 8)
				if try(a.Add(vg.Point{X: vg.Length(cos) * step * vg.Length(ring), Y: vg.Length(sin) * step * vg.Length(ring)})) {
					break search
				}
			}
		}
	}
	return at, ok
}
