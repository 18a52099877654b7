package report

import (
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// PrioritySheet is what speaks for and against spending on each segment, in one language.
type PrioritySheet struct {
	Language  string
	Title     string
	Subtitle  string
	Segments  []PrioritySegment
	Notes     []string // what the split goes by, and how far to trust it
	Figure    *figure.Priority
	NoFigure  string // why there is none
	Maker     string
	Run       string
	Simulated bool

	out      *eval.Prioritised
	currency string
	l        int
}

// PrioritySegment is a segment in words.
type PrioritySegment struct {
	Segment int // 1-based
	Name    string
	Facts   string
	Rows    []Fact
}

// Priorities puts a comparison of a study's segments into words of a language of
// features.Languages. out is that of the recommended run, or of opt.Run.
func Priorities(ctx context.Context, r study.Reader, opt Options, language string, out *eval.Prioritised) (*PrioritySheet, error) {
	l := slices.Index(features.Languages(), language)
	if l < 0 {
		return nil, fmt.Errorf("priorities: no language %q: one of %s", language, list(features.Languages()))
	}
	b, err := newBuilder(ctx, r, opt)
	if err != nil {
		return nil, err
	}
	if b.shown == nil {
		return nil, fmt.Errorf("report: no run of this study is done: there are no segments to compare")
	}
	profile := eval.NewProfile(b.set.Raw, b.run.Labels, b.set.Value)
	cards := eval.Cards(profile)
	if len(cards) != len(out.Segments) {
		return nil, fmt.Errorf("priorities: %d segments are compared, run %s has %d", len(out.Segments), b.shown.ID, len(cards))
	}
	currency := b.data.Currency
	if currency == "" {
		currency = out.Currency
	}
	s := &PrioritySheet{
		Language: language, Run: b.shown.ID, Simulated: b.data.Simulated, Maker: b.maker(), out: out, currency: currency, l: l,
		Title:    priorityText["title"][l] + ": " + b.data.Name,
		Subtitle: personaLocal(b.names[b.shown.ID]+" · "+count(len(b.run.Labels)), l) + " " + personaText["customers"][l],
	}
	if b.data.From != "" && b.data.To != "" {
		s.Subtitle += " · " + personaDate(b.data.From, l) + " – " + personaDate(b.data.To, l)
	}
	for i := range out.Segments {
		s.Segments = append(s.Segments, s.segment(&out.Segments[i], eval.PersonaName(profile, cards[i], language)))
	}
	s.notes()
	s.figure()
	return s, ctx.Err()
}

func (s *PrioritySheet) t(key string) string { return priorityText[key][s.l] }

func (s *PrioritySheet) local(x string) string { return personaLocal(x, s.l) }

func (s *PrioritySheet) money(x float64) string { return s.local(money(x, s.currency)) }

// cents is an amount small enough that its decimals matter.
func (s *PrioritySheet) cents(x float64) string {
	if math.Abs(x) < 1 && x != 0 {
		return s.local(strings.Replace(money(math.Copysign(1, x), s.currency), "1.00", strconv.FormatFloat(math.Abs(x), 'f', 3, 64), 1))
	}
	return s.money(x)
}

func (s *PrioritySheet) percent(x float64) string {
	if x == 0 || x >= 0.0995 {
		return s.local(decimals(100*x, 0) + nb + "%")
	}
	return s.local(percent(x))
}

func (s *PrioritySheet) count(n int) string { return s.local(count(n)) }

// segment puts one into words.
func (s *PrioritySheet) segment(p *eval.Priority, name string) PrioritySegment {
	o := PrioritySegment{Segment: p.Segment + 1, Name: name}
	o.Facts = s.count(p.Customers) + " " + personaText["customers"][s.l] + " (" + s.percent(p.Share) + ")"
	add := func(key, format string, args ...any) {
		o.Rows = append(o.Rows, Fact{Name: s.t(key), Value: fmt.Sprintf(format, args...)})
	}
	if p.Value != nil && p.ValueShare != nil {
		add("value", s.t("valuetext"), s.money(*p.Value), s.percent(*p.ValueShare), s.money(*p.PerHead))
	}
	if f := p.Forecast; f != nil {
		text := fmt.Sprintf(s.t("forecasttext"), s.money(f.Value), s.money(max(f.Lo, 0)), s.money(f.Hi), s.count(p.ForecastOf), personaDate(s.out.Held.From, s.l), s.out.Held.Days)
		if p.Model != nil {
			text += fmt.Sprintf(s.t("modeltext"), s.money(*p.Model))
		}
		add("forecast", "%s", text)
	} else if p.ForecastReason != "" {
		add("forecast", s.t("nobodythen"), personaDate(s.out.Held.From, s.l))
	}
	if p.Expected != nil {
		add("expected", s.t("expectedtext"), s.money(*p.Expected))
	}
	if p.Potential != nil {
		add("potential", s.t("potentialtext"), s.money(*p.Potential))
	}
	switch {
	case p.Risk != nil && *p.Risk < 0.005:
		add("risk", "%s", s.t("norisk"))
	case p.Risk != nil:
		add("risk", s.t("risktext"), s.percent(*p.Risk), s.percent(*p.Lapsed))
	}
	if r := p.Response; r != nil {
		add(s.out.Basis, s.t(s.out.Basis+"text"), s.cents(r.Value), s.cents(r.Lo), s.cents(r.Hi))
	} else if p.ResponseReason != "" && s.out.Basis != eval.PriorityPotential {
		add(s.out.Basis, "%s", s.t("toofew"))
	}
	add("budget", "%s", s.budget(p))
	return o
}

// budget says what the segment gets.
func (s *PrioritySheet) budget(p *eval.Priority) string {
	switch {
	case s.out.Reason != "":
		return s.t("nosplit")
	case p.Budget.Value == 0 && s.out.Basis == eval.PriorityEffect:
		return s.t("notold")
	case p.Budget.Value == 0:
		return s.t("notabove")
	}
	text := fmt.Sprintf(s.t("budgettext"), s.percent(p.Budget.Value), s.percent(p.Budget.Lo), s.percent(p.Budget.Hi))
	if s.out.Options.Budget > 0 {
		text += ", " + s.money(p.Amount)
	}
	if !p.Signal {
		text += s.t("average")
	} else if s.out.Basis == eval.PriorityEffect {
		text += fmt.Sprintf(s.t("funded"), s.percent(p.Funded))
	}
	return text
}

// notes say what the split goes by and how far to trust it.
func (s *PrioritySheet) notes() {
	add := func(format string, args ...any) { s.Notes = append(s.Notes, fmt.Sprintf(format, args...)) }
	p := s.out
	if p.Reason != "" {
		key := "nomargin"
		if p.Basis == eval.PriorityEffect {
			key = "noeffect"
		}
		add("%s", s.t(key))
	} else {
		add("%s", s.t("by"+p.Basis))
	}
	if e := p.Even; e != nil && p.Reason == "" {
		key := "uneven"
		if e.Told {
			key = "better"
		}
		add(s.t(key), s.cents(e.Split.Value), s.cents(e.Even.Value), s.cents(e.Gain.Value), s.cents(e.Gain.Lo), s.cents(e.Gain.Hi), s.count(e.Judged))
	}
	if g := p.Targeting; g != nil {
		r := g.Curve[5] // three in ten
		if g.Budget != nil {
			r = *g.Budget
		}
		hundred := func(i eval.Interval) (string, string, string) {
			return s.cents(100 * i.Value), s.cents(100 * i.Lo), s.cents(100 * i.Hi)
		}
		v, lo, hi := hundred(r.Segments)
		lot, _, _ := hundred(r.Random)
		all, _, _ := hundred(g.Curve[len(g.Curve)-1].Segments)
		add(s.t("target"), s.percent(r.Share), v, lo, hi, lot, all)
		key := "byrank"
		if !g.Told {
			key = "bylot"
		}
		add("%s", s.t(key))
		if q := g.Qini; q != nil {
			f := func(x float64) string { return s.local(decimals(x, 3)) }
			add(s.t("qini"), f(q.Value), f(q.Lo), f(q.Hi))
		}
	}
	if d := p.Decision; d != nil {
		key := "single"
		if d.Gain.Lo > 0 {
			key = "bysegment"
		}
		single := d.Single
		for name, key := range map[string]string{"nothing": "nothing", "a message": "message"} {
			if single == name {
				single = s.t(key)
			}
		}
		add(s.t(key), single, s.cents(d.Gain.Value), s.cents(d.Gain.Lo), s.cents(d.Gain.Hi))
	}
	if p.Held != nil {
		key := "heldnote"
		if p.Held.Unseen {
			key = "unseennote"
		}
		add(s.t(key), personaDate(p.Held.From, s.l), personaDate(p.Held.To, s.l))
	}
	add(s.t("sure"), s.local(decimals(100*(1-p.Options.Alpha), 0)+nb+"%"), s.percent(p.Options.Margin))
}

// figure makes value × potential, or says why not.
func (s *PrioritySheet) figure() {
	f := &figure.Priority{Local: func(x string) string { return s.local(x) }, Head: []string{s.t("segment"), s.t("name"), personaText["customers"][s.l]}}
	unit := ""
	if s.currency != "" {
		unit = " (" + s.currency + ")"
	}
	x, xs := "value", func(p *eval.Priority) *float64 { return p.PerHead }
	if !slices.ContainsFunc(s.out.Segments, func(p eval.Priority) bool { return p.PerHead != nil }) {
		x, xs = "expected", func(p *eval.Priority) *float64 { return p.Expected }
	}
	if s.out.Held != nil {
		x, xs = "forecast", func(p *eval.Priority) *float64 {
			if p.Forecast == nil {
				return nil
			}
			return &p.Forecast.Value
		}
	}
	for i := range s.out.Segments {
		p := &s.out.Segments[i]
		if v := xs(p); v != nil && p.Potential != nil && p.Customers > 0 {
			f.Points = append(f.Points, figure.PriorityPoint{Segment: p.Segment, Name: s.Segments[i].Name, Customers: p.Customers, X: *v, Y: *p.Potential})
		}
	}
	if len(f.Points) == 0 {
		s.NoFigure = s.t("nofigure")
		return
	}
	f.X, f.Y = s.t("x"+x)+unit, s.t("y")+unit
	if x == "forecast" {
		f.X = fmt.Sprintf(s.t("xforecast"), s.out.Held.Days) + unit
	}
	f.Head = append(f.Head, f.X, f.Y)
	best := slices.MaxFunc(f.Points, func(a, b figure.PriorityPoint) int {
		return int(math.Copysign(1, float64(a.Customers)*a.Y-float64(b.Customers)*b.Y))
	})
	f.Title = fmt.Sprintf(s.t("finding"), best.Segment+1, s.money(float64(best.Customers)*best.Y))
	f.Note = s.t("caption")
	f.Alt = f.X + " × " + f.Y + ". " + f.Title + "."
	s.Figure = f
}

// CSV writes the figures as they are, a row a segment: names of columns and numbers are in
// no language.
func (s *PrioritySheet) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{
		"segment", "name", "customers", "share", "value", "value_share", "value_per_customer",
		"forecast", "forecast_lo", "forecast_hi", "forecast_customers", "forecast_by_model", "expected", "potential", "risk", "lapsed",
		"basis", "response", "response_lo", "response_hi", "margin", "margin_lo", "margin_hi", "told",
		"budget_share", "budget_share_lo", "budget_share_hi", "amount", "funded", "more_than_even",
	}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	maybe := func(x *float64) string {
		if x == nil {
			return ""
		}
		return number(*x)
	}
	interval := func(i *eval.Interval) []string {
		if i == nil {
			return []string{"", "", ""}
		}
		return []string{number(i.Value), number(i.Lo), number(i.Hi)}
	}
	for i, o := range s.Segments {
		p := &s.out.Segments[i]
		row := []string{strconv.Itoa(o.Segment), clean(o.Name), strconv.Itoa(p.Customers), number(p.Share), maybe(p.Value), maybe(p.ValueShare), maybe(p.PerHead)}
		row = append(row, interval(p.Forecast)...)
		row = append(row, strconv.Itoa(p.ForecastOf), maybe(p.Model), maybe(p.Expected), maybe(p.Potential), maybe(p.Risk), maybe(p.Lapsed), s.out.Basis)
		row = append(row, interval(p.Response)...)
		row = append(row, interval(&p.Margin)...)
		row = append(row, strconv.FormatBool(p.Signal))
		row = append(row, interval(&p.Budget)...)
		rows = append(rows, append(row, number(p.Amount), number(p.Funded), number(p.More)))
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	return c.Error()
}

const priorityCSS = `body{font:15px/1.45 system-ui,sans-serif;color:#16191d;background:#fff;margin:0 auto;max-width:1080px;padding:24px}
h1{font-size:26px;margin:0}.sub{color:#5a636e;margin:4px 0 20px}figure{margin:0 0 20px}figure svg{max-width:100%;height:auto}figcaption{color:#5a636e;font-size:13px}
section{border-left:6px solid var(--c);padding:2px 0 2px 16px;margin:0 0 18px;break-inside:avoid;overflow-wrap:anywhere}
h2{font-size:18px;margin:0}.facts{color:#5a636e;margin:0 0 4px}dl{display:grid;grid-template-columns:12em 1fr;gap:3px 12px;margin:0}dt{color:#5a636e}dd{margin:0}
footer{color:#5a636e;font-size:12.5px;margin-top:20px}@media(max-width:560px){dl{display:block}dd{margin-bottom:6px}}
@page{size:A4;margin:14mm}@media print{body{padding:0;max-width:none;font-size:10pt}section{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`

// HTML writes the sheet as one page that asks for nothing from elsewhere.
func (s *PrioritySheet) HTML(w io.Writer) error {
	var b, picture strings.Builder
	e := func(x string) string { return html.EscapeString(clean(x)) }
	css := priorityCSS
	for _, o := range s.Segments {
		css += fmt.Sprintf(".s%d{--c:%s}\n", o.Segment, colour(o.Segment))
	}
	if s.Figure != nil {
		if err := figure.WritePriority(&picture, "svg", s.Figure, figure.Web); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; base-uri 'none'; form-action 'none'\"/>\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<h1>%s</h1>\n<p class=\"sub\">%s</p>\n<main>\n",
		s.Language, hashOf(css), e(s.Title), css, e(s.Title), e(s.subtitle()))
	if s.Figure != nil {
		svg := picture.String()
		if at := strings.Index(svg, "<svg"); at > 0 {
			svg = svg[at:]
		}
		fmt.Fprintf(&b, "<figure>%s<figcaption>%s</figcaption></figure>\n", svg, e(s.Figure.Note))
	} else {
		fmt.Fprintf(&b, "<p>%s</p>\n", e(s.NoFigure))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "<p>%s</p>\n", e(n))
	}
	for _, o := range s.Segments {
		fmt.Fprintf(&b, "<section class=\"s%d\"><h2>%s</h2>\n<p class=\"facts\">%s</p>\n<dl>", o.Segment, e(s.Head(&o)), e(o.Facts))
		for _, r := range o.Rows {
			fmt.Fprintf(&b, "<dt>%s</dt><dd>%s</dd>\n", e(r.Name), e(r.Value))
		}
		b.WriteString("</dl></section>\n")
	}
	fmt.Fprintf(&b, "</main>\n<footer><p>%s</p></footer>\n</body>\n</html>\n", e(s.Maker))
	_, err := io.WriteString(w, b.String())
	return err
}

// Head is the line above a segment.
func (s *PrioritySheet) Head(o *PrioritySegment) string {
	return fmt.Sprintf("%s %d · %s", personaText["segment"][s.l], o.Segment, o.Name)
}

func (s *PrioritySheet) subtitle() string {
	if s.Simulated {
		return personaText["simulated"][s.l] + " · " + s.Subtitle
	}
	return s.Subtitle
}

// personaDate writes a day, 2011-12-10, as the language does.
func personaDate(day string, l int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format([4]string{"2 Jan 2006", "02.01.2006", "02.01.2006", "02-01-2006"}[l])
}
