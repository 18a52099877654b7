package study_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// plainLines writes a journal's events without what may differ between equal studies.
func plainLines(t testing.TB, r study.Reader) string {
	t.Helper()
	es, err := r.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		e.Seq, e.T, e.Seconds, e.CPUSeconds, e.SharedSeconds, e.PeakBytes, e.CRC = 0, "", 0, 0, 0, 0, ""
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return strings.Join(out, "\n")
}

func TestDefaultStudyDoesNotDependOnWorkersOrShards(t *testing.T) {
	want := ""
	for i, workers := range []int{1, 2, 3} {
		log := shop(t)
		if workers > 1 {
			log = log.Reshard(workers)
		}
		s, err := study.Default(log)
		if err != nil {
			t.Fatal(err)
		}
		s.Workers, s.Judge = workers, nil // judging has its own test
		st, m := run(t, s)
		got := plainLines(t, m)
		if i > 0 {
			if got != want {
				t.Fatalf("%d workers give another journal", workers)
			}
			continue
		}
		want = got
		checkDefault(t, st, m)
	}
}

// checkDefault looks at what the default study promises.
func checkDefault(t *testing.T, st *study.State, m *study.Memory) {
	if len(st.Study.Sets) != 3 || st.Study.Sets[1].Name != "rfm+interpurchase+timing+usage" || st.Study.Sets[2].Name != "behavioural-v1" {
		t.Fatalf("feature sets %+v", st.Study.Sets)
	}
	trees := map[string]*cluster.Tree{}
	settings := map[string]int{}
	for _, r := range st.Runs {
		if r.Status != "done" {
			t.Errorf("%s failed: %s", r.Start.Algorithm, r.Done.Reason)
		}
		settings[r.Start.Set+" "+r.Start.Algorithm]++
		d, err := m.RunData(r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if r.Start.Algorithm == "hierarchical" {
			if old := trees[r.Start.Set]; old != nil && old != d.Tree {
				t.Errorf("%s has more than one tree", r.Start.Set)
			}
			trees[r.Start.Set] = d.Tree
		}
	}
	if len(settings) != 15 {
		t.Errorf("settings %v", settings)
	}
	for k, n := range settings {
		if n != 8 {
			t.Errorf("%s has %d settings", k, n)
		}
	}
	// Every customer is clustered, or in a stratum: in each set they add up.
	for _, b := range st.Study.Sets {
		n, value := 0, 0.0
		for _, s := range b.Strata {
			n += s.Customers
			value += *s.ValueShare
		}
		if n != st.Study.Data.Customers || value < 0.999999 || value > 1.000001 {
			t.Errorf("%s: strata hold %d of %d customers and %.3f of the value", b.Name, n, st.Study.Data.Customers, value)
		}
	}
	if !st.Study.Data.Simulated {
		t.Error("a simulated log does not say so")
	}
}

// TestDefaultStudyAdaptsToTheLog: a log of customers and days only.
func TestDefaultStudyAdaptsToTheLog(t *testing.T) {
	b := datasets.NewBuilder(datasets.Meta{Name: "bare", Resolution: datasets.Day})
	const day = 86_400_000_000
	for i := range 60 {
		for k := range 2 + i%7 {
			b.Add(datasets.Event{Customer: string(rune('A'+i/26)) + string(rune('A'+i%26)), Time: int64(10_000+i%11+k*(1+i%5)) * day})
		}
	}
	log := b.Log()
	s, err := study.Default(log)
	if err != nil {
		t.Fatal(err)
	}
	var sets []string
	for _, r := range s.Recipes {
		sets = append(sets, r.Name)
	}
	if len(sets) == 0 || sets[0] != "rfm" {
		t.Fatalf("sets %v", sets)
	}
	for _, r := range s.Recipes {
		for _, step := range r.Steps {
			if !r.Lenient && step.Extractor.Needs&^log.Meta.Has != 0 {
				t.Errorf("%s is fed with what the log lacks", step.Extractor.Name)
			}
		}
	}
	st, _ := run(t, s)
	if len(st.DoneRuns()) == 0 {
		t.Error("no run is done")
	}
	said := map[string]bool{}
	for _, w := range st.Warnings {
		for _, x := range w.Warnings {
			said[x] = true
		}
	}
	for _, n := range s.Notes {
		if !said[n] {
			t.Errorf("the note %q is not in the journal", n)
		}
	}
}

func TestDefaultTable(t *testing.T) {
	x, _ := blobs(60)
	s, err := study.DefaultTable(x)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := run(t, s)
	// Five algorithms at eight settings; of HDBSCAN*'s, three of four sizes are one here.
	if len(st.DoneRuns()) != 36 {
		t.Errorf("%d runs done", len(st.DoneRuns()))
	}
	b, err := study.Rank(st, "table", "zscore", "silhouette")
	if err != nil {
		t.Fatal(err)
	}
	// Three groups were planted, ten standard deviations apart.
	if e := b.Best(); e == nil || e.K != [2]int{3, 3} {
		t.Errorf("best %+v", e)
	}
}

// TestOutsiders: a labelling from a file, a command, a ready-made feature set, all
// through a study file.
func TestOutsiders(t *testing.T) {
	x, truth := blobs(30)
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("id,cluster\n")
	for i, l := range truth {
		b.WriteString(x.IDs[i] + "," + string(rune('0'+l)) + "\n")
	}
	labels := filepath.Join(dir, "labels.csv")
	if err := os.WriteFile(labels, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	sp, err := study.Parse([]byte("scale = [\"none\"]\n[[algorithm]]\nname = \"labels\"\nfile = \""+labels+"\"\n"+
		"[[algorithm]]\nname = \"labels\"\nfile = \""+labels+".absent\"\n"), "s.toml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sp.Study()
	if err != nil {
		t.Fatal(err)
	}
	s.Tables = []study.Table{{Name: "embedding", Matrix: x}, {Name: "twin", Matrix: x}}
	st, m := run(t, s)
	if len(st.Runs) != 4 || st.Runs[0].Status != "done" || st.Runs[1].Status != "failed" || st.Runs[2].Start.Set != "twin" {
		t.Fatalf("%d runs", len(st.Runs))
	}
	d, _ := m.RunData(st.Runs[0].ID)
	want := slices.Clone(truth)
	cluster.Canonical(want)
	if !slices.Equal(d.Labels, want) {
		t.Error("the labels are not those of the file")
	}
	if v, ok, _ := st.Runs[0].Value("silhouette"); !ok || v < 0.5 {
		t.Errorf("silhouette %v", v)
	}
	s.Tables[1].Name = "embedding"
	if _, err := s.Plan(); err == nil {
		t.Error("two feature sets of one name")
	}
}

func TestStudiesWithNothingToRun(t *testing.T) {
	x, _ := blobs(10)
	for what, s := range map[string]*study.Study{
		"no data":       {Cells: kmeansCells(t, 2)},
		"no algorithms": {Table: x},
		"no such scale": {Table: x, Scales: []string{"cubic"}, Cells: kmeansCells(t, 2)},
		"no rows":       {Table: features.NewMatrix(0, x.Cols, nil), Cells: kmeansCells(t, 2)},
	} {
		if err := s.Run(t.Context(), study.NewMemory()); err == nil {
			t.Errorf("%s: runs", what)
		}
	}
}
