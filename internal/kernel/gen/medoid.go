package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances from one point to a block of 64, coordinate by coordinate: a lane holds one
// pair's sum.
func init() {
	add("medoid", func(c *build.Context) {
		for _, wide := range []bool{true, false} {
			v := medoidVectors(c, wide)
			v.squares("rootBelow", true)
			v.squares("squareBelow", false)
			v.city()
			v.below()
		}
	})
}

const medoidBlock = 64

// medoidVec writes for one width: 8 lanes and masks in registers of their own, or 4 and
// masks as values.
type medoidVec struct {
	*build.Context
	wide   bool
	suffix string
	lanes  int
	chunk  int // registers of sums at once
	vec    func() reg.VecVirtual
	// constants
	grow, tiny, abs operand.Mem
}

func medoidVectors(c *build.Context, wide bool) *medoidVec {
	v := &medoidVec{Context: c, wide: wide, suffix: "AVX512", lanes: 8, chunk: 8, vec: c.ZMM}
	if !wide {
		v.suffix, v.lanes, v.vec = "AVX2", 4, c.YMM
	}
	name := func(s string) string { return "medoid" + s + v.suffix }
	v.grow = c.ConstData(name("Grow"), operand.F64(1+math.Ldexp(1, -50)))
	v.tiny = c.ConstData(name("Tiny"), operand.F64(1e-300))
	v.abs = c.ConstData(name("Abs"), operand.U64(1<<63-1))
	return v
}

func (v *medoidVec) bytes() int { return v.lanes * 8 }

func (v *medoidVec) zero(r reg.VecVirtual) {
	if v.wide {
		v.VPXORD(r, r, r)
	} else {
		v.VPXOR(r, r, r)
	}
}

// sums begins a loop over the 64 points in chunks of registers: body gets the sums, zero,
// and the offset in bytes of the chunk's first lane.
func (v *medoidVec) sums(body func(acc []reg.VecVirtual, chunk, offset int)) {
	for chunk := 0; chunk*v.chunk*v.lanes < medoidBlock; chunk++ {
		acc := make([]reg.VecVirtual, v.chunk)
		for i := range acc {
			acc[i] = v.vec()
			v.zero(acc[i])
		}
		body(acc, chunk, chunk*v.chunk*v.bytes())
	}
}

// loop runs body once a coordinate: at points to its 64 values.
func (v *medoidVec) loop(label string, n, from, block reg.GPVirtual, body func(q, at reg.GPVirtual)) {
	left, q, at := v.GP64(), from, block
	v.MOVQ(n, left)
	v.TESTQ(left, left)
	v.JZ(operand.LabelRef(label + "done"))
	v.Label(label)
	body(q, at)
	v.ADDQ(operand.Imm(8), q)
	v.ADDQ(operand.U32(medoidBlock*8), at)
	v.DECQ(left)
	v.JNZ(operand.LabelRef(label))
	v.Label(label + "done")
}

// bits puts the mask of a < b (or a ≤ b) into the low bits of a new register.
func (v *medoidVec) bits(a reg.VecVirtual, b operand.Op, orEqual bool) reg.GPVirtual {
	less := operand.Imm(1)
	if orEqual {
		less = operand.Imm(2)
	}
	g := v.GP64()
	if v.wide {
		k := v.K()
		v.VCMPPD(less, b, a, k)
		v.KMOVB(k, g.As32())
	} else {
		m := v.YMM()
		v.VCMPPD(less, b, a, m)
		v.VMOVMSKPD(m, g.As32())
	}
	return g
}

// gather ors the bits of lane group i into mask.
func (v *medoidVec) gather(mask, bits reg.GPVirtual, lane int) {
	if lane > 0 {
		v.SHLQ(operand.Imm(uint64(lane)), bits)
	}
	v.ORQ(bits, mask)
}

func (v *medoidVec) finish(mask reg.GPVirtual) {
	v.Store(mask, v.ReturnIndex(0))
	v.VZEROUPPER()
	v.RET()
}

func (v *medoidVec) squares(name string, root bool) {
	function(v.Context, name+v.suffix, "func(q *float64, n int, block *float64, limit, out *[64]float64) uint64",
		"writes the distances from q to 64 points and returns which are below limit.")
	q0, n, block0 := v.GP64(), v.GP64(), v.GP64()
	v.Load(v.Param("q"), q0)
	v.Load(v.Param("n"), n)
	v.Load(v.Param("block"), block0)
	limit := v.Load(v.Param("limit"), v.GP64()).(reg.GPVirtual)
	out := v.Load(v.Param("out"), v.GP64()).(reg.GPVirtual)
	mask := v.GP64()
	v.XORQ(mask, mask)
	v.sums(func(acc []reg.VecVirtual, chunk, offset int) {
		q, block := v.GP64(), v.GP64()
		v.MOVQ(q0, q)
		v.LEAQ(operand.Mem{Base: block0, Disp: offset}, block)
		label := "c" + string(rune('0'+chunk))
		v.loop(label, n, q, block, func(q, at reg.GPVirtual) {
			b := v.vec()
			v.VBROADCASTSD(operand.Mem{Base: q}, b)
			for i, a := range acc {
				t := v.vec()
				v.VSUBPD(operand.Mem{Base: at, Disp: i * v.bytes()}, b, t)
				v.VFMADD231PD(t, t, a)
			}
		})
		lane := func(i int) int { return chunk*v.chunk*v.lanes + i*v.lanes }
		at := func(base reg.GPVirtual, i int) operand.Mem { return operand.Mem{Base: base, Disp: lane(i) * 8} }
		if root {
			// s ≤ limit²(1+2⁻⁵⁰)+10⁻³⁰⁰ wherever √s < limit: without such a lane, no roots.
			some, grow, tiny := v.GP64(), v.vec(), v.vec()
			v.XORQ(some, some)
			v.VBROADCASTSD(v.grow, grow)
			v.VBROADCASTSD(v.tiny, tiny)
			for i, a := range acc {
				t := v.vec()
				v.VMOVUPD(at(limit, i), t)
				v.VMULPD(t, t, t)
				v.VFMADD213PD(tiny, grow, t)
				v.ORQ(v.bits(a, t, true), some)
			}
			v.TESTQ(some, some)
			v.JZ(operand.LabelRef(label + "none"))
			for i, a := range acc {
				v.VSQRTPD(a, a)
				v.VMOVUPD(a, at(out, i))
				v.gather(mask, v.bits(a, at(limit, i), false), lane(i))
			}
			v.Label(label + "none")
			return
		}
		for i, a := range acc {
			v.VMOVUPD(a, at(out, i))
			v.gather(mask, v.bits(a, at(limit, i), false), lane(i))
		}
	})
	v.finish(mask)
}

func (v *medoidVec) city() {
	function(v.Context, "cityBelow"+v.suffix, "func(q *float64, numbers int, weight *float64, matches int, block *float64, limit, out *[64]float64) uint64",
		"writes the sums of differences from q to 64 points and returns which are below limit.")
	q0, n, m, block0, w0 := v.GP64(), v.GP64(), v.GP64(), v.GP64(), v.GP64()
	v.Load(v.Param("q"), q0)
	v.Load(v.Param("numbers"), n)
	v.Load(v.Param("weight"), w0)
	v.Load(v.Param("matches"), m)
	v.Load(v.Param("block"), block0)
	limit := v.Load(v.Param("limit"), v.GP64()).(reg.GPVirtual)
	out := v.Load(v.Param("out"), v.GP64()).(reg.GPVirtual)
	mask := v.GP64()
	v.XORQ(mask, mask)
	v.sums(func(acc []reg.VecVirtual, chunk, offset int) {
		q, block, weight := v.GP64(), v.GP64(), v.GP64()
		v.MOVQ(q0, q)
		v.MOVQ(w0, weight)
		v.LEAQ(operand.Mem{Base: block0, Disp: offset}, block)
		label := "c" + string(rune('0'+chunk))
		abs := v.vec()
		v.VBROADCASTSD(v.abs, abs)
		v.loop(label, n, q, block, func(q, at reg.GPVirtual) {
			b := v.vec()
			v.VBROADCASTSD(operand.Mem{Base: q}, b)
			for i, a := range acc {
				t := v.vec()
				v.VSUBPD(operand.Mem{Base: at, Disp: i * v.bytes()}, b, t)
				v.VANDPD(abs, t, t)
				v.VADDPD(t, a, a)
			}
		})
		v.loop(label+"m", m, q, block, func(q, at reg.GPVirtual) {
			b, w := v.vec(), v.vec()
			v.VBROADCASTSD(operand.Mem{Base: q}, b)
			v.VBROADCASTSD(operand.Mem{Base: weight}, w)
			v.ADDQ(operand.Imm(8), weight)
			for i, a := range acc {
				p := operand.Mem{Base: at, Disp: i * v.bytes()}
				if v.wide {
					k := v.K()
					v.VCMPPD(operand.Imm(4), p, b, k)
					v.VADDPD(w, a, k, a)
					continue
				}
				t := v.vec()
				v.VCMPPD(operand.Imm(4), p, b, t)
				v.VANDPD(w, t, t)
				v.VADDPD(t, a, a)
			}
		})
		for i, a := range acc {
			lane := chunk*v.chunk*v.lanes + i*v.lanes
			v.VMOVUPD(a, operand.Mem{Base: out, Disp: lane * 8})
			v.gather(mask, v.bits(a, operand.Mem{Base: limit, Disp: lane * 8}, false), lane)
		}
	})
	v.finish(mask)
}

func (v *medoidVec) below() {
	function(v.Context, "below"+v.suffix, "func(value, limit *[64]float64) uint64", "returns which of 64 values are below limit.")
	value := v.Load(v.Param("value"), v.GP64()).(reg.GPVirtual)
	limit := v.Load(v.Param("limit"), v.GP64()).(reg.GPVirtual)
	mask := v.GP64()
	v.XORQ(mask, mask)
	for lane := 0; lane < medoidBlock; lane += v.lanes {
		a := v.vec()
		v.VMOVUPD(operand.Mem{Base: value, Disp: lane * 8}, a)
		v.gather(mask, v.bits(a, operand.Mem{Base: limit, Disp: lane * 8}, false), lane)
	}
	v.finish(mask)
}
