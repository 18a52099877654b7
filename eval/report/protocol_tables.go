package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// featureTable lists what the shown run clustered.
func (b *builder) featureTable() *Table {
	if b.set == nil || b.set.Raw == nil {
		return nil
	}
	t := &Table{Name: "features", Title: fmt.Sprintf("What was measured: feature set %s, scaling %s", b.set.Name, b.set.Scale), Cols: []Col{
		{Name: "feature", Key: "feature", Text: true},
		{Name: "unit", Key: "unit", Text: true},
		{Name: "meaning", Key: "doc", Text: true},
		{Name: "block", Key: "block", Text: true},
		{Name: "kind", Key: "kind", Text: true},
	}}
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
		{Name: "step", Key: "step", Text: true},
		{Name: "name", Key: "name", Text: true},
		{Name: "version", Key: "version"},
		{Name: "what it does", Key: "title", Text: true},
		{Name: "options", Key: "options", Text: true},
		{Name: "source", Key: "references", Text: true},
	}}
	add := func(step string, f features.Fitted, doc string, refs []features.Ref) {
		options := string(f.Options)
		if options == "{}" || options == "null" {
			options = ""
		}
		options = strings.ReplaceAll(options, ",", ", ") // room to break lines
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			word(step), word(f.Name), word(fmt.Sprint(f.Version)),
			word(cmp.Or(title(doc), "brought along: not a part of mores")), word(cmp.Or(options, "–")), word(cmp.Or(cite(refs), "–")),
		}})
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
		{Name: "share of mean squared distance", Key: "share"},
	}}
	for _, s := range b.set.Shares {
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(s.Block), {Text: percent(s.Share), Exact: exact(s.Share)}}})
	}
	return t
}

func (b *builder) algorithmTable() *Table {
	t := &Table{Name: "algorithms", Title: "Algorithms", Cols: []Col{
		{Name: "algorithm", Key: "algorithm", Text: true},
		{Name: "what it is", Key: "title", Text: true},
		{Name: "runs", Key: "runs"},
		{Name: "source", Key: "references", Text: true},
	}}
	n := map[string]int{}
	for _, r := range b.state.Runs {
		n[r.Start.Algorithm]++
	}
	for _, a := range sortedKeys(n) {
		what, refs := "brought along: not an algorithm of mores", ""
		if m, err := study.LookupAlgorithm(a); err == nil {
			what, refs = fmt.Sprintf("%s (version %d)", title(m.Doc), m.Version), cite(m.Refs)
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{word(a), word(what), {Text: count(n[a]), Exact: fmt.Sprint(n[a])}, word(cmp.Or(refs, "–"))}})
	}
	return t
}

// indexTable defines the indices of the study.
func (b *builder) indexTable() *Table {
	t := &Table{Name: "indices", Title: "Indices", Cols: []Col{
		{Name: "index", Key: "index", Text: true},
		{Name: "definition", Key: "definition", Text: true},
		{Name: "range", Key: "range", Text: true},
		{Name: "better", Key: "better", Text: true},
		{Name: "noise as applied", Key: "noise", Text: true},
		{Name: "source", Key: "references", Text: true},
	}}
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
