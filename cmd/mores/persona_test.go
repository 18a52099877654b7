package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPersonaAndPriority(t *testing.T) {
	dir := smallStudy(t)
	km := runOf(t, dir, "kmeans")
	for _, l := range []string{"en", "de", "da", "nl"} {
		out := t.TempDir()
		m := lastJSON(t, ok(t, "persona", dir, "--run", km, "--language", l, "-o", out, "--json"))
		cards := m["personas"].([]any)
		if len(cards) < 2 || len(m["files"].([]any)) != len(cards)+2 {
			t.Fatalf("%v", m)
		}
		page, err := os.ReadFile(filepath.Join(out, "personas-"+l+".html"))
		if err != nil {
			t.Fatal(err)
		}
		id := cards[0].(map[string]any)["medoid"].(map[string]any)["id"].(string)
		if s := string(page); !strings.Contains(s, id) || strings.Contains(s, "%!") || !strings.Contains(s, `lang="`+l+`"`) {
			t.Errorf("%s: the page does not name customer %s", l, id)
		}
	}
	// A log that shares an id or two with the study is another log.
	for id := range labelsOf(t, filepath.Join(dir, "tables", "assignments.csv"), "customer_id", "cluster", km) {
		other := write(t, "other.csv", "customer,time,amount\n"+id+",2024-05-01,5\n"+id+",2024-06-01,7\n")
		for _, c := range []string{"persona", "priority"} {
			if code, _, msg := run(t, c, dir, "--run", km, "--log", other); code != exitData || !strings.Contains(msg, "is it the log of this study?") {
				t.Errorf("%s with another log: exit %d, %s", c, code, msg)
			}
		}
		break
	}
	if code, _, msg := run(t, "persona", dir, "--language", "fr"); code != exitUsage || !strings.Contains(msg, "nl") {
		t.Errorf("an unknown language: exit %d, %s", code, msg)
	}
	if code, _, msg := run(t, "persona", dir, "--run", "nobody"); code != exitUsage {
		t.Errorf("an unknown run: exit %d, %s", code, msg)
	}
	if code, _, _ := run(t, "priority", dir, "--margin", "2"); code != exitUsage {
		t.Errorf("a margin of 2: exit %d", code)
	}
	if code, _, _ := run(t, "priority", dir, "--control", "x=y"); code != exitUsage {
		t.Errorf("a control without a log: exit %d", code)
	}
}
