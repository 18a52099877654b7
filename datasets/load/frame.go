package load

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/duck"
)

// frame is a file, or several of the same columns, as text: every column as codes
// into its distinct values, so that decisions and casts touch each value once.
type frame struct {
	names   []string
	cols    []*column
	rows    int
	parts   []part
	dialect Dialect
	said    []string
	typed   map[string]string // Parquet: column types in DuckDB's words
	at      []int             // of a sample: the rows of the files; nil = all
}

// part is the rows of one file.
type part struct {
	path, name string
	from       int // first row in the frame
	header     bool
	dialect    Dialect
}

type column struct {
	name  string
	codes []int32
	dict  *dict
}

// text returns the cell as it stands in the file, less blanks around it.
func (c *column) text(row int) string { return c.dict.word(c.codes[row]) }

// uses counts the rows of every code, and notes its first row.
func (c *column) uses() (n []int64, first []int32) {
	n = make([]int64, c.dict.len())
	first = make([]int32, c.dict.len())
	for i, k := range c.codes {
		if n[k] == 0 {
			first[k] = int32(i)
		}
		n[k]++
	}
	return n, first
}

// where names a row of the frame as people find it: file and line.
func (f *frame) where(row int) string {
	if f.at != nil {
		row = f.at[row]
	}
	i, _ := slices.BinarySearchFunc(f.parts, row, func(p part, r int) int { return p.from - r })
	if i == len(f.parts) || f.parts[i].from > row {
		i--
	}
	p := f.parts[i]
	n := int64(row - p.from + 1)
	if p.header {
		n++
	}
	return fmt.Sprintf("%s:%d", p.name, p.line(n))
}

// line returns the physical line of a file's record: the file is read again,
// since only a fault asks for it.
func (p part) line(rec int64) int64 {
	in, err := inspectInput(p.path)
	if err != nil || in.kind != "text" || p.dialect.Format == "jsonl" {
		return rec
	}
	r, c, err := in.reader(p.dialect.Encoding, p.dialect.skip, false)
	if err != nil {
		return rec
	}
	defer c.Close()
	sc := newScanner(r, &p.dialect)
	sc.next = int64(p.dialect.skip) + 1
	for sc.rec < rec {
		if sc.read() != nil {
			return rec
		}
	}
	return sc.line
}

func (f *frame) bytes() (n int64) {
	for _, c := range f.cols {
		n += 4*int64(cap(c.codes)) + c.dict.bytes()
	}
	return n
}

// defaultMem is what a log may take in memory unless told otherwise.
const defaultMem = 4 << 30

// readFrame reads files of the same columns, one after the other.
func readFrame(ctx context.Context, paths []string, opt Options) (*frame, error) {
	if len(paths) == 0 {
		panic("load: no paths")
	}
	f := &frame{}
	for _, p := range paths {
		if err := f.read(ctx, p, opt); err != nil {
			return nil, err
		}
	}
	if f.rows == 0 {
		return nil, reject("D018", "write at least one row into it", "%s has no rows", filepath.Base(paths[0]))
	}
	return f, nil
}

func (f *frame) read(ctx context.Context, path string, opt Options) error {
	in, err := inspectInput(path)
	if err != nil {
		return err
	}
	db, err := duck.Open(duck.Options{MaxMem: opt.MaxMem / 4, Jobs: opt.Jobs, TempDir: opt.TempDir})
	if err != nil {
		return err
	}
	defer db.Close()
	rd, err := newRowReader(ctx, db, in, opt)
	if err != nil {
		return err
	}
	defer rd.close()
	f.said = append(f.said, rd.said...)
	if f.cols == nil {
		f.names, f.dialect, f.typed = rd.names, rd.dialect, rd.typed
		for _, n := range rd.names {
			f.cols = append(f.cols, &column{name: n, dict: newDict(), codes: make([]int32, 0, rd.dialect.Rows)})
		}
	} else if !slices.Equal(f.names, rd.names) {
		return reject("D004", "give files of the same columns, or one at a time", "%s has other columns than %s", in.name, f.parts[0].name).
			with("%s: %s", f.parts[0].name, strings.Join(f.names, ", ")).with("%s: %s", in.name, strings.Join(rd.names, ", "))
	}
	f.parts = append(f.parts, part{path: path, name: in.name, from: f.rows, header: rd.dialect.Header, dialect: rd.dialect})
	limit := opt.MaxMem
	if limit <= 0 {
		limit = defaultMem
	}
	start := f.rows
	err = rd.each(func(b *duck.Batch) error {
		f.add(b, opt.Jobs)
		if need := f.bytes(); need > limit {
			e := &Error{
				Code: "R001", Exit: exitRefused, Title: fmt.Sprintf("%s needs more than %s bytes in memory: %s after %s", in.name, digits.Int(limit), digits.Int(need), count(f.rows, "row")),
				Fix: "--max-mem 16GiB   (or keep only the columns and rows you need)",
			}
			if opt.whole != "" {
				e.Lines = append(e.Lines, "it cannot be read in pieces and sorted on disk: "+opt.whole)
			}
			return e
		}
		return nil
	})
	if err != nil {
		return err
	}
	if got := int64(f.rows - start); rd.dialect.Rows > 0 && got != rd.dialect.Rows {
		return reject("D005", "save it anew as CSV with quotes doubled inside quotes", "%s: the parser reads %s, the scan counted %s", in.name, count(got, "row"), digits.Int(rd.dialect.Rows))
	}
	return nil
}

// add codes a batch, columns side by side.
func (f *frame) add(b *duck.Batch, jobs int) {
	n := b.Rows()
	work := func(i int) {
		c := f.cols[i]
		prev, prevCode := "", int32(0)
		for r := range n {
			s, _ := b.Text(i, r)
			// Logs repeat: an order's lines share customer, stamp and order.
			if s != prev {
				prev, prevCode = s, c.dict.code(strings.TrimSpace(s))
			}
			c.codes = append(c.codes, prevCode)
		}
	}
	if jobs == 1 || len(f.cols) < 2 {
		for i := range f.cols {
			work(i)
		}
	} else {
		var wg sync.WaitGroup
		for half := range 2 {
			wg.Go(func() {
				for i := half; i < len(f.cols); i += 2 {
					work(i)
				}
			})
		}
		wg.Wait()
	}
	f.rows += n
}

// rowReader gives the rows of one file, whatever its format, as batches of text.
type rowReader struct {
	names   []string
	dialect Dialect
	said    []string
	typed   map[string]string
	each    func(func(*duck.Batch) error) error
	close   func()
	sample  *sample
}

func newRowReader(ctx context.Context, db *duck.DB, in *input, opt Options) (*rowReader, error) {
	rd := &rowReader{close: func() {}}
	switch in.kind {
	case "npy":
		return nil, reject("D002", "mores cluster kmeans -i "+shell(in.path), "%s is a NumPy array: a table of numbers, not an event log", in.name)
	case "parquet":
		cols, err := db.ParquetColumns(ctx, in.path)
		if err != nil {
			return nil, reject("D001", "write it again", "%s is a damaged Parquet file", in.name).with("%v", err)
		}
		rd.typed = map[string]string{}
		for _, c := range cols {
			rd.names = append(rd.names, c.Name)
			rd.typed[c.Name] = c.Type
		}
		rd.dialect = Dialect{Format: "parquet", Header: true, Columns: len(cols)}
		rd.each = func(fn func(*duck.Batch) error) error { return db.ReadParquet(ctx, in.path, cols, opt.head, fn) }
		return rd, nil
	}
	if is, err := isJSON(in); err != nil {
		return nil, err
	} else if is {
		return rd, rd.json(ctx, db, in, opt)
	}
	p, err := prepare(ctx, in, opt)
	if err != nil {
		return nil, err
	}
	rd.names, rd.dialect, rd.said, rd.close, rd.sample = p.names, p.dialect, p.said, p.close, p.sample
	rd.each = func(fn func(*duck.Batch) error) error {
		err := db.ReadCSV(ctx, p.csv, fn)
		if err != nil && ctx.Err() == nil && strings.HasPrefix(err.Error(), "duckdb:") {
			return reject("D005", "save it anew as CSV with quotes doubled inside quotes", "the parser does not read %s", in.name).with("%s", strings.SplitN(err.Error(), "\n", 2)[0])
		}
		return err
	}
	return rd, nil
}
