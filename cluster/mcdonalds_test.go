package cluster_test

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// TestMcDonalds: the four segments of the McDonald's survey. Eleven perceptions of
// 1,453 people, yes or no; k-means with k = 4 has the least within-cluster sum of
// squares at 1602.90 with 580, 318, 315 and 240 people. Dolnicar, Grün & Leisch,
// Market Segmentation Analysis, Springer 2018, appendix A, doi:10.1007/978-981-10-8818-6,
// is the data's source and uses four segments.
func TestMcDonalds(t *testing.T) {
	f, err := os.Open(check.Data(t, "data/mcdonalds/mcdonalds.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cols := make([]features.Column, 11)
	for j := range cols {
		cols[j] = features.Column{Name: lines[0][j], Block: "survey", Kind: features.Binary}
	}
	x := features.NewMatrix(len(lines)-1, cols, nil)
	for i, l := range lines[1:] {
		for j := range cols {
			if l[j] == "Yes" {
				x.Row(i)[j] = 1
			}
		}
	}
	m, err := cluster.Lookup("kmeans")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New().(*cluster.KMeans)
	a.NClusters, a.NInit = 4, 200 // an optimum at 1602.93 is found more often than the best
	c, err := a.Fit(t.Context(), x, cluster.Run{Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "inertia", *c.Objective, 1602.90, 0.005/1602.90)
	if sizes := c.Sizes(); !slices.Equal(sizes, []int{580, 318, 315, 240}) {
		t.Errorf("sizes %v", sizes)
	}
}
