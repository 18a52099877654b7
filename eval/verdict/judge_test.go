package verdict

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval"
)

func ptr(x float64) *float64 { return &x }

// run is a candidate of 1,000 customers in segments of those sizes.
func run(id string, sizes ...int) Run {
	r := Run{ID: id, Name: "kmeans " + id, Set: "volume+timing", Scale: "block", Algorithm: "kmeans", K: len(sizes), Sizes: sizes, Stands: true, N: 1000}
	r.Noise = r.N
	for _, n := range sizes {
		r.Noise -= n
	}
	return r
}

// standing is a run's place: what it reaches, what RFM with as many segments does, and the
// interval of the difference.
func standing(id string, outside float64, in bool, rfm, lo, hi float64) eval.Standing {
	return eval.Standing{
		Name: id, Run: id, Role: eval.RoleSegments, Inside: ptr(outside + .01), Outside: ptr(outside), Lo: ptr(outside - .02), Hi: ptr(outside + .02), In: in,
		Versus: []eval.Versus{{Baseline: "RFM k-means", Role: eval.RoleEqualK, Value: ptr(rfm), Difference: ptr(outside - rfm), Lo: ptr(lo), Hi: ptr(hi)}},
	}
}

func contest(origin, target, method string, s ...eval.Standing) eval.Contest {
	return eval.Contest{Origin: origin, Until: map[string]string{"2026-03-01": "2026-06-01", "2026-06-01": "2026-08-30"}[origin], Target: target, Method: method, Measure: "R² of log1p", Customers: 1000, Standings: s}
}

// readings fills in stability: one reading a segment.
func readings(of map[string]string) Look {
	return func(_ context.Context, r *Run) error {
		for _, c := range of[r.ID] {
			s := Segment{Jaccard: .9, Null: .3, Gain: .86, Reading: eval.Stable}
			switch c {
			case 'd':
				s = Segment{Jaccard: .75, Null: .3, Gain: .64, Reading: eval.Doubtful}
			case 'u':
				s = Segment{Jaccard: .4, Null: .3, Gain: .14, Reading: eval.Unstable}
			}
			r.Stability = append(r.Stability, s)
		}
		return nil
	}
}

// shop is a study with three candidates: a and b cannot be told apart on both dates, c
// only on the earlier one; d has a segment of 5 customers, e puts everybody into one.
func shop() *Input {
	return &Input{
		Customers: 2439,
		Sets:      []Set{{Name: "volume+timing", Scale: "block", Clustered: 1000, Strata: []Stratum{{Words: "one purchase day", Customers: 1439, ValueShare: ptr(.2)}}}},
		Runs: []Run{
			run("a", 300, 250, 200, 150, 60, 40), run("b", 300, 300, 200, 150, 50), run("c", 600, 400),
			run("d", 600, 395, 5), run("e", 980, 20),
		},
		Structures: []SetStructure{{"volume+timing", "block", &eval.Structure{
			P: .31, Reason: "data without groups look as grouped", Nulls: []eval.NullResult{{Name: "cohort", P: .31, Decided: true}},
		}}},
		Contests: []eval.Contest{
			contest("2026-03-01", "spend", "value", standing("a", .11, true, .1, -.01, .02), standing("b", .1, true, .1, -.02, .02), standing("c", .1, true, .1, -.02, .02), standing("d", .2, true, .1, .05, .2)),
			contest("2026-06-01", "spend", "value", standing("a", .1, true, .1, -.02, .02), standing("b", .09, true, .1, -.03, .01), standing("c", .02, false, .08, -.09, -.03), standing("d", .2, true, .1, .05, .2)),
			contest("2026-06-01", "purchase_hour", "when", standing("b", .09, true, 0, .05, .13), standing("a", .08, true, 0, .04, .12)),
		},
	}
}

func TestJudge(t *testing.T) {
	in := shop()
	in.Runs[1].Names = []string{"", "", "", "", "Gifters"}
	v, err := Judge(t.Context(), in, readings(map[string]string{"b": "ssssu"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Use 5 segments (kmeans on volume+timing).",
		"Reproducible, not natural groups (p = .31): customers simulated from a model of buying that knows no groups look as grouped.",
		"Spend in the next 90 days: no better than RFM with as many segments (R² .09, RFM .10).",
		"Hour of the next purchase: better than RFM with as many segments (R² .09, RFM 0).",
		"Four of five stable; Segment 5 ‘Gifters’ is not.",
		"Covers 41 % of customers; shown apart: 59 % with one purchase day (20 % of revenue).",
	}
	if !slices.Equal(v.Sentences, want) {
		t.Errorf("the first screen is\n%s\nwant\n%s", strings.Join(v.Sentences, "\n"), strings.Join(want, "\n"))
	}
	if v.Run != "b" || v.Class != Reproducible || !slices.Equal(v.Tied, []string{"b", "a"}) || !slices.Equal(v.Shaky, []int{4}) {
		t.Errorf("run %s, class %s, tied %v, shaky %v", v.Run, v.Class, v.Tied, v.Shaky)
	}
	if v.Passed != 3 || v.Gates["a segment too small to address"] != 1 || v.Gates["nearly all in one segment"] != 1 {
		t.Errorf("%d pass; %v", v.Passed, v.Gates)
	}
	for _, part := range []string{"No goal was stated, so value stands in", "spend afterwards after 1 March 2026 and 1 June 2026", "2 of 3 segmentations", "on others: .09"} {
		if !strings.Contains(strings.Join(v.Notes, "\n"), part) {
			t.Errorf("the notes do not say %q:\n%s", part, strings.Join(v.Notes, "\n"))
		}
	}
}

func TestJudgeSteps(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Input)
		stable map[string]string
		run    string
		class  Class
		says   string
	}{
		{name: "the tied one that comes back", stable: map[string]string{"b": "uuuus", "a": "ssssss"}, run: "a", class: Reproducible, says: "All six segments are stable."},
		{name: "none comes back", stable: map[string]string{"b": "uuuuu", "a": "uuuuuu"}, run: "b", class: Constructive, says: "Constructive groups (p = .31)"},
		{name: "doubtful is not shaky enough to pass over", stable: map[string]string{"b": "ddddd"}, run: "b", class: Reproducible, says: "None of the segments is stable, but none is lost"},
		{name: "natural", change: func(in *Input) {
			in.Structures[0].Result = &eval.Structure{P: .01, Natural: true, Nulls: []eval.NullResult{{Name: "cohort", P: .01, Decided: true, Beaten: true}}}
		}, stable: map[string]string{"b": "sssss"}, run: "b", class: Natural, says: "Natural groups: no data without groups look like this (p = .01)"},
		{name: "a structure that these segments do not follow", change: func(in *Input) {
			in.Structures[0].Result = &eval.Structure{P: .01, Natural: true, Nulls: []eval.NullResult{{Name: "cohort", P: .01, Decided: true, Beaten: true}}}
		}, stable: map[string]string{"b": "ddddd"}, run: "b", class: Reproducible, says: "too few of these segments come back exactly"},
		{name: "a goal", change: func(in *Input) { in.Goal = "when" }, stable: map[string]string{"b": "sssss"}, run: "b", class: Reproducible, says: "better than RFM"},
		{name: "ahead alone", change: func(in *Input) {
			for i := range in.Contests {
				for j := range in.Contests[i].Standings {
					s := &in.Contests[i].Standings[j]
					s.In = s.Run == "a"
				}
			}
		}, stable: map[string]string{"a": "ssssss"}, run: "a", class: Reproducible},
		{name: "nothing held out", change: func(in *Input) {
			in.Contests, in.Why = nil, "a table tells nothing of what came afterwards"
			in.Fallback, in.Because = []string{"c", "a"}, []string{"Two families of methods find it."}
		}, stable: map[string]string{"c": "ss"}, run: "c", class: Reproducible, says: "What they foretell is not known: a table tells nothing of what came afterwards."},
		{name: "nothing passes", change: func(in *Input) { in.Runs = in.Runs[3:] }, run: "", says: "Use none of these: no segmentation of the 2,439 customers passes the gates."},
		{name: "nothing tested", change: func(in *Input) { in.Structures = nil }, stable: map[string]string{"b": "sssss"}, run: "b", class: Reproducible, says: "whether they are natural was not tested"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := shop()
			if c.change != nil {
				c.change(in)
			}
			v, err := Judge(t.Context(), in, readings(c.stable))
			if err != nil {
				t.Fatal(err)
			}
			if v.Run != c.run || v.Class != c.class {
				t.Errorf("run %q of class %q; want %q of %q", v.Run, v.Class, c.run, c.class)
			}
			if all := strings.Join(v.Sentences, "\n"); !strings.Contains(all, c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, all)
			}
		})
	}
}

// The order in which runs, contests and standings come changes nothing.
func TestJudgeOrder(t *testing.T) {
	look := readings(map[string]string{"a": "ssssss", "b": "sssss", "c": "ss"})
	want, err := Judge(t.Context(), shop(), look)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		in := shop()
		rng.Shuffle(len(in.Runs), func(i, j int) { in.Runs[i], in.Runs[j] = in.Runs[j], in.Runs[i] })
		rng.Shuffle(len(in.Contests), func(i, j int) { in.Contests[i], in.Contests[j] = in.Contests[j], in.Contests[i] })
		for _, c := range in.Contests {
			rng.Shuffle(len(c.Standings), func(i, j int) { c.Standings[i], c.Standings[j] = c.Standings[j], c.Standings[i] })
		}
		got, err := Judge(t.Context(), in, look)
		if err != nil || got.Run != want.Run || !slices.Equal(got.Sentences, want.Sentences) {
			t.Fatalf("%s, %v\n%s", got.Run, err, strings.Join(got.Sentences, "\n"))
		}
	}
}

// Rules that people stated come back in every sample: that makes no groups of them.
func TestGivenSegmentsAreNoFinding(t *testing.T) {
	in := shop()
	in.Structures[0].Result.Natural = true
	for i := range in.Runs {
		in.Runs[i].Given = true
	}
	v, err := Judge(t.Context(), in, readings(map[string]string{"b": "sssss"}))
	if err != nil {
		t.Fatal(err)
	}
	if v.Class != Constructive || !strings.Contains(v.Sentences[1], "stated, not found") {
		t.Errorf("%s: %q", v.Class, v.Sentences)
	}
}

// What was asked of a sample only is said in plain words, with or without a choice.
func TestJudgedOnASample(t *testing.T) {
	for _, in := range []*Input{{}, shop()} {
		in.Drawn, in.DrawnOf = 20034, 399555
		v, err := Judge(context.Background(), in, readings(map[string]string{"b": "ssssu"}))
		if err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(v.Notes, "\n"); !strings.Contains(s, "Judged on a random sample, 20,034 of the 399,555 customers") {
			t.Errorf("the notes are %s", s)
		}
	}
}

// What could not be made again at an earlier date is not beaten: it was not compared, and
// the reason is said.
func TestNotCompared(t *testing.T) {
	in := shop()
	for i := range in.Contests {
		for k := range in.Contests[i].Standings {
			if s := &in.Contests[i].Standings[k]; s.Run == "a" {
				s.Outside, s.Reason = nil, "learning on half A: it was made elsewhere"
			}
		}
	}
	v, err := Judge(t.Context(), in, readings(map[string]string{"b": "sssss"}))
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(v.Notes, "\n")
	if v.Run == "a" || v.Gates[notCompared] != 1 || !strings.Contains(notes, "kmeans a was not compared: learning on half A: it was made elsewhere.") || !strings.Contains(notes, "1 has no figure in the test") {
		t.Errorf("chosen %q, gates %v\n%s", v.Run, v.Gates, notes)
	}
}
