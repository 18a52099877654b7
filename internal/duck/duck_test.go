package duck

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cells reads a query's result as text, null as "∅".
func cells(t *testing.T, sql string) [][]string {
	t.Helper()
	db, err := Open(Options{Jobs: 2, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out [][]string
	_, err = db.Query(context.Background(), sql, func(b *Batch) error {
		for r := range b.Rows() {
			var row []string
			for c := range b.cols {
				s, ok := b.Text(c, r)
				if !ok {
					s = "∅"
				}
				row = append(row, strings.Clone(s))
			}
			out = append(out, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteParquet(t *testing.T) {
	dir := t.TempDir()
	const n = 5000 // more than two chunks of 2,048
	cols := []Col{{Name: "id"}, {Name: `a "b"`}, {Name: "n"}, {Name: "flag"}}
	for i := range n {
		cols[0].Texts = append(cols[0].Texts, strings.Repeat("é", i%9))
		x := float64(i) / 3
		if i == 4097 {
			x = math.NaN()
		}
		cols[1].Floats = append(cols[1].Floats, x)
		cols[2].Ints = append(cols[2].Ints, int64(i)<<40)
		cols[3].Bools = append(cols[3].Bools, i%2 == 0)
	}
	p := filepath.Join(dir, "t.parquet")
	meta := map[string]string{"run": "it's", "b": "2"}
	if err := WriteParquet(p, cols, meta); err != nil {
		t.Fatal(err)
	}
	got := cells(t, `SELECT id, "a ""b"""::VARCHAR, n::VARCHAR, flag::VARCHAR FROM read_parquet(`+quote(p)+`)`)
	if len(got) != n {
		t.Fatalf("%d rows, wrote %d", len(got), n)
	}
	for i, r := range got {
		x, err := strconv.ParseFloat(r[1], 64)
		if r[0] != cols[0].Texts[i] || r[2] != strconv.FormatInt(cols[2].Ints[i], 10) || (r[3] == "true") != cols[3].Bools[i] ||
			i == 4097 && r[1] != "∅" || i != 4097 && (err != nil || x != cols[1].Floats[i]) {
			t.Fatalf("row %d reads as %q", i, r)
		}
	}
	kv := cells(t, `SELECT decode(key), decode(value) FROM parquet_kv_metadata(`+quote(p)+`) ORDER BY 1`)
	if len(kv) != 2 || kv[1][1] != "it's" {
		t.Errorf("metadata %q", kv)
	}
	q := filepath.Join(dir, "u.parquet")
	if err := WriteParquet(q, cols, meta); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(p)
	b, _ := os.ReadFile(q)
	if string(a) != string(b) {
		t.Error("the same columns gave other bytes")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWriteParquetEmpty(t *testing.T) {
	p := filepath.Join(t.TempDir(), "t.parquet")
	if err := WriteParquet(p, []Col{{Name: "x", Floats: []float64{}}, {Name: "s", Texts: []string{}}}, nil); err != nil {
		t.Fatal(err)
	}
	if got := cells(t, "SELECT s, x::VARCHAR FROM read_parquet("+quote(p)+")"); len(got) != 0 {
		t.Errorf("%d rows in an empty table", len(got))
	}
}

func TestCancel(t *testing.T) {
	db, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err = db.Exec(ctx, "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless query ended with %v", err)
	}
}

func TestNoNetwork(t *testing.T) {
	got := cells(t, "SELECT name, value FROM duckdb_settings() WHERE name IN ('autoinstall_known_extensions', 'autoload_known_extensions') ORDER BY 1")
	for _, r := range got {
		if r[1] != "false" {
			t.Errorf("%s is %s", r[0], r[1])
		}
	}
	if len(got) != 2 {
		t.Errorf("settings %q", got)
	}
}
