package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/mores-lab/mores/internal/digits"
)

// Dialect is how a text file is written.
type Dialect struct {
	Format      string `json:"format"` // csv, blank-separated, parquet, jsonl, npy
	Encoding    string `json:"encoding,omitempty"`
	Compression string `json:"compression,omitempty"`
	Delimiter   string `json:"delimiter,omitempty"`
	Quote       string `json:"quote,omitempty"`
	Decimal     string `json:"decimal,omitempty"` // "." or ","; "" = no column decides
	Header      bool   `json:"header"`
	Columns     int    `json:"columns"`
	Rows        int64  `json:"rows"` // without the header

	delim         byte
	quote, escape byte
	skip          int // lines before the header: "sep=;" and # comments
}

// sniffRecords is how many records of the sample vote.
const sniffRecords = 2000

// sample holds the first records of a file, cut with one delimiter.
type sample struct {
	d      Dialect
	rows   [][]string
	quoted [][]bool
	width  int     // most common number of fields
	even   float64 // share of records of that width
	clean  float64 // share of cells that do not look wrongly cut
}

// sniffDialect decides how the sampled text (UTF-8) is cut into cells. whole says
// that the sample is the whole file.
func sniffDialect(name string, text []byte, whole bool, fix DialectFix) (*sample, []string, error) {
	if !whole {
		if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
			text = text[:i+1]
		}
	}
	var said []string
	skip, rest := 0, text
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		l := strings.ToLower(strings.TrimRight(string(line), "\r"))
		if strings.HasPrefix(l, "sep=") && len(l) == 5 && skip == 0 {
			if fix.Delimiter == "" {
				fix.Delimiter = l[4:]
			}
		} else if !strings.HasPrefix(l, "#") {
			break
		}
		skip++
		rest = after
	}
	if len(bytes.TrimSpace(rest)) == 0 {
		// Every line begins with #: these are ids, not comments.
		skip, rest = 0, text
	}
	text = rest
	if skip > 0 {
		said = append(said, fmt.Sprintf("The first %s (a comment or \"sep=\") skipped.", count(skip, "line")))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil, reject("D018", "write at least one row into it", "%s holds no rows", name)
	}
	delims := []byte{'\t', ';', ',', '|', blankRun}
	if fix.Delimiter != "" {
		c, err := parseDelimiter(fix.Delimiter)
		if err != nil {
			return nil, nil, err
		}
		delims = []byte{c}
	}
	var best *sample
	for _, c := range delims {
		s := cut(text, c)
		if s == nil {
			continue
		}
		if best == nil || s.score() > best.score()+0.02 || best.width == 1 && s.width > 1 && s.score() >= 0.5 {
			best = s
		}
	}
	if best == nil {
		return nil, nil, quoteError(name, text)
	}
	best.d.skip = skip
	if best.width == 1 && fix.Delimiter == "" {
		said = append(said, "No delimiter (tab, semicolon, comma, bar, blanks) cuts the lines evenly: read as one column.")
	}
	if err := best.header(name, fix.Header); err != nil {
		return nil, nil, err
	}
	return best, said, nil
}

func parseDelimiter(s string) (byte, error) {
	switch foldName(s) {
	case "semicolon":
		return ';', nil
	case "comma":
		return ',', nil
	case "tab", "t":
		return '\t', nil
	case "bar", "pipe":
		return '|', nil
	case "blank", "blanks", "space", "whitespace":
		return blankRun, nil
	}
	switch s {
	case " ":
		return blankRun, nil
	case "\t", ";", ",", "|", ":", "~", "^":
		return s[0], nil
	}
	return 0, reject("D002", setFlag("dialect.delimiter", "semicolon"), "delimiter %q is not one of comma, semicolon, tab, bar, blanks", s)
}

// cut reads the sample with one delimiter, quotes doubled or escaped with a
// backslash. Where neither fits, the rows before the fault vote and the scan names
// the fault; nil if there are none.
func cut(text []byte, delim byte) *sample {
	var part *sample
	for _, q := range [][2]byte{{'"', '"'}, {'"', '\\'}} {
		s := &sample{d: Dialect{delim: delim, quote: q[0], escape: q[1]}}
		sc := newScanner(bytes.NewReader(text), &s.d)
		var err error
		for len(s.rows) < sniffRecords {
			if err = sc.read(); err != nil {
				break
			}
			row := make([]string, len(sc.fields))
			for i, f := range sc.fields {
				row[i] = strings.TrimSpace(string(f))
			}
			s.rows = append(s.rows, row)
			s.quoted = append(s.quoted, slices.Clone(sc.quoted))
		}
		// A quote that is open where the sample ends may be closed after it.
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, errOpenQuote) && len(s.rows) > 0 {
			s.vote()
			return s
		}
		if part == nil && len(s.rows) > 0 {
			part = s
		}
	}
	if part != nil {
		part.vote()
	}
	return part
}

func (s *sample) vote() {
	n := map[int]int{}
	for _, r := range s.rows {
		n[len(r)]++
	}
	for w, c := range n {
		if c > n[s.width] || c == n[s.width] && w > s.width {
			s.width = w
		}
	}
	if len(s.rows) == 0 {
		return
	}
	s.even = float64(n[s.width]) / float64(len(s.rows))
	good, all := 0, 0
	for i, r := range s.rows {
		if len(r) != s.width {
			continue
		}
		for j, c := range r {
			all++
			if s.quoted[i][j] || !wronglyCut(c, s.d.delim) {
				good++
			}
		}
	}
	s.clean = float64(good) / float64(all)
}

// wronglyCut says that a bare cell holds what another delimiter would cut.
func wronglyCut(c string, delim byte) bool {
	for _, d := range []byte{';', '\t', '|'} {
		if d != delim && strings.IndexByte(c, d) >= 0 {
			return true
		}
	}
	if delim != ',' {
		// A comma is a decimal or thousands sign inside a number, and usual in text
		// before a blank.
		if i := strings.IndexByte(c, ','); i >= 0 && !looksNumber(c) && !strings.Contains(c, ", ") {
			return true
		}
		if delim == blankRun && (strings.HasPrefix(c, ",") || strings.HasSuffix(c, ",")) {
			return true
		}
	}
	if f := strings.Fields(c); len(f) > 1 && delim != blankRun {
		for _, x := range f {
			if !looksNumber(x) || strings.ContainsAny(x, "$€£") {
				return false
			}
		}
		return looksNumber(strings.Join(f, "")) && !groupedBySpaces(f)
	}
	return false
}

func groupedBySpaces(f []string) bool {
	for _, x := range f[1:] {
		if d := strings.TrimRight(strings.SplitN(strings.SplitN(x, ",", 2)[0], ".", 2)[0], " "); len(d) != 3 {
			return false
		}
	}
	return true
}

func (s *sample) score() float64 {
	switch {
	case s.width < 2:
		return 0.3
	case s.d.delim == blankRun && s.even < 1:
		return 0
	case s.d.delim == blankRun:
		return 0.9 * s.clean
	}
	return s.even * s.clean
}

// header decides whether the first record names the columns: it does where it
// has words in columns that hold numbers or dates, it does not where it has
// numbers or dates there itself.
func (s *sample) header(name string, want *bool) error {
	first := s.rows[0]
	if want != nil {
		s.d.Header = *want
		return nil
	}
	if len(s.rows) == 1 {
		s.d.Header = !slices.ContainsFunc(first, looksValue)
		return nil
	}
	words, values := -1, -1
	for j := range s.width {
		if j >= len(first) {
			break
		}
		typed, seen := 0, 0
		for _, r := range s.rows[1:] {
			if len(r) == s.width && !isMissing(r[j]) {
				seen++
				if looksValue(r[j]) {
					typed++
				}
			}
		}
		if seen == 0 || float64(typed) < 0.9*float64(seen) || isMissing(first[j]) {
			continue
		}
		if looksValue(first[j]) {
			values = j
		} else {
			words = j
		}
	}
	switch {
	case words >= 0 && values >= 0 && !yearNames(first):
		e := reject("D002", setFlag("dialect.header", "true")+"   (or false)",
			"the first row of %s is neither names nor data: %s in column %d is a word above numbers, %s in column %d a value", name,
			show(first[words]), words+1, show(first[values]), values+1)
		return e
	case words >= 0:
		s.d.Header = true
	case values >= 0:
		s.d.Header = yearNames(first) && slices.ContainsFunc(first, knownName)
	default:
		// Text only: names are distinct and do not come back below.
		seen := map[string]bool{}
		for j, c := range first {
			if c == "" || seen[c] {
				return nil
			}
			seen[c] = true
			for _, r := range s.rows[1:] {
				if j < len(r) && r[j] == c {
					return nil
				}
			}
		}
		s.d.Header = true
	}
	return nil
}

// yearNames: names such as 2019, 2020 head columns of numbers.
func yearNames(first []string) bool {
	for _, c := range first {
		if looksValue(c) && !(len(c) == 4 && (strings.HasPrefix(c, "19") || strings.HasPrefix(c, "20")) && strings.Trim(c, "0123456789") == "") {
			return false
		}
	}
	return true
}

// knownName: a customer's or an item's id is called so.
func knownName(s string) bool {
	a, b := aliases["customer"], aliases["item"]
	return rank(a.strong, s) >= 0 || rank(a.weak, s) >= 0 || rank(b.strong, s) >= 0
}

// quoteError names the row whose quotes do not fit.
func quoteError(name string, text []byte) error {
	d := Dialect{delim: ',', quote: '"', escape: '"'}
	sc := newScanner(bytes.NewReader(text), &d)
	for {
		if err := sc.read(); err != nil {
			return sc.quoteProblem(name, err)
		}
	}
}

func (s *scanner) quoteProblem(name string, err error) error {
	raw := s.buf[s.pos:s.end]
	if i := bytes.IndexByte(raw, '\n'); i >= 0 {
		raw = raw[:i]
	}
	where := fmt.Sprintf("%s:%d (row %d): %s", name, s.line, s.rec, show(strings.TrimRight(string(raw), "\r")))
	switch {
	case errors.Is(err, errOpenQuote):
		return reject("D005", "close the quote, or double it inside a field (\"\")", "a quote opened in row %s of %s is never closed", digits.Int(s.rec), name).with("%s", where)
	case errors.Is(err, errAfterQuote):
		return reject("D005", "double quotes inside a quoted field (\"\")", "row %s of %s has text after a closing quote", digits.Int(s.rec), name).with("%s", where)
	case errors.Is(err, errLongField):
		return reject("D020", "cut the field or close the quote before it", "row %s of %s has a field of more than 1 MiB", digits.Int(s.rec), name).with("%s", where)
	}
	return err
}

func (d *Dialect) describe() string {
	var p []string
	switch d.delim {
	case blankRun:
		p = append(p, "cells set apart by runs of blanks")
	default:
		p = append(p, map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "bar"}[d.delim]+"-separated")
		if d.Delimiter == "" || p[0] == "-separated" {
			p[0] = fmt.Sprintf("separated by %q", d.delim)
		}
	}
	if d.Header {
		p = append(p, "first row names the columns")
	} else {
		p = append(p, "no header: columns are #1 to #"+fmt.Sprint(d.Columns))
	}
	return strings.Join(p, ", ")
}

// foldName makes names comparable: lower case, letters and digits only.
func foldName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
