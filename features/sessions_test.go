package features

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// clicks makes a log of (seconds, kind, session) events of one customer.
func clicks(meta datasets.Meta, events ...datasets.Event) datasets.History {
	h, _ := logOf(meta, events).Find("a")
	return h
}

func click(second int, kind datasets.Kind, session string) datasets.Event {
	ev := noEvent("a", time.Date(2024, 3, 1, 9, 0, second, 0, time.UTC))
	ev.Kind, ev.Session = kind, session
	return ev
}

func bounds(ss []Session) (out [][2]int) {
	for _, s := range ss {
		out = append(out, [2]int{s.From, s.To})
	}
	return out
}

func TestSessionsByHand(t *testing.T) {
	const minute = 60
	v, sent := datasets.View, datasets.CampaignSent
	for what, c := range map[string]struct {
		meta datasets.Meta
		gap  time.Duration
		ev   []datasets.Event
		want [][2]int
	}{
		"30 minutes are one, more are two": {ev: []datasets.Event{
			click(0, v, ""), click(30*minute, v, ""), click(60*minute+1, v, ""),
		}, want: [][2]int{{0, 2}, {2, 3}}},
		"own gap": {gap: time.Minute, ev: []datasets.Event{
			click(0, v, ""), click(60, v, ""), click(121, v, ""),
		}, want: [][2]int{{0, 2}, {2, 3}}},
		"a message neither starts nor prolongs": {ev: []datasets.Event{
			click(0, sent, ""), click(20*minute, v, ""), click(40*minute, sent, ""), click(60*minute, v, ""), click(61*minute, sent, ""), click(62*minute, v, ""),
		}, want: [][2]int{{1, 2}, {3, 6}}},
		"ids rule": {meta: datasets.Meta{Has: datasets.FieldSession}, ev: []datasets.Event{
			click(0, v, "x"), click(10, v, "y"), click(3*60*minute, v, "y"), click(4*60*minute, v, ""), click(4*60*minute+1, v, ""),
		}, want: [][2]int{{0, 1}, {1, 3}, {3, 5}}},
		"interleaved ids are one range": {meta: datasets.Meta{Has: datasets.FieldSession}, ev: []datasets.Event{
			click(0, v, "x"), click(10, v, "y"), click(20, v, "x"), click(30, v, "y"), click(40, v, "z"),
		}, want: [][2]int{{0, 4}, {4, 5}}},
		"a day of day stamps": {meta: datasets.Meta{Resolution: datasets.Day}, ev: []datasets.Event{
			click(-9*60*minute, v, ""), click(-9*60*minute, datasets.CartAdd, ""), click(15*60*minute, v, ""),
		}, want: [][2]int{{0, 2}, {2, 3}}},
		"nothing of their own": {ev: []datasets.Event{click(0, sent, "")}},
	} {
		h := clicks(c.meta, c.ev...)
		got := Sessions(h, c.gap)
		if !reflect.DeepEqual(bounds(got), c.want) {
			t.Errorf("%s: %v, want %v", what, bounds(got), c.want)
		}
		for _, s := range got {
			if s.Start != h.Stamp(s.From) || s.End != h.Stamp(s.To-1) {
				t.Errorf("%s: %+v does not hold its events' stamps", what, s)
			}
		}
	}
	of, n := SessionOf(clicks(datasets.Meta{Has: datasets.FieldSession}, click(0, v, "x"), click(10, v, "y"), click(20, v, "x"), click(21, v, "")), 0)
	if !reflect.DeepEqual(of, []int32{0, 1, 0, 0}) || n != 2 {
		t.Errorf("interleaved: %v of %d, want 0 1 0 0 of 2", of, n)
	}
}

// TestSessionsPartition: against the plain rule, on random clicks without ids: a
// session ends exactly where the silence is longer than the gap.
func TestSessionsPartition(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for range 200 {
		var ev []datasets.Event
		at := 0
		for range 1 + rng.IntN(30) {
			at += rng.IntN(3000)
			ev = append(ev, click(at, datasets.View, ""))
		}
		h := clicks(datasets.Meta{}, ev...)
		ss := Sessions(h, 0)
		if ss[0].From != 0 || ss[len(ss)-1].To != h.Len() {
			t.Fatal("events are left over")
		}
		for k, s := range ss {
			for i := s.From + 1; i < s.To; i++ {
				if h.Stamp(i)-h.Stamp(i-1) > SessionGap.Microseconds() {
					t.Fatalf("session %d bridges a gap", k)
				}
			}
			if k > 0 && (s.From != ss[k-1].To || s.Start-ss[k-1].End <= SessionGap.Microseconds()) {
				t.Fatalf("session %d is cut from the one before without a gap", k)
			}
		}
	}
}
