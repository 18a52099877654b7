package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSessionIsKept: the same secret after a restart, readable by its owner only, and
// another one in place of what is none.
func TestSessionIsKept(t *testing.T) {
	var none *tracked
	if s, err := none.session(); s != "" || err != nil {
		t.Errorf("without a model: %q, %v", s, err)
	}
	p := &tracked{dir: t.TempDir()}
	first, err := p.session()
	if err != nil || len(first) != 64 {
		t.Fatalf("%q, %v", first, err)
	}
	path := filepath.Join(p.dir, sessionFile)
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i.Mode(), err)
	}
	if again, err := p.session(); again != first || err != nil {
		t.Errorf("the second time %q, %v", again, err)
	}
	for _, bad := range []string{"", "short", first[:63] + "g", first + "0"} {
		if err := os.WriteFile(path, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := p.session(); s == bad || s == first || len(s) != 64 || err != nil {
			t.Errorf("in place of %q: %q, %v", bad, s, err)
		}
		if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("in place of %q: %v, %v", bad, i.Mode(), err)
		}
	}
	p.dir = filepath.Join(p.dir, "gone")
	if _, err := p.session(); err == nil {
		t.Error("a folder that is not there")
	}
}
