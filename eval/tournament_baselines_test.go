package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// classicsOf is a simulated cohort cut after a year.
func classicsOf(t testing.TB, customers int) (*datasets.Log, *datasets.Holdout, []string) {
	t.Helper()
	g, err := (&datasets.BTYD{
		Customers: customers, Weeks: 78, Model: "bgnbd", DateOnly: true,
		R: 0.8, Alpha: 6, A: 0.8, B: 4, S: 0.606, Beta: 11.669, P: 6.25, Q: 3.74, Gamma: 15.44,
	}).Generate(4)
	if err != nil {
		t.Fatal(err)
	}
	cut := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	before, hold := datasets.Split(g.Log, cut, cut.AddDate(0, 0, 91))
	var ids []string
	for h, err := range before.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.ID)
	}
	return before, hold, ids
}

func TestClassics(t *testing.T) {
	before, hold, ids := classicsOf(t, 1500)
	c, err := NewClassics(t.Context(), before, ids, 91, cluster.Run{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	halves := SplitHalves(ids, 1)
	for _, b := range []Baseline{c.RFM(), c.Worth()} {
		for _, k := range []int{1, 2, 5, 9} {
			train, test, err := b.Labels(t.Context(), halves[0], k)
			if err != nil {
				t.Fatalf("%s, %d groups: %v", b.Name, k, err)
			}
			all := slices.Compact(slices.Sorted(slices.Values(train)))
			if len(all) > k || len(all) < min(k, 2) || len(train) != len(halves[0].Train) || len(test) != len(halves[0].Test) {
				t.Errorf("%s, %d groups: %v", b.Name, k, all)
			}
			// Who is labelled beside them changes nobody's label.
			few := Half{Name: "few " + b.Name, Train: halves[0].Train, Test: halves[0].Test[10:20]}
			_, part, err := b.Labels(t.Context(), few, k)
			if err != nil || !slices.Equal(part, test[10:20]) {
				t.Errorf("%s, %d groups: ten others alone get %v, not %v (%v)", b.Name, k, part, test[10:20], err)
			}
		}
	}
	// The worth of a customer is the model's, fitted to the half alone.
	value, err := c.worth(halves[0])
	if err != nil {
		t.Fatal(err)
	}
	var customers []features.CBS
	var x []int
	var z []float64
	of := map[string]features.CBS{}
	for h := range before.Histories(t.Context()) {
		of[h.ID], _ = features.CBSOf(h, features.Weeks)
	}
	for _, i := range halves[0].Train {
		b := of[ids[i]]
		customers = append(customers, b)
		if b.X > 0 {
			x, z = append(x, b.X), append(z, b.Spend)
		}
	}
	cohort, err := features.NewCohort(customers, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := features.FitRegularity(cohort, true)
	if err != nil {
		t.Fatal(err)
	}
	gg, _, err := features.FitGammaGamma(x, z)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range halves[0].Test[:50] {
		b := of[ids[i]]
		want := m.ConditionalExpected(b, 13) * gg.Expected(b.X, b.Spend)
		if !(math.Abs(value[i]-want) <= 1e-6*want) {
			t.Errorf("%s: %g, want %g", ids[i], value[i], want)
		}
	}

	// In a cohort that buys till it dies these rules tell the future, and the expected
	// value tells spend no worse than k-means of RFM does.
	outcomes, err := Outcomes(t.Context(), before, hold, ids)
	if err != nil {
		t.Fatal(err)
	}
	g := &Tournament{
		Origin: "2024-01-01", IDs: ids, Outcomes: outcomes[:3], Baselines: []Baseline{c.RFM(), c.Worth()},
		Entrants: []Entrant{
			{Name: "its own twin", Role: RoleSegments, Labels: c.Quintiles().Labels},
			c.Quintiles(), c.Cells(),
		},
	}
	for _, contest := range holdOne(t, g, 1) {
		for _, name := range []string{"RFM k-means, 5 groups", "expected value, 5 groups", "RFM quintiles"} {
			if s := standingOf(t, &contest, name); !(*s.Lo > 0.03) {
				t.Errorf("%s: %s %.3f (from %.3f)", contest.Target, name, *s.Outside, *s.Lo)
			}
		}
		s := standingOf(t, &contest, "its own twin")
		for _, v := range s.Versus {
			if v.Baseline == "RFM quintiles" && (*v.Difference != 0 || *v.Lo != 0 || *v.Hi != 0) {
				t.Errorf("%s: a rule against itself %+v", contest.Target, v)
			}
		}
		if s := standingOf(t, &contest, "RFM cells"); !strings.Contains(s.Reason, "125 cells need 2500") {
			t.Errorf("cells of few: %q", s.Reason)
		}
	}
}

// By hand: ten buyers, of whom every two are alike.
func TestClassicQuintiles(t *testing.T) {
	b := datasets.NewBuilder(datasets.Meta{Name: "ten", Resolution: datasets.Day, Has: datasets.FieldAmount})
	day := func(d int) int64 { return time.Date(2024, 1, 1+d, 0, 0, 0, 0, time.UTC).UnixMicro() }
	var ids []string
	for i := range 10 {
		id := fmt.Sprintf("c%d", i)
		ids = append(ids, id)
		for p := range i/2 + 1 { // 1, 1, 2, 2, ... purchases, the last on days 20, 20, 25, 25, ...
			b.Add(datasets.Event{Customer: id, Time: day(20 + 5*(i/2) - 2*p), Amount: 10})
		}
	}
	b.Add(datasets.Event{Customer: "looks", Time: day(30), Kind: datasets.View})
	ids = append(ids, "looks")
	log := b.Log()
	c, err := NewClassics(t.Context(), log, ids, 30, cluster.Run{})
	if err != nil {
		t.Fatal(err)
	}
	half := Half{Name: "A", Train: []int{0, 2, 4, 6, 8, 10}, Test: []int{1, 3, 5, 7, 9}}
	train, test, err := c.Quintiles().Labels(t.Context(), half)
	if err != nil || !slices.Equal(train, []int32{0, 1, 2, 3, 4, -1}) || !slices.Equal(test, []int32{0, 1, 2, 3, 4}) {
		t.Errorf("%v, %v, %v", train, test, err)
	}
	if train, _, err := c.RFM().Labels(t.Context(), half, 6); err != nil || len(slices.Compact(slices.Sorted(slices.Values(train)))) != 6 || train[5] != -1 {
		t.Errorf("who never bought is a group of six: %v, %v", train, err)
	}
	if _, _, err := c.RFM().Labels(t.Context(), half, 9); err == nil {
		t.Error("nine groups of six customers")
	}
	if _, err := NewClassics(t.Context(), log, []string{"nobody"}, 30, cluster.Run{}); err == nil {
		t.Error("a customer who is not there")
	}
	if _, err := NewClassics(t.Context(), log, ids, 0, cluster.Run{}); err == nil {
		t.Error("a hold-out of no days")
	}
}
