package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

const (
	lookAgain  = time.Second     // a look is good for so long,
	lookEach   = 5e4             // ns, and for so long a customer: 2 % of a processor at most
	pastFine   = 5 * time.Second // between the samples of the last hour
	pastCoarse = 2 * time.Minute // and of the last day
	pastKept   = 720             // samples of each
)

// watching looks at the customers now and then, and remembers how many were where.
type watching struct {
	epoch   string
	started time.Time
	changes atomic.Int64

	mu   sync.Mutex
	last looked

	past         sync.Mutex
	keys         []pastKey
	fine, coarse []pastSample
}

type looked struct {
	sum   study.Summary
	drift study.Drift
	at    time.Time
}

// pastKey is a segment, or a reason to be in none.
type pastKey struct {
	label   int32
	segment string
}

// pastSample is how many customers were where; keys learned later are not in it.
type pastSample struct {
	at int64 // s
	n  []int32
}

func newWatching() *watching { return &watching{epoch: secret()[:16], started: time.Now()} }

// look returns the latest look at the customers, or takes another.
func (w *watching) look(t Tracked) looked {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.last.at.IsZero() || now.Sub(w.last.at) >= max(lookAgain, time.Duration(lookEach*w.last.sum.Customers)) {
		w.last = looked{sum: t.Summary(), drift: t.Drift(), at: now}
	}
	return w.last
}

// heard counts the changes among updates.
func (w *watching) heard(us []study.Update) {
	n := int64(0)
	for i := range us {
		if us[i].Changed {
			n++
		}
	}
	if n > 0 {
		w.changes.Add(n)
	}
}

// follow samples until ctx ends.
func (w *watching) follow(ctx context.Context, t Tracked) {
	tick := time.NewTicker(pastFine)
	defer tick.Stop()
	for {
		l := w.look(t)
		w.sample(l.at, l.sum.Segments)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sample remembers a look.
func (w *watching) sample(at time.Time, segments []study.SegmentLook) {
	w.past.Lock()
	defer w.past.Unlock()
	s := pastSample{at: at.Unix(), n: make([]int32, len(w.keys), len(w.keys)+1)}
next:
	for _, g := range segments {
		k := pastKey{g.Label, g.Segment}
		for i := range w.keys {
			if w.keys[i] == k {
				s.n[i] += int32(g.Customers)
				continue next
			}
		}
		w.keys, s.n = append(w.keys, k), append(s.n, int32(g.Customers))
	}
	if n := len(w.fine); n > 0 && w.fine[n-1].at >= s.at {
		return // the same look
	}
	w.fine = appendRing(w.fine, s)
	if n := len(w.coarse); n == 0 || s.at-w.coarse[n-1].at >= int64(pastCoarse/time.Second) {
		w.coarse = appendRing(w.coarse, s)
	}
}

func appendRing(r []pastSample, s pastSample) []pastSample {
	if len(r) == pastKept {
		copy(r, r[1:])
		r[pastKept-1] = s
		return r
	}
	return append(r, s)
}

// contactsPast is what /api/contacts/past says.
type contactsPast struct {
	Epoch    string        `json:"epoch"`
	Segments []pastSegment `json:"segments"`
	Hour     []int64       `json:"hour"` // s since 1970, one per number in Hour of a segment
	Day      []int64       `json:"day"`
}

type pastSegment struct {
	Label   int32   `json:"label"`
	Segment string  `json:"segment"`
	Hour    []int32 `json:"hour"`
	Day     []int32 `json:"day"`
}

func (w *watching) history() contactsPast {
	w.past.Lock()
	defer w.past.Unlock()
	p := contactsPast{Epoch: w.epoch, Hour: []int64{}, Day: []int64{}}
	for _, s := range w.fine {
		p.Hour = append(p.Hour, s.at)
	}
	for _, s := range w.coarse {
		p.Day = append(p.Day, s.at)
	}
	series := func(of []pastSample, i int) []int32 {
		out := make([]int32, len(of))
		for j, s := range of {
			if i < len(s.n) {
				out[j] = s.n[i]
			}
		}
		return out
	}
	for i, k := range w.keys {
		p.Segments = append(p.Segments, pastSegment{k.label, k.segment, series(w.fine, i), series(w.coarse, i)})
	}
	return p
}
