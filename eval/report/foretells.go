package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
)

// fiveBest is how many segmentations of each behaviour a report lists.
const fiveBest = 5

// foretells says what customers did after they were grouped, and who foretold it.
func (b *builder) foretells() *Section {
	s := &Section{ID: "foretells", Title: "What the segments foretell"}
	h := b.state.Holdout
	switch {
	case h == nil:
		s.add(Text("Nothing was held out: whether these segments foretell anything is not known."))
		return s
	case len(h.Contests) == 0:
		why := strings.TrimSuffix(cmp.Or(h.Reason, "the study says nothing of it"), ".")
		s.add(Text("What customers did after they were grouped is not known: " + why + ". So nothing here says that these segments foretell anything, and nothing says that they do not. They were chosen by how alike their members are and by how well they come back, which is not the same as being of use."))
		return s
	}
	latest, not := b.latest()
	s.add(Text(b.howForetold(latest)))
	if len(b.state.Verdict.Foretells) > 0 && b.shown != nil {
		s.add(b.figures("forecast")...)
	}
	if t := b.forecastTable(latest); len(t.Rows) > 0 {
		s.add(t, Text(b.forecastSigns(latest)+"May be said: how much better than “everybody alike” the segments foretell each behaviour, and whether RFM with as many groups does it as well. May not be said: that the segments cause the behaviour, or that they would foretell another season as well. Where the interval of the difference holds 0, neither is better."))
	}
	if len(not) > 0 {
		s.add(Text("Not foretold:"), Bullets(not))
	}
	if t := b.bestTable(latest); len(t.Rows) > 0 {
		s.add(t, Text("The best of many is lucky as well as good: the first row of a list was found with hindsight and will do a little worse next time. ~ marks all that cannot be told from the best; among these the verdict takes the fewest segments that come back."))
	}
	if t := b.nestedTable(latest); len(t.Rows) > 0 {
		s.add(t, Text("This is the honest price of choosing. The choice was made on one half of the customers alone, by their own figures, and judged by the other half, both ways. What choosing costs is how much a seer, who knows the other half, would have gained."))
	}
	if t := b.datesTable(); len(t.Rows) > 0 {
		s.add(t, Text("If the best of one date are the best of another, and those of one half of the customers are the best of the other half, the choice is no accident. 1 means exactly the same. Where many are among the best, much is in common by luck alone: “by chance” says how much, and a figure no higher than that says nothing."))
	}
	return s
}

// latest returns each behaviour's contest at its latest date, in eval's order, and why
// others have none.
func (b *builder) latest() (held []*eval.Contest, not []string) {
	for _, t := range eval.Targets() {
		var at *eval.Contest
		why := ""
		for i := range b.state.Holdout.Contests {
			c := &b.state.Holdout.Contests[i]
			switch {
			case c.Target != t.Name:
			case c.Reason != "":
				why = cmp.Or(why, c.Reason)
			case at == nil || c.Origin > at.Origin:
				at = c
			}
		}
		switch {
		case at != nil:
			held = append(held, at)
		case why != "":
			not = append(not, verdict.Spoken(t.Name)+": "+why)
		}
	}
	return held, not
}

// day writes a date for people: 2 April 1998.
func day(date string) string {
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		return strings.ReplaceAll(t.Format("2 January 2006"), " ", nb)
	}
	return date
}

func (b *builder) howForetold(latest []*eval.Contest) string {
	var dates []string
	for _, c := range b.state.Holdout.Contests {
		if !slices.Contains(dates, c.Origin) {
			dates = append(dates, c.Origin)
		}
	}
	slices.Sort(dates)
	for i := range dates {
		dates[i] = day(dates[i])
	}
	until, n := "", 0
	for _, c := range latest {
		until, n = day(c.Until), max(n, c.Population)
	}
	s := fmt.Sprintf("The log was cut off at %s. Everything was learned again from what was known before that, on one half of the %ss; the others were put into those segments, and what they did next was looked up", list(dates), b.unit())
	if until != "" {
		s += fmt.Sprintf(" (after the last date until %s, %s)", until, b.people(n))
	}
	return s + ". Each figure says how much of the differences between customers a segmentation foretells: 0 is no better than treating everybody alike, 1 would be perfect, below 0 is worse than knowing nothing. “Learned from” is flattered, because the segments know these customers already; “others” is what counts."
}

// standing is the choice's place in a contest, or nil.
func (b *builder) standing(c *eval.Contest) *eval.Standing {
	for i := range c.Standings {
		if s := &c.Standings[i]; s.Run != "" && s.Run == b.state.Verdict.Run {
			return s
		}
	}
	return nil
}

// beside is a standing's comparison with a baseline of that role and name; "" = any.
func beside(s *eval.Standing, role eval.Role, name string) *eval.Versus {
	for i := range s.Versus {
		if v := &s.Versus[i]; v.Role == role && (name == "" || v.Baseline == name) {
			return v
		}
	}
	return nil
}

// maybe is a figure, or a dash with the reason.
func (t *Table) maybe(x *float64, reason string) Cell {
	if x == nil {
		return t.missing(reason)
	}
	return Cell{Text: score(*x), Exact: exact(*x)}
}

// within prints an interval.
func within(lo, hi *float64) Cell {
	if lo == nil || hi == nil {
		return Cell{Text: "–"}
	}
	return word(score(*lo) + " to " + score(*hi))
}

// The names that eval.NewClassics gives its rules.
const (
	rfmRule   = "RFM k-means"
	worthRule = "expected value"
	fifths    = "RFM quintiles"
)

// forecastTable is the choice beside the plain rules, one row a behaviour.
func (b *builder) forecastTable(latest []*eval.Contest) *Table {
	v := b.state.Verdict
	t := &Table{Name: "forecast", Title: "What was foretold: " + cmp.Or(v.Name, "the choice") + " beside plain rules", Cols: []Col{
		{Name: "behaviour", Text: true},
		{Name: "measure", Text: true, Rank: 7},
		{Name: "learned from", Doc: "in-sample: flattered"},
		{Name: "others", Doc: "out of sample: what counts"},
		{Name: "95 % interval", Text: true, Rank: 3},
		{Name: "RFM", Doc: "k-means on recency, frequency and spend, as many groups"},
		{Name: "expected value", Rank: 4, Doc: "quantiles of the expected future value, as many groups"},
		{Name: "RFM quintiles", Rank: 5, Doc: "recency, frequency and spend scored 1 to 5"},
		{Name: "by chance", Rank: 6, Doc: "the same groups dealt out at random"},
		{Name: "no groups", Rank: 2, Doc: "a model of all features without groups: a mark to reach for"},
		{Name: "against RFM", Text: true, Doc: "with as many groups, and the 95 % interval of the difference: alike where it holds 0"},
	}}
	for _, c := range latest {
		s := b.standing(c)
		row := Row{Strong: c.Target == v.Target, Cells: []Cell{word(verdict.Spoken(c.Target)), word(c.Measure)}}
		if s == nil || s.Outside == nil {
			why := "the choice does not compete"
			if s != nil {
				why = cmp.Or(s.Reason, why)
			}
			for range len(t.Cols) - 3 {
				row.Cells = append(row.Cells, t.missing(why))
			}
			row.Cells = append(row.Cells, Cell{Text: "–"})
			t.Rows = append(t.Rows, row)
			continue
		}
		own := t.maybe(s.Outside, "")
		if s.In {
			own.Mark = "~"
		}
		row.Cells = append(row.Cells, t.maybe(s.Inside, "not computed"), own, within(s.Lo, s.Hi))
		for _, of := range []struct {
			role eval.Role
			name string
		}{{eval.RoleEqualK, rfmRule}, {eval.RoleEqualK, worthRule}, {eval.RoleQuintiles, fifths}, {eval.RoleChance, ""}, {eval.RoleCeiling, ""}} {
			x := beside(s, of.role, of.name)
			if x == nil {
				row.Cells = append(row.Cells, t.missing("not compared"))
				continue
			}
			row.Cells = append(row.Cells, t.maybe(x.Value, cmp.Or(x.Reason, "not compared")))
		}
		row.Cells = append(row.Cells, word(against(beside(s, eval.RoleEqualK, rfmRule))))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// forecastSigns explains the table of what was foretold.
func (b *builder) forecastSigns(latest []*eval.Contest) string {
	bold := ""
	if b.state.Verdict.Target != "" {
		bold = "In bold: what decided. "
	}
	return bold + fmt.Sprintf("~: cannot be told from the best of all %s segmentations that took part. All plain rules have as many groups, except RFM quintiles; “no groups” is a model of every feature, a mark to reach for. ", count(competing(latest)))
}

// against says in words what a comparison came to.
func against(x *eval.Versus) string {
	if x == nil || x.Reading() == "" {
		return "not compared"
	}
	s := "alike"
	switch x.Reading() {
	case eval.VersusBetter:
		s = "better"
	case eval.VersusWorse:
		s = "worse"
	}
	return fmt.Sprintf("%s (%s to %s)", s, signed(*x.Lo), signed(*x.Hi))
}

// signed prints a difference: +0.012.
func signed(x float64) string {
	s := decimals(x, 3)
	if x > 0 && s != decimals(0, 3) {
		return "+" + s
	}
	return s
}

// competing is the most segmentations that a contest has figures of.
func competing(cs []*eval.Contest) int {
	most := 0
	for _, c := range cs {
		n := 0
		for _, s := range c.Standings {
			if s.Role == eval.RoleSegments && s.Outside != nil {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// boardCols are the columns of a contest's leaderboard.
func boardCols() []Col {
	return []Col{
		{Name: "#", Doc: "place among the segmentations"},
		{Name: "segmentation", Text: true},
		{Name: "k", Doc: "number of segments"},
		{Name: "learned from"},
		{Name: "others"},
		{Name: "95 % interval", Text: true, Rank: 2},
		{Name: "against RFM, as many groups", Text: true, Rank: 1, Doc: "and the 95 % interval of the difference: alike where it holds 0"},
	}
}

// bestTable lists the best segmentations of each behaviour, and the choice.
func (b *builder) bestTable(latest []*eval.Contest) *Table {
	t := &Table{Name: "best", Title: "The best segmentations of each behaviour", Cols: boardCols()}
	for _, c := range latest {
		t.Rows = append(t.Rows, t.aside(fmt.Sprintf("%s, from %s", verdict.Spoken(c.Target), day(c.Origin))))
		t.Rows = append(t.Rows, b.board(t, c, fiveBest)...)
	}
	return t
}

// decidedBoard is the leaderboard of what decided, with the plain rules beside; nil =
// behaviour did not decide.
func (b *builder) decidedBoard() *Table {
	v := b.state.Verdict
	if v == nil || v.Target == "" || b.state.Holdout == nil {
		return nil
	}
	latest, _ := b.latest()
	i := slices.IndexFunc(latest, func(c *eval.Contest) bool { return c.Target == v.Target })
	if i < 0 {
		return nil
	}
	c := latest[i]
	t := &Table{Name: "decided", Title: fmt.Sprintf("What decided: %s, from %s on (%s)", lowerFirst(verdict.Spoken(c.Target)), day(c.Origin), c.Measure), Cols: boardCols()}
	t.Rows = b.board(t, c, fiveBest)
	own := b.standing(c)
	for _, s := range c.Standings {
		plain := s.Role == eval.RoleEqualK && own != nil && s.K == own.K || s.Role == eval.RoleCeiling || s.Role == eval.RoleQuintiles && s.Name == fifths
		if !plain || s.Outside == nil {
			continue
		}
		name := s.Name
		if s.Role == eval.RoleCeiling {
			name += ", no groups"
		}
		k := Cell{Text: "–"}
		if s.K > 0 {
			k = word(count(s.K))
		}
		t.Rows = append(t.Rows, Row{Quiet: true, Cells: []Cell{{}, word(name), k, t.maybe(s.Inside, "not computed"), t.maybe(s.Outside, ""), within(s.Lo, s.Hi), {}}})
	}
	return t
}

// board is the best of a contest and the choice.
func (b *builder) board(t *Table, c *eval.Contest, most int) []Row {
	var rows []Row
	place := 0
	for i := range c.Standings {
		s := &c.Standings[i]
		if s.Role != eval.RoleSegments || s.Outside == nil {
			continue
		}
		place++
		own := s.Run != "" && s.Run == b.state.Verdict.Run
		if place > most && !own {
			continue
		}
		out := t.maybe(s.Outside, "")
		if s.In {
			out.Mark = "~"
		}
		rows = append(rows, Row{Strong: own, Cells: []Cell{
			word(count(place)), word(s.Name), word(count(s.K)), t.maybe(s.Inside, "not computed"), out, within(s.Lo, s.Hi), word(against(beside(s, eval.RoleEqualK, rfmRule))),
		}})
	}
	return rows
}

// nestedTable is what the whole procedure comes to: chosen here, judged there.
func (b *builder) nestedTable(latest []*eval.Contest) *Table {
	t := &Table{Name: "nested", Title: "Chosen on one half of the customers, judged by the other", Cols: []Col{
		{Name: "behaviour", Text: true},
		{Name: "chosen on half A / half B", Text: true, Rank: 4},
		{Name: "learned from", Doc: "in-sample, mean of the halves"},
		{Name: "others", Doc: "the nested figure"},
		{Name: "95 % interval", Text: true, Rank: 3},
		{Name: "best with hindsight", Doc: "the most that any segmentation reached on the other half, mean of the halves"},
		{Name: "choosing costs", Doc: "best with hindsight less the nested figure: the regret"},
	}}
	for _, c := range latest {
		if c.Nested == nil || len(c.Picked) != 2 {
			continue
		}
		chosen := word(c.Picked[0].Name)
		switch p := c.Picked; {
		case p[0].Reason != "" || p[1].Reason != "":
			chosen = t.missing(cmp.Or(p[0].Reason, p[1].Reason))
		case p[0].Name != p[1].Name:
			chosen = word(p[0].Name + " / " + p[1].Name)
		}
		mean := func(get func(p eval.Pick) *float64) *float64 {
			x, y := get(c.Picked[0]), get(c.Picked[1])
			if x == nil || y == nil {
				return nil
			}
			m := (*x + *y) / 2
			return &m
		}
		n := c.Nested
		why := cmp.Or(n.Reason, c.Picked[0].Reason, c.Picked[1].Reason, "not computed")
		t.Rows = append(t.Rows, Row{Strong: c.Target == b.state.Verdict.Target, Cells: []Cell{
			word(verdict.Spoken(c.Target)), chosen,
			t.maybe(mean(func(p eval.Pick) *float64 { return p.Inside }), why), t.maybe(n.Value, why), within(n.Lo, n.Hi),
			t.maybe(mean(func(p eval.Pick) *float64 { return p.Best }), why), t.maybe(mean(func(p eval.Pick) *float64 { return p.Regret }), why),
		}})
	}
	return t
}

// datesTable compares what was best at two dates, and on two halves.
func (b *builder) datesTable() *Table {
	t := &Table{Name: "dates", Title: "Are the best of one date the best of another?", Cols: []Col{
		{Name: "behaviour", Text: true},
		{Name: "dates", Text: true, Rank: 3},
		{Name: "among the best at the later", Doc: "that cannot be told from the best, of all that compete at both"},
		{Name: "at the earlier"},
		{Name: "at both"},
		{Name: "overlap of dates", Doc: "at both, of all at either: 1 = the same (Jaccard)"},
		{Name: "by chance", Doc: "the overlap of as many drawn at random"},
		{Name: "overlap of halves", Doc: "of those that either half of the customers would keep at the later date"},
		{Name: "by chance", Rank: 1},
	}}
	for _, a := range eval.CompareOrigins(b.state.Holdout.Contests) {
		row := Row{Strong: a.Target == b.state.Verdict.Target, Cells: []Cell{word(verdict.Spoken(a.Target))}}
		if a.Reason != "" {
			row.Cells = append(row.Cells, word("–"))
			for range len(t.Cols) - 2 {
				row.Cells = append(row.Cells, t.missing(a.Reason))
			}
			t.Rows = append(t.Rows, row)
			continue
		}
		of := func(n int) Cell { return word(fmt.Sprintf("%s of %s", count(n), count(a.Of))) }
		two := func(x float64) Cell { return Cell{Text: decimals(x, 2), Exact: exact(x)} }
		row.Cells = append(row.Cells, word(day(a.Origins[1])+" and "+day(a.Origins[0])), of(a.Sizes[0]), of(a.Sizes[1]), word(count(a.Both)),
			two(a.Jaccard), two(a.Chance), two(a.Halves), two(a.HalvesChance))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func upperFirst(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
