package study

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// group is what is written and synced together.
type group struct {
	posts []posting
	batch []Contact
	tick  time.Time // the last of the group; zero = none
	end   logMark   // of the log after it
}

// write writes and syncs one group after the other, while the one before is labelled.
func (s *Tracking) write() {
	defer close(s.synced)
	for {
		var g group
		select {
		case p := <-s.queue:
			g.add(p)
		case <-s.quit:
			return
		}
	more:
		for g.tick.IsZero() && len(g.batch) < groupMost {
			select {
			case p := <-s.queue:
				g.add(p)
			default:
				break more
			}
		}
		if err := s.sync(&g); err != nil { // nothing can be promised any more
			for _, p := range g.posts {
				p.reply <- posted{err: fmt.Errorf("%s: %w: %w", s.path, ErrClosed, err)}
			}
			return
		}
		s.synced <- g
	}
}

func (g *group) add(p posting) {
	g.posts = append(g.posts, p)
	g.batch = append(g.batch, p.batch...)
	if !p.tick.IsZero() {
		g.tick = p.tick
	}
}

// sync puts a group on the disk.
func (s *Tracking) sync(g *group) error {
	var buf bytes.Buffer
	at := s.mark
	if len(g.batch) > 0 {
		if err := writeRecord(&buf, feedRecord(g.batch)); err != nil {
			return err
		}
	}
	if !g.tick.IsZero() {
		at.LastAt = at.At + int64(buf.Len())
		if err := writeJSON(&buf, entry{Tick: &g.tick}); err != nil {
			return err
		}
	} else {
		at.LastAt = at.At
	}
	b := buf.Bytes()
	if len(b) == 0 {
		g.end = s.mark
		return nil
	}
	at.LastSum = sumOf(b[at.LastAt-at.At:])
	at.At += int64(len(b))
	if _, err := s.file.Write(b); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	s.mark, g.end = at, at
	return nil
}

// label labels and answers one group after the other.
func (s *Tracking) label() {
	defer close(s.done)
	defer func() { <-s.settled; <-s.shooting }() // what is under way ends first
	for g := range s.synced {
		s.take(&g)
	}
}

func (s *Tracking) take(g *group) {
	fed, err := s.Feed(context.Background(), g.batch)
	if err != nil {
		for _, p := range g.posts {
			p.reply <- posted{err: err}
		}
		return
	}
	if len(fed.Updates) > 0 && s.after != nil {
		s.after(fed.Updates)
	}
	at := 0
	for _, p := range g.posts {
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
	if !g.tick.IsZero() {
		s.pass(g.tick)
	}
	if s.since += len(g.batch); s.since >= max(snapshotEvery, s.events/20) {
		s.shoot(g.end)
	}
}

// shoot takes a snapshot of now beside the contacts that go on coming; one at a time.
func (s *Tracking) shoot(at logMark) {
	select {
	case <-s.shooting:
	default:
		return
	}
	s.since = 0
	h := s.beginSnapshot(at)
	go func() {
		if s.writeSnapshot(h) == nil { // else the last one holds, and the next one is tried
			s.shotAt = at.At
		}
		s.shooting <- struct{}{}
	}()
}

// pass moves now, and labels everybody beside the contacts that go on coming.
func (s *Tracking) pass(now time.Time) {
	s.mu.Lock()
	if to := dayAfter(&s.meta, now.UnixMicro(), 1); to.After(s.meta.Window.To) {
		s.meta.Window.To = to
	}
	s.mu.Unlock()
	select {
	case <-s.settled:
	default:
		return // the one under way goes on with the later now
	}
	go func() {
		defer func() { s.settled <- struct{}{} }()
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
