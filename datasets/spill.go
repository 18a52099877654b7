package datasets

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// Spill lets the builder keep at most that many events in memory: sorted runs go to
// scratch files in dir ("" = the system's), and Build merges them into a log whose
// shards lie on disk. The log is the same, bit for bit, as one built in memory. The
// files have no names where the system allows it, so nothing is left behind.
//
// Cost: each event is written and read twice, about 90 bytes each time.
func (b *Builder) Spill(dir string, events int) {
	if events < 1 {
		panic("datasets: Spill needs room for at least one event")
	}
	b.spill = &spill{dir: dir, limit: events}
}

// Failed is the disk's error so far, which Build returns: whoever adds many events can
// stop. nil = there is none.
func (b *Builder) Failed() error {
	if b.spill == nil {
		return nil
	}
	return b.spill.err
}

// spill is what a builder has on disk so far.
type spill struct {
	dir   string
	limit int
	runs  []*os.File
	err   error
}

// flush sorts what the builder holds and writes it as a run.
func (b *Builder) flush() {
	e := b.sorted()
	if len(e.Time) == 0 || b.spill.err != nil {
		return
	}
	f, err := os.CreateTemp(b.spill.dir, "mores-run-*")
	if err == nil {
		os.Remove(f.Name())
		err = writeRun(f, e)
		b.spill.runs = append(b.spill.runs, f)
	}
	if err != nil {
		b.spill.err = fmt.Errorf("cannot sort the log on disk: %w", err)
	}
}

// writeRun writes customers in order, their events row by row, text in the open: a
// run is read once, front to back.
func writeRun(f *os.File, e *Events) error {
	w := bufio.NewWriterSize(f, 1<<20)
	var buf []byte
	texts, numbers := e.texts(), e.numbers()
	for i, id := range e.IDs {
		buf = binary.AppendUvarint(buf[:0], uint64(len(id)))
		buf = append(buf, id...)
		buf = binary.AppendUvarint(buf, uint64(e.Starts[i+1]-e.Starts[i]))
		for r := e.Starts[i]; r < e.Starts[i+1]; r++ {
			buf = binary.LittleEndian.AppendUint64(buf, uint64(e.Time[r]))
			buf = append(buf, byte(e.Kind[r]))
			for _, c := range texts {
				if *c != nil {
					s := e.Words[(*c)[r]]
					buf = binary.AppendUvarint(buf, uint64(len(s)))
					buf = append(buf, s...)
				}
			}
			for _, c := range numbers {
				if *c != nil {
					buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits((*c)[r]))
				}
			}
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return w.Flush()
}

// runReader reads a run back, customer by customer.
type runReader struct {
	r    *bufio.Reader
	has  Fields
	id   string // of the customer whose events come next
	left uint64
	buf  []byte
	err  error // io.EOF at the end
}

func newRunReader(f *os.File, has Fields) *runReader {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return &runReader{err: err}
	}
	r := &runReader{r: bufio.NewReaderSize(f, 256<<10), has: has}
	r.next()
	return r
}

// next reads the head of the next customer.
func (r *runReader) next() {
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		r.err = err
		return
	}
	r.id = strings.Clone(r.text(n))
	r.left, err = binary.ReadUvarint(r.r)
	r.fail(err)
}

func (r *runReader) fail(err error) {
	if err != nil && r.err == nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		r.err = err
	}
}

// text returns the next n bytes, a view until the next call.
func (r *runReader) text(n uint64) string {
	if uint64(cap(r.buf)) < n {
		r.buf = make([]byte, 2*n)
	}
	b := r.buf[:n]
	_, err := io.ReadFull(r.r, b)
	r.fail(err)
	return string(b)
}

// drain adds the customer's events to b and moves on.
func (r *runReader) drain(b *Builder) {
	ev := Event{Customer: r.id}
	var word [8]byte
	u64 := func() uint64 {
		_, err := io.ReadFull(r.r, word[:])
		r.fail(err)
		return binary.LittleEndian.Uint64(word[:])
	}
	texts := [...]*string{&ev.Order, &ev.Item, &ev.Category, &ev.Brand, &ev.Channel, &ev.Campaign, &ev.Session}
	numbers := [...]*float64{&ev.Quantity, &ev.Price, &ev.Amount, &ev.Discount, &ev.Margin, &ev.Rating, &ev.Points}
	for ; r.left > 0 && r.err == nil; r.left-- {
		ev.Time = int64(u64())
		k, err := r.r.ReadByte()
		r.fail(err)
		ev.Kind = Kind(k)
		for j, s := range texts {
			if r.has&(FieldOrder<<j) != 0 {
				n, err := binary.ReadUvarint(r.r)
				r.fail(err)
				*s = r.text(n)
			}
		}
		for j, x := range numbers {
			if r.has&(FieldQuantity<<j) != 0 {
				*x = math.Float64frombits(u64())
			}
		}
		b.Add(ev)
	}
	if r.err == nil {
		r.next()
	}
}

// merge makes the shards: the runs are read side by side, each customer's events of
// all runs together, a shard cut where it is full and a customer ends.
func (b *Builder) merge(l *Log) error {
	s := b.spill
	defer func() {
		for _, f := range s.runs {
			f.Close()
		}
	}()
	b.flush()
	if s.err != nil {
		return s.err
	}
	store, err := newShardStore(s.dir)
	if err != nil {
		return err
	}
	var runs []*runReader
	for _, f := range s.runs {
		runs = append(runs, newRunReader(f, b.meta.Has))
	}
	part := NewBuilder(b.meta)
	// A shard is held while the next is built from it: an eighth leaves room.
	full := max(s.limit/8, 1)
	cut := func() error {
		if part.Len() == 0 {
			return nil
		}
		e := part.sorted()
		part = NewBuilder(b.meta)
		return store.add(e)
	}
	for {
		id, live := "", false
		for _, r := range runs {
			switch {
			case r.err == io.EOF:
			case r.err != nil:
				return fmt.Errorf("cannot sort the log on disk: %w", r.err)
			case !live || r.id < id:
				id, live = r.id, true
			}
		}
		if !live {
			break
		}
		for _, r := range runs {
			if r.err == nil && r.id == id {
				r.drain(part)
			}
		}
		if part.Len() >= full {
			if err := cut(); err != nil {
				return err
			}
		}
	}
	if err := cut(); err != nil {
		return err
	}
	l.stored = store
	return nil
}
