package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Eight queries against tiles of 64 places, or against boxes 16 at a time: which of them
// may be near.
func init() {
	add("wardscan", func(c *build.Context) {
		scanTiles512(c)
		scanTiles256(c)
		scanTile(c, "scanOneAVX512", 4, c.ZMM)
		scanTile(c, "scanOneAVX2", 8, func() reg.VecVirtual { return c.YMM() })
		scanBounds512(c)
		scanBounds256(c)
	})
}

const (
	scanTilesSignature  = "func(batch *float32, d int, tiles *float32, count int, masks *uint64)"
	scanTilesDoc        = "marks the places of count tiles that may be near each of eight queries."
	scanBoundsSignature = "func(batch *float32, d int, boxes *float32, count int, near *uint16)"
	scanBoundsDoc       = "marks the boxes of count groups that may be near one of eight queries."
)

func scanTiles512(c *build.Context) {
	function(c, "scanTilesAVX512", scanTilesSignature, scanTilesDoc)
	q, d := c.Load(c.Param("batch"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	p, count := c.Load(c.Param("tiles"), c.GP64()), c.Load(c.Param("count"), c.GP64())
	out := c.Load(c.Param("masks"), c.GP64())
	n, qj, pj, bits := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	var acc [8][2]reg.VecVirtual
	for i := range acc {
		acc[i] = [2]reg.VecVirtual{c.ZMM(), c.ZMM()}
	}
	p0, p1, b, t, u := c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
	lo, hi := c.K(), c.K()
	c.Label("tile")
	for half := range 2 {
		name := fmt.Sprintf("coordinate%d", half)
		for _, a := range acc {
			c.VPXORD(a[0], a[0], a[0])
			c.VPXORD(a[1], a[1], a[1])
		}
		c.MOVQ(d, n)
		c.LEAQ(operand.Mem{Base: q, Disp: 64}, qj)
		c.LEAQ(operand.Mem{Base: p, Disp: 256 + 128*half}, pj)
		c.Label(name)
		c.VMOVUPS(operand.Mem{Base: pj}, p0)
		c.VMOVUPS(operand.Mem{Base: pj, Disp: 64}, p1)
		for i, a := range acc {
			c.VBROADCASTSS(operand.Mem{Base: qj, Disp: 4 * i}, b)
			c.VSUBPS(b, p0, t)
			c.VSUBPS(b, p1, u)
			c.VFMADD231PS(t, t, a[0])
			c.VFMADD231PS(u, u, a[1])
		}
		c.ADDQ(operand.Imm(32), qj)
		c.ADDQ(operand.U32(256), pj)
		c.DECQ(n)
		c.JNZ(operand.LabelRef(name))
		c.VMOVUPS(operand.Mem{Base: p, Disp: 128 * half}, p0)
		c.VMOVUPS(operand.Mem{Base: p, Disp: 128*half + 64}, p1)
		for i, a := range acc {
			c.VBROADCASTSS(operand.Mem{Base: q, Disp: 4 * i}, t)
			c.VBROADCASTSS(operand.Mem{Base: q, Disp: 32 + 4*i}, b)
			c.VMOVAPS(t, u)
			c.VFMADD231PS(b, p0, t)
			c.VFMADD231PS(b, p1, u)
			c.VCMPPS(operand.Imm(lessOrEqual), t, a[0], lo)
			c.VCMPPS(operand.Imm(lessOrEqual), u, a[1], hi)
			c.KUNPCKWD(lo, hi, lo)
			c.KMOVD(lo, bits.As32())
			c.MOVL(bits.As32(), operand.Mem{Base: out, Disp: 8*i + 4*half})
		}
	}
	c.MOVQ(pj, p)
	c.SUBQ(operand.U32(128), p) // pj ended half a tile's width into the next
	c.ADDQ(operand.Imm(64), out)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("tile"))
	c.VZEROUPPER()
	c.RET()
}

func scanTiles256(c *build.Context) {
	function(c, "scanTilesAVX2", scanTilesSignature, scanTilesDoc)
	q, d := c.Load(c.Param("batch"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	p, count := c.Load(c.Param("tiles"), c.GP64()), c.Load(c.Param("count"), c.GP64())
	out := c.Load(c.Param("masks"), c.GP64())
	n, qj, pj, bits, more := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	var acc [4][2]reg.VecVirtual
	for i := range acc {
		acc[i] = [2]reg.VecVirtual{c.YMM(), c.YMM()}
	}
	p0, p1, b, t, u := c.YMM(), c.YMM(), c.YMM(), c.YMM(), c.YMM()
	c.Label("tile")
	for quarter := range 4 {
		for half := range 2 {
			name := fmt.Sprintf("coordinate%d%d", quarter, half)
			for _, a := range acc {
				c.VPXOR(a[0], a[0], a[0])
				c.VPXOR(a[1], a[1], a[1])
			}
			c.MOVQ(d, n)
			c.LEAQ(operand.Mem{Base: q, Disp: 64 + 16*half}, qj)
			c.LEAQ(operand.Mem{Base: p, Disp: 256 + 64*quarter}, pj)
			c.Label(name)
			c.VMOVUPS(operand.Mem{Base: pj}, p0)
			c.VMOVUPS(operand.Mem{Base: pj, Disp: 32}, p1)
			for i, a := range acc {
				c.VBROADCASTSS(operand.Mem{Base: qj, Disp: 4 * i}, b)
				c.VSUBPS(b, p0, t)
				c.VSUBPS(b, p1, u)
				c.VFMADD231PS(t, t, a[0])
				c.VFMADD231PS(u, u, a[1])
			}
			c.ADDQ(operand.Imm(32), qj)
			c.ADDQ(operand.U32(256), pj)
			c.DECQ(n)
			c.JNZ(operand.LabelRef(name))
			c.VMOVUPS(operand.Mem{Base: p, Disp: 64 * quarter}, p0)
			c.VMOVUPS(operand.Mem{Base: p, Disp: 64*quarter + 32}, p1)
			for i, a := range acc {
				c.VBROADCASTSS(operand.Mem{Base: q, Disp: 16*half + 4*i}, t)
				c.VBROADCASTSS(operand.Mem{Base: q, Disp: 32 + 16*half + 4*i}, b)
				c.VMOVAPS(t, u)
				c.VFMADD231PS(b, p0, t)
				c.VFMADD231PS(b, p1, u)
				c.VCMPPS(operand.Imm(lessOrEqual), t, a[0], t)
				c.VCMPPS(operand.Imm(lessOrEqual), u, a[1], u)
				c.VMOVMSKPS(t, bits.As32())
				c.VMOVMSKPS(u, more.As32())
				c.SHLL(operand.Imm(8), more.As32())
				c.ORL(more.As32(), bits.As32())
				c.MOVW(bits.As16(), operand.Mem{Base: out, Disp: 32*half + 8*i + 2*quarter})
			}
		}
	}
	c.MOVQ(pj, p)
	c.SUBQ(operand.U32(192), p)
	c.ADDQ(operand.Imm(64), out)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("tile"))
	c.VZEROUPPER()
	c.RET()
}

// scanTile is for the first query alone: a tile is parts registers wide.
func scanTile(c *build.Context, name string, parts int, vector func() reg.VecVirtual) {
	function(c, name, scanTilesSignature, "marks the places of count tiles that may be near the first query, in every eighth mask.")
	q, d := c.Load(c.Param("batch"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	p, count := c.Load(c.Param("tiles"), c.GP64()), c.Load(c.Param("count"), c.GP64())
	out := c.Load(c.Param("masks"), c.GP64())
	n, qj, bits, mask := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	acc := make([]reg.VecVirtual, parts)
	for i := range acc {
		acc[i] = vector()
	}
	b, t, limit, slope, pj := vector(), vector(), vector(), vector(), c.GP64()
	c.VBROADCASTSS(operand.Mem{Base: q}, limit)
	c.VBROADCASTSS(operand.Mem{Base: q, Disp: 32}, slope)
	c.Label("tile")
	for _, a := range acc {
		if parts == 4 {
			c.VPXORD(a, a, a)
		} else {
			c.VPXOR(a, a, a)
		}
	}
	c.MOVQ(d, n)
	c.LEAQ(operand.Mem{Base: q, Disp: 64}, qj)
	c.LEAQ(operand.Mem{Base: p, Disp: 256}, pj)
	c.Label("coordinate")
	c.VBROADCASTSS(operand.Mem{Base: qj}, b)
	for i, a := range acc {
		c.VSUBPS(operand.Mem{Base: pj, Disp: 256 / parts * i}, b, t)
		c.VFMADD231PS(t, t, a)
	}
	c.ADDQ(operand.Imm(32), qj)
	c.ADDQ(operand.U32(256), pj)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("coordinate"))
	c.XORQ(mask, mask)
	for i := parts - 1; i >= 0; i-- {
		c.VMOVAPS(limit, t)
		c.VFMADD231PS(operand.Mem{Base: p, Disp: 256 / parts * i}, slope, t)
		c.SHLQ(operand.Imm(uint64(64/parts)), mask)
		if parts == 4 {
			k := c.K()
			c.VCMPPS(operand.Imm(lessOrEqual), t, acc[i], k)
			c.KMOVW(k, bits.As32())
		} else {
			c.VCMPPS(operand.Imm(lessOrEqual), t, acc[i], t)
			c.VMOVMSKPS(t, bits.As32())
		}
		c.ORQ(bits, mask)
	}
	c.MOVQ(mask, operand.Mem{Base: out})
	c.MOVQ(pj, p)
	c.ADDQ(operand.Imm(64), out)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("tile"))
	c.VZEROUPPER()
	c.RET()
}

func scanBounds512(c *build.Context) {
	function(c, "scanBoundsAVX512", scanBoundsSignature, scanBoundsDoc)
	q, d := c.Load(c.Param("batch"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	p, count := c.Load(c.Param("boxes"), c.GP64()), c.Load(c.Param("count"), c.GP64())
	out := c.Load(c.Param("near"), c.GP64())
	n, qj, pj := c.GP64(), c.GP64(), c.GP64()
	var acc [8]reg.VecVirtual
	for i := range acc {
		acc[i] = c.ZMM()
	}
	low, high, b, t, u, zero := c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
	all, one := c.K(), c.K()
	c.VPXORD(zero, zero, zero)
	c.Label("group")
	for _, a := range acc {
		c.VPXORD(a, a, a)
	}
	c.MOVQ(d, n)
	c.LEAQ(operand.Mem{Base: q, Disp: 64}, qj)
	c.LEAQ(operand.Mem{Base: p, Disp: 64}, pj)
	c.Label("coordinate")
	c.VMOVUPS(operand.Mem{Base: pj}, low)
	c.VMOVUPS(operand.Mem{Base: pj, Disp: 64}, high)
	for i, a := range acc {
		c.VBROADCASTSS(operand.Mem{Base: qj, Disp: 4 * i}, b)
		c.VSUBPS(b, low, t)
		c.VSUBPS(high, b, u)
		c.VMAXPS(t, u, t)
		c.VMAXPS(t, zero, t)
		c.VFMADD231PS(t, t, a)
	}
	c.ADDQ(operand.Imm(32), qj)
	c.ADDQ(operand.U32(128), pj)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("coordinate"))
	c.VMOVUPS(operand.Mem{Base: p}, low)
	c.KXORW(all, all, all)
	for i, a := range acc {
		c.VBROADCASTSS(operand.Mem{Base: q, Disp: 4 * i}, t)
		c.VBROADCASTSS(operand.Mem{Base: q, Disp: 32 + 4*i}, b)
		c.VFMADD231PS(b, low, t)
		c.VCMPPS(operand.Imm(lessOrEqual), t, a, one)
		c.KORW(one, all, all)
	}
	c.KMOVW(all, n.As32())
	c.MOVW(n.As16(), operand.Mem{Base: out})
	c.MOVQ(pj, p)
	c.ADDQ(operand.Imm(2), out)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("group"))
	c.VZEROUPPER()
	c.RET()
}

func scanBounds256(c *build.Context) {
	function(c, "scanBoundsAVX2", scanBoundsSignature, scanBoundsDoc)
	q, d := c.Load(c.Param("batch"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	p, count := c.Load(c.Param("boxes"), c.GP64()), c.Load(c.Param("count"), c.GP64())
	out := c.Load(c.Param("near"), c.GP64())
	n, qj, pj, bits := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	var acc [8]reg.VecVirtual
	for i := range acc {
		acc[i] = c.YMM()
	}
	low, high, b, t, u, zero := c.YMM(), c.YMM(), c.YMM(), c.YMM(), c.YMM(), c.YMM()
	any := c.YMM()
	c.VPXOR(zero, zero, zero)
	c.Label("group")
	for half := range 2 {
		name := fmt.Sprintf("coordinate%d", half)
		for _, a := range acc {
			c.VPXOR(a, a, a)
		}
		c.MOVQ(d, n)
		c.LEAQ(operand.Mem{Base: q, Disp: 64}, qj)
		c.LEAQ(operand.Mem{Base: p, Disp: 64 + 32*half}, pj)
		c.Label(name)
		c.VMOVUPS(operand.Mem{Base: pj}, low)
		c.VMOVUPS(operand.Mem{Base: pj, Disp: 64}, high)
		for i, a := range acc {
			c.VBROADCASTSS(operand.Mem{Base: qj, Disp: 4 * i}, b)
			c.VSUBPS(b, low, t)
			c.VSUBPS(high, b, u)
			c.VMAXPS(t, u, t)
			c.VMAXPS(t, zero, t)
			c.VFMADD231PS(t, t, a)
		}
		c.ADDQ(operand.Imm(32), qj)
		c.ADDQ(operand.U32(128), pj)
		c.DECQ(n)
		c.JNZ(operand.LabelRef(name))
		c.VMOVUPS(operand.Mem{Base: p, Disp: 32 * half}, low)
		c.VPXOR(any, any, any)
		for i, a := range acc {
			c.VBROADCASTSS(operand.Mem{Base: q, Disp: 4 * i}, t)
			c.VBROADCASTSS(operand.Mem{Base: q, Disp: 32 + 4*i}, b)
			c.VFMADD231PS(b, low, t)
			c.VCMPPS(operand.Imm(lessOrEqual), t, a, t)
			c.VORPS(t, any, any)
		}
		c.VMOVMSKPS(any, bits.As32())
		c.MOVB(bits.As8(), operand.Mem{Base: out, Disp: half})
	}
	c.MOVQ(pj, p)
	c.SUBQ(operand.Imm(32), p)
	c.ADDQ(operand.Imm(2), out)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("group"))
	c.VZEROUPPER()
	c.RET()
}
