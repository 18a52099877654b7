package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "interests",
	Doc: `Interests: what a customer looks at, wishes for, puts in the cart and buys
The weight of category k for a customer is
  w_k = idf_k · Σ a(kind) · 2^(−(t1 − t)/h)   over the events that touch k,
with a = 1 for a view, 2 for the wish list, 3 for the cart, 5 for a purchase that
stands, a half-life h of 365 days up to the window's end t1 (half_life: a year tells who
somebody is, and sees every season; 90 days tell what to show them next, from a quarter
of the evidence), and the inverse document
frequency idf_k = ln((1 + N)/(1 + N_k)) + 1 of N_k out of N customers: what everybody
touches tells little. Prospects who never bought are measured by what they look at.
  interest_…        shares w_k/Σw of the top categories (top, default 12) and of all
                    others together: a composition. It is drawn towards the mean
                    customer's with the weight of m events (shrink, default 5), where
                    n = (Σ a 2^…)²/Σ(a 2^…)² counts the customer's own events (Kish's
                    effective number): an old customer is not drawn in for being old
  interest_breadth  entropy of the categories over ln of their number, with the
                    Miller–Madow correction: 0 one interest, 1 all alike; drawn in
  interest_novelty  share of a day's categories that another day of the customer's did
                    not have, 1 − Σ d_k(d_k − 1)/((D − 1)Σ d_k) with d_k of D active
                    days: categories are counted as if everybody had two days
                    (rarefaction), so that it does not depend on how many days
  interest_drift    how far the second half of the window differs from the first:
                    Jensen–Shannon divergence of the two, less what chance alone makes
                    of so few days, over its maximum less the same: 0 chance, 1 wholly
                    new interests. Chance is exact: the mean over all ways of dealing
                    the customer's category-days to the halves (not by default: it is a
                    change, not an interest)
Categories are those of the events, else of the items table; a log without any counts
items (level says which of category, brand, item). spread > 0 multiplies interests by
what they go with: see SpreadInterests. Cost: O(events), and O(categories) a customer.`,
	Refs: []Ref{
		{Authors: "Spärck Jones", Title: "A statistical interpretation of term specificity and its application in retrieval", Venue: "Journal of Documentation 28", Year: 1972, DOI: "10.1108/eb026526"},
		{Authors: "Lin", Title: "Divergence measures based on the Shannon entropy", Venue: "IEEE Transactions on Information Theory 37", Year: 1991, DOI: "10.1109/18.61115"},
		{Authors: "Vinh, Epps & Bailey", Title: "Information theoretic measures for clusterings comparison (the exact expectation by hypergeometric counts)", Venue: "Journal of Machine Learning Research 11", Year: 2010, DOI: "pp. 2837–2854"},
		{Authors: "Hurlbert", Title: "The nonconcept of species diversity (rarefaction)", Venue: "Ecology 52", Year: 1971, DOI: "10.2307/1934145"},
	},
	Version:  1,
	AnyField: datasets.FieldItem | datasets.FieldCategory,
	AnyKind:  datasets.KindSet(datasets.View, datasets.Wishlist, datasets.CartAdd, datasets.Purchase),
	Null:     ShuffleItems,
	New: func() Block {
		return &Interests{
			Columns: []string{"shares", "breadth", "novelty"},
			Level:   "auto", Deeds: deedWeights, HalfLife: 365, Top: 12, Shrink: 5,
		}
	},
})

// Interests is the options of interests.
type Interests struct {
	Columns  []string `json:"columns"` // of shares, breadth, novelty, drift
	Level    string   `json:"level"`   // auto, category, brand, item
	Deeds    Deeds    `json:"deeds"`
	HalfLife float64  `json:"half_life"` // days; 0 = nothing fades
	Top      int      `json:"top"`       // categories with a share of their own
	Shrink   float64  `json:"shrink"`    // weight of the population, in events; 0 = none
	Spread   float64  `json:"spread"`    // part of each interest that flows to related ones, in [0, 1)
	Steps    int      `json:"steps"`     // how often; 0 = 2
}

var interestsNames = []string{"shares", "breadth", "novelty", "drift"}

// interestsSummary holds one customer (own) or many: the population's mean shares.
type interestsSummary struct {
	level string
	own   []interestsOwn
	pop   map[string]*interestsOf
	sets  bags // which categories go together; only where interests spread

	n, breadthN, noveltyN, driftN int64
	breadth, novelty, drift       ExactSum
}

type interestsOwn struct {
	name  string
	share float64
}

// interestsOf is a category's mean share (times n) and its customers.
type interestsOf struct {
	share ExactSum
	n     int64
}

// Merge adds other.
func (s *interestsSummary) Merge(other Summary) {
	o := other.(*interestsSummary)
	if s.level == "" {
		s.level = o.level
	}
	if s.pop == nil {
		s.pop = map[string]*interestsOf{}
	}
	s.absorb(s.own)
	s.own = nil
	s.absorb(o.own)
	for name, p := range o.pop {
		q := s.of(name)
		q.share.Merge(&p.share)
		q.n += p.n
	}
	s.sets.merge(&o.sets)
	s.n += o.n
	s.breadthN += o.breadthN
	s.noveltyN += o.noveltyN
	s.driftN += o.driftN
	s.breadth.Merge(&o.breadth)
	s.novelty.Merge(&o.novelty)
	s.drift.Merge(&o.drift)
}

func (s *interestsSummary) of(name string) *interestsOf {
	q := s.pop[name]
	if q == nil {
		q = &interestsOf{}
		s.pop[name] = q
	}
	return q
}

func (s *interestsSummary) absorb(own []interestsOwn) {
	for _, x := range own {
		q := s.of(x.name)
		q.share.Add(x.share)
		q.n++
	}
}

// Empty returns the summary of no customers.
func (o *Interests) Empty() Summary { return &interestsSummary{} }

// Gather adds the customer's shares, and what their breadth, novelty and drift are.
func (o *Interests) Gather(h datasets.History) Summary {
	s := &interestsSummary{level: levelOf(h, o.Level)}
	c := interestsScratch.Get().(*interestsRun)
	defer interestsScratch.Put(c)
	c.read(h, s.level, &o.Deeds, o.HalfLife)
	if c.total == 0 {
		return s
	}
	s.n = 1
	s.own = make([]interestsOwn, len(c.names.names))
	for k, name := range c.names.names {
		s.own[k] = interestsOwn{name, c.weight[k] / c.total}
	}
	if o.Spread > 0 {
		s.sets.add(c.names.names)
	}
	if x, e := c.breadth(); e > 0 {
		s.breadth.Add(x)
		s.breadthN = 1
	}
	if x, e := c.novelty(); e > 0 {
		s.novelty.Add(x)
		s.noveltyN = 1
	}
	if x, e := c.drift(); e > 0 {
		s.drift.Add(x)
		s.driftN = 1
	}
	return s
}

// Learn finds the top categories, their document frequencies and the mean customer.
func (o *Interests) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*interestsSummary)
	if err := o.valid(); err != nil {
		return nil, err
	}
	s.absorb(s.own)
	s.own = nil
	if s.n == 0 {
		return nil, fmt.Errorf("no customer has an event with a %s and a weight: level = %q, deeds = %+v", s.level, o.Level, o.Deeds)
	}
	m := &interestsModel{Names: o.Columns, Level: s.level, Deeds: o.Deeds, HalfLife: o.HalfLife, Shrink: o.Shrink, Groups: len(s.pop)}
	names := make([]string, 0, len(s.pop))
	weight := make(map[string]float64, len(s.pop))
	idf := make(map[string]float64, len(s.pop))
	for name, p := range s.pop {
		names = append(names, name)
		idf[name] = math.Log((1+float64(s.n))/(1+float64(p.n))) + 1
		weight[name] = p.share.Value() / float64(s.n)
	}
	slices.SortFunc(names, func(a, b string) int {
		switch x, y := weight[a]*idf[a], weight[b]*idf[b]; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return strings.Compare(a, b)
	})
	top := min(o.Top, len(names))
	m.Top = slices.Clone(names[:top])
	var total, rest, restWeight float64
	for k, name := range names {
		x := weight[name] * idf[name]
		total += x
		if k < top {
			m.IDF = append(m.IDF, idf[name])
			m.Population = append(m.Population, x)
			continue
		}
		rest += x
		restWeight += weight[name]
	}
	if len(names) > top {
		m.IDF = append(m.IDF, rest/restWeight)
		m.Population = append(m.Population, rest)
	}
	for k := range m.Population {
		m.Population[k] /= total
	}
	limit := math.Log(float64(max(len(names), 2)))
	m.Breadth = min(meanOf(&s.breadth, s.breadthN, 0), limit)
	m.Novelty = meanOf(&s.novelty, s.noveltyN, 0)
	m.Drift = meanOf(&s.drift, s.driftN, 0)
	if o.Spread > 0 {
		m.Spread, m.Steps = o.Spread, o.Steps
		if m.Steps == 0 {
			m.Steps = 2
		}
		m.Similar = s.similar(m)
	}
	return m, nil
}

// meanOf returns sum/n, or what stands in for the mean of nobody.
func meanOf(sum *ExactSum, n int64, none float64) float64 {
	if n == 0 {
		return none
	}
	return sum.Value() / float64(n)
}

func (o *Interests) valid() error {
	if err := o.Deeds.valid(); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"auto", "category", "brand", "item"}, o.Level):
		return fmt.Errorf("level = %q: auto, category, brand or item", o.Level)
	case !(o.HalfLife >= 0):
		return fmt.Errorf("half_life = %g: days, 0 = nothing fades", o.HalfLife)
	case o.Top < 1:
		return fmt.Errorf("top = %d: at least 1", o.Top)
	case !(o.Shrink >= 0):
		return fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case !(o.Spread >= 0 && o.Spread < 1):
		return fmt.Errorf("spread = %g: a part, in [0, 1)", o.Spread)
	case o.Steps < 0:
		return fmt.Errorf("steps = %d: at least 0", o.Steps)
	case len(o.Columns) == 0:
		return fmt.Errorf("columns are empty: of %s", strings.Join(interestsNames, ", "))
	}
	for _, n := range o.Columns {
		if !slices.Contains(interestsNames, n) {
			return fmt.Errorf("no column %q (columns: %s)", n, strings.Join(interestsNames, ", "))
		}
	}
	return nil
}

// similar returns the row-normalised cosine similarity of the model's groups.
func (s *interestsSummary) similar(m *interestsModel) [][]float64 {
	k := len(m.Population)
	group := make([]int, len(s.sets.words)) // of each word
	for w, name := range s.sets.words {
		group[w] = m.group(name)
	}
	n := make([]float64, k)
	both := make([][]float64, k)
	for g := range both {
		both[g] = make([]float64, k)
	}
	seen := make([]bool, k)
	for i := range s.sets.ends {
		clear(seen)
		for _, w := range s.sets.set(i) {
			seen[group[w]] = true
		}
		for a := range seen {
			if !seen[a] {
				continue
			}
			n[a]++
			for b := range seen {
				if seen[b] {
					both[a][b]++
				}
			}
		}
	}
	return InterestSimilarity(n, both)
}

// Model returns an empty model.
func (o *Interests) Model() Model { return &interestsModel{} }

// interestsModel holds the top groups and the mean customer; the last entry of IDF
// and Population is the others', where there are others.
type interestsModel struct {
	Names      []string    `json:"names"`
	Level      string      `json:"level"`
	Deeds      Deeds       `json:"deeds"`
	HalfLife   float64     `json:"half_life"`
	Shrink     float64     `json:"shrink"`
	Groups     int         `json:"groups"` // all that were seen
	Top        []string    `json:"top"`
	IDF        []float64   `json:"idf"`
	Population []float64   `json:"population"`
	Breadth    float64     `json:"breadth"`
	Novelty    float64     `json:"novelty"`
	Drift      float64     `json:"drift"`
	Spread     float64     `json:"spread,omitempty"`
	Steps      int         `json:"steps,omitempty"`
	Similar    [][]float64 `json:"similar,omitempty"`
}

// group returns the number of a name's share: the last one if it is not at the top.
func (m *interestsModel) group(name string) int {
	for k, t := range m.Top {
		if t == name {
			return k
		}
	}
	return len(m.Population) - 1
}

// Evidence counts the customer's events of interest.
func (m *interestsModel) Evidence(h datasets.History) int {
	rev := h.Reversed()
	n := 0
	for i := range h.Len() {
		if m.Deeds.weight(h, i, rev) > 0 && nameAt(h, i, m.Level) != "" {
			n++
		}
	}
	return n
}

// Columns describes the columns.
func (m *interestsModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		switch n {
		case "shares":
			taken := map[string]bool{"breadth": true, "novelty": true, "drift": true}
			if len(m.Population) > len(m.Top) {
				taken["other"] = true
			}
			for _, name := range m.Top {
				out = append(out, Column{
					Name: interestsColumn(name, taken), Kind: Share,
					Doc: fmt.Sprintf("share of interest in the %s %s", m.Level, name),
				})
			}
			if k := m.Groups - len(m.Top); k > 0 {
				out = append(out, Column{Name: "interest_other", Kind: Share, Doc: fmt.Sprintf("share of interest in the %d other groups (%s)", k, m.Level)})
			}
		case "breadth":
			out = append(out, Column{Name: "interest_breadth", Doc: "breadth of interests: 0 a single one, 1 all alike"})
		case "novelty":
			out = append(out, Column{Name: "interest_novelty", Kind: Probability, Doc: "share of a day's interests that another day did not have"})
		case "drift":
			out = append(out, Column{Name: "interest_drift", Doc: "change of interests between the halves of the window: 0 chance, 1 wholly new"})
		}
	}
	for i := range out {
		out[i].Block = "interests"
	}
	return out
}

// interestsColumn names a text's column; a name that is taken gets a number.
func interestsColumn(text string, taken map[string]bool) string {
	s := snake(text)
	name := s
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", s, i)
	}
	taken[name] = true
	return "interest_" + name
}

// Measure fills the row; who showed no interest has the population's.
func (m *interestsModel) Measure(h datasets.History, row []float64) {
	c := interestsScratch.Get().(*interestsRun)
	defer interestsScratch.Put(c)
	c.read(h, m.Level, &m.Deeds, m.HalfLife)
	toward := func(x, evidence, population float64) float64 {
		if evidence == 0 {
			return population
		}
		return (evidence*x + m.Shrink*population) / (evidence + m.Shrink)
	}
	limit := math.Log(float64(max(m.Groups, 2)))
	j := 0
	for _, n := range m.Names {
		switch n {
		case "shares":
			m.shares(c, row[j:j+len(m.Population)])
			j += len(m.Population)
			continue
		case "breadth":
			x, e := c.breadth()
			row[j] = toward(min(x, limit), e, m.Breadth) / limit
		case "novelty":
			x, e := c.novelty()
			row[j] = toward(x, e, m.Novelty)
		case "drift":
			x, e := c.drift()
			row[j] = toward(x, e, m.Drift)
		}
		j++
	}
}

// shares fills the composition.
func (m *interestsModel) shares(c *interestsRun, out []float64) {
	clear(out)
	var total float64
	for k, name := range c.names.names {
		g := m.group(name)
		x := c.weight[k] * m.IDF[g]
		out[g] += x
		total += x
	}
	n := c.events()
	for g := range out {
		if total > 0 {
			out[g] = (n*out[g]/total + m.Shrink*m.Population[g]) / (n + m.Shrink)
		} else {
			out[g] = m.Population[g]
		}
	}
	if m.Spread > 0 {
		copy(out, SpreadInterests(out, m.Similar, m.Spread, m.Steps))
	}
}
