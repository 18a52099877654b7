package features

import (
	"fmt"
	"slices"
	"strings"
)

// WithCategories returns x with columns of kind Category after its numbers: the named
// columns of raw, of which x's rows are those numbered by rows. Text becomes codes 0, 1, …
// in the order of the words; a column of numbers stays as it is and leaves the numbers of
// x. Distances must not subtract such codes: they are for methods that compare them.
//
// A name that raw does not have and an empty cell are errors.
func WithCategories(x, raw *Matrix, rows []int, names []string) (*Matrix, error) {
	n, _ := x.Dims()
	var keep []int
	for j, c := range x.Cols {
		if !slices.Contains(names, c.Name) {
			keep = append(keep, j)
		}
	}
	cols := make([]Column, 0, len(keep)+len(names))
	for _, j := range keep {
		cols = append(cols, x.Cols[j])
	}
	codes := make([][]float64, len(names))
	for k, name := range names {
		if slices.Index(names, name) != k {
			return nil, fmt.Errorf("category %q is named twice", name)
		}
		c := Column{Name: name, Doc: name + ", as given", Block: "categories", Kind: Category}
		var err error
		if codes[k], err = raw.codes(name, rows); err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	out := NewMatrix(n, cols, nil)
	out.IDs, out.Weights, out.Descriptors = x.IDs, x.Weights, x.Descriptors
	for i := range n {
		to := out.Row(i)
		for a, j := range keep {
			to[a] = x.Row(i)[j]
		}
		for k := range names {
			to[len(keep)+k] = codes[k][i]
		}
	}
	return out, nil
}

// codes returns the values of a column, of numbers or of the descriptors' words.
func (m *Matrix) codes(name string, rows []int) ([]float64, error) {
	out := make([]float64, len(rows))
	if j := m.Index(name); j >= 0 {
		for i, r := range rows {
			if out[i] = m.Row(r)[j]; out[i] != out[i] {
				return nil, fmt.Errorf("category %q: row %d (id %q) is empty: fill it, or leave the row out", name, r+1, m.ID(r))
			}
		}
		return out, nil
	}
	var text []string
	var have []string
	for _, c := range m.Cols {
		have = append(have, c.Name)
	}
	if m.Descriptors != nil {
		for _, c := range m.Descriptors.Cols {
			if c.Name == name && c.Text != nil {
				text = c.Text
			}
			have = append(have, c.Name)
		}
	}
	if text == nil {
		return nil, fmt.Errorf("no column %q to take as categories (columns: %s)", name, strings.Join(have, ", "))
	}
	words := slices.Clone(text)
	slices.Sort(words)
	words = slices.Compact(words)
	for i, r := range rows {
		if text[r] == "" {
			return nil, fmt.Errorf("category %q: row %d (id %q) is empty: fill it, or leave the row out", name, r+1, m.ID(r))
		}
		at, _ := slices.BinarySearch(words, text[r])
		out[i] = float64(at)
	}
	return out, nil
}
