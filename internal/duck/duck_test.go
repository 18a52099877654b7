package duck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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

// Every Parquet type comes as the text that our casts read.
func TestReadParquet(t *testing.T) {
	db, err := Open(Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	p := filepath.Join(t.TempDir(), "t's.parquet")
	if err := db.Exec(ctx, `COPY (SELECT DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 13:14:15.25' AS ts, TIMESTAMPTZ '2024-02-29 13:14:15+02:00' AS "z z",
		TIMESTAMP_NS '2024-02-29 13:14:15' AS ns, 0.1::DOUBLE AS x, 12.50::DECIMAL(10,2) AS dec, 9007199254740993 AS big, true AS b, '007' AS id, NULL::INT AS n) TO `+quote(p)+` (FORMAT parquet)`); err != nil {
		t.Fatal(err)
	}
	cols, err := db.ParquetColumns(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2024-02-29", "2024-02-29 13:14:15.25", "2024-02-29 11:14:15.000000Z", "2024-02-29 13:14:15", "0.1", "12.50", "9007199254740993", "true", "007", "∅"}
	n := 0
	err = db.ReadParquet(ctx, p, cols, 0, func(b *Batch) error {
		for i := range want {
			s, ok := b.Text(i, 0)
			if !ok {
				s = "∅"
			}
			if s != want[i] {
				t.Errorf("column %s (%s) reads %q, want %q", cols[i].Name, cols[i].Type, s, want[i])
			}
		}
		n += b.Rows()
		return nil
	})
	if err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Cells as the file has them: nothing is guessed, nothing is dropped.
func TestReadCSV(t *testing.T) {
	db, err := Open(Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(p, []byte("1,2\n007,\"a,\"\"b\"\"\"\n,\"two\nlines\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, head := range []bool{false, true} {
		var got []string
		err := db.ReadCSV(context.Background(), CSV{Path: p, Delim: ',', Quote: '"', Escape: '"', Header: head, Columns: 2, MaxLine: 20}, func(b *Batch) error {
			for r := range b.Rows() {
				for c := range 2 {
					s, _ := b.Text(c, r)
					got = append(got, strings.Clone(s))
				}
			}
			return nil
		})
		want := []string{"1", "2", "007", `a,"b"`, "", "two\nlines"}
		if head {
			want = want[2:]
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("header %v: %q %v, want %q", head, got, err, want)
		}
	}
	if err := db.ReadCSV(context.Background(), CSV{Path: "/a*.csv", Delim: ',', Quote: '"', Escape: '"', Columns: 1}, nil); err == nil {
		t.Error("a pattern was read as a file name")
	}
}

// Keys may hold dots, slashes and quotes; order is that of their first occurrence.
func TestReadJSON(t *testing.T) {
	db, err := Open(Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	p := filepath.Join(t.TempDir(), "t.jsonl")
	if err := os.WriteFile(p, []byte("{\"z\":\"007\",\"a.b\":1.50}\n{\"a/b~'c\":true,\"z\":null}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cols, err := db.JSONKeys(ctx, p, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cols {
		got = append(got, c.Name)
	}
	err = db.ReadJSON(ctx, p, cols, 1<<20, func(b *Batch) error {
		for r := range b.Rows() {
			for c := range cols {
				s, ok := b.Text(c, r)
				if !ok {
					s = "∅"
				}
				got = append(got, strings.Clone(s))
			}
		}
		return nil
	})
	slices.Sort(got[:2]) // two keys of one object
	if want := []string{"a.b", "z", "a/b~'c"}; err != nil || !slices.Equal(got[:3], want) {
		t.Fatalf("%q %v, want %q first", got, err, want)
	}
	all := strings.Join(got[3:], " ")
	if !strings.Contains(all, "007") || !strings.Contains(all, "1.5") || !strings.Contains(all, "true") || strings.Count(all, "∅") != 3 {
		t.Errorf("values %q", all)
	}
}

// A streamed result tells what a whole one does, typed; an error in the middle and a
// stop come through.
func TestStream(t *testing.T) {
	db, err := Open(Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const n = 50_000
	seen, sum, nulls := 0, 0.0, 0
	var ints int64
	err = db.Stream(t.Context(), "SELECT CAST(i AS BIGINT), CASE WHEN i % 7 = 0 THEN NULL ELSE i / 2 END::DOUBLE, 'w' || i FROM range(50000) r(i)", func(b *Batch) error {
		for r := range b.Rows() {
			ints += b.Ints(0)[r]
			if b.Null(1, r) {
				nulls++
			} else {
				sum += b.Floats(1)[r]
			}
			if s, ok := b.Text(2, r); ok && s == fmt.Sprint("w", b.Ints(0)[r]) {
				seen++
			}
		}
		return nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, holes := 0.0, 0
	for i := range n {
		if i%7 == 0 {
			holes++
		} else {
			want += float64(i) / 2
		}
	}
	if seen != n || ints != n*(n-1)/2 || nulls != holes || math.Abs(sum-want) > 1e-3 {
		t.Errorf("%d rows, Σ %d, %d nulls, Σ %g; want %d, %d, %d, %g", seen, ints, nulls, sum, n, n*(n-1)/2, holes, want)
	}
	err = db.Stream(t.Context(), "SELECT CASE WHEN i > 40000 THEN error('torn') ELSE i END FROM range(50000) r(i)", func(*Batch) error { return nil }, nil)
	if err == nil || !strings.Contains(err.Error(), "torn") {
		t.Errorf("error %v", err)
	}
	stop := errors.New("enough")
	if err := db.Stream(t.Context(), "SELECT i FROM range(50000) r(i)", func(*Batch) error { return stop }, nil); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	if err := db.Stream(t.Context(), "SELEC", func(*Batch) error { return nil }, nil); err == nil {
		t.Error("nonsense was run")
	}
}
