package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// TestTransitionTests: SciPy's and statsmodels' values, Stuart's table of vision among them.
func TestTransitionTests(t *testing.T) {
	js, err := os.ReadFile("testdata/migration.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Cases []struct {
			Table                           [][]int
			Independence, Symmetry, McNemar []float64
		}
	}
	if err := json.Unmarshal(js, &e); err != nil || len(e.Cases) < 5 {
		t.Fatal(err, len(e.Cases))
	}
	for i, c := range e.Cases {
		ind, sym := independence(c.Table), bowker(c.Table)
		check.Close(t, fmt.Sprint("χ² ", i), ind.Statistic, c.Independence[0], 1e-10)
		check.Close(t, fmt.Sprint("p ", i), ind.P, c.Independence[2], 1e-10)
		check.Close(t, fmt.Sprint("V ", i), *ind.CramersV, c.Independence[3], 1e-10)
		check.Close(t, fmt.Sprint("Bowker ", i), sym.Statistic, c.Symmetry[0], 1e-10)
		check.Close(t, fmt.Sprint("Bowker's p ", i), sym.P, c.Symmetry[2], 1e-9)
		if ind.DF != int(c.Independence[1]) || sym.DF != int(c.Symmetry[1]) {
			t.Errorf("table %d: df %d and %d", i, ind.DF, sym.DF)
		}
		if c.McNemar != nil {
			check.Close(t, fmt.Sprint("McNemar ", i), sym.Statistic, c.McNemar[0], 1e-10)
			check.Close(t, fmt.Sprint("McNemar's p ", i), sym.P, c.McNemar[1], 1e-9)
		}
	}
	if e.Cases[1].Table[0][0] != 3 || independence(e.Cases[1].Table).Warning == "" || bowker(e.Cases[1].Table).Warning == "" {
		t.Error("small counts are not warned of")
	}
	if w := independence(e.Cases[4].Table).Warning + bowker(e.Cases[4].Table).Warning; w != "" {
		t.Errorf("7,477 women: %s", w)
	}
	// Pairs that nobody moved between have no degree of freedom; empty rows do not count.
	if s := bowker([][]int{{5, 4, 0}, {1, 7, 0}, {0, 0, 9}}); s.DF != 1 || math.Abs(s.Statistic-9.0/5) > 1e-15 {
		t.Errorf("%+v", s)
	}
	if s := independence([][]int{{5, 0, 4}, {0, 0, 0}, {3, 0, 9}}); s.DF != 1 || s.Reason != "" {
		t.Errorf("%+v", s)
	}
	for _, s := range []TransitionTest{bowker([][]int{{5, 0}, {0, 3}}), independence([][]int{{5, 3}})} {
		if s.Reason == "" {
			t.Errorf("no reason: %+v", s)
		}
	}
}

// Two dates by hand. Gold (0) loses a4 to silver and a5 altogether; n1 and n2 are new. The
// new model calls s1 gold: its behaviour is the same.
func byHand() ([]Snapshot, Relabel) {
	behaviour := func(xs ...float64) *features.Matrix {
		return features.NewMatrix(len(xs), []features.Column{{Name: "recency", Unit: "days", Doc: "days since the last purchase"}}, xs)
	}
	snaps := []Snapshot{
		{
			Name: "a", Date: "spring", Names: []string{"Gold", "Silver"}, Raw: behaviour(1, 2, 3, 4, 5, 20, 30, 31),
			IDs: []string{"a1", "a2", "a3", "a4", "a5", "s1", "s2", "s3"}, Labels: []int32{0, 0, 0, 0, 0, 1, 1, 1}, Value: []float64{5, 5, 5, 5, 5, 1, 1, math.NaN()},
		},
		{
			Name: "b", Date: "autumn", Names: []string{"Silver", "Gold"}, Raw: behaviour(21, 33, 1, 2, 3, 34, 35, 2, 32),
			IDs: []string{"s1", "s2", "a1", "a2", "a3", "a4", "s3", "n1", "n2"}, Labels: []int32{1, 0, 1, 1, 1, 0, 0, 1, -1}, Value: []float64{1, 1, 5, 5, 5, 5, 1, 5, 1},
		},
	}
	return snaps, func(_ context.Context, model, data int) ([]int32, error) {
		if model == 0 { // autumn's customers by spring's model
			return []int32{1, 1, 0, 0, 0, 1, 1, 0, 1}, nil
		}
		return []int32{1, 1, 1, 1, 1, 1, 0, 0}, nil // spring's by autumn's
	}
}

func TestMigrationByHand(t *testing.T) {
	snaps, relabel := byHand()
	m, err := NewMigration(context.Background(), snaps, relabel, NewMigrationOptions())
	if err != nil {
		t.Fatal(err)
	}
	s := m.Steps[0]
	if s.Common != 7 || len(m.Tracks) != 2 || m.Tracks[0].Name != `Segment 1 "Gold"` || !slices.Equal(m.Tracks[0].At, []int32{0, 1}) || !slices.Equal(m.Tracks[1].Sizes, []int{3, 3}) {
		t.Errorf("%d in common, tracks %+v", s.Common, m.Tracks)
	}
	if len(s.Events) != 2 || s.Events[0].Kind != Survives || s.Events[0].Overlap[0] != 0.75 || s.Events[1].To[0] != 0 {
		t.Errorf("events %+v", s.Events)
	}
	gold := s.Segments[0]
	// n1 is gold by both models; a5 left gold under both; a4 moved out under both; s1 is
	// re-labelled at both dates, under either order.
	if rel, ok := gold.Relabelled(); !ok || rel != 1 || gold.New != 1 || gold.Left != 1 || gold.MovedOut != 1 || gold.MovedIn != 0 || gold.Change != 0 {
		t.Errorf("gold %+v", gold)
	}
	// n2 is silver by spring's model and unassigned by autumn's.
	silver, none := s.Segments[1], s.Segments[2]
	if silver.New != 0.5 || none.New != 0.5 || *none.RelabelledIn != 0.5 || none.Change != 1 || none.Name != "unassigned" {
		t.Errorf("silver %+v, unassigned %+v", silver, none)
	}
	exactly(t, m)
	var why []string
	for _, x := range s.Movers {
		why = append(why, fmt.Sprint(x.ID, " ", x.Why, " ", x.From, " ", x.To))
	}
	if got := strings.Join(why, "; "); got != "a4 moved 0 0; a5 left 0 -2; s1 relabelled 1 1; n1 new -2 1; n2 new -2 -1" {
		t.Errorf("movers %s", got)
	}
	if f := s.Flows[0]; f.From != 0 || f.To != 1 || f.Moved != 1 || len(f.Changed) != 1 || f.Changed[0].Before != 4 || f.Changed[0].After != 34 || !math.IsNaN(f.Changed[0].Lo) || f.Changed[0].Others != 0 {
		t.Errorf("flows %+v", s.Flows)
	}
	if got := fmt.Sprint(s.Table.Rows, s.Table.Cols, s.Table.Counts); got != `[Segment 1 "Gold" Segment 2 "Silver" new] [Segment 1 "Gold" Segment 2 "Silver" unassigned left] [[3 1 0 1] [1 2 0 0] [1 0 1 0]]` {
		t.Errorf("table %s", got)
	}
	if m.Snapshots[0].Value == nil || *m.Snapshots[0].Value != 27 {
		t.Error("values that are missing are not left out")
	}
	all := strings.Join(m.Sentences(0, "customer", "customers"), "\n")
	for _, want := range []string{
		"spring to autumn: from 8 customers to 9 customers; 7 known at both dates, 2 new, 1 gone; 1 moved to another segment, 2 were re-labelled",
		`Segment 1 "Gold" stayed at 5: +1 new, −1 left, −1 moved out to Segment 2 "Silver", +1 re-labelled; value 25 → 21`,
		`The 1 customer who moved from Segment 1 "Gold" to Segment 2 "Silver": days since the last purchase: 4 days → 34 days (hardly for those who stayed)`,
		"McNemar-Bowker",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("it does not say %q:\n%s", want, all)
		}
	}
	js, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Migration
	if err := json.Unmarshal(js, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(&back)
	if string(again) != string(js) {
		t.Error("what is read back is written otherwise")
	}
}

// Without models migration holds re-labelling, and the report says so.
func TestMigrationWithoutModels(t *testing.T) {
	snaps, _ := byHand()
	for name, relabel := range map[string]Relabel{
		"are not known": nil,
		"no log":        func(context.Context, int, int) ([]int32, error) { return nil, errors.New("there is no log") },
	} {
		m, err := NewMigration(context.Background(), snaps, relabel, NewMigrationOptions())
		if err != nil {
			t.Fatal(err)
		}
		s := m.Steps[0]
		if !strings.Contains(s.NotSeparable, name) || s.Segments[0].RelabelledIn != nil || s.Segments[0].MovedIn != 1 || s.Segments[0].MovedOut != 1 || s.Movers[0].Why != "unknown" {
			t.Errorf("%q: %+v", s.NotSeparable, s.Segments[0])
		}
		exactly(t, m)
		if all := strings.Join(m.Sentences(0, "row", "rows"), "\n"); !strings.Contains(all, "moved or re-labelled") || !strings.Contains(all, "not separable") {
			t.Error(all)
		}
	}
	o := NewMigrationOptions()
	o.Match = "definition"
	if _, err := NewMigration(context.Background(), snaps, nil, o); err == nil || !strings.Contains(err.Error(), "models") {
		t.Error(err)
	}
}

// Everybody moves on, segments stay what they are: by customers they are each other's, by
// definition they are the same.
func TestMigrationMatchesByDefinition(t *testing.T) {
	a := Snapshot{Name: "a"}
	for i := range 40 {
		a.IDs, a.Labels = append(a.IDs, fmt.Sprint(i)), append(a.Labels, int32(i/20))
	}
	b := Snapshot{Name: "b", IDs: a.IDs}
	for _, l := range a.Labels {
		b.Labels = append(b.Labels, 1-l)
	}
	snaps := []Snapshot{a, b}
	same := func(_ context.Context, _, data int) ([]int32, error) { return snaps[data].Labels, nil }
	o := NewMigrationOptions()
	for match, want := range map[string]int32{"customers": 1, "definition": 0} {
		o.Match = match
		m, err := NewMigration(context.Background(), snaps, same, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Tracks[0].At[1]; got != want {
			t.Errorf("by %s segment 0 goes on as %d", match, got)
		}
		moved := m.Steps[0].Segments[0].MovedOut
		if match == "definition" && moved != 20 {
			t.Errorf("%g moved", moved)
		}
	}
}

// Of recent buyers most lapse and others come: by customers they would be gone and there
// again; by definition they survive. Without models that is not seen.
func TestMigrationSurvivesByDefinition(t *testing.T) {
	var snaps [2]Snapshot
	add := func(n int, before, after int32) {
		for range n {
			id := fmt.Sprint(len(snaps[0].IDs) + len(snaps[1].IDs))
			if before >= 0 {
				snaps[0].IDs, snaps[0].Labels = append(snaps[0].IDs, id), append(snaps[0].Labels, before)
			}
			if after >= 0 {
				snaps[1].IDs, snaps[1].Labels = append(snaps[1].IDs, id), append(snaps[1].Labels, after)
			}
		}
	}
	const lapsed, recent, loyal = 0, 1, 2
	add(200, lapsed, lapsed)
	add(80, recent, lapsed)
	add(40, recent, loyal)
	add(100, loyal, loyal)
	add(90, -1, recent)
	add(10, loyal, recent)
	snaps[0].Name, snaps[1].Name = "a", "b"
	same := func(_ context.Context, _, data int) ([]int32, error) { return snaps[data].Labels, nil }
	for _, relabel := range []Relabel{same, nil} {
		m, err := NewMigration(context.Background(), snaps[:], relabel, NewMigrationOptions())
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(m.Sentences(0, "customer", "customers"), "\n")
		if relabel == nil {
			if len(m.Tracks) != 4 || !strings.Contains(text, "emerged") {
				t.Error(text)
			}
			continue
		}
		if len(m.Tracks) != 3 || m.Tracks[1].At[1] != recent || m.Steps[0].Segments[1].New != 90 || m.Steps[0].Segments[1].MovedOut != 120 ||
			!strings.Contains(text, "Segment 2 goes on by its definition") {
			t.Error(text)
		}
	}
}

// Properties that hold for any labels, known or not, in any order.
func TestMigrationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 5).Draw(t, "k")
		label := rapid.Int32Range(-1, int32(k)-1)
		n := rapid.IntRange(1, 60).Draw(t, "n")
		snaps := []Snapshot{{Name: "a"}, {Name: "b"}, {Name: "c"}}
		for i := range n {
			for d := range snaps {
				if i == 0 || rapid.IntRange(0, 3).Draw(t, "there") > 0 {
					snaps[d].IDs, snaps[d].Labels = append(snaps[d].IDs, fmt.Sprint(i)), append(snaps[d].Labels, label.Draw(t, "label"))
				}
			}
		}
		cross := map[[2]int][]int32{}
		for m := range snaps {
			for d := range snaps {
				l := make([]int32, len(snaps[d].IDs))
				for i := range l {
					l[i] = label.Draw(t, "cross")
				}
				cross[[2]int{m, d}] = l
			}
		}
		relabel := func(_ context.Context, model, data int) ([]int32, error) { return cross[[2]int{model, data}], nil }
		o := NewMigrationOptions()
		if rapid.Bool().Draw(t, "by definition") {
			o.Match = "definition"
		}
		if rapid.Bool().Draw(t, "one model for all") {
			relabel = func(_ context.Context, _, data int) ([]int32, error) { return snaps[data].Labels, nil }
		}
		if rapid.Bool().Draw(t, "named") {
			for d := range snaps {
				snaps[d].Names = make([]string, k) // some of them of nobody
			}
		}
		m, err := NewMigration(context.Background(), snaps, relabel, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range m.Tracks {
			if slices.Max(k.Sizes) == 0 && o.Match == "customers" && !crossed(m, k.Name) {
				t.Fatalf("nobody is ever in %+v", k)
			}
		}
		for i, s := range m.Steps {
			before, after, in, out, fresh, gone := 0, 0, 0.0, 0.0, 0.0, 0.0
			for _, c := range s.Segments {
				rel, _ := c.Relabelled()
				if got := c.New - c.Left + c.Migrated() + rel; got != float64(c.Change) {
					t.Fatalf("%+v adds up to %g", c, got)
				}
				before, after = before+c.Before, after+c.After
				in, out = in+c.MovedIn+*c.RelabelledIn, out+c.MovedOut+*c.RelabelledOut
				fresh, gone = fresh+c.New, gone+c.Left
			}
			if before != len(snaps[i].IDs) || after != len(snaps[i+1].IDs) || in != out || int(fresh) != after-s.Common || int(gone) != before-s.Common {
				t.Fatalf("step %d: %d %d %g %g %g %g", i, before, after, in, out, fresh, gone)
			}
			// Each segment with customers has one fate, each of the later ones one origin or more.
			fates, origins := map[int32]int{}, map[int32]int{}
			for _, e := range s.Events {
				for _, l := range e.From {
					fates[l]++
				}
				for _, l := range e.To {
					origins[l]++
				}
			}
			for l := range int32(k) {
				if slices.Contains(snaps[i].Labels, l) != (fates[l] == 1) || slices.Contains(snaps[i+1].Labels, l) != (origins[l] > 0) {
					t.Fatalf("segment %d: %d fates, %d origins: %+v", l, fates[l], origins[l], s.Events)
				}
			}
			for _, r := range s.Table.Shares {
				sum := 0.0
				for _, x := range r {
					sum += x
				}
				if sum != 0 && math.Abs(sum-1) > 1e-12 {
					t.Fatalf("a row of shares adds up to %g", sum)
				}
			}
			m.Sentences(i, "customer", "customers")
		}
		// Time reversed, growth is decline.
		back := []Snapshot{snaps[1], snaps[0]}
		r, err := NewMigration(context.Background(), back, func(_ context.Context, model, data int) ([]int32, error) {
			return cross[[2]int{1 - model, 1 - data}], nil
		}, NewMigrationOptions())
		if err != nil {
			t.Fatal(err)
		}
		all := func(s *MigrationStep) (n [4]float64) {
			for _, c := range s.Segments {
				n[0] += c.New
				n[1] += c.Left
			}
			return n
		}
		if x, y := all(&m.Steps[0]), all(&r.Steps[0]); x[0] != y[1] || x[1] != y[0] {
			t.Fatalf("%v reversed is %v", x, y)
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatal(err)
		}
	})
}

// crossed reports whether anyone went through a segment under one of the models.
func crossed(m *Migration, name string) bool {
	for _, s := range m.Steps {
		for _, f := range s.Flows {
			if m.name(f.From) == name || m.name(f.To) == name {
				return true
			}
		}
	}
	return false
}

func TestMigrationRefusesInWords(t *testing.T) {
	a := Snapshot{Name: "a", IDs: []string{"1", "2"}, Labels: []int32{0, 1}}
	twice := Snapshot{Name: "b", Date: "May", IDs: []string{"1", "1"}, Labels: []int32{0, 1}}
	o := NewMigrationOptions()
	low, match := o, o
	low.Survive, match.Match = 0.3, "names"
	for want, err := range map[string]error{
		"takes two dates":   second(NewMigration(context.Background(), []Snapshot{a}, nil, o)),
		"of May have the s": second(NewMigration(context.Background(), []Snapshot{a, twice}, nil, o)),
		"c has no customer": second(NewMigration(context.Background(), []Snapshot{a, {Name: "c"}}, nil, o)),
		"from 0.5 to 1":     second(NewMigration(context.Background(), []Snapshot{a, a}, nil, low)),
		"customers or def":  second(NewMigration(context.Background(), []Snapshot{a, a}, nil, match)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewMigration(ctx, []Snapshot{a, a}, nil, o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// Nobody in common is a history, too.
	m, err := NewMigration(context.Background(), []Snapshot{a, {Name: "d", IDs: []string{"3"}, Labels: []int32{0}}}, nil, o)
	if err != nil || len(m.Steps[0].Events) != 3 || m.Steps[0].Independence.Reason == "" {
		t.Errorf("%+v, %v", m, err)
	}
}

func second(_ *Migration, err error) error { return err }

func TestApportion(t *testing.T) {
	if got := apportion(0, 0.5, -0.5, 1.5, -1, -0.5); !slices.Equal(got, []int{1, 0, 1, -1, -1}) {
		t.Error(got)
	}
	rapid.Check(t, func(t *rapid.T) {
		xs, sum := []float64{}, 0.0
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			x := float64(rapid.IntRange(-40, 40).Draw(t, "x")) / 2
			xs, sum = append(xs, x), sum+x
		}
		if sum != math.Floor(sum) {
			xs, sum = append(xs, 0.5), sum+0.5
		}
		got := apportion(int(sum), xs...)
		if sumOf(got) != int(sum) {
			t.Fatalf("%v of %v", got, xs)
		}
		for i := range got {
			if math.Abs(float64(got[i])-xs[i]) > 0.5 {
				t.Fatalf("%v of %v", got, xs)
			}
		}
	})
}

func sumOf(xs []int) (sum int) {
	for _, x := range xs {
		sum += x
	}
	return sum
}

// The spread and shift of a segment, by hand: s = 10 over all; sd 1 → 2, centre 0 → 3.
func TestMigrationInside(t *testing.T) {
	col := []features.Column{{Name: "x", Doc: "how much"}}
	before := features.NewMatrix(3, col, []float64{-1, 0, 1})
	after := features.NewMatrix(3, col, []float64{1, 3, 5})
	w := &migrationPair{o: NewMigrationOptions()}
	in := w.inside(before, after, []int{0, 1, 2}, []int{0, 1, 2}, []float64{10}, []float64{10})
	if in.SpreadBefore != 0.1 || in.SpreadAfter != 0.2 || math.Abs(in.Shift-0.3) > 1e-15 || in.Compactness != "wider" || in.Location != "moved" || in.Size != "the same" || len(in.Changed) != 1 || in.Changed[0].D != 0.3 {
		t.Errorf("%+v", in)
	}
	if in := w.inside(before, after, []int{0, 1, 2}, []int{0, 1, 2}, []float64{0}, []float64{0}); in != nil {
		t.Errorf("no spread, and yet %+v", in)
	}
	for psi, want := range map[float64]string{0.05: "little", 0.1: "some", 0.2: "some", 0.25: "much"} {
		if got := psiBand(psi); got != want {
			t.Errorf("PSI %g: %s", psi, got)
		}
	}
}
