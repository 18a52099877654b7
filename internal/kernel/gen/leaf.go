package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A leaf of a kd-tree, a point a lane: distances to its points, and from its points to a
// box or to another leaf.
func init() {
	add("leaf", func(c *build.Context) {
		for _, v := range []leafVector{{"AVX512", 8}, {"AVX2", 4}} {
			v.one(c, "leafSquares", true)
			v.one(c, "leafWithin", false)
			v.box(c, "leafBox", false)
			v.box(c, "leafReach", true)
			v.pairs(c, "leafPairs", true)
			v.pairs(c, "leafHits", false)
		}
		for _, blocks := range []int{1, 2, 4} {
			leafMerge512(c, blocks)
		}
	})
}

// leafLanes is LeafLanes of package kernel; leafColumn is the bytes of a leaf's column.
const (
	leafLanes  = 32
	leafColumn = 8 * leafLanes
)

// leafVector writes the kernels for registers of so many lanes.
type leafVector struct {
	name  string
	lanes int
}

func (v leafVector) reg(c *build.Context) reg.VecVirtual {
	if v.lanes == 8 {
		return c.ZMM()
	}
	return c.YMM()
}

// sums returns the registers of a leaf's sums, zeroed.
func (v leafVector) sums(c *build.Context) []reg.VecVirtual {
	s := make([]reg.VecVirtual, leafLanes/v.lanes)
	for i := range s {
		s[i] = v.reg(c)
	}
	return s
}

func (v leafVector) zero(c *build.Context, s ...reg.VecVirtual) {
	for _, r := range s {
		if v.lanes == 8 {
			c.VPXORQ(r, r, r)
		} else {
			c.VPXOR(r, r, r)
		}
	}
}

// squares adds up the squared distances from the point whose coordinates begin at q,
// step bytes apart, to the leaf at to; n is d and becomes 0, q and to go d columns on.
func (v leafVector) squares(c *build.Context, label string, q, to, n reg.Register, step uint64, s []reg.VecVirtual) {
	v.zero(c, s...)
	c.Label(label)
	x := v.reg(c)
	c.VBROADCASTSD(operand.Mem{Base: q}, x)
	for i, a := range s {
		t := v.reg(c)
		c.VSUBPD(operand.Mem{Base: to, Disp: 8 * v.lanes * i}, x, t)
		c.VFMADD231PD(t, t, a)
	}
	c.ADDQ(operand.U32(step), q)
	c.ADDQ(operand.U32(leafColumn), to)
	c.DECQ(n)
	c.JNZ(operand.LabelRef(label))
}

// mask returns the lanes whose sum compares so with limit(i), an operand for register i.
func (v leafVector) mask(c *build.Context, how uint64, s []reg.VecVirtual, limit func(i int) operand.Op) reg.GPVirtual {
	out := c.GP64()
	if v.lanes == 8 {
		k := make([]reg.OpmaskVirtual, 4)
		for i := range k {
			k[i] = c.K()
			c.VCMPPD(operand.Imm(how), limit(i), s[i], k[i])
		}
		c.KUNPCKBW(k[0], k[1], k[0])
		c.KUNPCKBW(k[2], k[3], k[2])
		c.KUNPCKWD(k[0], k[2], k[0])
		c.KMOVD(k[0], out.As32())
		return out
	}
	for i := len(s) - 1; i >= 0; i-- {
		t, bits := c.YMM(), out
		if i < len(s)-1 {
			bits = c.GP64()
		}
		c.VCMPPD(operand.Imm(how), limit(i), s[i], t)
		c.VMOVMSKPD(t, bits.As32())
		if i < len(s)-1 {
			c.SHLQ(operand.Imm(4), out)
			c.ORQ(bits, out)
		}
	}
	return out
}

func (v leafVector) store(c *build.Context, s []reg.VecVirtual, to reg.Register) {
	for i, a := range s {
		c.VMOVUPD(a, operand.Mem{Base: to, Disp: 8 * v.lanes * i})
	}
}

// one writes the kernel of one point and a leaf.
func (v leafVector) one(c *build.Context, name string, keep bool) {
	signature := "func(q, leaf *float64, d int, limit float64) uint64"
	doc := "returns the lanes of leaf whose squared distance from q is at most limit."
	if keep {
		signature = "func(q, leaf *float64, d int, limit float64, out *float64) uint64"
		doc = "writes the squared distances from q to the lanes of leaf to out and returns those that are at most limit."
	}
	function(c, name+v.name, signature, doc)
	q, leaf := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("leaf"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	s := v.sums(c)
	v.squares(c, "column", q, leaf, d, 8, s)
	limit := v.reg(c)
	c.VBROADCASTSD(parameter(c, "limit"), limit)
	if keep {
		v.store(c, s, c.Load(c.Param("out"), c.GP64()))
	}
	c.Store(v.mask(c, lessOrEqual, s, func(int) operand.Op { return limit }), c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

// box writes the kernel of a leaf and a box, which may also say in which lanes the
// distance is less than the limit.
func (v leafVector) box(c *build.Context, name string, less bool) {
	signature := "func(leaf, box *float64, d int, limit *float64) uint64"
	doc := "returns the lanes of leaf whose squared distance to the box is at most their limit."
	if less {
		signature = "func(leaf, box *float64, d int, limit *float64) (within, under uint64)"
		doc = "returns the lanes of leaf whose squared distance to the box is at most, and those where it is less than, their limit."
	}
	function(c, name+v.name, signature, doc)
	leaf, low := c.Load(c.Param("leaf"), c.GP64()), c.Load(c.Param("box"), c.GP64())
	d := c.Load(c.Param("d"), c.GP64())
	limit := c.Load(c.Param("limit"), c.GP64())
	high, zero := c.GP64(), v.reg(c)
	c.LEAQ(operand.Mem{Base: low, Index: d, Scale: 8}, high)
	v.zero(c, zero)
	s := v.sums(c)
	v.zero(c, s...)
	c.Label("column")
	lo, hi := v.reg(c), v.reg(c)
	c.VBROADCASTSD(operand.Mem{Base: low}, lo)
	c.VBROADCASTSD(operand.Mem{Base: high}, hi)
	for i, a := range s {
		at := operand.Mem{Base: leaf, Disp: 8 * v.lanes * i}
		t, u := v.reg(c), v.reg(c)
		c.VSUBPD(at, lo, t)
		c.VMOVUPD(at, u)
		c.VSUBPD(hi, u, u)
		// Of a NaN and a number VMAXPD takes the first operand here: NaN stays.
		c.VMAXPD(t, u, t)
		c.VMAXPD(t, zero, t)
		c.VFMADD231PD(t, t, a)
	}
	c.ADDQ(operand.Imm(8), low)
	c.ADDQ(operand.Imm(8), high)
	c.ADDQ(operand.U32(leafColumn), leaf)
	c.DECQ(d)
	c.JNZ(operand.LabelRef("column"))
	at := func(i int) operand.Op { return operand.Mem{Base: limit, Disp: 8 * v.lanes * i} }
	c.Store(v.mask(c, lessOrEqual, s, at), c.ReturnIndex(0))
	if less {
		c.Store(v.mask(c, lessThan, s, at), c.ReturnIndex(1))
	}
	c.VZEROUPPER()
	c.RET()
}

// pairs writes the kernel of the active lanes of a leaf and the whole of another.
func (v leafVector) pairs(c *build.Context, name string, keep bool) {
	signature := "func(from, to *float64, d int, active uint64, limit *float64, hits *uint64) uint64"
	if keep {
		signature = "func(from, to *float64, d int, active uint64, limit *float64, hits *uint64, out *float64) uint64"
	}
	function(c, name+v.name, signature,
		"compares the active lanes of from with the leaf at to; see the plain form. At least one is active.")
	from, to := c.Load(c.Param("from"), c.GP64()).(reg.GPVirtual), c.Load(c.Param("to"), c.GP64()).(reg.GPVirtual)
	d := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	active := c.Load(c.Param("active"), c.GP64()).(reg.GPVirtual)
	limits := c.Load(c.Param("limit"), c.GP64()).(reg.GPVirtual)
	hits := c.Load(c.Param("hits"), c.GP64()).(reg.GPVirtual)
	var out reg.GPVirtual
	if keep {
		out = c.Load(c.Param("out"), c.GP64()).(reg.GPVirtual)
	}
	some, i, q, leaf, n := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.XORQ(some, some)
	s := v.sums(c)
	c.Label("lane")
	c.BSFQ(active, i)
	c.LEAQ(operand.Mem{Base: from, Index: i, Scale: 8}, q)
	c.MOVQ(to, leaf)
	c.MOVQ(d, n)
	v.squares(c, "column", q, leaf, n, leafColumn, s)
	limit := v.reg(c)
	c.VBROADCASTSD(operand.Mem{Base: limits, Index: i, Scale: 8}, limit)
	mask := v.mask(c, lessOrEqual, s, func(int) operand.Op { return limit })
	c.MOVQ(mask, operand.Mem{Base: hits, Index: i, Scale: 8})
	if keep {
		at := c.GP64()
		c.MOVQ(i, at)
		c.SHLQ(operand.Imm(8), at) // leafColumn bytes
		c.ADDQ(out, at)
		v.store(c, s, at)
	}
	with := c.GP64()
	c.MOVQ(some, with)
	c.BTSQ(i, with)
	c.TESTQ(mask, mask)
	c.CMOVQNE(with, some)
	c.LEAQ(operand.Mem{Base: active, Disp: -1}, n)
	c.ANDQ(n, active)
	c.JNZ(operand.LabelRef("lane"))
	c.Store(some, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

const (
	lessThan    = 0x11 // of VCMPPD: ordered, quiet
	greaterThan = 0x1e // the same
	equalTo     = 0x00
	above       = 6 // of VPCMPUD: not less or equal
)

// leafMerge512 writes the kernel that puts what was found into lists of 8·blocks points,
// which stay in registers meanwhile: v goes where the first larger one stood, and those
// from there on move by a lane.
func leafMerge512(c *build.Context, blocks int) {
	shift := []uint64{1: 3, 2: 4, 4: 5}[blocks]
	function(c, "leafMerge"+[]string{1: "8", 2: "16", 4: "32"}[blocks]+"AVX512",
		"func(some uint64, hits *uint64, out *float64, number *int32, sq *float64, index *int32, last int, limit *float64)",
		"puts the hits of the lanes some into their lists; see the plain form. At least one is in some.")
	some := c.Load(c.Param("some"), c.GP64()).(reg.GPVirtual)
	hits := c.Load(c.Param("hits"), c.GP64()).(reg.GPVirtual)
	out := c.Load(c.Param("out"), c.GP64()).(reg.GPVirtual)
	number := c.Load(c.Param("number"), c.GP64()).(reg.GPVirtual)
	sq := c.Load(c.Param("sq"), c.GP64()).(reg.GPVirtual)
	index := c.Load(c.Param("index"), c.GP64()).(reg.GPVirtual)
	last := c.Load(c.Param("last"), c.GP64()).(reg.GPVirtual)
	limit := c.Load(c.Param("limit"), c.GP64()).(reg.GPVirtual)
	zero := c.ZMM()
	c.VPXORQ(zero, zero, zero)
	var list, moved []reg.VecVirtual
	var names, renamed []reg.VecVirtual
	for range blocks {
		list, moved = append(list, c.ZMM()), append(moved, c.ZMM())
		names, renamed = append(names, c.YMM()), append(renamed, c.YMM())
	}
	i, at, left, l, row := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.Label("lane")
	c.BSFQ(some, i)
	c.MOVQ(i, at)
	c.SHLQ(operand.Imm(shift), at) // where its list begins
	c.MOVQ(i, row)
	c.SHLQ(operand.Imm(8), row)
	c.ADDQ(out, row)
	for b := range blocks {
		c.VMOVUPD(operand.Mem{Base: sq, Index: at, Scale: 8, Disp: 64 * b}, list[b])
		c.VMOVDQU32(operand.Mem{Base: index, Index: at, Scale: 4, Disp: 32 * b}, names[b])
	}
	c.MOVQ(operand.Mem{Base: hits, Index: i, Scale: 8}, left)
	c.TESTQ(left, left)
	c.JZ(operand.LabelRef("next"))
	c.Label("hit")
	c.BSFQ(left, l)
	v, name := c.ZMM(), c.YMM()
	c.VBROADCASTSD(operand.Mem{Base: row, Index: l, Scale: 8}, v)
	c.VPBROADCASTD(operand.Mem{Base: number, Index: l, Scale: 4}, name)
	behind := make([]reg.OpmaskVirtual, blocks)
	equal := c.K()
	for b := range blocks {
		behind[b] = c.K()
		c.VCMPPD(operand.Imm(greaterThan), v, list[b], behind[b])
		if b == 0 {
			c.VCMPPD(operand.Imm(equalTo), v, list[b], equal)
		} else {
			same := c.K()
			c.VCMPPD(operand.Imm(equalTo), v, list[b], same)
			c.KORB(same, equal, equal)
		}
		before, beforeName := zero, zero.AsY()
		if b > 0 {
			before, beforeName = list[b-1], names[b-1].AsY()
		}
		c.VALIGNQ(operand.Imm(7), before, list[b], moved[b])
		c.VALIGND(operand.Imm(7), beforeName, names[b], renamed[b])
	}
	c.KORTESTB(equal, equal)
	c.JNZ(operand.LabelRef("tie")) // seldom: the numbers stay out of the chain of hits
	c.Label("place")
	// The first lane of those behind takes the point itself.
	all, first := c.K(), c.K()
	switch blocks {
	case 1:
		c.KADDB(behind[0], behind[0], first)
		c.KANDNB(behind[0], first, first)
	case 2:
		c.KUNPCKBW(behind[0], behind[1], all)
		c.KADDW(all, all, first)
		c.KANDNW(all, first, first)
	case 4:
		low := c.K()
		c.KUNPCKBW(behind[0], behind[1], low)
		c.KUNPCKBW(behind[2], behind[3], all)
		c.KUNPCKWD(low, all, all)
		c.KADDD(all, all, first)
		c.KANDND(all, first, first)
	}
	for b := range blocks {
		c.VMAXPD(v, moved[b], behind[b], list[b])
		c.VMOVDQA32(renamed[b], behind[b], names[b])
		c.VMOVDQA32(name, first, names[b])
		if b < blocks-1 {
			c.KSHIFTRD(operand.Imm(8), first, first)
		}
	}
	c.LEAQ(operand.Mem{Base: left, Disp: -1}, l)
	c.ANDQ(l, left)
	c.JNZ(operand.LabelRef("hit"))
	for b := range blocks {
		c.VMOVUPD(list[b], operand.Mem{Base: sq, Index: at, Scale: 8, Disp: 64 * b})
		c.VMOVDQU32(names[b], operand.Mem{Base: index, Index: at, Scale: 4, Disp: 32 * b})
	}
	c.ADDQ(last, at)
	c.MOVQ(operand.Mem{Base: sq, Index: at, Scale: 8}, at)
	c.MOVQ(at, operand.Mem{Base: limit, Index: i, Scale: 8})
	c.Label("next")
	c.LEAQ(operand.Mem{Base: some, Disp: -1}, l)
	c.ANDQ(l, some)
	c.JNZ(operand.LabelRef("lane"))
	c.VZEROUPPER()
	c.RET()
	c.Label("tie")
	for b := range blocks {
		same := c.K()
		c.VCMPPD(operand.Imm(equalTo), v, list[b], same)
		c.VPCMPUD(operand.Imm(above), name, names[b], same, same)
		c.KORB(same, behind[b], behind[b])
	}
	c.JMP(operand.LabelRef("place"))
}
