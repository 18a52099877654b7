package load

import (
	"cmp"
	"slices"
	"strings"
)

// sampleRows is the number of rows from the front of a text file by which it is
// understood, and about as many are spread over the rest.
var sampleRows = 50_000

// sampleWords is the number of different words up to which a column shows them all:
// kinds of event, channels, signs of what is missing.
const sampleWords = 1000

// sampler takes rows of text files while they are looked through, so that what a column
// holds can be told without all of it in memory: the first rows, others at equal steps
// over all that follows, and each row with a word that is new to a column of few words. A
// nil sampler takes nothing.
type sampler struct {
	file, row int // first row of the file that is read, and the next one
	kept      []sampled
	spread    []sampled
	step      int
	words     []map[string]bool // by column; nil = too many
}

type sampled struct {
	row   int
	cells []string
}

// next turns to another file.
func (s *sampler) next() { s.file = s.row }

// begin forgets the file's rows: it is read again, from its front.
func (s *sampler) begin() {
	if s == nil {
		return
	}
	of := func(x sampled) bool { return x.row >= s.file }
	s.kept, s.spread = slices.DeleteFunc(s.kept, of), slices.DeleteFunc(s.spread, of)
	s.row = s.file
}

// take looks at the next row.
func (s *sampler) take(fields [][]byte) {
	if s == nil {
		return
	}
	row := s.row
	s.row++
	if s.words == nil {
		s.step = 1
		for range fields {
			s.words = append(s.words, map[string]bool{})
		}
	}
	fresh := false
	for j, w := range s.words {
		if w == nil || j >= len(fields) || w[string(fields[j])] {
			continue
		}
		if fresh = true; len(w) == sampleWords {
			s.words[j] = nil
		} else {
			w[string(fields[j])] = true
		}
	}
	front := row-s.file < sampleRows
	if !front && !fresh && row%s.step != 0 {
		return
	}
	x := sampled{row: row}
	for _, f := range fields {
		x.cells = append(x.cells, strings.TrimSpace(string(f)))
	}
	if front || fresh {
		s.kept = append(s.kept, x)
		return
	}
	if s.spread = append(s.spread, x); len(s.spread) >= 2*sampleRows {
		s.step *= 2
		s.spread = slices.DeleteFunc(s.spread, func(x sampled) bool { return x.row%s.step != 0 })
	}
}

// frame makes a frame of the rows that were taken.
func (s *sampler) frame(names []string) *frame {
	rows := slices.Concat(s.kept, s.spread)
	slices.SortFunc(rows, func(a, b sampled) int { return cmp.Compare(a.row, b.row) })
	f := &frame{names: names, rows: len(rows)}
	for j, n := range names {
		c := &column{name: n, dict: newDict()}
		for _, r := range rows {
			c.codes = append(c.codes, c.dict.code(r.cells[j]))
		}
		f.cols = append(f.cols, c)
	}
	for _, r := range rows {
		f.at = append(f.at, r.row)
	}
	return f
}
