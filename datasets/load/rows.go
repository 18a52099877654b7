package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mores-lab/mores/internal/duck"
	"github.com/mores-lab/mores/internal/npy"
)

// Rows is a table of numbers in a Parquet or npy file that is read in pieces, any number
// of times, in the order of the file.
type Rows struct {
	Path    string
	Columns []string // of numbers
	ID      string   // the column of row ids; "" = none
	Aside   []string // columns that are neither
	N       int64    // rows

	in   *input
	opt  TableOptions
	cols []duck.Typed // of Parquet: the id first if there is one
	wide int          // of npy: values in a row
	take []int        // of npy: those that are wanted; nil = all
}

// OpenRows looks at the file and reads none of its rows. It returns nil without an error
// for a file that cannot be read in pieces: use Table.
func OpenRows(ctx context.Context, path string, opt TableOptions) (*Rows, error) {
	in, err := inspectInput(path)
	if err != nil || in.comp != "" {
		return nil, err
	}
	r := &Rows{Path: path, in: in, opt: opt}
	switch in.kind {
	case "npy":
		return r, r.openNpy()
	case "parquet":
		return r, r.openParquet(ctx)
	}
	return nil, nil
}

func (r *Rows) openNpy() error {
	return r.npy(func(a *npy.Reader) error {
		n, d := a.Shape[0], 1
		if len(a.Shape) == 2 {
			d = a.Shape[1]
		}
		if n == 0 || d == 0 {
			return reject("D018", "save an array with rows and columns", "%s is empty (shape %v)", r.in.name, a.Shape)
		}
		r.N, r.wide = int64(n), d
		for j := range d {
			r.Columns = append(r.Columns, fmt.Sprintf("x%d", j))
		}
		return nil
	})
}

func (r *Rows) npy(do func(*npy.Reader) error) error {
	f, err := r.in.open()
	if err != nil {
		return err
	}
	defer f.Close()
	a, err := npy.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return reject("D001", "numpy.save(file, numpy.ascontiguousarray(a, dtype='<f8'))", "%s: %v", r.in.name, err)
	}
	if len(a.Shape) == 0 || len(a.Shape) > 2 {
		return reject("D002", "a.reshape(len(a), -1)", "%s has %d dimensions: a table has rows and columns", r.in.name, len(a.Shape))
	}
	return do(a)
}

// db opens a DuckDB with a quarter of the memory: it needs a row group of the file for
// each thread.
func (r *Rows) db() (*duck.DB, error) {
	return duck.Open(duck.Options{MaxMem: r.opt.MaxMem / 4, Jobs: r.opt.Jobs, TempDir: r.opt.TempDir})
}

func (r *Rows) openParquet(ctx context.Context) error {
	db, err := r.db()
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := db.ParquetColumns(ctx, r.Path)
	if err != nil {
		return reject("D001", "write it anew", "%s: %v", r.in.name, err)
	}
	if r.N, err = db.ParquetRows(ctx, r.Path); err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	t := &tableReader{in: r.in, opt: r.opt, rd: &rowReader{names: names, dialect: Dialect{Format: "parquet", Header: true}}}
	if err := t.keyColumn(); err != nil {
		return err
	}
	for i, c := range all {
		switch {
		case i == t.key:
			r.ID = c.Name
			r.cols = slices.Insert(r.cols, 0, duck.Typed{Column: c, As: duck.AsText})
		case rowsNumber(c.Type):
			r.Columns = append(r.Columns, c.Name)
			r.cols = append(r.cols, duck.Typed{Column: c, As: duck.AsFloat})
		default:
			r.Aside = append(r.Aside, c.Name)
		}
	}
	switch {
	case r.N == 0:
		return reject("D018", "write at least one row into it", "%s has no rows", r.in.name)
	case len(r.Columns) == 0:
		return reject("D004", "add at least one column of numbers", "%s has no column of numbers", r.in.name)
	}
	return nil
}

// rowsNumber says whether a column of that type of DuckDB's holds numbers.
func rowsNumber(t string) bool {
	return slices.Contains([]string{
		"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE",
	}, t) || strings.HasPrefix(t, "DECIMAL")
}

// Keep leaves those columns only, in that order; it returns the first name that is not a
// column of numbers, or "".
func (r *Rows) Keep(names []string) string {
	var cols []duck.Typed
	var at []int
	if r.ID != "" {
		cols = r.cols[:1:1]
	}
	for _, name := range names {
		j := slices.Index(r.Columns, name)
		if j < 0 {
			return name
		}
		if r.in.kind == "npy" {
			at = append(at, r.at(j))
		} else {
			cols = append(cols, r.cols[j+min(1, len(r.ID))])
		}
	}
	r.Columns, r.cols, r.take = slices.Clone(names), cols, at
	return ""
}

// at is the place in an npy file's rows of column j.
func (r *Rows) at(j int) int {
	if r.take == nil {
		return j
	}
	return r.take[j]
}

// DropIDs leaves the ids unread.
func (r *Rows) DropIDs() {
	if r.ID != "" {
		r.ID, r.cols = "", r.cols[1:]
	}
}

// rowsChunk is how many rows come at once.
const rowsChunk = 8192

// Each reads the rows once: chunks of values, row by row, and the ids, nil where there are
// none; both are valid during the call only, the ids' text for ever. A missing value is NaN.
func (r *Rows) Each(ctx context.Context, do func(ids []string, x []float64) error) error {
	if r.in.kind == "npy" {
		return r.eachNpy(ctx, do)
	}
	db, err := r.db()
	if err != nil {
		return err
	}
	defer db.Close()
	d := len(r.Columns)
	buf := make([]float64, rowsChunk*d)
	var ids []string
	n := 0
	first := min(1, len(r.ID))
	flush := func() error {
		if n == 0 {
			return nil
		}
		err := do(ids, buf[:n*d])
		n, ids = 0, ids[:0]
		return err
	}
	err = db.StreamParquetInOrder(ctx, r.Path, r.cols, func(b *duck.Batch) error {
		m := b.Rows()
		if n+m > rowsChunk {
			if err := flush(); err != nil {
				return err
			}
		}
		if m > rowsChunk { // never with DuckDB's vectors of 2,048
			buf = make([]float64, m*d)
		}
		to := buf[n*d:]
		for j := range d {
			for i, x := range b.Floats(first + j) {
				to[i*d+j] = x
			}
			if b.Holes(first + j) {
				for i := range m {
					if b.Null(first+j, i) {
						to[i*d+j] = nan
					}
				}
			}
		}
		if first == 1 {
			for i := range m {
				s, ok := b.Text(0, i)
				if !ok {
					return reject("D007", "give every row an id", "a row of %s has no id in column %q", r.in.name, r.ID)
				}
				ids = append(ids, strings.Clone(s))
			}
		}
		n += m
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (r *Rows) eachNpy(ctx context.Context, do func(ids []string, x []float64) error) error {
	return r.npy(func(a *npy.Reader) error {
		buf := make([]float64, rowsChunk*r.wide)
		var some []float64
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := a.Read(buf)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return reject("D001", "copy or download it again", "%s: %v", r.in.name, err)
			}
			x := buf[:n]
			if r.take != nil {
				some = some[:0]
				for i := 0; i < n; i += r.wide {
					for _, j := range r.take {
						some = append(some, x[i+j])
					}
				}
				x = some
			}
			if err := do(nil, x); err != nil {
				return err
			}
		}
	})
}
