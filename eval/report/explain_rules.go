package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// RuleWords writes each segment's rule in the language of package eval/rule, as
// rule.ParseFile reads it: NAME: RULE under a comment of what it is worth. head are
// comments that come first; segment is the only one, counted from 1, if it is not 0.
// Segments without a rule are a comment. A name that holds says is none for a rule gives
// way to the segment's number.
func (e *Explanation) RuleWords(w io.Writer, segment int, holds func(name string) error, head ...string) error {
	b := bufio.NewWriter(w)
	comment := func(format string, args ...any) {
		fmt.Fprintf(b, "# %s\n", clean(strings.ReplaceAll(fmt.Sprintf(format, args...), nb, " ")))
	}
	comment("%s on %s, run %s: %s customers", e.Name, e.Set, e.Run, count(e.Customers))
	for _, h := range head {
		comment("%s", h)
	}
	for i := range e.Segments {
		s := &e.Segments[i]
		if segment != 0 && s.Segment != segment {
			continue
		}
		fmt.Fprintln(b)
		title := fmt.Sprintf("Segment %d, %s", s.Segment, s.Name)
		if s.Found.Reason != "" {
			comment("%s: no rule: %s", title, s.Found.Reason)
			continue
		}
		text, err := s.Found.Language()
		if err != nil {
			return err
		}
		comment("%s: %s customers", title, count(s.Size))
		comment("%s", s.InWords)
		comment("finds %s, of whom %s belong: precision %s, recall %s; on the half held out %s and %s",
			count(s.Finds), count(s.Right), shareText(s.Right, s.Finds), shareText(s.Right, s.Size),
			decimals(s.Found.Precision.Value, 3), decimals(s.Found.Recall.Value, 3))
		fmt.Fprintf(b, "%s: %s\n", ruleName(s, holds), text)
	}
	return b.Flush()
}

// shareText is a part of a whole to three digits, a dash of nothing.
func shareText(part, of int) string {
	if of == 0 {
		return "–"
	}
	return decimals(float64(part)/float64(of), 3)
}

// ruleName is the segment's name in double quotes.
func ruleName(s *SegmentExplanation, holds func(string) error) string {
	name := fmt.Sprintf("Segment %d", s.Segment)
	if holds(s.Name) == nil {
		name = s.Name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
