package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

//go:embed topics/*.txt
var topics embed.FS

type helpCmd struct {
	Lang  string `help:"Language of the glossary: en, de, da or nl." default:"en" enum:"en,de,da,nl"`
	Topic string `arg:"" optional:"" help:"glossary, exit-codes, formats, indices, algorithms, extractors, or an error code such as D004."`
}

func (helpCmd) Examples() string {
	return `  mores help glossary
  mores help glossary --lang nl
  mores help indices
  mores help D004          what an error code means and what to do`
}

func (c helpCmd) Run(a *app) error {
	switch t := strings.ToLower(c.Topic); t {
	case "":
		k, err := a.parser.Parse([]string{"--help"})
		_ = k
		return err
	case "indices":
		return helpIndices(a.out)
	case "glossary":
		return c.glossary(a.out)
	case "algorithms":
		for _, m := range study.Algorithms() {
			helpMember(a.out, m.Name, m.Aliases, m.Doc, m.Refs)
			if p, err := cluster.Params(m.New()); err == nil {
				fmt.Fprintf(a.out, "  defaults: %s\n\n", p)
			}
		}
		return nil
	case "extractors":
		for _, e := range features.Extractors() {
			helpMember(a.out, e.Name, nil, e.Doc, e.Refs)
			if n := e.Needs.Names(); len(n) > 0 {
				fmt.Fprintf(a.out, "  needs: %s\n", strings.Join(n, ", "))
			}
			fmt.Fprintf(a.out, "  minimum evidence: %d purchase days; its null shuffles %s\n\n", e.Minimum, e.Null)
		}
		return nil
	default:
		if b, err := topics.ReadFile("topics/" + t + ".txt"); err == nil {
			_, err = a.out.Write(b)
			return err
		}
		if text, ok := codeHelp(c.Topic); ok {
			fmt.Fprintln(a.out, text)
			return nil
		}
		return fail(exitUsage, "no help on %q\n  topics: %s, or an error code", c.Topic, strings.Join(helpTopics(), ", "))
	}
}

// glossary prints the words used, and what each block measures, from the code.
func (c helpCmd) glossary(w io.Writer) error {
	name, head := "topics/glossary.txt", "Blocks: what is measured"
	switch c.Lang {
	case "de":
		name, head = "topics/glossary.de.txt", "Blöcke: was gemessen wird"
	case "da":
		name, head = "topics/glossary.da.txt", "Blokke: hvad der måles"
	case "nl":
		name, head = "topics/glossary.nl.txt", "Blokken: wat gemeten wordt"
	}
	b, err := topics.ReadFile(name)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s\n%s\n", b, head); err != nil {
		return err
	}
	return features.WriteGlossary(w, c.Lang)
}

func helpTopics() []string {
	out := []string{"algorithms", "extractors", "indices"}
	fs, _ := topics.ReadDir("topics")
	for _, f := range fs {
		if n := strings.TrimSuffix(f.Name(), ".txt"); n != "codes" && !strings.Contains(n, ".") {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// codeHelp finds an error code's paragraph in topics/codes.txt: paragraphs are
// separated by blank lines and begin with the code.
func codeHelp(code string) (string, bool) {
	b, err := topics.ReadFile("topics/codes.txt")
	if err != nil {
		return "", false
	}
	for p := range strings.SplitSeq(string(b), "\n\n") {
		p = strings.TrimSpace(p)
		if head, _, _ := strings.Cut(p, " "); strings.EqualFold(head, code) {
			return p, true
		}
	}
	return "", false
}

func helpIndices(w io.Writer) error {
	for _, m := range eval.Metrics() {
		helpMember(w, m.Name, m.Aliases, m.Doc, m.Refs)
		better := map[int]string{1: "larger is better", -1: "smaller is better", 0: "neither direction is better"}[m.Range.Better]
		_, err := fmt.Fprintf(w, "  range [%g, %g]; %s\n\n", m.Range.Lo, m.Range.Hi, better)
		if err != nil {
			return err
		}
	}
	return nil
}

// helpMember prints one algorithm, extractor or metric: name, text, sources.
func helpMember(w io.Writer, name string, aliases []string, doc string, refs []eval.Ref) {
	fmt.Fprint(w, name)
	if len(aliases) > 0 {
		fmt.Fprintf(w, " (also: %s)", strings.Join(aliases, ", "))
	}
	fmt.Fprintf(w, "\n  %s\n", strings.ReplaceAll(strings.TrimSpace(doc), "\n", "\n  "))
	for _, r := range refs {
		fmt.Fprintf(w, "  source: %s (%d). %s. %s", r.Authors, r.Year, r.Title, r.Venue)
		if r.DOI != "" {
			fmt.Fprintf(w, ". %s", r.DOI)
		}
		fmt.Fprintln(w)
	}
}
