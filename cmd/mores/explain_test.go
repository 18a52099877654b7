package main

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/duck"
)

// explains checks the command on a finished study: every segment with its rule, effects,
// exemplars; the queries find in DuckDB whom the rules mean; wrong runs, segments and
// folders are refused in words.
func explains(t *testing.T, dir, km string) {
	t.Helper()
	m := lastJSON(t, ok(t, "explain", dir, "--run", km, "--json"))
	segments := m["segments"].([]any)
	k := len(segments)
	if m["n_clusters"] != float64(k) || k < 2 || len(m["trees"].([]any)) != 3 || len(m["descriptor_tests"].([]any)) < 3 {
		t.Fatalf("%v", m)
	}
	folder, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	x, err := folder.Set(m["set"].(string), "block")
	if err != nil {
		t.Fatal(err)
	}
	data, err := folder.RunData(km)
	if err != nil {
		t.Fatal(err)
	}
	// The report's rules, found again.
	o := eval.NewRuleOptions()
	o.Seed = 1
	rules, err := eval.ShortestRules(t.Context(), x.Raw, data.Labels, o)
	if err != nil {
		t.Fatal(err)
	}
	db := duckOf(t, "customers", x.Raw)
	for g, one := range segments {
		s := one.(map[string]any)
		sql, rule := s["sql"].(string), s["rule"].(map[string]any)
		if s["segment"] != float64(g+1) || s["name"] == "" || len(s["effects"].([]any)) == 0 || len(s["medoids"].([]any)) != 3 || len(s["boundary"].([]any)) != 3 {
			t.Errorf("segment %d: %v", g+1, s)
		}
		if f1 := rule["f1"].(map[string]any)["value"]; f1 != rules[g].F1.Value {
			t.Errorf("segment %d: F1 %v, found again %v", g+1, f1, rules[g].F1.Value)
		}
		sameMembers(t, db, sql, x.Raw, &rules[g])
	}
	text := string(ok(t, "explain", dir, "--run", km, "--segment", "2"))
	if !strings.Contains(text, "Segment 2:") || strings.Contains(text, "Segment 1:") || !strings.Contains(text, "F1") || !strings.Contains(text, "CART") {
		t.Errorf("%s", text)
	}
	queries := string(ok(t, "explain", dir, "--run", km, "--sql", "--table", `my"table`, "--dialect", "ansi"))
	if strings.Count(queries, `SELECT * FROM "my""table" WHERE `) != k {
		t.Errorf("%s", queries)
	}
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"has segments 1 to", exitUsage, []string{"explain", dir, "--run", km, "--segment", "99"}},
		{"runs that are done", exitUsage, []string{"explain", dir, "--run", "nobody"}},
		{"did you mean " + km, exitUsage, []string{"explain", dir, "--run", km[:15]}},
		{"duckdb", exitUsage, []string{"explain", dir, "--dialect", "duckbd"}},
		{"--table", exitUsage, []string{"explain", dir, "--sql", "--table="}},
		{"not a study", exitData, []string{"explain", t.TempDir()}},
		{"nowhere", exitData, []string{"explain", filepath.Join(dir, "nowhere")}},
	} {
		if code, _, msg := run(t, c.args...); code != c.code || !strings.Contains(msg, c.want) {
			t.Errorf("%q: exit %d, %s; want exit %d and %q", c.args, code, msg, c.code, c.want)
		}
	}
}

// duckOf puts a matrix into a table of a DuckDB; missing is NULL.
func duckOf(t *testing.T, table string, m *features.Matrix) *duck.DB {
	t.Helper()
	n, d := m.Dims()
	cols := []duck.Col{{Name: "row", Ints: make([]int64, n)}}
	for j := range d {
		c := duck.Col{Name: m.Cols[j].Name, Floats: make([]float64, n)}
		for i := range n {
			c.Floats[i] = m.Row(i)[j]
			cols[0].Ints[i] = int64(i)
		}
		cols = append(cols, c)
	}
	path := filepath.Join(t.TempDir(), "features.parquet")
	if err := duck.WriteParquet(path, cols, nil); err != nil {
		t.Fatal(err)
	}
	db, err := duck.Open(duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	quoted := `"` + strings.ReplaceAll(table, `"`, `""`) + `"`
	if err := db.Exec(t.Context(), "CREATE TABLE "+quoted+" AS SELECT * FROM read_parquet('"+path+"')"); err != nil {
		t.Fatal(err)
	}
	return db
}

// sameMembers compares the rows that a query finds with those that the rule holds for.
func sameMembers(t *testing.T, db *duck.DB, sql string, m *features.Matrix, r *eval.SegmentRule) {
	t.Helper()
	var got, want []int64
	_, err := db.Query(context.Background(), sql, func(b *duck.Batch) error {
		for i, v := range b.Ints(0) {
			if i < b.Rows() {
				got = append(got, v)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", sql, err)
		return
	}
	n, _ := m.Dims()
	for i := range n {
		if r.Holds(m.Row(i)) {
			want = append(want, int64(i))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s\nfinds %d rows, the rule %d", sql, len(got), len(want))
	}
}

// TestRuleQueriesInDuckDB: queries find the members to the last bit: bounds that are
// values of the data, decimals that no binary number is, directions at the ends of arcs,
// missing values, and names that would be SQL.
func TestRuleQueriesInDuckDB(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	cols := []features.Column{
		{Name: `x"; DROP TABLE "customers"; --`},
		{Name: "select"},
		{Name: "kind", Kind: features.Category},
		{Name: "line\nbreak '; --", Unit: "count"},
		{Name: "hour_cos", Kind: features.Angle},
		{Name: "hour_sin", Kind: features.Angle},
	}
	n := 3000
	m := features.NewMatrix(n, cols, nil)
	for i := range n {
		row := m.Row(i)
		row[0], row[1] = rng.NormFloat64()/3, math.Round(1000*rng.Float64())/1000
		row[2], row[3] = float64(rng.IntN(5)), float64(rng.IntN(9)-4)
		turn := rng.Float64()
		if i%2 == 0 {
			turn = float64(rng.IntN(48)) / 48
		}
		row[5], row[4] = math.Sincos(2 * math.Pi * turn)
		if i%3 == 0 {
			row[4], row[5] = 0.1*row[4], 0.1*row[5]
		}
		if i%101 == 0 {
			row[4], row[5] = 0, 0
		}
		if j := rng.IntN(12); j < 6 {
			row[j] = math.NaN()
		}
	}
	db := duckOf(t, `cust"omers`, m)
	for range 150 {
		at := rng.IntN(5)
		c := eval.RuleCondition{Test: eval.RuleBetween, Column: cols[at], At: at, Lo: math.Inf(-1), Hi: math.Inf(1)}
		a, b := m.Row(rng.IntN(n))[at], m.Row(rng.IntN(n))[at]
		switch {
		case at == 4:
			c.Test, c.Sin, c.SinAt = eval.RuleArc, cols[5], 5
			from := rng.IntN(24)
			c.Lo, c.Hi = float64(from)/24, float64((from+1+rng.IntN(23))%24)/24
		case math.IsNaN(a):
			c.Test = eval.RuleMissing
		case at == 2:
			c.Test, c.Lo = eval.RuleEquals, a
		case math.IsNaN(b) || a == b:
			c.Lo = a
		default:
			c.Lo, c.Hi = min(a, b), max(a, b)
		}
		if rng.IntN(8) == 0 && c.Test == eval.RuleBetween {
			c.Lo, c.Hi = math.Inf(-1), math.Inf(1)
		}
		other := eval.RuleCondition{Test: eval.RuleBetween, Column: cols[1], At: 1, Lo: 0.1, Hi: 0.30000000000000004 + rng.Float64()/2}
		r := &eval.SegmentRule{Conditions: []eval.RuleCondition{c}}
		if at != 1 {
			r.Conditions = append(r.Conditions, other)
		}
		sql, err := r.SQL(`cust"omers`, "duckdb")
		if err != nil {
			t.Fatal(err)
		}
		sameMembers(t, db, sql, m, r)
	}
	// Rules as they are found.
	labels := make([]int32, n)
	for i := range labels {
		if x := m.Row(i); x[0] > 0.05 && x[5] > 0 {
			labels[i] = 1
		}
	}
	o := eval.NewRuleOptions()
	o.Missing = true
	rules, err := eval.ShortestRules(t.Context(), m, labels, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rules {
		r := &rules[i]
		if r.Reason != "" {
			t.Fatal(r.Reason)
		}
		sql, err := r.SQL(`cust"omers`, "duckdb")
		if err != nil {
			t.Fatal(err)
		}
		sameMembers(t, db, sql, m, r)
		t.Logf("F1 %.3f: %s", r.F1.Value, sql)
	}
}
