package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The two least scores of each row over a list of centres. A tile is some blocks of 16
// rows times some centres; its scores stay in registers while the coordinates pass.
func init() {
	add("nearest32", func(c *build.Context) {
		top2AVX512(c, "top2PairsAVX512", 2)
		top2AVX512(c, "top2AVX512", 1)
		top2AVX2(c)
	})
}

const top2Signature = "func(x *float32, count, d int, centers *float32, stride int, list *int32, groups int, best, second *float32, label *int32)"

// top2Ahead is how many bytes ahead rows are asked for.
const top2Ahead = 4096

// infinity32 is +Inf as float32 bits.
const infinity32 = 0x7f800000

// parameter is the memory operand of a parameter.
func parameter(c *build.Context, name string) operand.Mem {
	b, err := c.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// pointers makes registers of the addresses of centres from … from+n−1 of the group at
// list.
func pointers(c *build.Context, list reg.GPVirtual, p []reg.GPVirtual, from int) {
	for l := range p {
		c.MOVLQSX(operand.Mem{Base: list, Disp: 4 * (from + l)}, p[l])
		c.IMULQ(parameter(c, "stride"), p[l])
		c.ADDQ(parameter(c, "centers"), p[l])
	}
}

func top2AVX512(c *build.Context, name string, blocks int) {
	const tile = 8
	function(c, name, top2Signature, fmt.Sprintf("scores count × %d rows against groups × 8 listed centres, each stride bytes after the one before.", 16*blocks))
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	left, end := c.AllocLocal(8), c.AllocLocal(8)
	list, j := c.GP64(), c.GP64()
	p := make([]reg.GPVirtual, tile)
	for l := range p {
		p[l] = c.GP64()
	}
	best, second, label := make([]reg.VecVirtual, blocks), make([]reg.VecVirtual, blocks), make([]reg.VecVirtual, blocks)
	row := make([]reg.VecVirtual, blocks)
	acc := make([][]reg.VecVirtual, blocks)
	for b := range blocks {
		best[b], second[b], label[b], row[b] = c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
		acc[b] = make([]reg.VecVirtual, tile)
		for l := range tile {
			acc[b][l] = c.ZMM()
		}
	}
	center := []reg.VecVirtual{c.ZMM(), c.ZMM()}
	c.SHLQ(operand.Imm(2), width)
	c.MOVQ(width, end) // bytes of a centre's coordinates
	c.SHLQ(operand.Imm(4), width)

	c.Label("rows")
	if blocks == 2 {
		// Work between rows keeps the processor's own look-ahead from getting far.
		c.LEAQ(operand.Mem{Base: x, Index: width, Scale: 1}, list)
		c.XORQ(j, j)
		c.Label("ahead")
		c.PREFETCHT0(operand.Mem{Base: x, Index: j, Scale: 1, Disp: top2Ahead})
		c.PREFETCHT0(operand.Mem{Base: list, Index: j, Scale: 1, Disp: top2Ahead})
		c.ADDQ(operand.Imm(64), j)
		c.CMPQ(j, width)
		c.JL(operand.LabelRef("ahead"))
	}
	c.MOVL(operand.U32(infinity32), j.As32())
	for b := range blocks {
		c.VPBROADCASTD(j.As32(), best[b])
		c.VMOVAPS(best[b], second[b])
		c.VPXORD(label[b], label[b], label[b])
	}
	c.MOVQ(parameter(c, "groups"), list)
	c.MOVQ(list, left)
	c.MOVQ(parameter(c, "list"), list)

	c.Label("group")
	pointers(c, list, p, 0)
	for l := range tile {
		c.VBROADCASTSS(operand.Mem{Base: p[l]}, acc[0][l])
		for b := 1; b < blocks; b++ {
			c.VMOVAPS(acc[0][l], acc[b][l])
		}
	}
	c.XORQ(j, j)
	c.Label("coordinate")
	for b := range blocks {
		at := operand.Mem{Base: x}
		if b == 1 {
			at.Index, at.Scale = width, 1
		}
		c.VMOVUPS(at, row[b])
	}
	c.ADDQ(operand.Imm(64), x)
	for l := range tile {
		v := center[l%2]
		c.VBROADCASTSS(operand.Mem{Base: p[l], Index: j, Scale: 1, Disp: 4}, v)
		for b := range blocks {
			c.VFNMADD231PS(row[b], v, acc[b][l])
		}
	}
	c.ADDQ(operand.Imm(4), j)
	c.CMPQ(j, end)
	c.JL(operand.LabelRef("coordinate"))
	c.SUBQ(width, x)

	less := make([]reg.Register, blocks)
	for l := range tile {
		v := center[l%2]
		c.VPBROADCASTD(operand.Mem{Base: list, Disp: 4 * l}, v)
		for b := range blocks {
			less[b] = c.K()
			c.VCMPPS(operand.Imm(1), best[b], acc[b][l], less[b])
			c.VMAXPS(best[b], acc[b][l], row[b])
			c.VMINPS(best[b], acc[b][l], best[b])
			c.VMINPS(second[b], row[b], second[b])
			c.VMOVDQA32(v, less[b], label[b])
		}
	}
	c.ADDQ(operand.Imm(4*tile), list)
	c.DECQ(left)
	c.JNZ(operand.LabelRef("group"))

	for _, o := range []struct {
		name  string
		value []reg.VecVirtual
	}{{"best", best}, {"second", second}, {"label", label}} {
		c.MOVQ(parameter(c, o.name), j)
		for b := range blocks {
			c.VMOVUPS(o.value[b], operand.Mem{Base: j, Disp: 64 * b})
		}
		c.ADDQ(operand.I32(64*blocks), parameter(c, o.name))
	}
	for range blocks {
		c.ADDQ(width, x)
	}
	c.DECQ(parameter(c, "count"))
	c.JNZ(operand.LabelRef("rows"))
	c.VZEROUPPER()
	c.RET()
}

// top2AVX2 makes two tiles of 16 rows × 4 centres of each group. The results of a block
// stay in memory between tiles; blends take the place of masks.
func top2AVX2(c *build.Context) {
	const tile = 4
	function(c, "top2AVX2", top2Signature, "scores count × 16 rows against groups × 8 listed centres, each stride bytes after the one before.")
	x := c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	width := c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	left, end := c.AllocLocal(8), c.AllocLocal(8)
	list, j, out := c.GP64(), c.GP64(), c.GP64()
	p := make([]reg.GPVirtual, tile)
	for l := range p {
		p[l] = c.GP64()
	}
	var acc [2][tile]reg.VecVirtual
	for h := range acc {
		for l := range tile {
			acc[h][l] = c.YMM()
		}
	}
	row := [2]reg.VecVirtual{c.YMM(), c.YMM()}
	center := c.YMM()
	best, second, label, mask := c.YMM(), c.YMM(), c.YMM(), c.YMM()
	c.SHLQ(operand.Imm(2), width)
	c.MOVQ(width, end)
	c.SHLQ(operand.Imm(4), width)

	c.Label("rows")
	c.MOVL(operand.U32(infinity32), j.As32())
	c.VMOVD(j.As32(), best.(reg.Vec).AsX())
	c.VPBROADCASTD(best.(reg.Vec).AsX(), best)
	c.VPXOR(label, label, label)
	for _, o := range []struct {
		name  string
		value reg.VecVirtual
	}{{"best", best}, {"second", best}, {"label", label}} {
		c.MOVQ(parameter(c, o.name), out)
		c.VMOVUPS(o.value, operand.Mem{Base: out})
		c.VMOVUPS(o.value, operand.Mem{Base: out, Disp: 32})
	}
	c.MOVQ(parameter(c, "groups"), list)
	c.SHLQ(operand.Imm(1), list)
	c.MOVQ(list, left)
	c.MOVQ(parameter(c, "list"), list)

	c.Label("group")
	pointers(c, list, p, 0)
	for l := range tile {
		c.VBROADCASTSS(operand.Mem{Base: p[l]}, acc[0][l])
		c.VMOVAPS(acc[0][l], acc[1][l])
	}
	c.XORQ(j, j)
	c.Label("coordinate")
	for h := range row {
		c.VMOVUPS(operand.Mem{Base: x, Disp: 32 * h}, row[h])
	}
	c.ADDQ(operand.Imm(64), x)
	for l := range tile {
		c.VBROADCASTSS(operand.Mem{Base: p[l], Index: j, Scale: 1, Disp: 4}, center)
		for h := range row {
			c.VFNMADD231PS(row[h], center, acc[h][l])
		}
	}
	c.ADDQ(operand.Imm(4), j)
	c.CMPQ(j, end)
	c.JL(operand.LabelRef("coordinate"))
	c.SUBQ(width, x)

	for h := range acc {
		for _, o := range []struct {
			name  string
			value reg.VecVirtual
		}{{"best", best}, {"second", second}, {"label", label}} {
			c.MOVQ(parameter(c, o.name), out)
			c.VMOVUPS(operand.Mem{Base: out, Disp: 32 * h}, o.value)
		}
		for l := range tile {
			s := acc[h][l]
			c.VCMPPS(operand.Imm(1), best, s, mask)
			c.VPBROADCASTD(operand.Mem{Base: list, Disp: 4 * l}, center)
			c.VBLENDVPS(mask, center, label, label)
			c.VMAXPS(best, s, row[0])
			c.VMINPS(best, s, best)
			c.VMINPS(second, row[0], second)
		}
		c.VMOVUPS(label, operand.Mem{Base: out, Disp: 32 * h})
		for _, o := range []struct {
			name  string
			value reg.VecVirtual
		}{{"best", best}, {"second", second}} {
			c.MOVQ(parameter(c, o.name), out)
			c.VMOVUPS(o.value, operand.Mem{Base: out, Disp: 32 * h})
		}
	}
	c.ADDQ(operand.Imm(4*tile), list)
	c.DECQ(left)
	c.JNZ(operand.LabelRef("group"))

	for _, name := range []string{"best", "second", "label"} {
		c.ADDQ(operand.Imm(64), parameter(c, name))
	}
	c.ADDQ(width, x)
	c.DECQ(parameter(c, "count"))
	c.JNZ(operand.LabelRef("rows"))
	c.VZEROUPPER()
	c.RET()
}
