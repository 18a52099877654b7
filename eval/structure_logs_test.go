package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// TestCohortNull: draws go through the same rule as the log and have at least its rows,
// the seed decides them, and Doc names the model.
func TestCohortNull(t *testing.T) {
	ctx := context.Background()
	log, measure := structureCohort(t, "bgnbd", 400, 1), structureMeasure("rfm")
	null, err := CohortNull(ctx, log, measure)
	if err != nil {
		t.Fatal(err)
	}
	if null.Name != "cohort" || !strings.Contains(null.Doc, "NBD") || !strings.Contains(null.Doc, "spend") {
		t.Errorf("%s: %s", null.Name, null.Doc)
	}
	x, err := measure(ctx, log)
	if err != nil {
		t.Fatal(err)
	}
	n, d := x.Dims()
	total := 0
	for seed := range uint64(8) {
		a, err := null.Draw(ctx, seed)
		if err != nil {
			t.Fatal(err)
		}
		b, err := null.Draw(ctx, seed)
		if err != nil || !slices.Equal(a.Data(), b.Data()) {
			t.Fatalf("the same seed gives other draws (%v)", err)
		}
		rows, cols := a.Dims()
		if cols != d {
			t.Errorf("%d columns, the log has %d", cols, d)
		}
		total += rows
	}
	if total/8 < n || total/8 > 5*n/4 {
		t.Errorf("draws have %d rows on average, the log has %d", total/8, n)
	}
	later := log.Between(time.Time{}, log.Meta.Window.From.AddDate(0, 0, 1))
	if _, err := CohortNull(ctx, later, measure); err == nil || !strings.Contains(err.Error(), "cohort null") {
		t.Errorf("nobody bought twice: %v", err)
	}
}

// TestShuffleNull: the parts of all shuffles once, event counts kept, and a sample of
// customers where there are many.
func TestShuffleNull(t *testing.T) {
	ctx := context.Background()
	log, measure := structureCohort(t, "pareto", 300, 2), structureMeasure("rfm")
	null, err := ShuffleNull(log, []features.Shuffle{"stamps+amounts", "stamps", "channels"}, measure)
	if err != nil {
		t.Fatal(err)
	}
	if null.Name != "shuffle" || strings.Count(null.Doc, "stamps") != 1 || !strings.Contains(null.Doc, "amounts, channels, stamps") {
		t.Errorf("%s: %s", null.Name, null.Doc)
	}
	frequencies := func(log *datasets.Log) (out []int) {
		for h := range log.Histories(ctx) {
			if n := h.NumOccasions(); n > 1 {
				out = append(out, n)
			}
		}
		slices.Sort(out)
		return out
	}
	var got []int
	counted, err := ShuffleNull(log, []features.Shuffle{"stamps+amounts"}, func(_ context.Context, log *datasets.Log) (*features.Matrix, error) {
		got = frequencies(log)
		return measure(ctx, log)
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := counted.Draw(ctx, 4)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, frequencies(log)) {
		t.Error("customers have other numbers of purchase days")
	}
	if b, err := counted.Draw(ctx, 4); err != nil || !slices.Equal(a.Data(), b.Data()) {
		t.Errorf("the same seed gives other draws (%v)", err)
	}
	for _, bad := range [][]features.Shuffle{nil, {""}, {"stamps+weather"}} {
		if _, err := ShuffleNull(log, bad, measure); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// TestShuffleNullOfMany: above 4,000 customers a draw has those that bring 2,000 rows.
func TestShuffleNullOfMany(t *testing.T) {
	b := datasets.NewBuilder(datasets.Meta{Name: "many", Zone: time.UTC, FirstSeenIsFirst: true})
	const day = int64(86_400_000_000)
	for i := range 9000 {
		for k := range 1 + i%2*2 { // every other customer has enough
			b.Add(datasets.Event{Customer: fmt.Sprintf("c%04d", i), Time: day * int64(10+7*k+i%5), Kind: datasets.Purchase})
		}
	}
	log := b.Log()
	var sizes []int
	null, err := ShuffleNull(log, []features.Shuffle{features.ShuffleStamps}, func(_ context.Context, log *datasets.Log) (*features.Matrix, error) {
		sizes = append(sizes, log.NumCustomers())
		rows := 0
		for h := range log.Histories(context.Background()) {
			if h.NumOccasions() > 1 {
				rows++
			}
		}
		return features.NewMatrix(rows, make([]features.Column, 1), nil), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(2) {
		x, err := null.Draw(context.Background(), seed+1)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := x.Dims(); n < StructureRows || n > StructureRows*5/4 {
			t.Errorf("%d rows", n)
		}
	}
	if len(sizes) != 3 || sizes[0] != cohortFirst || sizes[1] != sizes[2] || sizes[1] >= 9000 {
		t.Errorf("customers of draws: %v", sizes)
	}
}
