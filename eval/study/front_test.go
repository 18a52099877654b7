package study_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// costly is a finished run of a hand-made study.
type costly struct {
	algorithm       string
	value           float64
	seconds, shared float64
	mib             float64
	sizes           []int
	noise           int
}

// costs folds a study of those runs.
func costs(runs ...costly) *study.State {
	s := &study.State{}
	s.Fold(study.Event{Event: study.StudyStart, Metrics: []string{"silhouette"}, Sets: []study.Brief{{Name: "a", Scale: "zscore", N: 1000}}})
	for i, r := range runs {
		id := fmt.Sprintf("%016x", i)
		if r.sizes == nil {
			r.sizes = []int{600, 400 - r.noise}
		}
		s.Fold(
			study.Event{Event: study.RunStart, Run: id, Cell: i + 1, Algorithm: r.algorithm, Params: json.RawMessage(fmt.Sprintf(`{"n_clusters":%d}`, i)), Seed: 1, Set: "a", Scale: "zscore"},
			study.Event{Event: study.ScoreEvent, Run: id, Metric: "silhouette", Value: &r.value},
			study.Event{
				Event: study.RunDone, Run: id, N: 1000, NClusters: len(r.sizes), Sizes: r.sizes, NNoise: r.noise,
				Seconds: r.seconds, SharedSeconds: r.shared, PeakBytes: int64(r.mib * (1 << 20)),
			},
		)
	}
	return s
}

// unbeaten writes who is on the front, by place in the grid, and who beats the others.
func unbeaten(t *testing.T, s *study.State) string {
	t.Helper()
	var out []string
	for _, g := range board(t, s, "silhouette").Groups {
		es := slices.Clone(g.Entries)
		slices.SortFunc(es, func(a, b study.Entry) int { return a.Run.Start.Cell - b.Run.Start.Cell })
		for _, e := range es {
			switch {
			case e.Front.Front:
				out = append(out, fmt.Sprint(e.Run.Start.Cell))
			case e.Front.By >= 0:
				out = append(out, fmt.Sprintf("%d<%d", e.Run.Start.Cell, g.Entries[e.Front.By].Run.Start.Cell))
			default:
				out = append(out, fmt.Sprintf("%d: %s", e.Run.Start.Cell, e.Front.Reason))
			}
		}
	}
	return strings.Join(out, ", ")
}

func TestFront(t *testing.T) {
	for _, c := range []struct {
		name string
		runs []costly
		want string
	}{
		{"better, slower and leaner stay", []costly{{"kmeans", 0.5, 1, 0, 20, nil, 0}, {"gmm", 0.6, 3, 0, 30, nil, 0}, {"dbscan", 0.4, 2, 0, 10, nil, 0}}, "1, 2, 3"},
		{"beaten in all three", []costly{{"kmeans", 0.5, 1, 0, 20, nil, 0}, {"gmm", 0.4, 2, 0, 30, nil, 0}}, "1, 2<1"},
		{"ties within the noise beat nobody", []costly{{"kmeans", 0.5, 1, 0, 20, nil, 0}, {"gmm", 0.496, 1.05, 0, 21, nil, 0}}, "1, 2"},
		{"the third digit keeps nobody", []costly{{"kmeans", 0.5, 1.002, 0, 20, nil, 0}, {"gmm", 0.4, 1.001, 0, 20.001, nil, 0}}, "1, 2<1"},
		{"less than a millisecond is a millisecond", []costly{{"kmeans", 0.5, 0.0009, 0, 0.2, nil, 0}, {"gmm", 0.4, 0.0001, 0, 0.1, nil, 0}}, "1, 2<1"},
		{"the tree is charged to each of its runs", []costly{{"hierarchical", 0.5, 2, 1.9, 40, nil, 0}, {"hierarchical", 0.4, 0.001, 0, 1, nil, 0}, {"kmeans", 0.45, 0.5, 0, 5, nil, 0}}, "1, 2<3, 3"},
		{"memory that is not known", []costly{{"kmeans", 0.5, 1, 0, 0, nil, 0}, {"gmm", 0.4, 2, 0, 0, nil, 0}}, "1, 2<1"},
		{"baselines and outliers cut off stay out", []costly{
			{"dummy", 0.1, 0.001, 0, 1, nil, 0}, {"kmeans", 0.9, 0.001, 0, 1, []int{990, 10}, 0}, {"gmm", 0.4, 2, 0, 10, nil, 0}, {"kmeans", 0.3, 3, 0, 10, nil, 0},
		}, "1: a baseline, 2: nearly all in one segment, 3, 4<3"},
		{"other coverage is another comparison", []costly{{"kmeans", 0.4, 1, 0, 10, nil, 0}, {"gmm", 0.3, 2, 0, 10, nil, 0}, {"dbscan", 0.9, 0.1, 0, 1, nil, 300}}, "1, 2<1, 3: nothing to compare with"},
	} {
		if got := unbeaten(t, costs(c.runs...)); got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}

// The order of the runs changes nobody's place, and somebody is always unbeaten.
func TestFrontOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		runs := make([]costly, 12)
		for i := range runs {
			runs[i] = costly{[]string{"kmeans", "gmm", "hierarchical"}[rng.IntN(3)], float64(rng.IntN(100)) / 100, rng.Float64(), 0, float64(1 + rng.IntN(50)), nil, 0}
		}
		front := func() (values []float64) {
			for _, e := range board(t, costs(runs...), "silhouette").Groups[0].Entries {
				if e.Front.Front {
					values = append(values, e.Value, e.Cost.Seconds)
				}
			}
			return values
		}
		before := front()
		// Runs of one value come in the order of the grid: compare as sets.
		slices.Sort(before)
		rng.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
		after := front()
		slices.Sort(after)
		if len(before) == 0 || !slices.Equal(before, after) {
			t.Fatalf("%v, in another order %v", before, after)
		}
	}
}
