package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Spring's segments are words, autumn's numbers: gold goes on as 0, silver as 1, bronze
// ends. Anna and Zoe are in one file each.
const (
	spring = "id,cluster\nc1,gold\nc2,gold\nc3,gold\nc4,silver\nc5,silver\nc6,bronze\nc7,noise\nanna,gold\n"
	autumn = "segment,id,cluster\nx,c7,-1\nx,c6,1\nx,c5,1\nx,c4,1\nx,c3,1\nx,c2,0.0\nx,c1,0\nx,zoe,2\n"
)

func TestCompare(t *testing.T) {
	a, b := write(t, "spring.csv", spring), write(t, "autumn.csv", autumn)
	out := filepath.Join(t.TempDir(), "moved.csv")
	code, text, talk := run(t, "compare", a, b, "-o", out)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, talk)
	}
	if got, want := string(mustRead(t, out)), "id,a,b,moved\nc1,gold,0,0\nc2,gold,0,0\nc3,gold,1,1\nc4,silver,1,0\nc5,silver,1,0\nc6,bronze,1,1\nc7,-1,-1,0\n"; got != want {
		t.Errorf("wrote\n%s", got)
	}
	for _, s := range []string{"7 rows are in all", "5 rows (71.4 %)", "2 (28.6 %) moved", "unassigned", "1 row  from gold to 1", "1 row  from bronze to 1", "ends"} {
		if !strings.Contains(text, s) {
			t.Errorf("it does not say %q:\n%s", s, text)
		}
	}
	for _, s := range []string{`1 of the 8 rows of ` + a, `"anna"`, `1 of the 8 rows of ` + b, `"zoe"`} {
		if !strings.Contains(talk, s) {
			t.Errorf("what was left out is not counted aloud: no %q in\n%s", s, talk)
		}
	}
	m := lastJSON(t, ok(t, "compare", a, b, "--json", "-q"))
	// Pairs of rows: 2 together in both, 4 in a, 7 in b, of 21.
	if ari := (2 - 4*7.0/21) / (5.5 - 4*7.0/21); m["n"] != 7.0 || m["moved"] != 2.0 || m["stayed"] != 5.0 || math.Abs(m["ari"].(float64)-ari) > 1e-12 {
		t.Errorf("result %v, want ARI %g", m, ari)
	}
	if got := fmt.Sprint(m["clusters_a"], m["clusters_b"], m["counts"], m["left_out"], m["n_noise"]); got != "[bronze gold silver] [0 1] [[0 1 0] [2 1 0] [0 2 0] [0 0 1]] [1 1] [1 1]" {
		t.Errorf("result: %s", got)
	}
	if c := m["continues_as"].([]any); c[0] != nil || c[1] != "0" || c[2] != "1" {
		t.Errorf("continues as %v", c)
	}
	// A labelling and itself, on stdout.
	if got := ok(t, "compare", a, a, "-o", "-"); strings.Contains(got, ",1\n") || strings.Count(got, "\n") != 9 {
		t.Errorf("it moved from itself:\n%s", got)
	}
}

// TestCompareMany: the matrix has similar ones side by side; a consensus goes between.
func TestCompareMany(t *testing.T) {
	var files []string
	for i, labels := range []string{"00001111", "01230123", "00002233", "00001112"} {
		var b strings.Builder
		b.WriteString("id,cluster\n")
		for j, l := range labels {
			fmt.Fprintf(&b, "%d,%c\n", j, l)
		}
		files = append(files, write(t, fmt.Sprint(i, ".csv"), b.String()))
	}
	out := filepath.Join(t.TempDir(), "all.csv")
	m := lastJSON(t, ok(t, slices.Concat([]string{"compare"}, files, []string{"--consensus", "2", "-o", out, "--json"})...))
	if order := fmt.Sprint(m["order"]); order != "[1 2 0 3]" {
		t.Errorf("order %s", order)
	}
	if fmt.Sprint(m["moved_from_first"]) != "[6 2 1]" || m["consensus_clusters"] != 2.0 {
		t.Errorf("result %v", m)
	}
	if got := string(mustRead(t, out)); !strings.HasPrefix(got, "id,a,b,c,d,moved,consensus,support\n0,0,0,0,0,") || strings.Count(got, "\n") != 9 {
		t.Errorf("wrote\n%s", got)
	}
	text := ok(t, slices.Concat([]string{"compare"}, files, []string{"--consensus", "auto"})...)
	for _, s := range []string{"a to b: poor", "a to d: moderate", "Consensus:", "–"} {
		if !strings.Contains(text, s) {
			t.Errorf("it does not say %q:\n%s", s, text)
		}
	}
}

// TestCompareStudy: a study's recommended run, one of its runs by name, and the file of
// that run's assignments are the same labelling.
func TestCompareStudy(t *testing.T) {
	dir := smallStudy(t)
	m := lastJSON(t, ok(t, "explain", dir, "--json"))
	best := m["run"].(string)
	byName := filepath.Join(dir, "runs", best)
	m = lastJSON(t, ok(t, "compare", dir, byName, "--json"))
	if m["a"] != byName || m["b"] != byName || m["moved"] != 0.0 || m["ari"] != 1.0 || m["vi"] != 0.0 {
		t.Errorf("result %v", m)
	}
	var lines []string
	for id, l := range labelsOf(t, filepath.Join(dir, "tables", "assignments.csv"), "customer_id", "cluster", best) {
		lines = append(lines, fmt.Sprint(id, ",", l))
	}
	file := write(t, "best.csv", "customer,segment\n"+strings.Join(lines, "\n")+"\n")
	m = lastJSON(t, ok(t, "compare", file, dir, "--id", "customer", "--column", "segment", "--json"))
	if m["n"] != float64(len(lines)) || m["moved"] != 0.0 || fmt.Sprint(m["left_out"]) != "[0 0]" {
		t.Errorf("result %v", m)
	}
	if code, _, msg := run(t, "compare", dir, filepath.Join(dir, "runs", "0123456789abcdef")); code == 0 || !strings.Contains(msg, "0123456789abcdef") {
		t.Errorf("no such run: exit %d, %s", code, msg)
	}
}

func TestCompareWrong(t *testing.T) {
	good := write(t, "good.csv", spring)
	for _, c := range []struct {
		name string
		args []string
		exit int
		say  []string
	}{
		{"one labelling", []string{good}, exitUsage, []string{"two labellings", "OTHER.csv"}},
		{"no file", []string{good, "nowhere.csv"}, exitIO, []string{"nowhere.csv"}},
		{"empty", []string{good, write(t, "empty.csv", "")}, exitData, []string{"empty.csv is empty", "id,cluster"}},
		{"header only", []string{good, write(t, "head.csv", "id,cluster\n")}, exitData, []string{"head.csv", "no rows"}},
		{"no id", []string{good, write(t, "noid.csv", "customer,cluster\na,1\n")}, exitData, []string{"D004", "noid.csv, line 1", `"id"`, "customer, cluster", "--id"}},
		{"no cluster", []string{good, good, "--column", "clutser"}, exitData, []string{"D004", `"clutser"`, "did you mean cluster", "--column"}},
		{"an id twice", []string{good, write(t, "twice.csv", "id,cluster\na,1\nb,2\na,1\n")}, exitData, []string{"D011", "twice.csv, line 4", `"a"`, "line 2", "--id"}},
		{"ragged", []string{good, write(t, "ragged.csv", "id,cluster\na,1\nb\n")}, exitData, []string{"D005", "ragged.csv, line 3"}},
		{"nothing in common", []string{good, write(t, "other.csv", "id,cluster\n1,0\n2,0\n")}, exitData, []string{`"c1"`, `"1"`, "--id"}},
		{"no study", []string{good, t.TempDir()}, exitData, []string{"manifest", "id,cluster"}},
		{"no number", []string{good, good, "--consensus", "many"}, exitUsage, []string{"many", "auto"}},
		{"too many segments", []string{good, good, "--consensus", "9"}, exitData, []string{"k = 9", "3 groups"}},
		{"output folder missing", []string{good, good, "-o", filepath.Join(t.TempDir(), "absent", "moved.csv")}, exitIO, []string{"absent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"compare"}, c.args...)
			code, out, msg := run(t, args...)
			if code != c.exit || out != "" {
				t.Errorf("exit %d, want %d\n%s%s", code, c.exit, out, msg)
			}
			for _, s := range c.say {
				if !strings.Contains(msg, s) {
					t.Errorf("the message does not name %q:\n%s", s, msg)
				}
			}
			code, out, _ = run(t, append(args, "--json")...)
			if m := lastJSON(t, out); code != c.exit || m["ok"] != false || m["error"] == "" {
				t.Errorf("--json: exit %d, %v", code, m)
			}
		})
	}
	if code, _, msg := run(t, "compare", good, good, "-o", "-", "--json"); code != exitUsage || !strings.Contains(msg, "stdout") {
		t.Errorf("two on stdout: exit %d, %s", code, msg)
	}
	if code, out, msg := run(t, "compare", good, good, "--dry-run"); code != 0 || out != "" || !strings.Contains(msg, "8 rows") {
		t.Errorf("a dry run: exit %d, %s%s", code, out, msg)
	}
}
