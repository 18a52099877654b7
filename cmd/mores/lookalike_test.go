package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kinFeatures are 300 customers of whom every fifth is of a kind; the seeds are half of them.
func kinFeatures(t *testing.T) (features, seeds string) {
	t.Helper()
	var f, s strings.Builder
	f.WriteString("id,a,b,c\n")
	s.WriteString("id\n")
	for i := range 300 {
		kin := 0
		if i%5 == 0 {
			kin = 3
		}
		fmt.Fprintf(&f, "c%03d,%d,%g,%d\n", i, kin+i%4, float64(i*7%11)/3, i*13%17)
		if i%10 == 0 {
			fmt.Fprintf(&s, "c%03d\n", i)
		}
	}
	return write(t, "f.csv", f.String()), write(t, "seeds.csv", s.String())
}

func TestLookalike(t *testing.T) {
	f, seeds := kinFeatures(t)
	more := filepath.Join(t.TempDir(), "more.csv")
	out := ok(t, "lookalike", "-i", f, "--seeds", seeds, "-o", more, "--repeats", "5")
	for _, s := range []string{"30 seeds, 270 others", "27 customers", "lift", "one by one"} {
		if !strings.Contains(out, s) {
			t.Errorf("no %q in\n%s", s, out)
		}
	}
	b, _ := os.ReadFile(more)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if lines[0] != "id,score,similarity,rank" || len(lines) != 28 {
		t.Fatalf("%s", b)
	}
	kin := 0
	for _, l := range lines[1:] {
		if id := l[:4]; id[3] == '5' {
			kin++
		} else if id[3] == '0' {
			t.Errorf("a seed is among the look-alikes: %s", l)
		}
	}
	if kin < 20 {
		t.Errorf("%d of 27 are of the kind", kin)
	}
	m := lastJSON(t, ok(t, "lookalike", "-i", f, "--seeds", seeds, "--method", "all", "--repeats", "4", "--reach", ".2", "--json"))
	if m["customers"] != 54. || len(m["methods"].([]any)) != 4 || len(m["curve"].([]any)) != 100 || len(m["warnings"].([]any)) != 1 {
		t.Errorf("%v", m)
	}
	if again := ok(t, "lookalike", "-i", f, "--seeds", seeds, "--method", "centroid", "--jobs", "3"); again != ok(t, "lookalike", "-i", f, "--seeds", seeds, "--method", "centroid", "--jobs", "1") {
		t.Error("workers show")
	}
}

// From a rule to a list: what segment writes lookalike reads, without what defines it.
func TestLookalikeOfASegment(t *testing.T) {
	dir := t.TempDir()
	best := filepath.Join(dir, "best.csv")
	ok(t, "segment", "retail-sim", "--rule", "spend >= 500 in 365 d", "-o", best)
	code, out, msg := run(t, "lookalike", "retail-sim", "--seeds", best, "--recipe", "rfm,timing,channel", "--without", "rfm", "--method", "traits")
	if code != 0 || !strings.Contains(out, "others; traits") || !strings.Contains(msg, "features are left out") {
		t.Errorf("exit %d\n%s\n%s", code, out, msg)
	}
}

func TestLookalikeErrors(t *testing.T) {
	f, seeds := kinFeatures(t)
	for _, c := range []struct {
		args []string
		exit int
		say  []string
	}{
		{[]string{"-i", f, "--seeds", "absent.csv"}, exitIO, []string{"absent.csv"}},
		{[]string{"-i", f, "--seeds", write(t, "e.csv", "")}, exitData, []string{"empty", "id"}},
		{[]string{"-i", f, "--seeds", write(t, "h.csv", "id\n")}, exitData, []string{"nobody to be like"}},
		{[]string{"-i", f, "--seeds", write(t, "o.csv", "id\n7\n8\n")}, exitData, []string{"none of the 2 ids", `"7"`, `"c000"`, "--id"}},
		{[]string{"-i", f, "--seeds", write(t, "c.csv", "customer\nc001\n")}, exitData, []string{`no column "id"`, "customer"}},
		{[]string{"-i", f, "--seeds", write(t, "two.csv", "id\nc001\nc002\n")}, exitData, []string{"too few"}},
		{[]string{"-i", f, "--seeds", seeds, "--method", "centriod"}, exitUsage, []string{"did you mean centroid"}},
		{[]string{"-i", f, "--seeds", seeds, "--reach", "10"}, exitUsage, []string{"--reach 10", "at most 1"}},
		{[]string{"-i", f, "--seeds", seeds, "--without", "d"}, exitUsage, []string{"no such block", "a, b, c"}},
		{[]string{"--seeds", seeds}, exitUsage, []string{"a log or -i"}},
		{[]string{"retail-sim", "--seeds", seeds, "--recipe", "rfm"}, exitData, []string{"none of the 30 ids"}},
	} {
		code, out, msg := run(t, append([]string{"lookalike"}, c.args...)...)
		if code != c.exit || out != "" {
			t.Errorf("%q: exit %d, want %d\n%s%s", c.args, code, c.exit, msg, out)
		}
		for _, s := range c.say {
			if !strings.Contains(msg, s) {
				t.Errorf("%q does not name %q:\n%s", c.args, s, msg)
			}
		}
	}
	if _, _, msg := run(t, "lookalike", "-i", f, "--seeds", write(t, "mix.csv", "id\nzz\n"+readText(t, seeds)[3:]), "--method", "traits"); !strings.Contains(msg, "1 of 31 seeds are not in") || !strings.Contains(msg, "below 50") {
		t.Errorf("no warning:\n%s", msg)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
