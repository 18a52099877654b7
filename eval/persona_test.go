package eval

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Every sentence, label and scale that English has must be there in each other language.
func TestPersonaTranslations(t *testing.T) {
	complete := func(kind, key string, have map[string][3]string, sentence bool) {
		x, ok := have[key]
		if !ok {
			t.Errorf("%s %q is not translated", kind, key)
			return
		}
		for l, s := range x {
			if s == "" {
				t.Errorf("%s %q: nothing in %s", kind, key, features.Languages()[l+1])
			}
			if n := strings.Count(s, "%s") + strings.Count(s, "%d"); sentence && n != 1 {
				t.Errorf("%s %q: %d values in %q", kind, key, n, s)
			}
			if l > 0 && strings.Contains(s, "%d") {
				t.Errorf("%s %q: a dative in %q", kind, key, s)
			}
		}
	}
	word := func(w string) {
		if w != "" && w != "%v" {
			complete("label", w, personaLabels, false)
		}
	}
	check := func(w wording) {
		word(w.high)
		word(w.low)
		if w.scale != "" {
			complete("scale", w.scale, personaScales, false)
		}
	}
	for name, w := range wordings {
		complete("sentence", name, personaSentences, true)
		check(w)
	}
	for name := range personaSentences {
		if _, ok := wordings[name]; !ok {
			t.Errorf("sentence %q is of no column", name)
		}
	}
	for _, f := range families {
		complete("family", f.prefix, personaFamilies, true)
		check(f.wording)
		for l, s := range personaFamilies[f.prefix] {
			if strings.Contains(s, "%v") != strings.Contains(f.wording.sentence, "%v") {
				t.Errorf("family %q: %q in %s holds what was learned otherwise than in English", f.prefix, s, features.Languages()[l+1])
			}
		}
	}
	for s := range steps {
		complete("step", s, personaSteps, false)
	}
	for _, k := range clockClocks {
		x, ok := personaClocks[k.name]
		if !ok || slices.Contains(x[:], "") {
			t.Errorf("clock %q is not translated", k.name)
		}
		if k.word != nil {
			for h := range 48 {
				word(k.word(float64(h) / 48))
			}
		}
	}
}

func TestPersonaNumbers(t *testing.T) {
	for _, c := range []struct{ in, de, da, nl string }{
		{"1,204.5", "1.204,5", "1.204,5", "1.204,5"},
		{"12.3 %", "12,3 %", "12,3 %", "12,3%"},
		{"48 days", "48 Tage", "48 dage", "48 dagen"},
		{"1 unit", "1 Stück", "1 stk.", "1 stuk"},
		{"2 a day", "2 pro Tag", "2 pr. dag", "2 per dag"},
		{"0.06 a week", "0,06 pro Woche", "0,06 pr. uge", "0,06 per week"},
		{"2 a month", "2 pro Monat", "2 pr. måned", "2 per maand"},
		{"£1,234,567", "1.234.567\u00a0£", "1.234.567\u00a0£", "£\u00a01.234.567"},
		{"−$0.50", "−0,50\u00a0$", "−0,50\u00a0$", "−$\u00a00,50"},
		{"at most £5", "at most 5\u00a0£", "at most 5\u00a0£", "at most £\u00a05"},
		{"CD 2.5, live", "CD 2,5, live", "CD 2,5, live", "CD 2,5, live"},
	} {
		for l, want := range []string{c.in, c.de, c.da, c.nl} {
			if got := PersonaNumber(c.in, features.Languages()[l]); got != want {
				t.Errorf("%s in %s: %q, want %q", c.in, features.Languages()[l], got, want)
			}
		}
	}
	if got := personaInsert(personaSentences["recency"][0], "61 days", 1); got != "hat zuletzt vor 61 Tagen gekauft" {
		t.Error(got)
	}
}

// A rule between two bounds says the unit once, in the language.
func TestPersonaRuleBounds(t *testing.T) {
	rule := &SegmentRule{Conditions: []RuleCondition{
		{Column: features.Column{Name: "recency", Unit: "days"}, Test: RuleBetween, Lo: 31, Hi: 337},
		{Column: features.Column{Name: "frequency", Unit: "count"}, Test: RuleBetween, Lo: math.Inf(-1), Hi: 15},
		{Column: features.Column{Name: "gap_mean", Unit: "days"}, Test: RuleBetween, Lo: 5, Hi: math.Inf(1)},
	}}
	said := func(x float64, c features.Column) string {
		s := plain(x, 0)
		if c.Unit == "days" {
			s += "\u00a0days"
		}
		return s
	}
	for l, want := range map[string]string{
		"de": "hat zuletzt vor mehr als 31 und höchstens 337 Tagen gekauft, hat an höchstens 15 Tagen gekauft und kauft im Abstand von mehr als 5 Tagen",
		"da": "købte sidst for mere end 31 og højst 337 dage siden, købte på højst 15 dage og køber med mere end 5 dage imellem",
		"nl": "kocht het laatst meer dan 31 en hoogstens 337 dagen geleden, kocht op hoogstens 15 dagen en koopt met tussenpozen van meer dan 5 dagen",
	} {
		if got := PersonaRule(rule, said, l); got != want {
			t.Errorf("%s: %q", l, got)
		}
	}
}

// Personas stand for segments that are there: medoids are rows of them, and of seven
// segments the five of most value are shown.
func TestPersonasAreReal(t *testing.T) {
	const n, k = 210, 7
	m := features.NewMatrix(n, []features.Column{{Name: "recency", Unit: "days"}, {Name: "frequency", Unit: "count"}}, nil)
	labels, value := make([]int32, n), make([]float64, n)
	for i := range n {
		g := i % k
		labels[i], value[i] = int32(g), float64(g)
		m.Row(i)[0], m.Row(i)[1] = float64(100*g+i/k), float64(g+i%3)
	}
	all, left, p := Personas(m, m, labels, value, nil)
	if len(all) != 5 || len(left) != 2 || left[0].Segment != 0 || left[1].Segment != 1 {
		t.Fatalf("%d cards, left %v", len(all), left)
	}
	for _, c := range all {
		if len(c.Examples) != 3 || c.Examples[0] != c.Medoid {
			t.Fatal(c.Examples)
		}
		for _, e := range c.Examples {
			if int(labels[e.Row]) != c.Segment || e.ID != m.ID(e.Row) {
				t.Errorf("%v is not of segment %d", e, c.Segment)
			}
		}
		for _, l := range features.Languages() {
			for _, b := range c.Behaviours {
				if s := PersonaBehaviour(p, c.Segment, b, l, nil); s == "" || strings.Contains(s, "%!") || strings.Contains(s, "%s") {
					t.Errorf("%s: %q", l, s)
				}
			}
			if PersonaName(p, c.Card, l) == "" {
				t.Error("no name in", l)
			}
		}
	}
}

// Two customers: 10 and 30 in the first half, 20 and 40 in the second. The ratio is 1.5;
// the residuals 20 − 15 = 5 and 40 − 45 = −5, so that se = √(50·2/1)/40 = .25.
func TestPersonaTrend(t *testing.T) {
	c := personaCount{a: []float64{10, 30}, b: []float64{20, 40}, money: true}
	tr := c.trend()
	half := 1.959963984540054 * .25
	if math.Abs(tr.Change.Value-.5) > 1e-12 || math.Abs(tr.Change.Hi-.5-half) > 1e-12 || tr.Buyers != [2]int{2, 2} {
		t.Fatalf("%+v", tr)
	}
	if tr := (&personaCount{a: []float64{0, 0}, b: []float64{1, 1}}).trend(); tr.Reason == "" {
		t.Error("a trend from nothing has no reason")
	}
}

func TestPersonaEvents(t *testing.T) {
	src, err := datasets.Lookup("btyd")
	if err != nil {
		t.Skip(err)
	}
	g, err := src.New().Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	var labels []int32
	for e, err := range g.Log.Shards(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range e.IDs {
			ids, labels = append(ids, id), append(labels, int32(i%2))
		}
	}
	out, err := PersonaEvents(context.Background(), g.Log, ids, labels, [][]string{{ids[0]}, {ids[1]}})
	if err != nil {
		t.Fatal(err)
	}
	for s, o := range out {
		n := 0
		for _, d := range o.Weekdays {
			n += d
		}
		if n == 0 || o.Trend.N == 0 || len(o.Last[ids[s]]) > 3 {
			t.Errorf("segment %d: %+v", s, o)
		}
	}
}
