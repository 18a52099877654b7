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
	"sync"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// Tracking is a Tracker with a folder: what it has acknowledged is on disk. The folder
// holds one file, contacts.log, of records: length, CRC-32C, JSON. Every group of
// contacts is a record, written and synced before anything is said about it; contacts
// that come while the disk is busy make up the next group, so that a thousand senders
// wait for some ten syncs. On opening the records are fed again; a record cut off at the
// end, whose sender was never answered, is put aside, and damage before the end is refused.
type Tracking struct {
	*Tracker
	Notes []string // what was noticed when it was opened

	path  string
	file  *os.File
	lock  *os.File
	after func([]Update)

	queue chan posting
	quit  chan struct{}
	done  chan struct{}
	once  sync.Once
}

// posting is a batch on its way to the disk.
type posting struct {
	batch []Contact
	tick  time.Time // instead of a batch
	reply chan posted
}

type posted struct {
	ack Ack
	err error
}

// Ack says what became of a batch that is safely on disk.
type Ack struct {
	Accepted   int `json:"accepted"`
	Duplicates int `json:"duplicates"`
}

const (
	storeSchema  = 1
	storeKind    = "mores contacts"
	groupMost    = 4096    // contacts written and labelled together
	compactFrom  = 8 << 20 // bytes from which a file is written anew on opening
	longestEntry = 64 << 20
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

// OpenTracking opens a folder, or begins one with the options and the customers of past
// (nil = none). What the folder says of zone, columns and window holds over the options.
// Another model than before takes the events over and labels everybody anew. after hears
// of updates, in order, before the senders do.
func OpenTracking(ctx context.Context, dir string, m *Model, opt TrackOptions, past *datasets.Log, after func([]Update)) (*Tracking, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Tracking{path: filepath.Join(dir, "contacts.log"), lock: lock, after: after, queue: make(chan posting, 1024), quit: make(chan struct{}), done: make(chan struct{})}
	if err := s.open(ctx, m, opt, past); err != nil {
		if s.file != nil {
			s.file.Close()
		}
		lock.Close()
		return nil, err
	}
	go s.commit()
	return s, nil
}

func (s *Tracking) open(ctx context.Context, m *Model, opt TrackOptions, past *datasets.Log) error {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return s.begin(ctx, m, opt, past)
	}
	if err != nil {
		return err
	}
	s.file = f
	size, err := s.replay(ctx, m, opt)
	if err != nil {
		return err
	}
	if past != nil {
		s.Notes = append(s.Notes, fmt.Sprintf("%s holds customers already: the history given is not read again", s.path))
	}
	if size >= compactFrom {
		return s.compact(ctx)
	}
	return nil
}

// begin makes a new file.
func (s *Tracking) begin(ctx context.Context, m *Model, opt TrackOptions, past *datasets.Log) error {
	if past != nil {
		opt.Meta = past.Meta
	}
	t, err := NewTracker(m, opt)
	if err != nil {
		return err
	}
	s.Tracker = t
	if past != nil {
		t.meta.Kinds = past.Meta.Kinds
		for h, err := range past.Histories(ctx) {
			if err != nil {
				return err
			}
			batch := make([]Contact, h.Len())
			for i := range batch {
				batch[i].Event = h.At(i)
			}
			if _, err := t.Feed(ctx, batch); err != nil {
				return err
			}
		}
	}
	return s.compact(ctx)
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

// ErrClosed is the answer of a Tracking that has been closed, or whose disk has failed.
var ErrClosed = errors.New("not taking contacts any more")

// Post takes a batch; when it returns without an error the batch is on disk and the
// customers are labelled. ctx only ends the waiting: the batch may be taken all the same,
// and sending it again with the same keys is harmless.
func (s *Tracking) Post(ctx context.Context, batch []Contact) (Ack, error) {
	return s.send(ctx, posting{batch: batch, reply: make(chan posted, 1)})
}

// Pass says that it is at least now, as Tick does, and keeps that.
func (s *Tracking) Pass(ctx context.Context, now time.Time) error {
	s.mu.RLock()
	passed := dayAfter(&s.meta, now.UnixMicro(), 1).After(s.meta.Window.To)
	s.mu.RUnlock()
	if !passed {
		return nil
	}
	_, err := s.send(ctx, posting{tick: now, reply: make(chan posted, 1)})
	return err
}

func (s *Tracking) send(ctx context.Context, p posting) (Ack, error) {
	select {
	case s.queue <- p:
	case <-s.done:
		return Ack{}, ErrClosed
	case <-ctx.Done():
		return Ack{}, ctx.Err()
	}
	select {
	case r := <-p.reply:
		return r.ack, r.err
	case <-s.done:
		select { // it may have been answered last
		case r := <-p.reply:
			return r.ack, r.err
		default:
			return Ack{}, ErrClosed
		}
	case <-ctx.Done():
		return Ack{}, ctx.Err()
	}
}

// commit writes, syncs, labels and answers, one group after the other.
func (s *Tracking) commit() {
	defer close(s.done)
	ctx := context.Background()
	settled := make(chan struct{}, 1)
	settled <- struct{}{}
	defer func() { <-settled }() // a settling under way ends first
	for {
		var group []posting
		select {
		case p := <-s.queue:
			group = append(group, p)
		case <-s.quit:
			return
		}
		n := len(group[0].batch)
	more:
		for group[0].tick.IsZero() && n < groupMost {
			select {
			case p := <-s.queue:
				group = append(group, p)
				n += len(p.batch)
				if !p.tick.IsZero() {
					break more
				}
			default:
				break more
			}
		}
		if !s.take(ctx, group, settled) {
			return
		}
	}
}

// take handles a group; false = the disk failed, and nothing can be promised any more.
func (s *Tracking) take(ctx context.Context, group []posting, settled chan struct{}) bool {
	var batch []Contact
	var tick time.Time
	for _, p := range group {
		batch = append(batch, p.batch...)
		if !p.tick.IsZero() {
			tick = p.tick // the last of a group
		}
	}
	fail := func(err error) {
		for _, p := range group {
			p.reply <- posted{err: err}
		}
	}
	var buf bytes.Buffer
	var err error
	if len(batch) > 0 {
		err = writeEntry(&buf, entry{Feed: encodeContacts(batch)})
	}
	if err == nil && !tick.IsZero() {
		err = writeEntry(&buf, entry{Tick: &tick})
	}
	if err == nil {
		_, err = s.file.Write(buf.Bytes())
	}
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		fail(fmt.Errorf("%s: %w: %w", s.path, ErrClosed, err))
		return false
	}
	fed, err := s.Feed(ctx, batch)
	if err != nil {
		fail(err)
		return true
	}
	if len(fed.Updates) > 0 && s.after != nil {
		s.after(fed.Updates)
	}
	if !tick.IsZero() {
		s.pass(tick, settled)
	}
	at := 0
	for _, p := range group {
		var a Ack
		for range p.batch {
			if fed.Duplicate[at] {
				a.Duplicates++
			} else {
				a.Accepted++
			}
			at++
		}
		p.reply <- posted{ack: a}
	}
	return true
}

// pass moves now, and labels everybody beside the contacts that go on coming.
func (s *Tracking) pass(now time.Time, settled chan struct{}) {
	s.mu.Lock()
	if to := dayAfter(&s.meta, now.UnixMicro(), 1); to.After(s.meta.Window.To) {
		s.meta.Window.To = to
	}
	s.mu.Unlock()
	select {
	case <-settled:
	default:
		return // the one under way goes on with the later now
	}
	go func() {
		defer func() { settled <- struct{}{} }()
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		go func() {
			select {
			case <-s.quit:
				stop()
			case <-ctx.Done():
			}
		}()
		us, _ := s.Settle(ctx) // who is left is settled by the next contact or day
		if len(us) > 0 && s.after != nil {
			s.after(us)
		}
	}()
}

// Close ends the writing and writes the file anew, short.
func (s *Tracking) Close() error {
	s.once.Do(func() { close(s.quit) })
	<-s.done
	if s.file == nil {
		return nil
	}
	err := s.compact(context.Background())
	err = errors.Join(err, s.file.Close())
	s.file = nil
	return errors.Join(err, s.lock.Close())
}

// Threshold returns the hysteresis in force.
func (t *Tracker) Threshold() Hysteresis { return t.opt.withDefaults() }

// Model returns the model that labels.
func (t *Tracker) Model() *Model { return t.m }

// Zone returns the zone of stamps that name none.
func (t *Tracker) Zone() *time.Location {
	if t.meta.Zone == nil {
		return time.UTC
	}
	return t.meta.Zone
}
