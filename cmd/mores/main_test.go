package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestMain lets tests run the program as a process of its own: the test binary
// with MORES_MAIN=1 is mores.
func TestMain(m *testing.M) {
	if os.Getenv("MORES_MAIN") == "1" {
		main()
	}
	code := m.Run()
	os.RemoveAll(smallDir)
	os.Exit(code)
}

// run calls the program as a function.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = mores(context.Background(), args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// ok calls the program and fails the test unless it ends with 0.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	code, out, err := run(t, args...)
	if code != 0 {
		t.Fatalf("mores %s: exit %d\n%s%s", strings.Join(args, " "), code, out, err)
	}
	return out
}

// lastJSON is the last line of a --json output.
func lastJSON(t *testing.T, out string) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var m map[string]any
	for _, l := range lines { // every line parses
		m = nil
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatalf("not JSON: %q: %v", l, err)
		}
	}
	if m["event"] != "result" || m["schema"] != 1.0 {
		t.Fatalf("the last line is no result: %v", m)
	}
	return m
}

// write makes a file in a temporary folder.
func write(t *testing.T, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestHelp proves that every command has examples, that they come first, and that
// each example is a command line that parses.
func TestHelp(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("mores"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Children {
		if n.Hidden {
			continue
		}
		code, out, _ := run(t, n.Name, "--help")
		if code != 0 {
			t.Errorf("%s --help: exit %d", n.Name, code)
		}
		ex, ok := n.Target.Addr().Interface().(interface{ Examples() string })
		if !ok {
			t.Errorf("%s has no examples", n.Name)
			continue
		}
		if at, usage := strings.Index(out, "  mores "), strings.Index(out, "Usage:"); at < 0 || at > usage {
			t.Errorf("%s --help: the examples do not come first", n.Name)
		}
		for line := range strings.SplitSeq(ex.Examples(), "\n") {
			parseExample(t, line)
		}
	}
	code, out, _ := run(t, "--help")
	if code != 0 || !strings.Contains(out, "mores run orders.csv") {
		t.Errorf("--help: exit %d\n%s", code, out)
	}
}

// parseExample parses one line of examples, prose behind it left out.
func parseExample(t *testing.T, line string) {
	t.Helper()
	line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
	args := shellWords(line)
	for len(args) > 0 && strings.Contains(args[0], "=") { // MORES_DATA=... mores
		args = args[1:]
	}
	if len(args) == 0 || args[0] != "mores" {
		return
	}
	p, err := kong.New(&commands{}, kong.Name("mores"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse(args[1:]); err != nil {
		t.Errorf("the example %q does not parse: %v", line, err)
	}
}

// shellWords splits a line as a shell does, up to a redirection: words in quotes stay
// together.
func shellWords(line string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?:"(?:\\.|[^"])*"|'[^']*'|[^\s"'])+`).FindAllString(line, -1) {
		if m == ">" || m == "|" {
			break
		}
		if m[0] == '"' {
			m = strings.ReplaceAll(strings.Trim(m, `"`), `\"`, `"`)
		}
		out = append(out, m)
	}
	return out
}

// TestReadmeCommands parses every command line of the README.
func TestReadmeCommands(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile(`(?m)^ *(?:[A-Z_]+=\S+ )*(?:go run \./cmd/mores|mores)( .*)?$`).FindAllStringSubmatch(string(b), -1) {
		n++
		parseExample(t, "mores"+m[1])
	}
	if n < 5 {
		t.Errorf("found %d command lines in the README", n)
	}
}

func TestTopics(t *testing.T) {
	for _, topic := range append(helpTopics(), "D004", "R001", "S003") {
		if out := ok(t, "help", topic); len(out) < 60 {
			t.Errorf("help %s says only %q", topic, out)
		}
	}
	if code, _, err := run(t, "help", "nonsense"); code != exitUsage || !strings.Contains(err, "glossary") {
		t.Errorf("help nonsense: exit %d, %s", code, err)
	}
}

func TestVersionDoctorCatalogue(t *testing.T) {
	if out := ok(t, "version"); !strings.HasPrefix(out, "mores ") {
		t.Errorf("version: %q", out)
	}
	lastJSON(t, ok(t, "version", "--json"))
	if m := lastJSON(t, ok(t, "doctor", "--json", "--addr", "127.0.0.1:0")); m["ok"] != true {
		t.Errorf("doctor: %v", m)
	}
	if out := ok(t, "datasets", "ls"); !strings.Contains(out, "retail-sim") || !strings.Contains(out, "cdnow") {
		t.Errorf("datasets ls:\n%s", out)
	}
	if out := ok(t, "datasets", "describe", "cdnow"); !strings.Contains(out, "MIT") && !strings.Contains(out, "licence") {
		t.Errorf("datasets describe cdnow:\n%s", out)
	}
}
