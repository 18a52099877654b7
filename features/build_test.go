package features

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// everything is the recipe of all registered extractors.
func everything(t testing.TB) Recipe {
	t.Helper()
	var names []string
	log := logOf(fullMeta(time.Time{}), btyd(1, 50))
	for _, e := range Extractors() {
		if e.Lacks(log) == "" {
			names = append(names, e.Name)
		}
	}
	r, err := NewRecipe("everything", names...)
	if err != nil {
		t.Fatal(err)
	}
	r.Lenient = true // barriers finds no step in which customers differ
	return r
}

// built is Build or a failed test.
func built(t testing.TB, log *datasets.Log, r Recipe, minimum, workers int) *Built {
	t.Helper()
	b, err := Build(t.Context(), log, r, minimum, workers)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameBuilt compares two results bit by bit.
func sameBuilt(t *testing.T, what string, a, b *Built) {
	t.Helper()
	ja, _ := json.Marshal(a.Pipeline)
	jb, _ := json.Marshal(b.Pipeline)
	if !bytes.Equal(ja, jb) {
		t.Errorf("%s: pipelines differ:\n%s\n%s", what, ja, jb)
	}
	if a.Raw.Hash() != b.Raw.Hash() || !slices.Equal(a.Raw.IDs, b.Raw.IDs) {
		t.Errorf("%s: matrices differ", what)
	}
	sa, _ := json.Marshal([]any{a.Strata, a.StratumIDs, a.Value, a.Warnings})
	sb, _ := json.Marshal([]any{b.Strata, b.StratumIDs, b.Value, b.Warnings})
	if !bytes.Equal(sa, sb) {
		t.Errorf("%s: strata, values or warnings differ", what)
	}
}

func TestBuildShardsAndWorkers(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(1, 1500))
	want := built(t, log, everything(t), 0, 1)
	if n, d := want.Raw.Dims(); n < 300 || d < 4 {
		t.Fatalf("%d × %d: the test log is too thin", n, d)
	}
	for _, shards := range []int{2, 7} {
		for _, workers := range []int{1, 3} {
			sameBuilt(t, "resharded", want, built(t, log.Reshard(shards), everything(t), 0, workers))
		}
	}
}

func TestBuildRowOrder(t *testing.T) {
	events := btyd(2, 400)
	want := built(t, logOf(fullMeta(time.Time{}), events), everything(t), 0, 2)
	rng := rand.New(rand.NewPCG(2, 2))
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	sameBuilt(t, "shuffled file", want, built(t, logOf(fullMeta(time.Time{}), events), everything(t), 0, 2))
}

// TestBuildAsOf: the matrix from the file cut at t1 and from the whole file are
// equal bit by bit, with returns and new items after t1.
func TestBuildAsOf(t *testing.T) {
	t1 := time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC)
	events := btyd(3, 600)
	after := noEvent("c100000", t1.AddDate(0, 1, 0))
	after.Item, after.Category, after.Amount, after.Quantity = "aaa-new", "aaa-new", 1e6, 1e4
	events = append(events, after)
	var before []datasets.Event
	lateReturns := 0
	for _, e := range events {
		if e.Time < t1.UnixMicro() {
			before = append(before, e)
		} else if e.Kind == datasets.Return {
			lateReturns++
		}
	}
	if lateReturns == 0 {
		t.Fatal("no return after t1: the test shows nothing")
	}
	whole := logOf(fullMeta(time.Time{}), events).AsOf(t1)
	cut := logOf(fullMeta(t1), before)
	sameBuilt(t, "as of t1", built(t, whole, everything(t), 0, 2), built(t, cut, everything(t), 0, 2))
}

func TestBuildMeasureEqualsRow(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(4, 500))
	b := built(t, log, everything(t), 0, 2)
	js, err := json.Marshal(b.Pipeline)
	if err != nil {
		t.Fatal(err)
	}
	var back Pipeline
	if err := json.Unmarshal(js, &back); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Pipeline{b.Pipeline, &back} {
		for i, id := range b.Raw.IDs {
			h, _ := log.Find(id)
			row, err := p.Measure(h)
			if err != nil {
				t.Fatal(err)
			}
			for j, x := range row {
				if math.Float64bits(x) != math.Float64bits(b.Raw.Row(i)[j]) {
					t.Fatalf("%s of %s: %g measured alone, %g in the matrix", b.Raw.Cols[j].Name, id, x, b.Raw.Row(i)[j])
				}
			}
		}
	}
}

func TestBuildStrata(t *testing.T) {
	log := cdnow(t)
	r, _ := NewRecipe("rfm", "rfm")
	b := built(t, log, r, 0, 2)
	// 23,570 customers, 51.14 % bought on one day only: the log's reference profile.
	one := b.Strata[1]
	if one.Name != "one purchase" || math.Abs(float64(one.Customers)/23570-0.5114) > 5e-5 {
		t.Errorf("strata %+v", b.Strata)
	}
	var share float64
	total := 0
	for _, s := range b.Strata {
		share += *s.ValueShare
		total += s.Customers
	}
	if total != 23570 || math.Abs(share-1) > 1e-12 {
		t.Errorf("%d customers, shares sum to %g", total, share)
	}
	if len(b.StratumIDs["one purchase"]) != one.Customers || len(b.Value) != len(b.Raw.IDs) {
		t.Error("ids or values do not match their counts")
	}
}

func TestBuildRefuses(t *testing.T) {
	day := dayLog(t, "day", [][]string{{"a", "2024-01-01"}}, time.Time{})
	needy := &Extractor{Name: "needy", Version: 1, Needs: datasets.FieldRating | datasets.FieldHour, New: func() Block { return &RFM{} }}
	rfm, _ := Lookup("rfm")
	later := *rfm
	later.Name, later.After = "later", []string{"rfm"}
	circle := *rfm
	circle.Name, circle.After = "rfm", []string{"later"}
	empty := datasets.NewBuilder(datasets.Meta{Name: "void"}).Log()
	for name, c := range map[string]struct {
		log  *datasets.Log
		r    Recipe
		want string
	}{
		"needs":    {day, Recipe{Steps: []Step{{Extractor: needy, Block: needy.New()}}}, "needy needs rating and time of day, which day does not have"},
		"empty":    {empty, Recipe{Steps: []Step{{Extractor: rfm, Block: rfm.New()}}}, "no customers"},
		"no steps": {day, Recipe{Name: "x"}, `recipe "x" has no extractors`},
		"twice":    {day, Recipe{Steps: []Step{{Extractor: rfm, Block: rfm.New()}, {Extractor: rfm, Block: rfm.New()}}}, "twice"},
		"after":    {day, Recipe{Steps: []Step{{Extractor: &later, Block: rfm.New()}}}, "reads the model of rfm"},
		"circle": {
			day,
			Recipe{Steps: []Step{{Extractor: &later, Block: rfm.New()}, {Extractor: &circle, Block: rfm.New()}}},
			"wait for each other",
		},
		"column": {day, Recipe{Steps: []Step{{Extractor: rfm, Block: &RFM{Columns: []string{"recentness"}}}}}, `no column "recentness" (columns: recency,`},
	} {
		_, err := Build(t.Context(), c.log, c.r, 0, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestReadPipelineRefuses(t *testing.T) {
	day := dayLog(t, "day", [][]string{{"a", "2024-01-01"}, {"a", "2024-01-04"}}, time.Time{})
	r, _ := NewRecipe("r", "rfm")
	js, _ := json.Marshal(built(t, day, r, 0, 1).Pipeline)
	for from, c := range map[string]struct{ to, want string }{
		`"name":"rfm"`:       {`"name":"clairvoyance"`, `no extractor named "clairvoyance"`},
		`"version":1`:        {`"version":9`, "rfm is version 9, this program has 1: update it"},
		`"schema":1`:         {`"schema":2`, "schema 2: this program reads up to 1"},
		`"maps":null`:        {`"maps":[{"name":"warp","version":1}]`, `no transform named "warp"`},
		`"names":["recency"`: {`"names":["tenure","recency"`, "columns are named"},
	} {
		bad := strings.Replace(string(js), from, c.to, 1)
		if bad == string(js) {
			t.Fatalf("%s is not in %s", from, js)
		}
		if _, err := ReadPipeline([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.to, err, c.want)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	log := logOf(fullMeta(time.Time{}), btyd(5, 23570))
	r := everything(b)
	b.ResetTimer()
	for b.Loop() {
		if _, err := Build(b.Context(), log, r, 0, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(log.NumEvents()), "ns/event")
	b.ReportMetric(float64(log.NumEvents()), "events")
}

// A lenient recipe leaves out what the log cannot teach and says so; one that is not
// fails.
func TestBuildLenient(t *testing.T) {
	log := dayLog(t, "once", [][]string{{"a", "2024-01-01", "1"}, {"b", "2024-01-03", "4"}, {"c", "2024-01-03", "4"}}, time.Time{})
	r, err := NewRecipe("r", "btyd", "rfm")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), log, r, 1, 1); err == nil {
		t.Fatal("btyd was learned from customers of one purchase")
	}
	if b := built(t, log, Recipe{Steps: r.Steps[1:], Lenient: true}, 0, 1); b.Pipeline.Minimum != 2 || len(b.Raw.IDs) != 0 {
		t.Errorf("one step is never left out: minimum %d, %d rows", b.Pipeline.Minimum, len(b.Raw.IDs))
	}
	r.Lenient = true
	b := built(t, log, r, 1, 1)
	if len(b.Recipe.Steps) != 1 || b.Recipe.Steps[0].Extractor.Name != "rfm" || len(b.Pipeline.Extractors) != 1 {
		t.Errorf("kept %v", b.Recipe.Steps)
	}
	if lacks(b.Warnings, "btyd is left out: ") {
		t.Errorf("warnings %q", b.Warnings)
	}
	if n, d := b.Raw.Dims(); n != 3 || d != len(b.Pipeline.Columns) {
		t.Errorf("%d × %d", n, d)
	}
}
