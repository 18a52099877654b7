package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Models and a log, without the studies they come from: the causes are told, the customers
// and segments are those of the studies; a date of one's own moves the snapshot.
func TestMigrationOfModels(t *testing.T) {
	check.Long(t) // two studies with their reports
	dir := t.TempDir()
	log := filepath.Join(dir, "log.csv")
	ok(t, "datasets", "make", "retail-sim", "-o", log)
	var models, folders []string
	for _, day := range []string{"2024-07-01", "2024-10-01"} {
		file := write(t, "study.toml", "schema = 1\nseed = 3\nscale = [\"block\"]\nmetrics = [\"silhouette\"]\n[data]\npath = \""+log+"\"\nwindow = [\"\", \""+day+"\"]\n[features]\nsets = [\"rfm\"]\n[[algorithm]]\nname = \"kmeans\"\nn_clusters = 4\n")
		out := filepath.Join(dir, day)
		ok(t, "run", file, "-o", out, "-q", "--no-judge")
		found, err := filepath.Glob(filepath.Join(out, "models", "*.json"))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		models, folders = append(models, found[0]), append(folders, out)
	}
	out := filepath.Join(dir, "out")
	text := ok(t, "migration", models[0], models[1], "--log", log, "-o", out)
	if strings.Contains(text, "not separable") || !strings.Contains(text, "were re-labelled") || !strings.Contains(text, "2024-07-01 to 2024-10-01") {
		t.Error(text)
	}
	of := filepath.Join(dir, "of-studies")
	ok(t, "migration", folders[0], folders[1], "-o", of)
	sizes := func(dir string) (s string) {
		for _, r := range migrationCSV(t, filepath.Join(dir, "migration.csv")) {
			s += r["segment"] + " " + r["before"] + " " + r["after"] + "\n"
		}
		return s
	}
	if a, b := sizes(out), sizes(of); a != b || a == "" {
		t.Errorf("models and log:\n%s\nstudies:\n%s", a, b)
	}
	text = ok(t, "migration", models[0], models[1], "--log", log, "--as-of", "2024-08-01", "--as-of", "2024-11-01", "--window", "180d")
	if !strings.Contains(text, "2024-08-01 to 2024-11-01") {
		t.Error(text)
	}
	for want, args := range map[string][]string{
		"--log orders.csv":            {models[0], models[1]},
		"1 date for 2 models":         {models[0], models[1], "--log", log, "--as-of", "2024-08-01"},
		"is no model":                 {models[0], write(t, "spring.csv", spring), "--log", log},
		"write a day":                 {models[0], models[1], "--log", log, "--as-of", "May", "--as-of", "June"},
		"write a number of days":      {models[0], models[1], "--log", log, "--window", "long"},
		"does not come after":         {models[1], models[0], "--log", log},
		"does not match its checksum": {write(t, "m.json", strings.Replace(string(mustRead(t, models[0])), "kmeans", "kmedians", 1)), models[1], "--log", log},
	} {
		code, _, talk := run(t, append([]string{"migration"}, args...)...)
		if code != exitUsage && code != exitData || !strings.Contains(talk, want) {
			t.Errorf("%v: exit %d, %s", args, code, talk)
		}
	}
}
