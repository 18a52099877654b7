package features

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mores-lab/mores/datasets"
)

// basketOrders numbers the orders of a history: of holds each event's, −1 for what is
// no purchase that stands; n counts them. An order is an order id of one day, or a
// stamp where the log has no order ids, as for purchase occasions.
func basketOrders(h datasets.History) (of []int32, n int) {
	of = make([]int32, h.Len())
	rev := h.Reversed()
	hasOrders := h.Meta.Has&datasets.FieldOrder != 0
	var ids []string // the day's orders; the first has number base
	base, day, stamp := int32(0), -1<<31, int64(-1<<63)
	for i := range of {
		of[i] = -1
		if h.Kind(i) != datasets.Purchase || rev != nil && rev[i] {
			continue
		}
		if d := h.Day(i); d != day {
			day, ids, base = d, ids[:0], int32(n)
		}
		if !hasOrders {
			if at := h.Stamp(i); at != stamp || n == 0 {
				stamp = at
				n++
			}
			of[i] = int32(n) - 1
			continue
		}
		id := h.Order(i)
		// The line before is of the same order as a rule: look from the end.
		k := len(ids) - 1
		for k >= 0 && ids[k] != id {
			k--
		}
		if k < 0 {
			k = len(ids)
			ids = append(ids, id)
			n++
		}
		of[i] = base + int32(k)
	}
	return of, n
}

// basketPairs is a set of (order, text), small and often emptied.
type basketPairs struct {
	few  []basketPair
	many map[basketPair]struct{}
}

type basketPair struct {
	order int32
	text  string
}

// basketFew is the size up to which looking through a list beats a map.
const basketFew = 24

// add reports whether the pair is new.
func (s *basketPairs) add(order int32, text string) bool {
	p := basketPair{order, text}
	if s.many == nil {
		if slices.Contains(s.few, p) {
			return false
		}
		if s.few = append(s.few, p); len(s.few) > basketFew {
			s.many = make(map[basketPair]struct{}, 2*basketFew)
			for _, q := range s.few {
				s.many[q] = struct{}{}
			}
		}
		return true
	}
	if _, ok := s.many[p]; ok {
		return false
	}
	s.many[p] = struct{}{}
	return true
}

// basketVariety counts the distinct categories of each order, of lines whose category
// is known.
type basketVariety struct {
	categories, lines []float64 // by order; nil = nothing is counted
	seen              basketPairs
	day               int
}

func newBasketVariety(counting bool, orders int) *basketVariety {
	v := &basketVariety{}
	if counting {
		sizes := make([]float64, 2*orders)
		v.categories, v.lines = sizes[:orders:orders], sizes[orders:]
	}
	return v
}

func (v *basketVariety) add(day int, order int32, category string) {
	if v.lines == nil {
		return
	}
	if day != v.day { // no order lasts longer
		v.day, v.seen = day, basketPairs{few: v.seen.few[:0]}
	}
	v.lines[order]++
	if v.seen.add(order, category) {
		v.categories[order]++
	}
}

// further sums the lines and the categories above each order's first.
func (v *basketVariety) further() (lines, categories int64) {
	for o, n := range v.lines {
		if n > 0 {
			lines += int64(n) - 1
			categories += int64(v.categories[o]) - 1
		}
	}
	return lines, categories
}

// GiftWords are words that mark wrapping paper, gift bags and the like in the names of
// items: English, German, Dutch, Danish and Portuguese.
var GiftWords = []string{
	"gift", "gifts", "giftwrap", "wrap", "wrapping", "geschenk", "geschenkpapier", "geschenkverpackung",
	"cadeau", "cadeaupapier", "gavepapir", "gaveindpakning", "presente",
}

// giftItems returns the items of a table whose texts have one of the words (in lower
// case), as words of their own; it is made once for each table.
func giftItems(t *datasets.Table, words []string) map[string]bool {
	if t == nil {
		return nil
	}
	return t.Memo("gift words "+strings.Join(words, " "), func() any {
		out := map[string]bool{}
		for _, c := range t.Cols {
			for r, text := range c.Text {
				for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
					if slices.Contains(words, w) {
						out[t.Keys[r]] = true
						break
					}
				}
			}
		}
		return out
	}).(map[string]bool)
}
