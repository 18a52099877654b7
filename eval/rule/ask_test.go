package rule

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
)

// TestFirst: asked one by one, rules give everybody the segment that Evaluate gives.
func TestFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		d := &drawer{t, w}
		var rules []*Rule
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			r, err := Parse("r", d.cond(2).text)
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, r)
		}
		log := w.log.AsOf(w.at)
		want, err := Evaluate(t.Context(), log, w.at, w.x, 1, rules...)
		if err != nil {
			t.Skip("nobody is there yet")
		}
		label := map[string]int32{}
		for i, l := range want.Labels() {
			label[want.IDs[i]] = l
		}
		first, err := NewFirst(w.x.Cols, rules...)
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string][]float64{}
		n, _ := w.x.Dims()
		for i := range n {
			rows[w.x.ID(i)] = w.x.Row(i)
		}
		for h, err := range log.Histories(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			l, there := label[h.ID]
			if got := first.Of(h, rows[h.ID]); there && got != int(l) || !there && got != -1 {
				t.Fatalf("%s: %d, Evaluate says %d (%v)", h.ID, got, l, there)
			}
		}
	})
}

func TestAsksEvents(t *testing.T) {
	for text, want := range map[string]bool{
		`feature("a") > 1 and not feature("b") is missing`: false, "everyone": false, "spend > 1": true, "view": true,
		`feature("a") > 1 or tenure > 3`: true, "customer.age > 3": true, "any(now > 2011-01-01)": true,
	} {
		r, err := Parse("", text)
		if err != nil {
			t.Fatal(err)
		}
		if got := AsksEvents(r) != nil; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	r, err := Parse("r", `feature("a") > 1`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewFirst([]features.Column{{Name: "alpha"}}, r); err == nil || !strings.Contains(err.Error(), `no feature "a"`) {
		t.Errorf("a feature that is not there: %v", err)
	}
	first, err := NewFirst([]features.Column{{Name: "a"}}, r)
	if err != nil || first.OfRow([]float64{2}) != 0 || first.OfRow([]float64{1}) != -1 || first.OfRow(nil) != -1 {
		t.Errorf("of rows: %v", err)
	}
}

// TestNamedComesBack: a rule written as NAME = RULE is the same rule, whatever its name.
func TestNamedComesBack(t *testing.T) {
	for _, name := range []string{"vip", `a "b" = 'c'`, "spend", "# no comment", "<b>&amp;", "日本 語"} {
		r, err := Parse(name, " purchases >= 2 # of all\n  in 30 d ")
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseNamed(Named(r))
		if err != nil || back.Name != name || back.Explain() != r.Explain() {
			t.Errorf("%q comes back as %v, %v", name, back, err)
		}
	}
	if err := Distinct(&Rule{Name: "a"}, &Rule{Name: "a"}); err == nil {
		t.Error("two rules of one name")
	}
	if err := Distinct(&Rule{Name: "a"}, &Rule{}); err == nil {
		t.Error("a rule without a name")
	}
}
