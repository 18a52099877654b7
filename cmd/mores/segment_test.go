package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/duck"
)

// counter is an event log in which customer i bought i+1 times, every other one on the web.
func counter(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("customer,time,kind,order,category,channel,amount\n")
	for i := range 12 {
		for k := range i + 1 {
			fmt.Fprintf(&b, "c%02d,2011-01-%02d 10:00:00,purchase,%d-%d,%s,%s,%d.5\n", i, 1+2*k, i, k, []string{"coffee", "tea"}[k%2], []string{"shop", "web"}[i%2], 10+k)
		}
	}
	return write(t, "orders.csv", b.String())
}

func TestSegment(t *testing.T) {
	log := counter(t)
	dir := t.TempDir()
	ids, labels := filepath.Join(dir, "ids.csv"), filepath.Join(dir, "labels.csv")
	out := ok(t, "segment", log, "--rule", "regulars=purchases >= 10", "--rule", "web=any(channel = 'web')", "--rule", "spend > 9999", "-o", ids, "--labels", labels)
	for _, s := range []string{"regulars", "25.0 %", "of 12 customers", "at least 10 days", "overlap", "rule 3", "both empty"} {
		if !strings.Contains(out, s) {
			t.Errorf("no %q in\n%s", s, out)
		}
	}
	b, _ := os.ReadFile(ids)
	if lines := strings.Split(strings.TrimSpace(string(b)), "\n"); lines[0] != "id,rule" || len(lines) != 1+3+6 || lines[1] != "c01,web" {
		t.Errorf("members:\n%s", b)
	}
	b, _ = os.ReadFile(labels)
	if s := string(b); !strings.HasPrefix(s, "id,cluster\nc00,-1\nc01,web\nc02,-1\n") || !strings.HasSuffix(s, "c09,regulars\nc10,regulars\nc11,regulars\n") {
		t.Errorf("labels:\n%s", s)
	}
	m := lastJSON(t, ok(t, "segment", log, "--rule", "regulars=purchases >= 10", "--rule", "nobody=spend > 9999", "--json"))
	r := m["rules"].([]any)[0].(map[string]any)
	if r["customers"] != 3. || r["share"] != .25 || m["customers"] != 12. || m["overlap"].([]any)[1].([]any)[1] != nil {
		t.Errorf("%v", m)
	}
	if got := ok(t, "segment", log, "--rule", "purchases >= 11", "-o", "-", "-q"); got != "id\nc10\nc11\n" {
		t.Errorf("on stdout: %q", got)
	}
	// As of the 6th everybody has bought three times at most.
	if got := ok(t, "segment", log, "--rule", "purchases = 3", "--as-of", "2011-01-06", "-o", "-", "-q"); strings.Count(got, "\n") != 11 {
		t.Errorf("as of 6 January: %q", got)
	}
	// A feature that is measured on the way.
	if got := ok(t, "segment", log, "--rule", `feature("frequency") >= 10 and recency < 9`, "--recipe", "rfm", "-o", "-", "-q"); got != "id\nc09\nc10\nc11\n" {
		t.Errorf("by a feature: %q", got)
	}
}

// A file of rules as a clustering in a study: what --labels writes is what the algorithm
// labels reads.
func TestSegmentsInAStudy(t *testing.T) {
	log := counter(t)
	dir := t.TempDir()
	rules := write(t, "rules.txt", "# who is who\nregulars: purchases >= 8\nweb: any(channel = 'web')\n  and purchases >= 2\n")
	labels, feats := filepath.Join(dir, "labels.csv"), filepath.Join(dir, "f.csv")
	ok(t, "segment", log, "--file", rules, "--labels", labels)
	ok(t, "features", log, "--recipe", "rfm", "-o", feats)
	m := lastJSON(t, ok(t, "cluster", "labels", "-i", feats, "--set", "file="+labels, "--json"))
	if m["n_clusters"] != 2. || m["n_noise"] != 3. { // c02, c04, c06 of those with features
		t.Errorf("%v", m)
	}
}

// The query that --sql prints gives, over the log's own file, the members.
func TestSegmentSQL(t *testing.T) {
	log := counter(t)
	rule := "purchases(category = 'coffee') >= 3 in 20 d and spend > 50 and not purchase(channel = 'web') then purchase within 1 d"
	want := strings.Fields(ok(t, "segment", log, "--rule", rule, "-o", "-", "-q"))[1:]
	sql := ok(t, "segment", log, "--rule", rule, "--sql", "-q")
	db, err := duck.Open(duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(context.Background(), "CREATE TABLE events AS SELECT customer, time, kind, category, channel, amount FROM read_csv('"+log+"', auto_detect=false, header=true, "+
		"columns={'customer': 'VARCHAR', 'time': 'TIMESTAMP', 'kind': 'VARCHAR', 'order': 'VARCHAR', 'category': 'VARCHAR', 'channel': 'VARCHAR', 'amount': 'DOUBLE'})"); err != nil {
		t.Fatal(err)
	}
	var got []string
	if _, err := db.Query(context.Background(), strings.TrimSuffix(strings.TrimSpace(sql), ";"), func(b *duck.Batch) error {
		for i := range b.Rows() {
			s, _ := b.Text(0, i)
			got = append(got, strings.Clone(s))
		}
		return nil
	}); err != nil {
		t.Fatalf("%v in\n%s", err, sql)
	}
	if len(want) < 3 || !slices.Equal(got, want) {
		t.Errorf("by SQL %v, want %v", got, want)
	}
}

func TestSegmentErrors(t *testing.T) {
	log := counter(t)
	for _, c := range []struct {
		args []string
		exit int
		say  []string
	}{
		{[]string{log}, exitUsage, []string{"no rule", "--rule"}},
		{[]string{log, "--rule", "purchases(catgory = 'tea') > 1"}, exitUsage, []string{"1:11", "did you mean category?", "^~~~~~~"}},
		{[]string{log, "--rule", "any(brand = 'x')"}, exitUsage, []string{"no column brand", "category, channel"}},
		{[]string{log, "--rule", "(spend > 1"}, exitUsage, []string{"never closed"}},
		{[]string{log, "--rule", "spend > 1 since 2011-02-30"}, exitUsage, []string{"2011-02-30 is no date"}},
		{[]string{log, "--rule", "spend > 1", "--as-of", "yesterday"}, exitUsage, []string{"2011-09-01"}},
		{[]string{log, "--rule", "spend > 1", "--as-of", "2001-01-01"}, exitData, []string{"nothing happened before"}},
		{[]string{log, "--rule", "a=spend > 1", "--rule", "a=spend > 2"}, exitUsage, []string{"names must differ"}},
		{[]string{log, "--rule", "spend > 1", "--sql", "-o", "x.csv"}, exitUsage, []string{"--sql"}},
		{[]string{log, "--rule", "spend > 1", "-o", "-", "--labels", "-"}, exitUsage, []string{"stdout"}},
		{[]string{log, "--file", "absent.txt"}, exitIO, []string{"absent.txt"}},
		{[]string{log, "--file", write(t, "r.txt", "x: spnd > 3\n")}, exitUsage, []string{"r.txt:1:4", "did you mean spend?"}},
		{[]string{log, "--rule", `feature("frequence") > 1`, "--recipe", "rfm"}, exitUsage, []string{"did you mean frequency?"}},
		{[]string{log, "--rule", `feature("frequency") > 1`, "--recipe", "rmf"}, exitUsage, []string{"did you mean rfm"}},
	} {
		code, _, msg := run(t, append([]string{"segment"}, c.args...)...)
		if code != c.exit {
			t.Errorf("%q: exit %d, want %d\n%s", c.args[1:], code, c.exit, msg)
		}
		for _, s := range c.say {
			if !strings.Contains(msg, s) {
				t.Errorf("%q does not name %q:\n%s", c.args[1:], s, msg)
			}
		}
	}
	_, _, msg := run(t, "segment", log, "--rule", "any(category = 'cofee')")
	if !strings.Contains(msg, "did you mean 'coffee'?") {
		t.Errorf("no warning of a value that never occurs:\n%s", msg)
	}
}
