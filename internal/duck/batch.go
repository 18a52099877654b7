package duck

import (
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Batch is one chunk of a result.
type Batch struct {
	rows int
	cols []vector
}

type vector struct {
	text  bool
	wide  mapping.Type // the type of its numbers
	data  unsafe.Pointer
	valid *uint64 // nil: no nulls
}

// duckString is DuckDB's string_t: up to 12 bytes inline, longer ones behind a
// pointer in the last eight.
type duckString struct {
	n    uint32
	rest [12]byte
}

func (b *Batch) load(chunk mapping.DataChunk) {
	b.rows = int(mapping.DataChunkGetSize(chunk))
	for i := range b.cols {
		v := mapping.DataChunkGetVector(chunk, mapping.IdxT(i))
		b.cols[i].data = mapping.VectorGetData(v)
		b.cols[i].valid = (*uint64)(mapping.VectorGetValidity(v))
	}
}

// Rows counts the rows of the batch.
func (b *Batch) Rows() int { return b.rows }

func (v *vector) null(row int) bool {
	if v.valid == nil {
		return false
	}
	w := *(*uint64)(unsafe.Add(unsafe.Pointer(v.valid), row/64*8))
	return w>>(row%64)&1 == 0
}

// Text returns the text in column col of a row; "" and false if it is null. The
// string is a view of DuckDB's memory: clone it to keep it.
func (b *Batch) Text(col, row int) (string, bool) {
	v := &b.cols[col]
	if !v.text {
		panic("duck: Text of a column that is not text")
	}
	if v.null(row) {
		return "", false
	}
	s := (*duckString)(unsafe.Add(v.data, row*int(unsafe.Sizeof(duckString{}))))
	if s.n <= uint32(len(s.rest)) {
		return unsafe.String(&s.rest[0], int(s.n)), true
	}
	p := *(**byte)(unsafe.Pointer(&s.rest[4]))
	return unsafe.String(p, int(s.n)), true
}

// Floats returns the values of a DOUBLE column: a view, valid as the batch is.
func (b *Batch) Floats(col int) []float64 {
	v := &b.cols[col]
	if v.wide != mapping.TypeDouble {
		panic("duck: Floats of a column that is not DOUBLE")
	}
	return unsafe.Slice((*float64)(v.data), b.rows)
}

// Ints returns the values of a BIGINT column: a view, valid as the batch is.
func (b *Batch) Ints(col int) []int64 {
	v := &b.cols[col]
	if v.wide != mapping.TypeBigInt {
		panic("duck: Ints of a column that is not BIGINT")
	}
	return unsafe.Slice((*int64)(v.data), b.rows)
}

// Null reports whether the value in column col of a row is null.
func (b *Batch) Null(col, row int) bool { return b.cols[col].null(row) }

// Holes reports whether a column may hold nulls in this batch.
func (b *Batch) Holes(col int) bool { return b.cols[col].valid != nil }
