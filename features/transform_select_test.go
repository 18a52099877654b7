package features

import (
	"slices"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	m := peerMatrix()
	m.Cols[1].Kind = Category
	for i := range 10 {
		m.Row(i)[2] = 4
	}
	got, _, warnings := learned(t, &Select{}, m)
	if !slices.Equal(columnNames(got.Cols), []string{"skewed", "mostly", "plain"}) || got.Row(3)[2] != -2 {
		t.Errorf("columns %v, row %v", columnNames(got.Cols), got.Row(3))
	}
	if lacks(warnings, `feature "mostly" is constant (4)`) {
		t.Errorf("warnings %q", warnings)
	}
	for j := range m.Cols {
		m.Cols[j].Kind = Category
	}
	if _, _, err := (&Select{}).Learn(m); err == nil || !strings.Contains(err.Error(), "all 4 are categories") {
		t.Errorf("error %v", err)
	}
}
