package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// blocksSmall are logs that read in a moment.
var blocksSmall = []string{"cdnow-sample", "customer-sat", "ecom-synth", "grocery-elog", "margarine", "mcdonalds", "rfm-orders", "retail-sim"}

// blocksDoc is what features/blocks.md says below its line.
func blocksDoc(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../features/blocks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, out, ok := strings.Cut(string(b), "\n---\n\n")
	if !ok {
		t.Fatal("features/blocks.md has no line of dashes")
	}
	return out
}

// blocksColumns reads the table: log -> its column from top to bottom, and the
// extractors under "extractor".
func blocksColumns(text string) map[string][]string {
	out := map[string][]string{}
	var head []string
	for i, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		switch i {
		case 0:
			head = cells
		case 1: // dashes
		default:
			for j, name := range head {
				out[name] = append(out[name], cells[j])
			}
		}
	}
	return out
}

// blocksSections splits the lists of what is lacking by log.
func blocksSections(text string) map[string]string {
	out := map[string]string{}
	for _, s := range strings.Split(text, "\n**")[1:] {
		name, rest, _ := strings.Cut(s, "**")
		out[name] = strings.TrimSpace(rest)
	}
	return out
}

// features/blocks.md says of every log what the code says of it: of the small ones here, of
// all of them in the long run.
func TestBlocksDoc(t *testing.T) {
	for _, n := range blocksSmall {
		s, err := datasets.Lookup(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Files {
			check.Data(t, f.Path)
		}
	}
	doc := blocksDoc(t)
	got := ok(t, append([]string{"datasets", "blocks", "--lacks", "-q"}, blocksSmall...)...)
	want, have := blocksColumns(doc), blocksColumns(got)
	lacks, lacksNow := blocksSections(doc), blocksSections(got)
	for _, n := range append([]string{"extractor"}, blocksSmall...) {
		if len(have[n]) != len(features.Extractors())+1 || !slices.Equal(have[n], want[n]) {
			t.Errorf("%s: features/blocks.md says %q, the code %q: renew it with mores datasets blocks --lacks", n, want[n], have[n])
		}
		if lacks[n] != lacksNow[n] {
			t.Errorf("%s: features/blocks.md says that it%s\nthe code says that it%s", n, lacks[n], lacksNow[n])
		}
	}
	// It names every log of the catalogue.
	for _, s := range datasets.Sources() {
		if s.Mapping != nil && len(s.Files) > 0 && want[s.Name] == nil {
			t.Errorf("features/blocks.md leaves out %s", s.Name)
		}
	}
}

func TestBlocksDocWhole(t *testing.T) {
	check.Long(t)
	for _, s := range datasets.Sources() {
		if s.Mapping == nil || len(s.Files) == 0 {
			continue
		}
		if _, err := load.Locate(s.Files[0].Path); err != nil {
			check.Data(t, s.Files[0].Path)
		}
	}
	if got := ok(t, "datasets", "blocks", "--lacks", "-q"); got != blocksDoc(t) {
		t.Error("features/blocks.md does not say what mores datasets blocks --lacks prints")
	}
}

func TestBlocksJSON(t *testing.T) {
	list := lastJSON(t, ok(t, "datasets", "blocks", "retail-sim", "--json"))["sources"].([]any)
	shop := list[0].(map[string]any)
	if len(list) != 1 || shop["name"] != "retail-sim" || len(shop["feeds"].([]any)) != len(features.Extractors()) || len(shop["lacks"].(map[string]any)) != 0 {
		t.Errorf("%v", shop)
	}
	if n := shop["enough"].(map[string]any)["rfm"].(float64); n < 100 || n > shop["customers"].(float64) {
		t.Errorf("%g of %v customers have purchases enough", n, shop["customers"])
	}
	for _, c := range []struct {
		name string
		code int
		says string
	}{
		{"nothing", exitUsage, "no data set named"},
		{"moons", exitData, "table of points"},
		{"wholesale", exitData, "not an event log"},
	} {
		if code, _, say := run(t, "datasets", "blocks", c.name); code != c.code || !strings.Contains(say, c.says) {
			t.Errorf("%s: exit %d, %q", c.name, code, say)
		}
	}
}
