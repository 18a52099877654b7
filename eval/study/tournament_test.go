package study

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// smallTournament is a shop with two feature sets and a few runs.
func smallTournament(t *testing.T) (*Study, *plan) {
	t.Helper()
	g, err := (&datasets.RetailSim{Customers: 320, Prospects: 0.05}).Generate(3)
	if err != nil {
		t.Fatal(err)
	}
	s := &Study{Name: "shop", Log: g.Log, Seed: 5, Missing: features.DropRows}
	for _, names := range [][]string{{"rfm"}, {"rfm", "interpurchase", "usage"}} {
		r, err := features.NewRecipe(strings.Join(names, "+"), names...)
		if err != nil {
			t.Fatal(err)
		}
		s.Recipes = append(s.Recipes, r)
	}
	for _, k := range []int{2, 5} {
		m, err := cluster.Lookup("kmeans")
		if err != nil {
			t.Fatal(err)
		}
		a := m.New()
		if err := cluster.SetValue(a, "n_clusters", k); err != nil {
			t.Fatal(err)
		}
		s.Cells = append(s.Cells, Cell{Method: m, Algorithm: a})
	}
	m, err := cluster.Lookup("kmeans")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New()
	if err := cluster.SetValue(a, "n_clusters", 200); err != nil { // more than half of the customers
		t.Fatal(err)
	}
	s.Cells = append(s.Cells, Cell{Method: m, Algorithm: a})
	p, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func smallTournamentOptions() tournamentOptions {
	o := newTournamentOptions()
	o.Eval.Bootstrap, o.Eval.Chance = 100, 2
	o.Targets = []string{"buys", "spend", "purchase_weekday"}
	return o
}

func TestTournamentOfAStudy(t *testing.T) {
	s, p := smallTournament(t)
	o := smallTournamentOptions()
	last, total := 0, 0
	o.Progress = func(done, of int, what string) {
		if done <= last || of < done || !strings.Contains(what, ", cut ") {
			t.Errorf("%d of %d after %d: %s", done, of, last, what)
		}
		last, total = done, of
	}
	contests, blocks, err := s.tournament(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	if last != total || last == 0 {
		t.Errorf("progress ends at %d of %d", last, total)
	}
	w := s.Log.Meta.Window
	days := holdoutDays(w)
	var got []string
	for _, c := range contests {
		got = append(got, c.Origin+" "+c.Until+" "+c.Target)
	}
	end := func(n int) string { return w.To.AddDate(0, 0, -n*days).Format(time.DateOnly) }
	var want []string
	for i := range 2 {
		for _, target := range []string{"buys", "spend", "purchase_weekday"} {
			want = append(want, end(i+1)+" "+end(i)+" "+target)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("contests %v, want %v", got, want)
	}
	keys := map[string]bool{}
	for _, r := range p.runs {
		keys[r.Run] = true
	}
	for _, c := range contests {
		roles := map[eval.Role]int{}
		for _, st := range c.Standings {
			roles[st.Role]++
			if st.Role != eval.RoleSegments {
				continue
			}
			if !keys[st.Run] {
				t.Errorf("%s is no run of the study", st.Name)
			}
			if big := strings.Contains(st.Name, "200"); big != (st.Reason != "") || big != (st.Outside == nil) {
				t.Errorf("%s: %q", st.Name, st.Reason)
			}
			if st.Outside != nil && len(st.Versus) != 6 {
				t.Errorf("%s is beside %d", st.Name, len(st.Versus))
			}
		}
		if roles[eval.RoleSegments] != 6 || roles[eval.RoleBlock] != 3 || roles[eval.RoleCeiling] != 1 || roles[eval.RoleQuintiles] != 2 || roles[eval.RoleChance] != 1 {
			t.Errorf("%s: %v", c.Target, roles)
		}
	}
	if !slices.Equal(blocks.Blocks[:3], []string{"interpurchase", "rfm", "usage"}) || len(blocks.Targets) != 3 || blocks.Values[1][0] == nil {
		t.Errorf("blocks %v, targets %v", blocks.Blocks, blocks.Targets)
	}

	// Other workers, the same answer; and what is after the cut's hold-out plays no part.
	s.Workers, o.Progress = 1, nil
	again, _, err := s.tournament(t.Context(), p, o)
	if err != nil || !reflect.DeepEqual(again, contests) {
		t.Errorf("one worker: another answer, or %v", err)
	}
	early := *s
	early.Log = s.Log.AsOf(w.To.AddDate(0, 0, -days))
	tt, err := early.tournamentAt(t.Context(), p, tournamentOrigin{w.To.AddDate(0, 0, -2*days), w.To.AddDate(0, 0, -days)}, days, o)
	if err != nil {
		t.Fatal(err)
	}
	known, err := tt.Hold(t.Context(), cluster.Run{Seed: s.Seed})
	if err != nil || !reflect.DeepEqual(known, contests[3:]) {
		t.Errorf("a log without the last quarter foretells the quarter before otherwise: %v", err)
	}
}

func TestTournamentOfOneSet(t *testing.T) {
	s, p := smallTournament(t)
	o := smallTournamentOptions()
	o.Sets, o.Origins, o.Targets = []string{"rfm"}, 1, []string{"buys"}
	one, _, err := s.tournament(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Sets = nil
	all, _, err := s.tournament(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(one) != 1 || !(one[0].Population > all[0].Population) {
		t.Errorf("%d customers in one set, %d in both", one[0].Population, all[0].Population)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(int, int, string) { cancel() }
	if _, _, err := s.tournament(ctx, p, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTournamentOrigins(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d) }
	for days, want := range map[int]int{730: 90, 373: 90, 360: 90, 200: 50, 30: 7} {
		if got := holdoutDays(datasets.Window{From: day(0), To: day(days)}); got != want {
			t.Errorf("%d days: a hold-out of %d, want %d", days, got, want)
		}
	}
	b := datasets.NewBuilder(datasets.Meta{Name: "short", Resolution: datasets.Day})
	b.Add(datasets.Event{Customer: "a", Time: day(0).UnixMicro()})
	b.Add(datasets.Event{Customer: "a", Time: day(20).UnixMicro()})
	if _, _, err := (&Study{Log: b.Log()}).origins(2); err == nil || !strings.Contains(err.Error(), "short covers 21 days") {
		t.Error(err)
	}
	if _, _, err := (&Study{Name: "t"}).origins(2); err == nil || !strings.Contains(err.Error(), "of a table") {
		t.Error(err)
	}
}
