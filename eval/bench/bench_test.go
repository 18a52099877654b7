package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/check"
)

func metric(t testing.TB, name string) *eval.Metric {
	t.Helper()
	m, err := eval.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func named(t testing.TB, names ...string) []Contender {
	t.Helper()
	c, err := Contenders(names)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func setsOf(t testing.TB, names ...string) []Set {
	t.Helper()
	s, err := Sets(names)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// demsarTable is the worked example of Demšar 2006 (JMLR 7:1–30, table 6) as ranks: C4.5,
// with m, with cf, with both, on 14 data sets.
const demsarTable = `adult 4 3 2 1
breast-cancer 1 2 3 4
breast-cancer-wisconsin 4 1 2 3
cmc 4 1 3 2
ionosphere 4 2 3 1
iris 1 2.5 4 2.5
liver-disorders 3 2 4 1
lung-cancer 2.5 2.5 4 1
lymphography 4 3 2 1
mushroom 2.5 2.5 2.5 2.5
primary-tumor 4 2.5 1 2.5
rheum 3 2 4 1
voting 4 1 2 3
wine 3 1 4 2`

// TestDemsar: from a line a data set and algorithm, through Fold and Rank, to his average
// ranks, 1.25 and, with the correction for ties taken out that he does not make, 9.28 and
// 3.69.
func TestDemsar(t *testing.T) {
	var rows []Row
	var tied float64
	for line := range strings.SplitSeq(demsarTable, "\n") {
		f := strings.Fields(line)
		times := map[string]float64{}
		for j, name := range []string{"C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"} {
			x, err := strconv.ParseFloat(f[j+1], 64)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, Row{Set: f[0], Contender: name, Score: &x})
			times[f[j+1]]++
		}
		for _, n := range times {
			tied += n*n*n - n
		}
	}
	r, err := Rank(t.Context(), Fold(rows, -1), 0.05, Nemenyi)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{3.143, 2.000, 2.893, 1.964} {
		check.Close(t, "rank of "+r.Contenders[j], r.Friedman.Ranks[j], want, 0.0005)
	}
	check.Close(t, "CD", *r.PostHoc.CD, 1.25, 0.005)
	chi2 := r.Friedman.Chi2 * (1 - tied/(14*(64-4)))
	check.Close(t, "χ² without ties", chi2, 9.28, 0.005)
	check.Close(t, "F without ties", 13*chi2/(14*3-chi2), 3.69, 0.005)
	if r.Friedman.Chi2 < chi2 || r.Friedman.P >= 0.05 {
		t.Errorf("χ² %g, p %g: ties correct upwards", r.Friedman.Chi2, r.Friedman.P)
	}
}

// TestDemsarPrinted: his printed ranks, read from a table, give his printed numbers.
func TestDemsarPrinted(t *testing.T) {
	rows, p, err := ReadScores(strings.NewReader("algorithm,rank,sets\nC4.5,3.143,14\nC4.5+m,2.000,14\nC4.5+cf,2.893,14\nC4.5+m+cf,1.964,14\n"), "ranks.csv")
	if err != nil || rows != nil {
		t.Fatal(rows, err)
	}
	r, err := RankOf(t.Context(), p.Contenders, p.Ranks, p.Sets, 0.05, Nemenyi)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "χ²", r.Friedman.Chi2, 9.28, 0.01)
	check.Close(t, "F", r.Friedman.F, 3.69, 0.01)
	check.Close(t, "CD", *r.PostHoc.CD, 1.25, 0.01)
	var b bytes.Buffer
	r.WriteText(&b, 100)
	for _, want := range []string{"No two of the 4 algorithms can be told apart on 14 data sets", "χ² = 9.28", "F = 3.689", "critical difference 1.25", "α = 0.05"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, b.String())
		}
	}
	if _, err := RankOf(t.Context(), p.Contenders, p.Ranks, p.Sets, 0.05, WilcoxonHolm); err == nil {
		t.Error("a test of scores was made from ranks")
	}
}

func rowsOf(scores map[string][]float64, sets int) (rows []Row) {
	for _, name := range slices.Sorted(mapsKeys(scores)) {
		for i := range sets {
			r := Row{Suite: "s", Set: fmt.Sprint("set", i), Contender: name, Reason: "it broke"}
			if x := scores[name][i]; !math.IsNaN(x) {
				r.Score, r.Reason = &x, ""
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func mapsKeys(m map[string][]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Who failed now and then loses nothing and wins nothing: the set is left out for all.
// Who failed often is left out.
func TestAbstentions(t *testing.T) {
	nan := math.NaN()
	rows := rowsOf(map[string][]float64{
		"a": {1, .9, .8, .9, .7, .6}, "b": {.5, .6, .7, .6, .6, nan}, "c": {nan, nan, .9, .9, .9, .9}, "d": {.1, .2, .3, .1, .2, .3},
	}, 6)
	r, err := Rank(t.Context(), Fold(rows, 1), 0.05, Nemenyi)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Contenders, " "); got != "a b d" || len(r.Sets) != 5 {
		t.Errorf("%s are ranked on %v", got, r.Sets)
	}
	if len(r.LeftContenders) != 1 || r.LeftContenders[0].Name != "c" || !strings.Contains(r.LeftContenders[0].Reason, "no score on 2 of 6 data sets") {
		t.Errorf("left out: %v", r.LeftContenders)
	}
	if len(r.LeftSets) != 1 || r.LeftSets[0] != (LeftOut{"set5", "b has no score: it broke"}) {
		t.Errorf("left out: %v", r.LeftSets)
	}
	if got := fmt.Sprint(r.Friedman.Ranks); got != "[1 2 3]" {
		t.Errorf("ranks %s", got)
	}
	// Perfect agreement: F is infinite, and said in words.
	if !strings.Contains(strings.Join(r.Tests(), " "), "as large as it can be") {
		t.Errorf("%q", r.Tests())
	}
}

func TestRanksNeedTwoOfEach(t *testing.T) {
	for want, rows := range map[string][]Row{
		"two data sets or more":   rowsOf(map[string][]float64{"a": {1}, "b": {.5}}, 1),
		"two algorithms or more":  rowsOf(map[string][]float64{"a": {1, .5}}, 2),
		"two algorithms or more;": nil,
	} {
		r, err := Conclude(t.Context(), rows, Question{Metric: metric(t, "adjusted_rand"), Alpha: .05, PostHoc: Nemenyi})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Ranking.Reason, want) || !strings.HasPrefix(r.Ranking.Finding(), "No ranks: ") {
			t.Errorf("%q, want %q", r.Ranking.Reason, want)
		}
		var b bytes.Buffer
		r.WriteText(&b, 80, true)
		if err := r.WriteMarkdown(&b, nil, nil); err != nil {
			t.Error(err)
		}
	}
	for _, alpha := range []float64{0, 1, math.NaN()} {
		if _, err := Rank(t.Context(), Fold(rowsOf(map[string][]float64{"a": {1, 1}, "b": {0, 1}}, 2), 1), alpha, Nemenyi); err == nil {
			t.Errorf("alpha %g was taken", alpha)
		}
	}
}

// Three times .3 is .3: a mean over seeds must not break a tie.
func TestFoldKeepsTies(t *testing.T) {
	var rows []Row
	for i := range 2 {
		for seed := range 3 {
			x := 0.1 * 3
			rows = append(rows, Row{Set: fmt.Sprint(i), Contender: "seeded", Seed: uint64(seed), Score: &x})
		}
		x := 0.3
		rows = append(rows, Row{Set: fmt.Sprint(i), Contender: "same", Score: &x})
	}
	rows = append(rows, Row{Set: "0", Contender: "seeded", Reason: "broke"}) // one seed of four
	tb := Fold(rows, 1)
	r, err := Rank(t.Context(), tb, .05, Nemenyi)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(r.Friedman.Ranks) != "[1.5 1.5]" || tb.Runs[0][0] != 3 {
		t.Errorf("ranks %v of %v", r.Friedman.Ranks, tb.Scores)
	}
	if !strings.HasPrefix(r.Tests()[0], "Friedman: undefined") || !strings.HasPrefix(r.Finding(), "No two") {
		t.Errorf("%q, %q", r.Finding(), r.Tests())
	}
}

// The text diagram has a column a group, none of one, and no column where all differ.
func TestChart(t *testing.T) {
	draw := func(n int, ranks ...float64) string {
		var names []string
		for i := range ranks {
			names = append(names, fmt.Sprintf("method%d", i))
		}
		r, err := RankOf(t.Context(), names, ranks, n, .05, Nemenyi)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		r.Chart(&b, 80)
		return b.String()
	}
	// 14 sets: CD 1.25. 1.2 and 2.4 alike, 2.4 and 3.0, 3.0 and 3.4.
	got := draw(14, 3.4, 1.2, 2.4, 3.0)
	lines := strings.Split(strings.TrimRight(got, "\n"), "\n")
	var marks []string
	for _, l := range lines[2:] {
		_, bars, _ := strings.Cut(l, "●")
		marks = append(marks, strings.Join(strings.Fields(l)[:2], " ")+" "+strings.ReplaceAll(strings.TrimSpace(bars), " ", "."))
	}
	if want := []string{"1.20 method1 ┃", "2.40 method2 ┃.┃", "3.00 method3 ┃", "3.40 method0 ┃"}; !slices.Equal(marks, want) {
		t.Errorf("%q\n%s", marks, got)
	}
	if !strings.Contains(lines[0], "1 (best)") || !strings.HasSuffix(lines[0], "4") || !strings.Contains(lines[1], "├─") || !strings.Contains(lines[1], "1.25") {
		t.Errorf("head %q", lines[:2])
	}
	if got := draw(400, 1.1, 2, 3, 3.9); strings.Contains(got, "┃") {
		t.Errorf("a group although all differ:\n%s", got)
	}
	if got := draw(2, 1.4, 1.6); !strings.Contains(got, "→ critical difference 1.39: longer than the axis") {
		t.Errorf("no arrow:\n%s", got)
	}
	for l := range strings.SplitSeq(draw(30, seq(20)...), "\n") {
		if strings.Count(l, "●") > 1 {
			t.Errorf("two on a line: %q", l)
		}
	}
}

func seq(n int) (out []float64) {
	for i := range n {
		out = append(out, float64(i+1))
	}
	return out
}

// TestRun: a small benchmark end to end, the same with one worker and with two, and every
// way of being told.
func TestRun(t *testing.T) {
	o := Options{
		Sets: setsOf(t, "sample/blobs", "sample/moons"), Contenders: named(t, "kmeans", "single", "hdbscan", "dbscan:eps=0.2"),
		Metric: metric(t, "adjusted_rand"), Seeds: 2, Seed: 3, Workers: 1,
	}
	rows, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2*(2+1+1+2) { // an algorithm that nobody declared runs every seed
		t.Errorf("%d rows", len(rows))
	}
	o.Workers = 2
	var seen []Row
	o.Done = func(r Row) { seen = append(seen, r) }
	again, err := Run(t.Context(), o)
	if err != nil || len(seen) != len(rows) {
		t.Fatal(len(seen), err)
	}
	for i, r := range rows {
		if *r.Score != *again[i].Score || r.NClusters != again[i].NClusters || r.Seed < 3 || r.Seed > 4 {
			t.Errorf("row %d: %+v and %+v", i, r, again[i])
		}
		if r.Seconds <= 0 || r.Fits != 1 || r.N != 500 || r.D != 2 || len(r.Params) == 0 || r.Best <= 0 {
			t.Errorf("row %d: %+v", i, r)
		}
		if k := map[string]int{"sample/blobs": 4, "sample/moons": 2}[r.Set]; r.ToldK != (i%6 < 3) || r.ToldK && r.NClusters != k {
			t.Errorf("row %d: told %v, %d segments, the reference has %d", i, r.ToldK, r.NClusters, k)
		}
	}
	// By hand: the same fit on the same preparation.
	g, err := o.Sets[1].Make.Generate(3)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Prepare(g.Labelled.Table)
	if err != nil {
		t.Fatal(err)
	}
	c, err := (&cluster.DBSCAN{Eps: .2, MinSamples: 5, Metric: "euclidean", Border: true}).Fit(t.Context(), x, cluster.Run{})
	if err != nil {
		t.Fatal(err)
	}
	if ari, _ := eval.RandIndex(g.Labelled.Truth[0], c.Labels); ari != *rows[10].Score || rows[10].Contender != "dbscan eps=0.2" {
		t.Errorf("%s scores %g, by hand %g", rows[10].Contender, *rows[10].Score, ari)
	}
}

// An oracle is marked, is beside its own honest run, and is at least as good wherever the
// default is in its grid.
func TestOracle(t *testing.T) {
	cs := WithOracles(named(t, "hdbscan", "kmeans"))
	if len(cs) != 3 || cs[1].Name != "hdbscan (oracle)" || !cs[1].Oracle || cs[0].Oracle {
		t.Fatalf("%+v", cs)
	}
	rows, err := Run(t.Context(), Options{Sets: setsOf(t, "sample/varied", "sample/moons-noisy"), Contenders: cs, Metric: metric(t, "adjusted_rand"), Seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(rows); i += 3 {
		if d, o := rows[i], rows[i+1]; *o.Score < *d.Score || !o.Oracle || d.Oracle || o.Fits != 4 || d.Fits != 1 {
			t.Errorf("%s: %g by default, %g with the reference's choice: %+v", d.Set, *d.Score, *o.Score, o)
		}
	}
	r, err := Conclude(t.Context(), rows, Question{Metric: metric(t, "ari"), Alpha: .05, PostHoc: Nemenyi, Contenders: cs})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Ranking.Contenders, []string{"hdbscan", "kmeans"}) || r.Ranking.LeftContenders[0].Name != "hdbscan (oracle)" {
		t.Errorf("%v are ranked, %v not", r.Ranking.Contenders, r.Ranking.LeftContenders)
	}
	var b bytes.Buffer
	r.WriteText(&b, 100, true)
	if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), "chosen by the reference, data set by data set") {
		t.Errorf("what an oracle is is not said:\n%s", b.String())
	}
}

// A setting chosen by an internal metric is the grid's best by that metric, whatever the
// reference says; it is ranked.
func TestTuned(t *testing.T) {
	cs := WithOracles(WithTuned(named(t, "dbscan"), "dbcv"))
	if len(cs) != 3 || cs[1].Name != "dbscan (oracle)" || cs[2].Name != "dbscan (by dbcv)" || cs[2].Oracle {
		t.Fatalf("%+v", cs)
	}
	o := Options{Sets: setsOf(t, "sample/moons", "sample/varied"), Contenders: cs, Metric: metric(t, "adjusted_rand"), Seeds: 1}
	rows, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := 2; i < len(rows); i += 3 {
		l, err := o.Sets[i/3].load(t.Context(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		best, at := math.Inf(-1), ""
		for _, g := range cs[0].Grid {
			a, err := cs[0].options(0, g...)
			if err != nil {
				t.Fatal(err)
			}
			c, err := a.Fit(t.Context(), l.x, cluster.Run{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := metric(t, "dbcv").New().Score(t.Context(), &eval.Input{X: l.x, C: c})
			if err != nil {
				t.Fatal(err)
			}
			if p, _ := cluster.Params(a); s.Defined() && s.Value > best {
				best, at = s.Value, string(p)
			}
		}
		if r := rows[i]; string(r.Params) != at || r.Tuned != "dbcv" || r.Oracle || *r.Score > *rows[i-1].Score || r.Fits != 9 {
			t.Errorf("%s: %s, want %s; %g, with the answer %g", r.Set, r.Params, at, *r.Score, *rows[i-1].Score)
		}
	}
	r, err := Conclude(t.Context(), rows, Question{Metric: o.Metric, Alpha: .05, PostHoc: Nemenyi, Contenders: cs})
	if err != nil || !slices.Equal(r.Ranking.Contenders, []string{"dbscan", "dbscan (by dbcv)"}) {
		t.Error(r.Ranking, err)
	}
	o.Contenders = WithTuned(named(t, "dbscan"), "adjusted_rand")
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "adjusted_rand is none") {
		t.Error("the reference was asked:", err)
	}
}

// Failures are rows with reasons and end nothing: a refused fit, one that takes too long,
// the end of the time.
func TestFailures(t *testing.T) {
	o := Options{Sets: setsOf(t, "sample/blobs"), Contenders: named(t, "average", "kmeans"), Metric: metric(t, "adjusted_rand"), Seeds: 1, MaxBytes: 3 << 19}
	rows, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Score != nil || !strings.Contains(rows[0].Reason, "MiB of memory, 1.5 MiB are allowed") || rows[1].Score == nil {
		t.Errorf("rows %+v", rows)
	}
	o.MaxBytes, o.FitLimit = 0, time.Nanosecond
	if rows, err = Run(t.Context(), o); err != nil || rows[0].Score != nil || rows[0].Reason != "stopped after 1ns" {
		t.Errorf("%+v, %v", rows, err)
	}
	o.FitLimit = 0
	late, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer stop()
	if rows, err = Run(late, o); err != nil || len(rows) != 2 || !strings.Contains(rows[1].Reason, "the time was over") {
		t.Errorf("%+v, %v", rows, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	o.Done = func(Row) { cancel() }
	if rows, err = Run(gone, o); err == nil || len(rows) != 1 {
		t.Errorf("cancelled after the first row: %d rows, %v", len(rows), err)
	}
	o.Done = nil
	r, err := Conclude(t.Context(), rows, Question{Metric: o.Metric, Alpha: .05, PostHoc: Nemenyi})
	if err != nil || r.Ranking.Reason == "" {
		t.Error(r, err)
	}
}

// Several references with different numbers of segments: who is told is fitted for each,
// and the best counts.
func TestSeveralReferences(t *testing.T) {
	g, err := (&datasets.Blobs{N: 200, D: 2, K: 4, Spread: .1}).Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	two := slices.Clone(g.Labelled.Truth[0])
	for i := range two {
		two[i] = int32(i % 2)
	}
	l := &datasets.Labelled{Name: "x", Table: g.Labelled.Table, Truth: [][]int32{two, g.Labelled.Truth[0]}}
	src := &datasets.Source{Name: "battery/x"}
	o := Options{
		Sets: []Set{{Suite: "battery", Name: "battery/x", Source: src}}, Contenders: named(t, "kmeans", "hdbscan"), Metric: metric(t, "adjusted_rand"), Seeds: 1,
		Load: func(_ context.Context, s *datasets.Source) (*datasets.Labelled, error) { return l, nil },
	}
	rows, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Fits != 2 || rows[0].Reference != 1 || rows[0].NClusters != 4 || *rows[0].Score != 1 || rows[1].Fits != 1 {
		t.Errorf("%+v", rows)
	}
	o.Load = nil
	if _, err := Run(t.Context(), o); err == nil {
		t.Error("a set of files without a reader")
	}
}

func TestPrepare(t *testing.T) {
	x, err := Prepare(&datasets.Table{Name: "t", Cols: []datasets.TableColumn{
		{Name: "a", Num: []float64{0, 2, 4}}, {Name: "same", Num: []float64{7, 7, 7}}, {Name: "b", Num: []float64{10, 10, 40}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	// Squares about the means: 8 and 600, over six values.
	s := math.Sqrt(608.0 / 6)
	if n, d := x.Dims(); n != 3 || d != 2 {
		t.Fatalf("%d × %d", n, d)
	}
	for i, want := range []float64{-2, -10, 0, -10, 2, 20} {
		check.Close(t, "value", x.Data()[i], want/s, 1e-15)
	}
	if _, err := Prepare(&datasets.Table{Name: "t", Cols: []datasets.TableColumn{{Name: "same", Num: []float64{7, 7}}}}); err == nil || !strings.Contains(err.Error(), "every column is constant") {
		t.Error(err)
	}
	if _, err := Prepare(&datasets.Table{Name: "t", Cols: []datasets.TableColumn{{Name: "a", Num: []float64{7, math.NaN()}}}}); err == nil || !strings.Contains(err.Error(), "row 2: column a") {
		t.Error(err)
	}
}

// A line is fitted on the logarithms, through the sizes that are no mere overhead.
func TestSlopes(t *testing.T) {
	var rows []Row
	add := func(name string, n int, seconds float64) {
		one := 1.0
		rows = append(rows, Row{Ladder: true, Set: fmt.Sprint(n), N: n, Contender: name, Score: &one, Seconds: seconds})
	}
	for n := 500; n <= 8000; n *= 2 {
		add("square", n, 3e-9*float64(n)*float64(n))
		add("square", n, 5) // something else ran
		add("tiny", n, 1e-5)
	}
	rows = append(rows, Row{Ladder: true, N: 16000, Contender: "square", Reason: "not run: 8000 rows took 2 s"}, Row{Ladder: true, N: 500, Contender: "none", Reason: "broke"})
	s := Slopes(rows)
	if len(s) != 3 || s[0].Reason != "" || math.Abs(s[0].Exponent-2) > 1e-9 || math.Abs(s[0].R2-1) > 1e-9 || s[0].Sizes != 4 || s[0].From != 1000 || s[0].To != 8000 || s[0].Largest != 8000 {
		t.Errorf("%+v", s)
	}
	if s[0].Stopped != "16000 rows not run: 8000 rows took 2 s" || !strings.Contains(s[1].Reason, "0 of 5 sizes") || !strings.Contains(s[2].Reason, "no size was fitted: 500 rows broke") {
		t.Errorf("%+v", s)
	}
	if len(Fold(rows, 1).Sets) != 0 {
		t.Error("sizes of one generator are ranked")
	}
	r, err := Conclude(t.Context(), rows, Question{Metric: metric(t, "ari"), Alpha: .05, PostHoc: Nemenyi})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r.WriteText(&b, 120, false)
	if !strings.Contains(b.String(), "n^2.00") || !strings.Contains(b.String(), "1.000") {
		t.Errorf("%s", b.String())
	}
}

func TestExpenses(t *testing.T) {
	scores := map[string][]float64{"good": {.9, .9}, "quick": {.5, .5}, "poor": {.4, .4}}
	rows := rowsOf(scores, 2)
	for i := range rows {
		r := &rows[i]
		peak := int64(5 << 20)
		r.Seconds, r.PeakBytes = map[string]float64{"good": 2, "quick": .1, "poor": .101}[r.Contender], &peak
	}
	r, err := Rank(t.Context(), Fold(rows, 1), .05, Nemenyi)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Expenses(rows, r, "adjusted_rand", 1)
	if err != nil {
		t.Fatal(err)
	}
	if !e[0].Front || e[0].Seconds != 4 || !e[2].Front || e[1].Front || e[1].By != "quick" || *e[0].PeakBytes != 5<<20 {
		t.Errorf("%+v", e)
	}
	for i := range rows {
		rows[i].PeakBytes = nil // a system that does not tell
	}
	if e, err = Expenses(rows, r, "adjusted_rand", 1); err != nil || !e[0].Front || e[0].PeakBytes != nil || e[0].Reason != "" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestRowsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []Row
		for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
			r := Row{
				Suite: "s", Set: rapid.String().Draw(t, "set"), N: i, D: 2, Contender: "a, \"b\"", Algorithm: "a", Params: []byte(`{"k":3}`), ToldK: i%2 == 0, Oracle: i%3 == 0,
				Seed: uint64(i), NClusters: i, NNoise: 7, Metric: "adjusted_rand", Reference: i - 1, Best: .5, Fits: 1, Seconds: rapid.Float64Range(0, 1e6).Draw(t, "s"), CPUSeconds: .1, Ladder: i == 4,
			}
			r.Set = strings.ReplaceAll(strings.ReplaceAll(r.Set, "\r", ""), "\n", "")
			if x := rapid.Float64Range(-1, 1).Draw(t, "score"); x > -.5 {
				r.Score = &x
			} else {
				r.Reason = "it broke"
			}
			if b := int64(i) << 20; i > 0 {
				r.PeakBytes = &b
			}
			rows = append(rows, r)
		}
		var b, c bytes.Buffer
		if err := WriteRows(&b, rows); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		got, _, err := ReadScores(&b, "f")
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteRows(&c, got); err != nil || c.String() != text {
			t.Fatalf("%v\n%s\n%s", err, text, c.String())
		}
	})
	for want, text := range map[string]string{
		"no header":                "",
		"need set, algorithm":      "a,b\n1,2\n",
		"line 3, column score":     "set,algorithm,score\nx,a,1\nx,b,good\n",
		"no scores":                "set,algorithm,score\n",
		"the same data sets only":  "algorithm,rank,sets\na,1,3\nb,2,4\n",
		`line 2: rank "x" over "3`: "algorithm,rank,sets\na,x,3\n",
	} {
		if _, _, err := ReadScores(strings.NewReader(text), "f.csv"); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "f.csv") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	got, _, err := ReadScores(strings.NewReader("method,dataset,value\na,x,.5\nb,x,\n"), "f")
	if err != nil || *got[0].Score != .5 || got[1].Score != nil || got[1].Reason != "no score in f" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNames(t *testing.T) {
	for asked, want := range map[string]string{
		"ward": "hierarchical ward", "hierarchical": "hierarchical ward|hierarchical average|hierarchical complete|hierarchical single",
		"agglomerative": "hierarchical ward|hierarchical average|hierarchical complete|hierarchical single", "kmeans": "kmeans",
		"hdbscan:min_cluster_size=20:min_samples=5": "hdbscan min_cluster_size=20 min_samples=5", "minibatch_kmeans": "minibatch_kmeans",
	} {
		var names []string
		for _, c := range named(t, asked) {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("%s: %s", asked, got)
		}
	}
	if k := named(t, "kmeans:n_clusters=3")[0]; k.ToldK() {
		t.Error("a number that was set is told over")
	}
	for asked, want := range map[string]string{
		"kmean": "did you mean kmeans?", "wrad": "no algorithm named", "dbscan:epz=3": `unknown option "epz"; did you mean eps?`, "dbscan:eps": "write key=value, as dbscan:eps=8", "labels": "needs a file or a command", "dbscan:eps=wide": "want a number",
	} {
		if _, err := Contenders([]string{asked}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", asked, err, want)
		}
	}
	for asked, want := range map[string]string{"wutt": "did you mean wut?", "nothing": "suites: sample, scale, fcps"} {
		if _, err := Sets([]string{asked}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", asked, err, want)
		}
	}
	if s := setsOf(t, "wut", "wut/circles", "fcps/atom", "wut"); len(s) != 23 || s[22].Name != "fcps/atom" {
		t.Errorf("%d sets", len(s))
	}
	// Every contender runs: its algorithm exists, its options and grids are taken.
	seen := map[string]bool{}
	for _, c := range All() {
		if seen[c.Name] {
			t.Errorf("%s twice", c.Name)
		}
		seen[c.Name] = true
		for _, g := range append([][]string{nil}, c.Grid...) {
			if _, err := c.options(3, g...); err != nil {
				t.Errorf("%s %v: %v", c.Name, g, err)
			}
		}
	}
}

// What is declared to be the same for every seed is.
func TestSameForEverySeed(t *testing.T) {
	l, err := setsOf(t, "sample/moons-noisy")[0].load(t.Context(), nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range All() {
		if !c.Same {
			continue
		}
		var first []int32
		for seed := range uint64(3) {
			a, err := c.options(3)
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Fit(t.Context(), l.x, cluster.Run{Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got.Labels
			} else if !slices.Equal(first, got.Labels) {
				t.Errorf("%s: other labels with seed %d", c.Name, seed)
			}
		}
	}
}

// publishedMethods are published partitions whose scores stand in the table: folder,
// column of the file, column of the table.
var publishedMethods = [][3]string{
	{"sklearn_kmeans", "sklearn_kmeans", "kmeans"},
	{"sklearn_gm", "sklearn_gm", "gmm"},
	{"fastcluster_ward", "fastcluster_ward", "ward"},
	{"fastcluster_average", "fastcluster_average", "average"},
	{"fastcluster_complete", "fastcluster_complete", "complete"},
	{"Genie", "Genie_G1.0", "single"},
	{"Genie", "Genie_G0.3", "genie0.3"},
	{"fcps_nonproj", "FCPS_PAM", "pam"},
	{"GenieIc", "GIc", "gic"},
	{"ITM", "ITM", "itm"},
}

// TestPublishedScores: the published partitions have, by our metrics and this package's
// convention, the published scores to their printed digits.
func TestPublishedScores(t *testing.T) { publishedScores(t, "fcps") }

func TestPublishedScoresOfAllBatteries(t *testing.T) {
	check.Long(t)
	publishedScores(t, "fcps", "graves", "uci", "wut")
}

func publishedScores(t *testing.T, batteries ...string) {
	f, err := os.Open(check.Data(t, PublishedFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := ReadPublished(f)
	if err != nil {
		t.Fatal(err)
	}
	root := check.Data(t, "battery")
	compared, off, undefined := 0, 0, 0
	for _, battery := range batteries {
		for _, s := range setsOf(t, battery) {
			var truth [][]int32
			for i := range s.Source.Files[1:] {
				l := gzipColumn(t, filepath.Join(root, s.Name+fmt.Sprintf(".labels%d.gz", i)), "")
				for j := range l {
					l[j]-- // 0 is noise
				}
				truth = append(truth, l)
			}
			for _, m := range publishedMethods {
				for ours, theirs := range publishedMetrics {
					best, found, before := math.Inf(-1), false, undefined
					for _, tr := range truth {
						path := filepath.Join(root, "published", m[0], fmt.Sprintf("%s.result%d.gz", s.Name, slices.Max(tr)+1))
						if _, err := os.Stat(path); err != nil {
							continue
						}
						labels := gzipColumn(t, path, m[1])
						k, _ := cluster.Canonical(labels)
						sc, err := metric(t, ours).New().Score(t.Context(), &eval.Input{C: &cluster.Clustering{Labels: labels, K: k}, Truth: []eval.Labelling{{Labels: tr}}})
						if err != nil {
							t.Fatal(err)
						}
						if !sc.Defined() { // fewer clusters than were asked for
							t.Logf("%s, %s of %s: %s", s.Name, theirs, m[2], sc.Reason)
							undefined++
							continue
						}
						best, found = max(best, sc.Value), true
					}
					want, ok := table[theirs][m[2]][s.Name]
					if !found && undefined > before {
						continue
					}
					if !found || !ok {
						t.Errorf("%s: no partition or score of %s", s.Name, m[2])
						continue
					}
					if undefined > before { // the best of the references may be one that is undefined here
						if best > want+PublishedDigit {
							t.Errorf("%s, %s of %s: %.6f from the partition, %.3f published", s.Name, theirs, m[2], best, want)
						}
						continue
					}
					compared++
					if math.Abs(best-want) > PublishedDigit {
						off++
						t.Errorf("%s, %s of %s: %.6f from the partition, %.3f published", s.Name, theirs, m[2], best, want)
					}
				}
			}
		}
	}
	t.Logf("%d published scores, %d of them not reproduced, %d undefined by our definition", compared, off, undefined)
	if compared < 9*2*len(publishedMethods)-9*len(batteries) {
		t.Errorf("%d scores compared", compared)
	}
}

// gzipColumn reads whole numbers: one a line, or the column of a table with a header.
func gzipColumn(t *testing.T, path, column string) []int32 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	recs, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(path, err)
	}
	at := 0
	if column != "" {
		if at = slices.Index(recs[0], column); at < 0 {
			t.Fatalf("%s has no column %s: %v", path, column, recs[0])
		}
		recs = recs[1:]
	}
	var out []int32
	for _, r := range recs {
		x, err := strconv.Atoi(strings.TrimSpace(r[at]))
		if err != nil {
			t.Fatal(path, err)
		}
		out = append(out, int32(x))
	}
	return out
}

func TestPublishedCompare(t *testing.T) {
	p, err := ReadPublished(strings.NewReader("battery,dataset,n,d,metric,kmeans,pam\nb,x,10,2,ari,0.500,\nb,y,10,2,ari,0.700,0.1\nc,z,10,2,ari,0.2,0.3\nb,x,10,2,nca,0.9,0.9\n"))
	if err != nil {
		t.Fatal(err)
	}
	tb := &Table{Sets: []string{"b/x", "b/y", "c/z", "d/w"}, Suites: []string{"b", "b", "c", "d"}, Contenders: []string{"kmeans", "kmedoids"}, Oracle: []bool{false, false}, Scores: [][]float64{{.5004, .4}, {.6, math.NaN()}, {.25, .3}, {1, 1}}}
	got := p.Compare(tb, Defaults(), "adjusted_rand")
	if len(got) != 5 {
		t.Fatalf("%+v", got)
	}
	if b := got[0]; b.Suite != "b" || b.Sets != 2 || math.Abs(b.Ours-.5502) > 1e-12 || math.Abs(b.Published-.6) > 1e-12 || b.On != "b/y" || math.Abs(b.Largest+.1) > 1e-12 || b.Within != 1 {
		t.Errorf("%+v", b)
	}
	if b := got[4]; b.Suite != "" || b.Contender != "kmedoids" || b.Sets != 1 || b.Within != 1 || b.Variant == "" {
		t.Errorf("%+v", b)
	}
	for want, text := range map[string]string{"must begin": "a,b\n", "line 2, column kmeans": "battery,dataset,n,d,metric,kmeans\nb,x,1,1,ari,good\n"} {
		if _, err := ReadPublished(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
