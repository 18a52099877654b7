package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestBench: a small benchmark end to end, its files, and again from its own results.
func TestBench(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	out := ok(t, "bench", "--algorithms", "kmeans,ward,hdbscan", "--seeds", "2", "-o", dir, "-q")
	for _, want := range []string{
		"13 data sets × 3 algorithms × 2 seeds", "Suites: sample (13)", "Told the reference's number of segments: kmeans, hierarchical ward", "Average ranks over 13 data sets",
		"1 (best)", "critical difference", "Nemenyi, α = 0.05", "Friedman: χ²", "Mean score by suite", "What it costs", "report: ",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	for name, begin := range map[string]string{
		"results.csv": "suite,set,", "ranks.csv": "contender,rank,sets,", "cd.svg": "<svg", "cd.pdf": "%PDF-", "cd.png": "\x89PNG", "pareto.svg": "<svg", "report.md": "# Benchmark",
	} {
		if got := mustRead(t, filepath.Join(dir, name)); !bytes.HasPrefix(got, []byte(begin)) {
			t.Errorf("%s begins with %.20q", name, got)
		}
	}
	report := string(mustRead(t, filepath.Join(dir, "report.md")))
	for _, want := range []string{"](cd.svg)", "](pareto.svg)", "rank 1 is the best", "## Scores by data set", "reachable"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no %q", want)
		}
	}
	// The same ranks from the file; another test and level without running anything.
	ranks := string(mustRead(t, filepath.Join(dir, "ranks.csv")))
	again := filepath.Join(t.TempDir(), "again")
	ok(t, "bench", "--from", filepath.Join(dir, "results.csv"), "-o", again, "-q")
	if got := string(mustRead(t, filepath.Join(again, "ranks.csv"))); got != ranks {
		t.Errorf("ranks from the file:\n%s\nbefore:\n%s", got, ranks)
	}
	m := lastJSON(t, ok(t, "bench", "--from", filepath.Join(dir, "results.csv"), "--posthoc", "wilcoxon-holm", "--alpha", "0.2", "--json", "-q"))
	if m["posthoc"] != "wilcoxon_holm" || m["alpha"] != 0.2 || m["cd"] != nil || m["sets"] != 13.0 {
		t.Errorf("%v", m)
	}
	m = lastJSON(t, ok(t, "bench", "--from", filepath.Join(dir, "ranks.csv"), "--json", "-q"))
	if m["posthoc"] != "nemenyi" || m["cd"] == nil || m["sets"] != 13.0 {
		t.Errorf("%v", m)
	}
}

// TestBenchDemsar: the printed ranks of the worked example of Demšar 2006 through the
// whole command give its printed numbers.
func TestBenchDemsar(t *testing.T) {
	f := write(t, "demsar.csv", "algorithm,rank,sets\nC4.5,3.143,14\nC4.5+m,2.000,14\nC4.5+cf,2.893,14\nC4.5+m+cf,1.964,14\n")
	dir := t.TempDir()
	m := lastJSON(t, ok(t, "bench", "--from", f, "--json", "-q", "-o", dir))
	for key, want := range map[string]float64{"chi2": 9.28, "f": 3.69, "cd": 1.25} {
		check.Close(t, key, m[key].(float64), want, 0.01)
	}
	if svg := string(mustRead(t, filepath.Join(dir, "cd.svg"))); !strings.Contains(svg, "CD\u00a0=\u00a01.25") {
		t.Error("the diagram does not say the critical difference")
	}
	m = lastJSON(t, ok(t, "bench", "--from", f, "--json", "-q", "--alpha", "0.1"))
	check.Close(t, "CD at .10", m["cd"].(float64), 1.12, 0.01)
	if g := m["groups"].([]any); len(g) != 2 { // only the best and C4.5 differ
		t.Errorf("groups at .10: %v", g)
	}
}

// TestBenchJSON: a line a run as it ends, flat, and the result last.
func TestBenchJSON(t *testing.T) {
	out := ok(t, "bench", "sample/moons", "sample/circles", "--algorithms", "ward,single", "--json", "-q")
	events := map[string]int{}
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(line, err)
		}
		events[m["event"].(string)]++
		if m["schema"] != 1.0 {
			t.Errorf("no schema: %s", line)
		}
		if m["event"] == "bench_row" {
			for _, key := range []string{"set", "contender", "params", "seed", "score", "seconds", "cpu_seconds", "peak_bytes", "n_clusters"} {
				if _, ok := m[key]; !ok {
					t.Errorf("no %s: %s", key, line)
				}
			}
		}
	}
	if events["bench_row"] != 4 || events["bench_rank"] != 2 || events["bench_cost"] != 2 || events["result"] != 1 {
		t.Errorf("%v", events)
	}
	// One data set: no ranks, and why.
	m := lastJSON(t, ok(t, "bench", "sample/moons", "--algorithms", "ward,single", "--json", "-q"))
	if !strings.Contains(m["reason"].(string), "two data sets or more") {
		t.Errorf("%v", m)
	}
}

// TestBenchWrong: each mistake has its exit code and says the way out.
func TestBenchWrong(t *testing.T) {
	for _, c := range []struct {
		args string
		exit int
		want string
	}{
		{"bench wutt", 2, "did you mean wut?"},
		{"bench --algorithms kmean", 2, "did you mean kmeans?"},
		{"bench --algorithms dbscan:epz=1", 2, "did you mean eps?"},
		{"bench --algorithms dbscan:eps", 2, "key=value"},
		{"bench --metric silhouette", 2, "does not compare with a reference"},
		{"bench --metric adjusted_rnd", 2, "did you mean adjusted_rand?"},
		{"bench --tune adjusted_rand", 2, "data and clustering alone"},
		{"bench --tune dbvc", 2, "did you mean dbcv?"},
		{"bench --alpha 5", 2, "between 0 and 1"},
		{"bench --seeds 0", 2, "one or more"},
		{"bench --posthoc tukey", 2, "nemenyi"},
		{"bench --published --metric vi", 2, "not of variation_of_information"},
		{"bench wut --from x.csv", 2, "--from runs nothing"},
		{"bench --from nowhere.csv", 5, "no such file"},
	} {
		code, _, talk := run(t, strings.Fields(c.args)...)
		if code != c.exit || !strings.Contains(talk, c.want) {
			t.Errorf("%s: exit %d, want %d: %s", c.args, code, c.exit, talk)
		}
	}
	t.Setenv("MORES_DATA", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	code, _, talk := run(t, "bench", "wut", "fcps")
	for _, want := range []string{"31 data sets are not on this machine", "mores datasets fetch wut", "export MORES_DATA=", "battery/wut", "mores bench sample"} {
		if code != 5 || !strings.Contains(talk, want) {
			t.Errorf("exit %d, no %q: %s", code, want, talk)
		}
	}
	code, _, talk = run(t, "bench", "sample/moons", "sample/blobs", "--algorithms", "ward,single", "--published", "-q")
	if code != 5 || !strings.Contains(talk, "published_scores.csv") {
		t.Errorf("exit %d: %s", code, talk)
	}
	if code, _, talk := run(t, "bench", "--from", write(t, "x.csv", "a,b\n1,2\n")); code != 3 || !strings.Contains(talk, "need set, algorithm and score") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

// TestBenchFailures: a run that fails is said, and the exit code says that there was one;
// what the time did not suffice for is a row with that reason.
func TestBenchFailures(t *testing.T) {
	code, out, _ := run(t, "bench", "sample/moons", "sample/circles", "--algorithms", "ward,average", "--max-mem", "1MB", "-q")
	if code != exitFindings || !strings.Contains(out, "Failed and left out") || !strings.Contains(out, "of memory") {
		t.Errorf("exit %d: %s", code, out)
	}
	for _, limit := range []string{"1ns", "300ms"} { // nothing, and a part
		code, out, talk := run(t, "bench", "--algorithms", "ward,affinity", "--max-time", limit, "-q")
		if code != exitFindings || !strings.Contains(out, "The time was over") {
			t.Errorf("%s: exit %d: %s%s", limit, code, out, talk)
		}
	}
	if code, _, talk := run(t, "bench", "--dry-run"); code != 0 || !strings.Contains(talk, "would run 17 algorithms on 13 data sets") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

// TestBenchPublished: on one battery, deterministic algorithms reproduce the published
// scores to their printed digits.
func TestBenchPublished(t *testing.T) {
	check.Data(t, "battery/published_scores.csv")
	out := ok(t, "bench", "fcps", "--algorithms", "ward,complete,genie", "--published", "--json", "-q")
	seen := 0
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m["event"] == "bench_published" {
			seen++
			if m["sets"] != 9.0 || m["within"] != 9.0 {
				t.Errorf("%s", line)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d comparisons", seen)
	}
}
