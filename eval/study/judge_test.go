package study_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
)

// judged is a study of a shop, small enough to judge in a test.
func judged(t *testing.T) *study.Study {
	t.Helper()
	src, err := datasets.Lookup("btyd")
	if err != nil {
		t.Fatal(err)
	}
	o := src.New().(*datasets.BTYD)
	o.Customers = 700
	g, err := o.Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := study.Default(g.Log)
	if err != nil {
		t.Fatal(err)
	}
	s.Recipes, s.Seed = s.Recipes[:2], 3
	s.Cells = slices.DeleteFunc(s.Cells, func(c study.Cell) bool {
		p, err := cluster.Params(c.Algorithm)
		if err != nil {
			t.Fatal(err)
		}
		few := regexp.MustCompile(`"n_clusters":[2-3]\b`).Match(p)
		return !few || c.Method.Name != "kmeans" && c.Method.Name != "hierarchical"
	})
	s.Judge.Structure = eval.StructureOptions{Alpha: 0.05, Draws: 19, Pilot: 5, Stop: 1, Brief: true}
	return s
}

// stopAt is a journal that ends the study when a line of that sort is about to be
// written, as a kill would.
type stopAt struct {
	*study.Memory
	event study.EventType
	stop  context.CancelFunc
}

func (j *stopAt) Append(e study.Event) error {
	if e.Event == j.event {
		j.stop()
		return context.Canceled
	}
	return j.Memory.Append(e)
}

func TestJudgedStudy(t *testing.T) {
	st, m := run(t, judged(t))
	want := plainLines(t, m)
	v := st.Verdict
	if v == nil || !st.Finished {
		t.Fatal("there is no verdict")
	}
	if len(st.Structures) != 2 || st.Holdout == nil || len(st.Holdout.Contests) == 0 || len(st.Ties) != 2 {
		t.Fatalf("%d structure tests, hold-out %v, %d ties", len(st.Structures), st.Holdout, len(st.Ties))
	}
	t.Log(strings.Join(slices.Concat(v.Sentences, v.Notes), "\n"))
	chosen := st.Run(v.Run)
	switch {
	case chosen == nil:
		t.Fatalf("the verdict names run %q: %v", v.Run, v.Sentences)
	case v.By != "hold-out" || v.Goal != verdict.Value || v.Stated || len(v.Origins) != 2:
		t.Errorf("decided by %s for %s on %v", v.By, v.Goal, v.Origins)
	case len(v.Segments) != v.K || chosen.Done.NClusters != v.K || len(v.Foretells) == 0 || v.P == nil:
		t.Errorf("%d segments, %d of them looked at, %d forecasts, p %v", v.K, len(v.Segments), len(v.Foretells), v.P)
	}
	for _, name := range []string{"stability", "temporal_stability", "prediction_strength", "wcnn"} {
		if _, ok, reason := chosen.Value(name); !ok {
			t.Errorf("the choice has no %s: %s", name, reason)
		}
	}
	gap := slices.IndexFunc(v.Indices.K, func(r eval.KRule) bool { return r.Rule == "gap" })
	if gap < 0 || v.Indices.K[gap].Reason == "the gap statistic was not computed" {
		t.Errorf("no gap statistic among the rules for k: %+v", v.Indices.K)
	}
	boards, err := study.Leaderboards(st, "silhouette")
	if err != nil {
		t.Fatal(err)
	}
	if e := study.Shown(st, boards); e == nil || e.Run.ID != v.Run {
		t.Errorf("the report shows %v, the verdict names %s", e, v.Run)
	}

	// One worker says the same; so does a study that is stopped at each stage and goes on.
	one := judged(t)
	one.Workers = 1
	if _, m := run(t, one); plainLines(t, m) != want {
		t.Error("one worker judges otherwise")
	}
	mem := study.NewMemory()
	for _, at := range []study.EventType{study.TiesEv, study.StructureEv, study.HoldoutEv, study.VerdictEv} {
		ctx, stop := context.WithCancel(t.Context())
		if err := judged(t).Run(ctx, &stopAt{mem, at, stop}); err == nil {
			t.Fatalf("nothing stopped it at %s", at)
		}
		stop()
	}
	if err := judged(t).Run(t.Context(), mem); err != nil {
		t.Fatal(err)
	}
	again := fold(t, mem)
	if !slices.Equal(again.Verdict.Sentences, v.Sentences) || again.Verdict.Run != v.Run || len(again.Structures) != 2 {
		t.Errorf("stopped and resumed it says\n%s", strings.Join(again.Verdict.Sentences, "\n"))
	}

	// Nothing is done twice; another goal asks for another verdict and nothing more.
	before, _ := mem.Events(0)
	if err := judged(t).Run(t.Context(), mem); err != nil {
		t.Fatal(err)
	}
	if after, _ := mem.Events(0); len(after) != len(before) {
		t.Errorf("a finished study wrote %d more lines", len(after)-len(before))
	}
	other := judged(t)
	other.Judge.Goal = "when"
	if err := other.Run(t.Context(), mem); err != nil {
		t.Fatal(err)
	}
	if now := fold(t, mem); now.Verdict.Goal != "when" || !now.Verdict.Stated || len(now.Structures) != 2 || !now.Finished {
		t.Errorf("for another goal: %+v", now.Verdict)
	}
}

// A table has no behaviour to hold out: the groups that are there are found, called
// natural, and the reason is said.
func TestJudgedTable(t *testing.T) {
	s := blobStudy(t)
	s.Seeds = 1
	ward, err := cluster.Lookup("hierarchical")
	if err != nil {
		t.Fatal(err)
	}
	for k := 2; k <= 5; k++ {
		a := ward.New()
		if err := cluster.SetValue(a, "n_clusters", k); err != nil {
			t.Fatal(err)
		}
		s.Cells = append(s.Cells, study.Cell{Method: ward, Algorithm: a})
	}
	s.Judge = study.NewJudge()
	s.Judge.Structure.Draws, s.Judge.Structure.Pilot = 49, 10
	st, _ := run(t, s)
	v := st.Verdict
	if v.K != 3 || v.Class != verdict.Natural || v.By != "indices" || len(v.Shaky) != 0 {
		t.Errorf("%d segments, %s, by %s, shaky %v: %v", v.K, v.Class, v.By, v.Shaky, v.Sentences)
	}
	if all := strings.Join(v.Sentences, " "); !strings.Contains(all, "a table tells nothing of what came afterwards") {
		t.Errorf("it does not say why nothing is foretold: %s", all)
	}
}
