package duck

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Col is a column to write: exactly one of the slices is set (an empty table has
// an empty, not nil, one).
type Col struct {
	Name   string
	Floats []float64 // DOUBLE; NaN is written as null
	Ints   []int64   // BIGINT
	Texts  []string  // VARCHAR, UTF-8
	Bools  []bool    // BOOLEAN
}

func (c *Col) rows() int {
	return max(len(c.Floats), len(c.Ints), len(c.Texts), len(c.Bools))
}

func (c *Col) kind() (sql string, t mapping.Type) {
	switch {
	case c.Ints != nil:
		return "BIGINT", mapping.TypeBigInt
	case c.Texts != nil:
		return "VARCHAR", mapping.TypeVarchar
	case c.Bools != nil:
		return "BOOLEAN", mapping.TypeBoolean
	}
	return "DOUBLE", mapping.TypeDouble
}

// WriteParquet writes the columns as a Parquet file (zstd) with that key-value
// metadata. The file appears whole or not at all: it is written beside path and
// renamed. The same columns give the same bytes.
func WriteParquet(path string, cols []Col, meta map[string]string) error {
	if len(cols) == 0 {
		panic("duck: a Parquet file needs a column")
	}
	n := cols[0].rows()
	var defs []string
	var types []mapping.LogicalType
	defer func() {
		for i := range types {
			mapping.DestroyLogicalType(&types[i])
		}
	}()
	for i := range cols {
		c := &cols[i]
		if c.rows() != n {
			panic("duck: columns of different lengths")
		}
		sql, t := c.kind()
		defs = append(defs, ident(c.Name)+" "+sql)
		types = append(types, mapping.CreateLogicalType(t))
	}
	// One thread: row groups in the order of the rows, the same every time.
	db, err := Open(Options{Jobs: 1, MaxMem: 4 << 30})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	if err := db.Exec(ctx, "CREATE TABLE t ("+strings.Join(defs, ", ")+")"); err != nil {
		return err
	}
	if err := db.append(types, cols, n); err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	opts := "FORMAT parquet, COMPRESSION zstd"
	if len(meta) > 0 {
		var kv []string
		for k, v := range meta {
			kv = append(kv, ident(k)+": "+quote(v))
		}
		slices.Sort(kv)
		opts += ", KV_METADATA {" + strings.Join(kv, ", ") + "}"
	}
	if err := db.Exec(ctx, "COPY t TO "+quote(tmp)+" ("+opts+")"); err != nil {
		os.Remove(tmp)
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}

// append fills table t chunk by chunk.
func (d *DB) append(types []mapping.LogicalType, cols []Col, n int) error {
	var app mapping.Appender
	defer mapping.AppenderDestroy(&app)
	if mapping.AppenderCreateExt(d.conn, "", "", "t", &app) != mapping.StateSuccess {
		return fmt.Errorf("duckdb: %s", mapping.AppenderError(app))
	}
	chunk := mapping.CreateDataChunk(types)
	defer mapping.DestroyDataChunk(&chunk)
	size := int(mapping.VectorSize())
	for lo := 0; lo < n; lo += size {
		m := min(size, n-lo)
		mapping.DataChunkReset(chunk)
		for i := range cols {
			cols[i].fill(mapping.DataChunkGetVector(chunk, mapping.IdxT(i)), lo, m)
		}
		mapping.DataChunkSetSize(chunk, mapping.IdxT(m))
		if mapping.AppendDataChunk(app, chunk) != mapping.StateSuccess {
			return fmt.Errorf("duckdb: %s", mapping.AppenderError(app))
		}
	}
	if mapping.AppenderClose(app) != mapping.StateSuccess {
		return fmt.Errorf("duckdb: %s", mapping.AppenderError(app))
	}
	return nil
}

// fill copies rows lo..lo+m into a vector.
func (c *Col) fill(v mapping.Vector, lo, m int) {
	data := mapping.VectorGetData(v)
	switch {
	case c.Ints != nil:
		copy(unsafe.Slice((*int64)(data), m), c.Ints[lo:])
	case c.Texts != nil:
		for i, s := range c.Texts[lo : lo+m] {
			mapping.VectorAssignStringElementLen(v, mapping.IdxT(i), []byte(s))
		}
	case c.Bools != nil:
		copy(unsafe.Slice((*bool)(data), m), c.Bools[lo:])
	default:
		if m == 0 {
			return
		}
		copy(unsafe.Slice((*float64)(data), m), c.Floats[lo:])
		var mask unsafe.Pointer
		for i, x := range c.Floats[lo : lo+m] {
			if math.IsNaN(x) {
				if mask == nil {
					mapping.VectorEnsureValidityWritable(v)
					mask = mapping.VectorGetValidity(v)
				}
				mapping.ValiditySetRowInvalid(mask, mapping.IdxT(i))
			}
		}
	}
}
