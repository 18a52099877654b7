package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
)

type compareCmd struct {
	What      []string `arg:"" name:"labelling" help:"A labelling (CSV id,cluster), a study's folder (its recommended run) or one run (STUDY/runs/ID)."`
	ID        string   `name:"id" help:"Column of the files that holds the ids." default:"id" placeholder:"COLUMN"`
	Column    string   `help:"Column of the files that holds the clusters." default:"cluster" placeholder:"COLUMN"`
	Output    string   `short:"o" help:"Write id, the clusters a, b, ... and moved (1 or 0) here (- is stdout)." placeholder:"FILE.csv"`
	Consensus string   `help:"Also bring them to one labelling of this many segments; auto: as many as the evidence holds together longest." placeholder:"K"`
}

func (compareCmd) Examples() string {
	return `  mores compare spring.csv autumn.csv                 how alike, what became of each segment
  mores compare spring.csv autumn.csv -o moved.csv    and who moved
  mores compare labels.csv studies/cdnow              a file and a study's recommended run
  mores compare a.csv b.csv c.csv --consensus 5 -o all.csv
  Rows are matched by id; -1, noise or nothing is unassigned. A row moved if it is not in
  the segment that continues its own: segments are paired so that as many rows as can be stay.`
}

func (c compareCmd) Run(ctx context.Context, a *app) error {
	k, err := c.check(a)
	if err != nil {
		return err
	}
	p := &comparison{cmd: c, app: a}
	for _, what := range c.What {
		l, err := c.read(ctx, a, what)
		if err != nil {
			return err
		}
		p.read = append(p.read, l)
	}
	if err := p.match(); err != nil {
		return err
	}
	if a.DryRun {
		a.say("would compare %d labellings of %d rows", len(p.ls), p.n)
		return nil
	}
	if p.table, err = eval.Agreement(ctx, p.ls, a.Jobs); err != nil {
		return err
	}
	for _, l := range p.ls[1:] {
		r, err := eval.Align(p.ls[0].Labels, l.Labels)
		if err != nil {
			return err
		}
		p.aligned = append(p.aligned, r)
	}
	if k >= 0 {
		if p.consensus, err = eval.NewConsensus(ctx, p.ls, eval.ConsensusOptions{K: k, Workers: a.Jobs}); err != nil {
			return err
		}
		p.warnings = append(p.warnings, p.consensus.Warnings...)
	}
	for _, w := range p.warnings {
		a.say("warning: %s", w)
	}
	switch c.Output {
	case "":
	case "-":
		return p.writeRows(a.out)
	default:
		if err := writeFile(a.path(c.Output), p.writeRows); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.result(p.result())
	}
	p.print()
	return nil
}

// check refuses what cannot be compared before anything is read, and returns the
// consensus' number of segments: −1 = none is asked for, 0 = auto.
func (c compareCmd) check(a *app) (k int, err error) {
	if len(c.What) < 2 {
		return 0, fail(exitUsage, "compare takes two labellings or more, here is one\n  fix: mores compare %s OTHER.csv", c.What[0])
	}
	if c.Output == "-" && a.JSON {
		return 0, fail(exitUsage, "-o - and --json both want stdout: give -o a file")
	}
	switch c.Consensus {
	case "":
		k = -1
	case "auto":
	default:
		if k, err = strconv.Atoi(c.Consensus); err != nil || k < 1 {
			return 0, fail(exitUsage, "--consensus=%s: write a number of segments, as 5, or auto", c.Consensus)
		}
	}
	if c.Output != "" && c.Output != "-" {
		return k, writable(a.path(c.Output))
	}
	return k, nil
}

// comparison is one call of the command.
type comparison struct {
	cmd  compareCmd
	app  *app
	read []*labelFile // as read

	n         int
	ls        []eval.Labelling // the rows that all have
	table     *eval.AgreementTable
	aligned   []*eval.Alignment // the first labelling to each other one
	consensus *eval.Consensus   // nil = not asked for
	warnings  []string
}

// match keeps the rows that all labellings have and says how many that leaves out.
func (p *comparison) match() error {
	var ls []eval.Labelling
	for _, l := range p.read {
		ls = append(ls, l.Labelling)
	}
	m, err := eval.Match(ls)
	if err != nil {
		return err
	}
	p.ls, p.n = m.Labellings, len(m.Labellings[0].Labels)
	if p.n < 2 {
		var ids []string
		for _, l := range p.read {
			ids = append(ids, fmt.Sprintf("%s has %s", l.Name, quoted(l.IDs, 0, 1, 2)))
		}
		return fail(exitData, "the labellings have %d ids in common: it takes 2\n  %s\n  fix: are these the same customers' ids? Name their column: --id COLUMN", p.n, strings.Join(ids, "\n  "))
	}
	for i, rows := range m.Left {
		if len(rows) > 0 {
			p.warnings = append(p.warnings, fmt.Sprintf("%d of the %d rows of %s are not in every labelling and were left out, e.g. %s",
				len(rows), len(p.read[i].Labels), p.read[i].Name, quoted(p.read[i].IDs, rows...)))
			p.read[i].left = len(rows)
		}
	}
	return nil
}

// quoted shows up to three ids.
func quoted(ids []string, rows ...int) string {
	var out []string
	for _, r := range rows[:min(len(rows), 3)] {
		if r < len(ids) {
			out = append(out, strconv.Quote(ids[r]))
		}
	}
	return list(out)
}

// letter names a labelling in tables: a, b, …, z, l27, …
func letter(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return "l" + strconv.Itoa(i+1)
}

// moved reports whether a row is not where it was in the first labelling, in any other.
func (p *comparison) moved() []bool {
	out := make([]bool, p.n)
	for _, r := range p.aligned {
		for _, row := range r.Moved {
			out[row] = true
		}
	}
	return out
}

func (p *comparison) writeRows(w io.Writer) error {
	cw := csv.NewWriter(w)
	head := []string{"id"}
	for i := range p.ls {
		head = append(head, letter(i))
	}
	head = append(head, "moved")
	if p.consensus != nil {
		head = append(head, "consensus", "support")
	}
	cw.Write(head)
	moved := p.moved()
	for row := range p.n {
		rec := []string{p.ls[0].IDs[row]}
		for i, l := range p.ls {
			rec = append(rec, p.read[i].name(l.Labels[row]))
		}
		if moved[row] {
			rec = append(rec, "1")
		} else {
			rec = append(rec, "0")
		}
		if p.consensus != nil {
			rec = append(rec, strconv.Itoa(int(p.consensus.Labels[row])), float(p.consensus.Support[row]))
		}
		cw.Write(rec)
	}
	cw.Flush()
	return cw.Error()
}

// result is the line of --json.
func (p *comparison) result() map[string]any {
	names, left, clusters, noise, moved := []string{}, []int{}, []int{}, []int{}, []int{}
	for i, l := range p.ls {
		k, out := sizesOf(l.Labels)
		names, left = append(names, l.Name), append(left, p.read[i].left)
		clusters, noise = append(clusters, k), append(noise, out)
	}
	for _, r := range p.aligned {
		moved = append(moved, len(r.Moved))
	}
	out := map[string]any{
		"labellings": names, "n": p.n, "left_out": left, "n_clusters": clusters, "n_noise": noise, "order": p.table.Order,
		"ari_matrix": p.table.ARI, "vi_matrix": p.table.VI, "moved_from_first": moved, "warnings": append([]string{}, p.warnings...), "output": p.cmd.Output,
	}
	if len(p.aligned) == 1 {
		r := p.aligned[0]
		out["a"], out["b"], out["ari"], out["vi"] = names[0], names[1], p.table.ARI[0][1], p.table.VI[0][1]
		out["agreement"] = eval.AgreementWord(p.table.ARI[0][1])
		out["stayed"], out["moved"], out["moved_share"] = r.Stayed, len(r.Moved), float64(len(r.Moved))/float64(p.n)
		out["clusters_a"], out["clusters_b"] = p.namesOf(0, r.A), p.namesOf(1, r.B)
		out["counts"], out["continues_as"] = r.Counts, p.continued(r)
	}
	if c := p.consensus; c != nil {
		_, out["consensus_noise"] = sizesOf(c.Labels)
		out["consensus_clusters"], out["consensus_support"] = c.K, meanSupport(c)
	}
	return out
}

// namesOf lists the clusters of a labelling as its file writes them.
func (p *comparison) namesOf(i int, segments []eval.AlignedSegment) []string {
	out := []string{}
	for _, s := range segments {
		out = append(out, p.read[i].name(s.Label))
	}
	return out
}

// continued lists for each cluster of a what it is in b; null where it ends.
func (p *comparison) continued(r *eval.Alignment) []*string {
	out := make([]*string, len(r.A))
	for i, s := range r.A {
		if s.Partner >= 0 {
			name := p.read[1].name(r.B[s.Partner].Label)
			out[i] = &name
		}
	}
	return out
}

func sizesOf(labels []int32) (k, noise int) {
	c := &cluster.Clustering{Labels: append([]int32{}, labels...)}
	k, _ = cluster.Canonical(c.Labels)
	return k, c.NumNoise()
}

// meanSupport is over the rows that have one, nil where none has.
func meanSupport(c *eval.Consensus) *float64 {
	sum, n := 0.0, 0
	for _, s := range c.Support {
		if !math.IsNaN(s) {
			sum += s
			n++
		}
	}
	if n == 0 {
		return nil
	}
	sum /= float64(n)
	return &sum
}
