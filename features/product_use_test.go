package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func useEvent(customer string, day int, kind datasets.Kind, item string) datasets.Event {
	ev := noEvent(customer, time.Date(2024, 1, 1+day, 8, 0, 0, 0, time.UTC))
	ev.Kind, ev.Item = kind, item
	return ev
}

func TestProductUseByHand(t *testing.T) {
	use, buy := datasets.Use, datasets.Purchase
	log := logOf(datasets.Meta{Name: "use", Has: datasets.FieldItem, Window: datasets.Window{To: date(t, "2024-03-01")}}, []datasets.Event{
		useEvent("a", 0, buy, "box"),
		useEvent("a", 1, use, "x"), useEvent("a", 1, use, "x"), useEvent("a", 5, use, "y"), useEvent("a", 50, use, "x"),
		useEvent("b", 10, buy, "box"), useEvent("b", 20, buy, "box"), // never used
	})
	b := built(t, log, one(t, "product_use", &ProductUse{Columns: columnNames(productUseColumns)}), 0, 1)
	h := -(0.75*math.Log(0.75) + 0.25*math.Log(0.25)) + 1.0/8
	for col, want := range map[string]float64{
		"use_rate": 3 / (60 / monthDays), "use_recency": 10, "use_breadth": math.Exp(h), "uses_per_purchase": 4,
		"use_intensity": 4.0 / 3, "use_share_recent": 1.0 / 3,
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	if got := cell(t, b, "b", "use_recency"); got != 50 {
		t.Errorf("b, who never used: recency %g, want the 50 days since the first event", got)
	}
	// Drawn in, who never used has every value.
	b = built(t, log, one(t, "product_use", mustNew(t, "product_use")), 0, 1)
	pop := 3 / (110 / monthDays)
	check.Close(t, "b's rate", cell(t, b, "b", "use_rate"), 2*pop/(50/monthDays+2), 1e-12)
	check.Close(t, "b's breadth", cell(t, b, "b", "use_breadth"), math.Exp(h), 1e-12)
	if _, _, bad := b.Raw.Missing(); bad {
		t.Error("a value is missing")
	}
	hb, _ := log.Find("b")
	if w := b.Pipeline.models[0].(Witness); w.Evidence(hb) != 0 {
		t.Error("b gives evidence")
	}
	for want, o := range map[string]*ProductUse{
		"shrink = -1":      {Shrink: -1},
		`no column "wear"`: {Columns: []string{"wear"}},
	} {
		if _, err := Build(t.Context(), log, one(t, "product_use", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	bare := logOf(datasets.Meta{Name: "bare"}, []datasets.Event{useEvent("a", 0, use, ""), useEvent("a", 3, use, "")})
	b = built(t, bare, one(t, "product_use", mustNew(t, "product_use")), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"use_rate", "use_recency", "use_regularity"}) || len(b.Warnings) != 2 {
		t.Errorf("columns %v, warnings %q", got, b.Warnings)
	}
}

// TestProductUseTellsApart: gaps of shape 8 from gaps of shape 1, at the same rate.
func TestProductUseTellsApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	bld := datasets.NewBuilder(datasets.Meta{Name: "shapes"})
	for c := range 200 {
		day := 0.0
		for day < 700 {
			bld.Add(useEvent(fmt.Sprintf("c%03d", c), int(day), datasets.Use, ""))
			shape := []int{1, 8}[c%2]
			for range shape {
				day += 14 * rng.ExpFloat64() / float64(shape)
			}
		}
	}
	b := built(t, bld.Log(), one(t, "product_use", mustNew(t, "product_use")), 0, 1)
	right := 0
	for i := range b.Raw.IDs {
		if (cell(t, b, b.Raw.IDs[i], "use_regularity") > math.Log(math.Sqrt(8))) == (i%2 == 1) {
			right++
		}
	}
	if right < 195 {
		t.Errorf("%d of 200 told apart", right)
	}
}
