package features

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// answer is a survey_answer event.
func answer(customer string, day int, question string, x float64) datasets.Event {
	ev := line(customer, day, "", "", 1)
	ev.Kind, ev.Item, ev.Rating = datasets.SurveyAnswer, question, x
	ev.Price, ev.Amount, ev.Quantity = math.NaN(), math.NaN(), math.NaN()
	return ev
}

func surveyMeta() datasets.Meta {
	m := lineMeta("survey")
	m.Has |= datasets.FieldRating
	return m
}

func TestStatedByHand(t *testing.T) {
	log := logOf(surveyMeta(), []datasets.Event{
		answer("a", 0, "Is it cheap?", 1), answer("b", 0, "Is it cheap?", 1), answer("c", 0, "Is it cheap?", 0),
		answer("a", 0, "again", 1), answer("a", 9, "again", 0), answer("b", 0, "again", 1),
		answer("a", 0, "liking", 4), answer("c", 0, "liking", -1),
		line("d", 0, "tea", "x", 1),
	})
	log.Surveys = &datasets.Table{Name: "surveys", Keys: []string{"a", "d"}, Cols: []datasets.TableColumn{
		{Name: "age", Num: []float64{40, math.NaN()}},
		{Name: "healthy", Text: []string{"Yes", "No"}},
		{Name: "Like", Text: []string{"+2", "I love it!+5"}},
		{Name: "liking", Num: []float64{99, 2}},
	}}
	b := built(t, log, one(t, "stated", &Stated{Top: 24}), 0, 1)
	for _, c := range []struct {
		id, col string
		want    float64
	}{
		{"a", "stated_is_it_cheap", 1},
		{"c", "stated_is_it_cheap", 0},
		{"d", "stated_is_it_cheap", 1}, // 2 of 3 say yes
		{"a", "stated_again", 0.5},
		{"d", "stated_again", 0.75},
		{"a", "stated_liking", 4},
		{"d", "stated_liking", 2},
		{"b", "stated_liking", 5. / 3}, // a's events before the table
		{"d", "stated_healthy", 0},
		{"b", "stated_healthy", 0},
		{"a", "stated_like", 2},
	} {
		check.Close(t, c.id+"'s "+c.col, cell(t, b, c.id, c.col), c.want, 1e-12)
	}
	kinds := map[string]Kind{"stated_is_it_cheap": Binary, "stated_again": Probability, "stated_liking": Number}
	for _, c := range b.Raw.Cols {
		if k, ok := kinds[c.Name]; ok && c.Kind != k {
			t.Errorf("%s is a %s, want a %s", c.Name, c.Kind, k)
		}
	}
	m := b.Pipeline.models[0].(*statedModel)
	for id, want := range map[string]int{"a": 6, "b": 2, "c": 2, "d": 2} {
		h, _ := log.Find(id)
		if got := m.Evidence(h); got != want {
			t.Errorf("%s answered %d questions, want %d", id, got, want)
		}
	}
	// The table alone is enough; neither is not.
	bare := logOf(lineMeta("bare"), []datasets.Event{line("a", 0, "tea", "x", 1), line("d", 0, "tea", "x", 1)})
	if _, err := Build(t.Context(), bare, one(t, "stated", &Stated{Top: 24}), 0, 1); err == nil || !strings.Contains(err.Error(), "survey_answer") {
		t.Errorf("a log without answers: %v", err)
	}
	bare.Surveys = log.Surveys
	b = built(t, bare, one(t, "stated", &Stated{Questions: []string{"healthy"}}), 0, 1)
	if len(b.Raw.Cols) != 1 || cell(t, b, "a", "stated_healthy") != 1 {
		t.Errorf("columns %v of the table", columnNames(b.Raw.Cols))
	}
	for want, o := range map[string]*Stated{`the question "fun"`: {Questions: []string{"fun"}}, "top = 0": {}} {
		if _, err := Build(t.Context(), bare, one(t, "stated", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// mcdonalds reads the eleven yes/no perceptions of 1,453 people.
func mcdonalds(t testing.TB) (*datasets.Log, []string) {
	t.Helper()
	names := []string{"yummy", "convenient", "spicy", "fattening", "greasy", "fast", "cheap", "tasty", "expensive", "healthy", "disgusting"}
	b := datasets.NewBuilder(surveyMeta())
	for i, r := range rows(t, "data/mcdonalds/mcdonalds.csv.gz") {
		for j, q := range names {
			b.Add(answer(fmt.Sprintf("p%04d", i), 0, q, map[string]float64{"Yes": 1, "No": 0}[r[j]]))
		}
	}
	return b.Log(), names
}

// TestMcDonalds: the standard deviations of the principal components that Dolnicar,
// Grün & Leisch publish (Market Segmentation Analysis, Springer 2018, appendix A,
// R's prcomp: divisor n − 1), and the shares of yes.
func TestMcDonalds(t *testing.T) {
	log, names := mcdonalds(t)
	b := built(t, log, one(t, "stated", &Stated{Questions: names}), 0, 2)
	n, d := b.Raw.Dims()
	if n != 1453 || d != 11 {
		t.Fatalf("%d × %d", n, d)
	}
	mean, _ := moments(b.Raw)
	for j, want := range []float64{0.55, 0.91, 0.09, 0.87, 0.53, 0.90, 0.60, 0.64, 0.36, 0.20, 0.24} { // published
		check.Close(t, names[j], mean[j], want, 0.005)
	}
	values, _ := principal(covariance(b.Raw, mean))
	sd := func(c int) float64 { return math.Sqrt(values[c] * float64(n) / float64(n-1)) }
	for c, want := range []float64{0.7570, 0.6075, 0.5046} { // published
		check.Close(t, fmt.Sprint("sd of component ", c+1), sd(c), want, 0.0001)
	}
	// The rest by NumPy 2.4.6, eigvalsh of the covariance.
	for c, want := range []float64{0.757050, 0.607456, 0.504619, 0.398799, 0.337405, 0.310275, 0.289697, 0.275122, 0.265251, 0.248842, 0.236903} {
		check.Close(t, fmt.Sprint("sd of component ", c+1), sd(c), want, 1e-6)
	}
	for _, c := range b.Raw.Cols {
		if c.Kind != Binary {
			t.Errorf("%s is a %s", c.Name, c.Kind)
		}
	}
}
