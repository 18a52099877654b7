package kernel

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// scanRandom makes a batch, tiles and boxes of small whole numbers, whose float32
// arithmetic is exact, so that every level must say the same.
func scanRandom(r *rand.Rand, d, tiles, groups int) (batch, tile, boxes []float32) {
	whole := func(n, top int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.IntN(top))
		}
		return v
	}
	batch, tile, boxes = whole(BatchLen(d), 6), whole(tiles*TileLen(d), 6), whole(groups*BoxesLen(d), 6)
	for i := range ScanBatch {
		batch[i] = float32(r.IntN(8*d) - 2)
		batch[ScanBatch+i] = float32(r.IntN(3) - 1)
	}
	batch[0] = math.MaxFloat32
	for i := range tile {
		if r.IntN(50) == 0 && i%TileLen(d) >= ScanTile {
			tile[i] = float32(math.Inf(1))
		}
	}
	return batch, tile, boxes
}

func TestScan(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 1))
		for range 300 {
			d, tiles, groups := 1+r.IntN(12), 1+r.IntN(4), 1+r.IntN(4)
			batch, tile, boxes := scanRandom(r, d, tiles, groups)
			masks, near := make([]uint64, tiles*ScanBatch), make([]uint16, groups)
			ScanTiles(batch, ScanBatch, d, tile, masks)
			one := make([]uint64, tiles*ScanBatch)
			ScanTiles(batch, 1, d, tile, one)
			for i := 0; i < len(one); i += ScanBatch {
				if one[i] != masks[i] {
					t.Fatalf("d=%d: mask of one query %x, of eight %x", d, one[i], masks[i])
				}
			}
			ScanBounds(batch, d, boxes, near)
			wantMasks, wantNear := make([]uint64, tiles*ScanBatch), make([]uint16, groups)
			for i := range ScanBatch {
				for at := range tiles * ScanTile {
					b, l, s := at/ScanTile, at%ScanTile, float32(0)
					p := tile[b*TileLen(d):]
					for j := range d {
						e := p[(1+j)*ScanTile+l] - batch[(2+j)*ScanBatch+i]
						s += e * e
					}
					if s <= batch[i]+batch[ScanBatch+i]*p[l] {
						wantMasks[b*ScanBatch+i] |= 1 << l
					}
				}
				for at := range groups * ScanBoxes {
					b, l, s := at/ScanBoxes, at%ScanBoxes, float32(0)
					p := boxes[b*BoxesLen(d):]
					for j := range d {
						q := batch[(2+j)*ScanBatch+i]
						e := max(p[(1+2*j)*ScanBoxes+l]-q, q-p[(2+2*j)*ScanBoxes+l], 0)
						s += e * e
					}
					if s <= batch[i]+batch[ScanBatch+i]*p[l] {
						wantNear[b] |= 1 << l
					}
				}
			}
			if !slices.Equal(masks, wantMasks) {
				t.Fatalf("d=%d: masks %x, want %x", d, masks, wantMasks)
			}
			if !slices.Equal(near, wantNear) {
				t.Fatalf("d=%d: boxes %x, want %x", d, near, wantNear)
			}
		}
	})
}

func TestRound32(t *testing.T) {
	for _, v := range []float64{0, 1, 1 + 0x1p-40, 1 - 0x1p-40, -1 - 0x1p-40, 1e-50, 1e39} {
		if lo, hi := RoundDown32(v), RoundUp32(v); float64(lo) > v || float64(hi) < v || lo > hi {
			t.Errorf("%v is not in %v … %v", v, lo, hi)
		}
	}
}

func BenchmarkScanTiles(b *testing.B) {
	for _, d := range []int{2, 8, 32} {
		b.Run(fmt.Sprintf("n=4096,d=%d", d), func(b *testing.B) {
			batch, tile, _ := scanRandom(rand.New(rand.NewPCG(5, 2)), d, 64, 1)
			masks, found := make([]uint64, 64*ScanBatch), 0
			for b.Loop() {
				ScanTiles(batch, ScanBatch, d, tile, masks)
			}
			for _, m := range masks {
				found += bits.OnesCount64(m)
			}
			b.ReportMetric(float64(found), "found")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(4096*ScanBatch), "ns/pair")
		})
	}
}
