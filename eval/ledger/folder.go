package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

// Folder is a study on disk: a journal for the process that runs it, a reader for
// anybody else, at the same time or later. It is safe for concurrent use.
type Folder struct {
	Dir      string
	Manifest *Manifest

	disk disk
	now  func() time.Time

	mu     sync.Mutex
	events []study.Event
	ended  map[string]bool
	damage []Damage
	wake   map[chan struct{}]bool
	sets   map[string]*study.Set

	// The writer's: lock nil = this folder is only read.
	lock   *os.File
	out    file
	size   int64 // bytes of whole lines
	broken error // a write has failed: nothing more is written
	kept   keeper

	// The reader's: how far it has read which file.
	settled int
	lines   int
	of      os.FileInfo
}

var (
	_ study.Journal = (*Folder)(nil)
	_ study.Reader  = (*Folder)(nil)
)

// Create makes the folder of a study, or takes up one that has been begun: what
// an unfinished run has left is dropped, damage is quarantined. It fails with
// *ErrLocked if another process is writing it, and with *ErrResume if it holds a
// study of other data or another plan. Close it.
func Create(dir string, s *study.Study) (*Folder, error) { return create(dir, s, realDisk{}) }

func create(dir string, s *study.Study, d disk) (*Folder, error) {
	m, err := newManifest(s)
	if err != nil {
		return nil, err
	}
	if err := d.MkdirAll(dir); err != nil {
		return nil, err
	}
	l, err := lock(dir)
	if err != nil {
		return nil, err
	}
	f := newFolder(dir, d)
	f.lock = l
	if err := f.open(m); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func newFolder(dir string, d disk) *Folder {
	return &Folder{
		Dir: dir, disk: d, now: time.Now, ended: map[string]bool{}, wake: map[chan struct{}]bool{}, sets: map[string]*study.Set{},
	}
}

func (f *Folder) journal() string { return filepath.Join(f.Dir, "journal.jsonl") }

// open prepares the folder for writing.
func (f *Folder) open(now *Manifest) error {
	m, err := readManifest(f.Dir)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(f.journal())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case m != nil:
		if err := m.same(f.Dir, now); err != nil {
			return err
		}
	case len(data) > 0:
		return fmt.Errorf("%s has a journal but no manifest.json: without it nobody knows what study this is; put it back, or use another folder", f.Dir)
	default:
		m = now
		if err := writeAll(f.disk, f.Dir, []named{now.file()}); err != nil {
			return err
		}
	}
	f.Manifest = m
	s := &scanned{}
	if err := s.scan(data); err != nil {
		return err
	}
	if err := s.takeRest(data); err != nil {
		return err
	}
	f.damage = s.damage
	rs := committed(s.records)
	var good bytes.Buffer
	for _, r := range rs {
		good.Write(r.line)
		good.WriteByte('\n')
		f.take(r.event)
	}
	if !bytes.Equal(good.Bytes(), data) {
		if err := f.repair(good.Bytes()); err != nil {
			return err
		}
	}
	f.size = int64(good.Len())
	if n := len(f.events); n > 0 && f.events[n-1].Event == study.StudyDone {
		f.dropKept() // whoever wrote it was killed before it could
	}
	if f.out, err = f.disk.Append(f.journal()); err != nil {
		return err
	}
	return f.disk.SyncDir(f.Dir)
}

// repair puts damaged lines into quarantine and the good ones in the journal's
// place, in one step each: a kill in between leaves a study that can be opened.
func (f *Folder) repair(good []byte) error {
	var bad []byte
	for _, d := range f.damage {
		if !d.Torn {
			bad = append(bad, d.Bytes...)
			bad = append(bad, '\n')
		}
	}
	if len(bad) > 0 {
		q, err := f.disk.Append(filepath.Join(f.Dir, "journal.quarantine"))
		if err != nil {
			return err
		}
		_, err = q.Write(bad)
		if err := finish(q, err); err != nil {
			return err
		}
	}
	return writeAll(f.disk, f.Dir, []named{{"journal.jsonl", func(w io.Writer) error {
		_, err := w.Write(good)
		return err
	}}})
}

// take adds an event to what is known.
func (f *Folder) take(e study.Event) {
	f.events = append(f.events, e)
	if e.Event == study.RunDone || e.Event == study.RunFailed {
		f.ended[e.Run] = true
	}
}

// Close ends writing and gives the lock back.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.out != nil {
		err = f.out.Close()
		f.out = nil
	}
	if f.kept.out != nil {
		f.kept.out.Close() // a cache: what was lost is made again
		f.kept.out = nil
		f.kept.broken = true
	}
	if f.lock != nil {
		if cerr := f.lock.Close(); err == nil {
			err = cerr
		}
		f.lock = nil
	}
	f.broken = errClosed
	return err
}

var errClosed = errors.New("the study's folder is closed, or open for reading only")

// Damage returns what could not be read of the journal.
func (f *Folder) Damage() []Damage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.damage)
}

// Append implements study.Journal. Lines that end a run, or begin or end the
// study, are durable before it returns.
func (f *Folder) Append(e study.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return f.broken
	}
	if f.out == nil {
		return errClosed
	}
	e.Seq = 1
	if n := len(f.events); n > 0 {
		e.Seq = f.events[n-1].Seq + 1
	}
	line, err := e.Seal(f.now())
	if err != nil {
		return err
	}
	if _, err := f.out.Write(line); err != nil {
		// Half a line may stand there: cut it off, or write nothing behind it.
		if terr := f.out.Truncate(f.size); terr != nil {
			f.broken = fmt.Errorf("journal.jsonl: %w; it may end in half a line, which the next start drops", err)
			return f.broken
		}
		return fmt.Errorf("journal.jsonl: %w", err)
	}
	switch e.Event {
	case study.StudyStart, study.RunDone, study.RunFailed, study.StudyDone:
		if err := f.out.Sync(); err != nil {
			// After a failed fsync nobody knows what is on the disk.
			f.broken = fmt.Errorf("journal.jsonl: %w", err)
			return f.broken
		}
	}
	f.size += int64(len(line))
	f.take(e)
	if e.Event == study.StudyDone {
		f.dropKept()
	}
	f.notify()
	return nil
}

func (f *Folder) notify() {
	for c := range f.wake {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Finished implements study.Journal.
func (f *Folder) Finished(run string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended[run]
}

// Events implements study.Reader.
func (f *Folder) Events(after int64) ([]study.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lock == nil {
		if err := f.poll(); err != nil {
			return nil, err
		}
	}
	at := sort.Search(len(f.events), func(i int) bool { return f.events[i].Seq > after })
	return f.events[at:len(f.events):len(f.events)], nil
}

// Watch implements study.Reader. A folder that another process writes is looked
// at five times a second.
func (f *Folder) Watch(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	writer := f.lock != nil
	if writer {
		f.wake[c] = true
	}
	f.mu.Unlock()
	if writer {
		context.AfterFunc(ctx, func() {
			f.mu.Lock()
			delete(f.wake, c)
			f.mu.Unlock()
		})
		return c
	}
	go f.follow(ctx, c)
	return c
}
