package datasets

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func testTime(t *rapid.T, name string) time.Time {
	return testStart.Add(time.Duration(rapid.IntRange(0, 12*24).Draw(t, name)) * time.Hour)
}

func before(events []Event, from, to time.Time) []Event {
	var out []Event
	for _, e := range events {
		if e.Time >= from.UnixMicro() && e.Time < to.UnixMicro() {
			out = append(out, e)
		}
	}
	return out
}

// The log as of t1 is the log of a file that ends at t1: same bytes, occasions and
// reversals. The same for both ends.
func TestAsOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		whole := build(testMeta(), events)
		t1 := testTime(t, "t1")
		meta := testMeta()
		meta.Window.To = t1
		sameLog(t, "as of t1", whole.AsOf(t1), build(meta, before(events, testStart, t1)))
		// The builder cuts a closed window itself, and says so.
		cut := build(meta, events)
		sameLog(t, "built with the window", cut, whole.AsOf(t1))
		if n := len(events) - cut.NumEvents(); n > 0 && (len(cut.Notes) != 1 || cut.Notes[0].Count != int64(n)) {
			t.Fatalf("%d events were cut and the notes are %+v", n, cut.Notes)
		}

		t0 := testTime(t, "t0")
		if t0.After(t1) {
			t0, t1 = t1, t0
		}
		meta.Window = Window{t0, t1}
		sameLog(t, "between t0 and t1", whole.Between(t0, t1), build(meta, before(events, t0, t1)))
	})
}

// Cut twice is cut once.
func TestAsOfTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := build(testMeta(), drawEvents(t))
		a, b := testTime(t, "a"), testTime(t, "b")
		if a.After(b) {
			a, b = b, a
		}
		sameLog(t, "twice", whole.AsOf(b).AsOf(a), whole.AsOf(a))
	})
}

func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		whole := build(testMeta(), events)
		t1, t2 := testTime(t, "t1"), testTime(t, "t2")
		if t1.After(t2) {
			t1, t2 = t2, t1
		}
		known, after := Split(whole, t1, t2)
		sameLog(t, "the histories", known, whole.AsOf(t1))
		later := build(Meta{Zone: whole.Meta.Zone, Has: whole.Meta.Has, Window: Window{t1, t2}}, before(events, t1, t2))
		for _, id := range []string{"a", "b", "c", "d", "e", "nobody"} {
			_, seen := known.Find(id)
			want, did := later.Find(id)
			got, ok := after.History(id)
			if ok != (seen && did) {
				t.Fatalf("%s: known %v, did something %v, hold-out says %v", id, seen, did, ok)
			}
			if ok && facts(got) != facts(want) {
				t.Fatalf("%s: %s want %s", id, facts(got), facts(want))
			}
		}
	})
}

// Without a t2 the hold-out runs to the end of the window.
func TestSplitOpenEnd(t *testing.T) {
	l := build(testMeta(), []Event{{Customer: "a", Time: testStart.UnixMicro()}, {Customer: "a", Time: testStart.UnixMicro() + 90*testHour}})
	_, after := Split(l, testStart.Add(time.Hour), time.Time{})
	if h, ok := after.History("a"); !ok || h.Len() != 1 || !after.To.Equal(l.Meta.Window.To) {
		t.Errorf("%v events until %s", h.Len(), after.To)
	}
}

// Streaming the hold-out gives what asking for each customer gives, whatever the shards.
func TestHoldoutHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := build(testMeta(), drawEvents(t)).Reshard(rapid.IntRange(1, 5).Draw(t, "shards"))
		a, b := testTime(t, "a"), testTime(t, "b")
		if a.After(b) {
			a, b = b, a
		}
		before, hold := Split(whole, a, b)
		var want []History
		for h := range before.Histories(context.Background()) {
			if x, ok := hold.History(h.ID); ok {
				want = append(want, x)
			}
		}
		n := 0
		for h, err := range hold.Histories(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if n == len(want) || h.ID != want[n].ID || h.Len() != want[n].Len() {
				t.Fatalf("history %d is %s with %d events", n, h.ID, h.Len())
			}
			for i := range h.Len() {
				if h.Stamp(i) != want[n].Stamp(i) || !hold.Meta().Window.Contains(h.Stamp(i)) {
					t.Fatalf("event %d of %s differs", i, h.ID)
				}
			}
			n++
		}
		if n != len(want) {
			t.Fatalf("%d customers, want %d", n, len(want))
		}
	})
}
