package figure

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval"
)

// sankeySample is made up: four segments over three dates; one splits, one is new, some
// come and go.
func sankeySample() *Sankey {
	return &Sankey{
		One: "customer", Many: "customers", Note: "Simulated data.",
		Columns: []SankeyColumn{
			{Name: "2024-04-01", Nodes: []SankeyNode{{0, `Segment 1 "Regulars"`, 400}, {1, `Segment 2 "Gifters"`, 250}, {2, "Segment 3", 120}}},
			{Name: "2024-07-01", Nodes: []SankeyNode{{0, `Segment 1 "Regulars"`, 360}, {1, `Segment 2 "Gifters"`, 340}, {2, "Segment 3", 90}, {SankeyUnassigned, "Unassigned", 20}}},
			{Name: "2024-10-01", Nodes: []SankeyNode{{0, `Segment 1 "Regulars"`, 200}, {3, `Segment 4 "Weekend"`, 150}, {1, `Segment 2 "Gifters"`, 420}, {SankeyUnassigned, "Unassigned", 20}}},
		},
		Flows: []SankeyFlow{
			{0, 0, 0, 330},
			{0, 0, 1, 40},
			{0, 0, SankeyLeft, 30},
			{0, 1, 1, 230},
			{0, 1, SankeyUnassigned, 20},
			{0, 2, 2, 90},
			{0, 2, 0, 30},
			{0, SankeyNew, 1, 70},
			{1, 0, 0, 200},
			{1, 0, 3, 150},
			{1, 0, SankeyLeft, 10},
			{1, 1, 1, 340},
			{1, 2, 1, 60},
			{1, 2, SankeyLeft, 30},
			{1, SankeyUnassigned, SankeyUnassigned, 20},
			{1, SankeyNew, 1, 20},
		},
	}
}

func TestSankeySaysWhatItShows(t *testing.T) {
	r := sankeySample()
	d, err := DrawWith("sankey", r, nil, Web)
	if err != nil {
		t.Fatal(err)
	}
	if want := `Segment 2 "Gifters" grew from 250 to 420; Segment 1 "Regulars" shrank from 400 to 200`; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
	for _, want := range []string{"90 new at a date, 70 gone", "n = 770, 810, 790.", "Simulated"} {
		if !strings.Contains(d.Caption, want) {
			t.Errorf("caption %q does not say %q", d.Caption, want)
		}
	}
	if len(d.Table) != 1+16 || !slices.Equal(d.Table[3], []string{"2024-04-01", "2024-07-01", `Segment 1 "Regulars"`, "Left", "30"}) {
		t.Errorf("table of %d rows, %q", len(d.Table), d.Table[3])
	}
}

// A migration's own data are accepted, noise and all.
func TestSankeyOfAMigration(t *testing.T) {
	a := eval.Snapshot{Name: "a", IDs: []string{"1", "2", "3", "4"}, Labels: []int32{0, 0, 1, -1}}
	b := eval.Snapshot{Name: "b", IDs: []string{"1", "2", "3", "5"}, Labels: []int32{1, 1, 0, -1}}
	m, err := eval.NewMigration(t.Context(), []eval.Snapshot{a, b, a}, nil, eval.NewMigrationOptions())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteSankey(&out, "svg", NewSankey(m, "customer", "customers"), Web); err != nil || !bytes.Contains(out.Bytes(), []byte("<svg")) {
		t.Error("no SVG", err)
	}
	if s := NewSankey(m, "customer", "customers"); len(s.Columns) != 3 || len(s.Flows) != 8 {
		t.Errorf("%+v", s)
	}
}

// TestSankeyLayout is what Check asks of registered figures: in every preset and format,
// from one segment to more than fit, nothing over anything.
func TestSankeyLayout(t *testing.T) {
	crowd := &Sankey{One: "household", Many: "households"}
	for i := range 15 {
		c := SankeyColumn{Name: fmt.Sprintf("a long name of a date %d", i)}
		for k := range 40 {
			c.Nodes = append(c.Nodes, SankeyNode{Track: k, Name: strings.Repeat("a long name ", k%4), N: 40 + i})
			if i > 0 {
				crowd.Flows = append(crowd.Flows, SankeyFlow{i - 1, k, (k + i) % 40, 39 + i}, SankeyFlow{i - 1, SankeyNew, k, 1})
			}
		}
		crowd.Columns = append(crowd.Columns, c)
	}
	one := &Sankey{
		One: "row", Many: "rows", Columns: []SankeyColumn{{"a", []SankeyNode{{0, "", 1}}}, {"b", []SankeyNode{{0, "", 1}}}},
		Flows: []SankeyFlow{{0, 0, 0, 1}},
	}
	presets := append(Presets(),
		Preset{Name: "report", Width: 190, Height: 60, MaxHeight: 260, Text: 9},
		Preset{Name: "narrow", Width: 60, Height: 100, MaxHeight: 200, Text: 7},
		Preset{Name: "tall", Width: 183, Height: 170, Text: 6, Title: true},
		Preset{Name: "small", Width: 60, Height: 40, Text: 7},
	)
	for name, r := range map[string]*Sankey{"sample": sankeySample(), "crowd": crowd, "one": one} {
		for _, p := range presets {
			d, err := DrawWith("sankey", r, nil, p)
			if err != nil {
				t.Errorf("%s, %s: %v", name, p.Name, err)
				continue
			}
			for _, err := range []error{d.checkTexts(), d.checkLayout(), d.checkFiles(name == "sample")} {
				if err != nil {
					t.Errorf("%s, %s: %v", name, p.Name, err)
				}
			}
		}
	}
}

func TestSankeyRefusesInWords(t *testing.T) {
	for want, change := range map[string]func(r *Sankey){
		"needs two dates": func(r *Sankey) { r.Columns = r.Columns[:1] },
		"has no segments": func(r *Sankey) { r.Columns[1].Nodes = nil },
		"one at least":    func(r *Sankey) { r.Columns[1].Nodes[0].N = 0 },
		"is track -2":     func(r *Sankey) { r.Columns[1].Nodes[0].Track = SankeyNew },
		"two segments":    func(r *Sankey) { r.Columns[1].Nodes[0].Track = 1 },
		"come and":        func(r *Sankey) { r.Flows[0].N++ },
		"not there on": func(r *Sankey) {
			r.Flows = append(r.Flows, SankeyFlow{1, 1, 9, 4})
			r.Columns[1].Nodes[1].N += 4
			r.Flows[7].N += 4
		},
		"from column 2": func(r *Sankey) { r.Flows[0].At = 2 },
	} {
		r := sankeySample()
		change(r)
		if err := WriteSankey(&bytes.Buffer{}, "svg", r, Web); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
