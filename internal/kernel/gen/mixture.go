package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Gaussian mixtures: distances of rows to a component and the component's moments,
// a row a lane.
func init() {
	add("mixture", func(c *build.Context) {
		mixturePack(c)
		for _, w := range []int{8, 4} {
			mixtureFull(c, w)
			mixtureDiag(c, w)
			for e := 1; e <= 4; e++ {
				mixtureTile(c, w, e)
				mixtureCross(c, w, e)
				mixtureScale(c, w, e)
			}
		}
	})
}

// mixturePack turns rows into lanes, four rows and columns at a time; more registers or
// wider ones would not make it faster than its loads and stores.
func mixturePack(c *build.Context) {
	masks := c.StaticGlobal("mixtureMasks")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		c.AddDatum(8*i, operand.U64(map[bool]uint64{true: 1<<64 - 1}[i < 4]))
	}
	function(c, "mixturePackAVX2", "func(dst, x *float64, sets, d int)", "packs whole sets of eight rows; see MixturePack.")
	dst, x := c.Load(c.Param("dst"), c.GP64()), c.Load(c.Param("x"), c.GP64())
	sets := c.Load(c.Param("sets"), c.GP64())
	row, row3, left, lower, mask := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	c.Load(c.Param("d"), row)
	c.SHLQ(operand.U8(3), row)
	c.LEAQ(operand.Mem{Base: row, Index: row, Scale: 2}, row3)
	c.LEAQ(masks, mask)
	panel := func(columns int) {
		c.LEAQ(operand.Mem{Base: x, Index: row, Scale: 4}, lower)
		keep := c.YMM()
		if columns < 4 {
			c.VMOVUPD(operand.Mem{Base: mask, Disp: (4 - columns) * 8}, keep)
		}
		for half, base := range []reg.Register{x, lower} {
			var r [4]reg.VecVirtual
			for i, from := range []operand.Mem{
				{Base: base}, {Base: base, Index: row, Scale: 1}, {Base: base, Index: row, Scale: 2}, {Base: base, Index: row3, Scale: 1},
			} {
				r[i] = c.YMM()
				if columns < 4 {
					c.VMASKMOVPD(from, keep, r[i])
				} else {
					c.VMOVUPD(from, r[i])
				}
			}
			a, b, e, f := c.YMM(), c.YMM(), c.YMM(), c.YMM()
			c.VUNPCKLPD(r[1], r[0], a) // columns 0 and 2 of rows 0 and 1
			c.VUNPCKHPD(r[1], r[0], b)
			c.VUNPCKLPD(r[3], r[2], e)
			c.VUNPCKHPD(r[3], r[2], f)
			for j, p := range [][2]reg.VecVirtual{{a, e}, {b, f}, {a, e}, {b, f}}[:columns] {
				out := c.YMM()
				c.VPERM2F128(operand.U8(0x20+j/2*0x11), p[1], p[0], out)
				c.VMOVUPD(out, operand.Mem{Base: dst, Disp: j*64 + half*32})
			}
		}
		c.ADDQ(operand.U32(columns*8), x)
		c.ADDQ(operand.U32(columns*64), dst)
	}
	c.Label("set")
	c.Load(c.Param("d"), left)
	c.Label("panel")
	c.CMPQ(left, operand.U8(4))
	c.JLT(operand.LabelRef("rest"))
	panel(4)
	c.SUBQ(operand.U8(4), left)
	c.JMP(operand.LabelRef("panel"))
	c.Label("rest")
	for e := 3; e >= 1; e-- {
		c.CMPQ(left, operand.U8(e))
		c.JNE(operand.LabelRef(fmt.Sprintf("not%d", e)))
		panel(e)
		c.JMP(operand.LabelRef("next"))
		c.Label(fmt.Sprintf("not%d", e))
	}
	c.Label("next")
	c.LEAQ(operand.Mem{Base: row, Index: row3, Scale: 2}, left) // the rows that were not stepped over
	c.ADDQ(left, x)
	c.DECQ(sets)
	c.JNZ(operand.LabelRef("set"))
	c.VZEROUPPER()
	c.RET()
}

func mixtureZero(c *build.Context, r reg.VecVirtual, width int) {
	if width == 8 {
		c.VPXORQ(r, r, r)
	} else {
		c.VXORPD(r, r, r)
	}
}

// mixtureTop holds the bound of all distances, which stands for no number too.
func mixtureTop(c *build.Context, width int) reg.VecVirtual {
	top := expRegister(c, width)
	bits := c.GP64()
	c.MOVQ(operand.U64(0x7e37e43c8800759c), bits) // 1e300
	x := c.XMM()
	c.VMOVQ(bits, x)
	c.VBROADCASTSD(x, top)
	return top
}

// mixtureFull: one panel of columns at a time, as many as there are registers for.
func mixtureFull(c *build.Context, width int) {
	function(c, "mixtureFull"+expLevel(width), "func(q, x *float64, sets, d int, mean, p *float64)",
		"is MixtureFull for sets × 8 rows.")
	q, x, sets := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("sets"), c.GP64())
	parts := 8 / width // registers a lane set
	panel := width     // columns at once: 8 of 8 lanes, or 4 of 2 × 4 lanes
	top := mixtureTop(c, width)
	row := c.GP64() // bytes from a row of p to the next
	c.Load(c.Param("d"), row)
	c.SHLQ(operand.U8(3), row)
	left, from := c.GP64(), c.GP64()
	column, pi, xi, mi, i := c.GP64(), c.GP64(), c.GP64(), c.GP64(), c.GP64()
	acc := make([]reg.VecVirtual, parts)
	for h := range acc {
		acc[h] = expRegister(c, width)
	}
	y, t := make([][]reg.VecVirtual, panel), make([]reg.VecVirtual, parts)
	for h := range t {
		t[h] = expRegister(c, width)
	}
	for a := range y {
		y[a] = make([]reg.VecVirtual, parts)
		for h := range y[a] {
			y[a][h] = expRegister(c, width)
		}
	}
	c.Label("set")
	for _, a := range acc {
		mixtureZero(c, a, width)
	}
	c.Load(c.Param("d"), left)
	c.XORQ(from, from) // the panel's first column
	c.Load(c.Param("p"), column)

	columns := func(e int) {
		name := fmt.Sprintf("%d", e)
		for a := range e {
			for _, r := range y[a] {
				mixtureZero(c, r, width)
			}
		}
		step := func(first int) { // one more coordinate into the columns first…e−1
			m := expRegister(c, width)
			c.VBROADCASTSD(operand.Mem{Base: mi}, m)
			for h := range t {
				c.VSUBPD(operand.Mem{Base: xi, Disp: h * width * 8}, m, t[h])
			}
			for a := first; a < e; a++ {
				if width == 8 {
					c.VFMADD231PD_BCST(operand.Mem{Base: pi, Disp: a * 8}, t[0], y[a][0])
					continue
				}
				b := expRegister(c, width)
				c.VBROADCASTSD(operand.Mem{Base: pi, Disp: a * 8}, b)
				for h := range t {
					c.VFMADD231PD(b, t[h], y[a][h])
				}
			}
			c.ADDQ(operand.U32(64), xi)
			c.ADDQ(operand.U32(8), mi)
			c.ADDQ(row, pi)
		}
		c.MOVQ(column, pi)
		c.MOVQ(x, xi)
		c.Load(c.Param("mean"), mi)
		c.MOVQ(from, i)
		c.TESTQ(i, i)
		c.JZ(operand.LabelRef("corner" + name))
		c.Label("above" + name)
		step(0)
		c.DECQ(i)
		c.JNZ(operand.LabelRef("above" + name))
		c.Label("corner" + name)
		for b := range e {
			step(b)
		}
		for a := range e {
			for h := range acc {
				c.VFMADD231PD(y[a][h], y[a][h], acc[h])
			}
		}
	}
	c.Label("panel")
	c.CMPQ(left, operand.U8(panel))
	c.JLT(operand.LabelRef("rest"))
	columns(panel)
	c.ADDQ(operand.U8(panel), from)
	c.ADDQ(operand.U32(panel*8), column)
	c.SUBQ(operand.U8(panel), left)
	c.JMP(operand.LabelRef("panel"))
	c.Label("rest")
	for e := panel - 1; e >= 1; e-- {
		c.CMPQ(left, operand.U8(e))
		c.JNE(operand.LabelRef(fmt.Sprintf("not%d", e)))
		columns(e)
		c.JMP(operand.LabelRef("done"))
		c.Label(fmt.Sprintf("not%d", e))
	}
	c.Label("done")
	for h, a := range acc {
		c.VMINPD(top, a, a)
		c.VMOVUPD(a, operand.Mem{Base: q, Disp: h * width * 8})
	}
	c.MOVQ(row, i)
	c.SHLQ(operand.U8(3), i)
	c.ADDQ(i, x)
	c.ADDQ(operand.U32(64), q)
	c.DECQ(sets)
	c.JNZ(operand.LabelRef("set"))
	c.VZEROUPPER()
	c.RET()
}

func mixtureDiag(c *build.Context, width int) {
	function(c, "mixtureDiag"+expLevel(width), "func(q, x *float64, sets, d int, mean, p *float64)",
		"is MixtureDiag for sets × 8 rows.")
	q, x, sets := c.Load(c.Param("q"), c.GP64()), c.Load(c.Param("x"), c.GP64()), c.Load(c.Param("sets"), c.GP64())
	d, mean, p := c.Load(c.Param("d"), c.GP64()), c.Load(c.Param("mean"), c.GP64()), c.Load(c.Param("p"), c.GP64())
	parts := 8 / width
	top := mixtureTop(c, width)
	pi, mi, i := c.GP64(), c.GP64(), c.GP64()
	acc := make([]reg.VecVirtual, parts)
	for h := range acc {
		acc[h] = expRegister(c, width)
	}
	c.Label("set")
	for _, a := range acc {
		mixtureZero(c, a, width)
	}
	c.MOVQ(p, pi)
	c.MOVQ(mean, mi)
	c.MOVQ(d, i)
	c.Label("column")
	m, s := expRegister(c, width), expRegister(c, width)
	c.VBROADCASTSD(operand.Mem{Base: mi}, m)
	c.VBROADCASTSD(operand.Mem{Base: pi}, s)
	for h := range acc {
		t := expRegister(c, width)
		c.VSUBPD(operand.Mem{Base: x, Disp: h * width * 8}, m, t)
		c.VMULPD(t, s, t)
		c.VFMADD231PD(t, t, acc[h])
	}
	c.ADDQ(operand.U32(64), x)
	c.ADDQ(operand.U32(8), mi)
	c.ADDQ(operand.U32(8), pi)
	c.DECQ(i)
	c.JNZ(operand.LabelRef("column"))
	for h, a := range acc {
		c.VMINPD(top, a, a)
		c.VMOVUPD(a, operand.Mem{Base: q, Disp: h * width * 8})
	}
	c.ADDQ(operand.U32(64), q)
	c.DECQ(sets)
	c.JNZ(operand.LabelRef("set"))
	c.VZEROUPPER()
	c.RET()
}

// mixtureLoop walks over the lane sets with accumulators kept in registers: once where
// they all fit, else once for each half of the lanes and each piece of the work.
type mixtureLoop struct {
	c      *build.Context
	width  int
	x, r   reg.GPVirtual
	acc    reg.GPVirtual
	sets   reg.GPVirtual
	stride reg.GPVirtual
	loops  int
	at     int // byte of the first lane
	sums   []reg.VecVirtual
	places []int
}

// sum is the accumulator at that place (in lane sets) of acc.
func (m *mixtureLoop) sum(place int) reg.VecVirtual {
	r := expRegister(m.c, m.width)
	m.c.VMOVUPD(operand.Mem{Base: m.acc, Disp: place*64 + m.at}, r)
	m.sums, m.places = append(m.sums, r), append(m.places, place)
	return r
}

// run emits one loop for each half of the lanes; open declares the accumulators and
// returns what is done with a lane set at xi.
func (m *mixtureLoop) run(open func() func(xi, ri reg.GPVirtual)) {
	c := m.c
	for m.at = 0; m.at < 64; m.at += m.width * 8 {
		m.sums, m.places = nil, nil
		name := fmt.Sprintf("loop%d", m.loops)
		m.loops++
		body := open()
		xi, ri, n := c.GP64(), c.GP64(), c.GP64()
		c.MOVQ(m.x, xi)
		c.MOVQ(m.r, ri)
		c.MOVQ(m.sets, n)
		c.Label(name)
		body(xi, ri)
		c.ADDQ(m.stride, xi)
		c.ADDQ(operand.U32(64), ri)
		c.DECQ(n)
		c.JNZ(operand.LabelRef(name))
		for i, r := range m.sums {
			c.VMOVUPD(r, operand.Mem{Base: m.acc, Disp: m.places[i]*64 + m.at})
		}
	}
}

func newMixtureLoop(c *build.Context, width int) *mixtureLoop {
	m := &mixtureLoop{c: c, width: width}
	m.x = c.Load(c.Param("x"), c.GP64()).(reg.GPVirtual)
	m.stride = c.Load(c.Param("d"), c.GP64()).(reg.GPVirtual)
	c.SHLQ(operand.U8(6), m.stride)
	m.sets = c.Load(c.Param("sets"), c.GP64()).(reg.GPVirtual)
	m.r = c.Load(c.Param("r"), c.GP64()).(reg.GPVirtual)
	m.acc = c.Load(c.Param("acc"), c.GP64()).(reg.GPVirtual)
	return m
}

// mean keeps a coordinate of the mean in a register, or reads it each time.
func (m *mixtureLoop) mean(at reg.Register, j int) func() reg.VecVirtual {
	load := func() reg.VecVirtual {
		r := expRegister(m.c, m.width)
		m.c.VBROADCASTSD(operand.Mem{Base: at, Disp: j * 8}, r)
		return r
	}
	if m.width == 8 {
		r := load()
		return func() reg.VecVirtual { return r }
	}
	return load
}

func (m *mixtureLoop) minus(mean func() reg.VecVirtual, xi reg.GPVirtual, j int) reg.VecVirtual {
	t := expRegister(m.c, m.width)
	m.c.VSUBPD(operand.Mem{Base: xi, Disp: j*64 + m.at}, mean(), t)
	return t
}

// mixturePieces are the rows of a tile that are summed in one loop.
func mixturePieces(e, width int) [][]int {
	rows := []int{0, 1, 2, 3}[:e]
	if width == 8 || e <= 2 {
		return [][]int{rows}
	}
	return [][]int{rows[:2], rows[2:]}
}

// mixtureTile sums the moments of columns with themselves.
func mixtureTile(c *build.Context, width, e int) {
	function(c, fmt.Sprintf("mixtureTile%d%s", e, expLevel(width)), "func(x *float64, d, sets int, r, mean, acc *float64)",
		fmt.Sprintf("is mixtureTilePlain for %d columns.", e))
	m := newMixtureLoop(c, width)
	at := c.Load(c.Param("mean"), c.GP64())
	for _, rows := range mixturePieces(e, width) {
		m.run(func() func(xi, ri reg.GPVirtual) {
			var count reg.VecVirtual
			if rows[0] == 0 {
				count = m.sum(0)
			}
			mean := map[int]func() reg.VecVirtual{}
			lin, quad := map[int]reg.VecVirtual{}, map[[2]int]reg.VecVirtual{}
			for j := rows[0]; j < e; j++ {
				mean[j] = m.mean(at, j)
			}
			for _, i := range rows {
				lin[i] = m.sum(1 + i)
				for j := i; j < e; j++ {
					quad[[2]int{i, j}] = m.sum(5 + 4*i + j)
				}
			}
			return func(xi, ri reg.GPVirtual) {
				r := expRegister(c, width)
				c.VMOVUPD(operand.Mem{Base: ri, Disp: m.at}, r)
				if count != nil {
					c.VADDPD(r, count, count)
				}
				u := map[int]reg.VecVirtual{}
				for j := rows[0]; j < e; j++ {
					t := m.minus(mean[j], xi, j)
					if _, own := lin[j]; own {
						u[j] = expRegister(c, width)
						c.VMULPD(t, r, u[j])
						c.VADDPD(u[j], lin[j], lin[j])
					}
					for _, i := range rows {
						if s, ok := quad[[2]int{i, j}]; ok {
							c.VFMADD231PD(t, u[i], s)
						}
					}
				}
			}
		})
	}
	c.VZEROUPPER()
	c.RET()
}

// mixtureCross sums the products of four columns with e later ones.
func mixtureCross(c *build.Context, width, e int) {
	function(c, fmt.Sprintf("mixtureCross%d%s", e, expLevel(width)), "func(x *float64, d, sets, later int, r, mean, acc *float64)",
		fmt.Sprintf("is mixtureCrossPlain for %d columns.", e))
	m := newMixtureLoop(c, width)
	at := c.Load(c.Param("mean"), c.GP64())
	later := c.Load(c.Param("later"), c.GP64())
	c.SHLQ(operand.U8(3), later)
	at2 := c.GP64()
	c.MOVQ(at, at2)
	c.ADDQ(later, at2)
	c.SHLQ(operand.U8(3), later)
	for _, rows := range mixturePieces(4, width) {
		m.run(func() func(xi, ri reg.GPVirtual) {
			mean, mean2 := map[int]func() reg.VecVirtual{}, map[int]func() reg.VecVirtual{}
			quad := map[[2]int]reg.VecVirtual{}
			for _, i := range rows {
				mean[i] = m.mean(at, i)
				for j := range e {
					quad[[2]int{i, j}] = m.sum(4*i + j)
				}
			}
			for j := range e {
				mean2[j] = m.mean(at2, j)
			}
			return func(xi, ri reg.GPVirtual) {
				r := expRegister(c, width)
				c.VMOVUPD(operand.Mem{Base: ri, Disp: m.at}, r)
				u := map[int]reg.VecVirtual{}
				for _, i := range rows {
					u[i] = m.minus(mean[i], xi, i)
					c.VMULPD(u[i], r, u[i])
				}
				xj := c.GP64()
				c.LEAQ(operand.Mem{Base: xi, Index: later, Scale: 1}, xj)
				for j := range e {
					t := m.minus(mean2[j], xj, j)
					for _, i := range rows {
						c.VFMADD231PD(t, u[i], quad[[2]int{i, j}])
					}
				}
			}
		})
	}
	c.VZEROUPPER()
	c.RET()
}

// mixtureScale sums the moments of columns by themselves.
func mixtureScale(c *build.Context, width, e int) {
	function(c, fmt.Sprintf("mixtureScale%d%s", e, expLevel(width)), "func(x *float64, d, sets int, r, mean, acc *float64)",
		fmt.Sprintf("is mixtureScalePlain for %d columns.", e))
	m := newMixtureLoop(c, width)
	at := c.Load(c.Param("mean"), c.GP64())
	m.run(func() func(xi, ri reg.GPVirtual) {
		count := m.sum(0)
		mean := make([]func() reg.VecVirtual, e)
		lin, quad := make([]reg.VecVirtual, e), make([]reg.VecVirtual, e)
		for j := range e {
			mean[j], lin[j], quad[j] = m.mean(at, j), m.sum(1+j), m.sum(5+j)
		}
		return func(xi, ri reg.GPVirtual) {
			r := expRegister(c, width)
			c.VMOVUPD(operand.Mem{Base: ri, Disp: m.at}, r)
			c.VADDPD(r, count, count)
			for j := range e {
				t := m.minus(mean[j], xi, j)
				u := expRegister(c, width)
				c.VMULPD(t, r, u)
				c.VADDPD(u, lin[j], lin[j])
				c.VFMADD231PD(t, u, quad[j])
			}
		}
	})
	c.VZEROUPPER()
	c.RET()
}
