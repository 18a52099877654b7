package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The nearest of a node's clustering features: a lane is a place, groups of lanes are
// scanned four at a time, so that a multiply-add's latency is hidden.
func init() {
	add("cf", func(c *build.Context) {
		cfNearest(c, true)
		cfNearest(c, false)
	})
}

func cfNearest(c *build.Context, wide bool) {
	name, lanes := "cfNearestAVX2", 4
	vec := func() reg.VecVirtual { return c.YMM() }
	if wide {
		name, lanes = "cfNearestAVX512", 8
		vec = c.ZMM
	}
	size := 8 * lanes
	function(c, name, "func(x *float64, d int, mean *float64, n *float64, groups int, w float64, best *[8]float64, place *[8]int64)",
		"writes each lane's least n/(n+w)·‖x−μ‖² and its place, the first of equals.")
	x := c.Load(c.Param("x"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	mean := c.Load(c.Param("mean"), c.GP64())
	n := c.Load(c.Param("n"), c.GP64())
	groups := c.Load(c.Param("groups"), c.GP64())

	stride := c.GP64() // bytes from one coordinate to the next
	c.MOVQ(groups, stride)
	c.IMUL3Q(operand.U8(size), stride, stride)

	constant := func(what string, values ...operand.Constant) operand.Mem {
		m := c.StaticGlobal(name + what)
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for _, v := range values {
			c.AppendDatum(v)
		}
		return m
	}
	lane := make([]operand.Constant, lanes)
	for l := range lane {
		lane[l] = operand.U64(l)
	}
	index, step, inf := constant("Index", lane...), constant("Step", operand.U64(lanes)), constant("Inf", operand.U64(math.Float64bits(math.Inf(1))))

	weight, best, place, cur, inc := vec(), vec(), vec(), vec(), vec()
	wx := c.XMM()
	c.Load(c.Param("w"), wx)
	c.VBROADCASTSD(wx, weight)
	c.VBROADCASTSD(inf, best)
	if wide {
		c.VMOVDQU64(index, cur)
		c.VPXORQ(place, place, place)
	} else {
		c.VMOVDQU(index, cur)
		c.VPXOR(place, place, place)
	}
	c.VPBROADCASTQ(step, inc)

	row, at, left := c.GP64(), c.GP64(), c.GP64()
	scan := func(label string, many int) {
		acc := make([]reg.VecVirtual, many)
		for u := range acc {
			acc[u] = vec()
			if wide {
				c.VPXORQ(acc[u], acc[u], acc[u])
			} else {
				c.VPXOR(acc[u], acc[u], acc[u])
			}
		}
		c.MOVQ(x, row)
		c.MOVQ(mean, at)
		c.MOVQ(d, left)
		xj := vec()
		c.Label(label + "Coordinate")
		c.VBROADCASTSD(operand.Mem{Base: row}, xj)
		for u := range acc {
			e := vec()
			c.VSUBPD(operand.Mem{Base: at, Disp: u * size}, xj, e)
			c.VFMADD231PD(e, e, acc[u])
		}
		c.ADDQ(operand.U8(8), row)
		c.ADDQ(stride, at)
		c.DECQ(left)
		c.JNZ(operand.LabelRef(label + "Coordinate"))
		for u := range acc {
			q, sum, v := vec(), vec(), vec()
			c.VMOVUPD(operand.Mem{Base: n, Disp: u * size}, q)
			c.VADDPD(weight, q, sum)
			c.VDIVPD(sum, q, v)
			c.VMULPD(v, acc[u], v)
			if wide {
				less := c.K()
				c.VCMPPD(operand.U8(17), best, v, less) // v < best
				c.VMOVAPD(v, less, best)
				c.VMOVDQA64(cur, less, place)
			} else {
				less := vec()
				c.VCMPPD(operand.U8(17), best, v, less)
				c.VBLENDVPD(less, v, best, best)
				c.VBLENDVPD(less, cur, place, place)
			}
			c.VPADDQ(inc, cur, cur)
		}
		c.ADDQ(operand.U32(many*size), mean)
		c.ADDQ(operand.U32(many*size), n)
		c.SUBQ(operand.U8(many), groups)
	}
	c.Label("four")
	c.CMPQ(groups, operand.U8(4))
	c.JLT(operand.LabelRef("one"))
	scan("four", 4)
	c.JMP(operand.LabelRef("four"))
	c.Label("one")
	c.TESTQ(groups, groups)
	c.JZ(operand.LabelRef("done"))
	scan("one", 1)
	c.JMP(operand.LabelRef("one"))
	c.Label("done")

	to := c.Load(c.Param("best"), c.GP64())
	c.VMOVUPD(best, operand.Mem{Base: to})
	toPlace := c.Load(c.Param("place"), c.GP64())
	if wide {
		c.VMOVDQU64(place, operand.Mem{Base: toPlace})
	} else {
		c.VMOVDQU(place, operand.Mem{Base: toPlace})
	}
	c.VZEROUPPER()
	c.RET()
}
