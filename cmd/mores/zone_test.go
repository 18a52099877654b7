package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// modelIn writes the shop's model as one made in that zone.
func modelIn(t *testing.T, zone string) string {
	t.Helper()
	b, err := os.ReadFile(shopModelFile)
	if err != nil {
		t.Fatal(err)
	}
	m, err := study.ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	m.Zone = zone
	if b, err = m.Bytes(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "model.json")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestModelZone: a log is read in the zone of the model's, or it is said.
func TestModelZone(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("customer,time,order,item,quantity,amount\n")
	for c := range 5 {
		for i := range 12 { // shortly before midnight in UTC: the next day in Tokyo
			fmt.Fprintf(&csv, "c%d,2025-%02d-%02d 22:%02d:00,o%d,i%d,1,%d.5\n", c, 1+i, 3+c+i, 10+i, i, i%3, 10+c)
		}
	}
	file := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(file, []byte(csv.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	predict := func(model string, more ...string) (out, err string) {
		t.Helper()
		code, out, err := run(t, append([]string{"predict", model, file}, more...)...)
		if code != 0 {
			t.Fatalf("exit %d: %s", code, err)
		}
		return out, err
	}
	tokyo, silent := modelIn(t, "Asia/Tokyo"), modelIn(t, "")
	asMade, said := predict(tokyo)
	if strings.Contains(said, "zone") {
		t.Error(said)
	}
	if explicit, said := predict(tokyo, "--zone", "Asia/Tokyo"); explicit != asMade || strings.Contains(said, "warning") {
		t.Errorf("the same zone given: %s", said)
	}
	if older, _ := predict(silent, "--zone", "Asia/Tokyo"); older != asMade {
		t.Error("the zone of the model is not that of --zone")
	}
	utc, said := predict(tokyo, "--set", "time.zone=UTC")
	if !strings.Contains(said, "warning: --zone UTC, but") || !strings.Contains(said, "leave --zone out") {
		t.Errorf("another zone: %s", said)
	}
	if older, _ := predict(silent); older != utc {
		t.Error("a model that names no zone is not read in UTC")
	}
	// A data set of the catalogue knows its own.
	_, said = func() (string, string) {
		code, out, err := run(t, "predict", tokyo, "retail-sim", "-o", filepath.Join(t.TempDir(), "l.csv"))
		if code != 0 {
			t.Fatalf("exit %d: %s", code, err)
		}
		return out, err
	}()
	if !strings.Contains(said, "was made with Asia/Tokyo") {
		t.Error(said)
	}
}

// TestServeZone: stamps without a zone are of the model's, also after a restart, and
// another zone than the folder's is said.
func TestServeZone(t *testing.T) {
	model, dir := modelIn(t, "Asia/Tokyo"), filepath.Join(t.TempDir(), "s")
	s := startServer(t, "--predict", model, "--state", dir, "--updates", "1", "--margin", "0")
	var b strings.Builder
	for d := range 4 {
		fmt.Fprintf(&b, `{"customer":"c","time":"2026-01-%02d 10:00:00","amount":20}`+"\n", 3+7*d)
	}
	if code, answer, err := s.post(b.String()); code != 200 {
		t.Fatalf("%d %s %v", code, answer, err)
	}
	for i := range 2 {
		var st struct{ Since, Segment string }
		if s.get("/api/customers/c", &st); st.Since != "2026-01-24T01:00:00Z" {
			t.Errorf("start %d: %+v", i, st)
		}
		s.end(os.Kill)
		s = startServer(t, "--predict", model, "--state", dir, "--updates", "1", "--margin", "0", "--zone", "Europe/Paris")
	}
	if said := s.err.String(); !strings.Contains(said, "was begun with the zone Asia/Tokyo, which holds") {
		t.Error(said)
	}
}
