package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/internal/spell"
)

// Contender is an algorithm with one setting: what a benchmark ranks.
type Contender struct {
	Name      string   // in tables: kmeans, hierarchical ward
	Algorithm string   // a name of cluster.Methods
	Set       []string // options as key=value; the others are at their defaults
	// Grid are further settings, added to Set, of which Oracle or Tuned take one on each
	// data set.
	Grid [][]string
	// Oracle marks a contender whose setting was chosen by the reference, data set by data
	// set: what the algorithm could reach if somebody knew the answer, not what it reaches.
	Oracle bool
	// Tuned names the metric by which the setting was chosen, data set by data set: one
	// that looks at the data and the clustering, never at the reference. "" = none.
	Tuned string
	// Same says that the answer does not depend on the seed: it runs once.
	Same bool
	// Published is the contender's column in published tables; "" = there is none.
	// Variant says in what the published algorithm differs, "" = in nothing.
	Published, Variant string
}

// ToldK reports whether the contender is given the reference's number of segments: it has
// an option for it and its setting does not fix it.
func (c Contender) ToldK() bool {
	m, err := cluster.Lookup(c.Algorithm)
	return err == nil && slices.Contains(cluster.Keys(m.New()), kOption) &&
		!slices.ContainsFunc(c.Set, func(kv string) bool { return strings.HasPrefix(kv, kOption+"=") })
}

const kOption = "n_clusters"

// Defaults are the contenders that run where nobody names others: those told the number
// of segments first. Starts are as many as the published tables took for k-means, since
// one start measures luck.
func Defaults() []Contender { return slices.Clone(defaults) }

var defaults = []Contender{
	{Name: "kmeans", Algorithm: "kmeans", Set: []string{"n_init=10"}, Published: "kmeans"},
	{Name: "gmm", Algorithm: "gmm", Set: []string{"n_init=10"}, Published: "gmm", Variant: "the best of 100 starts, ours of 10"},
	{Name: "kmedoids", Algorithm: "kmedoids", Set: []string{"init=build"}, Same: true, Published: "pam", Variant: "PAM, which takes the best swap at a time"},
	{Name: "hierarchical ward", Algorithm: "hierarchical", Set: []string{"linkage=ward"}, Same: true, Published: "ward"},
	{Name: "hierarchical average", Algorithm: "hierarchical", Set: []string{"linkage=average"}, Same: true, Published: "average"},
	{Name: "hierarchical complete", Algorithm: "hierarchical", Set: []string{"linkage=complete"}, Same: true, Published: "complete"},
	{Name: "hierarchical single", Algorithm: "hierarchical", Set: []string{"linkage=single"}, Same: true, Published: "single"},
	{Name: "genie", Algorithm: "genie", Same: true, Published: "genie0.3"},
	{Name: "spectral", Algorithm: "spectral", Published: "spectral_rbf5", Variant: "on a Gaussian kernel, ours on 10 neighbours"},
	{Name: "betula", Algorithm: "betula", Published: "birch_T.01", Variant: "BIRCH with Ward's method on its leaves"},
	{Name: "density_peaks", Algorithm: "density_peaks", Same: true, Published: "density_peak", Variant: "with its own density"},
	{Name: "som", Algorithm: "som"},
	{Name: "hdbscan", Algorithm: "hdbscan", Same: true, Grid: grid("min_cluster_size", "5", "10", "20", "50")},
	{Name: "plscan", Algorithm: "plscan", Same: true, Grid: grid("min_samples", "3", "5", "10", "20")},
	{Name: "dbscan", Algorithm: "dbscan", Same: true, Grid: grid("eps", "0.05", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.7", "1")},
	{Name: "meanshift", Algorithm: "meanshift", Same: true, Grid: grid("bandwidth", "0.2", "0.4", "0.6", "0.8", "1", "1.5")},
	{Name: "xmeans", Algorithm: "xmeans"},
}

// more are contenders for `all`, besides one a registered algorithm that is in neither
// list.
var more = []Contender{
	{Name: "optics", Algorithm: "optics", Same: true, Grid: grid("min_samples", "5", "10", "20")},
	{Name: "affinity", Algorithm: "affinity"},
	{Name: "gmeans", Algorithm: "gmeans"},
	{Name: "dummy", Algorithm: "dummy"},
}

func grid(key string, values ...string) (out [][]string) {
	for _, v := range values {
		out = append(out, []string{key + "=" + v})
	}
	return out
}

// All lists the defaults, then every other registered algorithm that can run without a
// file or a command.
func All() []Contender {
	out := slices.Concat(defaults, more)
	for _, m := range cluster.Methods() {
		if m.Name == "exec" || m.Name == "labels" || slices.ContainsFunc(out, func(c Contender) bool { return c.Algorithm == m.Name }) {
			continue
		}
		out = append(out, Contender{Name: m.Name, Algorithm: m.Name})
	}
	return out
}

// Contenders reads what somebody asks for: the name of a listed contender ("hierarchical
// ward", or its last word), an algorithm (its listed contenders, or its defaults), an
// algorithm with options ("hdbscan:min_cluster_size=20:min_samples=5"), or "all". Nothing
// asked for is Defaults.
func Contenders(asked []string) ([]Contender, error) {
	if len(asked) == 0 {
		return Defaults(), nil
	}
	var out []Contender
	add := func(cs ...Contender) {
		for _, c := range cs {
			if !slices.ContainsFunc(out, func(o Contender) bool { return o.Name == c.Name }) {
				out = append(out, c)
			}
		}
	}
	for _, a := range asked {
		a = strings.TrimSpace(a)
		if a == "all" {
			add(All()...)
			continue
		}
		cs, err := contender(a)
		if err != nil {
			return nil, err
		}
		add(cs...)
	}
	return out, nil
}

func contender(asked string) ([]Contender, error) {
	name, options, given := strings.Cut(asked, ":")
	all := All()
	if !given {
		if i := slices.IndexFunc(all, func(c Contender) bool { return c.Name == name || strings.HasSuffix(c.Name, " "+name) }); i >= 0 {
			return all[i : i+1], nil
		}
	}
	m, err := cluster.Lookup(name)
	if err != nil {
		return nil, unknownContender(name, all)
	}
	if !given {
		var out []Contender
		for _, c := range all {
			if c.Algorithm == m.Name {
				out = append(out, c)
			}
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("%s needs a file or a command: a benchmark cannot run it", m.Name)
		}
		return out, nil
	}
	c := Contender{Name: m.Name + " " + strings.ReplaceAll(options, ":", " "), Algorithm: m.Name, Set: strings.Split(options, ":")}
	_, err = c.options(0)
	return []Contender{c}, err
}

func unknownContender(name string, all []Contender) error {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	hint := ""
	var words []string
	for _, m := range cluster.Methods() {
		words = append(append(words, m.Name), m.Aliases...)
	}
	if near := spell.Nearest(name, slices.Concat(names, words)); near != "" {
		hint = "\n  did you mean " + near + "?"
	}
	return &NameError{fmt.Sprintf("no algorithm named %q%s\n  algorithms: %s\n  or all; an option goes behind a colon: dbscan:eps=0.3", name, hint, strings.Join(names, ", "))}
}

// NameError says that an algorithm, a suite or a data set is not known.
type NameError struct{ text string }

func (e *NameError) Error() string { return e.text }

// options makes the algorithm with its setting, told k where it takes it (k = 0: not).
func (c Contender) options(k int, further ...string) (cluster.Algorithm, error) {
	m, err := cluster.Lookup(c.Algorithm)
	if err != nil {
		return nil, err
	}
	a := m.New()
	for _, kv := range slices.Concat(c.Set, further) {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, &NameError{fmt.Sprintf("%s: option %q: write key=value, as %s:%s=8", c.Algorithm, kv, c.Algorithm, cmp.Or(kv, kOption))}
		}
		if err := cluster.Set(a, key, value); err != nil {
			return nil, err
		}
	}
	if k > 0 && c.ToldK() {
		if err := cluster.SetValue(a, kOption, k); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// WithTuned adds, behind each contender that has a grid, the same with its setting chosen
// by that internal metric.
func WithTuned(cs []Contender, metric string) []Contender {
	var out []Contender
	for _, c := range cs {
		out = append(out, c)
		if len(c.Grid) > 0 && !c.Oracle {
			c.Name, c.Tuned = c.Name+" (by "+metric+")", metric
			out = append(out, c)
		}
	}
	return out
}

// WithOracles adds, behind each contender that has a grid, the same with its setting
// chosen by the reference, marked as such in its name.
func WithOracles(cs []Contender) []Contender {
	var out []Contender
	for _, c := range cs {
		out = append(out, c)
		if len(c.Grid) > 0 && c.Tuned == "" {
			c.Name, c.Oracle = c.Name+" (oracle)", true
			out = append(out, c)
		}
	}
	return out
}
