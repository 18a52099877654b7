package ledger

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

var newFixture = flag.String("new-fixture", "", "write the fixture study into this folder (a new schema needs one; old ones stay)")

// TestOldStudiesOpen reads a study that was written when schema 1 was made. The
// rows make three groups of four by construction, with the ranks of the columns
// recency and spend (see fixture): whatever reads it must find them.
func TestOldStudiesOpen(t *testing.T) {
	if *newFixture != "" {
		f, err := Create(*newFixture, fixture())
		if err != nil {
			t.Fatal(err)
		}
		if err := fixture().Run(context.Background(), f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		return
	}
	f, err := Open(filepath.Join("testdata", "study-schema1"))
	if err != nil {
		t.Fatal(err)
	}
	if d := f.Damage(); len(d) != 0 {
		t.Fatalf("damage %v", d)
	}
	st := fold(t, f)
	if !st.Finished || st.Study.Study != "fixture" || len(st.DoneRuns()) != 2 || f.Manifest.Seed != 11 {
		t.Fatalf("finished %v, %d runs", st.Finished, len(st.DoneRuns()))
	}
	set, err := f.Set("table", "none")
	if err != nil {
		t.Fatal(err)
	}
	if n, d := set.Raw.Dims(); n != 12 || d != 2 || set.Raw.Row(4)[0] != 11 || set.Raw.Row(4)[1] != 4 || set.X.IDs[11] != "k11" || len(set.XY) != 24 {
		t.Error("the feature set reads otherwise")
	}
	r := st.DoneRuns()[0]
	d, err := f.RunData(r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range d.Labels {
		if l != int32(i%3) {
			t.Errorf("row %d is in segment %d", i, l)
		}
	}
	// Centres: mean of i/3 over a group is 1.5.
	if c := d.Centers[1]; c[0] != 11.5 || c[1] != 3.5 {
		t.Errorf("centre %v", c)
	}
	if v, ok, _ := r.Value("silhouette"); !ok || v < 0.5 {
		t.Errorf("silhouette %v", v)
	}
	if _, err := study.NewModel(f, r.ID); err != nil {
		t.Errorf("no model of an old study: %v", err)
	}
	if err := WriteTables(context.Background(), f, t.TempDir()); err != nil {
		t.Errorf("no tables of an old study: %v", err)
	}
}

func TestNewerStudiesAreRefused(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "study-schema1", "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	at := bytes.LastIndex(line, []byte(`,"crc":"`))
	body := bytes.Replace(line[:at], []byte(`{"schema":1,`), []byte(`{"schema":2,`), 1)
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "journal.jsonl"), fmt.Appendf(body, ",\"crc\":\"%08x\"}\n", sum), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, study.ErrSchema) {
		t.Errorf("a journal of a newer schema: %v", err)
	}
}
