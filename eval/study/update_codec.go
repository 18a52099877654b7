package study

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/mores-lab/mores/datasets"
)

// packer writes what a snapshot holds: numbers of variable length, texts with their
// length, floats as their bits.
type packer struct{ b []byte }

func (p *packer) int(v int64)     { p.b = binary.AppendVarint(p.b, v) }
func (p *packer) uint(v uint64)   { p.b = binary.AppendUvarint(p.b, v) }
func (p *packer) float(v float64) { p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(v)) }
func (p *packer) text(s string)   { p.uint(uint64(len(s))); p.b = append(p.b, s...) }
func (p *packer) flag(v bool) {
	if v {
		p.b = append(p.b, 1)
	} else {
		p.b = append(p.b, 0)
	}
}

// customer writes all that is known of one.
func (p *packer) customer(c *tracked) {
	p.text(c.id)
	p.uint(uint64(c.dropped))
	p.int(int64(c.label))
	p.int(c.since)
	p.int(int64(c.rival))
	p.uint(uint64(c.leads))
	p.int(c.counted.stamp)
	p.int(c.counted.now)
	p.int(c.from)
	p.int(c.to)
	p.uint(uint64(c.kinds))
	q := &c.p
	p.int(int64(q.Label))
	p.text(q.Segment)
	p.float(q.Distance)
	p.float(q.Share)
	p.int(int64(q.RunnerUp))
	p.text(q.RunnerUpSegment)
	p.float(q.RunnerUpShare)
	p.uint(uint64(len(q.Outside)))
	for _, s := range q.Outside {
		p.text(s)
	}
	p.text(q.Reason)
	p.uint(uint64(len(q.shares)))
	for _, v := range q.shares {
		p.float(v)
	}
	p.flag(c.mark.labelled)
	p.flag(c.mark.outside)
	p.flag(c.mark.beyond)
	p.flag(c.mark.bins != nil)
	p.uint(uint64(len(c.mark.bins)))
	p.b = append(p.b, c.mark.bins...)
	p.uint(uint64(len(c.events)))
	last := int64(0)
	for i := range c.events {
		e := &c.events[i]
		p.text(e.Key)
		p.int(e.Time - last)
		last = e.Time
		p.b = append(p.b, byte(e.Kind))
		texts := [...]string{e.Order, e.Item, e.Category, e.Brand, e.Channel, e.Campaign, e.Session}
		numbers := [...]float64{e.Quantity, e.Price, e.Amount, e.Discount, e.Margin, e.Rating, e.Points}
		has := uint64(0)
		for j, s := range texts {
			if s != "" {
				has |= 1 << j
			}
		}
		for j, x := range numbers {
			if !math.IsNaN(x) {
				has |= 1 << (len(texts) + j)
			}
		}
		p.uint(has)
		for _, s := range texts {
			if s != "" {
				p.text(s)
			}
		}
		for _, x := range numbers {
			if !math.IsNaN(x) {
				p.float(x)
			}
		}
	}
}

// errShort is of a block whose checksum is right and whose content is not.
var errShort = errors.New("a block ends too early")

// unpacker reads what a packer wrote. After an error it reads nothing.
type unpacker struct {
	b   []byte
	err error
}

func (u *unpacker) fail() { u.b, u.err = nil, errShort }

func (u *unpacker) int() int64 {
	v, n := binary.Varint(u.b)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.b = u.b[n:]
	return v
}

func (u *unpacker) uint() uint64 {
	v, n := binary.Uvarint(u.b)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.b = u.b[n:]
	return v
}

// count is the number of things that follow, each of at least a byte.
func (u *unpacker) count() int {
	v := u.uint()
	if v > uint64(len(u.b)) {
		u.fail()
		return 0
	}
	return int(v)
}

func (u *unpacker) float() float64 {
	if len(u.b) < 8 {
		u.fail()
		return math.NaN()
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(u.b))
	u.b = u.b[8:]
	return v
}

func (u *unpacker) bytes() []byte {
	n := u.count()
	out := u.b[:n]
	u.b = u.b[n:]
	return out
}

func (u *unpacker) text() string { return string(u.bytes()) }

func (u *unpacker) byte() byte {
	if len(u.b) == 0 {
		u.fail()
		return 0
	}
	v := u.b[0]
	u.b = u.b[1:]
	return v
}

func (u *unpacker) flag() bool { return u.byte() != 0 }

// customer reads one; word finds the one copy of a text.
func (u *unpacker) customer(word func([]byte) string) *tracked {
	c := &tracked{id: u.text(), dropped: int(u.uint())}
	c.holding = holding{int32(u.int()), u.int(), int32(u.int()), int(u.uint()), moment{u.int(), u.int()}}
	c.from, c.to, c.kinds = u.int(), u.int(), datasets.Kinds(u.uint())
	c.p = Prediction{
		ID: c.id, Label: int32(u.int()), Segment: word(u.bytes()), Distance: u.float(), Share: u.float(),
		RunnerUp: int32(u.int()), RunnerUpSegment: word(u.bytes()), RunnerUpShare: u.float(),
	}
	for range u.count() {
		c.p.Outside = append(c.p.Outside, word(u.bytes()))
	}
	c.p.Reason = word(u.bytes())
	if n := u.count(); n > 0 {
		c.p.shares = make([]float64, n)
		for i := range c.p.shares {
			c.p.shares[i] = u.float()
		}
	}
	c.mark = driftMark{labelled: u.flag(), outside: u.flag(), beyond: u.flag()}
	known := u.flag()
	if bins := u.bytes(); known {
		c.mark.bins = append(make([]uint8, 0, len(bins)), bins...)
	}
	n := u.count()
	c.events = make([]Contact, n)
	last := int64(0)
	for i := range c.events {
		e := &c.events[i]
		e.Key = u.text()
		last += u.int()
		e.Customer, e.Time, e.Kind = c.id, last, datasets.Kind(u.byte())
		has := u.uint()
		texts := [...]*string{&e.Order, &e.Item, &e.Category, &e.Brand, &e.Channel, &e.Campaign, &e.Session}
		for j, s := range texts {
			if has&(1<<j) != 0 {
				if b := u.bytes(); j == 0 || j == len(texts)-1 {
					*s = string(b)
				} else {
					*s = word(b)
				}
			}
		}
		for j, x := range [...]*float64{&e.Quantity, &e.Price, &e.Amount, &e.Discount, &e.Margin, &e.Rating, &e.Points} {
			if *x = math.NaN(); has&(1<<(len(texts)+j)) != 0 {
				*x = u.float()
			}
		}
		if u.err != nil {
			return c
		}
	}
	return c
}
