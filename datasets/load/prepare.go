package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/duck"
)

// prepared is a text file ready for the parser.
type prepared struct {
	dialect Dialect
	csv     duck.CSV
	names   []string
	temp    string // to remove, or ""
	said    []string
	sample  *sample
	crOnly  bool // lines end in \r
}

func (p *prepared) close() {
	if p.temp != "" {
		os.Remove(p.temp)
	}
}

// reader returns the file as UTF-8 text from the dialect's first line on.
func (in *input) reader(enc string, skip int, crOnly bool) (io.Reader, io.Closer, error) {
	f, err := in.open()
	if err != nil {
		return nil, nil, err
	}
	r := decode(f, enc)
	if crOnly {
		r = crReader{r}
	}
	if skip > 0 {
		b := bufio.NewReader(r)
		for range skip {
			if _, err := b.ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		r = b
	}
	return r, f, nil
}

// crReader turns the line ends of old Macs into ours.
type crReader struct{ r io.Reader }

func (c crReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// head reads up to n decoded bytes; whole says that this is everything.
func (in *input) head(enc string, n int) (b []byte, whole bool, err error) {
	r, c, err := in.reader(enc, 0, false)
	if err != nil {
		return nil, false, err
	}
	defer c.Close()
	b = make([]byte, n)
	k, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return b[:k], true, nil
	}
	return b[:k], false, err
}

// prepare sniffs a text file, reads it through once and leaves it in a form that
// DuckDB reads exactly as the scan did.
func prepare(ctx context.Context, in *input, opt Options) (*prepared, error) {
	raw, _, err := in.head(utf8Plain, sampleSize)
	if err != nil {
		return nil, err
	}
	enc := sniffEncoding(raw)
	if opt.Dialect.Encoding != "" {
		if enc, err = parseEncoding(opt.Dialect.Encoding); err != nil {
			return nil, err
		}
		if enc == utf8Plain && bytes.HasPrefix(raw, []byte{0xef, 0xbb, 0xbf}) {
			enc = utf8BOM
		}
	}
	text, whole, err := in.head(enc, sampleSize)
	if err != nil {
		return nil, err
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return nil, reject("D003", "export it as CSV (UTF-8) or Parquet", "%s is not text: byte %s is 0x00", in.name, digits.Int(i+1))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, reject("D018", "write at least a header and one row into it", "%s is empty (%s and no text)", in.name, count(in.size, "byte"))
	}
	crOnly := bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(bytes.TrimRight(text, "\r"), '\r') > 0
	if crOnly {
		text = bytes.ReplaceAll(text, []byte{'\r'}, []byte{'\n'})
	}
	s, said, err := sniffDialect(in.name, text, whole, opt.Dialect)
	if err != nil {
		return nil, err
	}
	p := &prepared{dialect: s.d, said: said, sample: s, crOnly: crOnly}
	d := &p.dialect
	d.Columns, d.Encoding, d.Compression = s.width, enc, in.comp
	sc, err := p.scan(ctx, in, crOnly, opt)
	if bad := (*notUTF8)(nil); errors.As(err, &bad) {
		if err := in.exclude(bad, opt); err != nil {
			p.close()
			return nil, err
		}
		p.said = append(p.said, fmt.Sprintf("%s is not UTF-8 (byte %s, row %s: 0x%02X): read as Windows-1252, where it is %q (%s).",
			in.name, digits.Int(bad.offset+1), digits.Int(bad.row), bad.b, decode1252(bad.b), show(bad.word())))
		d.Encoding = windows1252
		sc, err = p.scan(ctx, in, crOnly, opt)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	d.Format = "csv"
	if d.delim == blankRun {
		d.Format, d.Delimiter = "blank-separated", " "
	} else {
		d.Delimiter = string(d.delim)
	}
	d.Quote = string(d.quote)
	d.Rows = sc.rec
	if d.Header {
		d.Rows--
	}
	if d.Rows <= 0 {
		p.close()
		return nil, reject("D018", "write at least one row into it", "%s has a header and no rows", in.name)
	}
	return p, nil
}

// notUTF8 reports the first byte that is not UTF-8.
type notUTF8 struct {
	offset, row int64
	b           byte
	field       []byte
	at          int
}

func (e *notUTF8) Error() string { return "not UTF-8" }

// word returns the word that holds the byte, decoded as Windows-1252.
func (e *notUTF8) word() string {
	lo, hi := e.at, e.at+1
	for lo > 0 && e.field[lo-1] != ' ' {
		lo--
	}
	for hi < len(e.field) && e.field[hi] != ' ' {
		hi++
	}
	var b strings.Builder
	for _, c := range e.field[lo:hi] {
		b.WriteString(decode1252(c))
	}
	return b.String()
}

func decode1252(c byte) string {
	b, err := io.ReadAll(decode(bytes.NewReader([]byte{c}), windows1252))
	if err != nil {
		return "?"
	}
	return string(b)
}

// exclude looks through the whole file for what Windows-1252 cannot be.
func (in *input) exclude(bad *notUTF8, opt Options) error {
	e := reject("D003", setFlag("dialect.encoding", "windows-1252")+"   (if that is what wrote it; or save it as UTF-8)",
		"%s is not valid UTF-8 at byte %s (row %s): 0x%02X", in.name, digits.Int(bad.offset+1), digits.Int(bad.row), bad.b).
		with("as Windows-1252 this is %q (%s)", decode1252(bad.b), show(bad.word()))
	if opt.Dialect.Encoding != "" {
		return e.with("the encoding was given as %s", opt.Dialect.Encoding)
	}
	if opt.Strict {
		return e.with("--strict decides nothing by itself")
	}
	f, err := in.open()
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := b.ReadSlice('\n')
		if why := exclude1252(line); why != "" {
			return e.with("but %s", why)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// scan reads the whole file once. It finds what is wrong with its rows, counts
// them, and writes a plain copy where DuckDB needs one.
func (p *prepared) scan(ctx context.Context, in *input, crOnly bool, opt Options) (*scanner, error) {
	d := &p.dialect
	rewrite := in.comp != "" || d.Encoding != utf8Plain || d.delim == blankRun || d.skip > 0 || crOnly || d.escape != d.quote
	sc, err := p.pass(ctx, in, crOnly, rewrite, opt)
	if err == nil && !rewrite && (sc.odd || sc.crlf) {
		rewrite = true
		sc, err = p.pass(ctx, in, crOnly, true, opt)
	}
	if err != nil {
		return nil, err
	}
	p.csv.Columns = d.Columns
	if rewrite {
		p.csv.Path, p.csv.Delim, p.csv.Quote, p.csv.Escape, p.csv.Header = p.temp, ',', '"', '"', false
	} else {
		p.csv.Path, p.csv.Delim, p.csv.Quote, p.csv.Escape, p.csv.Header = in.path, d.delim, d.quote, d.escape, d.Header
	}
	return sc, nil
}

func (p *prepared) pass(ctx context.Context, in *input, crOnly, rewrite bool, opt Options) (sc *scanner, err error) {
	d := &p.dialect
	r, c, err := in.reader(d.Encoding, d.skip, crOnly)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var w *bufio.Writer
	if rewrite {
		p.close()
		f, err := os.CreateTemp(opt.TempDir, "mores-*.csv")
		if err != nil {
			return nil, &Error{Code: "S002", Exit: exitIO, Title: fmt.Sprintf("cannot unpack %s: %v", in.name, err), err: err}
		}
		p.temp = f.Name()
		w = bufio.NewWriterSize(f, 256<<10)
		defer func() {
			ferr := w.Flush()
			if cerr := f.Close(); ferr == nil {
				ferr = cerr
			}
			if err == nil && ferr != nil {
				err = &Error{Code: "S002", Exit: exitIO, Title: fmt.Sprintf("cannot unpack %s: %v", in.name, ferr), err: ferr}
			}
		}()
	}
	sc = newScanner(r, d)
	sc.next = int64(d.skip) + 1
	var ragged raggedRows
	opt.sample.begin()
	check := d.Encoding == utf8Plain || d.Encoding == utf8BOM
	p.csv.MaxLine = 0
	for {
		if sc.rec%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		from := sc.off
		if err := sc.read(); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return nil, sc.quoteProblem(in.name, err)
		}
		p.csv.MaxLine = max(p.csv.MaxLine, int(sc.off-from))
		if check {
			if i, at := sc.invalidUTF8(); i >= 0 {
				f := sc.fields[i]
				pos := sc.off - int64(sc.pos) + int64(cap(sc.buf)-cap(f)) + int64(at)
				return nil, &notUTF8{offset: pos, row: sc.line, b: f[at], field: bytes.Clone(f), at: at}
			}
		}
		if sc.rec == 1 && d.Header {
			if err := p.header(in, sc); err != nil {
				return nil, err
			}
			continue
		}
		if len(sc.fields) != d.Columns {
			ragged.add(sc)
			continue
		}
		opt.sample.take(sc.fields)
		if w != nil {
			writeRecord(w, sc.fields)
		}
	}
	if ragged.n > 0 {
		return nil, ragged.report(in.name, p, sc.rec)
	}
	if !d.Header {
		p.names = make([]string, d.Columns)
		for i := range p.names {
			p.names[i] = fmt.Sprintf("#%d", i+1)
		}
	}
	return sc, nil
}

// header takes the names of the first record.
func (p *prepared) header(in *input, sc *scanner) error {
	p.names = p.names[:0]
	first := map[string]int{}
	for i, f := range sc.fields {
		n := strings.TrimSpace(string(f))
		if n == "" {
			n = fmt.Sprintf("#%d", i+1)
		}
		if j, twice := first[n]; twice {
			return reject("D004", "rename one of them in the file", "the header of %s has the name %s twice (columns %d and %d)", in.name, show(n), j+1, i+1)
		}
		first[n] = i
		p.names = append(p.names, n)
	}
	if len(sc.fields) != p.dialect.Columns {
		return reject("D005", "name every column in the first row, and no more", "the header of %s has %s, most rows have %d", in.name, count(len(sc.fields), "field"), p.dialect.Columns).
			with("header: %s", show(strings.Join(p.names, " · ")))
	}
	return nil
}

// raggedRows collects records with too few or too many fields.
type raggedRows struct {
	n     int64
	lines []string
}

func (r *raggedRows) add(sc *scanner) {
	r.n++
	if len(r.lines) < 3 {
		var cells []string
		for _, f := range sc.fields {
			cells = append(cells, string(f))
		}
		r.lines = append(r.lines, fmt.Sprintf("row %s has %s: %s", digits.Int(sc.line), count(len(sc.fields), "field"), show(strings.Join(cells, " · "))))
	}
}

func (r *raggedRows) report(name string, p *prepared, rows int64) error {
	what := "the header has"
	if !p.dialect.Header {
		what = "most have"
	}
	fix := "mend these rows; a text that holds the delimiter needs quotes around it"
	e := reject("D005", fix, "%s of %s of %s do not have %d fields as %s", count(r.n, "row"), digits.Int(rows), name, p.dialect.Columns, what)
	e.Lines = append(e.Lines, r.lines...)
	e.Lines = append(e.Lines, "read as: "+p.dialect.describe())
	return e
}

func writeRecord(w *bufio.Writer, fields [][]byte) {
	for i, f := range fields {
		if i > 0 {
			w.WriteByte(',')
		}
		if len(f) == 0 && len(fields) > 1 {
			continue
		}
		if len(f) > 0 && !bytes.ContainsAny(f, ",\"\n\r") && f[0] != ' ' && f[len(f)-1] != ' ' {
			w.Write(f)
			continue
		}
		w.WriteByte('"')
		for {
			q := bytes.IndexByte(f, '"')
			if q < 0 {
				w.Write(f)
				break
			}
			w.Write(f[:q])
			w.WriteString(`""`)
			f = f[q+1:]
		}
		w.WriteByte('"')
	}
	w.WriteByte('\n')
}
