package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// section is a part of what is said: sentences, then a table with its header first, then
// sentences on how to read it.
type section struct {
	title  string
	before []string
	table  [][]string
	after  []string
}

// setting says what was compared and how.
func (r *Result) setting() section {
	s := section{title: "What was compared"}
	t := r.Table
	line := fmt.Sprintf("%s × %s", plural(len(t.Sets), "data set"), plural(len(t.Contenders), "algorithm"))
	if len(t.Sets) == 0 {
		line = plural(len(r.Slopes), "algorithm") + " on a ladder of sizes"
	}
	if n := r.seeds(); n > 1 && len(t.Sets) == 0 {
		line += fmt.Sprintf(", each size timed %d times", n)
	} else if n > 1 {
		line += fmt.Sprintf(" × %d seeds (one where the answer does not depend on it); scores are means over seeds", n)
	}
	var parts []string
	for _, name := range r.suites() {
		n := 0
		for _, x := range t.Suites {
			if x == name {
				n++
			}
		}
		if name != "" {
			parts = append(parts, fmt.Sprintf("%s (%d)", name, n))
		}
	}
	if len(parts) > 0 {
		line += ". Suites: " + strings.Join(parts, ", ")
	}
	doc, _, _ := strings.Cut(r.Metric.Doc, "\n")
	better := map[int]string{1: "more", -1: "less"}[r.Metric.Range.Better]
	s.before = append(s.before, line+".", fmt.Sprintf("Score: %s, %s is better. %s.", r.Metric.Name, better, strings.TrimSuffix(doc, ".")))
	if len(r.Contenders) == 0 {
		return s
	}
	s.before = append(s.before, "Data: constant columns dropped, the others centred and divided by one common standard deviation. With several reference labellings the best counts.")
	var told, found []string
	oracle, tuned := false, ""
	for _, c := range r.Contenders {
		switch {
		case c.ToldK():
			told = append(told, c.Name)
		default:
			found = append(found, c.Name)
		}
		oracle, tuned = oracle || c.Oracle, cmp.Or(tuned, c.Tuned)
	}
	if len(told) > 0 {
		s.before = append(s.before, "Told the reference's number of segments: "+strings.Join(told, ", ")+".")
	}
	if len(found) > 0 {
		s.before = append(s.before, "Find it themselves, at their defaults unless the name says otherwise: "+strings.Join(found, ", ")+".")
	}
	if tuned != "" {
		s.before = append(s.before, fmt.Sprintf("(by %s): its setting was chosen out of a small grid by %s, which does not look at the reference; seconds are those of the whole grid.", tuned, tuned))
	}
	if oracle {
		s.before = append(s.before, "(oracle): its setting was chosen by the reference, data set by data set. Nobody who lacks the answer can have this score; it says what a setting could reach, and it is not ranked.")
	}
	return s
}

// best orders the contenders: by rank, then those that are not ranked by their mean.
func (r *Result) best() []int {
	var order []int
	for _, j := range r.Ranking.Order() {
		order = append(order, slices.Index(r.Table.Contenders, r.Ranking.Contenders[j]))
	}
	var rest []int
	for j := range r.Table.Contenders {
		if !slices.Contains(order, j) {
			rest = append(rest, j)
		}
	}
	slices.SortStableFunc(rest, func(a, b int) int {
		x, n := r.Table.Mean("", a)
		y, m := r.Table.Mean("", b)
		switch d := (y - x) * float64(r.Metric.Range.Better); {
		case n == 0 || m == 0:
			return m - n
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	return append(order, rest...)
}

// means is the mean score of every contender on every suite.
func (r *Result) means() section {
	s := section{title: "Mean score by suite"}
	suites := r.suites()
	head := []string{"algorithm", "segments"}
	head = append(head, suites...)
	if len(suites) > 1 {
		head = append(head, "all sets")
		suites = append(slices.Clone(suites), "")
	}
	s.table = [][]string{head}
	short := false
	for _, j := range r.best() {
		name := r.Table.Contenders[j]
		line := []string{name, r.finds(name)}
		for _, suite := range suites {
			mean, n := r.Table.Mean(suite, j)
			of := 0
			for _, x := range r.Table.Suites {
				if suite == "" || x == suite {
					of++
				}
			}
			cell := number(mean, 3)
			if n < of {
				cell += fmt.Sprintf(" (%d of %d)", n, of)
				short = true
			}
			line = append(line, cell)
		}
		s.table = append(s.table, line)
	}
	if short {
		s.after = append(s.after, "(n of m): the mean is over the n data sets with a score, so it does not compare with the others.")
	}
	return s
}

// finds says how a contender comes to its number of segments.
func (r *Result) finds(contender string) string {
	row := r.rowOf(contender)
	switch {
	case row.Algorithm == "":
		return ""
	case row.Oracle:
		return "oracle"
	case row.ToldK:
		return "told"
	}
	return "finds"
}

// costs is what the ranked contenders took.
func (r *Result) costs() section {
	s := section{title: "What it costs"}
	s.table = [][]string{{"algorithm", "mean score", "seconds", "cpu seconds", "peak memory", "unbeaten"}}
	spent := false
	for _, e := range r.Expenses {
		spent = spent || e.Seconds > 0
	}
	if !spent {
		return section{}
	}
	for _, j := range r.Ranking.Order() {
		e := r.Expenses[j]
		verdict := ""
		switch {
		case e.Front:
			verdict = "yes"
		case e.By != "":
			verdict = e.By + " beats it"
		default:
			verdict = e.Reason
		}
		peak := "not known here"
		if e.PeakBytes != nil {
			peak = bytesText(*e.PeakBytes)
		}
		s.table = append(s.table, []string{e.Contender, number(e.Score, 3), number2(e.Seconds), number2(e.CPUSeconds), peak, verdict})
	}
	s.after = append(s.after,
		fmt.Sprintf("One fit of each of the %s, summed; memory is the most that a fit took above what was in use. One after another, each with all processors.", plural(len(r.Ranking.Sets), "ranked data set")),
		"unbeaten: no other is at once at least as good in score, time and memory and better in one of them (Pareto).")
	return s
}

// growth is how time grows with the number of rows.
func (r *Result) growth() section {
	s := section{title: "How time grows"}
	s.table = [][]string{{"algorithm", "time grows as", "R²", "fitted on", "largest size", "seconds there", "peak memory", "why no larger"}}
	order := slices.Clone(r.Slopes)
	slices.SortStableFunc(order, func(a, b Slope) int {
		switch {
		case a.Largest != b.Largest:
			return b.Largest - a.Largest
		case a.Seconds < b.Seconds:
			return -1
		case a.Seconds > b.Seconds:
			return 1
		}
		return 0
	})
	for _, l := range order {
		line := []string{l.Contender, fmt.Sprintf("n^%.2f", l.Exponent), number(l.R2, 3), fmt.Sprintf("%d sizes, n = %d to %d", l.Sizes, l.From, l.To), strconv.Itoa(l.Largest), number2(l.Seconds), "", l.Stopped}
		if l.Reason != "" {
			line[1], line[2], line[3] = "–", "–", l.Reason
		}
		if l.Largest == 0 {
			line[4], line[5] = "–", "–"
		}
		if l.Peak != nil {
			line[6] = bytesText(*l.Peak)
		}
		s.table = append(s.table, line)
	}
	s.after = append(s.after,
		fmt.Sprintf("seconds = a·nᵇ by least squares on logarithms, through the sizes that took %g ms and more; a size's time is the least of its runs, since what else the machine does only adds. Eight Gaussian groups in eight columns: other data give other times.", 1e3*ladderLeast),
		fmt.Sprintf("A ladder ends where a size took more than %g s. Sizes of one generator are not ranked: they are one data set.", ladderEnough))
	return s
}

// published is our scores beside published ones.
func (r *Result) published() section {
	s := section{title: "Beside the published scores"}
	s.table = [][]string{{"suite", "algorithm", "published as", "sets", "ours", "published", "equal", "largest difference", "on"}}
	var variants []string
	for _, b := range r.Beside {
		suite := b.Suite
		if suite == "" {
			suite = "all"
		}
		method := b.Method
		if b.Variant != "" {
			method += "*"
			if v := fmt.Sprintf("%s: the published one is %s", b.Contender, b.Variant); !slices.Contains(variants, v) {
				variants = append(variants, v)
			}
		}
		s.table = append(s.table, []string{suite, b.Contender, method, strconv.Itoa(b.Sets), number(b.Ours, 3), number(b.Published, 3), fmt.Sprintf("%d of %d", b.Within, b.Sets), signed(b.Largest), b.On})
	}
	s.after = append(s.after, "ours and published are means over the same sets; equal counts those that agree to the printed digits; the difference is ours less theirs. Published: Gagolewski 2022, doi:10.1016/j.softx.2022.101270.")
	if len(variants) > 0 {
		s.after = append(s.after, "* another variant, not to be reproduced. "+strings.Join(variants, "; ")+".")
	}
	return s
}

// missing is what has no score or is not ranked.
func (r *Result) missing() section {
	s := section{title: "Failed and left out"}
	unmade := 0
	for _, row := range r.Rows {
		if strings.HasSuffix(row.Reason, timeOver) {
			unmade++
		}
	}
	if unmade > 0 {
		s.before = append(s.before, fmt.Sprintf("The time was over: %d of %s were not made.", unmade, plural(len(r.Rows), "run")))
	}
	for _, l := range r.Failed() {
		s.before = append(s.before, fmt.Sprintf("%s has %s", l.Name, l.Reason))
	}
	for _, l := range r.Ranking.LeftContenders {
		if j := slices.Index(r.Table.Contenders, l.Name); j >= 0 && r.Table.Oracle[j] {
			continue // said where oracles are explained
		}
		s.before = append(s.before, fmt.Sprintf("%s is not ranked: %s", l.Name, l.Reason))
	}
	var sets []string
	for _, l := range r.Ranking.LeftSets {
		sets = append(sets, l.Name)
	}
	if len(sets) > 0 {
		s.before = append(s.before, fmt.Sprintf("Not ranked on, since not all have a score there: %s.", few(sets, 8)))
	}
	if len(s.before) > 0 {
		s.after = append(s.after, fmt.Sprintf("Ranks need every score of a data set: who has none on more than %.0f %% of the sets is left out, then every set on which one of the others has none.", 100*(1-EnoughScores)))
	}
	return s
}

// scores is the table of all scores.
func (r *Result) scores() section {
	s := section{title: "Scores by data set"}
	order := r.best()
	head := []string{"data set"}
	for _, j := range order {
		head = append(head, r.Table.Contenders[j])
	}
	best := map[string]float64{}
	for _, row := range r.Rows {
		if row.Best > 0 && r.Metric.Name == "adjusted_rand" {
			best[row.Set] = row.Best
		}
	}
	if len(best) > 0 {
		head = append(head, "reachable")
		s.after = append(s.after, "reachable: what a labelling can be expected to reach at most, by the classifier that knows the generator.")
	}
	s.table = [][]string{head}
	for i, set := range r.Table.Sets {
		line := []string{set}
		for _, j := range order {
			line = append(line, number(r.Table.Scores[i][j], 3))
		}
		if len(best) > 0 {
			cell := ""
			if b, ok := best[set]; ok {
				cell = number(b, 3)
			}
			line = append(line, cell)
		}
		s.table = append(s.table, line)
	}
	return s
}

// caution says what the ranks do not say.
func (r *Result) caution() []string {
	out := r.Ranking.caution()
	if suites := r.suites(); len(suites) == 1 && suites[0] != "" && r.Ranking.Reason == "" {
		out = append(out, "These ranks are of one suite. On another the order can turn round: on wut genie is far ahead of kmeans, on g2mg kmeans of genie. Name several.")
	} else if len(suites) > 1 && r.Ranking.Reason == "" {
		out = append(out, "Every data set counts alike, so a suite weighs by its number of sets, and the test takes sets for independent, which those of one generator (g2mg, h2mg) are only in part.")
	}
	return out
}

// caution writes the warnings as sentences.
func (r *Ranking) caution() (out []string) {
	for _, w := range r.Warnings {
		first, n := utf8.DecodeRuneInString(w)
		out = append(out, string(unicode.ToUpper(first))+w[n:]+".")
	}
	return out
}

// number writes x with that many decimals; what is not known is a dash.
func number(x float64, places int) string {
	if math.IsNaN(x) {
		return "–"
	}
	s := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// number2 writes x with two significant digits and no exponent.
func number2(x float64) string {
	x = twoDigits(x)
	places := 0
	for p := x; p > 0 && p < 10 && places < 6; p *= 10 {
		places++
	}
	return number(x, places)
}

func signed(x float64) string {
	s := number(x, 3)
	if !strings.HasPrefix(s, "−") && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

func bytesText(b int64) string {
	switch x := float64(b); {
	case x >= 1<<30:
		return fmt.Sprintf("%.1f GiB", x/(1<<30))
	case x >= 10<<20:
		return fmt.Sprintf("%.0f MiB", x/(1<<20))
	default:
		return fmt.Sprintf("%.1f MiB", x/(1<<20))
	}
}
