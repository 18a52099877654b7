package features

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// processExpected is testdata/process.json: what eval/peers/process_expected.py
// printed (statsmodels, jenkspy and NumPy, their versions in the file).
type processExpected struct {
	Wilson []struct {
		K, N          int
		Level, Lo, Hi float64
	}
	Jenks []struct {
		Name    string
		Xs      []float64
		Classes []struct {
			K      int
			Breaks []float64
			SS     float64
		}
	}
}

func expectProcess(t testing.TB) (e processExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/process.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestWilson: statsmodels' proportion_confint(method="wilson").
func TestWilson(t *testing.T) {
	for _, w := range expectProcess(t).Wilson {
		lo, hi := Wilson(w.K, w.N, w.Level)
		what := fmt.Sprintf("%d of %d at %g", w.K, w.N, w.Level)
		check.Close(t, what, lo, w.Lo, 1e-12)
		check.Close(t, what, hi, w.Hi, 1e-12)
		// What fails mirrors what succeeds.
		lo2, hi2 := Wilson(w.N-w.K, w.N, w.Level)
		check.Close(t, what+", mirrored", 1-hi2, lo, 1e-12)
		check.Close(t, what+", mirrored", 1-lo2, hi, 1e-12)
	}
	if lo, hi := Wilson(0, 0, 0.95); !math.IsNaN(lo) || !math.IsNaN(hi) {
		t.Error("no trials have an interval")
	}
}

// gaDay reads one day of the Google Merchandise Store's clicks. Stamps are
// milliseconds since the session began, so that sessions of a visitor are set an hour
// apart; product lists (0) and clicks (1) are kept as searches and visits.
func gaDay(t testing.TB) *datasets.Log {
	kinds := map[string]datasets.Kind{
		"0": datasets.Search, "1": datasets.Visit, "2": datasets.View, "3": datasets.CartAdd, "4": datasets.CartRemove,
		"5": datasets.Checkout, "6": datasets.Purchase,
	}
	b := datasets.NewBuilder(datasets.Meta{Name: "ga-day", Has: datasets.FieldSession | datasets.FieldItem})
	for _, r := range rows(t, "data/ga360_day/ga_sessions_20170801.csv.gz") {
		visit, _ := strconv.Atoi(r[1])
		ms, err := strconv.Atoi(r[4])
		if err != nil {
			t.Fatal(err)
		}
		ev := noEvent(r[0], time.Date(2017, 8, 1, visit, 0, 0, 0, time.UTC).Add(time.Duration(ms)*time.Millisecond))
		ev.Kind, ev.Item, ev.Session = kinds[r[2]], r[3], r[0]+"/"+r[1]
		b.Add(ev)
	}
	return b.Log()
}

func populationFunnel(t testing.TB, log *datasets.Log, o FunnelOptions) map[string]Funnel {
	t.Helper()
	f, err := PopulationFunnel(t.Context(), log, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFunnelGADay: sessions by what was done in them, one day of the Google
// Merchandise Store (1 August 2017). Counted by grouping the file with pandas: a
// regression test, not published figures.
func TestFunnelGADay(t *testing.T) {
	log := gaDay(t)
	if n := log.NumCustomers(); n != 1542 {
		t.Errorf("%d visitors, want 1542", n)
	}
	want := map[string]int{"search": 1660, "visit": 432, "view": 430, "cart_add": 176, "cart_remove": 38, "checkout": 100, "purchase": 43}
	for kind, n := range want {
		other := "purchase"
		if kind == other {
			other = "visit"
		}
		f := populationFunnel(t, log, FunnelOptions{Steps: []string{kind, other}})[""]
		if f.Sessions != 1674 || f.Steps[0].Reached != n {
			t.Errorf("%s in %d of %d sessions, want %d of 1674", kind, f.Steps[0].Reached, f.Sessions, n)
		}
	}
	add := populationFunnel(t, log, FunnelOptions{Steps: []string{"cart_add", "purchase"}})[""].Steps
	if add[0].Dropped != 142 || add[1].Reached-(add[0].Reached-add[0].Dropped) != 9 {
		t.Errorf("added and not bought in %d sessions, bought without adding in %d; want 142 and 9", add[0].Dropped, add[1].Reached-(add[0].Reached-add[0].Dropped))
	}
	if out := populationFunnel(t, log, FunnelOptions{Steps: []string{"checkout", "purchase"}})[""].Steps; out[0].Dropped != 58 {
		t.Errorf("checked out and not bought in %d sessions, want 58", out[0].Dropped)
	}
	f := populationFunnel(t, log, FunnelOptions{})[""]
	if len(f.Steps) != 4 || f.Steps[2].Name != "checkout" || f.Steps[2].Dropped != 58 {
		t.Errorf("the default funnel: %+v", f.Steps)
	}
	lo, hi := Wilson(58, 100, 0.95)
	if s := f.Steps[2]; s.Share != 0.58 || s.Lo != lo || s.Hi != hi {
		t.Errorf("checkout: %+v, want 0.58 within %g to %g", s, lo, hi)
	}
}

// funnelPlain counts attempts again, plainly: for each step, walk the steps' events
// and look ahead for the first later step.
func funnelPlain(h datasets.History, steps []datasets.Kind, horizon time.Duration) (reached, dropped []int, undecided int) {
	reached, dropped = make([]int, len(steps)), make([]int, len(steps))
	at := func(k datasets.Kind) int {
		for s := range steps {
			if steps[s] == k {
				return s
			}
		}
		return -1
	}
	for s := range len(steps) - 1 {
		for i := 0; i < h.Len(); {
			if at(h.Kind(i)) != s {
				i++
				continue
			}
			end := h.Stamp(i) + horizon.Microseconds()
			went := -1
			for j := 0; j < h.Len(); j++ {
				if at(h.Kind(j)) > s && h.Stamp(j) >= h.Stamp(i) && h.Stamp(j) <= end {
					went = j
					break
				}
			}
			next := end
			switch {
			case went >= 0:
				reached[s]++
				next = h.Stamp(went)
			case end > h.Meta.Window.To.UnixMicro():
				undecided++
			default:
				reached[s]++
				dropped[s]++
			}
			for i < h.Len() && h.Stamp(i) <= next {
				i++
			}
		}
	}
	return reached, dropped, undecided
}

func TestFunnelAttempts(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	steps := []datasets.Kind{datasets.View, datasets.CartAdd, datasets.Checkout, datasets.Purchase}
	names := []string{"view", "cart_add", "checkout", "purchase"}
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 300 {
		b := datasets.NewBuilder(datasets.Meta{Name: "random", Window: datasets.Window{To: start.AddDate(0, 0, 40)}})
		for range 1 + rng.IntN(40) {
			// Stamps of whole days in half of the logs: ties between steps.
			ev := noEvent("a", start.Add(time.Duration(rng.IntN(40*24))*time.Hour).Truncate(time.Duration(1+23*rng.IntN(2))*time.Hour))
			ev.Kind = steps[rng.IntN(4)]
			b.Add(ev)
		}
		log := b.Log()
		h, _ := log.Find("a")
		horizon := time.Duration(1+rng.IntN(8)) * 24 * time.Hour
		reached, dropped, undecided := funnelPlain(h, steps, horizon)
		f := populationFunnel(t, log, FunnelOptions{Steps: names, Horizon: horizon})[""]
		for s := range 3 {
			if f.Steps[s].Reached != reached[s] || f.Steps[s].Dropped != dropped[s] {
				t.Fatalf("%s: %d dropped of %d, counted plainly %d of %d", names[s], f.Steps[s].Dropped, f.Steps[s].Reached, dropped[s], reached[s])
			}
		}
		if f.Undecided != undecided {
			t.Fatalf("%d undecided, counted plainly %d", f.Undecided, undecided)
		}
	}
}

// TestFunnelCartSurvives: a cart filled on Monday and bought on Thursday is dropped
// by session and carried on by attempt.
func TestFunnelCartSurvives(t *testing.T) {
	day := 24 * 3600
	h := []datasets.Event{click(0, datasets.CartAdd, ""), click(3*day, datasets.Purchase, ""), click(20*day, datasets.CartAdd, "")}
	log := logOf(datasets.Meta{Name: "cart", Window: datasets.Window{To: time.Date(2024, 4, 30, 0, 0, 0, 0, time.UTC)}}, h)
	if f := populationFunnel(t, log, FunnelOptions{})[""]; f.Steps[0].Dropped != 2 || f.Sessions != 3 {
		t.Errorf("by session: %+v", f)
	}
	if f := populationFunnel(t, log, FunnelOptions{Horizon: 7 * 24 * time.Hour})[""]; f.Steps[0].Reached != 2 || f.Steps[0].Dropped != 1 || f.Steps[1].Reached != 1 {
		t.Errorf("by attempt: %+v", f)
	}
	if _, err := PopulationFunnel(t.Context(), log, FunnelOptions{Steps: []string{"cart_add", "paid"}}); err == nil {
		t.Error("a step that is no kind passes")
	}
	if _, err := PopulationFunnel(t.Context(), log, FunnelOptions{Steps: []string{"cart_add", "cart_add"}}); err == nil {
		t.Error("a step to itself passes")
	}
	views := logOf(datasets.Meta{Name: "views"}, []datasets.Event{click(0, datasets.View, "")})
	if _, err := PopulationFunnel(t.Context(), views, FunnelOptions{}); err == nil {
		t.Error("a funnel of one step passes")
	}
}
