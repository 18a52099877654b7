package report

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
)

// judge puts what a judgement says into the journal of a made study: two behaviours at
// two dates, a third that could not be foretold. All figures are chosen by the test.
func (m made) judge(put func(study.Event)) {
	id := func(n int) string { return fmt.Sprintf("%016x", n) }
	versus := func(out, rfm float64) []eval.Versus {
		one := func(name string, role eval.Role, value float64) eval.Versus {
			return eval.Versus{Baseline: name, Role: role, Value: ptr(value), Difference: ptr(out - value), Lo: ptr(out - value - 0.02), Hi: ptr(out - value + 0.02)}
		}
		return []eval.Versus{
			one("RFM k-means", eval.RoleEqualK, rfm), one("expected value", eval.RoleEqualK, rfm-0.05), one("all of rfm+timing", eval.RoleCeiling, 0.31),
			one("RFM quintiles", eval.RoleQuintiles, rfm-0.01), one("chance", eval.RoleChance, -0.002),
		}
	}
	standing := func(run int, name string, k int, out, rfm float64, in bool) eval.Standing {
		return eval.Standing{
			Name: name, Run: id(run), Role: eval.RoleSegments, K: k, Ks: [2]int{k, k}, Inside: ptr(out + 0.03), Outside: ptr(out),
			Lo: ptr(out - 0.02), Hi: ptr(out + 0.02), In: in, Versus: versus(out, rfm),
		}
	}
	var contests []eval.Contest
	for _, c := range []struct{ origin, until string }{{"2011-09-11", "2011-12-10"}, {"2011-06-13", "2011-09-11"}} {
		for _, t := range []struct {
			name, method, measure string
			rfm, gain             float64
		}{{"spend", "value", "R² of log1p spend", 0.20, 0.04}, {"purchase_hour", "when", "D² (log loss)", 0.01, 0.01}} {
			rfm := t.rfm
			contests = append(contests, eval.Contest{
				Origin: c.origin, Until: c.until, Target: t.name, Method: t.method, Measure: t.measure, Doc: t.name + m.name, Population: m.n, Customers: m.n, Alpha: 0.05,
				Standings: []eval.Standing{
					standing(7, "kmeans k=8", 8, rfm+t.gain+0.01, rfm, true),
					standing(5, "kmeans k=4"+m.name, 4, rfm+t.gain, rfm, true),
					standing(3, "kmeans k=3", 3, rfm-0.05, rfm-0.02, false),
					{Name: "RFM k-means, 4 groups", Role: eval.RoleEqualK, K: 4, Inside: ptr(rfm + 0.01), Outside: ptr(rfm)},
					{Name: "all of rfm+timing", Role: eval.RoleCeiling, Inside: ptr(0.4), Outside: ptr(0.31)},
					{Name: "rfm", Role: eval.RoleBlock, K: 5, Outside: ptr(rfm), Lo: ptr(rfm - 0.02), Hi: ptr(rfm + 0.02), Versus: versus(rfm, rfm-0.03)[:2]},
					{Name: "RFM k-means, 5 groups", Role: eval.RoleEqualK, K: 5, Outside: ptr(rfm - 0.03)},
					{Name: "hierarchical k=4", Run: id(11), Role: eval.RoleSegments, Reason: "needs 145.7 GB" + m.name},
				},
				Set: []string{id(7), id(5)},
				Picked: []eval.Pick{
					{Half: "A", Name: "kmeans k=8", Run: id(7), K: 8, Inside: ptr(rfm + 0.07), Outside: ptr(rfm + 0.02), Best: ptr(rfm + 0.05), Regret: ptr(0.03), Set: []string{id(7), id(5)}},
					{Half: "B", Name: "kmeans k=4", Run: id(5), K: 4, Inside: ptr(rfm + 0.05), Outside: ptr(rfm + 0.04), Best: ptr(rfm + 0.05), Regret: ptr(0.01), Set: []string{id(5)}},
				},
				Nested: &eval.Nested{Value: ptr(rfm + 0.03), Lo: ptr(rfm), Hi: ptr(rfm + 0.06)},
			})
		}
		contests = append(contests, eval.Contest{Origin: c.origin, Until: c.until, Target: "returns", Method: "returns", Reason: "nobody returned anything" + m.name})
	}
	null := func(name string, p float64, decided bool) eval.NullResult {
		n := eval.NullResult{Name: name, Doc: name + ": no groups" + m.name, P: 1, Cell: -1, Reason: "not looked at: cohort was not beaten, which decides"}
		if decided {
			n = eval.NullResult{Name: name, Doc: name + ": no groups", P: p, Decided: true, Beaten: p <= 0.02, Draws: 99, Exceeded: int(100 * p), Rating: 0.41, Expected: 0.35, SD: 0.02, Cells: 9, Rows: 400}
		}
		return n
	}
	for _, s := range []string{"rfm", "rfm+timing"} {
		p, natural := 0.31, s == "rfm+timing"
		if natural {
			p = 0.01
		}
		r := &eval.Structure{P: p, Alpha: 0.02, Natural: natural, Rows: 400, Nulls: []eval.NullResult{null("cohort", p, true), null("copula", p, natural)}}
		r.Tendency = &eval.Tendency{Rows: 400, Says: []string{"Hopkins .83 (evenly spread would be .5, mostly .43 to .57): tells of unevenness" + m.name + ".", "None of this votes on whether there are groups."}}
		put(study.Event{Event: study.StructureEv, Set: s, Scale: "block", Structure: r})
	}
	e := study.Event{Event: study.HoldoutEv, Contests: contests, Blocks: eval.NewBlockMatrix(contests, 5)}
	v := &verdict.Verdict{
		Run: id(5), Name: "kmeans k=4", Set: "rfm", Scale: "block", Algorithm: "kmeans", K: 4, Class: verdict.Reproducible, P: ptr(0.31), Null: "cohort",
		Goal: "value", By: "hold-out", Target: "spend", Origins: []string{"2011-09-11", "2011-06-13"}, Tied: []string{id(5), id(7)}, Shaky: []int{3}, Passed: 9,
		Customers: m.n + 40, Clustered: m.n, Compared: []string{id(1), id(3), id(5)},
		Sentences: []string{
			"Use 4 segments (kmeans on rfm" + m.name + ").", "Reproducible, not natural groups (p = .31): simulated customers look as grouped.",
			"Spend in the next 90 days: better than RFM with as many segments (R² .24, RFM .20).", "Hour of the next purchase: no better than RFM with as many segments (D² .02, RFM .01).",
			"Three of four stable; Segment 4 is not.", "Covers 91 % of customers; shown apart: 9 % with one purchase day (3 % of revenue).",
		},
		Foretells: []verdict.Foretells{
			{Target: "spend", Method: "value", Measure: "R² of log1p spend", Days: 90, Outside: 0.24, Inside: ptr(0.27), Lo: ptr(0.22), Hi: ptr(0.26), RFM: ptr(0.20), Ceiling: ptr(0.31), Against: "better"},
			{Target: "purchase_hour", Method: "when", Measure: "D² (log loss)", Days: 90, Outside: 0.02, Inside: ptr(0.05), RFM: ptr(0.01), Against: "same"},
		},
		Topics: []string{"use", "groups", "foretells", "foretells", "stability", "covers"},
		Notes:  []string{"No goal was stated, so value stands in." + m.name},
		Indices: &eval.Picked{
			Votes: []eval.Tally{{Family: "compact", Cast: 2, Winners: []int{2}, Abstained: []eval.Abstention{{Voter: "xie_beni", Reason: "rates 0 of 3: xie_beni was not computed, or is undefined"}}}},
			K: []eval.KRule{
				{Rule: "dbcv", Family: "density", How: "largest", Index: -1, Reason: "the largest number tried is its best"},
				{Rule: "silhouette", Family: "compact", How: "largest", K: 4, Index: 2, Value: 0.431},
			},
		},
	}
	for i, j := range []float64{0.94, 0.91, 0.88, 0.58} {
		g := verdict.Segment{Jaccard: j, Null: 0.2, Gain: (j - 0.2) / 0.8, Reading: eval.Stable, Lo: ptr(j - 0.03), Hi: ptr(j + 0.03), Refits: 50, Dissolved: i}
		if i == 3 {
			g.Reading = eval.Unstable
		}
		v.Segments = append(v.Segments, g)
	}
	put(study.Event{Event: study.ScoreEvent, Run: id(5), Metric: "stability", Value: ptr(0.83), Lo: ptr(0.80), Hi: ptr(0.86)})
	put(study.Event{Event: study.ScoreEvent, Run: id(3), Metric: "stability", Value: ptr(0.76), Segments: []verdict.Segment{
		{Jaccard: 0.92, Null: 0.35, Gain: 0.88, Reading: eval.Stable, Lo: ptr(0.9), Hi: ptr(0.94), Refits: 50},
		{Jaccard: 0.80, Null: 0.3, Gain: 0.71, Reading: eval.Doubtful, Lo: ptr(0.77), Hi: ptr(0.83), Refits: 50, Dissolved: 2},
		{Jaccard: 0.56, Null: 0.12, Gain: 0.5, Reading: eval.Unstable, Lo: ptr(0.5), Hi: ptr(0.62), Refits: 50, Dissolved: 21},
	}})
	put(study.Event{Event: study.ScoreEvent, Run: id(5), Metric: "seed_ari", Reason: "seed_ari: the algorithm has no start to vary" + m.name})
	if m.alone {
		e.Contests, e.Blocks, e.Reason = nil, nil, "a table tells nothing of what came afterwards"
		v.By, v.Target, v.Indices, v.Foretells = "indices", "", nil, nil
	}
	put(e)
	put(study.Event{Event: study.VerdictEv, Verdict: v})
}

// TestFirstScreenComesFirst: what a reader needs stands before anything else, in every
// medium.
func TestFirstScreenComesFirst(t *testing.T) {
	r := made{n: 400, judged: true}.report(t, Options{Dir: "studies/spring"})
	for _, name := range []string{"terminal.txt", "report.md", "report.html"} {
		out := string(render(t, name, r))
		if !utf8.ValidString(out) {
			t.Errorf("%s is not UTF-8", name)
		}
		if _, body, ok := strings.Cut(out, "<main>"); ok {
			out = body
		}
		last := -1
		for _, want := range []string{"Use 4 segments", "reproducible", "Reproducible, not natural groups", "better than RFM", "Three of four stable", "Covers 91 % of customers"} {
			at := strings.Index(out, want)
			if at <= last {
				t.Errorf("%s: %q stands at %d, after %d is wanted", name, want, at, last)
			}
			last = at
		}
		if at := strings.Index(out, "Segments of kmeans k=4"); at < last {
			t.Errorf("%s: the segments stand before the end of the first screen", name)
		}
	}
}

// TestInsideAndOutsideSideBySide: optimism is visible, in adjoining columns.
func TestInsideAndOutsideSideBySide(t *testing.T) {
	r := made{n: 300, judged: true}.report(t, Options{})
	for _, x := range r.Tables() {
		if x.Name != "forecast" {
			continue
		}
		if x.Cols[2].Name != "learned from" || x.Cols[3].Name != "others" {
			t.Fatalf("columns %+v", x.Cols)
		}
		for _, row := range x.Rows {
			if row.Strong {
				if in, out := row.Cells[2], row.Cells[3]; in.Text != "0.270" || out.Text != "0.240" || out.Mark != "~" {
					t.Errorf("spend is printed as %v and %v, want 0.270 and ~ 0.240", in, out)
				}
				if last := row.Cells[len(row.Cells)-1].Text; last != "better (+0.020 to +0.060)" {
					t.Errorf("against RFM: %q", last)
				}
			}
		}
		return
	}
	t.Error("nothing says what was foretold")
}

// TestNothingHeldOutIsSaid: an empty hold-out is a sentence, not a missing section.
func TestNothingHeldOutIsSaid(t *testing.T) {
	r := made{n: 300, judged: true, alone: true}.report(t, Options{})
	for _, name := range []string{"report.html", "report.md"} {
		out := string(render(t, name, r))
		for _, want := range []string{"What the segments foretell", "a table tells nothing of what came afterwards", "No rule for the number of segments could be asked"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
}

// TestNoRecommendation: where the verdict recommends nothing, the segments that are
// shown are said to be for looking at.
func TestNoRecommendation(t *testing.T) {
	mem := made{n: 200}.study(t)
	if err := mem.Append(study.Event{Event: study.VerdictEv, Verdict: &verdict.Verdict{Sentences: []string{"Use none of these: no segmentation passes the gates."}, Goal: "value"}}); err != nil {
		t.Fatal(err)
	}
	r, err := Build(context.Background(), mem, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Found || r.First == nil || r.First.Class != "" || !strings.Contains(strings.Join(r.Cautions, " "), "the verdict recommends none") {
		t.Errorf("found %v, cautions %q", r.Found, r.Cautions)
	}
	for name := range media {
		if len(render(t, name, r)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
