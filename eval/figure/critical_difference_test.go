package figure

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"github.com/mores-lab/mores/eval"
)

// cdOf is a diagram of these average ranks over n data sets by Nemenyi's test.
func cdOf(t testing.TB, n int, alpha float64, ranks ...float64) *CriticalDifference {
	t.Helper()
	f, err := eval.FriedmanOfRanks(ranks, n)
	if err != nil {
		t.Fatal(err)
	}
	h, err := f.Nemenyi(context.Background(), alpha)
	if err != nil {
		t.Fatal(err)
	}
	c := &CriticalDifference{PostHoc: h, Score: "accuracy"}
	for i := range ranks {
		c.Names = append(c.Names, fmt.Sprintf("method %c", 'A'+i))
	}
	return c
}

// cdLaid is the diagram's layout in a preset.
func cdLaid(t testing.TB, c *CriticalDifference, p Preset) (*Drawing, *cdView, *cdLayout) {
	t.Helper()
	d, err := DrawWith("critical-difference", c, nil, p)
	if err != nil {
		t.Fatal(err)
	}
	v := newCDView(c)
	return d, v, v.layout(newSheetSize(d.Preset))
}

// demsarRanks are the average ranks of the worked example of Demšar 2006: C4.5 and three
// variants of it on 14 data sets.
var demsarRanks = []float64{3.143, 2.000, 2.893, 1.964}

// TestCriticalDifferenceDemsar: the published critical difference at .05 is 1.25.
func TestCriticalDifferenceDemsar(t *testing.T) {
	d, v, l := cdLaid(t, cdOf(t, 14, 0.05, demsarRanks...), Web)
	if len(l.bars) != len(v.PostHoc.Bars) || len(l.bars) == 0 {
		t.Fatalf("%d bars drawn of %d groups", len(l.bars), len(v.PostHoc.Bars))
	}
	for _, want := range []string{"1.25", "Nemenyi", "0.05", "14", "rank 1 is the best"} {
		if !strings.Contains(d.Caption, want) {
			t.Errorf("caption %q does not say %q", d.Caption, want)
		}
	}
	if !slices.ContainsFunc(d.survey().texts, func(s said) bool { return strings.HasPrefix(s.text, spaced("CD = 1.25")) }) {
		t.Error("the critical difference has no number in the figure")
	}
}

// Others' trap: crossbars of different groups merged into one. Three groups, of which
// neighbours share a method or none, keep a bar each; on one level they keep apart.
func TestCriticalDifferenceBarsAreNotMerged(t *testing.T) {
	differ := func(pairs ...[2]int) func(a, b int) bool {
		return func(a, b int) bool {
			return slices.Contains(pairs, [2]int{min(a, b), max(a, b)})
		}
	}
	for name, c := range map[string]struct {
		ranks  []float64
		differ func(a, b int) bool
		bars   int
		levels int
	}{
		"a chain shares ends": {[]float64{1.5, 2.5, 3.5, 2.5}, differ([2]int{0, 2}), 2, 2},
		"side by side":        {[]float64{1.1, 1.9, 3.1, 3.9}, differ([2]int{0, 2}, [2]int{0, 3}, [2]int{1, 2}, [2]int{1, 3}), 2, 1},
		"ends nearly touch":   {[]float64{1.9, 2.499, 2.501, 3.1}, differ([2]int{0, 2}, [2]int{0, 3}, [2]int{1, 2}, [2]int{1, 3}), 2, 2},
		"same ranks":          {[]float64{2.5, 2.5, 2.5, 2.5}, differ([2]int{0, 2}, [2]int{0, 3}, [2]int{1, 2}, [2]int{1, 3}), 2, 2},
	} {
		groups, err := eval.RankGroups(t.Context(), c.ranks, c.differ)
		if err != nil {
			t.Fatal(err)
		}
		d := &CriticalDifference{Names: []string{"A", "B", "C", "D"}, PostHoc: &eval.PostHoc{Test: "wilcoxon_holm", Alpha: .05, N: 20, Ranks: c.ranks, Groups: groups, Bars: eval.RankBars(c.ranks, groups)}}
		_, _, l := cdLaid(t, d, Web)
		levels := 0
		for _, b := range l.bars {
			levels = max(levels, b.level+1)
		}
		if len(l.bars) != c.bars || levels != c.levels {
			t.Errorf("%s: %d bars on %d levels, want %d on %d", name, len(l.bars), levels, c.bars, c.levels)
		}
		apart(t, name, d, l)
	}
}

// apart checks that bars of one level do not look like one.
func apart(t interface{ Errorf(string, ...any) }, name string, c *CriticalDifference, l *cdLayout) {
	for i, a := range l.bars {
		if a.x1 <= a.x0 {
			t.Errorf("%s: a bar of no length", name)
		}
		for _, b := range l.bars[:i] {
			if a.level == b.level && a.x0 < b.x1+2 && b.x0 < a.x1+2 {
				t.Errorf("%s: bars of %v and %v touch", name, a.group, b.group)
			}
		}
	}
}

// Others' trap: one bar although all differ. Then there is no bar, in the figure and in
// its words; a method alone in its group has none either.
func TestCriticalDifferenceWithoutBars(t *testing.T) {
	d, _, l := cdLaid(t, cdOf(t, 400, 0.05, 1.1, 2, 3, 3.9), Web)
	if len(l.bars) != 0 {
		t.Errorf("%d bars although all differ", len(l.bars))
	}
	if !strings.Contains(d.Caption, "Every method differs") || !strings.Contains(d.Title, "differs from all others") {
		t.Errorf("%q, %q", d.Title, d.Caption)
	}
	_, _, l = cdLaid(t, cdOf(t, 100, 0.05, 1.2, 2.4, 2.5, 3.9), Web)
	if len(l.bars) != 1 || len(l.bars[0].group) != 2 {
		t.Errorf("bars %v: only the two in the middle are alike", l.bars)
	}
	d, _, l = cdLaid(t, cdOf(t, 5, 0.05, 2.4, 2.5, 2.5, 2.6), Web)
	if len(l.bars) != 1 || len(l.bars[0].group) != 4 || !strings.HasPrefix(d.Title, "No two of 4") {
		t.Errorf("%q with bars %v: all are alike", d.Title, l.bars)
	}
}

// Others' trap: α fixed at .05. Another level is another distance, other bars, and said.
func TestCriticalDifferenceLevelIsTheCallers(t *testing.T) {
	last := 0.0
	for _, alpha := range []float64{0.2, 0.1, 0.05, 0.01} {
		c := cdOf(t, 14, alpha, demsarRanks...)
		d, _, _ := cdLaid(t, c, Paper)
		if *c.PostHoc.CD <= last {
			t.Errorf("at %g the critical difference is %g, at a larger level %g", alpha, *c.PostHoc.CD, last)
		}
		last = *c.PostHoc.CD
		level := spaced("α = " + strconv.FormatFloat(alpha, 'g', -1, 64))
		if !slices.ContainsFunc(d.survey().texts, func(s said) bool { return strings.Contains(s.text, level) }) || !strings.Contains(d.Caption, level) {
			t.Errorf("figure or caption do not say %s", level)
		}
	}
	strict, _, a := cdLaid(t, cdOf(t, 14, 0.01, demsarRanks...), Web)
	_, _, b := cdLaid(t, cdOf(t, 14, 0.2, demsarRanks...), Web)
	if len(a.bars) != 1 || len(b.bars) == 1 && len(b.bars[0].group) == 4 {
		t.Errorf("%q: bars at .01 are %v, at .2 %v", strict.Title, a.bars, b.bars)
	}
}

// Others' trap: the critical distance is not drawn. It is, to the scale of the axis, from
// rank 1 on; where it is longer than the axis, an arrow says so; Wilcoxon has none.
func TestCriticalDifferenceIsDrawnToScale(t *testing.T) {
	red := regexp.MustCompile(`<path d="M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)"[^>]*stroke="#B2182B"`)
	length := func(c *CriticalDifference) (got, one float64, texts []said) {
		d, v, l := cdLaid(t, c, Web)
		var b bytes.Buffer
		if err := Write(d, "svg", &b); err != nil {
			t.Fatal(err)
		}
		for _, m := range red.FindAllStringSubmatch(b.String(), -1) {
			x0, _ := strconv.ParseFloat(m[1], 64)
			x1, _ := strconv.ParseFloat(m[3], 64)
			got = max(got, x1-x0)
		}
		return got, float64(l.x(v, 2) - l.x(v, 1)), d.survey().texts
	}
	c := cdOf(t, 14, 0.05, demsarRanks...)
	got, one, _ := length(c)
	if math.Abs(got/one-*c.PostHoc.CD) > 0.01 {
		t.Errorf("the red bar is %.3f ranks long, the critical difference %.3f", got/one, *c.PostHoc.CD)
	}
	got, one, texts := length(cdOf(t, 2, 0.05, 1.25, 1.75))
	if math.Abs(got/one-1) > 0.02 || !slices.ContainsFunc(texts, func(s said) bool { return strings.Contains(s.text, "longer than the axis") }) {
		t.Errorf("%.2f ranks are drawn of an axis of one", got/one)
	}
	h, err := eval.WilcoxonHolm(t.Context(), [][]float64{{.9, .8}, {.7, .6}, {.5, .4}}, 1, .05, eval.ZerosPratt)
	if err != nil {
		t.Fatal(err)
	}
	got, _, texts = length(&CriticalDifference{Names: []string{"A", "B"}, PostHoc: h})
	if got != 0 || !slices.ContainsFunc(texts, func(s said) bool { return strings.Contains(s.text, "Wilcoxon-Holm") }) {
		t.Error("a critical difference is drawn of a test that has none")
	}
}

// Rank 1 is the best and left, and the axis says so; equal ranks stand on one place and
// have a line each.
func TestCriticalDifferenceDirectionAndTies(t *testing.T) {
	c := cdOf(t, 30, 0.05, 3.5, 1.5, 1.5, 3.5)
	d, v, l := cdLaid(t, c, Web)
	if l.x(v, 1) >= l.x(v, 4) {
		t.Error("rank 1 is not left")
	}
	at := map[string]vg.Point{}
	for _, s := range d.survey().texts {
		at[s.text] = s.corners[0]
	}
	if at["best"].X >= at["worst"].X || at["1"].X >= at["4"].X {
		t.Errorf("best at %v, worst at %v", at["best"], at["worst"])
	}
	for _, name := range []string{"method B", "method C"} {
		if p := at[name+nbsp+nbsp+"1.50"]; p.X == 0 || p.X > l.x0 {
			t.Errorf("%s is not named at the left: %v", name, at)
		}
	}
	if len(l.bars) != 2 {
		t.Errorf("%d bars for two pairs of equals", len(l.bars))
	}
	apart(t, "ties", c, l)
	if got := d.Table[1]; got[0] != "method B" || got[1] != "1.5" || got[2] != "method C" {
		t.Errorf("table %q", d.Table)
	}
}

// A test of scores can tell a method from both its neighbours in rank: the bar marks whose
// it is.
func TestCriticalDifferenceMarksMembers(t *testing.T) {
	ranks := []float64{1, 2, 3}
	groups := [][]int{{0, 2}, {1}}
	c := &CriticalDifference{Names: []string{"A", "B", "C"}, PostHoc: &eval.PostHoc{Test: "wilcoxon_holm", Alpha: .05, N: 9, Ranks: ranks, Groups: groups, Bars: eval.RankBars(ranks, groups)}}
	d, _, l := cdLaid(t, c, Web)
	if len(l.bars) != 1 || !slices.Equal(l.bars[0].passed, []int{1}) || !strings.Contains(d.Caption, "Dots mark") {
		t.Errorf("%q, bars %+v", d.Caption, l.bars)
	}
}

// TestCriticalDifferenceLayout: names never lie over each other, with two methods and with
// twenty and with more than fit, in every preset and format.
func TestCriticalDifferenceLayout(t *testing.T) {
	presets := append(Presets(),
		Preset{Name: "report", Width: 190, Height: 60, MaxHeight: 260, Text: 9},
		Preset{Name: "narrow", Width: 60, Height: 100, MaxHeight: 200, Text: 7},
		Preset{Name: "small", Width: 60, Height: 40, Text: 6},
	)
	for _, k := range []int{2, 3, 4, 20, 21, 70} {
		for _, n := range []int{3, 40, 900} {
			if k > 21 && n != 40 {
				continue
			}
			var ranks []float64
			for i := range k {
				ranks = append(ranks, 1+float64(i))
			}
			if n == 3 { // all within a hair
				for i := range ranks {
					ranks[i] = float64(k+1)/2 + (ranks[i]-float64(k+1)/2)/1000
				}
			}
			c := cdOf(t, n, 0.05, ranks...)
			for i := range c.Names {
				c.Names[i] = strings.Repeat("long name ", i%4+1) + strconv.Itoa(i)
			}
			for _, p := range presets {
				d, err := DrawWith("critical-difference", c, nil, p)
				if err != nil {
					t.Errorf("%d methods, %s: %v", k, p.Name, err)
					continue
				}
				for _, err := range []error{d.checkTexts(), d.checkLayout()} {
					if err != nil {
						t.Errorf("%d methods on %d sets, %s: %v", k, n, p.Name, err)
					}
				}
				if k == 20 && n == 40 {
					if err := d.checkFiles(true); err != nil {
						t.Errorf("%s: %v", p.Name, err)
					}
				}
				named := 0
				for _, s := range d.survey().texts {
					if strings.Contains(s.text, "long") || strings.Contains(s.text, "…"+nbsp) {
						named++
					}
				}
				if left := strings.Contains(d.Caption, "Not named"); (named < k) != left || k <= 21 && left && p.Name != "small" {
					t.Errorf("%d of %d methods are named, %s; the caption: %q", named, k, p.Name, d.Caption)
				}
			}
		}
	}
}

// Whatever the ranks and the level: a bar for each group, none merged, nothing over
// anything.
func TestCriticalDifferenceProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, n := rapid.IntRange(2, 12).Draw(t, "k"), rapid.IntRange(2, 30).Draw(t, "n")
		scores := make([][]float64, n)
		for i := range scores {
			for range k {
				scores[i] = append(scores[i], float64(rapid.IntRange(0, 6).Draw(t, "score")))
			}
		}
		alpha := rapid.Float64Range(.001, .5).Draw(t, "alpha")
		h, err := eval.WilcoxonHolm(context.Background(), scores, 1, alpha, eval.ZerosPratt)
		if err != nil {
			t.Fatal(err)
		}
		c := &CriticalDifference{PostHoc: h}
		for i := range k {
			c.Names = append(c.Names, fmt.Sprint("m", i))
		}
		d, err := DrawWith("critical-difference", c, nil, Web)
		if err != nil {
			t.Fatal(err)
		}
		v := newCDView(c)
		l := v.layout(newSheetSize(d.Preset))
		if len(l.bars) != v.bars() {
			t.Fatalf("%d bars for %d groups", len(l.bars), v.bars())
		}
		for i, a := range l.bars {
			for _, b := range l.bars[:i] {
				if a.level == b.level && a.x0 < b.x1+2 && b.x0 < a.x1+2 {
					t.Fatalf("bars of %v and %v touch", a.group, b.group)
				}
			}
		}
		if err := d.checkLayout(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCriticalDifferenceRefusesInWords(t *testing.T) {
	for want, change := range map[string]func(c *CriticalDifference){
		"there is none":         func(c *CriticalDifference) { c.PostHoc = nil },
		"two methods or more":   func(c *CriticalDifference) { c.Names, c.PostHoc.Ranks = c.Names[:1], []float64{1} },
		"two data sets or more": func(c *CriticalDifference) { c.PostHoc.N = 1 },
		"names for":             func(c *CriticalDifference) { c.Names = c.Names[:3] },
		"average rank 9":        func(c *CriticalDifference) { c.PostHoc.Ranks[1] = 9 },
		"a group has method":    func(c *CriticalDifference) { c.PostHoc.Groups = [][]int{{0, 7}} },
	} {
		c := cdOf(t, 14, 0.05, demsarRanks...)
		change(c)
		if err := WriteCriticalDifference(&bytes.Buffer{}, "svg", c, Web); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), nbsp, " "), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	var b bytes.Buffer
	if err := WriteCriticalDifference(&b, "svg", cdOf(t, 14, 0.05, demsarRanks...), Web); err != nil || !bytes.Contains(b.Bytes(), []byte("<svg")) {
		t.Error("no SVG", err)
	}
}
