package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Events is one shard: whole customers in customer order, their events in the
// log's total order (customer, time, then every other column). A nil column
// means that the log does not have it; NaN and code 0 mean missing in a row.
type Events struct {
	IDs    []string // one per customer, ascending
	Starts []int    // len(IDs)+1; customer i owns rows Starts[i]:Starts[i+1]

	Time []int64 // µs since 1970-01-01 UTC
	Kind []Kind

	// Text columns, as codes into Words; 0 is "". A word has one code in a column.
	Order, Item, Category, Brand, Channel, Campaign, Session []int32
	Words                                                    []string

	Quantity, Price, Amount, Discount, Margin, Rating, Points []float64

	log *Log // whose meta data and side tables hold for them
}

// Event is one row with its text resolved.
type Event struct {
	Customer                                                  string
	Time                                                      int64 // µs since 1970-01-01 UTC
	Kind                                                      Kind
	Order, Item, Category, Brand, Channel, Campaign, Session  string
	Quantity, Price, Amount, Discount, Margin, Rating, Points float64 // NaN = missing
}

// texts and numbers list the optional columns in the order of the Field bits.
// They are arrays, so that listing them allocates nothing.
func (e *Events) texts() [7]*[]int32 {
	return [7]*[]int32{&e.Order, &e.Item, &e.Category, &e.Brand, &e.Channel, &e.Campaign, &e.Session}
}

func (e *Events) numbers() [7]*[]float64 {
	return [7]*[]float64{&e.Quantity, &e.Price, &e.Amount, &e.Discount, &e.Margin, &e.Rating, &e.Points}
}

// History returns customer i's history: a view, valid as long as the shard is.
func (e *Events) History(i int) History {
	return History{ID: e.IDs[i], Meta: &e.log.Meta, e: e, lo: e.Starts[i], hi: e.Starts[i+1], memo: new(memo)}
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
func (e *Events) slice(lo, hi int, log *Log) *Events {
	a, b := e.Starts[lo], e.Starts[hi]
	out := &Events{IDs: e.IDs[lo:hi], Time: e.Time[a:b], Kind: e.Kind[a:b], Words: e.Words, log: log}
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
func (e *Events) filter(w Window, log *Log) *Events {
	if !slices.ContainsFunc(e.Time, func(t int64) bool { return !w.Contains(t) }) {
		return e.slice(0, len(e.IDs), log) // nothing is cut: share the columns
	}
	out := &Events{Words: e.Words, log: log, Starts: []int{0}}
	var rows []int32
	for i, id := range e.IDs {
		n := len(rows)
		for r := e.Starts[i]; r < e.Starts[i+1]; r++ {
			if w.Contains(e.Time[r]) {
				rows = append(rows, int32(r))
			}
		}
		if len(rows) > n {
			out.IDs = append(out.IDs, id)
			out.Starts = append(out.Starts, len(rows))
		}
	}
	out.gather(e, rows)
	return out
}

// gather fills the columns with those rows of src; both share one dictionary.
// Column by column: one pass over each array, no allocation a row.
func (e *Events) gather(src *Events, rows []int32) {
	e.Time = pick(src.Time, rows)
	e.Kind = pick(src.Kind, rows)
	to, of := e.texts(), src.texts()
	for j := range of {
		*to[j] = pick(*of[j], rows)
	}
	nto, nof := e.numbers(), src.numbers()
	for j := range nof {
		*nto[j] = pick(*nof[j], rows)
	}
}

func pick[T any](col []T, rows []int32) []T {
	if col == nil {
		return nil
	}
	out := make([]T, len(rows))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(rows)/pickRows))
	var wg sync.WaitGroup
	for k := range workers {
		lo, hi := k*len(rows)/workers, (k+1)*len(rows)/workers
		wg.Go(func() {
			to := out[lo:hi]
			for i, r := range rows[lo:hi] {
				to[i] = col[r]
			}
		})
	}
	wg.Wait()
	return out
}

// pickRows is the number of rows from which a second goroutine pays.
const pickRows = 1 << 16

// joined returns all shards as one. Shards of one log share a dictionary.
func (l *Log) joined() *Events {
	if len(l.shards) == 1 {
		return l.shards[0]
	}
	out := &Events{Starts: []int{0}, log: l}
	for _, e := range l.shards {
		out.Words = e.Words
		base := len(out.Time)
		out.IDs = append(out.IDs, e.IDs...)
		for _, s := range e.Starts[1:] {
			out.Starts = append(out.Starts, base+s)
		}
		out.Time = append(out.Time, e.Time...)
		out.Kind = append(out.Kind, e.Kind...)
		to, of := out.texts(), e.texts()
		for j := range of {
			*to[j] = append(*to[j], *of[j]...)
		}
		nto, nof := out.numbers(), e.numbers()
		for j := range nof {
			*nto[j] = append(*nto[j], *nof[j]...)
		}
	}
	return out
}

// compare orders rows a and b of one customer: time, kind, then every column. NaN
// sorts first.
func (e *Events) compare(a, b int) int {
	if c := order(e.Time[a], e.Time[b]); c != 0 {
		return c
	}
	if c := order(e.Kind[a], e.Kind[b]); c != 0 {
		return c
	}
	for _, col := range e.texts() {
		if *col != nil {
			if x, y := (*col)[a], (*col)[b]; x != y {
				return strings.Compare(e.Words[x], e.Words[y])
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

// eventHash is the SHA-256 of a log's events as text and IEEE bits, customer by
// customer in total order, column by column: independent of the file's row order,
// of the shards and of the dictionary.
type eventHash struct {
	buf        []byte
	full, free chan []byte
	done       chan []byte // the sum
}

// eventHashBuffer is what is hashed at once.
const eventHashBuffer = 1 << 16

// newEventHash starts the hashing, which goes on beside the writing of what is hashed;
// sum ends it.
func newEventHash() *eventHash {
	x := &eventHash{full: make(chan []byte, 1), free: make(chan []byte, 2), done: make(chan []byte, 1)}
	for range cap(x.free) {
		x.free <- make([]byte, 0, eventHashBuffer)
	}
	x.buf = make([]byte, 0, eventHashBuffer)
	go func() {
		h := sha256.New()
		for b := range x.full {
			h.Write(b)
			x.free <- b[:0]
		}
		x.done <- h.Sum(nil)
	}()
	return x
}

func (x *eventHash) flush(room int) {
	if len(x.buf) > room {
		x.full <- x.buf
		x.buf = <-x.free
	}
}

func (x *eventHash) u64(v uint64) { x.buf = binary.LittleEndian.AppendUint64(x.buf, v) }

func (x *eventHash) text(s string) {
	x.buf = binary.AppendUvarint(x.buf, uint64(len(s)))
	x.buf = append(x.buf, s...)
}

// add takes a shard in.
func (x *eventHash) add(e *Events) {
	const room = 1 << 15
	texts, numbers := e.texts(), e.numbers()
	for i, id := range e.IDs {
		lo, hi := e.Starts[i], e.Starts[i+1]
		x.text(id)
		x.u64(uint64(hi - lo))
		for r := lo; r < hi; r++ {
			x.u64(uint64(e.Time[r]))
			x.buf = append(x.buf, byte(e.Kind[r]))
			x.flush(room)
		}
		for j, c := range texts {
			if *c == nil {
				continue
			}
			x.buf = append(x.buf, byte(j))
			for r := lo; r < hi; r++ {
				x.text(e.Words[(*c)[r]])
				x.flush(room)
			}
		}
		for j, c := range numbers {
			if *c == nil {
				continue
			}
			x.buf = append(x.buf, byte(len(texts)+j))
			for _, v := range (*c)[lo:hi] {
				x.u64(math.Float64bits(v))
				x.flush(room)
			}
		}
	}
}

func (x *eventHash) sum() string {
	x.flush(0)
	close(x.full)
	return hex.EncodeToString(<-x.done)
}
