package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/mores-lab/mores/eval/figure"
)

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// svgBudgets are the sizes up to which a figure stays a vector graphic, whose marks
// can be linked. A map of 5,000 customers has 1.4 MB, others a tenth of that; where
// the page grows too large the next budget is tried, and at last all are images.
var svgBudgets = [...]int{1_450_000, 300_000, 0}

const (
	// htmlBudget is the largest page: it must go by mail and open at once.
	htmlBudget = 2_000_000
	// htmlDPI is the resolution of figures that are images: sharp on a screen.
	htmlDPI = 120
	// htmlRows is how many rows of a table a page holds; CSV holds all.
	htmlRows = 300
	// fewRows is how many rows stay on one page when the report is printed.
	fewRows = 15
	// twinRows is how many rows of a figure's data stand beside it.
	twinRows = 60
)

// HTML writes the report as one self-contained page of at most 2 MB, whatever the
// number of customers: no request leaves it (its policy forbids them), it opens
// from a file, prints without cut charts and is well-formed XML.
func HTML(w io.Writer, r *Report) error {
	p := &page{r: r, colours: segmentColours(r.Segmented())}
	for _, budget := range svgBudgets {
		p.out.Reset()
		if err := p.write(budget); err != nil {
			return err
		}
		if p.out.Len() <= htmlBudget {
			break
		}
	}
	if p.out.Len() > htmlBudget {
		return fmt.Errorf("report: the page has %s, more than the %s it may have", size(int64(p.out.Len())), size(htmlBudget))
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

// segmentColours maps a colour to its segment, where no other has the same.
func segmentColours(k int) map[string]int {
	out := map[string]int{}
	for s := range k {
		c := colour(s + 1)
		if _, twice := out[c]; twice {
			out[c] = 0
			continue
		}
		out[c] = s + 1
	}
	return out
}

// colour is a segment's colour as #rrggbb; segments count from 1.
func colour(segment int) string {
	c := figure.Colour(segment - 1)
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

type page struct {
	r       *Report
	out     bytes.Buffer
	colours map[string]int
	budget  int // of a vector graphic
	figures int
}

// f writes markup; its arguments are text and are escaped.
func (p *page) f(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = html.EscapeString(clean(s))
		}
	}
	fmt.Fprintf(&p.out, format, args...)
}

func hashOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}

func (p *page) write(budget int) error {
	p.budget, p.figures = budget, 0
	css := pageCSS
	for s := 1; s <= p.r.Segmented(); s++ {
		css += fmt.Sprintf(".s%d{--c:%s;fill:%s}body[data-on=\"%d\"] [data-s]:not([data-s=\"%d\"]){opacity:.14}\n", s, colour(s), colour(s), s, s)
	}
	p.f("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
	p.f("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'\"/>\n",
		raw(hashOf(css)), raw(hashOf(pageJS)))
	p.f("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", p.r.Title, raw(css))
	p.f("<a class=\"skip\" href=\"#%s\">to the verdict</a>\n<div class=\"page\">\n<header class=\"top\"><h1>%s", p.r.Sections[0].ID, p.r.Title)
	if p.r.Simulated {
		p.f(" <span class=\"badge\">simulated data</span>")
	}
	p.f("</h1>\n<p class=\"sub\">%s</p></header>\n", p.r.Subtitle)
	p.legend()
	p.f("<nav class=\"toc\" aria-label=\"Contents\"><ol>\n")
	for _, s := range p.r.Sections {
		p.f("<li><a href=\"#%s\">%s</a></li>\n", s.ID, s.Title)
	}
	p.f("</ol></nav>\n<main>\n")
	for _, s := range p.r.Sections {
		p.f("<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s</h2>\n", s.ID, s.ID, s.ID, s.Title)
		for _, b := range s.Blocks {
			if err := p.block(b); err != nil {
				return err
			}
		}
		p.f("</section>\n")
	}
	p.f("<footer>%s</footer>\n</main>\n</div>\n<script>%s</script>\n</body>\n</html>\n", p.r.Maker, raw(pageJS))
	return nil
}

// raw is markup of our own: f leaves it as it is.
type raw string

func (p *page) legend() {
	if len(p.r.Cards) == 0 {
		return
	}
	p.f("<div class=\"legend\" role=\"group\" aria-label=\"Highlight a segment everywhere\">")
	for _, c := range p.r.Cards {
		p.f("<button type=\"button\" aria-pressed=\"false\" data-s=\"%d\"><span class=\"dot s%d\"></span><span>%s</span></button>", c.Segment, c.Segment, c.Title())
	}
	p.f("</div>\n")
}

func (p *page) block(b Block) error {
	switch b := b.(type) {
	case FirstScreen:
		p.firstScreen(b)
	case Finding:
		p.f("<p class=\"finding\">%s</p>\n", string(b))
	case Tiles:
		p.f("<dl class=\"tiles\">")
		for _, f := range b {
			p.f("<div><dt>%s</dt><dd>%s</dd></div>", f.Name, f.Value)
		}
		p.f("</dl>\n")
	case Text:
		p.f("<p>%s</p>\n", string(b))
	case Bullets:
		p.list("say", b)
	case Cautions:
		p.list("say caution", b)
	case Commands:
		p.f("<pre class=\"next\" tabindex=\"0\" role=\"region\" aria-label=\"Commands\">")
		for _, c := range b {
			p.f("# %s\n%s\n", c.What, c.Command)
		}
		p.f("</pre>\n")
	case Facts:
		p.f("<dl class=\"facts\">")
		for _, f := range b {
			if f.Code {
				p.f("<dt>%s</dt><dd><code>%s</code></dd>\n", f.Name, f.Value)
			} else {
				p.f("<dt>%s</dt><dd>%s</dd>\n", f.Name, f.Value)
			}
		}
		p.f("</dl>\n")
	case Terms:
		p.f("<dl class=\"terms\">")
		for _, t := range b {
			p.f("<dt>%s</dt><dd>%s</dd>\n", t.Name, t.Doc)
		}
		p.f("</dl>\n")
	case Cards:
		p.cards(b)
	case *Table:
		p.table(b)
	case *Figure:
		return p.figure(b)
	}
	return nil
}

// firstScreen writes the answer with its class, then a line for everything it is about.
func (p *page) firstScreen(f FirstScreen) {
	p.f("<p class=\"finding\">%s", f.Use)
	if f.Class != "" {
		p.f(" <span class=\"badge %s\">%s</span>", f.Class, f.Class)
	}
	p.f("</p>\n<dl class=\"first\">")
	last := ""
	for _, l := range f.Lines {
		if l.Topic != last {
			p.f("<dt>%s</dt>", l.Topic)
		}
		p.f("<dd>%s</dd>\n", l.Text)
		last = l.Topic
	}
	p.f("</dl>\n")
}

func (p *page) list(class string, items []string) {
	p.f("<ul class=\"%s\">", class)
	for _, s := range items {
		p.f("<li>%s</li>\n", s)
	}
	p.f("</ul>\n")
}

func (p *page) cards(cs Cards) {
	class := "cards"
	if len(cs) == 2 || len(cs) == 4 {
		class = "cards two" // no card alone in a row
	}
	p.f("<div class=\"%s\">\n", class)
	for _, c := range cs {
		p.f("<article class=\"card s%d\" data-s=\"%d\" tabindex=\"0\" aria-labelledby=\"card-%d\"><div class=\"no\"><span class=\"dot\"></span>Segment %d</div><h3 id=\"card-%d\">%s</h3>\n<dl>",
			c.Segment, c.Segment, c.Segment, c.Segment, c.Segment, c.Name)
		p.bar("customers", c.Share, count(c.Size)+" · "+percent(c.Share), c.Segment)
		if c.Value != nil && c.ValueShare != nil {
			p.bar("revenue", *c.ValueShare, money(*c.Value, c.Currency)+" · "+percent(*c.ValueShare), c.Segment)
		}
		if c.Silhouette != nil {
			p.bar("silhouette", max(0, *c.Silhouette), decimals(*c.Silhouette, 2), c.Segment)
		}
		p.f("</dl>\n")
		if len(c.Behaviours) > 0 {
			p.f("<ul>")
			for _, b := range c.Behaviours {
				p.f("<li><span>%s</span>", b.Text)
				p.difference(b, c.Segment)
				p.f("</li>\n")
			}
			p.f("</ul>")
		}
		if c.Rule != "" {
			p.f("<p class=\"rule\">%s</p>\n", c.Rule)
		}
		p.f("</article>\n")
	}
	p.f("</div>\n")
}

func (p *page) bar(name string, share float64, text string, segment int) {
	p.f("<dt>%s</dt><dd><svg class=\"bar\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"%.1f\" height=\"6\" class=\"s%d\"/></svg></dd><dd>%s</dd>\n",
		name, 100*min(1, max(0, share)), segment, text)
}

// difference draws a standardised difference with its interval on −2..2.
func (p *page) difference(b Behaviour, segment int) {
	at := func(x float64) float64 { return 50 + 24*min(2, max(-2, x)) }
	x0, x1 := min(50, at(b.SMD)), max(50, at(b.SMD))
	p.f("<svg class=\"smd\" viewBox=\"0 0 100 16\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\"><rect x=\"%.1f\" y=\"3\" width=\"%.1f\" height=\"10\" class=\"s%d\"/><line class=\"axis\" x1=\"50\" x2=\"50\" y1=\"0\" y2=\"16\"/><line class=\"ci\" x1=\"%.1f\" x2=\"%.1f\" y1=\"8\" y2=\"8\"/></svg>",
		"standardised difference "+b.Difference(), x0, x1-x0, segment, at(b.Lo), at(b.Hi))
}

func (p *page) table(t *Table) {
	rows, left := t.Rows, 0
	if len(rows) > htmlRows {
		rows, left = rows[:htmlRows], len(rows)-htmlRows
	}
	id, class := "t-"+slug(t.Name), "tab"
	if len(rows) <= fewRows {
		class = "tab few"
	}
	p.f("<div class=\"%s\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n<caption>%s</caption>\n<thead><tr>", class, t.Title, t.Title)
	for _, c := range t.Cols {
		class, title := "", ""
		if c.Text {
			class = " class=\"w\""
		}
		if c.Doc != "" {
			title = " title=\"" + html.EscapeString(clean(c.Doc)) + "\""
		}
		p.f("<th scope=\"col\"%s%s>%s</th>", raw(class), raw(title), c.Name)
	}
	p.f("</tr></thead>\n<tbody>\n")
	for _, r := range rows {
		attrs := ""
		switch {
		case r.Strong:
			attrs = " class=\"strong\""
		case r.Quiet:
			attrs = " class=\"quiet\""
		}
		if r.Segment > 0 {
			attrs += fmt.Sprintf(" data-s=\"%d\"", r.Segment)
		}
		p.f("<tr%s>", raw(attrs))
		for j, c := range r.Cells {
			tag, class := raw("td"), raw("")
			if j == 0 {
				tag = `th scope="row"`
			}
			if t.Cols[j].Text {
				class = ` class="w"`
			}
			p.f("<%s%s>", tag, class)
			if j == 0 && r.Segment > 0 {
				p.f("<span class=\"dot s%d\"></span>", r.Segment)
			}
			if c.Mark != "" {
				p.f("<span class=\"mark\">%s</span>", c.Mark)
			}
			p.f("%s", c.Text)
			if c.Note > 0 {
				p.f("<sup><a href=\"#%s-n%d\">%d</a></sup>", id, c.Note, c.Note)
			}
			p.f("</%s>", tag[:2])
		}
		p.f("</tr>\n")
	}
	p.f("</tbody></table></div>\n")
	if left > 0 {
		p.f("<p>… and %s more rows, which the CSV file has.</p>\n", count(left))
	}
	if len(t.Notes) > 0 {
		p.f("<ol class=\"notes\">")
		for i, n := range t.Notes {
			p.f("<li id=\"%s-n%d\">%s</li>\n", id, i+1, n)
		}
		p.f("</ol>\n")
	}
}

func (p *page) figure(f *Figure) error {
	p.figures++
	id := fmt.Sprintf("f%d", p.figures)
	if f.Reason != "" {
		p.f("<figure class=\"absent\" id=\"%s\"><h3>%s</h3><p>Not drawn: %s.</p></figure>\n", id, f.Title, strings.TrimSuffix(f.Reason, "."))
		return nil
	}
	p.f("<figure id=\"%s\"><h3>%s</h3>\n", id, f.Title)
	body, err := p.drawing(f, id+"-")
	if err != nil {
		return err
	}
	p.out.Write(body)
	p.f("\n<figcaption>%s</figcaption>\n", f.Caption)
	if len(f.Table) > 1 {
		p.twin(f)
	}
	p.f("</figure>\n")
	return nil
}

// drawing is the figure as markup: a vector graphic, or an image where that is
// smaller or safer.
func (p *page) drawing(f *Figure, prefix string) ([]byte, error) {
	if p.budget > 0 {
		src, err := f.SVG()
		if err != nil {
			return nil, err
		}
		if svg, err := inlineSVG(src, prefix, f.Alt, p.colours); err == nil && len(svg) <= p.budget {
			return svg, nil
		}
	}
	img, err := f.PNG(htmlDPI)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "<img alt=\"%s\" src=\"data:image/png;base64,%s\"/>", html.EscapeString(clean(f.Alt)), base64.StdEncoding.EncodeToString(img)), nil
}

// twin writes the figure's data as a table.
func (p *page) twin(f *Figure) {
	rows := f.Table[1:]
	if len(rows) > twinRows {
		p.f("<details><summary>The data (the first %d of %s rows)</summary>", twinRows, count(len(rows)))
		rows = rows[:twinRows]
	} else {
		p.f("<details><summary>The data</summary>")
	}
	p.f("<div class=\"tab\" tabindex=\"0\" role=\"region\" aria-label=\"Data of the figure\"><table><thead><tr>")
	for _, c := range f.Table[0] {
		p.f("<th scope=\"col\">%s</th>", c)
	}
	p.f("</tr></thead><tbody>\n")
	for _, r := range rows {
		p.f("<tr>")
		for _, c := range r {
			p.f("<td>%s</td>", c)
		}
		p.f("</tr>\n")
	}
	p.f("</tbody></table></div></details>\n")
}
