package study

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/digits"
)

// baseline reports whether an algorithm is not meant to find segments.
func baseline(algorithm string) bool {
	m, err := cluster.Lookup(algorithm)
	return err == nil && m.Baseline
}

// Verdict says in plain sentences what came out of a study. A judged one says what
// package verdict says: the first screen, then what nobody may miss beside it; the
// metric plays no part. Of others it is Ranked.
func Verdict(s *State, metric string) []string {
	if s.Verdict == nil {
		return Ranked(s, metric)
	}
	out := slices.Concat(s.Verdict.Sentences, s.Verdict.Notes)
	if s.Study.Data != nil && s.Study.Data.Simulated {
		out = append(out, simulated)
	}
	return out
}

const simulated = "The data are simulated: the segments were planted, and finding them says nothing about real customers."

// Ranked says in plain sentences what came out of a study by a metric ("" = the
// silhouette, or the study's first that ranks): what won where, by how much, what
// was left out, and what was not tested.
func Ranked(s *State, metric string) []string {
	if metric == "" {
		metric = headlineMetric(s)
	}
	if metric == "" {
		return []string{"The study has no metric by which runs can be ranked: nothing is said about which is best."}
	}
	boards, err := Leaderboards(s, metric)
	if err != nil {
		return []string{"Nothing is ranked: " + err.Error() + "."}
	}
	m, err := eval.Lookup(metric)
	if err != nil {
		return []string{"Nothing is ranked: " + err.Error() + "."}
	}
	var out []string
	ranked, failed, abstained := 0, 0, 0
	sampled := 0
	for i := range boards {
		b := &boards[i]
		out = append(out, b.sentences(s)...)
		for _, g := range b.Groups {
			for _, e := range g.Entries {
				ranked += len(e.Runs)
				sampled = max(sampled, e.Sampled)
			}
		}
		for _, a := range b.Abstained {
			if a.Run.Status == "failed" {
				failed++
			} else {
				abstained++
			}
		}
	}
	if failed > 0 {
		out = append(out, fmt.Sprintf("%s failed; the reasons stand beside them.", runs(failed)))
	}
	if abstained > 0 {
		out = append(out, fmt.Sprintf("%s could not be ranked: %s is undefined for them.", runs(abstained), metric))
	}
	if !s.Finished {
		out = append(out, fmt.Sprintf("The study is not finished: %d of %d runs are ranked.", ranked, s.Study.Total))
	}
	out = append(out, leftOut(s)...)
	if sampled > 0 {
		out = append(out, fmt.Sprintf("%s was computed on a sample of %s customers, not on all.", title(metric), digits.Int(sampled)))
	} else if ranked > 0 {
		out = append(out, fmt.Sprintf("%s was computed on all clustered customers, not on a sample.", title(metric)))
	}
	if m.Needs&eval.NeedTruth == 0 && s.Verdict == nil {
		t := fmt.Sprintf("Whether these groups are natural is not tested here: %s compares partitions of one feature set and gives a value to any of them, also on data without groups", metric)
		if len(boards) > 1 {
			t += ", and values of different feature sets cannot be compared"
		}
		out = append(out, t+".")
	}
	if s.Study.Data != nil && s.Study.Data.Simulated {
		out = append(out, simulated)
	}
	return out
}

// headlineMetric is the silhouette where the study has it, else its first metric
// that ranks.
func headlineMetric(s *State) string {
	if slices.Contains(s.Study.Metrics, "silhouette") {
		return "silhouette"
	}
	for _, m := range s.Study.Metrics {
		if _, err := direction(m); err == nil {
			return m
		}
	}
	return ""
}

// sentences says what won on this board.
func (b *Board) sentences(s *State) []string {
	where := b.where(s)
	if len(b.Groups) == 0 {
		return []string{fmt.Sprintf("On %s no run can be ranked by %s.", where, b.Metric)}
	}
	at := 0
	best, second, skipped := b.Groups[0].winners()
	for best == nil && at+1 < len(b.Groups) {
		at++
		best, second, skipped = b.Groups[at].winners()
	}
	switch {
	case best == nil:
		return []string{fmt.Sprintf("On %s every setting puts more than 95 %% of the customers into one segment: nothing to choose from.", where)}
	case at > 0:
		where += fmt.Sprintf(", where every setting that leaves fewer customers out puts more than 95 %% of them into one segment, and of those with %s in a segment,", b.Groups[at].span())
	}
	t := fmt.Sprintf("On %s %s has the best %s, %s (%s%s)", where, best.Name, b.Metric, best.number(), segments(best.K), best.left())
	switch {
	case second == nil:
		t += "; there is nothing to compare it with"
	case second.Tie || second.Value == best.Value:
		t += fmt.Sprintf("; it cannot be told from %s, %s", second.Name, second.number())
	default:
		t += fmt.Sprintf(", ahead of %s, %s, by %s", second.Name, second.number(), number(abs(best.Value-second.Value)))
	}
	out := []string{t + "."}
	if best.Baseline {
		out = append(out, fmt.Sprintf("%s is a baseline that does not look for segments: that it wins means that nothing here found any.", best.Name))
	}
	if skipped > 0 {
		out = append(out, fmt.Sprintf("%s with a better value there %s more than 95 %% of the customers into one segment and %s passed over.",
			settings(skipped), either(skipped, "puts", "put"), either(skipped, "is", "are")))
	}
	if n := b.others(at); n > 0 {
		last := b.Groups[len(b.Groups)-1]
		rest := Group{MinCoverage: last.MinCoverage, MaxCoverage: b.Groups[at+1].MaxCoverage}
		out = append(out, fmt.Sprintf("%s there %s more customers out (%s are in a segment) and %s not ranked against these: leaving out the hard ones flatters every index.",
			settings(n), either(n, "leaves", "leave"), rest.span(), either(n, "is", "are")))
	}
	return out
}

// others counts the entries of the groups after that one.
func (b *Board) others(at int) int {
	n := 0
	for _, g := range b.Groups[at+1:] {
		n += len(g.Entries)
	}
	return n
}

func either(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// winners returns the first two entries that are not lopsided, and how many
// lopsided ones stand before the first.
func (g *Group) winners() (best, second *Entry, skipped int) {
	for i := range g.Entries {
		e := &g.Entries[i]
		switch {
		case e.Lopsided:
			if best == nil {
				skipped++
			}
		case best == nil:
			best = e
		case second == nil:
			second = e
			if best != &g.Entries[0] && !(best.Tie && e.Tie) {
				tied := *e
				tied.Tie = e.Lo <= best.Hi && best.Lo <= e.Hi
				second = &tied
			}
		}
	}
	return best, second, skipped
}

func (b *Board) where(s *State) string {
	scales := map[string]bool{}
	for _, x := range s.Study.Sets {
		scales[x.Scale] = true
	}
	if len(scales) > 1 {
		return fmt.Sprintf("feature set %s (%s)", b.Set, b.Scale)
	}
	return "feature set " + b.Set
}

func (g *Group) span() string {
	if g.MaxCoverage-g.MinCoverage < 0.005 {
		return fmt.Sprintf("%.0f %%", 100*g.MaxCoverage)
	}
	return fmt.Sprintf("%.0f to %.0f %%", 100*g.MinCoverage, 100*g.MaxCoverage)
}

func (e *Entry) number() string {
	switch {
	case e.Interval && len(e.Runs) > 1:
		return fmt.Sprintf("%s (%s to %s over %d seeds)", number(e.Value), number(e.Lo), number(e.Hi), len(e.Runs))
	case e.Interval:
		return fmt.Sprintf("%s (95 %% interval %s to %s)", number(e.Value), number(e.Lo), number(e.Hi))
	}
	return number(e.Value)
}

func (e *Entry) left() string {
	if e.Coverage == 1 {
		return ""
	}
	return fmt.Sprintf(", %.1f %% unassigned", 100*(1-e.Coverage))
}

func segments(k [2]int) string {
	switch {
	case k[0] != k[1]:
		return fmt.Sprintf("%d to %d segments", k[0], k[1])
	case k[0] == 1:
		return "1 segment"
	}
	return fmt.Sprintf("%d segments", k[0])
}

// leftOut says which customers are in no run of the study, set by set where the
// sets differ.
func leftOut(s *State) []string {
	var texts []string
	of := map[string][]string{} // text -> feature sets
	for _, b := range s.Study.Sets {
		all := 0
		var parts []string
		for _, st := range b.Strata {
			all += st.Customers
			if st.Name == datasets.Enough.String() || st.Customers == 0 {
				continue
			}
			p := fmt.Sprintf("%s with %s", digits.Int(st.Customers), stratumWords(st.Name))
			if st.ValueShare != nil {
				p += fmt.Sprintf(" (%.1f %% of revenue)", 100**st.ValueShare)
			}
			parts = append(parts, p)
		}
		if len(parts) == 0 {
			continue
		}
		t := fmt.Sprintf("%s of %s %ss are clustered; left out, as named groups beside the segments: %s.", digits.Int(b.N), digits.Int(all), unit(s), strings.Join(parts, ", "))
		if of[t] == nil {
			texts = append(texts, t)
		}
		if !slices.Contains(of[t], b.Name) {
			of[t] = append(of[t], b.Name)
		}
	}
	if len(texts) < 2 {
		return texts
	}
	for i, t := range texts {
		texts[i] = fmt.Sprintf("On %s: %s", strings.Join(of[t], ", "), t)
	}
	return texts
}

func unit(s *State) string {
	if s.Study.Data != nil && s.Study.Data.Unit != "" {
		return s.Study.Data.Unit
	}
	return "customer"
}

func stratumWords(name string) string {
	switch name {
	case datasets.Prospect.String():
		return "no purchase"
	case datasets.OnePurchase.String():
		return "one purchase day"
	case datasets.Few.String():
		return "too few purchase days"
	}
	return name
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

func settings(n int) string {
	if n == 1 {
		return "1 setting"
	}
	return fmt.Sprintf("%d settings", n)
}

// number writes a score for people: three decimals, or four digits above ten.
func number(x float64) string {
	if abs(x) >= 10 {
		return fmt.Sprintf("%.4g", x)
	}
	return fmt.Sprintf("%.3f", x)
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
