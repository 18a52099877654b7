package mores

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mores-lab/mores"

// arrows is the whole list of imports allowed inside the module: a package may
// import those to its right and nothing else. Data flows the other way:
//
//	datasets -> features -> cluster -> eval -> eval/study -> ledger, figure, report, live -> cmd
//
// internal/check, npy, spell, digits and kernel may be imported from anywhere.
var arrows = map[string][]string{
	"datasets":      {},
	"datasets/load": {"datasets", "internal/duck"},
	"features":      {"datasets"},
	"cluster":       {"features", "datasets", "internal/near"},
	"eval":          {"cluster", "features", "datasets", "internal/near"},
	"eval/verdict":  {"eval"},
	"eval/rule":     {"eval", "features", "datasets"},
	"eval/bench":    {"eval/study", "eval", "cluster", "features", "datasets"},
	"eval/study":    {"eval/rule", "eval/verdict", "eval", "cluster", "features", "datasets"},
	"eval/ledger":   {"eval/study", "eval", "cluster", "features", "datasets", "internal/duck"},
	"eval/figure":   {"eval/bench", "eval/study", "eval", "cluster", "features", "datasets"},
	"eval/report":   {"eval/figure", "eval/study", "eval/verdict", "eval", "cluster", "features", "datasets", "internal/golearn"},
	"eval/live":     {"eval/study", "eval/verdict", "eval", "cluster", "features", "datasets"},
	"cmd/mores": {
		"datasets", "datasets/load", "features", "cluster", "eval", "eval/study", "eval/ledger",
		"eval/verdict", "eval/rule", "eval/bench", "internal/golearn", "eval/figure", "eval/report", "eval/live", "internal/duck",
	},
	"internal/browser": {},
	"internal/check":   {},
	"internal/npy":     {},
	"internal/spell":   {},
	"internal/digits":  {},
	"internal/kernel":  {},
	"internal/near":    {},
	"internal/duck":    {},
	"internal/golearn": {},
}

var everywhere = []string{"internal/check", "internal/npy", "internal/kernel", "internal/spell", "internal/digits"}

// only lists dependencies that one place alone may import.
var only = map[string][]string{
	"github.com/duckdb/duckdb-go":          {"internal/duck"},
	"github.com/duckdb/duckdb-go-bindings": {"internal/duck"},
	"github.com/sjwhitworth/golearn":       {"internal/golearn"},
	"github.com/gorilla/websocket":         {"eval/live"},
	"github.com/alecthomas/kong":           {"cmd/mores"},
	"gonum.org/v1/plot":                    {"eval/figure"},
	"codeberg.org/go-pdf/fpdf":             {"eval/report", "eval/figure"},
	"github.com/go-rod/rod":                {"internal/browser"},
	"math/rand":                            {}, // v2 only
	"github.com/jedib0t/go-pretty":         {"eval/report", "cmd/mores"},
	"github.com/vbauerster/mpb":            {"cmd/mores"},
	"github.com/BurntSushi/toml":           {"eval/study", "cmd/mores"},
	"github.com/klauspost/compress":        {"datasets/load"},
	"github.com/rickar/cal":                {"features"},
	"golang.org/x/text/encoding":           {"datasets/load"},
	"pgregory.net/rapid":                   {},
	"go.uber.org/goleak":                   {},
	"github.com/janpfeifer/gonb":           {},
	"github.com/mmcloughlin/avo":           {},
}

// packages returns the module's packages, by folder, with what their non-test
// files import under every build constraint.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if p != "." {
			if n := d.Name(); strings.HasPrefix(n, ".") || strings.HasPrefix(n, "_") || n == "testdata" {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil {
				return fs.SkipDir // a module of its own
			}
		}
		ctx := build.Default
		ctx.UseAllFiles = true
		pkg, _ := ctx.ImportDir(p, 0) // an error means no Go files here
		if pkg == nil || len(pkg.GoFiles)+len(pkg.CgoFiles) == 0 {
			return nil // no Go here, or tests only
		}
		out[filepath.ToSlash(p)] = pkg.Imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestArrows(t *testing.T) {
	for dir, imports := range packages(t) {
		if dir == "." {
			continue // documentation only
		}
		allowed, ok := arrows[dir]
		if !ok {
			t.Errorf("package %s has no place in the house: give it one in imports_test.go, with its arrows", dir)
			continue
		}
		for _, imp := range imports {
			if rel, ours := strings.CutPrefix(imp, module+"/"); ours {
				if !slices.Contains(allowed, rel) && !slices.Contains(everywhere, rel) {
					t.Errorf("%s imports %s: that arrow is not in the plan", dir, rel)
				}
				continue
			}
			for dep, places := range only {
				if (imp == dep || strings.HasPrefix(imp, dep+"/")) && imp != "math/rand/v2" && !slices.Contains(places, dir) {
					t.Errorf("%s imports %s, which only %v may", dir, imp, places)
				}
			}
		}
	}
}

// TestArrowsPointBack proves that the list itself has no cycle.
func TestArrowsPointBack(t *testing.T) {
	var visit func(dir string, path []string)
	visit = func(dir string, path []string) {
		if slices.Contains(path, dir) {
			t.Fatalf("cycle: %v", append(path, dir))
		}
		for _, to := range arrows[dir] {
			visit(to, append(path, dir))
		}
	}
	for dir := range arrows {
		visit(dir, nil)
	}
}
