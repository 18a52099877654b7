package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// ruleBlobs are k groups of equal size, 10 standard deviations apart in columns 1 and 3;
// the others are noise. The groups stand in a square, so that each is a box of two
// one-sided conditions (k = 4) or fewer.
func ruleBlobs(n, d, k int) (*features.Matrix, []int32) {
	rng := rand.New(rand.NewPCG(3, 5))
	at := [][2]float64{{0, 0}, {10, 0}, {0, 10}, {10, 10}}
	m := features.NewMatrix(n, ruleColumnsOf(d), nil)
	labels := make([]int32, n)
	for i := range n {
		g := i % k
		labels[i] = int32(g)
		for j := range d {
			v := rng.NormFloat64()
			switch j {
			case 1:
				v += at[g%4][0]
			case 3:
				v += at[g%4][1]
			}
			m.Row(i)[j] = v
		}
	}
	return m, labels
}

func ruleColumnsOf(d int) []features.Column {
	cols := make([]features.Column, d)
	for j := range cols {
		cols[j].Name = fmt.Sprintf("x%d", j)
	}
	return cols
}

func mustShortest(t testing.TB, m *features.Matrix, labels []int32, o RuleOptions) []SegmentRule {
	t.Helper()
	rs, err := ShortestRules(context.Background(), m, labels, o)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// TestRulesOfBoxes: four boxes are found as what they are, and the held-out counts are
// those of a plain loop.
func TestRulesOfBoxes(t *testing.T) {
	m, labels := ruleBlobs(2000, 6, 4)
	for _, r := range mustShortest(t, m, labels, NewRuleOptions()) {
		if r.Reason != "" || len(r.Conditions) != 2 || r.Conditions[0].At != 1 || r.Conditions[1].At != 3 || r.F1.Value < 0.985 {
			t.Errorf("segment %d: %s, F1 %.3f", r.Segment, &r, r.F1.Value)
		}
		for _, c := range r.Conditions {
			if !math.IsInf(c.Lo, 0) && !math.IsInf(c.Hi, 0) {
				t.Errorf("%s has a bound that changes nothing", &c)
			}
		}
		if !(r.F1.Lo < r.F1.Value && r.F1.Value <= r.F1.Hi && r.Held == 1000 && r.Belong == 250) {
			t.Errorf("%+v", r)
		}
	}
	two, halves := ruleBlobs(2000, 6, 2)
	for _, r := range mustShortest(t, two, halves, NewRuleOptions()) {
		if len(r.Conditions) != 1 || r.Conditions[0].At != 1 {
			t.Errorf("two groups: %s", &r)
		}
	}
}

// TestRulesAsBruteForce: a beam that is wide enough finds the best of all rules of up to
// two conditions, by counting every one of them with Holds.
func TestRulesAsBruteForce(t *testing.T) {
	for seed := range uint64(3) {
		for _, measure := range []RuleMeasure{RuleF1, RuleWRAcc} {
			o := NewRuleOptions()
			o.Conditions, o.Beam, o.Cuts, o.Measure, o.Tolerance, o.Missing, o.Seed = 2, 1<<20, 2, measure, 0, true, seed
			m, labels := ruleMixed(160, seed)
			r := &rules{raw: m, labels: labels, k: 3, opt: o}
			if err := r.halve(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := r.code(t.Context()); err != nil {
				t.Fatal(err)
			}
			for g := range r.k {
				found, err := r.search(t.Context(), g)
				if err != nil {
					t.Fatal(err)
				}
				best := ruleBrute(r, g, measure)
				if found.tests == nil && best < -1 {
					continue
				}
				check.Close(t, fmt.Sprintf("seed %d, %s, segment %d", seed, measure, g), found.score, best, 1e-12)
			}
		}
	}
}

// ruleMixed is a small matrix with a column of every kind and missing values.
func ruleMixed(n int, seed uint64) (*features.Matrix, []int32) {
	rng := rand.New(rand.NewPCG(seed, 9))
	m := features.NewMatrix(n, []features.Column{
		{Name: "amount", Unit: "money"},
		{Name: "often", Unit: "count"},
		{Name: "yes", Kind: features.Binary},
		{Name: "kind", Kind: features.Category},
		{Name: "season_cos", Kind: features.Angle},
		{Name: "season_sin", Kind: features.Angle},
		{Name: "share", Kind: features.Share},
		{Name: "point", Kind: features.Embedding},
	}, nil)
	labels := make([]int32, n)
	for i := range n {
		g := rng.IntN(4) - 1
		labels[i] = int32(g)
		turn := float64(g)/3 + 0.1*rng.NormFloat64()
		row := m.Row(i)
		row[0] = math.Exp(rng.NormFloat64() + 0.5*float64(g))
		row[1] = float64(rng.IntN(4) + max(g, 0))
		row[2] = float64(rng.IntN(2))
		row[3] = float64((rng.IntN(3) + max(g, 0)) % 4)
		row[5], row[4] = math.Sincos(2 * math.Pi * turn)
		row[6] = rng.Float64()
		row[7] = float64(g) // would give it away
		for j := range 7 {
			if rng.IntN(8) == 0 && j != 4 && j != 5 || j == 6 && g == 1 && rng.IntN(2) == 0 {
				row[j] = math.NaN()
			}
		}
		if rng.IntN(20) == 0 {
			row[4], row[5] = 0, 0
		}
	}
	return m, labels
}

// ruleBrute is the best score of all rules of one and two conditions.
func ruleBrute(r *rules, g int, measure RuleMeasure) float64 {
	var all []RuleCondition
	column := map[int]int{} // of all
	for j := range r.cols {
		c := &r.cols[j]
		add := func(t ruleTest) {
			column[len(all)] = j
			all = append(all, r.condition(t))
		}
		e := c.edges[g]
		switch c.test {
		case RuleEquals:
			for b := range c.levels {
				add(ruleTest{col: j, from: b, to: b + 1})
			}
		case RuleArc:
			for from := range c.bins {
				for to := 1; to <= c.bins; to++ {
					if to%c.bins != from {
						add(ruleTest{col: j, from: from, to: to})
					}
				}
			}
		default:
			for a := range e {
				for b := a + 1; b < len(e); b++ {
					add(ruleTest{col: j, from: e[a], to: e[b]})
				}
			}
		}
		if c.missing {
			add(ruleTest{col: j, missing: true})
		}
	}
	met := make([][]bool, len(all))
	for a := range all {
		for _, i := range r.order {
			met[a] = append(met[a], all[a].Holds(r.raw.Row(i)))
		}
	}
	best := math.Inf(-1)
	for a := range all {
		for b := a; b < len(all); b++ {
			if b != a && column[a] == column[b] {
				continue
			}
			tp, cov := 0, 0
			for at, i := range r.order {
				if met[a][at] && met[b][at] {
					cov++
					if int(r.labels[i]) == g {
						tp++
					}
				}
			}
			if tp == 0 {
				continue
			}
			n, p := float64(len(r.order)), float64(r.sizes[g])
			score := 2 * float64(tp) / (float64(cov) + p)
			if measure == RuleWRAcc {
				score = float64(cov) / n * (float64(tp)/float64(cov) - p/n)
			}
			if float64(tp)/p-float64(cov-tp)/(n-p) < 0.1 {
				score -= 2 // it says next to nothing
			}
			best = max(best, score)
		}
	}
	return best
}

// TestRulesProperties: neither workers nor the order of rows change a rule; what is
// counted is what Holds; no rule is longer than asked, none uses an embedding or a column
// twice; missing values meet no condition but their own.
func TestRulesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, labels := ruleMixed(rapid.IntRange(60, 300).Draw(t, "n"), rapid.Uint64Range(0, 1000).Draw(t, "seed"))
		o := NewRuleOptions()
		o.Conditions, o.Beam = rapid.IntRange(1, 3).Draw(t, "conditions"), rapid.IntRange(1, 8).Draw(t, "beam")
		o.Missing = rapid.Bool().Draw(t, "missing")
		o.Workers = 1
		a, err := ShortestRules(context.Background(), m, labels, o)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := m.Dims()
		perm := rand.New(rand.NewPCG(1, 2)).Perm(n)
		moved := make([]int32, n)
		for i, p := range perm {
			moved[i] = labels[p]
		}
		o.Workers = 3
		b, err := ShortestRules(context.Background(), m.Pick(perm), moved, o)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
			t.Fatalf("in another order:\n%+v\n%+v", a, b)
		}
		for _, r := range a {
			if len(r.Conditions) > o.Conditions || (r.Reason == "") != (len(r.Conditions) > 0) {
				t.Fatalf("%+v", r)
			}
			seen := map[int]bool{}
			for _, c := range r.Conditions {
				if seen[c.At] || c.At == 7 || c.Test == RuleMissing && !o.Missing {
					t.Fatalf("%s", &r)
				}
				seen[c.At] = true
				if row := slices.Repeat([]float64{math.NaN()}, 8); c.Holds(row) != (c.Test == RuleMissing) {
					t.Fatalf("%s: missing values", &c)
				}
			}
			if r.Reason == "" {
				check := 2 * r.Precision.Value * r.Recall.Value / (r.Precision.Value + r.Recall.Value)
				if math.Abs(check-r.F1.Value) > 1e-12 || r.F1.Lo > r.F1.Value || r.F1.Hi < r.F1.Value {
					t.Fatalf("F1 %+v of precision %+v and recall %+v", r.F1, r.Precision, r.Recall)
				}
			}
		}
	})
}

// TestRulesOfMost: of a segment of most customers a rule says who they are, where F1 would
// rather have everybody.
func TestRulesOfMost(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	m := features.NewMatrix(2000, ruleColumnsOf(3), nil)
	labels := make([]int32, 2000)
	for i := range labels {
		for j := range 3 {
			m.Row(i)[j] = rng.NormFloat64()
		}
		if m.Row(i)[0] > 0.2 && m.Row(i)[1] > 0 {
			labels[i] = 1
		}
	}
	for _, r := range mustShortest(t, m, labels, NewRuleOptions()) {
		if r.Reason != "" || r.Recall.Value-float64(r.Covered-r.Hits)/float64(r.Held-r.Belong) < ruleGain {
			t.Errorf("%s: recall %.2f, precision %.2f", &r, r.Recall.Value, r.Precision.Value)
		}
	}
}

// TestNoRules: chance, tiny segments and wrong options.
func TestNoRules(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	m := features.NewMatrix(1000, ruleColumnsOf(10), nil)
	labels := make([]int32, 1000)
	for i := range labels {
		labels[i] = int32(rng.IntN(4))
		for j := range 10 {
			m.Row(i)[j] = rng.NormFloat64()
		}
	}
	for _, r := range mustShortest(t, m, labels, NewRuleOptions()) {
		if r.Reason == "" || r.Conditions != nil {
			t.Errorf("of chance: %s", &r)
		}
	}
	for i := range labels {
		labels[i] = int32(min(i/19, 1))
	}
	rs := mustShortest(t, m, labels, NewRuleOptions())
	if !strings.Contains(rs[0].Reason, "fewer than 20") || !strings.Contains(rs[1].Reason, "outside") {
		t.Errorf("%q, %q", rs[0].Reason, rs[1].Reason)
	}
	if rs := mustShortest(t, features.NewMatrix(40, nil, nil), make([]int32, 40), NewRuleOptions()); len(rs) != 1 || rs[0].Reason == "" {
		t.Errorf("no columns: %+v", rs)
	}
	for want, change := range map[string]func(*RuleOptions){
		"conditions = 0": func(o *RuleOptions) { o.Conditions = 0 },
		"beam = 0":       func(o *RuleOptions) { o.Beam = 0 },
		"cuts = 0":       func(o *RuleOptions) { o.Cuts = 0 },
		`measure = "x"`:  func(o *RuleOptions) { o.Measure = "x" },
		"tolerance":      func(o *RuleOptions) { o.Tolerance = math.NaN() },
		"no column 10":   func(o *RuleOptions) { o.Columns = []int{10} },
	} {
		o := NewRuleOptions()
		change(&o)
		if _, err := ShortestRules(t.Context(), m, labels, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ShortestRules(ctx, m, labels, NewRuleOptions()); err == nil {
		t.Error("no error of a context that ended")
	}
}

// TestRuleWordsAndSQL: by hand.
func TestRuleWordsAndSQL(t *testing.T) {
	inf := math.Inf(1)
	number := func(name, unit string, lo, hi float64, whole bool) RuleCondition {
		return RuleCondition{Test: RuleBetween, Column: features.Column{Name: name, Unit: unit}, Lo: lo, Hi: hi, Whole: whole}
	}
	angle := func(name string, lo, hi float64) RuleCondition {
		return RuleCondition{Test: RuleArc, Column: features.Column{Name: name + "_cos"}, Sin: features.Column{Name: name + "_sin"}, SinAt: 1, Lo: lo, Hi: hi}
	}
	for _, c := range []struct {
		conditions []RuleCondition
		words, sql string
	}{
		{
			[]RuleCondition{number("recency", "days", -inf, 61, false), number("frequency", "count", 8, inf, true)},
			"last bought at most 61 days ago and bought on at least 9 days",
			`"recency" <= 61 AND "frequency" > 8`,
		},
		{
			[]RuleCondition{number(`a"; DROP TABLE x; --`, "", 0.1, 0.30000000000000004, false)},
			`a"; DROP TABLE x; --: 0.1 to 0.3`,
			`"a""; DROP TABLE x; --" > 0.1e0 AND "a""; DROP TABLE x; --" <= 0.30000000000000004e0`,
		},
		{
			[]RuleCondition{angle("hour", 0.75, 23.0/24)},
			"buys mostly from 18 to 23 h",
			`("hour_cos" <> 0 OR "hour_sin" <> 0) AND 0e0 * "hour_sin" >= -1e0 * "hour_cos" AND 0.9659258262890683e0 * "hour_sin" < -0.2588190451025207e0 * "hour_cos"`,
		},
		{[]RuleCondition{angle("weekday", 9.0/14, 13.0/14)}, "buys mostly from Saturday to Sunday", ""},
		{[]RuleCondition{angle("season", 10.0/12, 0)}, "buys mostly from November to December", ""},
		{[]RuleCondition{angle("month_day", 0, 10.0/30)}, "buys mostly from day 1 to day 10 of the month", ""},
		{[]RuleCondition{angle("other", 0.5, 0.25)}, "other lies from 180 to 90 degrees", ""},
		{
			[]RuleCondition{{Test: RuleEquals, Column: features.Column{Name: "kind"}, Lo: 3}, {Test: RuleMissing, Column: features.Column{Name: "gap_mean"}}},
			"kind is 3 and gap mean is not known", `"kind" = 3 AND "gap_mean" IS NULL`,
		},
		{
			[]RuleCondition{{Test: RuleBetween, Column: features.Column{Name: "opted_in", Kind: features.Binary}, Lo: 0, Hi: inf, Whole: true}, number("gap_mean", "days", -inf, inf, false)},
			"opted in: yes and gap mean is known", `"opted_in" > 0 AND "gap_mean" IS NOT NULL`,
		},
		{[]RuleCondition{number("x", "", 1e-9, 1e300, false)}, "", `"x" > 1e-09 AND "x" <= 1e+300`},
	} {
		r := &SegmentRule{Conditions: c.conditions}
		if got := r.Words(nil); got != c.words && c.words != "" {
			t.Errorf("%q, want %q", got, c.words)
		}
		got, err := r.SQL("", "duckdb")
		if err != nil || got != c.sql && c.sql != "" {
			t.Errorf("%s (%v), want %s", got, err, c.sql)
		}
		if b, err := json.Marshal(r); err != nil || strings.Contains(string(b), "Inf") {
			t.Errorf("%s, %v", b, err)
		}
	}
	r := &SegmentRule{Conditions: []RuleCondition{number("a`]b", "", 1, inf, false)}}
	for dialect, want := range map[string]string{
		"mysql": "SELECT * FROM `t``]` WHERE `a``]b` > 1;", "sqlserver": "SELECT * FROM [t`]]] WHERE [a`]]b] > 1;", "ansi": "SELECT * FROM \"t`]\" WHERE \"a`]b\" > 1;",
	} {
		if got, err := r.SQL("t`]", dialect); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", dialect, got, err, want)
		}
	}
	if _, err := r.SQL("t", "cobol"); err == nil || !strings.Contains(err.Error(), "duckdb") {
		t.Errorf("%v", err)
	}
	if _, err := (&SegmentRule{Reason: "chance"}).SQL("t", "duckdb"); err == nil || !strings.Contains(err.Error(), "chance") {
		t.Errorf("%v", err)
	}
}

// TestArcs: what an arc holds, by the angle itself, away from its ends.
func TestArcs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bins := rapid.IntRange(2, 30).Draw(t, "bins")
		from, to := rapid.IntRange(0, bins-1).Draw(t, "from"), rapid.IntRange(0, bins-1).Draw(t, "to")
		turn := rapid.Float64Range(0, 0.999).Draw(t, "turn")
		if u := turn * float64(bins); from == to || math.Abs(u-math.Round(u)) < 1e-9 {
			return
		}
		y, x := math.Sincos(2 * math.Pi * turn)
		lo, hi := float64(from)/float64(bins), float64(to)/float64(bins)
		want := turn >= lo && turn < hi
		if hi < lo {
			want = turn >= lo || turn < hi
		}
		if got := onArc(0.3*x, 0.3*y, lo, hi); got != want {
			t.Fatalf("turn %g from %g to %g: %v", turn, lo, hi, got)
		}
	})
	// Every direction lies in one sector, the ends too.
	for bins := 2; bins <= 30; bins++ {
		c := &ruleColumn{test: RuleArc, sin: 1, bins: bins}
		for i := range 840 {
			y, x := math.Sincos(2 * math.Pi * float64(i) / 840)
			n := 0
			for s := range bins {
				if onArc(x, y, float64(s)/float64(bins), float64((s+1)%bins)/float64(bins)) {
					n++
				}
			}
			if code := c.of([]float64{x, y}); n != 1 || int(code) >= bins {
				t.Fatalf("%d sectors of %d hold direction %d, code %d", n, bins, i, code)
			}
		}
	}
	if onArc(0, 0, 0, 0.9) || onArc(math.NaN(), 1, 0, 0.9) {
		t.Error("no direction lies on an arc")
	}
}

// TestRuleCutsAreRound: cuts leave a value on either side and are short where they can be.
func TestRuleCutsAreRound(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var own, other []float64
	for range 3000 {
		own, other = append(own, 100+30*rng.NormFloat64()), append(other, 300*rng.ExpFloat64())
	}
	slices.Sort(own)
	slices.Sort(other)
	cuts := ruleCuts(own, other, false, 12, 1)
	if len(cuts) < 15 || !slices.IsSorted(cuts) {
		t.Fatal(cuts)
	}
	long := 0
	for _, c := range cuts {
		if s := strings.Trim(strings.ReplaceAll(fmt.Sprint(c), ".", ""), "0-"); len(s) > 2 {
			long++
		}
	}
	if long > 7 {
		t.Errorf("%d of %v have more than two digits", long, cuts)
	}
	if got := ruleCuts([]float64{1, 1, 1}, []float64{0, 0, 0}, true, 3, 1); !reflect.DeepEqual(got, []float64{0}) {
		t.Errorf("0 and 1 are cut at %v", got)
	}
	if got := ruleCuts([]float64{1, 1, 1}, []float64{1, 1}, true, 3, 1); got != nil {
		t.Errorf("a constant is cut at %v", got)
	}
}

// TestRuleRound: the roundest numbers, found by looking.
func TestRuleRound(t *testing.T) {
	no := math.NaN() // has none
	for _, c := range []struct {
		lo, hi float64
		whole  bool
		want   float64
	}{
		{58.3, 63.7, false, 60},
		{483, 517, false, 500},
		{9.9, 100, false, 50},
		{0.27, 0.34, false, 0.3},
		{-0.4, 0.2, false, 0},
		{8, 9, true, 8},
		{8, 9, false, 8},
		{61, 62, true, 61},
		{1.041, 1.049, false, no},
		{1.03, 1.049, false, 1.04},
		{-63.7, -58.3, false, -60},
		{1234, 1235, true, no},
		{3, math.Inf(1), false, no},
		{5, 5, false, no},
		{math.SmallestNonzeroFloat64, 1e-320, false, no},
		{-math.MaxFloat64, -1, false, -1e308},
	} {
		got, ok := ruleRound(c.lo, c.hi, c.whole, 3)
		if ok != (c.want == c.want) || ok && got != c.want {
			t.Errorf("in [%v, %v) %v %v, want %v", c.lo, c.hi, got, ok, c.want)
		}
	}
}

func TestRuleRoundDigits(t *testing.T) {
	for digits, want := range map[int]bool{1: false, 2: false, 3: true} {
		if got, ok := ruleRound(42.3, 42.9, false, digits); ok != want || ok && got != 42.5 {
			t.Errorf("%d digits between 42.3 and 42.9: %v %v", digits, got, ok)
		}
	}
}

// TestRulesLong: a million rows of 30 columns and 8 segments.
func TestRulesLong(t *testing.T) {
	check.Long(t)
	n, d := 1_000_000, 30
	rng := rand.New(rand.NewPCG(8, 8))
	m := features.NewMatrix(n, ruleColumnsOf(d), nil)
	labels := make([]int32, n)
	for i := range n {
		g := rng.IntN(8)
		labels[i] = int32(g)
		for j := range d {
			m.Row(i)[j] = rng.NormFloat64()
			if (j^g)&7 < 2 {
				m.Row(i)[j] += 1.5
			}
		}
	}
	start := time.Now()
	rs := mustShortest(t, m, labels, NewRuleOptions())
	took := time.Since(start)
	for _, r := range rs {
		t.Logf("%s: F1 %.3f (found %.3f)", &r, r.F1.Value, r.FoundF1)
	}
	t.Logf("%d rows, %d columns, 8 segments: %.1f s", n, d, took.Seconds())
	if took > 2*time.Minute {
		t.Errorf("%v", took)
	}
}
