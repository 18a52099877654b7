package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances of rows to a run of lane blocks, written to memory.
func init() {
	add("pairs", func(c *build.Context) {
		for _, p := range []struct {
			name, doc       string
			root, manhattan bool
		}{
			{"Squared", "squared Euclidean", false, false},
			{"Euclidean", "Euclidean", true, false},
			{"Manhattan", "Manhattan", false, true},
		} {
			function(c, "pairs"+p.name+"AVX512", "func(x, y *float64, d, blocks int, out *float64, stride int)",
				"writes the "+p.doc+" distances from the rows of block x to those of blocks y …; rows of out begin stride numbers apart.")
			pairs512(c, p.root, p.manhattan)
			function(c, "pairs"+p.name+"AVX2", "func(x, y *float64, d, blocks int, out *float64)",
				"writes the "+p.doc+" distances from the row whose lane x points to.")
			pairs256(c, p.root, p.manhattan)
		}
	})
}

func pairs512(c *build.Context, root, manhattan bool) {
	x, y := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("y"), c.GP64())
	d, blocks := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	out0, stride := c.Load(c.Param("out"), c.GP64()), c.Load(c.Param("stride"), c.GP64())
	c.SHLQ(operand.Imm(3), stride)
	out3, out6 := c.GP64(), c.GP64()
	c.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, out3)
	c.LEAQ(operand.Mem{Base: out0, Index: out3, Scale: 2}, out6)
	c.ADDQ(out0, out3)
	to := []operand.Mem{
		{Base: out0},
		{Base: out0, Index: stride, Scale: 1},
		{Base: out0, Index: stride, Scale: 2},
		{Base: out3},
		{Base: out0, Index: stride, Scale: 4},
		{Base: out3, Index: stride, Scale: 2},
		{Base: out6},
		{Base: out6, Index: stride, Scale: 1},
	}
	var magnitude reg.VecVirtual
	if manhattan {
		magnitude = c.ZMM()
		c.VPTERNLOGQ(operand.Imm(0xff), magnitude, magnitude, magnitude)
		c.VPSRLQ(operand.Imm(1), magnitude, magnitude)
	}
	back := c.GP64()
	c.MOVQ(d, back)
	c.SHLQ(operand.Imm(6), back)
	acc := make([]reg.VecVirtual, 8)
	for r := range acc {
		acc[r] = c.ZMM()
	}
	c.Label("block")
	if manhattan {
		for _, a := range acc {
			c.VPXORQ(a, a, a)
		}
		n := c.GP64()
		c.MOVQ(d, n)
		c.Label("coordinate")
		v := c.ZMM()
		c.VMOVUPD(operand.Mem{Base: y}, v)
		for r, a := range acc {
			t := c.ZMM()
			c.VSUBPD_BCST(operand.Mem{Base: x, Disp: 8 * r}, v, t)
			c.VANDPD(magnitude, t, t)
			c.VADDPD(t, a, a)
		}
		c.ADDQ(operand.Imm(64), x)
		c.ADDQ(operand.Imm(64), y)
		c.DECQ(n)
		c.JNZ(operand.LabelRef("coordinate"))
	} else {
		tileSquares512(c, "coordinate", x, y, d, acc)
	}
	c.SUBQ(back, x)
	for r, a := range acc {
		if root {
			c.VSQRTPD(a, a)
		}
		c.VMOVUPD(a, to[r])
	}
	for _, p := range []reg.Register{out0, out3, out6} {
		c.ADDQ(operand.Imm(64), p)
	}
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

func pairs256(c *build.Context, root, manhattan bool) {
	x, y := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("y"), c.GP64())
	d, blocks := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	out := c.Load(c.Param("out"), c.GP64())
	var magnitude reg.VecVirtual
	if manhattan {
		magnitude = c.YMM()
		c.VPCMPEQQ(magnitude, magnitude, magnitude)
		c.VPSRLQ(operand.Imm(1), magnitude, magnitude)
	}
	back := c.GP64()
	c.MOVQ(d, back)
	c.SHLQ(operand.Imm(6), back)
	lo, hi := c.YMM(), c.YMM()
	c.Label("block")
	if manhattan {
		c.VPXOR(lo, lo, lo)
		c.VPXOR(hi, hi, hi)
		n := c.GP64()
		c.MOVQ(d, n)
		c.Label("coordinate")
		v, t, u := c.YMM(), c.YMM(), c.YMM()
		c.VBROADCASTSD(operand.Mem{Base: x}, v)
		c.VSUBPD(operand.Mem{Base: y}, v, t)
		c.VSUBPD(operand.Mem{Base: y, Disp: 32}, v, u)
		c.VANDPD(magnitude, t, t)
		c.VANDPD(magnitude, u, u)
		c.VADDPD(t, lo, lo)
		c.VADDPD(u, hi, hi)
		c.ADDQ(operand.Imm(64), x)
		c.ADDQ(operand.Imm(64), y)
		c.DECQ(n)
		c.JNZ(operand.LabelRef("coordinate"))
	} else {
		tileSquares256(c, "coordinate", x, y, d, lo, hi)
	}
	c.SUBQ(back, x)
	if root {
		c.VSQRTPD(lo, lo)
		c.VSQRTPD(hi, hi)
	}
	c.VMOVUPD(lo, operand.Mem{Base: out})
	c.VMOVUPD(hi, operand.Mem{Base: out, Disp: 32})
	c.ADDQ(operand.Imm(64), out)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}
