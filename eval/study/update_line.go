package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/spell"
)

// LineError is what is wrong with a line of events.
type LineError struct {
	Line  int    `json:"line"` // from 1
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`
	Why   string `json:"error"`
	Fix   string `json:"fix"`
}

func (e *LineError) Error() string {
	s := fmt.Sprintf("line %d", e.Line)
	if e.Field != "" {
		s += ", field " + e.Field
	}
	if e.Value != "" {
		s += fmt.Sprintf(" (%.60s)", e.Value)
	}
	return s + ": " + e.Why + "; " + e.Fix
}

// The fields of a line of events.
var (
	lineTexts   = []string{"order", "item", "category", "brand", "channel", "campaign", "session"}
	lineNumbers = []string{"quantity", "price", "amount", "discount", "margin", "rating", "points"}
	lineFields  = append(append([]string{"key", "customer", "time", "kind"}, lineTexts...), lineNumbers...)
)

// longestLine bounds a text of a line: an id, an item.
const longestText = 1024

// Ahead is how far a sender's clock may be ahead of this one.
const Ahead = 5 * time.Minute

// ParseContacts reads events as JSON lines:
//
//	{"key":"e-1","customer":"c7","time":"2026-03-01T12:00:00Z","kind":"purchase","amount":9.5}
//
// customer and time are required; kind is purchase where it is missing; times without a
// zone are of the zone given; order, item, category, brand, channel, campaign, session
// are text and quantity, price, amount, discount, margin, rating, points numbers. Times
// more than five minutes after now are refused (now zero = none are). A purchase of negative
// quantity or amount is a return, and returns have absolute amounts, as where logs are read.
// Empty lines are passed over. Lines that are wrong come back as errors, the first of each line.
func ParseContacts(data []byte, zone *time.Location, now time.Time) (out []Contact, bad []*LineError) {
	if zone == nil {
		zone = time.UTC
	}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		c, err := parseContact(line, zone, now)
		if err != nil {
			err.Line = n
			err.Value = clipped(err.Value)
			bad = append(bad, err)
			continue
		}
		if e := &c.Event; e.Kind == datasets.Return || e.Kind == datasets.Purchase && (e.Quantity < 0 || e.Amount < 0) {
			e.Kind, e.Quantity, e.Amount = datasets.Return, math.Abs(e.Quantity), math.Abs(e.Amount)
		}
		out = append(out, c)
	}
	return out, bad
}

// clipped is a value as it is shown: what is wrong with a long one is its length.
func clipped(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func parseContact(line []byte, zone *time.Location, now time.Time) (Contact, *LineError) {
	c := Contact{Event: datasets.Event{
		Quantity: math.NaN(), Price: math.NaN(), Amount: math.NaN(), Discount: math.NaN(),
		Margin: math.NaN(), Rating: math.NaN(), Points: math.NaN(),
	}}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		why := "not a JSON object"
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			why = fmt.Sprintf("not JSON at character %d: %v", syntax.Offset, err)
		}
		return c, &LineError{Value: string(line), Why: why, Fix: `write one event a line, as {"customer":"c7","time":"2026-03-01T12:00:00Z","kind":"purchase","amount":9.5}`}
	}
	e := &c.Event
	texts := map[string]*string{
		"key": &c.Key, "customer": &e.Customer, "order": &e.Order, "item": &e.Item, "category": &e.Category,
		"brand": &e.Brand, "channel": &e.Channel, "campaign": &e.Campaign, "session": &e.Session,
	}
	numbers := map[string]*float64{
		"quantity": &e.Quantity, "price": &e.Price, "amount": &e.Amount, "discount": &e.Discount,
		"margin": &e.Margin, "rating": &e.Rating, "points": &e.Points,
	}
	for name := range fields {
		if _, text := texts[name]; !text && numbers[name] == nil && name != "time" && name != "kind" {
			fix := "the fields are " + strings.Join(lineFields, ", ")
			if near := spell.Nearest(name, lineFields); near != "" {
				fix = "did you mean " + near + "?"
			}
			return c, &LineError{Field: name, Value: string(fields[name]), Why: "there is no such field", Fix: fix}
		}
	}
	// In a fixed order: the same line is answered the same.
	for _, name := range lineFields {
		raw, ok := fields[name]
		if !ok || string(raw) == "null" {
			continue
		}
		wrong := func(why, fix string) (Contact, *LineError) {
			return c, &LineError{Field: name, Value: string(raw), Why: why, Fix: fix}
		}
		switch {
		case texts[name] != nil:
			if json.Unmarshal(raw, texts[name]) != nil {
				return wrong("not text", fmt.Sprintf("put it in quotes, as %q: %q; numbers lose digits", name, strings.Trim(string(raw), `"`)))
			}
			if len(*texts[name]) > longestText {
				return wrong(fmt.Sprintf("%d bytes long", len(*texts[name])), fmt.Sprintf("at most %d", longestText))
			}
		case numbers[name] != nil:
			if json.Unmarshal(raw, numbers[name]) != nil {
				return wrong("not a number", "write it without quotes and with a point, as 9.5, or leave it out")
			}
		case name == "kind":
			var s string
			k, ok := datasets.Kind(0), false
			if json.Unmarshal(raw, &s) == nil {
				k, ok = datasets.ParseKind(s)
			}
			if !ok {
				fix := "the kinds are " + strings.Join(datasets.KindNames(), ", ")
				if near := spell.Nearest(s, datasets.KindNames()); near != "" {
					fix = "did you mean " + near + "?"
				}
				return wrong("no such kind of event", fix)
			}
			e.Kind = k
		case name == "time":
			at, ok := parseStamp(raw, zone)
			if !ok {
				return wrong("not a time", "write 2026-03-01T12:00:00Z, 2026-03-01T12:00:00+01:00, 2026-03-01 12:00:00 or 2026-03-01")
			}
			if !now.IsZero() && at.After(now.Add(Ahead)) {
				return wrong("in the future: it is "+now.UTC().Format(time.RFC3339), "set the sender's clock, or write its zone")
			}
			if y := at.Year(); y < 1900 || y > 2200 {
				return wrong("not a year of a contact", "check the year: 1900 to 2200")
			}
			e.Time = at.UnixMicro()
		}
	}
	if e.Customer == "" {
		return c, &LineError{Field: "customer", Why: "missing or empty", Fix: `say whose event it is, as "customer":"c7"`}
	}
	if raw := fields["time"]; raw == nil || string(raw) == "null" {
		return c, &LineError{Field: "time", Why: "missing", Fix: `say when it happened, as "time":"2026-03-01T12:00:00Z"`}
	}
	return c, nil
}

func parseStamp(raw json.RawMessage, zone *time.Location) (time.Time, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// appendContact writes a contact as ParseContacts reads it, with the stamp exact to µs.
func appendContact(b []byte, c *Contact) []byte {
	text := func(name, s string) {
		if s != "" {
			q, _ := json.Marshal(s) // text always can be
			b = append(append(append(b, ',', '"'), name...), '"', ':')
			b = append(b, q...)
		}
	}
	b = append(b, `{"time":"`...)
	b = time.UnixMicro(c.Time).UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	text("key", c.Key)
	text("customer", c.Customer)
	text("kind", c.Kind.String())
	for i, s := range [...]string{c.Order, c.Item, c.Category, c.Brand, c.Channel, c.Campaign, c.Session} {
		text(lineTexts[i], s)
	}
	for i, v := range [...]float64{c.Quantity, c.Price, c.Amount, c.Discount, c.Margin, c.Rating, c.Points} {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			q, _ := json.Marshal(v)
			b = append(append(append(b, ',', '"'), lineNumbers[i]...), '"', ':')
			b = append(b, q...)
		}
	}
	return append(b, '}')
}
