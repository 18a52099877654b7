package load

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mores-lab/mores/internal/digits"
)

// Exit codes of the command line that reading can end in.
const (
	exitData    = 3
	exitRefused = 4
	exitIO      = 5
)

// Error is input that was rejected. Codes are stable (mores help D004).
type Error struct {
	Code  string   `json:"code"` // D001..D020
	Exit  int      `json:"exit"` // 3 data, 4 refused, 5 I/O
	Title string   `json:"title"`
	Lines []string `json:"lines,omitempty"` // where, how often, why
	Fix   string   `json:"fix,omitempty"`   // can be pasted
	// More holds the other problems of the same pass.
	More []*Error `json:"more,omitempty"`
	err  error
}

// Error prints the problem as people see it: the fix comes last.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "error[%s]: %s", e.Code, e.Title)
	for _, l := range e.Lines {
		b.WriteString("\n  " + l)
	}
	if e.Fix != "" {
		b.WriteString("\n  fix:    " + e.Fix)
	}
	for _, m := range e.More {
		b.WriteString("\n" + m.Error())
	}
	return b.String()
}

// Unwrap returns the cause: the operating system's error, if it was one.
func (e *Error) Unwrap() error { return e.err }

// ExitCode returns the command line's exit code.
func (e *Error) ExitCode() int { return e.Exit }

func reject(code, fix, title string, args ...any) *Error {
	return &Error{Code: code, Exit: exitData, Title: fmt.Sprintf(title, args...), Fix: fix}
}

func (e *Error) with(format string, args ...any) *Error {
	e.Lines = append(e.Lines, fmt.Sprintf(format, args...))
	return e
}

// join makes one error of several problems of one pass.
func join(problems []*Error) error {
	if len(problems) == 0 {
		return nil
	}
	first := problems[0]
	first.More = append(first.More, problems[1:]...)
	return first
}

// Question is something the file does not say.
type Question struct {
	Field   string   `json:"field"`
	Text    string   `json:"text"`
	Options []string `json:"options"`
	Flag    string   `json:"flag"` // the first option, as a flag to paste
	Code    string   `json:"code"`
}

// Ambiguous is returned where guessing could be silently wrong.
type Ambiguous struct {
	Path      string     `json:"path"`
	Questions []Question `json:"questions"`
}

// Error prints every question and, last, the answer to paste.
func (a *Ambiguous) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "error[%s]: %s does not say which is which (%s)", a.Questions[0].Code, a.Path, count(len(a.Questions), "question"))
	var flags []string
	for _, q := range a.Questions {
		fmt.Fprintf(&b, "\n  %s: %s", q.Field, q.Text)
		if len(q.Options) > 0 {
			b.WriteString(" (" + strings.Join(q.Options, " | ") + ")")
		}
		flags = append(flags, q.Flag)
	}
	fmt.Fprintf(&b, "\n  fix:    mores run %s %s", shell(a.Path), strings.Join(flags, " "))
	return b.String()
}

// ExitCode returns the command line's exit code.
func (a *Ambiguous) ExitCode() int { return exitData }

// setFlag spells an answer as a flag.
func setFlag(key, value string) string { return "--set " + shell("data."+key+"="+value) }

// shell quotes an argument where a shell would not read it as it stands.
func shell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./=:,+@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// show quotes a value for a message, truncated at 60 characters.
func show(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		r := []rune(s)
		s = string(r[:59]) + "…"
	}
	return strconv.Quote(s)
}

// count says "1 row", "2,068 rows".
func count[T int | int64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "y") {
		noun = strings.TrimSuffix(noun, "y") + "ie"
	}
	return digits.Int(n) + " " + noun + "s"
}
