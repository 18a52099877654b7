package load

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// blankRun is the delimiter of files whose columns are set apart by runs of
// blanks and tabs; blanks at the start of a line mean nothing.
const blankRun = byte(0)

// maxRecord bounds one record: 64 fields of the longest kind.
const maxRecord = 64 * maxField

// scanner reads records as RFC 4180 has them: a quote opens a field only at its
// start, a doubled quote (or an escaped one) inside is one quote, a quoted field
// may hold line ends. Blank lines are skipped.
type scanner struct {
	r             io.Reader
	delim         byte
	quote, escape byte // 0 = none

	buf      []byte
	pos, end int
	eof      bool

	rec  int64 // 1-based number of the current record
	line int64 // 1-based line on which it begins
	next int64 // line after it
	off  int64 // byte offset of buf[pos]

	fields [][]byte
	quoted []bool
	spans  []span

	// What DuckDB might read otherwise: quotes inside bare fields, blanks around
	// quoted ones, blank lines; and lines that end in \r\n.
	odd      bool
	crlf     bool
	openRec  int64 // record and line of a quote that was never closed
	openLine int64
}

type span struct {
	lo, hi int
	quoted bool
	double bool // holds doubled quotes
}

type scanError struct{ what string }

func (e scanError) Error() string { return e.what }

var (
	errOpenQuote  = scanError{"open quote"}
	errAfterQuote = scanError{"text after a closing quote"}
	errLongField  = scanError{"field too long"}
)

func newScanner(r io.Reader, d *Dialect) *scanner {
	return &scanner{r: r, delim: d.delim, quote: d.quote, escape: d.escape, buf: make([]byte, 0, 256<<10), next: 1}
}

// fill reads more behind end; what is before pos is forgotten.
func (s *scanner) fill() error {
	if s.eof {
		return nil
	}
	if s.pos > 0 {
		copy(s.buf[:s.end-s.pos], s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == cap(s.buf) {
		if s.end >= maxRecord {
			return errLongField
		}
		b := make([]byte, 2*cap(s.buf))
		copy(b, s.buf[:s.end])
		s.buf = b
	}
	s.buf = s.buf[:cap(s.buf)]
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.eof = true
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// read moves to the next record; io.EOF at the end.
func (s *scanner) read() error {
	for {
		i := bytes.IndexByte(s.buf[s.pos:s.end], '\n')
		for i < 0 && !s.eof {
			had := s.end - s.pos
			if err := s.fill(); err != nil {
				return err
			}
			if i = bytes.IndexByte(s.buf[s.pos+had:s.end], '\n'); i >= 0 {
				i += had
			}
		}
		if i < 0 && s.pos == s.end {
			return io.EOF
		}
		n, eol := s.end-s.pos, 0
		if i >= 0 {
			n, eol = i, 1
		}
		line := s.buf[s.pos : s.pos+n]
		cr := n > 0 && line[n-1] == '\r'
		if cr {
			line = line[:n-1]
		}
		if len(bytes.TrimSpace(line)) == 0 && (s.delim != '\t' || len(line) == 0) {
			s.next++
			s.skip(n + eol)
			if eol == 1 || s.pos < s.end {
				s.odd = s.odd || len(line) > 0 || s.pos < s.end || !s.eof
			}
			continue
		}
		s.rec++
		s.line = s.next
		s.crlf = s.crlf || cr
		// A carriage return inside a line ends it for some parsers.
		s.odd = s.odd || bytes.IndexByte(line, '\r') >= 0
		if s.quote != 0 && bytes.IndexByte(line, s.quote) >= 0 {
			return s.readQuoted()
		}
		s.next++
		s.split(line)
		s.skip(n + eol)
		return s.check()
	}
}

func (s *scanner) skip(n int) { s.pos += n; s.off += int64(n) }

// split cuts a line without quotes.
func (s *scanner) split(line []byte) {
	s.fields, s.quoted = s.fields[:0], s.quoted[:0]
	if s.delim == blankRun {
		for i := 0; i < len(line); {
			if line[i] == ' ' || line[i] == '\t' {
				i++
				continue
			}
			j := i
			for j < len(line) && line[j] != ' ' && line[j] != '\t' {
				j++
			}
			s.fields = append(s.fields, line[i:j])
			i = j
		}
	} else {
		for {
			j := bytes.IndexByte(line, s.delim)
			if j < 0 {
				break
			}
			s.fields = append(s.fields, line[:j])
			line = line[j+1:]
		}
		s.fields = append(s.fields, line)
	}
	for range s.fields {
		s.quoted = append(s.quoted, false)
	}
}

// readQuoted reads a record that has a quote on its first line.
func (s *scanner) readQuoted() error {
	s.spans = s.spans[:0]
	i := 0 // relative to pos, which fill keeps
	blank := func(c byte) bool { return c == ' ' || c == '\t' && s.delim != '\t' }
	// at returns the byte at i, 0 and false at the end of the input.
	at := func(i int) (byte, bool, error) {
		for s.pos+i >= s.end {
			if s.eof {
				return 0, false, nil
			}
			if err := s.fill(); err != nil {
				return 0, false, err
			}
		}
		return s.buf[s.pos+i], true, nil
	}
	s.next++
fields:
	for {
		start := i
		c, ok, err := at(i)
		for err == nil && ok && blank(c) {
			i++
			c, ok, err = at(i)
		}
		if err != nil {
			return err
		}
		if s.delim == blankRun && ok && c == '\r' {
			if d, ok2, err := at(i + 1); err != nil {
				return err
			} else if !ok2 || d == '\n' {
				i++
				c, ok, _ = at(i)
			}
		}
		if s.delim == blankRun && (!ok || c == '\n') {
			if ok {
				i++
			}
			break
		}
		if ok && c == s.quote {
			s.odd = s.odd || i > start
			sp := span{lo: i + 1, quoted: true}
			i++
			for {
				c, ok, err = at(i)
				if err != nil {
					return err
				}
				if !ok {
					s.openRec, s.openLine = s.rec, s.line
					return errOpenQuote
				}
				switch {
				case c == '\n':
					s.next++
					if i-sp.lo > maxField {
						return errLongField
					}
				case c == s.escape && s.escape != s.quote:
					sp.double = true
					i++
				case c == s.quote:
					if d, ok, err := at(i + 1); err != nil {
						return err
					} else if ok && d == s.quote && s.escape == s.quote {
						sp.double = true
						i++
					} else {
						sp.hi = i
					}
				}
				i++
				if sp.hi > 0 {
					break
				}
			}
			s.spans = append(s.spans, sp)
			c, ok, err = at(i)
			for err == nil && ok && blank(c) {
				s.odd = true
				i++
				c, ok, err = at(i)
			}
		} else {
			for err == nil && ok && c != '\n' && c != s.delim && (s.delim != blankRun || !blank(c)) {
				s.odd = s.odd || c == s.quote
				i++
				c, ok, err = at(i)
			}
			hi := i
			if (!ok || c == '\n') && hi > start && s.buf[s.pos+hi-1] == '\r' {
				hi--
			}
			lo := start
			if s.delim == blankRun {
				for lo < hi && blank(s.buf[s.pos+lo]) {
					lo++
				}
			}
			if s.delim != blankRun || hi > lo {
				s.spans = append(s.spans, span{lo: lo, hi: hi})
			}
		}
		if err != nil {
			return err
		}
		if ok && c == '\r' {
			if d, ok2, _ := at(i + 1); !ok2 || d == '\n' {
				i++
				c, ok, _ = at(i)
			}
		}
		switch {
		case !ok:
			break fields
		case c == '\n':
			i++
			break fields
		case s.delim == blankRun:
			if last := s.spans[len(s.spans)-1]; last.quoted && last.hi+1 == i {
				return errAfterQuote
			}
		case c == s.delim:
			i++
		default:
			return errAfterQuote
		}
	}
	s.fields, s.quoted = s.fields[:0], s.quoted[:0]
	for _, sp := range s.spans {
		f := s.buf[s.pos+sp.lo : s.pos+sp.hi]
		if sp.double {
			f = s.unescape(f)
		}
		s.fields = append(s.fields, f)
		s.quoted = append(s.quoted, sp.quoted)
	}
	s.skip(i)
	return s.check()
}

func (s *scanner) unescape(f []byte) []byte {
	out := make([]byte, 0, len(f))
	for i := 0; i < len(f); i++ {
		if f[i] == s.escape && i+1 < len(f) {
			i++
		}
		out = append(out, f[i])
	}
	return out
}

func (s *scanner) check() error {
	for _, f := range s.fields {
		if len(f) > maxField {
			return errLongField
		}
	}
	return nil
}

// invalidUTF8 returns the offset of the first byte of the record that is not
// UTF-8, or −1.
func (s *scanner) invalidUTF8() (field, at int) {
	for i, f := range s.fields {
		if utf8.Valid(f) {
			continue
		}
		for j := 0; j < len(f); {
			r, n := utf8.DecodeRune(f[j:])
			if r == utf8.RuneError && n <= 1 {
				return i, j
			}
			j += n
		}
	}
	return -1, -1
}
