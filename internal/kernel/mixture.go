package kernel

import "math"

// The kernels of Gaussian mixtures take rows packed eight by eight, one a lane: the
// coordinate j of row 8s+l is at (s·d+j)·8 + l. A lane computes for its row alone.

// mixtureTop bounds squared distances: what is more, or overflowed on the way, counts
// as this much, so that a row far from all components still has shares.
const mixtureTop = 1e300

// MixturePack packs the rows of x; the last set is filled up with the last row. dst
// holds ⌈n/8⌉·8·d values.
func MixturePack(dst, x []float64, d int) {
	n := len(x) / d
	sets := n / 8
	if d < 1 || len(dst) < (n+7)/8*8*d {
		panic("kernel: MixturePack: sizes do not fit")
	}
	if sets > 0 && !mixturePackSIMD(dst, x, sets, d) {
		mixturePackPlain(dst, x, sets, d)
	}
	if sets*8 == n {
		return
	}
	dst = dst[sets*8*d:]
	for l := range 8 {
		for j, v := range x[min(sets*8+l, n-1)*d:][:d] {
			dst[j*8+l] = v
		}
	}
}

func mixturePackPlain(dst, x []float64, sets, d int) {
	for i := range sets * 8 {
		to := dst[i>>3*8*d+i&7:]
		for j, v := range x[i*d : i*d+d] {
			to[8*j] = v
		}
	}
}

// MixtureFull writes ‖(xᵢ−μ)ᵀP‖² for the packed rows; P is upper triangular, d×d,
// row-major. At most 1e300, which stands for NaN too.
func MixtureFull(q, x []float64, d int, mean, p []float64) {
	sets := mixtureSets(q, x, d, mean)
	_ = p[d*d-1]
	if sets > 0 && !mixtureFullSIMD(q, x, sets, d, mean, p) {
		mixtureFullPlain(q, x, sets, d, mean, p)
	}
}

// MixtureDiag is MixtureFull for a diagonal P: Σⱼ ((xᵢⱼ−μⱼ)·pⱼ)².
func MixtureDiag(q, x []float64, d int, mean, p []float64) {
	sets := mixtureSets(q, x, d, mean)
	_ = p[d-1]
	if sets > 0 && !mixtureDiagSIMD(q, x, sets, d, mean, p) {
		mixtureDiagPlain(q, x, sets, d, mean, p)
	}
}

func mixtureSets(q, x []float64, d int, mean []float64) int {
	sets := len(q) / 8
	if len(q)&7 != 0 || d < 1 || len(x) < sets*8*d || len(mean) < d {
		panic("kernel: mixture: sizes do not fit")
	}
	return sets
}

func mixtureFullPlain(q, x []float64, sets, d int, mean, p []float64) {
	for i := range sets * 8 {
		at := i>>3*8*d + i&7
		s := 0.0
		for j := range d {
			y := 0.0
			for h := range j + 1 {
				y = math.FMA(mean[h]-x[at+8*h], p[h*d+j], y)
			}
			s = math.FMA(y, y, s)
		}
		q[i] = mixtureBound(s)
	}
}

func mixtureDiagPlain(q, x []float64, sets, d int, mean, p []float64) {
	for i := range sets * 8 {
		at := i>>3*8*d + i&7
		s := 0.0
		for j := range d {
			t := (mean[j] - x[at+8*j]) * p[j]
			s = math.FMA(t, t, s)
		}
		q[i] = mixtureBound(s)
	}
}

func mixtureBound(s float64) float64 {
	if s < mixtureTop {
		return s
	}
	return mixtureTop
}

// MixtureSums adds up the moments of one component about a point, in one sum a lane,
// rows in order. Products of columns are kept in tiles of 4×4.
type MixtureSums struct {
	d    int
	diag bool
	acc  []float64
}

// Places of a tile of columns with themselves: the count, four sums, four rows of
// four products; of a tile of different columns: four rows of four.
const (
	mixtureTileSize  = (1 + 4 + 16) * 8
	mixtureCrossSize = 16 * 8
	mixtureScaleSize = (1 + 4 + 4) * 8
)

// NewMixtureSums makes zero sums over d columns; diag leaves out the products of
// different columns.
func NewMixtureSums(d int, diag bool) *MixtureSums {
	tiles := (d + 3) / 4
	size := tiles*mixtureTileSize + tiles*(tiles-1)/2*mixtureCrossSize
	if diag {
		size = tiles * mixtureScaleSize
	}
	return &MixtureSums{d: d, diag: diag, acc: Aligned64(size)}
}

// Reset makes every sum 0.
func (m *MixtureSums) Reset() { clear(m.acc) }

// Add adds the packed rows with the shares r, about mean.
func (m *MixtureSums) Add(x, r, mean []float64) {
	sets, d := len(r)/8, m.d
	if len(r)&7 != 0 || len(x) < sets*8*d || len(mean) < d {
		panic("kernel: MixtureSums: sizes do not fit")
	}
	if sets == 0 {
		return
	}
	acc := m.acc
	for i := 0; i < d; i += 4 {
		e := min(4, d-i)
		if m.diag {
			if !mixtureScaleSIMD(x[8*i:], d, sets, e, r, mean[i:], acc) {
				mixtureScalePlain(x[8*i:], d, sets, e, r, mean[i:], acc)
			}
			acc = acc[mixtureScaleSize:]
			continue
		}
		if !mixtureTileSIMD(x[8*i:], d, sets, e, r, mean[i:], acc) {
			mixtureTilePlain(x[8*i:], d, sets, e, r, mean[i:], acc)
		}
		acc = acc[mixtureTileSize:]
		for j := i + 4; j < d; j += 4 {
			e := min(4, d-j)
			if !mixtureCrossSIMD(x[8*i:], d, sets, j-i, e, r, mean[i:], acc) {
				mixtureCrossPlain(x[8*i:], d, sets, j-i, e, r, mean[i:], acc)
			}
			acc = acc[mixtureCrossSize:]
		}
	}
}

// mixtureTilePlain adds the moments of e columns with themselves.
func mixtureTilePlain(x []float64, d, sets, e int, r, mean, acc []float64) {
	for i, w := range r[:sets*8] {
		at, l := i>>3*8*d+i&7, i&7
		acc[l] += w
		for a := range e {
			u := (mean[a] - x[at+8*a]) * w
			acc[(1+a)*8+l] += u
			for b := a; b < e; b++ {
				to := &acc[(5+4*a+b)*8+l]
				*to = math.FMA(u, mean[b]-x[at+8*b], *to)
			}
		}
	}
}

// mixtureCrossPlain adds the products of four columns with e that stand later on.
func mixtureCrossPlain(x []float64, d, sets, later, e int, r, mean, acc []float64) {
	for i, w := range r[:sets*8] {
		at, l := i>>3*8*d+i&7, i&7
		for a := range 4 {
			u := (mean[a] - x[at+8*a]) * w
			for b := range e {
				to := &acc[(4*a+b)*8+l]
				*to = math.FMA(u, mean[later+b]-x[at+8*(later+b)], *to)
			}
		}
	}
}

// mixtureScalePlain adds the moments of e columns by themselves.
func mixtureScalePlain(x []float64, d, sets, e int, r, mean, acc []float64) {
	for i, w := range r[:sets*8] {
		at, l := i>>3*8*d+i&7, i&7
		acc[l] += w
		for a := range e {
			t := mean[a] - x[at+8*a]
			u := t * w
			acc[(1+a)*8+l] += u
			acc[(5+a)*8+l] = math.FMA(u, t, acc[(5+a)*8+l])
		}
	}
}

// Len is the number of values that To writes: 1 + d + d·(d+1)/2, or 1 + 2d.
func (m *MixtureSums) Len() int {
	if m.diag {
		return 1 + 2*m.d
	}
	return 1 + m.d + m.d*(m.d+1)/2
}

// To writes Σr, Σr·(x−μ) and the upper triangle of Σr·(x−μ)(x−μ)ᵀ row by row (or its
// diagonal), each over the lanes in order.
func (m *MixtureSums) To(out []float64) {
	d, acc := m.d, m.acc
	lanes := func(at int) (s float64) {
		for _, v := range acc[at*8 : at*8+8] {
			s += v
		}
		return s
	}
	out[0] = lanes(0)
	lin, quad := out[1:1+d], out[1+d:m.Len()]
	row := func(i int) []float64 { return quad[i*d-i*(i-1)/2-i:] } // row(i)[j] is the product of i and j
	for i := 0; i < d; i += 4 {
		e := min(4, d-i)
		for a := range e {
			lin[i+a] = -lanes(1 + a)
			if m.diag {
				quad[i+a] = lanes(5 + a)
				continue
			}
			for b := a; b < e; b++ {
				row(i + a)[i+b] = lanes(5 + 4*a + b)
			}
		}
		if m.diag {
			acc = acc[mixtureScaleSize:]
			continue
		}
		acc = acc[mixtureTileSize:]
		for j := i + 4; j < d; j += 4 {
			for a := range 4 {
				for b := range min(4, d-j) {
					row(i + a)[j+b] = lanes(4*a + b)
				}
			}
			acc = acc[mixtureCrossSize:]
		}
	}
}
