package features

import (
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func TestProtected(t *testing.T) {
	for name, want := range map[string]bool{
		"age": true, "Age": true, "age_group": true, "customerAge": true, "Gender": true, "household_income": true, "marital_status": true,
		"package": false, "usage": false, "region": false, "channel": false, "image": false, "leeftijd": true, "Geschlecht": true, "køn": true,
	} {
		if Protected(name) != want {
			t.Errorf("Protected(%q) = %v", name, !want)
		}
	}
}

func descriptorsLog(t *testing.T) *datasets.Log {
	t.Helper()
	log := dayLog(t, "people", [][]string{
		{"a", "2024-01-01", "1"}, {"b", "2024-01-02", "1"}, {"c", "2024-01-03", "1"}, {"d", "2024-01-04", "1"}, {"e", "2024-01-05", "1"}, {"e", "2024-01-09", "2"}, {"e", "2024-01-20", "2"},
	}, date(t, "2024-02-01"))
	log.Customers = &datasets.Table{
		Name: "customers", Keys: []string{"a", "b", "c", "d", "z"},
		Cols: []datasets.TableColumn{
			{Name: "Age", Unit: "years", Num: []float64{20, 30, 60, math.NaN(), 99}},
			{Name: "Home Region", Text: []string{"north", "south", "north", "west", "east"}},
		},
	}
	return log
}

// Squared distances are Gower's with squared numbers, worked by hand: of 2
// descriptors, ages 20 to 60, regions equal or not.
func TestDescriptorsGower(t *testing.T) {
	log := descriptorsLog(t)
	r, err := NewRecipe("d", "descriptors")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(t.Context(), log, r, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range b.Raw.Cols {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "descriptor_age descriptor_home_region_north descriptor_home_region_south descriptor_home_region_west" {
		t.Errorf("columns %s", got)
	}
	d2 := func(i, j int) (sum float64) {
		x, y := b.Raw.Row(i), b.Raw.Row(j)
		for k := range x {
			sum += (x[k] - y[k]) * (x[k] - y[k])
		}
		return sum
	}
	check.Close(t, "a, b", d2(0, 1), (math.Pow(10./40, 2)+1)/2, 1e-12)
	check.Close(t, "a, c", d2(0, 2), (1.+0)/2, 1e-12)
	check.Close(t, "b, c", d2(1, 2), (math.Pow(30./40, 2)+1)/2, 1e-12)
	// d's age is the mean of the three known, 110/3; z is nobody of the log.
	check.Close(t, "a, d", d2(0, 3), (math.Pow((110./3-20)/40, 2)+1)/2, 1e-12)
	m := b.Pipeline.models[0].(Witness)
	for id, want := range map[string]int{"a": 2, "d": 1, "e": 0} {
		h, _ := log.Find(id)
		if got := m.Evidence(h); got != want {
			t.Errorf("evidence of %s %d, want %d", id, got, want)
		}
	}
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "Age: protected") {
		t.Errorf("warnings %q", b.Warnings)
	}
	// They stand beside the rows, whatever the recipe.
	if d := b.Raw.Descriptors; d == nil || d.Text("b", "Home Region") != "south" || d.Text("e", "Home Region") != "" || d.Rows() != 5 {
		t.Errorf("descriptors %+v", d)
	}
	// Of two levels with a column, the rarer share one.
	r.Steps[0].Block = &DescriptorBlock{Columns: []string{"Home Region"}, Levels: 1}
	if b, err = Build(t.Context(), log, r, 0, 1); err != nil {
		t.Fatal(err)
	}
	check.Close(t, "south and west are other", d2(1, 3), 0, 0)
	check.Close(t, "north and other", d2(0, 1), 1, 1e-12)
	for _, bad := range []*DescriptorBlock{{Levels: 0}, {Levels: 3, Columns: []string{"height"}}} {
		r.Steps[0].Block = bad
		if _, err := Build(t.Context(), log, r, 0, 1); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	log.Customers = nil
	r.Steps[0].Block = &DescriptorBlock{Levels: 3}
	if _, err := Build(t.Context(), log, r, 0, 1); err == nil || !strings.Contains(err.Error(), "table of customers") {
		t.Errorf("without a table: %v", err)
	}
}

// Surveys are marked; who is unknown stays so.
func TestDescriptorsSurveys(t *testing.T) {
	log := descriptorsLog(t)
	log.Customers = nil
	log.Surveys = &datasets.Table{Keys: []string{"b"}, Cols: []datasets.TableColumn{{Name: "trust", Num: []float64{4}}}}
	d := Descriptors(log, []string{"a", "b"})
	c := d.Col("survey: trust")
	if c == nil || c.Unit != "survey" || !math.IsNaN(c.Num[0]) || c.Num[1] != 4 {
		t.Errorf("%+v", d)
	}
	log.Surveys = nil
	if Descriptors(log, []string{"a"}) != nil {
		t.Error("descriptors of nothing")
	}
}
