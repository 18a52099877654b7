package features

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// rfmOrders is the order file of R's package rfm, as of its analysis date.
func rfmOrders(t testing.TB) *datasets.Log {
	t.Helper()
	// The package counts orders up to and including the analysis date, and recency
	// to it: a window that ends one microsecond into that day.
	return dayLog(t, "rfm-orders", rows(t, "data/rfm_orders/rfm_data_orders_SIMULATED.csv.gz"), date(t, "2006-12-31").Add(time.Microsecond))
}

// TestRFMSegments: the file carries names without the suffixes (DVM, Sr.) that the
// package prints. R package rfm 0.3.0, README (first five customers) and
// tests/testthat/test-rfm-segment.R (first ten segments, Champions).
func TestRFMSegments(t *testing.T) {
	got, err := RFMSegments(t.Context(), rfmOrders(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 995 {
		t.Fatalf("%d customers, want 995", len(got))
	}
	byID := map[string]RFMRow{}
	orders, champions, championOrders := 0, 0, 0
	var revenue float64
	for _, r := range got {
		byID[r.ID] = r
		orders += r.Orders
		if r.Segment == "Champions" {
			champions++
			championOrders += r.Orders
			revenue += r.Amount
		}
	}
	if orders != 4906 || champions != 158 || championOrders != 1234 || revenue != 120178 {
		t.Errorf("orders %d, champions %d with %d orders and %g; want 4906, 158, 1234, 120178", orders, champions, championOrders, revenue)
	}
	for _, w := range []struct {
		id                     string
		recency, orders, score int
		amount                 float64
	}{
		{"Abbey O'Reilly", 205, 6, 343, 472},
		{"Add Senger", 140, 3, 412, 340},
		{"Aden Lesch", 194, 4, 323, 405},
		{"Aden Murphy", 98, 7, 544, 596},
		{"Admiral Senger", 132, 5, 433, 448},
	} {
		r, ok := byID[w.id]
		if !ok || r.Recency != w.recency || r.Orders != w.orders || r.Score != w.score || r.Amount != w.amount {
			t.Errorf("%s = %+v, want %+v", w.id, r, w)
		}
	}
	for id, want := range map[string]string{
		"Abbey O'Reilly": "Loyal Customers", "Add Senger": "Potential Loyalist", "Aden Lesch": "Potential Loyalist",
		"Admiral Senger": "Loyal Customers", "Agness O'Keefe": "Champions", "Aileen Barton": "Champions",
		"Ailene Hermann": "Loyal Customers", "Aiyanna Bruen": "Potential Loyalist", "Ala Schmidt": "About To Sleep",
		"Alannah Borer": "Lost",
	} {
		if byID[id].Segment != want {
			t.Errorf("%s is %q, want %q", id, byID[id].Segment, want)
		}
	}
}

func TestRFMScoreColumns(t *testing.T) {
	log := rfmOrders(t)
	e, _ := Lookup("rfm")
	b, err := Build(t.Context(), log, Recipe{Name: "scores", Steps: []Step{{Extractor: e, Block: &RFM{Scores: true}}}}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	// One occasion is one day: the orders file has customers with two orders on a
	// day, so only recency and money are bound to equal the package's scores.
	table, _ := RFMSegments(t.Context(), log)
	for i, r := range table {
		row := b.Raw.Row(i)
		if b.Raw.IDs[i] != r.ID || int(row[0]) != r.R || int(row[2]) != r.M {
			t.Fatalf("%s: scores %v, want %d %d %d", r.ID, row, r.R, r.F, r.M)
		}
	}
}

// TestRFMJenks: scores by natural breaks are the classes of Jenks over the buyers'
// values; recency is turned round; raw columns stand beside scores; equal customers
// score alike.
func TestRFMJenks(t *testing.T) {
	log := rfmOrders(t)
	cols := []string{"recency", "frequency", "monetary_total", "r_score", "f_score", "m_score"}
	e, _ := Lookup("rfm")
	b, err := Build(t.Context(), log, Recipe{Name: "jenks", Steps: []Step{{Extractor: e, Block: &RFM{Columns: cols, Bins: "jenks"}}}}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for j, col := range cols[:3] {
		var xs []float64
		for i := range b.Raw.IDs {
			xs = append(xs, b.Raw.Row(i)[j])
		}
		slices.Sort(xs)
		breaks := Jenks(xs, 5)
		seen := map[float64]bool{}
		for i, id := range b.Raw.IDs {
			k := 1
			for _, c := range breaks {
				if b.Raw.Row(i)[j] > c {
					k++
				}
			}
			if col == "recency" {
				k = 6 - k
			}
			if got := b.Raw.Row(i)[j+3]; got != float64(k) {
				t.Fatalf("%s: %s scores %g, want %d", id, col, got, k)
			}
			seen[float64(k)] = true
		}
		if len(seen) != 5 {
			t.Errorf("%s has %d classes", col, len(seen))
		}
	}
	three := dayLog(t, "three", [][]string{{"a", "2024-01-01", "1"}, {"b", "2024-01-05", "2"}, {"c", "2024-01-09", "9"}}, date(t, "2024-01-21"))
	b, err = Build(t.Context(), three, Recipe{Name: "three", Steps: []Step{{Extractor: e, Block: &RFM{Scores: true, Bins: "jenks"}}}}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{3, 1, 1}, {4, 1, 2}, {5, 1, 3}} {
		if !slices.Equal(b.Raw.Row(i), want) {
			t.Errorf("three customers: %v, want %v", b.Raw.Row(i), want)
		}
	}
	if _, err := Build(t.Context(), three, Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: &RFM{Scores: true, Bins: "deciles"}}}}, 1, 1); err == nil {
		t.Error("bins = deciles passes")
	}
}

func TestRFMByHand(t *testing.T) {
	log := dayLog(t, "hand", [][]string{
		{"a", "2024-01-01", "10"},
		{"a", "2024-01-01", "5"}, // the same day: one occasion
		{"a", "2024-01-11", "30"},
		{"b", "2024-01-05", "0"}, // amount 0 is a purchase
	}, date(t, "2024-01-21"))
	e, _ := Lookup("rfm")
	r := Recipe{Name: "hand", Steps: []Step{{Extractor: e, Block: &RFM{Columns: columnNames(rfmColumns[:6])}}}}
	b, err := Build(t.Context(), log, r, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float64{{10, 2, 1, 45, 22.5, 20}, {16, 1, 0, 0, 0, 16}}
	for i, w := range want {
		if !slices.Equal(b.Raw.Row(i), w) {
			t.Errorf("%s: %v, want %v", b.Raw.IDs[i], b.Raw.Row(i), w)
		}
	}
	if got := b.Strata[0]; got.Name != "enough" || got.Customers != 2 || *got.ValueShare != 1 {
		t.Errorf("strata %+v", b.Strata)
	}
	b, err = Build(t.Context(), log, r, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := b.Raw.Dims(); n != 1 || !slices.Equal(b.StratumIDs["one purchase"], []string{"b"}) {
		t.Errorf("with the extractor's minimum: %v rows, strata %v", n, b.StratumIDs)
	}
}

func TestRFMWithoutAmounts(t *testing.T) {
	log := dayLog(t, "plain", [][]string{{"a", "2024-01-01"}, {"a", "2024-01-03"}}, time.Time{})
	r, _ := NewRecipe("r", "rfm")
	b, err := Build(t.Context(), log, r, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"recency", "frequency"}) {
		t.Errorf("columns %v", got)
	}
	if len(b.Warnings) != 1 || b.Value != nil || b.Strata[0].ValueShare != nil {
		t.Errorf("warnings %q, value %v", b.Warnings, b.Value)
	}
	if math.IsNaN(b.Raw.Row(0)[0]) || b.Raw.Row(0)[0] != 1 {
		t.Errorf("recency %g, want 1: bought the day before the window ends", b.Raw.Row(0)[0])
	}
}
