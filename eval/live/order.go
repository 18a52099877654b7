package live

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// displayOrder returns the order in which a set's points travel and are drawn, such
// that every prefix is a fair picture of the whole: the points are sorted along a
// Morton curve through the projection and then taken in bit-reversed order, which
// spreads any first m of them evenly over the curve. Without a projection it is a
// random order. It depends on nothing but xy and n.
func displayOrder(xy []float64, n int) []uint32 {
	along := make([]uint32, n)
	for i := range along {
		along[i] = uint32(i)
	}
	if len(xy) != 2*n {
		rng := rand.New(rand.NewPCG(1, 0))
		rng.Shuffle(n, func(i, j int) { along[i], along[j] = along[j], along[i] })
		return along
	}
	key := mortonKeys(xy, n)
	slices.SortFunc(along, func(a, b uint32) int {
		if key[a] != key[b] {
			return int(int64(key[a]) - int64(key[b]))
		}
		return int(a) - int(b)
	})
	b := bits.Len(uint(max(n-1, 1)))
	out := make([]uint32, 0, n)
	for i := range uint32(1) << b {
		if r := bits.Reverse32(i) >> (32 - b); int(r) < n {
			out = append(out, along[r])
		}
	}
	return out
}

// mortonKeys interleaves 16 bits of each coordinate.
func mortonKeys(xy []float64, n int) []uint32 {
	var lo, hi [2]float64
	for i := range n {
		for c := range 2 {
			v := xy[2*i+c]
			if i == 0 {
				lo[c], hi[c] = v, v
			}
			lo[c], hi[c] = min(lo[c], v), max(hi[c], v)
		}
	}
	key := make([]uint32, n)
	for i := range n {
		for c := range 2 {
			if span := hi[c] - lo[c]; span > 0 {
				key[i] |= spread(uint32((xy[2*i+c]-lo[c])/span*65535)) << c
			}
		}
	}
	return key
}

// spread puts a zero between the bits of a 16-bit number.
func spread(x uint32) uint32 {
	x &= 0xFFFF
	x = (x | x<<8) & 0x00FF00FF
	x = (x | x<<4) & 0x0F0F0F0F
	x = (x | x<<2) & 0x33333333
	return (x | x<<1) & 0x55555555
}
