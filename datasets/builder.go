package datasets

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Builder collects events in any order and makes a log of them.
type Builder struct {
	meta  Meta
	e     Events // one row per event; customer codes beside it
	who   []int32
	names words
	text  [7]words // per column, so that columns can be filled side by side
	notes []Note
	spill *spill // nil: everything in memory
	total int    // events added
}

// words interns strings; code 0 is "". Open addressing with the hash beside the code:
// a probe that fails touches no string. A Go map takes half as long again.
type words struct {
	table []slot
	list  []string
	seed  maphash.Seed
}

type slot struct {
	hash uint32
	code int32 // 0 = free
}

func newWords() words {
	return words{table: make([]slot, 64), list: []string{""}, seed: maphash.MakeSeed()}
}

func (w *words) intern(s string) int32 {
	if s == "" {
		return 0
	}
	h := uint32(maphash.String(w.seed, s) >> 32)
	mask := uint32(len(w.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch e := &w.table[i]; {
		case e.code == 0:
			c := int32(len(w.list))
			*e = slot{h, c}
			// Clone: s may be a piece of a large read buffer.
			w.list = append(w.list, strings.Clone(s))
			if 2*len(w.list) > len(w.table) {
				w.grow()
			}
			return c
		case e.hash == h && w.list[e.code] == s:
			return e.code
		}
	}
}

func (w *words) grow() {
	old := w.table
	w.table = make([]slot, 2*len(old))
	mask := uint32(len(w.table) - 1)
	for _, e := range old {
		if e.code == 0 {
			continue
		}
		i := e.hash & mask
		for w.table[i].code != 0 {
			i = (i + 1) & mask
		}
		w.table[i] = e
	}
}

// internAll appends the codes of the list to out.
func (w *words) internAll(out []int32, list []string) []int32 {
	last, code := "", int32(0)
	for _, s := range list {
		if s != last { // logs repeat: an order's lines share much
			last, code = s, w.intern(s)
		}
		out = append(out, code)
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

// NewBuilder starts a log with that meta data; meta.Has decides which columns are kept.
func NewBuilder(meta Meta) *Builder {
	b := &Builder{meta: meta}
	b.forget()
	return b
}

// Note adds a note to the log.
func (b *Builder) Note(n Note) { b.notes = append(b.notes, n) }

// Len counts the events added.
func (b *Builder) Len() int { return b.total }

// Add adds an event. Columns that meta.Has lacks are ignored.
func (b *Builder) Add(ev Event) {
	if b.spill != nil && len(b.who) >= b.spill.limit {
		b.flush()
	}
	b.total++
	has := b.meta.Has
	b.who = append(b.who, b.names.intern(ev.Customer))
	b.e.Time = append(b.e.Time, ev.Time)
	b.e.Kind = append(b.e.Kind, ev.Kind)
	texts := b.e.texts()
	for j, s := range [...]*string{&ev.Order, &ev.Item, &ev.Category, &ev.Brand, &ev.Channel, &ev.Campaign, &ev.Session} {
		if has&(FieldOrder<<j) != 0 {
			*texts[j] = append(*texts[j], b.text[j].intern(*s))
		}
	}
	numbers := b.e.numbers()
	for j, x := range [...]float64{ev.Quantity, ev.Price, ev.Amount, ev.Discount, ev.Margin, ev.Rating, ev.Points} {
		if has&(FieldQuantity<<j) != 0 {
			*numbers[j] = append(*numbers[j], plain(x))
		}
	}
}

// plain makes one NaN and one zero of them all: rows that compare equal have equal
// bits, so that which comes first does not show.
func plain(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return math.NaN()
	case x == 0:
		return 0
	}
	return x
}

// Columns are events side by side: slices of one length, nil where the column is
// missing everywhere.
type Columns struct {
	Customer []string
	Time     []int64
	Kind     []Kind
	Texts    [7][]string  // order, item, category, brand, channel, campaign, session
	Numbers  [7][]float64 // quantity, price, amount, discount, margin, rating, points
}

// AddColumns adds events; it copies what it keeps. It does what Add does for each,
// several times faster.
func (b *Builder) AddColumns(c *Columns) {
	n := len(c.Customer)
	if len(c.Time) != n || len(c.Kind) != n {
		panic("datasets: columns of different lengths")
	}
	if b.spill != nil && len(b.who) > 0 && len(b.who)+n > b.spill.limit {
		b.flush()
	}
	b.total += n
	var wg sync.WaitGroup
	wg.Go(func() {
		b.who = b.names.internAll(b.who, c.Customer)
		b.e.Time = append(b.e.Time, c.Time...)
		b.e.Kind = append(b.e.Kind, c.Kind...)
		for j, col := range b.e.numbers() {
			if b.meta.Has&(FieldQuantity<<j) == 0 {
				continue
			}
			if c.Numbers[j] == nil {
				for range n {
					*col = append(*col, math.NaN())
				}
			}
			for _, x := range c.Numbers[j] {
				*col = append(*col, plain(x))
			}
		}
	})
	for j, col := range b.e.texts() {
		if b.meta.Has&(FieldOrder<<j) == 0 {
			continue
		}
		if c.Texts[j] == nil {
			*col = append(*col, make([]int32, n)...)
			continue
		}
		*col = b.text[j].internAll(*col, c.Texts[j])
	}
	wg.Wait()
}

// Grow makes room for n more events, where their number is known: nothing is copied
// while the columns fill. A builder that spills has its own measure.
func (b *Builder) Grow(n int) {
	if b.spill != nil {
		n = min(n, b.spill.limit)
	}
	b.who = slices.Grow(b.who, n)
	b.e.Time, b.e.Kind = slices.Grow(b.e.Time, n), slices.Grow(b.e.Kind, n)
	for j, c := range b.e.texts() {
		if b.meta.Has&(FieldOrder<<j) != 0 {
			*c = slices.Grow(*c, n)
		}
	}
	for j, c := range b.e.numbers() {
		if b.meta.Has&(FieldQuantity<<j) != 0 {
			*c = slices.Grow(*c, n)
		}
	}
}

// Meta returns the meta data, which may be changed until Build, except Has, which
// may only lose the time of day.
func (b *Builder) Meta() *Meta { return &b.meta }

// forget drops the events in memory.
func (b *Builder) forget() {
	b.e, b.who, b.names = Events{}, nil, newWords()
	for j := range b.text {
		b.text[j] = newWords()
	}
}

// Log is Build for a builder that keeps everything in memory, which cannot fail.
func (b *Builder) Log() *Log {
	l, err := b.Build()
	if err != nil {
		panic("datasets: Log of a builder that spills: use Build")
	}
	return l
}

// Build sorts the events into total order and returns the log. An open end of the
// window closes at the end of the last event's local day, an open start at the
// start of the first event's. Events outside a closed end are left out, and
// counted in a note. The builder is spent. The error is a disk's: see Spill.
func (b *Builder) Build() (*Log, error) {
	l := &Log{Meta: b.meta, Notes: b.notes}
	if b.spill != nil && (len(b.spill.runs) > 0 || b.spill.err != nil) {
		if err := b.merge(l); err != nil {
			return nil, err
		}
	} else if e := b.sorted(); len(e.Time) > 0 {
		e.log = l
		l.shards = []*Events{e}
	}
	l.closeWindow()
	l.cut = l.Meta.Window
	if l.stored == nil {
		for i, e := range l.shards {
			l.shards[i] = e.filter(l.Meta.Window, l)
		}
		if len(l.shards) > 0 && len(l.shards[0].IDs) == 0 {
			l.shards = nil
		}
	}
	l.survey()
	if l.failed != nil {
		return nil, l.failed
	}
	if n := b.total - l.NumEvents(); n > 0 {
		l.Notes = append(l.Notes, Note{Code: "outside_window", Count: int64(n), Text: fmt.Sprintf(
			"%d events lie outside the window %s to %s and were left out.", n,
			l.Meta.Window.From.Format("2006-01-02"), l.Meta.Window.To.Format("2006-01-02"))})
	}
	*b = Builder{}
	return l, nil
}

// sorted returns the events in memory in total order, and forgets them.
func (b *Builder) sorted() *Events {
	ids, idCode := b.names.sorted()
	for i := range b.who {
		b.who[i] = idCode[b.who[i]]
	}
	// One dictionary of all columns, in order of first use: nothing depends on codes.
	list := []string{""}
	for j, c := range b.e.texts() {
		if shift := int32(len(list) - 1); shift > 0 {
			for i, k := range *c {
				if k != 0 {
					(*c)[i] = k + shift
				}
			}
		}
		list = append(list, b.text[j].list[1:]...)
		b.text[j] = newWords()
	}
	b.e.Words = list
	rows, starts := b.order(len(ids))
	out := &Events{Words: list, Starts: []int{0}}
	for c, id := range ids {
		if starts[c+1] > starts[c] {
			out.IDs = append(out.IDs, id)
			out.Starts = append(out.Starts, starts[c+1])
		}
	}
	b.who = nil
	// Each column is let go as soon as it is sorted: the log is never in memory twice.
	var wg sync.WaitGroup
	wg.Go(func() {
		out.Time, b.e.Time = pick(b.e.Time, rows), nil
		out.Kind, b.e.Kind = pick(b.e.Kind, rows), nil
		to, of := out.texts(), b.e.texts()
		for j := range of {
			*to[j], *of[j] = pick(*of[j], rows), nil
		}
	})
	to, of := out.numbers(), b.e.numbers()
	for j := range of {
		*to[j], *of[j] = pick(*of[j], rows), nil
	}
	wg.Wait()
	b.forget()
	return out
}

// order returns the rows in total order and each customer's first position: a
// counting sort by customer, then each customer's few rows by comparison.
func (b *Builder) order(customers int) (rows []int32, starts []int) {
	if len(b.who) > math.MaxInt32 {
		panic("datasets: more than 2,147,483,647 events in one Builder")
	}
	starts = make([]int, customers+1)
	for _, w := range b.who {
		starts[w+1]++
	}
	for c := range customers {
		starts[c+1] += starts[c]
	}
	rows = make([]int32, len(b.who))
	at := slices.Clone(starts[:customers])
	for i, w := range b.who {
		rows[at[w]] = int32(i)
		at[w]++
	}
	workers := max(1, min(runtime.GOMAXPROCS(0), len(rows)/4096))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for c := w * customers / workers; c < (w+1)*customers/workers; c++ {
				part := rows[starts[c]:starts[c+1]]
				if len(part) > 1 {
					slices.SortFunc(part, func(x, y int32) int { return b.e.compare(int(x), int(y)) })
				}
			}
		})
	}
	wg.Wait()
	return rows, starts
}
