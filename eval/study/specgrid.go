package study

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// recipes looks up the feature sets.
func (s *Spec) recipes() ([]features.Recipe, error) {
	known := names(features.Extractors(), func(e *features.Extractor) string { return e.Name })
	for _, n := range slices.Sorted(maps.Keys(s.Features.Options)) {
		if !slices.Contains(known, n) {
			return nil, s.fault(toml.Key{"features", "options", n}, 0, fmt.Sprintf("no extractor named %q", n), n, known)
		}
	}
	var out []features.Recipe
	for _, set := range s.Features.Sets {
		r := features.Recipe{Name: set}
		parts := strings.Split(set, "+")
		if named, ok := features.LookupRecipe(set); ok {
			r.Lenient, parts = true, named.Extractors
		}
		for _, part := range parts {
			e, err := features.Lookup(strings.TrimSpace(part))
			if err != nil {
				return nil, s.fault(toml.Key{"features", "sets"}, 0, fmt.Sprintf("no extractor named %q", part), part, known)
			}
			b := e.New()
			for _, k := range slices.Sorted(maps.Keys(s.Features.Options[e.Name])) {
				if err := setOption(b, k, s.Features.Options[e.Name][k]); err != nil {
					return nil, s.fault(toml.Key{"features", "options", e.Name, k}, 0, fmt.Sprintf("option %s of %s: %v", k, e.Name, err), k, optionKeys(b))
				}
			}
			r.Steps = append(r.Steps, features.Step{Extractor: e, Block: b})
		}
		out = append(out, r)
	}
	return out, nil
}

// setOption sets one option of an options struct to a decoded TOML value.
func setOption(to any, key string, value any) error {
	b, err := json.Marshal(map[string]any{key: value})
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func optionKeys(b any) []string {
	raw, err := json.Marshal(b)
	if err != nil {
		return nil
	}
	return names(paramList(raw), func(p param) string { return p.Key })
}

// Study returns the study without its data: the caller fills in Log, Table or
// Tables. Names are looked up among the registered members.
func (s *Spec) Study() (*Study, error) {
	st := &Study{
		Name: s.Name, Seed: s.Seed, Seeds: s.Seeds, Scales: s.Scale, Noise: eval.NoisePolicy(s.Noise),
		Missing: features.MissingPolicy(s.Missing), Minimum: s.Features.Minimum,
	}
	if st.Missing == "" {
		st.Missing = features.DropRows
	}
	var err error
	if st.Recipes, err = s.recipes(); err != nil {
		return nil, err
	}
	if st.Cells, err = s.cells(); err != nil {
		return nil, err
	}
	for _, n := range s.Metrics {
		m, err := eval.Lookup(n)
		if err != nil {
			return nil, err
		}
		st.Metrics = append(st.Metrics, m)
	}
	if e := s.Evaluate; e.Judge == nil || *e.Judge {
		st.Judge = NewJudge()
		st.Judge.Goal = e.goal()
		if e.Origins != nil {
			st.Judge.Origins = *e.Origins
		}
	}
	st.MaxBytes, err = s.MaxBytes()
	return st, err
}

// cells expands the grids.
func (s *Spec) cells() ([]Cell, error) {
	var out []Cell
	for i := range s.Algorithms {
		cs, err := s.grid(i)
		if err != nil {
			return nil, err
		}
		out = append(out, cs...)
	}
	return out, nil
}

// maxGrid bounds the settings of one [[algorithm]] table: more is a slip, and would
// fill the memory before anybody saw it.
const maxGrid = 100_000

// grid expands one [[algorithm]] table, the last option varying fastest.
func (s *Spec) grid(i int) ([]Cell, error) {
	a := s.Algorithms[i]
	m, err := LookupAlgorithm(a.Name)
	if err != nil {
		return nil, s.fault(toml.Key{"algorithm", "name"}, i, fmt.Sprintf("no algorithm named %q", a.Name), a.Name,
			names(Algorithms(), func(m *cluster.Method) string { return m.Name }))
	}
	cells := []Cell{{Method: m, Algorithm: m.New()}}
	for _, p := range a.Params {
		if len(cells)*len(p.Values) > maxGrid {
			return nil, s.fault(toml.Key{"algorithm", p.Key}, i, fmt.Sprintf("the grid has more than %d settings: leave some out", maxGrid), "", nil)
		}
		var next []Cell
		for _, c := range cells {
			for _, v := range p.Values {
				n, err := s.with(c, p.Key, v)
				if err != nil {
					valid := append(choiceKeys(m.Name), cluster.Keys(m.New())...)
					return nil, s.fault(toml.Key{"algorithm", p.Key}, i, fmt.Sprintf("%s: %v", m.Name, short(err)), unknownWord(err, p.Key), validIf(err, valid))
				}
				next = append(next, n)
			}
		}
		cells = next
	}
	for _, c := range cells {
		if err := s.rules(i, c); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// rules looks at the rules that stand in the i-th [[algorithm]] table.
func (s *Spec) rules(i int, c Cell) error {
	a, ok := c.Algorithm.(*Rules)
	switch {
	case !ok:
		return nil
	case a.File != "" && len(a.Rules) > 0:
		return s.fault(toml.Key{"algorithm", "file"}, i, "rules and file: give one of them", "", nil)
	case a.File != "":
		return nil // read by Locate
	case len(a.Rules) == 0:
		return s.fault(toml.Key{"algorithm", "name"}, i, `rules need file = "rules.txt", or rules = ["vip = spend >= 500 in 365 d"]`, "", nil)
	}
	if _, err := a.parse(); err != nil {
		return s.fault(toml.Key{"algorithm", "rules"}, i, strings.TrimPrefix(err.Error(), "rule: "), "", nil)
	}
	return nil
}

// with returns the cell with one option set.
func (s *Spec) with(c Cell, key string, value any) (Cell, error) {
	for _, ch := range choices {
		if ch.Algorithm != c.Method.Name || ch.Key != key {
			continue
		}
		switch v := value.(type) {
		case float64:
			ch.Value = v
		case int64:
			ch.Value = float64(v)
		default:
			return c, fmt.Errorf("%s = %v: want a number", key, value)
		}
		c.Choice = &ch
		return c, nil
	}
	a, err := clone(c.Algorithm)
	if err != nil {
		return c, err
	}
	c.Algorithm = a
	return c, cluster.SetValue(a, key, value)
}

func choiceKeys(method string) []string {
	var out []string
	for _, c := range choices {
		if c.Algorithm == method {
			out = append(out, c.Key)
		}
	}
	return out
}

// algorithm reads one [[algorithm]] table. A list is a grid, unless the option
// itself is a list.
func (s *Spec) algorithm(i int, m map[string]any) (*AlgorithmSpec, error) {
	name, _ := m["name"].(string)
	if name == "" {
		return nil, s.fault(toml.Key{"algorithm", "name"}, i, "an [[algorithm]] needs a name", "", nil)
	}
	a := &AlgorithmSpec{Name: name}
	method, err := LookupAlgorithm(name)
	keys := slices.Sorted(maps.Keys(m))
	if err == nil { // the options' own order, so that a grid does not depend on spelling
		own := append(choiceKeys(method.Name), cluster.Keys(method.New())...)
		slices.SortStableFunc(keys, func(x, y string) int { return slices.Index(own, x) - slices.Index(own, y) })
	}
	for _, k := range keys {
		if k == "name" {
			continue
		}
		if k == "random_state" || k == "seed" {
			return nil, s.fault(toml.Key{"algorithm", k}, i, k+" belongs to the study, not to one algorithm: write seed = ... at the top, seeds = ... for repeats", "", nil)
		}
		p := ParamSpec{Key: k, Values: []any{m[k]}}
		if list, ok := m[k].([]any); ok && (err != nil || cluster.SetValue(method.New(), k, list) != nil) {
			if len(list) == 0 {
				return nil, s.fault(toml.Key{"algorithm", k}, i, k+" = []: no values to try", "", nil)
			}
			p.Values = list
		}
		a.Params = append(a.Params, p)
	}
	return a, nil
}
