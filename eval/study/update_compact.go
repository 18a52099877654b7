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

	"github.com/mores-lab/mores/datasets"
)

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
	mark, werr := s.dump(w)
	// A snapshot of the old file is of no use to the new one.
	for _, step := range []func() error{w.Flush, f.Sync, s.dropSnapshot, func() error { return os.Rename(s.path+".new", s.path) }, func() error { return syncFolder(filepath.Dir(s.path)) }} {
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
	s.file, s.mark, s.since = f, mark, 0
	err = s.writeSnapshot(s.beginSnapshot(mark))
	s.shotAt = mark.At
	return err
}

func (s *Tracking) dropSnapshot() error {
	if err := os.Remove(s.beside("snapshot")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// dump writes the head and the customers, and returns where the file then ends.
func (s *Tracking) dump(w io.Writer) (at logMark, err error) {
	write := func(b []byte) error {
		at.LastAt, at.LastSum = at.At, crc32.Checksum(b, castagnoli)
		at.At += 8 + int64(len(b))
		at.Base = at.At
		return writeRecord(w, b)
	}
	b, err := json.Marshal(entry{Head: s.head()})
	if err != nil {
		return at, err
	}
	if err := write(b); err != nil {
		return at, err
	}
	at.HeadSum = at.LastSum
	ids := make([]string, 0, len(s.customers))
	for id := range s.customers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c := s.customers[id]
		who, err := json.Marshal(storedCustomer{
			ID: id, Dropped: c.dropped, Label: c.label, Since: c.since,
			Rival: c.rival, Leads: c.leads, Stamp: c.counted.stamp, Now: c.counted.now,
		})
		if err != nil {
			return at, err
		}
		// The events last, written as they are: they are most of it.
		b = append(append(append(b[:0], `{"who":`...), who[:len(who)-1]...), `,"events":`...)
		if err := write(append(appendContacts(b, c.events), '}', '}')); err != nil {
			return at, err
		}
	}
	return at, nil
}

// head is the first record of a file of now.
func (s *Tracking) head() *storeHead {
	meta := s.meta
	h := &storeHead{
		Kind: storeKind, Schema: storeSchema, Run: s.m.Run, Model: s.m.Name, Zone: ZoneName(meta.Zone), Day: meta.Resolution == datasets.Day,
		Has: meta.Has, Kinds: meta.Kinds, Cohort: meta.FirstSeenIsFirst, Currency: meta.Currency, Unit: meta.Unit,
		OpenFrom: s.openFrom, Hysteresis: s.opt.Hysteresis,
	}
	if t := meta.Window.From; !t.IsZero() {
		h.From = &t
	}
	if t := meta.Window.To; !t.IsZero() {
		h.To = &t
	}
	return h
}

// writeRecord writes the length, the checksum and the bytes.
func writeRecord(w io.Writer, b []byte) error {
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(b)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Checksum(b, castagnoli))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// sumOf is the checksum of a record as it was written.
func sumOf(record []byte) uint32 { return binary.LittleEndian.Uint32(record[4:]) }

var errDamaged = errors.New("its checksum does not match")

// readRecord returns the next record and its length with the head. io.EOF is the end at a
// border, io.ErrUnexpectedEOF one inside a record.
func readRecord(r io.Reader, longest uint32) (payload []byte, n int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	n = int64(size) + 8
	if size == 0 { // a file that was made longer and not filled before the power went
		return nil, n, io.ErrUnexpectedEOF
	}
	if size > longest {
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
