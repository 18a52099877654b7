package features

import (
	"fmt"

	"github.com/mores-lab/mores/datasets"
)

// FromTable makes a matrix of a plain feature table: its numeric columns become
// Number columns of one block named after the table, its text columns become
// descriptors, its keys the ids. A key that occurs twice is an error.
func FromTable(t *datasets.Table) (*Matrix, error) {
	n := t.Rows()
	if n == 0 {
		return nil, fmt.Errorf("table %s has no rows", t.Name)
	}
	first := make(map[string]int, len(t.Keys))
	for i, k := range t.Keys {
		if j, ok := first[k]; ok {
			return nil, fmt.Errorf("id %q occurs more than once in %s (rows %d and %d): a feature table needs one row per customer; is this an event log?",
				k, t.Name, j+1, i+1)
		}
		first[k] = i
	}
	var cols []Column
	var nums [][]float64
	taken := map[string]bool{}
	desc := &datasets.Table{Name: t.Name, Keys: t.Keys}
	for _, c := range t.Cols {
		if taken[c.Name] {
			return nil, fmt.Errorf("two columns of %s are named %q", t.Name, c.Name)
		}
		taken[c.Name] = true
		if c.Num == nil {
			desc.Cols = append(desc.Cols, c)
			continue
		}
		if len(c.Num) != n {
			return nil, fmt.Errorf("column %q of %s has %d values, the table %d rows", c.Name, t.Name, len(c.Num), n)
		}
		block := t.Name
		if block == "" {
			block = "table"
		}
		cols = append(cols, Column{Name: c.Name, Unit: c.Unit, Doc: c.Name + ", as given", Block: block})
		nums = append(nums, c.Num)
	}
	if len(cols) == 0 {
		return nil, fmt.Errorf("table %s has no numeric column to cluster on", t.Name)
	}
	m := NewMatrix(n, cols, nil)
	m.IDs = t.Keys
	for j, xs := range nums {
		for i, x := range xs {
			m.Row(i)[j] = x
		}
	}
	if len(desc.Cols) > 0 {
		m.Descriptors = desc
	}
	return m, nil
}
