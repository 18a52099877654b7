package load

import (
	"fmt"
	"slices"
	"strings"
)

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

// findDescriptors keeps text columns that say the same of a customer in (nearly)
// all of their rows: a country, a cohort.
func (p *plan) findDescriptors() {
	p.findDescription()
	cust, ok := p.cols["customer"]
	if !ok || len(p.mapping.Extra) > 0 || p.exact {
		return
	}
	for i, c := range p.prof[:p.base] {
		if p.used(i) || slices.Contains(p.mapping.Attributes, c.Name) || c.Type != "text" || c.Distinct < 2 || c.Distinct > 1000 || c.longest > 100 {
			continue
		}
		if steady(p.f.cols[cust].codes, p.f.cols[i].codes) >= 0.95 {
			p.mapping.Extra = append(p.mapping.Extra, c.Name)
			c.Role = "descriptor"
		}
	}
}

// findDescription takes the column that says what an item is, by its name: what goes
// with what, and what products have in common, is then told in words.
func (p *plan) findDescription() {
	if _, ok := p.cols["item"]; !ok || len(p.mapping.Attributes) > 0 || p.exact {
		return
	}
	for i, c := range p.prof[:p.base] {
		if !p.used(i) && c.Type == "text" && !slices.Contains(p.mapping.Extra, c.Name) && rank([]string{"description", "productname", "title"}, c.Name) >= 0 {
			p.mapping.Attributes = []string{c.Name}
			c.Role = "item's description"
			p.say("Kept as description of the item: %s.", c.Name)
			return
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
