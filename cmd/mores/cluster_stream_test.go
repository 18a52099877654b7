package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/duck"
	"github.com/mores-lab/mores/internal/npy"
)

// largeTable writes 120,000 rows in four groups as Parquet, with ids and a column of
// words, and as npy.
func largeTable(t *testing.T) (parquet, array string) {
	t.Helper()
	const n = 120_000
	r := rand.New(rand.NewPCG(1, 1))
	cols := []duck.Col{{Name: "customer_id"}, {Name: "x"}, {Name: "word"}, {Name: "y"}}
	var flat []float64
	for i := range n {
		x, y := float64(i%4)*10+r.NormFloat64(), float64(i%2)*7+r.NormFloat64()
		cols[0].Texts = append(cols[0].Texts, fmt.Sprintf("c%06d", i))
		cols[1].Floats = append(cols[1].Floats, x)
		cols[2].Texts = append(cols[2].Texts, "w")
		cols[3].Floats = append(cols[3].Floats, y)
		flat = append(flat, x, y)
	}
	parquet = filepath.Join(t.TempDir(), "large.parquet")
	if err := duck.WriteParquet(parquet, cols, nil); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := npy.Write(&b, flat, n, 2); err != nil {
		t.Fatal(err)
	}
	array = filepath.Join(t.TempDir(), "large.npy")
	if err := os.WriteFile(array, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return parquet, array
}

// A table larger than --max-mem streams through betula, read once, and once more for
// labels; the answer is that of the table in memory.
func TestClusterStreams(t *testing.T) {
	parquet, array := largeTable(t)
	labels := filepath.Join(t.TempDir(), "labels.csv")
	fit := func(input string, more ...string) map[string]any {
		t.Helper()
		args := append([]string{"cluster", "betula", "-i", input, "--json", "--set", "n_clusters=4", "--set", "max_leaves=500"}, more...)
		code, out, msg := run(t, args...)
		if code != exitOK {
			t.Fatalf("exit %d\n%s%s", code, out, msg)
		}
		return lastJSON(t, out)
	}
	whole := fit(parquet, "-o", labels)
	if whole["streamed"] != nil {
		t.Fatal("a small table was streamed")
	}
	want, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	once := fit(parquet, "--max-mem", "6600kB")
	if once["streamed"] != true || once["n"] != 120_000.0 || once["d"] != 2.0 || once["n_clusters"] != 4.0 {
		t.Errorf("streamed: %v", once)
	}
	if read := once["bytes_read"].(float64); read > 1.02*once["input_bytes"].(float64) {
		t.Errorf("%v bytes read of a file of %v", read, once["input_bytes"])
	}
	twice := fit(parquet, "--max-mem", "6600kB", "-o", labels)
	if twice["streamed"] != true || twice["objective"] != whole["objective"] {
		t.Errorf("objective %v streamed, %v in memory", twice["objective"], whole["objective"])
	}
	if once["objective"].(float64) < twice["objective"].(float64)*(1-1e-12) {
		t.Errorf("objective %v by leaves, %v by nearest centres", once["objective"], twice["objective"])
	}
	if got, err := os.ReadFile(labels); err != nil || !bytes.Equal(got, want) {
		t.Errorf("other labels streamed than in memory (%v)", err)
	}
	fromArray := fit(array, "--max-mem", "6600kB", "-o", labels)
	if fromArray["streamed"] != true || fromArray["objective"] != whole["objective"] {
		t.Errorf("npy: objective %v, %v in memory", fromArray["objective"], whole["objective"])
	}
	got, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	if one := fit(array, "--max-mem", "6600kB", "--columns", "x1,x0"); one["streamed"] != true || math.Abs(one["objective"].(float64)/whole["objective"].(float64)-1) > 1e-9 {
		t.Errorf("npy, columns exchanged: %v", one)
	}
	rows, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil || len(rows) != 120_001 || rows[120_000][0] != "119999" {
		t.Fatalf("npy: %d rows of labels, %v", len(rows), err)
	}
	first := bytes.Count(want, []byte(",0\n"))
	if n := bytes.Count(got, []byte(",0\n")); n != first || first < 30_000 {
		t.Errorf("npy: %d rows in cluster 0, Parquet %d", n, first)
	}
}

func TestClusterStreamRefuses(t *testing.T) {
	parquet, _ := largeTable(t)
	for _, c := range []struct {
		args []string
		exit int
		say  []string
	}{
		{[]string{"kmeans"}, exitRefused, []string{"R001", "mores cluster betula", "6.3 MiB", "120000 rows × 2 columns"}},
		{[]string{"betula", "--scale", "zscore"}, exitRefused, []string{"R001", "--scale"}},
		{[]string{"betula", "--missing", "drop-rows"}, exitRefused, []string{"R001", "--missing"}},
		{[]string{"betula", "--set", "max_leaves=2000000"}, exitRefused, []string{"R001", "max_leaves"}},
		{[]string{"betula", "--set", "n_clusters=0"}, exitUsage, []string{"n_clusters"}},
		{[]string{"betula", "--id", "customer"}, exitData, []string{"customer"}},
		{[]string{"betula", "--columns", "x,word"}, exitData, []string{"word"}},
	} {
		args := append(append([]string{"cluster"}, c.args...), "-i", parquet, "--max-mem", "6600kB")
		code, out, msg := run(t, args...)
		if code != c.exit {
			t.Errorf("%v: exit %d, want %d\n%s%s", c.args, code, c.exit, out, msg)
		}
		for _, s := range c.say {
			if !strings.Contains(msg, s) {
				t.Errorf("%v: the message does not name %q:\n%s", c.args, s, msg)
			}
		}
	}
}
