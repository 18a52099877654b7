package study

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// built is a feature set with what its runs' keys need.
type built struct {
	set     *Set
	members []member // extractors and transforms
	truth   []eval.Labelling
	hash    string // of X
	// recipe and minimum are those that the set was made with; of a table there is none.
	recipe  *features.Recipe
	minimum int
}

// source is where a feature set comes from: a recipe, or a matrix that is there.
type source struct {
	name   string
	recipe *features.Recipe
	table  *features.Matrix
}

func (s *Study) sources() ([]source, error) {
	var out []source
	if s.Table != nil {
		name := "table"
		if s.Info != nil && s.Info.Name != "" {
			name = s.Info.Name
		}
		out = append(out, source{name: name, table: s.Table})
	}
	if s.Log != nil {
		for i := range s.Recipes {
			out = append(out, source{name: s.Recipes[i].Name, recipe: &s.Recipes[i]})
		}
	}
	for _, t := range s.Tables {
		out = append(out, source{name: t.Name, table: t.Matrix})
	}
	names := map[string]bool{}
	for _, o := range out {
		if o.name == "" || names[o.name] {
			return nil, fmt.Errorf("two feature sets named %q, or one without a name", o.name)
		}
		names[o.name] = true
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("study %q has no feature sets: give it a log and recipes, or a table", s.Name)
	}
	return out, nil
}

func (s *Study) scales() []string {
	if len(s.Scales) == 0 {
		return []string{"block"}
	}
	return s.Scales
}

// build makes every feature set, each recipe measured once and prepared under each
// scale.
func (s *Study) build(ctx context.Context) ([]*built, error) {
	srcs, err := s.sources()
	if err != nil {
		return nil, err
	}
	var out []*built
	var few []error // the sets that too few customers have
	for _, src := range srcs {
		var b *features.Built
		if src.recipe != nil {
			if b, err = features.Build(ctx, s.Log, *src.recipe, s.Minimum, s.Workers); err != nil {
				return nil, fmt.Errorf("feature set %s: %w", src.name, err)
			}
			if n, _ := b.Raw.Dims(); n < fewestRows {
				minimum := max(s.Minimum, src.recipe.Minimum())
				few = append(few, &TooFewError{Set: src.name, Have: n, Of: s.Log.NumCustomers(), Minimum: minimum})
				continue
			}
		} else {
			n, _ := src.table.Dims()
			b = &features.Built{
				Raw: src.table, Strata: []features.StratumInfo{{Name: datasets.Enough.String(), Customers: n}},
				Pipeline: &features.Pipeline{Schema: features.PipelineSchema, Columns: src.table.Cols},
			}
		}
		for _, scale := range s.scales() {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			o, err := s.prepare(src, b, scale)
			if err != nil {
				return nil, fmt.Errorf("feature set %s, scale %s: %w", src.name, scale, err)
			}
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		return nil, few[0]
	}
	for _, e := range few {
		out[0].set.Warnings = append(out[0].set.Warnings, e.Error()+"; it is left out")
	}
	return out, nil
}

// fewestRows is the number of customers below which there is nothing to cluster.
const fewestRows = 3

// TooFewError is a feature set that fewer than three customers have enough
// purchases for.
type TooFewError struct {
	Set               string
	Have, Of, Minimum int
}

func (e *TooFewError) Error() string {
	return fmt.Sprintf("feature set %s: %d of %d customers have the %d purchase days that its extractors need; clustering needs at least %d such customers", e.Set, e.Have, e.Of, e.Minimum, fewestRows)
}

// ErrorCode is the code that explains it.
func (*TooFewError) ErrorCode() string { return "D018" }

// prepare makes one feature set under one scale.
func (s *Study) prepare(src source, b *features.Built, scale string) (*built, error) {
	p, err := features.Prepare(b.Raw, scale, s.Missing)
	if err != nil {
		return nil, err
	}
	set := &Set{
		Name: src.name, Scale: scale, Raw: b.Raw, X: p.X, Value: b.Value, StratumIDs: b.StratumIDs, Shares: p.Shares,
		Warnings: slices.Concat(b.Warnings, p.Warnings),
	}
	for _, x := range b.Strata {
		set.Strata = append(set.Strata, StratumCount{Name: x.Name, Customers: x.Customers, ValueShare: x.ValueShare})
	}
	n, _ := b.Raw.Dims()
	truth := truthByID(s.Truth, b.Raw)
	if len(p.Rows) < n {
		set.dropRows(b, p.Rows)
		if truth, err = pickTruth(truth, p.Rows, n); err != nil {
			return nil, err
		}
	}
	kept, _ := p.X.Dims()
	for _, t := range truth {
		if len(t.Labels) != kept {
			return nil, fmt.Errorf("reference labelling %s has %d labels for %d clustered rows", t.Name, len(t.Labels), kept)
		}
	}
	pipe := *b.Pipeline
	pipe.Scale, pipe.Maps = scale, p.Maps
	if set.Pipeline, err = json.Marshal(&pipe); err != nil {
		return nil, err
	}
	set.XY, set.Explained = features.Project(p.X)
	o := &built{set: set, truth: truth, hash: p.X.Hash()}
	for _, f := range slices.Concat(b.Pipeline.Extractors, p.Maps) {
		o.members = append(o.members, member{Name: f.Name, Version: f.Version, Options: f.Options})
	}
	if src.recipe != nil {
		o.recipe, o.minimum = &b.Recipe, b.Pipeline.Minimum
		for i, st := range b.Recipe.Steps {
			o.members[i].Weight = st.Weight
		}
	}
	return o, nil
}

// missingStratum names the customers that were left out for missing values.
const missingStratum = "missing values"

// dropRows keeps those rows of the raw matrix; the others become a stratum.
func (set *Set) dropRows(b *features.Built, rows []int) {
	n, _ := b.Raw.Dims()
	keep := make([]bool, n)
	for _, r := range rows {
		keep[r] = true
	}
	set.StratumIDs = map[string][]string{}
	for k, v := range b.StratumIDs {
		set.StratumIDs[k] = v
	}
	lost := StratumCount{Name: missingStratum, Customers: n - len(rows)}
	var valueLost, valueAll float64
	for i := range n {
		if b.Value != nil {
			valueAll += b.Value[i]
		}
		if !keep[i] {
			set.StratumIDs[missingStratum] = append(set.StratumIDs[missingStratum], b.Raw.ID(i))
			if b.Value != nil {
				valueLost += b.Value[i]
			}
		}
	}
	set.Raw = b.Raw.Pick(rows)
	if b.Value != nil {
		set.Value = make([]float64, len(rows))
		for i, r := range rows {
			set.Value[i] = b.Value[r]
		}
	}
	for i := range set.Strata {
		st := &set.Strata[i]
		if st.Name != datasets.Enough.String() {
			continue
		}
		st.Customers = len(rows)
		if st.ValueShare != nil && valueAll != 0 {
			share, rest := *st.ValueShare*valueLost/valueAll, *st.ValueShare*(valueAll-valueLost)/valueAll
			lost.ValueShare, st.ValueShare = &share, &rest
		}
	}
	set.Strata = append(set.Strata, lost)
}

// truthByID puts references that name their rows into the order of the matrix. A
// row that a reference does not name is noise to it, and so counts nowhere.
func truthByID(truth []eval.Labelling, raw *features.Matrix) []eval.Labelling {
	out := slices.Clone(truth)
	n, _ := raw.Dims()
	for k, t := range out {
		if t.IDs == nil {
			continue
		}
		at := make(map[string]int32, len(t.IDs))
		for i, id := range t.IDs {
			at[id] = t.Labels[i]
		}
		l := make([]int32, n)
		for i := range l {
			label, ok := at[raw.ID(i)]
			if !ok {
				label = cluster.Noise
			}
			l[i] = label
		}
		out[k] = eval.Labelling{Name: t.Name, Labels: l}
	}
	return out
}

// pickTruth takes references over all rows of a table to the rows that stay. Those
// that have as many labels as rows stay are taken as they are.
func pickTruth(truth []eval.Labelling, rows []int, n int) ([]eval.Labelling, error) {
	var out []eval.Labelling
	for _, t := range truth {
		switch len(t.Labels) {
		case len(rows):
		case n:
			l := make([]int32, len(rows))
			for i, r := range rows {
				l[i] = t.Labels[r]
			}
			t.Labels = l
		default:
			return nil, fmt.Errorf("reference labelling %s has %d labels for %d rows", t.Name, len(t.Labels), n)
		}
		out = append(out, t)
	}
	return out, nil
}

// brief describes the set in the study's first line.
func (b *built) brief() Brief {
	n, _ := b.set.X.Dims()
	out := Brief{Name: b.set.Name, Scale: b.set.Scale, N: n, Strata: b.set.Strata}
	for _, c := range b.set.X.Cols {
		out.Columns = append(out.Columns, c.Name)
	}
	return out
}

// info describes the study's data.
func (s *Study) info() *Data {
	switch {
	case s.Log != nil:
		m := s.Log.Meta
		d := &Data{
			Name: m.Name, Hash: s.DataHash(), Simulated: m.Simulated, Unit: m.Unit, Currency: m.Currency, Zone: ZoneName(m.Zone),
			Customers: s.Log.NumCustomers(), Events: s.Log.NumEvents(),
		}
		if d.Unit == "" {
			d.Unit = "customer"
		}
		if !m.Window.From.IsZero() {
			d.From = m.Local(m.Window.From.UnixMicro()).Format(time.DateOnly)
		}
		if !m.Window.To.IsZero() {
			d.To = m.Local(m.Window.To.UnixMicro()).Format(time.DateOnly)
		}
		for _, n := range s.Log.Notes {
			d.Notes = append(d.Notes, n.Text)
		}
		return d
	case s.Info != nil:
		d := *s.Info
		d.Hash = s.DataHash()
		return &d
	}
	n := 0
	if s.Table != nil {
		n, _ = s.Table.Dims()
	}
	return &Data{Name: "table", Hash: s.DataHash(), Unit: "row", Customers: n}
}
