package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Markdown writes the report as GitHub-flavoured Markdown. Figures are told in
// words: their captions and what they show.
func Markdown(w io.Writer, r *Report) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s\n\n", markdown(r.Title))
	if r.Subtitle != "" {
		fmt.Fprintf(b, "%s\n\n", markdownLine(r.Subtitle))
	}
	for _, s := range r.Sections {
		fmt.Fprintf(b, "## %s\n\n", markdown(s.Title))
		for _, x := range s.Blocks {
			markdownBlock(b, x)
		}
	}
	return b.Flush()
}

func markdownBlock(b *bufio.Writer, x Block) {
	switch x := x.(type) {
	case FirstScreen:
		class := ""
		if x.Class != "" {
			class = " (" + markdown(x.Class) + ")"
		}
		fmt.Fprintf(b, "**%s**%s\n\n", markdown(x.Use), class)
		for _, l := range x.Lines {
			topic := ""
			if l.Topic != "" {
				topic = "**" + markdown(l.Topic) + ":** "
			}
			fmt.Fprintf(b, "- %s%s\n", topic, markdownLine(l.Text))
		}
		fmt.Fprintln(b)
	case Finding:
		fmt.Fprintf(b, "**%s**\n\n", markdown(string(x)))
	case Tiles:
		markdownBlock(b, Facts(x))
	case Cautions:
		for _, s := range x {
			fmt.Fprintf(b, "> ⚠ %s\n>\n", markdown(s))
		}
		fmt.Fprintln(b)
	case Commands:
		fmt.Fprintln(b, "```sh")
		for _, c := range x {
			fmt.Fprintf(b, "# %s\n%s\n", clean(c.What), strings.ReplaceAll(clean(c.Command), "`", "'"))
		}
		fmt.Fprint(b, "```\n\n")
	case Text:
		fmt.Fprintf(b, "%s\n\n", markdownLine(string(x)))
	case Bullets:
		for _, s := range x {
			fmt.Fprintf(b, "- %s\n", markdownLine(s))
		}
		fmt.Fprintln(b)
	case Facts:
		for _, f := range x {
			v := markdown(f.Value)
			if f.Code {
				v = "`" + strings.ReplaceAll(clean(f.Value), "`", "'") + "`"
			}
			fmt.Fprintf(b, "- **%s:** %s\n", markdown(f.Name), v)
		}
		fmt.Fprintln(b)
	case Terms:
		for _, t := range x {
			fmt.Fprintf(b, "- **%s:** %s\n", markdown(t.Name), markdown(t.Doc))
		}
		fmt.Fprintln(b)
	case Cards:
		for _, c := range x {
			fmt.Fprintf(b, "### %s\n\n%s\n\n", markdown(c.Title()), markdownLine(c.Facts()))
			for _, h := range c.Behaviours {
				fmt.Fprintf(b, "- %s (%s)\n", markdownLine(h.Text), markdown(h.Difference()))
			}
			if len(c.Behaviours) > 0 {
				fmt.Fprintln(b)
			}
			if c.Rule != "" {
				fmt.Fprintf(b, "%s\n\n", markdownLine(c.Rule))
			}
		}
	case *Table:
		x.markdown(b)
	case *Figure:
		fmt.Fprintf(b, "*Figure: %s.* %s %s\n\n", markdown(strings.TrimSuffix(x.Title, ".")), markdown(x.Alt), markdown(x.Caption))
	}
}

// markdownLine escapes a line of its own, which must not begin a list, a heading
// or a rule.
func markdownLine(s string) string {
	s = markdown(strings.TrimSpace(s))
	if s != "" && strings.ContainsRune("-+=", rune(s[0])) {
		return `\` + s
	}
	if i := strings.IndexAny(s, ".)"); i > 0 && strings.Trim(s[:i], "0123456789") == "" {
		return s[:i] + `\` + s[i:]
	}
	return s
}

// markdown writes the table with its columns aligned, so that it also reads as text.
func (t *Table) markdown(b *bufio.Writer) {
	if t.Title != "" {
		fmt.Fprintf(b, "**%s**\n\n", markdown(t.Title))
	}
	widths := make([]int, len(t.Cols))
	lines := make([][]string, 0, len(t.Rows)+1)
	head := make([]string, len(t.Cols))
	for j, c := range t.Cols {
		head[j] = markdown(c.Name)
	}
	lines = append(lines, head)
	for _, r := range t.Rows {
		line := make([]string, len(t.Cols))
		for j, c := range r.Cells {
			line[j] = markdown(c.plain())
			if r.Strong && line[j] != "" {
				line[j] = "**" + line[j] + "**"
			}
		}
		lines = append(lines, line)
	}
	for _, l := range lines {
		for j, s := range l {
			widths[j] = max(widths[j], 3, width(s))
		}
	}
	for i, l := range lines {
		for j, s := range l {
			fill := strings.Repeat(" ", widths[j]-width(s))
			if t.Cols[j].Text {
				fmt.Fprintf(b, "| %s%s ", s, fill)
			} else {
				fmt.Fprintf(b, "| %s%s ", fill, s)
			}
		}
		fmt.Fprintln(b, "|")
		if i > 0 {
			continue
		}
		for j := range l {
			rule := strings.Repeat("-", widths[j])
			if !t.Cols[j].Text {
				rule = rule[1:] + ":"
			}
			fmt.Fprintf(b, "| %s ", rule)
		}
		fmt.Fprintln(b, "|")
	}
	fmt.Fprintln(b)
	for i, n := range t.Notes {
		fmt.Fprintf(b, "%s %s  \n", superscript(i+1), markdown(n))
	}
	if len(t.Notes) > 0 {
		fmt.Fprintln(b)
	}
}
