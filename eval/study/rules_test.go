package study

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/rule"
	"github.com/mores-lab/mores/features"
)

// ruledShop is a shop on which rules about events, rules about features, k-means and a
// labelling made elsewhere compete.
func ruledShop(t *testing.T) *Study {
	t.Helper()
	g, err := (&datasets.RetailSim{Customers: 300, Prospects: 0.05}).Generate(3)
	if err != nil {
		t.Fatal(err)
	}
	r, err := features.NewRecipe("rfm+timing", "rfm", "timing")
	if err != nil {
		t.Fatal(err)
	}
	s := &Study{Name: "shop", Log: g.Log, Recipes: []features.Recipe{r}, Seed: 5, Metrics: DefaultMetrics(false)[2:], Missing: features.DropRows}
	km, err := cluster.Lookup("kmeans")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := cluster.Lookup("labels")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("id,cluster\n")
	for h, err := range g.Log.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(h.ID + "," + []string{"even", "odd"}[h.Len()%2] + "\n")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "l.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "r.txt"), []byte("big: feature(\"monetary_total\") > 60\nat home: spend > 100 in 180 d\n  or feature(\"recency\") < 20\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Cells = []Cell{
		{Method: rulesMethod, Algorithm: &Rules{Rules: []string{
			"never = purchases > 1000000", "loyal = purchases >= 6 in 365 d", "\"late, \"\"so\"\"\" = recency > 60", "others = everyone",
		}}},
		{Method: rulesMethod, Algorithm: &Rules{File: "r.txt"}},
		{Method: labels, Algorithm: &cluster.Labels{File: "l.csv", ID: "id", Column: "cluster"}},
		{Method: km, Algorithm: km.New()},
	}
	if err := s.Locate(dir); err != nil {
		t.Fatal(err)
	}
	return s
}

// asked are the rules asked by rule.Evaluate, by customer.
func asked(t *testing.T, a *Rules, log *datasets.Log, x *features.Matrix) map[string]string {
	t.Helper()
	rules, err := a.parse()
	if err != nil {
		t.Fatal(err)
	}
	s, err := rule.Evaluate(t.Context(), log, log.Meta.Window.To, x, 2, rules...)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i, l := range s.Labels() {
		if out[s.IDs[i]] = ""; l >= 0 {
			out[s.IDs[i]] = rules[l].Name
		}
	}
	return out
}

func named(names []string, label int32) string {
	if label < 0 {
		return ""
	}
	return names[label]
}

// TestRulesAreASegmentation: in a study they give what mores segment gives; their model
// holds them, and gives it too, all at once and contact by contact.
func TestRulesAreASegmentation(t *testing.T) {
	s := ruledShop(t)
	j := NewMemory()
	if err := s.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	es, _ := j.Events(0)
	st := &State{}
	st.Fold(es...)
	names := RunNames(st)
	for i, want := range []string{"rules never, loyal, late, \"so\", others", "rules r.txt", "labels", "kmeans k=8"} {
		if got := names[st.Runs[i].ID]; got != want {
			t.Errorf("run %d is called %q, not %q", i+1, got, want)
		}
	}
	for i, r := range st.Runs[:2] {
		set, _ := j.Set(r.Start.Set, r.Start.Scale)
		d, err := j.RunData(r.ID)
		if err != nil {
			t.Fatalf("%s: %v", names[r.ID], r.Done.Reason)
		}
		want := asked(t, s.Cells[i].Algorithm.(*Rules), s.Log, set.Raw)
		n, _ := set.X.Dims()
		for k := range n {
			if got := named(d.Names, d.Labels[k]); got != want[set.X.ID(k)] {
				t.Fatalf("%s: %s is in %q, by the rules in %q", names[r.ID], set.X.ID(k), got, want[set.X.ID(k)])
			}
		}
		made, err := NewModel(j, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		file, err := made.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadModel(file)
		if err != nil {
			t.Fatal(err)
		}
		if m.Schema != givenSchema || !m.Rule.Exact || m.Rule.Agreement != 1 || m.ShareWords() == "" {
			t.Errorf("schema %d, exact %v, agreement %v", m.Schema, m.Rule.Exact, m.Rule.Agreement)
		}
		ps, err := m.LabelLog(t.Context(), s.Log)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, p := range ps {
			if p.Reason != "" {
				continue
			}
			seen++
			w := want[p.ID]
			if w == "" {
				w = Unassigned
			}
			if p.Segment != w || p.Share != 1 || !math.IsNaN(p.Distance) || p.RunnerUpSegment != "" {
				t.Fatalf("%s: the model says %+v of %s, the rules %q", names[r.ID], p, p.ID, want[p.ID])
			}
		}
		if seen != n {
			t.Errorf("%d customers were labelled of %d", seen, n)
		}
		again := tracked4(t, m, s.Log)
		for _, p := range ps {
			if g := again[p.ID]; p.Reason == "" && (g.Label != p.Label || g.Share != p.Share) {
				t.Fatalf("contact by contact %s is %+v, all at once %+v", p.ID, g, p)
			}
		}
	}
	// The first rule is met by nobody: said of the run, a segment without customers in the model.
	m, err := NewModel(j, st.Runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if last := m.Segments[len(m.Segments)-1]; len(m.Segments) != 4 || last.Name != "never" || last.Size != 0 || last.Label != 3 {
		t.Errorf("segments %+v", m.Segments)
	}
	if w := st.Runs[0].Done.Warnings; len(w) != 1 || !strings.Contains(w[0], `nobody is in "never"`) {
		t.Errorf("warnings %q", w)
	}
	x := features.NewMatrix(1, m.Pipeline.Columns, nil)
	if _, err := m.LabelMatrix(x); err == nil || !strings.Contains(err.Error(), "label a log") {
		t.Errorf("rules about events label a row of features: %v", err)
	}
}

// tracked4 feeds the log in four batches, every fourth contact each.
func tracked4(t *testing.T, m *Model, log *datasets.Log) map[string]Prediction {
	t.Helper()
	meta := log.Meta
	tr, err := NewTracker(m, TrackOptions{Meta: meta, Tables: log})
	if err != nil {
		t.Fatal(err)
	}
	var batch [4][]Contact
	n := 0
	for h, err := range log.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range h.Len() {
			batch[n%4] = append(batch[n%4], Contact{Event: h.At(i)})
			n++
		}
	}
	for _, b := range batch {
		if _, err := tr.Feed(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tr.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := map[string]Prediction{}
	for id, c := range tr.customers {
		out[id] = c.p
	}
	return out
}

// TestRulesAreAskedAsOfTheDay: at an earlier cut, on some of the customers, rules say who
// belonged then, of those they learned from and of the others; labels made elsewhere are
// refused in words.
func TestRulesAreAskedAsOfTheDay(t *testing.T) {
	s := ruledShop(t)
	at, _, err := s.origins(1)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := datasets.Split(s.Log, at[0].From, at[0].To)
	l, err := s.labOf(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	set := l.sets[0]
	var some, rest []int
	for i := range set.ids {
		if i%3 == 0 {
			some = append(some, i)
		} else {
			rest = append(rest, i)
		}
	}
	part, err := set.part(t.Context(), some)
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range s.Cells[:2] {
		a := cell.Algorithm.(*Rules)
		fit, err := part.fit(t.Context(), &cell, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := part.wholeRaw(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := asked(t, a, before, raw)
		now := asked(t, a, s.Log, set.of.set.Raw)
		others, err := fit.classify(t.Context(), rest, 1)
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		for i, r := range slices.Concat(some, rest) {
			label := int32(-1)
			if i < len(some) {
				label = fit.rows.Labels[i]
			} else {
				label = others[i-len(some)]
			}
			id := set.ids[r]
			if w := want[id]; named(fit.c.Names, label) != w && slices.Contains(fit.c.Names, w) {
				t.Fatalf("%s is in %q, as of that day in %q", id, named(fit.c.Names, label), w)
			}
			if want[id] != now[id] {
				differ++
			}
		}
		if differ == 0 {
			t.Error("nobody belonged elsewhere then: the test tests nothing")
		}
	}
	if _, err := part.fit(t.Context(), &s.Cells[2], 1, 1); err == nil || !strings.Contains(err.Error(), "l.csv were made elsewhere") {
		t.Errorf("labels are made again: %v", err)
	}
}

// TestRulesCompete: rules have a standing in the tournament, labels a reason why not.
func TestRulesCompete(t *testing.T) {
	s := ruledShop(t)
	p, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	contests, _, err := s.tournament(t.Context(), p, smallTournamentOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contests {
		for _, x := range c.Standings {
			switch {
			case x.Run == p.runs[2].Run:
				if x.Outside != nil || !strings.Contains(x.Reason, "made elsewhere") {
					t.Errorf("%s at %s: labels stand with %v, %q", c.Target, c.Origin, x.Outside, x.Reason)
				}
			case x.Run != "" && c.Reason == "" && x.Outside == nil:
				t.Errorf("%s at %s: %s has no figure: %s", c.Target, c.Origin, x.Name, x.Reason)
			}
		}
	}
}

func TestRulesOfATable(t *testing.T) {
	x := features.NewMatrix(6, []features.Column{{Name: "a"}, {Name: "b"}}, []float64{1, 5, 2, 5, 3, 5, 7, 5, 8, 9, 9, 9})
	s := &Study{Name: "t", Table: x, Scales: []string{"zscore"}, Metrics: DefaultMetrics(false)[:1], Cells: []Cell{
		{Method: rulesMethod, Algorithm: &Rules{Rules: []string{`high = feature("a") > 6.5`}}},
	}}
	j := NewMemory()
	if err := s.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	es, _ := j.Events(0)
	m, err := NewModel(j, es[1].Run)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := m.LabelMatrix(x)
	if err != nil || ps[2].Segment != Unassigned || ps[3].Segment != "high" {
		t.Errorf("%+v, %v", ps, err)
	}
	s.Cells[0].Algorithm = &Rules{Rules: []string{`vip = spend > 3`}}
	if err := s.Run(t.Context(), NewMemory()); err == nil || !strings.Contains(err.Error(), `"vip" asks what customers did`) {
		t.Errorf("a table is asked for events: %v", err)
	}
	s.Cells[0].Algorithm = &Rules{Rules: []string{`vip = feature("c") > 3`}}
	var re *rule.Error
	if err := s.Run(t.Context(), NewMemory()); !errors.As(err, &re) || !strings.Contains(err.Error(), `no feature "c"`) {
		t.Errorf("a feature that is not there: %v", err)
	}
	if _, err := (&Rules{Rules: []string{"a = everyone"}}).Fit(context.Background(), x, cluster.Run{}); err == nil {
		t.Error("rules cluster a matrix")
	}
}

func TestRulesInAStudyFile(t *testing.T) {
	const head = "[data]\nname = \"cdnow\"\n[features]\nsets = [\"rfm\"]\n[[algorithm]]\nname = \"rules\"\n"
	sp, err := Parse([]byte(head+"rules = [\"vip = spend >= 5\", \"others = everyone\"]\n"), "s.toml")
	if err != nil {
		t.Fatal(err)
	}
	st, err := sp.Study()
	if err != nil || len(st.Cells) != 1 || len(st.Cells[0].Algorithm.(*Rules).Rules) != 2 {
		t.Fatalf("%+v, %v", st, err)
	}
	back, err := st.Spec()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(back.Write(), "again"); err != nil {
		t.Errorf("what it writes it cannot read: %v\n%s", err, back.Write())
	}
	for text, want := range map[string]string{
		"":                          `s.toml:6: rules need file = "rules.txt", or rules = [`,
		"rules = [\"spend >= 5\"]":  "s.toml:7: rule 1 has no name",
		"rules = [\"a = spend >\"]": "s.toml:7: rule \"a\":1:",
		"rules = [\"a = everyone\", \"a = everyone\"]": `s.toml:7: two rules are called "a"`,
		"rules = [\"a = everyone\"]\nfile = \"r.txt\"": "s.toml:8: rules and file: give one of them",
		"rules = [\"vip = spendd >= 5\"]":              "did you mean spend?",
		"rules = [\"noise = spend >= 5\"]":             "cannot be a name",
		"file = \"r.txt\"\nn_clusters = 3":             `unknown key "n_clusters"`,
	} {
		if _, err := Parse([]byte(head+text+"\n"), "s.toml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	sp, err = Parse([]byte(head+"file = \"r.txt\"\n"), "s.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if st, err = sp.Study(); err != nil {
		t.Fatal(err)
	}
	if err := st.Locate(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "r.txt"), []byte("vip: spend >= 5\nodd: spendd < 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := st.Locate(dir); err == nil || !strings.Contains(err.Error(), "r.txt:2:6") {
		t.Errorf("a fault in the file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "r.txt"), []byte("vip: spend >= 5\nodd: spend < 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := st.Locate(dir); err != nil {
		t.Fatal(err)
	}
	if got := st.Cells[0].Algorithm.(*Rules).Rules; !slices.Equal(got, []string{`"vip" = spend >= 5`, `"odd" = spend < 5`}) {
		t.Errorf("%q", got)
	}
	if sp, err := st.Spec(); err != nil || strings.Contains(string(sp.Write()), "spend") {
		t.Errorf("a file of rules is written out: %v\n%s", err, sp.Write())
	}
}
