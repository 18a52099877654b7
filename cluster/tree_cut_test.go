package cluster

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

// expectedTrees is testdata/linkage.json: trees, cuts and orders of SciPy, trees on graphs
// of scikit-learn, trees of many rows of fastcluster, made by
// eval/peers/linkage_expected.py.
type expectedTrees struct {
	Small map[string]struct {
		X     [][]float64 `json:"x"`
		Trees map[string]struct {
			Z            []float64 `json:"z"`
			Leaves       []int32   `json:"leaves"`
			Cophenetic   float64   `json:"cophenetic"`
			OrderCost    float64   `json:"order_cost"`
			Inconsistent map[int]struct {
				Coefficient []float64 `json:"coefficient"`
				Cuts        []struct {
					T      float64 `json:"t"`
					Labels []int32 `json:"labels"`
				} `json:"cuts"`
			} `json:"inconsistent"`
		} `json:"trees"`
		Graphs []struct {
			K           int       `json:"k"`
			Linkage     string    `json:"linkage"`
			Children    []float64 `json:"children"`
			Distances   []float64 `json:"distances"`
			Components  int       `json:"components"`
			Labels      []int32   `json:"labels"`
			Threshold   float64   `json:"threshold"`
			LabelsBelow []int32   `json:"labels_below"`
		} `json:"graphs"`
	} `json:"small"`
	Large []struct {
		N       int       `json:"n"`
		D       int       `json:"d"`
		Seed    uint64    `json:"seed"`
		Linkage string    `json:"linkage"`
		Every   int       `json:"every"`
		Heights []float64 `json:"heights"`
		Sum     float64   `json:"sum"`
		Labels  string    `json:"labels"`
	} `json:"large"`
}

func readTrees(t testing.TB) *expectedTrees {
	t.Helper()
	b, err := os.ReadFile("testdata/linkage.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expectedTrees
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Small) != 2 || len(e.Large) != 6 {
		t.Fatalf("%d small and %d large sets, want 2 and 6", len(e.Small), len(e.Large))
	}
	return &e
}

func flatMatrix(x [][]float64) *features.Matrix { return matrix(len(x[0]), slices.Concat(x...)...) }

// treeOfZ reads SciPy's layout.
func treeOfZ(z []float64) *Tree {
	t := &Tree{N: len(z)/4 + 1}
	for i := 0; i < len(z); i += 4 {
		t.A, t.B = append(t.A, int32(z[i])), append(t.B, int32(z[i+1]))
		t.Height, t.Size = append(t.Height, z[i+2]), append(t.Size, int32(z[i+3]))
	}
	return t
}

func TestTreeInconsistencyEqualsSciPy(t *testing.T) {
	for name, set := range readTrees(t).Small {
		for linkage, want := range set.Trees {
			tree := treeOfZ(want.Z)
			for depth, r := range want.Inconsistent {
				for i, v := range tree.Inconsistency(depth) {
					if math.Abs(v-r.Coefficient[i]) > 1e-9 {
						t.Fatalf("%s %s depth %d: merge %d has %.12g, want %.12g", name, linkage, depth, i, v, r.Coefficient[i])
					}
				}
				for _, cut := range r.Cuts {
					got := tree.CutInconsistent(cut.T, depth)
					Canonical(got)
					sameCanonical(t, name+" "+linkage+" inconsistent", got, cut.Labels)
				}
			}
		}
	}
}

func TestTreeGap(t *testing.T) {
	x := matrix(1, 0, 1, 10, 12, 40) // merges at 1, 2, 9, 28: gaps 1, 1, 7, 19
	tree := mustTree(t, "single", x, Run{})
	for most, want := range map[int]int{5: 2, 3: 2, 2: 2} {
		if k, low, high := tree.Gap(most); k != want || low != 9 || high != 28 {
			t.Errorf("at most %d: k = %d between %g and %g", most, k, low, high)
		}
	}
	tree.Height = []float64{1, 8, 9, 10}
	if k, low, high := tree.Gap(5); k != 4 || low != 1 || high != 8 {
		t.Errorf("k = %d between %g and %g, want 4 between 1 and 8", k, low, high)
	}
	tree.Height = []float64{3, 9, 5, 10} // an inversion counts at 9
	if k, low, high := tree.Gap(5); k != 4 || low != 3 || high != 9 {
		t.Errorf("k = %d between %g and %g, want 4 between 3 and 9", k, low, high)
	}
	tree.Height = []float64{0, 0, 0, 0}
	if k, _, _ := tree.Gap(5); k != 1 {
		t.Errorf("equal rows: k = %d, want 1", k)
	}
	got, err := (&Agglomerative{Linkage: "single", CutBy: "gap"}).Fit(context.Background(), x, Run{})
	if err != nil || got.K != 2 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "between the merges at 9 and 28: 2 clusters") {
		t.Errorf("%+v %v", got, err)
	}
}

func TestTreeCutOptions(t *testing.T) {
	x := matrix(1, 0, 1, 10, 12, 40)
	at := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		a    Agglomerative
		want []int32
	}{
		{Agglomerative{Linkage: "single", CutBy: "height", DistanceThreshold: at(2.1)}, []int32{0, 0, 1, 1, 2}},
		{Agglomerative{Linkage: "single", CutBy: "inconsistent", Inconsistency: 0, Depth: 1}, []int32{0, 0, 0, 0, 0}},
		{Agglomerative{Linkage: "single", CutBy: "inconsistent", Inconsistency: 0, Depth: 2}, []int32{0, 0, 1, 1, 2}},
	} {
		got, err := c.a.Fit(context.Background(), x, Run{})
		if err != nil || !slices.Equal(got.Labels, c.want) {
			t.Errorf("%+v: %v (%v), want %v", c.a, got, err, c.want)
		}
	}
	for want, a := range map[string]Agglomerative{
		"cut = height: needs distance_threshold": {CutBy: "height"},
		"cut = high: k, height, gap or inconsis": {CutBy: "high"},
		"max_clusters = 1: at least 2":           {CutBy: "gap", MaxClusters: 1},
		"inconsistency = -1: not negative":       {CutBy: "inconsistent", Inconsistency: -1, Depth: 2},
		"depth = 0: 1 to 20":                     {CutBy: "inconsistent"},
		"storage = float16: float64 or float32":  {NClusters: 2, Storage: "float16"},
		"connectivity = 5: 0 for none":           {NClusters: 2, Connectivity: 5},
	} {
		a.Linkage = "average"
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}
