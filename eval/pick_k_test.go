package eval

import (
	"slices"
	"strings"
	"testing"
)

// pickSeries has candidates with k = from, from+1, …, and a metric's values.
func pickSeries(from int, metric string, values ...float64) (out []Candidate) {
	for i, v := range values {
		out = append(out, Candidate{K: from + i, Scores: map[string]float64{metric: v}})
	}
	return out
}

func ruleNamed(t *testing.T, list []KRule, name string) KRule {
	t.Helper()
	at := slices.IndexFunc(list, func(r KRule) bool { return r.Rule == name })
	if at < 0 {
		t.Fatalf("no rule %s among %v", name, list)
	}
	return list[at]
}

func TestChooseK(t *testing.T) {
	for _, c := range []struct {
		from   int
		metric string
		values []float64
		k      int
		reason string
	}{
		{2, "silhouette", []float64{0.3, 0.6, 0.5}, 3, ""},
		{2, "silhouette", []float64{0.6, 0.6, 0.5}, 2, ""},
		{2, "silhouette", []float64{0.3, 0.5, 0.6}, 0, "largest number tried, 4"},
		{3, "silhouette", []float64{0.6, 0.5, 0.3}, 0, "smallest number tried, 3"},
		{2, "silhouette", []float64{0.6, 0.6, 0.6}, 0, "rates all 3 numbers of segments alike"},
		{2, "silhouette", []float64{0.6}, 0, "rates 1 of the numbers of segments"},
		{2, "davies_bouldin", []float64{0.6, 0.4, 0.5}, 3, ""},
		{2, "bic", []float64{-500, -700, -600}, 3, ""},
		{2, "prediction_strength", []float64{0.95, 0.7, 0.85, 0.6}, 4, ""},
		{2, "prediction_strength", []float64{0.7, 0.6}, 1, ""},
		{2, "prediction_strength", []float64{0.9, 0.8}, 0, "still reached at the largest number tried, 3"},
	} {
		r := ruleNamed(t, ChooseK(pickSeries(c.from, c.metric, c.values...), nil), c.metric)
		if r.K != c.k || (r.Reason == "") != (c.reason == "") || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s %v: %+v, want %d %q", c.metric, c.values, r, c.k, c.reason)
		}
		if r.K > 1 && (r.Index != r.K-c.from || r.Value != c.values[r.Index]) || r.K < 2 && r.Index != -1 {
			t.Errorf("%s %v: %+v points elsewhere", c.metric, c.values, r)
		}
	}
	list := ChooseK(nil, nil)
	for _, r := range list {
		if r.K != 0 || r.Reason == "" || r.Index != -1 || r.How == "" || r.Family == "" {
			t.Errorf("of nothing: %+v", r)
		}
	}
	if len(list) != len(pickVoters)+3 {
		t.Errorf("%d rules", len(list))
	}

	// several with one number of segments: the rule's best of them
	series := pickSeries(2, "silhouette", 0.3, 0.4, 0.2)
	series = append(series, Candidate{K: 3, Scores: map[string]float64{"silhouette": 0.7}, Stability: []float64{0.9, 0.8, 0.5}})
	series[0].Stability = []float64{0.4, 0.9}
	series[2].Stability = []float64{0.4, 0.9, 0.3, 0.2}
	rules := ChooseK(series, &Gap{K: 4, Points: []GapPoint{{K: 4, Gap: 0.2}}})
	if r := ruleNamed(t, rules, "silhouette"); r.K != 3 || r.Index != 3 {
		t.Errorf("%+v", r)
	}
	if r := ruleNamed(t, rules, "stability"); r.K != 3 || r.Index != 3 || r.Value != 0.5 {
		t.Errorf("%+v", r)
	}
	if r := ruleNamed(t, rules, "gap"); r.K != 4 || r.Index != 2 || r.Value != 0.2 {
		t.Errorf("%+v", r)
	}
	if r := ruleNamed(t, ChooseK(series, &Gap{Reason: "the gap still rises"}), "gap"); r.K != 0 || r.Reason != "the gap still rises" {
		t.Errorf("%+v", r)
	}
}
