package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mores-lab/mores/datasets"
)

// file writes a test file.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

const clean = "customer_id,date,amount,note\n" +
	"a1,2024-01-03,12.50,first\n" +
	"a1,2024-02-14,1.25,\n" +
	"b2,2024-01-13,7,\"x, y\"\n" +
	"b2,2024-03-30,30.00,last\n"

// Wrong input: code, exit and what the message must name. The texts follow
// UX's catalogue of errors.
func TestErrors(t *testing.T) {
	many := "customer_id,date,amount\n"
	for i := range 30 {
		many += fmt.Sprintf("c%d,2024-01-%02d,%d.5\n", i%5, i%28+1, i)
	}
	for _, c := range []struct {
		name, content string
		opt           map[string]string
		code          string
		exit          int
		want          []string // in the message
	}{
		{"empty", "", nil, "D018", 3, []string{"empty"}},
		{"blank", " \n\n", nil, "D018", 3, []string{"empty"}},
		{"header only", "customer_id,date,amount\n", nil, "D018", 3, []string{"no rows"}},
		{"one column", "customer\na\nb\na\n", nil, "D002", 3, []string{"one column", "tab, semicolon"}},
		{"missing column", clean, map[string]string{"columns.amount": "amout"}, "D004", 3, []string{`"amout"`, `did you mean "amount"`, "customer_id, date, amount, note (4)", "data.columns.amount=amount"}},
		{"ragged", clean + "c3,2024-01-01,5\n", nil, "D005", 3, []string{"1 row", "row 6 has 3 fields", "4 fields"}},
		{"too many", strings.Replace(clean, "1.25", "1,25", 1), nil, "D005", 3, []string{"row 3 has 5 fields"}},
		{"open quote", clean + "c3,2024-01-01,5,\"never\nclosed,,\n", nil, "D005", 3, []string{"row 6", "never closed"}},
		{"text after quote", clean + "c3,2024-01-01,5,\"a\"b\n", nil, "D005", 3, []string{"row 6"}},
		{"impossible date", many + "c1,2024-02-30,1.5\n", nil, "D013", 3, []string{":32", `"2024-02-30"`, "1 value", "date"}},
		{"year 0024", many + "c1,0024-02-20,1.5\n", nil, "D013", 3, []string{`"0024-02-20"`}},
		{"number", many + "c1,2024-02-20,abc\nc1,2024-02-20,abc\n", nil, "D006", 3, []string{":32", `"abc"`, "2 values", "amount"}},
		{"infinite", many + "c1,2024-02-20,inf\n", nil, "D008", 3, []string{":32", `"inf"`}},
		{"two faults", many + "c1,2024-02-30,abc\n", nil, "D013", 3, []string{"2024-02-30", "abc", "D006"}},
		{"nul byte", "a,b\n1,\x00\n", nil, "D003", 3, []string{"0x00"}},
		{"mixed encodings", "customer_id,date,name\na,2024-01-01,M\xfcller\na,2024-01-02,Jos\xc3\xa9\n", nil, "D003", 3, []string{"byte 37", "row 2", "0xFC", "ü", "valid UTF-8"}},
		{"DOS", "customer_id,date,name\na,2024-01-01,M\x81ller\na,2024-01-02,x\n", nil, "D003", 3, []string{"0x81"}},
		{"header twice", "customer_id,date,amount,amount\na,2024-01-01,1,2\n", nil, "D004", 3, []string{"twice", "columns 3 and 4"}},
		{"half a header", "customer_id,2024-01-01,amount\na,2024-01-01,1\nb,2024-01-02,3\na,2024-01-03,3\n", nil, "D002", 3, []string{"neither names nor data", "dialect.header"}},
		{"excel", "PK\x03\x04....", nil, "D002", 3, []string{"Excel"}},
		{"json array", `[{"customer_id":"a"}]`, nil, "D002", 3, []string{"jq -c"}},
		{"bad json line", "{\"customer_id\":\"a\",\"date\":\"2024-01-01\"}\n{oops\n", nil, "D002", 3, []string{"line 2"}},
		{"unknown zone", clean, map[string]string{"time.zone": "Mars/Olympus"}, "D014", 3, []string{"Mars/Olympus"}},
		{"no event left", "customer_id,date,amount\n,2024-01-01,1\n,2024-01-02,2\nNA,2024-01-04,2\n", map[string]string{"columns.customer": "customer_id"}, "D018", 3, []string{"no event", "without a customer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := file(t, "orders.csv", []byte(c.content))
			var opt Options
			for k, v := range c.opt {
				if err := opt.Set(k, v); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err := Events(context.Background(), []string{p}, opt)
			checkError(t, err, c.code, c.exit, c.want...)
		})
	}
}

func checkError(t *testing.T, err error, code string, exit int, want ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v, want error %s", err, code)
	}
	msg := e.Error()
	if e.Code != code || e.Exit != exit {
		t.Errorf("code %s exit %d, want %s %d:\n%s", e.Code, e.Exit, code, exit, msg)
	}
	for _, w := range want {
		if !strings.Contains(msg, w) {
			t.Errorf("%q is not in\n%s", w, msg)
		}
	}
	last := msg[strings.LastIndexByte(msg, '\n')+1:]
	if e.Fix != "" && len(e.More) == 0 && !strings.HasPrefix(last, "  fix:") {
		t.Errorf("the fix is not the last line of\n%s", msg)
	}
	if !strings.HasPrefix(msg, "error["+code+"]: ") {
		t.Errorf("shape of %q", msg)
	}
	if b, err := json.Marshal(e); err != nil || !bytes.Contains(b, []byte(code)) {
		t.Errorf("as JSON: %s %v", b, err)
	}
}

func TestMissingFile(t *testing.T) {
	p := file(t, "orders.csv", []byte(clean))
	_, _, err := Events(context.Background(), []string{filepath.Join(filepath.Dir(p), "ordes.csv")}, Options{})
	checkError(t, err, "D001", 5, "no such file", "did you mean", "orders.csv")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
	_, _, err = Events(context.Background(), []string{filepath.Dir(p)}, Options{})
	checkError(t, err, "D001", 5, "folder")
	e := ioError(p, &fs.PathError{Op: "open", Path: p, Err: fs.ErrPermission})
	checkError(t, e, "D001", 5, "permission denied", "uid", "chmod")
	if os.Getuid() != 0 {
		os.Chmod(p, 0)
		_, _, err = Events(context.Background(), []string{p}, Options{})
		checkError(t, err, "D001", 5, "permission denied")
	}
}

func TestDamagedGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 1000 {
		z.Write([]byte(clean))
	}
	z.Close()
	_, _, err := Events(context.Background(), []string{file(t, "o.csv.gz", b.Bytes()[:b.Len()/2])}, Options{})
	checkError(t, err, "D001", 3, "damaged")
}

// A gzip file of 80 MB of one letter: 1,000 times its size.
func TestBomb(t *testing.T) {
	for _, kind := range []string{"gz", "zst"} {
		var b bytes.Buffer
		chunk := bytes.Repeat([]byte("a,b,c\n"), 1<<17)
		write := func(w interface {
			Write([]byte) (int, error)
			Close() error
		},
		) {
			for range 110 {
				w.Write(chunk)
			}
			w.Close()
		}
		if kind == "gz" {
			write(gzip.NewWriter(&b))
		} else {
			z, err := zstd.NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			write(z)
		}
		_, _, err := Events(context.Background(), []string{file(t, "bomb."+kind, b.Bytes())}, Options{})
		checkError(t, err, "D020", 3, "bomb")
	}
}

func TestHugeField(t *testing.T) {
	p := file(t, "o.csv", []byte(clean+"c3,2024-01-01,5,"+strings.Repeat("x", maxField+1)+"\n"))
	_, _, err := Events(context.Background(), []string{p}, Options{})
	checkError(t, err, "D020", 3, "row 6", "1 MiB")
	p = file(t, "o.csv", []byte(clean+"c3,2024-01-01,5,"+strings.Repeat("x", maxField)+"\n"))
	if _, _, err = Events(context.Background(), []string{p}, Options{}); err != nil {
		t.Errorf("a field of 1 MiB: %v", err)
	}
}

func TestMaxMem(t *testing.T) {
	var b strings.Builder
	b.WriteString("customer_id,date,amount\n")
	for i := range 50000 {
		fmt.Fprintf(&b, "customer-%d,2024-01-01,%d\n", i/2, i)
	}
	// What compares all rows cannot go by way of the disk.
	_, _, err := Events(context.Background(), []string{file(t, "o.csv", []byte(b.String()))}, Options{MaxMem: 1 << 20, Dedupe: true})
	checkError(t, err, "R001", 4, "--max-mem", "sorted on disk")
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Events(ctx, []string{file(t, "o.csv", []byte(clean))}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestStrict(t *testing.T) {
	p := file(t, "o.csv", []byte("customer_id,date,name\na,2024-01-01,M\xfcller\na,2024-01-02,x\n"))
	_, _, err := Events(context.Background(), []string{p}, Options{Strict: true})
	checkError(t, err, "D003", 3, "strict", "windows-1252")
	p = file(t, "o.csv", []byte(clean+"b2,,3,\n"))
	_, _, err = Events(context.Background(), []string{p}, Options{Strict: true})
	checkError(t, err, "D013", 3, "no time")
	l, _, err := Events(context.Background(), []string{p}, Options{})
	if err != nil || note(l, "missing_time") != 1 || l.NumEvents() != 4 {
		t.Errorf("%v %v", l, err)
	}
}

// Several files are one log; other columns are refused.
func TestSeveralFiles(t *testing.T) {
	whole, _, err := Events(context.Background(), []string{file(t, "o.csv", []byte(clean))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.SplitAfter(clean, "\n")
	a := file(t, "a.csv", []byte(rows[0]+rows[3]+rows[4]))
	b := file(t, "b.csv", []byte(rows[0]+rows[1]+rows[2]))
	both, _, err := Events(context.Background(), []string{a, b}, Options{})
	if err != nil || both.Hash != whole.Hash {
		t.Errorf("two halves are not the whole: %v", err)
	}
	c := file(t, "c.csv", []byte("customer_id,date,value\na,2024-01-01,1\nb,2024-01-01,1\n"))
	_, _, err = Events(context.Background(), []string{a, c}, Options{})
	checkError(t, err, "D004", 3, "c.csv", "value")
	bad := file(t, "d.csv", []byte(rows[0]+rows[1]+"a1,2024-01-xx,3,\na1,2024-01-06,3,\n"))
	_, _, err = Events(context.Background(), []string{a, bad, b}, Options{Mapping: &datasets.Mapping{Columns: map[string]string{"time": "date"}}})
	checkError(t, err, "D013", 3, "d.csv:3")
}

func TestSetUnknown(t *testing.T) {
	var o Options
	for _, kv := range [][2]string{{"columns.foo", "x"}, {"colums.amount", "x"}, {"dialect.decimal", ";"}, {"kinds.x", "nothing"}, {"unit", "dog"}, {"dialect.encoding", "ebcdic"}, {"dialect.header", "maybe"}, {"dialect.delimiter", "xx"}, {"default_kind", "zzz"}} {
		if o.Set(kv[0], kv[1]) == nil {
			t.Errorf("%s=%s was taken", kv[0], kv[1])
		}
	}
}

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	t.Setenv("MORES_DATA", dir)
	_, err := Locate("data/cdnow/CDNOW_master.txt")
	checkError(t, err, "D001", 5, dir, "cache", "https://raw.githubusercontent.com/CamDavidsonPilon/lifetimes", "curl")
	p := filepath.Join(dir, "data", "cdnow", "CDNOW_master.txt")
	os.MkdirAll(filepath.Dir(p), 0o755)
	os.WriteFile(p, nil, 0o644)
	if got, err := Locate("data/cdnow/CDNOW_master.txt"); err != nil || got != p {
		t.Errorf("%s %v", got, err)
	}
	// A relative folder counts from the module's root, two levels up from here.
	t.Setenv("MORES_DATA", "datasets")
	wd, _ := os.Getwd()
	if got, err := Locate("load/doc.go"); err != nil || got != filepath.Join(wd, "doc.go") {
		t.Errorf("%s %v", got, err)
	}
	t.Setenv("MORES_DATA", "")
	q := filepath.Join(dir, "cache", "mores", "data", "x")
	os.MkdirAll(filepath.Dir(q), 0o755)
	os.WriteFile(q, nil, 0o644)
	if got, err := Locate("data/x"); err != nil || got != q {
		t.Errorf("%s %v", got, err)
	}
}

// Decisions are said: what was taken for what, in sentences.
func TestSaid(t *testing.T) {
	for _, c := range []struct {
		name, content string
		check         func(*datasets.Log) bool
		said          []string
	}{
		{
			"semicolons and decimal commas", "Kunde;Datum;Betrag\n007;13.01.2024;1.234,50\n007;02.02.2024;12,5\n008;03.02.2024;7\n",
			func(l *datasets.Log) bool { h, _ := l.Find("007"); return h.Spend().Gross == 1247 },
			[]string{"semicolon-separated", "leading zeros"},
		},
		{
			"windows-1252", "customer_id,date,brand\na,2024-01-01,M\xfcller\na,2024-01-02,x\nb,2024-01-02,Caf\xe9\n",
			func(l *datasets.Log) bool { h, _ := l.Find("a"); return h.At(0).Brand == "Müller" },
			[]string{"not UTF-8", "byte 38", "row 2", "0xFC", `"ü"`, "Windows-1252"},
		},
		{
			"byte order mark", "\ufeffcustomer_id,date\na,2024-01-01\na,2024-01-02\nb,2024-01-03\n",
			func(l *datasets.Log) bool { return l.NumEvents() == 3 },
			[]string{"byte order mark"},
		},
		{
			"day first by the column", "customer_id,date\na,03/04/2024\na,13/04/2024\nb,05/04/2024\n",
			func(l *datasets.Log) bool {
				h, _ := l.Find("a")
				return h.Time(0).Equal(time.Date(2024, 4, 3, 0, 0, 0, 0, time.UTC))
			},
			[]string{"day first"},
		},
		{
			"month first by the column", "customer_id,date\na,04/03/2024\na,04/13/2024\nb,04/05/2024\n",
			func(l *datasets.Log) bool {
				h, _ := l.Find("a")
				return h.Time(0).Equal(time.Date(2024, 4, 3, 0, 0, 0, 0, time.UTC))
			},
			[]string{"month first"},
		},
		{
			"long ids", "visitor_id,date\n12345678901234567890,2024-01-01\n12345678901234567891,2024-01-02\n12345678901234567890,2024-01-05\n",
			func(l *datasets.Log) bool { return l.NumCustomers() == 2 },
			[]string{"too long for a number"},
		},
		{
			"epoch milliseconds", "user_id,timestamp,event\na,1704067200000,purchase\na,1704153600000,view\nb,1704067200500,view\n",
			func(l *datasets.Log) bool {
				h, _ := l.Find("a")
				return h.Time(0).Equal(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) && h.Kind(0) == datasets.Purchase
			},
			[]string{"kinds"},
		},
		{
			"offsets", "user_id,timestamp,amount\na,2024-01-01T23:30:00-05:00,1\na,2024-01-02T10:00:00Z,2\nb,2024-01-02T10:00:00+01:00,2\n",
			func(l *datasets.Log) bool {
				h, _ := l.Find("a")
				return h.Time(0).Equal(time.Date(2024, 1, 2, 4, 30, 0, 0, time.UTC))
			},
			[]string{"offset"},
		},
		{
			"household", "household_key;day\n1;2024-01-01\n1;2024-01-05\n2;2024-01-06\n",
			func(l *datasets.Log) bool { return l.Meta.Unit == "household" },
			[]string{"days, not hours"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, rep, err := Events(context.Background(), []string{file(t, "o.csv", []byte(c.content))}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !c.check(l) {
				t.Errorf("read wrongly: %v", l)
			}
			all := strings.Join(rep.Assumptions, "\n")
			for _, w := range c.said {
				if !strings.Contains(all, w) {
					t.Errorf("%q was not said:\n%s", w, all)
				}
			}
		})
	}
}

// What the file does not say is asked, and every option is an answer.
func TestQuestions(t *testing.T) {
	for _, c := range []struct{ name, content, code, field string }{
		{"day or month", "customer_id,date\na,03/04/2024\na,05/06/2024\nb,01/02/2024\n", "D013", "time"},
		{"two customers", "customer_id,user_id,date\na,x,2024-01-01\nb,x,2024-01-02\na,y,2024-01-03\n", "D004", "customer"},
		{"two times", "customer_id,start_on,end_on\na,2024-01-01,2024-01-03\na,2024-01-05,2024-01-06\nb,2024-01-07,2024-01-08\n", "D004", "time"},
		{"thousands or decimals", "customer_id;date;amount\na;2024-01-01;1,234\na;2024-01-02;5,678\nb;2024-01-03;9\n", "D006", "amount"},
		{"two amounts", "customer_id,date,gross_amount,net_amount\na,2024-01-01,1.5,1.2\na,2024-01-02,2.5,2.2\nb,2024-01-02,2.5,2.1\n", "D004", "amount"},
		{"price of one or all", "customer_id,date,quantity,price\na,2024-01-01,2,3.5\na,2024-01-02,1,2\nb,2024-01-02,1,2\n", "D004", "amount"},
		{"unknown words", "customer_id,date,event\na,2024-01-01,foo\na,2024-01-02,bar\nb,2024-01-02,foo\n", "D004", "kind"},
		{"clicks", "user_id,timestamp,url\na,2024-01-01 10:00:00,/x\na,2024-01-02 11:00:00,/y\nb,2024-01-02 11:00:00,/y\n", "D004", "kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := file(t, "o.csv", []byte(c.content))
			_, rep, err := Events(context.Background(), []string{p}, Options{})
			var ask *Ambiguous
			if !errors.As(err, &ask) {
				t.Fatalf("%v, want a question", err)
			}
			if q := ask.Questions[0]; len(ask.Questions) != 1 || q.Code != c.code || q.Field != c.field || ask.ExitCode() != 3 {
				t.Errorf("asked %+v", ask.Questions)
			}
			if len(rep.Questions) != 1 {
				t.Error("the report lacks the question")
			}
			var opt Options
			answer(t, &opt, ask.Questions[0].Flag)
			if _, _, err := Events(context.Background(), []string{p}, opt); err != nil {
				t.Errorf("the answer %s is not enough: %v", ask.Questions[0].Flag, err)
			}
			if _, err := Inspect(context.Background(), p); err != nil {
				t.Errorf("inspect: %v", err)
			}
		})
	}
}
