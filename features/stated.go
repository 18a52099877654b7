package features

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "stated",
	Doc: `Stated benefits: what customers answered in surveys
One column per question of the top questions (default 24), those that most customers
answered: what they say they want, beside what they buy (benefits). Answers are events
survey_answer, with the question as item and the answer as rating, or the columns of a
table of surveys: numbers, or text that says yes or no or begins with a sign or digit.
  stated_QUESTION  a yes/no question that everybody answered once at most: binary, 1 =
                   yes; asked again: the share of yes; any other: the mean answer
Who did not answer a question has the population's answer: the more frequent one of a
yes/no question, else the mean. Evidence is the number of questions answered: cluster
those above 0 (respondents), as a wish that nobody stated is no segment. Answers are
taken as they stand: people use scales differently, and no answer is not "no" (yes/no
batteries suit Jaccard's distance, which asks what two people both ticked).
Cost: O(answers).`,
	Refs: []Ref{
		{Authors: "Dolnicar, Grün & Leisch", Title: "Market Segmentation Analysis", Venue: "Springer", Year: 2018, DOI: "10.1007/978-981-10-8818-6"},
		{Authors: "Haley", Title: "Benefit Segmentation: A Decision-Oriented Research Tool", Venue: "Journal of Marketing 32", Year: 1968, DOI: "10.1177/002224296803200306"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.SurveyAnswer),
	Surveys: true,
	Minimum: 0, // who never bought may have answered
	// Answers then belong to other questions, and rows of the table to others.
	Null: ShuffleItems + "+" + ShuffleCustomers,
	New:  func() Block { return &Stated{Top: 24} },
})

// Stated is the options of stated.
type Stated struct {
	Questions []string `json:"questions,omitempty"` // these, in this order; none = the Top
	Top       int      `json:"top"`                 // questions that most customers answered
}

// statedAnswers are one customer's answers by question: their mean, in order of
// questions.
type statedAnswers struct {
	question string
	sum, n   float64
	yesNo    bool // every answer is 0 or 1
}

// statedOf reads a customer's answers, events first; the table of surveys is asked for
// questions that no event answers.
func statedOf(h datasets.History) []statedAnswers {
	var out []statedAnswers
	find := func(question string) *statedAnswers {
		for i := range out {
			if out[i].question == question {
				return &out[i]
			}
		}
		out = append(out, statedAnswers{question: question, yesNo: true})
		return &out[len(out)-1]
	}
	answer := func(question string, x float64) {
		a := find(question)
		a.sum += x
		a.n++
		a.yesNo = a.yesNo && (x == 0 || x == 1)
	}
	for i := range h.Len() {
		if h.Kind(i) != datasets.SurveyAnswer {
			continue
		}
		q := h.Item(i)
		if q == "" {
			q = h.Category(i)
		}
		if x := h.Rating(i); q != "" && !math.IsNaN(x) && !math.IsInf(x, 0) {
			answer(q, x)
		}
	}
	events := len(out)
	t := h.Surveys()
	if t == nil {
		return out
	}
	row, ok := t.Find(h.ID)
	if !ok {
		return out
	}
	for _, c := range t.Cols {
		if slices.ContainsFunc(out[:events], func(a statedAnswers) bool { return a.question == c.Name }) {
			continue
		}
		x := math.NaN()
		if c.Num != nil {
			x = c.Num[row]
		} else if c.Text != nil {
			x = statedNumber(c.Text[row])
		}
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			answer(c.Name, x)
		}
	}
	return out
}

// statedNumber reads yes, no, or the number that a text is or begins with ("+2", "5
// very good"); NaN for anything else.
func statedNumber(s string) float64 {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "yes", "y", "true", "ja", "j":
		return 1
	case "no", "n", "false", "nein", "nej", "nee":
		return 0
	}
	word, _, _ := strings.Cut(s, " ")
	if word == "" || !strings.ContainsAny(word[:1], "+-.0123456789") {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// statedQuestion is what all customers answered to one question.
type statedQuestion struct {
	sum      ExactSum // of the customers' means
	n, yes   int64    // customers; those of a mean above ½
	repeated bool     // somebody answered twice
	yesNo    bool
}

type statedSummary struct {
	one  []statedAnswers // of a single customer, not yet folded in
	each map[string]*statedQuestion
}

// Merge adds other.
func (s *statedSummary) Merge(other Summary) {
	o := other.(*statedSummary)
	if s.each == nil {
		s.each = map[string]*statedQuestion{}
	}
	s.take(s.one)
	s.take(o.one)
	s.one = nil
	for name, q := range o.each {
		t := s.question(name)
		t.sum.Merge(&q.sum)
		t.n += q.n
		t.yes += q.yes
		t.repeated = t.repeated || q.repeated
		t.yesNo = t.yesNo && q.yesNo
	}
}

func (s *statedSummary) take(one []statedAnswers) {
	for _, a := range one {
		t := s.question(a.question)
		mean := a.sum / a.n
		t.sum.Add(mean)
		t.n++
		if mean > 0.5 {
			t.yes++
		}
		t.repeated = t.repeated || a.n > 1
		t.yesNo = t.yesNo && a.yesNo
	}
}

func (s *statedSummary) question(name string) *statedQuestion {
	q := s.each[name]
	if q == nil {
		q = &statedQuestion{yesNo: true}
		s.each[strings.Clone(name)] = q
	}
	return q
}

// Empty returns the summary of no customers.
func (o *Stated) Empty() Summary { return &statedSummary{} }

// Gather notes the customer's answers.
func (o *Stated) Gather(h datasets.History) Summary { return &statedSummary{one: statedOf(h)} }

// Learn picks the questions and the population's answers.
func (o *Stated) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*statedSummary)
	s.Merge(&statedSummary{}) // folds a lone customer in
	names := slices.Collect(maps.Keys(s.each))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.each[b].n, s.each[a].n), cmp.Compare(a, b))
	})
	m := &statedModel{}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("nobody answered a question: survey_answer events need a question (item) and an answer (rating), or a table of surveys columns of numbers or of yes and no")
	case len(o.Questions) > 0:
		for _, q := range o.Questions {
			if s.each[q] == nil {
				return nil, fmt.Errorf("nobody answered the question %q (questions: %s)", q, strings.Join(names[:min(len(names), 20)], ", "))
			}
		}
		names = o.Questions
	case o.Top < 1:
		return nil, fmt.Errorf("top = %d: at least 1 question", o.Top)
	case len(names) > o.Top:
		m.Notes = append(m.Notes, fmt.Sprintf("%d of %d questions, those that most customers answered", o.Top, len(names)))
		names = names[:o.Top]
	}
	slugs := benefitsSlugs(names)
	for i, name := range names {
		q := s.each[name]
		a := statedAnswer{Question: name, Column: "stated_" + slugs[i], Respondents: q.n, Mean: q.sum.Value() / float64(q.n), Kind: Number}
		switch {
		case q.yesNo && !q.repeated:
			a.Kind = Binary
			a.Default = 0
			if 2*q.yes > q.n {
				a.Default = 1
			}
		case q.yesNo:
			a.Kind, a.Default = Probability, a.Mean
		default:
			a.Default = a.Mean
		}
		m.Answers = append(m.Answers, a)
	}
	return m, nil
}

// Model returns an empty model.
func (o *Stated) Model() Model { return &statedModel{} }

// statedAnswer is a question and the population's answer to it.
type statedAnswer struct {
	Question    string  `json:"question"`
	Column      string  `json:"column"`
	Kind        Kind    `json:"kind"`
	Respondents int64   `json:"respondents"`
	Mean        float64 `json:"mean"`
	Default     float64 `json:"default"` // of those who did not answer
}

type statedModel struct {
	Answers []statedAnswer `json:"answers"`
	Notes   []string       `json:"notes,omitempty"`

	once sync.Once
	at   map[string]int
}

// Warnings says what was left out.
func (m *statedModel) Warnings() []string { return m.Notes }

// Columns describes the questions.
func (m *statedModel) Columns() []Column {
	var out []Column
	for _, a := range m.Answers {
		c := Column{Name: a.Column, Block: "stated", Kind: a.Kind, Doc: fmt.Sprintf("answer to %q (mean %.3g of %d respondents)", a.Question, a.Mean, a.Respondents)}
		out = append(out, c)
	}
	return out
}

// Evidence counts the questions that the customer answered.
func (m *statedModel) Evidence(h datasets.History) int {
	n := 0
	m.each(h, func(int, float64) { n++ })
	return n
}

// each visits the customer's mean answers to the model's questions.
func (m *statedModel) each(h datasets.History, f func(j int, x float64)) {
	m.once.Do(func() {
		m.at = make(map[string]int, len(m.Answers))
		for j, a := range m.Answers {
			m.at[a.Question] = j
		}
	})
	for _, a := range statedOf(h) {
		if j, ok := m.at[a.question]; ok {
			f(j, a.sum/a.n)
		}
	}
}

// Measure fills the row.
func (m *statedModel) Measure(h datasets.History, row []float64) {
	for j, a := range m.Answers {
		row[j] = a.Default
	}
	m.each(h, func(j int, x float64) {
		if m.Answers[j].Kind == Binary && x != 0 { // an answer that no one gave while the model was learned
			x = 1
		}
		row[j] = x
	})
}
