package eval

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
)

// PersonaName says a card's name in a language of features.Languages. In English it is the
// card's; elsewhere a list of labels in the order of the name, since words that are joined
// to a name in one language are not in another.
func PersonaName(p *Profile, c Card, language string) string {
	l := personaLanguage(language)
	if l == 0 {
		return c.Name
	}
	list, _ := words(behaviours(p, c.Segment, cardColumns(p)))
	rest, out := strings.ToLower(c.Name), []string{}
	for _, w := range list {
		if w.word == "" || !strings.Contains(rest, strings.ToLower(w.word)) {
			continue
		}
		rest = strings.Replace(rest, strings.ToLower(w.word), "", 1)
		s := w.word // a name of the log is in no language
		if t, ok := personaLabels[w.word]; ok {
			s = t[l-1]
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		out = append(out, personaLabels[""][l-1])
	}
	return capital(strings.Join(out, ", "))
}

// PersonaBehaviour says a behaviour of a card in a language of features.Languages, with
// numbers as people of that language write them: kauft alle 12 Tage (andere: 48 Tage). A
// column that no table of ours speaks of keeps its English description, in quotation
// marks. money writes an amount as we print it, £1,204; nil = a number.
func PersonaBehaviour(p *Profile, segment int, b Behaviour, language string, money func(float64) string) string {
	l := personaLanguage(language)
	if b.Column.Kind == features.Angle {
		return personaClock(p, segment, b, l)
	}
	j := slices.IndexFunc(p.Cols, func(c features.Column) bool { return c.Name == b.Column.Name })
	c, o := p.Segments[segment][j], p.Overall[j]
	others := (o.Mean*float64(o.N) - c.Mean*float64(c.N)) / float64(o.N-c.N)
	w := wordingOf(b.Column)
	mine, theirs := personaAmounts(b.Column, w, c.Mean, others, money)
	if l == 0 {
		if b.Column.Unit == "money" && w.sentence != "" && w.others == "" && w.scale == "" {
			return insert(w.sentence, mine) + " (others " + theirs + ")"
		}
		return phrase(b.Column, c.Mean, others)
	}
	tail := ""
	if w.scale != "" {
		tail = "; " + personaScales[w.scale][l-1]
	}
	return personaInsert(personaSentence(b.Column, l), mine, l) + " (" + personaOthers[l] + " " + personaNumber(theirs, l, false) + tail + ")"
}

// PersonaRule says a rule in a language: the sentences of its conditions' columns with
// "at least" and "at most". quantity writes a bound in English; nil as SegmentRule.Words.
func PersonaRule(s *SegmentRule, quantity func(x float64, c features.Column) string, language string) string {
	l := personaLanguage(language)
	if l == 0 {
		return s.Words(quantity)
	}
	if quantity == nil {
		quantity = ruleQuantity
	}
	parts := make([]string, len(s.Conditions))
	for i := range s.Conditions {
		parts[i] = personaCondition(&s.Conditions[i], quantity, l)
	}
	last := len(parts) - 1
	if last < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:last], ", ") + [4]string{" and ", " und ", " og ", " en "}[l] + parts[last]
}

// personaCompare are at least, more than and at most.
var personaCompare = [4][3]string{{"at least", "more than", "at most"}, {"mindestens", "mehr als", "höchstens"}, {"mindst", "mere end", "højst"}, {"minstens", "meer dan", "hoogstens"}}

var (
	personaUnknown = [4]string{"is not known", "ist nicht bekannt", "er ikke kendt", "is niet bekend"}
	personaNo      = [4]string{"no", "nein", "nej", "nee"}
	personaIs      = [4]string{"yes", "ja", "ja", "ja"}
)

func personaCondition(c *RuleCondition, quantity func(float64, features.Column) string, l int) string {
	sentence, name := personaSentence(c.Column, l), strings.ReplaceAll(c.Column.Name, "_", " ")
	switch c.Test {
	case RuleMissing:
		return name + " " + personaUnknown[l]
	case RuleEquals:
		return name + " = " + personaNumber(quantity(c.Lo, c.Column), l, false)
	case RuleArc:
		return personaArc(c, l)
	}
	lo, hi := !math.IsInf(c.Lo, 0), !math.IsInf(c.Hi, 0)
	if c.Column.Kind == features.Binary && lo != hi {
		return name + ": " + map[bool]string{true: personaIs[l], false: personaNo[l]}[lo]
	}
	say := personaCompare[l]
	var bounds []string
	if lo {
		x, word := c.Lo, say[1]
		if c.Whole && math.Abs(x) < 1<<53 {
			x, word = x+1, say[0]
		}
		bounds = append(bounds, word+" "+quantity(x, c.Column))
	}
	if hi {
		bounds = append(bounds, say[2]+" "+quantity(c.Hi, c.Column))
	}
	if len(bounds) == 2 {
		if unit := personaUnit(bounds[0]); unit == personaUnit(bounds[1]) {
			bounds[0] = strings.TrimSuffix(bounds[0], unit)
		}
	}
	return personaInsert(sentence, strings.Join(bounds, [4]string{" and ", " und ", " og ", " en "}[l]), l)
}

// personaSentence is the column's sentence, of l ≥ 1: its own, its family's, or its
// description.
func personaSentence(c features.Column, l int) string {
	if s, ok := personaSentences[c.Name]; ok {
		return s[l-1]
	}
	if f, learned, ok := personaFamily(c, l); ok {
		return strings.Replace(f, "%v", learned, 1)
	}
	doc := strings.TrimSuffix(c.Doc, ".")
	if doc == "" {
		doc = strings.ReplaceAll(c.Name, "_", " ")
	}
	return "„" + strings.ReplaceAll(doc, "%", "％") + "“: %s"
}

// personaFamily returns the sentence of the column's family and what was learned from the
// log.
func personaFamily(c features.Column, l int) (sentence, learned string, ok bool) {
	for _, f := range families {
		if !strings.HasPrefix(c.Name, f.prefix) {
			continue
		}
		sentence = personaFamilies[f.prefix][l-1]
		if !strings.Contains(f.wording.sentence, "%v") {
			return sentence, "", true
		}
		_, text, found := strings.Cut(c.Doc, f.mark)
		if !found {
			return "", "", false
		}
		learned, _ = familyLearned(f.prefix, text)
		switch f.prefix {
		case "stated_":
			if c.Kind == features.Binary {
				sentence = personaYes[l-1]
			}
		case "path_moves_":
			from, to, _ := strings.Cut(strings.TrimPrefix(text, "from "), " to ")
			learned = personaStep(from, l) + " → " + personaStep(to, l)
		case "barrier_", "drop_share_":
			text, _, _ = strings.Cut(text, " more (above 0)")
			learned = personaStep(text, l)
		}
		return sentence, learned, true
	}
	return "", "", false
}

func personaStep(s string, l int) string {
	if t, ok := personaSteps[s]; ok {
		return t[l-1]
	}
	return calm(s)
}

// personaInsert puts a quantity that is written in English into a sentence.
func personaInsert(sentence, quantity string, l int) string {
	if strings.Contains(sentence, "%d") {
		return strings.Replace(sentence, "%d", personaNumber(quantity, l, true), 1)
	}
	return strings.Replace(sentence, "%s", personaNumber(quantity, l, false), 1)
}

// personaUnits are the units that quantities writes, those of a rate first, in German, in the
// German dative, in Danish and in Dutch.
var personaUnits = [][5]string{
	{" a month", " pro Monat", " pro Monat", " pr. måned", " per maand"},
	{" a week", " pro Woche", " pro Woche", " pr. uge", " per week"},
	{" a day", " pro Tag", " pro Tag", " pr. dag", " per dag"},
	{" a year", " pro Jahr", " pro Jahr", " pr. år", " per jaar"},
	{" a period", " pro Zeitabschnitt", " pro Zeitabschnitt", " pr. periode", " per periode"},
	{" days", " Tage", " Tagen", " dage", " dagen"},
	{" weeks", " Wochen", " Wochen", " uger", " weken"},
	{" hours", " Stunden", " Stunden", " timer", " uur"},
	{" units", " Stück", " Stück", " stk.", " stuks"},
	{" times", "-Fache", "-Fachen", " gange", " keer"},
	{" day", " Tag", " Tag", " dag", " dag"},
	{" week", " Woche", " Woche", " uge", " week"},
	{" hour", " Stunde", " Stunde", " time", " uur"},
	{" unit", " Stück", " Stück", " stk.", " stuk"},
}

// personaUnit is the unit at the end of a quantity, with the blank before it.
func personaUnit(s string) string {
	for _, u := range personaUnits {
		for _, unit := range []string{u[0], strings.Replace(u[0], " ", "\u00a0", 1)} {
			if strings.HasSuffix(s, unit) {
				return unit
			}
		}
	}
	return ""
}

// personaNumber turns a quantity that is written in English, 1,204.5 days, into that of a
// language: 1.204,5 Tage.
func personaNumber(s string, l int, dative bool) string {
	if l == 0 {
		return s
	}
	for _, u := range personaUnits {
		at := l
		if l > 1 || dative {
			at = l + 1
		}
		rest, ok := strings.CutSuffix(s, u[0])
		if !ok {
			rest, ok = strings.CutSuffix(s, strings.Replace(u[0], " ", "\u00a0", 1))
		}
		if ok {
			s = rest + u[at]
			break
		}
	}
	s = personaCurrency(personaSwap(s), l)
	if l == 3 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, " %", "%"), "\u00a0%", "%")
	}
	return s
}

// personaAmount is an amount with the sign of its currency before it.
var personaAmount = regexp.MustCompile(`(R\$|[£$€¥₹])([0-9][0-9.,]*[0-9]|[0-9])`)

// personaCurrency puts the sign of a currency where the language has it: after the amount
// in German and Danish, before it and apart in Dutch.
func personaCurrency(s string, l int) string {
	if l == 3 {
		return personaAmount.ReplaceAllString(s, "$1\u00a0$2")
	}
	return personaAmount.ReplaceAllString(s, "$2\u00a0$1")
}

// personaSwap exchanges the signs of a number's groups and decimals where they stand
// between digits.
func personaSwap(s string) string {
	b := []byte(s)
	digit := func(i int) bool { return i >= 0 && i < len(b) && s[i] >= '0' && s[i] <= '9' }
	for i := range b {
		switch {
		case !digit(i-1) || !digit(i+1):
		case s[i] == ',':
			b[i] = '.'
		case s[i] == '.':
			b[i] = ','
		}
	}
	return string(b)
}

// PersonaNumber turns a number or an amount as we print it, £1,204.50 or 12.3 %, into that
// of a language: 1.204,50 £, in Dutch £ 1.204,50 and 12,3%.
func PersonaNumber(s, language string) string {
	return personaNumber(s, personaLanguage(language), false)
}

// personaClock says when people do it.
func personaClock(p *Profile, segment int, b Behaviour, l int) string {
	name := strings.TrimSuffix(strings.TrimSuffix(b.Column.Name, "_cos"), "_sin")
	c, s := clockColumn(p, name+"_cos"), clockColumn(p, name+"_sin")
	cells := p.Segments[segment]
	mine := personaTurn(name, clockTurn(cells[c].Mean, cells[s].Mean), l)
	others := personaNever[l]
	if x, y := clockOthers(p, segment, c), clockOthers(p, segment, s); math.Hypot(x, y) >= clockStrength {
		others = personaTurn(name, clockTurn(x, y), l)
	}
	return insert(personaClocks[name][l], mine) + " (" + personaOthers[l] + " " + others + ")"
}

// personaTurn says a place on a clock.
func personaTurn(name string, turn float64, l int) string {
	switch name {
	case "weekday":
		return personaDays[l][int(math.Round(7*turn))%7]
	case "season":
		return personaMonths[l][int(12*turn)%12]
	case "month_day":
		return personaParts[l][min(int(30*turn)/10, 2)]
	}
	return fmt.Sprintf(personaHours[l], int(math.Round(24*turn))%24)
}

// personaArc says that a direction lies on an arc of its clock.
func personaArc(c *RuleCondition, l int) string {
	name := strings.TrimSuffix(c.Column.Name, "_cos")
	names, ok := personaClocks[name]
	if !ok {
		return fmt.Sprintf("%s: %.0f°–%.0f°", strings.ReplaceAll(name, "_", " "), 360*c.Lo, 360*c.Hi)
	}
	return insert(names[l], personaTurn(name, c.Lo, l)+" – "+personaTurn(name, c.Hi, l))
}

// personaLanguage is the language's place in features.Languages; an unknown one panics,
// since commands have checked it.
func personaLanguage(language string) int {
	l := slices.Index(features.Languages(), language)
	if l < 0 {
		panic("eval: a persona in an unknown language")
	}
	return l
}

// personaAmounts is quantities, with money as money writes it.
func personaAmounts(c features.Column, w wording, x, y float64, money func(float64) string) (string, string) {
	if c.Unit == "money" && money != nil {
		return money(x), money(y)
	}
	return quantities(c, w, x, y)
}

// PersonaSays says a customer's own value of a column in a language: kauft alle 12 Tage.
// money is as for PersonaBehaviour.
func PersonaSays(c features.Column, value float64, language string, money func(float64) string) string {
	l, w := personaLanguage(language), wordingOf(c)
	own, _ := personaAmounts(c, w, value, value, money)
	if l > 0 {
		return personaInsert(personaSentence(c, l), own, l)
	}
	if w.sentence != "" {
		return insert(w.sentence, own)
	}
	doc := strings.TrimSuffix(c.Doc, ".")
	if doc == "" {
		doc = strings.ReplaceAll(c.Name, "_", " ")
	}
	return doc + ": " + own
}

// PersonaDay is a day of the week, from Monday = 0, and PersonaHour an hour of the day in a
// language.
func PersonaDay(day int, language string) string { return personaDays[personaLanguage(language)][day] }

// PersonaHour says the hour of the day that begins at hour, 0 to 23.
func PersonaHour(hour int, language string) string {
	return fmt.Sprintf(personaSpans[personaLanguage(language)], hour, (hour+1)%24)
}
