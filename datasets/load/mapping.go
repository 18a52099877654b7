package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// plan is how a frame becomes events: the mapping, resolved.
type plan struct {
	f       *frame
	prof    []*ColumnProfile
	cols    map[string]int // event field -> column of the frame
	mapping datasets.Mapping
	order   dateOrder
	said    []string
	ask     []Question
	fixed   map[string]bool // fields the user decided, columns or none
	guessed []string        // words of no known kind, taken as views
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
	_, has := p.cols[field]
	return !has && !p.fixed[field]
}

// sniffMapping finds the event fields of a frame's columns.
func sniffMapping(f *frame, opt Options) (*plan, error) {
	p := &plan{f: f, cols: map[string]int{}, fixed: map[string]bool{}}
	p.prof = f.profiles(opt)
	if opt.Mapping != nil {
		p.mapping = *opt.Mapping
	}
	if err := p.given(opt.Mapping); err != nil {
		return nil, err
	}
	if len(f.cols) == 1 {
		e := reject("D002", setFlag("dialect.delimiter", "semicolon")+"   (or comma, tab, bar, blanks)",
			"%s reads as one column: an event log needs a customer and a time", f.parts[0].name).
			with("tried tab, semicolon, comma, bar and runs of blanks; the first cell is %s", show(f.cols[0].text(0)))
		return nil, e
	}
	if err := p.findTime(); err != nil {
		return nil, err
	}
	if !f.dialect.Header && !p.complete() {
		p.headerless()
		return p, p.finish()
	}
	if err := p.findCustomer(); err != nil {
		return nil, err
	}
	p.findKind()
	for _, field := range []string{"session", "order", "item", "category", "brand", "campaign", "channel"} {
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
	for _, field := range Fields() {
		want, ok := m.Columns[field]
		if !ok {
			continue
		}
		p.fixed[field] = true
		if want == "none" || want == "" {
			continue
		}
		i := p.find(want)
		if i < 0 {
			return p.missing("columns."+field, want)
		}
		p.set(field, i)
	}
	for _, want := range m.Extra {
		if p.find(want) < 0 {
			return p.missing("extra", want)
		}
	}
	for _, d := range m.Drop {
		if p.find(d.Column) < 0 {
			return p.missing("drop", d.Column)
		}
	}
	return nil
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
	near, dist := "", max(2, len(want)/3)+1
	for _, n := range p.f.names {
		d := editDistance(foldName(n), foldName(want))
		if d < dist {
			near, dist = n, d
		}
	}
	e := reject("D004", "", "column %s not found in %s", show(want), p.f.parts[0].name).with("asked for by data.%s = %s", key, show(want))
	if near != "" {
		e.Lines = append(e.Lines, fmt.Sprintf("did you mean %q?", near))
		e.Fix = "mores run " + shell(p.f.parts[0].path) + " " + setFlag(key, near)
	} else {
		e.Fix = setFlag(key, p.f.names[0]) + "   (or another of these)"
	}
	return e.with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
}

// complete: customer and time are given.
func (p *plan) complete() bool { return p.fixed["customer"] && p.fixed["time"] }

// findTime takes the one column of dates; several are settled by their names.
func (p *plan) findTime() error {
	if p.open("time") {
		var dates []int
		for i, c := range p.prof {
			if c.Type == "date" || c.isEpoch() && rank(aliases["time"].strong, c.Name) >= 0 {
				dates = append(dates, i)
			}
		}
		if len(dates) == 0 {
			return p.noTime()
		}
		pick := dates
		if len(dates) > 1 {
			pick = nil
			for _, i := range dates {
				if rank(aliases["time"].strong, p.name(i)) >= 0 {
					pick = append(pick, i)
				}
			}
		}
		if len(pick) != 1 {
			if len(pick) == 0 {
				pick = dates
			}
			p.question("D004", "time", "which column says when it happened?", p.names(pick), "columns.time")
			return nil
		}
		p.set("time", pick[0])
	}
	i, ok := p.cols["time"]
	if !ok {
		return p.noTime()
	}
	switch p.mapping.TimeLayout {
	case "dmy":
		p.order = orderDMY
	case "mdy":
		p.order = orderMDY
	case "ymd":
		p.order = orderYMD
	case "":
		p.sniffOrder(i)
	}
	return nil
}

// sniffOrder decides between 3 April and 4 March by the whole column.
func (p *plan) sniffOrder(i int) {
	d := &p.prof[i].date
	orders := d.order()
	switch len(orders) {
	case 0:
		return // every value fails: the cast says so
	case 1:
		p.order = orders[0]
		if n := d.differ; n[orderDMY][orderMDY] > 0 {
			p.say("Dates such as %s in column %q are read %s: the column has values that fit no other order.", show(d.example), p.name(i), p.order.words())
		}
	default:
		var opts []string
		for _, o := range orders {
			opts = append(opts, o.String())
		}
		p.question("D013", "time", fmt.Sprintf("%s in column %q fits %s, and no value of the column decides", show(d.example), p.name(i),
			orders[0].words()+" and "+orders[1].words()), opts, "time.format")
	}
	if d.short > 0 {
		p.say("Years of two digits in column %q: 00 to 69 are 2000 to 2069.", p.name(i))
	}
}

// noTime: a file without dates is a table of customers, or nothing for us.
func (p *plan) noTime() error {
	name, path := p.f.parts[0].name, p.f.parts[0].path
	var nearly []string
	for _, c := range p.prof {
		if s := c.date.share(); s >= 0.3 && c.date.compact == 0 {
			nearly = append(nearly, fmt.Sprintf("column %q holds dates in %.1f %% of its rows", c.Name, 100*s))
		}
	}
	e := reject("D004", "mores cluster kmeans -i "+shell(path)+" -o labels.csv   (clusters a table of customers as it stands)",
		"%s is not an event log: no column holds dates", name).
		with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
	e.Lines = append(e.Lines, nearly...)
	repeats := false
	for _, c := range p.prof {
		repeats = repeats || rank(aliases["customer"].strong, c.Name) >= 0 && int64(c.Distinct) < c.Rows-c.Missing
		if rank(aliases["time"].strong, c.Name) >= 0 && c.Type == "integer" {
			e.Lines = append(e.Lines, fmt.Sprintf("column %q holds numbers (%s to %s), no dates: offsets need the date they count from", c.Name, c.Min, c.Max))
		}
	}
	switch {
	case len(nearly) > 0:
		e.Fix = "mend the dates, or name the column and its format: " + setFlag("columns.time", "COLUMN") + " " + setFlag("time.format", "2006-01-02")
	case repeats:
		e.Fix = "add a column with the date or the instant of every row"
	default:
		e.Lines = append(e.Lines, fmt.Sprintf("an event log has one row per event, with a customer and a time; this looks like a table with one row per customer (%s)", count(p.f.rows, "row")))
	}
	return e
}

func (p *plan) names(cols []int) []string {
	var out []string
	for _, i := range cols {
		out = append(out, p.name(i))
	}
	return out
}

// findCustomer takes the column with a customer's name. Several that name the
// same customers one to one are the same; others are asked about.
func (p *plan) findCustomer() error {
	if p.open("customer") {
		list := aliases["customer"]
		var strong, weak []int
		for i, c := range p.prof {
			if p.used(i) || c.Type == "date" || c.Type == "empty" {
				continue
			}
			if rank(list.strong, c.Name) >= 0 {
				strong = append(strong, i)
			} else if rank(list.weak, c.Name) >= 0 && c.idLike() && int64(c.Distinct) < c.Rows-c.Missing {
				weak = append(weak, i)
			}
		}
		pick := strong
		if len(pick) == 0 {
			pick = weak
		}
		for len(pick) > 1 && p.oneToOne(pick[0], pick[1]) {
			p.say("Columns %q and %q name the same customers one to one: the first is used.", p.name(pick[0]), p.name(pick[1]))
			pick = slices.Delete(slices.Clone(pick), 1, 2)
		}
		switch len(pick) {
		case 1:
			p.set("customer", pick[0])
		case 0:
			var opts []int
			for i, c := range p.prof {
				if !p.used(i) && c.idLike() && int64(c.Distinct) < c.Rows-c.Missing {
					opts = append(opts, i)
				}
			}
			if len(opts) == 0 {
				return reject("D004", setFlag("columns.customer", p.f.names[0])+"   (or another of these)", "%s has no column that could name customers", p.f.parts[0].name).
					with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
			}
			p.question("D004", "customer", "no column is called like a customer; which one names them?", p.names(opts), "columns.customer")
			return nil
		default:
			p.question("D004", "customer", "several columns could name the customers", p.names(pick), "columns.customer")
			return nil
		}
	}
	i, ok := p.cols["customer"]
	if !ok {
		return reject("D004", setFlag("columns.customer", p.f.names[0])+"   (or another of these)", "%s: columns.customer cannot be none", p.f.parts[0].name).
			with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
	}
	c := p.prof[i]
	if n := c.Rows - c.Missing; int64(c.Distinct) == n && n > 20 && !p.fixed["customer"] {
		return reject("D011", "mores cluster kmeans -i "+shell(p.f.parts[0].path)+" --id "+shell(c.Name)+"   (or, if it is a log all the same: "+setFlag("columns.customer", c.Name)+")",
			"%s is not an event log: %s names every row once", p.f.parts[0].name, show(c.Name)).
			with("an event log has several rows for a customer; this looks like a table with one row per customer (%s)", count(n, "row"))
	}
	if c.zeros {
		p.say("Ids in column %q have leading zeros (%s): kept as text.", c.Name, show(c.Examples[0]))
	} else if c.big {
		p.say("Ids in column %q are too long for a number (%s): kept as text.", c.Name, show(c.Examples[0]))
	}
	return nil
}

// oneToOne says that two columns always name the same thing.
func (p *plan) oneToOne(a, b int) bool {
	ca, cb := p.f.cols[a].codes, p.f.cols[b].codes
	ab, ba := map[int32]int32{}, map[int32]int32{}
	for i := range ca {
		x, okX := ab[ca[i]]
		y, okY := ba[cb[i]]
		if okX && x != cb[i] || okY && y != ca[i] {
			return false
		}
		ab[ca[i]], ba[cb[i]] = cb[i], ca[i]
	}
	return true
}

// findKind takes a column of event words if it knows some of them.
func (p *plan) findKind() {
	if p.open("kind") {
		for strength, list := range [][]string{aliases["kind"].strong, aliases["kind"].weak} {
			for i, c := range p.prof {
				if p.used(i) || rank(list, c.Name) < 0 || c.Distinct > 500 || c.Type == "date" {
					continue
				}
				words, known, _ := guessKinds(p.f.cols[i])
				for w := range p.mapping.Kinds {
					if _, here := words[w]; here {
						known = c.Rows
					}
				}
				if known > 0 && (strength == 0 || 2*known >= c.Rows) {
					p.set("kind", i)
				} else if strength == 0 {
					p.question("D004", "kind", fmt.Sprintf("column %q looks like the kind of event, but none of its words is known (%s): which is a purchase?",
						c.Name, strings.Join(c.Examples, ", ")), nil, "")
					p.ask[len(p.ask)-1].Flag = setFlag("kinds."+c.Examples[0], "purchase")
					p.ask[len(p.ask)-1].Options = []string{"kinds.WORD=purchase", "columns.kind=none"}
					return
				}
				break
			}
			if !p.open("kind") {
				break
			}
		}
	}
	i, ok := p.cols["kind"]
	if !ok {
		p.noKind()
		return
	}
	guess, _, unknown := guessKinds(p.f.cols[i])
	for w, k := range p.mapping.Kinds {
		guess[w] = k
		unknown = slices.DeleteFunc(unknown, func(u string) bool { return u == w })
	}
	p.mapping.Kinds = guess
	p.say("Words of column %q became kinds as follows. %s.", p.name(i), sayKinds(p.f.cols[i], guess))
	if p.guessed = unknown; len(unknown) > 0 {
		p.say("Not known, and taken as views: %s (%s changes one).", strings.Join(unknown, ", "), setFlag("kinds."+unknown[0], "ignore"))
	}
}

// noKind: a log without a kind is one of purchases, unless it looks like clicks.
func (p *plan) noKind() {
	if p.mapping.DefaultKind != "" {
		return
	}
	money, page := false, ""
	for _, c := range p.prof {
		for field := range aliases {
			switch field {
			case "order", "quantity", "price", "amount":
				money = money || rank(aliases[field].strong, c.Name) >= 0 || rank(priceOrAmount, c.Name) >= 0 || moneyName(c.Name) && c.numeric()
			case "session":
				if rank(aliases[field].strong, c.Name) >= 0 {
					page = c.Name
				}
			}
		}
		switch foldName(c.Name) {
		case "url", "page", "pageurl", "path", "referrer", "referer", "useragent", "pagepath", "screen":
			page = c.Name
		}
		if rank(aliases["rating"].strong, c.Name) >= 0 && c.numeric() {
			page = c.Name
		}
	}
	if page != "" && !money {
		p.question("D004", "kind", fmt.Sprintf("rows have no kind, no order and no amount, but a column %q: what is a row?", page), []string{"view", "purchase", "visit", "use", "rating"}, "default_kind")
		return
	}
	p.say("Every row is read as a purchase: no column says what happened.")
}

// findText takes the best-named column of a text field.
func (p *plan) findText(field string) {
	if !p.open(field) {
		return
	}
	for _, list := range [][]string{aliases[field].strong, aliases[field].weak} {
		best, at := -1, len(list)
		for i, c := range p.prof {
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

// findDescriptors keeps text columns that say the same of a customer in (nearly)
// all of their rows: a country, a cohort.
func (p *plan) findDescriptors() {
	cust, ok := p.cols["customer"]
	if !ok || len(p.mapping.Extra) > 0 {
		return
	}
	for i, c := range p.prof {
		if p.used(i) || c.Type != "text" || c.Distinct < 2 || c.Distinct > 1000 || c.longest > 100 {
			continue
		}
		if steady(p.f.cols[cust].codes, p.f.cols[i].codes) >= 0.95 {
			p.mapping.Extra = append(p.mapping.Extra, c.Name)
			c.Role = "descriptor"
		}
	}
}

// steady is the share of customers with several rows whose rows all agree.
func steady(who, what []int32) float64 {
	type seen struct {
		v           int32
		many, mixed bool
	}
	m := map[int32]seen{}
	for i, w := range who {
		if w == 0 {
			continue
		}
		s, ok := m[w]
		if !ok {
			m[w] = seen{v: what[i]}
			continue
		}
		if !s.many || s.v != what[i] && !s.mixed {
			m[w] = seen{s.v, true, s.mixed || s.v != what[i]}
		}
	}
	many, same := 0, 0
	for _, s := range m {
		if s.many {
			many++
			if !s.mixed {
				same++
			}
		}
	}
	if many == 0 {
		return 0
	}
	return float64(same) / float64(many)
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
	var idle []string
	for i, c := range p.prof {
		if !p.used(i) && c.Role == "" && !slices.Contains(p.mapping.Extra, c.Name) && c.Type != "empty" {
			idle = append(idle, c.Name)
		}
	}
	head := fmt.Sprintf("%s: %s, %s, %s.", filepath.Base(path), p.f.dialect.describe(), p.f.dialect.Encoding, count(p.f.rows, "row"))
	if p.f.dialect.Encoding == "" {
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
