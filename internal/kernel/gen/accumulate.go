package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Sums of rows by label, a column a lane.
func init() {
	add("accumulate", func(c *build.Context) {
		accumulate(c, "accumulateAVX512", true)
		accumulate(c, "accumulateAVX2", false)
		spreadSums(c, "spreadAVX512", true)
		spreadSums(c, "spreadAVX2", false)
		plus(c, "plusAVX512", true)
		plus(c, "plusAVX2", false)
	})
}

// columns walks through d columns, lanes at a time and the rest one by one: at each it
// calls vector or single with the offset register.
func columns(c *build.Context, wide bool, name string, d, j, t reg.GPVirtual, vector, single func()) {
	lanes := uint64(4)
	if wide {
		lanes = 8
	}
	c.XORQ(j, j)
	c.MOVQ(d, t)
	c.SUBQ(operand.Imm(lanes), t)
	c.JL(operand.LabelRef(name + "_rest"))
	c.Label(name + "_lanes")
	vector()
	c.ADDQ(operand.Imm(8*lanes), j)
	c.SUBQ(operand.Imm(lanes), t)
	c.JGE(operand.LabelRef(name + "_lanes"))
	c.Label(name + "_rest")
	c.ADDQ(operand.Imm(lanes), t)
	c.JZ(operand.LabelRef(name + "_end"))
	c.Label(name + "_one")
	single()
	c.ADDQ(operand.Imm(8), j)
	c.DECQ(t)
	c.JNZ(operand.LabelRef(name + "_one"))
	c.Label(name + "_end")
}

func vector(c *build.Context, wide bool) reg.VecVirtual {
	if wide {
		return c.ZMM()
	}
	return c.YMM()
}

func accumulate(c *build.Context, name string, wide bool) {
	function(c, name, "func(acc *float64, x *float64, d int, origin *float64, rows, label *int32, count int, w *float64, step int, sign float64)",
		"adds sign times weight times (row − origin) to the sums of each row's label, and sign times weight to its count. The weight of row i is at w + i·step bytes.")
	acc := c.Load(c.Param("acc"), c.GP64()).(reg.GPVirtual)
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	d := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	origin := c.Load(c.Param("origin"), c.GP64()).(reg.GPVirtual)
	rows := c.Load(c.Param("rows"), c.GP64()).(reg.GPVirtual)
	label := c.Load(c.Param("label"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	row, to, j, t := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	sign, w, v, s := c.XMM(), vector(c, wide), vector(c, wide), vector(c, wide)
	x1 := func(r reg.VecVirtual) reg.Register { return r.(reg.Vec).AsX() }
	c.VMOVSD(parameter(c, "sign"), sign)

	c.Label("row")
	c.MOVLQSX(operand.Mem{Base: rows}, row)
	c.MOVQ(row, t)
	c.IMULQ(parameter(c, "step"), t)
	c.ADDQ(parameter(c, "w"), t)
	c.VMULSD(operand.Mem{Base: t}, sign, x1(w))
	c.VBROADCASTSD(x1(w), w)
	c.IMULQ(d, row)
	c.LEAQ(operand.Mem{Base: x, Index: row, Scale: 8}, row)
	c.MOVLQSX(operand.Mem{Base: label}, to)
	c.LEAQ(operand.Mem{Base: d, Disp: 1}, t)
	c.IMULQ(t, to)
	c.LEAQ(operand.Mem{Base: acc, Index: to, Scale: 8}, to)
	at := func(p reg.GPVirtual) operand.Mem { return operand.Mem{Base: p, Index: j, Scale: 1} }
	columns(c, wide, "column", d, j, t, func() {
		c.VMOVUPD(at(row), v)
		c.VSUBPD(at(origin), v, v)
		c.VMOVUPD(at(to), s)
		c.VFMADD231PD(v, w, s)
		c.VMOVUPD(s, at(to))
	}, func() {
		c.VMOVSD(at(row), x1(v))
		c.VSUBSD(at(origin), x1(v), x1(v))
		c.VMOVSD(at(to), x1(s))
		c.VFMADD231SD(x1(v), x1(w), x1(s))
		c.VMOVSD(x1(s), at(to))
	})
	c.VADDSD(at(to), x1(w), x1(s))
	c.VMOVSD(x1(s), at(to))
	c.ADDQ(operand.Imm(4), rows)
	c.ADDQ(operand.Imm(4), label)
	c.DECQ(count)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

func spreadSums(c *build.Context, name string, wide bool) {
	function(c, name, "func(x *float64, count, d int, origin, sum, square *float64)",
		"adds row − origin to sum and its square to square, column by column.")
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	d := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	origin := c.Load(c.Param("origin"), c.GP64()).(reg.GPVirtual)
	sum := c.Load(c.Param("sum"), c.GP64()).(reg.GPVirtual)
	square := c.Load(c.Param("square"), c.GP64()).(reg.GPVirtual)
	width, j, t, row, left := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	o, v, s, q := vector(c, wide), vector(c, wide), vector(c, wide), vector(c, wide)
	x1 := func(r reg.VecVirtual) reg.Register { return r.(reg.Vec).AsX() }
	c.MOVQ(d, width)
	c.SHLQ(operand.Imm(3), width)
	at := func(p reg.GPVirtual) operand.Mem { return operand.Mem{Base: p, Index: j, Scale: 1} }
	down := func(name string, body func()) {
		c.MOVQ(parameter(c, "count"), left)
		c.MOVQ(x, row)
		c.Label(name)
		body()
		c.ADDQ(width, row)
		c.DECQ(left)
		c.JNZ(operand.LabelRef(name))
	}
	columns(c, wide, "column", d, j, t, func() {
		c.VMOVUPD(at(origin), o)
		c.VMOVUPD(at(sum), s)
		c.VMOVUPD(at(square), q)
		down("rows", func() {
			c.VMOVUPD(at(row), v)
			c.VSUBPD(o, v, v)
			c.VADDPD(v, s, s)
			c.VFMADD231PD(v, v, q)
		})
		c.VMOVUPD(s, at(sum))
		c.VMOVUPD(q, at(square))
	}, func() {
		c.VMOVSD(at(origin), x1(o))
		c.VMOVSD(at(sum), x1(s))
		c.VMOVSD(at(square), x1(q))
		down("row", func() {
			c.VMOVSD(at(row), x1(v))
			c.VSUBSD(x1(o), x1(v), x1(v))
			c.VADDSD(x1(v), x1(s), x1(s))
			c.VFMADD231SD(x1(v), x1(v), x1(q))
		})
		c.VMOVSD(x1(s), at(sum))
		c.VMOVSD(x1(q), at(square))
	})
	c.VZEROUPPER()
	c.RET()
}

func plus(c *build.Context, name string, wide bool) {
	function(c, name, "func(to, from *float64, count int)", "adds count numbers.")
	to := c.Load(c.Param("to"), c.GP64()).(reg.GPVirtual)
	from := c.Load(c.Param("from"), c.GP64()).(reg.GPVirtual)
	count := c.Load(c.Param("count"), c.GP64()).(reg.GPVirtual)
	j, t, v := c.GP64(), c.GP64(), vector(c, wide)
	x1 := v.(reg.Vec).AsX()
	at := func(p reg.GPVirtual) operand.Mem { return operand.Mem{Base: p, Index: j, Scale: 1} }
	columns(c, wide, "column", count, j, t, func() {
		c.VMOVUPD(at(to), v)
		c.VADDPD(at(from), v, v)
		c.VMOVUPD(v, at(to))
	}, func() {
		c.VMOVSD(at(to), x1)
		c.VADDSD(at(from), x1, x1)
		c.VMOVSD(x1, at(to))
	})
	c.VZEROUPPER()
	c.RET()
}
