//go:build cgo

package rule

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/duck"
)

// TestRulesAgainstBruteForce asks drawn rules of drawn logs in three ways: here, by trying
// everything over plain structs, and in DuckDB.
func TestRulesAgainstBruteForce(t *testing.T) {
	db, err := duck.Open(duck.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	asked, some := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		if w.log.NumCustomers() == 0 || len(w.people) == 0 {
			return
		}
		w.tables(t, db)
		d := &drawer{t, w}
		for range 4 {
			c := d.cond(2)
			r, err := Parse("", c.text)
			if err != nil {
				t.Fatalf("%v", err)
			}
			if _, err := Check(context.Background(), w.log, w.x, r); err != nil {
				t.Fatalf("%v", err)
			}
			got, err := Evaluate(context.Background(), w.log, w.at, w.x, 2, r)
			if err != nil {
				t.Fatal(err)
			}
			want := w.members(c)
			if m := got.Members(0); !slices.Equal(m, want) {
				t.Fatalf("%s\n  now %s\n  evaluated %q, by trying everything %q of %q", c.text, w.now, m, want, got.IDs)
			}
			sql := r.SQL(w.at, Tables{})
			if m := idsOf(t, db, sql); !slices.Equal(m, want) {
				t.Fatalf("%s\n%s\n  now %s\n  by SQL %q, want %q", c.text, sql, w.now, m, want)
			}
			if e := r.Explain(); !strings.HasSuffix(e, ".") || strings.Contains(e, "%!") {
				t.Fatalf("explained as %q", e)
			}
			asked++
			if len(want) > 0 && len(want) < len(w.people) {
				some++
			}
		}
	})
	t.Logf("%d rules, %d of them with some members and not all", asked, some)
	if asked < 200 || some < asked/10 {
		t.Errorf("%d rules were asked, %d of them divided the people: 200 and a tenth are the least", asked, some)
	}
}

// tables puts the world into DuckDB.
func (w *world) tables(t fataler, db *duck.DB) {
	t.Helper()
	run := func(sql string) {
		if err := db.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%v in\n%s", err, sql)
		}
	}
	float := func(x float64) string {
		if math.IsNaN(x) {
			return "NULL"
		}
		return fmt.Sprintf("%v", x)
	}
	run(`CREATE OR REPLACE TABLE events(customer VARCHAR, time TIMESTAMP, kind VARCHAR, "order" VARCHAR, category VARCHAR, brand VARCHAR, channel VARCHAR, amount DOUBLE, quantity DOUBLE)`)
	var rows []string
	for h, err := range w.log.Histories(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range h.Len() {
			e := h.At(i)
			rows = append(rows, fmt.Sprintf("(%s, TIMESTAMP '%s', '%s', %s, %s, %s, %s, %s, %s)", literal(e.Customer), h.Time(i).Format("2006-01-02 15:04:05"), e.Kind,
				literal(e.Order), literal(e.Category), literal(e.Brand), literal(e.Channel), float(e.Amount), float(e.Quantity)))
		}
	}
	run("INSERT INTO events VALUES " + strings.Join(rows, ", "))
	run(`CREATE OR REPLACE TABLE features(id VARCHAR, share_weekend DOUBLE)`)
	for i, id := range w.x.IDs {
		run(fmt.Sprintf("INSERT INTO features VALUES (%s, %v)", literal(id), w.x.Row(i)[0]))
	}
	run(`CREATE OR REPLACE TABLE customers(customer VARCHAR, age DOUBLE, "home land" VARCHAR)`)
	for i, id := range w.log.Customers.Keys {
		run(fmt.Sprintf("INSERT INTO customers VALUES (%s, %s, %s)", literal(id), float(w.log.Customers.Cols[0].Num[i]), literal(w.log.Customers.Cols[1].Text[i])))
	}
}

func idsOf(t fataler, db *duck.DB, sql string) []string {
	t.Helper()
	var out []string
	_, err := db.Query(context.Background(), sql, func(b *duck.Batch) error {
		for i := range b.Rows() {
			s, _ := b.Text(0, i)
			out = append(out, strings.Clone(s))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v in\n%s", err, sql)
	}
	return out
}

// Names and texts that are SQL change nothing: they are names and texts.
func TestHostileNames(t *testing.T) {
	db, err := duck.Open(duck.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	for _, evil := range []string{
		`'; DROP TABLE events; --`, `" ; DROP TABLE events; --`, `x') OR TRUE --`, `x" = "x" OR TRUE --`, `\'; DROP TABLE events; --`, "a\n; DROP TABLE events;\n", "a\r; DROP TABLE events; --", `''`, `""`,
		`/* */`, `$$`, `%s%n`, "é\u2028; DROP TABLE events",
	} {
		for _, sql := range []string{
			"CREATE OR REPLACE TABLE events(customer VARCHAR, time TIMESTAMP, kind VARCHAR, category VARCHAR)",
			"INSERT INTO events VALUES ('a', TIMESTAMP '2011-01-01', 'purchase', 'tea'), ('b', TIMESTAMP '2011-01-01', 'purchase', " + literal(evil) + ")",
			"CREATE OR REPLACE TABLE features(id VARCHAR, " + ident(evil) + " DOUBLE)",
			"INSERT INTO features VALUES ('b', 2)",
			"CREATE OR REPLACE TABLE customers(customer VARCHAR, " + ident(evil) + " VARCHAR)",
			"INSERT INTO customers VALUES ('b', 'x'), ('a', '')",
		} {
			if err := db.Exec(ctx, sql); err != nil {
				t.Fatalf("%v in %s", err, sql)
			}
		}
		quoteName := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		for _, text := range []string{
			"any(category = " + quoteText(evil) + ")",
			"feature(" + quoteName(evil) + ") > 1",
			"customer." + quoteName(evil) + " = 'x'",
			"not any(category = 'tea') # " + strings.ReplaceAll(evil, "\n", " "),
		} {
			r, err := Parse(evil, text)
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			if got := idsOf(t, db, r.SQL(time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), Tables{})); !slices.Equal(got, []string{"b"}) {
				t.Errorf("%s: %q", text, got)
			}
		}
		if got := idsOf(t, db, "SELECT customer FROM events ORDER BY 1"); len(got) != 2 {
			t.Fatalf("after %q the table holds %q", evil, got)
		}
	}
}
