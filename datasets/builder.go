package datasets

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Builder collects events in any order and makes a log of them.
type Builder struct {
	meta  Meta
	e     Events // one row per event; customer codes beside it
	who   []int32
	names words
	text  words
	notes []Note
	spill *spill // nil: everything in memory
	total int    // events added
}

// words interns strings; code 0 is "".
type words struct {
	code map[string]int32
	list []string
}

func (w *words) intern(s string) int32 {
	if s == "" {
		return 0
	}
	if c, ok := w.code[s]; ok {
		return c
	}
	c := int32(len(w.list))
	// Clone: s may be a piece of a large read buffer.
	s = strings.Clone(s)
	w.code[s] = c
	w.list = append(w.list, s)
	return c
}

func newWords() words { return words{code: map[string]int32{"": 0}, list: []string{""}} }

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
	return &Builder{meta: meta, names: newWords(), text: newWords()}
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
			*texts[j] = append(*texts[j], b.text.intern(*s))
		}
	}
	numbers := b.e.numbers()
	for j, x := range [...]float64{ev.Quantity, ev.Price, ev.Amount, ev.Discount, ev.Margin, ev.Rating, ev.Points} {
		if has&(FieldQuantity<<j) != 0 {
			// One NaN and one zero: rows that compare equal have equal bits, so that
			// which comes first does not show.
			switch {
			case math.IsNaN(x):
				x = math.NaN()
			case x == 0:
				x = 0
			}
			*numbers[j] = append(*numbers[j], x)
		}
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
	list, code := b.text.sorted()
	for i := range b.who {
		b.who[i] = idCode[b.who[i]]
	}
	for _, c := range b.e.texts() {
		for i := range *c {
			(*c)[i] = code[(*c)[i]]
		}
	}
	rows, starts := b.order(len(ids))
	out := &Events{Words: list, Starts: []int{0}}
	for c, id := range ids {
		if starts[c+1] > starts[c] {
			out.IDs = append(out.IDs, id)
			out.Starts = append(out.Starts, starts[c+1])
		}
	}
	b.who = nil
	// One column at a time, each let go as soon as it is sorted: the log is never in
	// memory twice.
	out.Time, b.e.Time = pick(b.e.Time, rows), nil
	out.Kind, b.e.Kind = pick(b.e.Kind, rows), nil
	to, of := out.texts(), b.e.texts()
	for j := range of {
		*to[j], *of[j] = pick(*of[j], rows), nil
	}
	nto, nof := out.numbers(), b.e.numbers()
	for j := range nof {
		*nto[j], *nof[j] = pick(*nof[j], rows), nil
	}
	b.names, b.text = newWords(), newWords()
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
	for c := range customers {
		part := rows[starts[c]:starts[c+1]]
		if len(part) > 1 {
			slices.SortFunc(part, func(x, y int32) int { return b.e.compare(int(x), int(y)) })
		}
	}
	return rows, starts
}
