package rule

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mores-lab/mores/internal/spell"
)

// Error is a fault in a rule's text, or between a rule and a log, with its place.
type Error struct {
	Rule, File   string // the rule's name and the file it stands in, if they are known
	Line, Column int    // from 1; columns count characters
	Msg          string
	Near         string   // the word that was probably meant, or ""
	Words        []string // what can stand here, if that is a short list
	What         string   // what the words are: columns, kinds, ...

	text  string // the line
	width int    // characters to underline
}

// Error writes where, what, the line with a caret under the place, and what to write.
func (e *Error) Error() string {
	var b strings.Builder
	where := e.File
	if where == "" {
		where = "rule"
		if e.Rule != "" {
			where = fmt.Sprintf("rule %q", e.Rule)
		}
	}
	fmt.Fprintf(&b, "%s:%d:%d: %s", where, e.Line, e.Column, e.Msg)
	// Tabs stay tabs under the line, so that the caret stands where it should.
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string([]rune(e.text)[:min(e.Column-1, utf8.RuneCountInString(e.text))]))
	// What a terminal would obey is shown, not sent to it.
	text := strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, e.text)
	fmt.Fprintf(&b, "\n  %s\n  %s^%s", text, indent, strings.Repeat("~", max(e.width-1, 0)))
	if e.Near != "" {
		fmt.Fprintf(&b, "\n  did you mean %s?", e.Near)
	}
	if len(e.Words) > 0 {
		fmt.Fprintf(&b, "\n  %s: %s", e.What, shown(e.Words))
	}
	return b.String()
}

// Short is the error in one line, without the text it is about.
func (e *Error) Short() string {
	s := e.Msg
	if e.Rule != "" {
		s = fmt.Sprintf("rule %q: %s", e.Rule, s)
	}
	if e.Near != "" {
		s += "; did you mean " + e.Near + "?"
	}
	return s
}

// ExitCode is that of a wrong value on the command line.
func (e *Error) ExitCode() int { return 2 }

// ErrorCode names the error.
func (e *Error) ErrorCode() string { return "rule" }

// listShown is how many words an error lists.
const listShown = 40

func shown(words []string) string {
	if len(words) > listShown {
		return strings.Join(words[:listShown], ", ") + fmt.Sprintf(" and %d more", len(words)-listShown)
	}
	return strings.Join(words, ", ")
}

// origin says where a rule's text stands.
type origin struct {
	name, file string
	line       int // of the text's first line, from 0
	column     int // of its first character, from 0
	src        string
}

// at makes an error about n bytes from offset pos on.
func (o *origin) at(pos, n int, format string, args ...any) *Error {
	pos = min(pos, len(o.src))
	e := &Error{Rule: o.name, File: o.file, Msg: fmt.Sprintf(format, args...)}
	begin := strings.LastIndexByte(o.src[:pos], '\n') + 1
	end := len(o.src)
	if i := strings.IndexByte(o.src[pos:], '\n'); i >= 0 {
		end = pos + i
	}
	e.text = strings.TrimRight(o.src[begin:end], "\r")
	inner := strings.Count(o.src[:pos], "\n")
	e.Line = o.line + inner + 1
	e.Column = utf8.RuneCountInString(o.src[begin:pos]) + 1
	if inner == 0 && o.column > 0 {
		// The text begins within a line of a file: what stands before it is not shown.
		e.text = strings.Repeat(" ", o.column) + e.text
		e.Column += o.column
	}
	e.width = utf8.RuneCountInString(o.src[pos:min(pos+n, end)])
	return e
}

// among adds the words that can stand there, and the one that was meant.
func (e *Error) among(got, what string, words []string) *Error {
	e.What, e.Words = what, words
	if len(got) >= 3 { // a letter or two may mean anything
		e.Near = spell.Nearest(got, slices.DeleteFunc(slices.Clone(words), func(w string) bool { return len(w) < 3 }))
	}
	return e
}
