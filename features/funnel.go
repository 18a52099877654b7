package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// FunnelSteps are the steps to a purchase that a log may show, in order.
var FunnelSteps = []string{"view", "cart_add", "checkout", "purchase"}

// FunnelOptions says how a funnel is counted.
type FunnelOptions struct {
	Steps []string      // kinds of event, in order; nil = those of FunnelSteps that the log has
	Gap   time.Duration // silence that ends a session without an id; 0 = SessionGap
	// Horizon is how long a step may wait for the next; 0 = until the session ends.
	Horizon time.Duration
	Level   float64 // of the intervals; 0 = 0.95
	// By names the group that an attempt is counted in, by the event that opened it
	// ("" is a name too); nil = one group "".
	By func(h datasets.History, i int) string
}

// FunnelStep is one step: how many reached it, and how many of them went no further.
type FunnelStep struct {
	Name    string  `json:"name"`
	Reached int     `json:"reached"`
	Dropped int     `json:"dropped"` // reached it and none of the later steps
	Share   float64 `json:"share"`   // dropped / reached; NaN for the last step and for nobody
	Lo      float64 `json:"lo"`      // Wilson's interval of it; NaN alike
	Hi      float64 `json:"hi"`
}

// Funnel is how far people get: by session or, with a horizon, by attempt.
type Funnel struct {
	Sessions  int          `json:"sessions"` // by session: all of them; with a horizon 0
	Undecided int          `json:"undecided"`
	Steps     []FunnelStep `json:"steps"`
}

// PopulationFunnel counts a log's funnel by group (see FunnelOptions.By).
//
// Without a horizon the unit is the session (SessionOf): a session reached a step if
// it has an event of it, and dropped there if it has none of a later step. A session
// need not have passed the steps before: a cart survives the session in which it was
// filled.
//
// With a horizon the unit is the attempt: it opens with a step's event, is carried on
// by an event of any later step within the horizon, and is dropped if none comes;
// more events of the step while it is open belong to it. Attempts that were open for
// less than the horizon when the window ended are undecided and are not counted as
// reached. The last step's reached are the days on which a customer took it.
//
// Shares come with Wilson intervals, which take attempts for independent: with several
// attempts a customer they are too narrow. Cost: O(events × steps).
func PopulationFunnel(ctx context.Context, log *datasets.Log, o FunnelOptions) (map[string]Funnel, error) {
	steps, err := funnelKinds(o.Steps, log.Meta.Kinds)
	if err != nil {
		return nil, err
	}
	level := o.Level
	if level == 0 {
		level = 0.95
	}
	if o.Horizon < 0 || o.Gap < 0 || !(level > 0 && level < 1) {
		return nil, fmt.Errorf("horizon = %s, gap = %s, level = %g: at least 0, at least 0, between 0 and 1", o.Horizon, o.Gap, level)
	}
	f := &funnelCounter{steps: steps, step: funnelIndex(steps), options: o, groups: map[string]*Funnel{}}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if o.Horizon == 0 {
			f.sessions(h)
		} else {
			f.attempts(h)
		}
	}
	out := make(map[string]Funnel, len(f.groups))
	for name, g := range f.groups {
		last := len(g.Steps) - 1
		for s := range g.Steps {
			t := &g.Steps[s]
			t.Share, t.Lo, t.Hi = math.NaN(), math.NaN(), math.NaN()
			if s < last && t.Reached > 0 {
				t.Share = float64(t.Dropped) / float64(t.Reached)
				t.Lo, t.Hi = Wilson(t.Dropped, t.Reached, level)
			}
		}
		out[name] = *g
	}
	return out, nil
}

// funnelKinds reads the steps; none given are those of FunnelSteps among has.
func funnelKinds(names []string, has datasets.Kinds) ([]datasets.Kind, error) {
	var out []datasets.Kind
	given := names != nil
	if !given {
		names = FunnelSteps
	}
	for _, n := range names {
		k, ok := datasets.ParseKind(n)
		switch {
		case !ok:
			return nil, fmt.Errorf("steps: %q is no kind of event (kinds: %s)", n, strings.Join(datasets.KindNames(), ", "))
		case slices.Contains(out, k):
			return nil, fmt.Errorf("steps: %s twice: a step leads to the next one, not to itself", n)
		case given || has.Has(k):
			out = append(out, k)
		}
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("steps: a funnel needs two steps or more, the log has %s of %s", strings.Join(has.Names(), ", "), strings.Join(names, ", "))
	}
	return out, nil
}

// funnelIndex returns each kind's step, −1 for the others.
func funnelIndex(steps []datasets.Kind) []int8 {
	out := make([]int8, len(datasets.KindNames()))
	for k := range out {
		out[k] = int8(slices.Index(steps, datasets.Kind(k)))
	}
	return out
}

// funnelCounter is one run of PopulationFunnel.
type funnelCounter struct {
	steps   []datasets.Kind
	step    []int8 // by kind
	options FunnelOptions
	groups  map[string]*Funnel
}

func (f *funnelCounter) group(h datasets.History, i int) *Funnel {
	name := ""
	if f.options.By != nil {
		name = f.options.By(h, i)
	}
	g := f.groups[name]
	if g == nil {
		g = &Funnel{Steps: make([]FunnelStep, len(f.steps))}
		for s, k := range f.steps {
			g.Steps[s].Name = k.String()
		}
		f.groups[name] = g
	}
	return g
}

// sessions adds a customer's sessions; a session's group is its first event's.
func (f *funnelCounter) sessions(h datasets.History) {
	funnelSessions(h, f.step, len(f.steps), f.options.Gap, func(step, opened int, end funnelEnd) {
		g := f.group(h, opened)
		if step < 0 {
			g.Sessions++
			return
		}
		g.Steps[step].Reached++
		if end == funnelDropped {
			g.Steps[step].Dropped++
		}
	})
}

// attempts adds a customer's attempts.
func (f *funnelCounter) attempts(h datasets.History) {
	last := len(f.steps) - 1
	funnelAttempts(h, f.step, len(f.steps), f.options.Horizon, func(step, opened int, end funnelEnd) {
		t := f.group(h, opened)
		switch {
		case end == funnelOpen:
			t.Undecided++
			return
		case end == funnelDropped:
			t.Steps[step].Dropped++
		}
		t.Steps[step].Reached++
	})
	day := math.MinInt
	for i := range h.Len() {
		if int(f.step[h.Kind(i)]) == last && h.Day(i) != day {
			day = h.Day(i)
			f.group(h, i).Steps[last].Reached++
		}
	}
}

// funnelEnd is how an attempt ended.
type funnelEnd uint8

const (
	funnelOpen    funnelEnd = iota // undecided when the window ended
	funnelDropped                  // no later step within the horizon
	funnelWent                     // a later step came
)

// funnelAttempts calls done for each attempt of a history at each step but the last,
// with the event that opened it, when its end is known. step is by kind. Events of
// one stamp count as in the order of the funnel, since a log's own order among them
// is by kind: day stamps would put a purchase before the view that led to it.
func funnelAttempts(h datasets.History, step []int8, steps int, horizon time.Duration, done func(step, opened int, end funnelEnd)) {
	var buf [8]int
	open := buf[:0] // the event that opened each step's attempt, or −1
	for range steps - 1 {
		open = append(open, -1)
	}
	wait := horizon.Microseconds()
	n := h.Len()
	for lo := 0; lo < n; {
		at := h.Stamp(lo)
		hi := lo
		for hi < n && h.Stamp(hi) == at {
			hi++
		}
		deepest := int8(-1)
		for i := lo; i < hi; i++ {
			s := step[h.Kind(i)]
			deepest = max(deepest, s)
			if s < 0 || int(s) == steps-1 {
				continue
			}
			if o := open[s]; o >= 0 && at-h.Stamp(o) > wait {
				done(int(s), o, funnelDropped)
				open[s] = -1
			}
			if open[s] < 0 {
				open[s] = i
			}
		}
		for s := range int(deepest) {
			if o := open[s]; o >= 0 {
				end := funnelWent
				if at-h.Stamp(o) > wait {
					end = funnelDropped
				}
				done(s, o, end)
				open[s] = -1
			}
		}
		lo = hi
	}
	now := h.Meta.Window.To.UnixMicro()
	for s, o := range open {
		if o >= 0 {
			end := funnelOpen
			if now-h.Stamp(o) >= wait {
				end = funnelDropped
			}
			done(s, o, end)
		}
	}
}

// funnelSessions calls done once for each session of a history, with step −1, and
// once for each step it reached; opened is the session's first event. At the last
// step nothing is dropped.
func funnelSessions(h datasets.History, step []int8, steps int, gap time.Duration, done func(step, opened int, end funnelEnd)) {
	of, n := SessionOf(h, gap)
	reached := make([]uint32, n) // a bit for each step
	opened := make([]int, n)
	for i := len(of) - 1; i >= 0; i-- {
		s := of[i]
		if s < 0 {
			continue
		}
		opened[s] = i
		if t := step[h.Kind(i)]; t >= 0 {
			reached[s] |= 1 << t
		}
	}
	for s, bits := range reached {
		done(-1, opened[s], funnelOpen)
		for t := range steps {
			if bits>>t&1 == 0 {
				continue
			}
			end := funnelWent
			if t < steps-1 && bits>>(t+1) == 0 {
				end = funnelDropped
			}
			done(t, opened[s], end)
		}
	}
}
