package figure

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// scoreKRun is a run of a study made in a test.
type scoreKRun struct {
	algo, params, set string
	seed              uint64
	k, noise          int
	value             float64 // −9 = undefined
}

func scoreKStudy(metric string, runs ...scoreKRun) *Input {
	s := new(study.State)
	seq := int64(0)
	say := func(e study.Event) {
		seq++
		e.Seq = seq
		s.Fold(e)
	}
	for i, r := range runs {
		id := fmt.Sprint(i)
		say(study.Event{Event: study.RunStart, Run: id, Cell: i + 1, Algorithm: r.algo, Params: json.RawMessage(r.params), Set: r.set, Scale: "zscore", Seed: r.seed})
		e := study.Event{Event: study.ScoreEvent, Run: id, Metric: metric, Value: &r.value}
		if r.value == -9 {
			e.Value, e.Reason = nil, "1 cluster"
		}
		say(e)
		say(study.Event{Event: study.RunDone, Run: id, N: 100, NClusters: r.k, NNoise: r.noise})
	}
	return &Input{State: s}
}

func TestScoreKAveragesSeedsAndFindsThePeak(t *testing.T) {
	in := scoreKStudy("silhouette",
		scoreKRun{"kmeans", `{"n_clusters":2}`, "rfm", 1, 2, 0, 0.25},
		scoreKRun{"kmeans", `{"n_clusters":2}`, "rfm", 2, 2, 0, 0.5},
		scoreKRun{"kmeans", `{"n_clusters":3}`, "rfm", 1, 3, 0, 0.375},
		scoreKRun{"kmeans", `{"n_clusters":3}`, "rfm", 2, 3, 0, 0.625},
		scoreKRun{"hierarchical", `{"n_clusters":2,"linkage":"ward"}`, "rfm", 1, 2, 0, 0.1},
		scoreKRun{"hierarchical", `{"n_clusters":2,"linkage":"single"}`, "rfm", 1, 2, 0, 0.2},
		scoreKRun{"dbscan", `{"eps":1}`, "rfm", 1, 4, 40, 0.9}, // best, but leaves 40 % out
		scoreKRun{"dbscan", `{"eps":9}`, "rfm", 1, 1, 0, -9},
		scoreKRun{"dbscan", `{"eps":0.1}`, "rfm", 1, 50, 0, 0.1},
	)
	d, err := Draw("score-k", in, Slide)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Silhouette peaks at k\u00a0=\u00a03 (0.50) for kmeans"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	want := [][]string{
		{"set", "scale", "algorithm", "k", "silhouette", "lo", "hi", "runs"},
		{"rfm", "zscore", "kmeans", "2", "0.375", "0.25", "0.5", "2"},
		{"rfm", "zscore", "kmeans", "3", "0.5", "0.375", "0.625", "2"},
		{"rfm", "zscore", "hierarchical ward", "2", "0.1", "", "", "1"},
		{"rfm", "zscore", "hierarchical single", "2", "0.2", "", "", "1"},
		{"rfm", "zscore", "dbscan", "4", "0.9", "", "", "1"},
		{"rfm", "zscore", "dbscan", "50", "0.1", "", "", "1"},
	}
	if !slices.EqualFunc(d.Table, want, slices.Equal) {
		t.Errorf("table\n%q, want\n%q", d.Table, want)
	}
	for _, want := range []string{"dbscan eps=9 on rfm (1 cluster)", "bars the range", "5\u00a0% unassigned", "1\u00a0run with more than 6 segments", "n = 100\u00a0customers"} {
		if !strings.Contains(d.Caption, want) {
			t.Errorf("caption %q does not say %q", d.Caption, want)
		}
	}
}

func TestScoreKKnowsWhichWayIsBetter(t *testing.T) {
	in := scoreKStudy("davies_bouldin",
		scoreKRun{"kmeans", `{"n_clusters":2}`, "rfm", 1, 2, 0, 1.5},
		scoreKRun{"kmeans", `{"n_clusters":3}`, "rfm", 1, 3, 0, 0.8},
		scoreKRun{"kmeans", `{"n_clusters":3}`, "other", 1, 3, 0, 0.1},
	)
	in.Set = &study.Set{Name: "rfm", Scale: "zscore"}
	d, err := DrawWith("score-k", &ScoreK{Metric: "davies_bouldin"}, in, Slide)
	if err != nil {
		t.Fatal(err)
	}
	// 0.1 is another feature set's: not comparable.
	if want := "Davies-Bouldin index is lowest at k\u00a0=\u00a03 (0.80) for kmeans on rfm"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	if !strings.Contains(d.Caption, "not between panels") {
		t.Errorf("caption %q", d.Caption)
	}
}

func TestScoreKRefusesInWords(t *testing.T) {
	in := scoreKStudy("silhouette", scoreKRun{"kmeans", `{"n_clusters":1}`, "rfm", 1, 1, 0, -9})
	if _, err := Draw("score-k", in, Web); err == nil || !strings.Contains(err.Error(), "undefined for every run: kmeans on rfm (1 cluster)") {
		t.Errorf("nothing defined: %v", err)
	}
	if _, err := DrawWith("score-k", &ScoreK{Metric: "nonsense"}, in, Web); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("an unknown metric: %v", err)
	}
	if _, err := Draw("score-k", &Input{State: new(study.State)}, Web); err == nil || !strings.Contains(err.Error(), "finished runs") {
		t.Errorf("an empty study: %v", err)
	}
}
