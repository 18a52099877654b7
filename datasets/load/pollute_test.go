package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// writing is how a log is written down: the knobs that Pollock (Vitagliano et
// al., VLDB 2023, doi 10.14778/3594512.3594518) turns, and some of shops.
type writing struct {
	delim, decimal, group, date, eol, currency, trail string
	quoteAll, escape, noHeader                        bool
	names                                             []string
}

var plainWriting = writing{delim: ",", decimal: ".", date: "2006-01-02", eol: "\n"}

// record is one event of the known log.
type record struct {
	id, order, item string
	day             time.Time
	qty             int
	cents           int
}

func knownLog() []record {
	r := rand.New(rand.NewPCG(7, 1))
	items := []string{"Müller, plain", `12" disc`, "Café; noir", "tab\tin name", "naïve|bar", "plain", "two\nlines"}
	var out []record
	for i := range 120 {
		q := 1 + r.IntN(4)
		c := 199 + r.IntN(250000)
		if i%29 == 5 {
			q, c = -q, -c
		}
		out = append(out, record{
			id: fmt.Sprintf("%05d", 1+r.IntN(20)), order: fmt.Sprintf("W%d", 1000+i/2), item: items[r.IntN(len(items))],
			day: time.Date(2024, time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC), qty: q, cents: c,
		})
	}
	return out
}

func (w writing) number(cents int) string {
	s := fmt.Sprintf("%d", max(cents, -cents)/100)
	if w.group != "" {
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + w.group + s[i:]
		}
	}
	s = fmt.Sprintf("%s%s%02d", s, w.decimal, max(cents, -cents)%100)
	if cents < 0 {
		s = "-" + s
	}
	return w.currency + s
}

func (w writing) cell(s string) string {
	special := strings.ContainsAny(s, w.delim+"\"\n\r")
	if w.delim == " " {
		special = strings.ContainsAny(s, " \t\"\n")
	}
	if !special && !w.quoteAll {
		return s
	}
	if w.escape {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func (w writing) write(rows []record) string {
	var b strings.Builder
	names := w.names
	if names == nil {
		names = []string{"customer_id", "order_date", "order_id", "product", "quantity", "amount"}
	}
	line := func(cells ...string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteString(w.delim)
			}
			b.WriteString(w.cell(c))
		}
		b.WriteString(w.trail + w.eol)
	}
	if !w.noHeader {
		line(names...)
	}
	for _, r := range rows {
		line(r.id, r.day.Format(w.date), r.order, r.item, fmt.Sprint(r.qty), w.number(r.cents))
	}
	return b.String()
}

func gz(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func zst(t *testing.T, s string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}

func utf16Bytes(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func latin1(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// Every polluted file is read as the known log or refused: never as another.
func TestPollution(t *testing.T) {
	rows := knownLog()
	base := plainWriting.write(rows)
	dir := t.TempDir()
	read := func(content string) (*datasets.Log, error) {
		p := filepath.Join(dir, "log.csv")
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		l, _, err := Events(context.Background(), []string{p}, Options{})
		return l, err
	}
	ref, err := read(base)
	if err != nil {
		t.Fatal(err)
	}
	// The reference itself, against the records: what was written is what is there.
	want := map[string]float64{}
	for _, r := range rows {
		if r.qty > 0 {
			want[r.id] += float64(r.cents) / 100
		}
	}
	for _, h := range histories(t, ref) {
		check.Close(t, "gross of "+h.ID, h.Spend().Gross, want[h.ID], 1e-12)
	}
	if ref.NumEvents() != len(rows) || ref.NumCustomers() != len(want) {
		t.Fatalf("%v", ref)
	}
	const must, may, never = 'r', 'e', 'x' // be read right, be read right or refused, be refused
	type variant struct {
		name    string
		content string
		fate    rune
	}
	var all []variant
	for _, d := range []string{",", ";", "\t", "|", " "} {
		for _, dec := range []string{".", ","} {
			for _, date := range []string{"2006-01-02", "02.01.2006", "01/02/2006", "02-Jan-2006", "20060102", "2006/01/02 00:00:00", "02/01/06"} {
				for _, eol := range []string{"\n", "\r\n"} {
					if d == " " && strings.Contains(date, " ") {
						continue
					}
					fate := must
					if date == "02/01/06" {
						fate = may
					}
					w := writing{delim: d, decimal: dec, date: date, eol: eol}
					all = append(all, variant{fmt.Sprintf("delimiter %q decimal %q date %q end %q", d, dec, date, eol), w.write(rows), rune(fate)})
				}
			}
		}
	}
	alter := func(f func(*writing)) string { w := plainWriting; f(&w); return w.write(rows) }
	insert := func(n int, line string) string {
		l := strings.SplitAfter(base, "\n")
		return strings.Join(l[:n], "") + line + strings.Join(l[n:], "")
	}
	shuffled := append([]record(nil), rows...)
	rand.New(rand.NewPCG(3, 3)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	all = append(all,
		variant{"rows shuffled", plainWriting.write(shuffled), must},
		variant{"all quoted", alter(func(w *writing) { w.quoteAll = true }), must},
		variant{"quotes escaped", alter(func(w *writing) { w.escape = true }), may},
		variant{"all quoted and escaped", alter(func(w *writing) { w.quoteAll, w.escape = true, true }), may},
		variant{"old Mac ends", strings.ReplaceAll(plainWriting.write(rows), "\n", "\r"), may},
		variant{"thousands comma", alter(func(w *writing) { w.group = "," }), must},
		variant{"thousands blank", alter(func(w *writing) { w.group = " " }), must},
		variant{"thousands apostrophe", alter(func(w *writing) { w.group = "'" }), must},
		variant{"German thousands", alter(func(w *writing) { w.group, w.decimal, w.delim = ".", ",", ";" }), must},
		variant{"German thousands, commas", alter(func(w *writing) { w.group, w.decimal = ".", "," }), must},
		variant{"dollars", alter(func(w *writing) { w.currency = "$" }), must},
		variant{"euros", alter(func(w *writing) { w.currency, w.decimal, w.delim = "€ ", ",", ";" }), must},
		variant{"gzip", gz(base), must},
		variant{"zstd", zst(t, base), must},
		variant{"byte order mark", "\ufeff" + base, must},
		variant{"UTF-16 LE", utf16Bytes(base, false), must},
		variant{"UTF-16 BE", utf16Bytes(base, true), must},
		variant{"Windows-1252", latin1(base), must},
		variant{"Windows-1252 gzip", gz(latin1(base)), must},
		variant{"other names", alter(func(w *writing) {
			w.names = []string{"CustomerID", "InvoiceDate", "InvoiceNo", "StockCode", "Qty", "TotalPrice"}
		}), must},
		variant{"loud names", alter(func(w *writing) {
			w.names = []string{"CUSTOMER ID", "Order Date", "ORDER-ID", "Product", " Quantity ", "Amount"}
		}), must},
		variant{"German names", alter(func(w *writing) {
			w.names = []string{"Kundennummer", "Datum", "Bestellnummer", "Artikel", "Menge", "Betrag"}
		}), must},
		variant{"no header", alter(func(w *writing) { w.noHeader = true }), never},
		variant{"names that say nothing", alter(func(w *writing) { w.names = []string{"a", "b", "c", "d", "e", "f"} }), never},
		variant{"no end of line at the end", strings.TrimSuffix(base, "\n"), must},
		variant{"blank lines", insert(1, "\n\n") + "\n\n", must},
		variant{"sep=", "sep=,\n" + base, must},
		variant{"comment", "# exported 2024-12-31\n" + base, must},
		variant{"title", "Orders of 2024\n" + base, never},
		variant{"title and blank", "Orders of 2024\n\n" + base, never},
		variant{"footer", base + "Total,,,,,12345.00\n", may},
		variant{"footer, short", base + "120 rows\n", never},
		variant{"header twice", base + strings.SplitAfter(base, "\n")[0], never},
		variant{"field lost", insert(3, "00001,2024-01-01,W1,plain,1\n"), never},
		variant{"field too many", insert(3, "00001,2024-01-01,W1,plain,1,2.00,3\n"), never},
		variant{"delimiter in bare text", insert(3, "00001,2024-01-01,W1,a, b,1,2.00\n"), never},
		variant{"other delimiter in a row", insert(3, "00001;2024-01-01;W1;plain;1;2.00\n"), never},
		variant{"open quote", insert(3, "00001,2024-01-01,W1,\"plain,1,2.00\n"), never},
		variant{"open quote at the end", base + "00001,2024-01-01,W1,\"plain,1,2.00\n", never},
		variant{"quote inside", insert(3, "00001,2024-01-01,W1,\"a\"b\",1,2.00\n"), never},
		variant{"word for a number", insert(3, "00001,2024-01-01,W1,plain,1,two\n"), never},
		variant{"decimal comma in a row", insert(3, "00001,2024-01-01,W1,plain,1,\"2,00\"\n"), never},
		variant{"two points", insert(3, "00001,2024-01-01,W1,plain,1,2.0.0\n"), never},
		variant{"percent", insert(3, "00001,2024-01-01,W1,plain,1,20%\n"), never},
		variant{"infinity", insert(3, "00001,2024-01-01,W1,plain,1,inf\n"), never},
		variant{"30 February", insert(3, "00001,2024-02-30,W1,plain,1,2.00\n"), never},
		variant{"other date order in a row", insert(3, "00001,31/12/2024 25:00,W1,plain,1,2.00\n"), never},
		variant{"year of two letters", insert(3, "00001,24-xx-01,W1,plain,1,2.00\n"), never},
		variant{"NUL", insert(3, "00001,2024-01-01,W\x00,plain,1,2.00\n"), never},
		variant{"bad byte among UTF-8", insert(3, "00001,2024-01-01,W1,\xff\xfe,1,2.00\n"), never},
		variant{"cut gzip", gz(base)[:len(gz(base))/2], never},
		variant{"empty columns", alter(func(w *writing) { w.trail = ",," }), may},
	)
	if len(all) < 60 {
		t.Errorf("%d variants, want 60 or more", len(all))
	}
	readRight, refused := 0, 0
	for _, v := range all {
		l, err := read(v.content)
		var e *Error
		var ask *Ambiguous
		switch {
		case err != nil && !errors.As(err, &e) && !errors.As(err, &ask):
			t.Errorf("%s: an error of no code: %v", v.name, err)
		case err != nil && v.fate == must:
			t.Errorf("%s: refused, though nothing is doubtful:\n%v", v.name, err)
		case err != nil:
			refused++
		case v.fate == never:
			t.Errorf("%s: read as %v, should be refused", v.name, l)
		case l.Hash != ref.Hash && !(strings.HasPrefix(v.name, "footer") && note(l, "missing_time") == 1):
			t.Errorf("%s: SILENTLY WRONG: %v", v.name, l)
		default:
			readRight++
		}
	}
	t.Logf("%d variants: %d read right, %d refused", len(all), readRight, refused)
}

// The rows of a file in another order are the same log, returns and notes included.
func TestRowOrder(t *testing.T) {
	for _, f := range []string{"data/cdnow/CDNOW_sample.txt", "data/rfm_orders/rfm_data_orders_SIMULATED.csv.gz", "data/complete_journey/transactions_sample.csv.gz"} {
		in, err := inspectInput(check.Data(t, f))
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := in.head(utf8Plain, 64<<20)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(b), "\n")
		if last := len(lines) - 1; lines[last] == "" {
			lines = lines[:last]
		}
		var opt Options
		body := lines[1:]
		if strings.Contains(f, "sample.txt") {
			body = lines
			for k, v := range map[string]string{"customer": "#1", "time": "#3", "quantity": "#4", "amount": "#5"} {
				if err := opt.Set("columns."+k, v); err != nil {
					t.Fatal(err)
				}
			}
		}
		var hash, notes string
		for seed := range uint64(3) {
			if seed > 0 {
				rand.New(rand.NewPCG(seed, 0)).Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
			}
			l, _, err := Events(context.Background(), []string{file(t, "shuffled.csv", []byte(strings.Join(lines, "")))}, opt)
			if err != nil {
				t.Fatal(err)
			}
			if n := fmt.Sprint(l.Notes); seed == 0 {
				hash, notes = l.Hash, n
			} else if l.Hash != hash || n != notes {
				t.Errorf("%s: seed %d gives another log", f, seed)
			}
		}
	}
}
