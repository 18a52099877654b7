package features

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"

	"github.com/mores-lab/mores/datasets"
)

// CheckTransform holds a transform, registered or not, against the contract, on a
// small matrix with a column of every kind: its input stays as it is, options and
// maps survive JSON, learning and applying twice give the same bytes, a map works
// on rows it was not learned from and finds its columns by name, an absent column
// is an error, ids, weights and descriptors stay, and no category gets through.
func CheckTransform(t *Transform) error {
	if err := checkTransform(t); err != nil {
		return fmt.Errorf("transform %s: %w", t.Name, err)
	}
	return nil
}

func checkTransform(t *Transform) error {
	switch {
	case !snakeCase.MatchString(t.Name):
		return fmt.Errorf("the name is not snake_case")
	case t.Doc == "" || t.Version < 1 || t.New == nil:
		return fmt.Errorf("it lacks a doc, a version or New")
	}
	a, b := t.New(), t.New()
	js, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	if err := json.Unmarshal(js, b); err != nil || !reflect.DeepEqual(a, b) {
		return fmt.Errorf("options differ after JSON: %s %v", js, err)
	}
	m := checkMatrix()
	before := m.Hash()
	mp, _, err := a.Learn(m)
	if err != nil {
		return err
	}
	again, _, err := b.Learn(m)
	if err != nil {
		return err
	}
	if js, err = json.Marshal(mp); err != nil {
		return fmt.Errorf("map: %w", err)
	}
	if other, err := json.Marshal(again); err != nil || !bytes.Equal(js, other) {
		return fmt.Errorf("learning twice gives another map (%v)", err)
	}
	back := t.New().Map()
	if err := json.Unmarshal(js, back); err != nil {
		return fmt.Errorf("map: %w", err)
	}
	want, err := mp.Apply(m)
	if err != nil {
		return err
	}
	for what, f := range map[string]Map{"twice": mp, "by the map read back from JSON": back} {
		got, err := f.Apply(m)
		if err != nil {
			return fmt.Errorf("applied %s: %w", what, err)
		}
		if got.Hash() != want.Hash() || !reflect.DeepEqual(got.Cols, want.Cols) {
			return fmt.Errorf("applied %s it gives another matrix", what)
		}
	}
	if m.Hash() != before || m.Cols[0].Unit != "money" {
		return fmt.Errorf("it changes its input")
	}
	return checkApplied(mp, m, want)
}

// checkApplied looks at what came out, and applies the map to other matrices.
func checkApplied(mp Map, m, want *Matrix) error {
	n, _ := m.Dims()
	if got, _ := want.Dims(); got != n || !reflect.DeepEqual(want.IDs, m.IDs) || want.Descriptors == nil {
		return fmt.Errorf("rows, ids or descriptors are lost")
	}
	for _, c := range want.Cols {
		if c.Kind == Category {
			return fmt.Errorf("category %s gets through", c.Name)
		}
	}
	if _, j, bad := want.Missing(); bad {
		return fmt.Errorf("%s has missing or infinite values that its input had not", want.Cols[j].Name)
	}
	// One row, its columns in reverse: the same values.
	d := len(m.Cols)
	reverse := make([]int, d)
	for j := range reverse {
		reverse[j] = d - 1 - j
	}
	one, err := mp.Apply(pickColumns(m.Pick([]int{3}), reverse))
	if err != nil {
		return fmt.Errorf("one row: %w", err)
	}
	if !reflect.DeepEqual(one.Row(0), want.Row(3)) {
		return fmt.Errorf("a row alone, its columns in another order, is %v, in the matrix %v", one.Row(0), want.Row(3))
	}
	if _, err := mp.Apply(pickColumns(m, []int{d - 1})); err == nil {
		return fmt.Errorf("an absent column is no error")
	}
	return nil
}

// checkMatrix has 200 rows and a column of every kind.
func checkMatrix() *Matrix {
	cols := []Column{
		{Name: "spend", Unit: "money", Block: "a"},
		{Name: "ratio", Block: "a"},
		{Name: "net", Unit: "money", Block: "a"},
		{Name: "yes", Block: "b", Kind: Binary},
		{Name: "code", Block: "b", Kind: Category},
		{Name: "p", Block: "b", Kind: Probability},
		{Name: "hour_cos", Block: "c", Kind: Angle},
		{Name: "hour_sin", Block: "c", Kind: Angle},
		{Name: "food", Block: "d", Kind: Share},
		{Name: "books", Block: "d", Kind: Share},
		{Name: "music", Block: "d", Kind: Share},
	}
	rng := rand.New(rand.NewPCG(1, 4))
	const n = 200
	m := NewMatrix(n, cols, nil)
	m.Descriptors = &datasets.Table{Name: "d", Cols: []datasets.TableColumn{{Name: "land", Text: make([]string, n)}}}
	for i := range n {
		u, v := rng.Float64(), rng.Float64()
		lo, hi := min(u, v), max(u, v)
		copy(m.Row(i), []float64{
			100 * rng.ExpFloat64(), rng.NormFloat64(), 50 * rng.NormFloat64(), float64(rng.IntN(2)), float64(rng.IntN(4)), rng.Float64(),
			2*rng.Float64() - 1, 2*rng.Float64() - 1, lo, hi - lo, 1 - hi,
		})
		m.IDs = append(m.IDs, fmt.Sprint("r", i))
	}
	return m
}
