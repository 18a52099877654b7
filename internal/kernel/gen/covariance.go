package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Sums of rows, of their products, and of their distances to their own centres. A lane is
// a column: eight columns are one register, the last ones of a row are masked.
func init() {
	add("covariance", func(c *build.Context) {
		covarianceCentre512(c)
		covarianceCentre256(c)
		covarianceOuter512(c)
		covarianceOuter256(c)
		covarianceSums512(c)
		covarianceSums256(c)
		covarianceOwn512(c)
		covarianceOwn256(c)
	})
}

// covarianceAhead is how many bytes ahead rows are asked for where a pass is bound by
// memory.
const covarianceAhead = 4096

// covarianceMask256 loads two halves of eight 64-bit masks.
func covarianceMask256(c *build.Context) (m [2]reg.VecVirtual) {
	p := c.Load(c.Param("mask"), c.GP64())
	for h := range m {
		m[h] = c.YMM()
		c.VMOVUPD(operand.Mem{Base: p, Disp: 32 * h}, m[h])
	}
	return m
}

func covarianceCentre512(c *build.Context) {
	function(c, "covarianceCentreAVX512", "func(x *float64, d, rows int, mask uint64, shift, sum, out *float64, p int)",
		"writes eight columns of rows less shift, and adds them to sum; rows of x lie d numbers apart, of out p.")
	x, d := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	rows, mask := c.Load(c.Param("rows"), c.GP64()), c.Load(c.Param("mask"), c.GP64())
	from, total := c.Load(c.Param("shift"), c.GP64()), c.Load(c.Param("sum"), c.GP64())
	out, p := c.Load(c.Param("out"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	k := c.K()
	c.KMOVB(mask.(reg.GP).As32(), k)
	shift, sum, v := c.ZMM(), c.ZMM(), c.ZMM()
	c.VMOVUPD(operand.Mem{Base: from}, shift)
	c.VMOVUPD(operand.Mem{Base: total}, sum)
	c.SHLQ(operand.Imm(3), d)
	c.SHLQ(operand.Imm(3), p)
	c.Label("row")
	c.VMOVUPD_Z(operand.Mem{Base: x}, k, v)
	c.VSUBPD(shift, v, v)
	c.VADDPD(v, sum, sum)
	c.VMOVUPD(v, operand.Mem{Base: out})
	c.ADDQ(d, x)
	c.ADDQ(p, out)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	c.VMOVUPD(sum, operand.Mem{Base: total})
	c.VZEROUPPER()
	c.RET()
}

func covarianceCentre256(c *build.Context) {
	function(c, "covarianceCentreAVX2", "func(x *float64, d, rows int, mask *[8]uint64, shift, sum, out *float64, p int)",
		"is covarianceCentreAVX512.")
	x, d := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	rows := c.Load(c.Param("rows"), c.GP64())
	m := covarianceMask256(c)
	from, total := c.Load(c.Param("shift"), c.GP64()), c.Load(c.Param("sum"), c.GP64())
	out, p := c.Load(c.Param("out"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	var shift, sum, v [2]reg.VecVirtual
	for h := range v {
		shift[h], sum[h], v[h] = c.YMM(), c.YMM(), c.YMM()
		c.VMOVUPD(operand.Mem{Base: from, Disp: 32 * h}, shift[h])
		c.VMOVUPD(operand.Mem{Base: total, Disp: 32 * h}, sum[h])
	}
	c.SHLQ(operand.Imm(3), d)
	c.SHLQ(operand.Imm(3), p)
	c.Label("row")
	for h := range v {
		c.VMASKMOVPD(operand.Mem{Base: x, Disp: 32 * h}, m[h], v[h])
		c.VSUBPD(shift[h], v[h], v[h])
		c.VADDPD(v[h], sum[h], sum[h])
		c.VMOVUPD(v[h], operand.Mem{Base: out, Disp: 32 * h})
	}
	c.ADDQ(d, x)
	c.ADDQ(p, out)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	for h := range v {
		c.VMOVUPD(sum[h], operand.Mem{Base: total, Disp: 32 * h})
	}
	c.VZEROUPPER()
	c.RET()
}

func covarianceOuter512(c *build.Context) {
	function(c, "covarianceOuterAVX512", "func(a, b *float64, rows, p int, s *float64)",
		"adds to the 8 × 8 numbers s the products of eight columns of a with eight of b; rows of all three lie p numbers apart.")
	a, b := c.Load(c.Param("a"), c.GP64()), c.Load(c.Param("b"), c.GP64())
	rows, p := c.Load(c.Param("rows"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	s := c.Load(c.Param("s"), c.GP64())
	c.SHLQ(operand.Imm(3), p)
	acc := make([]reg.VecVirtual, 8)
	at := c.GP64()
	c.MOVQ(s, at)
	for i := range acc {
		acc[i] = c.ZMM()
		c.VMOVUPD(operand.Mem{Base: at}, acc[i])
		c.ADDQ(p, at)
	}
	v := c.ZMM()
	c.Label("row")
	c.VMOVUPD(operand.Mem{Base: b}, v)
	for i := range acc {
		c.VFMADD231PD_BCST(operand.Mem{Base: a, Disp: 8 * i}, v, acc[i])
	}
	c.ADDQ(p, a)
	c.ADDQ(p, b)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	for i := range acc {
		c.VMOVUPD(acc[i], operand.Mem{Base: s})
		c.ADDQ(p, s)
	}
	c.VZEROUPPER()
	c.RET()
}

func covarianceOuter256(c *build.Context) {
	function(c, "covarianceOuterAVX2", "func(a, b *float64, rows, p int, s *float64)",
		"is covarianceOuterAVX512 for four columns of a.")
	a, b := c.Load(c.Param("a"), c.GP64()), c.Load(c.Param("b"), c.GP64())
	rows, p := c.Load(c.Param("rows"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	s := c.Load(c.Param("s"), c.GP64())
	c.SHLQ(operand.Imm(3), p)
	var acc [4][2]reg.VecVirtual
	at := c.GP64()
	c.MOVQ(s, at)
	for i := range acc {
		for h := range acc[i] {
			acc[i][h] = c.YMM()
			c.VMOVUPD(operand.Mem{Base: at, Disp: 32 * h}, acc[i][h])
		}
		c.ADDQ(p, at)
	}
	c.Label("row")
	v, w := c.YMM(), c.YMM()
	c.VMOVUPD(operand.Mem{Base: b}, v)
	c.VMOVUPD(operand.Mem{Base: b, Disp: 32}, w)
	for i := range acc {
		t := c.YMM()
		c.VBROADCASTSD(operand.Mem{Base: a, Disp: 8 * i}, t)
		c.VFMADD231PD(t, v, acc[i][0])
		c.VFMADD231PD(t, w, acc[i][1])
	}
	c.ADDQ(p, a)
	c.ADDQ(p, b)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	for i := range acc {
		for h := range acc[i] {
			c.VMOVUPD(acc[i][h], operand.Mem{Base: s, Disp: 32 * h})
		}
		c.ADDQ(p, s)
	}
	c.VZEROUPPER()
	c.RET()
}

// covarianceSlot puts into to the address of the p numbers of the group that label points to;
// slot 0 is of −1.
func covarianceSlot(c *build.Context, label operand.Mem, p, groups reg.Register) reg.GPVirtual {
	to := c.GP64()
	c.MOVLQSX(label, to)
	c.INCQ(to)
	c.IMULQ(p, to)
	c.ADDQ(groups, to)
	return to
}

func covarianceSums512(c *build.Context) {
	function(c, "covarianceSumsAVX512", "func(x *float64, d, rows int, mask uint64, label *int32, shift, sums *float64, p int)",
		"adds eight columns of rows less shift to those of their groups, which lie p numbers apart from −1 on.")
	x, d := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	rows, mask := c.Load(c.Param("rows"), c.GP64()), c.Load(c.Param("mask"), c.GP64())
	label, from := c.Load(c.Param("label"), c.GP64()), c.Load(c.Param("shift"), c.GP64())
	sums, p := c.Load(c.Param("sums"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	k := c.K()
	c.KMOVB(mask.(reg.GP).As32(), k)
	shift, v := c.ZMM(), c.ZMM()
	c.VMOVUPD(operand.Mem{Base: from}, shift)
	c.SHLQ(operand.Imm(3), d)
	c.SHLQ(operand.Imm(3), p)
	c.Label("row")
	to := covarianceSlot(c, operand.Mem{Base: label}, p, sums)
	c.PREFETCHT0(operand.Mem{Base: x, Disp: covarianceAhead})
	c.PREFETCHT0(operand.Mem{Base: x, Disp: covarianceAhead + 64})
	c.VMOVUPD_Z(operand.Mem{Base: x}, k, v)
	c.VSUBPD(shift, v, v)
	c.VADDPD(operand.Mem{Base: to}, v, v)
	c.VMOVUPD(v, operand.Mem{Base: to})
	c.ADDQ(d, x)
	c.ADDQ(operand.Imm(4), label)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

func covarianceSums256(c *build.Context) {
	function(c, "covarianceSumsAVX2", "func(x *float64, d, rows int, mask *[8]uint64, label *int32, shift, sums *float64, p int)",
		"is covarianceSumsAVX512.")
	x, d := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	rows := c.Load(c.Param("rows"), c.GP64())
	m := covarianceMask256(c)
	label, from := c.Load(c.Param("label"), c.GP64()), c.Load(c.Param("shift"), c.GP64())
	sums, p := c.Load(c.Param("sums"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	var shift, v [2]reg.VecVirtual
	for h := range v {
		shift[h], v[h] = c.YMM(), c.YMM()
		c.VMOVUPD(operand.Mem{Base: from, Disp: 32 * h}, shift[h])
	}
	c.SHLQ(operand.Imm(3), d)
	c.SHLQ(operand.Imm(3), p)
	c.Label("row")
	to := covarianceSlot(c, operand.Mem{Base: label}, p, sums)
	for h := range v {
		c.VMASKMOVPD(operand.Mem{Base: x, Disp: 32 * h}, m[h], v[h])
		c.VSUBPD(shift[h], v[h], v[h])
		c.VADDPD(operand.Mem{Base: to, Disp: 32 * h}, v[h], v[h])
		c.VMOVUPD(v[h], operand.Mem{Base: to, Disp: 32 * h})
	}
	c.ADDQ(d, x)
	c.ADDQ(operand.Imm(4), label)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}

func covarianceOwn512(c *build.Context) {
	function(c, "covarianceOwnAVX512", "func(x *float64, d, eights int, mask uint64, label *int32, shift, centres *float64, p int, out *float64)",
		"writes the squared distances of eight times eights rows less shift to the centres of their groups.")
	x, d := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	eights, mask := c.Load(c.Param("eights"), c.GP64()), c.Load(c.Param("mask"), c.GP64())
	label, shift := c.Load(c.Param("label"), c.GP64()), c.Load(c.Param("shift"), c.GP64())
	centres, p := c.Load(c.Param("centres"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	out := c.Load(c.Param("out"), c.GP64())
	k := c.K()
	c.KMOVB(mask.(reg.GP).As32(), k)
	full := c.GP64() // bytes of the full registers of a row
	c.MOVQ(p, full)
	c.SUBQ(operand.Imm(8), full)
	c.SHLQ(operand.Imm(3), full)
	c.SHLQ(operand.Imm(3), d)
	c.SHLQ(operand.Imm(3), p)
	acc := make([]reg.VecVirtual, 8)
	c.Label("rows")
	for r := range acc {
		acc[r] = c.ZMM()
		c.VPXORQ(acc[r], acc[r], acc[r])
		m := covarianceSlot(c, operand.Mem{Base: label, Disp: 4 * r}, p, centres)
		at, t := c.GP64(), c.ZMM()
		c.XORQ(at, at)
		loop, last := "columns"+string(rune('0'+r)), "last"+string(rune('0'+r))
		c.Label(loop)
		c.CMPQ(at, full)
		c.JGE(operand.LabelRef(last))
		c.PREFETCHT0(operand.Mem{Base: x, Index: at, Scale: 1, Disp: covarianceAhead})
		c.VMOVUPD(operand.Mem{Base: x, Index: at, Scale: 1}, t)
		c.VSUBPD(operand.Mem{Base: shift, Index: at, Scale: 1}, t, t)
		c.VSUBPD(operand.Mem{Base: m, Index: at, Scale: 1}, t, t)
		c.VFMADD231PD(t, t, acc[r])
		c.ADDQ(operand.Imm(64), at)
		c.JMP(operand.LabelRef(loop))
		c.Label(last)
		c.PREFETCHT0(operand.Mem{Base: x, Index: at, Scale: 1, Disp: covarianceAhead})
		c.VMOVUPD_Z(operand.Mem{Base: x, Index: at, Scale: 1}, k, t)
		c.VSUBPD(operand.Mem{Base: shift, Index: at, Scale: 1}, t, t)
		c.VSUBPD(operand.Mem{Base: m, Index: at, Scale: 1}, t, t)
		c.VFMADD231PD(t, t, acc[r])
		c.ADDQ(d, x)
	}
	c.VMOVUPD(laneSums512(c, acc), operand.Mem{Base: out})
	c.ADDQ(operand.Imm(64), out)
	c.ADDQ(operand.Imm(32), label)
	c.DECQ(eights)
	c.JNZ(operand.LabelRef("rows"))
	c.VZEROUPPER()
	c.RET()
}

func covarianceOwn256(c *build.Context) {
	function(c, "covarianceOwnAVX2", "func(x *float64, d, rows int, mask *[8]uint64, label *int32, shift, centres *float64, p int, out *float64)",
		"is covarianceOwnAVX512 row by row.")
	x, d := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("d"), c.GP64())
	rows := c.Load(c.Param("rows"), c.GP64())
	k := covarianceMask256(c)
	label, shift := c.Load(c.Param("label"), c.GP64()), c.Load(c.Param("shift"), c.GP64())
	centres, p := c.Load(c.Param("centres"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	out := c.Load(c.Param("out"), c.GP64())
	full := c.GP64()
	c.MOVQ(p, full)
	c.SUBQ(operand.Imm(8), full)
	c.SHLQ(operand.Imm(3), full)
	c.SHLQ(operand.Imm(3), d)
	c.SHLQ(operand.Imm(3), p)
	var acc, t [2]reg.VecVirtual
	for h := range acc {
		acc[h], t[h] = c.YMM(), c.YMM()
	}
	c.Label("row")
	m := covarianceSlot(c, operand.Mem{Base: label}, p, centres)
	at := c.GP64()
	c.XORQ(at, at)
	for h := range acc {
		c.VPXOR(acc[h], acc[h], acc[h])
	}
	step := func(load func(h int, from operand.Mem)) {
		for h := range acc {
			load(h, operand.Mem{Base: x, Index: at, Scale: 1, Disp: 32 * h})
			c.VSUBPD(operand.Mem{Base: shift, Index: at, Scale: 1, Disp: 32 * h}, t[h], t[h])
			c.VSUBPD(operand.Mem{Base: m, Index: at, Scale: 1, Disp: 32 * h}, t[h], t[h])
			c.VFMADD231PD(t[h], t[h], acc[h])
		}
	}
	c.Label("columns")
	c.CMPQ(at, full)
	c.JGE(operand.LabelRef("last"))
	step(func(h int, from operand.Mem) { c.VMOVUPD(from, t[h]) })
	c.ADDQ(operand.Imm(64), at)
	c.JMP(operand.LabelRef("columns"))
	c.Label("last")
	step(func(h int, from operand.Mem) { c.VMASKMOVPD(from, k[h], t[h]) })
	// (0+1) (4+5) (2+3) (6+7), then (0+1)+(2+3) and (4+5)+(6+7), then their sum.
	c.VHADDPD(acc[1], acc[0], acc[0])
	top, swap := c.XMM(), c.XMM()
	c.VEXTRACTF128(operand.Imm(1), acc[0], top)
	c.VADDPD(top, acc[0].AsX(), top)
	c.VPERMILPD(operand.Imm(1), top, swap)
	c.VADDSD(swap, top, top)
	c.VMOVSD(top, operand.Mem{Base: out})
	c.ADDQ(operand.Imm(8), out)
	c.ADDQ(d, x)
	c.ADDQ(operand.Imm(4), label)
	c.DECQ(rows)
	c.JNZ(operand.LabelRef("row"))
	c.VZEROUPPER()
	c.RET()
}
