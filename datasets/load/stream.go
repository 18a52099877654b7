package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/duck"
)

// streamRows is the number of rows from which a Parquet file is read as typed columns,
// batch by batch, and never lies in memory as text. Smaller ones go the way of text,
// which looks at every value before it decides what a column is.
var streamRows int64 = 1_000_000

// streamSample is the number of rows by which a streamed file's columns are understood.
const streamSample = 100_000

// streamer reads Parquet files of typed columns. What is decided by every value of a
// text file is written down in a Parquet file's types, so the first rows are enough to
// understand the rest; what they cannot show sends the file the way of text (stream
// returns a nil log): columns made of others, cancelled orders told by a letter,
// descriptions of customers and items, drop rules, another kind of event further on.
type streamer struct {
	*maker
	paths            []string
	rows             int64
	has              datasets.Fields
	cols             []duck.Typed
	text             [7]int // columns of the batch; −1 = none
	number           [7]int
	kind             int
	day              bool // stamps are dates
	zoned            bool
	clock            bool             // some stamp has a time of day
	hours            map[int64]int64  // wall-clock quarter of an hour -> µs to add for UTC
	gaps             map[int64]bool   // quarters that the clocks skipped
	words            map[string]int16 // kind of every word; −1 = left out
	tally            tally
	money            bool // amounts are known
	returned, pruned bool // there are returns; columns are left out
	lacked           bool // and should not have been: there are returns
	gapped           int64
	csv              []*prepared         // text files, looked through; nil: Parquet
	index            []int               // of text: the file's columns behind cols
	times            []int64             // of the batch of text
	values           [7][]float64        // and its numbers
	letters          [256]bool           // orders that begin with one of these cancel others
	cancels          bool                // there are such
	unread           bool                // a cell of text cannot be read
	cells            [2]datasets.Columns // one is filled while the builder takes the other
	turn             int
	adding           sync.WaitGroup
	b                *datasets.Builder
}

var errStop = errors.New("stop")

// stream reads the files if they can be streamed; a nil log without an error says
// that they cannot.
func stream(ctx context.Context, paths []string, asked *Options) (*datasets.Log, *plan, error) {
	opt := *asked
	s := &streamer{paths: paths}
	if len(paths) == 0 || opt.Dedupe || opt.exact || opt.tables != nil || opt.frames != nil {
		return nil, nil, nil
	}
	db, err := duck.Open(duck.Options{MaxMem: opt.MaxMem / 4, Jobs: opt.Jobs, TempDir: opt.TempDir})
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	for _, p := range paths {
		in, err := inspectInput(p)
		if err != nil || in.kind != "parquet" {
			return nil, nil, nil // the way of text says what is wrong
		}
		n, err := db.ParquetRows(ctx, in.path)
		if err != nil {
			return nil, nil, nil
		}
		s.rows += n
	}
	if s.rows < streamRows {
		return nil, nil, nil
	}
	head := opt
	head.head, head.MaxMem = streamSample, 0
	f, err := readFrame(ctx, paths[:1], head)
	if err != nil {
		return nil, nil, err
	}
	p, err := sniffMapping(f, opt)
	if err != nil {
		return nil, p, err
	}
	m, err := p.cast(opt)
	if err != nil {
		return nil, p, err
	}
	s.maker = m
	if ok, err := s.plan(ctx, db); !ok || err != nil {
		return nil, nil, err
	}
	log, err := s.read(ctx, db)
	if s.lacked {
		opt.Reads = 0
		return stream(ctx, paths, &opt)
	}
	return log, p, err
}

// wanted are the columns to read: what a return is told by always is.
func (s *streamer) wanted(f datasets.Fields) bool {
	return s.opt.Reads == 0 || f&(s.opt.Reads|datasets.FieldQuantity|datasets.FieldPrice|datasets.FieldAmount) != 0
}

// kept are the columns that the log gets: what customers spent always is one.
func (s *streamer) kept(f datasets.Fields) bool {
	return s.opt.Reads == 0 || f&(s.opt.Reads|datasets.FieldAmount) != 0
}

// plan decides which columns are read and as what; false = not to be streamed.
func (s *streamer) plan(ctx context.Context, db *duck.DB) (bool, error) {
	m := &s.mapping
	asked := s.opt.Mapping
	switch {
	case len(s.f.cols) != s.base, len(s.asked) > 0, m.Choice != nil, m.Clock != nil, len(m.Drop) > 0, len(m.Services) > 0,
		asked != nil && len(asked.Attributes) > 0, len(m.Offer) > 0, len(m.Fixed) > 0, m.Early, s.floats,
		asked != nil && len(asked.Extra) > 0:
		return false, nil
	case s.csv == nil && s.maker.cancelled(s.nums) != nil:
		return false, nil
	}
	if _, ok := s.maker.cols["exclude"]; ok {
		return false, nil
	}
	m.Extra, m.Attributes = nil, nil
	s.maker.notes = nil // they count the first rows only
	add := func(field string, as duck.TypedAs) (int, bool) {
		i, ok := s.maker.cols[field]
		if !ok {
			return -1, true
		}
		s.index = append(s.index, i)
		typ := s.f.typed[s.f.names[i]]
		s.cols = append(s.cols, duck.Typed{Column: duck.Column{Name: s.f.names[i], Type: typ}, As: as})
		return len(s.cols) - 1, s.csv != nil || streamable(typ, as)
	}
	who, okWho := add("customer", duck.AsText)
	at, okAt := add("time", duck.AsMicros)
	var okKind bool
	s.kind, okKind = add("kind", duck.AsText)
	if who != 0 || at != 1 || !okWho || !okAt || !okKind {
		return false, nil
	}
	s.day, s.zoned = s.cols[1].Type == "DATE", s.cols[1].Type == "TIMESTAMP WITH TIME ZONE"
	var left []string
	for j, t := range slices.Concat(textFields, numberFields) {
		to, as := &s.text, duck.AsText
		if j >= len(textFields) {
			to, as = &s.number, duck.AsFloat
		}
		j %= len(textFields)
		if !s.wanted(t.has) && !(s.cancels && t.has == datasets.FieldOrder) {
			to[j] = -1
			if _, ok := s.maker.cols[t.name]; ok {
				left = append(left, t.name)
			}
			continue
		}
		var ok bool
		if to[j], ok = add(t.name, as); !ok {
			return false, nil
		}
		if s.kept(t.has) {
			s.has |= s.maker.has() & t.has
		} else if to[j] >= 0 {
			left = append(left, t.name)
		}
	}
	s.money = s.maker.has()&datasets.FieldAmount != 0
	if len(left) > 0 {
		s.say("Left out, since nothing that is asked for depends on them: %s.", strings.Join(left, ", "))
	}
	s.pruned = len(left) > 0
	s.words = map[string]int16{}
	if s.kind >= 0 {
		c := s.f.cols[s.maker.cols["kind"]]
		for k := range c.dict.len() {
			s.words[strings.Clone(c.dict.word(int32(k)))] = s.kinds[k]
		}
		// A sample of text shows every word.
		if s.csv == nil {
			known, err := s.knowsKinds(ctx, db)
			if !known || err != nil {
				return false, err
			}
		}
	}
	if s.said[0] = fmt.Sprintf("%s: parquet, %s.", s.f.parts[0].name, count(s.rows, "row")); s.csv != nil {
		d := s.f.dialect
		s.said[0] = fmt.Sprintf("%s: %s, %s, %s.", s.f.parts[0].name, d.describe(), d.Encoding, count(s.rows, "row"))
	}
	s.hours, s.gaps = map[int64]int64{}, map[int64]bool{}
	return true, nil
}

// streamable says that a column of that type can be read so.
func streamable(typ string, as duck.TypedAs) bool {
	switch as {
	case duck.AsMicros:
		return typ == "DATE" || strings.HasPrefix(typ, "TIMESTAMP")
	case duck.AsFloat:
		return typ == "DOUBLE" || typ == "FLOAT" || strings.HasPrefix(typ, "DECIMAL") || strings.HasSuffix(typ, "INT") || strings.HasSuffix(typ, "INTEGER")
	}
	return typ == "VARCHAR" || strings.HasSuffix(typ, "INT") || strings.HasSuffix(typ, "INTEGER")
}

// knowsKinds looks whether the kind column holds other words than the first rows do.
func (s *streamer) knowsKinds(ctx context.Context, db *duck.DB) (bool, error) {
	known := true
	for _, p := range s.paths {
		err := db.Distinct(ctx, p, s.cols[s.kind].Column, 1000, func(word string) {
			_, ok := s.words[strings.TrimSpace(word)]
			known = known && ok
		})
		if err != nil {
			return false, err
		}
	}
	return known, nil
}

// streamEvent is the memory that one event takes in a builder, less its texts.
func (s *streamer) streamEvent() int64 {
	n := int64(8 + 1 + 4 + 4) // time, kind, customer, the row's place while it is sorted
	for j := range s.text {
		if s.has&(datasets.FieldOrder<<j) != 0 {
			n += 4
		}
		if s.has&(datasets.FieldQuantity<<j) != 0 {
			n += 8
		}
	}
	return n
}

// read streams the files into a builder, on disk where the log is too large.
func (s *streamer) read(ctx context.Context, db *duck.DB) (*datasets.Log, error) {
	meta := datasets.Meta{
		Name: s.opt.Name, Unit: s.mapping.Unit, Zone: s.zone, Currency: s.mapping.Currency,
		FirstSeenIsFirst: s.mapping.FirstSeen, Window: datasets.Window{From: s.mapping.From, To: s.mapping.To},
		Resolution: datasets.Day, Has: s.has, Thinned: s.mapping.Thinned, Simulated: s.mapping.Simulated,
	}
	if meta.Name == "" {
		meta.Name = strings.SplitN(filepath.Base(s.paths[0]), ".", 2)[0]
	}
	s.b = datasets.NewBuilder(meta)
	limit := s.opt.MaxMem
	if limit <= 0 {
		limit = defaultMem
	}
	// A column is in memory twice while it is sorted, texts take as much again, and Go
	// lets garbage lie: half the budget for the events is what holds.
	if each := s.streamEvent(); s.rows*each > limit/2 {
		held := limit / 6 / each
		s.b.Spill(s.opt.TempDir, int(max(held, 10_000)))
		s.said = append(s.said, fmt.Sprintf("%s of about %s bytes each do not fit into the budget of %s: the log is sorted on disk.", count(s.rows, "event"), digits.Int(each), digits.Int(limit)))
	}
	s.b.Grow(int(s.rows))
	each := func(b *duck.Batch) error {
		if err := s.add(b); err != nil {
			return err
		}
		if s.lacked = s.pruned && s.returned; s.lacked {
			return errStop
		}
		return nil
	}
	for i, p := range s.paths {
		var err error
		if s.csv != nil {
			err = s.readText(ctx, db, i, each)
		} else {
			err = db.StreamParquet(ctx, p, s.cols, each, s.adding.Wait)
		}
		var known *Error
		switch full := s.b.Failed(); {
		case full != nil:
			return nil, s.full(full)
		case s.lacked || s.unread:
			return nil, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &known):
			return nil, err
		case err != nil:
			return nil, reject("D001", "write it again", "%s cannot be read to its end", filepath.Base(p)).with("%v", err)
		}
	}
	if s.clock {
		s.b.Meta().Resolution = datasets.Second
		s.b.Meta().Has |= datasets.FieldHour
	}
	s.count(&s.tally, nil, 0)
	s.note("clock_gap", s.gapped, "%s at an hour that the clocks of %s skipped: moved on by an hour.", countLie(s.gapped), s.zone)
	for _, n := range s.maker.notes {
		s.b.Note(n)
	}
	if s.b.Len() == 0 {
		e := reject("D018", "check the columns: mores inspect "+shell(s.paths[0]), "no event is left of %s of %s", count(s.rows, "row"), s.f.parts[0].name)
		for _, n := range s.maker.notes {
			e.Lines = append(e.Lines, n.Text)
		}
		return nil, e
	}
	if s.opt.Strict && s.tally.time > 0 {
		return nil, reject("D013", "mend or delete these rows", "%s of %s have no time", count(s.tally.time, "row"), s.f.parts[0].name).with("--strict leaves nothing out by itself")
	}
	if 2*s.tally.time > s.rows {
		return nil, reject("D013", setFlag("columns.time", "COLUMN"), "%s of %s rows of %s have no time in column %q", digits.Int(s.tally.time), digits.Int(s.rows), s.f.parts[0].name, s.f.names[s.maker.cols["time"]])
	}
	log, err := s.b.Build()
	if err != nil {
		return nil, s.full(err)
	}
	return log, nil
}

// full says what the disk says, and how much room it takes: each event is written twice.
func (s *streamer) full(err error) error {
	dir := s.opt.TempDir
	if dir == "" {
		dir = os.TempDir()
	}
	need := float64(2*s.rows*s.streamEvent()) / (1 << 30)
	return &Error{
		Code: "S002", Exit: exitIO, Title: err.Error(), err: err,
		Lines: []string{fmt.Sprintf("sorting %s takes about %.1f GiB in %s for as long as the command runs; nothing is left there", count(s.rows, "event"), need, dir)},
		Fix:   "make room, or name a folder that has it: TMPDIR=/a/larger/folder mores ...   (or a larger --max-mem)",
	}
}

// add takes a batch of rows, by the rules of rows. The builder takes them while the next
// batch is looked at.
func (s *streamer) add(b *duck.Batch) error {
	n := b.Rows()
	c := &s.cells[s.turn]
	s.turn = 1 - s.turn
	c.Customer, c.Time, c.Kind = c.Customer[:0], c.Time[:0], c.Kind[:0]
	for j := range c.Texts {
		if s.has&(datasets.FieldOrder<<j) != 0 {
			c.Texts[j] = slices.Grow(c.Texts[j][:0], n)
		}
		if s.has&(datasets.FieldQuantity<<j) != 0 {
			c.Numbers[j] = slices.Grow(c.Numbers[j][:0], n)
		}
	}
	var numbers [7][]float64
	var times []int64
	if s.csv != nil {
		var ok bool
		if times, ok = s.cast(b, &numbers); !ok {
			s.unread = true
			return errStop
		}
	} else {
		for j, col := range s.number {
			if col >= 0 {
				numbers[j] = b.Floats(col)
			}
		}
		times = b.Ints(1)
	}
	window := s.b.Meta().Window
	product, money := s.product(), s.money
	kind := datasets.Purchase
	if k, ok := datasets.ParseKind(s.mapping.DefaultKind); ok {
		kind = k
	}
	for r := range n {
		ev := datasets.Event{Kind: kind}
		id, _ := b.Text(0, r)
		if id = strings.TrimSpace(id); isMissing(id) {
			s.tally.customer++
			continue
		}
		if s.csv == nil && b.Null(1, r) || s.csv != nil && times[r] == noTime {
			s.tally.time++
			continue
		}
		if ev.Time = times[r]; s.csv == nil {
			ev.Time = s.instant(ev.Time)
		}
		if s.kind >= 0 {
			w, _ := b.Text(s.kind, r)
			k, known := s.words[strings.TrimSpace(w)]
			if !known {
				s.unread = true // of a sample: it shows so many words only
				return errStop
			}
			if k < 0 {
				s.tally.ignored++
				continue
			}
			ev.Kind = datasets.Kind(k)
		}
		if !window.Contains(ev.Time) {
			if !window.From.IsZero() && ev.Time < window.From.UnixMicro() {
				s.tally.before++
			} else {
				s.tally.after++
			}
			continue
		}
		for j, to := range [...]*float64{&ev.Quantity, &ev.Price, &ev.Amount, &ev.Discount, &ev.Margin, &ev.Rating, &ev.Points} {
			if *to = math.NaN(); numbers[j] != nil && (s.csv != nil || !b.Null(s.number[j], r)) {
				*to = numbers[j][r]
			}
		}
		cancel := false
		if s.cancels {
			w, _ := b.Text(s.text[0], r)
			cancel = s.cancelsOrder(strings.TrimSpace(w))
		}
		if !settle(&ev, &s.tally, s.kind >= 0, product, money, cancel) {
			continue
		}
		s.returned = s.returned || ev.Kind == datasets.Return
		c.Customer, c.Time, c.Kind = append(c.Customer, id), append(c.Time, ev.Time), append(c.Kind, ev.Kind)
		for j, col := range s.text {
			if col >= 0 && s.has&(datasets.FieldOrder<<j) != 0 {
				w, _ := b.Text(col, r)
				if w = strings.TrimSpace(w); isMissingText(w) {
					w = ""
				}
				c.Texts[j] = append(c.Texts[j], w)
			}
		}
		for j, x := range [...]float64{ev.Quantity, ev.Price, ev.Amount, ev.Discount, ev.Margin, ev.Rating, ev.Points} {
			if s.has&(datasets.FieldQuantity<<j) != 0 {
				c.Numbers[j] = append(c.Numbers[j], x)
			}
		}
	}
	s.adding.Wait()
	if err := s.b.Failed(); err != nil {
		return err
	}
	s.adding.Go(func() { s.b.AddColumns(c) })
	return nil
}

// instant makes µs UTC of a stamp, as stamp.wall does, once for a quarter of an hour:
// no zone changes its clocks more finely.
func (s *streamer) instant(us int64) int64 {
	if s.zoned {
		s.clock = true
		return us
	}
	const quarter = 15 * 60 * 1_000_000
	s.clock = s.clock || !s.day && us%86_400_000_000 != 0
	if s.zone == time.UTC {
		return us
	}
	q := us - ((us%quarter)+quarter)%quarter
	shift, ok := s.hours[q]
	if !ok {
		w := time.UnixMicro(q).UTC()
		t := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), 0, 0, s.zone)
		shift = t.UnixMicro() - q
		s.hours[q] = shift
		if t.Hour() != w.Hour() {
			s.gaps[q] = true
		}
	}
	if len(s.gaps) > 0 && s.gaps[q] {
		s.gapped++
	}
	return us + shift
}
