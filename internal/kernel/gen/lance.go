package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Linkages: distances from one cluster's rows to many others, the update of Lance and
// Williams, the least of a row of distances.
func init() {
	add("lance", func(c *build.Context) {
		for _, wide := range []bool{true, false} {
			v := &lanceVec{Context: c, suffix: "AVX512", lanes: 8, vec: c.ZMM}
			if !wide {
				v.suffix, v.lanes, v.vec = "AVX2", 4, c.YMM
			}
			v.link("linkSum", false)
			v.link("linkMost", true)
			v.update("lanceMean", true)
			v.update("lanceMost", false)
			v.least()
			v.first()
		}
	})
}

type lanceVec struct {
	*build.Context
	suffix string
	lanes  int
	vec    func() reg.VecVirtual
}

func (v *lanceVec) wide() bool { return v.lanes == 8 }

func (v *lanceVec) zero() reg.VecVirtual {
	r := v.vec()
	if v.wide() {
		v.VPXORQ(r, r, r)
	} else {
		v.VPXOR(r, r, r)
	}
	return r
}

// load reads a parameter again, so that it needs no register between.
func (v *lanceVec) load(name string) reg.GPVirtual {
	g := v.GP64()
	v.MOVQ(parameter(v.Context, name), g)
	return g
}

// infinity fills a register.
func (v *lanceVec) infinity() reg.VecVirtual {
	g, r := v.GP64(), v.vec()
	v.MOVQ(operand.U64(infinity64), g)
	v.VMOVQ(g, r.(reg.Vec).AsX())
	v.VPBROADCASTQ(r.(reg.Vec).AsX(), r)
	return r
}

// link writes the sum or the largest over the rows of x: four rows at a time, so that
// their sums and roots do not wait for each other.
func (v *lanceVec) link(name string, most bool) {
	function(v.Context, name+v.suffix, "func(x *float64, rows, d int, w, y *float64, blocks int, out *float64)",
		"is the plain twin for blocks × 8 rows of y.")
	y, out, blocks := v.load("y"), v.load("out"), v.load("blocks")
	three, back := v.load("d"), v.load("d")
	v.LEAQ(operand.Mem{Base: three, Index: three, Scale: 2}, three)
	v.SHLQ(operand.Imm(3), three) // three rows of x
	v.SHLQ(operand.Imm(6), back)  // a block of y
	v.Label("block")
	for h := 0; h < 8/v.lanes; h++ {
		at := func(s string) string { return s + string(rune('0'+h)) }
		total := v.zero()
		x, w, left := v.load("x"), v.load("w"), v.load("rows")
		rows := func(count int) {
			acc := make([]reg.VecVirtual, count)
			for q := range acc {
				acc[q] = v.zero()
			}
			n, p, x3 := v.load("d"), v.GP64(), v.GP64()
			v.MOVQ(y, p)
			from := []operand.Mem{{Base: x}}
			if count == 4 {
				d8 := v.load("d")
				v.SHLQ(operand.Imm(3), d8)
				v.LEAQ(operand.Mem{Base: x, Index: three, Scale: 1}, x3)
				from = append(from, operand.Mem{Base: x, Index: d8, Scale: 1}, operand.Mem{Base: x, Index: d8, Scale: 2}, operand.Mem{Base: x3})
			}
			loop := at([]string{"", "one", "", "", "four"}[count] + "coordinate")
			v.Label(loop)
			a := v.vec()
			v.VMOVUPD(operand.Mem{Base: p, Disp: 32 * h}, a)
			for q := range acc {
				t := v.vec()
				v.VBROADCASTSD(from[q], t)
				v.VSUBPD(a, t, t)
				v.VFMADD231PD(t, t, acc[q])
			}
			v.ADDQ(operand.Imm(8), x)
			if count == 4 {
				v.ADDQ(operand.Imm(8), x3)
			}
			v.ADDQ(operand.Imm(64), p)
			v.DECQ(n)
			v.JNZ(operand.LabelRef(loop))
			for q := range acc {
				if most {
					v.VMAXPD(acc[q], total, total)
					continue
				}
				t := v.vec()
				v.VSQRTPD(acc[q], acc[q])
				v.VBROADCASTSD(operand.Mem{Base: w, Disp: 8 * q}, t)
				v.VFMADD231PD(t, acc[q], total)
			}
			if count == 4 {
				v.ADDQ(three, x)
			}
			if !most {
				v.ADDQ(operand.Imm(uint64(8*count)), w)
			}
		}
		v.CMPQ(left, operand.Imm(4))
		v.JLT(operand.LabelRef(at("few")))
		v.Label(at("four"))
		rows(4)
		v.SUBQ(operand.Imm(4), left)
		v.CMPQ(left, operand.Imm(4))
		v.JGE(operand.LabelRef(at("four")))
		v.Label(at("few"))
		v.TESTQ(left, left)
		v.JZ(operand.LabelRef(at("done")))
		v.Label(at("one"))
		rows(1)
		v.DECQ(left)
		v.JNZ(operand.LabelRef(at("one")))
		v.Label(at("done"))
		v.VMOVUPD(total, operand.Mem{Base: out, Disp: 32 * h})
	}
	v.ADDQ(back, y)
	v.ADDQ(operand.Imm(64), out)
	v.DECQ(blocks)
	v.JNZ(operand.LabelRef("block"))
	v.VZEROUPPER()
	v.RET()
}

// update overwrites y and returns the least of what it wrote.
func (v *lanceVec) update(name string, mean bool) {
	signature := "func(x, y *float64, blocks int) float64"
	if mean {
		signature = "func(x, y *float64, blocks int, a, b float64) float64"
	}
	function(v.Context, name+v.suffix, signature, "is the plain twin for blocks × 8 numbers.")
	x, y, blocks := v.load("x"), v.load("y"), v.load("blocks")
	a, b, both := v.vec(), v.vec(), v.vec()
	if mean {
		v.VBROADCASTSD(parameter(v.Context, "a"), a)
		v.VBROADCASTSD(parameter(v.Context, "b"), b)
		v.VADDPD(a, b, both)
	}
	least := v.infinity()
	v.Label("block")
	for h := 0; h < 8/v.lanes; h++ {
		p, q := v.vec(), v.vec()
		v.VMOVUPD(operand.Mem{Base: x, Disp: 32 * h}, p)
		to := operand.Mem{Base: y, Disp: 32 * h}
		if mean {
			v.VMULPD(a, p, p)
			v.VMULPD(to, b, q)
			v.VADDPD(p, q, q)
			v.VDIVPD(both, q, q)
		} else {
			v.VMAXPD(to, p, q)
		}
		v.VMOVUPD(q, to)
		v.VMINPD(q, least, least)
	}
	v.ADDQ(operand.Imm(64), x)
	v.ADDQ(operand.Imm(64), y)
	v.DECQ(blocks)
	v.JNZ(operand.LabelRef("block"))
	v.finish(least)
}

// finish returns the least lane.
func (v *lanceVec) finish(least reg.VecVirtual) {
	other := v.vec()
	if v.wide() {
		v.VSHUFF64X2(operand.Imm(0x4e), least, least, other)
		v.VMINPD(other, least, least)
		v.VSHUFF64X2(operand.Imm(0xb1), least, least, other)
		v.VMINPD(other, least, least)
		v.VPERMILPD(operand.Imm(0x55), least, other)
	} else {
		v.VPERMPD(operand.Imm(0x4e), least, other)
		v.VMINPD(other, least, least)
		v.VPERMPD(operand.Imm(0xb1), least, other)
	}
	v.VMINPD(other, least, least)
	v.Store(least.(reg.Vec).AsX(), v.ReturnIndex(0))
	v.VZEROUPPER()
	v.RET()
}

// least takes 32 numbers at a time while there are as many.
func (v *lanceVec) least() {
	function(v.Context, "lanceLeast"+v.suffix, "func(row *float64, blocks int) float64", "returns the least of blocks × 8 numbers.")
	row, blocks := v.load("row"), v.load("blocks")
	least := make([]reg.VecVirtual, 4)
	for q := range least {
		least[q] = v.infinity()
	}
	step := func(from, count int) {
		for q := range count {
			v.VMINPD(operand.Mem{Base: row, Disp: 8 * v.lanes * (from + q)}, least[q], least[q])
		}
	}
	per := 8 / v.lanes
	v.CMPQ(blocks, operand.Imm(4))
	v.JLT(operand.LabelRef("few"))
	v.Label("four")
	for i := range per {
		step(4*i, 4)
	}
	v.ADDQ(operand.U32(256), row)
	v.SUBQ(operand.Imm(4), blocks)
	v.CMPQ(blocks, operand.Imm(4))
	v.JGE(operand.LabelRef("four"))
	v.Label("few")
	v.TESTQ(blocks, blocks)
	v.JZ(operand.LabelRef("done"))
	v.Label("one")
	step(0, per)
	v.ADDQ(operand.Imm(64), row)
	v.DECQ(blocks)
	v.JNZ(operand.LabelRef("one"))
	v.Label("done")
	v.VMINPD(least[1], least[0], least[0])
	v.VMINPD(least[3], least[2], least[2])
	v.VMINPD(least[2], least[0], least[0])
	v.finish(least[0])
}

// first returns the first place of value, blocks × 8 if there is none.
func (v *lanceVec) first() {
	function(v.Context, "lanceFirst"+v.suffix, "func(row *float64, blocks int, value float64) int", "returns the first place of value among blocks × 8 numbers, or blocks × 8.")
	row, blocks := v.load("row"), v.load("blocks")
	value := v.vec()
	v.VBROADCASTSD(parameter(v.Context, "value"), value)
	at, mask := v.GP64(), v.GP64()
	v.XORQ(at, at)
	v.Label("block")
	for h := 0; h < 8/v.lanes; h++ {
		from := operand.Mem{Base: row, Disp: 32 * h}
		if v.wide() {
			k := v.K()
			v.VCMPPD(operand.Imm(0), from, value, k)
			v.KMOVB(k, mask.As32())
		} else {
			m := v.vec()
			v.VCMPPD(operand.Imm(0), from, value, m)
			v.VMOVMSKPD(m, mask.As32())
		}
		v.TESTL(mask.As32(), mask.As32())
		v.JNZ(operand.LabelRef("found"))
		v.ADDQ(operand.Imm(uint64(v.lanes)), at)
	}
	v.ADDQ(operand.Imm(64), row)
	v.DECQ(blocks)
	v.JNZ(operand.LabelRef("block"))
	v.JMP(operand.LabelRef("end"))
	v.Label("found")
	v.BSFL(mask.As32(), mask.As32())
	v.MOVL(mask.As32(), mask.As32())
	v.ADDQ(mask, at)
	v.Label("end")
	v.Store(at, v.ReturnIndex(0))
	v.VZEROUPPER()
	v.RET()
}
