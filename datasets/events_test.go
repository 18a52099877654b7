package datasets

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testStart = time.Date(2024, 3, 25, 0, 0, 0, 0, time.UTC)

const testHour = int64(time.Hour / time.Microsecond)

func testMeta() Meta {
	zone, err := time.LoadLocation("Europe/Amsterdam") // the clock changes on 31 March 2024
	if err != nil {
		panic(err)
	}
	return Meta{
		Name: "test", Unit: "customer", Zone: zone, Window: Window{From: testStart},
		Has: FieldOrder | FieldItem | FieldChannel | FieldQuantity | FieldAmount | FieldHour,
	}
}

// drawEvents draws events that collide often: few customers, hours, items and
// amounts, missing numbers and both zeros among them.
func drawEvents(t *rapid.T) []Event {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Event {
		return Event{
			Customer: rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "customer"),
			Time:     testStart.UnixMicro() + testHour*rapid.Int64Range(0, 12*24-1).Draw(t, "hour"),
			Kind:     rapid.SampledFrom([]Kind{Purchase, Purchase, Return, View}).Draw(t, "kind"),
			Order:    rapid.SampledFrom([]string{"", "o1", "o2"}).Draw(t, "order"),
			Item:     rapid.SampledFrom([]string{"", "i1", "i2", "é"}).Draw(t, "item"),
			Channel:  rapid.SampledFrom([]string{"web", "shop"}).Draw(t, "channel"),
			Quantity: rapid.SampledFrom([]float64{1, 2, -1, math.NaN()}).Draw(t, "quantity"),
			Amount:   rapid.SampledFrom([]float64{5, 10, -5, 0, math.Copysign(0, -1), math.NaN(), -math.NaN()}).Draw(t, "amount"),
			Price:    math.NaN(), Discount: math.NaN(), Margin: math.NaN(), Rating: math.NaN(), Points: math.NaN(),
		}
	}), 0, 40).Draw(t, "events")
}

func build(meta Meta, events []Event) *Log {
	b := NewBuilder(meta)
	for _, e := range events {
		b.Add(e)
	}
	return b.Log()
}

// facts is everything that a history tells, as text that can be compared.
func facts(h History) string {
	s := fmt.Sprintf("%s %v %v\n", h.ID, h.Occasions(), h.Spend())
	rev := h.Reversed()
	for i := range h.Len() {
		s += fmt.Sprintf("%+v %s", h.At(i), h.Time(i))
		if rev != nil && rev[i] {
			s += " reversed"
		}
		s += "\n"
	}
	return s
}

// sameLog fails unless two logs tell the same, hash included.
func sameLog(t *rapid.T, what string, got, want *Log) {
	t.Helper()
	collect := func(l *Log) []string {
		var out []string
		for h, err := range l.Histories(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, facts(h))
		}
		return out
	}
	if a, b := collect(got), collect(want); !reflect.DeepEqual(a, b) {
		t.Fatalf("%s:\n%s\nwant\n%s", what, a, b)
	}
	if got.Hash != want.Hash || got.Hash != rehash(got) {
		t.Fatalf("%s: hashes %s and %s", what, got.Hash, want.Hash)
	}
	if !got.Meta.Window.From.Equal(want.Meta.Window.From) || !got.Meta.Window.To.Equal(want.Meta.Window.To) {
		t.Fatalf("%s: windows %v and %v", what, got.Meta.Window, want.Meta.Window)
	}
}

// rehash computes the hash anew from what the log yields.
func rehash(l *Log) string {
	h := newEventHash()
	for e := range l.Shards(context.Background()) {
		h.add(e)
	}
	return h.sum()
}

// The order of the file's rows changes nothing.
func TestRowOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		want := build(testMeta(), events)
		sameLog(t, "rows in another order", build(testMeta(), rapid.Permutation(events).Draw(t, "order")), want)
		for _, e := range want.shards {
			for i := range e.IDs {
				for r := e.Starts[i] + 1; r < e.Starts[i+1]; r++ {
					if e.compare(r-1, r) > 0 {
						t.Fatalf("rows %d and %d are out of order", r-1, r)
					}
				}
			}
		}
	})
}

// Any difference in the events is a difference in the hash.
func TestHashTellsApart(t *testing.T) {
	base := Event{Customer: "a", Time: testStart.UnixMicro(), Order: "o", Item: "i", Channel: "web", Quantity: 1, Amount: 5}
	seen := map[string]string{}
	for name, change := range map[string]func(e *Event){
		"nothing": func(*Event) {}, "customer": func(e *Event) { e.Customer = "b" }, "time": func(e *Event) { e.Time++ },
		"kind": func(e *Event) { e.Kind = View }, "item": func(e *Event) { e.Item = "" }, "two columns": func(e *Event) { e.Order, e.Item = "i", "o" },
		"boundary": func(e *Event) { e.Order, e.Item = "oi", "" }, "amount": func(e *Event) { e.Amount = 5.01 }, "missing": func(e *Event) { e.Quantity = math.NaN() },
	} {
		e := base
		change(&e)
		h := build(testMeta(), []Event{e}).Hash
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[h] = name
	}
}

// Columns that the log does not have are left out and read as missing.
func TestColumnsLeftOut(t *testing.T) {
	l := build(Meta{Has: FieldItem}, []Event{{Customer: "a", Item: "i", Order: "o", Amount: 5, Quantity: 2}})
	h, ok := l.Find("a")
	if !ok {
		t.Fatal("a is gone")
	}
	e := h.At(0)
	if e.Item != "i" || e.Order != "" || !math.IsNaN(e.Amount) || !math.IsNaN(e.Quantity) || !math.IsNaN(h.Spend().Gross) {
		t.Errorf("%+v", e)
	}
	if o := h.Occasions(); len(o) != 1 || !math.IsNaN(o[0].Gross) || !math.IsNaN(o[0].Units) || o[0].Orders != 1 {
		t.Errorf("%+v", o)
	}
}

// Rows that compare equal have equal bits: there is one zero and one NaN.
func TestOneZeroOneNaN(t *testing.T) {
	for name, pair := range map[string][2]float64{
		"zeros": {0, math.Copysign(0, -1)},
		"NaNs":  {math.NaN(), math.Float64frombits(0x7ff8_0000_0000_0123)},
	} {
		a := Event{Customer: "a", Time: testStart.UnixMicro(), Amount: pair[0], Quantity: 1}
		b := a
		b.Amount = pair[1]
		if build(testMeta(), []Event{a, b}).Hash != build(testMeta(), []Event{b, a}).Hash {
			t.Errorf("%s: the order shows", name)
		}
	}
}
