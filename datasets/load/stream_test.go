package load

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/duck"
)

// parquetOf writes the rows of a query as a Parquet file.
func parquetOf(t *testing.T, sql string) string {
	t.Helper()
	db, err := duck.Open(duck.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := filepath.Join(t.TempDir(), "log.parquet")
	if err := db.Exec(t.Context(), "COPY ("+sql+") TO '"+p+"' (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	return p
}

// streamed lowers the threshold for one test.
func streamed(t *testing.T, rows int64) {
	t.Helper()
	old := streamRows
	streamRows = rows
	t.Cleanup(func() { streamRows = old })
}

// streamRowsSQL makes 3,000 rows of 90 customers with a stamp each.
const streamRowsSQL = "range(3000) r(i)"

var streamCases = map[string]struct {
	sql      string
	settings []string
	streams  bool // false: the way of text
}{
	"plain": {sql: `SELECT 'c' || (i*7919 % 90) AS customer, TIMESTAMP '2024-03-01 08:30:15' + to_minutes(CAST(i*37 AS BIGINT)) AS ts,
		'o' || (i//3) AS order_id, 'i' || (i % 17) AS item, CAST(1 + i % 4 AS INTEGER) AS quantity, CAST(0.1 * (i % 50) AS DOUBLE) AS amount FROM ` + streamRowsSQL, streams: true},
	"dates, integers, decimals": {sql: `SELECT CAST(1000 + i*7919 % 90 AS BIGINT) AS customer_id, DATE '2024-01-01' + CAST(i % 200 AS INTEGER) AS day,
		CAST((i % 997) / 100.0 AS DECIMAL(9,2)) AS amount FROM ` + streamRowsSQL, streams: true},
	"a zone with a gap and an overlap": {sql: `SELECT 'c' || (i % 90) AS customer, TIMESTAMP '2024-03-30 20:00:00' + to_minutes(CAST(i AS BIGINT)) AS ts, 5.0::DOUBLE AS amount FROM ` + streamRowsSQL + `
		UNION ALL SELECT 'd', TIMESTAMP '2024-10-26 22:10:00' + to_minutes(CAST(i*7 AS BIGINT)), 1.0 FROM range(60) q(i)`, settings: []string{"time.zone=Europe/Amsterdam"}, streams: true},
	"stamps with an offset": {
		sql:      `SELECT 'c' || (i % 90) AS customer, epoch_ms(CAST(1709280000000 + i*999999 AS BIGINT))::TIMESTAMPTZ AS ts, 5.0::DOUBLE AS amount FROM ` + streamRowsSQL,
		settings: []string{"time.zone=Europe/Amsterdam"}, streams: true,
	},
	"returns, free lines, missing cells": {sql: `SELECT CASE WHEN i % 50 = 7 THEN NULL WHEN i % 50 = 8 THEN 'NaN' ELSE ' c' || (i*7919 % 90) END AS customer,
		CASE WHEN i % 71 = 3 THEN NULL ELSE TIMESTAMP '2024-03-01 00:00:00' + to_hours(CAST(i AS BIGINT)) END AS ts, CASE WHEN i % 5 = 1 THEN NULL ELSE 'i' || (i % 17) || ' ' END AS item,
		CASE WHEN i % 13 = 0 THEN NULL WHEN i % 13 = 1 THEN -2 ELSE 1 + i % 3 END AS quantity, CASE WHEN i % 19 = 0 THEN 0 ELSE 0.25 * (1 + i % 8) END AS unit_price FROM ` + streamRowsSQL, streams: true},
	"kinds": {
		sql: `SELECT 'c' || (i % 90) AS customer, TIMESTAMP '2024-03-01 00:00:00' + to_hours(CAST(i AS BIGINT)) AS ts,
		['purchase','view','return','add_to_cart','refresh'][CAST(1 + i % 5 AS INTEGER)] AS event, 2.5::FLOAT + 0.1::FLOAT AS amount FROM ` + streamRowsSQL,
		settings: []string{"kinds.refresh=ignore"}, streams: true,
	},
	"cancelled orders": {sql: `SELECT 'c' || (i % 90) AS customer, TIMESTAMP '2024-03-01 00:00:00' + to_hours(CAST(i AS BIGINT)) AS ts, CASE WHEN i % 20 = 0 THEN 'C' ELSE '' END || (100000 + i) AS InvoiceNo,
		CASE WHEN i % 20 = 0 THEN -1 ELSE 1 END AS quantity, CASE WHEN i % 20 = 0 THEN -2.0 ELSE 2.0 END AS amount FROM ` + streamRowsSQL},
	"numbers written as text": {sql: `SELECT 'c' || (i % 90) AS customer, TIMESTAMP '2024-03-01 00:00:00' + to_hours(CAST(i AS BIGINT)) AS ts, (i % 7) || '.5' AS amount FROM ` + streamRowsSQL},
}

// A streamed file gives the log that the way of text gives: hash, meta data and notes,
// in memory and, with hardly any memory, from disk.
func TestStream(t *testing.T) {
	for name, c := range streamCases {
		t.Run(name, func(t *testing.T) {
			path := parquetOf(t, c.sql)
			var opt Options
			for _, kv := range c.settings {
				k, v, _ := strings.Cut(kv, "=")
				if err := opt.Set(k, v); err != nil {
					t.Fatal(err)
				}
			}
			want, wantRep, err := Events(t.Context(), []string{path}, opt)
			if err != nil {
				t.Fatal(err)
			}
			streamed(t, 1)
			if got, _, err := stream(t.Context(), []string{path}, &opt); err != nil || (got != nil) != c.streams {
				t.Fatalf("streamed: %v, want %v (error %v)", got != nil, c.streams, err)
			}
			for _, mem := range []int64{0, 100 << 10} {
				if opt.MaxMem = mem; mem > 0 && !c.streams {
					continue
				}
				got, rep, err := Events(t.Context(), []string{path}, opt)
				if err != nil {
					t.Fatal(err)
				}
				if got.Hash != want.Hash || got.NumEvents() != want.NumEvents() {
					t.Errorf("budget %d: %s, want %s", mem, got, want)
				}
				a, b := got.Meta, want.Meta
				same := a.Window.From.Equal(b.Window.From) && a.Window.To.Equal(b.Window.To) && a.Zone.String() == b.Zone.String()
				a.Zone, b.Zone, a.Window, b.Window = nil, nil, datasets.Window{}, datasets.Window{} // equal, at two addresses
				if a != b || !same {
					t.Errorf("budget %d: %+v\nwant %+v", mem, a, b)
				}
				if x, y := streamNotes(got.Notes), streamNotes(want.Notes); !slices.Equal(x, y) {
					t.Errorf("budget %d: notes\n%s\nwant\n%s", mem, strings.Join(x, "\n"), strings.Join(y, "\n"))
				}
				if rep.Assumptions[0] != wantRep.Assumptions[0] || rep.Assumptions[1] != wantRep.Assumptions[1] {
					t.Errorf("said %q, want %q", rep.Assumptions[:2], wantRep.Assumptions[:2])
				}
				if mem > 0 && !slices.ContainsFunc(rep.Assumptions, func(s string) bool { return strings.Contains(s, "sorted on disk") }) {
					t.Errorf("nothing is said of the disk: %q", rep.Assumptions)
				}
			}
		})
	}
}

// streamNotes leaves out what only the way of text counts: rows that repeat another.
func streamNotes(notes []datasets.Note) []string {
	var out []string
	for _, n := range notes {
		if n.Code != "duplicate" {
			out = append(out, n.Text)
		}
	}
	return out
}

// Columns that nobody asks for are left out, unless there are returns.
func TestStreamReads(t *testing.T) {
	streamed(t, 1)
	for name, fields := range map[string][2]datasets.Fields{
		"plain": {datasets.FieldAmount, datasets.FieldAmount | datasets.FieldHour},
		"returns, free lines, missing cells": {
			datasets.FieldAmount, datasets.FieldItem | datasets.FieldQuantity | datasets.FieldPrice | datasets.FieldAmount | datasets.FieldHour,
		},
	} {
		log, rep, err := Events(t.Context(), []string{parquetOf(t, streamCases[name].sql)}, Options{Reads: fields[0]})
		if err != nil {
			t.Fatal(err)
		}
		if log.Meta.Has != fields[1] {
			t.Errorf("%s: the log has %v, want %v", name, log.Meta.Has.Names(), fields[1].Names())
		}
		left := slices.ContainsFunc(rep.Assumptions, func(s string) bool { return strings.HasPrefix(s, "Left out, since") })
		if left != (name == "plain") {
			t.Errorf("%s: said %q", name, rep.Assumptions)
		}
	}
}

// Another kind of event behind the first rows sends the file the way of text, which
// asks or says what it takes it for.
func TestStreamKindFurtherOn(t *testing.T) {
	path := parquetOf(t, `SELECT 'c' || (i % 90) AS customer, TIMESTAMP '2024-03-01 00:00:00' + to_seconds(i) AS ts,
		CASE WHEN i = 150000 THEN 'wishlist' WHEN i % 2 = 0 THEN 'view' ELSE 'purchase' END AS event FROM range(200000) r(i)`)
	streamed(t, 1)
	if log, _, err := stream(context.Background(), []string{path}, &Options{}); log != nil || err != nil {
		t.Errorf("streamed: %v, %v", log, err)
	}
	log, _, err := Events(context.Background(), []string{path}, Options{})
	if err != nil || !log.Meta.Kinds.Has(datasets.Wishlist) {
		t.Errorf("kinds %v, error %v", log.Meta.Kinds.Names(), err)
	}
}
