package load

import (
	"hash/maphash"
	"unsafe"
)

// dict numbers distinct strings in order of first occurrence; code 0 is "". The
// bytes lie end to end in one arena: a million stamps cost 30 MB, where a Go map
// of strings would take over 100.
type dict struct {
	arena []byte
	ends  []int // ends[c] is where word c ends; it begins at ends[c-1]
	table []uint32
	seed  maphash.Seed
}

func newDict() *dict {
	return &dict{ends: []int{0}, table: make([]uint32, 64), seed: maphash.MakeSeed()}
}

func (d *dict) len() int { return len(d.ends) }

// word returns the text of a code: a view, valid while the dictionary does not grow.
func (d *dict) word(c int32) string {
	if c == 0 {
		return ""
	}
	b := d.arena[d.ends[c-1]:d.ends[c]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// code returns the number of s, a new one if it is new.
func (d *dict) code(s string) int32 {
	if s == "" {
		return 0
	}
	mask := uint64(len(d.table) - 1)
	for h := maphash.String(d.seed, s) & mask; ; h = (h + 1) & mask {
		c := d.table[h]
		if c == 0 {
			n := uint32(len(d.ends))
			d.table[h] = n
			d.arena = append(d.arena, s...)
			d.ends = append(d.ends, len(d.arena))
			if uint64(n)*2 > mask {
				d.grow()
			}
			return int32(n)
		}
		if d.word(int32(c)) == s {
			return int32(c)
		}
	}
}

func (d *dict) grow() {
	d.table = make([]uint32, 2*len(d.table))
	mask := uint64(len(d.table) - 1)
	for c := 1; c < len(d.ends); c++ {
		h := maphash.String(d.seed, d.word(int32(c))) & mask
		for d.table[h] != 0 {
			h = (h + 1) & mask
		}
		d.table[h] = uint32(c)
	}
}

// bytes is what the dictionary holds in memory.
func (d *dict) bytes() int64 {
	return int64(cap(d.arena)) + 8*int64(cap(d.ends)) + 4*int64(len(d.table))
}
