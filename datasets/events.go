package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"sort"
)

// Events is one shard: whole customers in customer order, their events in the
// log's total order (customer, time, then every other column). A nil column
// means that the log does not have it; NaN and code 0 mean missing in a row.
type Events struct {
	IDs    []string // one per customer, ascending
	Starts []int    // len(IDs)+1; customer i owns rows Starts[i]:Starts[i+1]

	Time []int64 // µs since 1970-01-01 UTC
	Kind []Kind

	// Text columns, as codes into Words; 0 is "". Codes ascend with the text.
	Order, Item, Category, Brand, Channel, Campaign, Session []int32
	Words                                                    []string

	Quantity, Price, Amount, Discount, Margin, Rating, Points []float64

	meta *Meta
}

// Event is one row with its text resolved.
type Event struct {
	Customer                                                  string
	Time                                                      int64 // µs since 1970-01-01 UTC
	Kind                                                      Kind
	Order, Item, Category, Brand, Channel, Campaign, Session  string
	Quantity, Price, Amount, Discount, Margin, Rating, Points float64 // NaN = missing
}

func (e *Events) texts() []*[]int32 {
	return []*[]int32{&e.Order, &e.Item, &e.Category, &e.Brand, &e.Channel, &e.Campaign, &e.Session}
}

func (e *Events) numbers() []*[]float64 {
	return []*[]float64{&e.Quantity, &e.Price, &e.Amount, &e.Discount, &e.Margin, &e.Rating, &e.Points}
}

// History returns customer i's history: a view, valid as long as the shard is.
func (e *Events) History(i int) History {
	return History{ID: e.IDs[i], Meta: e.meta, e: e, lo: e.Starts[i], hi: e.Starts[i+1]}
}

func (e *Events) find(id string) (int, bool) { return slices.BinarySearch(e.IDs, id) }

func (e *Events) text(col []int32, row int) string {
	if col == nil {
		return ""
	}
	return e.Words[col[row]]
}

func number(col []float64, row int) float64 {
	if col == nil {
		return math.NaN()
	}
	return col[row]
}

// slice returns customers lo..hi as a shard that shares the columns.
func (e *Events) slice(lo, hi int, meta *Meta) *Events {
	a, b := e.Starts[lo], e.Starts[hi]
	out := &Events{IDs: e.IDs[lo:hi], Time: e.Time[a:b], Kind: e.Kind[a:b], Words: e.Words, meta: meta}
	out.Starts = make([]int, hi-lo+1)
	for i := range out.Starts {
		out.Starts[i] = e.Starts[lo+i] - a
	}
	for j, c := range e.texts() {
		if *c != nil {
			*out.texts()[j] = (*c)[a:b]
		}
	}
	for j, c := range e.numbers() {
		if *c != nil {
			*out.numbers()[j] = (*c)[a:b]
		}
	}
	return out
}

// filter keeps the events in the window and the customers that have one.
func (e *Events) filter(w Window, meta *Meta) *Events {
	out := &Events{Words: e.Words, meta: meta, Starts: []int{0}}
	for i, id := range e.IDs {
		n := len(out.Time)
		for r := e.Starts[i]; r < e.Starts[i+1]; r++ {
			if w.Contains(e.Time[r]) {
				out.appendRow(e, r)
			}
		}
		if len(out.Time) > n {
			out.IDs = append(out.IDs, id)
			out.Starts = append(out.Starts, len(out.Time))
		}
	}
	return out
}

// appendRow copies row r of src; both share one dictionary.
func (e *Events) appendRow(src *Events, r int) {
	e.Time = append(e.Time, src.Time[r])
	e.Kind = append(e.Kind, src.Kind[r])
	for j, c := range src.texts() {
		if *c != nil {
			*e.texts()[j] = append(*e.texts()[j], (*c)[r])
		}
	}
	for j, c := range src.numbers() {
		if *c != nil {
			*e.numbers()[j] = append(*e.numbers()[j], (*c)[r])
		}
	}
}

// joined returns all shards as one. Shards of one log share a dictionary.
func (l *Log) joined() *Events {
	if len(l.shards) == 1 {
		return l.shards[0]
	}
	out := &Events{Starts: []int{0}, meta: &l.Meta}
	for _, e := range l.shards {
		out.Words = e.Words
		for i, id := range e.IDs {
			for r := e.Starts[i]; r < e.Starts[i+1]; r++ {
				out.appendRow(e, r)
			}
			out.IDs = append(out.IDs, id)
			out.Starts = append(out.Starts, len(out.Time))
		}
	}
	return out
}

// compare orders rows a and b of one customer: time, kind, then every column.
// Codes ascend with the text, so comparing codes compares text. NaN sorts first.
func (e *Events) compare(a, b int) int {
	if c := order(e.Time[a], e.Time[b]); c != 0 {
		return c
	}
	if c := order(e.Kind[a], e.Kind[b]); c != 0 {
		return c
	}
	for _, col := range e.texts() {
		if *col != nil {
			if c := order((*col)[a], (*col)[b]); c != 0 {
				return c
			}
		}
	}
	for _, col := range e.numbers() {
		if *col == nil {
			continue
		}
		x, y := (*col)[a], (*col)[b]
		switch {
		case x < y || math.IsNaN(x) && !math.IsNaN(y):
			return -1
		case x > y || math.IsNaN(y) && !math.IsNaN(x):
			return 1
		}
	}
	return 0
}

func order[T int64 | int32 | Kind](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// hashEvents is the SHA-256 of the events as text and IEEE bits, in total order:
// independent of the file's row order, of the shards and of the dictionary.
func hashEvents(shards []*Events) string {
	h := sha256.New()
	var b [8]byte
	u64 := func(x uint64) { binary.LittleEndian.PutUint64(b[:], x); h.Write(b[:]) }
	str := func(s string) { u64(uint64(len(s))); h.Write([]byte(s)) }
	for _, e := range shards {
		for i, id := range e.IDs {
			str(id)
			u64(uint64(e.Starts[i+1] - e.Starts[i]))
			for r := e.Starts[i]; r < e.Starts[i+1]; r++ {
				u64(uint64(e.Time[r]))
				u64(uint64(e.Kind[r]))
				for j, c := range e.texts() {
					if *c != nil {
						u64(uint64(j))
						str(e.Words[(*c)[r]])
					}
				}
				for j, c := range e.numbers() {
					if *c != nil {
						u64(uint64(j))
						u64(math.Float64bits((*c)[r]))
					}
				}
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Builder collects events in any order and makes a log of them.
type Builder struct {
	meta  Meta
	e     Events // one row per event; customer codes beside it
	who   []int32
	names words
	text  words
	notes []Note
}

// words interns strings; code 0 is "".
type words struct {
	code map[string]int32
	list []string
}

func (w *words) intern(s string) int32 {
	if w.code == nil {
		w.code = map[string]int32{"": 0}
		w.list = []string{""}
	}
	if c, ok := w.code[s]; ok {
		return c
	}
	c := int32(len(w.list))
	// Clone: s may be a piece of a large read buffer.
	s = string([]byte(s))
	w.code[s] = c
	w.list = append(w.list, s)
	return c
}

// sorted returns the words in ascending order and the new code of each old one.
func (w *words) sorted() (list []string, code []int32) {
	idx := make([]int32, len(w.list))
	for i := range idx {
		idx[i] = int32(i)
	}
	sort.Slice(idx, func(a, b int) bool { return w.list[idx[a]] < w.list[idx[b]] })
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
	b.names.intern("")
	b.text.intern("")
	return b
}

// Note adds a note to the log.
func (b *Builder) Note(n Note) { b.notes = append(b.notes, n) }

// Len counts the events added.
func (b *Builder) Len() int { return len(b.who) }

// Add adds an event. Columns that meta.Has lacks are ignored.
func (b *Builder) Add(ev Event) {
	has := b.meta.Has
	b.who = append(b.who, b.names.intern(ev.Customer))
	b.e.Time = append(b.e.Time, ev.Time)
	b.e.Kind = append(b.e.Kind, ev.Kind)
	for j, s := range [...]string{ev.Order, ev.Item, ev.Category, ev.Brand, ev.Channel, ev.Campaign, ev.Session} {
		if has&(FieldOrder<<j) != 0 {
			c := b.e.texts()[j]
			*c = append(*c, b.text.intern(s))
		}
	}
	for j, x := range [...]float64{ev.Quantity, ev.Price, ev.Amount, ev.Discount, ev.Margin, ev.Rating, ev.Points} {
		if has&(FieldQuantity<<j) != 0 {
			c := b.e.numbers()[j]
			*c = append(*c, x)
		}
	}
}

// Log sorts the events into total order and returns the log. An open end of the
// window closes at the end of the last event's day (day stamps) or one
// microsecond after the last event; an open start, at the start of the first
// event's local day. The builder is spent.
func (b *Builder) Log() *Log {
	l := &Log{Meta: b.meta, Notes: b.notes}
	ids, idCode := b.names.sorted()
	list, code := b.text.sorted()
	n := len(b.who)
	for i := range b.who {
		b.who[i] = idCode[b.who[i]]
	}
	for _, c := range b.e.texts() {
		for i := range *c {
			(*c)[i] = code[(*c)[i]]
		}
	}
	row := make([]int, n)
	for i := range row {
		row[i] = i
	}
	sort.Slice(row, func(i, j int) bool {
		a, c := row[i], row[j]
		if b.who[a] != b.who[c] {
			return b.who[a] < b.who[c]
		}
		return b.e.compare(a, c) < 0
	})
	out := &Events{Words: list, Starts: []int{0}, meta: &l.Meta}
	for k, r := range row {
		if k == 0 || b.who[r] != b.who[row[k-1]] {
			if k > 0 {
				out.Starts = append(out.Starts, k)
			}
			out.IDs = append(out.IDs, ids[b.who[r]])
		}
		out.appendRow(&b.e, r)
	}
	if n > 0 {
		out.Starts = append(out.Starts, n)
		l.shards = []*Events{out}
	}
	l.closeWindow()
	l.Hash = hashEvents(l.shards)
	*b = Builder{}
	return l
}
