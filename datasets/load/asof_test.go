package load

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// cutFile copies the rows of a gzipped CSV that keep says to keep.
func cutFile(t *testing.T, from string, keep func(row []string) bool) string {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "cut.csv")
	g, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r, w := csv.NewReader(z), csv.NewWriter(g)
	for first := true; ; first = false {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if first || keep(row) {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	return to
}

// A file cut at a day and the log cut at that day are the same events, describe
// items and customers in the same words, and give the same matrix, bit for bit.
func TestAsOfCutFile(t *testing.T) {
	whole := source(t, "online-retail")
	src, err := datasets.Lookup("online-retail")
	if err != nil {
		t.Fatal(err)
	}
	path := cutFile(t, check.Data(t, src.Files[0].Path), func(row []string) bool { return row[4] < "2011-02-01" })
	t1 := time.Date(2011, 2, 1, 0, 0, 0, 0, whole.Meta.Zone)
	m := *src.Mapping
	m.To = t1
	cut, _, err := Events(context.Background(), []string{path}, Options{Mapping: &m, Name: src.Name})
	if err != nil {
		t.Fatal(err)
	}
	asOf := whole.AsOf(t1)
	if cut.Hash != asOf.Hash || cut.NumEvents() == 0 || cut.NumEvents() >= whole.NumEvents() {
		t.Fatalf("the cut file has %s, the cut log %s", cut, asOf)
	}
	same := func(what string, small, large *datasets.Table) {
		if small.Rows() == 0 || small.Rows() >= large.Rows() {
			t.Errorf("%s: %d of %d", what, small.Rows(), large.Rows())
		}
		for _, c := range small.Cols {
			for i, k := range small.Keys {
				if got := large.Text(k, c.Name); got != c.Text[i] {
					t.Fatalf("%s %s: %s is %q in the cut file, %q in the whole", what, k, c.Name, c.Text[i], got)
				}
			}
		}
	}
	same("items", cut.Items, whole.Items)
	same("customers", cut.Customers, whole.Customers)
	r, err := features.NewRecipe("r", "rfm", "timing", "basket", "descriptors")
	if err != nil {
		t.Fatal(err)
	}
	a, err := features.Build(context.Background(), cut, r, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := features.Build(context.Background(), asOf, r, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if a.Raw.Hash() != b.Raw.Hash() || !slices.Equal(a.Raw.IDs, b.Raw.IDs) {
		t.Error("the matrices differ")
	}
	if a.Raw.Descriptors.Text(a.Raw.IDs[0], "Country") == "" {
		t.Error("the matrix has no descriptors")
	}
}

// excluded has events that their customer asked to leave out.
const excluded = `customer_id,date,amount,ignore
a,2024-01-01,10,
a,2024-01-02,20,yes
a,2024-01-03,30,no
b,2024-01-01,40,true
b,2024-01-05,50,0
`

// readText loads a text as a file of events.
func readText(t *testing.T, text string, opt Options) (*datasets.Log, *Report, error) {
	t.Helper()
	p := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Events(context.Background(), []string{p}, opt)
}

func TestExclude(t *testing.T) {
	text := strings.Replace(strings.Replace(excluded, "yes", "true", 1), "no\n", "0\n", 1)
	l, rep, err := readText(t, text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Mapping.Columns["exclude"] != "ignore" || l.NumEvents() != 3 || note(l, "excluded") != 2 {
		t.Errorf("%s, %d excluded, %v", l, note(l, "excluded"), rep.Mapping.Columns)
	}
	var opt Options
	if err := opt.Set("exclude", "keep"); err != nil {
		t.Fatal(err)
	}
	if l, _, err = readText(t, text, opt); err != nil || l.NumEvents() != 5 || note(l, "excluded") != 2 {
		t.Errorf("kept: %v, %v", l, err)
	}
	// Words beyond yes and no are no mark, unless the user says so.
	if l, rep, err = readText(t, excluded, Options{}); err != nil || l.NumEvents() != 5 || rep.Mapping.Columns["exclude"] != "" {
		t.Errorf("four words are taken for a mark: %v, %v", l, err)
	}
	opt = Options{}
	if err := opt.Set("columns.exclude", "ignore"); err != nil {
		t.Fatal(err)
	}
	if l, _, err = readText(t, excluded, opt); err != nil || l.NumEvents() != 3 {
		t.Errorf("named: %v, %v", l, err)
	}
	if opt.Set("exclude", "maybe") == nil || opt.Set("services", "x") == nil {
		t.Error("another word is taken")
	}
}

const units = `member_id,household_id,date,amount
m1,h1,2024-01-01,10
m2,h1,2024-01-02,20
m3,h2,2024-01-03,30
m1,h1,2024-02-01,10
`

func TestUnit(t *testing.T) {
	for unit, want := range map[string]struct {
		column    string
		customers int
	}{"household": {"household_id", 2}, "": {"", 0}} {
		var opt Options
		if unit != "" {
			if err := opt.Set("unit", unit); err != nil {
				t.Fatal(err)
			}
		}
		l, rep, err := readText(t, units, opt)
		if want.column == "" {
			// Two columns could be the customer: it is asked.
			if err == nil {
				t.Errorf("nothing is asked: %v", rep.Mapping.Columns)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if rep.Mapping.Columns["customer"] != want.column || l.NumCustomers() != want.customers || l.Meta.Unit != unit {
			t.Errorf("%s: %s, unit %s, %v", unit, l, l.Meta.Unit, rep.Mapping.Columns)
		}
	}
	// A unit that no column is called like is asked for, by its name.
	var opt Options
	if err := opt.Set("unit", "account"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readText(t, units, opt); err == nil || !strings.Contains(err.Error(), "the account that --unit asks for") {
		t.Errorf("account: %v", err)
	}
	// A data set of the catalogue has the unit that its file has.
	src, err := datasets.Lookup("margarine")
	if err != nil {
		t.Fatal(err)
	}
	check.Data(t, src.Files[0].Path)
	if _, _, err := Source(context.Background(), src, Options{Mapping: &datasets.Mapping{Unit: "account"}}); err == nil {
		t.Error("margarine has accounts")
	}
}
