package report

import "github.com/mores-lab/mores/eval/figure"

func segmentRGB(segment int) rgb {
	c := figure.Colour(segment - 1)
	return rgb{int(c.R), int(c.G), int(c.B)}
}

// cards lays the segments' cards out in two columns, a row at a time.
func (p *pdf) cards(cs Cards) {
	const gap = 4.0
	l, _, _, _ := p.GetMargins()
	w := (p.room() - gap) / 2
	for i := 0; i < len(cs); i += 2 {
		row := cs[i:min(len(cs), i+2)]
		h := 0.0
		for _, c := range row {
			h = max(h, p.card(c, l, 0, w, 0, false))
		}
		p.need(h + gap)
		y := p.GetY()
		for j, c := range row {
			p.card(c, l+float64(j)*(w+gap), y, w, h, true)
		}
		p.SetXY(l, y+h+gap)
	}
}

// card draws a card of height h, or measures it, and returns the height it needs.
func (p *pdf) card(c Card, x, y, w, h float64, paint bool) float64 {
	const pad, leading = 3.0, 4.0
	in := w - 2*pad
	if paint {
		p.SetFillColor(pale.r, pale.g, pale.b)
		p.SetDrawColor(rule.r, rule.g, rule.b)
		p.SetLineWidth(0.2)
		p.Rect(x, y, w, h, "FD")
		s := segmentRGB(c.Segment)
		p.SetFillColor(s.r, s.g, s.b)
		p.Rect(x, y, w, 1.6, "F")
	}
	at := y + 3.2
	line := func(s string, high float64) {
		if paint {
			p.SetXY(x+pad, at)
			p.CellFormat(in, high, s, "", 0, "L", false, 0, "")
		}
		at += high
	}
	p.font("B", 10.5, black)
	for _, s := range p.lines(c.Title(), in) {
		line(s, 4.8)
	}
	p.font("", 8.5, grey)
	for _, s := range p.lines(c.Facts(), in) {
		line(s, leading)
	}
	at += 1.5
	const bar = 18.0
	for _, b := range c.Behaviours {
		p.font("", 8.5, black)
		top := at
		for _, s := range p.lines(b.Text, in-bar-2) {
			line(s, leading)
		}
		if paint {
			p.difference(b, c.Segment, x+w-pad-bar, top+0.7, bar, 2.6)
		}
		at += 0.4
	}
	if c.Rule != "" {
		at += 1
		p.font("", 8.5, grey)
		for _, s := range p.lines(c.Rule, in) {
			line(s, leading)
		}
	}
	return at - y + 2
}

// difference draws a standardised difference with its interval on −2..2.
func (p *pdf) difference(b Behaviour, segment int, x, y, w, h float64) {
	pos := func(v float64) float64 { return x + w/2 + w/4.2*min(2, max(-2, v)) }
	c := segmentRGB(segment)
	p.SetFillColor(c.r, c.g, c.b)
	x0, x1 := min(pos(0), pos(b.SMD)), max(pos(0), pos(b.SMD))
	p.Rect(x0, y, x1-x0, h, "F")
	p.SetDrawColor(grey.r, grey.g, grey.b)
	p.SetLineWidth(0.15)
	p.Line(pos(0), y-0.6, pos(0), y+h+0.6)
	p.SetDrawColor(black.r, black.g, black.b)
	p.SetLineWidth(0.25)
	p.Line(pos(b.Lo), y+h/2, pos(b.Hi), y+h/2)
}
