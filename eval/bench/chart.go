package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mores-lab/mores/eval"
)

// Chart writes the critical-difference diagram as text: a line a contender, best first,
// its average rank as a dot on an axis, and a column a group of those that cannot be told
// apart. Every group has a column of its own: two that overlap are not one.
func (r *Ranking) Chart(w io.Writer, columns int) {
	order := r.Order()
	k := len(order)
	h := r.PostHoc
	wide := 9
	for _, c := range r.Contenders {
		wide = max(wide, utf8.RuneCountInString(c))
	}
	axis := max(20, min(60, columns-wide-12-2*len(h.Bars)))
	at := func(rank float64) int { return int(math.Round((rank - 1) / float64(k-1) * float64(axis-1))) }
	indent := strings.Repeat(" ", 6+wide+2)

	fmt.Fprintf(w, "%s%-*s%d\n", indent, axis-len(fmt.Sprint(k)), "1 (best)", k)
	if h.CD != nil {
		if end := at(1 + *h.CD); end < axis {
			fmt.Fprintf(w, "%s├%s┤ critical difference %.3g\n", indent, strings.Repeat("─", max(0, end-1)), *h.CD)
		} else {
			fmt.Fprintf(w, "%s├%s→ critical difference %.3g: longer than the axis\n", indent, strings.Repeat("─", axis-2), *h.CD)
		}
	}
	place := make([]int, k) // of a contender among the lines
	for line, j := range order {
		place[j] = line
	}
	for line, j := range order {
		dot := at(r.Friedman.Ranks[j])
		var bars strings.Builder
		for _, b := range h.Bars {
			bars.WriteString(" ")
			first, last := k, -1
			for _, m := range h.Groups[b.Group] {
				first, last = min(first, place[m]), max(last, place[m])
			}
			switch {
			case slices.Contains(h.Groups[b.Group], j):
				bars.WriteString("┃")
			case line > first && line < last:
				bars.WriteString("┊") // passes by: not of the group
			default:
				bars.WriteString(" ")
			}
		}
		text := fmt.Sprintf("%5.2f %-*s  %s●%s %s", r.Friedman.Ranks[j], wide, r.Contenders[j], strings.Repeat("─", dot), strings.Repeat(" ", axis-1-dot), bars.String())
		fmt.Fprintln(w, strings.TrimRight(text, " "))
	}
}

// Finding says in a sentence what the ranks show.
func (r *Ranking) Finding() string {
	if r.Reason != "" {
		return "No ranks: " + r.Reason
	}
	order := r.Order()
	best := order[0]
	alike := r.Undistinguished(best)
	name := r.Contenders[best]
	switch {
	case !slices.ContainsFunc(r.PostHoc.Pairs, func(p eval.RankPair) bool { return p.Different }):
		return fmt.Sprintf("No two of the %d algorithms can be told apart on %s", len(order), plural(len(r.Sets), "data set"))
	case len(alike) == 0:
		return fmt.Sprintf("%s has the best average rank (%.2f) and differs from all others", name, r.Friedman.Ranks[best])
	case len(alike) == len(order)-1:
		return fmt.Sprintf("%s has the best average rank (%.2f); no other can be told from it", name, r.Friedman.Ranks[best])
	}
	return fmt.Sprintf("%s has the best average rank (%.2f); %d of the %d others cannot be told from it", name, r.Friedman.Ranks[best], len(alike), len(order)-1)
}

// Tests says what the tests found, a sentence each.
func (r *Ranking) Tests() []string {
	f, h := r.Friedman, r.PostHoc
	var out []string
	switch {
	case math.IsNaN(f.Chi2):
		out = append(out, "Friedman: undefined, every data set rates all algorithms alike.")
	case math.IsInf(f.F, 1):
		out = append(out, fmt.Sprintf("Friedman: χ² = %.4g on %d degrees of freedom (%s), as large as it can be: all data sets rank the algorithms alike.", f.Chi2, f.K-1, pText(f.P)))
	default:
		out = append(out, fmt.Sprintf("Friedman: χ² = %.4g on %d degrees of freedom (%s); Iman-Davenport: F = %.4g on %d and %d (%s).",
			f.Chi2, f.K-1, pText(f.P), f.F, f.K-1, (f.K-1)*(f.N-1), pText(f.FP)))
	}
	if h.CD != nil {
		out = append(out, fmt.Sprintf("Nemenyi, α = %g: two algorithms differ where their average ranks are more than %.4g apart (%d algorithms, %d data sets).", h.Alpha, *h.CD, f.K, f.N))
	} else {
		out = append(out, fmt.Sprintf("Wilcoxon's signed-rank test of each pair, Holm's correction, α = %g: no one distance of ranks tells who differs (%d algorithms, %d data sets).", h.Alpha, f.K, f.N))
	}
	switch {
	case len(h.Bars) == 0:
		out = append(out, "No group: every algorithm differs from every other.")
	case len(h.Bars) == 1 && len(h.Groups[h.Bars[0].Group]) == f.K:
		out = append(out, "One group: no two can be told apart.")
	}
	return out
}

// pText writes a p-value.
func pText(p float64) string {
	if p < 1e-4 {
		return "p < 0.0001"
	}
	return fmt.Sprintf("p = %.2g", p)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// few writes "a, b and 3 more".
func few(items []string, most int) string {
	if len(items) <= most {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:most], ", "), len(items)-most)
}
