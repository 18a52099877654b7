package load

import (
	"fmt"
	"strconv"

	"github.com/mores-lab/mores/internal/digits"
)

// findAmount settles what a row was worth. An amount column decides; a unit
// price and a quantity make one; a bare "price" beside a quantity is the price of
// one or of all, and the items tell which, or it is asked.
func (p *plan) findAmount() {
	if !p.open("amount") {
		return
	}
	var strong, bare, weak, any []int
	for i, c := range p.prof {
		if p.used(i) || !c.numeric() && !(c.decimal == '?') {
			continue
		}
		switch {
		case rank(aliases["amount"].strong, c.Name) >= 0:
			strong = append(strong, i)
		case rank(priceOrAmount, c.Name) >= 0:
			bare = append(bare, i)
		case moneyName(c.Name):
			weak = append(weak, i)
		case c.Type == "number" && c.Min != "" && c.Distinct > 2:
			any = append(any, i)
		}
	}
	_, hasPrice := p.cols["price"]
	qty, hasQty := p.cols["quantity"]
	switch {
	case len(strong) == 1:
		p.set("amount", strong[0])
		if len(bare) == 1 && p.open("price") {
			p.set("price", bare[0])
		}
	case len(strong) > 1:
		p.question("D004", "amount", "several columns could be the amount", p.names(strong), "columns.amount")
	case hasPrice && hasQty:
		p.say("Amount is quantity times price (%s × %s): no column holds it.", p.name(qty), p.name(p.cols["price"]))
	case hasPrice:
		p.set("amount", p.cols["price"])
		p.say("Column %q is taken as the amount of a row: there is no quantity.", p.name(p.cols["price"]))
	case len(bare) == 1 && !hasQty:
		p.set("amount", bare[0])
		if _, item := p.cols["item"]; item && p.open("price") {
			p.set("price", bare[0])
		}
		p.say("Column %q is taken as the amount of a row: there is no quantity.", p.name(bare[0]))
	case len(bare) == 1:
		p.unitOrTotal(bare[0], qty)
	case len(bare) > 1:
		p.question("D004", "amount", "several columns could be the amount", p.names(bare), "columns.amount")
	case len(weak) == 1:
		p.set("amount", weak[0])
		p.say("Column %q is taken as the amount, by its name.", p.name(weak[0]))
	case len(weak) > 1:
		p.question("D004", "amount", "several columns could be the amount", append(p.names(weak), "none"), "columns.amount")
	case len(any) > 0:
		p.question("D004", "amount", "no column is called like an amount; is one of these it?", append(p.names(any), "none"), "columns.amount")
	default:
		p.say("No column holds amounts: the log has no money.")
	}
}

// unitOrTotal compares rows of one item bought in different quantities: a unit
// price stays, a total grows with the quantity.
func (p *plan) unitOrTotal(price, qty int) {
	item, ok := p.cols["item"]
	if ok {
		same, grows, pairs := 0, 0, 0
		type qp struct{ q, p float64 }
		last := map[int32]qp{}
		for r := range p.f.rows {
			x, ok1 := parseNumber(p.f.cols[price].text(r), p.prof[price].decimal)
			q, ok2 := parseNumber(p.f.cols[qty].text(r), p.prof[qty].decimal)
			if !ok1 || !ok2 || q <= 0 || x <= 0 {
				continue
			}
			k := p.f.cols[item].codes[r]
			if l, seen := last[k]; seen && l.q != q {
				pairs++
				if l.p == x {
					same++
				} else if d := l.p/l.q - x/q; d < 0.005 && d > -0.005 {
					grows++
				}
			}
			last[k] = qp{q, x}
		}
		switch {
		case pairs >= 20 && 10*same >= 3*pairs && same >= 5*grows:
			p.set("price", price)
			p.say("Column %q is the price of one: of %s of an item bought in two quantities, %s keep it. Amount is quantity times price.", p.name(price), count(pairs, "pair"), digits.Int(same))
			return
		case pairs >= 20 && 10*grows >= 3*pairs && grows >= 5*same:
			p.set("amount", price)
			p.say("Column %q is the price of all: of %s of an item bought in two quantities, it grows with the quantity in %s.", p.name(price), count(pairs, "pair"), digits.Int(grows))
			return
		}
	}
	p.question("D004", "amount", fmt.Sprintf("is %q the price of one unit, or of the whole row of %q units?", p.name(price), p.name(qty)), nil, "")
	q := &p.ask[len(p.ask)-1]
	q.Options = []string{"columns.amount=" + p.name(price), "columns.price=" + p.name(price)}
	q.Flag = setFlag("columns.amount", p.name(price))
}

// headerless proposes a mapping for a file without names, by content, and asks:
// nothing in the file says what a number is.
func (p *plan) headerless() {
	var ids, ints, fracs []int
	for i, c := range p.prof {
		switch {
		case p.used(i) || c.Type == "date" || c.Type == "empty":
		case c.Type == "number":
			fracs = append(fracs, i)
		case c.zeros || c.Type == "text" || c.big:
			ids = append(ids, i)
		default:
			ints = append(ints, i)
		}
	}
	if p.open("customer") {
		if len(ids) == 0 {
			// The integers that repeat, those of the most values first.
			best := -1
			for _, i := range ints {
				if c := p.prof[i]; int64(c.Distinct) < c.Rows && (best < 0 || c.Distinct > p.prof[best].Distinct) {
					best = i
				}
			}
			if best >= 0 {
				ids = append(ids, best)
			}
		}
		text := "the file has no header; which column names the customers?"
		if len(ids) > 1 && p.oneToOne(ids[0], ids[1]) {
			text += fmt.Sprintf(" %s and %s name the same ones, one to one", p.name(ids[0]), p.name(ids[1]))
		}
		opts := p.names(ids)
		if len(opts) == 0 {
			opts = p.f.names
		}
		p.question("D004", "customer", text, opts, "columns.customer")
	}
	if i, ok := p.cols["time"]; ok && !p.fixed["time"] {
		p.question("D004", "time", fmt.Sprintf("%s holds dates (%s)", p.name(i), p.prof[i].Examples[0]), p.names([]int{i}), "columns.time")
	}
	rest := ints
	if len(rest) > 0 && p.open("quantity") {
		var small []int
		for _, i := range rest {
			if !(len(ids) > 0 && i == ids[0]) {
				small = append(small, i)
			}
		}
		if len(small) > 0 {
			p.question("D004", "quantity", fmt.Sprintf("is %s (%s) how many were bought?", p.name(small[0]), rangeOf(p.prof[small[0]])), append(p.names(small), "none"), "columns.quantity")
		}
	}
	if len(fracs) > 0 && p.open("amount") {
		p.question("D004", "amount", fmt.Sprintf("is %s (%s) what was paid?", p.name(fracs[0]), rangeOf(p.prof[fracs[0]])), append(p.names(fracs), "none"), "columns.amount")
	}
	if len(p.ask) == 0 {
		p.question("D004", "customer", "the file has no header; which column names the customers?", p.f.names, "columns.customer")
	}
}

func rangeOf(c *ColumnProfile) string {
	if c.Min == "" {
		return strconv.Quote(c.Examples[0])
	}
	return c.Min + " to " + c.Max
}
