package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/check"
)

// The randomised e-mail test read as a log: who got no mail is the control. Known: with a
// mail 1.2501 dollars (mean of 1.4226 and 1.0772) and 0.6528 without are spent in two weeks.
func TestPriorityControl(t *testing.T) {
	check.Data(t, "data/hillstrom/hillstrom.csv.gz")
	var out, msg bytes.Buffer
	a := &app{out: &out, err: &msg}
	a.Jobs, a.Quiet = 1, true
	c := priorityCmd{Log: []string{"hillstrom"}, Control: "segment=No E-Mail", Days: 14}
	log, _, err := c.read(t.Context(), a, c.Log)
	if err != nil {
		t.Fatal(err)
	}
	in := &eval.PriorityInput{}
	for e, err := range log.Shards(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range e.IDs {
			in.IDs, in.Labels = append(in.IDs, id), append(in.Labels, 0)
		}
	}
	if err := c.fromLog(t.Context(), a, log, in); err != nil {
		t.Fatal(err)
	}
	o := eval.NewPriorityOptions()
	o.Resamples = 20
	p, err := eval.Priorities(t.Context(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Segments[0]; p.Basis != eval.PriorityEffect || s.Customers != 64000 || math.Abs(s.Response.Value-.597) > .002 {
		t.Errorf("%s: %+v, %+v", p.Basis, s, s.Response)
	}
}

// A hold-out is the study's own latest cut, or else a quarter of the log; who is in which
// segment is told by what was known then, and all files come in the language asked for.
func TestPriorityForecast(t *testing.T) {
	dir := smallStudy(t)
	km := runOf(t, dir, "kmeans")
	out := t.TempDir()
	m := lastJSON(t, ok(t, "priority", dir, "--run", km, "--log", "retail-sim", "--budget", "1000", "--language", "da", "-o", out, "--json"))
	if m["basis"] != "response" || m["held"] == nil || len(m["files"].([]any)) != 4 {
		t.Fatalf("%v", m)
	}
	if h := m["held"].(map[string]any); h["days"] != 90.0 || h["to"] != "2025-03-31" {
		t.Errorf("held out: %v", h)
	}
	sum := 0.0
	for _, s := range m["segments"].([]any) {
		sum += s.(map[string]any)["amount"].(float64)
		f, expected := s.(map[string]any)["forecast"].(map[string]any), s.(map[string]any)["forecast_by_model"].(float64)
		if v := f["value"].(float64); v < .6*expected || v > 1.6*expected {
			t.Errorf("observed %g, the model of the simulation expected %g", v, expected)
		}
	}
	if math.Abs(sum-1000) > 1e-6 {
		t.Errorf("the amounts add to %g", sum)
	}
	page, err := os.ReadFile(filepath.Join(out, "priorities-da.html"))
	if err != nil || !strings.Contains(string(page), `lang="da"`) || !strings.Contains(string(page), "Potentiale") {
		t.Error("the page is not in Danish", err)
	}
	if code, _, msg := run(t, "priority", dir, "--language", "fr"); code != exitUsage || !strings.Contains(msg, "nl") {
		t.Errorf("an unknown language: exit %d, %s", code, msg)
	}
}
