package eval

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// migrationShop is a log of 300 customers over 14 months from 2024-01-10: most come in the
// first months, a third stop in summer.
func migrationShop() *datasets.Log {
	b := datasets.NewBuilder(datasets.Meta{Name: "shop", Unit: "customer", Has: datasets.FieldAmount})
	start := time.Date(2024, 1, 10, 12, 0, 0, 0, time.UTC)
	for i := range 300 {
		every, end := 7+i%5*9, 420
		if i%3 == 0 {
			end = 180
		}
		for day := i % 90; day < end; day += every {
			b.Add(datasets.Event{Customer: "c" + string(rune('a'+i%26)) + string(rune('a'+i/26)), Time: start.AddDate(0, 0, day).UnixMicro(), Amount: float64(5 + i%7*10 + day%4)})
		}
	}
	return b.Log()
}

func snapshotOptions(t *testing.T) SnapshotOptions {
	t.Helper()
	r, err := features.NewRecipe("rfm", "rfm")
	if err != nil {
		t.Fatal(err)
	}
	return SnapshotOptions{Recipe: r, Algorithm: &cluster.KMeans{NClusters: 4, Init: "k-means++", NInit: 3, MaxIter: 300, Tol: 1e-4}, Seed: 1}
}

// Each date's model gives its own customers their own labels; a date's snapshot is what it
// would be without what came after; workers change nothing.
func TestLogSnapshots(t *testing.T) {
	ctx, log, o := context.Background(), migrationShop(), snapshotOptions(t)
	dates, err := Periods(log, "quarter")
	if err != nil {
		t.Fatal(err)
	}
	snaps, relabel, _, err := LogSnapshots(ctx, log, dates, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range snaps {
		got, err := relabel(ctx, i, i)
		if err != nil || !slices.Equal(got, s.Labels) {
			t.Errorf("%s: its own model gives other labels, %v", s.Date, err)
		}
		if len(s.Names) != 4 || len(s.Value) != len(s.IDs) {
			t.Errorf("%s: %q, %d values", s.Date, s.Names, len(s.Value))
		}
	}
	early, _, _, err := LogSnapshots(ctx, log.AsOf(dates[1]), dates[:2], o)
	if err != nil || !slices.Equal(early[1].Labels, snaps[1].Labels) || !slices.Equal(early[1].Raw.Data(), snaps[1].Raw.Data()) {
		t.Error("what came after changes a snapshot", err)
	}
	text := func(o SnapshotOptions) string {
		snaps, relabel, _, err := LogSnapshots(ctx, log, dates, o)
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewMigration(ctx, snaps, relabel, NewMigrationOptions())
		if err != nil {
			t.Fatal(err)
		}
		exactly(t, m)
		js, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(js)
	}
	o.Workers = 1
	one := text(o)
	o.Workers = 3
	if text(o) != one {
		t.Error("three workers find something else")
	}
	// Half a year's window lets those go who stopped; one model re-labels nobody.
	o.Window, o.First = 90, true
	snaps, relabel, _, err = LogSnapshots(ctx, log, dates, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMigration(ctx, snaps, relabel, NewMigrationOptions())
	if err != nil {
		t.Fatal(err)
	}
	left := 0.0
	for _, s := range m.Steps {
		for _, c := range s.Segments {
			left += c.Left
			if r, ok := c.Relabelled(); !ok || r != 0 {
				t.Errorf("%s: %g re-labelled by one model", c.Name, r)
			}
		}
	}
	if left < 60 {
		t.Errorf("%g left", left)
	}
	if _, _, _, err := LogSnapshots(ctx, log, []time.Time{dates[1], dates[0]}, o); err == nil || !strings.Contains(err.Error(), "come after") {
		t.Error(err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, _, err := LogSnapshots(cancelled, log, dates, o); err == nil {
		t.Error("a cancelled context is no error")
	}
}

func TestPeriods(t *testing.T) {
	log := func(from, to string) *datasets.Log {
		b := datasets.NewBuilder(datasets.Meta{Name: "log", Unit: "customer"})
		for _, d := range []string{from, to} {
			at, err := time.Parse(time.DateOnly, d)
			if err != nil {
				t.Fatal(err)
			}
			b.Add(datasets.Event{Customer: "c", Time: at.UnixMicro()})
		}
		l := b.Log()
		l.Meta.Window = datasets.Window{From: ecomDay(from), To: ecomDay(to)}
		return l
	}
	for _, c := range []struct{ from, to, every, want string }{
		{"1997-01-01", "1998-07-01", "quarter", "1997-04-01 1997-07-01 1997-10-01 1998-01-01 1998-04-01 1998-07-01"},
		{"2010-12-01", "2011-12-10", "quarter", "2011-04-01 2011-07-01 2011-10-01 2011-12-10"}, // 70 of 92 days have passed
		{"2010-12-01", "2011-11-10", "quarter", "2011-04-01 2011-07-01 2011-10-01"},            // 40 have
		{"2024-01-15", "2024-05-01", "month", "2024-03-01 2024-04-01 2024-05-01"},
		{"2020-03-01", "2023-02-01", "year", "2022-01-01 2023-01-01"},
		{"2024-01-03", "2024-01-30", "week", "2024-01-15 2024-01-22 2024-01-29"}, // the first Monday is the 8th
		{"2024-01-01", "2024-01-25", "10d", "2024-01-11 2024-01-21"},
		{"2024-01-01", "2024-01-26", "10d", "2024-01-11 2024-01-21 2024-01-26"},
	} {
		dates, err := Periods(log(c.from, c.to), c.every)
		var got []string
		for _, d := range dates {
			got = append(got, d.Format(time.DateOnly))
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s to %s every %s: %v, %v", c.from, c.to, c.every, got, err)
		}
	}
	for _, every := range []string{"", "fortnight", "0d", "-3d", "7", "7days", "year"} {
		if _, err := Periods(log("2024-01-01", "2024-06-01"), every); err == nil {
			t.Errorf("%q is a period", every)
		}
	}
}
