package study

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// entry is a record: one of its fields.
type entry struct {
	Head *storeHead        `json:"head,omitempty"`
	Feed []json.RawMessage `json:"feed,omitempty"`
	Tick *time.Time        `json:"tick,omitempty"`
	Who  *storedCustomer   `json:"who,omitempty"`
}

// storeHead is the first record.
type storeHead struct {
	Kind   string `json:"kind"`
	Schema int    `json:"schema"`
	Run    string `json:"run"` // of the model that labelled
	Model  string `json:"model"`
	// The log's: they cannot be told from the events.
	Zone       string          `json:"zone"`
	Day        bool            `json:"day,omitempty"`
	Has        datasets.Fields `json:"has"`
	Kinds      datasets.Kinds  `json:"kinds"`
	Cohort     bool            `json:"cohort,omitempty"`
	Currency   string          `json:"currency,omitempty"`
	Unit       string          `json:"unit,omitempty"`
	From       *time.Time      `json:"from,omitempty"`
	To         *time.Time      `json:"to,omitempty"`
	OpenFrom   bool            `json:"open_from,omitempty"`
	Hysteresis Hysteresis      `json:"hysteresis"`
}

// storedCustomer is a customer of a compacted file.
type storedCustomer struct {
	ID      string            `json:"id"`
	Events  []json.RawMessage `json:"events"`
	Dropped int               `json:"dropped,omitempty"`
	Label   int32             `json:"label"`
	Since   int64             `json:"since"`
	Rival   int32             `json:"rival"`
	Leads   int               `json:"leads"`
	Stamp   int64             `json:"stamp"`
	Now     int64             `json:"now"`
}

// replay feeds the file's records again and returns its size.
func (s *Tracking) replay(ctx context.Context, m *Model, opt TrackOptions) (int64, error) {
	r := bufio.NewReaderSize(s.file, 1<<20)
	at, fresh := int64(0), false
	var restored []*tracked
	settle := func() error { // the customers of a compacted file
		cs := restored
		restored = nil
		for part := range slices.Chunk(cs, tickChunk) {
			if err := s.measure(ctx, part, fresh); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		payload, n, err := readEntry(r)
		if err == io.EOF {
			break
		}
		if err != nil {
			info, serr := s.file.Stat()
			if serr != nil {
				return 0, serr
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) && at+n < info.Size() || at == 0 {
				return 0, fmt.Errorf("%s is damaged at byte %d of %d (%w): restore it from a copy; the %d bytes before it are whole", s.path, at, info.Size(), err, at)
			}
			tail := fmt.Sprintf("%s.tail-%d", s.path, at)
			if err := s.keepTail(tail, at, info.Size()-at); err != nil {
				return 0, err
			}
			s.Notes = append(s.Notes, fmt.Sprintf("the last %d bytes of %s are not a whole record: the process ended while it wrote, before it told anybody that they were taken; they were moved to %s", info.Size()-at, s.path, tail))
			break
		}
		var e entry
		if err := json.Unmarshal(payload, &e); err != nil {
			return 0, fmt.Errorf("%s: the record at byte %d: %w", s.path, at, err)
		}
		switch {
		case at == 0:
			if fresh, err = s.behead(e.Head, m, opt); err != nil {
				return 0, err
			}
		case e.Who != nil:
			c, err := s.restore(e.Who, fresh)
			if err != nil {
				return 0, fmt.Errorf("%s: the record at byte %d: %w", s.path, at, err)
			}
			restored = append(restored, c)
		default:
			if err := settle(); err != nil {
				return 0, err
			}
			if e.Tick != nil {
				_, err = s.Tick(ctx, *e.Tick)
			} else {
				var batch []Contact
				if batch, err = decodeContacts(e.Feed); err == nil {
					_, err = s.Feed(ctx, batch)
				}
			}
			if err != nil {
				return 0, fmt.Errorf("%s: the record at byte %d: %w", s.path, at, err)
			}
		}
		at += n
	}
	if at == 0 {
		return 0, fmt.Errorf("%s is empty: delete it to begin anew", s.path)
	}
	if err := settle(); err != nil {
		return 0, err
	}
	if err := s.file.Truncate(at); err != nil {
		return 0, err
	}
	_, err := s.file.Seek(at, io.SeekStart)
	return at, err
}

// keepTail copies what cannot be read aside.
func (s *Tracking) keepTail(to string, at, n int64) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.NewSectionReader(s.file, at, n))
	return errors.Join(err, f.Close())
}

// behead reads the first record. fresh = another model labelled these customers.
func (s *Tracking) behead(h *storeHead, m *Model, opt TrackOptions) (fresh bool, err error) {
	if h == nil || h.Kind != storeKind {
		return false, fmt.Errorf("%s is not a file of contacts", s.path)
	}
	if h.Schema > storeSchema {
		return false, fmt.Errorf("%s is of schema %d, written by a newer mores; this one reads up to %d: update it", s.path, h.Schema, storeSchema)
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return false, fmt.Errorf("%s: %w", s.path, err)
	}
	opt.Meta.Zone, opt.Meta.Has, opt.Meta.FirstSeenIsFirst, opt.Meta.Currency, opt.Meta.Unit = zone, h.Has, h.Cohort, h.Currency, h.Unit
	opt.Meta.Resolution = datasets.Second
	if h.Day {
		opt.Meta.Resolution = datasets.Day
	}
	opt.Meta.Window = datasets.Window{}
	if h.From != nil {
		opt.Meta.Window.From = *h.From
	}
	if h.To != nil {
		opt.Meta.Window.To = *h.To
	}
	if opt.Hysteresis == (Hysteresis{}) {
		opt.Hysteresis = h.Hysteresis
	}
	if s.Tracker, err = NewTracker(m, opt); err != nil {
		return false, err
	}
	s.openFrom, s.meta.Kinds = h.OpenFrom, h.Kinds
	if fresh = h.Run != m.Run || h.Model != m.Name; fresh {
		s.Notes = append(s.Notes, fmt.Sprintf("%s was labelled by model %s (run %s): everybody is labelled anew by %s (run %s)", s.path, h.Model, h.Run, m.Name, m.Run))
	}
	return fresh, nil
}

func (s *Tracking) restore(w *storedCustomer, fresh bool) (*tracked, error) {
	batch, err := decodeContacts(w.Events)
	if err != nil {
		return nil, err
	}
	c := &tracked{id: w.ID, dropped: w.Dropped, holding: holding{label: unheld}}
	if !fresh {
		c.holding = holding{w.Label, w.Since, w.Rival, w.Leads, moment{w.Stamp, w.Now}}
	}
	for _, e := range batch {
		if c.take(e, s.word, s.opt.MaxEvents) {
			s.events++
		}
	}
	s.customers[c.id] = c
	return c, nil
}

// decodeContacts reads contacts of a record; their times were checked when they came.
func decodeContacts(lines []json.RawMessage) ([]Contact, error) {
	out := make([]Contact, len(lines))
	for i, l := range lines {
		c, err := parseContact(l, time.UTC, time.Time{})
		if err != nil {
			err.Line = i + 1
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

func encodeContacts(batch []Contact) []json.RawMessage {
	out := make([]json.RawMessage, len(batch))
	for i := range batch {
		out[i] = appendContact(nil, &batch[i])
	}
	return out
}

// compact writes the customers as they stand to a new file, which takes the old one's
// place once it is whole and on disk.
func (s *Tracking) compact(ctx context.Context) error {
	if _, err := s.Settle(ctx); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	werr := s.dump(w)
	for _, step := range []func() error{w.Flush, f.Sync, func() error { return os.Rename(s.path+".new", s.path) }, func() error { return syncFolder(filepath.Dir(s.path)) }} {
		if werr == nil {
			werr = step()
		}
	}
	if werr != nil {
		f.Close()
		return fmt.Errorf("%s: %w", s.path, werr)
	}
	if s.file != nil {
		s.file.Close()
	}
	s.file = f
	return nil
}

func (s *Tracking) dump(w io.Writer) error {
	meta := s.meta
	zone := "UTC"
	if meta.Zone != nil {
		zone = meta.Zone.String()
	}
	h := &storeHead{
		Kind: storeKind, Schema: storeSchema, Run: s.m.Run, Model: s.m.Name, Zone: zone, Day: meta.Resolution == datasets.Day,
		Has: meta.Has, Kinds: meta.Kinds, Cohort: meta.FirstSeenIsFirst, Currency: meta.Currency, Unit: meta.Unit,
		OpenFrom: s.openFrom, Hysteresis: s.opt.Hysteresis,
	}
	if t := meta.Window.From; !t.IsZero() {
		h.From = &t
	}
	if t := meta.Window.To; !t.IsZero() {
		h.To = &t
	}
	if err := writeEntry(w, entry{Head: h}); err != nil {
		return err
	}
	ids := make([]string, 0, len(s.customers))
	for id := range s.customers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c := s.customers[id]
		err := writeEntry(w, entry{Who: &storedCustomer{
			ID: id, Events: encodeContacts(c.events), Dropped: c.dropped, Label: c.label, Since: c.since,
			Rival: c.rival, Leads: c.leads, Stamp: c.counted.stamp, Now: c.counted.now,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(w io.Writer, e entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(b)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Checksum(b, castagnoli))
	if _, err := w.Write(append(head[:], b...)); err != nil {
		return err
	}
	return nil
}

var errDamaged = errors.New("its checksum does not match")

// readEntry returns the next record and its length with the head. io.EOF is the end at a
// border, io.ErrUnexpectedEOF one inside a record.
func readEntry(r io.Reader) (payload []byte, n int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	n = int64(size) + 8
	if size == 0 { // a file that was made longer and not filled before the power went
		return nil, n, io.ErrUnexpectedEOF
	}
	if size > longestEntry {
		return nil, n, fmt.Errorf("a record of %d bytes", size)
	}
	var b bytes.Buffer
	if m, err := io.CopyN(&b, r, int64(size)); err != nil || m < int64(size) {
		return nil, n, io.ErrUnexpectedEOF
	}
	if crc32.Checksum(b.Bytes(), castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, n, errDamaged
	}
	return b.Bytes(), n, nil
}
