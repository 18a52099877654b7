package report

import (
	"context"
	"fmt"
	"html"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// PersonaSheet is the segments of a study as cards, in one language.
type PersonaSheet struct {
	Language  string
	Title     string
	Subtitle  string
	Cards     []PersonaCard
	Notes     []string // who is left out, and what the words mean
	Maker     string
	Time      time.Time
	Run       string
	Personas  []eval.Persona
	Left      []eval.PersonaLeft
	Simulated bool
}

// PersonaCard is a card in words.
type PersonaCard struct {
	Segment    int // 1-based
	Name       string
	Facts      string // size and value
	Who        string // the medoid in sentences
	Behaviours []string
	Rows       []Fact // trend, time, channel, themes, rule, examples
}

// Personas reads a finished study and makes cards of the recommended run's segments, or of
// opt.Run's, in a language of features.Languages. log adds time, channel, themes, trend and
// the examples' last purchases; nil = the cards say that they need it.
func Personas(ctx context.Context, r study.Reader, opt Options, language string, log *datasets.Log) (*PersonaSheet, error) {
	l := slices.Index(features.Languages(), language)
	if l < 0 {
		return nil, fmt.Errorf("personas: no language %q: one of %s", language, list(features.Languages()))
	}
	b, err := newBuilder(ctx, r, opt)
	if err != nil {
		return nil, err
	}
	if b.shown == nil {
		return nil, fmt.Errorf("report: no run of this study is done: there are no segments to make personas of")
	}
	all, left, profile := eval.Personas(b.set.X, b.set.Raw, b.run.Labels, b.set.Value, b.found)
	s := &PersonaSheet{
		Language: language, Run: b.shown.ID, Time: epoch, Personas: all, Left: left, Simulated: b.data.Simulated, Maker: b.maker(),
		Title: personaText["title"][l] + ": " + b.data.Name, Subtitle: personaLocal(b.names[b.shown.ID]+" · "+count(len(b.run.Labels)), l) + " " + personaText["customers"][l],
	}
	if b.data.From != "" && b.data.To != "" {
		s.Subtitle += " · " + personaDate(b.data.From, l) + " – " + personaDate(b.data.To, l)
	}
	for _, e := range b.events {
		if t, err := time.Parse(time.RFC3339, e.T); err == nil {
			s.Time = t
		}
	}
	if log != nil {
		if err := personaEvents(ctx, b, all, log); err != nil {
			return nil, err
		}
	}
	wide, err := b.widen(all)
	if err != nil {
		return nil, err
	}
	for i := range all {
		s.Cards = append(s.Cards, b.persona(profile, wide, &all[i], l))
	}
	if k := len(all); k < personaFewest {
		s.Notes = append(s.Notes, fmt.Sprintf(personaText["few"][l], k))
	}
	if len(left) > 0 {
		key := "mostcustomers"
		if b.set.Value != nil {
			key = "mostvalue"
		}
		s.Notes = append(s.Notes, fmt.Sprintf(personaText[key][l], len(all), len(all)+len(left)))
	}
	for _, o := range left {
		s.Notes = append(s.Notes, fmt.Sprintf(personaText["left"][l], o.Segment+1, eval.PersonaName(profile, eval.Card{Segment: o.Segment, Name: o.Name}, language), personaLocal(count(o.Size), l)))
	}
	s.Notes = append(s.Notes, personaText["note"][l])
	return s, ctx.Err()
}

// personaEvents adds what the log tells to the personas.
func personaEvents(ctx context.Context, b *builder, all []eval.Persona, log *datasets.Log) error {
	n, _ := b.set.X.Dims()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = b.set.X.ID(i)
	}
	examples := make([][]string, len(b.cards))
	for _, p := range all {
		for _, e := range p.Examples {
			examples[p.Segment] = append(examples[p.Segment], e.ID)
		}
	}
	told, err := eval.PersonaEvents(ctx, log, ids, b.run.Labels, examples)
	if err != nil {
		return err
	}
	found, of := 0, 0
	for i := range all {
		all[i].Log = told[all[i].Segment]
		found, of = found+all[i].Log.Trend.N, of+all[i].Size
	}
	if 2*found < of { // ids that are numbers are alike in many logs
		return fmt.Errorf("personas: the log holds %d of the %d customers on the cards: is it the log of this study?", found, of)
	}
	return nil
}

func personaLocal(s string, l int) string { return eval.PersonaNumber(s, features.Languages()[l]) }

// personaFewest is how few cards a segmentation has that another might be looked at for.
const personaFewest = 3

// personaWide is the study's feature set with most columns.
type personaWide struct {
	raw     *features.Matrix
	rows    map[string]int
	profile *eval.Profile
}

// widen fills the cards up to five behaviours from the study's feature set with most
// columns, on the customers that it shares with the segments'; nil where that is the
// segments' own.
func (b *builder) widen(all []eval.Persona) (*personaWide, error) {
	most := b.set
	for _, s := range b.sets {
		if len(s.Raw.Cols) > len(most.Raw.Cols) {
			most = s
		}
	}
	if most == b.set || most.Raw.IDs == nil || b.set.Raw.IDs == nil {
		return nil, nil
	}
	label := map[string]int32{}
	for i, l := range b.run.Labels {
		label[b.set.X.ID(i)] = l
	}
	n, _ := most.Raw.Dims()
	var rows []int
	var labels []int32
	w := &personaWide{rows: map[string]int{}}
	for i := range n {
		if l, ok := label[most.Raw.ID(i)]; ok {
			w.rows[most.Raw.ID(i)] = len(rows)
			rows, labels = append(rows, i), append(labels, l)
		}
	}
	k := map[int32]bool{}
	for _, l := range labels {
		k[l] = l >= 0
	}
	if delete(k, -1); len(k) < len(b.cards) {
		return nil, nil // a segment of which the wider set knows nobody
	}
	w.raw = most.Raw.Pick(rows)
	w.profile = eval.NewProfile(w.raw, labels, nil)
	eval.WidenPersonas(all, w.profile)
	return w, nil
}

// persona puts one into words.
func (b *builder) persona(profile *eval.Profile, wide *personaWide, p *eval.Persona, l int) PersonaCard {
	amount := func(x float64) string { return money(x, b.data.Currency) }
	language, t := features.Languages()[l], func(key string) string { return personaText[key][l] }
	c := PersonaCard{Segment: p.Segment + 1, Name: eval.PersonaName(profile, p.Card, language)}
	c.Facts = personaLocal(count(p.Size), l) + " " + t("customers") + " (" + personaLocal(percent(p.Share), l) + ")"
	if p.Value != nil && p.ValueShare != nil {
		c.Facts += " · " + personaLocal(money(*p.Value, b.data.Currency), l) + " " + t("revenue") + " (" + personaLocal(percent(*p.ValueShare), l) + ")"
		c.Facts += " · " + personaLocal(money(*p.Value/float64(p.Size), b.data.Currency), l) + " " + t("each")
	}
	own := func(x eval.Behaviour) bool {
		return slices.ContainsFunc(profile.Cols, func(k features.Column) bool { return k.Name == x.Column.Name })
	}
	for _, x := range p.Behaviours {
		from := profile
		if !own(x) {
			from = wide.profile
		}
		c.Behaviours = append(c.Behaviours, eval.PersonaBehaviour(from, p.Segment, x, language, amount))
	}
	if len(p.Examples) > 0 {
		var says []string
		for _, x := range p.Behaviours {
			if x.Column.Kind == features.Angle || len(says) == 3 || !own(x) {
				continue
			}
			j := slices.IndexFunc(b.set.Raw.Cols, func(k features.Column) bool { return k.Name == x.Column.Name })
			if v := b.set.Raw.Row(p.Medoid.Row)[j]; !math.IsNaN(v) {
				says = append(says, eval.PersonaSays(x.Column, v, language, amount))
			}
		}
		c.Who = fmt.Sprintf(t("who"), p.Medoid.ID)
		if len(says) > 0 {
			c.Who += ": " + strings.Join(says, "; ")
		}
	}
	add := func(key, value string) { // "" goes on with the row above
		f := Fact{Value: value}
		if key != "" {
			f.Name = t(key)
		}
		c.Rows = append(c.Rows, f)
	}
	b.personaLog(p, l, add)
	if p.Rule.Reason != "" {
		add("rule", t("none"))
	} else {
		add("rule", eval.PersonaRule(&p.Rule, b.personaCut, language)+" "+fmt.Sprintf(t("found"), personaLocal(percent(p.Rule.Precision.Value), l), personaLocal(percent(p.Rule.Recall.Value), l), personaLocal(count(p.Rule.Held), l)))
	}
	for i, e := range b.personaExamples(p, l) {
		add([]string{"examples", ""}[min(i, 1)], e)
	}
	return c
}

// personaTenth is an amount with one decimal.
var personaTenth = regexp.MustCompile(`(\.[0-9])($|[^0-9])`)

// personaCut is cut, with amounts as people write them: $69.50.
func (b *builder) personaCut(x float64, c features.Column) string {
	s := b.cut(x, c)
	if c.Unit == "money" {
		s = personaTenth.ReplaceAllString(s, "${1}0$2")
	}
	return s
}

// personaLog adds what only the log tells.
func (b *builder) personaLog(p *eval.Persona, l int, add func(key, value string)) {
	t := func(key string) string { return personaText[key][l] }
	if p.Log == nil {
		add("trend", t("needlog"))
		return
	}
	tr := p.Log.Trend
	switch {
	case tr.Reason != "":
		add("trend", t("untold"))
	default:
		signed := func(x float64) string {
			sign := ""
			if x > 0 {
				sign = "+"
			}
			return sign + personaLocal(decimals(100*x, 0), l) + personaLocal(nb+"%", l)
		}
		what := "spending"
		if !tr.Money {
			what = "purchases"
		}
		add("trend", fmt.Sprintf(t("trendtext"), t(what), signed(tr.Change.Value), signed(tr.Change.Lo), signed(tr.Change.Hi), signed(tr.Everyone), personaLocal(count(tr.Buyers[0]), l), personaLocal(count(tr.Buyers[1]), l), personaLocal(count(tr.N), l)))
	}
	if p.Log.Weekdays != nil {
		text := personaPeak(p.Log.Weekdays, func(i int) string { return eval.PersonaDay(i, features.Languages()[l]) }, "anyday", l)
		if p.Log.Hours != nil {
			text += "; " + personaPeak(p.Log.Hours, func(i int) string { return eval.PersonaHour(i, features.Languages()[l]) }, "anyhour", l)
		}
		add("when", text)
	}
	if len(p.Log.Channels) > 0 {
		add("channel", b.personaParts(p.Log.Channels, l))
	}
	if len(p.Log.Themes) > 0 {
		key := "themes"
		if p.Log.ByItem {
			key = "items"
		}
		add(key, personaThemes(p.Log.Themes, l))
	}
}

// personaPeakLeast is how many times the even share a time must have to be preferred: a
// day of the week then has 18 % of the purchases, not 14.
const personaPeakLeast = 1.25

// personaPeak names the fullest place with its share.
func personaPeak(n []int, name func(int) string, none string, l int) string {
	best, total := 0, 0
	for i, x := range n {
		if total += x; x > n[best] {
			best = i
		}
	}
	if float64(n[best]*len(n)) < personaPeakLeast*float64(total) {
		return personaText[none][l]
	}
	return fmt.Sprintf(personaText["ofdays"][l], name(best), personaLocal(decimals(100*float64(n[best])/float64(max(total, 1)), 0)+nb+"%", l))
}

func (b *builder) personaParts(parts []eval.PersonaPart, l int) string {
	var out []string
	for _, p := range parts {
		out = append(out, fmt.Sprintf("%s %s (%s %s)", p.Name, personaLocal(percent(p.Share), l), personaText["all"][l], personaLocal(percent(p.Others), l)))
	}
	return strings.Join(out, "; ")
}

// personaThemeLeast is how many times everyone's share a theme must have to be one.
const personaThemeLeast = 1.2

// personaThemes are what the segment buys more often than everyone.
func personaThemes(parts []eval.PersonaPart, l int) string {
	var out []string
	for _, p := range parts {
		if times := p.Share / p.Others; times >= personaThemeLeast {
			out = append(out, fmt.Sprintf(personaText["times"][l], p.Name, personaLocal(decimals(times, 1), l)))
		}
	}
	if out == nil {
		return personaText["asall"][l]
	}
	return strings.Join(out, "; ")
}

// personaExamples says each example with its last purchases.
func (b *builder) personaExamples(p *eval.Persona, l int) []string {
	var out []string
	for _, e := range p.Examples {
		s := e.ID
		if p.Log != nil && len(p.Log.Last[e.ID]) > 0 {
			var last []string
			for _, q := range p.Log.Last[e.ID] {
				one := personaDate(q.Date, l)
				if !math.IsNaN(q.Amount) {
					one += " " + personaLocal(money(q.Amount, b.data.Currency), l)
				}
				if q.What != "" {
					one += " " + q.What
				}
				last = append(last, one)
			}
			s += ": " + strings.Join(last, "; ")
		}
		out = append(out, s)
	}
	return out
}

func (s *PersonaSheet) text(key string) string {
	return personaText[key][slices.Index(features.Languages(), s.Language)]
}

// head is the line above a card.
func (s *PersonaSheet) head(c *PersonaCard) string {
	return fmt.Sprintf("%s %d · %s", s.text("segment"), c.Segment, c.Name)
}

const personaCSS = `body{font:15px/1.45 system-ui,sans-serif;color:#16191d;background:#fff;margin:0 auto;max-width:1180px;padding:24px}
h1{font-size:26px;margin:0}.sub{color:#5a636e;margin:4px 0 20px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:18px}
article{border:1px solid #cdd2d8;border-top:6px solid var(--c);border-radius:6px;padding:14px 18px;break-inside:avoid;overflow-wrap:anywhere}
h2{font-size:18px;margin:0 0 2px}h3{font-size:13px;color:#5a636e;margin:10px 0 2px}.facts{color:#5a636e;margin:0 0 8px}.who{background:#f6f7f9;padding:8px 10px;margin:0 0 6px}
ul{margin:2px 0 8px;padding-left:20px}dl{display:grid;grid-template-columns:6.5em 1fr;gap:3px 10px;margin:8px 0 0;font-size:13.5px}dt{color:#5a636e}dd{margin:0}
footer{color:#5a636e;font-size:12.5px;margin-top:20px}@media(max-width:520px){.cards{display:block}article{margin-bottom:14px}}
@page{size:A4 landscape;margin:12mm}@media print{body{padding:0;max-width:none;font-size:10pt}.cards{grid-template-columns:1fr 1fr}article{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`

// HTML writes the cards as one page that asks for nothing from elsewhere and prints.
func (s *PersonaSheet) HTML(w io.Writer) error {
	var b strings.Builder
	e := func(x string) string { return html.EscapeString(clean(x)) }
	css := personaCSS
	for _, c := range s.Cards {
		css += fmt.Sprintf(".s%d{--c:%s}\n", c.Segment, colour(c.Segment))
	}
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; base-uri 'none'; form-action 'none'\"/>\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<h1>%s</h1>\n<p class=\"sub\">%s</p>\n<main class=\"cards\">\n",
		s.Language, hashOf(css), e(s.Title), css, e(s.Title), e(s.subtitle()))
	for i := range s.Cards {
		c := &s.Cards[i]
		fmt.Fprintf(&b, "<article class=\"s%d\"><h2>%s</h2>\n<p class=\"facts\">%s</p>\n", c.Segment, e(s.head(c)), e(c.Facts))
		if c.Who != "" {
			fmt.Fprintf(&b, "<p class=\"who\">%s</p>\n", e(c.Who))
		}
		fmt.Fprintf(&b, "<h3>%s</h3>\n<ul>", e(s.text("behaviour")))
		for _, t := range c.Behaviours {
			fmt.Fprintf(&b, "<li>%s</li>", e(t))
		}
		b.WriteString("</ul>\n<dl>")
		for _, r := range c.Rows {
			fmt.Fprintf(&b, "<dt>%s</dt><dd>%s</dd>\n", e(r.Name), e(r.Value))
		}
		b.WriteString("</dl></article>\n")
	}
	b.WriteString("</main>\n<footer>")
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "<p>%s</p>", e(n))
	}
	fmt.Fprintf(&b, "<p>%s</p></footer>\n</body>\n</html>\n", e(s.Maker))
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *PersonaSheet) subtitle() string {
	if s.Simulated {
		return s.text("simulated") + " · " + s.Subtitle
	}
	return s.Subtitle
}
