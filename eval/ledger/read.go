package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

// pollEvery is how often a reader looks whether another process has written.
// Five times a second is below what people notice and costs one stat.
const pollEvery = 200 * time.Millisecond

// Open opens a study's folder for reading, finished or being written.
func Open(dir string) (*Folder, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	f := newFolder(dir, realDisk{})
	f.Manifest = m
	if _, err := os.Stat(f.journal()); errors.Is(err, fs.ErrNotExist) {
		if m == nil {
			return nil, fmt.Errorf("%s is not a study: it has no journal.jsonl and no manifest.json", dir)
		}
		return f, nil // begun a moment ago
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.poll(); err != nil {
		return nil, err
	}
	if !f.live() {
		if err := f.pollRest(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Live reports whether a process is writing the study.
func (f *Folder) Live() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lock != nil || f.live()
}

func (f *Folder) live() bool {
	l, err := os.Open(filepath.Join(f.Dir, "study.lock"))
	if err != nil {
		return false
	}
	defer l.Close()
	return heldElsewhere(tryShared(l))
}

// poll reads the whole lines that were added. A journal that was repaired is a new
// file: it is read from its start.
func (f *Folder) poll() error {
	st, err := os.Stat(f.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if f.of != nil && (!os.SameFile(f.of, st) || st.Size() < int64(f.settled)) {
		f.events, f.damage, f.settled, f.lines = nil, nil, 0, 0
		clear(f.ended)
	} else if f.of != nil && st.Size() == f.of.Size() {
		return nil
	}
	data, err := readFrom(f.journal(), int64(f.settled))
	if err != nil {
		return err
	}
	s := &scanned{lines: f.lines}
	if err := s.scan(data); err != nil {
		return err
	}
	f.of = st
	f.absorb(s)
	return nil
}

// pollRest reads what stands behind the last newline of a journal nobody writes.
func (f *Folder) pollRest() error {
	data, err := readFrom(f.journal(), int64(f.settled))
	if err != nil {
		return err
	}
	s := &scanned{lines: f.lines}
	if err := s.takeRest(data); err != nil {
		return err
	}
	s.lines = 0
	f.absorb(s)
	return nil
}

func (f *Folder) absorb(s *scanned) {
	for _, r := range s.records {
		// A line whose newline came later has been read already.
		if n := len(f.events); n == 0 || r.event.Seq > f.events[n-1].Seq {
			f.take(r.event)
		}
	}
	f.damage = append(f.damage, s.damage...)
	f.settled += s.settled
	f.lines = max(f.lines, s.lines)
}

func readFrom(path string, off int64) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	st, err := r.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() <= off {
		return nil, nil
	}
	b := make([]byte, st.Size()-off)
	n, err := r.ReadAt(b, off)
	if n < len(b) {
		return b[:n], err
	}
	return b, nil
}

// follow sends on c whenever the journal has grown, until ctx or the study ends.
func (f *Folder) follow(ctx context.Context, c chan struct{}) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	f.mu.Lock()
	seen := lastSeq(f.events)
	f.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		f.mu.Lock()
		err := f.poll()
		last := lastSeq(f.events)
		done := len(f.events) > 0 && f.events[len(f.events)-1].Event == study.StudyDone
		f.mu.Unlock()
		if err == nil && last != seen {
			seen = last
			select {
			case c <- struct{}{}:
			default:
			}
		}
		if done {
			return
		}
	}
}

func lastSeq(es []study.Event) int64 {
	if len(es) == 0 {
		return 0
	}
	return es[len(es)-1].Seq
}
