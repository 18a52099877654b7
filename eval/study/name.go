package study

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// headline options are shown in a run's name even where they do not vary: what
// people call the run by.
var headline = map[string]bool{"n_clusters": true, "eps": true, "min_cluster_size": true}

// shortKey abbreviates options in names.
var shortKey = map[string]string{"n_clusters": "k"}

// namer names runs by what tells them apart.
type namer struct {
	vary               map[string]map[string]bool // algorithm -> option -> it varies
	set, scale, repeat bool
}

func newNamer(starts []Event) *namer {
	n := &namer{vary: map[string]map[string]bool{}}
	first := map[string]map[string]string{}
	for _, e := range starts {
		n.set = n.set || e.Set != starts[0].Set
		n.scale = n.scale || e.Scale != starts[0].Scale
		n.repeat = n.repeat || e.Seed != starts[0].Seed
		ps := map[string]string{}
		for _, p := range paramList(e.Params) {
			ps[p.Key] = string(p.Value)
		}
		old, ok := first[e.Algorithm]
		if !ok {
			first[e.Algorithm], n.vary[e.Algorithm] = ps, map[string]bool{}
			continue
		}
		v := n.vary[e.Algorithm]
		for k, x := range ps {
			v[k] = v[k] || old[k] != x
		}
		for k := range old {
			if _, ok := ps[k]; !ok {
				v[k] = true
			}
		}
	}
	return n
}

// cell names the algorithm with the options that vary: "kmeans k=5".
func (n *namer) cell(e Event) string {
	var b strings.Builder
	b.WriteString(e.Algorithm)
	if e.Algorithm == rulesMethod.Name {
		b.WriteString(" " + RulesName(e.Params))
		return b.String()
	}
	for _, p := range paramList(e.Params) {
		v := showValue(p.Value)
		if v == "" || !headline[p.Key] && !n.vary[e.Algorithm][p.Key] {
			continue
		}
		k := p.Key
		if s := shortKey[k]; s != "" {
			k = s
		}
		fmt.Fprintf(&b, " %s=%s", k, v)
	}
	return b.String()
}

// RulesName tells a run of rules by their file, or by their names.
func RulesName(params json.RawMessage) string {
	var a Rules
	if json.Unmarshal(params, &a) != nil {
		return ""
	}
	if a.File != "" {
		return a.File
	}
	rules, err := a.parse()
	if err != nil {
		return ""
	}
	var all []string
	for _, r := range rules {
		all = append(all, r.Name)
	}
	s := []rune(strings.Join(all, ", "))
	if len(s) > longestRulesName {
		s = append(s[:longestRulesName], '…')
	}
	return string(s)
}

// longestRulesName is how much of the names of rules a run's name holds.
const longestRulesName = 48

// name adds feature set, scale and seed where the study has several.
func (n *namer) name(e Event) string {
	s := n.cell(e)
	if n.set {
		s += " " + e.Set
	}
	if n.scale {
		s += " " + e.Scale
	}
	if n.repeat {
		s += fmt.Sprintf(" seed %d", e.Seed)
	}
	return s
}

// showValue writes an option's value for people: numbers to four digits, null as "".
func showValue(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		if v == float64(int64(v)) {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', 4, 64)
	case string:
		return v
	}
	return string(raw)
}

func starts(s *State) []Event {
	out := make([]Event, len(s.Runs))
	for i, r := range s.Runs {
		out[i] = r.Start
	}
	return out
}

// RunName names a run of the study by what tells it from the others: "kmeans k=5
// zscore seed 3". Options, feature set, scale and seed that all runs share are left
// out; the number of clusters, eps and the like are always said.
func RunName(s *State, r *RunState) string { return newNamer(starts(s)).name(r.Start) }

// RunNames names all runs of the study, by run.
func RunNames(s *State) map[string]string {
	n := newNamer(starts(s))
	out := make(map[string]string, len(s.Runs))
	for _, r := range s.Runs {
		out[r.ID] = n.name(r.Start)
	}
	return out
}
