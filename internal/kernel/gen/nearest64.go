package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The nearest centre by float64, a centre a lane, and the distance to one's own.
func init() {
	add("nearest64", func(c *build.Context) {
		nearest64AVX512(c)
		nearest64AVX2(c)
		own64(c)
		around64(c, "around64AVX512", true)
		around64(c, "around64AVX2", false)
	})
}

const nearest64Signature = "func(x *float64, rows *int32, count, d int, packed *float64, groups int, label *int32, dist *float64)"

// infinity64 is +Inf as float64 bits.
const infinity64 = 0x7ff0000000000000

func nearest64AVX512(c *build.Context) {
	function(c, "nearest64AVX512", nearest64Signature, "finds the nearest of groups × 8 packed centres for count rows of x.")
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	rows := c.Load(c.Param("rows"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	groups := c.Load(c.Param("groups"), c.GP64()).(reg.GPVirtual)
	label := c.Load(c.Param("label"), c.GP64()).(reg.GPVirtual)
	dist := c.Load(c.Param("dist"), c.GP64()).(reg.GPVirtual)
	row, p, j, g, t := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.SHLQ(operand.Imm(3), width)
	inf, best, at, lanes, eight, s, v := c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
	first := c.ZMM()
	c.MOVQ(operand.U64(infinity64), t)
	c.VPBROADCASTQ(t, inf)
	c.MOVQ(operand.U64(0x0706050403020100), t) // 0 … 7 as bytes
	c.VMOVQ(t, lanes.(reg.Vec).AsX())
	c.VPMOVZXBQ(lanes.(reg.Vec).AsX(), first)
	c.MOVQ(operand.I32(8), t)
	c.VPBROADCASTQ(t, eight)

	c.Label("row")
	c.MOVLQSX(operand.Mem{Base: rows}, row)
	c.IMULQ(width, row)
	c.ADDQ(x, row)
	c.ADDQ(width, row) // its end: j counts up to 0
	c.VMOVAPD(inf, best)
	c.VMOVDQA64(first, lanes)
	c.VPXORQ(at, at, at)
	c.MOVQ(groups, g)
	c.MOVQ(parameter(c, "packed"), p)
	c.Label("group")
	c.VPXORQ(s, s, s)
	c.MOVQ(width, j)
	c.NEGQ(j)
	c.Label("coordinate")
	c.VBROADCASTSD(operand.Mem{Base: row, Index: j, Scale: 1}, v)
	c.VSUBPD(operand.Mem{Base: p}, v, v)
	c.VFMADD231PD(v, v, s)
	c.ADDQ(operand.Imm(64), p)
	c.ADDQ(operand.Imm(8), j)
	c.JNZ(operand.LabelRef("coordinate"))
	less := c.K()
	c.VCMPPD(operand.Imm(1), best, s, less)
	c.VMOVDQA64(lanes, less, at)
	c.VMINPD(best, s, best)
	c.VPADDQ(eight, lanes, lanes)
	c.DECQ(g)
	c.JNZ(operand.LabelRef("group"))

	// The least of the lanes, and of those that have it the first centre.
	least, other := c.ZMM(), c.ZMM()
	spread := func(min func(a, b reg.VecVirtual), v reg.VecVirtual) {
		c.VSHUFF64X2(operand.Imm(0x4e), v, v, other)
		min(other, v)
		c.VSHUFF64X2(operand.Imm(0xb1), v, v, other)
		min(other, v)
		c.VPERMILPD(operand.Imm(0x55), v, other)
		min(other, v)
	}
	c.VMOVAPD(best, least)
	spread(func(a, b reg.VecVirtual) { c.VMINPD(a, b, b) }, least)
	equal := c.K()
	c.VCMPPD(operand.Imm(0), best, least, equal)
	c.MOVQ(operand.I32(-1), t)
	c.VPBROADCASTQ(t, v)
	c.VMOVDQA64(at, equal, v)
	spread(func(a, b reg.VecVirtual) { c.VPMINUQ(a, b, b) }, v)
	c.VMOVSD(least.(reg.Vec).AsX(), operand.Mem{Base: dist})
	c.VMOVD(v.(reg.Vec).AsX(), operand.Mem{Base: label})
	c.ADDQ(operand.Imm(4), rows)
	c.ADDQ(operand.Imm(4), label)
	c.ADDQ(operand.Imm(8), dist)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

// nearest64AVX2 keeps a group in two registers; the numbers of centres are float64, of
// which a minimum can be taken.
func nearest64AVX2(c *build.Context) {
	function(c, "nearest64AVX2", nearest64Signature, "finds the nearest of groups × 8 packed centres for count rows of x.")
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	rows := c.Load(c.Param("rows"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	groups := c.Load(c.Param("groups"), c.GP64()).(reg.GPVirtual)
	label := c.Load(c.Param("label"), c.GP64()).(reg.GPVirtual)
	dist := c.Load(c.Param("dist"), c.GP64()).(reg.GPVirtual)
	row, p, j, g, t := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.SHLQ(operand.Imm(3), width)
	inf, first, eight := c.YMM(), c.YMM(), c.YMM()
	best := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	at := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	s := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	lanes := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	v, u, mask := c.YMM(), c.YMM(), c.YMM()
	c.MOVQ(operand.U64(infinity64), t)
	c.VMOVQ(t, inf.(reg.Vec).AsX())
	c.VPBROADCASTQ(inf.(reg.Vec).AsX(), inf)
	c.MOVL(operand.U32(0x03020100), t.As32())
	c.VMOVD(t.As32(), first.(reg.Vec).AsX())
	c.VPMOVZXBD(first.(reg.Vec).AsX(), first.(reg.Vec).AsX())
	c.VCVTDQ2PD(first.(reg.Vec).AsX(), first)
	c.MOVQ(operand.U64(0x4010000000000000), t) // 4
	c.VMOVQ(t, eight.(reg.Vec).AsX())
	c.VPBROADCASTQ(eight.(reg.Vec).AsX(), eight)

	c.Label("row")
	c.MOVLQSX(operand.Mem{Base: rows}, row)
	c.IMULQ(width, row)
	c.ADDQ(x, row)
	c.ADDQ(width, row)
	for h := range best {
		c.VMOVAPD(inf, best[h])
		c.VPXOR(at[h], at[h], at[h])
	}
	c.VMOVAPD(first, lanes[0])
	c.VADDPD(eight, first, lanes[1])
	c.MOVQ(groups, g)
	c.MOVQ(parameter(c, "packed"), p)
	c.Label("group")
	for h := range s {
		c.VPXOR(s[h], s[h], s[h])
	}
	c.MOVQ(width, j)
	c.NEGQ(j)
	c.Label("coordinate")
	c.VBROADCASTSD(operand.Mem{Base: row, Index: j, Scale: 1}, v)
	c.VSUBPD(operand.Mem{Base: p}, v, u)
	c.VFMADD231PD(u, u, s[0])
	c.VSUBPD(operand.Mem{Base: p, Disp: 32}, v, u)
	c.VFMADD231PD(u, u, s[1])
	c.ADDQ(operand.Imm(64), p)
	c.ADDQ(operand.Imm(8), j)
	c.JNZ(operand.LabelRef("coordinate"))
	for h := range s {
		c.VCMPPD(operand.Imm(1), best[h], s[h], mask)
		c.VBLENDVPD(mask, lanes[h], at[h], at[h])
		c.VMINPD(best[h], s[h], best[h])
		c.VADDPD(eight, lanes[h], lanes[h])
		c.VADDPD(eight, lanes[h], lanes[h])
	}
	c.DECQ(g)
	c.JNZ(operand.LabelRef("group"))

	spread := func(v reg.VecVirtual) {
		c.VPERMPD(operand.Imm(0x4e), v, u)
		c.VMINPD(u, v, v)
		c.VPERMILPD(operand.Imm(0x5), v, u)
		c.VMINPD(u, v, v)
	}
	c.VMINPD(best[0], best[1], v)
	spread(v)
	for h := range best {
		c.VCMPPD(operand.Imm(0), best[h], v, mask)
		c.VBLENDVPD(mask, at[h], inf, at[h])
	}
	c.VMOVSD(v.(reg.Vec).AsX(), operand.Mem{Base: dist})
	c.VMINPD(at[0], at[1], v)
	spread(v)
	c.VCVTTSD2SI(v.(reg.Vec).AsX(), t.As32())
	c.MOVL(t.As32(), operand.Mem{Base: label})
	c.ADDQ(operand.Imm(4), rows)
	c.ADDQ(operand.Imm(4), label)
	c.ADDQ(operand.Imm(8), dist)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

// own64 keeps four rows' sums going at once, each in a register of its own.
func own64(c *build.Context) {
	const rows = 4
	function(c, "own64FMA", "func(x *float64, count, d int, centers *float64, label *int32, dist *float64)",
		"writes the squared distance of each of count × 4 rows to the centre of its label.")
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	centers := c.Load(c.Param("centers"), c.GP64()).(reg.GPVirtual)
	label := c.Load(c.Param("label"), c.GP64()).(reg.GPVirtual)
	dist := c.Load(c.Param("dist"), c.GP64()).(reg.GPVirtual)
	c.SHLQ(operand.Imm(3), width)
	third, j := c.GP64(), c.GP64()
	c.LEAQ(operand.Mem{Base: width, Index: width, Scale: 2}, third)
	var p [rows]reg.GPVirtual
	var s, v [rows]reg.VecVirtual
	for r := range rows {
		p[r], s[r], v[r] = c.GP64(), c.XMM(), c.XMM()
	}
	c.Label("rows")
	for r := range rows {
		c.MOVLQSX(operand.Mem{Base: label, Disp: 4 * r}, p[r])
		c.IMULQ(width, p[r])
		c.ADDQ(centers, p[r])
		c.VXORPD(s[r], s[r], s[r])
	}
	c.XORQ(j, j)
	c.Label("coordinate")
	for r, at := range []operand.Mem{{Base: x}, {Base: x, Index: width, Scale: 1}, {Base: x, Index: width, Scale: 2}, {Base: x, Index: third, Scale: 1}} {
		c.VMOVSD(at, v[r])
		c.VSUBSD(operand.Mem{Base: p[r], Index: j, Scale: 1}, v[r], v[r])
		c.VFMADD231SD(v[r], v[r], s[r])
	}
	c.ADDQ(operand.Imm(8), x)
	c.ADDQ(operand.Imm(8), j)
	c.CMPQ(j, width)
	c.JL(operand.LabelRef("coordinate"))
	c.ADDQ(third, x)
	for r := range rows {
		c.VMOVSD(s[r], operand.Mem{Base: dist, Disp: 8 * r})
	}
	c.ADDQ(operand.Imm(4*rows), label)
	c.ADDQ(operand.Imm(8*rows), dist)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("rows"))
	c.VZEROUPPER()
	c.RET()
}

func around64(c *build.Context, name string, wide bool) {
	function(c, name, "func(p *float64, d int, packed *float64, groups int, value *float64, limit float64) float64",
		"returns the largest value, 0 at least, of the packed centres whose squared distance from p is below limit.")
	p := c.Load(c.Param("p"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	packed := c.Load(c.Param("packed"), c.GP64()).(reg.GPVirtual)
	groups := c.Load(c.Param("groups"), c.GP64()).(reg.GPVirtual)
	value := c.Load(c.Param("value"), c.GP64()).(reg.GPVirtual)
	j := c.GP64()
	halves := 2
	if wide {
		halves = 1
	}
	limit, most, x, v := vector(c, wide), vector(c, wide), vector(c, wide), vector(c, wide)
	s := make([]reg.VecVirtual, halves)
	for h := range s {
		s[h] = vector(c, wide)
	}
	c.VBROADCASTSD(parameter(c, "limit"), limit)
	c.VXORPD(most.(reg.Vec).AsX(), most.(reg.Vec).AsX(), most.(reg.Vec).AsX())
	c.SHLQ(operand.Imm(3), width)
	c.Label("group")
	for h := range s {
		c.VXORPD(s[h].(reg.Vec).AsX(), s[h].(reg.Vec).AsX(), s[h].(reg.Vec).AsX())
	}
	c.XORQ(j, j)
	c.Label("coordinate")
	c.VBROADCASTSD(operand.Mem{Base: p, Index: j, Scale: 1}, x)
	for h := range s {
		c.VSUBPD(operand.Mem{Base: packed, Disp: 32 * h}, x, v)
		c.VFMADD231PD(v, v, s[h])
	}
	c.ADDQ(operand.Imm(64), packed)
	c.ADDQ(operand.Imm(8), j)
	c.CMPQ(j, width)
	c.JL(operand.LabelRef("coordinate"))
	for h := range s {
		c.VMOVUPD(operand.Mem{Base: value, Disp: 32 * h}, v)
		if wide {
			near := c.K()
			c.VCMPPD(operand.Imm(1), limit, s[h], near)
			c.VMAXPD(v, most, near, most)
			continue
		}
		c.VCMPPD(operand.Imm(1), limit, s[h], x)
		c.VANDPD(v, x, v)
		c.VMAXPD(v, most, most)
	}
	c.ADDQ(operand.Imm(64), value)
	c.DECQ(groups)
	c.JNZ(operand.LabelRef("group"))
	half, other := most.(reg.Vec).AsY(), v.(reg.Vec).AsY()
	if wide {
		c.VEXTRACTF64X4(operand.Imm(1), most, other)
		c.VMAXPD(other, half, half)
	}
	c.VEXTRACTF128(operand.Imm(1), half, other.(reg.Vec).AsX())
	c.VMAXPD(other.(reg.Vec).AsX(), half.(reg.Vec).AsX(), half.(reg.Vec).AsX())
	c.VPERMILPD(operand.Imm(1), half.(reg.Vec).AsX(), other.(reg.Vec).AsX())
	c.VMAXPD(other.(reg.Vec).AsX(), half.(reg.Vec).AsX(), half.(reg.Vec).AsX())
	c.Store(half.(reg.Vec).AsX(), c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}
