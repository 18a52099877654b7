package study

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
