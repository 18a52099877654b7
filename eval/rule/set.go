package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainName is what can stand before = as a rule's name, if its first word is no word of
// the language.
var plainName = regexp.MustCompile(`^\s*(?:"((?:[^"]|"")+)"|([\pL_][\pL\pN _-]*?))\s*=`)

// ParseNamed reads EXPR or NAME=EXPR, as flags give them; a name that is a word of the
// language or holds signs stands in double quotes.
func ParseNamed(s string) (*Rule, error) {
	m := plainName.FindStringSubmatchIndex(s)
	if m == nil || strings.HasPrefix(s[m[1]:], "=") {
		return Parse("", s)
	}
	n := ""
	if m[2] >= 0 {
		n = strings.ReplaceAll(s[m[2]:m[3]], `""`, `"`)
	} else {
		n = s[m[4]:m[5]]
		first := strings.ToLower(strings.Fields(n)[0])
		if slices.Contains(vocabulary(), first) || columnNamed(first) != nil {
			r, err := Parse("", s)
			if _, named := Parse("", s[m[1]:]); err != nil && named == nil {
				return nil, (&origin{src: s}).at(m[4], m[5]-m[4], "%s is a word of the language: as a name it stands in double quotes, \"%s\"%s", n, n, s[m[5]:])
			}
			return r, err
		}
	}
	if err := CheckName(n); err != nil {
		return nil, err
	}
	return Parse(n, s[m[1]:])
}

// CheckName refuses names that a labelling cannot hold.
func CheckName(n string) error {
	switch {
	case strings.TrimSpace(n) == "":
		return fmt.Errorf("rule: a name is empty: write one before the rule")
	case strings.EqualFold(n, "noise") || strings.HasPrefix(n, "-"):
		return fmt.Errorf("rule: %q cannot be a name: it means no segment in a file of labels", n)
	case !utf8.ValidString(n):
		return fmt.Errorf("rule: the name %q is not UTF-8 text", n)
	case strings.ContainsFunc(n, unicode.IsControl):
		return fmt.Errorf("rule: the name %q holds a line end or another sign that nobody sees", n)
	}
	return nil
}

// ParseFile reads rules, one after the other: NAME: EXPR. Lines that begin with a space go
// on with the rule before, # begins a comment, empty lines are skipped. file stands in
// messages. Names must differ.
func ParseFile(file, source string) ([]*Rule, error) {
	source = strings.TrimPrefix(source, "\ufeff")
	lines := strings.Split(source, "\n")
	for i, l := range lines {
		if !utf8.ValidString(l) || strings.ContainsRune(l, 0) {
			return nil, fmt.Errorf("%s:%d: this is not UTF-8 text: save the rules as text in UTF-8", file, i+1)
		}
	}
	var out []*Rule
	for i := 0; i < len(lines); {
		line := strings.TrimRight(lines[i], "\r")
		if t := strings.TrimSpace(line); t == "" || t[0] == '#' {
			i++
			continue
		}
		o := origin{file: file, line: i, src: line}
		if line[0] == ' ' || line[0] == '\t' {
			return nil, o.at(0, 1, "a line that begins with a space goes on with a rule, and there is none before")
		}
		name, begin, err := fileName(&o)
		if err != nil {
			return nil, err
		}
		j := i + 1
		for j < len(lines) {
			if l := strings.TrimRight(lines[j], "\r"); strings.TrimSpace(l) != "" && l[0] != ' ' && l[0] != '\t' {
				break
			}
			j++
		}
		body := strings.TrimRight(strings.Join(lines[i:j], "\n")[begin:], " \t\r\n")
		r, err := parseAt(origin{name: name, file: file, line: i, column: len([]rune(line[:begin])), src: body})
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			if other.Name == name {
				return nil, o.at(0, len(name), "there is a rule %q on line %d already", name, other.from.line+1)
			}
		}
		out = append(out, r)
		i = j
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no rules: write one a line, as loyal: purchases >= 5 in 365 d", file)
	}
	return out, nil
}

// fileName reads the name before the colon and returns where the rule begins.
func fileName(o *origin) (string, int, error) {
	n, begin := "", 0
	if strings.HasPrefix(o.src, `"`) {
		t, err := quoted(o, 0, 1, '"', name)
		if err != nil {
			return "", 0, err
		}
		n, begin = t.s, t.len
		if !strings.HasPrefix(strings.TrimLeft(o.src[begin:], " "), ":") {
			return "", 0, o.at(begin, 1, "a colon follows the name: \"%s\": purchases >= 5", n)
		}
		begin = strings.IndexByte(o.src[begin:], ':') + begin + 1
	} else {
		at := strings.IndexByte(o.src, ':')
		if at < 0 || strings.ContainsAny(o.src[:at], "'\"()=<>") {
			e := o.at(0, 1, "a rule in a file begins with its name and a colon, as loyal: purchases >= 5 in 365 d")
			if m := plainName.FindStringSubmatchIndex(o.src); m != nil && m[4] >= 0 {
				e = o.at(m[1]-1, 1, "in a file a colon follows the name, as %s:%s", o.src[m[4]:m[5]], o.src[m[1]:])
			}
			return "", 0, e
		}
		n, begin = strings.TrimSpace(o.src[:at]), at+1
	}
	if err := CheckName(n); err != nil {
		return "", 0, o.at(0, begin, "%s", strings.TrimPrefix(err.Error(), "rule: "))
	}
	return n, begin, nil
}
