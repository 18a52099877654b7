package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

type relatedCmd struct {
	logFlags
	Item    string   `arg:"" help:"An item, by its code or its name; with --of category or brand one of those."`
	Log     []string `arg:"" help:"Files of an event log, or a data set of the catalogue."`
	Of      string   `help:"What is related: item, category or brand; default: the finest that the log has." placeholder:"UNIT"`
	Basket  string   `help:"Together means by one customer, or in one order, day or session." default:"customer" enum:"customer,order,day,session"`
	From    []string `help:"Kinds of event with the item; default purchase." placeholder:"KIND"`
	To      []string `help:"Kinds of event with the other; default: as --from. --from wishlist --to purchase: wished for x, bought y." placeholder:"KIND"`
	By      string   `help:"Order by cosine, lift, confidence, g2, jaccard, pmi, leverage, support, conviction or p." default:"cosine"`
	Top     int      `short:"n" help:"How many." default:"10"`
	Minimum int      `help:"Baskets that a pair must share." default:"5"`
	All     bool     `help:"Show pairs that chance explains, too."`
}

func (relatedCmd) Examples() string {
	return `  mores related "JUMBO BAG RED RETROSPOT" online-retail
  mores related 85123A online-retail --by g2 --basket order
  mores related lamp shop.csv --from wishlist --to purchase      wished for it, bought that`
}

func (c relatedCmd) Run(ctx context.Context, a *app) error {
	if !slices.Contains(features.RelatedMetrics, c.By) {
		return fail(exitUsage, "--by %q: one of %s%s", c.By, list(features.RelatedMetrics), suggest(c.By, features.RelatedMetrics))
	}
	o := features.RelatedOptions{Unit: c.Of, Basket: c.Basket, MinCount: c.Minimum, Workers: a.Jobs}
	if c.All {
		o.Level = 1
	}
	var err error
	if o.From, err = kindsOf("--from", c.From); err != nil {
		return err
	}
	if o.To, err = kindsOf("--to", c.To); err != nil {
		return err
	}
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return err
	}
	a.tell(log, rep)
	t, err := features.Related(ctx, log, o)
	if err != nil {
		return &failure{exit: exitData, err: err}
	}
	item, err := c.find(t)
	if err != nil {
		return err
	}
	found := t.For(item.Item, c.By, c.Top)
	if a.JSON {
		return a.result(map[string]any{"item": item, "by": c.By, "baskets": t.N, "unit": t.Options.Unit, "basket": t.Options.Basket, "related": found})
	}
	what := fmt.Sprintf("%s %s", t.Options.Unit, item.Item)
	if item.Name != "" {
		what += " (" + item.Name + ")"
	}
	fmt.Fprintf(a.out, "%s: in %d of %d baskets (one per %s)\n", what, item.From, t.N, t.Options.Basket)
	if len(found) == 0 {
		fmt.Fprintf(a.out, "nothing goes with it beyond chance in %d baskets or more (--all and --minimum show more)\n", c.Minimum)
		return nil
	}
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Options.SeparateColumns, w.Style().Options.DrawBorder = false, false
	w.AppendHeader(table.Row{t.Options.Unit, "name", "both", "of those", "lift", "cosine", "G²", "q"})
	for _, r := range found {
		w.AppendRow(table.Row{
			r.Item, cut(r.Name, 40), r.Count, fmt.Sprintf("%.1f %%", 100*r.Confidence), fmt.Sprintf("%.2f", r.Lift),
			fmt.Sprintf("%.3f", r.Cosine), fmt.Sprintf("%.1f", r.G2), fmt.Sprintf("%.1g", r.Q),
		})
	}
	for line := range strings.SplitSeq(w.Render(), "\n") {
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
	return nil
}

// find takes the one item that the text means: a code, a name, or a part of one.
func (c relatedCmd) find(t *features.RelatedTable) (features.RelatedCount, error) {
	ids := t.Find(c.Item)
	of := func(id string) features.RelatedCount {
		return t.Items[slices.IndexFunc(t.Items, func(i features.RelatedCount) bool { return i.Item == id })]
	}
	switch len(ids) {
	case 1:
		return of(ids[0]), nil
	case 0:
		var known []string
		for _, i := range t.Items {
			known = append(known, i.Item, i.Name)
		}
		return features.RelatedCount{}, fail(exitUsage, "no %s %q in the log%s", t.Options.Unit, c.Item, suggest(c.Item, known))
	}
	var lines []string
	for _, id := range ids[:min(len(ids), 8)] {
		lines = append(lines, strings.TrimSpace(id+"  "+of(id).Name))
	}
	if len(ids) > len(lines) {
		lines = append(lines, fmt.Sprintf("and %d more", len(ids)-len(lines)))
	}
	return features.RelatedCount{}, fail(exitUsage, "%q may be %d items: give the code of one\n  %s", c.Item, len(ids), strings.Join(lines, "\n  "))
}

// kindsOf reads names of kinds of event.
func kindsOf(flag string, names []string) ([]datasets.Kind, error) {
	var out []datasets.Kind
	for _, n := range names {
		k, ok := datasets.ParseKind(n)
		if !ok {
			return nil, fail(exitUsage, "%s %q is no kind of event%s\n  kinds: %s", flag, n, suggest(n, datasets.KindNames()), list(datasets.KindNames()))
		}
		out = append(out, k)
	}
	return out, nil
}
