package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// LaTeX writes the report's tables, ready for \input: booktabs rules, escaped
// names, footnotes below each table. The preamble needs booktabs, and textcomp
// before LaTeX 2020.
func LaTeX(w io.Writer, r *Report) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%% %s: tables; needs \\usepackage{booktabs}\n", latex(r.Title))
	for _, t := range r.Tables() {
		t.latex(b)
	}
	return b.Flush()
}

func (t *Table) latex(b *bufio.Writer) {
	var align strings.Builder
	for _, c := range t.Cols {
		if c.Text {
			align.WriteByte('l')
		} else {
			align.WriteByte('r')
		}
	}
	fmt.Fprintf(b, "\n\\begin{table}\n\\centering\\small\n\\caption{%s}\n\\label{tab:%s}\n\\begin{tabular}{%s}\n\\toprule\n",
		latex(t.Title), slug(t.Name), align.String())
	for j, c := range t.Cols {
		if j > 0 {
			b.WriteString(" & ")
		}
		b.WriteString(latex(c.Name))
	}
	b.WriteString(" \\\\\n\\midrule\n")
	for _, r := range t.Rows {
		for j, c := range r.Cells {
			if j > 0 {
				b.WriteString(" & ")
			}
			s := latex(c.Text)
			if c.Mark != "" {
				s = latex(c.Mark) + " " + s
			}
			if r.Strong && c.Text != "" {
				s = `\textbf{` + s + `}`
			}
			if c.Note > 0 {
				s += fmt.Sprintf("$^{%d}$", c.Note)
			}
			if j == 0 && strings.HasPrefix(s, "*") {
				s = "{}" + s // \\* is a command
			}
			b.WriteString(s)
		}
		b.WriteString(" \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	for i, n := range t.Notes {
		fmt.Fprintf(b, "\\par\\footnotesize $^{%d}$ %s\n", i+1, latex(n))
	}
	b.WriteString("\\end{table}\n")
}
