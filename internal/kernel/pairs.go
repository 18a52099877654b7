package kernel

import "math"

// Pair names a distance between two rows.
type Pair int

// The distances. Half the squared distance of rows of length 1 is their cosine distance.
const (
	PairEuclidean Pair = iota // √Σ (x−y)²
	PairSquared               // Σ (x−y)²
	PairManhattan             // Σ |x−y|
)

// pairsBlocks is how many blocks go through the buffer of PairTile at once: 4 KB.
const pairsBlocks = 8

// PairTile writes distances between the first rows rows of block a of x and rows 8·lo to
// 8·lo+n−1 of y:
//
//	out[r·stride+j] = distance(x₈ₐ₊ᵣ, y₈ₗₒ₊ⱼ)
//
// Coordinates are summed in order, squares with fused multiply-adds; roots are correctly
// rounded. Cost O(rows·n·d).
func PairTile(kind Pair, x *Lanes, a, rows int, y *Lanes, lo, n int, out []float64, stride int) {
	if rows == 0 || n == 0 {
		return
	}
	_ = out[(rows-1)*stride+n-1]
	if x.d == 0 {
		for r := range rows {
			clear(out[r*stride : r*stride+n])
		}
		return
	}
	from, to := x.block(a)[:8*x.d], y.data[8*y.d*lo:8*y.d*(lo+(n+7)/8)]
	if rows == 8 && n >= 8 {
		pairTile(kind, x.d, from, 8, to[:n/8*8*x.d], out, stride)
		to, out, n = to[n/8*8*x.d:], out[n/8*8:], n%8
	}
	var part [8 * 8 * pairsBlocks]float64
	for n > 0 { // the kernels write whole blocks
		w := min(n, 8*pairsBlocks)
		blocks := (w + 7) / 8
		pairTile(kind, x.d, from, rows, to[:blocks*8*x.d], part[:], 8*pairsBlocks)
		for r := range rows {
			copy(out[r*stride:r*stride+w], part[8*pairsBlocks*r:])
		}
		if n -= w; n > 0 {
			to, out = to[blocks*8*x.d:], out[w:]
		}
	}
}

func pairTilePlain(kind Pair, d int, x []float64, rows int, y, out []float64, stride int) {
	for r := range rows {
		for b := range len(y) / (8 * d) {
			q := (*[8]float64)(out[r*stride+8*b:])
			block := y[8*d*b : 8*d*(b+1)]
			switch kind {
			case PairManhattan:
				*q = [8]float64{}
				for j := 0; j < len(block); j += 8 {
					v := x[r+j]
					for l, u := range (*[8]float64)(block[j:]) {
						q[l] += math.Abs(v - u)
					}
				}
			default:
				squares8(q, x[r:], block)
				if kind == PairEuclidean {
					for l, v := range q {
						q[l] = math.Sqrt(v)
					}
				}
			}
		}
	}
}
