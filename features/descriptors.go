package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "descriptors",
	Doc: `Who customers are: age, region, income, household — for profiling, not for clustering
Descriptors say who a customer is, not what they do. They stand beside the segments
(Raw.Descriptors, DescribeSegments) and are in no recipe unless you ask for this block.
Asked for, it places customers so that squared distances are Gower's (1971), each of p
descriptors having equal say:
  d²(a, b) = 1/p · Σ over descriptors of δ,
  a number:    δ = ((x_a − x_b)/range)²   columns (x − min)/(range·√p)
  a category:  δ = 0 if equal, else 1      one column a level, 1/√(2p) where it holds
Gower takes the absolute difference of numbers; its square is what a Euclidean
method can use. The range is that of all customers. Levels beyond levels (default
12), the rarest, are one level "other". What is missing stands at the population's
mean of the column, which is at no level's place: a customer of whom nothing is known
lies in the middle. Evidence is the number of descriptors known.
Columns are named descriptor_NAME and descriptor_NAME_LEVEL. columns = [...] selects
descriptors; the default takes all that are in the table of customers.
Age, sex, ethnicity, religion, health and the like are protected: segments made of
them can be unlawful to act on, and a warning says so. Cost: O(customers · p).`,
	Refs: []Ref{{
		Authors: "Gower", Title: "A General Coefficient of Similarity and Some of Its Properties", Venue: "Biometrics 27",
		Year: 1971, DOI: "10.2307/2528823",
	}},
	Version: 1,
	Table:   "customers",
	Null:    ShuffleCustomers,
	New:     func() Block { return &DescriptorBlock{Levels: 12} },
})

// DescriptorBlock is the options of descriptors.
type DescriptorBlock struct {
	Columns []string `json:"columns"` // descriptors to take; none = all of the table of customers
	Levels  int      `json:"levels"`  // levels of a category that have a column of their own
}

// descriptorsSummary counts per descriptor. Nothing in it depends on order.
type descriptorsSummary struct {
	table *datasets.Table // the same for all customers of a log
	cols  map[string]*descriptorsTally
}

type descriptorsTally struct {
	lo, hi float64
	sum    ExactSum
	n      int // customers of whom it is known
	levels map[string]int
}

// Merge adds other.
func (s *descriptorsSummary) Merge(other Summary) {
	o := other.(*descriptorsSummary)
	if s.table == nil {
		s.table = o.table
	}
	for name, t := range o.cols {
		mine := s.tally(name)
		mine.lo, mine.hi = min(mine.lo, t.lo), max(mine.hi, t.hi)
		mine.sum.Merge(&t.sum)
		mine.n += t.n
		for l, n := range t.levels {
			mine.levels[l] += n
		}
	}
}

func (s *descriptorsSummary) tally(name string) *descriptorsTally {
	t := s.cols[name]
	if t == nil {
		t = &descriptorsTally{lo: math.Inf(1), hi: math.Inf(-1), levels: map[string]int{}}
		s.cols[name] = t
	}
	return t
}

// Empty returns the summary of no customers.
func (o *DescriptorBlock) Empty() Summary {
	return &descriptorsSummary{cols: map[string]*descriptorsTally{}}
}

// Gather adds what is known of the customer.
func (o *DescriptorBlock) Gather(h datasets.History) Summary {
	s := o.Empty().(*descriptorsSummary)
	s.table = h.Customers()
	if s.table == nil {
		return s
	}
	row, ok := s.table.Find(h.ID)
	if !ok {
		return s
	}
	for i := range s.table.Cols {
		c := &s.table.Cols[i]
		if !o.takes(c.Name) {
			continue
		}
		switch {
		case c.Num != nil && !math.IsNaN(c.Num[row]):
			t, x := s.tally(c.Name), c.Num[row]
			t.lo, t.hi, t.n = x, x, 1
			t.sum.Add(x)
		case c.Num == nil && c.Text[row] != "":
			t := s.tally(c.Name)
			t.n, t.levels[c.Text[row]] = 1, 1
		}
	}
	return s
}

func (o *DescriptorBlock) takes(name string) bool {
	return len(o.Columns) == 0 || slices.Contains(o.Columns, name)
}

// descriptorsOther is the level of all levels that have no column of their own.
const descriptorsOther = "other"

// Learn fixes ranges, levels and means.
func (o *DescriptorBlock) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*descriptorsSummary)
	switch {
	case o.Levels < 1:
		return nil, fmt.Errorf("levels = %d: at least 1", o.Levels)
	case s.table == nil:
		return nil, fmt.Errorf("the log has no table of customers: name their columns (extra), or leave descriptors out")
	}
	var have []string
	for _, c := range s.table.Cols {
		have = append(have, c.Name)
	}
	for _, n := range o.Columns {
		if !slices.Contains(have, n) {
			return nil, fmt.Errorf("columns: no descriptor %q (there are: %s)", n, strings.Join(have, ", "))
		}
	}
	m := &descriptorsModel{}
	taken := map[string]bool{}
	for _, c := range s.table.Cols {
		t := s.cols[c.Name]
		if t == nil || !o.takes(c.Name) {
			continue // nobody's is known
		}
		f := descriptorFitted{Descriptor: c.Name, Unit: c.Unit}
		if c.Num != nil {
			if t.lo == t.hi {
				continue // everybody's is the same
			}
			f.Lo, f.Range = t.lo, t.hi-t.lo
			f.Means = []float64{(t.sum.Value()/float64(t.n) - t.lo) / f.Range}
			f.Names = []string{descriptorsName(taken, "descriptor_"+snake(c.Name))}
		} else {
			if len(t.levels) < 2 {
				continue
			}
			f.levels(t, o.Levels)
			for _, l := range f.Levels {
				f.Names = append(f.Names, descriptorsName(taken, "descriptor_"+snake(c.Name)+"_"+snake(l)))
			}
		}
		m.Fitted = append(m.Fitted, f)
	}
	if len(m.Fitted) == 0 {
		return nil, fmt.Errorf("no descriptor tells customers apart (%s)", strings.Join(have, ", "))
	}
	return m, nil
}

// levels lists the most frequent levels, then "other" if there are more.
func (f *descriptorFitted) levels(t *descriptorsTally, most int) {
	for l := range t.levels {
		f.Levels = append(f.Levels, l)
	}
	slices.SortFunc(f.Levels, func(a, b string) int { return cmp.Or(t.levels[b]-t.levels[a], cmp.Compare(a, b)) })
	rest := 0
	if len(f.Levels) > most {
		for _, l := range f.Levels[most:] {
			rest += t.levels[l]
		}
		f.Levels = f.Levels[:most:most]
	}
	for _, l := range f.Levels {
		f.Means = append(f.Means, float64(t.levels[l])/float64(t.n))
	}
	if rest > 0 {
		f.Other = true
		f.Levels = append(f.Levels, descriptorsOther)
		f.Means = append(f.Means, float64(rest)/float64(t.n))
	}
}

// descriptorsName makes a column's name unique.
func descriptorsName(taken map[string]bool, name string) string {
	out := name
	for i := 2; taken[out]; i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	taken[out] = true
	return out
}

// Model returns an empty model.
func (o *DescriptorBlock) Model() Model { return &descriptorsModel{} }

// descriptorsModel holds one entry a descriptor.
type descriptorsModel struct {
	Fitted []descriptorFitted `json:"descriptors"`
}

type descriptorFitted struct {
	Descriptor string    `json:"descriptor"`
	Unit       string    `json:"unit,omitempty"`
	Lo         float64   `json:"lo,omitempty"`     // of a number
	Range      float64   `json:"range,omitempty"`  // of a number
	Levels     []string  `json:"levels,omitempty"` // of a category; with Other the last takes the rest
	Other      bool      `json:"other,omitempty"`
	Names      []string  `json:"names"`
	Means      []float64 `json:"means"` // of (x − lo)/range, or the level's share
}

// Columns describes the columns.
func (m *descriptorsModel) Columns() []Column {
	var out []Column
	for _, f := range m.Fitted {
		for i, n := range f.Names {
			doc := fmt.Sprintf("%s, from its least to its greatest value", f.Descriptor)
			if f.Levels != nil {
				doc = fmt.Sprintf("%s is %s", f.Descriptor, f.Levels[i])
			}
			out = append(out, Column{Name: n, Doc: doc, Block: "descriptors", Kind: Embedding})
		}
	}
	return out
}

// Measure places the customer.
func (m *descriptorsModel) Measure(h datasets.History, row []float64) {
	t := h.Customers()
	var at int
	var ok bool
	if t != nil {
		at, ok = t.Find(h.ID)
	}
	p := math.Sqrt(float64(len(m.Fitted)))
	j := 0
	for i := range m.Fitted {
		f := &m.Fitted[i]
		part := row[j : j+len(f.Names)]
		j += len(f.Names)
		scale := 1 / p
		if f.Levels != nil {
			scale /= math.Sqrt2
		}
		copy(part, f.Means)
		if ok {
			f.place(t.Col(f.Descriptor), at, part)
		}
		for k := range part {
			part[k] *= scale
		}
	}
}

// place writes what is known: (x − lo)/range, or 1 at the level and 0 at the others.
func (f *descriptorFitted) place(c *datasets.TableColumn, row int, part []float64) {
	switch {
	case c == nil:
	case f.Levels == nil:
		if c.Num != nil && !math.IsNaN(c.Num[row]) {
			part[0] = (c.Num[row] - f.Lo) / f.Range
		}
	case c.Text != nil && c.Text[row] != "":
		l := slices.Index(f.Levels[:len(f.Levels)-f.others()], c.Text[row])
		if l < 0 && !f.Other {
			return // a level that nobody had: nothing is known of it
		}
		if l < 0 {
			l = len(f.Levels) - 1
		}
		clear(part)
		part[l] = 1
	}
}

// others counts the last level where it takes the rest.
func (f *descriptorFitted) others() int {
	if f.Other {
		return 1
	}
	return 0
}

// Evidence counts the descriptors known of the customer.
func (m *descriptorsModel) Evidence(h datasets.History) int {
	t := h.Customers()
	if t == nil {
		return 0
	}
	row, ok := t.Find(h.ID)
	if !ok {
		return 0
	}
	n := 0
	for _, f := range m.Fitted {
		switch c := t.Col(f.Descriptor); {
		case c == nil:
		case c.Num != nil && !math.IsNaN(c.Num[row]), c.Text != nil && c.Text[row] != "":
			n++
		}
	}
	return n
}

// Warnings names the protected attributes.
func (m *descriptorsModel) Warnings() []string {
	var names []string
	for _, f := range m.Fitted {
		if Protected(f.Descriptor) {
			names = append(names, f.Descriptor)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: protected or close to it. To treat people differently for it can be unlawful; leave it out (columns), or describe segments by it afterwards",
		strings.Join(names, ", "))}
}
