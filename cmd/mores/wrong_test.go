package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// points is a CSV of n rows in three groups.
func points(n int) string {
	var b strings.Builder
	b.WriteString("id,x,y\n")
	for i := range n {
		fmt.Fprintf(&b, "c%02d,%d.5,%d\n", i, 10*(i%3)+i%2, 7*(i%3)-i%5)
	}
	return b.String()
}

// TestWrongInput holds the exit codes of CONTRACT §6 and what each message must
// name: the place, the value, the fix.
func TestWrongInput(t *testing.T) {
	good := write(t, "good.csv", points(30))
	noWrite := filepath.Join(t.TempDir(), "absent", "labels.csv")
	for _, c := range []struct {
		name string
		args []string
		exit int
		say  []string
	}{
		{"unknown command", []string{"clutser", "kmeans"}, exitUsage, []string{"clutser"}},
		{"unknown algorithm", []string{"cluster", "kmaens", "-i", good}, exitUsage, []string{"kmaens", "did you mean kmeans"}},
		{"unknown key", []string{"cluster", "kmeans", "-i", good, "--set", "n_cluster=3"}, exitUsage, []string{"n_cluster", "n_clusters"}},
		{"unknown value", []string{"cluster", "hierarchical", "-i", good, "--set", "linkage=wrad"}, exitUsage, []string{"wrad", "ward"}},
		{"no value", []string{"cluster", "kmeans", "-i", good, "--set", "n_clusters=three"}, exitUsage, []string{"three"}},
		{"zero clusters", []string{"cluster", "kmeans", "-i", good, "--set", "n_clusters=0"}, exitUsage, []string{"n_clusters", "0"}},
		{"missing file", []string{"cluster", "kmeans", "-i", "nowhere.csv"}, exitIO, []string{"nowhere.csv"}},
		{"output folder missing", []string{"cluster", "kmeans", "-i", good, "-o", noWrite}, exitIO, []string{"absent"}},
		{"absent column", []string{"cluster", "kmeans", "-i", good, "--columns", "x,z"}, exitData, []string{`"z"`, "x, y"}},
		{"absent id", []string{"cluster", "kmeans", "-i", good, "--id", "customer"}, exitData, []string{"customer", "id, x, y"}},
		{"empty file", []string{"cluster", "kmeans", "-i", write(t, "empty.csv", "")}, exitData, []string{"empty"}},
		{"header only", []string{"cluster", "kmeans", "-i", write(t, "head.csv", "id,x,y\n")}, exitData, []string{"head.csv"}},
		{"one row", []string{"cluster", "kmeans", "-i", write(t, "one.csv", "id,x,y\na,1,2\n"), "--set", "n_clusters=2"}, exitData, []string{"1 row"}},
		{"k above n", []string{"cluster", "kmeans", "-i", good, "--set", "n_clusters=31"}, exitData, []string{"D018", "31", "only 30 rows", "n_clusters"}},
		{"missing value", []string{"cluster", "kmeans", "-i", write(t, "nan.csv", "id,x,y\na,1,2\nb,,3\nc,4,5\n"), "--set", "n_clusters=2"}, exitData, []string{"x", "3", "--missing"}},
		{"NaN", []string{"cluster", "kmeans", "-i", write(t, "nan2.csv", "id,x,y\na,1,2\nb,NaN,3\nc,4,5\n"), "--set", "n_clusters=2"}, exitData, []string{"NaN", "x"}},
		{"not a number", []string{"cluster", "kmeans", "-i", write(t, "word.csv", "id,x,y\na,1,2\nb,many,3\nc,4,5\nd,1,2\ne,2,3\nf,3,1\n")}, exitData, []string{"many", "x"}},
		{"over budget", []string{"cluster", "hierarchical", "-i", write(t, "many.csv", points(400)), "--set", "linkage=complete", "--max-mem", "200kB"}, exitRefused, []string{"R001", "options"}},
		{"categories where numbers are needed", []string{"cluster", "kmeans", "-i", good, "--categories", "x"}, exitUsage, []string{"kmeans", "kprototypes", "gower"}},
		{"absent category", []string{"cluster", "kprototypes", "-i", good, "--categories", "region"}, exitData, []string{"D004", `"region"`, "x, y"}},
		{"unknown metric", []string{"eval", "-i", good, "--labels", good, "--metrics", "silhouete"}, exitUsage, []string{"silhouete", "did you mean silhouette"}},
		{"unknown goal", []string{"run", "cdnow", "--goal", "valeu"}, exitUsage, []string{"did you mean value?", "goals: value, when"}},
		{"a goal for nothing", []string{"run", "cdnow", "--goal", "value", "--no-judge"}, exitUsage, []string{"give one of them"}},
		{"unknown data set", []string{"run", "cdnwo"}, exitUsage, []string{"did you mean cdnow"}},
		{"no event log", []string{"run", good}, exitData, []string{"not an event log", "mores cluster"}},
		{"study file, unknown key", []string{"run", write(t, "study.toml", "schema = 1\n[data]\nname = \"retail-sim\"\n[features]\nstes = [\"rfm\"]\n")}, exitUsage, []string{"study.toml:5", "stes", "sets"}},
		{"unknown figure", []string{"plot", "mpa", t.TempDir()}, exitUsage, []string{"did you mean map"}},
		{"no study", []string{"report", t.TempDir()}, exitData, []string{"manifest"}},
		{"no model", []string{"predict", write(t, "model.json", "{}"), good}, exitData, []string{"model.json"}},
		{"as-of before the log", []string{"features", "retail-sim", "--as-of", "1999-01-01"}, exitData, []string{"1999-01-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, msg := run(t, c.args...)
			if code != c.exit {
				t.Errorf("exit %d, want %d\n%s%s", code, c.exit, out, msg)
			}
			for _, s := range c.say {
				if !strings.Contains(msg, s) {
					t.Errorf("the message does not name %q:\n%s", s, msg)
				}
			}
			if out != "" {
				t.Errorf("stdout holds talk: %q", out)
			}
			code, out, _ = run(t, append(c.args, "--json")...)
			if m := lastJSON(t, out); code != c.exit || m["ok"] != false || m["exit"] != float64(c.exit) || m["error"] == "" {
				t.Errorf("--json: exit %d, %v", code, m)
			}
		})
	}
}

// TestOddInput reads what Excel in Europe writes, and says so.
func TestOddInput(t *testing.T) {
	dir := t.TempDir()
	semi := filepath.Join(dir, "semi.csv")
	var b strings.Builder
	b.WriteString("id;Größe;Umsatz\r\n")
	for i := range 12 {
		fmt.Fprintf(&b, "k%d;%d,5;%d,25\r\n", i, i%3*10, i)
	}
	latin := strings.ReplaceAll(strings.ReplaceAll(b.String(), "ö", "\xf6"), "ß", "\xdf")
	if err := os.WriteFile(semi, []byte(latin), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, msg := run(t, "cluster", "kmeans", "-i", semi, "--set", "n_clusters=3", "-v", "--json")
	if m := lastJSON(t, out); code != 0 || m["n"] != 12.0 || m["d"] != 2.0 {
		t.Fatalf("exit %d, %v\n%s", code, m, msg)
	}
	for _, s := range []string{"semicolon", "windows-1252"} {
		if !strings.Contains(strings.ToLower(msg), s) {
			t.Errorf("what was assumed does not say %s:\n%s", s, msg)
		}
	}
	constant := write(t, "constant.csv", "id,x,y\na,1,7\nb,2,7\nc,9,7\nd,8,7\n")
	code, out, msg = run(t, "cluster", "kmeans", "-i", constant, "--set", "n_clusters=2", "--scale", "zscore", "--json")
	if m := lastJSON(t, out); code != 0 || m["d"] != 1.0 || !strings.Contains(fmt.Sprint(m["warnings"], msg), "constant") {
		t.Errorf("a constant column: exit %d, %v\n%s", code, m, msg)
	}
}
