package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// Terminal writes the segments one after the other, and last what is to be said of all;
// only segment, counted from 1, if it is not 0. Lines are broken to width, 0 = not at all.
func (e *Explanation) Terminal(w io.Writer, segment, width int) error {
	b := bufio.NewWriter(w)
	t := &explainText{b, width}
	t.line("", fmt.Sprintf("%s on %s: %s, %s", e.Name, e.Set, plural(len(e.Segments), "segment"), plural(e.Customers, cmp.Or(e.Unit, "customer"))))
	if e.Unlabeled > 0 {
		t.line("", plural(e.Unlabeled, cmp.Or(e.Unit, "customer"))+" in no segment")
	}
	for i := range e.Segments {
		if s := &e.Segments[i]; segment == 0 || s.Segment == segment {
			fmt.Fprintln(b)
			s.terminal(t)
		}
	}
	fmt.Fprintln(b)
	e.trees(t, segment)
	e.tests(t)
	return b.Flush()
}

// explainText writes lines that begin with what they are about.
type explainText struct {
	w     *bufio.Writer
	width int
}

// explainLead is the width of the words before a line.
const explainLead = 12

func (t *explainText) line(lead, s string) {
	if lead == "" {
		for _, l := range wrap(terminalText(s), t.width) {
			fmt.Fprintln(t.w, l)
		}
		return
	}
	for _, l := range wrap(terminalText(s), t.width-explainLead) {
		fmt.Fprintf(t.w, "  %-*s%s\n", explainLead-2, strings.TrimSpace(lead), l)
		lead = " "
	}
}

func (s *SegmentExplanation) terminal(t *explainText) {
	t.line("", s.Title())
	t.line("size", s.Facts())
	r := &s.Found
	if r.Reason != "" {
		t.line("rule", "none: "+r.Reason)
	} else {
		t.line("rule", s.InWords)
		t.line(" ", fmt.Sprintf("precision %s, recall %s, F1 %s; covers %s of the %s customers held out",
			shareOf(r.Precision), shareOf(r.Recall), shareOf(r.F1), percent(r.Coverage.Value), count(r.Held)))
	}
	lead := "differs"
	for _, x := range s.Behaviours {
		t.line(lead, x.Text+" ("+x.Difference()+")")
		lead = " "
	}
	if len(s.Behaviours) == 0 {
		t.line(lead, "from the others in nothing that was measured")
	}
	lead = "who"
	for _, x := range s.Traits {
		t.line(lead, fmt.Sprintf("%s %s: %s (others %s; q %s)", x.Descriptor, x.Level, percent(x.Share), percent(x.Others), probability(x.Q)))
		lead = " "
	}
	var typical, edge []string
	for _, x := range s.Exemplars.Medoids {
		typical = append(typical, x.ID)
	}
	for _, x := range s.Exemplars.Boundary {
		edge = append(edge, fmt.Sprintf("%s (next: Segment %d, margin %s)", x.ID, x.Next+1, decimals(x.Margin, 2)))
	}
	t.line("typical", strings.Join(typical, ", "))
	if s.Exemplars.Reason != "" {
		t.line("boundary", "nobody: "+s.Exemplars.Reason)
	} else {
		t.line("boundary", strings.Join(edge, ", "))
	}
}

// shareOf prints .92 (.86 to .95).
func shareOf(s eval.RuleShare) string {
	return fmt.Sprintf("%s (%s to %s)", decimals(s.Value, 2), decimals(s.Lo, 2), decimals(s.Hi, 2))
}

// trees prints how well trees do beside the rules.
func (e *Explanation) trees(t *explainText, segment int) {
	for _, f := range e.Trees {
		if f.Reason != "" {
			t.line(f.Name, "no tree: "+f.Reason)
			continue
		}
		var each []string
		for g, f1 := range f.F1 {
			if segment == 0 || segment == g+1 {
				each = append(each, fmt.Sprintf("%d: %s", g+1, decimals(f1, 2)))
			}
		}
		t.line(f.Name, fmt.Sprintf("depth %d, gives %s of the %s customers held out their segment; F1 %s", f.Depth, whole(f.Agreement), count(f.Held), strings.Join(each, ", ")))
	}
}

// tests prints the descriptors' tests.
func (e *Explanation) tests(t *explainText) {
	lead := "tests"
	for _, d := range e.Descriptors {
		if d.Reason != "" {
			continue
		}
		verdict := "no difference shown"
		if d.Significant() {
			verdict = d.Size + " difference"
		}
		s := fmt.Sprintf("%s: %s (%s, q %s, effect %s)", d.Name, verdict, d.Test, probability(d.Q), decimals(d.Effect, 2))
		if d.Warning != "" {
			s += "; " + d.Warning
		}
		t.line(lead, s)
		lead = " "
	}
}

// SQL writes a query for the members of each segment as its rule has them, under a comment
// of what it is worth; only segment, counted from 1, if it is not 0. Segments without a
// rule are a comment.
func (e *Explanation) SQL(w io.Writer, segment int, table, dialect string) error {
	b := bufio.NewWriter(w)
	for i := range e.Segments {
		s := &e.Segments[i]
		if segment != 0 && s.Segment != segment {
			continue
		}
		title := clean(strings.ReplaceAll(s.Title(), nb, " "))
		if s.Found.Reason != "" {
			fmt.Fprintf(b, "-- %s: no rule: %s\n", title, clean(s.Found.Reason))
			continue
		}
		query, err := s.Found.SQL(table, dialect)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "-- %s: %s\n-- precision %s, recall %s, F1 %s on customers held out\n%s\n", title, clean(strings.ReplaceAll(s.InWords, nb, " ")),
			decimals(s.Found.Precision.Value, 2), decimals(s.Found.Recall.Value, 2), decimals(s.Found.F1.Value, 2), query)
	}
	return b.Flush()
}
