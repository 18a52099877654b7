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
