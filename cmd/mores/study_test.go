package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/internal/check"
)

// small is a study of the built-in sample that takes about a second.
const small = `schema = 1
name = "small"
seed = 3
[data]
name = "retail-sim"
[features]
sets = ["rfm", "rfm+interpurchase"]
[[algorithm]]
name = "kmeans"
n_clusters = [2, 3, 4]
[[algorithm]]
name = "hierarchical"
n_clusters = [2, 4]
[[algorithm]]
name = "dbscan"
core = 0.9
min_samples = 10
[evaluate]
judge = false
`

// smallStudy is the folder of the small study, computed once for the tests that only read
// it: what they write goes elsewhere.
func smallStudy(t *testing.T) string {
	t.Helper()
	smallOnce.Do(func() {
		dir, err := os.MkdirTemp("", "mores-small-")
		if err != nil {
			t.Fatal(err)
		}
		smallDir = dir
		ok(t, "run", write(t, "small.toml", small), "-o", filepath.Join(dir, "study"), "-q")
	})
	return filepath.Join(smallDir, "study")
}

var (
	smallOnce sync.Once
	smallDir  string
)

// TestStudy is the whole way: run, plot, report, predict, resume.
func TestStudy(t *testing.T) {
	file := write(t, "small.toml", small)
	dir := filepath.Join(t.TempDir(), "small")
	m := lastJSON(t, ok(t, "run", file, "-o", dir, "-q", "--json"))
	if m["runs"] != 12.0 || m["failed"] != 0.0 || m["best_run"] == "" {
		t.Fatalf("result: %v", m)
	}
	best := m["best_run"].(string)
	for _, f := range []string{
		"manifest.json", "journal.jsonl", "report.html", "report.md", "report.pdf", "slide.pdf", "ranking.csv",
		"tables/runs.parquet", "tables/runs.csv", "tables/assignments.parquet", "tables/profiles.csv", "tables/agreement.csv",
		"figures/map-paper.svg", "figures/heatmap-slide-16x9.png", "models/" + best + ".json",
	} {
		if s, err := os.Stat(filepath.Join(dir, f)); err != nil || s.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
	if lists, _ := filepath.Glob(filepath.Join(dir, "segments", "segment-*.csv")); len(lists) == 0 {
		t.Error("no lists of customers")
	}

	if !strings.Contains(string(mustRead(t, filepath.Join(dir, "tables", "runs.csv"))), "adjusted_rand") {
		t.Error("the sample's planted segments are no reference")
	}

	// A second run finds everything done and repeats nothing.
	before := mustRead(t, filepath.Join(dir, "journal.jsonl"))
	ok(t, "run", file, "-o", dir, "-q")
	if after := mustRead(t, filepath.Join(dir, "journal.jsonl")); strings.Count(string(after), `"run_done"`) != strings.Count(string(before), `"run_done"`) {
		t.Error("a finished study ran again")
	}
	// Another plan in the same folder is refused.
	other := write(t, "small.toml", strings.Replace(small, "[2, 3, 4]", "[2, 3, 5]", 1))
	if code, _, msg := run(t, "run", other, "-o", dir); code != exitResume {
		t.Errorf("another plan in the same folder: exit %d\n%s", code, msg)
	}

	// Every figure in every format, or a reason in words.
	for _, kind := range []string{"map", "silhouette", "score-k", "heatmap", "snake", "sizes"} {
		for _, ext := range []string{"svg", "png", "pdf", "csv"} {
			out := filepath.Join(dir, kind+"."+ext)
			ok(t, "plot", kind, dir, "-o", out)
			if s, err := os.Stat(out); err != nil || s.Size() < 100 {
				t.Errorf("%s: %v", out, err)
			}
		}
	}
	ward := runOf(t, dir, "hierarchical")
	ok(t, "plot", "dendrogram", dir, "--run", ward, "-o", filepath.Join(dir, "dendrogram.svg"))
	if code, _, msg := run(t, "plot", "dendrogram", dir, "--run", runOf(t, dir, "dbscan"), "-o", filepath.Join(dir, "no.svg")); code == 0 || !strings.Contains(msg, "tree") {
		t.Errorf("a dendrogram without a tree: exit %d, %s", code, msg)
	}

	explains(t, dir, runOf(t, dir, "kmeans"))

	// The model of each algorithm labels the training customers as the run did, or
	// states its agreement.
	for _, alg := range []string{"kmeans", "hierarchical", "dbscan"} {
		id := runOf(t, dir, alg)
		ok(t, "report", dir, "--run", id, "-q")
		out := filepath.Join(dir, alg+".csv")
		r := lastJSON(t, ok(t, "predict", filepath.Join(dir, "models", id+".json"), "retail-sim", "-o", out, "--json", "-q"))
		got, want := labelsOf(t, out, "id", "cluster", ""), labelsOf(t, filepath.Join(dir, "tables", "assignments.csv"), "customer_id", "cluster", id)
		same := 0
		for c, l := range want {
			if got[c] == l {
				same++
			}
		}
		share := float64(same) / float64(len(want))
		if exact := r["exact"] == true; exact && same != len(want) || !exact && share < r["agreement"].(float64)-1e-9 {
			t.Errorf("%s: %d of %d training customers keep their label; exact %v, agreement %v", alg, same, len(want), r["exact"], r["agreement"])
		}
	}
}

// TestStudyOfOwnFile writes a log, runs it without a study file, and runs the
// study file that came out of it: the same runs, found finished.
func TestStudyOfOwnFile(t *testing.T) {
	dir := t.TempDir()
	ok(t, "datasets", "make", "btyd", "-o", filepath.Join(dir, "orders.csv"), "--seed", "5")
	ok(t, "inspect", filepath.Join(dir, "orders.csv"), "-o", filepath.Join(dir, "orders.toml"))
	ok(t, "run", filepath.Join(dir, "orders.toml"), "--dry-run")
	m := lastJSON(t, ok(t, "run", filepath.Join(dir, "orders.csv"), "-o", filepath.Join(dir, "s"), "-q", "--json", "--no-judge"))
	n := m["runs"].(float64)
	again := lastJSON(t, ok(t, "run", filepath.Join(dir, "s", "study.toml"), "-q", "--json", "--no-judge"))
	if again["runs"] != n || n < 24 || again["dir"] != filepath.Join(dir, "s") {
		t.Errorf("study.toml: %v runs in %v, the file itself %v", again["runs"], again["dir"], n)
	}
	events := mustRead(t, filepath.Join(dir, "s", "journal.jsonl"))
	if got := strings.Count(string(events), `"event":"run_done"`) + strings.Count(string(events), `"event":"run_failed"`); got != int(n) {
		t.Errorf("%d ends of %v runs: some ran twice", got, n)
	}
}

// TestAsOf measures a log cut at a day and a file that ends there: equal bytes,
// returns and new items after it included.
func TestAsOf(t *testing.T) {
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole.csv"), filepath.Join(dir, "part.csv")
	ok(t, "datasets", "make", "retail-sim", "-o", whole)
	const day = "2024-09-01"
	lines := strings.SplitAfter(string(mustRead(t, whole)), "\n")
	var before []string
	for _, l := range lines[1:] {
		if f := strings.Split(l, ","); len(f) > 1 && f[1] < day {
			before = append(before, l)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
	if err := os.WriteFile(part, []byte(lines[0]+strings.Join(before, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	if len(before) < 1000 || len(before) > len(lines)-1000 {
		t.Fatalf("%d of %d lines before %s: the test would say nothing", len(before), len(lines), day)
	}
	recipe := "--recipe=rfm,interpurchase,timing,usage"
	ok(t, "features", whole, recipe, "--as-of", day, "-o", filepath.Join(dir, "a.csv"), "-q")
	ok(t, "features", part, recipe, "--as-of", day, "-o", filepath.Join(dir, "b.csv"), "-q")
	a, b := mustRead(t, filepath.Join(dir, "a.csv")), mustRead(t, filepath.Join(dir, "b.csv"))
	if !bytes.Equal(a, b) || bytes.Count(a, []byte("\n")) < 500 {
		t.Errorf("the matrix from the whole file (%d bytes) is not that from the cut and shuffled one (%d bytes)", len(a), len(b))
	}
}

// TestKill kills a study at random moments and takes it up again: what was finished
// is not repeated, and the end is that of an undisturbed run, whatever --jobs says.
func TestKill(t *testing.T) {
	name, kills := "retail-sim", 3
	if os.Getenv("MORES_LONG") == "1" {
		check.Data(t, "data/cdnow/CDNOW_sample.txt")
		name, kills = "cdnow-sample", 20
	}
	text := strings.Replace(small, "retail-sim", name, 1)
	file := write(t, "small.toml", text)
	base := t.TempDir()
	var want string
	var whole time.Duration
	for _, jobs := range []int{1, 3} {
		dir := filepath.Join(base, fmt.Sprint("jobs", jobs))
		t0 := time.Now()
		ok(t, "run", file, "-o", dir, "-q", "--jobs", strconv.Itoa(jobs))
		whole = time.Since(t0)
		got := canonical(t, dir)
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("--jobs %d gives another study", jobs)
		}
	}
	dir := filepath.Join(base, "killed")
	r := rand.New(rand.NewPCG(7, 7))
	killed := 0
	for range kills {
		cmd := exec.Command(os.Args[0], "run", file, "-o", dir, "-q")
		cmd.Env = append(os.Environ(), "MORES_MAIN=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.Float64() * float64(whole)))
		cmd.Process.Kill()
		var exit *exec.ExitError
		if errors.As(cmd.Wait(), &exit) {
			killed++
		}
		if killed > 0 && r.IntN(3) == 0 { // begin anew, so that every moment is met
			finish(t, file, dir, want)
			os.RemoveAll(dir)
		}
	}
	if killed == 0 {
		t.Fatal("no process was killed while it ran")
	}
	finish(t, file, dir, want)
}

func finish(t *testing.T, file, dir, want string) {
	t.Helper()
	ok(t, "run", file, "-o", dir, "-q")
	if got := canonical(t, dir); got != want {
		t.Fatal("a killed and resumed study differs from an undisturbed one")
	}
}

// canonical is what CONTRACT §5 calls equal: the labels, and the journal less
// seq, t, seconds, cpu_seconds, peak_bytes and crc, sorted by run.
func canonical(t *testing.T, dir string) string {
	t.Helper()
	f, err := ledger.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := f.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	done := map[string]int{}
	for _, e := range events {
		if e.Event == "run_done" {
			if done[e.Run]++; done[e.Run] > 1 {
				t.Fatalf("run %s is finished twice", e.Run)
			}
		}
		if e.Event == "study_start" || e.Event == "run_start" || e.Event == "warning" {
			continue // repeated by a resumed study
		}
		e.Seq, e.T, e.Seconds, e.SharedSeconds, e.CPUSeconds, e.PeakBytes, e.CRC = 0, "", 0, 0, 0, 0, ""
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b))
		if e.Event == "run_done" {
			d, err := f.RunData(e.Run)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(e.Run, d.Labels))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// runOf returns the first finished run of that algorithm.
func runOf(t *testing.T, dir, algorithm string) string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(mustRead(t, filepath.Join(dir, "tables", "runs.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	id, alg := slices.Index(rows[0], "run_id"), slices.Index(rows[0], "algorithm")
	for _, r := range rows[1:] {
		if r[alg] == algorithm {
			return r[id]
		}
	}
	t.Fatalf("no run of %s", algorithm)
	return ""
}

// labelsOf reads a column of labels by id; of one run, where run is given.
func labelsOf(t *testing.T, path, id, label, run string) map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(mustRead(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	i, l, r := slices.Index(rows[0], id), slices.Index(rows[0], label), slices.Index(rows[0], "run_id")
	out := map[string]string{}
	for _, row := range rows[1:] {
		if run == "" || row[r] == run {
			out[row[i]] = row[l]
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s: no labels", path)
	}
	return out
}

// TestTable studies a table of points with its reference labelling.
func TestTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	m := lastJSON(t, ok(t, "run", "blobs", "-o", dir, "-q", "--json", "--no-judge"))
	if m["failed"] != 0.0 {
		t.Fatalf("result: %v", m)
	}
	rows, err := csv.NewReader(bytes.NewReader(mustRead(t, filepath.Join(dir, "tables", "runs.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ari := slices.Index(rows[0], "adjusted_rand")
	if ari < 0 || slices.Index(rows[0], "silhouette") < 0 {
		t.Fatalf("columns %v: internal and external indices are expected", rows[0])
	}
	best := 0.0
	for _, r := range rows[1:] {
		if v, err := strconv.ParseFloat(r[ari], 64); err == nil {
			best = max(best, v)
		}
	}
	if best < 0.7 { // the default blobs overlap a little
		t.Errorf("the best run agrees with the generator's groups to %.3f only", best)
	}
}
