package report

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// title is the first line of a doc, body the rest as one paragraph.
func title(doc string) string {
	t, _, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	return strings.TrimSuffix(t, ".")
}

func body(doc string) string {
	_, b, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	return strings.Join(strings.Fields(b), " ")
}

// cite prints references as text: pages hold no foreign address.
func cite(refs []eval.Ref) string {
	var out []string
	for _, r := range refs {
		s := r.Authors
		if r.Year != 0 {
			s += fmt.Sprintf(" (%d)", r.Year)
		}
		for _, p := range []string{r.Title, r.Venue} {
			if p != "" {
				s += ". " + strings.TrimSuffix(p, ".")
			}
		}
		if r.DOI != "" {
			d := r.DOI
			if strings.HasPrefix(d, "10.") {
				d = "doi:" + d
			}
			s += ". " + strings.TrimSuffix(d, ".")
		}
		out = append(out, strings.TrimPrefix(s, ". "))
	}
	return strings.Join(out, "; ")
}

// protocol says how everything was made, so that it can be made again.
func (b *builder) protocol() *Section {
	s := &Section{ID: "protocol", Title: "Protocol"}
	s.add(b.dataFacts(), b.studyFacts())
	if t := b.featureTable(); t != nil {
		s.add(t)
	}
	if t := b.stepTable(); t != nil {
		s.add(t)
	}
	if t := b.shareTable(); t != nil {
		s.add(t)
	}
	s.add(b.algorithmTable(), b.indexTable())
	if xs := b.sampled(); len(xs) > 0 {
		s.add(Text("What was sampled, and not computed on all customers:"), Bullets(xs))
	}
	return s
}

func (b *builder) dataFacts() Facts {
	var fs Facts
	add := func(name, value string) {
		if value != "" {
			fs = append(fs, Fact{Name: name, Value: value})
		}
	}
	d := b.data
	add("Data", d.Name)
	if d.Simulated {
		add("Origin", "simulated: made by a generator, not by customers")
	}
	if d.Hash != "" {
		fs = append(fs, Fact{Name: "SHA-256 of the mapped data", Value: d.Hash, Code: true})
	}
	if d.From != "" || d.To != "" {
		add("Window", fmt.Sprintf("from %s until %s", cmp.Or(d.From, "the first event"), cmp.Or(d.To, "the last event")))
	}
	add("Unit", cmp.Or(d.Unit, "customer"))
	add("Customers", count(d.Customers))
	if d.Events > 0 {
		add("Events", count(d.Events))
	}
	add("Currency", cmp.Or(d.Currency, "not stated"))
	return fs
}

func (b *builder) studyFacts() Facts {
	var fs Facts
	add := func(name, value string) {
		if value != "" {
			fs = append(fs, Fact{Name: name, Value: value})
		}
	}
	done, failed, running := 0, 0, 0
	var seeds []string
	for _, r := range b.state.Runs {
		switch r.Status {
		case "done":
			done++
		case "failed":
			failed++
		default:
			running++
		}
		if s := fmt.Sprint(r.Start.Seed); !slices.Contains(seeds, s) {
			seeds = append(seeds, s)
		}
	}
	runs := fmt.Sprintf("%s of %s done", count(done), count(max(b.state.Study.Total, len(b.state.Runs))))
	if failed > 0 {
		runs += fmt.Sprintf(", %s failed", count(failed))
	}
	if running > 0 || !b.state.Finished {
		runs += "; the study is not finished"
	}
	add("Runs", runs)
	if len(seeds) > 0 {
		word := "seeds "
		if len(seeds) == 1 {
			word = "seed "
		}
		add("Repeats", word+list(seeds)+"; each run's own seed comes from the hash of data, members, options and repeat, so that no order of runs can change a result")
	}
	add("Started", b.state.Study.T)
	if b.shown != nil {
		fs = append(fs, Fact{Name: "Shown run", Value: b.shown.ID, Code: true})
		if h := b.shown.Done.LabelsHash; h != "" {
			fs = append(fs, Fact{Name: "SHA-256 of its labels", Value: h, Code: true})
		}
		if p := string(b.shown.Start.Params); p != "" {
			fs = append(fs, Fact{Name: "Its options", Value: p, Code: true})
		}
		r := b.shown.Done
		stop := cmp.Or(r.Stop, "not stated")
		if r.NIter > 0 {
			stop += " after " + plural(r.NIter, "iteration")
		}
		add("Its stop", stop)
		cost := seconds(r.Seconds)
		if r.SharedSeconds > 0 {
			cost += " and " + seconds(r.SharedSeconds) + " shared with other runs"
		}
		if r.PeakBytes > 0 {
			cost += ", " + size(r.PeakBytes) + " above the memory held before"
		}
		add("Its cost", cost)
	}
	add("Noise policy", "internal indices count the unassigned as one more segment, unless the index's row says otherwise; coverage stands beside")
	add("Comparison", "within one feature set and scaling, among runs whose coverage differs by at most 5 points")
	for _, f := range b.opt.Software {
		add(f.Name, f.Value)
	}
	if len(b.opt.Software) == 0 {
		add("Software", b.maker())
	}
	return fs
}

// maker names the program that wrote the report.
func (b *builder) maker() string {
	version := b.opt.Version
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		version = info.Main.Version
	}
	return fmt.Sprintf("mores %s, %s, %s/%s", cmp.Or(version, "(devel)"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// sampled says which indices looked at a part of the customers.
func (b *builder) sampled() []string {
	type key struct {
		metric, set string
		rows, of    int
	}
	n := map[key]int{}
	for _, r := range b.state.DoneRuns() {
		for m, e := range r.Scores {
			if e.Sampled > 0 {
				n[key{m, r.Start.Set, e.Sampled, r.Done.N}]++
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(n), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.set, b.set), a.rows-b.rows, a.of-b.of)
	})
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%s of feature set %s: on %s of %s customers, in %s", k.metric, k.set, count(k.rows), count(k.of), plural(n[k], "run")))
	}
	return out
}
