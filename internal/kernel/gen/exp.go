package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Exponentials and the shares of a mixture: one value a lane, the steps of expPlain
// and logPlain one by one.
func init() {
	add("exp", func(c *build.Context) {
		t := newExpTable(c)
		for _, w := range []int{8, 4} {
			t.exp(c, w)
			t.shares(c, w)
		}
	})
}

// level names the instructions that handle so many float64 a register.
func expLevel(width int) string { return map[int]string{8: "AVX512", 4: "AVX2"}[width] }

func expRegister(c *build.Context, width int) reg.VecVirtual {
	if width == 8 {
		return c.ZMM()
	}
	return c.YMM()
}

// expTable is the constants, each four times: 32 bytes, to which the linker aligns them.
// Registers of eight read one of the four for all.
type expTable struct {
	at    operand.Mem
	next  int
	place map[string]int
}

func newExpTable(c *build.Context) *expTable {
	t := &expTable{place: map[string]int{}}
	t.at = c.StaticGlobal("expTable")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	t.add(c, "log2e", math.Float64bits(math.Log2E))
	t.add(c, "round", math.Float64bits(0x1.8p52))
	t.add(c, "ln2hi", math.Float64bits(0x1.62e42fefa38p-1))
	t.add(c, "ln2lo", math.Float64bits(0x1.ef35793c7673p-45))
	t.add(c, "one", math.Float64bits(1))
	t.add(c, "two", math.Float64bits(2))
	t.add(c, "half", math.Float64bits(0.5))
	t.add(c, "high", math.Float64bits(709.782712893384))
	t.add(c, "low", math.Float64bits(-708))
	t.add(c, "inf", math.Float64bits(math.Inf(1)))
	t.add(c, "minus", math.Float64bits(math.Inf(-1)))
	for n, f := 2, 2.0; n <= 13; n++ { // 1/n!
		t.add(c, expName("e", n), math.Float64bits(1/f))
		f *= float64(n + 1)
	}
	t.add(c, "sqrthalf", 0x3fe6a09e667f3bcd)
	t.add(c, "shift", 0x3ff0000000000000-0x3fe6a09e667f3bcd)
	t.add(c, "mantissa", 0x000fffffffffffff)
	t.add(c, "expo", math.Float64bits(0x1p52))
	t.add(c, "bias", math.Float64bits(0x1p52+1023))
	for n := 1; n <= 10; n++ { // 2/(2n+1)
		t.add(c, expName("l", n), math.Float64bits(2/float64(2*n+1)))
	}
	return t
}

func expName(prefix string, n int) string { return prefix + string(rune('a'+n)) }

func (t *expTable) add(c *build.Context, name string, bits uint64) {
	t.place[name] = t.next
	for range 4 {
		c.AddDatum(t.next, operand.U64(bits))
		t.next += 8
	}
}

func (t *expTable) mem(name string) operand.Mem {
	at, ok := t.place[name]
	if !ok {
		panic("gen: no constant " + name)
	}
	return t.at.Offset(at)
}

// op does x ← x op constant with the instruction for whole registers or the one that
// spreads one number.
func (t *expTable) op(width int, whole, spread func(...operand.Op), name string, ops ...operand.Op) {
	if width == 8 {
		whole = spread
	}
	whole(append([]operand.Op{t.mem(name)}, ops...)...)
}

// power replaces x ≤ 709.78… by its exponential; what is below −708 becomes 0.
func (t *expTable) power(c *build.Context, width int, x reg.VecVirtual) {
	n, p := expRegister(c, width), expRegister(c, width)
	keep := c.K()
	var mask reg.VecVirtual
	if width == 8 {
		c.VCMPPD_BCST(operand.U8(0x1d), t.mem("low"), x, keep) // x ≥ low, quiet
	} else {
		mask = expRegister(c, width)
		c.VCMPPD(operand.U8(0x1d), t.mem("low"), x, mask)
	}
	c.VBROADCASTSD(t.mem("round"), n)
	t.op(width, c.VMAXPD, c.VMAXPD_BCST, "low", x, x)
	t.op(width, c.VFMADD231PD, c.VFMADD231PD_BCST, "log2e", x, n) // the whole number nearest to x/ln 2, in the low bits
	c.VPSLLQ(operand.U8(52), n, p)                                // its place in an exponent
	scale := p
	t.op(width, c.VSUBPD, c.VSUBPD_BCST, "round", n, n)
	t.op(width, c.VFNMADD231PD, c.VFNMADD231PD_BCST, "ln2hi", n, x)
	t.op(width, c.VFNMADD231PD, c.VFNMADD231PD_BCST, "ln2lo", n, x)
	q := expRegister(c, width)
	c.VBROADCASTSD(t.mem(expName("e", 13)), q)
	for k := 12; k >= 2; k-- {
		t.op(width, c.VFMADD213PD, c.VFMADD213PD_BCST, expName("e", k), x, q)
	}
	c.VMULPD(x, x, n)
	c.VFMADD213PD(x, n, q) // r²·q + r
	t.op(width, c.VADDPD, c.VADDPD_BCST, "one", q, q)
	if width == 8 {
		c.VPADDQ_Z(scale, q, keep, x)
		return
	}
	c.VPADDQ(scale, q, q)
	c.VANDPD(mask, q, x)
}

// exp is the loop over a slice of whole lane sets.
func (t *expTable) exp(c *build.Context, width int) {
	function(c, "exp"+expLevel(width), "func(dst, x *float64, sets int)",
		"writes the exponentials of sets × 8 values; see Exp.")
	dst, x, n := c.Load(c.Param("dst"), c.GP64()), c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("sets"), c.GP64())
	c.Label("loop")
	for at := 0; at < 8; at += width {
		v, out, src := expRegister(c, width), expRegister(c, width), expRegister(c, width)
		c.VMOVUPD(operand.Mem{Base: x, Disp: at * 8}, src)
		t.op(width, c.VMINPD, c.VMINPD_BCST, "high", src, v) // a NaN becomes a number here and a NaN again below
		t.power(c, width, v)
		c.VBROADCASTSD(t.mem("inf"), out)
		if width == 8 {
			k := c.K()
			c.VCMPPD_BCST(operand.U8(0x1e), t.mem("high"), src, k) // x > high
			c.VBLENDMPD(out, v, k, v)
			c.VCMPPD(operand.U8(0x03), src, src, k) // x is no number
			c.VBLENDMPD(src, v, k, v)
		} else {
			k := expRegister(c, width)
			c.VCMPPD(operand.U8(0x1e), t.mem("high"), src, k)
			c.VBLENDVPD(k, out, v, v)
			c.VCMPPD(operand.U8(0x03), src, src, k)
			c.VBLENDVPD(k, src, v, v)
		}
		c.VMOVUPD(v, operand.Mem{Base: dst, Disp: at * 8})
	}
	c.ADDQ(operand.U32(64), x)
	c.ADDQ(operand.U32(64), dst)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("loop"))
	c.VZEROUPPER()
	c.RET()
}

// log replaces x ≥ 1 by its logarithm.
func (t *expTable) log(c *build.Context, width int, x reg.VecVirtual) {
	e, s, z, r, h := expRegister(c, width), expRegister(c, width), expRegister(c, width), expRegister(c, width), expRegister(c, width)
	t.op(width, c.VPADDQ, c.VPADDQ_BCST, "shift", x, x)
	c.VPSRLQ(operand.U8(52), x, e)
	if width == 8 {
		c.VPORQ_BCST(t.mem("expo"), e, e)
		c.VPANDQ_BCST(t.mem("mantissa"), x, x)
	} else {
		c.VPOR(t.mem("expo"), e, e)
		c.VPAND(t.mem("mantissa"), x, x)
	}
	t.op(width, c.VSUBPD, c.VSUBPD_BCST, "bias", e, e)
	t.op(width, c.VPADDQ, c.VPADDQ_BCST, "sqrthalf", x, x)
	t.op(width, c.VSUBPD, c.VSUBPD_BCST, "one", x, x) // f
	t.op(width, c.VADDPD, c.VADDPD_BCST, "two", x, s)
	c.VDIVPD(s, x, s) // f/(2+f)
	c.VMULPD(s, s, z)
	c.VBROADCASTSD(t.mem(expName("l", 10)), r)
	for k := 9; k >= 1; k-- {
		t.op(width, c.VFMADD213PD, c.VFMADD213PD_BCST, expName("l", k), z, r)
	}
	c.VMULPD(z, r, r) // R
	t.op(width, c.VMULPD, c.VMULPD_BCST, "half", x, h)
	c.VMULPD(x, h, h)                                             // f²/2
	c.VADDPD(h, r, r)                                             // h + R
	t.op(width, c.VMULPD, c.VMULPD_BCST, "ln2lo", e, z)           //
	c.VFMADD213PD(z, s, r)                                        // s·(h+R) + e·ln2lo
	c.VSUBPD(r, h, r)                                             // h − …
	c.VSUBPD(r, x, x)                                             // f − …
	t.op(width, c.VFMADD231PD, c.VFMADD231PD_BCST, "ln2hi", e, x) // + e·ln2hi
}

// shares turns the distances of rows to components into their posterior shares.
func (t *expTable) shares(c *build.Context, width int) {
	function(c, "mixtureShares"+expLevel(width), "func(q *float64, k, sets int, offset, w, sums *float64)",
		"is MixtureShares for sets × 8 rows.")
	q, w := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("w"), c.GP64())
	k, sets := c.Load(c.Param("k"), c.GP64()), c.Load(c.Param("sets"), c.GP64())
	offset, sums := c.Load(c.Param("offset"), c.GP64()), c.Load(c.Param("sums"), c.GP64())
	stride := c.GP64()
	c.MOVQ(sets, stride)
	c.SHLQ(operand.U8(6), stride) // bytes from one component to the next
	minus, half := expRegister(c, width), expRegister(c, width)
	c.VBROADCASTSD(t.mem("half"), half)
	c.VBROADCASTSD(t.mem("minus"), minus)

	c.Label("set")
	for part := range 8 / width {
		at := part * width * 8
		label := func(s string) string { return s + string(rune('a'+part)) }
		p, o, i := c.GP64(), c.GP64(), c.GP64()
		rewind := func() {
			c.MOVQ(q, p)
			c.MOVQ(k, i)
		}
		most, v := expRegister(c, width), expRegister(c, width)
		c.VMOVAPD(minus, most)
		rewind()
		c.MOVQ(offset, o)
		c.Label(label("most"))
		l := expRegister(c, width)
		c.VMOVUPD(operand.Mem{Base: p, Disp: at}, v)
		c.VBROADCASTSD(operand.Mem{Base: o}, l)
		c.VFNMADD231PD(half, v, l)
		c.VMOVUPD(l, operand.Mem{Base: p, Disp: at})
		c.VMAXPD(l, most, most)
		c.ADDQ(stride, p)
		c.ADDQ(operand.U32(8), o)
		c.DECQ(i)
		c.JNZ(operand.LabelRef(label("most")))

		total := expRegister(c, width)
		if width == 8 {
			c.VPXORQ(total, total, total)
		} else {
			c.VXORPD(total, total, total)
		}
		rewind()
		c.Label(label("exp"))
		e := expRegister(c, width)
		c.VMOVUPD(operand.Mem{Base: p, Disp: at}, e)
		c.VSUBPD(most, e, e)
		t.power(c, width, e)
		c.VMOVUPD(e, operand.Mem{Base: p, Disp: at})
		c.VADDPD(e, total, total)
		c.ADDQ(stride, p)
		c.DECQ(i)
		c.JNZ(operand.LabelRef(label("exp")))

		weight, f := expRegister(c, width), expRegister(c, width)
		c.VMOVUPD(operand.Mem{Base: w, Disp: at}, weight)
		c.VDIVPD(total, weight, f)
		rewind()
		c.Label(label("share"))
		g := expRegister(c, width)
		c.VMULPD(operand.Mem{Base: p, Disp: at}, f, g)
		c.VMOVUPD(g, operand.Mem{Base: p, Disp: at})
		c.ADDQ(stride, p)
		c.DECQ(i)
		c.JNZ(operand.LabelRef(label("share")))

		t.log(c, width, total)
		c.VADDPD(total, most, most)
		for n, of := range []reg.VecVirtual{most, total} {
			acc := expRegister(c, width)
			c.VMOVUPD(operand.Mem{Base: sums, Disp: n*64 + at}, acc)
			c.VFMADD231PD(of, weight, acc)
			c.VMOVUPD(acc, operand.Mem{Base: sums, Disp: n*64 + at})
		}
	}
	c.ADDQ(operand.U32(64), q)
	c.ADDQ(operand.U32(64), w)
	c.DECQ(sets)
	c.JNZ(operand.LabelRef("set"))
	c.VZEROUPPER()
	c.RET()
}
