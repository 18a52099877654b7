package study

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// A snapshot is a file beside contacts.log, contacts.snapshot: all customers as they stood
// once the first At bytes of the log had been fed, with their labels. Opening reads it and
// feeds only what came after. The log remains the whole truth: a snapshot that is cut off,
// damaged or of another log is passed over.
//
// It holds the moment at which it began, while contacts go on coming: who is about to
// change is written first, the others a few at a time.

const (
	snapshotKind   = "mores snapshot"
	snapshotSchema = 1
	// snapshotBlock is what is written of it while the others wait, some 50 µs, and
	// snapshotSync after how many bytes it is synced: a sync of the log waits for what
	// the disk has been given before it.
	snapshotBlock = 64 << 10
	snapshotSync  = 1 << 20
	longestBlock  = 1 << 30
)

// snapshotEvery is the number of contacts after which a new one is begun, or a twentieth of
// the events that are kept if that is more: opening feeds no more than these. Tests take
// less.
var snapshotEvery = 10_000

// logMark is a place in the log between two records: the bytes before it, and the last
// record of these.
type logMark struct {
	At      int64  `json:"at"`
	LastAt  int64  `json:"last_at"`
	LastSum uint32 `json:"last_crc"`
	HeadSum uint32 `json:"head_crc"` // of the log's first record
	Base    int64  `json:"base"`     // bytes written when the log was written anew
}

// snapshotHead is its first record.
type snapshotHead struct {
	Kind   string `json:"kind"`
	Schema int    `json:"schema"`
	Tool   string `json:"tool"` // another one measures anew
	logMark
	Store     *storeHead `json:"store"` // as it was then
	Customers int        `json:"customers"`
	Events    int        `json:"events"`
}

// snapshotEnd is its last record.
type snapshotEnd struct {
	End bool `json:"end"`
}

// snapshot is one under way.
type snapshot struct {
	number uint64
	next   int // place among the customers
	of     int // how many there were
	out    packer
}

// keep writes a customer, who is about to change, to the snapshot under way.
func (t *Tracker) keep(c *tracked) {
	if t.shot != nil && c.shot < t.shot.number {
		t.shot.out.customer(c)
		c.shot = t.shot.number
	}
}

// block returns the next piece of the snapshot under way, nil = it is whole.
func (t *Tracker) block() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.shot
	for ; s.next < s.of && len(s.out.b) < snapshotBlock; s.next++ {
		t.keep(t.order[s.next])
	}
	b := s.out.b
	if s.out.b = nil; len(b) == 0 {
		t.shot = nil
	}
	return b
}

// beginSnapshot fixes the moment that the snapshot will hold.
func (s *Tracking) beginSnapshot(at logMark) *snapshotHead {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shots++
	s.shot = &snapshot{number: s.shots, of: len(s.order)}
	return &snapshotHead{
		Kind: snapshotKind, Schema: snapshotSchema, Tool: Tool(), logMark: at, Store: s.head(),
		Customers: len(s.order), Events: s.events,
	}
}

// writeSnapshot writes the snapshot that has been begun. The file takes the old one's place
// once it is whole and on disk.
func (s *Tracking) writeSnapshot(h *snapshotHead) (err error) {
	path := s.beside("snapshot")
	f, err := os.Create(path + ".new")
	defer func() {
		s.mu.Lock()
		s.shot = nil
		s.mu.Unlock()
		if err != nil {
			os.Remove(path + ".new")
		}
	}()
	if err != nil {
		return err
	}
	err = s.writeBlocks(f, h)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	return err
}

func (s *Tracking) writeBlocks(f *os.File, h *snapshotHead) error {
	if err := writeJSON(f, h); err != nil {
		return err
	}
	for unsynced := 0; ; {
		b := s.block()
		if b == nil {
			return writeJSON(f, snapshotEnd{true})
		}
		if err := writeRecord(f, b); err != nil {
			return err
		}
		if unsynced += len(b); unsynced > snapshotSync {
			unsynced = 0
			if err := f.Sync(); err != nil {
				return err
			}
		}
	}
}

func writeJSON(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeRecord(w, b)
}

// beside is the name of another file of the folder.
func (s *Tracking) beside(what string) string {
	return filepath.Join(filepath.Dir(s.path), "contacts."+what)
}
