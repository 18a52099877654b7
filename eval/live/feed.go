package live

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

const (
	// A client further behind than this is given a snapshot: it is smaller than
	// what it missed, and one tab must not hold what it does not read.
	maxBehind      = 256
	maxBehindBytes = 4 << 20
	// A tab that was cut off may resume over this much.
	ringLines = 4096
	ringBytes = 8 << 20

	progressEvery = 100 * time.Millisecond
)

// line is an event ready to send.
type line struct {
	seq int64
	e   study.Event
	msg []byte // {"t":"d",...}
	end int64  // bytes of all messages up to and with this one
}

// feed follows one study's journal.
type feed struct {
	s       *Server
	name    string
	epoch   string // random per process and study: a resume across it is a snapshot
	r       study.Reader
	ctx     context.Context
	stop    context.CancelFunc
	started bool // guarded by the server's lock
	views   views

	mu       sync.Mutex
	lines    []line
	state    study.State
	snap     [][]byte // of snapSeq, made when first asked for
	snapSeq  int64
	trouble  string // why the journal cannot be read; "" = it can
	progress study.Progress
	told     uint64 // version of progress; 0 = none
	waiting  bool   // a telling of progress is due
	last     time.Time
}

func newFeed(s *Server, name string, r study.Reader) *feed {
	f := &feed{s: s, name: name, epoch: secret()[:16], r: r}
	f.ctx, f.stop = context.WithCancel(s.ctx)
	f.views.f = f
	return f
}

// follow reads the journal as it grows until the feed is stopped.
func (f *feed) follow() {
	wake := f.r.Watch(f.ctx)
	for retry := time.Duration(0); ; {
		if f.pull() {
			retry = 0
		} else {
			retry = min(max(2*retry, time.Second), 30*time.Second)
		}
		var again <-chan time.Time
		if retry > 0 {
			again = time.After(retry)
		}
		select {
		case <-f.ctx.Done():
			return
		case _, ok := <-wake:
			if !ok {
				wake = nil
			}
		case <-again:
		}
	}
}

// pull takes in what is new. It returns false where the journal cannot be read.
func (f *feed) pull() bool {
	f.mu.Lock()
	after := f.state.Seq
	f.mu.Unlock()
	events, err := f.r.Events(after)
	if err != nil {
		f.mu.Lock()
		f.trouble = err.Error()
		f.mu.Unlock()
		f.s.wakeAll()
		return false
	}
	f.mu.Lock()
	f.trouble = ""
	if len(events) == 0 {
		f.mu.Unlock()
		return true
	}
	before := f.state.Finished
	starts := f.state.Study.Total
	for _, e := range events {
		if e.Seq <= f.state.Seq {
			continue
		}
		f.state.Fold(e)
		e = trim(e)
		msg := encode(struct {
			T     string          `json:"t"`
			Study string          `json:"study"`
			Seq   int64           `json:"seq"`
			E     json.RawMessage `json:"e"`
		}{"d", f.name, e.Seq, encodeEvent(e)})
		end := int64(len(msg))
		if n := len(f.lines); n > 0 {
			end += f.lines[n-1].end
		}
		f.lines = append(f.lines, line{e.Seq, e, msg, end})
	}
	changed := before != f.state.Finished || starts != f.state.Study.Total
	f.mu.Unlock()
	if changed {
		f.s.relist()
	} else {
		f.s.wakeAll()
	}
	return true
}

// since returns the messages after that number; behind is true where they are too
// many for a client that should have kept up.
func (f *feed) since(seq int64) (msgs [][]byte, last int64, behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sinceLocked(seq, maxBehind, maxBehindBytes)
}

func (f *feed) sinceLocked(seq int64, lines int, bytes int64) (msgs [][]byte, last int64, behind bool) {
	i := f.after(seq)
	tail := f.lines[i:]
	if len(tail) == 0 {
		return nil, seq, false
	}
	size := tail[len(tail)-1].end - tail[0].end + int64(len(tail[0].msg))
	if len(tail) > lines || size > bytes {
		return nil, seq, true
	}
	for _, l := range tail {
		msgs = append(msgs, l.msg)
	}
	return msgs, tail[len(tail)-1].seq, false
}

// after is the place of the first line above seq.
func (f *feed) after(seq int64) int {
	i, found := slices.BinarySearchFunc(f.lines, seq, func(l line, seq int64) int { return int(min(max(l.seq-seq, -1), 1)) })
	if found {
		i++
	}
	return i
}

// join answers a subscription: what was missed where the tab may resume, else
// resumed is false and a snapshot is due.
func (f *feed) join(r *resume) (msgs [][]byte, last int64, resumed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r == nil || r.Epoch != f.epoch || r.Seq > f.state.Seq {
		return nil, f.state.Seq, false
	}
	msgs, last, behind := f.sinceLocked(r.Seq, ringLines, ringBytes)
	return msgs, last, !behind
}

// setProgress keeps the latest and tells it at most ten times a second.
func (f *feed) setProgress(p study.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.progress = p
	if f.waiting {
		return
	}
	f.waiting = true
	wait := progressEvery - time.Since(f.last)
	time.AfterFunc(max(wait, 0), func() {
		f.mu.Lock()
		f.waiting, f.last = false, time.Now()
		f.told++
		f.mu.Unlock()
		f.s.wakeAll()
	})
}

// latest returns progress where it is newer than seen, and why the journal cannot
// be read, if it cannot.
func (f *feed) latest(seen uint64) (msg []byte, told uint64, trouble string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told == seen || f.state.Finished {
		return nil, f.told, f.trouble
	}
	p := f.progress
	if math.IsNaN(p.Objective) || math.IsInf(p.Objective, 0) {
		p.Objective = 0
	}
	if math.IsNaN(p.ETA) || math.IsInf(p.ETA, 0) {
		p.ETA = 0
	}
	return encode(progress{"p", f.name, p}), f.told, f.trouble
}

func (f *feed) brief() brief {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := brief{Name: f.name, State: "running", Total: f.state.Study.Total}
	for _, r := range f.state.Runs {
		if r.Status != "running" {
			b.Done++
		}
	}
	switch {
	case f.state.Finished:
		b.State = "done"
	case f.state.Seq == 0:
		b.State = "waiting"
	}
	return b
}

// run returns what the journal says of that run.
func (f *feed) run(id string) (study.RunState, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.state.Run(id)
	if r == nil {
		return study.RunState{}, false
	}
	return *r, true
}

// verdict says what came out so far.
func (f *feed) verdict(metric string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return study.Verdict(&f.state, metric)
}
