package study

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// errOther is of a snapshot that is whole and does not go with the log.
var errOther = errors.New("it is not of this contacts.log: was the log put back from a copy?")

// fromSnapshot makes the tracker that the snapshot holds and returns the place in the log
// at which it stands. Without one, or with one that cannot be used, which a note says, the
// place is 0 and there is no tracker.
func (s *Tracking) fromSnapshot(m *Model, opt TrackOptions) (at logMark) {
	f, err := os.Open(s.beside("snapshot"))
	if errors.Is(err, os.ErrNotExist) {
		return logMark{}
	}
	if err == nil {
		defer f.Close()
		at, err = s.readSnapshot(bufio.NewReaderSize(f, 1<<20), m, opt)
	}
	if err == nil {
		return at
	}
	s.Tracker, s.Notes = nil, slices.DeleteFunc(s.Notes, func(n string) bool { return n == s.anew })
	why := err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		why = "it is cut off"
	}
	note := fmt.Sprintf("%s cannot be used (%s): all is read from %s instead, which takes longer and loses nothing", s.beside("snapshot"), why, s.path)
	if errors.Is(err, errOther) { // it may hold what the log has lost
		if aside := s.beside("snapshot") + ".other"; os.Rename(s.beside("snapshot"), aside) == nil {
			note += "; the snapshot was moved to " + aside
		}
	}
	s.Notes = append(s.Notes, note)
	return logMark{}
}

func (s *Tracking) readSnapshot(r io.Reader, m *Model, opt TrackOptions) (at logMark, err error) {
	b, _, err := readRecord(r, longestEntry)
	if err != nil {
		return at, err
	}
	var h snapshotHead
	if err := json.Unmarshal(b, &h); err != nil || h.Kind != snapshotKind || h.Store == nil {
		return at, errors.New("it is no snapshot")
	}
	if h.Schema > snapshotSchema {
		return at, fmt.Errorf("schema %d, written by a newer mores", h.Schema)
	}
	if err := s.goesWith(h.logMark); err != nil {
		return at, err
	}
	fresh, err := s.behead(h.Store, m, opt)
	if err != nil {
		return at, err
	}
	s.Tracker.customers = make(map[string]*tracked, min(h.Customers, 1<<24))
	word := func(b []byte) string {
		if w, ok := s.words[string(b)]; ok || len(b) == 0 {
			return w
		}
		return s.word(string(b))
	}
	for {
		if b, _, err = readRecord(r, longestBlock); err != nil {
			return at, err
		}
		if len(s.order) == h.Customers && string(b) == `{"end":true}` {
			break
		}
		for u := (unpacker{b: b}); len(u.b) > 0 || u.err != nil; {
			c := u.customer(word)
			if u.err != nil {
				return at, u.err
			}
			s.join(c)
			s.events += len(c.events)
		}
	}
	if len(s.customers) != h.Customers {
		return at, fmt.Errorf("%d customers, not the %d that it names", len(s.customers), h.Customers)
	}
	s.events = h.Events
	if fresh || h.Tool != Tool() {
		if err := s.again(fresh); err != nil {
			return at, err
		}
	} else {
		for _, c := range s.order {
			s.drift.add(&c.mark, 1)
		}
	}
	return h.logMark, nil
}

// again measures everybody. fresh = for a model that has not labelled them before.
func (s *Tracking) again(fresh bool) error {
	for _, c := range s.order {
		c.mark = driftMark{}
		if fresh {
			c.holding = holding{label: unheld}
			slices.SortStableFunc(c.events, func(x, y Contact) int { return datasets.CompareEvents(&x.Event, &y.Event, s.meta.Has) })
		}
	}
	for part := range slices.Chunk(s.order, tickChunk) {
		if err := s.measure(part, fresh); err != nil {
			return err
		}
	}
	return nil
}

// goesWith looks whether the log has the place that a snapshot names: its first record and
// the one that ends there are the same.
func (s *Tracking) goesWith(at logMark) error {
	sum := func(at int64) (sum uint32, end int64) {
		var head [8]byte
		if _, err := s.file.ReadAt(head[:], at); err != nil {
			return 0, -1
		}
		return binary.LittleEndian.Uint32(head[4:]), at + 8 + int64(binary.LittleEndian.Uint32(head[:]))
	}
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	first, _ := sum(0)
	last, end := sum(at.LastAt)
	if info.Size() < at.At || first != at.HeadSum || last != at.LastSum || end != at.At {
		return errOther
	}
	return nil
}
