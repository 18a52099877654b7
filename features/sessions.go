package features

import (
	"time"

	"github.com/mores-lab/mores/datasets"
)

// SessionGap is the silence that ends a session where the log does not say itself:
// 30 minutes, the rule of web analytics.
const SessionGap = 30 * time.Minute

// sessionNever are the kinds that happen to a customer, not by them: they neither
// start a session nor keep one alive.
var sessionNever = datasets.KindSet(datasets.CampaignSent, datasets.Delivered, datasets.PointsEarned, datasets.PointsExpired)

// Session is one visit: the events From ≤ i < To of a history, from the stamp Start
// to the stamp End (µs, UTC, both of events).
type Session struct {
	From, To   int
	Start, End int64
}

// Sessions cuts a history into visits that follow each other without overlap.
//
// A session is what the log's session column says, where it has one; events without
// a session id, and logs without the column, go by silence: a session ends where
// more than gap passes without an event (0 = SessionGap). In a log of day stamps such
// a session is a day. What is done to a customer (messages sent, deliveries, points
// booked) is part of no session, unless it lies between two events of one. Sessions
// of one customer whose ids interleave (two devices at once) come out as one;
// SessionOf keeps them apart. Cost: O(events).
func Sessions(h datasets.History, gap time.Duration) []Session {
	of, n := SessionOf(h, gap)
	if n == 0 {
		return nil
	}
	last := make([]int32, n) // each session's last event
	for i, s := range of {
		if s >= 0 {
			last[s] = int32(i)
		}
	}
	out := make([]Session, 0, n)
	end := -1
	for i, s := range of {
		if s < 0 {
			continue
		}
		if i > end {
			out = append(out, Session{From: i, Start: h.Stamp(i)})
		}
		end = max(end, int(last[s]))
		t := &out[len(out)-1]
		t.To, t.End = end+1, h.Stamp(end)
	}
	return out
}

// SessionOf returns the number of each event's session, in order of the sessions'
// first events, and how many there are; −1 for an event that is part of none. See
// Sessions for the rule; here sessions that interleave stay apart.
func SessionOf(h datasets.History, gap time.Duration) (of []int32, n int) {
	if gap == 0 {
		gap = SessionGap
	}
	of = make([]int32, h.Len())
	byID := h.Meta.Has&datasets.FieldSession != 0
	var seen map[string]int32
	var id string
	var before int64 // the stamp, or the day, of the event before
	cur := int32(-1)
	for i := range of {
		if sessionNever.Has(h.Kind(i)) {
			of[i] = -1
			continue
		}
		own := ""
		if byID {
			own = h.Session(i)
		}
		at := h.Stamp(i)
		switch {
		case own != "" && own == id && cur >= 0:
		case own != "":
			s, ok := seen[own]
			if !ok {
				s = int32(n)
				n++
				if seen == nil {
					seen = map[string]int32{}
				}
				seen[own] = s
			}
			cur = s
		case cur >= 0 && sessionGoesOn(h, i, at-before, gap, before):
		default:
			cur = int32(n)
			n++
		}
		id, before = own, at
		of[i] = cur
	}
	return of, n
}

// sessionGoesOn reports whether event i, without an id, is part of the session of
// the event at before.
func sessionGoesOn(h datasets.History, i int, silence int64, gap time.Duration, before int64) bool {
	if h.Meta.Resolution == datasets.Day {
		return h.Day(i) == h.Meta.DayOf(before)
	}
	return silence <= gap.Microseconds()
}

// dayLength is 24 hours.
const dayLength = 24 * time.Hour

// spanOf returns x units of time.
func spanOf(x float64, unit time.Duration) time.Duration { return time.Duration(x * float64(unit)) }
