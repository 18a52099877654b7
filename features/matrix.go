package features

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/datasets"
)

// Ref is a literature reference.
type Ref = datasets.Ref

// Kind says what sort of quantity a column holds, and so how it may be scaled.
type Kind uint8

// The kinds of column.
const (
	Number      Kind = iota // a scalar; units count, days and money are scaled by log1p
	Binary                  // 0 or 1
	Category                // a code; distances on it mean nothing
	Angle                   // one coordinate of a circular pair (R cos μ, R sin μ)
	Share                   // one part of a composition; a block's shares sum to 1
	Probability             // in [0, 1]; scaled by logit
	Embedding               // one coordinate of a point; a block's are scaled by one factor
)

var kindNames = [...]string{"number", "binary", "category", "angle", "share", "probability", "embedding"}

func (k Kind) String() string { return kindNames[k] }

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's name.
func (k *Kind) UnmarshalText(b []byte) error {
	for i, n := range kindNames {
		if n == string(b) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("no column kind named %q", b)
}

// Column describes one feature.
type Column struct {
	Name  string `json:"name"`  // recency, monetary_total: snake_case
	Unit  string `json:"unit"`  // days, count, money, 1/day, "" = a plain ratio
	Doc   string `json:"doc"`   // one sentence for people
	Block string `json:"block"` // the extractor that made it
	Kind  Kind   `json:"kind"`
	// Weight multiplies the block's weight under block scaling; 0 = 1.
	Weight float64 `json:"weight,omitempty"`
}

// Matrix is customers × features, row-major. NaN means missing, and nothing else does.
type Matrix struct {
	IDs  []string // one per row, or nil
	Cols []Column
	// Weights weighs the rows; nil = 1 each.
	Weights []float64
	// Descriptors describe the rows and never enter a distance; nil = none.
	Descriptors *datasets.Table

	n    int
	data []float64
}

// NewMatrix returns an n × len(cols) matrix over data, which it keeps; a nil data
// is allocated. It panics if the lengths disagree.
func NewMatrix(n int, cols []Column, data []float64) *Matrix {
	if data == nil {
		data = make([]float64, n*len(cols))
	}
	if len(data) != n*len(cols) {
		panic("features: data does not hold n × len(cols) values")
	}
	return &Matrix{Cols: cols, n: n, data: data}
}

// Dims returns rows and columns.
func (m *Matrix) Dims() (n, d int) { return m.n, len(m.Cols) }

// Row returns row i: a view.
func (m *Matrix) Row(i int) []float64 {
	d := len(m.Cols)
	return m.data[i*d : (i+1)*d : (i+1)*d]
}

// Data returns the values, row-major: a view.
func (m *Matrix) Data() []float64 { return m.data }

// Raw returns the values as a gonum matrix: a view.
func (m *Matrix) Raw() *mat.Dense { return mat.NewDense(m.n, len(m.Cols), m.data) }

// Weight returns row i's weight.
func (m *Matrix) Weight(i int) float64 {
	if m.Weights == nil {
		return 1
	}
	return m.Weights[i]
}

// ID returns row i's id: its 0-based number where the matrix has none.
func (m *Matrix) ID(i int) string {
	if m.IDs == nil {
		return fmt.Sprint(i)
	}
	return m.IDs[i]
}

// Index returns the column of that name, or −1.
func (m *Matrix) Index(name string) int {
	for j, c := range m.Cols {
		if c.Name == name {
			return j
		}
	}
	return -1
}

// Pick returns the rows of those numbers, copied, in that order.
func (m *Matrix) Pick(rows []int) *Matrix {
	out := NewMatrix(len(rows), m.Cols, nil)
	for i, r := range rows {
		copy(out.Row(i), m.Row(r))
		if m.IDs != nil {
			out.IDs = append(out.IDs, m.IDs[r])
		}
		if m.Weights != nil {
			out.Weights = append(out.Weights, m.Weights[r])
		}
	}
	if m.Descriptors != nil {
		out.Descriptors = pickTable(m.Descriptors, rows)
	}
	return out
}

func pickTable(t *datasets.Table, rows []int) *datasets.Table {
	out := &datasets.Table{Name: t.Name}
	for _, r := range rows {
		if t.Keys != nil {
			out.Keys = append(out.Keys, t.Keys[r])
		}
	}
	for _, c := range t.Cols {
		o := datasets.TableColumn{Name: c.Name, Unit: c.Unit}
		for _, r := range rows {
			if c.Num != nil {
				o.Num = append(o.Num, c.Num[r])
			}
			if c.Text != nil {
				o.Text = append(o.Text, c.Text[r])
			}
		}
		out.Cols = append(out.Cols, o)
	}
	return out
}

// Missing returns the first missing or infinite value, if there is one.
func (m *Matrix) Missing() (row, col int, ok bool) {
	d := len(m.Cols)
	for i, x := range m.data {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return i / d, i % d, true
		}
	}
	return 0, 0, false
}

// Hash is the SHA-256 of shape, column names and IEEE bits. Keys of caches use it.
func (m *Matrix) Hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d×%d", m.n, len(m.Cols))
	for _, c := range m.Cols {
		fmt.Fprintf(h, "%q", c.Name)
	}
	buf := make([]byte, 0, 1<<16)
	for _, xs := range [][]float64{m.data, m.Weights} {
		for _, x := range xs {
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(x))
			if len(buf) == cap(buf) {
				h.Write(buf)
				buf = buf[:0]
			}
		}
		h.Write(buf)
		buf = buf[:0]
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Rows is a rewindable stream of rows: what does not fit in memory comes in chunks.
type Rows interface {
	Columns() []Column
	Chunks(ctx context.Context) iter.Seq2[*Matrix, error]
}

var _ Rows = (*Matrix)(nil)

// Columns returns the columns.
func (m *Matrix) Columns() []Column { return m.Cols }

// Chunks yields the matrix itself as its only chunk.
func (m *Matrix) Chunks(ctx context.Context) iter.Seq2[*Matrix, error] {
	return func(yield func(*Matrix, error) bool) { yield(m, ctx.Err()) }
}
