package rule

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	end    tokenKind = iota
	word             // purchases, and, in
	text             // 'coffee'
	name             // "share_weekend"
	number           // 2, .5, 1e-3
	date             // 2011-03-01
	sign             // ( ) , . + - * / = != < <= > >=
)

// token is one word of a rule.
type token struct {
	kind tokenKind
	s    string  // a word in small letters, a sign, or what stands in quotes
	x    float64 // of a number
	wall int64   // of a date: µs of the clock on the wall
	pos  int     // byte offset
	len  int     // bytes
}

// quotes maps an opening quote to its closing one and what it makes. Word processors
// write curly ones.
var quotes = map[rune]struct {
	close rune
	kind  tokenKind
}{'\'': {'\'', text}, '‘': {'’', text}, '"': {'"', name}, '“': {'”', name}}

// plainSigns are other ways of writing a sign.
var plainSigns = map[string]string{"≥": ">=", "≤": "<=", "≠": "!=", "<>": "!=", "×": "*", "−": "-"}

// foreign are signs of other languages and what is written here.
var foreign = map[string]string{"==": "=", "&&": "and", "||": "or", "!": "not", "&": "and", "|": "or", "%": "a share as .5 for 50 %", "=>": ">=", "=<": "<=", "~": "contains", ":": "NAME = RULE, as vip = spend >= 500; a colon follows the name in a file only"}

// lex cuts a rule's text into tokens, with an end token last.
func lex(o *origin) ([]token, error) {
	var out []token
	src := o.src
	if !utf8.ValidString(src) {
		bad := 0
		for i, r := range src {
			if _, n := utf8.DecodeRuneInString(src[i:]); r == utf8.RuneError && n == 1 {
				bad = i
				break
			}
		}
		return nil, o.at(bad, 1, "this is not UTF-8 text")
	}
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRuneInString(src[i:])
		switch {
		case r == 0:
			return nil, o.at(i, 1, "a zero byte cannot stand in a rule")
		case unicode.IsSpace(r):
			i += n
			continue
		case r == '#':
			for i < len(src) && src[i] != '\n' {
				i++
			}
			continue
		}
		t, err := next(o, i)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		i += t.len
	}
	return append(out, token{pos: len(src)}), nil
}

// next reads the token at byte i, which is no space.
func next(o *origin, i int) (token, error) {
	src := o.src
	r, n := utf8.DecodeRuneInString(src[i:])
	if q, ok := quotes[r]; ok {
		return quoted(o, i, n, q.close, q.kind)
	}
	if r >= '0' && r <= '9' || r == '.' && i+1 < len(src) && src[i+1] >= '0' && src[i+1] <= '9' {
		return numeric(o, i)
	}
	if unicode.IsLetter(r) || r == '_' {
		j := i
		for j < len(src) {
			r, n := utf8.DecodeRuneInString(src[j:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
				break
			}
			j += n
		}
		return token{kind: word, s: strings.ToLower(src[i:j]), pos: i, len: j - i}, nil
	}
	for _, length := range [...]int{2, 1} {
		if i+length > len(src) {
			continue
		}
		s := src[i : i+length]
		if use, ok := foreign[s]; ok && s != "!" || s == "!" && !strings.HasPrefix(src[i:], "!=") {
			return token{}, o.at(i, length, "%s is not a sign of this language: write %s", s, use)
		}
		switch s {
		case "<=", ">=", "!=", "<>", "(", ")", ",", ".", "+", "-", "*", "/", "=", "<", ">":
			if p, ok := plainSigns[s]; ok {
				s = p
			}
			return token{kind: sign, s: s, pos: i, len: length}, nil
		}
	}
	if p, ok := plainSigns[string(r)]; ok {
		return token{kind: sign, s: p, pos: i, len: n}, nil
	}
	if unicode.Is(unicode.Sc, r) {
		return token{}, o.at(i, n, "money is a number without %c: the log's own currency", r)
	}
	return token{}, o.at(i, n, "%q cannot stand here", r)
}

func quoted(o *origin, i, n int, closing rune, kind tokenKind) (token, error) {
	var b strings.Builder
	for j := i + n; j < len(o.src); {
		r, n := utf8.DecodeRuneInString(o.src[j:])
		j += n
		if r == closing {
			if r2, n2 := utf8.DecodeRuneInString(o.src[j:]); r2 != closing || n2 == 0 {
				return token{kind: kind, s: b.String(), pos: i, len: j - i}, nil
			}
			j += n
		}
		if r == 0 {
			return token{}, o.at(j-n, 1, "a zero byte cannot stand in a rule")
		}
		b.WriteRune(r)
	}
	return token{}, o.at(i, n, "this quote is never closed: put %c at its end", closing)
}

// numeric reads a number or a date.
func numeric(o *origin, i int) (token, error) {
	src := o.src
	if t, ok, err := dated(o, i); ok || err != nil {
		return t, err
	}
	j := i
	digits := func() {
		for j < len(src) && src[j] >= '0' && src[j] <= '9' {
			j++
		}
	}
	digits()
	if j < len(src) && src[j] == '.' {
		j++
		digits()
	}
	if j < len(src) && (src[j] == 'e' || src[j] == 'E') {
		k := j + 1
		if k < len(src) && (src[k] == '+' || src[k] == '-') {
			k++
		}
		if k < len(src) && src[k] >= '0' && src[k] <= '9' {
			j = k
			digits()
		}
	}
	x, err := strconv.ParseFloat(src[i:j], 64)
	if err != nil {
		return token{}, o.at(i, j-i, "%s is too large a number", src[i:j])
	}
	return token{kind: number, s: src[i:j], x: x, pos: i, len: j - i}, nil
}

// dated reads a date: four digits, a dash, one or two, a dash, one or two, and a time of
// day where a T follows.
func dated(o *origin, i int) (token, bool, error) {
	src := o.src
	j := i
	run := func(least, most int) bool {
		k := j
		for k < len(src) && k-j < most && src[k] >= '0' && src[k] <= '9' {
			k++
		}
		ok := k-j >= least
		j = k
		return ok
	}
	is := func(c byte) bool {
		if j < len(src) && src[j] == c {
			j++
			return true
		}
		return false
	}
	if !run(4, 4) || !is('-') || !run(1, 2) || !is('-') || !run(1, 2) {
		return token{}, false, nil
	}
	layout := time.DateOnly
	if j < len(src) && (src[j] == 'T' || src[j] == 't') {
		j++
		for j < len(src) && (src[j] == ':' || src[j] >= '0' && src[j] <= '9') {
			j++
		}
		layout = "2006-01-02T15:04"
		if strings.Count(src[i:j], ":") == 2 {
			layout = "2006-01-02T15:04:05"
		}
	}
	t, err := time.Parse(layout, strings.ToUpper(src[i:j]))
	if err != nil {
		return token{}, false, o.at(i, j-i, "%s is no date: write 2011-03-01, or 2011-03-01T18:30 with a time of day", src[i:j])
	}
	return token{kind: date, s: src[i:j], wall: t.UnixMicro(), pos: i, len: j - i}, true, nil
}
