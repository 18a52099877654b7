package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/duck"
)

// textTimes is what a text file takes in memory while a log is made of it, in sizes of the
// file: its cells as codes with their words, and the events beside them. packedTimes is
// how much a packed one grows.
const (
	textTimes   = 3
	packedTimes = 5
)

// noTime stands for a missing stamp.
const noTime = math.MinInt64

// streamText reads CSV files that would not fit in memory as stream reads Parquet: twice
// through, once to find what is wrong with their rows and to take a sample by which the
// columns are understood, once for the events. Every cell is then read by what the sample
// decided, and one that cannot be refuses the file, as it would have been refused in
// memory. A nil log says that the files are small, or cannot be read so; opt.whole says why.
func streamText(ctx context.Context, paths []string, opt *Options) (*datasets.Log, *plan, error) {
	if !largeText(paths, opt) {
		return nil, nil, nil
	}
	switch {
	case opt.Dedupe:
		opt.whole = "--dedupe compares all rows with each other"
	case opt.exact || opt.tables != nil || opt.frames != nil:
		opt.whole = "its mapping reads several files together"
	}
	if opt.whole != "" {
		return nil, nil, nil
	}
	// In memory every column is read, and which are decides the order of events of one
	// stamp, and so the last digit of sums: what is left out must not depend on the budget.
	opt.Reads = 0
	s := &streamer{paths: paths}
	look := *opt
	look.sample = &sampler{}
	defer func() {
		for _, p := range s.csv {
			p.close()
		}
	}()
	f, err := s.lookThrough(ctx, look)
	if f == nil || err != nil {
		return nil, nil, err
	}
	p, err := sniffMapping(f, *opt)
	if err != nil {
		return nil, p, err
	}
	m, err := p.cast(*opt)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Lines = append(e.Lines, fmt.Sprintf("looked at: %s of %s", digits.Int(f.rows), count(s.rows, "row")))
		}
		return nil, p, err
	}
	return s.again(ctx, m, opt)
}

// largeText says whether files of text take more than the budget.
func largeText(paths []string, opt *Options) bool {
	limit := opt.MaxMem
	if limit <= 0 {
		limit = defaultMem
	}
	size := int64(0)
	for _, p := range paths {
		in, err := inspectInput(p)
		if err != nil || in.kind != "text" {
			return false // the way of text says what is wrong
		}
		n := in.size
		if in.comp != "" {
			n *= packedTimes
		}
		size += n
	}
	return size*textTimes > limit
}

// lookThrough reads the files once and returns a sample; nil = they are not CSV.
func (s *streamer) lookThrough(ctx context.Context, opt Options) (*frame, error) {
	var parts []part
	var said []string
	for _, path := range s.paths {
		in, err := inspectInput(path)
		if err != nil {
			return nil, err
		}
		if is, err := isJSON(in); err != nil || is {
			return nil, err
		}
		opt.sample.next()
		p, err := prepare(ctx, in, opt)
		if err != nil {
			return nil, err
		}
		s.csv = append(s.csv, p)
		if first := s.csv[0]; !slices.Equal(first.names, p.names) {
			return nil, reject("D004", "give files of the same columns, or one at a time", "%s has other columns than %s", in.name, parts[0].name).
				with("%s: %s", parts[0].name, strings.Join(first.names, ", ")).with("%s: %s", in.name, strings.Join(p.names, ", "))
		}
		parts = append(parts, part{path: path, name: in.name, from: int(s.rows), header: p.dialect.Header, dialect: p.dialect})
		said = append(said, p.said...)
		s.rows += p.dialect.Rows
	}
	f := opt.sample.frame(s.csv[0].names)
	f.parts, f.said, f.dialect = parts, said, s.csv[0].dialect
	return f, nil
}

// again is the second time through.
func (s *streamer) again(ctx context.Context, m *maker, opt *Options) (*datasets.Log, *plan, error) {
	s.maker = m
	described := slices.Concat(m.mapping.Extra, m.mapping.Attributes)
	if order, ok := m.cols["order"]; ok {
		c := m.f.cols[order]
		for k, yes := range m.cancelled(m.nums) {
			if yes {
				s.letters[c.dict.word(int32(k))[0]] = true
				s.cancels = true
			}
		}
	}
	if ok, err := s.plan(ctx, nil); err != nil {
		return nil, nil, err
	} else if !ok {
		opt.whole = "its mapping looks at all rows together (columns made of others, drop rules, answers, descriptions that were asked for)"
		return nil, nil, nil
	}
	s.said = slices.DeleteFunc(s.said, func(t string) bool { return strings.HasPrefix(t, "Kept as description") })
	if len(described) > 0 {
		s.say("Left out, since the file is too large to gather them: %s, which describe customers or items.", strings.Join(described, ", "))
	}
	s.say("Understood by %s of %s: the first of them, others spread over the file, and each with a new word.", digits.Int(len(m.f.at)), count(s.rows, "row"))
	db, err := duck.Open(duck.Options{MaxMem: opt.MaxMem / 4, Jobs: opt.Jobs, TempDir: opt.TempDir})
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	log, err := s.read(ctx, db)
	if s.unread {
		if err := s.faults(ctx); err != nil {
			return nil, m.plan, err
		}
		opt.whole = "its column of kinds has more than 1,000 words"
		return nil, nil, nil
	}
	return log, m.plan, err
}

// readText streams a file's rows.
func (s *streamer) readText(ctx context.Context, db *duck.DB, i int, each func(*duck.Batch) error) error {
	p, rows := s.csv[i], int64(0)
	err := db.StreamCSV(ctx, p.csv, s.index, func(b *duck.Batch) error {
		rows += int64(b.Rows())
		return each(b)
	}, s.adding.Wait)
	if err == nil && rows != p.dialect.Rows {
		return reject("D005", "save it anew as CSV with quotes doubled inside quotes", "%s: the parser reads %s, the scan counted %s", filepath.Base(s.paths[i]), count(rows, "row"), digits.Int(p.dialect.Rows))
	}
	return err
}

// cast reads the stamps and numbers of a batch of text, by the rules of castTime and
// numbers; noTime and NaN are missing. It is false if one cannot be read.
func (s *streamer) cast(b *duck.Batch, numbers *[7][]float64) (times []int64, ok bool) {
	n := b.Rows()
	s.times = slices.Grow(s.times[:0], n)[:n]
	prev, at := "", int64(noTime)
	for r := range n {
		cell, _ := b.Text(1, r)
		if cell != prev { // the lines of an order have one stamp
			prev, at = cell, noTime
			if cell = strings.TrimSpace(cell); !isMissing(cell) {
				m, ok := s.moment(cell)
				if !ok {
					return nil, false
				}
				at = m.us
				s.clock = s.clock || m.clock
				if m.gap {
					at, s.gapped = m.us, s.gapped+1
					prev = "" // counted row by row
				}
			}
		}
		s.times[r] = at
	}
	for j, col := range s.number {
		if col < 0 {
			continue
		}
		s.values[j] = slices.Grow(s.values[j][:0], n)[:n]
		sign := s.decimal(s.index[col])
		for r := range n {
			cell, _ := b.Text(col, r)
			x := math.NaN()
			if cell = strings.TrimSpace(cell); !isMissing(cell) {
				var ok bool
				if x, ok = parseNumber(cell, sign); !ok {
					return nil, false
				}
			}
			s.values[j][r] = x
		}
		numbers[j] = s.values[j]
	}
	return s.times, true
}

// cancelsOrder says that an order's number is a cancellation's.
func (s *streamer) cancelsOrder(order string) bool {
	return len(order) > 1 && s.letters[order[0]] && leadingDigits(order[1:]) == len(order)-1
}

// faults reads the files once more, for the cells that cannot be read: how many there
// are, and on which lines.
func (s *streamer) faults(ctx context.Context) error {
	type field struct {
		name     string
		at       int
		bad, inf badValues
		rows     int64
	}
	fields := []*field{{at: s.maker.cols["time"]}}
	for j, t := range numberFields {
		if s.number[j] >= 0 {
			fields = append(fields, &field{name: t.name, at: s.index[s.number[j]]})
		}
	}
	row := 0
	for i, p := range s.csv {
		in, err := inspectInput(s.paths[i])
		if err != nil {
			return err
		}
		r, c, err := in.reader(p.dialect.Encoding, p.dialect.skip, p.crOnly)
		if err != nil {
			return err
		}
		sc := newScanner(r, &p.dialect)
		for sc.read() == nil {
			if sc.rec%4096 == 0 && ctx.Err() != nil {
				c.Close()
				return ctx.Err()
			}
			if sc.rec == 1 && p.dialect.Header {
				continue
			}
			for k, f := range fields {
				cell := strings.TrimSpace(string(sc.fields[f.at]))
				if isMissing(cell) {
					continue
				}
				f.rows++
				ok := false
				if k == 0 {
					_, ok = s.moment(cell)
				} else {
					_, ok = parseNumber(cell, s.decimal(f.at))
				}
				switch {
				case ok:
				case k > 0 && nonFinite(cell):
					f.inf.add(cell, 1, row)
				default:
					f.bad.add(cell, 1, row)
				}
			}
			row++
		}
		c.Close()
	}
	s.f.at = nil // rows are the files' own
	s.problems = nil
	for k, f := range fields {
		if k == 0 && f.bad.n > 0 {
			s.badDates(&f.bad, f.at)
		} else if k > 0 {
			s.prof[f.at].num.rows = f.rows
			s.badNumbers(&f.bad, &f.inf, f.name, f.at)
		}
	}
	return join(s.problems)
}
