package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The two least float64 distances of each row, a centre a lane: each lane keeps its own
// two, and the least of all are found among them at the end.
func init() {
	add("two64", func(c *build.Context) {
		two64AVX512(c)
		two64AVX2(c)
	})
}

const two64Signature = "func(x *float64, count, d int, packed *float64, groups int, first, second *float64)"

const two64Doc = "finds the two least distances of count rows of x to groups × 8 packed centres."

func two64AVX512(c *build.Context) {
	function(c, "two64AVX512", two64Signature, two64Doc)
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	groups := c.Load(c.Param("groups"), c.GP64()).(reg.GPVirtual)
	first := c.Load(c.Param("first"), c.GP64()).(reg.GPVirtual)
	second := c.Load(c.Param("second"), c.GP64()).(reg.GPVirtual)
	p, j, g, t := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.SHLQ(operand.Imm(3), width)
	inf, one, two, s, v, other := c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
	c.MOVQ(operand.U64(infinity64), t)
	c.VPBROADCASTQ(t, inf)

	c.Label("row")
	c.ADDQ(width, x) // its end: j counts up to 0
	c.VMOVAPD(inf, one)
	c.VMOVAPD(inf, two)
	c.MOVQ(groups, g)
	c.MOVQ(parameter(c, "packed"), p)
	c.Label("group")
	c.VPXORQ(s, s, s)
	c.MOVQ(width, j)
	c.NEGQ(j)
	c.Label("coordinate")
	c.VBROADCASTSD(operand.Mem{Base: x, Index: j, Scale: 1}, v)
	c.VSUBPD(operand.Mem{Base: p}, v, v)
	c.VFMADD231PD(v, v, s)
	c.ADDQ(operand.Imm(64), p)
	c.ADDQ(operand.Imm(8), j)
	c.JNZ(operand.LabelRef("coordinate"))
	c.VMAXPD(one, s, v)
	c.VMINPD(two, v, two)
	c.VMINPD(one, s, one)
	c.DECQ(g)
	c.JNZ(operand.LabelRef("group"))

	spread := func(v reg.VecVirtual) {
		c.VSHUFF64X2(operand.Imm(0x4e), v, v, other)
		c.VMINPD(other, v, v)
		c.VSHUFF64X2(operand.Imm(0xb1), v, v, other)
		c.VMINPD(other, v, v)
		c.VPERMILPD(operand.Imm(0x55), v, other)
		c.VMINPD(other, v, v)
	}
	c.VMOVAPD(one, v)
	spread(v)
	c.VMOVSD(v.(reg.Vec).AsX(), operand.Mem{Base: first})
	lane := c.K()
	c.VCMPPD(operand.Imm(0), one, v, lane)
	c.KMOVW(lane, t.As32())
	c.BLSIL(t.As32(), t.As32()) // the lane of the least takes part with its second
	c.KMOVW(t.As32(), lane)
	c.VMOVAPD(two, lane, one)
	spread(one)
	c.VMOVSD(one.(reg.Vec).AsX(), operand.Mem{Base: second})
	c.ADDQ(operand.Imm(8), first)
	c.ADDQ(operand.Imm(8), second)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

func two64AVX2(c *build.Context) {
	function(c, "two64AVX2", two64Signature, two64Doc)
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	groups := c.Load(c.Param("groups"), c.GP64()).(reg.GPVirtual)
	first := c.Load(c.Param("first"), c.GP64()).(reg.GPVirtual)
	second := c.Load(c.Param("second"), c.GP64()).(reg.GPVirtual)
	p, j, g, t := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.SHLQ(operand.Imm(3), width)
	inf, v, u := c.YMM(), c.YMM(), c.YMM()
	var one, two, s [2]reg.VecVirtual
	for h := range s {
		one[h], two[h], s[h] = c.YMM(), c.YMM(), c.YMM()
	}
	c.MOVQ(operand.U64(infinity64), t)
	c.VMOVQ(t, inf.(reg.Vec).AsX())
	c.VPBROADCASTQ(inf.(reg.Vec).AsX(), inf)

	c.Label("row")
	c.ADDQ(width, x)
	for h := range s {
		c.VMOVAPD(inf, one[h])
		c.VMOVAPD(inf, two[h])
	}
	c.MOVQ(groups, g)
	c.MOVQ(parameter(c, "packed"), p)
	c.Label("group")
	for h := range s {
		c.VPXOR(s[h], s[h], s[h])
	}
	c.MOVQ(width, j)
	c.NEGQ(j)
	c.Label("coordinate")
	c.VBROADCASTSD(operand.Mem{Base: x, Index: j, Scale: 1}, v)
	for h := range s {
		c.VSUBPD(operand.Mem{Base: p, Disp: 32 * h}, v, u)
		c.VFMADD231PD(u, u, s[h])
	}
	c.ADDQ(operand.Imm(64), p)
	c.ADDQ(operand.Imm(8), j)
	c.JNZ(operand.LabelRef("coordinate"))
	for h := range s {
		c.VMAXPD(one[h], s[h], u)
		c.VMINPD(two[h], u, two[h])
		c.VMINPD(one[h], s[h], one[h])
	}
	c.DECQ(g)
	c.JNZ(operand.LabelRef("group"))

	// The two of each lane of the first half take in those of the second, then
	// neighbouring lanes each other's: second = min(seconds, max(firsts)).
	c.VMAXPD(one[0], one[1], u)
	c.VMINPD(one[0], one[1], one[0])
	c.VMINPD(two[0], two[1], two[0])
	c.VMINPD(two[0], u, two[0])
	for _, swap := range []uint64{0x4e, 0xb1} { // lanes 2 apart, then 1 apart
		c.VPERMPD(operand.Imm(swap), one[0], v)
		c.VPERMPD(operand.Imm(swap), two[0], u)
		c.VMINPD(two[0], u, two[0])
		c.VMAXPD(one[0], v, u)
		c.VMINPD(two[0], u, two[0])
		c.VMINPD(one[0], v, one[0])
	}
	c.VMOVSD(one[0].(reg.Vec).AsX(), operand.Mem{Base: first})
	c.VMOVSD(two[0].(reg.Vec).AsX(), operand.Mem{Base: second})
	c.ADDQ(operand.Imm(8), first)
	c.ADDQ(operand.Imm(8), second)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}
