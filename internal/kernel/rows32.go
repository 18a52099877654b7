package kernel

import "math"

// Lanes32 is the number of rows in a block of Rows32: the floats of one AVX-512
// register.
const Lanes32 = 16

// Rows32 is a float32 copy of rows, for screens whose answer float64 confirms. Row i,
// less Origin and times Scale, both in float64, is rounded to float32. Rows stand in
// blocks of 16: coordinate j of row 16b+l is at Data[(b·D+j)·16+l]. The last block is
// filled up with copies of the last row.
//
// Origin near the middle of the data keeps the rounding small beside the distances.
// Scale is a power of two that brings the coordinates near 1, so that nothing
// overflows in float32 and nothing that matters underflows.
type Rows32 struct {
	N, D   int
	Data   []float32 // 64-byte aligned
	Origin []float64
	Scale  float64
	Norm   []float32 // of each block: at least the largest Euclidean norm in it
}

// NewRows32 returns the memory for n rows; Fill writes it.
func NewRows32(n, d int, origin []float64, scale float64) *Rows32 {
	b := (n + Lanes32 - 1) / Lanes32
	return &Rows32{
		N: n, D: d, Origin: origin, Scale: scale,
		Data: Aligned32(b * d * Lanes32), Norm: make([]float32, b),
	}
}

// Scale32 is the scale of rows whose coordinates, less the origin, are at most reach in
// absolute value: it brings reach into [1, 2). It is 0 where the rows are so large or
// small that squares leave the range of float64, in which the screen's bounds hold.
func Scale32(reach float64) float64 {
	if !(reach >= 0x1p-400 && reach <= 0x1p+400) {
		if reach == 0 {
			return 1
		}
		return 0
	}
	_, e := math.Frexp(reach)
	return math.Ldexp(1, 1-e)
}

// Blocks returns the number of blocks.
func (r *Rows32) Blocks() int { return len(r.Norm) }

// Fill writes blocks lo..hi from the n×d row-major x. Other blocks may be filled at the
// same time.
func (r *Rows32) Fill(x []float64, lo, hi int) {
	const step = 8
	var rows [step * Lanes32]int32
	var sq [step * Lanes32]float32
	for b := lo; b < hi; b += step {
		m := min(step, hi-b)
		for l := range rows[:m*Lanes32] {
			rows[l] = int32(min(b*Lanes32+l, r.N-1))
		}
		r.gather(x, rows[:m*Lanes32], b, sq[:m*Lanes32])
	}
}

// Place writes blocks lo..hi from the rows of x that order lists: row 16·lo of r is row
// order[16·lo] of x. It writes the squared norms, as Gather does, to sq at the same
// places. Other blocks may be written at the same time.
func (r *Rows32) Place(x []float64, order []int32, lo, hi int, sq []float32) {
	const step = 8
	var rows [step * Lanes32]int32
	for b := lo; b < hi; b += step {
		m := min(step, hi-b)
		for l := range rows[:m*Lanes32] {
			rows[l] = order[min(b*Lanes32+l, r.N-1)]
		}
		r.gather(x, rows[:m*Lanes32], b, sq[b*Lanes32:(b+m)*Lanes32])
	}
}

// Gather writes the given rows of x to blocks 0, 1, …, and the squared norm of each, up
// to (d+2)·2⁻²⁴ of it, to sq. The rows are as many as Pad makes of them.
func (r *Rows32) Gather(x []float64, rows []int32, sq []float32) {
	if len(rows)%Lanes32 != 0 {
		panic("kernel: a list of rows that does not fill its blocks")
	}
	if len(rows) > 0 {
		r.gather(x, rows, 0, sq[:len(rows)])
	}
}

// PadRows repeats the last of the rows until they fill their blocks.
func PadRows(rows []int32) []int32 {
	for len(rows)%Lanes32 != 0 {
		rows = append(rows, rows[len(rows)-1])
	}
	return rows
}

func (r *Rows32) gather(x []float64, rows []int32, b int, sq []float32) {
	blocks := len(rows) / Lanes32
	norm := r.Norm[b : b+blocks]
	gather32(r.Data[b*r.D*Lanes32:(b+blocks)*r.D*Lanes32], sq, norm, x, rows, r.Origin, r.Scale)
	up := 1 + float64(r.D+2)*0x1p-24
	for i, top := range norm {
		norm[i] = roundUp(math.Sqrt(float64(top)) * up)
	}
}

// roundUp is the float32 that is not less than v.
func roundUp(v float64) float32 {
	f := float32(v)
	if float64(f) < v {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}

// gather32Plain writes rows of x to blocks, their squared norms to sq and the largest
// of each block to top.
func gather32Plain(to, sq, top []float32, x []float64, rows []int32, origin []float64, scale float64) {
	d := len(origin)
	for b := range top {
		block := to[b*d*Lanes32 : (b+1)*d*Lanes32]
		largest := 0.0
		for l := range Lanes32 {
			i := int(rows[b*Lanes32+l])
			row := x[i*d : i*d+d]
			s := 0.0
			for j, v := range row {
				f := float32((v - origin[j]) * scale)
				block[j*Lanes32+l] = f
				s += float64(f) * float64(f)
			}
			sq[b*Lanes32+l] = float32(s)
			largest = max(largest, s)
		}
		top[b] = float32(largest)
	}
}
