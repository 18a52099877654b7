package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// One pass of k-means++: the distances of 16 rows to some points, the first of which
// lowers the rows' nearest, the others are candidates. Squares and sums are rounded
// apart so that plain Go has the same bits.
func init() {
	add("seed", func(c *build.Context) {
		for m := 1; m <= 12; m++ {
			seedAVX512(c, m)
		}
		for m := 1; m <= 8; m++ {
			seedAVX2(c, m)
		}
	})
}

const seedSignature = "func(x *float32, blocks, d int, nearest, w, p *float32, sums *float64)"

func seedDoc(m int) string {
	return fmt.Sprintf("passes over blocks of 16 rows with %d points; w may be nil.", m)
}

func seedAVX512(c *build.Context, m int) {
	function(c, fmt.Sprintf("seed%dAVX512", m), seedSignature, seedDoc(m))
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	blocks := c.Load(c.Param("blocks"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	nearest := c.Load(c.Param("nearest"), c.GP64()).(reg.GPVirtual)
	w := c.Load(c.Param("w"), c.GP64()).(reg.GPVirtual)
	points := c.Load(c.Param("p"), c.GP64())
	p, j := c.GP64(), c.GP64()
	zero := c.ZMM()
	c.VPXORD(zero, zero, zero)
	acc, sums := make([]reg.VecVirtual, m), make([]reg.VecVirtual, m)
	for t := range acc {
		acc[t] = c.ZMM()
		if t > 0 {
			sums[t] = c.ZMM()
			c.VMOVAPS(zero, sums[t])
		}
	}
	mass := [2]reg.VecVirtual{c.ZMM(), c.ZMM()}
	c.VMOVAPS(zero, mass[0])
	c.VMOVAPS(zero, mass[1])
	row, e, near, one := c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
	c.MOVL(operand.U32(0x3f800000), j.As32())
	c.VPBROADCASTD(j.As32(), one)

	c.Label("block")
	c.MOVQ(points, p)
	c.MOVQ(d, j)
	for t := range acc {
		c.VMOVAPS(zero, acc[t])
	}
	c.Label("column")
	c.VMOVUPS(operand.Mem{Base: x}, row)
	for t := range acc {
		at := operand.Mem{Base: p, Disp: 4 * t}
		if t%2 == 0 {
			c.VSUBPS_BCST(at, row, e)
		} else { // the same as 1·row − at, where other units than those that add are free
			c.VMOVAPS(row, e)
			c.VFMSUB213PS_BCST(at, one, e)
		}
		c.VMULPS(e, e, e)
		c.VADDPS(e, acc[t], acc[t])
	}
	c.ADDQ(operand.Imm(64), x)
	c.ADDQ(operand.Imm(uint64(4*m)), p)
	c.DECQ(j)
	c.JNZ(operand.LabelRef("column"))

	c.VMOVUPS(operand.Mem{Base: nearest}, near)
	c.VMINPS(near, acc[0], near)
	c.VMOVUPS(near, operand.Mem{Base: nearest})
	for t := 1; t < m; t++ {
		c.VSUBPS(acc[t], near, acc[t])
		c.VMAXPS(zero, acc[t], acc[t])
	}
	c.TESTQ(w, w)
	c.JZ(operand.LabelRef("add"))
	c.VMOVUPS(operand.Mem{Base: w}, row)
	c.VMULPS(row, near, near)
	for t := 1; t < m; t++ {
		c.VMULPS(row, acc[t], acc[t])
	}
	c.ADDQ(operand.Imm(64), w)
	c.Label("add")
	for t := 1; t < m; t++ {
		c.VADDPS(acc[t], sums[t], sums[t])
	}
	c.VCVTPS2PD(near.(reg.Vec).AsY(), e)
	c.VADDPD(e, mass[0], mass[0])
	c.VEXTRACTF64X4(operand.Imm(1), near, row.(reg.Vec).AsY())
	c.VCVTPS2PD(row.(reg.Vec).AsY(), e)
	c.VADDPD(e, mass[1], mass[1])
	c.ADDQ(operand.Imm(64), nearest)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))

	c.VADDPD(mass[1], mass[0], mass[0])
	c.MOVQ(parameter(c, "sums"), p)
	c.VMOVUPD(mass[0], operand.Mem{Base: p})
	for t := 1; t < m; t++ {
		c.VCVTPS2PD(sums[t].(reg.Vec).AsY(), e)
		c.VEXTRACTF64X4(operand.Imm(1), sums[t], row.(reg.Vec).AsY())
		c.VCVTPS2PD(row.(reg.Vec).AsY(), near)
		c.VADDPD(near, e, e)
		c.VADDPD(operand.Mem{Base: p, Disp: 64 * t}, e, e)
		c.VMOVUPD(e, operand.Mem{Base: p, Disp: 64 * t})
	}
	c.VZEROUPPER()
	c.RET()
}

// seedAVX2 takes the two halves of a block one after the other; its sums stay in
// memory.
func seedAVX2(c *build.Context, m int) {
	function(c, fmt.Sprintf("seed%dAVX2", m), seedSignature, seedDoc(m))
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	blocks := c.Load(c.Param("blocks"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	nearest := c.Load(c.Param("nearest"), c.GP64()).(reg.GPVirtual)
	w := c.Load(c.Param("w"), c.GP64()).(reg.GPVirtual)
	points := c.Load(c.Param("p"), c.GP64())
	p, j, from := c.GP64(), c.GP64(), c.GP64()
	sums := c.AllocLocal(64*max(m-1, 1) + 128)
	at := func(disp int) operand.Mem { return sums.Offset(disp) }
	mass := 64 * max(m-1, 1)
	zero := c.YMM()
	c.VPXOR(zero, zero, zero)
	for i := 0; i < mass+128; i += 32 {
		c.VMOVUPS(zero, at(i))
	}
	acc := make([]reg.VecVirtual, m)
	for t := range acc {
		acc[t] = c.YMM()
	}
	row, e, near := c.YMM(), c.YMM(), c.YMM()

	c.Label("block")
	for h := range 2 {
		label := func(name string) string { return fmt.Sprintf("%s%d", name, h) }
		c.MOVQ(points, p)
		c.MOVQ(d, j)
		c.MOVQ(x, from)
		for t := range acc {
			c.VMOVAPS(zero, acc[t])
		}
		c.Label(label("column"))
		c.VMOVUPS(operand.Mem{Base: from, Disp: 32 * h}, row)
		for t := range acc {
			c.VBROADCASTSS(operand.Mem{Base: p, Disp: 4 * t}, e)
			c.VSUBPS(e, row, e)
			c.VMULPS(e, e, e)
			c.VADDPS(e, acc[t], acc[t])
		}
		c.ADDQ(operand.Imm(64), from)
		c.ADDQ(operand.Imm(uint64(4*m)), p)
		c.DECQ(j)
		c.JNZ(operand.LabelRef(label("column")))

		c.VMOVUPS(operand.Mem{Base: nearest, Disp: 32 * h}, near)
		c.VMINPS(near, acc[0], near)
		c.VMOVUPS(near, operand.Mem{Base: nearest, Disp: 32 * h})
		for t := 1; t < m; t++ {
			c.VSUBPS(acc[t], near, acc[t])
			c.VMAXPS(zero, acc[t], acc[t])
		}
		c.TESTQ(w, w)
		c.JZ(operand.LabelRef(label("add")))
		c.VMOVUPS(operand.Mem{Base: w, Disp: 32 * h}, row)
		c.VMULPS(row, near, near)
		for t := 1; t < m; t++ {
			c.VMULPS(row, acc[t], acc[t])
		}
		c.Label(label("add"))
		for t := 1; t < m; t++ {
			to := at(64*(t-1) + 32*h)
			c.VADDPS(to, acc[t], acc[t])
			c.VMOVUPS(acc[t], to)
		}
		c.VCVTPS2PD(near.(reg.Vec).AsX(), e)
		c.VADDPD(at(mass+64*h), e, e)
		c.VMOVUPD(e, at(mass+64*h))
		c.VEXTRACTF128(operand.Imm(1), near, row.(reg.Vec).AsX())
		c.VCVTPS2PD(row.(reg.Vec).AsX(), e)
		c.VADDPD(at(mass+64*h+32), e, e)
		c.VMOVUPD(e, at(mass+64*h+32))
	}
	c.MOVQ(from, x)
	c.ADDQ(operand.Imm(64), nearest)
	c.TESTQ(w, w)
	c.JZ(operand.LabelRef("next"))
	c.ADDQ(operand.Imm(64), w)
	c.Label("next")
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))

	c.MOVQ(parameter(c, "sums"), p)
	for i := range 2 {
		c.VMOVUPD(at(mass+32*i), e)
		c.VADDPD(at(mass+64+32*i), e, e)
		c.VMOVUPD(e, operand.Mem{Base: p, Disp: 32 * i})
	}
	for t := 1; t < m; t++ {
		for i := range 2 {
			to := operand.Mem{Base: p, Disp: 64*t + 32*i}
			c.VCVTPS2PD(at(64*(t-1)+16*i), e)
			c.VCVTPS2PD(at(64*(t-1)+32+16*i), near)
			c.VADDPD(near, e, e)
			c.VADDPD(to, e, e)
			c.VMOVUPD(e, to)
		}
	}
	c.VZEROUPPER()
	c.RET()
}
