package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/golearn"
)

type lookalikeCmd struct {
	logFlags
	Log     []string `arg:"" optional:"" help:"Files of an event log, or a data set of the catalogue; or -i."`
	Input   string   `short:"i" help:"Features instead of a log, with a column id: Parquet or CSV." placeholder:"FILE"`
	Seeds   string   `help:"The customers to be like: CSV with a column id." required:"" placeholder:"FILE.csv"`
	ID      string   `name:"id" help:"Column of that file that holds the ids." default:"id" placeholder:"COLUMN"`
	Method  string   `help:"pu (logistic from positives and unlabelled), centroid (Mahalanobis), traits (weights of evidence), neighbours (golearn), or all, which compares them." default:"pu" placeholder:"METHOD"`
	Reach   float64  `help:"Share of the other customers to take." default:"0.1"`
	Recipe  []string `help:"How features are measured on a log." default:"behavioural-v1"`
	Without []string `help:"Leave out this block of features, or this feature: what made somebody a seed, above all; repeatable." placeholder:"BLOCK"`
	Output  string   `short:"o" help:"Write the most alike here: id, score, similarity, rank (- is stdout)." placeholder:"FILE.csv"`
	Repeats int      `help:"Trials: in each, 30 %% of the seed set is hidden and looked for." default:"20"`
}

func (lookalikeCmd) Examples() string {
	return `  mores segment orders.csv --rule "spend >= 500 in 365 d" -o best.csv
  mores lookalike orders.csv --seeds best.csv --without rfm --without btyd -o more.csv
  mores lookalike orders.csv --as-of 2011-09-01 --seeds redeemed_since.csv     no feature knows what came after
  mores lookalike -i features.parquet --seeds best.csv --method all
  The reach is said with how well it is met: in each trial 30 % of the seed set is hidden; recall
  is the share of them that is found among so many, lift how many times as many as by chance.
  Leave out what defines the seed set (--without), or the definition is found, not the people.`
}

func (c lookalikeCmd) Run(ctx context.Context, a *app) error {
	if err := c.check(a); err != nil {
		return err
	}
	ids, err := readSeeds(a.path(c.Seeds), c.ID)
	if err != nil {
		return err
	}
	x, known, err := c.matrix(ctx, a)
	if err != nil {
		return err
	}
	if x, err = c.without(a, x); err != nil {
		return err
	}
	seed, err := c.mark(a, x, known, ids)
	if err != nil {
		return err
	}
	if a.DryRun {
		n, d := x.Dims()
		a.say("would look among %d customers by %d features", n, d)
		return nil
	}
	var all []*eval.Lookalike
	for _, m := range c.methods() {
		l, err := eval.FindLookalikes(ctx, x, seed, eval.LookalikeOptions{
			Method: m, Repeats: c.Repeats, Seed: a.Seed, Workers: a.Jobs, Neighbours: golearn.Neighbours,
		})
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			return &failure{exit: exitData, err: err}
		}
		if c.Method == "all" {
			a.say("  %s: tried", m)
		}
		all = append(all, l)
	}
	best := all[0]
	for _, l := range all {
		if l.At[2].Lift > best.At[2].Lift {
			best = l
		}
	}
	for _, w := range best.Warnings {
		a.say("warning: %s", w)
	}
	drivers := eval.LookalikeDrivers(x, seed, 5)
	if len(drivers) > 0 && (drivers[0].AUC > .98 || drivers[0].AUC < .02) {
		d := drivers[0].Column
		a.say("warning: %s alone all but tells the seed set apart: if it is what made them seeds, leave it out: --without %s", d.Name, cmp.Or(d.Block, d.Name))
	}
	rows := mostAlike(best, seed, c.Reach)
	write := func(w io.Writer) error { return lookalikeCSV(w, x, best, rows) }
	switch c.Output {
	case "":
	case "-":
		return write(a.out)
	default:
		if err := writeFile(a.path(c.Output), write); err != nil {
			return err
		}
	}
	if a.JSON {
		return c.result(a, all, best, rows, drivers)
	}
	return c.print(a, all, best, rows, drivers)
}

// check refuses what cannot be before anything is read.
func (c lookalikeCmd) check(a *app) error {
	var names []string
	for _, m := range eval.LookalikeMethods() {
		names = append(names, m.Name)
	}
	names = append(names, "all")
	switch {
	case !slices.Contains(names, c.Method):
		return fail(exitUsage, "--method %q: one of %s%s", c.Method, list(names), suggest(c.Method, names))
	case !(c.Reach > 0 && c.Reach <= 1):
		return fail(exitUsage, "--reach %g: a share of the other customers above 0 and at most 1, as .1", c.Reach)
	case c.Repeats < 2:
		return fail(exitUsage, "--repeats %d: two trials are the least, and twenty are better", c.Repeats)
	case (c.Input == "") == (len(c.Log) == 0):
		return fail(exitUsage, "give either a log or -i features.parquet")
	case c.Output == "-" && a.JSON:
		return fail(exitUsage, "-o - and --json both want stdout: give -o a file")
	}
	if err := knownRecipe(c.Recipe); err != nil {
		return err
	}
	if c.Output != "" && c.Output != "-" {
		return writable(a.path(c.Output))
	}
	return nil
}

func (c lookalikeCmd) methods() []string {
	if c.Method != "all" {
		return []string{c.Method}
	}
	var out []string
	for _, m := range eval.LookalikeMethods() {
		out = append(out, m.Name)
	}
	return out
}

// matrix reads or measures the features; known are customers who have none, and why.
func (c lookalikeCmd) matrix(ctx context.Context, a *app) (*features.Matrix, map[string]string, error) {
	if c.Input != "" {
		m, err := readMatrix(ctx, a, c.Input, "", true)
		return m, nil, err
	}
	c.reads = readsOf(c.Recipe)
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return nil, nil, err
	}
	a.tell(log, rep)
	r, err := a.recipe(c.Recipe, log)
	if err != nil {
		return nil, nil, err
	}
	b, err := features.Build(ctx, log, r, 0, a.Jobs)
	if err != nil {
		return nil, nil, err
	}
	known := map[string]string{}
	for stratum, ids := range b.StratumIDs {
		for _, id := range ids {
			known[id] = stratum
		}
	}
	for _, s := range b.Strata {
		if s.Name != datasets.Enough.String() {
			a.say("  %d customers (%s) have too little behaviour to be compared", s.Customers, s.Name)
		}
	}
	return b.Raw, known, nil
}

// without leaves out the blocks and features that --without names.
func (c lookalikeCmd) without(a *app, m *features.Matrix) (*features.Matrix, error) {
	if len(c.Without) == 0 {
		return m, nil
	}
	var have []string
	var keep []int
	used := map[string]bool{}
	for j, col := range m.Cols {
		for _, n := range []string{col.Block, col.Name} {
			if n != "" && !slices.Contains(have, n) {
				have = append(have, n)
			}
			used[n] = used[n] || slices.Contains(c.Without, n)
		}
		if !slices.Contains(c.Without, col.Block) && !slices.Contains(c.Without, col.Name) {
			keep = append(keep, j)
		}
	}
	for _, w := range c.Without {
		if !used[w] {
			var blocks []string
			for _, col := range m.Cols {
				if col.Block != "" && !slices.Contains(blocks, col.Block) {
					blocks = append(blocks, col.Block)
				}
			}
			if len(blocks) < 2 {
				blocks = have
			}
			return nil, fail(exitUsage, "--without %q: no such block or feature%s\n  there are: %s", w, suggest(w, have), list(blocks))
		}
	}
	if len(keep) == 0 {
		return nil, fail(exitUsage, "--without leaves no feature to tell customers by")
	}
	n, _ := m.Dims()
	var cols []features.Column
	for _, j := range keep {
		cols = append(cols, m.Cols[j])
	}
	out := features.NewMatrix(n, cols, nil)
	out.IDs, out.Weights, out.Descriptors = m.IDs, m.Weights, m.Descriptors
	for i := range n {
		for k, j := range keep {
			out.Row(i)[k] = m.Row(i)[j]
		}
	}
	a.say("  %d of %d features are left out", len(m.Cols)-len(keep), len(m.Cols))
	return out, nil
}

// readSeeds reads the ids of a CSV file's column, each once.
func readSeeds(path, column string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fail(exitData, "%s is empty: want a header with a column %s, and a line a customer", path, column)
	}
	if err != nil {
		return nil, fail(exitData, "%s: %w", path, err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	at := slices.Index(head, column)
	if at < 0 {
		return nil, fail(exitData, "%s: no column %q in the header %q%s\n  fix: --id COLUMN names the one with the ids", path, column, strings.Join(head, ","), suggest(column, head))
	}
	var out []string
	seen := map[string]bool{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fail(exitData, "%s: %w", path, err)
		}
		if line, _ := r.FieldPos(0); at >= len(rec) {
			return nil, fail(exitData, "%s, line %d: %d fields, the id is field %d", path, line, len(rec), at+1)
		}
		if id := strings.TrimSpace(rec[at]); id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		return nil, fail(exitData, "%s: the seed set is empty: there is nobody to be like", path)
	}
	return out, nil
}

// mark finds the seeds among the rows and says who is not there, and why.
func (c lookalikeCmd) mark(a *app, x *features.Matrix, known map[string]string, ids []string) ([]bool, error) {
	n, _ := x.Dims()
	at := make(map[string]int, n)
	for i := range n {
		at[x.ID(i)] = i
	}
	seed := make([]bool, n)
	var strange, thin []string
	for _, id := range ids {
		i, ok := at[id]
		switch {
		case ok:
			seed[i] = true
		case known[id] != "":
			thin = append(thin, id)
		default:
			strange = append(strange, id)
		}
	}
	where := "the log"
	if c.Input != "" {
		where = c.Input
	}
	if len(strange)+len(thin) == len(ids) {
		if len(thin) > 0 {
			return nil, fail(exitData, "none of the %d seeds has enough behaviour to be compared, e.g. %s (%s)", len(ids), quoted(thin, 0), known[thin[0]])
		}
		var theirs []string
		for i := range min(3, n) {
			theirs = append(theirs, x.ID(i))
		}
		return nil, fail(exitData, "none of the %d ids of %s is in %s\n  seeds: %s\n  %s: %s\n  fix: are these the same customers' ids? --id COLUMN names another column", len(ids), c.Seeds, where,
			quoted(strange, 0, 1, 2), where, quoted(theirs, 0, 1, 2))
	}
	if len(strange) > 0 {
		a.say("warning: %d of %d seeds are not in %s and were left out, e.g. %s", len(strange), len(ids), where, quoted(strange, 0, 1, 2))
	}
	if len(thin) > 0 {
		a.say("warning: %d of %d seeds have too little behaviour to learn from and were left out, e.g. %s (%s)", len(thin), len(ids), quoted(thin, 0, 1, 2), known[thin[0]])
	}
	return seed, nil
}

// mostAlike lists that share of the rows that are no seeds, best first.
func mostAlike(l *eval.Lookalike, seed []bool, reach float64) []int {
	var rows []int
	for i, s := range seed {
		if !s {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(p, q int) int { return cmp.Compare(l.Scores[q], l.Scores[p]) })
	return rows[:int(float64(len(rows))*reach+.5)]
}

func lookalikeCSV(w io.Writer, x *features.Matrix, l *eval.Lookalike, rows []int) error {
	cw := csv.NewWriter(w)
	cw.Write([]string{"id", "score", "similarity", "rank"})
	for r, i := range rows {
		cw.Write([]string{x.ID(i), float(l.Scores[i]), strconv.FormatFloat(l.Similarity[i], 'f', 4, 64), strconv.Itoa(r + 1)})
	}
	cw.Flush()
	return cw.Error()
}

// differences compares every method with trait weights, by the same hidden seeds.
func (c lookalikeCmd) differences(all []*eval.Lookalike) map[string]eval.CorrectedT {
	out := map[string]eval.CorrectedT{}
	at := slices.IndexFunc(all, func(l *eval.Lookalike) bool { return l.Method == "traits" })
	if at < 0 || len(all) < 2 {
		return out
	}
	for _, l := range all {
		if l != all[at] {
			if d, err := eval.LookalikeDifference(l, all[at], .1); err == nil {
				out[l.Method] = d
			}
		}
	}
	return out
}

func (c lookalikeCmd) result(a *app, all []*eval.Lookalike, best *eval.Lookalike, rows []int, drivers []eval.LookalikeDriver) error {
	methods := []map[string]any{}
	diff := c.differences(all)
	for _, l := range all {
		m := map[string]any{"method": l.Method, "at": l.At}
		if d, ok := diff[l.Method]; ok {
			m["lift_10_less_traits"] = d
		}
		methods = append(methods, m)
	}
	return a.result(map[string]any{
		"method": best.Method, "seeds": best.Seeds, "candidates": best.Candidates, "trials": best.Trials, "hidden": best.Hidden,
		"reach": c.Reach, "customers": len(rows), "similarity": leastSimilar(best, rows), "methods": methods, "curve": best.Curve,
		"drivers": drivers, "warnings": slices.Concat([]string{}, best.Warnings), "output": c.Output,
	})
}

func leastSimilar(l *eval.Lookalike, rows []int) float64 {
	least := 1.
	for _, i := range rows {
		least = min(least, l.Similarity[i])
	}
	return least
}

func (c lookalikeCmd) print(a *app, all []*eval.Lookalike, best *eval.Lookalike, rows []int, drivers []eval.LookalikeDriver) error {
	fmt.Fprintf(a.out, "%d seeds, %d others; %s. Reach %g %%: %d customers; the least alike of them ranks above %.0f %% of the seed set's own\n\n",
		best.Seeds, best.Candidates, best.Method, 100*c.Reach, len(rows), 100*leastSimilar(best, rows))
	if c.Method == "all" {
		w := ruleTable()
		w.AppendHeader(table.Row{"method", "recall at 10 %", "lift at 10 %", "less that of traits"})
		diff := c.differences(all)
		for _, l := range all {
			p, less := l.At[2], ""
			if d, ok := diff[l.Method]; ok {
				less = fmt.Sprintf("%+.2f", d.Mean)
				if d.Reason == "" {
					less += fmt.Sprintf(" [%+.2f, %+.2f]", d.Lo, d.Hi)
				}
			}
			w.AppendRow(table.Row{l.Method, fmt.Sprintf("%.1f %%", 100*p.Recall), bounded(p.Lift, p.LiftLo, p.LiftHi, p.Reason), less})
		}
		printTable(a.out, w)
		fmt.Fprintln(a.out)
	}
	w := ruleTable()
	w.AppendHeader(table.Row{"reach", "customers", "recall", "lift", "least similar"})
	for _, p := range best.At {
		w.AppendRow(table.Row{
			fmt.Sprintf("%g %%", 100*p.Reach), p.Customers, bounded(100*p.Recall, 100*p.RecallLo, 100*p.RecallHi, p.Reason) + " %",
			bounded(p.Lift, p.LiftLo, p.LiftHi, p.Reason), fmt.Sprintf("%.2f", p.Similarity),
		})
	}
	printTable(a.out, w)
	fmt.Fprintf(a.out, "recall: of the %d seeds hidden in each of %d trials, found among so many; [95 %%]\n\nwhat tells seeds from the others, one by one (AUC; medians)\n", best.Hidden, best.Trials)
	for _, d := range drivers {
		fmt.Fprintf(a.out, "  %-28s %.2f   %.4g against %.4g\n", d.Column.Name, d.AUC, d.Seeds, d.Others)
	}
	return nil
}

func bounded(x, lo, hi float64, reason string) string {
	if reason != "" {
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", x, lo, hi)
}
