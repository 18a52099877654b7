package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Sums of distances between eight rows and a run of lane blocks: the silhouette's tile.
func init() {
	add("tile", func(c *build.Context) {
		tileSums512(c)
		tileSums256(c)
	})
}

// tileSquares512 leaves in acc[r] the squared distances from row r of the lane block at x
// to the eight rows of the lane block at y, one a lane; both pointers go d coordinates on.
func tileSquares512(c *build.Context, loop string, x, y, d reg.Register, acc []reg.VecVirtual) {
	for _, a := range acc {
		c.VPXORQ(a, a, a)
	}
	n := c.GP64()
	c.MOVQ(d, n)
	c.Label(loop)
	v := c.ZMM()
	c.VMOVUPD(operand.Mem{Base: y}, v)
	for r, a := range acc {
		t := c.ZMM()
		c.VSUBPD_BCST(operand.Mem{Base: x, Disp: 8 * r}, v, t)
		c.VFMADD231PD(t, t, a)
	}
	c.ADDQ(operand.Imm(64), x)
	c.ADDQ(operand.Imm(64), y)
	c.DECQ(n)
	c.JNZ(operand.LabelRef(loop))
}

func tileSums512(c *build.Context) {
	function(c, "tileSumsAVX512", "func(x, y *float64, d, blocks int, rows, last uint64, sums, cols *float64)",
		"adds up the distances between block x and blocks of y; byte r of rows, in the last block of last, masks the lanes that count for row r.")
	x, y := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("y"), c.GP64())
	d, blocks := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	rows, last := c.Load(c.Param("rows"), c.GP64()), c.Load(c.Param("last"), c.GP64())
	out, cols := c.Load(c.Param("sums"), c.GP64()), c.Load(c.Param("cols"), c.GP64())
	sum := make([]reg.VecVirtual, 8)
	for r := range sum {
		sum[r] = c.ZMM()
		c.VPXORQ(sum[r], sum[r], sum[r])
	}
	back := c.GP64()
	c.MOVQ(d, back)
	c.SHLQ(operand.Imm(6), back)
	// Row 0 is always there; rows 1 to 7 have a mask each.
	masks := make([]reg.OpmaskVirtual, 8)
	for r := 1; r < 8; r++ {
		c.SHRQ(operand.Imm(8), rows)
		masks[r] = c.K()
		c.KMOVB(rows.(reg.GP).As32(), masks[r])
	}
	step := func(loop string, root func(r int, acc reg.VecVirtual)) {
		acc := make([]reg.VecVirtual, 8)
		for r := range acc {
			acc[r] = c.ZMM()
		}
		tileSquares512(c, loop, x, y, d, acc)
		c.SUBQ(back, x)
		for r := range acc {
			root(r, acc[r])
		}
		col := c.ZMM()
		c.VMOVUPD(operand.Mem{Base: cols}, col)
		for r := range acc {
			c.VADDPD(acc[r], sum[r], sum[r])
			c.VADDPD(acc[r], col, col)
		}
		c.VMOVUPD(col, operand.Mem{Base: cols})
		c.ADDQ(operand.Imm(64), cols)
	}
	c.DECQ(blocks)
	c.JZ(operand.LabelRef("last"))
	c.Label("block")
	step("coordinate", func(r int, acc reg.VecVirtual) {
		if r == 0 {
			c.VSQRTPD(acc, acc)
			return
		}
		c.VSQRTPD_Z(acc, masks[r], acc)
	})
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.Label("last")
	step("lastCoordinate", func(_ int, acc reg.VecVirtual) {
		k := c.K()
		c.KMOVB(last.(reg.GP).As32(), k)
		c.SHRQ(operand.Imm(8), last)
		c.VSQRTPD_Z(acc, k, acc)
	})
	c.VMOVUPD(laneSums512(c, sum), operand.Mem{Base: out})
	c.VZEROUPPER()
	c.RET()
}

// laneSums512 adds up the lanes of eight registers, ((0+1)+(2+3))+((4+5)+(6+7)), into one.
func laneSums512(c *build.Context, s []reg.VecVirtual) reg.VecVirtual {
	var pair, quad [4]reg.VecVirtual
	for m := range pair {
		lo, hi := c.ZMM(), c.ZMM()
		c.VUNPCKLPD(s[2*m+1], s[2*m], lo)
		c.VUNPCKHPD(s[2*m+1], s[2*m], hi)
		c.VADDPD(hi, lo, lo)
		pair[m] = lo
	}
	join := func(a, b reg.VecVirtual) reg.VecVirtual {
		even, odd := c.ZMM(), c.ZMM()
		c.VSHUFF64X2(operand.Imm(0x88), b, a, even)
		c.VSHUFF64X2(operand.Imm(0xdd), b, a, odd)
		c.VADDPD(odd, even, even)
		return even
	}
	quad[0], quad[1] = join(pair[0], pair[1]), join(pair[2], pair[3])
	return join(quad[0], quad[1])
}

// tileSquares256 computes the squared distances from the row at x to the eight rows of block y in two
// registers; x goes d steps of eight on and y d blocks of coordinates.
func tileSquares256(c *build.Context, loop string, x, y, d reg.Register, lo, hi reg.VecVirtual) {
	c.VPXOR(lo, lo, lo)
	c.VPXOR(hi, hi, hi)
	n := c.GP64()
	c.MOVQ(d, n)
	c.Label(loop)
	v, t, u := c.YMM(), c.YMM(), c.YMM()
	c.VBROADCASTSD(operand.Mem{Base: x}, v)
	c.VSUBPD(operand.Mem{Base: y}, v, t)
	c.VSUBPD(operand.Mem{Base: y, Disp: 32}, v, u)
	c.VFMADD231PD(t, t, lo)
	c.VFMADD231PD(u, u, hi)
	c.ADDQ(operand.Imm(64), x)
	c.ADDQ(operand.Imm(64), y)
	c.DECQ(n)
	c.JNZ(operand.LabelRef(loop))
}

func tileSums256(c *build.Context) {
	function(c, "tileSumsAVX2", "func(x, y *float64, d, blocks int, last *[8]uint64, sums, cols *float64)",
		"is tileSumsAVX512 for one row, whose lane x points to; sums takes a sum a lane.")
	x, y := c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("y"), c.GP64())
	d, blocks := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	last := c.Load(c.Param("last"), c.GP64())
	out, cols := c.Load(c.Param("sums"), c.GP64()), c.Load(c.Param("cols"), c.GP64())
	var sum, acc [2]reg.VecVirtual
	for h := range sum {
		sum[h], acc[h] = c.YMM(), c.YMM()
		c.VPXOR(sum[h], sum[h], sum[h])
	}
	back := c.GP64()
	c.MOVQ(d, back)
	c.SHLQ(operand.Imm(6), back)
	step := func(loop string, masked bool) {
		tileSquares256(c, loop, x, y, d, acc[0], acc[1])
		c.SUBQ(back, x)
		for h := range acc {
			c.VSQRTPD(acc[h], acc[h])
			if masked {
				c.VANDPD(operand.Mem{Base: last, Disp: 32 * h}, acc[h], acc[h])
			}
			c.VADDPD(acc[h], sum[h], sum[h])
			c.VADDPD(operand.Mem{Base: cols, Disp: 32 * h}, acc[h], acc[h])
			c.VMOVUPD(acc[h], operand.Mem{Base: cols, Disp: 32 * h})
		}
		c.ADDQ(operand.Imm(64), cols)
	}
	c.DECQ(blocks)
	c.JZ(operand.LabelRef("last"))
	c.Label("block")
	step("coordinate", false)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.Label("last")
	step("lastCoordinate", true)
	c.VMOVUPD(sum[0], operand.Mem{Base: out})
	c.VMOVUPD(sum[1], operand.Mem{Base: out, Disp: 32})
	c.VZEROUPPER()
	c.RET()
}
