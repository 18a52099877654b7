package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// How many rows of a run of lane blocks lie within a radius of one row.
func init() {
	add("countwithin", func(c *build.Context) {
		countWithin512(c)
		countWithin256(c)
	})
}

const lessOrEqual = 0x12 // of VCMPPD: ordered, quiet

func countWithin512(c *build.Context) {
	function(c, "countWithinAVX512", "func(q, y *float64, d, blocks int, mask uint64, sq float64, enough int) int",
		"counts rows of the blocks y … with a squared distance of at most sq from q; mask is 255 or there is one block.")
	q, y := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("y"), c.GP64())
	d, blocks := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	mask, enough := c.Load(c.Param("mask"), c.GP64()), c.Load(c.Param("enough"), c.GP64())
	sq := c.ZMM()
	at, err := c.Param("sq").Resolve()
	if err != nil {
		panic(err)
	}
	c.VBROADCASTSD(at.Addr, sq)
	count, size, back := c.GP64(), c.GP64(), c.GP64()
	c.XORQ(count, count)
	c.MOVQ(d, size)
	c.SHLQ(operand.Imm(6), size) // bytes of a block
	c.MOVQ(d, back)
	c.SHLQ(operand.Imm(3), back)
	three := c.GP64()
	c.LEAQ(operand.Mem{Base: size, Index: size, Scale: 2}, three)

	c.CMPQ(blocks, operand.Imm(4))
	c.JLT(operand.LabelRef("single"))
	c.Label("four")
	acc := make([]reg.VecVirtual, 4)
	for b := range acc {
		acc[b] = c.ZMM()
		c.VPXORQ(acc[b], acc[b], acc[b])
	}
	n := c.GP64()
	c.MOVQ(d, n)
	c.Label("coordinates")
	from := []operand.Mem{{Base: y}, {Base: y, Index: size, Scale: 1}, {Base: y, Index: size, Scale: 2}, {Base: y, Index: three, Scale: 1}}
	v := c.ZMM()
	c.VBROADCASTSD(operand.Mem{Base: q}, v)
	for b, a := range acc {
		t := c.ZMM()
		c.VSUBPD(from[b], v, t)
		c.VFMADD231PD(t, t, a)
	}
	c.ADDQ(operand.Imm(8), q)
	c.ADDQ(operand.Imm(64), y)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("coordinates"))
	k := make([]reg.OpmaskVirtual, 4)
	for b, a := range acc {
		k[b] = c.K()
		c.VCMPPD(operand.Imm(lessOrEqual), sq, a, k[b])
	}
	c.KUNPCKBW(k[0], k[1], k[0])
	c.KUNPCKBW(k[2], k[3], k[2])
	c.KUNPCKWD(k[0], k[2], k[0])
	bits := c.GP64()
	c.KMOVD(k[0], bits.As32())
	c.POPCNTL(bits.As32(), bits.As32())
	c.ADDQ(bits, count)
	c.SUBQ(back, q)
	c.ADDQ(three, y)
	c.SUBQ(operand.Imm(4), blocks)
	c.CMPQ(count, enough)
	c.JGE(operand.LabelRef("done"))
	c.CMPQ(blocks, operand.Imm(4))
	c.JGE(operand.LabelRef("four"))

	c.Label("single")
	c.TESTQ(blocks, blocks)
	c.JZ(operand.LabelRef("done"))
	one := c.ZMM()
	c.VPXORQ(one, one, one)
	m := c.GP64()
	c.MOVQ(d, m)
	c.Label("coordinate")
	u, t := c.ZMM(), c.ZMM()
	c.VBROADCASTSD(operand.Mem{Base: q}, u)
	c.VSUBPD(operand.Mem{Base: y}, u, t)
	c.VFMADD231PD(t, t, one)
	c.ADDQ(operand.Imm(8), q)
	c.ADDQ(operand.Imm(64), y)
	c.DECQ(m)
	c.JNZ(operand.LabelRef("coordinate"))
	c.SUBQ(back, q)
	hit := c.K()
	c.VCMPPD(operand.Imm(lessOrEqual), sq, one, hit)
	some := c.GP64()
	c.KMOVB(hit, some.As32())
	c.ANDQ(mask, some)
	c.POPCNTL(some.As32(), some.As32())
	c.ADDQ(some, count)
	c.DECQ(blocks)
	c.CMPQ(count, enough)
	c.JLT(operand.LabelRef("single"))
	c.Label("done")
	c.Store(count, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

func countWithin256(c *build.Context) {
	function(c, "countWithinAVX2", "func(q, y *float64, d, blocks int, mask uint64, sq float64, enough int) int",
		"counts rows of the blocks y … with a squared distance of at most sq from q; mask is 255 or there is one block.")
	q, y := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("y"), c.GP64())
	d, blocks := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	mask, enough := c.Load(c.Param("mask"), c.GP64()), c.Load(c.Param("enough"), c.GP64())
	sq := c.YMM()
	at, err := c.Param("sq").Resolve()
	if err != nil {
		panic(err)
	}
	c.VBROADCASTSD(at.Addr, sq)
	count, back := c.GP64(), c.GP64()
	c.XORQ(count, count)
	c.MOVQ(d, back)
	c.SHLQ(operand.Imm(3), back)
	c.Label("block")
	lo, hi := c.YMM(), c.YMM()
	c.VPXOR(lo, lo, lo)
	c.VPXOR(hi, hi, hi)
	n := c.GP64()
	c.MOVQ(d, n)
	c.Label("coordinate")
	v, t, u := c.YMM(), c.YMM(), c.YMM()
	c.VBROADCASTSD(operand.Mem{Base: q}, v)
	c.VSUBPD(operand.Mem{Base: y}, v, t)
	c.VSUBPD(operand.Mem{Base: y, Disp: 32}, v, u)
	c.VFMADD231PD(t, t, lo)
	c.VFMADD231PD(u, u, hi)
	c.ADDQ(operand.Imm(8), q)
	c.ADDQ(operand.Imm(64), y)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("coordinate"))
	c.SUBQ(back, q)
	c.VCMPPD(operand.Imm(lessOrEqual), sq, lo, lo)
	c.VCMPPD(operand.Imm(lessOrEqual), sq, hi, hi)
	a, b := c.GP64(), c.GP64()
	c.VMOVMSKPD(lo, a.As32())
	c.VMOVMSKPD(hi, b.As32())
	c.SHLQ(operand.Imm(4), b)
	c.ORQ(b, a)
	c.ANDQ(mask, a)
	c.POPCNTL(a.As32(), a.As32())
	c.ADDQ(a, count)
	c.CMPQ(count, enough)
	c.JGE(operand.LabelRef("done"))
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.Label("done")
	c.Store(count, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}
