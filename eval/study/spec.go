package study

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/spell"
)

// SpecSchema is the version of study files.
const SpecSchema = 1

// Spec is a study file: which data, which features, which algorithms. It names
// things; Study looks them up, and the caller loads the data.
type Spec struct {
	Schema     int             `toml:"schema"`
	Name       string          `toml:"name"`
	Seed       uint64          `toml:"seed"`
	Seeds      int             `toml:"seeds"`   // repeats; 0 = 1
	Scale      []string        `toml:"scale"`   // none, zscore, robust, quantile, block
	Metrics    []string        `toml:"metrics"` // empty = DefaultMetrics
	Noise      string          `toml:"noise"`   // exclude, singletons, one_cluster
	Missing    string          `toml:"missing"` // drop-rows, median, refuse
	Data       DataSpec        `toml:"data"`
	Features   FeatureSpec     `toml:"features"`
	Algorithms []AlgorithmSpec `toml:"-"` // [[algorithm]] tables
	Evaluate   EvaluateSpec    `toml:"evaluate"`
	Budget     BudgetSpec      `toml:"budget"`

	file string
	src  string
}

// DataSpec says which data. Name is one of the catalogue; Path a file, relative to
// the study file.
type DataSpec struct {
	Name      string            `toml:"name"`
	Path      string            `toml:"path"`
	SHA256    string            `toml:"sha256"` // of the mapped data; filled in by the first run
	Kind      string            `toml:"kind"`   // events (default) or table
	ID        string            `toml:"id"`     // a table's id column
	Truth     []string          `toml:"truth"`  // files of reference labels
	Columns   map[string]string `toml:"columns"`
	Time      string            `toml:"time_format"` // Go layout
	Zone      string            `toml:"zone"`
	Kinds     map[string]string `toml:"kinds"` // the file's word = "purchase", ...
	Unit      string            `toml:"unit"`
	Currency  string            `toml:"currency"`
	FirstSeen bool              `toml:"first_seen"` // a customer's first event seen is their first ever
	Window    []string          `toml:"window"`     // from, to (not included)
}

// FeatureSpec says which features. A set is a list of extractors joined by "+"; a
// file is a table of features, keyed by customer, that is a set of its own.
type FeatureSpec struct {
	Sets    []string                  `toml:"sets"`
	Files   []string                  `toml:"files"`
	AsOf    string                    `toml:"as_of"`   // the log as it was known on that day
	Minimum int                       `toml:"minimum"` // purchase days a customer needs; 0 = what the extractors need
	Options map[string]map[string]any `toml:"options"` // by extractor
}

// AlgorithmSpec is one [[algorithm]] table: a grid over the options that have
// several values.
type AlgorithmSpec struct {
	Name   string
	Params []ParamSpec
}

// ParamSpec is an option with the values to try.
type ParamSpec struct {
	Key    string
	Values []any
}

// EvaluateSpec says how the finished runs are judged.
type EvaluateSpec struct {
	// Goal is the behaviour after the window by which segmentations are chosen: value,
	// when (or timing), occasion, what, price, channel, response, returns.
	Goal    string `toml:"goal"`
	Judge   *bool  `toml:"judge"`   // false: the runs are ranked and nothing else
	Origins *int   `toml:"origins"` // dates at which behaviour is held out; default 2
}

// goalAliases are other words for goals.
var goalAliases = map[string]string{"timing": "when"}

// goal is the goal by its own name.
func (e *EvaluateSpec) goal() string { return cmp.Or(goalAliases[e.Goal], e.Goal) }

// BudgetSpec bounds what a run may use.
type BudgetSpec struct {
	MaxMem  string `toml:"max_mem"`  // "2GB", "512MiB"
	MaxTime string `toml:"max_time"` // "5m", of the whole study
}

// SpecError is a mistake in a study file, with its place and the nearest right word.
type SpecError struct {
	File    string
	Line    int // 0 = not known
	Problem string
	Nearest string
	Valid   []string
}

func (e *SpecError) Error() string {
	s := e.File
	if e.Line > 0 {
		s += ":" + strconv.Itoa(e.Line)
	}
	s += ": " + e.Problem
	if e.Nearest != "" {
		s += fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	if len(e.Valid) > 0 {
		s += " (valid: " + strings.Join(e.Valid, ", ") + ")"
	}
	return s
}

// Parse reads a study file; name is what errors call it. Unknown keys, names and
// values are errors.
func Parse(data []byte, name string) (*Spec, error) {
	s := &Spec{file: name, src: string(data)}
	var raw struct {
		*Spec
		Algorithm []map[string]any `toml:"algorithm"`
	}
	raw.Spec = s
	md, err := toml.Decode(s.src, &raw)
	if err != nil {
		if pe, ok := err.(toml.ParseError); ok {
			return nil, &SpecError{File: name, Line: pe.Position.Line, Problem: pe.Message}
		}
		return nil, &SpecError{File: name, Problem: strings.TrimPrefix(err.Error(), "toml: ")}
	}
	for _, k := range md.Undecoded() {
		valid := specKeys(k[:len(k)-1])
		return nil, s.fault(k, 0, fmt.Sprintf("unknown key %q%s", k[len(k)-1], inTable(k[:len(k)-1])), k[len(k)-1], valid)
	}
	if s.Schema > SpecSchema {
		return nil, s.fault(toml.Key{"schema"}, 0, fmt.Sprintf("schema %d was written for a newer mores; this one reads up to %d", s.Schema, SpecSchema), "", nil)
	}
	for i, m := range raw.Algorithm {
		a, err := s.algorithm(i, m)
		if err != nil {
			return nil, err
		}
		s.Algorithms = append(s.Algorithms, *a)
	}
	return s, s.check()
}

func inTable(k toml.Key) string {
	if len(k) == 0 {
		return ""
	}
	return " in [" + k.String() + "]"
}

// fault makes the error of a key, which is in the i-th table of its name.
func (s *Spec) fault(k toml.Key, i int, problem, word string, valid []string) *SpecError {
	e := &SpecError{File: s.file, Line: specLine(s.src, k, i), Problem: problem, Valid: valid}
	if word != "" {
		e.Nearest = spell.Nearest(word, valid)
	}
	return e
}

// one makes sure that a value is one of a list; an empty value passes.
func (s *Spec) one(k toml.Key, what, value string, valid []string) error {
	if value == "" || slices.Contains(valid, value) {
		return nil
	}
	return s.fault(k, 0, fmt.Sprintf("no %s named %q", what, value), value, valid)
}

// eventFields are the keys of data.columns.
var eventFields = []string{
	"customer", "time", "kind", "order", "item", "category", "brand", "quantity", "price", "amount", "discount", "margin", "channel",
	"campaign", "rating", "points", "session", "exclude",
}

// check looks at every name and value.
func (s *Spec) check() error {
	for _, c := range []struct {
		key   toml.Key
		what  string
		value string
		valid []string
	}{
		{toml.Key{"noise"}, "noise policy", s.Noise, []string{string(eval.Exclude), string(eval.Singletons), string(eval.OneCluster)}},
		{toml.Key{"missing"}, "missing-value policy", s.Missing, []string{string(features.DropRows), string(features.Median), string(features.Refuse)}},
		{toml.Key{"data", "kind"}, "kind of data", s.Data.Kind, []string{"events", "table"}},
		{toml.Key{"data", "unit"}, "unit", s.Data.Unit, []string{"customer", "household", "account"}},
	} {
		if err := s.one(c.key, c.what, c.value, c.valid); err != nil {
			return err
		}
	}
	for _, x := range s.Scale {
		if err := s.one(toml.Key{"scale"}, "scale", x, features.Scales()); err != nil {
			return err
		}
	}
	for _, m := range s.Metrics {
		if _, err := eval.Lookup(m); err != nil {
			return s.one(toml.Key{"metrics"}, "metric", m, names(eval.Metrics(), func(m *eval.Metric) string { return m.Name }))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(s.Data.Columns)) {
		if !slices.Contains(eventFields, k) && s.Data.Kind != "table" {
			return s.fault(toml.Key{"data", "columns", k}, 0, fmt.Sprintf("unknown key %q in data.columns", k), k, eventFields)
		}
	}
	for _, w := range slices.Sorted(maps.Keys(s.Data.Kinds)) {
		if v := s.Data.Kinds[w]; v != "" {
			if _, ok := datasets.ParseKind(v); !ok {
				return s.fault(toml.Key{"data", "kinds", w}, 0, fmt.Sprintf("no kind of event named %q", v), v, datasets.KindNames())
			}
		}
	}
	if s.Data.Name != "" && s.Data.Path != "" {
		return s.fault(toml.Key{"data", "path"}, 0, "data has a name and a path: give one of them", "", nil)
	}
	if n := len(s.Data.Window); n != 0 && n != 2 {
		return s.fault(toml.Key{"data", "window"}, 0, fmt.Sprintf("window has %d dates: it is [from, to], \"\" = open", n), "", nil)
	}
	for _, d := range s.Data.Window {
		if _, err := s.date(toml.Key{"data", "window"}, d); err != nil {
			return err
		}
	}
	if _, err := s.date(toml.Key{"features", "as_of"}, s.Features.AsOf); err != nil {
		return err
	}
	if err := s.one(toml.Key{"evaluate", "goal"}, "goal", s.Evaluate.goal(), verdict.Goals()); err != nil {
		return err
	}
	if o := s.Evaluate.Origins; o != nil && (*o < 0 || *o > maxOrigins) {
		return s.fault(toml.Key{"evaluate", "origins"}, 0, fmt.Sprintf("origins = %d: 0 to %d dates, as 2", *o, maxOrigins), "", nil)
	}
	if s.Seeds < 0 {
		return s.fault(toml.Key{"seeds"}, 0, fmt.Sprintf("seeds = %d: the number of repeats, at least 1", s.Seeds), "", nil)
	}
	if _, err := s.MaxBytes(); err != nil {
		return err
	}
	if _, err := s.MaxTime(); err != nil {
		return err
	}
	if _, err := s.recipes(); err != nil {
		return err
	}
	_, err := s.cells()
	return err
}

func names[T any](xs []T, name func(T) string) []string {
	var out []string
	for _, x := range xs {
		out = append(out, name(x))
	}
	return out
}

// zone is the zone of the file's dates.
func (s *Spec) zone() (*time.Location, error) {
	if s.Data.Zone == "" {
		return time.UTC, nil
	}
	z, err := time.LoadLocation(s.Data.Zone)
	if err != nil {
		return nil, s.fault(toml.Key{"data", "zone"}, 0, fmt.Sprintf("no time zone named %q: IANA names are like Europe/Berlin", s.Data.Zone), "", nil)
	}
	return z, nil
}

// date reads a date in the file's zone; "" is the zero time.
func (s *Spec) date(k toml.Key, text string) (time.Time, error) {
	z, err := s.zone()
	if err != nil || text == "" {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation(time.DateOnly, text, z)
	if err != nil {
		return t, s.fault(k, 0, fmt.Sprintf("%q is not a date: write it as 2025-01-31", text), "", nil)
	}
	return t, nil
}

// Window returns the window and the as-of date; zero = open.
func (s *Spec) Window() (from, to, asOf time.Time, err error) {
	if len(s.Data.Window) == 2 {
		if from, err = s.date(toml.Key{"data", "window"}, s.Data.Window[0]); err != nil {
			return from, to, asOf, err
		}
		if to, err = s.date(toml.Key{"data", "window"}, s.Data.Window[1]); err != nil {
			return from, to, asOf, err
		}
	}
	asOf, err = s.date(toml.Key{"features", "as_of"}, s.Features.AsOf)
	return from, to, asOf, err
}

// Mapping is how the columns of the data are read: what the file says, the rest
// left to the sniffer.
func (s *Spec) Mapping() (*datasets.Mapping, error) {
	from, to, _, err := s.Window()
	if err != nil {
		return nil, err
	}
	d := s.Data
	return &datasets.Mapping{
		Columns: d.Columns, TimeLayout: d.Time, Zone: d.Zone, Kinds: d.Kinds, Unit: d.Unit, Currency: d.Currency, FirstSeen: d.FirstSeen,
		From: from, To: to,
	}, nil
}

// byteUnits are the units of max_mem, longest suffix first.
var byteUnits = []struct {
	suffix string
	bytes  float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"kB", 1e3},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// ParseBytes reads an amount of memory: 8GB, 512MiB, 1000000.
func ParseBytes(text string) (int64, error) {
	num, unit := strings.TrimSpace(text), 1.0
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(num, u.suffix); ok {
			num, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	x, err := strconv.ParseFloat(num, 64)
	if err != nil || !(x >= 0) || x*unit > 1<<60 {
		return 0, fmt.Errorf("%q is not an amount of memory: write 8GB or 512MiB", text)
	}
	return int64(x * unit), nil
}

// MaxBytes is the memory limit; 0 = none is given.
func (s *Spec) MaxBytes() (int64, error) {
	if s.Budget.MaxMem == "" {
		return 0, nil
	}
	n, err := ParseBytes(s.Budget.MaxMem)
	if err != nil {
		return 0, s.fault(toml.Key{"budget", "max_mem"}, 0, err.Error(), "", nil)
	}
	return n, nil
}

// MaxTime is the time limit of the study; 0 = none is given.
func (s *Spec) MaxTime() (time.Duration, error) {
	if s.Budget.MaxTime == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s.Budget.MaxTime)
	if err != nil || d <= 0 {
		return 0, s.fault(toml.Key{"budget", "max_time"}, 0, fmt.Sprintf("%q is not a time: write 90s, 5m or 2h", s.Budget.MaxTime), "", nil)
	}
	return d, nil
}
