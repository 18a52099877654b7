package datasets

import (
	"sync"
	"sync/atomic"
)

// Ref is a literature reference, as data, so that a bibliography can be printed.
type Ref struct {
	Authors, Title, Venue string
	Year                  int
	DOI                   string // or a page
}

// Table is a side table or a plain feature table: columns of numbers or of text.
type Table struct {
	Name string
	Keys []string // one per row: customer, item or campaign; nil if the table has no key
	Cols []TableColumn

	index atomic.Pointer[map[string]int]
	memo  sync.Map
}

// Memo returns what derive returns, which is called once for each key and kept with
// the table (more than once if several goroutines ask for the first time together):
// for what follows from the table alone and costs a pass over it. Keys begin with
// the name of who asks; the table must not change after the first call.
func (t *Table) Memo(key string, derive func() any) any {
	if v, ok := t.memo.Load(key); ok {
		return v
	}
	v, _ := t.memo.LoadOrStore(key, derive())
	return v
}

// Find returns the row of that key, the last one if several have it. The first call
// builds an index; keys must not change after it.
func (t *Table) Find(key string) (row int, ok bool) {
	m := t.index.Load()
	if m == nil {
		built := make(map[string]int, len(t.Keys))
		for i, k := range t.Keys {
			built[k] = i
		}
		t.index.Store(&built)
		m = &built
	}
	row, ok = (*m)[key]
	return row, ok
}

// Text returns the text of column c in the row of that key; "" where there is no
// such table, key, or text.
func (t *Table) Text(key, c string) string {
	if t == nil {
		return ""
	}
	col := t.Col(c)
	row, ok := t.Find(key)
	if col == nil || !ok || col.Text == nil {
		return ""
	}
	return col.Text[row]
}

// TableColumn holds either numbers (NaN = missing) or text ("" = missing).
type TableColumn struct {
	Name, Unit string
	Num        []float64
	Text       []string
}

// Rows counts the rows.
func (t *Table) Rows() int {
	if len(t.Keys) > 0 || len(t.Cols) == 0 {
		return len(t.Keys)
	}
	return max(len(t.Cols[0].Num), len(t.Cols[0].Text))
}

// Col returns the column of that name, or nil.
func (t *Table) Col(name string) *TableColumn {
	for i := range t.Cols {
		if t.Cols[i].Name == name {
			return &t.Cols[i]
		}
	}
	return nil
}

// Labelled is a numeric table with reference labellings: one label a row,
// 0..k−1, −1 = noise. All references are equally valid.
type Labelled struct {
	Name  string
	Table *Table
	Truth [][]int32
}
