package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
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
		add("Repeats", "seeds "+list(seeds)+"; each run's own seed comes from the hash of data, members, options and repeat, so that no order of runs can change a result")
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

// featureTable lists what the shown run clustered.
func (b *builder) featureTable() *Table {
	if b.set == nil || b.set.Raw == nil {
		return nil
	}
	t := &Table{Name: "features", Title: fmt.Sprintf("What was measured: feature set %s, scaling %s", b.set.Name, b.set.Scale), Cols: []Col{
		{Name: "feature", Key: "feature", Text: true}, {Name: "unit", Key: "unit", Text: true},
		{Name: "meaning", Key: "doc", Text: true}, {Name: "block", Key: "block", Text: true}, {Name: "kind", Key: "kind", Text: true}}}
	for _, c := range b.set.Raw.Cols {
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(c.Name), word(cmp.Or(c.Unit, "ratio")), word(c.Doc), word(c.Block), word(c.Kind.String())}})
	}
	return t
}

// stepTable lists what stands between a history and the vector that was clustered.
func (b *builder) stepTable() *Table {
	if b.set == nil || len(b.set.Pipeline) == 0 {
		return nil
	}
	var p features.Pipeline
	if json.Unmarshal(b.set.Pipeline, &p) != nil || len(p.Extractors)+len(p.Maps) == 0 {
		return nil // a newer one: its columns and shares are told all the same
	}
	t := &Table{Name: "steps", Title: "How it was measured and transformed, in order", Cols: []Col{
		{Name: "step", Key: "step", Text: true}, {Name: "name", Key: "name", Text: true}, {Name: "version", Key: "version"},
		{Name: "what it does", Key: "title", Text: true}, {Name: "options", Key: "options", Text: true}, {Name: "source", Key: "references", Text: true}}}
	add := func(step string, f features.Fitted, doc string, refs []features.Ref) {
		options := string(f.Options)
		if options == "{}" || options == "null" {
			options = ""
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(step), word(f.Name), word(fmt.Sprint(f.Version)),
			word(cmp.Or(title(doc), "brought along: not a part of mores")), word(cmp.Or(options, "–")), word(cmp.Or(cite(refs), "–"))}})
	}
	for _, f := range p.Extractors {
		var doc string
		var refs []features.Ref
		if e, err := features.Lookup(f.Name); err == nil {
			doc, refs = e.Doc, e.Refs
		}
		add("extractor", f, doc, refs)
	}
	for _, f := range p.Maps {
		var doc string
		var refs []features.Ref
		if e, err := features.LookupTransform(f.Name); err == nil {
			doc, refs = e.Doc, e.Refs
		}
		add("transform", f, doc, refs)
	}
	return t
}

// shareTable says what part of the distances each block of features makes.
func (b *builder) shareTable() *Table {
	if b.set == nil || len(b.set.Shares) == 0 {
		return nil
	}
	t := &Table{Name: "block_shares", Title: "What the distances are made of", Cols: []Col{
		{Name: "block", Key: "block", Text: true},
		{Name: "share of mean squared distance", Key: "share"}}}
	for _, s := range b.set.Shares {
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(s.Block), {Text: percent(s.Share), Exact: exact(s.Share)}}})
	}
	return t
}

func (b *builder) algorithmTable() *Table {
	t := &Table{Name: "algorithms", Title: "Algorithms", Cols: []Col{
		{Name: "algorithm", Key: "algorithm", Text: true}, {Name: "what it is", Key: "title", Text: true},
		{Name: "runs", Key: "runs"}, {Name: "source", Key: "references", Text: true}}}
	n := map[string]int{}
	for _, r := range b.state.Runs {
		n[r.Start.Algorithm]++
	}
	for _, a := range sortedKeys(n) {
		what, refs := "brought along: not an algorithm of mores", ""
		if m, err := cluster.Lookup(a); err == nil {
			what, refs = fmt.Sprintf("%s (version %d)", title(m.Doc), m.Version), cite(m.Refs)
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(a), word(what), {Text: count(n[a]), Exact: fmt.Sprint(n[a])}, word(cmp.Or(refs, "–"))}})
	}
	return t
}

// indexTable defines the indices of the study.
func (b *builder) indexTable() *Table {
	t := &Table{Name: "indices", Title: "Indices", Cols: []Col{
		{Name: "index", Key: "index", Text: true}, {Name: "definition", Key: "definition", Text: true},
		{Name: "range", Key: "range", Text: true}, {Name: "better", Key: "better", Text: true},
		{Name: "noise as applied", Key: "noise", Text: true}, {Name: "source", Key: "references", Text: true}}}
	for _, name := range b.metrics() {
		what, rng, better, refs := "brought along: not an index of mores", "–", "–", ""
		if m, err := eval.Lookup(name); err == nil {
			what, rng, better, refs = title(m.Doc), interval(m.Range), "neither", cite(m.Refs)
			if d := body(m.Doc); d != "" {
				what += ". " + d
			}
			switch {
			case m.Range.Better > 0:
				better = "larger"
			case m.Range.Better < 0:
				better = "smaller"
			}
		}
		var policies []string
		for _, r := range b.state.Runs {
			if p := string(r.Scores[name].Noise); p != "" && !slices.Contains(policies, p) {
				policies = append(policies, p)
			}
		}
		slices.Sort(policies)
		noise := "there was none"
		if len(policies) > 0 {
			noise = list(policies)
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(name), word(what), word(rng), word(better), word(noise), word(cmp.Or(refs, "–"))}})
	}
	return t
}

func interval(r eval.Range) string {
	l, h := "[", "]"
	lo, hi := number(r.Lo), number(r.Hi)
	if math.IsInf(r.Lo, -1) {
		l, lo = "(", "−∞"
	}
	if math.IsInf(r.Hi, 1) {
		h, hi = ")", "∞"
	}
	return l + lo + ", " + hi + h
}

// metrics lists the study's indices: those announced, then others that were scored.
func (b *builder) metrics() []string {
	out := slices.Clone(b.state.Study.Metrics)
	var more []string
	for _, r := range b.state.Runs {
		for m := range r.Scores {
			if !slices.Contains(out, m) && !slices.Contains(more, m) {
				more = append(more, m)
			}
		}
	}
	slices.Sort(more)
	return append(out, more...)
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

// notes says aloud what happened to the data and in the runs.
func (b *builder) notes() *Section {
	s := &Section{ID: "notes", Title: "Notes about the data and the runs"}
	if len(b.data.Notes) > 0 {
		s.add(Text("While the data were read:"), Bullets(b.data.Notes))
	}
	var made []string
	for _, set := range b.sets {
		for _, w := range set.Warnings {
			line := w
			if len(b.sets) > 1 {
				line = set.Name + " (" + set.Scale + "): " + w
			}
			if !slices.Contains(made, line) {
				made = append(made, line)
			}
		}
	}
	if len(made) > 0 {
		s.add(Text("While the features were made:"), Bullets(made))
	}
	var study []string
	for _, e := range b.state.Warnings {
		for _, w := range append(slices.Clone(e.Warnings), e.Reason) {
			if w != "" && !slices.Contains(made, w) && !slices.Contains(study, w) {
				study = append(study, w)
			}
		}
	}
	if len(study) > 0 {
		s.add(Text("While the study ran:"), Bullets(study))
	}
	if xs := b.runNotes(); len(xs) > 0 {
		s.add(Text("From the runs:"), Bullets(xs))
	}
	if len(s.Blocks) == 0 {
		s.add(Text("Nothing out of the ordinary was met."))
	}
	return s
}

// runNotes groups the runs' failures and warnings by their words.
func (b *builder) runNotes() []string {
	var order []string
	runs := map[string][]string{}
	add := func(what string, r *study.RunState) {
		if _, ok := runs[what]; !ok {
			order = append(order, what)
		}
		runs[what] = append(runs[what], b.names[r.ID])
	}
	for _, r := range b.state.Runs {
		if r.Status == "failed" {
			add("failed: "+cmp.Or(r.Done.Reason, "no reason given"), r)
		}
		for _, w := range r.Done.Warnings {
			add(w, r)
		}
		for _, m := range b.metrics() {
			for _, w := range r.Scores[m].Warnings {
				add(m+": "+w, r)
			}
		}
	}
	out := make([]string, 0, len(order))
	for _, what := range order {
		rs := slices.Compact(runs[what])
		who := list(rs)
		if len(rs) > 3 {
			who = fmt.Sprintf("%s and %s", strings.Join(rs[:2], ", "), plural(len(rs)-2, "more run"))
		}
		out = append(out, fmt.Sprintf("%s: %s", who, strings.TrimSuffix(what, ".")))
	}
	return out
}
