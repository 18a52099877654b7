package kernel

import "math"

// Lanes holds rows of d coordinates in blocks of eight, a row a lane: coordinate j of row
// i is data[(i/8·d+j)·8 + i%8]. What belongs to no row is 0.
type Lanes struct {
	d    int
	data []float64
}

// NewLanes returns n rows of d zeros.
func NewLanes(n, d int) *Lanes {
	return &Lanes{d: d, data: Aligned64((n + 7) / 8 * 8 * d)}
}

// PackLanes returns the row-major rows of x.
func PackLanes(x []float64, d int) *Lanes {
	n := 0
	if d > 0 {
		n = len(x) / d
	}
	l := NewLanes(n, d)
	for i := range n {
		l.Set(i, x[i*d:i*d+d])
	}
	return l
}

// Set writes row i.
func (l *Lanes) Set(i int, row []float64) {
	if l.d == 0 {
		return
	}
	at := l.data[i/8*8*l.d+i%8:]
	for j, v := range row[:l.d] {
		at[8*j] = v
	}
}

// block returns what begins with block b.
func (l *Lanes) block(b int) []float64 { return l.data[b*8*l.d:] }

// TileSums adds up Euclidean distances between the first rows rows of block a of x and
// blocks lo to hi−1 of y, which hold eight rows each and the last of them last rows:
//
//	sums[r]      = Σⱼ √Σ (x₈ₐ₊ᵣ − yⱼ)²   over all those j; 0 from r = rows on
//	cols[j−8·lo] += Σᵣ √Σ (x₈ₐ₊ᵣ − yⱼ)²  over r < rows
//
// Squares are summed coordinate by coordinate with fused multiply-adds and cols row by row;
// each lane of a row has a sum of its own, and at the end the eight are added as
// ((0+1)+(2+3))+((4+5)+(6+7)). Cost O(64·d·(hi−lo)).
func TileSums(x *Lanes, a, rows int, y *Lanes, lo, hi, last int, sums *[8]float64, cols []float64) {
	*sums = [8]float64{}
	if hi <= lo || x.d == 0 {
		return
	}
	cols = cols[:8*(hi-lo)]
	tileSums(x.d, x.block(a)[:8*x.d], rows, y.data[8*y.d*lo:8*y.d*hi], last, sums, cols)
}

func tileSumsPlain(d int, x []float64, rows int, y []float64, last int, sums *[8]float64, cols []float64) {
	for r := range rows {
		var s, q [8]float64
		p, c := y, cols
		for len(c) >= 8 {
			squares8(&q, x[r:], p[:8*d])
			w := 8
			if len(c) == 8 {
				w = last
			}
			for l := range w {
				v := math.Sqrt(q[l])
				s[l] += v
				c[l] += v
			}
			p, c = p[8*d:], c[8:]
		}
		sums[r] = addLanes(&s)
	}
}

// squares8 puts into q the squared distances from the row x[0], x[8], … to the eight rows
// of the block y.
func squares8(q *[8]float64, x, y []float64) {
	*q = [8]float64{}
	for j := 0; j < len(y); j += 8 {
		addSquares(q, x[j], y[j:])
	}
}

// addSquares adds to q the squared differences between v and the eight numbers y.
func addSquares(q *[8]float64, v float64, y []float64) {
	for l, u := range (*[8]float64)(y) {
		t := v - u
		q[l] = math.FMA(t, t, q[l])
	}
}

// addLanes adds eight numbers as the kernels do.
func addLanes(s *[8]float64) float64 {
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
}
