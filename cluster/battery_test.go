package cluster

import (
	"bufio"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// batteryTies are the sets where equal distances leave the partition open and the
// published one depends on noise that was added: clustering-benchmarks v1 computed on
// data with N(0, (1e-6 sd)²) added and cast to float32.
var batteryTies = map[string]bool{
	"wut/z1": true, "wut/twosplashes": true, "wut/x3": true, "fcps/wingnut": true,
	"single fcps/tetra": true, "uci/yeast": true, "complete uci/ecoli": true,
}

// The published partitions of clustering-benchmarks v1 (Gagolewski, SoftwareX 20,
// 2022, doi 10.1016/j.softx.2022.101270): fastcluster's, and for single linkage
// Genie's with a Gini threshold of 1, which is single linkage.
func TestHierarchicalReproducesBatteries(t *testing.T) {
	root := check.Data(t, "battery")
	seen := 0
	for linkage, dir := range map[string]string{"single": "Genie", "complete": "fastcluster_complete", "average": "fastcluster_average", "ward": "fastcluster_ward"} {
		files, err := filepath.Glob(filepath.Join(root, "published", dir, "*", "*.gz"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			set, ks, ok := strings.Cut(strings.TrimSuffix(filepath.Base(f), ".gz"), ".result")
			k, err := strconv.Atoi(ks)
			if !ok || err != nil {
				t.Fatalf("%s: no k in the name", f)
			}
			battery := filepath.Base(filepath.Dir(f))
			name := battery + "/" + set
			want := batteryColumn(t, f, map[bool]string{true: "Genie_G1.0", false: dir}[linkage == "single"])
			x := batterySet(t, filepath.Join(root, battery, set+".data.gz"))
			tree := mustTree(t, linkage, x, Run{})
			got := tree.CutK(k)
			Canonical(got)
			ari := adjustedRand(got, want)
			tie := batteryTies[name] || batteryTies[linkage+" "+name]
			switch {
			case tie:
				t.Logf("%s %s k=%d: ARI %.4f with the published partition (ties)", linkage, name, k, ari)
			case ari < 1-1e-12:
				t.Errorf("%s %s k=%d: ARI %.6f with the published partition, want 1", linkage, name, k, ari)
			}
			seen++
		}
	}
	// 13 published files of fcps, 17 graves, 8 uci, 25 wut would be 4 × 60; the count
	// guards against a glob that finds nothing.
	if seen < 200 {
		t.Errorf("%d published partitions, expected over 200", seen)
	}
}

func batteryLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for s := bufio.NewScanner(z); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// batterySet reads a set and prepares it as the published run did, less the noise and
// the rounding: constant columns dropped, centred, divided by the global sd.
func batterySet(t *testing.T, path string) *features.Matrix {
	t.Helper()
	var rows [][]float64
	for _, line := range batteryLines(t, path) {
		var row []float64
		for f := range strings.FieldsSeq(line) {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	n := float64(len(rows))
	var keep []int
	var means []float64
	total := 0.0
	for j := range rows[0] {
		mean, square := 0.0, 0.0
		for _, r := range rows {
			mean += r[j]
		}
		mean /= n
		for _, r := range rows {
			square += (r[j] - mean) * (r[j] - mean)
		}
		if square > 0 {
			keep, means = append(keep, j), append(means, mean)
			total += square
		}
	}
	sd := math.Sqrt(total / n / float64(len(keep)))
	var v []float64
	for _, r := range rows {
		for i, j := range keep {
			v = append(v, (r[j]-means[i])/sd)
		}
	}
	return matrix(len(keep), v...)
}

func batteryColumn(t *testing.T, path, column string) []int32 {
	t.Helper()
	lines := batteryLines(t, path)
	at := -1
	for i, h := range strings.Split(lines[0], ",") {
		if strings.Trim(h, `"`) == column {
			at = i
		}
	}
	if at < 0 {
		t.Fatalf("%s has no column %s: %s", path, column, lines[0])
	}
	var labels []int32
	for _, line := range lines[1:] {
		v, err := strconv.Atoi(strings.Split(line, ",")[at])
		if err != nil {
			t.Fatal(err)
		}
		labels = append(labels, int32(v))
	}
	return labels
}
