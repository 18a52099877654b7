package figure

import (
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
)

// sixRows is a tree drawn by hand: (0 1) at 1, (2 3) at 2, (4 5) at 3, the first two
// at 8, all at 10.
func sixRows(labels ...int32) *Input {
	in := plane(make([]float64, 12), labels)
	in.Data.Tree = &cluster.Tree{N: 6, A: []int32{0, 2, 4, 6, 8}, B: []int32{1, 3, 5, 7, 9}, Height: []float64{1, 2, 3, 8, 10}, Size: []int32{2, 2, 2, 4, 6}}
	return in
}

func TestDendrogramFindsCutAndWidestGap(t *testing.T) {
	d, err := Draw("dendrogram", sixRows(0, 0, 1, 1, 2, 2), Slide)
	if err != nil {
		t.Fatal(err)
	}
	// Three clusters hold between heights 3 and 8: the middle is 5.5, the gap 5 the widest.
	if want := "The tree is cut at its widest gap: 3 segments at height 5.50"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	if last, want := d.Table[len(d.Table)-1], []string{"10", "8", "9", "10", "6", ""}; last[3] != want[3] || last[4] != want[4] || last[5] != "" {
		t.Errorf("root %q, want height 10 of 6 customers in several segments", last)
	}

	d, err = Draw("dendrogram", sixRows(0, 0, 0, 0, 1, 1), Slide)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Cut at height 9.00: 2\u00a0segments; the widest gap between merges is at 3"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}

	d, err = Draw("dendrogram", sixRows(0, 1, 0, 1, 0, 1), Slide)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(d.Caption, "not a cut of this tree") {
		t.Errorf("labels that no cut gives: caption %q", d.Caption)
	}
}

func TestDendrogramTruncates(t *testing.T) {
	d, err := DrawWith("dendrogram", &Dendrogram{Merges: 3}, sixRows(0, 0, 1, 1, 2, 2), Slide)
	if err != nil {
		t.Fatal(err)
	}
	var leaves []string
	for _, r := range d.Table[1:] {
		if r[1] == "" {
			leaves = append(leaves, r[4]+" in "+r[5])
		}
	}
	slices.Sort(leaves)
	if got := strings.Join(leaves, ", "); got != "2 in 1, 2 in 2, 2 in 3" {
		t.Errorf("branches %s, want three of two customers", got)
	}
}

func TestDendrogramRefusesInWords(t *testing.T) {
	in := sixRows(0, 0, 1, 1, 2, 2)
	in.Data.Tree = nil
	if _, err := Draw("dendrogram", in, Web); err == nil || !strings.Contains(err.Error(), "builds none") {
		t.Errorf("no tree: %v", err)
	}
	in = sixRows(0, 0, 1, 1, 2, 2)
	in.Data.Tree.Height[2] = 0.5
	if _, err := Draw("dendrogram", in, Web); err == nil || !strings.Contains(err.Error(), "ascend") {
		t.Errorf("heights that fall: %v", err)
	}
	in = sixRows(0, 0, 1, 1, 2, 2)
	in.Data.Tree.B[0] = 9
	if _, err := Draw("dendrogram", in, Web); err == nil || !strings.Contains(err.Error(), "not there yet") {
		t.Errorf("a node before its time: %v", err)
	}
	if _, err := DrawWith("dendrogram", &Dendrogram{Merges: 1}, sixRows(0, 0, 1, 1, 2, 2), Web); err == nil {
		t.Error("merges = 1: no error")
	}
}

// TestDendrogramOfClusterTree: the cut is found in trees that cluster builds.
func TestDendrogramOfClusterTree(t *testing.T) {
	for _, k := range []int{1, 2, 5, 12} {
		d, err := Draw("dendrogram", grown(t, 120, k), Paper)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(d.Caption, "Dashed: the cut at height") {
			t.Errorf("k = %d: caption %q has no cut", k, d.Caption)
		}
	}
}
