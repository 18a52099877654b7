package kernel

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// leafOf makes a leaf of m points around offset: coarse grids, clouds, denormals.
func leafOf(r *rand.Rand, m, d int, offset float64, kind int) []float64 {
	leaf := Aligned64(d * LeafLanes)
	for j := range d {
		for l := range LeafLanes {
			v := math.NaN()
			if l < m {
				switch kind {
				case 0:
					v = offset + float64(r.IntN(4))
				case 1:
					v = offset + r.NormFloat64()
				default:
					v = offset + float64(r.IntN(9))*5e-324
				}
			}
			leaf[j*LeafLanes+l] = v
		}
	}
	return leaf
}

// lane returns the point in lane l.
func lane(leaf []float64, l int) []float64 {
	q := make([]float64, len(leaf)/LeafLanes)
	for j := range q {
		q[j] = leaf[j*LeafLanes+l]
	}
	return q
}

// Every kernel of a leaf equals Sq64 of each pair, at every level.
func TestLeaf(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
			d := rapid.IntRange(1, 19).Draw(t, "d")
			kind := rapid.IntRange(0, 2).Draw(t, "kind")
			offset := rapid.SampledFrom([]float64{0, 1e8, -1e200}).Draw(t, "offset")
			m, n := rapid.IntRange(1, LeafLanes).Draw(t, "m"), rapid.IntRange(1, LeafLanes).Draw(t, "n")
			from, to := leafOf(r, m, d, offset, kind), leafOf(r, n, d, offset, kind)
			var limit [LeafLanes]float64
			for i := range limit {
				limit[i] = Sq64(lane(from, r.IntN(m)), lane(to, r.IntN(n))) // ties with the limit are common
				if r.IntN(8) == 0 {
					limit[i] = math.Inf(1)
				}
			}
			active := r.Uint64() & (1<<m - 1)
			var hits, only [LeafLanes]uint64
			var out [LeafLanes * LeafLanes]float64
			some := LeafPairs(d, from, to, active, &limit, &hits, &out)
			if got := LeafHits(d, from, to, active, &limit, &only); got != some || only != hits {
				t.Fatalf("LeafHits %x with %x, LeafPairs %x with %x", got, only, some, hits)
			}
			wantSome := uint64(0)
			for i := range m {
				q := lane(from, i)
				var sq [LeafLanes]float64
				mask := LeafSquares(q, to, limit[i], &sq)
				want := uint64(0)
				for l := range n {
					s := Sq64(q, lane(to, l))
					if s <= limit[i] {
						want |= 1 << l
					}
					if sq[l] != s {
						t.Fatalf("lane %d: squared distance %g, want %g", l, sq[l], s)
					}
					if active>>i&1 == 1 && out[i*LeafLanes+l] != s {
						t.Fatalf("pair %d, %d: squared distance %g, want %g", i, l, out[i*LeafLanes+l], s)
					}
				}
				if within := LeafWithin(q, to, limit[i]); mask != want || within != want {
					t.Fatalf("lanes %x and %x within %g, want %x", mask, within, limit[i], want)
				}
				if active>>i&1 == 1 {
					if hits[i] != want {
						t.Fatalf("hits of %d %x, want %x", i, hits[i], want)
					}
					if want != 0 {
						wantSome |= 1 << i
					}
				}
			}
			if some != wantSome {
				t.Fatalf("lanes with hits %x, want %x", some, wantSome)
			}
		})
	})
}

// The distance to a box has the same bits at every level, and no point of the box is
// nearer, however it is rounded.
func TestLeafBox(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
			d := rapid.IntRange(1, 19).Draw(t, "d")
			kind := rapid.IntRange(0, 2).Draw(t, "kind")
			offset := rapid.SampledFrom([]float64{0, 1e8, -1e200}).Draw(t, "offset")
			m, n := rapid.IntRange(1, LeafLanes).Draw(t, "m"), rapid.IntRange(1, LeafLanes).Draw(t, "n")
			from, to := leafOf(r, m, d, offset, kind), leafOf(r, n, d, offset, kind)
			box := make([]float64, 2*d)
			for j := range d {
				box[j], box[d+j] = math.Inf(1), math.Inf(-1)
				for _, v := range to[j*LeafLanes : j*LeafLanes+n] {
					box[j], box[d+j] = min(box[j], v), max(box[d+j], v)
				}
			}
			var nearest, limit [LeafLanes]float64
			for i := range limit {
				nearest[i], limit[i] = math.Inf(1), r.ExpFloat64()
				if i >= m {
					continue
				}
				for l := range n {
					nearest[i] = min(nearest[i], Sq64(lane(from, i), lane(to, l)))
				}
			}
			if got := LeafBox(from, box, &nearest); got != 1<<m-1 {
				t.Fatalf("lanes %x of %d are nearer to the box than to the nearest point of it", got, m)
			}
			for _, limit := range []*[LeafLanes]float64{&limit, &nearest} {
				want, wantUnder := leafReachPlain(from, box, limit)
				within, under := LeafReach(from, box, limit)
				if got := LeafBox(from, box, limit); got != want || within != want || under != wantUnder {
					t.Fatalf("lanes %x, %x and %x, want %x and %x", got, within, under, want, wantUnder)
				}
			}
		})
	})
}

func BenchmarkLeaf(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, d := range []int{2, 3, 5, 8} {
		from, to := leafOf(r, LeafLanes, d, 0, 1), leafOf(r, LeafLanes, d, 0, 1)
		q, box := lane(from, 3), make([]float64, 2*d)
		for j := range d {
			box[j], box[d+j] = -0.1, 0.1
		}
		var limit [LeafLanes]float64
		var hits [LeafLanes]uint64
		var out [LeafLanes * LeafLanes]float64
		var sq [LeafLanes]float64
		b.Run(fmt.Sprintf("squares/n=32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				LeafSquares(q, to, 0, &sq)
			}
		})
		b.Run(fmt.Sprintf("within/n=32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				LeafWithin(q, to, 0)
			}
		})
		b.Run(fmt.Sprintf("box/n=32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				LeafBox(from, box, &limit)
			}
		})
		b.Run(fmt.Sprintf("pairs/n=32x32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				LeafPairs(d, from, to, 1<<LeafLanes-1, &limit, &hits, &out)
			}
		})
		b.Run(fmt.Sprintf("hits/n=32x32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				LeafHits(d, from, to, 1<<LeafLanes-1, &limit, &hits)
			}
		})
	}
}

// Merged lists hold the first k of everything found so far, ordered by distance and number.
func TestLeafMerge(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
			k := rapid.IntRange(1, 40).Draw(t, "k")
			stride := LeafStride(k)
			sq, index := make([]float64, LeafLanes*stride), make([]int32, LeafLanes*stride)
			for i := range sq {
				sq[i], index[i] = math.Inf(1), -1
			}
			type found struct {
				sq float64
				i  int32
			}
			var all [LeafLanes][]found
			var limit [LeafLanes]float64
			numbers := r.Perm(5 * LeafLanes)
			for round := range 5 {
				var hits [LeafLanes]uint64
				var out [LeafLanes * LeafLanes]float64
				number := make([]int32, LeafLanes)
				for l := range number {
					number[l] = int32(numbers[round*LeafLanes+l])
				}
				for i := range out {
					if out[i] = float64(r.IntN(6)); r.IntN(9) == 0 {
						out[i] = math.Inf(1)
					}
				}
				some := r.Uint64() & (1<<LeafLanes - 1)
				for i := range LeafLanes {
					hits[i] = r.Uint64() & r.Uint64() & (1<<LeafLanes - 1)
					if some>>i&1 == 0 {
						continue
					}
					for l := range LeafLanes {
						if hits[i]>>l&1 == 1 {
							all[i] = append(all[i], found{out[i*LeafLanes+l], number[l]})
						}
					}
				}
				LeafMerge(k, some, &hits, &out, number, sq, index, &limit)
			}
			for i, want := range all {
				slices.SortFunc(want, func(a, b found) int { return cmp.Or(cmp.Compare(a.sq, b.sq), cmp.Compare(a.i, b.i)) })
				for at := range k {
					w := found{math.Inf(1), -1}
					if at < len(want) {
						w = want[at]
					}
					if got := (found{sq[i*stride+at], index[i*stride+at]}); got != w {
						t.Fatalf("list %d, place %d of %d: %v, want %v", i, at, k, got, w)
					}
				}
				if len(want) > 0 && limit[i] != sq[i*stride+k-1] {
					t.Fatalf("limit %g, want %g", limit[i], sq[i*stride+k-1])
				}
			}
		})
	})
}
