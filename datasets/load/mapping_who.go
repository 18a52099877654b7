package load

import (
	"fmt"
	"slices"
	"strings"
)

// findTime takes the one column of dates; several are settled by their names.
func (p *plan) findTime() error {
	if p.mapping.Clock != nil {
		return nil
	}
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

// findCustomer takes the column with a customer's name. Several that name the
// same customers one to one are the same; others are asked about.
func (p *plan) findCustomer() error {
	if p.open("customer") {
		list := aliases["customer"]
		unit := ""
		if u := p.mapping.Unit; u == "household" || u == "account" {
			unit = u
		}
		var strong, weak []int
		for i, c := range p.prof {
			if p.used(i) || c.Type == "date" || c.Type == "empty" {
				continue
			}
			if rank(list.strong, c.Name) >= 0 && (unit == "" || unitOf(c.Name) == unit) {
				strong = append(strong, i)
			} else if unit != "" {
				continue
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
				return reject("D004", "--set data.columns.customer=COLUMN   (the one that names customers)", "%s has no column that could name customers", p.f.parts[0].name).
					with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
			}
			called := "a customer"
			if unit != "" {
				called = "the " + unit + " that --unit asks for"
			}
			p.question("D004", "customer", "no column is called like "+called+"; which one names them?", p.names(opts), "columns.customer")
			return nil
		default:
			p.question("D004", "customer", "several columns could name the customers", p.names(pick), "columns.customer")
			return nil
		}
	}
	i, ok := p.cols["customer"]
	if !ok {
		return reject("D004", "--set data.columns.customer=COLUMN   (the one that names customers)", "%s: columns.customer cannot be none", p.f.parts[0].name).
			with("columns here: %s (%d)", strings.Join(p.f.names, ", "), len(p.f.names))
	}
	c := p.prof[i]
	if n := c.Rows - c.Missing; int64(c.Distinct) == n && n > 20 && !p.fixed["customer"] {
		return reject("D011", "mores cluster kmeans -i "+shell(p.f.parts[0].path)+" --id "+shell(c.Name)+"   (or, if it is a log all the same: "+setFlag("columns.customer", c.Name)+")",
			"%s is not an event log: %s names every row once", p.f.parts[0].name, show(c.Name)).
			with("an event log has several rows for a customer; this looks like a table with one row per customer (%s)", count(n, "row"))
	}
	if p.floats = floatIDs(p.f.cols[i]); p.floats {
		p.say("Ids in column %q are whole numbers written as floats (%s): read without their last two signs.", c.Name, show(c.Examples[0]))
	} else if c.zeros && c.Name != "#row" {
		p.say("Ids in column %q have leading zeros (%s): kept as text.", c.Name, show(c.Examples[0]))
	} else if c.big {
		p.say("Ids in column %q are too long for a number (%s): kept as text.", c.Name, show(c.Examples[0]))
	}
	return nil
}

// floatIDs says that every id ends in .0 or ,0: pandas writes integers so where
// one is missing. Without this the same customers would have other names in the
// file that another program wrote.
func floatIDs(c *column) bool {
	some := false
	for k := 1; k < c.dict.len(); k++ {
		s := c.dict.word(int32(k))
		if isMissing(s) {
			continue
		}
		if d := leadingDigits(s); d == 0 || d != len(s)-2 || s[d:] != ".0" && s[d:] != ",0" {
			return false
		}
		some = true
	}
	return some
}

// ids returns the customer of every code, "" for none.
func (p *plan) ids() []string {
	out := p.f.cols[p.cols["customer"]].texts(isMissing)
	if p.floats {
		for k, s := range out {
			out[k] = s[:max(0, len(s)-2)]
		}
	}
	return out
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
