package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/check"
)

// media are the front ends that write one stream.
var media = map[string]func(io.Writer, *Report) error{
	"report.html":  HTML,
	"report.md":    Markdown,
	"tables.tex":   LaTeX,
	"report.pdf":   PDF,
	"slide.pdf":    Slide,
	"ranking.csv":  func(w io.Writer, r *Report) error { return CSV(w, r, CSVOptions{}) },
	"terminal.txt": func(w io.Writer, r *Report) error { return Terminal(w, r, 100, false) },
	"colour.txt":   func(w io.Writer, r *Report) error { return Terminal(w, r, 0, true) },
}

func render(t testing.TB, name string, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := media[name](&b, r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.Bytes()
}

// TestLook writes every medium into $MORES_LOOK, for people to look at.
func TestLook(t *testing.T) {
	dir := os.Getenv("MORES_LOOK")
	if dir == "" {
		t.Skip("MORES_LOOK names no folder: nobody looks")
	}
	r := made{n: 3000, noise: true}.report(t, Options{Dir: "studies/spring", Version: "1.0.0"})
	for name := range media {
		if err := os.WriteFile(filepath.Join(dir, name), render(t, name, r), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := WriteIDs(filepath.Join(dir, "ids"), r, CSVOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestGolden(t *testing.T) {
	r := made{n: 400, noise: true}.report(t, Options{Dir: "studies/spring", Version: "1.0.0"})
	for _, name := range []string{"report.md", "terminal.txt", "tables.tex", "ranking.csv"} {
		out := render(t, name, r)
		out = bytes.ReplaceAll(out, []byte(runtime.Version()), []byte("go"))
		out = bytes.ReplaceAll(out, []byte(runtime.GOOS+"/"+runtime.GOARCH), []byte("os/arch"))
		check.Golden(t, name, out)
	}
}

// TestGoldenJudged is the same of a judged study, in the media where words are read.
func TestGoldenJudged(t *testing.T) {
	r := made{n: 400, judged: true}.report(t, Options{Dir: "studies/spring", Version: "1.0.0"})
	for _, name := range []string{"report.md", "terminal.txt"} {
		out := render(t, name, r)
		out = bytes.ReplaceAll(out, []byte(runtime.Version()), []byte("go"))
		out = bytes.ReplaceAll(out, []byte(runtime.GOOS+"/"+runtime.GOARCH), []byte("os/arch"))
		check.Golden(t, "judged-"+name, out)
	}
}

func TestSameReportSameBytes(t *testing.T) {
	m := made{n: 300, noise: true, judged: true}
	a, b := m.report(t, Options{}), m.report(t, Options{})
	for name := range media {
		if !bytes.Equal(render(t, name, a), render(t, name, b)) {
			t.Errorf("%s differs between two reports of one study", name)
		}
	}
}

// TestNumbersAreTheJournals reads the printed tables back and compares them with
// what the journal and the labels say, counted here by hand.
func TestNumbersAreTheJournals(t *testing.T) {
	r := made{n: 1000, noise: true}.report(t, Options{})
	if r.Shown.Start.Set != "rfm" || r.Shown.Done.NClusters != 4 {
		t.Fatalf("shown is %s on %s, want the kmeans with 4 segments, which has the highest scores", r.Shown.Start.Params, r.Shown.Start.Set)
	}
	sizes, sums, total := make([]int, 4), make([]float64, 4), 0.0
	for i, l := range r.Data.Labels {
		sizes[l]++
		sums[l] += r.Set.Value[i]
		total += r.Set.Value[i]
	}
	for s, row := range r.Segments.Rows {
		for j, want := range map[int]string{2: count(sizes[s]), 3: percent(float64(sizes[s]) / 1000), 4: money(sums[s], "GBP"), 5: percent(sums[s] / total)} {
			if got := row.Cells[j].Text; got != want {
				t.Errorf("segment %d, %s: %q, want %q", s+1, r.Segments.Cols[j].Name, got, want)
			}
		}
	}
	// The profile's means.
	var profile *Table
	for _, x := range r.Tables() {
		if x.Name == "profile" {
			profile = x
		}
	}
	for j := range r.Set.Raw.Cols {
		for s := range 4 {
			sum := 0.0
			for i, l := range r.Data.Labels {
				if int(l) == s {
					sum += r.Set.Raw.Row(i)[j]
				}
			}
			var got float64
			if _, err := fmt.Sscan(profile.Rows[j].Cells[2+s].Exact, &got); err != nil {
				t.Fatal(err)
			}
			check.Close(t, fmt.Sprintf("mean of %s in segment %d", r.Set.Raw.Cols[j].Name, s+1), got, sum/float64(sizes[s]), 1e-12)
		}
	}
	// Every ranked row: the mean over its seeds (made: v and v + 0.001).
	csv := string(render(t, "ranking.csv", r))
	for _, want := range []string{"kmeans k=4", "0.4315,0.431,0.432", "0.3915,0.391,0.392", "one cluster"} {
		if !strings.Contains(csv, want) {
			t.Errorf("ranking.csv lacks %q", want)
		}
	}
	for _, row := range r.Rankings[0].Rows {
		if row.Cells[1].Text == "kmeans k=4" {
			if got := row.Cells[3]; got.Text != "0.431"+nb+"±"+nb+"0.001" && got.Text != "0.432"+nb+"±"+nb+"0.001" || got.Mark != "★" || !row.Strong {
				t.Errorf("kmeans k=4 is printed as %+v", got)
			}
		}
	}
}

func TestNothingUndefinedIsPrintedAsNumber(t *testing.T) {
	for _, m := range []made{{n: 300}, {n: 300, bare: true}, {n: 300, noise: true, bare: true}, {n: 300, judged: true}} {
		r := m.report(t, Options{Dir: "x"})
		for _, name := range []string{"report.html", "report.md", "tables.tex", "ranking.csv", "terminal.txt"} {
			out := string(render(t, name, r))
			for _, bad := range []string{"NaN", "+Inf", "-Inf", "%!", "<nil>"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s of %+v prints %s", name, m, bad)
				}
			}
		}
		for _, c := range r.Cards {
			if m.bare && (c.Value != nil || c.Silhouette != nil) {
				t.Errorf("segment %d has a value or a silhouette that nobody gave", c.Segment)
			}
		}
	}
}

func TestStudiesWithoutSegments(t *testing.T) {
	empty := study.NewMemory()
	running := study.NewMemory()
	for _, e := range []study.Event{
		{Event: study.StudyStart, Study: "s", Total: 3, Metrics: []string{"silhouette"}, Sets: []study.Brief{{Name: "rfm", Scale: "block"}}},
		{Event: study.RunStart, Run: "a", Cell: 1, Algorithm: "kmeans", Set: "rfm", Scale: "block"},
		{Event: study.RunStart, Run: "b", Cell: 2, Algorithm: "kmeans", Set: "rfm", Scale: "block"},
		{Event: study.RunFailed, Run: "b", Reason: "no memory"},
	} {
		if err := running.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	for name, m := range map[string]*study.Memory{"empty": empty, "running": running} {
		r, err := Build(context.Background(), m, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Found || r.Shown != nil || r.Verdict[0] != "No run has finished: nothing can be said yet" {
			t.Errorf("%s: verdict %q", name, r.Verdict)
		}
		for medium := range media {
			if len(render(t, medium, r)) == 0 {
				t.Errorf("%s: %s is empty", name, medium)
			}
		}
		if _, err := WriteIDs(t.TempDir(), r, CSVOptions{}); err == nil {
			t.Errorf("%s: ids were written of no run", name)
		}
	}
	md := string(func() []byte {
		r, _ := Build(context.Background(), running, Options{})
		return render(t, "report.md", r)
	}())
	if !strings.Contains(md, "no memory") || !strings.Contains(md, "1 run not finished") {
		t.Error("the report of a running study does not say what failed and what is missing")
	}
}

func TestBuildRefuses(t *testing.T) {
	m := made{n: 100}.study(t)
	for run, want := range map[string]string{"beef": `no run "beef"`, fmt.Sprintf("%016x", 11): "is failed"} {
		if _, err := Build(context.Background(), m, Options{Run: run}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("run %s: error %v, want one with %q", run, err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, m, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}

func TestAnotherRunIsSaidToBeAnother(t *testing.T) {
	m := made{n: 200}.study(t)
	r, err := Build(context.Background(), m, Options{Run: fmt.Sprintf("%016x", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cards) != 2 || !strings.Contains(strings.Join(r.Cautions, " "), "as was asked for") {
		t.Errorf("%d cards, cautions %q: want two segments and the hint that the verdict names another run", len(r.Cards), r.Cautions)
	}
}

func TestSegmentColoursAreTheFigures(t *testing.T) {
	for s := 1; s <= figure.NumColours; s++ {
		if got := segmentColours(figure.NumColours)[colour(s)]; got != s {
			t.Errorf("colour of segment %d belongs to %d", s, got)
		}
	}
	// Two greys are the same colour: nothing is linked by them.
	if got := segmentColours(figure.NumColours + 2)[colour(figure.NumColours+1)]; got != 0 {
		t.Errorf("the grey of segments beyond the palette links to segment %d", got)
	}
}
