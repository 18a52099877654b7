package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The float32 screen before two leaves of many columns are compared: points of one leaf
// in lanes, those of the other one by one, and of their distances the least.
func init() {
	add("leafscreen", func(c *build.Context) {
		leafScreen(c, "AVX512", 16, 8)
		leafScreen(c, "AVX2", 8, 2)
	})
}

// leafScreen compares group points at a time with a leaf in registers of so many lanes.
func leafScreen(c *build.Context, name string, lanes, group int) {
	vector := func() reg.VecVirtual {
		if lanes == 16 {
			return c.ZMM()
		}
		return c.YMM()
	}
	zero := func(r reg.VecVirtual) {
		if lanes == 16 {
			c.VPXORD(r, r, r)
		} else {
			c.VPXOR(r, r, r)
		}
	}
	function(c, "leafScreen"+name, "func(from, to *float32, d int, limit, least *float32) uint64",
		"returns the lanes of from whose least squared distance to a point of to is at most their limit; least begins as +Inf.")
	from, to := c.Load(c.Param("from"), c.GP64()).(reg.GPVirtual), c.Load(c.Param("to"), c.GP64()).(reg.GPVirtual)
	d := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	least := c.Load(c.Param("least"), c.GP64()).(reg.GPVirtual)
	vectors := leafLanes / lanes
	sums := make([][]reg.VecVirtual, group)
	for g := range sums {
		for range vectors {
			sums[g] = append(sums[g], vector())
		}
	}
	x, y, n, groups := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(operand.U32(uint64(leafLanes/group)), groups)
	c.Label("group")
	for _, s := range sums {
		for _, a := range s {
			zero(a)
		}
	}
	c.MOVQ(from, x)
	c.MOVQ(to, y)
	c.MOVQ(d, n)
	c.Label("column")
	var column []reg.VecVirtual
	for v := range vectors {
		column = append(column, vector())
		c.VMOVUPS(operand.Mem{Base: x, Disp: 4 * lanes * v}, column[v])
	}
	for g, s := range sums {
		p := vector()
		c.VBROADCASTSS(operand.Mem{Base: y, Disp: 4 * g}, p)
		for v, a := range s {
			e := p
			if v < vectors-1 {
				e = vector()
			}
			c.VSUBPS(p, column[v], e)
			c.VFMADD231PS(e, e, a)
		}
	}
	c.ADDQ(operand.U32(4*leafLanes), x)
	c.ADDQ(operand.U32(4*leafLanes), y)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("column"))
	// Of a NaN, a lane of no point, and a number VMINPS takes the first operand here.
	for v := range vectors {
		at := operand.Mem{Base: least, Disp: 4 * lanes * v}
		m := vector()
		c.VMOVUPS(at, m)
		for _, s := range sums {
			c.VMINPS(m, s[v], m)
		}
		c.VMOVUPS(m, at)
	}
	c.ADDQ(operand.U32(uint64(4*group)), to)
	c.DECQ(groups)
	c.JNZ(operand.LabelRef("group"))
	limit := c.Load(c.Param("limit"), c.GP64()).(reg.GPVirtual)
	out, part := c.GP64(), c.GP64()
	c.XORQ(out, out)
	for v := vectors - 1; v >= 0; v-- {
		m := vector()
		c.VMOVUPS(operand.Mem{Base: least, Disp: 4 * lanes * v}, m)
		within := operand.Mem{Base: limit, Disp: 4 * lanes * v}
		if lanes == 16 {
			k := c.K()
			c.VCMPPS(operand.Imm(lessOrEqual), within, m, k)
			c.KMOVW(k, part.As32())
		} else {
			c.VCMPPS(operand.Imm(lessOrEqual), within, m, m)
			c.VMOVMSKPS(m, part.As32())
		}
		c.SHLQ(operand.Imm(uint64(lanes)), out)
		c.ORQ(part, out)
	}
	c.Store(out, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}
