package datasets

import (
	"context"
	"fmt"
	"iter"
	"os"
	"sort"
	"unsafe"
)

// shardStore is a log's events on disk: shards of whole customers in customer
// order, each with a dictionary of its own, in one file of raw columns. It is
// scratch, read by the process that wrote it: the file's name is gone as soon as
// it is open, so nothing is left behind however the process ends.
type shardStore struct {
	file   *os.File
	size   int64
	shards []storedShard
}

// storedShard says where a shard lies and what it holds.
type storedShard struct {
	at          int64
	customers   int
	events      int
	words       int
	text        int64 // bytes of ids and words
	columns     Fields
	first, last string // customers
	from, to    int64  // stamps
}

func newShardStore(dir string) (*shardStore, error) {
	f, err := os.CreateTemp(dir, "mores-shards-*")
	if err != nil {
		return nil, fmt.Errorf("cannot keep the log on disk: %w", err)
	}
	// Where the system allows it the file has no name from here on.
	os.Remove(f.Name())
	return &shardStore{file: f}, nil
}

// bytesOf views a slice of numbers as bytes.
func bytesOf[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

// add writes a shard at the end of the file.
func (s *shardStore) add(e *Events) error {
	info := storedShard{
		at: s.size, customers: len(e.IDs), events: len(e.Time), words: len(e.Words),
		first: e.IDs[0], last: e.IDs[len(e.IDs)-1],
	}
	info.from, info.to = e.Time[0], e.Time[0]
	for _, t := range e.Time {
		info.from, info.to = min(info.from, t), max(info.to, t)
	}
	write := func(b []byte) error {
		n, err := s.file.WriteAt(b, s.size)
		s.size += int64(n)
		if err != nil {
			return fmt.Errorf("cannot keep the log on disk: %w", err)
		}
		return nil
	}
	var text []byte
	lengths := make([]uint32, 0, len(e.IDs)+len(e.Words))
	for _, list := range [][]string{e.IDs, e.Words} {
		for _, w := range list {
			lengths = append(lengths, uint32(len(w)))
			text = append(text, w...)
		}
	}
	info.text = int64(len(text))
	parts := [][]byte{bytesOf(lengths), text, bytesOf(e.Starts), bytesOf(e.Time), bytesOf(e.Kind)}
	for j, c := range e.texts() {
		if *c != nil {
			info.columns |= FieldOrder << j
			parts = append(parts, bytesOf(*c))
		}
	}
	for j, c := range e.numbers() {
		if *c != nil {
			info.columns |= FieldQuantity << j
			parts = append(parts, bytesOf(*c))
		}
	}
	for _, p := range parts {
		if err := write(p); err != nil {
			return err
		}
	}
	s.shards = append(s.shards, info)
	return nil
}

// load reads shard i back as part of log.
func (s *shardStore) load(i int, log *Log) (*Events, error) {
	info := &s.shards[i]
	at := info.at
	read := func(b []byte) error {
		n, err := s.file.ReadAt(b, at)
		at += int64(n)
		if n < len(b) {
			return fmt.Errorf("cannot read the log back from disk: %w", err)
		}
		return nil
	}
	e := &Events{log: log}
	lengths := make([]uint32, info.customers+info.words)
	text := make([]byte, info.text)
	e.Starts = make([]int, info.customers+1)
	e.Time, e.Kind = make([]int64, info.events), make([]Kind, info.events)
	for _, b := range [][]byte{bytesOf(lengths), text, bytesOf(e.Starts), bytesOf(e.Time), bytesOf(e.Kind)} {
		if err := read(b); err != nil {
			return nil, err
		}
	}
	for j, c := range e.texts() {
		if info.columns&(FieldOrder<<j) != 0 {
			*c = make([]int32, info.events)
			if err := read(bytesOf(*c)); err != nil {
				return nil, err
			}
		}
	}
	for j, c := range e.numbers() {
		if info.columns&(FieldQuantity<<j) != 0 {
			*c = make([]float64, info.events)
			if err := read(bytesOf(*c)); err != nil {
				return nil, err
			}
		}
	}
	// Each word on its own, ids and words apart: what is kept of one must not hold the
	// shard's whole text.
	e.IDs, e.Words = make([]string, info.customers), make([]string, info.words)
	for k, n := range lengths {
		w := string(text[:n])
		text = text[n:]
		if k < info.customers {
			e.IDs[k] = w
		} else {
			e.Words[k-info.customers] = w
		}
	}
	return e, nil
}

// events yields the shards cut to log.cut; those without a customer in it
// are passed over.
func (s *shardStore) events(ctx context.Context, log *Log) iter.Seq2[*Events, error] {
	return func(yield func(*Events, error) bool) {
		for i := range s.shards {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if s.outside(i, log.cut) {
				continue
			}
			e, err := s.load(i, log)
			if err == nil {
				e = e.filter(log.cut, log)
				if len(e.IDs) == 0 {
					continue
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (s *shardStore) outside(i int, w Window) bool {
	return !w.From.IsZero() && s.shards[i].to < w.From.UnixMicro() || !w.To.IsZero() && s.shards[i].from >= w.To.UnixMicro()
}

// find returns the customer's shard, cut to log.cut.
func (s *shardStore) find(id string, log *Log) (*Events, int, bool) {
	i := sort.Search(len(s.shards), func(i int) bool { return s.shards[i].last >= id })
	if i == len(s.shards) || s.shards[i].first > id {
		return nil, 0, false
	}
	e, err := s.load(i, log)
	if err != nil {
		return nil, 0, false
	}
	e = e.filter(log.cut, log)
	k, ok := e.find(id)
	return e, k, ok
}
