package load

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// records reads everything.
func records(r io.Reader, d Dialect) (out [][]string, sc *scanner, err error) {
	sc = newScanner(r, &d)
	for {
		if err = sc.read(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return out, sc, err
		}
		var row []string
		for _, f := range sc.fields {
			row = append(row, string(f))
		}
		out = append(out, row)
	}
}

var comma = Dialect{delim: ',', quote: '"', escape: '"'}

func TestScanner(t *testing.T) {
	for _, c := range []struct {
		text string
		d    Dialect
		want string // records with |, cells with ·
		err  error
	}{
		{"a,b\n1,2\n", comma, "a·b|1·2", nil},
		{"a,b\r\n1,2", comma, "a·b|1·2", nil},
		{"a,,\n,,\n", comma, "a··|··", nil},
		{"\n\na,b\n\n1,2\n\n", comma, "a·b|1·2", nil},
		{"\"a,1\",\"b\"\"c\"\n", comma, "a,1·b\"c", nil},
		{"\"two\nlines\",x\ny,z\n", comma, "two\nlines·x|y·z", nil},
		{"\"\",x\n", comma, "·x", nil},
		{"a, \"b,c\" ,d\n", comma, "a·b,c·d", nil},
		{"a,5\" disk,c\n", comma, "a·5\" disk·c", nil},
		{"a,b\"c\"\n\"d\",e\r\n", comma, "a·b\"c\"|d·e", nil},
		{"\"a\"x,b\n", comma, "", errAfterQuote},
		{"a,\"b\nc,d\n", comma, "", errOpenQuote},
		{"\"a\\\"b\",c\n", Dialect{delim: ',', quote: '"', escape: '\\'}, "a\"b·c", nil},
		{"  1   2\t3 \n 4 5  6\n", Dialect{delim: blankRun, quote: '"', escape: '"'}, "1·2·3|4·5·6", nil},
		{" \"a b\"  c\nd  \"e\"\n", Dialect{delim: blankRun, quote: '"', escape: '"'}, "a b·c|d·e", nil},
		{"a\tb\n\t\n", Dialect{delim: '\t', quote: '"', escape: '"'}, "a·b|·", nil},
	} {
		// The same whatever the reader hands out at a time.
		for i, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
			rows, _, err := records(r, c.d)
			var got []string
			for _, r := range rows {
				got = append(got, strings.Join(r, "·"))
			}
			if !errors.Is(err, c.err) || c.err == nil && strings.Join(got, "|") != c.want {
				t.Errorf("%q (reader %d): %q %v, want %q %v", c.text, i, got, err, c.want, c.err)
			}
		}
	}
}

func TestLines(t *testing.T) {
	sc := newScanner(strings.NewReader("a\n\n\"b\nc\"\nd\n"), &comma)
	for _, want := range []int64{1, 3, 5} {
		if err := sc.read(); err != nil || sc.line != want {
			t.Errorf("record %d on line %d, want %d (%v)", sc.rec, sc.line, want, err)
		}
	}
}

// Traps that DuckDB's own sniffer falls into, and their likes.
func TestSniff(t *testing.T) {
	for _, c := range []struct {
		text   string
		delim  byte
		header bool
		width  int
	}{
		{" customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n", blankRun, true, 4},
		{" 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2   29.73\r\n", blankRun, false, 5},
		{"1,5;2,5\n3,5;4,5\n", ';', false, 2},
		{"a;b\n1,5;2,5\n3,5;4,5\n", ';', true, 2},
		{"1,5 2,5\n3,5 4,5\n", blankRun, false, 2},
		{"1,2\n3,4\n", ',', false, 2},
		{"-4.8e+000\t-5.0e+001\n1.0e+000\t2.0e+000\n", '\t', false, 2},
		{"id,date\n1,2024-01-01 10:00:00\n2,2024-01-02 11:00:00\n", ',', true, 2},
		{"id|name\n1|a, b\n2|c, d\n", '|', true, 2},
		{"name;x\nMüller, Hans;1\nMeier, Anna;2\n", ';', true, 2},
		{"id,2019,2020\na,1,2\nb,3,4\n", ',', true, 3}, // "id" is known as a name
		{"x1,2019,2020\na,1,2\nb,3,4\n", ',', false, 3},
		{"id,2019,2020\n1,1,2\n2,3,4\n", ',', true, 3},
		{"x\n1\n2\n", '\t', true, 1},
		{"1\n2\n2\n", '\t', false, 1},
		{"a,b\nx,y\nz,w\n", ',', true, 2},
		{"x,y\nx,z\nu,v\n", ',', false, 2},
	} {
		s, _, err := sniffDialect("f", []byte(c.text), true, DialectFix{})
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if s.width != c.width || c.width > 1 && s.d.delim != c.delim || s.d.Header != c.header {
			t.Errorf("%q: delimiter %q, header %v, %d columns; want %q %v %d", c.text, s.d.delim, s.d.Header, s.width, c.delim, c.header, c.width)
		}
	}
}

// Whatever the bytes, the sniffer ends without a panic; and what a scan accepts
// the parser reads with as many rows (readFrame compares).
func FuzzSniff(f *testing.F) {
	for _, s := range []string{clean, "1,5;2,5\n", " 00004 0001 19970101  2   29.33\r\n", "a\tb\n\"x", "sep=;\na;b\n1;2\n", "\xff\xfea\x00", "\ufeffa,b\n1,2\n", "{\"a\":1}\n", "a,b\r\r\n\"c\"\"\",d", "#x\n1 2\n", "a,\"b\\\"c\",d\n1,2,3\n", "000\r", "\r ;,\"; ;\ra", "{}"} {
		f.Add([]byte(s))
	}
	p := filepath.Join(f.TempDir(), "f.csv")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
		fr, err := readFrame(context.Background(), []string{p}, Options{Jobs: 1})
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: an error of no code: %v", b, err)
		}
		if err != nil && strings.Contains(e.Title, "the parser") && fr == nil {
			t.Fatalf("%q: scan and parser disagree: %v", b, err)
		}
	})
}

// encoding/csv writes, the scanner reads: the same cells.
func FuzzScanner(f *testing.F) {
	f.Add("a", "b,c", "d\"e", "two\nlines")
	f.Add("", " ", "\"", "\r\n")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		want := [][]string{{"x", a, b}, {"y", c, d}}
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		if err := w.WriteAll(want); err != nil {
			t.Skip()
		}
		got, _, err := records(&buf, comma)
		if err != nil || len(got) != 2 {
			t.Fatalf("%q: %q %v", want, got, err)
		}
		for i := range want {
			for j := range want[i] {
				if got[i][j] != want[i][j] {
					t.Fatalf("%q read as %q", want, got)
				}
			}
		}
	})
}
