package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Which of up to 64 points lie within a radius of one, as bits.
func init() {
	add("gridhits", func(c *build.Context) {
		const doc = "is gridHitsPlain; steps are in bytes."
		const signature = "func(q *float64, qstep int, x *float64, step, next, d, blocks int, limit float64) uint64"
		function(c, "gridHitsAVX512", signature, doc)
		gridHits(c, true)
		function(c, "gridHitsAVX2", signature, doc)
		gridHits(c, false)
	})
}

func gridHits(c *build.Context, wide bool) {
	q, qstep := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("qstep"), c.GP64())
	x, step := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("step"), c.GP64())
	next, d := c.Load(c.Param("next"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	blocks := c.Load(c.Param("blocks"), c.GP64())
	vec := func() reg.VecVirtual {
		if wide {
			return c.ZMM()
		}
		return c.YMM()
	}
	limit := vec()
	at, err := c.Param("limit").Resolve()
	if err != nil {
		panic(err)
	}
	c.VBROADCASTSD(at.Addr, limit)
	bits := c.GP64()
	c.XORQ(bits, bits)
	// From the last block to the first, so that a block's bits are shifted by a constant.
	last := c.GP64()
	c.LEAQ(operand.Mem{Base: blocks, Disp: -1}, last)
	c.IMULQ(next, last)
	c.ADDQ(last, x)

	parts := []int{0, 32}
	if wide {
		parts = parts[:1]
	}
	accs := make([]reg.VecVirtual, len(parts))
	for i := range accs {
		accs[i] = vec()
	}
	settle := func(loop string) {
		m := c.GP64()
		if wide {
			k := c.K()
			c.VCMPPD(operand.Imm(lessOrEqual), limit, accs[0], k)
			c.KMOVB(k, m.As32())
		} else {
			h := c.GP64()
			for i, g := range []reg.GPVirtual{m, h} {
				c.VCMPPD(operand.Imm(lessOrEqual), limit, accs[i], accs[i])
				c.VMOVMSKPD(accs[i], g.As32())
			}
			c.SHLQ(operand.Imm(4), h)
			c.ORQ(h, m)
		}
		c.SHLQ(operand.Imm(8), bits)
		c.ORQ(m, bits)
		c.SUBQ(next, x)
		c.DECQ(blocks)
		c.JNZ(operand.LabelRef(loop))
		c.Store(bits, c.ReturnIndex(0))
		c.VZEROUPPER()
		c.RET()
	}
	c.CMPQ(d, operand.Imm(2))
	c.JEQ(operand.LabelRef("two"))

	c.Label("block")
	for _, a := range accs {
		if wide {
			c.VPXORQ(a, a, a)
		} else {
			c.VPXOR(a, a, a)
		}
	}
	n, qj, xj := c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(d, n)
	c.MOVQ(q, qj)
	c.MOVQ(x, xj)
	c.Label("coordinate")
	v := vec()
	c.VBROADCASTSD(operand.Mem{Base: qj}, v)
	for i, part := range parts {
		t := vec()
		c.VSUBPD(operand.Mem{Base: xj, Disp: part}, v, t)
		c.VFMADD231PD(t, t, accs[i])
	}
	c.ADDQ(qstep, qj)
	c.ADDQ(step, xj)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("coordinate"))
	settle("block")

	c.Label("two")
	v0, v1 := vec(), vec()
	c.VBROADCASTSD(operand.Mem{Base: q}, v0)
	c.VBROADCASTSD(operand.Mem{Base: q, Index: qstep, Scale: 1}, v1)
	c.Label("block2")
	for i, part := range parts {
		t, u := vec(), vec()
		c.VSUBPD(operand.Mem{Base: x, Disp: part}, v0, t)
		c.VMULPD(t, t, accs[i])
		c.VSUBPD(operand.Mem{Base: x, Disp: part, Index: step, Scale: 1}, v1, u)
		c.VFMADD231PD(u, u, accs[i])
	}
	settle("block2")
}
