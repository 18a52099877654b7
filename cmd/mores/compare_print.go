package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mores-lab/mores/eval"
)

// compareWidest is how many segments of b the contingency table shows: beyond it lines
// break on most terminals, and the table of continuations says what matters.
const compareWidest = 12

// compareFlows is how many moves are listed.
const compareFlows = 8

func (p *comparison) print() {
	w := p.app.out
	for i, l := range p.ls {
		k, noise := sizesOf(l.Labels)
		fmt.Fprintf(w, "%s  %s: %d segments", letter(i), l.Name, k)
		if noise > 0 {
			fmt.Fprintf(w, ", %d unassigned (%s)", noise, share(noise, p.n))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d rows are in all of them\n\n", p.n)
	if len(p.aligned) == 1 {
		p.printPair(p.aligned[0])
	} else {
		p.printMany()
	}
	if c := p.consensus; c != nil {
		_, noise := sizesOf(c.Labels)
		fmt.Fprintf(w, "\nConsensus: %d segments, %d unassigned", c.K, noise)
		if s := meanSupport(c); s != nil {
			fmt.Fprintf(w, "; two rows of one segment are together in %.0f %% of the labellings on average", 100**s)
		}
		fmt.Fprintln(w)
	}
	switch {
	case p.cmd.Output != "":
		fmt.Fprintf(w, "\nwho moved: %s\n", p.cmd.Output)
	default:
		fmt.Fprintf(w, "\nwho moved: mores compare %s -o moved.csv\n", strings.Join(p.cmd.What, " "))
	}
}

// printPair says how alike two labellings are and what became of each segment.
func (p *comparison) printPair(r *eval.Alignment) {
	w := p.app.out
	ari, vi := p.table.ARI[0][1], p.table.VI[0][1]
	fmt.Fprintf(w, "How alike: %s agreement; adjusted Rand index %.3f (1 = the same, 0 = chance), variation of information %.3f nats (0 = the same, %.2f at most)\n",
		eval.AgreementWord(ari), ari, vi, math.Log(float64(p.n)))
	fmt.Fprintf(w, "%d rows (%s) stay in the segment that continues theirs, %d (%s) moved\n\n", r.Stayed, share(r.Stayed, p.n), len(r.Moved), share(len(r.Moved), p.n))
	if len(r.B) <= compareWidest {
		fmt.Fprintln(w, "Rows by segment of a (down) and b (across); * = the segment goes on")
		p.printCounts(r)
	} else {
		fmt.Fprintf(w, "b has %d segments, too many for a table of all pairs\n", len(r.B))
	}
	fmt.Fprintln(w, "\nWhat became of each segment")
	p.printSegments(r)
	if len(r.Flows) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWho moved, the largest groups first")
	for i, f := range r.Flows {
		if i == compareFlows {
			rest := 0
			for _, f := range r.Flows[i:] {
				rest += f.N
			}
			fmt.Fprintf(w, "  %s in %d smaller groups\n", rowsText(rest), len(r.Flows)-i)
			break
		}
		fmt.Fprintf(w, "  %s from %s to %s\n", rowsText(f.N), p.segmentName(0, f.From), p.segmentName(1, f.To))
	}
}

// segmentName is a segment's name, for people.
func (p *comparison) segmentName(i int, label int32) string {
	if label < 0 {
		return "unassigned"
	}
	return p.read[i].name(label)
}

// printCounts prints the contingency table, b's segments in the order of those they
// continue, new ones last.
func (p *comparison) printCounts(r *eval.Alignment) {
	var across []int
	for _, s := range r.A {
		if s.Partner >= 0 {
			across = append(across, s.Partner)
		}
	}
	for j, s := range r.B {
		if s.Partner < 0 {
			across = append(across, j)
		}
	}
	down := make([]int, len(r.A))
	for i := range down {
		down[i] = i
	}
	sum := func(cells []int) (n int) {
		for _, c := range cells {
			n += c
		}
		return n
	}
	last := 0
	for _, cells := range r.Counts {
		last += cells[len(r.B)]
	}
	if last > 0 {
		across = append(across, len(r.B))
	}
	if sum(r.Counts[len(r.A)]) > 0 {
		down = append(down, len(r.A))
	}
	head := []string{"a \\ b"}
	for _, j := range across {
		name := "unassigned"
		if j < len(r.B) {
			name = p.segmentName(1, r.B[j].Label)
		}
		head = append(head, name)
	}
	var rows [][]string
	for _, i := range down {
		name, partner := "unassigned", len(r.B)
		if i < len(r.A) {
			name, partner = p.segmentName(0, r.A[i].Label), r.A[i].Partner
		}
		row := []string{name}
		for _, j := range across {
			cell := strconv.Itoa(r.Counts[i][j])
			if j == partner {
				cell += "*"
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	p.namedTable(head, rows)
}

func (p *comparison) printSegments(r *eval.Alignment) {
	var rows [][]string
	for _, s := range r.A {
		row := []string{p.segmentName(0, s.Label), strconv.Itoa(s.N), "ends", "", share(s.Kept, s.N), share(s.N-s.Kept, s.N), ""}
		if s.Partner >= 0 {
			t := r.B[s.Partner]
			row[2], row[3], row[6] = p.segmentName(1, t.Label), strconv.Itoa(t.N), share(t.N-t.Kept, t.N)
		}
		rows = append(rows, row)
	}
	for _, t := range r.B {
		if t.Partner < 0 {
			rows = append(rows, []string{"new", "", p.segmentName(1, t.Label), strconv.Itoa(t.N), "", "", share(t.N, t.N)})
		}
	}
	p.namedTable([]string{"a", "rows", "goes on as", "rows in b", "kept of a", "lost of a", "gained in b"}, rows)
}

// printMany prints how alike each two labellings are, similar ones side by side, and how
// many rows moved from the first to each other one.
func (p *comparison) printMany() {
	w := p.app.out
	fmt.Fprintln(w, "How alike: adjusted Rand index above the diagonal (1 = the same, 0 = chance), variation of information")
	fmt.Fprintln(w, "in nats below it (0 = the same); similar ones stand side by side")
	head := []string{""}
	var rows [][]string
	for x, i := range p.table.Order {
		head = append(head, letter(i))
		row := []string{letter(i)}
		for y, j := range p.table.Order {
			switch {
			case x == y:
				row = append(row, "–")
			case x < y:
				row = append(row, fmt.Sprintf("%.3f", p.table.ARI[i][j]))
			default:
				row = append(row, fmt.Sprintf("%.3f", p.table.VI[i][j]))
			}
		}
		rows = append(rows, row)
	}
	p.namedTable(head, rows)
	fmt.Fprintln(w)
	for i, r := range p.aligned {
		ari := p.table.ARI[0][i+1]
		fmt.Fprintf(w, "a to %s: %s agreement (%.3f); rows moved: %d (%s)\n", letter(i+1), eval.AgreementWord(ari), ari, len(r.Moved), share(len(r.Moved), p.n))
	}
}

// rowsText counts rows, right-aligned.
func rowsText(n int) string {
	if n == 1 {
		return "     1 row "
	}
	return fmt.Sprintf("%6d rows", n)
}

// share writes a part of n in per cent.
func share(part, n int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(n))
}

// namedTable prints a table whose header holds names, as they are.
func (p *comparison) namedTable(header []string, rows [][]string) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns, t.Style().Options.DrawBorder = false, false
	t.Style().Format.Header = text.FormatDefault
	cells := func(words []string) table.Row {
		var out table.Row
		for _, w := range words {
			out = append(out, w)
		}
		return out
	}
	t.AppendHeader(cells(header))
	for _, r := range rows {
		t.AppendRow(cells(r))
	}
	for line := range strings.SplitSeq(t.Render(), "\n") {
		fmt.Fprintln(p.app.out, strings.TrimRight(line, " "))
	}
}
