package kernel

import "math"

// Clusters are scanned in tiles of ScanTile by ScanBatch queries at a time. A tile is a
// float32 each for every place in it, then coordinate by coordinate the places' values:
//
//	tile  r[64] p₀[64] … p_{d−1}[64]
//	batch limit[8] slope[8] q₀[8] … q_{d−1}[8]
//	boxes r[16] low₀[16] high₀[16] … low_{d−1}[16] high_{d−1}[16]
const (
	ScanTile  = 64
	ScanBatch = 8
	ScanBoxes = 16
)

// TileLen, BatchLen and BoxesLen are the float32 that one of each takes.
func TileLen(d int) int  { return (1 + d) * ScanTile }
func BatchLen(d int) int { return (2 + d) * ScanBatch }
func BoxesLen(d int) int { return (1 + 2*d) * ScanBoxes }

// ScanTiles marks the places that may be near: bit l of masks[8t+i] is set where, in
// float32,
//
//	Σ (pⱼ − qⱼ)² ≤ limit + slope·r
//
// for query i of the batch and place l of tile t. It is a screen: results at different
// levels may differ by rounding. An infinite coordinate takes a place out, a negative
// limit with slope 0 a query. Masks of queries beyond the first queries mean nothing.
// Cost O(8·64·d) a tile, or O(64·d) for one query.
func ScanTiles(batch []float32, queries, d int, tiles []float32, masks []uint64) {
	count := len(tiles) / TileLen(d)
	if count == 0 || d == 0 {
		return
	}
	_, _ = batch[BatchLen(d)-1], masks[count*ScanBatch-1]
	scanTiles(batch, queries, d, tiles, count, masks)
}

// ScanBounds marks the boxes that may hold something near: bit l of near[b] is set where
// ScanTiles's condition holds for one of the queries and box l of group b, its nearest
// corner or side in place of p. Cost O(8·16·d) a group.
func ScanBounds(batch []float32, d int, boxes []float32, near []uint16) {
	count := len(boxes) / BoxesLen(d)
	if count == 0 || d == 0 {
		return
	}
	_, _ = batch[BatchLen(d)-1], near[count-1]
	scanBounds(batch, d, boxes, count, near)
}

func scanTilesPlain(batch []float32, queries, d int, tiles []float32, count int, masks []uint64) {
	for t := range count {
		tile := tiles[t*TileLen(d):][:TileLen(d)]
		for i := range queries {
			var s [ScanTile]float32
			for j := range d {
				q := batch[(2+j)*ScanBatch+i]
				for l, p := range (*[ScanTile]float32)(tile[(1+j)*ScanTile:]) {
					e := p - q
					s[l] += e * e
				}
			}
			limit, slope, mask := batch[i], batch[ScanBatch+i], uint64(0)
			for l, v := range s {
				if v <= limit+slope*tile[l] {
					mask |= 1 << l
				}
			}
			masks[t*ScanBatch+i] = mask
		}
	}
}

func scanBoundsPlain(batch []float32, d int, boxes []float32, count int, near []uint16) {
	for b := range count {
		group := boxes[b*BoxesLen(d):][:BoxesLen(d)]
		var mask uint16
		for i := range ScanBatch {
			var s [ScanBoxes]float32
			for j := range d {
				q := batch[(2+j)*ScanBatch+i]
				low, high := (*[ScanBoxes]float32)(group[(1+2*j)*ScanBoxes:]), (*[ScanBoxes]float32)(group[(2+2*j)*ScanBoxes:])
				for l, v := range low {
					e := max(v-q, q-high[l], 0)
					s[l] += e * e
				}
			}
			for l, v := range s {
				if v <= batch[i]+batch[ScanBatch+i]*group[l] {
					mask |= 1 << l
				}
			}
		}
		near[b] = mask
	}
}

// RoundUp32 returns the least float32 that is not below v; values beyond its range
// become infinite.
func RoundUp32(v float64) float32 { return roundUp(v) }

// RoundDown32 returns the largest float32 that is not above v.
func RoundDown32(v float64) float32 {
	f := float32(v)
	if float64(f) > v {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return f
}
