package datasets

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	tab := &Table{Keys: []string{"a", "b"}, Cols: []TableColumn{{Name: "x", Num: []float64{1, 2}}, {Name: "y", Text: []string{"p", "q"}}}}
	if tab.Rows() != 2 || tab.Col("y").Text[1] != "q" || tab.Col("z") != nil {
		t.Errorf("%+v", tab)
	}
	for n, tab := range map[int]*Table{
		0: {}, 2: {Keys: []string{"a", "b"}}, 3: {Cols: []TableColumn{{Text: []string{"", "", ""}}}}, 4: {Cols: []TableColumn{{Num: make([]float64, 4)}}},
	} {
		if tab.Rows() != n {
			t.Errorf("%d rows, want %d", tab.Rows(), n)
		}
	}
	tab.Col("x").Num[0] = 9
	if tab.Cols[0].Num[0] != 9 {
		t.Error("Col returns a copy")
	}
}

// Every entry of the catalogue is whole, and found by its names.
func TestSources(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Sources() {
		for _, n := range append(s.Aliases, s.Name) {
			if names[n] {
				t.Errorf("two sources answer to %s", n)
			}
			names[n] = true
			if got, err := Lookup(n); err != nil || got != s {
				t.Errorf("Lookup(%q): %v, %v", n, got, err)
			}
		}
		title, _, _ := strings.Cut(s.Doc, "\n")
		if s.License == "" || title == "" {
			t.Errorf("%s: licence %q, title %q", s.Name, s.License, title)
		}
		if (s.New == nil) == (len(s.Files) == 0) {
			t.Errorf("%s is neither files nor a generator, or both", s.Name)
		}
		if s.New == nil {
			continue
		}
		g, err := s.New().Generate(1)
		switch {
		case err != nil:
			t.Errorf("%s: %v", s.Name, err)
		case (g.Log == nil) == (g.Labelled == nil):
			t.Errorf("%s makes neither a log nor a table, or both", s.Name)
		case g.Log != nil && !g.Log.Meta.Simulated:
			t.Errorf("%s does not say that it is simulated", s.Name)
		case g.Truth != nil && len(g.Truth) != g.Log.NumCustomers():
			t.Errorf("%s labels %d of %d customers", s.Name, len(g.Truth), g.Log.NumCustomers())
		case g.Log != nil && s.Expect.Customers > 0 && g.Log.NumCustomers() > s.Expect.Customers:
			t.Errorf("%s: %d customers, expected %d at most", s.Name, g.Log.NumCustomers(), s.Expect.Customers)
		}
	}
	if _, err := Lookup("no such set"); err == nil {
		t.Error("an unknown name was found")
	}
}

func TestTableMemo(t *testing.T) {
	tab := &Table{Keys: []string{"a", "b"}}
	calls := 0
	derive := func() any { calls++; return len(tab.Keys) }
	for range 2 {
		if n := tab.Memo("keys", derive); n != 2 || calls != 1 {
			t.Errorf("%v, derived %d times", n, calls)
		}
	}
	if tab.Memo("other", derive); calls != 2 {
		t.Error("two keys share a fact")
	}
}
