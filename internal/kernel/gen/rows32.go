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
		gather32AVX512(c)
		gather32AVX2(c)
	})
}

const (
	gather32Signature = "func(to, sq, top *float32, x *float64, rows *int32, blocks int, origin *float64, d int, scale float64)"
	gather32Doc       = "writes blocks × 16 rows of x, less origin and times scale, to blocks, their squared norms to sq and the largest of each block to top."
)

func gather32AVX512(c *build.Context) {
	function(c, "gather32AVX512", gather32Signature, gather32Doc)
	to := c.Load(c.Param("to"), c.GP64()).(reg.GPVirtual)
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	rows := c.Load(c.Param("rows"), c.GP64()).(reg.GPVirtual)
	origin, left := c.GP64(), c.GP64()
	stride, p, bits := c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(parameter(c, "d"), stride)
	c.SHLQ(operand.Imm(3), stride)
	scale, center, sq := c.YMM(), c.YMM(), c.ZMM()
	c.VBROADCASTSD(parameter(c, "scale"), scale)
	some := c.K()

	c.Label("block")
	c.MOVQ(parameter(c, "origin"), origin)
	c.MOVQ(parameter(c, "d"), left)
	c.VPXORD(sq, sq, sq)
	c.CMPQ(parameter(c, "blocks"), operand.Imm(1))
	c.JE(operand.LabelRef("last"))
	for l := range 16 { // the rows of the next block come from anywhere
		c.MOVLQSX(operand.Mem{Base: rows, Disp: 64 + 4*l}, p)
		c.IMULQ(stride, p)
		c.PREFETCHT0(operand.Mem{Base: x, Index: p, Scale: 1})
		c.PREFETCHT0(operand.Mem{Base: x, Index: p, Scale: 1, Disp: 64})
	}
	c.Label("last")
	c.MOVQ(operand.I32(15), bits)
	c.KMOVW(bits.As32(), some)
	c.Label("columns")
	c.CMPQ(left, operand.Imm(4))
	c.JGE(operand.LabelRef("four"))
	c.MOVQ(operand.I32(15), bits)
	c.MOVQ(operand.I32(4), reg.RCX)
	c.SUBQ(left, reg.RCX)
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
	c.ADDQ(operand.Imm(32), x)
	c.ADDQ(operand.Imm(32), origin)
	c.ADDQ(operand.U32(256), to)
	c.SUBQ(operand.Imm(4), left)
	c.JG(operand.LabelRef("columns"))
	c.XORQ(left, left) // all four columns of the last step were there: to stands behind them
	c.JMP(operand.LabelRef("next"))
	c.Label("done")
	c.SHLQ(operand.Imm(6), left)
	c.ADDQ(left, to)
	c.Label("next")
	out := c.GP64()
	c.MOVQ(parameter(c, "sq"), out)
	c.VMOVUPS(sq, operand.Mem{Base: out})
	half := c.YMM()
	c.VEXTRACTF64X4(operand.Imm(1), sq, half)
	top := sq.(reg.Vec).AsY()
	c.VMAXPS(half, top, top)
	largest(c, top, half, c.GP64())
	c.ADDQ(operand.Imm(64), rows)
	c.MOVQ(parameter(c, "x"), x)
	c.DECQ(parameter(c, "blocks"))
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

// largest stores the largest of v's eight lanes at top and moves sq and top on.
func largest(c *build.Context, v reg.Register, t reg.VecVirtual, out reg.GPVirtual) {
	lo, tmp := v.(reg.Vec).AsX(), t.(reg.Vec).AsX()
	c.VEXTRACTF128(operand.Imm(1), v.(reg.Vec).AsY(), tmp)
	c.VMAXPS(tmp, lo, lo)
	c.VPERMILPS(operand.Imm(0x4e), lo, tmp)
	c.VMAXPS(tmp, lo, lo)
	c.VPERMILPS(operand.Imm(0xb1), lo, tmp)
	c.VMAXPS(tmp, lo, lo)
	c.MOVQ(parameter(c, "top"), out)
	c.VMOVSS(lo, operand.Mem{Base: out})
	c.ADDQ(operand.Imm(4), parameter(c, "top"))
	c.ADDQ(operand.Imm(64), parameter(c, "sq"))
}

// gather32AVX2 takes four rows and four columns at a time.
func gather32AVX2(c *build.Context) {
	function(c, "gather32AVX2", gather32Signature, gather32Doc)
	to := c.Load(c.Param("to"), c.GP64()).(reg.GPVirtual)
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	rows := c.Load(c.Param("rows"), c.GP64()).(reg.GPVirtual)
	origin, left := c.GP64(), c.GP64()
	stride, p, out := c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(parameter(c, "d"), stride)
	c.SHLQ(operand.Imm(3), stride)
	scale, center, some, v := c.YMM(), c.YMM(), c.YMM(), c.YMM()
	c.VBROADCASTSD(parameter(c, "scale"), scale)
	var sq, z, u [4]reg.VecVirtual
	for q := range sq {
		sq[q], z[q] = c.XMM(), c.XMM()
	}
	for i := range 3 {
		u[i] = c.XMM()
	}
	u[3] = u[0]

	c.Label("block")
	c.MOVQ(parameter(c, "origin"), origin)
	c.MOVQ(parameter(c, "d"), left)
	for q := range sq {
		c.VXORPS(sq[q], sq[q], sq[q])
	}
	c.Label("columns")
	// The mask of the columns that are left: 4 or fewer.
	c.VPCMPEQD(some, some, some)
	for i := 1; i < 4; i++ {
		next := fmtLabel("columns", i)
		c.CMPQ(left, operand.Imm(uint64(i)))
		c.JNE(operand.LabelRef(next))
		c.MOVL(operand.U32(uint32(1)<<(8*i)-1), p.As32())
		c.VMOVD(p.As32(), some.(reg.Vec).AsX())
		c.VPMOVSXBQ(some.(reg.Vec).AsX(), some)
		c.Label(next)
	}
	c.VMASKMOVPD(operand.Mem{Base: origin}, some, center)
	for q := range 4 {
		for r := range 4 {
			c.MOVLQSX(operand.Mem{Base: rows, Disp: 4 * (4*q + r)}, p)
			c.IMULQ(stride, p)
			c.VMASKMOVPD(operand.Mem{Base: x, Index: p, Scale: 1}, some, v)
			c.VSUBPD(center, v, v)
			c.VMULPD(scale, v, v)
			c.VCVTPD2PSY(v, z[r])
		}
		vx := v.(reg.Vec).AsX()
		c.VUNPCKLPS(z[1], z[0], u[0])
		c.VUNPCKHPS(z[1], z[0], u[1])
		c.VUNPCKLPS(z[3], z[2], u[2])
		c.VUNPCKHPS(z[3], z[2], vx)
		c.VUNPCKLPD(u[2], u[0], z[0])
		c.VUNPCKHPD(u[2], u[0], z[1])
		c.VUNPCKLPD(vx, u[1], z[2])
		c.VUNPCKHPD(vx, u[1], z[3])
		end := fmtLabel("rows", q)
		for i := range 4 {
			c.VFMADD231PS(z[i], z[i], sq[q])
		}
		c.VMOVUPS(z[0], operand.Mem{Base: to, Disp: 16 * q})
		for i := 1; i < 4; i++ {
			c.CMPQ(left, operand.Imm(uint64(i)))
			c.JE(operand.LabelRef(end))
			c.VMOVUPS(z[i], operand.Mem{Base: to, Disp: 64*i + 16*q})
		}
		c.Label(end)
	}
	c.ADDQ(operand.Imm(32), x)
	c.ADDQ(operand.Imm(32), origin)
	c.ADDQ(operand.U32(256), to)
	c.SUBQ(operand.Imm(4), left)
	c.JG(operand.LabelRef("columns"))
	c.SHLQ(operand.Imm(6), left) // columns that were not there, as a negative number
	c.ADDQ(left, to)
	c.MOVQ(parameter(c, "sq"), out)
	for q := range sq {
		c.VMOVUPS(sq[q], operand.Mem{Base: out, Disp: 16 * q})
	}
	c.VMAXPS(sq[1], sq[0], sq[0])
	c.VMAXPS(sq[3], sq[2], sq[2])
	c.VMAXPS(sq[2], sq[0], sq[0])
	c.VINSERTF128(operand.Imm(1), sq[0], sq[0].(reg.Vec).AsY(), v)
	largest(c, v, center, out)
	c.ADDQ(operand.Imm(64), rows)
	c.MOVQ(parameter(c, "x"), x)
	c.DECQ(parameter(c, "blocks"))
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}
