package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
)

// judgedStudy is a journal that says everything a judgement can say, with figures chosen
// here.
func judgedStudy(t *testing.T) *study.Memory {
	t.Helper()
	p := func(x float64) *float64 { return &x }
	versus := []eval.Versus{{Baseline: "RFM k-means", Role: eval.RoleEqualK, Value: p(0.2), Difference: p(0.05), Lo: p(0.01), Hi: p(0.09)}}
	c := eval.Contest{
		Origin: "2011-09-11", Until: "2011-12-10", Target: "spend", Method: "value", Kind: "amount", Measure: "R² of log1p spend", Population: 90, Customers: 80, Mean: 12.5,
		Standings: []eval.Standing{
			{Name: "kmeans k=2", Run: "a", Role: eval.RoleSegments, K: 2, Inside: p(0.3), Outside: p(0.25), Lo: p(0.2), Hi: p(0.3), In: true, Versus: versus},
			{Name: "rfm", Role: eval.RoleBlock, K: 5, Outside: p(0.1), Versus: versus},
		},
		Picked: []eval.Pick{{Half: "A", Name: "kmeans k=2", Run: "a", K: 2, Outside: p(0.24), Regret: p(0)}, {Half: "B", Reason: "nothing competes"}},
		Nested: &eval.Nested{Value: p(0.24)},
	}
	not := eval.Contest{Origin: "2011-09-11", Until: "2011-12-10", Target: "returns", Method: "returns", Reason: "nobody returned anything"}
	m := study.NewMemory()
	for _, e := range []study.Event{
		{Event: study.StudyStart, Study: "s"},
		{Event: study.StructureEv, Set: "rfm", Scale: "block", Structure: &eval.Structure{P: 0.31, Alpha: 0.02, Rows: 90, Tendency: &eval.Tendency{
			Rows: 90, Hopkins: &eval.Hopkins{Value: 0.83, Lo: 0.8, Hi: 0.86, EvenLo: 0.4, EvenHi: 0.6, Probes: 9, Repeats: 50},
			Distances: &eval.DipTest{Dip: 0.01, P: 0.5, N: 4005, Draws: 40}, Component: &eval.DipTest{P: 1, Reason: "too few"},
			Dependence: &eval.Dependence{Value: 0.25, Expected: 0.011, P: 0.005, Draws: 199, Columns: 3},
		}, Nulls: []eval.NullResult{
			{Name: "cohort", Decided: true, P: 0.31, Draws: 16, Exceeded: 5, Rating: 0.4, Expected: 0.35, SD: 0.02}, {Name: "copula", P: 1, Reason: "not looked at"},
		}}},
		{Event: study.HoldoutEv, Contests: []eval.Contest{c, not}, Blocks: eval.NewBlockMatrix([]eval.Contest{c}, 5)},
		{Event: study.VerdictEv, Verdict: &verdict.Verdict{
			Run: "a", Set: "rfm", Algorithm: "kmeans", K: 2, Class: verdict.Reproducible, P: p(0.31), Goal: "value", Compared: []string{"a"},
			Segments: []verdict.Segment{{Jaccard: 0.9, Null: 0.4, Gain: 0.83, Reading: eval.Stable, Lo: p(0.88), Hi: p(0.92), Refits: 50, Dissolved: 1}},
			Indices: &eval.Picked{K: []eval.KRule{
				{Rule: "silhouette", Family: "compact", K: 2, Index: 0, Value: 0.4}, {Rule: "dbcv", Family: "density", Index: -1, Reason: "not computed"},
			}},
			Sentences: []string{"Use 2 segments (kmeans on rfm)."},
		}},
	} {
		if err := m.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// TestJudgementTables reads every table of a judgement back.
func TestJudgementTables(t *testing.T) {
	m, dir := judgedStudy(t), t.TempDir()
	if err := WriteTables(context.Background(), m, dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]map[string]string{
		"holdout": {
			{"origin": "2011-09-11", "target": "spend", "customers": "80", "mean": "12.5", "entrant": "kmeans k=2", "run_id": "a", "role": "segments", "k": "2", "inside": "0.3", "outside": "0.25", "tied": "true", "rfm": "0.2", "rfm_difference": "0.05", "rfm_lo": "0.01", "chance": "", "lift": ""},
			{"entrant": "rfm", "role": "block", "inside": "", "tied": "false"},
			{"target": "returns", "entrant": "", "outside": "", "reason": "nobody returned anything"},
		},
		"picks":     {{"half": "A", "entrant": "kmeans k=2", "regret": "0"}, {"half": "B", "outside": "", "reason": "nothing competes"}, {"half": "both", "outside": "0.24"}},
		"structure": {{"null": "cohort", "p": "0.31", "draws": "16", "beaten": "false"}, {"null": "copula", "decided": "false", "p": "", "rating": "", "reason": "not looked at"}},
		"tendency": {
			{"feature_set": "rfm", "statistic": "hopkins", "value": "0.83", "lo": "0.8", "even": "0.5", "even_hi": "0.6", "p": "", "n": "9", "rows_looked_at": "90"},
			{"statistic": "dip_distances", "value": "0.01", "lo": "", "p": "0.5", "n": "4005", "draws": "40"},
			{"statistic": "dip_component", "value": "", "p": "", "reason": "too few"},
			{"statistic": "dependence", "value": "0.25", "even": "0.011", "p": "0.005", "n": "3"},
		},
		"k_rules":   {{"rule": "silhouette", "k": "2", "run_id": "a", "value": "0.4"}, {"rule": "dbcv", "k": "", "value": "", "reason": "not computed"}},
		"stability": {},
	} {
		_, rows := readCSV(t, filepath.Join(dir, name+".csv"))
		if len(rows) != len(want) {
			t.Errorf("%s: %d rows, want %d", name, len(rows), len(want))
			continue
		}
		for i, cells := range want {
			for k, v := range cells {
				if got, ok := rows[i][k]; !ok || got != v {
					t.Errorf("%s, row %d: %s is %q (there: %v), want %q", name, i+1, k, got, ok, v)
				}
			}
		}
	}
	_, blocks := readCSV(t, filepath.Join(dir, "blocks.csv"))
	if len(blocks) == 0 || blocks[0]["block"] != "rfm" || blocks[0]["value"] != "0.1" || blocks[0]["beats"] != "true" {
		t.Errorf("blocks %v", blocks)
	}
	b, err := os.ReadFile(filepath.Join(dir, "verdict.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v verdict.Verdict
	if err := json.Unmarshal(b, &v); err != nil || v.K != 2 || v.Class != verdict.Reproducible || *v.P != 0.31 {
		t.Errorf("verdict %+v, %v", v, err)
	}
	again := t.TempDir()
	if err := WriteTables(context.Background(), m, again); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		x, _ := os.ReadFile(filepath.Join(dir, f.Name()))
		if y, err := os.ReadFile(filepath.Join(again, f.Name())); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs when written again (%v)", f.Name(), err)
		}
	}
}

// TestStabilityTable: the choice of an older journal with what the verdict says, another run
// there with its coefficients alone, one without stability with its reason, and a run whose
// score has it all.
func TestStabilityTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	finishSmall(t, dir, 2)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &tables{ctx: context.Background(), r: f, dir: t.TempDir(), state: fold(t, f)}
	w.done = w.state.DoneRuns()
	choice, other, none, looked := w.done[0], w.done[1], w.done[2], w.done[3]
	half := 0.5
	other.Scores["stability"] = study.Event{Value: &half, PerSegment: study.Floats{0.25, 0.75}}
	none.Scores["stability"] = study.Event{Reason: "one segment"}
	looked.Scores["stability"] = study.Event{Value: &half, PerSegment: study.Floats{0.5}, Segments: []verdict.Segment{
		{Jaccard: 0.5, Null: 0.25, Gain: 1. / 3, Reading: eval.Unstable, Lo: &half, Hi: &half, Refits: 50, Dissolved: 9},
	}}
	w.state.Verdict = &verdict.Verdict{Run: choice.ID, Segments: []verdict.Segment{{Jaccard: 0.9, Null: 0.4, Reading: eval.Stable, Refits: 50, Dissolved: 1}}}
	if err := w.stability(); err != nil {
		t.Fatal(err)
	}
	_, rows := readCSV(t, filepath.Join(w.dir, "stability.csv"))
	if len(rows) != 5 {
		t.Fatalf("%d rows, want 5", len(rows))
	}
	for _, row := range rows {
		j, _ := strconv.ParseFloat(row["jaccard"], 64)
		switch row["run_id"] {
		case choice.ID:
			if j != 0.9 || row["reading"] != "stable" || row["dissolved"] != "1" || row["jaccard_lo"] != "" {
				t.Errorf("the choice: %v", row)
			}
		case other.ID:
			if (j != 0.25 && j != 0.75) || row["reading"] != "" || row["null"] != "" {
				t.Errorf("another run: %v", row)
			}
		case looked.ID:
			if j != 0.5 || row["reading"] != "unstable" || row["null"] != "0.25" || row["dissolved"] != "9" || row["jaccard_hi"] != "0.5" {
				t.Errorf("a run that was looked at: %v", row)
			}
		case none.ID:
			if row["jaccard"] != "" || row["reason"] != "one segment" || row["cluster"] != "-1" {
				t.Errorf("a run without: %v", row)
			}
		}
	}
}
