package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"time"
)

// castagnoli is the polynomial of CRC32C, for which processors have an instruction.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crcKey is what stands between the bytes that a line's CRC covers and the CRC.
const crcKey = `,"crc":"`

// Seal fills in Schema, T and CRC and returns the journal's line, newline
// included. Seq is the caller's. The CRC is CRC32C over the line's bytes before
// `,"crc":`; marshalling a sealed event again gives the same bytes.
func (e *Event) Seal(now time.Time) ([]byte, error) {
	e.Schema, e.T, e.CRC = Schema, now.UTC().Format("2006-01-02T15:04:05.000Z"), ""
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Event, err)
	}
	b = b[:len(b)-1]
	e.CRC = fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli))
	b = append(b, crcKey...)
	b = append(b, e.CRC...)
	return append(b, "\"}\n"...), nil
}

// ErrSchema is the error of a line that a newer mores wrote.
var ErrSchema = errors.New("written by a newer mores: its schema is not known here")

// ParseLine reads one line of a journal, without its newline, and checks its CRC.
func ParseLine(line []byte) (Event, error) {
	var e Event
	at := bytes.LastIndex(line, []byte(crcKey))
	if at < 0 || len(line) != at+len(crcKey)+8+2 || string(line[len(line)-2:]) != `"}` {
		return e, errors.New("not a whole line of a journal: it does not end in a crc")
	}
	sum := string(line[at+len(crcKey) : len(line)-2])
	if want := fmt.Sprintf("%08x", crc32.Checksum(line[:at], castagnoli)); sum != want {
		return e, fmt.Errorf("crc is %s, the bytes before it have %s", strconv.QuoteToASCII(sum), want)
	}
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return e, err
	}
	if head.Schema > Schema {
		return e, fmt.Errorf("schema %d: %w", head.Schema, ErrSchema)
	}
	return e, json.Unmarshal(line, &e)
}

// Floats is a list of numbers in which NaN, written as null, means undefined.
type Floats []float64

// MarshalJSON writes what is not finite as null.
func (f Floats) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, x := range f {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			b = append(b, "null"...)
			continue
		}
		v, err := json.Marshal(x)
		if err != nil {
			return nil, err
		}
		b = append(b, v...)
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads null as NaN.
func (f *Floats) UnmarshalJSON(b []byte) error {
	var xs []*float64
	if err := json.Unmarshal(b, &xs); err != nil {
		return err
	}
	*f = make(Floats, len(xs))
	for i, x := range xs {
		(*f)[i] = math.NaN()
		if x != nil {
			(*f)[i] = *x
		}
	}
	return nil
}
