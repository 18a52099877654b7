package features

import "sync"

// tally numbers the distinct texts of one customer in the order of their first
// appearance. It is meant to be kept and reset: a customer costs no allocation once
// it has grown.
type tally struct {
	names []string
	at    map[string]int // filled only above tallyLinear names
}

// tallyLinear is the number of names up to which looking through them is faster
// than hashing: most customers know fewer categories.
const tallyLinear = 12

func (t *tally) reset() {
	t.names = t.names[:0]
	if len(t.at) > 0 {
		clear(t.at)
	}
}

// number returns the name's number, a new one if it has none; fresh says so.
func (t *tally) number(name string) (k int, fresh bool) {
	if len(t.names) <= tallyLinear {
		for i, n := range t.names {
			if n == name {
				return i, false
			}
		}
	} else if i, ok := t.at[name]; ok {
		return i, false
	}
	k = len(t.names)
	t.names = append(t.names, name)
	if k == tallyLinear { // the next look-up hashes
		if t.at == nil {
			t.at = map[string]int{}
		}
		for i, n := range t.names {
			t.at[n] = i
		}
	} else if k > tallyLinear {
		t.at[name] = k
	}
	return k, true
}

// bags is many customers' sets of texts, numbered by a dictionary of their own: a
// few bytes a member. What is computed from it must not depend on the order of the
// sets nor of the dictionary; sorted makes the dictionary ascend.
type bags struct {
	words []string
	index map[string]int32
	flat  []int32 // the sets, one after the other
	ends  []int   // where each set ends in flat
}

func (b *bags) code(word string) int32 {
	c, ok := b.index[word]
	if !ok {
		if b.index == nil {
			b.index = map[string]int32{}
		}
		c = int32(len(b.words))
		b.words = append(b.words, word)
		b.index[word] = c
	}
	return c
}

// add adds a set of distinct words.
func (b *bags) add(set []string) {
	for _, w := range set {
		b.flat = append(b.flat, b.code(w))
	}
	b.ends = append(b.ends, len(b.flat))
}

// merge adds all sets of o.
func (b *bags) merge(o *bags) {
	code := make([]int32, len(o.words))
	for i, w := range o.words {
		code[i] = b.code(w)
	}
	base := len(b.flat)
	for _, c := range o.flat {
		b.flat = append(b.flat, code[c])
	}
	for _, e := range o.ends {
		b.ends = append(b.ends, base+e)
	}
}

// set returns set i: a view.
func (b *bags) set(i int) []int32 {
	lo := 0
	if i > 0 {
		lo = b.ends[i-1]
	}
	return b.flat[lo:b.ends[i]]
}

// postings lists for each of n codes where in flat it stands: at[start[c]:start[c+1]].
func (b *bags) postings(n int) (start []int, at []int32) {
	start = make([]int, n+1)
	for _, c := range b.flat {
		start[c+1]++
	}
	for c := range n {
		start[c+1] += start[c]
	}
	at = make([]int32, len(b.flat))
	next := append([]int(nil), start[:n]...)
	for p, c := range b.flat {
		at[next[c]] = int32(p)
		next[c]++
	}
	return start, at
}

// tallies lends scratch space to the extractors that count names.
var tallies = sync.Pool{New: func() any { return &tally{} }}
