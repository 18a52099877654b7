package study_test

import (
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// A study ranks by the density index as by any other, in a board of its own; the board by the
// silhouette is the same with and without it.
func TestRankedByDBCVOnOneTree(t *testing.T) {
	m, err := eval.Lookup("dbcv_tree")
	if err != nil {
		t.Fatal(err)
	}
	boards := func(metrics []*eval.Metric, by string) *study.Board {
		t.Helper()
		s := blobStudy(t)
		h, err := cluster.Lookup("hdbscan")
		if err != nil {
			t.Fatal(err)
		}
		s.Cells = append(s.Cells, study.Cell{Method: h, Algorithm: h.New()})
		s.Metrics = metrics
		st, _ := run(t, s)
		b, err := study.Leaderboards(st, by)
		if err != nil || len(b) != 1 {
			t.Fatal(len(b), err)
		}
		return &b[0]
	}
	usual := study.DefaultMetrics(false)
	tree := boards(append(usual[:len(usual):len(usual)], m), "dbcv_tree")
	entries := 0
	for _, g := range tree.Groups {
		entries += len(g.Entries)
		if best := g.Entries[0]; best.Value <= 0 || best.K != [2]int{3, 3} {
			t.Errorf("best: %s = %g with %v segments; board %s", best.Name, best.Value, best.K, order(tree))
		}
	}
	if entries != 4 || len(tree.Abstained) != 0 {
		t.Errorf("board %s, %d abstain", order(tree), len(tree.Abstained))
	}
	if a, b := order(boards(usual, "silhouette")), order(boards(append(usual[:len(usual):len(usual)], m), "silhouette")); a != b {
		t.Errorf("by the silhouette, without it\n%s\nand with it\n%s", a, b)
	}
}
