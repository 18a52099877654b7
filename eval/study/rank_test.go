package study_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// line is one run of a hand-made study.
type line struct {
	algorithm, params string
	seed              uint64
	value             float64
	lo, hi            float64 // 0, 0 = none
	sizes             []int
	noise             int
	reason            string // the score is undefined
	failed            string
	set               string
}

// made folds a study of those runs.
func made(lines ...line) *study.State {
	s := &study.State{}
	set := study.Brief{Name: "a", Scale: "zscore", N: 1000, Strata: []study.StratumCount{
		{Name: "enough", Customers: 1000}, {Name: "one purchase", Customers: 500, ValueShare: share(0.125)},
	}}
	other := set
	other.Name = "b"
	s.Fold(study.Event{
		Event: study.StudyStart, Metrics: []string{"silhouette", "davies_bouldin"}, Sets: []study.Brief{set, other}, Total: len(lines),
		Data: &study.Data{Unit: "customer"},
	})
	for i, l := range lines {
		id := fmt.Sprintf("%016x", i)
		if l.set == "" {
			l.set = "a"
		}
		s.Fold(study.Event{Event: study.RunStart, Run: id, Cell: i + 1, Algorithm: l.algorithm, Params: json.RawMessage(l.params), Seed: max(l.seed, 1), Set: l.set, Scale: "zscore"})
		if l.failed != "" {
			s.Fold(study.Event{Event: study.RunFailed, Run: id, Reason: l.failed})
			continue
		}
		e := study.Event{Event: study.ScoreEvent, Run: id, Metric: "silhouette", Reason: l.reason}
		if l.reason == "" {
			v := l.value
			e.Value = &v
			if l.lo != 0 || l.hi != 0 {
				lo, hi := l.lo, l.hi
				e.Lo, e.Hi, e.Sampled = &lo, &hi, 200
			}
		}
		db := e
		db.Metric = "davies_bouldin"
		s.Fold(e, db, study.Event{Event: study.RunDone, Run: id, N: 1000, NClusters: len(l.sizes), Sizes: l.sizes, NNoise: l.noise})
	}
	s.Fold(study.Event{Event: study.StudyDone})
	return s
}

func share(x float64) *float64 { return &x }

func board(t testing.TB, s *study.State, metric string) *study.Board {
	t.Helper()
	b, err := study.Rank(s, "a", "zscore", metric)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// order writes a board as "name value~ | name value".
func order(b *study.Board) string {
	var groups []string
	for _, g := range b.Groups {
		var es []string
		for _, e := range g.Entries {
			tie, lop := "", ""
			if e.Tie {
				tie = "~"
			}
			if e.Lopsided {
				lop = "!"
			}
			es = append(es, fmt.Sprintf("%d %s %.3g%s%s", e.Rank, e.Name, e.Value, tie, lop))
		}
		groups = append(groups, strings.Join(es, ", "))
	}
	return strings.Join(groups, " | ")
}

var even = []int{500, 500}

func TestRankByDirectionWithinOneSet(t *testing.T) {
	s := made(
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, value: 0.3, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":3}`, value: 0.5, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":4}`, value: 0.5, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":9}`, value: 0.9, sizes: even, set: "b"},
	)
	if got := order(board(t, s, "silhouette")); got != "1 kmeans k=3 0.5, 1 kmeans k=4 0.5~, 3 kmeans k=2 0.3" {
		t.Error(got)
	}
	// Davies-Bouldin: smaller is better.
	if got := order(board(t, s, "davies_bouldin")); got != "1 kmeans k=2 0.3, 2 kmeans k=3 0.5, 2 kmeans k=4 0.5" {
		t.Error(got)
	}
	bs, err := study.Leaderboards(s, "silhouette")
	if err != nil || len(bs) != 2 || bs[1].Best().Name != "kmeans k=9" {
		t.Errorf("boards %+v, %v", bs, err)
	}
	if _, err := study.Rank(s, "a", "zscore", "nonsense"); err == nil {
		t.Error("ranked by an unknown metric")
	}
}

// TestCoverageGroups: 5 points apart is together, more is not, and the groups are
// cut from the fullest down: 100, 95 | 94, 89 | 50.
func TestCoverageGroups(t *testing.T) {
	var ls []line
	for i, noise := range []int{60, 0, 500, 50, 110} {
		ls = append(ls, line{algorithm: "dbscan", params: fmt.Sprintf(`{"eps":%d}`, i+1), value: 0.1 * float64(i+1), sizes: even, noise: noise})
	}
	want := "1 dbscan eps=4 0.4, 2 dbscan eps=2 0.2 | 1 dbscan eps=5 0.5, 2 dbscan eps=1 0.1 | 1 dbscan eps=3 0.3"
	if got := order(board(t, made(ls...), "silhouette")); got != want {
		t.Error(got)
	}
}

func TestSeedsFoldToMeanAndRange(t *testing.T) {
	s := made(
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, seed: 1, value: 0.40, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, seed: 2, value: 0.60, sizes: []int{900, 100}},
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, seed: 3, value: 0.53, sizes: even, noise: 20},
		line{algorithm: "kmeans", params: `{"n_clusters":3}`, seed: 1, value: 0.41, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":3}`, seed: 2, value: 0.45, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":4}`, seed: 1, value: 0.30, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":4}`, seed: 2, value: 0.39, sizes: even},
	)
	b := board(t, s, "silhouette")
	// (0.40 + 0.60 + 0.53)/3 = 0.51; k=3 overlaps [0.40, 0.60], k=4 (up to 0.39) does not.
	if got := order(b); got != "1 kmeans k=2 0.51, 2 kmeans k=3 0.43~, 3 kmeans k=4 0.345" {
		t.Error(got)
	}
	e := b.Groups[0].Entries[0]
	if e.Lo != 0.40 || e.Hi != 0.60 || !e.Interval || len(e.Runs) != 3 || e.Run.Start.Seed != 3 || e.Coverage != 0.98 || e.Largest != 0.9 {
		t.Errorf("%+v", e)
	}
}

func TestMetricIntervalsTie(t *testing.T) {
	s := made(
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, value: 0.50, lo: 0.45, hi: 0.55, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":3}`, value: 0.44, lo: 0.42, hi: 0.46, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":4}`, value: 0.40, lo: 0.38, hi: 0.42, sizes: even},
	)
	b := board(t, s, "silhouette")
	if got := order(b); got != "1 kmeans k=2 0.5, 2 kmeans k=3 0.44~, 3 kmeans k=4 0.4" {
		t.Error(got)
	}
	if b.Groups[0].Entries[0].Sampled != 200 {
		t.Error("a sampled value does not say so")
	}
}

func TestLopsidedAndAbstaining(t *testing.T) {
	s := made(
		line{algorithm: "hierarchical", params: `{"n_clusters":2}`, value: 0.9, sizes: []int{999, 1}},
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, value: 0.5, sizes: []int{950, 50}},
		line{algorithm: "dbscan", params: `{"eps":1}`, reason: "1 segment", sizes: []int{1000}},
		line{algorithm: "kmeans", params: `{"n_clusters":2000}`, failed: "more clusters than rows"},
	)
	b := board(t, s, "silhouette")
	if got := order(b); got != "1 hierarchical k=2 0.9!, 2 kmeans k=2 0.5" { // 95 % is not more than 95 %
		t.Error(got)
	}
	if len(b.Abstained) != 2 || b.Abstained[0].Reason != "1 segment" || b.Abstained[1].Reason != "failed: more clusters than rows" {
		t.Errorf("%+v", b.Abstained)
	}
	v := strings.Join(study.Verdict(s, ""), "\n")
	for _, want := range []string{
		"On feature set a kmeans k=2 has the best silhouette, 0.500 (2 segments); there is nothing to compare it with.",
		"1 setting with a better value there puts more than 95 % of the customers into one segment and is passed over.",
		"On feature set b no run can be ranked by silhouette.",
		"1 run failed; the reasons stand beside them.",
		"1 run could not be ranked: silhouette is undefined for them.",
		"1,000 of 1,500 customers are clustered; left out, as named groups beside the segments: 500 with one purchase day (12.5 % of revenue).",
		"Whether these groups are natural is not tested here",
		"values of different feature sets cannot be compared",
	} {
		if !strings.Contains(v, want) {
			t.Errorf("the verdict lacks %q:\n%s", want, v)
		}
	}
}

func TestVerdictSaysTiesSamplesAndBaselines(t *testing.T) {
	s := made(
		line{algorithm: "dummy", params: `{}`, value: 0.5, lo: 0.4, hi: 0.6, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":2}`, value: 0.45, lo: 0.40, hi: 0.50, sizes: even},
		line{algorithm: "dbscan", params: `{"eps":1}`, value: 0.8, sizes: even, noise: 300},
	)
	v := strings.Join(study.Verdict(s, ""), "\n")
	for _, want := range []string{
		"dummy has the best silhouette, 0.500 (95 % interval 0.400 to 0.600) (2 segments); it cannot be told from kmeans k=2",
		"dummy is a baseline",
		"1 setting there leaves more customers out (70 % are in a segment) and is not ranked against these",
		"computed on a sample of 200 customers",
	} {
		if !strings.Contains(v, want) {
			t.Errorf("the verdict lacks %q:\n%s", want, v)
		}
	}
}

func TestVerdictLooksPastLopsidedGroups(t *testing.T) {
	s := made(
		line{algorithm: "dbscan", params: `{"eps":3}`, value: 0.9, sizes: []int{990, 10}},
		line{algorithm: "dbscan", params: `{"eps":2}`, value: 0.3, sizes: []int{500, 400}, noise: 100},
		line{algorithm: "dbscan", params: `{"eps":1}`, value: 0.2, sizes: []int{400, 200}, noise: 400},
	)
	v := strings.Join(study.Verdict(s, ""), "\n")
	for _, want := range []string{
		"of those with 90 % in a segment, dbscan eps=2 has the best silhouette, 0.300 (2 segments, 10.0 % unassigned)",
		"1 setting there leaves more customers out (60 % are in a segment)",
	} {
		if !strings.Contains(v, want) {
			t.Errorf("the verdict lacks %q:\n%s", want, v)
		}
	}
	s = made(line{algorithm: "dbscan", params: `{"eps":3}`, value: 0.9, sizes: []int{990, 10}})
	if v := study.Verdict(s, "")[0]; v != "On feature set a every setting puts more than 95 % of the customers into one segment: nothing to choose from." {
		t.Error(v)
	}
}

func TestNamesShowWhatDiffers(t *testing.T) {
	s := made(
		line{algorithm: "kmeans", params: `{"n_clusters":2,"init":"random","max_iter":300}`, sizes: even},
		line{algorithm: "kmeans", params: `{"n_clusters":2,"init":"k-means++","max_iter":300}`, sizes: even, seed: 2},
		line{algorithm: "hierarchical", params: `{"n_clusters":3,"linkage":"ward","distance_threshold":null}`, sizes: even},
		line{algorithm: "dbscan", params: `{"eps":0.123456,"min_samples":5}`, sizes: even, set: "b"},
	)
	var got []string
	for _, r := range s.Runs {
		got = append(got, study.RunName(s, r))
	}
	want := []string{
		"kmeans k=2 init=random a seed 1", "kmeans k=2 init=k-means++ a seed 2", "hierarchical k=3 a seed 1", "dbscan eps=0.1235 b seed 1",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
	if all := study.RunNames(s); all[s.Runs[0].ID] != want[0] {
		t.Errorf("RunNames says %q", all[s.Runs[0].ID])
	}
}
