package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Multiply-adds with nothing to wait for: what the processor can do at most.
func init() {
	add("peak", func(c *build.Context) {
		for _, p := range []struct {
			name  string
			reg   func() reg.VecVirtual
			fused func(ops ...operand.Op)
			zero  func(r operand.Op)
		}{
			{"peak32AVX512", c.ZMM, c.VFMADD231PS, func(r operand.Op) { c.VPXORD(r, r, r) }},
			{"peak64AVX512", c.ZMM, c.VFMADD231PD, func(r operand.Op) { c.VPXORD(r, r, r) }},
			{"peak32AVX2", func() reg.VecVirtual { return c.YMM() }, c.VFMADD231PS, func(r operand.Op) { c.VPXOR(r, r, r) }},
			{"peak64AVX2", func() reg.VecVirtual { return c.YMM() }, c.VFMADD231PD, func(r operand.Op) { c.VPXOR(r, r, r) }},
		} {
			function(c, p.name, "func(rounds int)", "makes rounds × 12 vector multiply-adds, none of which waits for another.")
			n := c.Load(c.Param("rounds"), c.GP64())
			a, b := p.reg(), p.reg()
			p.zero(a)
			p.zero(b)
			acc := make([]reg.VecVirtual, 12)
			for i := range acc {
				acc[i] = p.reg()
				p.zero(acc[i])
			}
			c.Label("loop")
			for i := range acc {
				p.fused(a, b, acc[i])
			}
			c.DECQ(n)
			c.JNZ(operand.LabelRef("loop"))
			c.VZEROUPPER()
			c.RET()
		}
	})
}
