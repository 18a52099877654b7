package datasets

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// checkFiles: the source is in the catalogue, its files are there and have the
// checksums that it states.
func checkFiles(t *testing.T, name string) {
	t.Helper()
	s, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Files {
		if f.SHA256 == "" {
			t.Errorf("%s has no checksum", f.Path)
			continue
		}
		b, err := os.ReadFile(check.Data(t, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("%s has the SHA-256 %x, the catalogue says %s", f.Path, sum, f.SHA256)
		}
	}
}

// checkBattery: every data file of the battery's folder is in the catalogue with
// all its labels, and the stated rows are the lines of the first labels file.
func checkBattery(t *testing.T, battery string, sets int) {
	t.Helper()
	dir := filepath.Dir(check.Data(t, "battery/"+battery))
	files, err := filepath.Glob(filepath.Join(dir, battery, "*.data.gz"))
	if err != nil || len(files) != sets {
		t.Fatalf("%d data files in %s, want %d (%v)", len(files), battery, sets, err)
	}
	for _, f := range files {
		set := strings.TrimSuffix(filepath.Base(f), ".data.gz")
		s, err := Lookup(battery + "/" + set)
		if err != nil {
			t.Error(err)
			continue
		}
		labels, err := filepath.Glob(filepath.Join(dir, battery, set+".labels*.gz"))
		if err != nil || len(labels) != len(s.Files)-1 {
			t.Errorf("%s: %d labellings, the catalogue names %d", s.Name, len(labels), len(s.Files)-1)
		}
		if n := lines(t, labels[0]); n != s.Expect.Rows {
			t.Errorf("%s: %d labels, the catalogue says %d rows", s.Name, n, s.Expect.Rows)
		}
	}
}

func lines(t *testing.T, path string) (n int) {
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
	for sc := bufio.NewScanner(z); sc.Scan(); {
		if strings.TrimSpace(sc.Text()) != "" {
			n++
		}
	}
	return n
}
