package load

import (
	"fmt"
	"maps"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// Options says what to override and what may be used. The zero value sniffs
// everything.
type Options struct {
	// Mapping is merged over the sniffed one, field by field. A column "none"
	// leaves a field out.
	Mapping *datasets.Mapping
	Dialect DialectFix
	// Strict refuses what would otherwise be decided and said: another encoding
	// than UTF-8, rows without a time.
	Strict  bool
	Dedupe  bool   // exact duplicate rows count once
	MaxMem  int64  // bytes; 0 = 4 GiB. A file that needs more is sorted on disk, where it can be read in pieces, or else refused
	Jobs    int    // threads of the parser; 0 = all
	TempDir string // for unpacked files and spills; "" = the system's
	Name    string // of the log; "" = the file's

	// Reads are the columns that are wanted; 0 = all. Others may be left out where that
	// saves time: a large Parquet file is read by columns. They are not left out where
	// the log has returns, which are matched with their purchases by every column.
	Reads datasets.Fields

	tables map[string]*datasets.Table // side tables that columns may be looked up in, by role
	frames map[string]*frame          // files read already, by path
	exact  bool                       // the mapping names every column: nothing is sniffed
	head   int                        // rows of a Parquet file to read; 0 = all
	sample *sampler                   // takes rows of a text file while it is looked through; nil = none
	whole  string                     // why a file that is large must lie in memory all the same
}

// DialectFix overrides what the sniffer would decide; empty fields are sniffed.
type DialectFix struct {
	Encoding  string // utf-8, utf-16le, utf-16be, windows-1252
	Delimiter string // comma, semicolon, tab, bar, blanks, or the sign itself
	Decimal   string // . or ,
	Header    *bool
}

// Fields lists the event columns that a file's columns can be mapped to.
func Fields() []string {
	return []string{
		"customer", "time", "kind", "order", "item", "category", "brand", "channel", "campaign", "session",
		"quantity", "price", "amount", "discount", "margin", "rating", "points", "exclude",
	}
}

// Set applies one answer, spelt as in the questions' flags: columns.customer=ID,
// time.format=dmy, time.zone=Europe/Berlin, kinds.WORD=purchase,
// dialect.decimal=",", dialect.delimiter, dialect.encoding, dialect.header,
// unit=household, exclude=keep, services=drop, and lists of columns divided by
// commas: extra (of the customer), attributes (of the item), answers (a battery of
// questions). A leading "data." is optional.
func (o *Options) Set(key, value string) error {
	if o.Mapping == nil {
		o.Mapping = &datasets.Mapping{}
	}
	m := o.Mapping
	key = strings.TrimPrefix(key, "data.")
	group, name, _ := strings.Cut(key, ".")
	bad := func(want string) error { return fmt.Errorf("data.%s = %q: want %s", key, value, want) }
	switch {
	case group == "columns":
		for _, f := range Fields() {
			if f == name {
				m.Columns = with(m.Columns, name, value)
				return nil
			}
		}
		return bad("one of the fields " + strings.Join(Fields(), ", "))
	case group == "kinds" && name != "":
		if _, ok := datasets.ParseKind(value); !ok && value != "ignore" && value != "" {
			return bad("a kind (" + strings.Join(datasets.KindNames(), ", ") + ") or ignore")
		}
		if value == "ignore" {
			value = ""
		}
		m.Kinds = with(m.Kinds, name, value)
	case key == "time.format":
		m.TimeLayout = value
	case key == "time.zone":
		m.Zone = value
	case key == "unit":
		if value != "customer" && value != "household" && value != "account" {
			return bad("customer, household or account")
		}
		m.Unit = value
	case key == "currency":
		m.Currency = value
	case key == "default_kind":
		if _, ok := datasets.ParseKind(value); !ok {
			return bad("a kind")
		}
		m.DefaultKind = value
	case key == "exclude":
		if value != "keep" && value != "drop" {
			return bad("keep or drop")
		}
		m.KeepExcluded = value == "keep"
	case key == "services":
		if value != "keep" && value != "drop" {
			return bad("keep or drop")
		}
		m.DropServices = value == "drop"
	case key == "extra":
		m.Extra = list(value)
	case key == "attributes":
		m.Attributes = list(value)
	case key == "answers":
		m.Batteries = []datasets.Battery{{Columns: list(value)}}
	case key == "dialect.encoding":
		if _, err := parseEncoding(value); err != nil {
			return err
		}
		o.Dialect.Encoding = value
	case key == "dialect.delimiter":
		if _, err := parseDelimiter(value); err != nil {
			return err
		}
		o.Dialect.Delimiter = value
	case key == "dialect.decimal":
		if value != "." && value != "," {
			return bad(`"." or ","`)
		}
		o.Dialect.Decimal = value
	case key == "dialect.header":
		if value != "true" && value != "false" {
			return bad("true or false")
		}
		h := value == "true"
		o.Dialect.Header = &h
	default:
		return fmt.Errorf("unknown key data.%s: columns.FIELD, kinds.WORD, time.format, time.zone, unit, currency, default_kind, exclude, services, extra, attributes, answers, dialect.encoding, dialect.delimiter, dialect.decimal or dialect.header", key)
	}
	return nil
}

// list cuts a list of columns.
func list(s string) []string {
	var out []string
	for _, c := range strings.Split(s, ",") {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	return out
}

func with(m map[string]string, k, v string) map[string]string {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]string{}
	}
	out[k] = v
	return out
}
