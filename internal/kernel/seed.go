package kernel

import "math"

// SeedChunk is the number of rows whose mass one call of SeedPass sums: 32 blocks, so
// that float32 sums of gains stay short and a draw walks over few rows.
const SeedChunk = 32 * Lanes32

// seedLanes is the number of partial sums that SeedPass keeps of each sum.
const seedLanes = 8

// SeedPoints are the points that SeedPass compares rows with, rounded like the rows:
// first the centre chosen last, then the candidates. Coordinate j of point t stands at
// data[j·m+t].
type SeedPoints struct {
	m, d int
	data []float32
}

// Set takes over m row-major points of the rows' space.
func (p *SeedPoints) Set(points []float64, r *Rows32) {
	p.d, p.m = r.D, len(points)/r.D
	if cap(p.data) < p.m*p.d {
		p.data = make([]float32, p.m*p.d)
	}
	p.data = p.data[:p.m*p.d]
	for t := range p.m {
		for j := range p.d {
			p.data[j*p.m+t] = float32((points[t*p.d+j] - r.Origin[j]) * r.Scale)
		}
	}
}

// Seed is what SeedPass works on: rows, the squared distance of each to the nearest
// centre so far, and weights (nil = 1), all in float32 and of whole blocks. Rows that
// only fill up the last block have a distance of 0.
type Seed struct {
	Rows    *Rows32
	Nearest []float32
	Weights []float32
}

// SeedPass makes one pass of k-means++ over up to SeedChunk rows, from block lo to
// before block hi. With D²(i,t) the squared distance of row i to point t in the scaled
// space of the rows, it
//
//	lowers Nearest[i] to D²(i,0),
//	returns Σᵢ wᵢ·Nearest[i], summed in float64,
//	adds to sums[8·t…8·t+7], t = 1 … m−1, eight parts of Σᵢ wᵢ·max(0, Nearest[i] − D²(i,t)).
//
// The first eight of the 8·m sums are its own.
//
// Differences, squares and sums over the columns are rounded to float32 one by one and
// in order, without fused operations, which Go lacks in float32: all results have the
// same bits at each level.
func (s *Seed) SeedPass(p *SeedPoints, lo, hi int, sums []float64) float64 {
	if hi <= lo {
		return 0
	}
	if hi-lo > SeedChunk/Lanes32 || len(sums) < p.m*seedLanes {
		panic("kernel: a pass over more rows than a chunk, or without room for its sums")
	}
	a, b := lo*Lanes32, hi*Lanes32
	var w []float32
	if s.Weights != nil {
		w = s.Weights[a:b]
	}
	seedPass(s.Rows.Data[a*p.d:b*p.d], s.Nearest[a:b], w, p, sums)
	mass := (*[seedLanes]float64)(sums)
	return ((mass[0] + mass[4]) + (mass[2] + mass[6])) + ((mass[1] + mass[5]) + (mass[3] + mass[7]))
}

// part returns the points 0 and from…to−1 as points of their own.
func (p *SeedPoints) some(from, to int) *SeedPoints {
	q := &SeedPoints{m: to - from + 1, d: p.d}
	q.data = make([]float32, 0, q.m*q.d)
	for j := range p.d {
		row := p.data[j*p.m : (j+1)*p.m]
		q.data = append(append(q.data, row[0]), row[from:to]...)
	}
	return q
}

func seedPassPlain(x, nearest, w []float32, p *SeedPoints, sums []float64) {
	m, d := p.m, p.d
	acc := make([][Lanes32]float32, m)
	part := make([][Lanes32]float32, m)
	var total [Lanes32]float64
	for b := 0; b < len(nearest); b += Lanes32 {
		block := x[b*d : (b+Lanes32)*d]
		clear(acc)
		for j := range d {
			col := (*[Lanes32]float32)(block[j*Lanes32:])
			for t, v := range p.data[j*m : (j+1)*m] {
				s := &acc[t]
				for l, xv := range col {
					e := xv - v
					s[l] += float32(e * e)
				}
			}
		}
		near := (*[Lanes32]float32)(nearest[b:])
		for l, v := range acc[0] {
			if v < near[l] {
				near[l] = v
			}
		}
		if w == nil {
			for l, v := range near {
				total[l] += float64(v)
			}
			for t := 1; t < m; t++ {
				for l, v := range near {
					if g := v - acc[t][l]; g > 0 {
						part[t][l] += g
					}
				}
			}
			continue
		}
		weight := (*[Lanes32]float32)(w[b:])
		for l, v := range near {
			total[l] += float64(float32(v * weight[l]))
		}
		for t := 1; t < m; t++ {
			for l, v := range near {
				if g := v - acc[t][l]; g > 0 {
					part[t][l] += float32(g * weight[l])
				}
			}
		}
	}
	for l := range seedLanes {
		sums[l] = total[l] + total[l+seedLanes]
		for t := 1; t < m; t++ {
			sums[t*seedLanes+l] += float64(part[t][l]) + float64(part[t][l+seedLanes])
		}
	}
}

// SeedSlack bounds the error of the distances that SeedPass computes between rows of at
// most that norm: the true squared distance D² in the scaled space and the computed S
// satisfy D² ≤ S·(1+relative) + absolute. With u = 2⁻²⁴, rounding moves the difference e
// of two coordinates x and c by at most u·(|x|+|c|+|e|) ≤ 2u·(|c|+|e|), so ‖e‖ ≤
// (‖ê‖+2u·‖c‖)·(1+3u); (a+b)² ≤ (1+ε)·a² + (1+1/ε)·b² with ε = 2⁻¹⁰; each of the d squares
// and sums loses at most a part u of its result. What underflows is below d·2⁻¹²⁰.
func SeedSlack(d int, norm float64) (relative, absolute float64) {
	const u = 0x1p-24
	return 0x1p-10 + float64(d+16)*u*(1+float64(d)*0x1p-20), 0x1p13*u*u*norm*norm + float64(d)*0x1p-120
}

// MaxNorm returns at least the largest norm of a row in the scaled space, the same bits
// at each level, which Norm alone does not have.
func (r *Rows32) MaxNorm() float64 {
	most := float32(0)
	for _, v := range r.Norm {
		most = max(most, v)
	}
	largest := 0.0
	for b, v := range r.Norm {
		if v < most*(1-0x1p-8) {
			continue
		}
		block := r.Data[b*r.D*Lanes32 : (b+1)*r.D*Lanes32]
		for l := range Lanes32 {
			s := 0.0
			for j := range r.D {
				v := float64(block[j*Lanes32+l])
				s = math.FMA(v, v, s)
			}
			largest = max(largest, s)
		}
	}
	return math.Sqrt(largest) * (1 + 0x1p-20)
}
