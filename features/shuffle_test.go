package features

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// eventsOf lists a log's events.
func eventsOf(t testing.TB, l *datasets.Log) []datasets.Event {
	t.Helper()
	var out []datasets.Event
	for h, err := range l.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range h.Len() {
			out = append(out, h.At(i))
		}
	}
	return out
}

func TestShuffled(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(7, 400))
	before := eventsOf(t, log)
	// What each shuffle may change, and what it must leave to the customer.
	keys := map[Shuffle]func(datasets.Event) string{
		ShuffleStamps:   func(e datasets.Event) string { return strconv.Itoa(log.Meta.DayOf(e.Time)) },
		ShuffleItems:    func(e datasets.Event) string { return e.Item + e.Category },
		ShuffleChannels: func(e datasets.Event) string { return e.Channel },
		ShuffleAmounts:  func(e datasets.Event) string { return strconv.FormatFloat(e.Amount, 'g', -1, 64) },
	}
	for s := range keys {
		l := Shuffled(log, s, 1)
		after := eventsOf(t, l)
		if len(after) != len(before) || l.NumCustomers() != log.NumCustomers() {
			t.Fatalf("%s: %d events of %d customers, want %d of %d", s, len(after), l.NumCustomers(), len(before), log.NumCustomers())
		}
		for name, key := range keys {
			own := func(es []datasets.Event) []string { // with the customer
				out := make([]string, len(es))
				for i, e := range es {
					out[i] = e.Customer + " " + key(e)
				}
				slices.Sort(out)
				return out
			}
			if same := slices.Equal(own(before), own(after)); same == (name == s) {
				t.Errorf("%s shuffled: customers' %s the same: %v", s, name, same)
			}
			if name == s && s != ShuffleStamps { // the values are only exchanged
				all := func(es []datasets.Event) []string {
					out := make([]string, len(es))
					for i, e := range es {
						out[i] = e.Kind.String() + " " + key(e)
					}
					slices.Sort(out)
					return out
				}
				if !slices.Equal(all(before), all(after)) {
					t.Errorf("%s shuffled: the values are not those of the log", s)
				}
			}
		}
		kept := 0
		for h := range log.Histories(t.Context()) {
			g, ok := l.Find(h.ID)
			if !ok || g.Len() != h.Len() {
				t.Fatalf("%s: %s has another number of events", s, h.ID)
			}
			if days(h) == days(g) {
				kept++
			}
		}
		if share := float64(kept) / float64(log.NumCustomers()); share < 0.99 {
			t.Errorf("%s: %.1f %% of the customers keep their number of active days", s, 100*share)
		}
		if again := Shuffled(log.Reshard(5), s, 1); again.Hash != l.Hash {
			t.Errorf("%s: the same seed, in 5 shards, gives another log", s)
		}
		if other := Shuffled(log, s, 2); other.Hash == l.Hash {
			t.Errorf("%s: another seed gives the same log", s)
		}
	}
	both := eventsOf(t, Shuffled(log, ShuffleStamps+"+"+ShuffleAmounts, 1))
	if len(both) != len(before) {
		t.Errorf("both: %d events", len(both))
	}
}

// days counts a customer's active days.
func days(h datasets.History) int {
	var out []int
	for i := range h.Len() {
		out = append(out, h.Meta.DayOf(h.At(i).Time))
	}
	slices.Sort(out)
	return len(slices.Compact(out))
}

// TestNullReport: half of the customers buy on Saturdays, half on Tuesdays: real
// timing that a shuffle destroys. Gaps are Poisson at one rate: nothing there.
func TestNullReport(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	start := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	stamps := map[string][]time.Time{}
	for c := range 1000 {
		id := "c" + strconv.Itoa(c)
		for _, week := range rng.Perm(100)[:4+rng.IntN(12)] {
			stamps[id] = append(stamps[id], start.AddDate(0, 0, 7*week+1+4*(c%2)))
		}
	}
	log := stampLog(time.UTC, stamps)
	r := Recipe{Name: "null", Steps: []Step{
		one(t, "timing", &Timing{Columns: []string{"weekday"}, Shrink: 4}).Steps[0],
		one(t, "interpurchase", &Interpurchase{Columns: []string{"regularity"}, Shrink: 4}).Steps[0],
	}}
	rep, err := NullReport(t.Context(), log, r, 1)
	if err != nil {
		t.Fatal(err)
	}
	if rep[0].Block != "timing" || rep[0].Gain < 0.8 || rep[0].R2 > 0.1 {
		t.Errorf("timing: gain %.3f, R² on ln events %.3f; want a large gain", rep[0].Gain, rep[0].R2)
	}
	if g := rep[1].Gain; g > 0.35 || g < -0.35 {
		t.Errorf("regularity of random weeks: gain %.3f, want about 0", g)
	}
	// Frequency is the number of events: it has no gain and an R² of 1.
	rep, err = NullReport(t.Context(), log, one(t, "rfm", &RFM{Columns: []string{"frequency"}}), 1)
	if err != nil {
		t.Fatal(err)
	}
	if rep[0].Gain > 0.1 || rep[0].R2 < 0.99 {
		t.Errorf("frequency: gain %.3f, R² %.3f", rep[0].Gain, rep[0].R2)
	}
}
