package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// childDir makes the test binary a process that does one study and ends: what the
// tests kill.
const childDir = "MORES_LEDGER_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(dir string) error {
	s := smallStudy(2)
	if os.Getenv(childDir+"_JUDGE") != "" {
		s = judgedTable()
	}
	f, err := Create(dir, s)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Println("locked")
	if os.Getenv(childDir+"_HOLD") != "" {
		time.Sleep(time.Minute) // until it is killed
	}
	return s.Run(context.Background(), f)
}

// smallStudy has 24 runs on 240 rows in four groups; one of them always fails.
func smallStudy(workers int) *study.Study {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 240
	x := features.NewMatrix(n, []features.Column{
		{Name: "recency", Unit: "days", Doc: "d", Block: "t"},
		{Name: "spend", Unit: "money", Doc: "d", Block: "t"},
		{Name: "visits", Unit: "count", Doc: "d", Block: "t"},
	}, nil)
	truth := make([]int32, n)
	for i := range n {
		truth[i] = int32(i % 4)
		for j := range 3 {
			x.Row(i)[j] = 20 + 6*float64(i%4)*float64(1+j%2) + rng.NormFloat64()
		}
		x.IDs = append(x.IDs, fmt.Sprintf("%03d", i))
	}
	s := &study.Study{
		Name: "small", Table: x, Scales: []string{"none", "zscore"}, Seed: 11, Workers: workers, Seeds: 1,
		Truth: []eval.Labelling{{Name: "planted", Labels: truth}},
	}
	km, err := cluster.Lookup("kmeans")
	if err != nil {
		panic(err)
	}
	for k := 2; k <= 10; k++ {
		a := km.New().(*cluster.KMeans)
		a.NClusters = k
		s.Cells = append(s.Cells, study.Cell{Method: km, Algorithm: a})
	}
	a := km.New().(*cluster.KMeans)
	a.NClusters = n + 1 // refused: more clusters than rows
	s.Cells = append(s.Cells, study.Cell{Method: km, Algorithm: a})
	db, err := cluster.Lookup("dbscan")
	if err != nil {
		panic(err)
	}
	for _, q := range []float64{0.5, 0.9} {
		s.Cells = append(s.Cells, study.Cell{Method: db, Algorithm: db.New(), Choice: study.CoreShare(q)})
	}
	return s
}

const smallRuns = 24

const judgedRuns = 4

// judgedTable is four runs on a third of those rows, and a judgement that takes longer
// than they do.
func judgedTable() *study.Study {
	s := smallStudy(2)
	rows := make([]int, 80)
	ids := make([]string, len(rows))
	for i := range rows {
		rows[i], ids[i] = i, s.Table.IDs[i]
	}
	s.Table = s.Table.Pick(rows)
	s.Table.IDs = ids
	s.Name, s.Truth, s.Scales, s.Cells = "judged", nil, s.Scales[:1], s.Cells[1:5]
	s.Judge = study.NewJudge()
	s.Judge.Structure.Alpha, s.Judge.Structure.Draws, s.Judge.Structure.Pilot = 0.05, 19, 5
	return s
}

// finishSmall does the small study in dir.
func finishSmall(t testing.TB, dir string, workers int) {
	t.Helper()
	f, err := Create(dir, smallStudy(workers))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := smallStudy(workers).Run(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// volatile are the fields in which equal studies may differ.
var volatile = []string{"seq", "t", "seconds", "cpu_seconds", "shared_seconds", "peak_bytes", "crc"}

// essence is a study folder without what may differ: journal lines by run, and the
// arrays of its sets and runs byte by byte.
func essence(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	b, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range bytes.Lines(b) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		for _, k := range volatile {
			delete(m, k)
		}
		run, _ := m["run"].(string)
		s, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, run+" "+string(s))
	}
	slices.Sort(lines)
	out["journal"] = strings.Join(lines, "\n")
	for _, sub := range []string{"runs", "sets", "trees"} {
		err := filepath.WalkDir(filepath.Join(dir, sub), func(p string, d os.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() || strings.HasSuffix(p, ".tmp") {
				return err
			}
			b, err := os.ReadFile(p)
			rel, _ := filepath.Rel(dir, p)
			out[rel] = string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func sameEssence(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	for k, w := range want {
		if g, ok := got[k]; !ok {
			t.Errorf("%s: %s is not there", what, k)
		} else if g != w {
			if k == "journal" {
				t.Errorf("%s: journals differ:\n%s", what, diff(g, w))
			} else {
				t.Errorf("%s: %s differs", what, k)
			}
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("%s: %s should not be there", what, k)
		}
	}
}

// diff shows the first lines that only one side has.
func diff(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	var out []string
	for _, l := range g {
		if !slices.Contains(w, l) {
			out = append(out, "+ "+l)
		}
	}
	for _, l := range w {
		if !slices.Contains(g, l) {
			out = append(out, "- "+l)
		}
	}
	if len(out) == 0 {
		return fmt.Sprintf("%d lines for %d, some of them twice", len(g), len(w))
	}
	return strings.Join(out[:min(len(out), 8)], "\n")
}

func fold(t testing.TB, r study.Reader) *study.State {
	t.Helper()
	es, err := r.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	s := &study.State{}
	s.Fold(es...)
	return s
}

// tinyStudy has two runs: enough to pass every operation on files once.
type tinyStudy struct {
	t testing.TB
	s *study.Study
}

func newTiny(t testing.TB) *tinyStudy {
	s := smallStudy(1)
	s.Scales, s.Cells = s.Scales[:1], []study.Cell{s.Cells[0], s.Cells[len(s.Cells)-1]}
	return &tinyStudy{t, s}
}

func (s *tinyStudy) finish(dir string) {
	s.t.Helper()
	f, err := Create(dir, s.s)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := s.s.Run(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// doneIn lists the runs that a folder's journal calls finished.
func doneIn(t testing.TB, dir string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	if _, err := os.Stat(filepath.Join(dir, "journal.jsonl")); err != nil {
		return out
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range fold(t, r).Runs {
		if run.Status != "running" {
			out[run.ID] = true
		}
	}
	return out
}

// fixture is the study of testdata/study-schema1: twelve rows in three groups.
func fixture() *study.Study {
	x := features.NewMatrix(12, []features.Column{
		{Name: "recency", Unit: "days", Doc: "d", Block: "t"}, {Name: "spend", Unit: "money", Doc: "d", Block: "t"},
	}, nil)
	for i := range 12 {
		x.Row(i)[0], x.Row(i)[1] = float64(10*(i%3)+i/3), float64(5*(i%3)-i/3)
		x.IDs = append(x.IDs, fmt.Sprintf("k%02d", i))
	}
	s := smallStudy(1)
	s.Name, s.Table, s.Truth, s.Scales = "fixture", x, nil, []string{"none"}
	km, db := s.Cells[1], s.Cells[len(s.Cells)-1]
	a := km.Algorithm.(*cluster.KMeans)
	a.NClusters = 3
	db.Algorithm.(*cluster.DBSCAN).MinSamples = 3
	s.Cells = []study.Cell{km, db}
	return s
}
