package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// shardsLog is a log of 500 customers, of three sorts, over two years: some 24,000 lines.
func shardsLog(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("customer,time,kind,order,item,category,channel,amount\n")
	for i := range 500 {
		for k := range 30 + i%37 {
			day := (i*7 + k*(9+i%5) + k*k%3) % 700
			kind, amount := "purchase", fmt.Sprintf("%d.%02d", 5+(i%3)*20+k%7, i%100)
			if k%9 == 8 {
				kind, amount = "campaign_sent", ""
			}
			fmt.Fprintf(&b, "c%04d,2023-%02d-%02d %02d:%02d:00,%s,o%d-%d,i%d,cat%d,%s,%s\n", (i*7919)%10000, 1+day/28%12, 1+day%28, 8+(i%3)*6, k%60,
				kind, i, k/2, (i+k)%40, (i%3+k)%6, []string{"web", "store"}[(i+k)%2], amount)
		}
	}
	return write(t, "log.csv", b.String())
}

// Every command that reads a log gives the same bytes whether the log lies in memory or,
// for want of it, in shards on disk.
func TestShards(t *testing.T) {
	check.Long(t) // each command twice, once hardly any memory
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	log, dir := shardsLog(t), t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	spec := func(asOf string) string {
		return write(t, "study.toml", "schema = 1\nseed = 3\nscale = [\"block\"]\nmetrics = [\"silhouette\"]\n[data]\npath = \""+log+"\"\n[features]\nsets = [\"rfm+timing\"]\nas_of = \""+asOf+"\"\n[[algorithm]]\nname = \"kmeans\"\nn_clusters = 4\n")
	}
	early, late := spec("2023-07-01"), spec("2023-12-01")
	// One that the budget holds.
	lean := write(t, "lean.toml", strings.Replace(string(mustRead(t, late)), `"kmeans"`, `"spherical_kmeans"`, 1))
	ok(t, "run", early, "-o", at("early"), "-q", "--no-judge")
	ok(t, "run", late, "-o", at("study"), "-q", "--no-judge")
	model := func(study string) string {
		m, err := filepath.Glob(at(study, "models", "*.json"))
		if err != nil || len(m) != 1 {
			t.Fatal(m, err)
		}
		return m[0]
	}
	ok(t, "segment", log, "--rule", "spend >= 1500", "-o", at("best.csv"), "-q")
	for name, c := range map[string]struct {
		args  []string
		files []string // of -o; "" = itself
	}{
		"features":            {[]string{"features", log, "--recipe", "rfm,timing,loyalty"}, []string{""}},
		"predict":             {[]string{"predict", "-v", model("study"), log}, []string{""}},
		"segment":             {[]string{"segment", log, "--rule", "big=spend >= 900 in 180 d", "--rule", "f=feature(\"recency\") < 60", "--recipe", "rfm"}, []string{""}},
		"lookalike":           {[]string{"lookalike", log, "--seeds", at("best.csv"), "--recipe", "timing,loyalty", "--repeats", "3"}, []string{""}},
		"migration":           {[]string{"migration", log, "--every", "quarter", "-k", "3"}, []string{"migration.csv", "movers.csv", "transitions.csv", "behaviour.csv", "drift.csv", "sankey.svg"}},
		"migration of models": {[]string{"migration", model("early"), model("study"), "--log", log}, []string{"migration.csv", "movers.csv", "transitions.csv", "behaviour.csv", "drift.csv"}},
		"persona":             {[]string{"persona", at("study"), "--log", log}, []string{"personas-en.html"}},
		"priority":            {[]string{"priority", at("study"), "--log", log, "--json"}, nil},
		"run":                 {[]string{"run", lean, "--no-judge"}, []string{"tables/assignments.csv", "tables/runs.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			var first map[string]string
			for _, budget := range []string{"", "1MiB"} {
				out := at(strings.ReplaceAll(name, " ", "-") + budget)
				if name == "features" {
					out += ".csv"
				}
				args := slices.Clone(c.args)
				if c.files != nil {
					args = append(args, "-o", out)
				}
				if budget != "" {
					args = append(args, "--max-mem", budget)
				}
				code, printed, talk := run(t, args...)
				debug.SetMemoryLimit(math.MaxInt64)
				if code != 0 {
					t.Fatalf("mores %s: exit %d\n%s", strings.Join(args, " "), code, talk)
				}
				if onDisk := strings.Contains(talk, "sorted on disk"); onDisk != (budget != "") {
					t.Errorf("budget %q: on disk is %v:\n%s", budget, onDisk, talk)
				}
				got := map[string]string{"stdout": strings.ReplaceAll(printed, out, "OUT")}
				if name == "run" {
					got = map[string]string{} // it prints seconds
				}
				for _, f := range c.files {
					b, err := os.ReadFile(filepath.Join(out, f))
					if err != nil {
						t.Fatal(err)
					}
					if got[f] = string(b); f == "tables/runs.csv" {
						got[f] = withoutSeconds(got[f])
					}
				}
				if first == nil {
					first = got
				}
				for f := range got {
					if got[f] != first[f] || got[f] == "" && f != "stdout" {
						t.Errorf("%s differs with the log on disk:\n%.600s\nin memory:\n%.600s", f, got[f], first[f])
					}
				}
			}
		})
	}
}

// withoutSeconds leaves out the columns that tell what a run took.
func withoutSeconds(table string) string {
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for _, r := range rows {
		for j, c := range r {
			if h := rows[0][j]; !strings.Contains(h, "seconds") && !strings.Contains(h, "bytes") {
				fmt.Fprintf(&out, "%q,", c)
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}
