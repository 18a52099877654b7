package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/digits"
)

// Sentences tells a step in plain words, the most important first: what became of the
// segments, what made each of them grow or shrink, what changed for those who moved, what
// drifted, and the tests. one and many are what a row is: customer, customers.
func (m *Migration) Sentences(step int, one, many string) []string {
	t := &m.Steps[step]
	w := &migrationWords{m: m, t: t, one: one, many: many}
	out := []string{w.overview()}
	for i := range t.Events {
		if s := w.event(&t.Events[i]); s != "" {
			out = append(out, s)
		}
	}
	order := make([]int, len(t.Segments))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(abs(t.Segments[b].Change), abs(t.Segments[a].Change))
	})
	for _, i := range order {
		if c := &t.Segments[i]; c.Before+c.After > 0 {
			out = append(out, w.growth(c))
		}
	}
	if t.NotSeparable != "" {
		out = append(out, "Migration and re-labelling are not separable here: "+t.NotSeparable)
	}
	out = append(out, w.inside()...)
	for _, s := range []string{
		w.apart("The new "+w.many+" against those known before", t.Entered),
		w.apart("The "+w.many+" who left against those who stayed", t.Gone),
	} {
		if s != "" {
			out = append(out, s)
		}
	}
	out = append(out, w.flows()...)
	if s := w.drift(); s != "" {
		out = append(out, s)
	}
	return append(out, t.Independence.verdict(), t.Symmetry.verdict())
}

func abs(x int) int { return max(x, -x) }

type migrationWords struct {
	m         *Migration
	t         *MigrationStep
	one, many string
}

// people counts customers.
func (w *migrationWords) people(n int) string {
	if n == 1 {
		return "1 " + w.one
	}
	return digits.Int(n) + " " + w.many
}

func (w *migrationWords) overview() string {
	a, b := w.m.Snapshots[w.t.From], w.m.Snapshots[w.t.To]
	s := fmt.Sprintf("%s to %s: from %s to %s; %s known at both dates, %s new, %s gone",
		w.date(w.t.From), w.date(w.t.To), w.people(a.Customers), w.people(b.Customers),
		digits.Int(w.t.Common), digits.Int(b.Customers-w.t.Common), digits.Int(a.Customers-w.t.Common))
	moved, relabelled := 0.0, 0.0
	for _, f := range w.t.Flows {
		moved, relabelled = moved+f.Moved, relabelled+f.Relabelled
	}
	if w.t.NotSeparable == "" && moved+relabelled > 0 {
		s += fmt.Sprintf("; %s moved to another segment, %s were re-labelled", digits.Int(int(math.Round(moved))), digits.Int(int(math.Round(relabelled))))
	}
	return s
}

func (w *migrationWords) date(i int) string {
	if d := w.m.Snapshots[i]; d.Date != "" {
		return d.Date
	}
	return w.m.Snapshots[i].Name
}

// names lists tracks.
func (w *migrationWords) names(tracks []int) string {
	var out []string
	for _, t := range tracks {
		out = append(out, w.m.name(t))
	}
	if n := len(out); n > 1 {
		return strings.Join(out[:n-1], ", ") + " and " + out[n-1]
	}
	return strings.Join(out, "")
}

// event tells a fate; a segment whose customers go on in it gets no sentence of its own.
func (w *migrationWords) event(e *MigrationEvent) string {
	switch e.Kind {
	case Survives:
		if e.Why != "" {
			return fmt.Sprintf("%s goes on %s", w.names(e.FromTracks), e.Why)
		}
	case Splits:
		var parts []string
		for i, t := range e.ToTracks {
			parts = append(parts, fmt.Sprintf("%.0f %% are %s", 100*e.Overlap[i], w.m.name(t)))
		}
		return fmt.Sprintf("%s split: %s", w.names(e.FromTracks), strings.Join(parts, ", "))
	case Absorbed:
		if len(e.From) == 1 {
			return fmt.Sprintf("%s was absorbed: %.0f %% of it are in %s", w.names(e.FromTracks), 100*e.Overlap[0], w.names(e.ToTracks))
		}
		return fmt.Sprintf("%s merged: together they are %s", w.names(e.FromTracks), w.names(e.ToTracks))
	case Disappears:
		return fmt.Sprintf("%s disappeared: %s", w.names(e.FromTracks), e.Why)
	case Emerges:
		return fmt.Sprintf("%s emerged: %s", w.names(e.ToTracks), e.Why)
	}
	return ""
}

// growth tells what made a segment grow or shrink, in whole customers that add up.
func (w *migrationWords) growth(c *SegmentChange) string {
	var b strings.Builder
	name := upperFirst(w.m.name(c.Track))
	switch {
	case c.Change > 0:
		fmt.Fprintf(&b, "%s grew from %s to %s", name, digits.Int(c.Before), digits.Int(c.After))
	case c.Change < 0:
		fmt.Fprintf(&b, "%s shrank from %s to %s", name, digits.Int(c.Before), digits.Int(c.After))
	default:
		fmt.Fprintf(&b, "%s stayed at %s", name, digits.Int(c.Before))
	}
	moved := "moved"
	if w.t.NotSeparable != "" {
		moved = "moved or re-labelled"
	}
	relabelled, separable := c.Relabelled()
	whole := apportion(c.Change, c.New, -c.Left, c.MovedIn, -c.MovedOut, relabelled)
	var parts []string
	add := func(n int, what string, more string) {
		if n != 0 {
			parts = append(parts, signed(n)+" "+what+more)
		}
	}
	add(whole[0], "new", "")
	add(whole[1], "left", "")
	add(whole[2], moved+" in", w.most(c.Track, true))
	add(whole[3], moved+" out", w.most(c.Track, false))
	if separable {
		add(whole[4], "re-labelled", "")
	}
	if len(parts) > 0 {
		b.WriteString(": " + strings.Join(parts, ", "))
	}
	if c.ValueBefore != nil && c.ValueAfter != nil && *c.ValueBefore > 0 && c.Before > 0 && c.After > 0 {
		fmt.Fprintf(&b, "; value %s → %s", digits.Int(int64(math.Round(*c.ValueBefore))), digits.Int(int64(math.Round(*c.ValueAfter))))
	}
	return b.String()
}

// most names where most of those who moved came from or went.
func (w *migrationWords) most(track int, in bool) string {
	best, all, other := 0.0, 0.0, 0
	n := 0
	for _, f := range w.t.Flows {
		to, from := f.To, f.From
		if !in {
			to, from = from, to
		}
		if to != track || f.Moved == 0 {
			continue
		}
		n++
		all += f.Moved
		if f.Moved > best {
			best, other = f.Moved, from
		}
	}
	way := " from "
	if !in {
		way = " to "
	}
	switch {
	case n == 0:
	case n == 1:
		return way + w.m.name(other)
	case best >= all/2:
		return fmt.Sprintf(" (%s%s%s)", digits.Int(int64(math.Round(best))), way, w.m.name(other))
	}
	return ""
}

// apportion rounds figures to whole ones that add up to their sum, those nearest to the
// next whole number first.
func apportion(sum int, xs ...float64) []int {
	out := make([]int, len(xs))
	order := make([]int, len(xs))
	for i, x := range xs {
		out[i] = int(math.Floor(x))
		sum -= out[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(xs[j]-math.Floor(xs[j]), xs[i]-math.Floor(xs[i]))
	})
	for _, i := range order[:max(0, min(sum, len(xs)))] {
		out[i]++
	}
	return out
}

func signed(n int) string {
	if n < 0 {
		return "−" + digits.Int(-n)
	}
	return "+" + digits.Int(n)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// inside tells which segments are no longer what they were.
func (w *migrationWords) inside() (out []string) {
	for i := range w.t.Segments {
		c := &w.t.Segments[i]
		in := c.Inside
		if in == nil || in.Location == "the same" && in.Compactness == "the same" || len(in.Changed) == 0 {
			continue
		}
		s := "Inside " + w.m.name(c.Track)
		if in.Compactness != "the same" {
			s += ", now " + in.Compactness
		}
		var parts []string
		for _, ch := range in.Changed[:min(3, len(in.Changed))] {
			parts = append(parts, changeWords(ch))
		}
		out = append(out, s+": "+strings.Join(parts, "; "))
	}
	return out
}

// changeWords says a change of behaviour: days since the last purchase: 12 days → 80 days.
func changeWords(c BehaviourChange) string {
	x, y := quantities(c.Column, wordingOf(c.Column), c.Before, c.After)
	return fmt.Sprintf("%s: %s → %s", columnWords(c.Column), x, y)
}

// apart tells how those who entered or left differ from the others.
func (w *migrationWords) apart(who string, list []BehaviourChange) string {
	var parts []string
	for _, c := range list[:min(3, len(list))] {
		x, y := quantities(c.Column, wordingOf(c.Column), c.After, c.Before)
		parts = append(parts, fmt.Sprintf("%s: %s against %s", columnWords(c.Column), x, y))
	}
	if len(parts) == 0 {
		return ""
	}
	return who + ", " + strings.Join(parts, "; ")
}

func columnWords(c features.Column) string {
	if doc := strings.TrimSuffix(c.Doc, "."); doc != "" {
		return doc
	}
	return strings.ReplaceAll(c.Name, "_", " ")
}

// toldFlows is how many groups of movers are told of.
const toldFlows = 4

// flows tells what changed for those who moved, the largest groups first.
func (w *migrationWords) flows() (out []string) {
	who := func(f MigrationFlow) (n int) {
		for _, c := range f.Changed {
			n = max(n, c.N)
		}
		return n
	}
	told := slices.DeleteFunc(slices.Clone(w.t.Flows), func(f MigrationFlow) bool { return len(f.Changed) == 0 || f.From < 0 || f.To < 0 })
	slices.SortStableFunc(told, func(x, y MigrationFlow) int { return who(y) - who(x) })
	for _, f := range told[:min(len(told), toldFlows)] {
		var parts []string
		for _, c := range f.Changed[:min(3, len(f.Changed))] {
			s := changeWords(c)
			switch {
			case math.IsNaN(c.Others):
			case math.Abs(c.Others) < 0.1:
				s += " (hardly for those who stayed)"
			case c.Others*c.D < 0:
				s += " (the other way for those who stayed)"
			case math.Abs(c.Others) > math.Abs(c.D):
				s += " (more so for those who stayed)"
			}
			parts = append(parts, s)
		}
		out = append(out, fmt.Sprintf("The %s who moved from %s to %s: %s", w.people(who(f)), w.m.name(f.From), w.m.name(f.To), strings.Join(parts, "; ")))
	}
	return out
}

// drift tells which features moved over all customers.
func (w *migrationWords) drift() string {
	if len(w.t.Shifts) == 0 {
		return ""
	}
	shifts := slices.Clone(w.t.Shifts)
	slices.SortStableFunc(shifts, func(a, b MigrationShift) int { return cmp.Compare(b.PSI, a.PSI) })
	var much, some []string
	for _, s := range shifts {
		text := fmt.Sprintf("%s (%.2f)", s.Name, s.PSI)
		switch s.Band {
		case "much":
			much = append(much, text)
		case "some":
			some = append(some, text)
		}
	}
	if len(much)+len(some) == 0 {
		return fmt.Sprintf("No feature drifted: the population stability index is below .1 for all %d", len(shifts))
	}
	out := "Drift over all " + w.many + ", by population stability index:"
	if len(much) > 0 {
		out += " much (.25 or more) in " + firstFew(much)
	}
	if len(some) > 0 {
		if len(much) > 0 {
			out += ";"
		}
		out += " some (.1 to .25) in " + firstFew(some)
	}
	return out
}

func firstFew(names []string) string {
	if len(names) > 6 {
		return strings.Join(names[:6], ", ") + fmt.Sprintf(" and %d more", len(names)-6)
	}
	return strings.Join(names, ", ")
}
