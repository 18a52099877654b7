package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// twoBlobs writes 40 rows in two groups and one row apart.
func twoBlobs(t *testing.T) string {
	var b strings.Builder
	b.WriteString("id,x,y\n")
	for i := range 40 {
		fmt.Fprintf(&b, "c%02d,%d.%d,%d.%d\n", i, 100*(i%2), i*7%10, i/10, i*3%10)
	}
	b.WriteString("far,50,5000\n")
	return write(t, "blobs.csv", b.String())
}

func csvOf(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What an algorithm says of each row goes to a file, a line a row.
func TestClusterDetails(t *testing.T) {
	data := twoBlobs(t)
	for _, c := range []struct {
		args string
		head string
	}{
		{"hdbscan --set min_cluster_size=10", "id,cluster,probability,outlier"},
		{"dbscan --set eps=8 --set min_samples=4", "id,cluster,core"},
		{"gmm --set n_clusters=2", "id,cluster,probability"},
		{"optics --set min_samples=4", "place,id,reachability,core_distance"},
		{"density_peaks --set n_clusters=2", "id,"},
	} {
		out := filepath.Join(t.TempDir(), "rows.csv")
		args := append([]string{"cluster"}, strings.Fields(c.args)...)
		code, _, msg := run(t, append(args, "-i", data, "--details", out)...)
		if code != 0 {
			t.Fatalf("%s: exit %d\n%s", c.args, code, msg)
		}
		rows := csvOf(t, out)
		if got := strings.Join(rows[0], ","); !strings.HasPrefix(got, c.head) || len(rows) != 42 {
			t.Errorf("%s: %d lines under %s, want 41 under %s", c.args, len(rows)-1, got, c.head)
		}
	}
	code, _, msg := run(t, "cluster", "kmeans", "-i", data, "--set", "n_clusters=2", "--details", filepath.Join(t.TempDir(), "rows.csv"))
	if code != exitUsage || !strings.Contains(msg, "hdbscan, gmm, dbscan") {
		t.Errorf("kmeans has no details: exit %d\n%s", code, msg)
	}
}

// A tree goes out as SciPy or as R has it, its leaves in either order.
func TestClusterTree(t *testing.T) {
	data, dir := twoBlobs(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	fit := func(more ...string) (int, string) {
		code, _, msg := run(t, append([]string{"cluster", "hierarchical", "-i", data, "--set", "linkage=average"}, more...)...)
		return code, msg
	}
	if code, msg := fit("--linkage-out", at("z.npy")); code != 0 {
		t.Fatal(msg)
	}
	orders := map[string]string{}
	for _, order := range []string{"plain", "optimal"} {
		if code, msg := fit("--linkage-out", at(order+".csv"), "--leaf-order", order); code != 0 {
			t.Fatal(msg)
		}
		rows := csvOf(t, at(order+".csv"))
		if len(rows) != 42 || strings.Join(rows[0], ",") != "merge1,merge2,height,order" || rows[41][0] != "" {
			t.Errorf("%s: %d lines, first %v, last %v", order, len(rows), rows[0], rows[len(rows)-1])
		}
		for _, r := range rows[1:] {
			orders[order] += r[3] + " "
		}
	}
	if orders["plain"] == orders["optimal"] {
		t.Error("the optimal order of leaves is the plain one")
	}
	for want, args := range map[string][]string{
		"builds no merge tree":   {"cluster", "kmeans", "-i", data, "--set", "n_clusters=2", "--linkage-out", at("k.npy")},
		"--linkage-out FILE.csv": {"cluster", "hierarchical", "-i", data, "--leaf-order", "optimal"},
	} {
		if code, _, msg := run(t, args...); code != exitUsage || !strings.Contains(msg, want) {
			t.Errorf("%v: exit %d\n%s", args, code, msg)
		}
	}
}
