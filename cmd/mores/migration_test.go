package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// migrationCSV reads a table of the folder as rows by column.
func migrationCSV(t *testing.T, path string) (out []map[string]string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(mustRead(t, path)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		m := map[string]string{}
		for j, h := range rows[0] {
			m[h] = r[j]
		}
		out = append(out, m)
	}
	return out
}

// A log, segmented anew each quarter: the causes add up in the file, too, and the tables
// say the same as each other.
func TestMigrationOfALog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	text := ok(t, "migration", "retail-sim", "--every", "quarter", "-k", "4", "-o", dir, "--from", "2024-07-01")
	for _, s := range []string{"known at both dates", "re-labelled", "Customers over time (share)", "Value over time", "Transitions from", "McNemar-Bowker", "wrote ", "sankey.png"} {
		if !strings.Contains(text, s) {
			t.Errorf("it does not say %q:\n%s", s, text)
		}
	}
	number := func(s string) float64 {
		if s == "" {
			return 0
		}
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	sizes := map[string]float64{}
	segments := migrationCSV(t, filepath.Join(dir, "migration.csv"))
	for _, r := range segments {
		sum := number(r["new"]) - number(r["left"]) + number(r["moved_in"]) - number(r["moved_out"]) + number(r["relabelled_in"]) - number(r["relabelled_out"])
		if sum != number(r["change"]) || number(r["after"])-number(r["before"]) != sum || r["event"] == "" && r["segment"] != "unassigned" {
			t.Errorf("causes add up to %g: %v", sum, r)
		}
		sizes[r["window_to"]] += number(r["after"])
	}
	if len(sizes) < 2 {
		t.Fatalf("%d dates", len(sizes))
	}
	moves := map[string]float64{}
	for _, r := range migrationCSV(t, filepath.Join(dir, "transitions.csv")) {
		if r["segment_to"] != "left" {
			moves[r["window_to"]] += number(r["customers"])
		}
	}
	if fmt.Sprint(moves) != fmt.Sprint(sizes) {
		t.Errorf("transitions %v, segments %v", moves, sizes)
	}
	why := map[string]int{}
	for _, r := range migrationCSV(t, filepath.Join(dir, "movers.csv")) {
		why[r["why"]]++
	}
	if why["new"] == 0 || why["moved"] == 0 || why["unknown"] != 0 {
		t.Errorf("movers %v", why)
	}
	for _, f := range []string{"behaviour.csv", "drift.csv", "sankey.svg", "sankey.png"} {
		if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
	// One model for all: nobody is re-labelled.
	m := lastJSON(t, ok(t, "migration", "retail-sim", "--every", "quarter", "--window", "180d", "--model", "first", "--json", "-q"))
	for _, s := range m["migration"].(map[string]any)["steps"].([]any) {
		for _, f := range s.(map[string]any)["flows"].([]any) {
			if f.(map[string]any)["relabelled"] != 0.0 {
				t.Errorf("re-labelled by the same model: %v", f)
			}
		}
	}
}

// Labellings: who moved is not told from who is called otherwise, and the report says so.
func TestMigrationOfLabellings(t *testing.T) {
	a, b := write(t, "spring.csv", spring), write(t, "autumn.csv", autumn)
	dir := t.TempDir()
	text := ok(t, "migration", a, b, "-o", dir)
	for _, s := range []string{"spring to autumn", "moved or re-labelled", "not separable", "merged", " as gold"} {
		if !strings.Contains(text, s) {
			t.Errorf("it does not say %q:\n%s", s, text)
		}
	}
	movers := string(mustRead(t, filepath.Join(dir, "movers.csv")))
	for _, s := range []string{"anna", "left", "zoe", "new", "c3", "unknown"} {
		if !strings.Contains(movers, s) {
			t.Errorf("movers lack %q:\n%s", s, movers)
		}
	}
}

// Two studies: their models label across.
func TestMigrationOfStudies(t *testing.T) {
	check.Long(t) // two studies with their reports
	dir := t.TempDir()
	var folders []string
	for _, day := range []string{"2024-07-01", "2024-10-01"} {
		file := write(t, "study.toml", strings.NewReplacer(
			"seed = 3", "seed = 3\nmetrics = [\"silhouette\"]", `name = "retail-sim"`, `name = "retail-sim"`+"\nwindow = [\"\", \""+day+"\"]", `"rfm", "rfm+interpurchase"`, `"rfm"`,
			"[[algorithm]]\nname = \"hierarchical\"\nn_clusters = [2, 4]\n", "", "[[algorithm]]\nname = \"dbscan\"\ncore = 0.9\nmin_samples = 10\n", "", "[2, 3, 4]", "4",
		).Replace(small))
		out := filepath.Join(dir, day)
		ok(t, "run", file, "-o", out, "-q")
		folders = append(folders, out)
	}
	text := ok(t, slices.Concat([]string{"migration"}, folders)...)
	if strings.Contains(text, "not separable") || !strings.Contains(text, "were re-labelled") || !strings.Contains(text, "2024-07-01 to 2024-10-01") {
		t.Error(text)
	}
}

func TestMigrationRefuses(t *testing.T) {
	a := write(t, "spring.csv", spring)
	for want, args := range map[string][]string{
		"two dates or more": {a},
		"takes models":      {a, a, "--match", "definition"},
		"--every":           {"retail-sim", "--every", "fortnight"},
		"no recipe":         {"retail-sim", "--every", "month", "--recipe", "rmf"},
		"did you mean":      {"retail-sim", "--every", "month", "--algorithm", "kmean"},
		"leaves":            {"retail-sim", "--every", "month", "--from", "2044-01-01"},
		"365d":              {"retail-sim", "--every", "month", "--window", "long"},
		"write key=value":   {"retail-sim", "--every", "month", "--option", "n_init"},
	} {
		code, _, talk := run(t, append([]string{"migration"}, args...)...)
		if code != exitUsage || !strings.Contains(talk, want) {
			t.Errorf("%v: exit %d, %s", args, code, talk)
		}
	}
}
