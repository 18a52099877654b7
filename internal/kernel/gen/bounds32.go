package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What is done with the two least scores: masks of rows that want attention, and lower
// bounds of the distance by which a row prefers its centre.
func init() {
	add("bounds32", func(c *build.Context) {
		settle32(c, "settle32AVX512", true)
		settle32(c, "settle32AVX2", false)
		stale32(c, "stale32AVX512", true)
		stale32(c, "stale32AVX2", false)
		staleFew32(c)
		gaps32(c, "gaps32AVX512", true)
		gaps32(c, "gaps32AVX2", false)
	})
}

func fmtLabel(name string, i int) string { return fmt.Sprintf("%s_%d", name, i) }

// store32 writes the mask of 16 lanes to two bytes at out: of one comparison of 16
// lanes, or two of 8.
func store32(c *build.Context, wide bool, out, t reg.GPVirtual, compare func(half int) reg.Register) {
	if wide {
		c.KMOVW(compare(0), operand.Mem{Base: out})
		return
	}
	for h := range 2 {
		m := compare(h)
		c.VMOVMSKPS(m, t.As32())
		c.MOVB(t.As8(), operand.Mem{Base: out, Disp: h})
	}
}

func settle32(c *build.Context, name string, wide bool) {
	function(c, name, "func(best, second *float32, label, before *int32, norm *float32, a, b float32, blocks int, unsure, changed *uint16)",
		"marks the rows of each block whose second score is not above the best by more than a·norm + b, and those whose label is not what it was.")
	load := func(name string) reg.GPVirtual { return c.Load(c.Param(name), c.GP64()).(reg.GPVirtual) }
	best, second, label, before := load("best"), load("second"), load("label"), load("before")
	norm, blocks, unsure, changed := load("norm"), load("blocks"), load("unsure"), load("changed")
	t, m, v, k := c.GP64(), vector(c, wide), vector(c, wide), c.K()
	slope, floor := vector(c, wide), vector(c, wide)
	c.VBROADCASTSS(parameter(c, "a"), slope)
	c.VBROADCASTSS(parameter(c, "b"), floor)
	c.Label("block")
	c.VBROADCASTSS(operand.Mem{Base: norm}, m)
	c.VFMADD213PS(floor, slope, m)
	store32(c, wide, unsure, t, func(h int) reg.Register {
		c.VMOVUPS(operand.Mem{Base: second, Disp: 32 * h}, v)
		c.VSUBPS(operand.Mem{Base: best, Disp: 32 * h}, v, v)
		if wide {
			c.VCMPPS(operand.Imm(0x1a), m, v, k) // not greater, or not comparable
			return k
		}
		c.VCMPPS(operand.Imm(0x1a), m, v, v)
		return v
	})
	store32(c, wide, changed, t, func(h int) reg.Register {
		c.VMOVUPS(operand.Mem{Base: label, Disp: 32 * h}, v)
		if wide {
			c.VPCMPD(operand.Imm(4), operand.Mem{Base: before}, v, k)
			return k
		}
		c.VPCMPEQD(operand.Mem{Base: before, Disp: 32 * h}, v, v)
		c.VPCMPEQD(m, m, m) // m is not needed any more
		c.VPXOR(m, v, v)
		return v
	})
	for _, p := range []reg.GPVirtual{best, second, label, before} {
		c.ADDQ(operand.Imm(64), p)
	}
	c.ADDQ(operand.Imm(4), norm)
	c.ADDQ(operand.Imm(2), unsure)
	c.ADDQ(operand.Imm(2), changed)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

// look32 returns t[label] of the lanes from half h on.
func look32(c *build.Context, wide bool, label, t reg.GPVirtual, h int) reg.VecVirtual {
	index, value := vector(c, wide), vector(c, wide)
	c.VMOVUPS(operand.Mem{Base: label, Disp: 32 * h}, index)
	c.VXORPS(value.(reg.Vec).AsX(), value.(reg.Vec).AsX(), value.(reg.Vec).AsX())
	at := operand.Mem{Base: t, Index: index, Scale: 4}
	if wide {
		all := c.K()
		c.KXNORW(all, all, all)
		c.VGATHERDPS(at, all, value)
		return value
	}
	all := c.YMM()
	c.VPCMPEQD(all, all, all)
	c.VGATHERDPS(all, at, value)
	return value
}

func stale32(c *build.Context, name string, wide bool) {
	function(c, name, "func(gap *float32, label *int32, t *float32, blocks int, stale *uint16)",
		"marks the rows of each block whose gap is not above the t of their label.")
	load := func(name string) reg.GPVirtual { return c.Load(c.Param(name), c.GP64()).(reg.GPVirtual) }
	g, label, t, blocks, stale := load("gap"), load("label"), load("t"), load("blocks"), load("stale")
	tmp, v, k := c.GP64(), vector(c, wide), c.K()
	c.Label("block")
	store32(c, wide, stale, tmp, func(h int) reg.Register {
		limit := look32(c, wide, label, t, h)
		c.VMOVUPS(operand.Mem{Base: g, Disp: 32 * h}, v)
		if wide {
			c.VCMPPS(operand.Imm(0x1a), limit, v, k)
			return k
		}
		c.VCMPPS(operand.Imm(0x1a), limit, v, v)
		return v
	})
	c.ADDQ(operand.Imm(64), g)
	c.ADDQ(operand.Imm(64), label)
	c.ADDQ(operand.Imm(2), stale)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

// staleFew32 holds all of t in two registers: labels are below 32.
func staleFew32(c *build.Context) {
	function(c, "staleFew32AVX512", "func(gap *float32, label *int32, t *[32]float32, blocks int, stale *uint16)",
		"is stale32AVX512 for labels below 32.")
	load := func(name string) reg.GPVirtual { return c.Load(c.Param(name), c.GP64()).(reg.GPVirtual) }
	g, label, t, blocks, stale := load("gap"), load("label"), load("t"), load("blocks"), load("stale")
	low, high, v, k := c.ZMM(), c.ZMM(), c.ZMM(), c.K()
	c.VMOVUPS(operand.Mem{Base: t}, low)
	c.VMOVUPS(operand.Mem{Base: t, Disp: 64}, high)
	c.Label("block")
	c.VMOVDQU32(operand.Mem{Base: label}, v)
	c.VPERMI2PS(high, low, v)
	c.VCMPPS(operand.Imm(5), operand.Mem{Base: g}, v, k) // t not less than gap
	c.KMOVW(k, operand.Mem{Base: stale})
	c.ADDQ(operand.Imm(64), g)
	c.ADDQ(operand.Imm(64), label)
	c.ADDQ(operand.Imm(2), stale)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

func gaps32(c *build.Context, name string, wide bool) {
	function(c, name, "func(best, second, sq *float32, label *int32, t, slack *float32, limit float32, blocks int, near, gap *float32)",
		"writes to near an upper bound of each row's least distance, and to gap the t of its label plus a lower bound, limit at most, of the difference of its two least, from scores and squared norms that are off by slack.")
	load := func(name string) reg.GPVirtual { return c.Load(c.Param(name), c.GP64()).(reg.GPVirtual) }
	best, second, sq, label := load("best"), load("second"), load("sq"), load("label")
	t, slack, blocks, least, g := load("t"), load("slack"), load("blocks"), load("near"), load("gap")
	tmp := c.GP64()
	zero, two, eps := vector(c, wide), vector(c, wide), vector(c, wide)
	constant := func(bits uint32, v reg.VecVirtual) {
		c.MOVL(operand.U32(bits), tmp.As32())
		c.VMOVD(tmp.As32(), v.(reg.Vec).AsX())
		c.VBROADCASTSS(v.(reg.Vec).AsX(), v)
	}
	constant(0, zero)
	constant(0x40000000, two)
	constant(0x35000000, eps) // 2^-21
	e, n, near, far := vector(c, wide), vector(c, wide), vector(c, wide), vector(c, wide)
	limit := vector(c, wide)
	c.VBROADCASTSS(parameter(c, "limit"), limit)
	halves := 2
	if wide {
		halves = 1
	}
	c.Label("block")
	c.VBROADCASTSS(operand.Mem{Base: slack}, e)
	for h := range halves {
		at := func(p reg.GPVirtual) operand.Mem { return operand.Mem{Base: p, Disp: 32 * h} }
		c.VMOVUPS(at(sq), n)
		c.VMOVUPS(at(best), near)
		c.VFMADD213PS(n, two, near) // near = 2·best + |x|²
		c.VADDPS(e, near, near)
		c.VMAXPS(zero, near, near)
		c.VSQRTPS(near, near)
		c.VMOVUPS(at(second), far)
		c.VFMADD213PS(n, two, far)
		c.VSUBPS(e, far, far)
		c.VMAXPS(zero, far, far)
		c.VSQRTPS(far, far)
		drift := look32(c, wide, label, t, h)
		c.VMOVAPS(near, n)
		c.VFMADD231PS(eps, near, n)
		c.VMOVUPS(n, at(least))
		c.VSUBPS(near, far, n) // the gap
		c.VMINPS(limit, n, n)
		c.VADDPS(near, n, far) // the second distance, or what the limit makes of it
		c.VADDPS(near, far, far)
		c.VADDPS(drift, far, far)
		c.VADDPS(drift, n, n)
		c.VFNMADD231PS(eps, far, n)
		c.VMOVUPS(n, at(g))
	}
	for _, p := range []reg.GPVirtual{best, second, sq, label, least, g} {
		c.ADDQ(operand.Imm(64), p)
	}
	c.ADDQ(operand.Imm(4), slack)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}
