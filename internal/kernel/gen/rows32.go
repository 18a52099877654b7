package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Sixteen rows of float64 become a block of float32, column by column: a transposition
// in registers, four columns at a time.
func init() {
	add("rows32", func(c *build.Context) {
		const name = "gather32AVX512"
		function(c, name, "func(to *float32, sq *[16]float32, x *float64, rows *[16]int32, origin *float64, d int, scale float64)",
			"writes 16 rows of x, less origin and times scale, to a block, and their squared norms to sq.")
		to := c.Load(c.Param("to"), c.GP64()).(reg.GPVirtual)
		x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
		rows := c.Load(c.Param("rows"), c.GP64()).(reg.GPVirtual)
		origin := c.Load(c.Param("origin"), c.GP64()).(reg.GPVirtual)
		left := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
		stride, p, bits := c.GP64(), c.GP64(), c.GP64()
		c.MOVQ(left, stride)
		c.SHLQ(operand.Imm(3), stride)
		scale, center, sq := c.YMM(), c.YMM(), c.ZMM()
		c.VBROADCASTSD(parameter(c, "scale"), scale)
		c.VPXORD(sq, sq, sq)
		some := c.K()
		c.MOVQ(operand.I32(15), bits)
		c.KMOVW(bits.As32(), some)

		c.Label("columns")
		c.CMPQ(left, operand.Imm(4))
		c.JGE(operand.LabelRef("four"))
		c.MOVQ(operand.I32(15), bits)
		shift := reg.RCX
		c.MOVQ(operand.I32(4), shift)
		c.SUBQ(left, shift)
		c.SHRQ(reg.CL, bits)
		c.KMOVW(bits.As32(), some)
		c.Label("four")
		c.VMOVUPD_Z(operand.Mem{Base: origin}, some, center)
		var z [4]reg.VecVirtual // z[r]: rows r, r+4, r+8, r+12 in the four quarters
		for r := range z {
			z[r] = c.ZMM()
			for q := range 4 {
				c.MOVLQSX(operand.Mem{Base: rows, Disp: 4 * (4*q + r)}, p)
				c.IMULQ(stride, p)
				v := c.YMM()
				c.VMOVUPD_Z(operand.Mem{Base: x, Index: p, Scale: 1}, some, v)
				c.VSUBPD(center, v, v)
				c.VMULPD(scale, v, v)
				if q == 0 {
					c.VCVTPD2PSY(v, z[r].(reg.Vec).AsX())
					continue
				}
				f := c.XMM()
				c.VCVTPD2PSY(v, f)
				c.VINSERTF32X4(operand.Imm(uint64(q)), f, z[r], z[r])
			}
		}
		a, b, e, f := c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
		c.VUNPCKLPS(z[1], z[0], a)
		c.VUNPCKHPS(z[1], z[0], b)
		c.VUNPCKLPS(z[3], z[2], e)
		c.VUNPCKHPS(z[3], z[2], f)
		c.VUNPCKLPD(e, a, z[0])
		c.VUNPCKHPD(e, a, z[1])
		c.VUNPCKLPD(f, b, z[2])
		c.VUNPCKHPD(f, b, z[3])
		for i := range z { // columns past the last are zero: they add nothing
			c.VFMADD231PS(z[i], z[i], sq)
		}
		c.VMOVUPS(z[0], operand.Mem{Base: to})
		for i := 1; i < 4; i++ {
			c.CMPQ(left, operand.Imm(uint64(i)))
			c.JE(operand.LabelRef("done"))
			c.VMOVUPS(z[i], operand.Mem{Base: to, Disp: 64 * i})
		}
		c.ADDQ(operand.U32(256), to)
		c.ADDQ(operand.Imm(32), x)
		c.ADDQ(operand.Imm(32), origin)
		c.SUBQ(operand.Imm(4), left)
		c.JG(operand.LabelRef("columns"))
		c.Label("done")
		out := c.Load(c.Param("sq"), c.GP64()).(reg.GPVirtual)
		c.VMOVUPS(sq, operand.Mem{Base: out})
		c.VZEROUPPER()
		c.RET()
	})
}
