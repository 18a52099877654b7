package study_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

const specText = `schema = 1
name = "retail"
seed = 20250101
seeds = 3
scale = ["zscore", "block"]
metrics = ["silhouette", "davies_bouldin"]
noise = "exclude"
missing = "median"

[data]
path = "orders.csv"
kind = "events"
columns = {customer = "CustomerID", time = "InvoiceDate", amount = "Total"}
time_format = "2006-01-02 15:04"
zone = "Europe/Berlin"
kinds = {sale = "purchase", refund = "return", "" = ""}
window = ["2024-01-01", "2025-01-01"]

[features]
sets = ["rfm", "rfm+interpurchase"]
as_of = "2024-10-01"
minimum = 3

[[algorithm]]
name = "kmeans"
n_clusters = [2, 3, 5]
n_init = 4

[[algorithm]]
name = "hierarchical"
linkage = ["ward", "average"]
n_clusters = [2, 4]

[[algorithm]]
name = "dbscan"
core = [0.5, 0.9]
min_samples = 10

[budget]
max_mem = "2GB"
max_time = "5m"
`

func TestSpecSaysWhatItSays(t *testing.T) {
	sp, err := study.Parse([]byte(specText), "study.toml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sp.Study()
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "retail" || s.Seed != 20250101 || s.Seeds != 3 || len(s.Scales) != 2 || len(s.Metrics) != 2 || s.Noise != eval.Exclude ||
		s.Missing != "median" || s.MaxBytes != 2e9 || s.Minimum != 3 || len(s.Recipes) != 2 || len(s.Recipes[1].Steps) != 2 {
		t.Errorf("study %+v", s)
	}
	if len(s.Cells) != 3+4+2 {
		t.Fatalf("%d cells", len(s.Cells))
	}
	if a := s.Cells[2].Algorithm.(*cluster.KMeans); a.NClusters != 5 || a.NInit != 4 || a.MaxIter != 300 {
		t.Errorf("kmeans %+v", a)
	}
	if s.Cells[8].Choice == nil || s.Cells[8].Choice.Value != 0.9 || s.Cells[8].Algorithm.(*cluster.DBSCAN).MinSamples != 10 {
		t.Errorf("dbscan %+v", s.Cells[8])
	}
	m, err := sp.Mapping()
	if err != nil {
		t.Fatal(err)
	}
	from, to, asOf, _ := sp.Window()
	// Midnight in Berlin, in winter and in summer time.
	if m.Columns["amount"] != "Total" || m.Kinds["refund"] != "return" || from.UTC().Format("2006-01-02 15") != "2023-12-31 23" ||
		to.UTC().Format("2006-01-02 15") != "2024-12-31 23" || asOf.UTC().Format("2006-01-02 15") != "2024-09-30 22" {
		t.Errorf("mapping %+v, %v to %v, as of %v", m, from, to, asOf)
	}
}

func TestSpecRoundTrip(t *testing.T) {
	sp, err := study.Parse([]byte(specText), "study.toml")
	if err != nil {
		t.Fatal(err)
	}
	text := sp.Write()
	again, err := study.Parse(text, "study.toml")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if string(again.Write()) != string(text) || !reflect.DeepEqual(again.Data, sp.Data) || !reflect.DeepEqual(again.Features, sp.Features) ||
		!reflect.DeepEqual(again.Algorithms, sp.Algorithms) || !reflect.DeepEqual(again.Budget, sp.Budget) || again.Seed != sp.Seed {
		t.Errorf("comes back as\n%s", again.Write())
	}
}

// TestDefaultStudyAsAFile: the default study, written down and read again, is the
// same plan.
func TestDefaultStudyAsAFile(t *testing.T) {
	log := shop(t)
	s, err := study.Default(log)
	if err != nil {
		t.Fatal(err)
	}
	sp, err := s.Spec()
	if err != nil {
		t.Fatal(err)
	}
	text := sp.Write()
	back, err := study.Parse(text, "study.toml")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	s2, err := back.Study()
	if err != nil {
		t.Fatal(err)
	}
	s2.Log = log
	a, _, err := s.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := s2.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("plans differ:\n%s\n%s\n%s", a, b, text)
	}
	if n := strings.Count(string(text), "[[algorithm]]"); n != 6 { // eom and leaf are two
		t.Errorf("%d algorithm tables:\n%s", n, text)
	}
}

func TestSpecMistakes(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		line           int
		want           string
	}{
		{"top key", "seeds = 3", "sedes = 3", 4, `unknown key "sedes"; did you mean "seeds"?`},
		{"table key", "zone =", "zoen =", 15, `unknown key "zoen" in [data]; did you mean "zone"?`},
		{"column", `amount = "Total"`, `amout = "Total"`, 13, `unknown key "amout" in data.columns; did you mean "amount"?`},
		{"extractor", `"rfm+interpurchase"`, `"rfm+interpurchse"`, 20, `no extractor named "interpurchse"; did you mean "interpurchase"?`},
		{"algorithm", `"hierarchical"`, `"hierachical"`, 30, `no algorithm named "hierachical"; did you mean "hierarchical"?`},
		{"option", "linkage =", "linkge =", 31, `hierarchical: unknown key "linkge"; did you mean "linkage"?`},
		{"second option", "min_samples = 10", "min_sample = 10", 37, `dbscan: unknown key "min_sample"; did you mean "min_samples"?`},
		{"type", "n_init = 4", `n_init = "four"`, 27, "n_init"},
		{"metric", `"davies_bouldin"`, `"davis_bouldin"`, 6, `did you mean "davies_bouldin"?`},
		{"scale", `"zscore"`, `"zscor"`, 5, `no scale named "zscor"; did you mean "zscore"?`},
		{"noise", `"exclude"`, `"exlude"`, 7, `did you mean "exclude"?`},
		{"zone", "Europe/Berlin", "Europe/Berlln", 15, "IANA"},
		{"date", `"2024-10-01"`, `"1.10.2024"`, 21, "2025-01-31"},
		{"window", `["2024-01-01", "2025-01-01"]`, `["2024-01-01"]`, 17, "[from, to]"},
		{"memory", `"2GB"`, `"lots"`, 40, "8GB"},
		{"time", `"5m"`, `"soon"`, 41, "90s"},
		{"kind", `"return"`, `"retrun"`, 16, `did you mean "return"?`},
		{"seed inside", "n_init = 4", "random_state = 4", 27, "belongs to the study"},
		{"syntax", "seeds = 3", "seeds = ", 4, ""},
		{"schema", "schema = 1", "schema = 2", 1, "newer mores"},
		{"both", `kind = "events"`, `name = "cdnow"`, 11, "give one of them"},
		{"empty list", "n_clusters = [2, 3, 5]", "n_clusters = []", 26, "no values"},
		{"core", "core = [0.5, 0.9]", `core = ["x"]`, 36, "want a number"},
		{"name of algorithm", `name = "dbscan"`, `nmae = "dbscan"`, 34, "needs a name"},
	} {
		text := strings.Replace(specText, c.from, c.to, 1)
		if text == specText {
			t.Fatalf("%s: nothing was replaced", c.name)
		}
		_, err := study.Parse([]byte(text), "study.toml")
		var se *study.SpecError
		if !errors.As(err, &se) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if se.Line != c.line || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: line %d, want %d: %v (want %q)", c.name, se.Line, c.line, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(specText))
	f.Add([]byte("[[algorithm]]\nname='kmeans'\nn_clusters=[[2]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sp, err := study.Parse(data, "x.toml")
		if err != nil {
			return
		}
		if _, err := study.Parse(sp.Write(), "y.toml"); err != nil {
			t.Fatalf("what was parsed cannot be written: %v\n%s", err, sp.Write())
		}
	})
}
