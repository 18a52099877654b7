package features

import (
	"context"
	"strings"
	"testing"
	"time"
)

// Every extractor but the descriptors is in behavioural-v1: the recipe is "every
// method", and a new extractor that is forgotten shows here.
func TestRecipes(t *testing.T) {
	in := map[string]bool{}
	for _, r := range Recipes() {
		if r.Doc == "" || !strings.Contains(r.Name, "-v") {
			t.Errorf("recipe %q", r.Name)
		}
		for _, e := range r.Extractors {
			x, err := Lookup(e)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				continue
			}
			in[e] = true
			if r.Name == "prospects-v1" && x.Minimum > 0 {
				t.Errorf("prospects-v1: %s asks for %d purchases", e, x.Minimum)
			}
		}
	}
	for _, e := range Extractors() {
		if !in[e.Name] && e.Name != "descriptors" {
			t.Errorf("no recipe holds %s", e.Name)
		}
	}
}

// A log of stamps and amounts feeds the blocks that ask for no more; what is left
// out says why.
func TestRecipeFor(t *testing.T) {
	log := dayLog(t, "small", [][]string{{"a", "2024-01-01", "1"}, {"a", "2024-01-09", "2"}, {"b", "2024-01-03", "4"}}, time.Time{})
	n, ok := LookupRecipe("behavioural-v1")
	if !ok {
		t.Fatal("no behavioural-v1")
	}
	r, skipped, err := n.For(log)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Steps)+len(skipped) != len(n.Extractors) {
		t.Errorf("%d taken, %d left out of %d", len(r.Steps), len(skipped), len(n.Extractors))
	}
	found := false
	for _, s := range skipped {
		found = found || s.String() == "campaign is left out: the log has no "+s.Lacks && strings.Contains(s.Lacks, "campaign_sent")
	}
	if !found {
		t.Errorf("campaign is not explained: %v", skipped)
	}
	if _, _, err := (Named{Name: "letters", Extractors: []string{"campaign"}}).For(log); err == nil || !strings.Contains(err.Error(), "small feeds no extractor of letters: campaign is left out") {
		t.Errorf("error %v", err)
	}
}

// Coverage counts what was observed, not what was filled in.
func TestCoverage(t *testing.T) {
	log := dayLog(t, "small", [][]string{
		{"a", "2024-01-01", "1"}, {"a", "2024-01-09", "2"}, {"a", "2024-01-20", "2"}, {"b", "2024-01-03", "4"}, {"c", "2024-01-03", "4"},
	}, time.Time{})
	r, err := NewRecipe("r", "rfm", "interpurchase")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(context.Background(), log, r, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Coverage(context.Background(), log, b.Pipeline)
	if err != nil {
		t.Fatal(err)
	}
	if c[0].Block != "rfm" || c[0].Customers != 1 || c[0].Columns[0] != (ColumnCoverage{"recency", 1}) {
		t.Errorf("%+v", c[0])
	}
	for _, col := range c[1].Columns {
		if col.Name == "regularity" && col.Share != 1./3 {
			t.Errorf("one of three has gaps: %+v", col)
		}
	}
}
