package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/features"
)

type datasetsBlocks struct {
	Name  []string `arg:"" optional:"" help:"Event logs or generators of the catalogue; default: the logs whose files are here, and retail-sim."`
	Lacks bool     `help:"Also list what each log lacks for the others."`
}

// blocksOf is what one log can feed.
type blocksOf struct {
	name      string
	customers int
	xs        []features.Exercise // by name, the same extractors for all logs
}

func (c datasetsBlocks) Run(ctx context.Context, a *app) error {
	names := c.Name
	if len(names) == 0 {
		names = logsHere()
	}
	var all []blocksOf
	for _, n := range names {
		src, err := lookupSource(n)
		if err != nil {
			return err
		}
		log, _, err := logFlags{}.read(ctx, a, []string{src.Name})
		if err != nil {
			return err
		}
		xs, err := features.Exercises(ctx, log)
		if err != nil {
			return err
		}
		all = append(all, blocksOf{src.Name, log.NumCustomers(), xs})
	}
	if a.JSON {
		return a.result(map[string]any{"sources": blocksJSON(all)})
	}
	blocksTable(a.out, all)
	if c.Lacks {
		blocksLacks(a.out, all)
	}
	return nil
}

// logsHere lists the event logs whose files are at hand, and the generated shop.
func logsHere() []string {
	var out []string
	for _, s := range datasets.Sources() {
		here := s.Name == "retail-sim"
		if s.Mapping != nil && len(s.Files) > 0 {
			_, err := load.Locate(s.Files[0].Path)
			here = err == nil
		}
		if here {
			out = append(out, s.Name)
		}
	}
	return out
}

// blockMark stands where a log can feed an extractor.
const blockMark = "●"

func blocksTable(w io.Writer, all []blocksOf) {
	t := table.NewWriter()
	head := table.Row{"extractor"}
	cols := []table.ColumnConfig{{Number: 1}}
	for i, s := range all {
		head = append(head, s.name)
		cols = append(cols, table.ColumnConfig{Number: i + 2, Align: text.AlignCenter, AlignHeader: text.AlignCenter})
	}
	t.SetColumnConfigs(cols)
	t.AppendHeader(head)
	for i, e := range features.Extractors() {
		row := table.Row{e.Name}
		for _, s := range all {
			mark := ""
			if s.xs[i].Lacks == "" {
				mark = blockMark
			}
			row = append(row, mark)
		}
		t.AppendRow(row)
	}
	total := table.Row{fmt.Sprintf("of %d", len(features.Extractors()))}
	for _, s := range all {
		total = append(total, s.fed())
	}
	t.AppendRow(total)
	fmt.Fprintln(w, t.RenderMarkdown())
}

// fed counts the extractors that the log can feed.
func (b blocksOf) fed() int {
	n := 0
	for _, x := range b.xs {
		if x.Lacks == "" {
			n++
		}
	}
	return n
}

// blocksLacks lists, log by log, what is lacking and for which extractors.
func blocksLacks(w io.Writer, all []blocksOf) {
	for _, s := range all {
		fmt.Fprintf(w, "\n**%s** (%d customers)", s.name, s.customers)
		by := map[string][]string{}
		for _, x := range s.xs {
			if x.Lacks != "" {
				by[x.Lacks] = append(by[x.Lacks], x.Extractor.Name)
			}
		}
		if len(by) == 0 {
			fmt.Fprintln(w, " lacks nothing.")
			continue
		}
		fmt.Fprint(w, " lacks:\n\n")
		lacks := sortedKeys(by)
		slices.SortStableFunc(lacks, func(a, b string) int { return len(by[b]) - len(by[a]) })
		for _, l := range lacks {
			fmt.Fprintf(w, "- %s: %s\n", l, strings.Join(by[l], ", "))
		}
	}
}

func blocksJSON(all []blocksOf) []map[string]any {
	var out []map[string]any
	for _, s := range all {
		feeds, lacks, enough := []string{}, map[string]string{}, map[string]int{}
		for _, x := range s.xs {
			if n := x.Extractor.Name; x.Lacks == "" {
				feeds = append(feeds, n)
				enough[n] = x.Customers
			} else {
				lacks[n] = x.Lacks
			}
		}
		out = append(out, map[string]any{"name": s.name, "customers": s.customers, "feeds": feeds, "enough": enough, "lacks": lacks})
	}
	return out
}
