package features

import (
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
)

func TestFromTable(t *testing.T) {
	table := &datasets.Table{Name: "shop", Keys: []string{"a", "b"}, Cols: []datasets.TableColumn{
		{Name: "spend", Unit: "money", Num: []float64{1, 2}}, {Name: "land", Text: []string{"NL", "DE"}}, {Name: "visits", Num: []float64{3, 4}},
	}}
	m, err := FromTable(table)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(columnNames(m.Cols), []string{"spend", "visits"}) || !slices.Equal(m.Data(), []float64{1, 3, 2, 4}) || !slices.Equal(m.IDs, table.Keys) {
		t.Errorf("%v %v %v", columnNames(m.Cols), m.Data(), m.IDs)
	}
	if m.Descriptors.Col("land") == nil || m.Cols[0].Block != "shop" || m.Cols[0].Unit != "money" {
		t.Errorf("descriptors %v, column %+v", m.Descriptors, m.Cols[0])
	}
	for want, bad := range map[string]*datasets.Table{
		`id "a" occurs more than once in twice (rows 1 and 3)`: {Name: "twice", Keys: []string{"a", "b", "a"}, Cols: []datasets.TableColumn{{Name: "x", Num: []float64{1, 2, 3}}}},
		"table void has no rows":                               {Name: "void"},
		"has no numeric column":                                {Name: "words", Cols: []datasets.TableColumn{{Name: "x", Text: []string{"y"}}}},
		`two columns of same are named "x"`:                    {Name: "same", Cols: []datasets.TableColumn{{Name: "x", Num: []float64{1}}, {Name: "x", Num: []float64{1}}}},
		`column "y" of short has 1 values, the table 2 rows`:   {Name: "short", Cols: []datasets.TableColumn{{Name: "x", Num: []float64{1, 2}}, {Name: "y", Num: []float64{1}}}},
	} {
		if _, err := FromTable(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
