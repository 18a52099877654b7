package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// keep writes values into a new study's folder and closes it.
func keep(t *testing.T, dir string, values map[string]string) {
	t.Helper()
	f, err := Create(dir, smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for k, v := range values {
		f.Keep(k, json.RawMessage(v))
	}
}

// kept reads values back as another process would.
func kept(t *testing.T, dir string, keys ...string) string {
	t.Helper()
	f, err := Create(dir, smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for _, k := range keys {
		out = append(out, string(f.Kept(k)))
	}
	return strings.Join(out, " ")
}

// Whatever happens to the file, a value is as it was kept or it is not there.
func TestKeptSurvivesDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	keep(t, dir, map[string]string{"a": `{"x":1}`})
	keep(t, dir, map[string]string{"b": `[1,2]`})
	if got := kept(t, dir, "a", "b", "c"); got != `{"x":1} [1,2] ` {
		t.Fatalf("kept %q", got)
	}
	path := filepath.Join(dir, keptFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]bool{`{"x":1} [1,2]`: true, `{"x":1} `: true, ` [1,2]`: true, ` `: true}
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if got := kept(t, dir, "a", "b"); !good[got] {
			t.Fatalf("cut off after %d bytes it reads %q", cut, got)
		}
		if cut%10 == 0 { // what is kept behind a torn line is whole
			keep(t, dir, map[string]string{"c": "3"})
			if got := kept(t, dir, "c"); got != "3" {
				t.Fatalf("behind a line of %d bytes it reads %q", cut, got)
			}
		}
	}
	for at := range whole {
		bad := bytes.Clone(whole)
		bad[at] ^= 4
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := kept(t, dir, "a", "b"); !good[got] {
			t.Fatalf("with byte %d damaged it reads %q", at, got)
		}
	}
}

func TestKeptIsDroppedAtTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	keep(t, dir, map[string]string{"a": "1"})
	f, err := Create(dir, smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	f.Keep("b", json.RawMessage("2"))
	if err := f.Append(study.Event{Event: study.StudyDone}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	f.Keep("c", json.RawMessage("3")) // closed: nobody keeps
	if _, err := os.Stat(filepath.Join(dir, keptFile)); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	// Killed between the journal's last line and the removal.
	if err := os.WriteFile(filepath.Join(dir, keptFile), []byte("left"), 0o644); err != nil {
		t.Fatal(err)
	}
	if f, err = Create(dir, smallStudy(1)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := os.Stat(filepath.Join(dir, keptFile)); !os.IsNotExist(err) {
		t.Errorf("it is there after the next start: %v", err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r.Keep("d", json.RawMessage("4"))
	if r.Kept("d") != nil {
		t.Error("a reader keeps")
	}
}
