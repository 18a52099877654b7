package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval/study"
)

// notes says aloud what happened to the data and in the runs.
func (b *builder) notes() *Section {
	s := &Section{ID: "notes", Title: "Notes about the data and the runs"}
	if len(b.data.Notes) > 0 {
		s.add(Text("While the data were read:"), Bullets(b.data.Notes))
	}
	var made, said []string
	for _, set := range b.sets {
		for _, w := range set.Warnings {
			said = append(said, w)
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
			if w != "" && !slices.Contains(said, w) && !slices.Contains(study, w) {
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
