package datasets

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// tiedEvents draws events that often tie, with missing values.
func tiedEvents(rng *rand.Rand, n int) []Event {
	text := func() string { return []string{"", "a", "b", "a word of more than sixteen bytes"}[rng.IntN(4)] }
	number := func() float64 {
		return []float64{math.NaN(), 0, math.Copysign(0, -1), 1, -2, 3.5}[rng.IntN(6)]
	}
	out := make([]Event, n)
	for i := range out {
		out[i] = Event{
			Customer: string(rune('a' + rng.IntN(3))), Time: int64(rng.IntN(6)) * 40_000_000_000, Kind: Kind(rng.IntN(2)),
			Order: text(), Item: text(), Category: text(), Brand: text(), Channel: text(), Campaign: text(), Session: text(),
			Quantity: number(), Price: number(), Amount: number(), Discount: number(), Margin: number(), Rating: number(), Points: number(),
		}
	}
	return out
}

// TestDeskEqualsLog: what a desk lays out is what a log of the same events holds, field by
// field, however often it was used before.
func TestDeskEqualsLog(t *testing.T) {
	d := NewDesk()
	rapid.Check(t, func(r *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
		evs := tiedEvents(rng, rapid.IntRange(0, 40).Draw(r, "events"))
		meta := testMeta()
		meta.Has = Fields(rng.Uint32()) & (FieldHour<<1 - 1)
		b := NewBuilder(meta)
		for _, e := range evs {
			b.Add(e)
		}
		log := b.Log()
		d.Clear(log.Meta, nil)
		by := map[string][]Event{}
		for _, e := range evs {
			by[e.Customer] = append(by[e.Customer], e)
		}
		for _, id := range []string{"a", "b", "c"} {
			es := by[id]
			slices.SortFunc(es, func(x, y Event) int { return CompareEvents(&x, &y, meta.Has) })
			d.Add(id, len(es), func(i int) *Event { return &es[i] })
		}
		got := d.Histories(nil)
		var want []History
		for h := range log.Histories(context.Background()) {
			want = append(want, h)
		}
		if len(got) != len(want) {
			r.Fatalf("%d customers, %d in the log", len(got), len(want))
		}
		for i, w := range want {
			g := got[i]
			if g.ID != w.ID || g.Len() != w.Len() || !reflect.DeepEqual(*g.Meta, *w.Meta) {
				r.Fatalf("%s: %d events %+v\n%s: %d events %+v", g.ID, g.Len(), g.Meta, w.ID, w.Len(), w.Meta)
			}
			for j := range w.Len() {
				if x, y := g.At(j), w.At(j); CompareEvents(&x, &y, ^Fields(0)) != 0 || g.Day(j) != w.Day(j) {
					r.Fatalf("event %d of %s\n%+v\n%+v", j, w.ID, x, y)
				}
			}
			if x, y := g.Reversed(), w.Reversed(); !slices.Equal(x, y) {
				r.Fatalf("%v, %v", x, y)
			}
			if x, y := g.Occasions(), w.Occasions(); len(x) != len(y) {
				r.Fatalf("%v, %v", x, y)
			}
		}
	})
}
