package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestInit starts k-means at the centres of a file: as many clusters as it has rows,
// and --set may not say another number.
func TestInit(t *testing.T) {
	dir := t.TempDir()
	data := write(t, "x.csv", "a,b\n0,0\n0,1\n9,9\n9,8\n5,0\n5,1\n")
	start := write(t, "start.csv", "a,b\n0,0\n9,9\n5,0\n")
	labels := filepath.Join(dir, "labels.csv")
	r := lastJSON(t, ok(t, "cluster", "kmeans", "-i", data, "--init", start, "-o", labels, "--json"))
	if r["n_clusters"] != 3.0 || r["objective"] != 1.5 || r["n_iter"] != 2.0 {
		t.Fatalf("three pairs half apart from their means, found at once: %v", r)
	}
	if centers, _ := r["params"].(map[string]any)["init_centers"].([]any); len(centers) != 3 {
		t.Fatalf("the start is among the options: %v", r["params"])
	}
	for _, c := range []struct{ want, says string }{
		{"3 initial centres", "--set=n_clusters=2"},
		{"", "--set=n_clusters=3"},
	} {
		code, out, errs := run(t, "cluster", "kmeans", "-i", data, "--init", start, c.says)
		if (code == 0) != (c.want == "") || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d, %s%s", c.says, code, out, errs)
		}
	}
	wide := write(t, "wide.csv", "a,b,c\n0,0,1\n")
	if code, _, errs := run(t, "cluster", "kmeans", "-i", data, "--init", wide); code != exitData || !strings.Contains(errs, "3 columns, the data has 2") {
		t.Errorf("centres of another width: exit %d, %s", code, errs)
	}
	if code, _, errs := run(t, "cluster", "dbscan", "-i", data, "--init", start); code != exitUsage || !strings.Contains(errs, "--init goes with") {
		t.Errorf("dbscan has no centres: exit %d, %s", code, errs)
	}
}
