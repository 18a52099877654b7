package datasets

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"unsafe"
)

// words interns strings; code 0 is "". Open addressing, and words of up to 16 bytes, as
// ids are, lie in the table itself: one line of memory is touched for each, where a Go
// map takes three.
type words struct {
	table []slot
	list  []string
	seed  maphash.Seed
	mix   [2]uint64
	// shared: words are kept as they came, which is right where somebody keeps them anyway.
	shared bool
}

// slot is a word in the table: its first and last 8 bytes if it has no more than 16,
// else its hash.
type slot struct {
	a, b uint64
	n    uint32 // bytes
	code int32  // 0 = free
}

// wordsShort is the longest word that its slot holds.
const wordsShort = 16

// wordsStart is the size of a new table.
const wordsStart = 64

func newWords() words {
	w := words{table: make([]slot, wordsStart), list: []string{""}, seed: maphash.MakeSeed()}
	for i := range w.mix { // odd, so that no bit of a key is lost
		w.mix[i] = maphash.Comparable(w.seed, i) | 1
	}
	return w
}

// clear forgets the words and keeps their room.
func (w *words) clear() {
	if len(w.table) > 1<<13 && len(w.table) > 64*len(w.list) { // once there were many
		w.table = make([]slot, wordsStart)
	}
	clear(w.table)
	clear(w.list[1:])
	w.list = w.list[:1]
}

// key fills a slot but for its code.
func (w *words) key(s string) slot {
	n := len(s)
	b := unsafe.Slice(unsafe.StringData(s), n)
	switch {
	case n > wordsShort:
		return slot{a: maphash.String(w.seed, s), n: uint32(n)}
	case n >= 8:
		return slot{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:]), uint32(n), 0}
	case n >= 4:
		return slot{uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:])), uint32(n), 0}
	}
	return slot{uint64(b[0]) | uint64(b[n/2])<<8, uint64(b[n-1]), uint32(n), 0}
}

// hash mixes a key by a product of 128 bits.
func (w *words) hash(k *slot) uint64 {
	hi, lo := bits.Mul64(k.a^w.mix[0], k.b^w.mix[1]^uint64(k.n)<<56)
	return hi ^ lo
}

// intern returns the code of s, a new one if it is new.
func (w *words) intern(s string) int32 {
	if s == "" {
		return 0
	}
	k := w.key(s)
	return w.find(&k, w.hash(&k), s)
}

func (w *words) find(k *slot, h uint64, s string) int32 {
	mask := uint64(len(w.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		e := &w.table[i]
		if e.code == 0 {
			c := int32(len(w.list))
			k.code = c
			*e = *k
			if !w.shared { // s may be a piece of a large read buffer
				s = strings.Clone(s)
			}
			w.list = append(w.list, s)
			if 2*len(w.list) > len(w.table) {
				w.grow()
			}
			return c
		}
		if e.a == k.a && e.b == k.b && e.n == k.n && (k.n <= wordsShort || w.list[e.code] == s) {
			return e.code
		}
	}
}

func (w *words) grow() {
	old := w.table
	w.table = make([]slot, 2*len(old))
	mask := uint64(len(w.table) - 1)
	for j := range old {
		e := &old[j]
		if e.code == 0 {
			continue
		}
		i := w.hash(e) & mask
		for w.table[i].code != 0 {
			i = (i + 1) & mask
		}
		w.table[i] = *e
	}
}

// wordsAhead is the number of words whose places in the table are asked for before the
// first of them is looked up: the memory answers them together.
const wordsAhead = 32

// internAll appends the codes of the list to out.
func (w *words) internAll(out []int32, list []string) []int32 {
	var keys [wordsAhead]slot
	var at [wordsAhead]uint64
	last, code := "", int32(0)
	for len(list) > 0 {
		part := list[:min(len(list), wordsAhead)]
		list = list[len(part):]
		mask, touched := uint64(len(w.table)-1), int32(0)
		for i, s := range part {
			if keys[i].n = 0; s == last { // logs repeat: an order's lines share much
				continue
			}
			if last = s; s != "" {
				keys[i] = w.key(s)
				at[i] = w.hash(&keys[i])
				touched |= w.table[at[i]&mask].code
			}
		}
		if touched < 0 {
			panic("datasets: a word has a negative code")
		}
		for i, s := range part {
			switch {
			case keys[i].n != 0:
				code = w.find(&keys[i], at[i], s)
			case s == "":
				code = 0
			}
			out = append(out, code)
		}
	}
	return out
}

// sorted returns the words in ascending order and the new code of each old one.
func (w *words) sorted() (list []string, code []int32) {
	idx := make([]int32, len(w.list))
	for i := range idx {
		idx[i] = int32(i)
	}
	slices.SortFunc(idx, func(a, b int32) int { return cmp.Compare(w.list[a], w.list[b]) })
	code = make([]int32, len(idx))
	list = make([]string, len(idx))
	for n, o := range idx {
		code[o] = int32(n)
		list[n] = w.list[o]
	}
	return list, code
}
