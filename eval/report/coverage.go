package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/eval/study"
)

// coverage says who was clustered and who was not: by evidence first, then by the
// shown run.
func (b *builder) coverage() *Section {
	s := &Section{ID: "coverage", Title: "Who is covered"}
	s.add(Text("A customer who has hardly been seen has no behaviour to compare. Customers are therefore put into strata by the evidence there is, before any clustering; those without enough of it are named segments beside the clusters, and no run can lose them silently."))
	briefs := b.state.Study.Sets
	if len(briefs) == 0 {
		for _, set := range b.sets {
			n, _ := set.X.Dims()
			briefs = append(briefs, study.Brief{Name: set.Name, Scale: set.Scale, N: n, Strata: set.Strata})
		}
	}
	var tables []*Table // feature sets with the same strata share one
	sets := map[*Table][]string{}
	for _, br := range briefs {
		t := strataTable(br, b.data.Customers)
		i := slices.IndexFunc(tables, func(o *Table) bool { return fmt.Sprint(o.Rows) == fmt.Sprint(t.Rows) })
		switch {
		case len(t.Rows) == 0:
			continue
		case i < 0:
			tables = append(tables, t)
		default:
			t = tables[i]
		}
		if !slices.Contains(sets[t], br.Name) {
			sets[t] = append(sets[t], br.Name)
		}
	}
	for _, t := range tables {
		t.Title = "Strata of feature set " + sets[t][0]
		if n := sets[t]; len(n) > 1 {
			t.Title = "Strata of feature sets " + list(n)
		}
		s.add(t)
	}
	if b.shown != nil {
		d := b.shown.Done
		if d.NNoise == 0 {
			s.add(Text(fmt.Sprintf("The shown run puts every one of the %s clustered customers into a segment.", count(d.N))))
		} else {
			s.add(Text(fmt.Sprintf("Of the %s clustered customers the shown run puts %s (%s) into a segment; %s (%s) stay unassigned.",
				count(d.N), count(d.N-d.NNoise), percent(b.shown.Coverage()), count(d.NNoise), percent(1-b.shown.Coverage()))))
		}
	}
	return s
}

func strataTable(br study.Brief, customers int) *Table {
	t := &Table{Name: "strata_" + slug(br.Name), Cols: []Col{
		{Name: "stratum", Key: "stratum", Text: true},
		{Name: "clustered", Key: "clustered", Text: true},
		{Name: "customers", Key: "customers"},
		{Name: "share of customers", Key: "customer_share"},
		{Name: "share of revenue", Key: "value_share"},
	}}
	sum := 0
	for _, s := range br.Strata {
		sum += s.Customers
	}
	all := max(customers, sum)
	for _, s := range br.Strata {
		clustered := "no"
		if s.Name == "enough" {
			clustered = "yes"
		}
		row := Row{Quiet: clustered == "no", Cells: []Cell{word(s.Name), word(clustered), {Text: count(s.Customers), Exact: fmt.Sprint(s.Customers)}}}
		if all > 0 {
			share := float64(s.Customers) / float64(all)
			row.Cells = append(row.Cells, Cell{Text: percent(share), Exact: exact(share)})
		} else {
			row.Cells = append(row.Cells, t.missing("there are no customers"))
		}
		if s.ValueShare != nil {
			row.Cells = append(row.Cells, Cell{Text: percent(*s.ValueShare), Exact: exact(*s.ValueShare)})
		} else {
			row.Cells = append(row.Cells, t.missing("the data hold no amounts"))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// segments is the table of the shown run's segments.
func (b *builder) segments() *Table {
	t := &Table{Name: "segments", Title: "Segments of " + b.names[b.shown.ID], Cols: []Col{
		{Name: "segment", Key: "segment"},
		{Name: "name", Key: "name", Text: true},
		{Name: "customers", Key: "customers"},
		{Name: "share", Key: "customer_share", Doc: "of the clustered customers"},
		{Name: "revenue", Key: "value", Rank: 2, Doc: "in the window"},
		{Name: "of revenue", Key: "value_share", Rank: 1, Doc: "share of the clustered customers' revenue"},
		{Name: "comes back", Key: "reading", Text: true, Doc: "stable, doubtful or unstable: whether it is found again in other samples of the customers"},
		{Name: "silhouette", Key: "silhouette", Rank: 3, Doc: "the segment's mean: how much closer its customers are to each other than to the next segment"},
		{Name: "stands out by", Key: "behaviour", Text: true, Rank: 4},
	}}
	value := func(v, share *float64) []Cell {
		if v == nil || share == nil {
			m := t.missing("the data hold no amounts")
			return []Cell{m, m}
		}
		return []Cell{{Text: money(*v, b.data.Currency), Exact: exact(*v)}, {Text: percent(*share), Exact: exact(*share)}}
	}
	for _, c := range b.cards {
		row := Row{Segment: c.Segment, Cells: []Cell{
			{Text: fmt.Sprint(c.Segment), Exact: fmt.Sprint(c.Segment)},
			word(c.Name),
			{Text: count(c.Size), Exact: fmt.Sprint(c.Size)},
			{Text: percent(c.Share), Exact: exact(c.Share)},
		}}
		row.Cells = append(row.Cells, value(c.Value, c.ValueShare)...)
		row.Cells = append(row.Cells, t.reading(b, c.Segment-1))
		if c.Silhouette != nil {
			row.Cells = append(row.Cells, Cell{Text: decimals(*c.Silhouette, 2), Exact: exact(*c.Silhouette)})
		} else {
			row.Cells = append(row.Cells, t.missing(cmp.Or(b.noSilhouette, "not computed")))
		}
		first := ""
		if len(c.Behaviours) > 0 {
			first = c.Behaviours[0].Text
		}
		row.Cells = append(row.Cells, word(first))
		t.Rows = append(t.Rows, row)
	}
	if n := b.profile.NumNoise; n > 0 {
		share := float64(n) / float64(b.shown.Done.N)
		row := Row{Quiet: true, Cells: []Cell{{Text: "–", Exact: "-1"}, word("unassigned"), {Text: count(n), Exact: fmt.Sprint(n)}, {Text: percent(share), Exact: exact(share)}}}
		var v, vs *float64
		if b.profile.Values != nil {
			v, vs = &b.profile.ValueNoise, valueShare(b.profile.ValueNoise, b.profile.Values, b.profile.ValueNoise)
		}
		row.Cells = append(append(row.Cells, value(v, vs)...), word(""), Cell{Text: "–", Note: t.note("a silhouette belongs to a segment")}, word(""))
		t.Rows = append(t.Rows, row)
	}
	if !b.judged() {
		t.drop("reading")
	}
	return t
}

// reading is a segment's stability in a word, where the verdict's segments are shown.
func (t *Table) reading(b *builder, segment int) Cell {
	v := b.state.Verdict
	switch {
	case v == nil:
		return Cell{}
	case b.shown != b.chosen() || segment >= len(v.Segments):
		return t.missing("not looked at")
	}
	return word(string(v.Segments[segment].Reading))
}

// valueShare is v's share of all values, or nil where they do not sum to more than 0.
func valueShare(v float64, values []float64, noise float64) *float64 {
	sum := noise
	for _, x := range values {
		sum += x
	}
	if !(sum > 0) {
		return nil
	}
	s := v / sum
	return &s
}
