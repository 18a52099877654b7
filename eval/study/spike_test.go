//go:build cgo

// The real logs are read by DuckDB, which needs cgo.

package study_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// What is planted in which real log, and which block must find it. Doses, habits and
// blocks were settled before the first run; two things after it.
//
// Gaps. Evenly spaced days were the first choice ("regularity" in the table). Customers of
// grocery-elog are regular anyhow (k about 3), and two clusters of their rhythm are not
// those who are clockwork. Bursts are told apart wholly by regularity and burstiness, the
// block's first defaults (no customer with one has the regularity of one without), but
// the boundary of two clusters lies half way between their centres, which on grocery-elog
// cut off the bursty tail of the others: .77. Both columns measure the scatter of the
// gaps. With clumpiness in place of the second, chosen by seeds 101 to 103 here and 11 and
// 12 of the plants, others than those that judge, the boundary lies elsewhere: .93. The
// price is that even spacing in online-retail is found with .43, no longer with .93.
//
// The purchase days that a customer needs. With 8, two clusters of timing find the
// Sundays of grocery-elog with .83 and of online-retail with .87, with 10 with .85 and
// .87, with 12 with .89 and .91; hours, occasions and categories are above .9 with any.
var (
	spikeDoses = []float64{0, .25, .5, .75, 1}
	spikePace  = []string{"gap_median", "gap_last", "overdue", "regularity", "clumpiness"}
	spikePlans = []spikePlan{
		{kind: "hours", block: "timing", line: "hours", least: .85},
		{kind: "weekdays", block: "timing", line: "weekdays", least: .85},
		{kind: "occasions", block: "occasion", line: "occasions", least: .85},
		{kind: "categories", block: "themes", line: "themes", least: .85},
		{kind: "categories", block: "tastes", line: "tastes", least: .85},
		{kind: "gaps", block: "interpurchase", line: "gaps", least: .85},
		{kind: "gaps", block: "interpurchase", columns: spikePace},
		{kind: "regularity", block: "interpurchase"},
		{kind: "regularity", block: "interpurchase", columns: spikePace},
	}
)

const (
	spikeShare = .2
	// spikeDays is a purchase day a month in a year's log: with the first and the last
	// day pinned, ten are left to follow.
	spikeDays  = 12
	spikeTheme = "garden"
	spikeSeeds = 5
	// spikeNone is the number of choices of customers at dose 0: the index of one choice
	// of 50 in 250 scatters by .02, the mean of so many by .003.
	spikeNone = 40
)

type spikePlan struct {
	kind, block string
	line        string   // its name in the figure; "" = it is not drawn
	columns     []string // of interpurchase; nil = its defaults
	least       float64  // index at the full dose; 0 = none is asked for
}

func (p spikePlan) String() string {
	if p.columns != nil {
		return p.block + " (" + strings.Join(p.columns, ", ") + ")"
	}
	return p.block
}

// feeds says whether the log can hold the habit.
func (p spikePlan) feeds(log *datasets.Log) bool {
	switch p.kind {
	case "hours":
		return log.Meta.Resolution == datasets.Second
	case "categories":
		return log.Meta.Has&datasets.FieldItem != 0
	}
	return true
}

// spiker plants habits in one log and looks for them.
type spiker struct {
	t   testing.TB
	log *datasets.Log
	// Equal logs have equal clusters: at dose 0 all seeds do.
	known map[string]*spikeClusters
}

type spikeClusters struct {
	ids    []string
	labels []int32
}

func newSpiker(t testing.TB, name string) *spiker {
	t.Helper()
	s, err := datasets.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Files {
		check.Data(t, f.Path)
	}
	l, _, err := load.Source(context.Background(), s, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &spiker{t: t, log: l, known: map[string]*spikeClusters{}}
}

// recover plants the habit and returns the adjusted Rand index of two clusters of the
// block, and of RFM, with who took it up, over the n customers who could.
func (s *spiker) recover(p spikePlan, dose float64, seed uint64) (block, rfm float64, n int) {
	s.t.Helper()
	log, truth, err := datasets.SpikeIn(s.log, datasets.Spike{Kind: p.kind, Theme: spikeTheme, Share: spikeShare, Dose: dose, Days: spikeDays}, seed)
	if err != nil {
		s.t.Fatal(err)
	}
	took := map[string]int32{}
	i := 0
	for h, err := range log.Histories(s.t.Context()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if truth[i] >= 0 {
			took[h.ID] = truth[i]
		}
		i++
	}
	index := func(c *spikeClusters) float64 {
		var want []int32
		for _, id := range c.ids {
			want = append(want, took[id])
		}
		ari, ok := eval.RandIndex(want, c.labels)
		if !ok {
			s.t.Fatal("no customers")
		}
		return ari
	}
	c := s.clusters(log, took, p)
	return index(c), index(s.clusters(log, took, spikePlan{kind: p.kind, block: "rfm"})), len(c.ids)
}

// clusters measures the block on the log (populations are learned from everybody) and
// splits those who could take the habit up in two.
func (s *spiker) clusters(log *datasets.Log, could map[string]int32, p spikePlan) *spikeClusters {
	s.t.Helper()
	key := fmt.Sprint(log.Hash, p.String(), len(could))
	if c := s.known[key]; c != nil {
		return c
	}
	r, err := features.NewRecipe(p.block, p.block)
	if err != nil {
		s.t.Fatal(err)
	}
	if p.columns != nil {
		r.Steps[0].Block.(*features.Interpurchase).Columns = p.columns
	}
	b, err := features.Build(s.t.Context(), log, r, spikeDays, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	var rows []int
	for i, id := range b.Raw.IDs {
		if _, ok := could[id]; ok {
			rows = append(rows, i)
		}
	}
	raw := b.Raw.Pick(rows)
	x, err := features.Prepare(raw, "block", features.Refuse)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &cluster.KMeans{NClusters: 2, Init: "k-means++", NInit: 20, MaxIter: 300, Tol: 1e-4}
	fit, err := a.Fit(s.t.Context(), x.X, cluster.Run{Seed: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	c := &spikeClusters{ids: raw.IDs, labels: fit.Labels}
	s.known[key] = c
	return c
}

// TestSpikeRecovered: at the full dose one habit in each real log is found by its block
// alone, at dose 0 nothing is, and RFM sees it at neither.
func TestSpikeRecovered(t *testing.T) {
	for name, p := range map[string]spikePlan{
		"grocery-elog":  {kind: "occasions", block: "occasion"},
		"online-retail": {kind: "hours", block: "timing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpiker(t, name)
			top, rfm, n := s.recover(p, 1, 1)
			if !(top >= .85) || !(math.Abs(rfm) <= .1) || n < 200 {
				t.Errorf("full dose, %d customers: %s finds %.3f, RFM %.3f; want .85 at least, .10 at most", n, p, top, rfm)
			}
			// A single choice of customers: three standard deviations.
			if none, _, _ := s.recover(p, 0, 1); !(math.Abs(none) <= .07) {
				t.Errorf("no dose: %s finds %.3f", p, none)
			}
		})
	}
}

// TestSpikeTable runs every habit at every dose, prints the table and holds the bars:
// the plan's own at the full dose, ±.02 at none, RFM at most .10 where the habit is none of gaps.
// It writes the figure to $OUT, where that is set.
func TestSpikeTable(t *testing.T) {
	check.Long(t)
	var table strings.Builder
	table.WriteString("| log | habit | block | customers | dose 0 | .25 | .5 | .75 | 1 (lowest) | RFM, any dose |\n|---|---|---|---:|---:|---:|---:|---:|---:|---:|\n")
	fig := &figure.Recovery{
		Bar:  .85,
		Note: fmt.Sprintf("A fifth of the customers with %d or more purchase days took the habit up; %d choices of them, %d at dose 0.", spikeDays, spikeSeeds, spikeNone),
	}
	for _, name := range []string{"online-retail", "grocery-elog"} {
		s := newSpiker(t, name)
		panel := figure.RecoveryPanel{Name: name}
		rfm := figure.RecoveryLine{Name: "RFM", Beside: true}
		for _, d := range spikeDoses {
			rfm.Points = append(rfm.Points, figure.RecoveryPoint{Dose: d, ARI: -1, Lo: math.NaN(), Hi: math.NaN()})
		}
		for _, p := range spikePlans {
			if !p.feeds(s.log) {
				continue
			}
			line := figure.RecoveryLine{Name: p.line}
			most, people := math.Inf(-1), 0
			for k, dose := range spikeDoses {
				seeds := spikeSeeds
				if dose == 0 {
					seeds = spikeNone
				}
				var found, other []float64
				for seed := range seeds {
					a, b, n := s.recover(p, dose, uint64(seed+1))
					found, other, people = append(found, a), append(other, b), n
				}
				line.Points = append(line.Points, figure.RecoveryPoint{Dose: dose, ARI: spikeMean(found), Lo: slices.Min(found), Hi: slices.Max(found)})
				most = max(most, spikeMean(other))
				if p.line != "" {
					rfm.Points[k].ARI = max(rfm.Points[k].ARI, spikeMean(other))
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %s | %d |", name, p.kind, p, people)
			for _, pt := range line.Points {
				fmt.Fprintf(&table, " %.3f", pt.ARI)
				if pt.Dose == 1 {
					fmt.Fprintf(&table, " (%.3f)", pt.Lo)
				}
				table.WriteString(" |")
			}
			fmt.Fprintf(&table, " %.3f |\n", most)
			if none := line.Points[0].ARI; !(math.Abs(none) <= .02) {
				t.Errorf("%s, %s: %s finds %.3f at dose 0", name, p.kind, p, none)
			}
			if p.line == "" {
				continue
			}
			if top := line.Points[len(spikeDoses)-1].ARI; !(top >= p.least) {
				t.Errorf("%s, %s: %s finds %.3f at the full dose", name, p.kind, p, top)
			}
			if p.kind != "gaps" && !(most <= .1) {
				t.Errorf("%s, %s: RFM finds %.3f", name, p.kind, most)
			}
			panel.Lines = append(panel.Lines, line)
		}
		panel.Lines = append(panel.Lines, rfm)
		fig.Panels = append(fig.Panels, panel)
	}
	t.Log("\n" + table.String())
	dir := os.Getenv("OUT")
	if dir == "" {
		dir = t.TempDir()
	}
	for _, format := range []string{"png", "svg"} {
		f, err := os.Create(filepath.Join(dir, "recovery."+format))
		if err != nil {
			t.Fatal(err)
		}
		if err := figure.WriteRecovery(f, format, fig, figure.Web); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func spikeMean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}
