package study

import (
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
// holds contacts.log, of records: length, CRC-32C, JSON. Every group of
// contacts is a record, written and synced before anything is said about it; contacts
// that come while the disk is busy make up the next group, so that a thousand senders
// wait for some ten syncs. On opening the records are fed again; a record cut off at the
// end, whose sender was never answered, is put aside, and damage before the end is refused.
//
// Beside it contacts.snapshot holds the customers as they stood at a place in the log, now
// and then and on closing: opening reads it and feeds what came after. contacts.tables
// holds the side tables of the history that the folder was begun with.
type Tracking struct {
	*Tracker
	Notes []string // what was noticed when it was opened

	path  string
	file  *os.File
	lock  *os.File
	after func([]Update)
	anew  string // the note that everybody is labelled anew

	mark   logMark // where the log ends: the writer's
	shotAt int64   // of the last snapshot
	since  int     // contacts since then: the labeller's

	queue    chan posting
	synced   chan group
	quit     chan struct{}
	done     chan struct{}
	settled  chan struct{} // holds one thing unless a settling is under way
	shooting chan struct{} // the same for a snapshot
	once     sync.Once
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
	compactFrom  = 8 << 20 // bytes from which a file is written anew, short
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
	s := &Tracking{
		path: filepath.Join(dir, "contacts.log"), lock: lock, after: after,
		queue: make(chan posting, 1024), synced: make(chan group, 1), quit: make(chan struct{}), done: make(chan struct{}),
		settled: make(chan struct{}, 1), shooting: make(chan struct{}, 1),
	}
	s.settled <- struct{}{}
	s.shooting <- struct{}{}
	if err := s.open(ctx, m, opt, past); err != nil {
		if s.file != nil {
			s.file.Close()
		}
		lock.Close()
		return nil, err
	}
	go s.write()
	go s.label()
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
	have, err := s.readTables()
	if err != nil {
		return err
	}
	if have != nil {
		opt.Tables = have
	} else if err := s.writeTables(opt.Tables); err != nil {
		return err
	}
	from := s.fromSnapshot(m, opt)
	if err := s.replay(ctx, m, opt, from); err != nil {
		return err
	}
	if past != nil {
		s.Notes = append(s.Notes, fmt.Sprintf("%s holds customers already: the history given is not read again", s.path))
	}
	if missing := s.lacksTables(opt.Tables); missing != "" {
		s.Notes = append(s.Notes, missing)
	}
	if s.mark.At >= 8*compactFrom && s.mark.At >= 4*s.mark.Base {
		return s.compact(ctx)
	}
	_, err = s.Settle(ctx)
	return err
}

// begin makes a new file.
func (s *Tracking) begin(ctx context.Context, m *Model, opt TrackOptions, past *datasets.Log) error {
	if past != nil {
		opt.Meta = past.Meta
		if opt.Tables == nil {
			opt.Tables = past
		}
	}
	if err := s.writeTables(opt.Tables); err != nil {
		return err
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

// Close ends the writing, and takes a snapshot so that opening is quick.
func (s *Tracking) Close() error {
	s.once.Do(func() { close(s.quit) })
	<-s.done
	if s.file == nil {
		return nil
	}
	var err error
	if s.mark.At >= compactFrom && s.mark.At >= 2*s.mark.Base {
		err = s.compact(context.Background())
	} else if s.mark.At != s.shotAt {
		err = s.writeSnapshot(s.beginSnapshot(s.mark))
	}
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
