package features

import (
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
)

func TestWithCategories(t *testing.T) {
	raw := NewMatrix(4, []Column{{Name: "spend"}, {Name: "tier"}}, []float64{1, 2, 3, 1, 5, 2, 7, 3})
	raw.Descriptors = &datasets.Table{Cols: []datasets.TableColumn{{Name: "region", Text: []string{"north", "south", "east", "north"}}}}
	x := NewMatrix(3, raw.Cols, []float64{-1, -1, 0, 0, 1, 1})
	got, err := WithCategories(x, raw, []int{0, 2, 3}, []string{"region", "tier"})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float64{{-1, 1, 2}, {0, 0, 2}, {1, 1, 3}}
	for i, row := range want {
		for j, v := range row {
			if got.Row(i)[j] != v {
				t.Errorf("row %d is %v, want %v", i, got.Row(i), row)
				break
			}
		}
	}
	if got.Cols[0].Kind == Category || got.Cols[1].Kind != Category || got.Cols[2].Kind != Category || got.Cols[1].Name != "region" {
		t.Errorf("columns %v", got.Cols)
	}
	for name, why := range map[string]string{"colour": `no column "colour"`, "region": "row 3"} {
		raw.Descriptors.Cols[0].Text[2] = ""
		if _, err := WithCategories(x, raw, []int{0, 2, 3}, []string{name}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
