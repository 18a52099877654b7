package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// smallShop is the log of 150 customers, every third of whom buys much and lately, every
// third little and long ago.
func smallShop() string {
	rng := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	b.WriteString("customer,time,order,amount\n")
	for i := range 150 {
		first, n := rng.IntN(80), 2+rng.IntN(3)
		switch i % 3 {
		case 0:
			n += 6
		case 1:
			first += 200
		}
		for k := range n {
			day := time.Date(2011, 1, 1+first+k*(10+rng.IntN(9)), 9+rng.IntN(9), 0, 0, 0, time.UTC)
			fmt.Fprintf(&b, "c%03d,%s,%d-%d,%d.5\n", i, day.Format(time.DateTime), i, k, 5+rng.IntN(20)*(1+i%3))
		}
	}
	return b.String()
}

// ruledStudy runs rules, a labelling and k-means on that shop, from a study file beside
// which the log, the rules and the labels stand, and returns its folder.
func ruledStudy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rules := "# hostile names change nothing\n\"<b>vip</b>: \"\"it's\"\"\": spend >= 150 in 365 d\nlapsing: recency > 120\nothers: everyone\n"
	for name, text := range map[string]string{
		"r.txt": rules, "orders.csv": smallShop(),
		"study.toml": `name = "ruled"
[data]
path = "orders.csv"
[features]
sets = ["rfm"]
[evaluate]
judge = false
[[algorithm]]
name = "rules"
file = "r.txt"
[[algorithm]]
name = "labels"
file = "l.csv"
[[algorithm]]
name = "kmeans"
n_clusters = [3]
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ok(t, "segment", filepath.Join(dir, "orders.csv"), "--file", filepath.Join(dir, "r.txt"), "--labels", filepath.Join(dir, "l.csv"), "-q")
	ok(t, "run", filepath.Join(dir, "study.toml"), "-q")
	return dir
}

// runsOf are the runs of a study by their algorithm.
func runsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "tables", "runs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows[1:] {
		out[at(rows[0], r, "algorithm")] = at(rows[0], r, "run_id")
	}
	return out
}

func at(head, row []string, name string) string {
	for i, h := range head {
		if h == name {
			return row[i]
		}
	}
	return ""
}

// TestRulesThereAndBack: segments that were found are printed as rules that the language
// reads, and find whom the comment says; rules that were stated are a run whose segments
// have their names, and whose model labels as mores segment does.
func TestRulesThereAndBack(t *testing.T) {
	dir := ruledStudy(t)
	log := filepath.Join(dir, "orders.csv")
	runs := runsOf(t, dir)
	text := ok(t, "explain", dir, "--run", runs["kmeans"], "--rules")
	file := write(t, "found.txt", text)
	m := lastJSON(t, ok(t, "segment", log, "--recipe", "rfm", "--file", file, "--json"))
	found := regexp.MustCompile(`(?m)^# finds ([\d,]+), of whom ([\d,]+) belong: precision ([\d.]+), recall ([\d.]+);`).FindAllStringSubmatch(text, -1)
	rules := m["rules"].([]any)
	if len(found) != 3 || len(rules) != 3 {
		t.Fatalf("%d rules found, %d read:\n%s", len(found), len(rules), text)
	}
	number := func(s string) float64 {
		x, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	explained := lastJSON(t, ok(t, "explain", dir, "--run", runs["kmeans"], "--json"))
	for i, f := range found {
		if got := rules[i].(map[string]any)["customers"]; got != number(f[1]) {
			t.Errorf("rule %d finds %v customers, its comment says %s", i+1, got, f[1])
		}
		if p := number(f[2]) / number(f[1]); fmt.Sprintf("%.3f", p) != f[3] {
			t.Errorf("rule %d: precision %s, not %.3f", i+1, f[3], p)
		}
		s := explained["segments"].([]any)[i].(map[string]any)
		if s["rule_finds"] != number(f[1]) || s["rule_right"] != number(f[2]) || !strings.Contains(text, ": "+s["rule_text"].(string)+"\n") {
			t.Errorf("rule %d: %v", i+1, s)
		}
	}
	if one := ok(t, "explain", dir, "--run", runs["kmeans"], "--rules", "--segment", "2"); strings.Count(one, "# finds") != 1 || !strings.Contains(one, "Segment 2, ") {
		t.Errorf("one segment:\n%s", one)
	}
	if code, _, msg := run(t, "explain", dir, "--rules", "--sql"); code != exitUsage || !strings.Contains(msg, "one of them") {
		t.Errorf("exit %d: %s", code, msg)
	}

	// Names of rules and of labels are the segments'.
	for _, algorithm := range []string{"rules", "labels"} {
		e := ok(t, "explain", dir, "--run", runs[algorithm])
		for _, name := range []string{"<b>vip</b>: \"it's\"", "lapsing", "others"} {
			if !strings.Contains(e, name) {
				t.Errorf("%s: no segment %s in\n%s", algorithm, name, e)
			}
		}
		if algorithm == "labels" {
			continue
		}
		ok(t, "report", dir, "--run", runs[algorithm], "-q")
		b, err := os.ReadFile(filepath.Join(dir, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		if page := string(b); strings.Contains(page, "<b>vip") || !strings.Contains(page, "&lt;b&gt;vip&lt;/b&gt;: ") {
			t.Error("a hostile name stands in the page as it is, or not at all")
		}
		same, all := predicted(t, filepath.Join(dir, "models", runs[algorithm]+".json"), log, filepath.Join(dir, "l.csv"))
		if all != 150 || same != all {
			t.Errorf("the model gives %d of %d customers what mores segment gave them", same, all)
		}
	}
}

// predicted counts the customers whom a model gives the segment that a labelling has.
func predicted(t *testing.T, model, log, labels string) (same, all int) {
	t.Helper()
	table := func(text string) (head []string, rows [][]string) {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[0], rows[1:]
	}
	b, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	_, rows := table(string(b))
	for _, r := range rows {
		want[r[0]] = r[1]
	}
	head, rows := table(ok(t, "predict", model, log, "-q"))
	for _, r := range rows {
		if at(head, r, "segment") == want[r[0]] {
			same++
		}
	}
	return same, len(rows)
}
