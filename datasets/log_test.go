package datasets

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Shards change nothing: not the histories, not their order, not the hash.
func TestReshard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := build(testMeta(), drawEvents(t))
		n := rapid.IntRange(1, 7).Draw(t, "n")
		parts := whole.Reshard(n)
		sameLog(t, "resharded", parts, whole)
		sameLog(t, "and back", parts.Reshard(1), whole)
		t1 := testTime(t, "t1")
		sameLog(t, "resharded as of t1", parts.AsOf(t1), whole.AsOf(t1))
		if parts.NumCustomers() != whole.NumCustomers() || parts.NumEvents() != whole.NumEvents() {
			t.Fatal("counts differ")
		}
		for _, id := range []string{"a", "c", "e"} {
			a, okA := parts.Find(id)
			b, okB := whole.Find(id)
			if okA != okB || okA && facts(a) != facts(b) {
				t.Fatalf("%s differs", id)
			}
		}
	})
}

// An open window closes at local midnights around the events: the first instant of
// the first day and of the day after the last, also where the clock changes there.
func TestCloseWindow(t *testing.T) {
	for _, c := range []struct{ zone, first, last, from, to string }{
		{"UTC", "2024-05-01T10:00:00Z", "2024-05-03T23:59:59Z", "2024-05-01T00:00:00Z", "2024-05-04T00:00:00Z"},
		// 23:30 UTC is the next day in Amsterdam.
		{"Europe/Amsterdam", "2024-06-01T23:30:00Z", "2024-06-02T10:00:00Z", "2024-06-02T00:00:00+02:00", "2024-06-03T00:00:00+02:00"},
		// Days of 23 and of 25 hours.
		{"Europe/Amsterdam", "2024-03-31T12:00:00+02:00", "2024-03-31T23:59:00+02:00", "2024-03-31T00:00:00+01:00", "2024-04-01T00:00:00+02:00"},
		{"Europe/Amsterdam", "2024-10-27T12:00:00+01:00", "2024-10-27T23:59:00+01:00", "2024-10-27T00:00:00+02:00", "2024-10-28T00:00:00+01:00"},
		// In São Paulo 4 November 2018 began at one o'clock.
		{"America/Sao_Paulo", "2018-11-04T05:00:00-02:00", "2018-11-04T22:00:00-02:00", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
		{"America/Sao_Paulo", "2018-11-03T05:00:00-03:00", "2018-11-03T23:45:00-03:00", "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		// Samoa had no 30 December 2011.
		{"Pacific/Apia", "2011-12-29T08:00:00-10:00", "2011-12-29T23:30:00-10:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := func(s string) time.Time {
			x, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		l := build(Meta{Zone: zone}, []Event{{Customer: "a", Time: at(c.last).UnixMicro()}, {Customer: "b", Time: at(c.first).UnixMicro()}})
		if w := l.Meta.Window; !w.From.Equal(at(c.from)) || !w.To.Equal(at(c.to)) {
			t.Errorf("%s, %s to %s: window %s to %s, want %s to %s", c.zone, c.first, c.last, w.From, w.To, c.from, c.to)
		}
		if l.NumEvents() != 2 || len(l.Notes) != 0 {
			t.Errorf("%s: %d events, notes %v", c.zone, l.NumEvents(), l.Notes)
		}
		// A purchase on the last day has recency 1, or 2 where the calendar has a hole.
		if gap := l.Meta.Now() - l.Meta.DayOf(at(c.last).UnixMicro()); gap != 1 && c.zone != "Pacific/Apia" {
			t.Errorf("%s: now is %d days after the last event", c.zone, gap)
		}
	}
	if w := build(Meta{}, nil).Meta.Window; !w.From.IsZero() || !w.To.IsZero() {
		t.Errorf("an empty log has the window %v", w)
	}
}

func TestLogEmpty(t *testing.T) {
	l := build(testMeta(), nil)
	if l.NumCustomers() != 0 || l.NumEvents() != 0 || l.Hash == "" {
		t.Errorf("%d customers, %d events, hash %q", l.NumCustomers(), l.NumEvents(), l.Hash)
	}
	if _, ok := l.Find("a"); ok {
		t.Error("somebody in an empty log")
	}
	for range l.Reshard(3).Shards(context.Background()) {
		t.Error("a shard of an empty log")
	}
	if c := l.AsOf(testStart); c.NumCustomers() != 0 {
		t.Error("somebody as of the start")
	}
}

// A cancelled context ends the walk with its error.
func TestHistoriesCancelled(t *testing.T) {
	b := NewBuilder(testMeta())
	for i := range 5000 {
		b.Add(Event{Customer: strings.Repeat("x", i%70) + string(rune('a'+i%26)) + time.Duration(i).String(), Time: testStart.UnixMicro()})
	}
	l := b.Log()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n, failed := 0, false
	for _, err := range l.Histories(ctx) {
		if err != nil {
			failed = true
			break
		}
		if n++; n == 10 {
			cancel()
		}
	}
	if !failed || n > 1100 {
		t.Errorf("went on for %d customers, error %v", n, failed)
	}
}

func TestFieldNames(t *testing.T) {
	for i, want := range []string{
		"order", "item", "category", "brand", "channel", "campaign", "session", "quantity",
		"price", "amount", "discount", "margin", "rating", "points", "time of day",
	} {
		if got := Fields(1 << i).Names(); len(got) != 1 || got[0] != want {
			t.Errorf("field %d is called %v, want %s", i, got, want)
		}
	}
	for _, n := range KindNames() {
		if k, ok := ParseKind(n); !ok || k.String() != n {
			t.Errorf("kind %s reads as %v", n, k)
		}
	}
	if _, ok := ParseKind("purchases"); ok {
		t.Error("an unknown kind was read")
	}
}

// builderEvents draws a log of n events of n/25 customers, in random order.
func builderEvents(n int) []Event {
	r := rand.New(rand.NewPCG(1, 1))
	items := make([]string, 5000)
	for i := range items {
		items[i] = "item-" + time.Duration(i).String()
	}
	customers := make([]string, n/25)
	for i := range customers {
		customers[i] = "customer-" + time.Duration(i).String()
	}
	out := make([]Event, n)
	for i := range out {
		out[i] = Event{
			Customer: customers[r.IntN(len(customers))], Time: testStart.UnixMicro() + r.Int64N(365*24*testHour),
			Item: items[r.IntN(len(items))], Order: customers[i/3%len(customers)], Channel: "web", Quantity: 1, Amount: math.Round(1e4*r.Float64()) / 100,
		}
	}
	return out
}

func BenchmarkBuilder(b *testing.B) {
	events := builderEvents(1_000_000)
	b.Run("n=1000000", func(b *testing.B) {
		for b.Loop() {
			build(testMeta(), events)
		}
	})
	l := build(testMeta(), events)
	b.Run("as-of/n=1000000", func(b *testing.B) {
		for b.Loop() {
			l.AsOf(testStart.AddDate(0, 6, 0))
		}
	})
	b.Run("occasions/n=1000000", func(b *testing.B) {
		for b.Loop() {
			for h := range l.Histories(context.Background()) {
				h.Occasions()
			}
		}
	})
}
