package eval

import (
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// genieclust's normalized_clustering_accuracy, where it is defined.
func TestNormalizedClusteringAccuracy(t *testing.T) {
	square := 0
	for _, c := range readExpected(t).External {
		s := scoreOf(t, "nca", &Input{C: clusteringOf(c.Labels), Truth: []Labelling{{Name: "reference", Labels: c.Truth}}})
		want, defined := c.Values["normalized_clustering_accuracy"]
		if defined != s.Defined() {
			t.Errorf("%s: %s, want defined = %v", c.Name, s.text(), defined)
		} else if defined {
			square++
			check.Close(t, c.Name, s.Value, want, 1e-12)
		}
	}
	if square < 5 {
		t.Errorf("%d tables are square, want 5 or more", square)
	}
	// By hand: class 0 keeps 3 of 4 rows, class 1 both: ½·((¾ − ½)/½ + 1).
	in := &Input{C: clusteringOf([]int32{0, 0, 0, 1, 1, 1}), Truth: []Labelling{{Labels: []int32{0, 0, 0, 0, 1, 1}}}}
	check.Close(t, "by hand", scoreOf(t, "nca", in).Value, 0.75, 1e-15)
	in.C = clusteringOf([]int32{0, 1, 2, 0, 0, 0})
	if s := scoreOf(t, "nca", in); !strings.Contains(s.Reason, "this run has 3, the reference 2") {
		t.Errorf("three clusters for two classes: %+v", s)
	}
}
