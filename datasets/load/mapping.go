package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/spell"
)

// plan is how a frame becomes events: the mapping, resolved.
type plan struct {
	f       *frame
	prof    []*ColumnProfile
	cols    map[string]int // event field -> column of the frame
	mapping datasets.Mapping
	order   dateOrder
	base    int  // columns of the file; those behind are made of others
	exact   bool // the mapping names every column: nothing is sniffed
	tables  map[string]*datasets.Table
	said    []string
	ask     []Question
	fixed   map[string]bool // fields the user decided, columns or none
	guessed []string        // words of no known kind, taken as views
	floats  bool            // ids are integers that a program wrote as 17850.0
}

func (p *plan) say(format string, args ...any) { p.said = append(p.said, fmt.Sprintf(format, args...)) }

func (p *plan) question(code, field, text string, options []string, key string) {
	q := Question{Code: code, Field: field, Text: text, Options: options}
	if len(options) > 0 {
		q.Flag = setFlag(key, options[0])
	}
	p.ask = append(p.ask, q)
}

func (p *plan) name(col int) string { return p.f.names[col] }

// used says that a column already has a field.
func (p *plan) used(col int) bool {
	for _, c := range p.cols {
		if c == col {
			return true
		}
	}
	return false
}

func (p *plan) set(field string, col int) {
	p.cols[field] = col
	if p.prof[col].Role == "" {
		p.prof[col].Role = field
	} else {
		p.prof[col].Role += ", " + field
	}
}

// open says that a field is still to be found.
func (p *plan) open(field string) bool {
	if p.exact {
		return false
	}
	_, has := p.cols[field]
	return !has && !p.fixed[field]
}

// sniffMapping finds the event fields of a frame's columns. The plan is there,
// as far as it got, with an error too.
func sniffMapping(f *frame, opt Options) (*plan, error) {
	// Columns made of others come behind the file's, in a frame of the plan's own.
	own := *f
	own.cols, own.names = slices.Clip(f.cols), slices.Clip(f.names)
	p := &plan{f: &own, cols: map[string]int{}, fixed: map[string]bool{}, base: len(f.cols), tables: opt.tables, exact: opt.exact}
	p.prof = own.profiles(opt)
	if opt.Mapping != nil {
		p.mapping = *opt.Mapping
		p.exact = p.exact || p.mapping.Exact
	}
	if err := p.given(opt.Mapping); err != nil {
		return p, err
	}
	if len(f.cols) == 1 {
		e := reject("D002", setFlag("dialect.delimiter", "semicolon")+"   (or comma, tab, bar, blanks)",
			"%s reads as one column: an event log needs a customer and a time", f.parts[0].name).
			with("tried tab, semicolon, comma, bar and runs of blanks; the first cell is %s", show(f.cols[0].text(0)))
		return p, e
	}
	if err := p.findTime(); err != nil {
		return p, err
	}
	if !f.dialect.Header && !p.complete() {
		p.headerless()
		return p, p.finish()
	}
	if err := p.findCustomer(); err != nil {
		return p, err
	}
	p.findKind()
	for _, field := range []string{"session", "order", "item", "category", "brand", "campaign", "channel", "exclude"} {
		p.findText(field)
	}
	for _, field := range []string{"quantity", "price", "discount", "margin", "rating", "points"} {
		p.findNumber(field)
	}
	p.findAmount()
	p.findDescriptors()
	return p, p.finish()
}

// given takes the columns that the user or the catalogue named.
func (p *plan) given(m *datasets.Mapping) error {
	if m == nil {
		return nil
	}
	var later []string
	for _, field := range Fields() {
		want, ok := m.Columns[field]
		if !ok {
			continue
		}
		p.fixed[field] = true
		if want == "none" || want == "" {
			continue
		}
		if i := p.find(want); i >= 0 {
			p.set(field, i)
		} else {
			later = append(later, field)
		}
	}
	// Those made of others may ask for the customer or the item first.
	for _, field := range later {
		if err := p.derive(field, m.Columns[field]); err != nil {
			return err
		}
	}
	for key, list := range p.named(m) {
		for _, want := range list {
			if p.find(want) < 0 {
				return p.missing(key, want)
			}
		}
	}
	return nil
}

// named lists the columns that a mapping speaks of besides the event's own fields.
func (p *plan) named(m *datasets.Mapping) map[string][]string {
	out := map[string][]string{"extra": m.Extra, "attributes": m.Attributes, "offer": m.Offer}
	for _, d := range m.Drop {
		out["drop"] = append(out["drop"], d.Column)
	}
	for _, d := range m.Services {
		out["services"] = append(out["services"], d.Column)
	}
	for _, b := range m.Batteries {
		out["answers"] = append(out["answers"], b.Columns...)
		if b.Choice != "" {
			out["answers"] = append(out["answers"], b.Choice)
		}
	}
	if c := m.Choice; c != nil {
		out["choice"] = append(out["choice"], c.Column)
		for _, a := range c.Alternatives {
			out["choice"] = append(out["choice"], a.Column)
		}
	}
	return out
}

// find returns the column of that name, or of that place: "#2".
func (p *plan) find(name string) int {
	if i := slices.Index(p.f.names, name); i >= 0 {
		return i
	}
	var n int
	if _, err := fmt.Sscanf(name, "#%d", &n); err == nil && n >= 1 && n <= len(p.f.names) {
		return n - 1
	}
	return -1
}

func (p *plan) missing(key, want string) error {
	folded := make([]string, len(p.f.names))
	for i, n := range p.f.names {
		folded[i] = foldName(n)
	}
	near := ""
	if i := slices.Index(folded, spell.Nearest(foldName(want), folded)); i >= 0 {
		near = p.f.names[i]
	}
	e := reject("D004", "", "column %s not found in %s", show(want), p.f.parts[0].name).with("asked for by data.%s = %s", key, show(want))
	if near != "" {
		e.Lines = append(e.Lines, fmt.Sprintf("did you mean %q?", near))
		e.Fix = "mores run " + shell(p.f.parts[0].path) + " " + setFlag(key, near)
	} else {
		e.Fix = "--set data." + key + "=COLUMN   (one of these)"
	}
	return e.with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
}

// complete: customer and time are given.
func (p *plan) complete() bool {
	return p.fixed["customer"] && (p.fixed["time"] || p.mapping.Clock != nil)
}

func (p *plan) names(cols []int) []string {
	var out []string
	for _, i := range cols {
		out = append(out, p.name(i))
	}
	return out
}

// findText takes the best-named column of a text field.
func (p *plan) findText(field string) {
	if !p.open(field) {
		return
	}
	for _, list := range [][]string{aliases[field].strong, aliases[field].weak} {
		best, at := -1, len(list)
		for i, c := range p.prof {
			if field == "exclude" && c.Distinct > 2 {
				continue // a mark says yes or no
			}
			if r := rank(list, c.Name); r >= 0 && r < at && !p.used(i) && c.Type != "empty" && c.Type != "date" {
				best, at = i, r
			}
		}
		if best >= 0 {
			p.set(field, best)
			return
		}
	}
}

// findNumber takes the best-named numeric column of a field.
func (p *plan) findNumber(field string) {
	if !p.open(field) {
		return
	}
	list := aliases[field].strong
	best, at := -1, len(list)
	for i, c := range p.prof {
		if r := rank(list, c.Name); r >= 0 && r < at && !p.used(i) && c.decimal != 0 && c.Type != "date" && c.Type != "empty" {
			best, at = i, r
		}
	}
	if best >= 0 {
		p.set(field, best)
	}
}

// finish fills the mapping in, says it, and returns the questions as an error.
func (p *plan) finish() error {
	path := p.f.parts[0].path
	for _, field := range []string{"quantity", "price", "amount", "discount", "margin", "rating", "points"} {
		if i, ok := p.cols[field]; ok && p.prof[i].decimal == '?' {
			v := p.prof[i].num.either
			a, _ := parseNumber(v, '.')
			b, _ := parseNumber(v, ',')
			p.question("D006", field, fmt.Sprintf("%s in column %q is %g or %g, and no value of the file decides: which is the decimal sign?", show(v), p.name(i), a, b), []string{".", ","}, "dialect.decimal")
			break
		}
	}
	if len(p.ask) > 0 {
		return &Ambiguous{Path: path, Questions: p.ask}
	}
	cols := map[string]string{}
	var said []string
	for _, field := range Fields() {
		if i, ok := p.cols[field]; ok {
			cols[field] = p.name(i)
			said = append(said, field+" ← "+p.name(i))
		}
	}
	p.mapping.Columns = cols
	if p.mapping.Unit == "" {
		p.mapping.Unit = unitOf(cols["customer"])
	}
	spoken := map[string]bool{}
	for _, list := range p.named(&p.mapping) {
		for _, n := range list {
			spoken[n] = true
		}
	}
	var idle []string
	for i, c := range p.prof {
		if !p.used(i) && c.Role == "" && !spoken[c.Name] && c.Type != "empty" {
			idle = append(idle, c.Name)
		}
	}
	head := fmt.Sprintf("%s: %s, %s, %s.", filepath.Base(path), p.f.dialect.describe(), p.f.dialect.Encoding, count(p.f.rows, "row"))
	if f := p.f.dialect.Format; f == "parquet" || f == "jsonl" {
		head = fmt.Sprintf("%s: %s, %s.", filepath.Base(path), p.f.dialect.Format, count(p.f.rows, "row"))
	}
	p.said = append([]string{head, "Columns: " + strings.Join(said, ", ") + "."}, p.said...)
	if len(p.mapping.Extra) > 0 {
		p.say("Kept as descriptions of the customer: %s.", strings.Join(p.mapping.Extra, ", "))
	}
	if len(idle) > 0 {
		p.say("Not used: %s.", strings.Join(idle, ", "))
	}
	return nil
}

// unitOf reads from its name what an id counts.
func unitOf(name string) string {
	switch n := foldName(name); {
	case strings.Contains(n, "household") || strings.HasPrefix(n, "hh"):
		return "household"
	case strings.Contains(n, "account"):
		return "account"
	}
	return "customer"
}
