package bench

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WriteText writes the result for a terminal that many characters wide; all adds the
// table of every data set.
func (r *Result) WriteText(w io.Writer, columns int, all bool) {
	columns = max(columns, 60)
	p := &plain{w: w, columns: columns}
	p.lines(r.setting().before)
	if len(r.Table.Sets) > 0 {
		p.title("Ranks")
		r.rankText(p)
		p.lines(r.caution())
		p.section(r.means())
		p.section(r.costs())
		if r.Published != nil {
			p.section(r.published())
		}
		if all {
			p.section(r.scores())
		}
	}
	if len(r.Slopes) > 0 {
		p.section(r.growth())
	}
	p.section(r.missing())
}

// WriteText writes the ranks alone.
func (r *Ranking) WriteText(w io.Writer, columns int) {
	p := &plain{w: w, columns: max(columns, 60)}
	(&Result{Ranking: r}).rankText(p)
	p.lines(r.caution())
}

func (r *Result) rankText(p *plain) {
	k := r.Ranking
	p.lines([]string{k.Finding() + "."})
	if k.Reason != "" {
		return
	}
	p.lines([]string{fmt.Sprintf("Average ranks over %s; 1 is best, left:", plural(len(k.Sets), "data set"))})
	k.Chart(p.w, p.columns)
	if len(k.PostHoc.Bars) > 0 {
		p.lines([]string{fmt.Sprintf("┃ joins algorithms that cannot be told apart at α = %g; ┊ passes one that can.", k.PostHoc.Alpha)})
	}
	p.lines(k.Tests())
}

type plain struct {
	w       io.Writer
	columns int
}

func (p *plain) title(s string) { fmt.Fprintf(p.w, "\n%s\n", s) }

// lines writes sentences, wrapped.
func (p *plain) lines(lines []string) {
	for _, l := range lines {
		at := 0
		for i, word := range strings.Fields(l) {
			n := utf8.RuneCountInString(word)
			switch {
			case i == 0:
			case at+1+n > p.columns:
				fmt.Fprint(p.w, "\n  ")
				at = 2
			default:
				fmt.Fprint(p.w, " ")
				at++
			}
			fmt.Fprint(p.w, word)
			at += n
		}
		fmt.Fprintln(p.w)
	}
}

func (p *plain) section(s section) {
	if len(s.before) == 0 && len(s.table) < 2 {
		return
	}
	p.title(s.title)
	p.lines(s.before)
	p.table(s.table)
	p.lines(s.after)
}

// table aligns columns, numbers to the right.
func (p *plain) table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for j, c := range r {
			wide[j] = max(wide[j], utf8.RuneCountInString(c))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		for j, c := range r {
			gap := strings.Repeat(" ", wide[j]-utf8.RuneCountInString(c))
			if numeric(rows, j) {
				b.WriteString(gap + c)
			} else {
				b.WriteString(c + gap)
			}
			b.WriteString("  ")
		}
		fmt.Fprintln(p.w, strings.TrimRight(b.String(), " "))
	}
}

// numeric reports whether a column's cells begin as numbers do.
func numeric(rows [][]string, col int) bool {
	some := false
	for _, r := range rows[1:] {
		c := strings.TrimLeft(r[col], "+−-–")
		if c == "" {
			continue
		}
		if first, _ := utf8.DecodeRuneInString(c); !unicode.IsDigit(first) {
			return false
		}
		some = true
	}
	return some
}
