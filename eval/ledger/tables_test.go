package ledger

import (
	"context"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/check"
)

func readCSV(t testing.TB, path string) (head []string, rows []map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, k := range all[0] {
			m[k] = r[i]
		}
		rows = append(rows, m)
	}
	return all[0], rows
}

// tableEssence writes a study's tables and returns the CSV files without what may
// differ between equal studies.
func tableEssence(t testing.TB, dir string) map[string]string {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "tables")
	if err := WriteTables(context.Background(), f, out); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range []string{"assignments", "runs", "profiles", "agreement"} {
		head, rows := readCSV(t, filepath.Join(out, name+".csv"))
		var b strings.Builder
		for _, r := range rows {
			for _, k := range head {
				if !slices.Contains(volatile, k) {
					b.WriteString(r[k] + "|")
				}
			}
			b.WriteByte('\n')
		}
		all[name] = b.String()
	}
	return all
}

func TestTablesSayWhatTheStudySays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	finishSmall(t, dir, 2)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "tables")
	if err := WriteTables(context.Background(), f, out); err != nil {
		t.Fatal(err)
	}
	st := fold(t, f)
	head, runs := readCSV(t, filepath.Join(out, "runs.csv"))
	for _, k := range []string{"run_id", "algorithm", "params", "param_n_clusters", "param_eps", "scaling", "seed", "n", "k", "noise_share", "silhouette", "silhouette_lo", "silhouette_hi", "seconds", "peak_bytes", "status", "reason"} {
		if !slices.Contains(head, k) {
			t.Errorf("runs lacks %s", k)
		}
	}
	if len(runs) != smallRuns {
		t.Fatalf("%d runs", len(runs))
	}
	for i, row := range runs {
		r := st.Run(row["run_id"])
		if i > 0 && runs[i-1]["run_id"] >= row["run_id"] {
			t.Error("runs are not sorted")
		}
		v, ok, reason := r.Value("silhouette")
		switch {
		case r.Status == "failed":
			if row["status"] != "failed" || row["reason"] == "" || row["k"] != "" || row["silhouette"] != "" {
				t.Errorf("failed run: %v", row)
			}
		case ok:
			if got, _ := strconv.ParseFloat(row["silhouette"], 64); got != v {
				t.Errorf("silhouette %q, want %v", row["silhouette"], v)
			}
		case row["silhouette"] != "" || row["silhouette_reason"] != reason:
			t.Errorf("undefined silhouette: %q %q", row["silhouette"], row["silhouette_reason"])
		}
	}
	_, asg := readCSV(t, filepath.Join(out, "assignments.csv"))
	if len(asg) != 240*len(st.DoneRuns()) {
		t.Fatalf("%d assignments", len(asg))
	}
	for i, row := range asg {
		d, err := f.RunData(row["run_id"])
		if err != nil {
			t.Fatal(err)
		}
		c, _ := strconv.Atoi(row["cluster"])
		if int32(c) != d.Labels[i%240] || len(row["customer_id"]) != 3 || (row["is_noise"] == "true") != (c < 0) || (row["cluster_name"] == study.Unassigned) != (c < 0) {
			t.Fatalf("assignment %d: %v", i, row)
		}
		if i > 3000 {
			break
		}
	}
	// A centre is at distance 0 from nobody in particular, but the mean of a cluster's
	// squared distances times its size sums up to the inertia.
	for _, r := range st.DoneRuns() {
		if r.Start.Algorithm != "kmeans" {
			continue
		}
		sum := 0.0
		for _, row := range asg {
			if row["run_id"] == r.ID {
				x, err := strconv.ParseFloat(row["distance_to_center"], 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += x * x
			}
		}
		check.Close(t, "inertia of "+r.ID, sum, *r.Done.Objective, 1e-9)
	}
	_, prof := readCSV(t, filepath.Join(out, "profiles.csv"))
	want := 0
	for _, r := range st.DoneRuns() {
		want += 3 * r.Done.NClusters
		if r.Done.NNoise > 0 {
			want += 3
		}
	}
	if len(prof) != want {
		t.Errorf("%d profile rows, want %d", len(prof), want)
	}
	_, agr := readCSV(t, filepath.Join(out, "agreement.csv"))
	n := len(st.DoneRuns())
	if len(agr) != n*(n-1)/2 {
		t.Errorf("%d pairs of %d runs", len(agr), n)
	}
	ari, err := eval.Lookup("adjusted_rand")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range agr[:20] {
		a, _ := f.RunData(row["run_a"])
		b, _ := f.RunData(row["run_b"])
		s, err := ari.New().Score(context.Background(), &eval.Input{
			C: &cluster.Clustering{Labels: fillNoise(b.Labels)}, Truth: []eval.Labelling{{Labels: fillNoise(a.Labels)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := strconv.ParseFloat(row["ari"], 64)
		check.Close(t, "ARI of a pair", got, s.Value, 1e-12)
	}
}

func TestAssignmentsInParts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	newTiny(t).finish(dir)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	old := partRows
	defer func() { partRows = old }()
	partRows = 100
	out := filepath.Join(dir, "tables")
	for range 2 { // the second time over the first
		if err := WriteTables(context.Background(), f, out); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := filepath.Glob(filepath.Join(out, "assignments.parquet", "*.parquet"))
	if err != nil || len(parts) != 2 {
		t.Errorf("parts %v, %v", parts, err)
	}
}

// TestAgree compares with values worked out by hand: a = {0,1,2,3}{4,5},
// b = {0,1}{2,3}{4,5}. Pairs together in both: 1+1+1 = 3; in a: 6+1 = 7; in b: 3;
// of 15. Expected 7·3/15 = 1.4; ARI = (3−1.4)/((7+3)/2−1.4) = 1.6/3.6. VI: b splits
// the first segment of a in half: (4/6)·ln 2.
func TestAgree(t *testing.T) {
	a, b := []int32{0, 0, 0, 0, 1, 1}, []int32{0, 0, 1, 1, 2, 2}
	ari, vi := agree(a, b)
	check.Close(t, "ARI", ari, 1.6/3.6, 1e-14)
	check.Close(t, "VI", vi, 4.0/6*math.Ln2, 1e-14)
	if ari, vi := agree(a, a); ari != 1 || vi != 0 {
		t.Errorf("with itself: %v %v", ari, vi)
	}
	one := make([]int32, 6)
	if ari, vi := agree(one, one); ari != 1 || vi != 0 {
		t.Errorf("one segment: %v %v", ari, vi)
	}
	if got := fillNoise([]int32{-1, 0, 1, -1}); !slices.Equal(got, []int32{2, 0, 1, 2}) {
		t.Errorf("noise became %v", got)
	}
	// Very many clusters take the other way to the same numbers.
	rng := rand.New(rand.NewPCG(1, 1))
	x, y := make([]int32, 500), make([]int32, 500)
	for i := range x {
		x[i], y[i] = int32(rng.IntN(400)), int32(rng.IntN(400))
	}
	var fast, slow []int
	cells(x, y, 400, 400, func(i, j, c int) { slow = append(slow, i, j, c) })
	table := map[[2]int]int{}
	for i := range x {
		table[[2]int{int(x[i]), int(y[i])}]++
	}
	for i := range 400 {
		for j := range 400 {
			if c := table[[2]int{i, j}]; c > 0 {
				fast = append(fast, i, j, c)
			}
		}
	}
	if !slices.Equal(fast, slow) {
		t.Error("cells of many clusters differ")
	}
}

func TestEmptyStudyHasTables(t *testing.T) {
	m := study.NewMemory()
	if err := m.Append(study.Event{Event: study.StudyStart, Study: "none yet"}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := WriteTables(context.Background(), m, dir); err != nil {
		t.Fatal(err)
	}
	head, rows := readCSV(t, filepath.Join(dir, "assignments.csv"))
	if len(head) != 9 || len(rows) != 0 {
		t.Errorf("%v, %d rows", head, len(rows))
	}
}
