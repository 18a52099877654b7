package load

import (
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
)

// fieldOf is an event's text or number and its bit.
type fieldOf struct {
	name string
	has  datasets.Fields
}

var textFields = []fieldOf{
	{"order", datasets.FieldOrder},
	{"item", datasets.FieldItem},
	{"category", datasets.FieldCategory},
	{"brand", datasets.FieldBrand},
	{"channel", datasets.FieldChannel},
	{"campaign", datasets.FieldCampaign},
	{"session", datasets.FieldSession},
}

var numberFields = []fieldOf{
	{"quantity", datasets.FieldQuantity},
	{"price", datasets.FieldPrice},
	{"amount", datasets.FieldAmount},
	{"discount", datasets.FieldDiscount},
	{"margin", datasets.FieldMargin},
	{"rating", datasets.FieldRating},
	{"points", datasets.FieldPoints},
}

// tally counts what was left out and what was changed.
type tally struct {
	customer, time, ignored, price, before, after int64
	returns, cancels, zero, duplicates, noAmount  int64
	excluded, services                            int64
	rules                                         []int64
}

// assemble makes a log of the rows of one file, or of several with mappings of their
// own; the first one's is the log's.
func assemble(ctx context.Context, makers []*maker) (*datasets.Log, error) {
	m := makers[0]
	meta := datasets.Meta{
		Name: m.opt.Name, Unit: m.mapping.Unit, Zone: m.zone, Currency: m.mapping.Currency,
		FirstSeenIsFirst: m.mapping.FirstSeen, Window: datasets.Window{From: m.mapping.From, To: m.mapping.To},
		Resolution: datasets.Day, Thinned: m.mapping.Thinned, Simulated: m.mapping.Simulated, NoClock: noClock(m.mapping.Clock),
	}
	if meta.Name == "" {
		meta.Name = strings.SplitN(filepath.Base(m.f.parts[0].path), ".", 2)[0]
	}
	for _, m := range makers {
		if m.stamps.clock {
			meta.Resolution = datasets.Second
			meta.Has |= datasets.FieldHour
		}
		meta.Has |= m.has()
	}
	b := datasets.NewBuilder(meta)
	for i, m := range makers {
		before := b.Len()
		if err := m.rows(ctx, b, &meta); err != nil {
			return nil, err
		}
		if i > 0 && b.Len() == before {
			m.note("no_events", 1, "no event came of it.")
		}
		for _, n := range m.notes {
			if i > 0 {
				n.Text = m.f.parts[0].name + ": " + n.Text
			}
			b.Note(n)
		}
	}
	if b.Len() == 0 {
		e := reject("D018", "check the columns: mores inspect "+shell(m.f.parts[0].path), "no event is left of %s of %s", count(m.f.rows, "row"), m.f.parts[0].name)
		for _, n := range m.notes {
			e.Lines = append(e.Lines, n.Text)
		}
		return nil, e
	}
	if meta.Thinned > 0 {
		b.Note(datasets.Note{Code: "thinned", Count: 1, Text: fmt.Sprintf(
			"The lines are a random sample (%.3g %%): counts, gaps and what lies in one basket are not the customers' own.", 100*meta.Thinned)})
	}
	log, err := b.Build()
	if err != nil {
		return nil, &Error{Code: "S002", Exit: exitIO, Title: err.Error(), err: err}
	}
	if err := m.describe(ctx, log); err != nil {
		return nil, err
	}
	for _, m := range makers {
		m.sideTables(log)
	}
	return log, nil
}

// has returns the columns that a file brings.
func (m *maker) has() datasets.Fields {
	var has datasets.Fields
	for _, t := range textFields {
		if _, ok := m.cols[t.name]; ok || m.mapping.Fixed[t.name] != "" {
			has |= t.has
		}
	}
	for _, t := range numberFields {
		if _, ok := m.cols[t.name]; ok {
			has |= t.has
		}
	}
	if m.product() {
		has |= datasets.FieldAmount
	}
	for _, q := range m.asked {
		has |= datasets.FieldItem | datasets.FieldRating
		if q.battery != "" {
			has |= datasets.FieldCategory
		}
	}
	if m.mapping.Choice != nil {
		has |= datasets.FieldItem | datasets.FieldBrand | datasets.FieldPrice
	}
	return has
}

// product says that the amount is quantity times price.
func (m *maker) product() bool {
	_, amount := m.cols["amount"]
	_, price := m.cols["price"]
	_, quantity := m.cols["quantity"]
	return !amount && price && quantity
}

// rows makes events of the rows. Rules, in this order: an exact duplicate
// row is counted (and left out if asked); a row that a drop rule names, that its
// customer excluded, without a customer, without a time, of an ignored kind, or
// outside the window is left out. A purchase of negative quantity or amount, or of a
// cancelled order, is a return, with absolute quantity and amount. A unit price of 0
// or less is no sale, where the amount is quantity times price. An amount of 0 stays.
func (m *maker) rows(ctx context.Context, b *datasets.Builder, meta *datasets.Meta) error {
	f, stamps, kinds, nums := m.f, m.stamps, m.kinds, m.nums
	texts := make([]*column, len(textFields))
	words := make([][]string, len(textFields))
	var fixed datasets.Event
	for j, to := range [...]*string{&fixed.Order, &fixed.Item, &fixed.Category, &fixed.Brand, &fixed.Channel, &fixed.Campaign, &fixed.Session} {
		*to = m.mapping.Fixed[textFields[j].name]
		if i, ok := m.cols[textFields[j].name]; ok {
			texts[j] = f.cols[i]
			words[j] = f.cols[i].texts(isMissingText)
		}
	}
	numCols := make([]*column, len(numberFields))
	for j, t := range numberFields {
		if i, ok := m.cols[t.name]; ok {
			numCols[j] = f.cols[i]
		}
	}
	_, hasAmount := m.cols["amount"]
	product := m.product()
	customers := f.cols[m.cols["customer"]]
	ids := m.ids()
	var kindCol *column
	if kinds != nil {
		kindCol = f.cols[m.cols["kind"]]
	}
	defKind := datasets.Purchase
	if len(m.asked) > 0 {
		defKind = datasets.SurveyAnswer
	}
	if k, ok := datasets.ParseKind(m.mapping.DefaultKind); ok {
		defKind = k
	}
	cancelled := m.cancelled(nums)
	drop, err := m.rules(m.mapping.Drop)
	if err != nil {
		return err
	}
	services, err := m.services()
	if err != nil {
		return err
	}
	excluded := m.excluded()
	var exclude *column
	if excluded != nil {
		exclude = f.cols[m.cols["exclude"]]
	}
	choice, err := m.choices()
	if err != nil {
		return err
	}
	about := m.about()
	var t tally
	t.rules = make([]int64, len(drop))
	dup := m.duplicates()
rows:
	for r := range f.rows {
		if r%65536 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if dup != nil && dup[r] {
			t.duplicates++
			if m.opt.Dedupe {
				continue
			}
		}
		for i, d := range drop {
			if d.hit[d.col.codes[r]] {
				t.rules[i]++
				continue rows
			}
		}
		if excluded != nil && excluded[exclude.codes[r]] {
			t.excluded++
			if !m.mapping.KeepExcluded {
				continue
			}
		}
		ev := fixed
		ev.Customer, ev.Kind = ids[customers.codes[r]], defKind
		if ev.Customer == "" {
			t.customer++
			continue
		}
		k := stamps.codes[r]
		if stamps.state[k] == 0 {
			t.time++
			continue
		}
		ev.Time = stamps.at[k]
		if kindCol != nil {
			kd := kinds[kindCol.codes[r]]
			if kd < 0 {
				t.ignored++
				continue
			}
			ev.Kind = datasets.Kind(kd)
		}
		if !meta.Window.Contains(ev.Time) {
			if !meta.Window.From.IsZero() && ev.Time < meta.Window.From.UnixMicro() {
				t.before++
			} else {
				t.after++
			}
			continue
		}
		service := false
		for _, d := range services {
			if service = d.hit[d.col.codes[r]]; service {
				t.services++
				break
			}
		}
		if service && m.mapping.DropServices {
			continue
		}
		for j, to := range [...]*string{&ev.Order, &ev.Item, &ev.Category, &ev.Brand, &ev.Channel, &ev.Campaign, &ev.Session} {
			if texts[j] != nil {
				*to = words[j][texts[j].codes[r]]
			}
		}
		for j, to := range [...]*float64{&ev.Quantity, &ev.Price, &ev.Amount, &ev.Discount, &ev.Margin, &ev.Rating, &ev.Points} {
			*to = math.NaN()
			if numCols[j] != nil {
				*to = nums[numberFields[j].name][numCols[j].codes[r]]
			}
		}
		choice.take(r, &ev)
		cancel := cancelled != nil && cancelled[f.cols[m.cols["order"]].codes[r]]
		if !settle(&ev, &t, kindCol != nil, product, hasAmount || product, cancel) {
			continue
		}
		about.see(r, ev.Time, service)
		if m.asked == nil {
			b.Add(ev)
			continue
		}
		for i := range m.asked {
			q := &m.asked[i]
			if x := q.of(r); !math.IsNaN(x) {
				ev.Item, ev.Category, ev.Rating = q.item, q.battery, x
				b.Add(ev)
			}
		}
	}
	m.count(&t, drop, about.services())
	m.items = about
	if m.opt.Strict && t.time > 0 {
		return reject("D013", "mend or delete these rows", "%s of %s have no time", count(t.time, "row"), f.parts[0].name).with("--strict leaves nothing out by itself")
	}
	if i, ok := m.cols["time"]; ok && 2*t.time > int64(f.rows) {
		return reject("D013", setFlag("columns.time", "COLUMN"), "%s of %s rows of %s have no time in column %q", digits.Int(t.time), digits.Int(f.rows), f.parts[0].name, m.name(i))
	}
	return nil
}

// settle reads an event's money: what is a sale, what a return, what no money at
// all. It is false if the row is no event. kinds: the file has a column of kinds;
// product: the amount is quantity times price; amounts: the log has amounts.
func settle(ev *datasets.Event, t *tally, kinds, product, amounts, cancel bool) bool {
	money := ev.Kind == datasets.Purchase || ev.Kind == datasets.Return
	if kinds && !money && ev.Kind != datasets.Redemption {
		ev.Amount = math.NaN()
	}
	if !money {
		return true
	}
	if product {
		if ev.Price <= 0 {
			t.price++
			return false
		}
		ev.Amount = ev.Quantity * ev.Price
	}
	if ev.Quantity < 0 || ev.Amount < 0 || cancel || ev.Kind == datasets.Return {
		if ev.Kind == datasets.Purchase {
			t.returns++
			if cancel {
				t.cancels++
			}
		}
		ev.Kind = datasets.Return
		ev.Quantity, ev.Amount = math.Abs(ev.Quantity), math.Abs(ev.Amount)
	}
	if ev.Amount == 0 && ev.Kind == datasets.Purchase {
		t.zero++
	}
	if amounts && math.IsNaN(ev.Amount) {
		t.noAmount++
	}
	return true
}

// count makes notes of the tally.
func (m *maker) count(t *tally, drop []dropper, services int) {
	switch {
	case t.duplicates > 0 && m.opt.Dedupe:
		m.note("duplicate_removed", t.duplicates, "%s another row exactly: left out.", rowsRepeat(t.duplicates))
	default:
		m.note("duplicate", t.duplicates, "%s another row exactly: kept (--dedupe leaves them out).", rowsRepeat(t.duplicates))
	}
	for i, d := range drop {
		m.note("dropped", t.rules[i], "%s left out: %s.", count(t.rules[i], "row"), d.reason)
	}
	if m.mapping.KeepExcluded {
		m.note("excluded", t.excluded, "%s that their customer asked to leave out are kept.", count(t.excluded, "row"))
	} else {
		m.note("excluded", t.excluded, "%s that their customer asked to leave out are left out.", count(t.excluded, "row"))
	}
	m.sayServices(t.services, services)
	m.note("missing_customer", t.customer, "%s without a customer left out.", count(t.customer, "row"))
	m.note("missing_time", t.time, "%s without a time left out.", count(t.time, "row"))
	m.note("ignored_kind", t.ignored, "%s of kinds that are left out.", count(t.ignored, "row"))
	m.note("before_window", t.before, "%s before %s left out.", count(t.before, "event"), m.mapping.From.Format("2006-01-02"))
	m.note("after_window", t.after, "%s from %s on left out.", count(t.after, "event"), m.mapping.To.Format("2006-01-02"))
	m.note("nonpositive_price", t.price, "%s with a unit price of 0 or less left out: not sales.", count(t.price, "row"))
	why := "negative quantity or amount"
	if t.cancels > 0 {
		why += fmt.Sprintf(", or a cancelled order: %s", digits.Int(t.cancels))
	}
	m.note("return", t.returns, "%s read as returns (%s): kept apart from purchases, with absolute amounts.", count(t.returns, "row"), why)
	m.note("zero_amount", t.zero, "%s of amount 0 kept as purchases.", count(t.zero, "row"))
	m.note("missing_amount", t.noAmount, "%s have no amount: they count as occasions, not as money.", count(t.noAmount, "purchase"))
}

func rowsRepeat(n int64) string {
	if n == 1 {
		return "1 row repeats"
	}
	return digits.Int(n) + " rows repeat"
}

// texts returns the words of a column by code, "" where absent says so. They are
// views of the dictionary, which does not grow any more.
func (c *column) texts(absent func(string) bool) []string {
	out := make([]string, c.dict.len())
	for k := range out {
		if s := c.dict.word(int32(k)); !absent(s) {
			out[k] = s
		}
	}
	return out
}

// duplicates marks the rows that equal an earlier row in every column; nil if
// there are none.
func (m *maker) duplicates() []bool {
	f := m.f
	if m.mapping.Columns["customer"] == "#row" {
		return nil // equal rows are two people's
	}
	cols := f.cols[:m.base]
	seed := maphash.MakeSeed()
	table := make([]int32, 1<<max(4, bitsFor(2*f.rows))) // row + 1
	mask := uint64(len(table) - 1)
	key := make([]int32, len(cols))
	equal := func(a, b int) bool {
		for _, c := range cols {
			if c.codes[a] != c.codes[b] {
				return false
			}
		}
		return true
	}
	var out []bool
	for r := range f.rows {
		for i, c := range cols {
			key[i] = c.codes[r]
		}
		h := maphash.Bytes(seed, unsafe.Slice((*byte)(unsafe.Pointer(&key[0])), 4*len(key))) & mask
		for table[h] != 0 && !equal(int(table[h]-1), r) {
			h = (h + 1) & mask
		}
		if table[h] == 0 {
			table[h] = int32(r + 1)
			continue
		}
		if out == nil {
			out = make([]bool, f.rows)
		}
		out[r] = true
	}
	return out
}

func bitsFor(n int) int {
	b := 0
	for 1<<b < n {
		b++
	}
	return b
}
