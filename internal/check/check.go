// Package check holds what tests share: tolerances, data files, golden files.
package check

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Close fails the test unless got is want within the relative tolerance tol
// (absolute below 1). NaN equals NaN.
func Close(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if math.IsNaN(got) && math.IsNaN(want) {
		return
	}
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g (difference %.3g, tolerance %g)", what, got, want, got-want, tol)
	}
}

// Data returns the path of a file of the data folder, $MORES_DATA. Where it is
// absent the test is skipped with that reason, or fails if MORES_REQUIRE_DATA=1.
func Data(t testing.TB, rel string) string {
	t.Helper()
	root := os.Getenv("MORES_DATA")
	p := filepath.Join(root, rel)
	_, err := os.Stat(p)
	switch {
	case root != "" && err == nil:
		return p
	case os.Getenv("MORES_REQUIRE_DATA") == "1":
		t.Fatalf("MORES_REQUIRE_DATA=1 and %s is not there (MORES_DATA=%q)", rel, root)
	default:
		t.Skipf("%s is not there: set MORES_DATA to the folder that holds data/ and battery/", rel)
	}
	return ""
}

// Long skips a test that belongs to `make long`.
func Long(t testing.TB) {
	t.Helper()
	if os.Getenv("MORES_LONG") != "1" {
		t.Skip("an exhaustive run: make long")
	}
}

var golden = flag.Bool("golden", false, "renew golden files (make golden)")

// Golden compares got with testdata/name and fails where they differ, leaving
// testdata/name.got beside it; -golden renews the file.
func Golden(t testing.TB, name string, got []byte) {
	t.Helper()
	p := filepath.Join("testdata", name)
	if *golden {
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatalf("%v: make golden writes it", err)
	}
	if string(want) != string(got) {
		os.WriteFile(p+".got", got, 0o644)
		t.Errorf("%s differs; what came out is in %s.got", p, p)
	}
}
