package load

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// source loads a set of the catalogue, once for all tests.
var loaded = map[string]*datasets.Log{}

func source(t *testing.T, name string) *datasets.Log {
	t.Helper()
	s, err := datasets.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Files {
		check.Data(t, f.Path)
	}
	if l := loaded[name]; l != nil {
		return l
	}
	l, _, err := Source(context.Background(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	loaded[name] = l
	return l
}

// note returns the count of a note.
func note(l *datasets.Log, code string) int64 {
	for _, n := range l.Notes {
		if n.Code == code {
			return n.Count
		}
	}
	return 0
}

func histories(t *testing.T, l *datasets.Log) (out []datasets.History) {
	t.Helper()
	for h, err := range l.Histories(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

// Every event log of the catalogue has the size it states (the sizes are the
// packages' own or DATA's counts).
func TestCatalogueSizes(t *testing.T) {
	for _, s := range datasets.Sources() {
		if s.Mapping == nil || len(s.Files) == 0 {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			l := source(t, s.Name)
			if l.NumEvents() != s.Expect.Events || l.NumCustomers() != s.Expect.Customers {
				t.Errorf("%d events of %d customers, want %d of %d", l.NumEvents(), l.NumCustomers(), s.Expect.Events, s.Expect.Customers)
			}
		})
	}
}

// Reference profile of CDNOW, computed apart from this program with R from the
// file that Fader and Hardie published.
func TestCDNOW(t *testing.T) {
	l := source(t, "cdnow")
	days, oneDay := 0, 0
	var spend []float64
	var total, cds float64
	for _, h := range histories(t, l) {
		o := h.Occasions()
		days += len(o)
		if len(o) == 1 {
			oneDay++
		}
		spend = append(spend, h.Spend().Gross)
		for i := range h.Len() {
			cds += h.At(i).Quantity
		}
	}
	slices.Sort(spend)
	for _, x := range spend {
		total += x
	}
	n := len(spend)
	top := 0.0
	for _, x := range spend[n-n/5:] {
		top += x
	}
	if n != 23570 || days != 67591 || cds != 167881 || note(l, "zero_amount") != 80 {
		t.Errorf("%d customers, %d purchase days, %g CDs, %d zero amounts; want 23,570, 67,591, 167,881, 80", n, days, cds, note(l, "zero_amount"))
	}
	check.Close(t, "one-day buyers", math.Round(1e4*float64(oneDay)/float64(n))/1e4, .5114, 0)
	check.Close(t, "sum of amounts", math.Round(100*total)/100, 2500315.63, 0)
	check.Close(t, "share of the top 20 %", math.Round(1e4*top/total)/1e4, .6778, 0)
	check.Close(t, "Gini of spend", math.Round(1e4*gini(spend))/1e4, .6346, 0)
	pos := spend[slices.IndexFunc(spend, func(x float64) bool { return x > 0 }):]
	if len(pos) != 23502 {
		t.Errorf("%d customers spent, want 23,502", len(pos))
	}
	check.Close(t, "Gini of spend > 0", math.Round(1e4*gini(pos))/1e4, .6335, 0)
	if l.Meta.Resolution != datasets.Day || l.Meta.Has&datasets.FieldHour != 0 {
		t.Error("dates without hours gave hours")
	}
	if h, ok := l.Find("00001"); !ok || h.Len() != 1 || h.At(0).Amount != 11.77 {
		t.Error("customer 00001, who bought once for 11.77, is not there under that name")
	}
}

// gini is G = 2Σ i·x(i)/(nΣx) − (n+1)/n on ascending x.
func gini(x []float64) float64 {
	var num, sum float64
	for i, v := range x {
		num += float64(i+1) * v
		sum += v
	}
	n := float64(len(x))
	return 2*num/(n*sum) - (n+1)/n
}

func TestCDNOWSample(t *testing.T) {
	l := source(t, "cdnow-sample")
	if note(l, "zero_amount") != 8 {
		t.Errorf("%d zero amounts, want 8", note(l, "zero_amount"))
	}
	// The same people and amounts as in the cohort's file.
	all := source(t, "cdnow")
	for _, h := range histories(t, l) {
		g, ok := all.Find(h.ID)
		if !ok || g.Len() != h.Len() || math.Abs(g.Spend().Gross-h.Spend().Gross) > 1e-9 {
			t.Fatalf("customer %s: %d purchases here, %d in the cohort", h.ID, h.Len(), g.Len())
		}
	}
}

// Figures after the usual cleaning, published with the data set's many analyses
// and recomputed with awk from the file.
func TestOnlineRetail(t *testing.T) {
	l := source(t, "online-retail")
	lines, buyers := 0, 0
	gross, returns := 0.0, 0.0
	orders := map[string]bool{}
	oneDay, returners := 0, 0
	for _, h := range histories(t, l) {
		n, r := 0, 0
		days := map[int]bool{}
		for i := range h.Len() {
			e := h.At(i)
			switch e.Kind {
			case datasets.Purchase:
				n++
				orders[e.Order] = true
				days[l.Meta.DayOf(e.Time)] = true
			case datasets.Return:
				r++
			}
			if e.Amount < 0 || e.Quantity < 0 {
				t.Fatalf("negative amount or quantity in %+v", e)
			}
		}
		s := h.Spend()
		gross += s.Gross
		returns += s.Returns
		lines += n
		if n > 0 {
			buyers++
		}
		if len(days) == 1 {
			oneDay++
		}
		if r > 0 {
			returners++
		}
	}
	if lines != 397884 || buyers != 4338 || len(orders) != 18532 || returners != 1589 {
		t.Errorf("%d clean lines, %d buyers, %d invoices, %d customers with a return; want 397,884, 4,338, 18,532, 1,589", lines, buyers, len(orders), returners)
	}
	check.Close(t, "gross", math.Round(100*gross)/100, 8911407.90, 0)
	check.Close(t, "returns per cent of sales", math.Round(1e4*returns/gross)/1e4, .0686, 0)
	check.Close(t, "one-day share", math.Round(1e4*float64(oneDay)/float64(buyers))/1e4, .3568, 0)
	if note(l, "missing_customer") != 135080 || note(l, "duplicate") != 5268 {
		t.Errorf("%d rows without customer, %d exact duplicates; want 135,080 and 5,268", note(l, "missing_customer"), note(l, "duplicate"))
	}
	if c := l.Customers.Col("Country"); c == nil || l.Customers.Rows() != l.NumCustomers() {
		t.Error("no country per customer")
	}
	// 2010-12-01 08:26 on the wall of the shop, in winter: UTC.
	if got := time.UnixMicro(histories(t, l)[0].At(0).Time).In(l.Meta.Zone).Year(); got < 2010 {
		t.Errorf("first stamp in %d", got)
	}
}

func TestCompleteJourney(t *testing.T) {
	l := source(t, "complete-journey")
	if l.Meta.Unit != "household" || note(l, "zero_amount") != 528 {
		t.Errorf("unit %s, %d zero amounts; want household, 528", l.Meta.Unit, note(l, "zero_amount"))
	}
	// Row counts of the package's own test, tests/testthat/test_dimensions.R.
	for _, c := range []struct {
		t    *datasets.Table
		rows int
		col  string
	}{{l.Items, 92331, "department"}, {l.Customers, 801, "income"}, {l.Campaigns, 27, "campaign_type"}, {l.Offers, 116204, "coupon_upc"}} {
		if c.t == nil {
			t.Errorf("table with %s is not attached", c.col)
		} else if c.t.Rows() != c.rows || c.t.Col(c.col) == nil {
			t.Errorf("%s: %d rows, want %d with column %s", c.t.Name, c.t.Rows(), c.rows, c.col)
		}
	}
	for _, k := range l.Customers.Keys {
		if _, ok := l.Find(k); !ok {
			t.Fatalf("household %s of the demographics is not in the log: all 801 should be", k)
		}
	}
}

func TestEcomSynth(t *testing.T) {
	l := source(t, "ecom-synth")
	n := map[datasets.Kind]int{}
	for _, h := range histories(t, l) {
		for i := range h.Len() {
			n[h.Kind(i)]++
		}
	}
	// Counts of the words with cut | sort | uniq -c.
	if n[datasets.Purchase] != 470 || n[datasets.CartAdd] != 1346 || n[datasets.Search] != 4011 || n[datasets.Wishlist] != 812 || n[datasets.Checkout] != 958+709+119+44 || n[datasets.Contact] != 277 {
		t.Errorf("kinds %v", n)
	}
}

// As the files lie, with no study: mapped rightly or asked.
func TestAsTheyLie(t *testing.T) {
	for _, c := range []struct {
		file              string
		customers, events int
		columns           string // field=column ...
	}{
		{"data/cdnow/CDNOW_master.txt", 23570, 69659, "customer=customer_id time=date quantity=number_of_cds amount=dollar_value"},
		{"data/online_retail/online_retail.csv.gz", 4371, 406789, "customer=CustomerID time=InvoiceDate order=InvoiceNo item=StockCode quantity=Quantity price=UnitPrice"},
		{"data/grocery_elog/groceryElog.csv.gz", 1525, 10483, "customer=cust time=date"},
		{"data/complete_journey/transactions_sample.csv.gz", 2377, 75000, "customer=household_id time=transaction_timestamp order=basket_id item=product_id channel=store_id quantity=quantity amount=sales_value discount=retail_disc"},
		{"data/ecom_synth/ecom_SYNTHETIC.csv.gz", 600, 31106, "customer=user_id time=timestamp kind=event session=session_id channel=platform"},
		{"data/rfm_orders/rfm_data_orders_SIMULATED.csv.gz", 995, 4906, "customer=customer_id time=order_date amount=revenue"},
		{"data/cdnow/lifetimes_example_transactions_SIMULATED.csv", 5000, 15273, "customer=id time=date"},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			l, rep, err := Events(context.Background(), []string{check.Data(t, c.file)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if l.NumCustomers() != c.customers || l.NumEvents() != c.events {
				t.Errorf("%d events of %d customers, want %d of %d", l.NumEvents(), l.NumCustomers(), c.events, c.customers)
			}
			want := map[string]string{}
			for _, kv := range strings.Fields(c.columns) {
				k, v, _ := strings.Cut(kv, "=")
				want[k] = v
			}
			for _, f := range Fields() {
				if rep.Mapping.Columns[f] != want[f] {
					t.Errorf("%s is %q, want %q", f, rep.Mapping.Columns[f], want[f])
				}
			}
			if len(rep.Assumptions) < 2 {
				t.Error("nothing was said")
			}
		})
	}
}

// Files that do not say which column is which: the flag of the answer works.
func TestAsked(t *testing.T) {
	for _, c := range []struct {
		file              string
		customers, events int
		fields            []string
	}{
		{"data/cdnow/CDNOW_sample.txt", 2357, 6919, []string{"customer", "time", "quantity", "amount"}},
		{"data/cdnow/CLVTools_cdnow.csv.gz", 2357, 6696, []string{"amount"}},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			path := check.Data(t, c.file)
			_, _, err := Events(context.Background(), []string{path}, Options{})
			var ask *Ambiguous
			if !errors.As(err, &ask) {
				t.Fatalf("%v, want questions", err)
			}
			var opt Options
			var fields []string
			for _, q := range ask.Questions {
				fields = append(fields, q.Field)
				answer(t, &opt, q.Flag)
			}
			if !slices.Equal(fields, c.fields) {
				t.Errorf("asked for %v, want %v", fields, c.fields)
			}
			l, _, err := Events(context.Background(), []string{path}, opt)
			if err != nil {
				t.Fatal(err)
			}
			if l.NumCustomers() != c.customers || l.NumEvents() != c.events {
				t.Errorf("%d events of %d customers, want %d of %d", l.NumEvents(), l.NumCustomers(), c.events, c.customers)
			}
			if !strings.HasSuffix(ask.Error(), ask.Questions[len(ask.Questions)-1].Flag) {
				t.Errorf("the answer is not the last line:\n%v", ask)
			}
		})
	}
}

// answer applies a flag "--set data.key=value" as a shell would pass it.
func answer(t *testing.T, opt *Options, flag string) {
	t.Helper()
	s, ok := strings.CutPrefix(flag, "--set ")
	if !ok {
		t.Fatalf("flag %q does not begin with --set", flag)
	}
	s = strings.Trim(s, "'")
	k, v, _ := strings.Cut(s, "=")
	if err := opt.Set(k, v); err != nil {
		t.Fatal(err)
	}
}

// Tables of customers are not logs.
func TestNotALog(t *testing.T) {
	for _, f := range []string{
		"data/wholesale/wholesale.csv", "data/hillstrom/hillstrom.csv.gz", "data/mcdonalds/mcdonalds.csv.gz",
		"data/cdnow/cdnow_customers_summary.csv", "data/complete_journey/demographics.csv.gz", "data/ga360_day/ga_sessions_20170801.csv.gz",
	} {
		_, _, err := Events(context.Background(), []string{check.Data(t, f)}, Options{})
		var e *Error
		if !errors.As(err, &e) || e.Exit != 3 || !strings.Contains(e.Title, "not an event log") || e.Fix == "" {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestLabelled(t *testing.T) {
	check.Data(t, "battery/fcps/atom.data.gz")
	sets := 0
	for _, s := range datasets.Sources() {
		if !slices.ContainsFunc(s.Files, func(f datasets.File) bool { return f.Role == "labels" }) {
			continue
		}
		sets++
		l, err := Labelled(context.Background(), s)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		if l.Table.Rows() != s.Expect.Rows || len(l.Truth) != len(s.Files)-1 {
			t.Errorf("%s: %d rows, %d labellings", s.Name, l.Table.Rows(), len(l.Truth))
		}
		for _, truth := range l.Truth {
			if lo, hi := slices.Min(truth), slices.Max(truth); lo < -1 || lo > 0 || hi < 1 {
				t.Errorf("%s: labels from %d to %d", s.Name, lo, hi)
			}
		}
		for _, c := range l.Table.Cols {
			if c.Num == nil {
				t.Errorf("%s: column %s is text", s.Name, c.Name)
			}
		}
	}
	// 9 + 10 + 8 + 22 + 36 + 36 files in the folders.
	if sets != 121 {
		t.Errorf("%d sets, want 121", sets)
	}
	// The first line of atom.data.gz, and the dimension in the name of g2mg_8_10.
	s, _ := datasets.Lookup("fcps/atom")
	l, err := Labelled(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if c := l.Table.Cols; len(c) != 3 || c[0].Num[0] != -4.822490 || c[1].Num[0] != -50.40217 || c[2].Num[0] != 4.020861 {
		t.Errorf("first row of fcps/atom: %v", c)
	}
	s, _ = datasets.Lookup("g2mg/g2mg_8_10")
	if l, err = Labelled(context.Background(), s); err != nil || len(l.Table.Cols) != 8 {
		t.Errorf("g2mg_8_10 has %d columns (%v), want 8", len(l.Table.Cols), err)
	}
	// Noise is 0 in the file, −1 here.
	s, _ = datasets.Lookup("graves/ring_noisy")
	if l, err = Labelled(context.Background(), s); err != nil || slices.Min(l.Truth[0]) != -1 {
		t.Errorf("graves/ring_noisy has no noise (%v)", err)
	}
}
