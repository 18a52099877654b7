package ledger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mores-lab/mores/eval/study"
)

// Damage is a piece of a journal that could not be read.
type Damage struct {
	Line   int    // 1-based line of the file
	Bytes  []byte // what stands there
	Reason string
	// Torn: the last line, cut off in the middle of being written. Nobody was told
	// that it was there, so it is dropped; other damage is quarantined.
	Torn bool
}

func (d Damage) String() string {
	if d.Torn {
		return fmt.Sprintf("journal.jsonl: line %d was cut off after %d bytes; dropped", d.Line, len(d.Bytes))
	}
	return fmt.Sprintf("journal.jsonl: line %d is damaged (%s); left out", d.Line, d.Reason)
}

// record is an event with its line as it stands in the file, without the newline.
type record struct {
	event study.Event
	line  []byte
}

// scanned is what was found in a journal's bytes.
type scanned struct {
	records []record
	damage  []Damage
	lines   int // whole lines
	settled int // bytes of whole lines
}

// scan reads the whole lines of a journal's bytes. It fails only on lines of a
// schema that is not known.
func (s *scanned) scan(data []byte) error {
	for {
		nl := bytes.IndexByte(data[s.settled:], '\n')
		if nl < 0 {
			return nil
		}
		line := data[s.settled : s.settled+nl]
		s.lines++
		s.settled += nl + 1
		if err := s.take(line); err != nil {
			return err
		}
	}
}

// take reads one line, or what is left of it.
func (s *scanned) take(line []byte) error {
	e, err := study.ParseLine(line)
	switch {
	case err == nil:
		s.records = append(s.records, record{e, line})
	case errors.Is(err, study.ErrSchema):
		return fmt.Errorf("journal.jsonl, line %d: %w; update mores", s.lines, err)
	default:
		// A damaged newline joins two lines; each may be whole.
		s.records = append(s.records, pieces(line)...)
		s.damage = append(s.damage, Damage{Line: s.lines, Bytes: bytes.Clone(line), Reason: err.Error()})
	}
	return nil
}

// takeRest reads what stands behind the last newline: a line that lacks only its
// newline is whole, any other is torn.
func (s *scanned) takeRest(data []byte) error {
	rest := data[s.settled:]
	if len(rest) == 0 {
		return nil
	}
	s.lines++
	if found := pieces(rest); len(found) == 0 {
		s.damage = append(s.damage, Damage{Line: s.lines, Bytes: bytes.Clone(rest), Reason: "cut off", Torn: true})
		return nil
	}
	return s.take(rest)
}

// lineStart begins every line; inside a line's texts the quotes are escaped.
var lineStart = []byte(`{"schema":`)

// pieces finds whole events inside a damaged line.
func pieces(b []byte) []record {
	var out []record
	for {
		at := bytes.Index(b, lineStart)
		if at < 0 {
			return out
		}
		b = b[at:]
		end := len(b)
		if next := bytes.Index(b[1:], lineStart); next >= 0 {
			end = next + 1
		}
		if q := bytes.LastIndex(b[:end], []byte(`"}`)); q >= 0 {
			if e, err := study.ParseLine(b[:q+2]); err == nil {
				out = append(out, record{e, b[:q+2]})
			}
		}
		b = b[end:]
	}
}

// committed cuts off the lines that an unfinished run has left at the end.
func committed(rs []record) []record {
	done := map[string]bool{}
	for _, r := range rs {
		if r.event.Event == study.RunDone || r.event.Event == study.RunFailed {
			done[r.event.Run] = true
		}
	}
	for len(rs) > 0 {
		last := rs[len(rs)-1].event
		if last.Run == "" || done[last.Run] {
			break
		}
		rs = rs[:len(rs)-1]
	}
	return rs
}
