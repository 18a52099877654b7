package report

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows
}

func TestWriteIDs(t *testing.T) {
	r := made{n: 500, noise: true}.report(t, Options{})
	dir := filepath.Join(t.TempDir(), "ids")
	stale := filepath.Join(dir, "segment-9-gone.csv")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stale, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	files, err := WriteIDs(dir, r, CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("the file of an earlier segmentation is still there")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != len(files) || len(files) != 4+2 {
		t.Errorf("files %q, folder of %d: want four segments and two strata", files, len(entries))
	}
	seen := map[string]bool{}
	for s := range 4 {
		rows := readCSV(t, filepath.Join(dir, files[s]))
		if !strings.HasPrefix(files[s], "segment-"+strconv.Itoa(s+1)+"-") || !slices.Equal(rows[0], []string{"id", "distance", "silhouette"}) {
			t.Errorf("%s begins with %q", files[s], rows[0])
		}
		if len(rows)-1 != r.Cards[s].Size {
			t.Errorf("%s has %d customers, the card %d", files[s], len(rows)-1, r.Cards[s].Size)
		}
		for _, row := range rows[1:] {
			if seen[row[0]] {
				t.Errorf("customer %s is in two segments", row[0])
			}
			seen[row[0]] = true
			i, err := strconv.Atoi(row[0]) // made: the id is the row's number, with leading zeros
			if err != nil || len(row[0]) != 5 || int(r.Data.Labels[i]) != s {
				t.Fatalf("customer %q stands in %s", row[0], files[s])
			}
			sum := 0.0 // made: every centre is the origin
			for _, x := range r.Set.X.Row(i) {
				sum += x * x
			}
			d, _ := strconv.ParseFloat(row[1], 64)
			check.Close(t, "distance", d, math.Sqrt(sum), 1e-12)
			sil, _ := strconv.ParseFloat(row[2], 32)
			if float32(sil) != r.Data.Silhouette[i] {
				t.Errorf("silhouette of %s is %v, want %v", row[0], sil, r.Data.Silhouette[i])
			}
		}
	}
	if len(seen) != 500 {
		t.Errorf("%d customers in the files, want 500", len(seen))
	}
	for i, want := range map[int]int{4: 28, 5: 12} {
		if rows := readCSV(t, filepath.Join(dir, files[i])); len(rows)-1 != want {
			t.Errorf("%s has %d customers, want %d", files[i], len(rows)-1, want)
		}
	}
}

func TestWriteIDsOfTheUnassigned(t *testing.T) {
	m := made{n: 200, noise: true}.study(t)
	r, err := Build(t.Context(), m, Options{Run: "0000000000000009"}) // made: dbscan, which leaves some out
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := WriteIDs(dir, r, CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, filepath.Join(dir, "unassigned.csv"))
	if len(rows)-1 != r.Shown.Done.NNoise || r.Shown.Done.NNoise == 0 {
		t.Errorf("%d unassigned in the file, %d in the journal", len(rows)-1, r.Shown.Done.NNoise)
	}
}

func TestWriteIDsOfHostileNames(t *testing.T) {
	for _, h := range hostile {
		r := made{n: 40, name: h}.report(t, Options{})
		for i := range r.Cards {
			r.Cards[i].Name = h
		}
		r.Set.StratumIDs = map[string][]string{h: {h}, h + "x": {"=1"}}
		dir := t.TempDir()
		files, err := WriteIDs(dir, r, CSVOptions{ForSpreadsheet: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.Trim(f, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || len(f) > 90 || strings.Contains(f, "..") {
				t.Errorf("file name %q from %.40q", f, h)
			}
			for _, row := range readCSV(t, filepath.Join(dir, f))[1:] {
				if strings.ContainsAny(row[0][:1], "=+-@\t") {
					t.Errorf("%s holds the formula %q", f, row[0])
				}
			}
		}
	}
}

func TestSpreadsheetCSVHasNoFormula(t *testing.T) {
	for _, h := range []string{"=1+1", "+1", "@SUM(A1)", "-2"} {
		r := made{n: 40}.report(t, Options{})
		r.Ranking.Rows[0].Cells[4] = word(h)
		var b strings.Builder
		if err := CSV(&b, r, CSVOptions{ForSpreadsheet: true}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if rows[1][4] != "'"+h {
			t.Errorf("%q is written as %q", h, rows[1][4])
		}
		b.Reset()
		if err := CSV(&b, r, CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		if rows, _ = csv.NewReader(strings.NewReader(b.String())).ReadAll(); rows[1][4] != h {
			t.Errorf("without the option %q is written as %q: programs need it unchanged", h, rows[1][4])
		}
	}
}
