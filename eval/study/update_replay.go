package study

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
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
	Events  []json.RawMessage `json:"events,omitempty"`
	Dropped int               `json:"dropped,omitempty"`
	Label   int32             `json:"label"`
	Since   int64             `json:"since"`
	Rival   int32             `json:"rival"`
	Leads   int               `json:"leads"`
	Stamp   int64             `json:"stamp"`
	Now     int64             `json:"now"`
}

// replay feeds the log's records from that place on, 0 = all.
func (s *Tracking) replay(ctx context.Context, m *Model, opt TrackOptions, from logMark) error {
	if _, err := s.file.Seek(from.At, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(s.file, 1<<20)
	s.mark, s.shotAt = from, from.At
	fresh, restoring := false, false
	settle := func() (err error) { // the customers of a file that was written anew
		if restoring {
			restoring, err = false, s.again(fresh)
		}
		return err
	}
	for {
		at := s.mark.At
		payload, n, err := readRecord(r, longestEntry)
		if err == io.EOF {
			break
		}
		if err != nil {
			if err := s.cutOff(at, n, err); err != nil {
				return err
			}
			break
		}
		var e entry
		if err := json.Unmarshal(payload, &e); err != nil {
			return fmt.Errorf("%s: the record at byte %d: %w", s.path, at, err)
		}
		sum := crc32.Checksum(payload, castagnoli)
		switch {
		case at == 0:
			if fresh, err = s.behead(e.Head, m, opt); err != nil {
				return err
			}
			s.mark.HeadSum, s.mark.Base = sum, n
		case e.Who != nil:
			restoring = true
			err = s.restore(e.Who)
			s.mark.Base = at + n
		default:
			if err = settle(); err != nil {
				return err
			}
			if e.Tick != nil {
				_, err = s.Tick(ctx, *e.Tick)
			} else {
				var batch []Contact
				if batch, err = decodeContacts(e.Feed); err == nil {
					_, err = s.Feed(ctx, batch)
				}
				s.since += len(batch)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: the record at byte %d: %w", s.path, at, err)
		}
		s.mark.At, s.mark.LastAt, s.mark.LastSum = at+n, at, sum
	}
	if s.mark.At == 0 {
		return fmt.Errorf("%s is empty: delete it to begin anew", s.path)
	}
	if err := settle(); err != nil {
		return err
	}
	if err := s.file.Truncate(s.mark.At); err != nil {
		return err
	}
	_, err := s.file.Seek(s.mark.At, io.SeekStart)
	return err
}

// cutOff puts a record aside that is not whole, where it is the last, and refuses damage.
func (s *Tracking) cutOff(at, n int64, why error) error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	if !errors.Is(why, io.ErrUnexpectedEOF) && at+n < info.Size() || at == 0 {
		return fmt.Errorf("%s is damaged at byte %d of %d (%w): restore it from a copy; the %d bytes before it are whole", s.path, at, info.Size(), why, at)
	}
	tail := fmt.Sprintf("%s.tail-%d", s.path, at)
	if err := s.keepTail(tail, at, info.Size()-at); err != nil {
		return err
	}
	s.Notes = append(s.Notes, fmt.Sprintf("the last %d bytes of %s are not a whole record: the process ended while it wrote, before it told anybody that they were taken; they were moved to %s", info.Size()-at, s.path, tail))
	return nil
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
	has := h.Has
	if fresh = h.Run != m.Run || h.Model != m.Name; fresh {
		has |= opt.Meta.Has // another model may read more of what contacts carry
		s.anew = fmt.Sprintf("%s was labelled by model %s (run %s): everybody is labelled anew by %s (run %s)", s.path, h.Model, h.Run, m.Name, m.Run)
		s.Notes = append(s.Notes, s.anew)
	}
	h.Has = has
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
	return fresh, nil
}

func (s *Tracking) restore(w *storedCustomer) error {
	batch, err := decodeContacts(w.Events)
	if err != nil {
		return err
	}
	c := s.join(&tracked{id: w.ID, dropped: w.Dropped})
	c.holding = holding{w.Label, w.Since, w.Rival, w.Leads, moment{w.Stamp, w.Now}}
	for _, e := range batch {
		if s.enter(c, e) {
			s.events++
		}
	}
	return nil
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

// feedRecord is entry{Feed: batch}.
func feedRecord(batch []Contact) []byte {
	b := append(make([]byte, 0, 256*len(batch)), `{"feed":`...)
	return append(appendContacts(b, batch), '}')
}

func appendContacts(b []byte, batch []Contact) []byte {
	b = append(b, '[')
	for i := range batch {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendContact(b, &batch[i])
	}
	return append(b, ']')
}
