package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/duck"
)

// csvOf writes the rows of a query as a text file.
func csvOf(t *testing.T, sql, name, options string) string {
	t.Helper()
	db, err := duck.Open(duck.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := filepath.Join(t.TempDir(), name)
	if err := db.Exec(t.Context(), "COPY ("+sql+") TO '"+p+"' ("+options+")"); err != nil {
		t.Fatal(err)
	}
	return p
}

// sampledBy has files understood by so few rows, for one test.
func sampledBy(t *testing.T, rows int) {
	t.Helper()
	old := sampleRows
	sampleRows = rows
	t.Cleanup(func() { sampleRows = old })
}

// tiny is a budget that no file fits into.
const tiny = 10 << 10

// A text file larger than the budget gives the log that it gives in memory: hash, meta data
// and notes, though it is understood by 200 rows.
func TestStreamText(t *testing.T) {
	comma := `SELECT 'k' || (i*7919 % 90) AS Kunde, strftime(TIMESTAMP '2024-01-05 08:30:00' + to_hours(CAST(i*3 AS BIGINT)), '%d/%m/%Y %H:%M') AS Datum,
		'i' || (i % 17) AS Artikel, replace(CAST((i % 997) / 100.0 AS DECIMAL(9,2))::VARCHAR, '.', ',') AS Betrag FROM ` + streamRowsSQL
	cases := map[string]struct {
		sql, name, options string
		settings           []string
	}{
		"days first, decimal comma": {sql: comma, name: "log.csv", options: "HEADER, DELIMITER ';'"},
		"packed":                    {sql: comma, name: "log.csv.gz", options: "HEADER, DELIMITER ';', COMPRESSION gzip"},
	}
	for name, c := range streamCases {
		cases[name] = struct {
			sql, name, options string
			settings           []string
		}{c.sql, "log.csv", "HEADER", c.settings}
	}
	sampledBy(t, 100)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := csvOf(t, c.sql, c.name, c.options)
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
			opt.MaxMem, opt.TempDir = tiny, t.TempDir()
			opt.Reads = datasets.FieldAmount // as in memory, what is asked for leaves nothing out
			got, rep, err := Events(t.Context(), []string{path}, opt)
			if err != nil {
				t.Fatal(err)
			}
			if got.Hash != want.Hash || got.NumEvents() != want.NumEvents() || got.NumCustomers() != want.NumCustomers() {
				t.Errorf("%s, want %s", got, want)
			}
			a, b := got.Meta, want.Meta
			same := a.Window.From.Equal(b.Window.From) && a.Window.To.Equal(b.Window.To) && a.Zone.String() == b.Zone.String()
			a.Zone, b.Zone, a.Window, b.Window = nil, nil, datasets.Window{}, datasets.Window{} // equal, at two addresses
			if a != b || !same {
				t.Errorf("%+v\nwant %+v", a, b)
			}
			if x, y := streamNotes(got.Notes), streamNotes(want.Notes); !slices.Equal(x, y) {
				t.Errorf("notes\n%s\nwant\n%s", strings.Join(x, "\n"), strings.Join(y, "\n"))
			}
			if rep.Assumptions[0] != wantRep.Assumptions[0] || rep.Assumptions[1] != wantRep.Assumptions[1] {
				t.Errorf("said %q, want %q", rep.Assumptions[:2], wantRep.Assumptions[:2])
			}
			for _, s := range []string{"Understood by", "sorted on disk"} {
				if !slices.ContainsFunc(rep.Assumptions, func(a string) bool { return strings.Contains(a, s) }) {
					t.Errorf("%q is not said: %q", s, rep.Assumptions)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(opt.TempDir, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// Two files are one log, as in memory.
func TestStreamTextFiles(t *testing.T) {
	sampledBy(t, 100)
	sql := `SELECT 'c' || (i*7919 %% 90) AS customer, DATE '2024-01-01' + CAST(i %% 200 AS INTEGER) AS day, (i %% 97) / 10.0 AS amount FROM range(%d, %d) r(i)`
	paths := []string{csvOf(t, fmt.Sprintf(sql, 0, 2000), "a.csv", "HEADER"), csvOf(t, fmt.Sprintf(sql, 2000, 3000), "b.csv", "HEADER")}
	want, _, err := Events(t.Context(), paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Events(t.Context(), paths, Options{MaxMem: tiny})
	if err != nil || got.Hash != want.Hash {
		t.Errorf("%v, want %v (error %v)", got, want, err)
	}
	other := csvOf(t, `SELECT 'c' AS customer, DATE '2024-01-01' AS day, 'x' AS shop FROM range(900)`, "b.csv", "HEADER")
	if _, _, err := Events(t.Context(), []string{paths[0], other}, Options{MaxMem: tiny}); err == nil || !strings.Contains(err.Error(), "other columns") {
		t.Errorf("error %v", err)
	}
}

// A cell that the sample did not show and that cannot be read refuses the file, with its
// line, as it would in memory; so does what takes the whole file, with the reason.
func TestStreamTextRefuses(t *testing.T) {
	sampledBy(t, 100)
	rows := func(at int, line string) string {
		var b strings.Builder
		b.WriteString("customer,time,amount\n")
		for i := range 2000 {
			if i == at {
				b.WriteString(line + "\n")
				continue
			}
			fmt.Fprintf(&b, "c%d,2024-03-%02d,%d.5\n", i%90, 1+i%28, i%1500)
		}
		p := filepath.Join(t.TempDir(), "log.csv")
		if err := os.WriteFile(p, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for want, path := range map[string]string{
		`log.csv:1503: "nine"`:      rows(1501, "c1,2024-03-01,nine"),
		`log.csv:1503: "2024-03-99`: rows(1501, "c1,2024-03-99,9.5"),
		`log.csv:1503: "inf"`:       rows(1501, "c1,2024-03-01,inf"),
		`log.csv:12: "nine"`:        rows(10, "c1,2024-03-01,nine"),
	} {
		_, _, err := Events(t.Context(), []string{path}, Options{MaxMem: tiny})
		_, _, inMemory := Events(t.Context(), []string{path}, Options{})
		if err == nil || inMemory == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nin memory: %v", want, err, inMemory)
		}
	}
	good := rows(-1, "")
	var e *Error
	if _, _, err := Events(t.Context(), []string{good}, Options{MaxMem: tiny, Dedupe: true}); !errors.As(err, &e) || e.Code != "R001" || !strings.Contains(err.Error(), "--dedupe") {
		t.Errorf("error %v", err)
	}
}

// A disk without room is said with what it takes, at once.
func TestStreamDiskFails(t *testing.T) {
	streamed(t, 1)
	path := parquetOf(t, `SELECT 'c' || (i*7919 % 900) AS customer, TIMESTAMP '2024-03-01 08:30:15' + to_minutes(CAST(i AS BIGINT)) AS ts, 1.0::DOUBLE AS amount FROM range(60000) r(i)`)
	_, _, err := Events(t.Context(), []string{path}, Options{MaxMem: tiny, TempDir: filepath.Join(t.TempDir(), "absent")})
	checkError(t, err, "S002", 5, "cannot sort the log on disk", "60,000 events takes about 0.0 GiB in", "TMPDIR=")
}
