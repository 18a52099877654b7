package cluster

import (
	"context"
	"math"
	"strings"
	"testing"
)

// Children, distances and both cuts are scikit-learn's.
func TestHierarchicalGraphEqualsScikitLearn(t *testing.T) {
	for name, set := range readTrees(t).Small {
		x := flatMatrix(set.X)
		parts := 0
		for _, g := range set.Graphs {
			what := name + " " + g.Linkage
			a := &Agglomerative{NClusters: 4, Linkage: g.Linkage, Connectivity: g.K}
			got, err := a.Fit(context.Background(), x, Run{Workers: 1 + g.K%3})
			if err != nil {
				t.Fatal(err)
			}
			for i, h := range got.Tree.Height {
				// Kruskal's order and scikit-learn's differ where lengths are equal.
				if c := g.Children[2*i : 2*i+2]; min(c[0], c[1]) != float64(got.Tree.A[i]) || max(c[0], c[1]) != float64(got.Tree.B[i]) || math.Abs(h-g.Distances[i]) > 1e-9 {
					t.Errorf("%s k=%d: merge %d is %d %d at %.12g, want %v at %.12g", what, g.K, i, got.Tree.A[i], got.Tree.B[i], h, c, g.Distances[i])
					break
				}
			}
			sameCanonical(t, what, got.Labels, g.Labels)
			a.DistanceThreshold = &g.Threshold
			below, err := a.Fit(context.Background(), x, Run{})
			if err != nil {
				t.Fatal(err)
			}
			sameCanonical(t, what+" below the threshold", below.Labels, g.LabelsBelow)
			if g.Components > 1 {
				parts++
				if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "parts") {
					t.Errorf("%s k=%d: %d components, warnings %v", what, g.K, g.Components, got.Warnings)
				}
			}
		}
		if parts == 0 {
			t.Errorf("%s: no graph in parts", name)
		}
	}
}

// With every edge given, the trees are those without a graph.
func TestHierarchicalGraphComplete(t *testing.T) {
	x, _ := gaussian(60, 3, 4, 6, 2)
	var edges [][2]int32
	for i := range int32(60) {
		for j := range i {
			edges = append(edges, [2]int32{j, i})
		}
	}
	for _, linkage := range graphLinkages {
		want := mustTree(t, linkage, x, Run{})
		for _, space := range []Space{nil, rowSpace{x.Data(), 3}} {
			if space != nil && linkage == "ward" {
				continue
			}
			got, err := (&Agglomerative{Linkage: linkage}).ConnectedTree(context.Background(), x, Run{Space: space}, edges)
			if err != nil {
				t.Fatal(err)
			}
			for i, h := range want.Height {
				if got.A[i] != want.A[i] || got.B[i] != want.B[i] || math.Abs(got.Height[i]-h) > 1e-9 {
					t.Fatalf("%s: merge %d is %d %d at %g, want %d %d at %g", linkage, i, got.A[i], got.B[i], got.Height[i], want.A[i], want.B[i], h)
				}
			}
		}
	}
}

func TestHierarchicalGraphRefuses(t *testing.T) {
	x, _ := gaussian(20, 2, 2, 6, 2)
	if _, err := (&Agglomerative{Linkage: "centroid", NClusters: 2, Connectivity: 3}).Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), "on a graph") {
		t.Errorf("centroid: %v", err)
	}
	if _, err := (&Agglomerative{Linkage: "ward"}).ConnectedTree(context.Background(), x, Run{}, [][2]int32{{0, 20}}); err == nil || !strings.Contains(err.Error(), "edge 1 joins rows 0 and 20 of 20") {
		t.Errorf("an edge to nowhere: %v", err)
	}
}
