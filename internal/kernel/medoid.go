package kernel

import "math"

// Lanes64 is the number of points in a block of the kernels below: coordinate j of the
// block's point l is at j·64+l, so that a lane holds one pair's sum and a mask is one
// word. What fills a last block up must be +Inf, which is below no limit.
const Lanes64 = 64

// RootBelow writes the Euclidean distances from q to the points of a block and returns
// which of them are less than their limits; where none is, out holds nothing of use.
// Sums run over the coordinates in order, each product with one rounding.
func RootBelow(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	_ = block[:len(q)*Lanes64]
	return rootBelow(q, block, limit, out)
}

func rootBelowPlain(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	squares(q, block, out)
	mask := uint64(0)
	for l, s := range out {
		s = math.Sqrt(s)
		if out[l] = s; s < limit[l] {
			mask |= 1 << l
		}
	}
	return mask
}

// SquareBelow is RootBelow for squared distances.
func SquareBelow(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	_ = block[:len(q)*Lanes64]
	return squareBelow(q, block, limit, out)
}

func squareBelowPlain(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	squares(q, block, out)
	return belowPlain(out, limit)
}

func squares(q, block []float64, out *[Lanes64]float64) {
	clear(out[:])
	for j, v := range q {
		for l, p := range block[j*Lanes64 : (j+1)*Lanes64] {
			t := v - p
			out[l] = math.FMA(t, t, out[l])
		}
	}
}

// CityBelow is RootBelow for sums of absolute differences, over the first coordinates
// of q, and of weights of those of the others that are not equal: coordinate
// len(q)−len(weight)+j counts weight[j].
func CityBelow(q, weight, block []float64, limit, out *[Lanes64]float64) uint64 {
	_, _ = block[:len(q)*Lanes64], q[:len(q)-len(weight)]
	return cityBelow(q, weight, block, limit, out)
}

func cityBelowPlain(q, weight, block []float64, limit, out *[Lanes64]float64) uint64 {
	clear(out[:])
	numbers := len(q) - len(weight)
	for j, v := range q[:numbers] {
		for l, p := range block[j*Lanes64 : (j+1)*Lanes64] {
			out[l] += math.Abs(v - p)
		}
	}
	for j, v := range q[numbers:] {
		for l, p := range block[(numbers+j)*Lanes64 : (numbers+j+1)*Lanes64] {
			if v != p {
				out[l] += weight[j]
			}
		}
	}
	return belowPlain(out, limit)
}

// Below says which of 64 values are less than their limits.
func Below(value, limit *[Lanes64]float64) uint64 { return below(value, limit) }

func belowPlain(value, limit *[Lanes64]float64) uint64 {
	mask := uint64(0)
	for l, v := range value {
		if v < limit[l] {
			mask |= 1 << l
		}
	}
	return mask
}
