package load

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/duck"
	"github.com/mores-lab/mores/internal/npy"
)

func table(t *testing.T, path string, opt TableOptions) *datasets.Table {
	t.Helper()
	tab, rep, err := Table(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Assumptions) == 0 {
		t.Error("nothing was said")
	}
	return tab
}

// The same table in every format.
func TestTableFormats(t *testing.T) {
	dir := t.TempDir()
	ids := []string{"007", "a", "b", "c"}
	x := []float64{0.1, -2, 1e-7, 123456789.25}
	y := []float64{1, 2, 3, 4}
	rows := func(delim, decimal string, head bool) string {
		var b strings.Builder
		if head {
			b.WriteString(strings.Join([]string{"customer_id", "x", "y"}, delim) + "\n")
		}
		for i := range ids {
			b.WriteString(strings.ReplaceAll(fmt.Sprintf("%s%s%v%s%v\n", ids[i], delim, x[i], delim, y[i]), ".", decimal))
		}
		return b.String()
	}
	var jl strings.Builder
	for i := range ids {
		fmt.Fprintf(&jl, "{\"customer_id\": %q, \"x\": %v, \"y\": %v}\n", ids[i], x[i], y[i])
	}
	pq := filepath.Join(dir, "t.parquet")
	if err := duck.WriteParquet(pq, []duck.Col{{Name: "customer_id", Texts: ids}, {Name: "x", Floats: x}, {Name: "y", Floats: y}}, nil); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"comma.csv": rows(",", ".", true), "semicolon.csv": rows(";", ",", true), "tab.tsv": rows("\t", ".", true), "blank.txt": rows("   ", ".", true),
		"z.csv.gz": gz(rows(",", ".", true)), "z.csv.zst": zst(t, rows(",", ".", true)), "t.jsonl": jl.String(), "z.jsonl.gz": gz(jl.String()), "t.parquet": "",
	} {
		p := pq
		if content != "" {
			p = file(t, name, []byte(content))
		}
		tab := table(t, p, TableOptions{})
		if !slices.Equal(tab.Keys, ids) || len(tab.Cols) != 2 || !slices.Equal(tab.Cols[0].Num, x) || !slices.Equal(tab.Cols[1].Num, y) || tab.Cols[0].Name != "x" {
			t.Errorf("%s: keys %q, columns %v", name, tab.Keys, tab.Cols)
		}
	}
	var b bytes.Buffer
	if err := npy.Write(&b, []float64{1, 2, 3, 4, 5, 6}, 3, 2); err != nil {
		t.Fatal(err)
	}
	tab := table(t, file(t, "t.npy", b.Bytes()), TableOptions{})
	if tab.Rows() != 3 || !slices.Equal(tab.Cols[1].Num, []float64{2, 4, 6}) {
		t.Errorf("npy: %v", tab)
	}
}

func TestTableID(t *testing.T) {
	p := file(t, "t.csv", []byte("x,name,y\n1,a,2\n3,b,4\n"))
	tab := table(t, p, TableOptions{ID: "name"})
	if !slices.Equal(tab.Keys, []string{"a", "b"}) || len(tab.Cols) != 2 {
		t.Errorf("%v", tab)
	}
	if tab = table(t, p, TableOptions{ID: "#2"}); !slices.Equal(tab.Keys, []string{"a", "b"}) {
		t.Errorf("%v", tab.Keys)
	}
	if tab = table(t, p, TableOptions{}); tab.Keys != nil || tab.Col("name").Text == nil {
		t.Errorf("without an id: %v", tab)
	}
	_, _, err := Table(context.Background(), p, TableOptions{ID: "nam"})
	checkError(t, err, "D004", 3, `did you mean "name"`, "--id")
}

func TestTableErrors(t *testing.T) {
	long := "id,x,y\n"
	for i := range 3000 {
		long += fmt.Sprintf("k%d,%d.5,%d\n", i, i, i)
	}
	for _, c := range []struct {
		name, content, code string
		want                []string
	}{
		{"text", "id,x\na,1\nb,oops\nc,3\nd,oops\n", "D006", []string{":3", `"oops"`, "2 values", `"x"`}},
		{"text late", long + "k,7,many\n", "D006", []string{":3002", `"many"`, `"y"`}},
		{"nan", "id,x\na,1\nb,NaN\nc,3\n", "D007", []string{":3", `"NaN"`, "1 value"}},
		{"empty cell", "id,x,y\na,1,2\nb,,3\nc,3,4\nd,,4\n", "D007", []string{":3", "2 values", "missing"}},
		{"inf", "id,x\na,1\nb,-inf\nc,3\n", "D008", []string{":3", `"-inf"`, "infinite"}},
		{"all faults at once", "id,x,y\na,1,1\nb,inf,NaN\nc,3,2\n", "D008", []string{"D007", "inf", "NaN"}},
		{"decimal comma late", "id;x;y\na;1.5;1\nb;2,5;2\nc;3.5;3\nd;4.5;3\n", "D006", []string{":3", `"2,5"`, "dialect.decimal"}},
		{"thousands or decimals", "id;x;y\na;1,234;1\nb;2,345;2\n", "D006", []string{"1234 or 1.234", "dialect.decimal"}},
		{"ids twice", "id,x\na,1\nb,2\na,3\n", "D011", []string{`"a" ×2`, ":2", ":4"}},
		{"id missing", "customer_id,x\na,1\n,2\n", "D007", []string{":3", "no id"}},
		{"only ids", "customer_id\na\nb\n", "D004", []string{"nothing else"}},
		{"ragged", "id,x\na,1\nb,2,3\nc,4\n", "D005", []string{"row 3 has 3 fields"}},
		{"empty", "", "D018", nil},
		{"npy of text", "\x93NUMPY\x01\x00\x76\x00{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }", "D001", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Table(context.Background(), file(t, "t.csv", []byte(c.content)), TableOptions{})
			checkError(t, err, c.code, 3, c.want...)
		})
	}
	var b bytes.Buffer
	if err := npy.Write(&b, []float64{1, math.NaN(), 3, math.Inf(1)}, 2, 2); err != nil {
		t.Fatal(err)
	}
	_, _, err := Table(context.Background(), file(t, "t.npy", b.Bytes()), TableOptions{})
	checkError(t, err, "D008", 3, "column 1", "[0 1]")
}

func TestTableMissingKept(t *testing.T) {
	tab := table(t, file(t, "t.csv", []byte("id,x\na,1\nb,\nc,3\n")), TableOptions{Missing: true})
	if !math.IsNaN(tab.Cols[0].Num[1]) || tab.Cols[0].Num[2] != 3 {
		t.Errorf("%v", tab.Cols[0].Num)
	}
}

// Sums by awk: awk -F, 'NR>1{s+=$3}END{print s}' wholesale.csv gives 5280131.
func TestWholesale(t *testing.T) {
	tab := table(t, check.Data(t, "data/wholesale/wholesale.csv"), TableOptions{})
	sum := 0.0
	for _, v := range tab.Col("Fresh").Num {
		sum += v
	}
	if tab.Rows() != 440 || len(tab.Cols) != 8 || sum != 5280131 || tab.Cols[0].Name != "Channel" {
		t.Errorf("%d rows, %d columns, first %q, Fresh sums to %v", tab.Rows(), len(tab.Cols), tab.Cols[0].Name, sum)
	}
}

// A log is the same from CSV, JSON Lines and Parquet.
func TestLogFormats(t *testing.T) {
	dir := t.TempDir()
	ref, _, err := Events(context.Background(), []string{file(t, "o.csv", []byte(clean))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	jl := file(t, "o.jsonl", []byte(`{"customer_id":"a1","date":"2024-01-03","amount":12.50,"note":"first"}
{"customer_id":"a1","date":"2024-02-14","amount":1.25}

{"date":"2024-01-13","customer_id":"b2","amount":7,"note":null}
{"customer_id":"b2","date":"2024-03-30","amount":30.00,"note":"last"}
`))
	pq := filepath.Join(dir, "o.parquet")
	if err := duck.WriteParquet(pq, []duck.Col{
		{Name: "customer_id", Texts: []string{"b2", "a1", "a1", "b2"}},
		{Name: "date", Texts: []string{"2024-03-30", "2024-01-03", "2024-02-14", "2024-01-13"}},
		{Name: "amount", Floats: []float64{30, 12.5, 1.25, 7}},
	}, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{jl, pq} {
		l, _, err := Events(context.Background(), []string{p}, Options{})
		if err != nil {
			t.Errorf("%s: %v", p, err)
		} else if l.Hash != ref.Hash {
			t.Errorf("%s: %v is not %v", p, l, ref)
		}
	}
	os.WriteFile(pq, []byte("PAR1 and no more"), 0o644)
	_, _, err = Events(context.Background(), []string{pq}, Options{})
	checkError(t, err, "D001", 3, "damaged Parquet")
}
