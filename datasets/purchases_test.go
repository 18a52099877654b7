package datasets

import (
	"fmt"
	"testing"
)

// Exactly the lines and customers asked for, in order, inside the window.
func TestPurchases(t *testing.T) {
	for _, o := range []Purchases{{1, 1}, {7, 7}, {300, 12_345}, {40, 41}} {
		events, err := o.Events(3)
		if err != nil {
			t.Fatal(err)
		}
		lines, customers, orders := 0, map[string]bool{}, map[string]string{}
		var last Event
		for ev := range events {
			lines++
			customers[ev.Customer] = true
			if ev.Customer < last.Customer || ev.Customer == last.Customer && ev.Time < last.Time {
				t.Fatalf("%s at %d after %s at %d", ev.Customer, ev.Time, last.Customer, last.Time)
			}
			if of, ok := orders[ev.Order]; ok && of != ev.Customer {
				t.Fatalf("order %s of %s and %s", ev.Order, of, ev.Customer)
			}
			orders[ev.Order] = ev.Customer
			if !o.Meta().Window.Contains(ev.Time) {
				t.Fatalf("%d lies outside the window", ev.Time)
			}
			if !(ev.Amount > 0 && ev.Discount >= 0 && ev.Amount+ev.Discount-ev.Quantity*ev.Price < 0.0051) {
				t.Fatalf("%+v", ev)
			}
			last = ev
		}
		if lines != o.Lines || len(customers) != o.Customers {
			t.Errorf("%+v: %d lines of %d customers", o, lines, len(customers))
		}
	}
	for _, o := range []Purchases{{0, 5}, {5, 4}} {
		if _, err := o.Generate(1); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// One seed, one log, however often the sequence is read; another seed, another.
func TestPurchasesSeed(t *testing.T) {
	o := &Purchases{Customers: 50, Lines: 900}
	hash := func(seed uint64) string {
		g, err := o.Generate(seed)
		if err != nil {
			t.Fatal(err)
		}
		return g.Log.Hash
	}
	one, again, other := hash(1), hash(1), hash(2)
	if one != again || one == other {
		t.Error("seeds and logs do not correspond")
	}
	events, err := o.Events(1)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (out []string) {
		for ev := range events {
			out = append(out, fmt.Sprint(ev))
			if len(out) == 20 {
				break // half a customer: nothing may be left over for the next reader
			}
		}
		return out
	}
	if a, b := read(), read(); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the second reading differs")
	}
}

func BenchmarkPurchases(b *testing.B) {
	o := &Purchases{Customers: 20_000, Lines: 1_000_000}
	for b.Loop() {
		events, err := o.Events(1)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for range events {
			n++
		}
		if n != o.Lines {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(o.Lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
