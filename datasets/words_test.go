package datasets

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Words of every length have one code each, whether they come one by one or in lists,
// and the code says which it was.
func TestWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few letters and many lengths: much repeats, and much differs in one byte only.
		word := rapid.Custom(func(t *rapid.T) string {
			n := rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 40}).Draw(t, "length")
			b := []byte(strings.Repeat("a", n))
			for range min(n, rapid.IntRange(0, 2).Draw(t, "changes")) {
				b[rapid.IntRange(0, n-1).Draw(t, "at")] = rapid.SampledFrom([]byte("\x00ab")).Draw(t, "letter")
			}
			return string(b)
		})
		list := rapid.SliceOfN(word, 0, 300).Draw(t, "words")
		w, one := newWords(), newWords()
		cut := rapid.IntRange(0, len(list)).Draw(t, "cut")
		codes := w.internAll(w.internAll(nil, list[:cut]), list[cut:])
		known := map[string]int32{"": 0}
		for i, s := range list {
			c, ok := known[s]
			if !ok {
				c = int32(len(known))
				known[s] = c
			}
			if codes[i] != c || w.list[codes[i]] != s {
				t.Fatalf("word %d, %q: code %d (%q), want %d", i, s, codes[i], w.list[codes[i]], c)
			}
			if got := one.intern(s); got != c {
				t.Fatalf("word %d, %q, by itself: code %d, want %d", i, s, got, c)
			}
		}
		if len(w.list) != len(known) {
			t.Fatalf("%d words, want %d", len(w.list), len(known))
		}
	})
}

// Words that fill the table many times over, all of them still found.
func TestWordsGrow(t *testing.T) {
	w := newWords()
	var list []string
	for i := range 5000 {
		list = append(list, strings.Repeat("x", i%23)+string(rune('A'+i%57))+strings.Repeat("é", i/700))
	}
	first := w.internAll(nil, list)
	if again := w.internAll(nil, list); !slices.Equal(first, again) {
		t.Error("the same words have other codes")
	}
	if 2*len(w.list) > len(w.table) {
		t.Errorf("%d words in a table of %d", len(w.list), len(w.table))
	}
}

// Rows come into total order however wide their stamps lie apart, and their times with
// them.
func TestRowsOfOneCustomer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, time := range map[string]func() int64{
		"few stamps":       func() int64 { return r.Int64N(4) },
		"a year":           func() int64 { return r.Int64N(365 * 86_400_000_000) },
		"before and after": func() int64 { return r.Int64N(2e15) - 1e15 },
		"too far apart":    func() int64 { return r.Int64() - r.Int64() },
		"the ends":         func() int64 { return []int64{math.MinInt64, 0, math.MaxInt64}[r.IntN(3)] },
	} {
		for range 30 {
			e := &Events{}
			n := r.IntN(70)
			for range n {
				e.Time = append(e.Time, time())
				e.Kind = append(e.Kind, Kind(r.IntN(2)))
				e.Amount = append(e.Amount, float64(r.IntN(3)))
			}
			rows := make([]int32, n)
			for i, p := range r.Perm(n) {
				rows[i] = int32(p)
			}
			want := slices.Clone(rows)
			slices.SortFunc(want, func(x, y int32) int { return e.compare(int(x), int(y)) })
			times := make([]int64, n)
			o := rowOrder{e: e}
			o.sort(rows, times)
			for i, x := range rows {
				// Rows that compare equal are as good as each other.
				if e.compare(int(x), int(want[i])) != 0 || times[i] != e.Time[x] {
					t.Fatalf("%s: place %d has row %d of time %d, want row %d of %d", name, i, x, times[i], want[i], e.Time[want[i]])
				}
			}
			slices.Sort(rows)
			for i, x := range rows {
				if int(x) != i {
					t.Fatalf("%s: row %d is gone", name, i)
				}
			}
		}
	}
}
