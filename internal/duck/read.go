package duck

import (
	"context"
	"fmt"
	"strings"
)

// CSV says how a text file is written: nothing is guessed. Lines end in \n: of a
// file with \r\n and new_line set to it DuckDB 1.5 reads no row at all.
type CSV struct {
	Path                 string
	Delim, Quote, Escape byte
	Header               bool // the first record is skipped
	Columns              int
	MaxLine              int // bytes of the longest record
}

// ReadCSV reads the file, every column as text. An empty cell is null.
func (d *DB) ReadCSV(ctx context.Context, c CSV, each func(*Batch) error) error {
	from, err := c.from()
	if err != nil {
		return err
	}
	_, err = d.Query(ctx, "SELECT * FROM "+from, each)
	return err
}

// from is the file as a table.
func (c *CSV) from() (string, error) {
	path, err := literalPath(c.Path)
	if err != nil {
		return "", err
	}
	cols := make([]string, c.Columns)
	for i := range cols {
		cols[i] = fmt.Sprintf("c%d: 'VARCHAR'", i)
	}
	return fmt.Sprintf("read_csv(%s, auto_detect=false, all_varchar=true, header=%v, delim=%s, quote=%s, escape=%s, "+
		"new_line='\\n', columns={%s}, null_padding=false, strict_mode=true, max_line_size=%d)",
		path, c.Header, quote(string(c.Delim)), quote(string(c.Quote)), quote(string(c.Escape)), strings.Join(cols, ", "), max(c.MaxLine+16, 1<<21)), nil
}

// StreamCSV reads those columns of the file, by their place, as text, chunk by chunk,
// several at a time and in any order of the rows; nothing is kept. Batches are valid, and
// wait is called, as Stream says.
func (d *DB) StreamCSV(ctx context.Context, c CSV, columns []int, each func(*Batch) error, wait func()) error {
	from, err := c.from()
	if err != nil {
		return err
	}
	sel := make([]string, len(columns))
	for i, k := range columns {
		sel[i] = fmt.Sprintf("c%d", k)
	}
	if err := d.Exec(ctx, "SET preserve_insertion_order = false"); err != nil {
		return err
	}
	return d.Stream(ctx, "SELECT "+strings.Join(sel, ", ")+" FROM "+from, each, wait)
}

// Column is a column of a Parquet or JSON Lines file and its type in DuckDB's words.
type Column struct{ Name, Type string }

// ParquetColumns lists the columns of a Parquet file.
func (d *DB) ParquetColumns(ctx context.Context, path string) ([]Column, error) {
	p, err := literalPath(path)
	if err != nil {
		return nil, err
	}
	return d.describe(ctx, "read_parquet("+p+")")
}

func (d *DB) describe(ctx context.Context, from string) ([]Column, error) {
	var out []Column
	_, err := d.Query(ctx, "DESCRIBE SELECT * FROM "+from, func(b *Batch) error {
		for r := range b.Rows() {
			name, _ := b.Text(0, r)
			typ, _ := b.Text(1, r)
			out = append(out, Column{strings.Clone(name), strings.Clone(typ)})
		}
		return nil
	})
	return out, err
}

// ReadParquet reads those columns as text, numbers in the shortest form that
// reads back to the same bits, instants in UTC. A limit above 0 reads the first
// rows only.
func (d *DB) ReadParquet(ctx context.Context, path string, cols []Column, limit int, each func(*Batch) error) error {
	p, err := literalPath(path)
	if err != nil {
		return err
	}
	sel := make([]string, len(cols))
	for i, c := range cols {
		x := ident(c.Name)
		if c.Type == "TIMESTAMP WITH TIME ZONE" {
			x = "strftime(" + x + " AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f') || 'Z'"
		}
		sel[i] = "CAST(" + x + " AS VARCHAR)"
	}
	sql := "SELECT " + strings.Join(sel, ", ") + " FROM read_parquet(" + p + ")"
	if limit > 0 {
		sql += fmt.Sprintf(" LIMIT %d", limit)
	}
	_, err = d.Query(ctx, sql, each)
	return err
}

// ParquetRows counts the rows of a Parquet file by its footer.
func (d *DB) ParquetRows(ctx context.Context, path string) (int64, error) {
	p, err := literalPath(path)
	if err != nil {
		return 0, err
	}
	var n int64
	_, err = d.Query(ctx, "SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata("+p+")", func(b *Batch) error {
		n = b.Ints(0)[0]
		return nil
	})
	return n, err
}

// Distinct hands the different texts of a column to each, at most that many.
func (d *DB) Distinct(ctx context.Context, path string, col Column, limit int, each func(string)) error {
	p, err := literalPath(path)
	if err != nil {
		return err
	}
	_, err = d.Query(ctx, fmt.Sprintf("SELECT DISTINCT CAST(%s AS VARCHAR) FROM read_parquet(%s) LIMIT %d", ident(col.Name), p, limit), func(b *Batch) error {
		for r := range b.Rows() {
			s, _ := b.Text(0, r)
			each(strings.Clone(s))
		}
		return nil
	})
	return err
}

// A Typed column is read without a detour over text.
type Typed struct {
	Column
	As TypedAs
}

// TypedAs is what a typed column becomes.
type TypedAs uint8

// The three readings: text (Batch.Text), a number (Batch.Floats), an instant in µs
// since 1970 (Batch.Ints): UTC where the column has a time zone, else the wall clock.
const (
	AsText TypedAs = iota
	AsFloat
	AsMicros
)

// StreamParquet reads those columns chunk by chunk, several at a time and in any
// order of the rows; nothing is kept. Batches are valid, and wait is called, as Stream
// says.
func (d *DB) StreamParquet(ctx context.Context, path string, cols []Typed, each func(*Batch) error, wait func()) error {
	return d.streamParquet(ctx, path, cols, "SET preserve_insertion_order = false", each, wait)
}

// StreamParquetInOrder is StreamParquet with the rows in the order of the file. DuckDB
// reads each part of the file once and keeps none.
func (d *DB) StreamParquetInOrder(ctx context.Context, path string, cols []Typed, each func(*Batch) error) error {
	return d.streamParquet(ctx, path, cols, "SET preserve_insertion_order = true; SET enable_external_file_cache = false", each, nil)
}

func (d *DB) streamParquet(ctx context.Context, path string, cols []Typed, setting string, each func(*Batch) error, wait func()) error {
	p, err := literalPath(path)
	if err != nil {
		return err
	}
	sel := make([]string, len(cols))
	for i, c := range cols {
		x := ident(c.Name)
		switch c.As {
		case AsText:
			x = "CAST(" + x + " AS VARCHAR)"
		case AsFloat:
			if c.Type == "FLOAT" { // 0.1f is meant as 0.1
				x = "CAST(" + x + " AS VARCHAR)"
			}
			x = "CAST(" + x + " AS DOUBLE)"
		case AsMicros:
			if c.Type != "TIMESTAMP WITH TIME ZONE" {
				x = "CAST(" + x + " AS TIMESTAMP)"
			}
			x = "epoch_us(" + x + ")"
		}
		sel[i] = x
	}
	if err := d.Exec(ctx, setting); err != nil {
		return err
	}
	return d.Stream(ctx, "SELECT "+strings.Join(sel, ", ")+" FROM read_parquet("+p+")", each, wait)
}

// JSONKeys lists the keys of the objects of a JSON Lines file, in the order in
// which they first occur.
func (d *DB) JSONKeys(ctx context.Context, path string, maxObject int) ([]Column, error) {
	p, err := literalPath(path)
	if err != nil {
		return nil, err
	}
	var out []Column
	_, err = d.Query(ctx, fmt.Sprintf(`SELECT k FROM (SELECT unnest(json_keys(json)) AS k, row_number() OVER () AS n FROM read_ndjson_objects(%s, maximum_object_size=%d)) GROUP BY k ORDER BY min(n), k`, p, maxObject),
		func(b *Batch) error {
			for r := range b.Rows() {
				name, _ := b.Text(0, r)
				out = append(out, Column{Name: strings.Clone(name)})
			}
			return nil
		})
	return out, err
}

// ReadJSON reads those keys of a JSON Lines file as text; a key that an object
// lacks, or null, is null.
func (d *DB) ReadJSON(ctx context.Context, path string, cols []Column, maxObject int, each func(*Batch) error) error {
	p, err := literalPath(path)
	if err != nil {
		return err
	}
	sel := make([]string, len(cols))
	for i, c := range cols {
		// json_extract_string with a pointer: keys may hold dots and quotes.
		ptr := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(c.Name)
		sel[i] = "json_extract_string(json, " + quote(ptr) + ")"
	}
	_, err = d.Query(ctx, fmt.Sprintf("SELECT %s FROM read_ndjson_objects(%s, maximum_object_size=%d)", strings.Join(sel, ", "), p, maxObject), each)
	return err
}
