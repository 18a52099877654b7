package figure

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval/study"
)

// subject is one run's labelling, checked and counted: what most figures start from.
type subject struct {
	*Input
	labels  []int32
	k       int
	sizes   []int
	noise   int
	n       int
	nameMem []string
}

// subject checks that the run's arrays fit together.
func (in *Input) subject(figure string) (*subject, error) {
	if in == nil || in.Data == nil || in.Set == nil {
		return nil, fmt.Errorf("%s needs a finished run and its feature set", figure)
	}
	s := &subject{Input: in, labels: in.Data.Labels, n: len(in.Data.Labels)}
	if s.n == 0 {
		return nil, fmt.Errorf("%s needs labels; this run has none", figure)
	}
	if in.Set.X != nil {
		if n, _ := in.Set.X.Dims(); n != s.n {
			return nil, fmt.Errorf("%s: the run has %d labels, its feature set %d rows", figure, s.n, n)
		}
	}
	for i, l := range s.labels {
		switch {
		case l < 0:
			s.noise++
			continue
		case int(l) >= s.n:
			return nil, fmt.Errorf("%s: row %d has label %d; labels of %d rows lie below %d", figure, i, l, s.n, s.n)
		}
		for int(l) >= len(s.sizes) {
			s.sizes = append(s.sizes, 0)
		}
		s.sizes[l]++
	}
	s.k = len(s.sizes)
	for i := range s.k {
		s.nameMem = append(s.nameMem, s.makeName(i))
	}
	return s, nil
}

// makeName is what a segment is called beside its mark: "Segment 3", or
// "3 Champions" where it has a name.
func (s *subject) makeName(segment int) string {
	if segment < len(s.Names) {
		if n := word(s.Names[segment]); n != "" && n != fmt.Sprintf("Segment %d", segment+1) {
			return fmt.Sprintf("%d%s%s", segment+1, nbsp, n)
		}
	}
	return fmt.Sprintf("Segment%s%d", nbsp, segment+1)
}

func (s *subject) name(segment int) string {
	if segment < 0 {
		return "Unassigned"
	}
	return s.nameMem[segment]
}

// called is what a segment is called within a sentence: Segment 3.
func called(segment int) string { return fmt.Sprintf("Segment%s%d", nbsp, segment+1) }

// noun is what a row of the data is: customer, household, account, row.
func (in *Input) noun() (one, many string) {
	one = "customer"
	if in.State != nil && in.State.Study.Data != nil {
		if u := word(in.State.Study.Data.Unit); u != "" {
			one = u
		}
	}
	return one, one + "s"
}

// rows writes "1,203 customers".
func (in *Input) rows(n int) string {
	one, many := in.noun()
	return plural(n, one, many)
}

// money names the customers' value: "revenue (GBP)".
func (in *Input) money() string {
	if in.State != nil && in.State.Study.Data != nil {
		if c := word(in.State.Study.Data.Currency); c != "" {
			return "revenue (" + c + ")"
		}
	}
	return "revenue"
}

// simulated marks figures of made data.
func (in *Input) simulated() string {
	if in.State != nil && in.State.Study.Data != nil && in.State.Study.Data.Simulated {
		return " Simulated data."
	}
	return ""
}

// provenance says which run it is, how many customers it has, who is left out.
func (s *subject) provenance() string {
	var b strings.Builder
	if r := s.Run; r != nil {
		b.WriteString("Run: " + word(r.Start.Algorithm))
		if k, ok := paramsOf(r)["n_clusters"]; ok {
			fmt.Fprintf(&b, " (k = %v)", k)
		}
		fmt.Fprintf(&b, " on %s, scaled %s", word(r.Start.Set), word(r.Start.Scale))
		if r.Start.Seed > 0 {
			fmt.Fprintf(&b, ", seed %d", r.Start.Seed)
		}
		b.WriteString("; ")
	}
	fmt.Fprintf(&b, "n = %s in %s", s.rows(s.n), plural(s.k, "segment", "segments"))
	if s.noise > 0 {
		fmt.Fprintf(&b, ", %s of them (%s) unassigned", count(s.noise), percent(float64(s.noise)/float64(s.n)))
	}
	b.WriteString(".")
	return b.String() + s.simulated()
}

// paramsOf decodes a run's options; what cannot be read is no options.
func paramsOf(r *study.RunState) map[string]any {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(string(r.Start.Params)))
	d.UseNumber()
	if d.Decode(&m) != nil {
		return nil
	}
	return m
}

// bySize lists the segments, largest first, ties by number.
func (s *subject) bySize() []int {
	order := make([]int, s.k)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return s.sizes[b] - s.sizes[a] })
	return order
}

// list writes "a, b and c", cut after most items.
func list(items []string, most int) string {
	if len(items) > most {
		items = append(slices.Clone(items[:most]), fmt.Sprintf("%d more", len(items)-most))
	}
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}
