package eval

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/internal/check"
)

// Pair by pair in Python, with scikit-learn's nearest centroids.
func TestPredictionStrength(t *testing.T) {
	for _, c := range readStability(t).Prediction {
		in := &Input{X: matrixOf(c.X)}
		fits := [2]*cluster.Clustering{clusteringOf(c.Labels[0]), clusteringOf(c.Labels[1])}
		v, _, undecided, err := predictionPair(context.Background(), in, fits, c.Rows)
		if err != nil || undecided {
			t.Fatal(c.Name, err)
		}
		check.Close(t, c.Name, v, c.Strength, 1e-12)
	}
}

// As in the paper: the right number of groups is predicted, one more is not.
func TestPredictionStrengthChooses(t *testing.T) {
	right, more := scoreOf(t, "prediction_strength", refitGroups(200, 3, 7, 3, 1)), scoreOf(t, "prediction_strength", refitGroups(200, 3, 7, 4, 1))
	if right.Value < 0.9 || more.Value > 0.75 {
		t.Errorf("three groups: %s with three segments, %s with four", right.text(), more.text())
	}
}

// The caller's own rule is asked where there is one.
func TestPredictionStrengthRule(t *testing.T) {
	in := refitGroups(60, 2, 7, 2, 1)
	in.Classify = func(_ context.Context, _ *cluster.Clustering, rows []int) ([]int32, error) {
		out := make([]int32, len(rows))
		for i := range out {
			out[i] = -1
		}
		return out, nil
	}
	if s := scoreOf(t, "prediction_strength", in); !s.Defined() || s.Value != 0 {
		t.Errorf("a rule that knows nobody: %s", s.text())
	}
	in.Classify = func(_ context.Context, _ *cluster.Clustering, rows []int) ([]int32, error) {
		return make([]int32, len(rows)), nil
	}
	in.X = nil
	if s := scoreOf(t, "prediction_strength", in); s.Value != 1 {
		t.Errorf("a rule that puts all together: %s", s.text())
	}
	in.Classify = func(context.Context, *cluster.Clustering, []int) ([]int32, error) { return nil, nil }
	if s := scoreOf(t, "prediction_strength", in); !strings.Contains(s.Reason, "0 labels came back for 30") {
		t.Errorf("a rule without answers: %s", s.text())
	}
}

// The share of pairs equals that of pairs looked at one by one.
func TestPredictionTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		own, counts := dense(rapid.SliceOfN(rapid.Int32Range(-1, 3), n, n).Draw(t, "own"))
		by := rapid.SliceOfN(rapid.Int32Range(-1, 3), n, n).Draw(t, "by")
		want, found := 2.0, false
		for g := range counts {
			pairs, together := 0, 0
			for i := range n {
				for j := range n {
					if i != j && own[i] == int32(g) && own[j] == int32(g) {
						if pairs++; by[i] >= 0 && by[i] == by[j] {
							together++
						}
					}
				}
			}
			if pairs > 0 {
				want, found = min(want, float64(together)/float64(pairs)), true
			}
		}
		got, ok := predictionTogether(own, by, counts)
		if ok != found || ok && got != want {
			t.Fatal(fmt.Sprint(got, ok, " want ", want, found))
		}
	})
}
