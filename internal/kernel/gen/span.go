package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Queries, a lane each of something laid out like a leaf, against a box and against the
// points of a leaf: which come near enough and belong to somebody else.
func init() {
	add("span", func(c *build.Context) {
		spanBox512(c)
		spanBox256(c)
		spanScan512(c)
		spanScan256(c)
	})
}

const (
	spanBoxSignature = "func(q *float64, d, blocks int, box, far *float64, own *int32, other int32) uint64"
	spanBoxDoc       = "sets the bits of the queries, eight a block, whose squared distance from the box is at most far and whose own is not other."

	spanScanSignature = "func(q *float64, d int, mask uint64, far, deep *float64, own *int32, leaf, core *float64, comp *int32, sq *float64, hits *uint64) uint64"
	spanScanDoc       = "compares each query of mask with the points of the leaf; it sets the bits of those that hit some."

	notEqual = 4 // of VPCMPD

	spanColumn = 8 * 32 // bytes of a column of a leaf
	spanShift  = 8      // its logarithm
)

// variants writes one piece of code for each number of blocks from 1 to 4.
func variants(c *build.Context, blocks reg.Register, write func(n int)) {
	for n := 4; n >= 1; n-- {
		if n > 1 {
			c.CMPQ(blocks, operand.Imm(uint64(n)))
			c.JLT(operand.LabelRef(fmt.Sprintf("fewer%d", n)))
		}
		write(n)
		if n > 1 {
			c.Label(fmt.Sprintf("fewer%d", n))
		}
	}
}

func broadcast512(c *build.Context, m operand.Mem) reg.VecVirtual {
	v := c.ZMM()
	c.VBROADCASTSD(m, v)
	return v
}

// broadcastInt spreads an int32 argument over eight lanes.
func broadcastInt(c *build.Context, name string) reg.VecVirtual {
	r, v := c.Load(c.Param(name), c.GP32()), c.YMM()
	c.VMOVD(r, v.AsX())
	c.VPBROADCASTD(v.AsX(), v)
	return v
}

func spanBox512(c *build.Context) {
	function(c, "spanBoxAVX512", spanBoxSignature, spanBoxDoc)
	q := c.Load(c.Param("q"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	blocks := c.Load(c.Param("blocks"), c.GP64())
	lo := c.Load(c.Param("box"), c.GP64())
	far := c.Load(c.Param("far"), c.GP64())
	own := c.Load(c.Param("own"), c.GP64())
	hi := c.GP64()
	c.LEAQ(operand.Mem{Base: lo, Index: d, Scale: 8}, hi)
	other, zero := broadcastInt(c, "other"), c.ZMM()
	c.VPXORQ(zero, zero, zero)
	variants(c, blocks, func(n int) {
		acc := make([]reg.VecVirtual, n)
		for b := range acc {
			acc[b] = c.ZMM()
			c.VPXORQ(acc[b], acc[b], acc[b])
		}
		label := fmt.Sprintf("coordinate%d", n)
		c.Label(label)
		low, high := broadcast512(c, operand.Mem{Base: lo}), broadcast512(c, operand.Mem{Base: hi})
		for b := range acc {
			x, e := c.ZMM(), c.ZMM()
			c.VMOVUPD(operand.Mem{Base: q, Disp: 64 * b}, x)
			c.VSUBPD(x, low, e)
			c.VSUBPD(high, x, x)
			c.VMAXPD(x, e, e)
			c.VMAXPD(zero, e, e)
			c.VFMADD231PD(e, e, acc[b])
		}
		c.ADDQ(operand.Imm(8), lo)
		c.ADDQ(operand.Imm(8), hi)
		c.ADDQ(operand.U32(spanColumn), q)
		c.DECQ(d)
		c.JNZ(operand.LabelRef(label))
		ks := make([]reg.OpmaskVirtual, n)
		for b := range acc {
			f, o := c.ZMM(), c.YMM()
			c.VMOVUPD(operand.Mem{Base: far, Disp: 64 * b}, f)
			c.VMOVDQU(operand.Mem{Base: own, Disp: 32 * b}, o)
			near := c.K()
			c.VCMPPD(operand.Imm(lessOrEqual), f, acc[b], near)
			ks[b] = c.K()
			c.VPCMPD(operand.Imm(notEqual), other, o, near, ks[b])
		}
		c.Store(join(c, ks), c.ReturnIndex(0))
		c.VZEROUPPER()
		c.RET()
	})
}

// join puts masks of eight bits behind each other.
func join(c *build.Context, ks []reg.OpmaskVirtual) reg.GPVirtual {
	bits := c.GP64()
	c.KMOVB(ks[0], bits.As32())
	for b, k := range ks[1:] {
		t := c.GP64()
		c.KMOVB(k, t.As32())
		c.SHLQ(operand.Imm(uint64(8*(b+1))), t)
		c.ORQ(t, bits)
	}
	return bits
}

func spanScan512(c *build.Context) {
	function(c, "spanScanAVX512", spanScanSignature, spanScanDoc)
	size := c.Load(c.Param("d"), c.GP64())
	mask := c.Load(c.Param("mask"), c.GP64())
	q := c.Load(c.Param("q"), c.GP64())
	leaf := c.Load(c.Param("leaf"), c.GP64())
	c.SHLQ(operand.Imm(spanShift), size)
	result := c.GP64()
	c.XORQ(result, result)
	const n = 4
	cores, comps := c.Load(c.Param("core"), c.GP64()), c.Load(c.Param("comp"), c.GP64())
	core, comp, acc := make([]reg.VecVirtual, n), make([]reg.VecVirtual, n), make([]reg.VecVirtual, n)
	for b := range acc {
		core[b], comp[b], acc[b] = c.ZMM(), c.YMM(), c.ZMM()
		c.VMOVUPD(operand.Mem{Base: cores, Disp: 64 * b}, core[b])
		c.VMOVDQU(operand.Mem{Base: comps, Disp: 32 * b}, comp[b])
	}
	c.Label("query")
	i, p, t, off := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.BSFQ(mask, i)
	c.LEAQ(operand.Mem{Base: q, Index: i, Scale: 8}, p)
	for _, a := range acc {
		c.VPXORQ(a, a, a)
	}
	c.XORQ(off, off)
	c.Label("coordinate")
	v := broadcast512(c, operand.Mem{Base: p, Index: off, Scale: 1})
	for b, a := range acc {
		e := c.ZMM()
		c.VSUBPD(operand.Mem{Base: leaf, Index: off, Scale: 1, Disp: 64 * b}, v, e)
		c.VFMADD231PD(e, e, a)
	}
	c.ADDQ(operand.U32(spanColumn), off)
	c.CMPQ(off, size)
	c.JNE(operand.LabelRef("coordinate"))
	c.MOVQ(parameter(c, "far"), t)
	far := broadcast512(c, operand.Mem{Base: t, Index: i, Scale: 8})
	c.MOVQ(parameter(c, "deep"), t)
	deep := broadcast512(c, operand.Mem{Base: t, Index: i, Scale: 8})
	own := c.YMM()
	c.MOVQ(parameter(c, "own"), t)
	c.VPBROADCASTD(operand.Mem{Base: t, Index: i, Scale: 4}, own)
	ks := make([]reg.OpmaskVirtual, n)
	for b, a := range acc {
		k, l := c.K(), c.K()
		c.VCMPPD(operand.Imm(lessOrEqual), far, a, k)
		c.VCMPPD(operand.Imm(lessOrEqual), deep, core[b], k, l)
		ks[b] = c.K()
		c.VPCMPD(operand.Imm(notEqual), own, comp[b], l, ks[b])
	}
	bits := join(c, ks)
	c.TESTQ(bits, bits)
	c.JZ(operand.LabelRef("next"))
	c.MOVQ(parameter(c, "hits"), t)
	c.MOVQ(bits, operand.Mem{Base: t, Index: i, Scale: 8})
	c.BTSQ(i, result)
	c.SHLQ(operand.Imm(spanShift), i)
	c.ADDQ(parameter(c, "sq"), i)
	for b, a := range acc {
		c.VMOVUPD(a, operand.Mem{Base: i, Disp: 64 * b})
	}
	c.Label("next")
	c.LEAQ(operand.Mem{Base: mask, Disp: -1}, t)
	c.ANDQ(t, mask)
	c.JNZ(operand.LabelRef("query"))
	c.Store(result, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

func broadcast256(c *build.Context, m operand.Mem) reg.VecVirtual {
	v := c.YMM()
	c.VBROADCASTSD(m, v)
	return v
}

// bits256 gives the eight sign bits of two halves where the eight numbers at comp are
// not own.
func bits256(c *build.Context, lo, hi, own reg.Register, comp operand.Mem) reg.GPVirtual {
	a, b, same, o := c.GP64(), c.GP64(), c.GP64(), c.YMM()
	c.VMOVMSKPD(lo, a.As32())
	c.VMOVMSKPD(hi, b.As32())
	c.SHLQ(operand.Imm(4), b)
	c.ORQ(b, a)
	c.VMOVDQU(comp, o)
	c.VPCMPEQD(own, o, o)
	c.VMOVMSKPS(o, same.As32())
	c.NOTQ(same)
	c.ANDQ(same, a)
	return a
}

func spanBox256(c *build.Context) {
	function(c, "spanBoxAVX2", spanBoxSignature, spanBoxDoc)
	q := c.Load(c.Param("q"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	far := c.Load(c.Param("far"), c.GP64())
	own := c.Load(c.Param("own"), c.GP64())
	other, zero := broadcastInt(c, "other"), c.YMM()
	c.VPXOR(zero, zero, zero)
	result, shift := c.GP64(), reg.RCX
	c.XORQ(result, result)
	c.XORQ(shift, shift)
	c.Label("block")
	lo, hi, x, n := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(parameter(c, "box"), lo)
	c.LEAQ(operand.Mem{Base: lo, Index: d, Scale: 8}, hi)
	c.MOVQ(q, x)
	c.MOVQ(d, n)
	acc := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	for _, a := range acc {
		c.VPXOR(a, a, a)
	}
	c.Label("coordinate")
	low, high := broadcast256(c, operand.Mem{Base: lo}), broadcast256(c, operand.Mem{Base: hi})
	for h, a := range acc {
		v, e := c.YMM(), c.YMM()
		c.VMOVUPD(operand.Mem{Base: x, Disp: 32 * h}, v)
		c.VSUBPD(v, low, e)
		c.VSUBPD(high, v, v)
		c.VMAXPD(v, e, e)
		c.VMAXPD(zero, e, e)
		c.VFMADD231PD(e, e, a)
	}
	c.ADDQ(operand.Imm(8), lo)
	c.ADDQ(operand.Imm(8), hi)
	c.ADDQ(operand.U32(spanColumn), x)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("coordinate"))
	for h, a := range acc {
		limit := c.YMM()
		c.VMOVUPD(operand.Mem{Base: far, Disp: 32 * h}, limit)
		c.VCMPPD(operand.Imm(lessOrEqual), limit, a, a)
	}
	bits := bits256(c, acc[0], acc[1], other, operand.Mem{Base: own})
	c.SHLQ(reg.CL, bits)
	c.ORQ(bits, result)
	c.ADDQ(operand.Imm(64), q)
	c.ADDQ(operand.Imm(64), far)
	c.ADDQ(operand.Imm(32), own)
	c.ADDQ(operand.Imm(8), shift)
	c.DECQ(parameter(c, "blocks"))
	c.JNZ(operand.LabelRef("block"))
	c.Store(result, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

func spanScan256(c *build.Context) {
	function(c, "spanScanAVX2", spanScanSignature, spanScanDoc)
	size := c.Load(c.Param("d"), c.GP64())
	mask := c.Load(c.Param("mask"), c.GP64())
	c.SHLQ(operand.Imm(spanShift), size)
	result := c.GP64()
	c.XORQ(result, result)
	c.Label("query")
	i, q, t := c.GP64(), c.GP64(), c.GP64()
	c.BSFQ(mask, i)
	c.MOVQ(parameter(c, "q"), q)
	c.LEAQ(operand.Mem{Base: q, Index: i, Scale: 8}, q)
	c.MOVQ(parameter(c, "far"), t)
	far := broadcast256(c, operand.Mem{Base: t, Index: i, Scale: 8})
	c.MOVQ(parameter(c, "deep"), t)
	deep := broadcast256(c, operand.Mem{Base: t, Index: i, Scale: 8})
	own := c.YMM()
	c.MOVQ(parameter(c, "own"), t)
	c.VPBROADCASTD(operand.Mem{Base: t, Index: i, Scale: 4}, own)
	leaf, sq, all := c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(parameter(c, "leaf"), leaf)
	c.MOVQ(i, sq)
	c.SHLQ(operand.Imm(spanShift), sq)
	c.ADDQ(parameter(c, "sq"), sq)
	c.XORQ(all, all)
	shift := reg.RCX
	c.XORQ(shift, shift)
	c.Label("block")
	acc := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	for _, a := range acc {
		c.VPXOR(a, a, a)
	}
	off := c.GP64()
	c.XORQ(off, off)
	c.Label("coordinate")
	v := broadcast256(c, operand.Mem{Base: q, Index: off, Scale: 1})
	for h, a := range acc {
		e := c.YMM()
		c.VSUBPD(operand.Mem{Base: leaf, Index: off, Scale: 1, Disp: 32 * h}, v, e)
		c.VFMADD231PD(e, e, a)
	}
	c.ADDQ(operand.U32(spanColumn), off)
	c.CMPQ(off, size)
	c.JNE(operand.LabelRef("coordinate"))
	c.ADDQ(operand.Imm(64), leaf)
	core, comp := c.GP64(), c.GP64()
	c.MOVQ(parameter(c, "core"), core)
	c.LEAQ(operand.Mem{Base: core, Index: shift, Scale: 8}, core)
	c.MOVQ(parameter(c, "comp"), comp)
	for h, a := range acc {
		c.VMOVUPD(a, operand.Mem{Base: sq, Disp: 32 * h})
		e := c.YMM()
		c.VMOVUPD(operand.Mem{Base: core, Disp: 32 * h}, e)
		c.VCMPPD(operand.Imm(lessOrEqual), deep, e, e)
		c.VCMPPD(operand.Imm(lessOrEqual), far, a, a)
		c.VANDPD(e, a, a)
	}
	c.ADDQ(operand.Imm(64), sq)
	bits := bits256(c, acc[0], acc[1], own, operand.Mem{Base: comp, Index: shift, Scale: 4})
	c.SHLQ(reg.CL, bits)
	c.ORQ(bits, all)
	c.ADDQ(operand.Imm(8), shift)
	c.CMPQ(shift, operand.Imm(32))
	c.JNE(operand.LabelRef("block"))
	c.TESTQ(all, all)
	c.JZ(operand.LabelRef("next"))
	c.MOVQ(parameter(c, "hits"), t)
	c.MOVQ(all, operand.Mem{Base: t, Index: i, Scale: 8})
	c.BTSQ(i, result)
	c.Label("next")
	c.LEAQ(operand.Mem{Base: mask, Disp: -1}, t)
	c.ANDQ(t, mask)
	c.JNZ(operand.LabelRef("query"))
	c.Store(result, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}
