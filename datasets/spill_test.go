package datasets

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A log on disk tells what the log in memory tells, cut, split and searched, hash
// and notes included, however little the builder may hold.
func TestSpill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		meta := testMeta()
		if rapid.Bool().Draw(t, "closed") {
			meta.Window.To = testTime(t, "end").Add(time.Hour)
		}
		events := drawEvents(t)
		want := build(meta, events)
		b := NewBuilder(meta)
		b.Spill("", rapid.IntRange(1, 50).Draw(t, "held"))
		for _, e := range events {
			b.Add(e)
		}
		got, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		sameLog(t, "spilled", got, want)
		if len(got.Notes) != len(want.Notes) || len(got.Notes) > 0 && got.Notes[0] != want.Notes[0] {
			t.Fatalf("notes %v, want %v", got.Notes, want.Notes)
		}
		if got.Meta.Kinds != want.Meta.Kinds || got.NumCustomers() != want.NumCustomers() || got.NumEvents() != want.NumEvents() {
			t.Fatal("kinds or counts differ")
		}
		t1, t2 := testTime(t, "t1"), testTime(t, "t2")
		sameLog(t, "as of t1", got.AsOf(t1), want.AsOf(t1))
		if t1.Before(t2) {
			sameLog(t, "between", got.Between(t1, t2), want.Between(t1, t2))
		}
		// A window opened again does not bring back what was cut.
		sameLog(t, "cut twice", got.AsOf(t1).AsOf(t2), want.AsOf(t1).AsOf(t2))
		sameLog(t, "resharded", got.Reshard(3), want)
		var some []string
		for h := range want.Histories(t.Context()) {
			if h.ID != "b" {
				some = append(some, h.ID)
			}
		}
		x, err := got.Pick(t.Context(), some)
		y, errY := want.Pick(t.Context(), some)
		if err != nil || errY != nil {
			t.Fatal(err, errY)
		}
		sameLog(t, "picked", x, y)
		for _, e := range x.shards { // nothing but what its events say
			if n := len(e.Words) - 1; n > 7*len(e.Time) {
				t.Fatalf("%d words for %d events", n, len(e.Time))
			}
		}
		before, after := Split(got, t1, time.Time{})
		wantBefore, wantAfter := Split(want, t1, time.Time{})
		sameLog(t, "before", before, wantBefore)
		for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
			x, okX := got.Find(id)
			y, okY := want.Find(id)
			if okX != okY || okX && facts(x) != facts(y) {
				t.Fatalf("%s differs", id)
			}
			x, okX = after.History(id)
			y, okY = wantAfter.History(id)
			if okX != okY || okX && facts(x) != facts(y) {
				t.Fatalf("%s differs after t1", id)
			}
		}
	})
}

// Nothing is left in the folder, while the log is in use and after.
func TestSpillLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	b := NewBuilder(testMeta())
	b.Spill(dir, 2)
	for i := range 9 {
		b.Add(Event{Customer: string(rune('a' + i)), Time: testStart.UnixMicro(), Amount: 1, Quantity: math.NaN()})
	}
	l, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if l.NumCustomers() != 9 || l.stored == nil || len(l.stored.shards) < 3 {
		t.Errorf("%d customers, store %v", l.NumCustomers(), l.stored)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A disk that fails is an error that says so, never a shorter log.
func TestSpillDiskFails(t *testing.T) {
	b := NewBuilder(testMeta())
	b.Spill(filepath.Join(t.TempDir(), "absent"), 1)
	for range 3 {
		b.Add(Event{Customer: "a", Time: testStart.UnixMicro()})
	}
	if err := b.Failed(); err == nil {
		t.Error("the builder does not say that the disk failed")
	}
	if _, err := b.Build(); err == nil || !strings.Contains(err.Error(), "absent") || !strings.Contains(err.Error(), "disk") {
		t.Errorf("error %v", err)
	}
	b = NewBuilder(testMeta())
	b.Spill(t.TempDir(), 1)
	for range 3 {
		b.Add(Event{Customer: "a", Time: testStart.UnixMicro()})
	}
	l, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	l.stored.file.Close()
	for e, err := range l.Shards(t.Context()) {
		if err == nil {
			t.Errorf("%d events of a closed file, and no error", len(e.Time))
		}
	}
}

func BenchmarkSpill(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		bl := NewBuilder(Meta{Has: FieldOrder | FieldItem | FieldAmount})
		bl.Spill("", n/4)
		for i := range n {
			c := i * 7919 % 20_011
			bl.Add(Event{
				Customer: "c" + string(rune('a'+c%26)) + string(rune('a'+c/26%26)) + string(rune('a'+c/676)),
				Time:     int64(i) * 1_000_000, Order: "o", Item: string(rune('a' + i%20)), Amount: float64(i % 100),
			})
		}
		if _, err := bl.Build(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
