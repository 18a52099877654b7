package datasets

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"slices"
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
	names := func() {
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
	}
	if b.meta.Has&fieldTexts == 0 { // nothing to do beside it
		names()
		return
	}
	var wg sync.WaitGroup
	wg.Go(names)
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

// fieldTexts are the columns of text.
const fieldTexts = FieldQuantity - FieldOrder

// Grow makes room for n more events, where their number is known: nothing is copied
// while the columns fill. A builder that spills has its own measure.
func (b *Builder) Grow(n int) {
	if b.spill != nil {
		n = min(n, b.spill.limit)
	}
	b.who = grown(b.who, n)
	b.e.Time, b.e.Kind = grown(b.e.Time, n), grown(b.e.Kind, n)
	for j, c := range b.e.texts() {
		if b.meta.Has&(FieldOrder<<j) != 0 {
			*c = grown(*c, n)
		}
	}
	for j, c := range b.e.numbers() {
		if b.meta.Has&(FieldQuantity<<j) != 0 {
			*c = grown(*c, n)
		}
	}
}

func grown[T any](s []T, n int) []T {
	if s == nil {
		return make([]T, 0, n) // new memory, which slices.Grow would write zeros to
	}
	return slices.Grow(s, n)
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
	out := &Events{Words: list}
	rows := b.order(out)
	b.who = nil
	// Each column is let go as soon as it is sorted: the log is never in memory twice.
	b.e.Time = nil
	out.Kind, b.e.Kind = pick(b.e.Kind, rows), nil
	to, of := out.texts(), b.e.texts()
	for j := range of {
		*to[j], *of[j] = pick(*of[j], rows), nil
	}
	nto, nof := out.numbers(), b.e.numbers()
	for j := range nof {
		*nto[j], *nof[j] = pick(*nof[j], rows), nil
	}
	b.forget()
	return out
}

// order returns the rows in total order, and fills out's customers and times: a counting
// sort by customer, then each customer's few rows by comparison.
func (b *Builder) order(out *Events) (rows []int32) {
	if len(b.who) > math.MaxInt32 {
		panic("datasets: more than 2,147,483,647 events in one Builder")
	}
	ids, code := b.names.sorted()
	count := make([]int, len(ids)) // by the code of first use, as who has it
	for _, w := range b.who {
		count[w]++
	}
	place := make([]int, len(ids)) // by the order of the ids
	for w, n := range count {
		place[code[w]] = n
	}
	out.Starts = append(make([]int, 0, len(ids)+1), 0)
	out.IDs = make([]string, 0, len(ids))
	at := 0
	for c, n := range place {
		place[c] = at
		if at += n; n > 0 {
			out.IDs = append(out.IDs, ids[c])
			out.Starts = append(out.Starts, at)
		}
	}
	next := count
	for w := range next {
		next[w] = place[code[w]]
	}
	rows, out.Time = make([]int32, len(b.who)), make([]int64, len(b.who))
	for i, w := range b.who {
		rows[next[w]] = int32(i)
		next[w]++
	}
	customers := len(out.IDs)
	workers := max(1, min(runtime.GOMAXPROCS(0), len(rows)/4096))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			o := rowOrder{e: &b.e}
			for c := w * customers / workers; c < (w+1)*customers/workers; c++ {
				lo, hi := out.Starts[c], out.Starts[c+1]
				o.sort(rows[lo:hi], out.Time[lo:hi])
			}
		})
	}
	wg.Wait()
	return rows
}

// rowOrder sorts the rows of one customer after another.
type rowOrder struct {
	e    *Events
	keys []uint64
	old  []int32
}

// sort puts rows into total order and fills their times. Time and place in rows go into
// one number, where they fit: numbers sort twice as fast as what needs a function.
func (o *rowOrder) sort(rows []int32, times []int64) {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for i, r := range rows {
		t := o.e.Time[r]
		times[i] = t
		lo, hi = min(lo, t), max(hi, t)
	}
	place := bits.Len(uint(len(rows)))
	if place+bits.Len64(uint64(hi)-uint64(lo)) > 64 {
		slices.SortFunc(rows, func(x, y int32) int { return o.e.compare(int(x), int(y)) })
		for i, r := range rows {
			times[i] = o.e.Time[r]
		}
		return
	}
	o.keys, o.old = o.keys[:0], append(o.old[:0], rows...)
	for i, t := range times {
		o.keys = append(o.keys, (uint64(t)-uint64(lo))<<place|uint64(i))
	}
	slices.Sort(o.keys)
	for i, k := range o.keys {
		rows[i] = o.old[k&(1<<place-1)]
		times[i] = int64(uint64(lo) + k>>place)
	}
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && times[j] == times[i] {
			j++
		}
		if j > i+1 {
			slices.SortFunc(rows[i:j], func(x, y int32) int { return o.e.compare(int(x), int(y)) })
		}
		i = j
	}
}
