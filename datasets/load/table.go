package load

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/duck"
	"github.com/mores-lab/mores/internal/npy"
)

var nan = math.NaN()

// TableOptions says how a table of features is read.
type TableOptions struct {
	// ID names the column of row ids ("#1" for the first): it becomes the table's
	// keys and is no feature. "" = the column that is called like a customer's id, if
	// any.
	ID      string
	Dialect DialectFix
	// Missing lets empty cells of numeric columns through as NaN; otherwise they are
	// an error, for fits refuse them.
	Missing bool
	MaxMem  int64
	Jobs    int
	TempDir string

	side string // key field of a side table, whose keys may repeat and whose cells may be empty
}

// tableColumn gathers one column. It is numeric or text by its first 2,000
// values; a numeric one goes on as float64, without a string a cell.
type tableColumn struct {
	name    string
	text    bool
	decided bool
	sign    byte
	nums    []float64
	words   *column
	bad     [4]badValues // text, missing, NaN, infinite
}

// decideAfter is how many values decide whether a column is numeric.
const decideAfter = 2000

// Table reads a table of one row per customer or object: CSV, TSV, blanks (also
// .gz and .zst), Parquet, JSON Lines or npy. A numeric column holds numbers
// everywhere, or the error names the rows where it does not.
func Table(ctx context.Context, path string, opt TableOptions) (*datasets.Table, *Report, error) {
	rep := &Report{Path: path}
	in, err := inspectInput(path)
	if err != nil {
		return nil, rep, err
	}
	if in.kind == "npy" {
		t, err := readNpy(in, rep)
		return t, rep, err
	}
	db, err := duck.Open(duck.Options{MaxMem: opt.MaxMem / 4, Jobs: opt.Jobs, TempDir: opt.TempDir})
	if err != nil {
		return nil, rep, err
	}
	defer db.Close()
	rd, err := newRowReader(ctx, db, in, Options{Dialect: opt.Dialect, TempDir: opt.TempDir})
	if err != nil {
		return nil, rep, err
	}
	defer rd.close()
	rep.Dialect, rep.Assumptions = rd.dialect, rd.said
	r := &tableReader{in: in, opt: opt, rd: rd, limit: opt.MaxMem}
	if r.limit <= 0 {
		r.limit = defaultMem
	}
	if opt.Dialect.Decimal != "" {
		r.fixed = opt.Dialect.Decimal[0]
	} else if rd.dialect.Format == "parquet" || rd.dialect.Format == "jsonl" {
		r.fixed = '.'
	}
	if err := r.keyColumn(); err != nil {
		return nil, rep, err
	}
	for _, n := range rd.names {
		r.cols = append(r.cols, &tableColumn{name: n, words: &column{name: n, dict: newDict()}})
	}
	if err := rd.each(r.add); err != nil {
		return nil, rep, err
	}
	t, err := r.table(rep)
	return t, rep, err
}

type tableReader struct {
	in    *input
	opt   TableOptions
	rd    *rowReader
	cols  []*tableColumn
	key   int // −1 = none
	fixed byte
	rows  int
	limit int64
}

// keyColumn finds the column of ids.
func (r *tableReader) keyColumn() error {
	r.key = -1
	p := &plan{f: &frame{names: r.rd.names, parts: []part{{path: r.in.path, name: r.in.name}}}}
	switch {
	case r.opt.ID != "":
		if r.key = p.find(r.opt.ID); r.key < 0 {
			e := p.missing("id", r.opt.ID).(*Error)
			e.Fix = "--id COLUMN   (one of these)"
			return e
		}
	case r.opt.side != "":
		list := aliases[r.opt.side]
		for _, names := range [][]string{list.strong, list.weak} {
			for i, n := range r.rd.names {
				if rank(names, n) >= 0 && r.key < 0 {
					r.key = i
				}
			}
		}
		if r.key < 0 {
			return reject("D004", "rename its key column", "%s has no column that names the %s", r.in.name, r.opt.side).with("columns here: %s", strings.Join(r.rd.names, ", "))
		}
	case r.rd.dialect.Header:
		for i, n := range r.rd.names {
			if f := foldName(n); rank(aliases["customer"].strong, n) >= 0 || f == "id" && i == 0 || f == "rowid" && i == 0 {
				r.key = i
				break
			}
		}
	}
	return nil
}

func (r *tableReader) add(b *duck.Batch) error {
	n := b.Rows()
	var held int64
	for i, c := range r.cols {
		for k := range n {
			s, _ := b.Text(i, k)
			if i == r.key || c.text || !c.decided {
				c.words.codes = append(c.words.codes, c.words.dict.code(strings.TrimSpace(s)))
				continue
			}
			x, ok := parsePlain(s)
			if !ok || c.sign != '.' {
				x = c.cast(s, r.rows+k)
			}
			c.nums = append(c.nums, x)
		}
		if i != r.key && !c.decided && len(c.words.codes) >= decideAfter && r.opt.side == "" {
			c.decide(r.fixed, 0.5)
		}
		held += 8*int64(cap(c.nums)) + 4*int64(cap(c.words.codes)) + c.words.dict.bytes()
	}
	r.rows += n
	if held > r.limit {
		return &Error{
			Code: "R001", Exit: exitRefused, Title: fmt.Sprintf("%s needs more than %s bytes in memory: %s after %s", r.in.name, digits.Int(r.limit), digits.Int(held), count(r.rows, "row")),
			Fix: "--max-mem 16GiB   (or keep only the columns you need)",
		}
	}
	return nil
}

// cast reads one cell; what is not a number is noted.
func (c *tableColumn) cast(s string, row int) float64 {
	s = strings.TrimSpace(s)
	if x, ok := parseNumber(s, c.sign); ok {
		return x
	}
	kind := 0
	switch {
	case strings.EqualFold(s, "nan"):
		kind = 2
	case isMissing(s):
		kind = 1
	case nonFinite(s):
		kind = 3
	}
	c.bad[kind].add(s, 1, row)
	return nan
}

// decide settles whether the column is numeric: at least that share of its values
// are numbers. Text that only looks like a number keeps its zeros: ids stay text.
func (c *tableColumn) decide(fixed byte, need float64) {
	c.decided = true
	p := profile(c.words, fixed)
	share := 0.0
	if p.num.rows > 0 {
		share = float64(max(p.num.point, p.num.comma)) / float64(p.num.rows)
	}
	infinite := 0
	if share < need {
		for k := range c.words.dict.len() {
			if nonFinite(c.words.dict.word(int32(k))) {
				infinite++
			}
		}
	}
	if c.text = share < need && !(infinite > 0 && share > 0) || p.zeros && p.num.fraction == 0 || p.big; c.text {
		return
	}
	c.sign = p.decimal
	if c.sign == 0 {
		c.sign = '.'
		if p.num.comma > p.num.point {
			c.sign = ','
		}
		if fixed != 0 {
			c.sign = fixed
		}
	}
	if c.sign == '?' {
		// Keep the text: later values may decide.
		c.decided = false
		return
	}
	for row, k := range c.words.codes {
		c.nums = append(c.nums, c.cast(c.words.dict.word(k), row))
	}
	c.words = &column{name: c.name, dict: newDict()}
}

// table puts the columns together, or says everything that is wrong with them.
func (r *tableReader) table(rep *Report) (*datasets.Table, error) {
	rd := r.rd
	if rd.dialect.Rows > 0 && int64(r.rows) != rd.dialect.Rows {
		return nil, reject("D005", "save it anew as CSV with quotes doubled inside quotes", "%s: the parser reads %s, the scan counted %s", r.in.name, count(r.rows, "row"), digits.Int(rd.dialect.Rows))
	}
	if r.rows == 0 {
		return nil, reject("D018", "write at least one row into it", "%s has no rows", r.in.name)
	}
	p := &plan{f: &frame{names: rd.names, parts: []part{{path: r.in.path, name: r.in.name, header: rd.dialect.Header, dialect: rd.dialect}}}}
	var problems []*Error
	t := &datasets.Table{Name: strings.SplitN(filepath.Base(r.in.path), ".", 2)[0]}
	for i, c := range r.cols {
		if i == r.key {
			keys, err := r.keys(p, c)
			if err != nil {
				problems = append(problems, err)
			}
			t.Keys = keys
			rep.Assumptions = append(rep.Assumptions, fmt.Sprintf("Column %q names the rows: it is no feature.", c.name))
			continue
		}
		if !c.decided {
			// Descriptions hold such things as "5+" beside 1 to 4: text, if any is.
			need := 0.5
			if r.opt.side != "" {
				need = 1
			}
			c.decide(r.fixed, need)
		}
		if !c.decided {
			prof := profile(c.words, 0)
			v := prof.num.either
			a, _ := parseNumber(v, '.')
			b, _ := parseNumber(v, ',')
			problems = append(problems, reject("D006", setFlag("dialect.decimal", ".")+"   (or ,)", "%s in column %q of %s is %g or %g, and no value of the column decides", show(v), c.name, r.in.name, a, b))
			continue
		}
		if c.text {
			col := datasets.TableColumn{Name: c.name, Text: make([]string, r.rows)}
			words := make([]string, c.words.dict.len())
			for k := range words {
				if s := c.words.dict.word(int32(k)); !isMissingText(s) {
					words[k] = strings.Clone(s)
				}
			}
			for row, k := range c.words.codes {
				col.Text[row] = words[k]
			}
			t.Cols = append(t.Cols, col)
			continue
		}
		problems = append(problems, r.faults(p, i, c)...)
		t.Cols = append(t.Cols, datasets.TableColumn{Name: c.name, Num: c.nums})
	}
	if err := join(problems); err != nil {
		return nil, err
	}
	if len(t.Cols) == 0 {
		return nil, reject("D004", "add at least one column of numbers", "%s has an id column and nothing else", r.in.name)
	}
	if len(rep.Assumptions) == 0 || rd.dialect.Format == "csv" || rd.dialect.Format == "blank-separated" {
		rep.Assumptions = append([]string{fmt.Sprintf("%s: %s, %s.", r.in.name, rd.dialect.describe(), count(r.rows, "row"))}, rep.Assumptions...)
	}
	return t, nil
}

// keys returns the ids; one that is missing or there twice is an error, save in
// side tables.
func (r *tableReader) keys(p *plan, c *tableColumn) ([]string, *Error) {
	words := make([]string, c.words.dict.len())
	for k := range words {
		words[k] = strings.Clone(c.words.dict.word(int32(k)))
	}
	keys := make([]string, r.rows)
	for row, k := range c.words.codes {
		keys[row] = words[k]
	}
	if r.opt.side != "" {
		return keys, nil
	}
	n, first := c.words.uses()
	if n[0] > 0 {
		return keys, reject("D007", "give every row an id", "%s of %s have no id in column %q", count(n[0], "row"), r.in.name, c.name).with("%s", p.f.where(int(first[0])))
	}
	var twice []string
	var rows int64
	for k := 1; k < len(n); k++ {
		if n[k] < 2 {
			continue
		}
		rows += n[k]
		if len(twice) < 3 {
			var at []string
			for row, code := range c.words.codes {
				if code == int32(k) && len(at) < 3 {
					at = append(at, p.f.where(row))
				}
			}
			twice = append(twice, fmt.Sprintf("%s ×%d: %s", show(words[k]), n[k], strings.Join(at, ", ")))
		}
	}
	if rows == 0 {
		return keys, nil
	}
	e := reject("D011", "mores run "+shell(r.in.path)+"   (if it is an event log), or keep one row per id", "%s of %s share their id in column %q with another row", count(rows, "row"), r.in.name, c.name)
	e.Lines = append(twice, "a table of features has one row per customer")
	return keys, e
}

// faults reports the cells of a numeric column that are not numbers.
func (r *tableReader) faults(p *plan, i int, c *tableColumn) []*Error {
	var out []*Error
	for kind, b := range c.bad {
		if b.n == 0 || (kind == 1 || kind == 2) && (r.opt.Missing || r.opt.side != "") {
			continue
		}
		code, what := "D006", "not a number"
		fix := "mend these rows, or leave the column out"
		switch kind {
		case 1:
			code, what, fix = "D007", "missing", "fill these cells or delete these rows; a log (mores run) leaves out what it cannot measure"
		case 2:
			code, what, fix = "D007", "NaN", "fill these cells or delete these rows; a log (mores run) leaves out what it cannot measure"
		case 3:
			code, what, fix = "D008", "infinite", "mend these cells or delete these rows: no distance to them exists"
		}
		e := b.report(p, code, fmt.Sprintf("%s in the numeric column %q of %s %s %s", count(b.n, "value"), c.name, r.in.name, isAre(b.n), what), i)
		if kind == 0 {
			other := byte(',')
			if c.sign == ',' {
				other = '.'
			}
			if _, ok := parseNumber(b.rows[0].value, other); ok {
				fix = setFlag("dialect.decimal", string(other)) + "   (if that is the decimal sign)"
			}
			e.Lines = append(e.Lines, fmt.Sprintf("read with decimal sign %q", c.sign))
		}
		e.Fix = fix
		out = append(out, e)
	}
	return out
}

// readNpy reads a NumPy array of one or two dimensions: columns x0, x1, ...
func readNpy(in *input, rep *Report) (*datasets.Table, error) {
	f, err := in.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := npy.Read(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, reject("D001", "numpy.save(file, numpy.ascontiguousarray(a, dtype='<f8'))", "%s: %v", in.name, err)
	}
	if len(a.Shape) == 0 || len(a.Shape) > 2 {
		return nil, reject("D002", "a.reshape(len(a), -1)", "%s has %d dimensions: a table has rows and columns", in.name, len(a.Shape))
	}
	n, d := a.Shape[0], 1
	if len(a.Shape) == 2 {
		d = a.Shape[1]
	}
	rep.Dialect = Dialect{Format: "npy", Columns: d, Rows: int64(n)}
	if n == 0 || d == 0 {
		return nil, reject("D018", "save an array with rows and columns", "%s is empty (shape %v)", in.name, a.Shape)
	}
	t := &datasets.Table{Name: strings.SplitN(filepath.Base(in.path), ".", 2)[0]}
	var problems []*Error
	for j := range d {
		c := datasets.TableColumn{Name: fmt.Sprintf("x%d", j), Num: make([]float64, n)}
		var bad []int
		inf := false
		for i := range n {
			x := a.Data[i*d+j]
			if math.IsNaN(x) || math.IsInf(x, 0) {
				bad = append(bad, i)
				inf = inf || math.IsInf(x, 0)
			}
			c.Num[i] = x
		}
		if len(bad) > 0 {
			code := "D007"
			if inf {
				code = "D008"
			}
			problems = append(problems, reject(code, "fill these cells or delete these rows", "%s in column %d of %s %s NaN or infinite", count(len(bad), "value"), j, in.name, isAre(int64(len(bad)))).
				with("rows %v (from 0)", slices.Clone(bad[:min(3, len(bad))])))
		}
		t.Cols = append(t.Cols, c)
	}
	if err := join(problems); err != nil {
		return nil, err
	}
	rep.Assumptions = append(rep.Assumptions, fmt.Sprintf("%s: a NumPy array of %d rows and %d columns.", in.name, n, d))
	return t, nil
}
