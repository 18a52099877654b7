package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that features/conformance.md rests on is there under that name.
func TestConformanceNames(t *testing.T) {
	doc, err := os.ReadFile("../../features/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{} // package -> its tests' source
	seen := 0
	for _, m := range regexp.MustCompile(`\b(\w+)\.(Test\w+)`).FindAllStringSubmatch(string(doc), -1) {
		pkg, name := m[1], m[2]
		if tests[pkg] == "" {
			files, err := filepath.Glob("../../" + pkg + "/*_test.go")
			if err != nil || len(files) == 0 {
				t.Fatalf("package %s has no tests (%v)", pkg, err)
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				tests[pkg] += string(b)
			}
		}
		if !strings.Contains(tests[pkg], "\nfunc "+name+"(t *testing.T)") {
			t.Errorf("there is no test %s in package %s", name, pkg)
		}
		seen++
	}
	if seen < 60 {
		t.Errorf("%d tests named, expected over 60", seen)
	}
	for i, line := range strings.Split(string(doc), "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 7 {
			t.Errorf("line %d has not six cells: %s", i+1, line)
		}
	}
}
