package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// streamBlock is how many rows a block has. Blocks are counted from the first row of the
// stream, so that what is computed block by block does not depend on how the rows were
// cut into chunks. 4,096 rows of 10 columns fit in an L2 cache.
const streamBlock = 4096

// streamReader reads rows, any number of times, in blocks, less a pivot.
type streamReader struct {
	method string
	rows   features.Rows
	d      int
	// pivot is subtracted from every row: the lower median of each column over the first
	// block. It is a value of the column, so that rows that are moved by a constant without
	// rounding come out with the same bits: at an offset of 1e8 as at none.
	pivot []float64
	n     int64 // rows, after a pass
	mass  float64
	also  func(*streamRows) // sees every block of the first pass, too
}

// streamRows is one block.
type streamRows struct {
	at  int64 // its first row's number
	n   int
	x   []float64 // n×d, less the pivot
	w   []float64 // nil = 1 each
	ids []string  // nil = the rows have none

	buf, wbuf []float64
}

func (b *streamRows) weight(i int) float64 {
	if b.w == nil {
		return 1
	}
	return b.w[i]
}

func newStreamReader(method string, rows features.Rows) *streamReader {
	return &streamReader{method: method, rows: rows, d: len(rows.Columns())}
}

func (s *streamReader) refuse(format string, args ...any) error {
	return &DataError{s.method, fmt.Sprintf(format, args...)}
}

// each reads the rows once and hands every block to do, in order; a block is valid during
// the call only. Missing and infinite values and weights that are none are refused. Rows
// that differ in number from one pass to the next are an error.
func (s *streamReader) each(ctx context.Context, do func(*streamRows) error) error {
	if s.d == 0 {
		return s.refuse("no columns")
	}
	b := &streamRows{buf: make([]float64, streamBlock*s.d)}
	mass := 0.0
	flush := func() error {
		if b.n == 0 {
			return nil
		}
		b.x = b.buf[:b.n*s.d]
		if err := s.check(b); err != nil {
			return err
		}
		if s.pivot == nil {
			s.pivot = streamPivot(b.x, s.d)
		}
		for i := 0; i < len(b.x); i += s.d {
			row := b.x[i : i+s.d : i+s.d]
			for j, p := range s.pivot {
				row[j] -= p
			}
		}
		for i := range b.n {
			mass += b.weight(i)
		}
		if s.also != nil && s.n == 0 {
			s.also(b)
		}
		if err := do(b); err != nil {
			return err
		}
		b.at += int64(b.n)
		b.n, b.w, b.ids = 0, nil, b.ids[:0]
		return nil
	}
	for m, err := range s.rows.Chunks(ctx) {
		if err != nil {
			return err
		}
		n, d := m.Dims()
		if d != s.d {
			return s.refuse("a chunk of rows has %d columns, the first %d", d, s.d)
		}
		for lo := 0; lo < n; {
			hi := min(n, lo+streamBlock-b.n)
			s.take(b, m, lo, hi)
			lo = hi
			if b.n == streamBlock {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	n := b.at
	switch {
	case s.n > 0 && n != s.n:
		return s.refuse("%d rows at first, %d when read again: did the file change?", s.n, n)
	case n == 0:
		return s.refuse("no rows")
	case n == 1:
		return s.refuse("only 1 row: clustering needs at least 2")
	case mass == 0:
		return s.refuse("every weight is 0")
	}
	s.n, s.mass = n, mass
	return ctx.Err()
}

// take appends rows lo..hi of a chunk to the block.
func (s *streamReader) take(b *streamRows, m *features.Matrix, lo, hi int) {
	copy(b.buf[b.n*s.d:], m.Data()[lo*s.d:hi*s.d])
	if m.Weights != nil && b.w == nil {
		if b.wbuf == nil {
			b.wbuf = make([]float64, streamBlock)
		}
		b.w = b.wbuf[:b.n]
		for i := range b.w {
			b.w[i] = 1
		}
	}
	if b.w != nil {
		b.w = b.wbuf[:b.n+hi-lo]
		for i := lo; i < hi; i++ {
			b.w[b.n+i-lo] = m.Weight(i)
		}
	}
	if m.IDs != nil {
		b.ids = append(b.ids, m.IDs[lo:hi]...)
	}
	b.n += hi - lo
}

// check refuses what no algorithm takes.
func (s *streamReader) check(b *streamRows) error {
	name := func(i int) string {
		if len(b.ids) == b.n {
			return b.ids[i]
		}
		return fmt.Sprint(b.at + int64(i))
	}
	for i, v := range b.x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return s.refuse("row %d (id %q), column %q is %v: drop or fill missing values first", b.at+int64(i/s.d)+1, name(i/s.d), s.rows.Columns()[i%s.d].Name, v)
		}
	}
	for i, w := range b.w {
		if !(w >= 0) || math.IsInf(w, 0) {
			return s.refuse("row %d (id %q) has weight %v: weights are finite and not negative", b.at+int64(i)+1, name(i), w)
		}
	}
	return nil
}

// streamPivot is the lower median of each column.
func streamPivot(x []float64, d int) []float64 {
	n := len(x) / d
	pivot, col := make([]float64, d), make([]float64, n)
	for j := range pivot {
		for i := range col {
			col[i] = x[i*d+j]
		}
		slices.Sort(col)
		pivot[j] = col[(n-1)/2]
	}
	return pivot
}
