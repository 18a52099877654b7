package study

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// Write returns the spec as a study file, which Parse reads back to the same spec.
func (s *Spec) Write() []byte {
	w := &specWriter{}
	w.line("# A study: mores run THIS-FILE. Every key is checked; mores help study-file lists them.")
	w.line("schema = %d", SpecSchema)
	w.text("name", s.Name)
	w.number("seed", int64(s.Seed))
	w.number("seeds", int64(s.Seeds))
	w.list("scale", s.Scale)
	w.list("metrics", s.Metrics)
	w.text("noise", s.Noise)
	w.text("missing", s.Missing)

	w.table("data")
	d := &s.Data
	w.text("name", d.Name)
	w.text("path", d.Path)
	w.text("sha256", d.SHA256)
	w.text("kind", d.Kind)
	w.text("id", d.ID)
	w.list("truth", d.Truth)
	w.inline("columns", d.Columns)
	w.text("time_format", d.Time)
	w.text("zone", d.Zone)
	w.inline("kinds", d.Kinds)
	w.text("unit", d.Unit)
	w.text("currency", d.Currency)
	if d.FirstSeen {
		w.line("first_seen = true")
	}
	w.list("window", d.Window)

	w.table("features")
	f := &s.Features
	w.list("sets", f.Sets)
	w.list("files", f.Files)
	w.text("as_of", f.AsOf)
	w.number("minimum", int64(f.Minimum))
	for _, e := range slices.Sorted(maps.Keys(f.Options)) {
		w.table("features.options." + tomlKey(e))
		for _, k := range slices.Sorted(maps.Keys(f.Options[e])) {
			w.line("%s = %s", tomlKey(k), tomlValue(f.Options[e][k]))
		}
	}
	for _, a := range s.Algorithms {
		w.flush()
		w.line("\n[[algorithm]]")
		w.text("name", a.Name)
		for _, p := range a.Params {
			if len(p.Values) == 1 {
				w.line("%s = %s", tomlKey(p.Key), tomlValue(p.Values[0]))
			} else {
				w.line("%s = %s", tomlKey(p.Key), tomlValue(p.Values))
			}
		}
	}
	w.table("evaluate")
	w.text("goal", s.Evaluate.Goal)
	if j := s.Evaluate.Judge; j != nil {
		w.line("judge = %v", *j)
	}
	if o := s.Evaluate.Origins; o != nil {
		w.line("origins = %d", *o)
	}
	w.table("budget")
	w.text("max_mem", s.Budget.MaxMem)
	w.text("max_time", s.Budget.MaxTime)
	return w.b.Bytes()
}

// specWriter leaves out what is empty, tables included.
type specWriter struct {
	b    bytes.Buffer
	head string // of a table of which nothing has been written
}

func (w *specWriter) table(name string) { w.head = "\n[" + name + "]\n" }

func (w *specWriter) flush() { w.head = "" }

func (w *specWriter) line(format string, args ...any) {
	w.b.WriteString(w.head)
	w.head = ""
	fmt.Fprintf(&w.b, format+"\n", args...)
}

func (w *specWriter) text(key, value string) {
	if value != "" {
		w.line("%s = %s", key, tomlValue(value))
	}
}

func (w *specWriter) number(key string, value int64) {
	if value != 0 {
		w.line("%s = %d", key, value)
	}
}

func (w *specWriter) list(key string, values []string) {
	if len(values) > 0 {
		w.line("%s = %s", key, tomlValue(values))
	}
}

func (w *specWriter) inline(key string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, tomlKey(k)+" = "+tomlValue(m[k]))
	}
	w.line("%s = {%s}", key, strings.Join(parts, ", "))
}

// tomlKey writes a key bare where it can be.
func tomlKey(k string) string {
	bare := k != "" && strings.IndexFunc(k, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) < 0
	if bare {
		return k
	}
	return tomlValue(k)
}

// tomlValue writes a value: text, number, truth, or a list of them. JSON's escapes
// of text are TOML's.
func tomlValue(v any) string {
	switch v := v.(type) {
	case string:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if enc.Encode(v) != nil {
			panic("study: a text that JSON cannot write")
		}
		return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if v == math.Trunc(v) && !strings.ContainsAny(s, ".eEn") {
			s += ".0"
		}
		return s
	case []string:
		return tomlList(v)
	case []any:
		return tomlList(v)
	}
	return fmt.Sprint(v)
}

func tomlList[T any](xs []T) string {
	var parts []string
	for _, x := range xs {
		parts = append(parts, tomlValue(x))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Spec describes the study as a study file; the caller fills in Data. It fails for
// what a file cannot name: members that are not registered.
func (s *Study) Spec() (*Spec, error) {
	sp := &Spec{
		Schema: SpecSchema, Name: s.Name, Seed: s.Seed, Seeds: s.Seeds, Scale: s.Scales, Noise: string(s.Noise), Missing: string(s.Missing),
	}
	sp.Features.Minimum = s.Minimum
	switch j, usual := s.Judge, NewJudge(); {
	case j == nil:
		no := false
		sp.Evaluate.Judge = &no
	default:
		sp.Evaluate.Goal = j.Goal
		if j.Origins != usual.Origins {
			n := j.Origins
			sp.Evaluate.Origins = &n
		}
	}
	for _, m := range s.Metrics {
		if k, err := eval.Lookup(m.Name); err != nil || k != m {
			return nil, fmt.Errorf("metric %s is not registered: a study file cannot name it", m.Name)
		}
		sp.Metrics = append(sp.Metrics, m.Name)
	}
	for _, r := range s.Recipes {
		var parts []string
		for _, st := range r.Steps {
			if e, err := features.Lookup(st.Extractor.Name); err != nil || e != st.Extractor || st.Weight != 0 {
				return nil, fmt.Errorf("feature set %s: a study file cannot name extractor %s, or its weight", r.Name, st.Extractor.Name)
			}
			parts = append(parts, st.Extractor.Name)
			if err := sp.options(st); err != nil {
				return nil, err
			}
		}
		name := strings.Join(parts, "+")
		if named, ok := features.LookupRecipe(r.Name); ok && r.Lenient && slices.Equal(named.Extractors, parts) {
			name = r.Name
		}
		sp.Features.Sets = append(sp.Features.Sets, name)
	}
	said, err := saidOptions(s.Cells)
	if err != nil {
		return nil, err
	}
	for _, c := range s.Cells {
		if m, err := LookupAlgorithm(c.Method.Name); err != nil || m != c.Method {
			return nil, fmt.Errorf("algorithm %s is not registered: a study file cannot name it", c.Method.Name)
		}
		a, err := algorithmSpec(c, said[c.Method])
		if err != nil {
			return nil, err
		}
		if n := len(sp.Algorithms); n == 0 || !sp.Algorithms[n-1].join(a) {
			sp.Algorithms = append(sp.Algorithms, *a)
		}
	}
	return sp, nil
}

// options notes what a step's block changes of its defaults.
func (sp *Spec) options(st features.Step) error {
	changed, err := someOptions(st.Block, st.Extractor.New(), nil)
	if err != nil || len(changed) == 0 {
		return err
	}
	if sp.Features.Options == nil {
		sp.Features.Options = map[string]map[string]any{}
	}
	m := map[string]any{}
	for _, p := range changed {
		m[p.Key] = p.Values[0]
	}
	if old, ok := sp.Features.Options[st.Extractor.Name]; ok && !maps.EqualFunc(old, m, func(a, b any) bool { return tomlValue(a) == tomlValue(b) }) {
		return fmt.Errorf("extractor %s has different options in two feature sets: a study file cannot say that", st.Extractor.Name)
	}
	sp.Features.Options[st.Extractor.Name] = m
	return nil
}

// saidOptions lists, by method, the options that some cell changes: these are
// written for all of its cells, so that a value that happens to be the default
// stays in its grid.
func saidOptions(cells []Cell) (map[*cluster.Method]map[string]bool, error) {
	out := map[*cluster.Method]map[string]bool{}
	for _, c := range cells {
		ps, err := someOptions(c.Algorithm, c.Method.New(), nil)
		if err != nil {
			return nil, err
		}
		if out[c.Method] == nil {
			out[c.Method] = map[string]bool{}
		}
		for _, p := range ps {
			out[c.Method][p.Key] = true
		}
	}
	return out, nil
}

func algorithmSpec(c Cell, said map[string]bool) (*AlgorithmSpec, error) {
	ps, err := someOptions(c.Algorithm, c.Method.New(), said)
	if err != nil {
		return nil, err
	}
	if a, ok := c.Algorithm.(*Rules); ok && a.File != "" { // where they were read from says it all
		ps = slices.DeleteFunc(ps, func(p ParamSpec) bool { return p.Key == "rules" })
	}
	if c.Choice != nil {
		ps = append([]ParamSpec{{Key: c.Choice.Key, Values: []any{c.Choice.Value}}}, ps...)
	}
	return &AlgorithmSpec{Name: c.Method.Name, Params: ps}, nil
}

// someOptions lists the options of a that differ from b's, and those said, in
// their order.
func someOptions(a, b any, said map[string]bool) ([]ParamSpec, error) {
	ja, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	jb, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	old := map[string]string{}
	for _, p := range paramList(jb) {
		old[p.Key] = string(p.Value)
	}
	var out []ParamSpec
	for _, p := range paramList(ja) {
		if old[p.Key] == string(p.Value) && !said[p.Key] {
			continue
		}
		v, err := decodeNumber(p.Value)
		if err != nil {
			return nil, err
		}
		if v == nil {
			v = "none"
		}
		out = append(out, ParamSpec{Key: p.Key, Values: []any{v}})
	}
	return out, nil
}

// decodeNumber decodes JSON, whole numbers as int64.
func decodeNumber(raw json.RawMessage) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return plain(v)
}

func plain(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		return v.Float64()
	case []any:
		for i := range v {
			x, err := plain(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = x
		}
	case map[string]any:
		return nil, fmt.Errorf("an option that is a table cannot stand in a study file")
	}
	return v, nil
}

// join takes b into a's grid if they differ in the values of one option only, so
// that eight settings make one [[algorithm]] table.
func (a *AlgorithmSpec) join(b *AlgorithmSpec) bool {
	if a.Name != b.Name || len(a.Params) != len(b.Params) {
		return false
	}
	differ := -1
	for i, p := range a.Params {
		q := b.Params[i]
		if p.Key != q.Key {
			return false
		}
		if len(p.Values) == 1 && tomlValue(p.Values[0]) == tomlValue(q.Values[0]) {
			continue
		}
		if _, list := q.Values[0].([]any); list || differ >= 0 {
			return false
		}
		differ = i
	}
	if differ < 0 {
		return false
	}
	for i, p := range a.Params { // only one option may have several values
		if i != differ && len(p.Values) > 1 {
			return false
		}
	}
	a.Params[differ].Values = append(a.Params[differ].Values, b.Params[differ].Values...)
	return true
}
