package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/digits"
)

// say writes the first screen.
func (in *Input) say(v *Verdict, r *Run) {
	if r == nil {
		v.Sentences = append(v.Sentences, in.nothing(v))
		v.Notes = append(v.Notes, in.fell(v), in.drawn())
		v.Notes = slices.DeleteFunc(v.Notes, func(s string) bool { return s == "" })
		return
	}
	v.about("use", in.use(v))
	v.about("groups", in.sort(v))
	v.about("foretells", in.foretellings(v)...)
	v.about("stability", in.shaky(v, r))
	v.about("covers", in.covers(v))
	v.Notes = append(v.Notes, in.because(v), in.fell(v), in.missed(v), in.optimism(v), in.elsewhere(v), in.drawn())
	if r.Stopped {
		v.Notes = append(v.Notes, r.Name+" did not converge: it stopped at its limit of iterations.")
	}
	v.Notes = slices.DeleteFunc(v.Notes, func(s string) bool { return s == "" })
}

// drawn says what was asked of a sample only.
func (in *Input) drawn() string {
	if in.Drawn == 0 {
		return ""
	}
	return fmt.Sprintf("Judged on a random sample, %s of the %s that were clustered: whether there are natural groups, what segments foretell and whether they come back. The segments themselves, their sizes and their value are of everybody.",
		digits.Int(in.Drawn), in.people(in.DrawnOf))
}

// about adds sentences to the first screen; what has nothing to say is empty.
func (v *Verdict) about(topic string, sentences ...string) {
	for _, s := range sentences {
		if s != "" {
			v.Sentences, v.Topics = append(v.Sentences, s), append(v.Topics, topic)
		}
	}
}

func (in *Input) people(n int) string {
	u := cmp.Or(in.Unit, "customer")
	if n == 1 {
		return "1 " + u
	}
	return digits.Int(n) + " " + u + "s"
}

func (in *Input) nothing(v *Verdict) string {
	if v.Passed == 0 {
		return fmt.Sprintf("Use none of these: no segmentation of the %s passes the gates.", in.people(in.Customers))
	}
	return "Use none of these: nothing says which of the segmentations that pass the gates is best."
}

// use: Use 5 segments (kmeans on volume+timing).
func (in *Input) use(v *Verdict) string {
	return fmt.Sprintf("Use %d segments (%s on %s).", v.K, v.Algorithm, v.Set)
}

// sort says what sort of groups they are.
func (in *Input) sort(v *Verdict) string {
	p := ""
	if v.P != nil {
		p = fmt.Sprintf(" (p = %s)", pvalue(*v.P))
	}
	if r := in.Run(v.Run); r != nil && r.Given {
		return fmt.Sprintf("Groups that were stated, not found%s: other samples are divided by the same rules, which says nothing of the data.", p)
	}
	switch {
	case v.Class == Natural:
		return fmt.Sprintf("Natural groups: no data without groups look like this%s, and the segments come back in other samples.", p)
	case v.Class == Reproducible && v.P == nil:
		return "Reproducible groups: they come back in other samples; whether they are natural was not tested."
	case v.Class == Reproducible && v.natural(in):
		return fmt.Sprintf("Reproducible groups: data without groups do not look like this%s, but too few of these segments come back exactly to call them natural.", p)
	case v.Class == Reproducible:
		return fmt.Sprintf("Reproducible, not natural groups%s: %s look as grouped.", p, null(v.Null))
	case v.Segments == nil:
		return fmt.Sprintf("Whether the groups come back in other samples is not known%s.", p)
	}
	return fmt.Sprintf("Constructive groups%s: other samples would be divided elsewhere; they are a way to divide a continuum.", p)
}

// natural reports whether the structure test found groups on the choice's feature set.
func (v *Verdict) natural(in *Input) bool {
	for _, s := range in.Structures {
		if s.Set == v.Set && s.Scale == v.Scale {
			return s.Result.Natural
		}
	}
	return false
}

// null speaks of data without groups.
func null(name string) string {
	switch name {
	case "cohort":
		return "customers simulated from a model of buying that knows no groups"
	case "shuffle":
		return "customers whose events were dealt out at random"
	case "copula":
		return "smooth clouds without groups"
	}
	return "data without groups"
}

// most is the number of behaviours that the first screen speaks of.
const most = 4

// foretellings: what the segments say of what came next, against RFM: the goal's first,
// then the others, those where RFM is beaten before those where it is not.
func (in *Input) foretellings(v *Verdict) []string {
	if len(v.Foretells) == 0 {
		why := cmp.Or(in.Why, "nothing was held out")
		return []string{"What they foretell is not known: " + why + "."}
	}
	list := slices.Clone(v.Foretells)
	slices.SortStableFunc(list, func(a, b Foretells) int {
		return cmp.Or(first(b.Target == v.Target)-first(a.Target == v.Target), first(b.Against == "better")-first(a.Against == "better"),
			first(a.Against == "worse")-first(b.Against == "worse"))
	})
	var out, idle []string
	seen := map[string]bool{}
	for _, f := range list {
		switch {
		case seen[f.Method] || len(out) == most:
			continue
		case f.Target != v.Target && f.Lo != nil && *f.Lo <= 0:
			idle = append(idle, lower(Spoken(f.Target)))
			continue
		}
		seen[f.Method] = true
		out = append(out, f.sentence())
	}
	if len(idle) > 0 {
		out = append(out, "They say nothing of: "+strings.Join(idle, ", ")+".")
	}
	return out
}

// lower is for a word in the middle of a sentence.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func first(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sentence: Next-quarter spend: no better than RFM with as many segments (R² .09, RFM .10).
func (f *Foretells) sentence() string {
	what, m := f.what(), strings.Fields(f.Measure)
	measure := "R²"
	if len(m) > 0 {
		measure = m[0]
	}
	own := fmt.Sprintf("%s %s", measure, share(f.Outside))
	zero := ""
	if f.Lo != nil && *f.Lo <= 0 {
		zero = ", no better than no segments at all"
	}
	if f.RFM == nil {
		return fmt.Sprintf("%s: %s on customers not learned from%s.", what, own, zero)
	}
	rfm := "RFM " + share(*f.RFM)
	switch f.Against {
	case "better":
		return fmt.Sprintf("%s: better than RFM with as many segments (%s, %s).", what, own, rfm)
	case "worse":
		return fmt.Sprintf("%s: worse than RFM with as many segments (%s, %s).", what, own, rfm)
	}
	return fmt.Sprintf("%s: no better than RFM with as many segments (%s, %s%s).", what, own, rfm, zero)
}

// what names the behaviour with the time in which it is foretold.
func (f *Foretells) what() string {
	s := Spoken(f.Target)
	if f.Days > 0 {
		s = strings.Replace(s, "afterwards", fmt.Sprintf("in the next %d days", f.Days), 1)
	}
	return s
}

// Spoken names a target as a sentence begins.
func Spoken(target string) string {
	switch target {
	case "buys":
		return "Whether they buy again"
	case "purchases":
		return "Purchases afterwards"
	case "spend":
		return "Spend afterwards"
	case "days_to_purchase":
		return "Days to the next purchase"
	case "purchase_weekday":
		return "Weekday of the next purchase"
	case "purchase_hour":
		return "Hour of the next purchase"
	case "feast_share":
		return "Buying for feasts"
	case "next_category":
		return "Category of the next purchase"
	case "deal_share":
		return "Buying on offer"
	case "price_tier":
		return "Price tier"
	case "next_channel":
		return "Channel of the next purchase"
	case "responds":
		return "Response to messages"
	case "returns":
		return "Returns"
	}
	s := strings.ReplaceAll(target, "_", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}

// shaky: Four of five stable; 'Gifters' is not.
func (in *Input) shaky(v *Verdict, r *Run) string {
	if v.Segments == nil {
		if r.StabilityReason != "" {
			return "Stability is not known: " + r.StabilityReason + "."
		}
		return ""
	}
	k, bad := len(v.Segments), len(v.Shaky)
	switch {
	case bad == 0 && k == 2:
		return "Both segments are stable."
	case bad == 0:
		return fmt.Sprintf("All %s segments are stable.", number(k))
	case bad == k && r.held(eval.Doubtful) == 1:
		return "None of the segments is stable, but none is lost: their core comes back, their borders do not."
	case bad == k:
		return "None of the segments is stable."
	case bad > 3:
		return fmt.Sprintf("%s of %s segments are stable; not %s.", sentence(number(k-bad)), number(k), in.segments(v.Shaky, r))
	case bad == 1:
		return fmt.Sprintf("%s of %s stable; %s is not.", sentence(number(k-1)), number(k), in.segments(v.Shaky, r))
	}
	return fmt.Sprintf("%s of %s stable; %s are not.", sentence(number(k-bad)), number(k), in.segments(v.Shaky, r))
}

func (in *Input) segments(which []int, r *Run) string {
	var names []string
	for _, s := range which {
		name := fmt.Sprintf("Segment %d", s+1)
		if s < len(r.Names) && r.Names[s] != "" {
			name += " ‘" + r.Names[s] + "’"
		}
		names = append(names, name)
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// covers: Covers 41 % of customers; 59 % bought once and are shown apart.
func (in *Input) covers(v *Verdict) string {
	all := v.Clustered
	for _, s := range v.Left {
		all += s.Customers
	}
	if all == 0 {
		return ""
	}
	who := cmp.Or(in.Unit, "customer") + "s"
	var apart []string
	for _, s := range v.Left {
		t := fmt.Sprintf("%s with %s", percent(s.Customers, all), s.Words)
		if s.ValueShare != nil {
			t += fmt.Sprintf(" (%s of revenue)", percentOf(*s.ValueShare))
		}
		apart = append(apart, t)
	}
	if v.Unassigned > 0 {
		apart = append(apart, percent(v.Unassigned, all)+" unassigned")
	}
	if len(apart) == 0 {
		return fmt.Sprintf("Covers all %s.", in.people(all))
	}
	return fmt.Sprintf("Covers %s of %s; shown apart: %s.", percent(v.Clustered-v.Unassigned, all), who, strings.Join(apart, ", "))
}

// because says what decided.
func (in *Input) because(v *Verdict) string {
	if v.By != "hold-out" {
		s := fmt.Sprintf("Chosen by indices, not by behaviour afterwards: %s.", cmp.Or(in.Why, "nothing was held out"))
		if len(in.Because) > 0 {
			s += " " + strings.Join(in.Because, " ")
		}
		return s
	}
	goal := fmt.Sprintf("Goal: %s", v.Goal)
	if !v.Stated {
		goal = fmt.Sprintf("No goal was stated, so value stands in ([evaluate] goal = one of %s)", strings.Join(Goals(), ", "))
	}
	s := fmt.Sprintf("%s. Decided by %s after %s on customers not learned from: ", goal, lower(Spoken(v.Target)), dates(v.Origins))
	if n := len(v.Tied); n > 1 {
		return s + fmt.Sprintf("%d of %d segmentations cannot be told from the best; this has the fewest segments of those that come back.", n, v.Passed)
	}
	return s + fmt.Sprintf("it is ahead of the other %d.", v.Passed-1)
}

// fell counts what the gates kept out.
func (in *Input) fell(v *Verdict) string {
	n := 0
	var parts []string
	for why, k := range v.Gates {
		if why != "a baseline" {
			n += k
			verb, verbs := "has", "have"
			switch why {
			case "nearly all in one segment":
				verb, verbs = "puts", "put"
			case notCompared:
				verb, verbs, why = "has", "have", "no figure in the test"
			case "most are unassigned":
				verb, verbs, why = "leaves", "leave", "most unassigned"
			}
			if k > 1 {
				verb = verbs
			}
			parts = append(parts, fmt.Sprintf("%d %s %s", k, verb, why))
		}
	}
	if n == 0 {
		return ""
	}
	slices.SortFunc(parts, func(a, b string) int { return cmp.Compare(b, a) })
	return fmt.Sprintf("%d of %d settings are not chosen from: %s.", n, n+v.Passed, strings.Join(parts, ", "))
}

// missed says which runs the test could not take, and why: one for each reason.
func (in *Input) missed(v *Verdict) string {
	var out, seen []string
	for i := range in.Runs {
		r := &in.Runs[i]
		why := in.absent(v.Goal, r.ID)
		if why == "" || !r.Stands || slices.Contains(seen, why) || len(seen) == most {
			continue
		}
		seen = append(seen, why)
		out = append(out, fmt.Sprintf("%s was not compared: %s.", r.Name, why))
	}
	return strings.Join(out, " ")
}

// optimism shows the distance between the two figures.
func (in *Input) optimism(v *Verdict) string {
	for _, f := range v.Foretells {
		if f.Target == v.Target && f.Inside != nil {
			return fmt.Sprintf("%s, on the customers that the segments were learned from: %s; on others: %s. The second counts.", f.what(), share(*f.Inside), share(f.Outside))
		}
	}
	return ""
}

// elsewhere names other goals' choices where they differ.
func (in *Input) elsewhere(v *Verdict) string {
	var parts []string
	for _, g := range v.Goals {
		if g.Run != v.Run {
			parts = append(parts, fmt.Sprintf("%s: %s (%s)", g.Goal, g.Name, share(g.Outside)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "For another goal another choice: " + strings.Join(parts, "; ") + "."
}

func dates(origins []string) string {
	var out []string
	for _, o := range origins {
		if t, err := time.Parse(time.DateOnly, o); err == nil {
			o = t.Format("2 January 2006")
		}
		out = append(out, o)
	}
	slices.Reverse(out)
	return strings.Join(out, " and ")
}

func pvalue(p float64) string {
	switch {
	case p < 0.01:
		return short(math.Ceil(p*1000)/1000, 3)
	case p > 0.99:
		return "1"
	}
	return short(p, 2)
}

// share writes R² and its like: two digits, no leading nought.
func share(x float64) string {
	if math.Abs(x) < 0.005 {
		return "0"
	}
	return short(x, 2)
}

func short(x float64, places int) string {
	s := fmt.Sprintf("%.*f", places, x)
	s = strings.Replace(s, "0.", ".", 1)
	return strings.Replace(s, "-", "−", 1)
}

func percent(n, all int) string { return percentOf(float64(n) / float64(all)) }

func percentOf(x float64) string {
	switch p := 100 * x; {
	case p > 0 && p < 0.5:
		return "under 1 %"
	case p > 99.5 && p < 100:
		return "over 99 %"
	default:
		return fmt.Sprintf("%.0f %%", p)
	}
}

func number(n int) string {
	words := [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n < len(words) {
		return words[n]
	}
	return digits.Int(n)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
