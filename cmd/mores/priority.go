package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

type priorityCmd struct {
	logFlags
	StudyDir string   `arg:"" name:"dir" help:"The study's folder."`
	RunID    string   `name:"run" help:"Of this run's segments instead of the recommended one's." placeholder:"ID"`
	Log      []string `help:"The log: what is expected of customers, and what came of campaigns." placeholder:"FILE"`
	Budget   float64  `help:"To split between the segments." placeholder:"AMOUNT"`
	Margin   float64  `help:"Share of spend that is earned." default:"0.3"`
	Control  string   `help:"Whom a lot left out of the campaign, by the log's table of customers: its effect is measured against them." placeholder:"COLUMN=VALUE"`
	Days     int      `help:"Spend within this many days of a message counts as its answer." default:"14"`
}

func (priorityCmd) Examples() string {
	return `  mores priority studies/cdnow --log cdnow --budget 10000
  mores priority studies/shop --log orders.csv --margin .4 --json
  mores priority studies/mailing --log orders.csv --control "group=No E-Mail"
  Without --control what follows a campaign is a response: who is contacted more may buy more anyway.
  Segments must be older than the campaign: use --as-of where they were made.`
}

func (c priorityCmd) Run(ctx context.Context, a *app) error {
	o := eval.NewPriorityOptions()
	o.Margin, o.Budget, o.Seed = c.Margin, c.Budget, a.Seed
	switch {
	case !(c.Margin > 0 && c.Margin <= 1):
		return fail(exitUsage, "--margin %g: above 0 and at most 1, as .3", c.Margin)
	case !(c.Budget >= 0) || math.IsInf(c.Budget, 0):
		return fail(exitUsage, "--budget %g: an amount above 0", c.Budget)
	case c.Days < 1:
		return fail(exitUsage, "--days %d: at least 1", c.Days)
	case c.Control != "" && (len(c.Log) == 0 || !strings.Contains(c.Control, "=")):
		return fail(exitUsage, "--control %q: COLUMN=VALUE of the table of customers of --log", c.Control)
	}
	folder, err := ledger.Open(a.path(c.StudyDir))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := (explainCmd{StudyDir: c.StudyDir, RunID: c.RunID}).known(folder); err != nil {
		return err
	}
	if a.DryRun {
		a.say("would compare the segments of %s", c.StudyDir)
		return nil
	}
	in, names, st, id, err := c.input(folder)
	if err != nil {
		return err
	}
	if len(c.Log) > 0 {
		log, rep, err := c.read(ctx, a, c.Log)
		if err != nil {
			return err
		}
		a.tell(log, rep)
		if err := c.fromLog(ctx, a, log, in); err != nil {
			return err
		}
	}
	p, err := eval.Priorities(ctx, in, o)
	if err != nil {
		return err
	}
	currency := ""
	if d := st.Study.Data; d != nil {
		currency = d.Currency
	}
	if a.JSON {
		lines := []string{}
		for i := range p.Segments {
			lines = append(lines, priorityLine(p, i, names[i], currency))
		}
		return a.result(map[string]any{"run": id, "basis": p.Basis, "reason": p.Reason, "segments": p.Segments, "options": p.Options, "lines": lines, "names": names})
	}
	for i := range p.Segments {
		fmt.Fprintln(a.out, plainText(priorityLine(p, i, names[i], currency)))
	}
	fmt.Fprintln(a.out, priorityNote(p))
	return nil
}

// input reads the run's segments, and what the study's feature sets hold of the expected
// value and of who is still a customer.
func (c priorityCmd) input(folder study.Reader) (*eval.PriorityInput, []string, *study.State, string, error) {
	events, err := folder.Events(0)
	if err != nil {
		return nil, nil, nil, "", err
	}
	st := &study.State{}
	st.Fold(events...)
	id := c.RunID
	if id == "" {
		id = recommendedRun(st)
	}
	run := st.Run(id)
	if run == nil {
		return nil, nil, nil, "", fail(exitData, "%s recommends no run: name one with --run", c.StudyDir)
	}
	set, err := folder.Set(run.Start.Set, run.Start.Scale)
	if err != nil {
		return nil, nil, nil, "", err
	}
	data, err := folder.RunData(id)
	if err != nil {
		return nil, nil, nil, "", err
	}
	in := &eval.PriorityInput{Labels: data.Labels, Value: set.Value, Behaviour: withoutValue(set)}
	at := map[string]int{}
	for i := range data.Labels {
		in.IDs = append(in.IDs, set.X.ID(i))
		at[set.X.ID(i)] = i
	}
	sets := []*study.Set{set}
	for _, r := range st.DoneRuns() {
		if !slices.ContainsFunc(sets, func(s *study.Set) bool { return s.Name == r.Start.Set }) {
			s, err := folder.Set(r.Start.Set, r.Start.Scale)
			if err != nil {
				return nil, nil, nil, "", err
			}
			sets = append(sets, s)
		}
	}
	column := func(name string) []float64 {
		for _, s := range sets {
			j := slices.IndexFunc(s.Raw.Cols, func(c features.Column) bool { return c.Name == name })
			if j < 0 {
				continue
			}
			out := make([]float64, len(data.Labels))
			for i := range out {
				out[i] = math.NaN()
			}
			n, _ := s.Raw.Dims()
			for i := range n {
				if k, ok := at[s.Raw.ID(i)]; ok {
					out[k] = s.Raw.Row(i)[j]
				}
			}
			return out
		}
		return nil
	}
	in.Expected, in.Alive = column("exp_value"), column("p_alive")
	var names []string
	for _, card := range eval.Cards(eval.NewProfile(set.Raw, data.Labels, set.Value).Named(data.Names)) {
		names = append(names, card.Name)
	}
	return in, names, st, id, nil
}

// recommendedRun is the verdict's, else the leader of the first feature set by the
// silhouette; "" = there is none.
func recommendedRun(st *study.State) string {
	boards, err := study.Leaderboards(st, "silhouette")
	if err != nil {
		return ""
	}
	if e := study.Shown(st, boards); e != nil {
		return e.Run.ID
	}
	return ""
}

// valueColumns tell value without being money.
var valueColumns = []string{"m_score", "clv_trend", "spend_trend", "trend_z", "spend_ratio_90d", "rare_spend_share", "return_value_share"}

// withoutValue is what was clustered without columns about value; nil if nothing is left.
func withoutValue(set *study.Set) *features.Matrix {
	money := map[string]bool{}
	for _, c := range set.Raw.Cols {
		money[c.Name] = c.Unit == "money"
	}
	var keep []int
	var cols []features.Column
	for j, c := range set.X.Cols {
		if !money[c.Name] && c.Unit != "money" && !slices.Contains(valueColumns, c.Name) {
			keep, cols = append(keep, j), append(cols, c)
		}
	}
	if len(keep) == 0 {
		return nil
	}
	n, _ := set.X.Dims()
	out := features.NewMatrix(n, cols, nil)
	out.IDs = set.X.IDs
	for i := range n {
		for k, j := range keep {
			out.Row(i)[k] = set.X.Row(i)[j]
		}
	}
	return out
}

// priorityWeeks is how far ahead value is expected: a year.
const priorityWeeks = 52

// fromLog adds what is expected of customers, by the most likely of the BG/CNBD-k models
// and gamma-gamma spend, and what came of campaigns.
func (c priorityCmd) fromLog(ctx context.Context, a *app, log *datasets.Log, in *eval.PriorityInput) error {
	at := map[string]int{}
	for i, id := range in.IDs {
		at[id] = i
	}
	cbs, known := make([]features.CBS, len(in.IDs)), make([]bool, len(in.IDs))
	control, err := c.control(log)
	if err != nil {
		return err
	}
	wave, err := firstMessage(ctx, log)
	if err != nil {
		return err
	}
	var outcome []float64
	treated := make([]bool, len(in.IDs))
	if wave > 0 {
		outcome = make([]float64, len(in.IDs))
		for i := range outcome {
			outcome[i] = math.NaN()
		}
	}
	found := 0
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return err
		}
		for row, id := range e.IDs {
			i, ok := at[id]
			if !ok {
				continue
			}
			found++
			h := e.History(row)
			cbs[i], known[i] = features.CBSOf(h, features.Weeks)
			if outcome != nil {
				outcome[i], treated[i] = c.answer(h, wave, control != nil && control(id))
				if control != nil && control(id) == treated[i] {
					outcome[i] = math.NaN() // in the control and yet sent something, or neither
				}
			}
		}
	}
	if found == 0 {
		return fail(exitData, "the log holds none of the study's %d customers: is it the log of this study?", len(in.IDs))
	}
	if outcome != nil {
		in.Outcome, in.Treated, in.Randomised = outcome, treated, control != nil
	} else if control != nil {
		return fail(exitData, "--control: the log holds no campaign_sent")
	}
	return expected(a, in, cbs, known)
}

// expected fits the models to the study's customers.
func expected(a *app, in *eval.PriorityInput, cbs []features.CBS, known []bool) error {
	var fit []features.CBS
	var x []int
	var z []float64
	for i, c := range cbs {
		if known[i] {
			fit = append(fit, c)
			if c.X > 0 && c.Spend > 0 {
				x, z = append(x, c.X), append(z, c.Spend)
			}
		}
	}
	cohort, err := features.NewCohort(fit, nil)
	if err != nil {
		return err
	}
	model, _, err := features.FitRegularity(cohort, true)
	if err != nil {
		a.say("warning: what customers will buy is not told: %s", err)
		return nil
	}
	spend, _, err := features.FitGammaGamma(x, z)
	if err != nil {
		a.say("warning: what a purchase will bring is not told: %s", err)
		return nil
	}
	if r := features.SpendCorrelation(x, z); math.Abs(r) > 0.3 {
		a.say("warning: spend and frequency go together (correlation %.2f): expected values lean on their being independent", r)
	}
	in.Expected, in.Alive = make([]float64, len(cbs)), make([]float64, len(cbs))
	for i, c := range cbs {
		in.Expected[i], in.Alive[i] = math.NaN(), math.NaN()
		if !known[i] {
			continue
		}
		in.Alive[i] = model.PAlive(c)
		each := spend.Mean()
		if c.X > 0 && c.Spend > 0 {
			each = spend.Expected(c.X, c.Spend)
		}
		in.Expected[i] = model.ConditionalExpected(c, priorityWeeks) * each
	}
	return nil
}

// control returns who was left out by lot; nil without --control.
func (c priorityCmd) control(log *datasets.Log) (func(id string) bool, error) {
	if c.Control == "" {
		return nil, nil
	}
	name, value, _ := strings.Cut(c.Control, "=")
	t := log.Customers
	if t == nil {
		return nil, fail(exitUsage, "--control %s: the log has no table of customers", c.Control)
	}
	var have []string
	for _, col := range t.Cols {
		have = append(have, col.Name)
		if col.Name == name && col.Text != nil {
			if !slices.Contains(col.Text, value) {
				return nil, fail(exitUsage, "--control %s: no customer has %q in %s", c.Control, value, name)
			}
			return func(id string) bool { row, ok := t.Find(id); return ok && col.Text[row] == value }, nil
		}
	}
	return nil, fail(exitUsage, "--control %s: no column of text %q%s; there are %s", c.Control, name, suggest(name, have), list(have))
}

// firstMessage is the stamp of the first message in the log; 0 = there is none.
func firstMessage(ctx context.Context, log *datasets.Log) (int64, error) {
	first := int64(math.MaxInt64)
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return 0, err
		}
		for i, k := range e.Kind {
			if k == datasets.CampaignSent {
				first = min(first, e.Time[i])
			}
		}
	}
	if first == math.MaxInt64 {
		return 0, nil
	}
	return first, nil
}

// answer is a customer's spend within the days after a message, a message; of those left
// out by lot within as many after the first message to anybody.
func (c priorityCmd) answer(h datasets.History, wave int64, control bool) (spend float64, treated bool) {
	span := (time.Duration(c.Days) * 24 * time.Hour).Microseconds()
	var sent []int64
	for i := range h.Len() {
		if h.Kind(i) == datasets.CampaignSent {
			sent = append(sent, h.Stamp(i))
		}
	}
	treated = len(sent) > 0
	if !treated {
		if !control {
			return math.NaN(), false
		}
		sent = []int64{wave}
	}
	for i := range h.Len() {
		if h.Kind(i) == datasets.Purchase && slices.ContainsFunc(sent, func(t int64) bool { return h.Stamp(i) >= t && h.Stamp(i) < t+span }) && !math.IsNaN(h.Amount(i)) {
			spend += h.Amount(i)
		}
	}
	return spend / float64(len(sent)), treated
}

// priorityLine says a segment in a sentence.
func priorityLine(p *eval.Prioritised, i int, name, currency string) string {
	s := &p.Segments[i]
	percent := func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
	amount := func(x float64) string { return strings.TrimSpace(fmt.Sprintf("%.2f %s", x, currency)) }
	parts := []string{fmt.Sprintf("Segment %d (%s): %d customers (%s)", i+1, name, s.Customers, percent(s.Share))}
	if s.ValueShare != nil {
		parts = append(parts, fmt.Sprintf("%s of revenue, %s each", percent(*s.ValueShare), amount(*s.PerHead)))
	}
	if s.Potential != nil {
		parts = append(parts, fmt.Sprintf("peers do better by %s a year each", amount(*s.Potential)))
	}
	if s.Risk != nil {
		parts = append(parts, fmt.Sprintf("%s risk of having left (%s more likely gone than not)", percent(*s.Risk), percent(*s.Lapsed)))
	}
	if s.Response != nil {
		parts = append(parts, fmt.Sprintf("%s of a message %s a customer (%s to %s)", p.Basis, amount(s.Response.Value), amount(s.Response.Lo), amount(s.Response.Hi)))
	}
	switch {
	case p.Reason != "":
		parts = append(parts, "no share of the budget")
	case p.Basis == eval.PriorityEffect && !s.Signal:
		parts = append(parts, "gets nothing: its effect is not told from 0")
	default:
		text := fmt.Sprintf("gets %s of the budget (%s to %s)", percent(s.Budget.Value), percent(s.Budget.Lo), percent(s.Budget.Hi))
		if p.Options.Budget > 0 {
			text += ", " + amount(s.Amount)
		}
		if !s.Signal {
			text += ", the average a head: it is not told from the others"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ") + "."
}

// priorityNote says what the split goes by.
func priorityNote(p *eval.Prioritised) string {
	if p.Reason != "" {
		return "No split: " + p.Reason + "."
	}
	return map[string]string{
		eval.PriorityEffect:    "The split goes by the margin that the campaign caused: a lot decided who got it.",
		eval.PriorityResponse:  "The split goes by what followed the messages. That is a response, not an effect: who got them was chosen.",
		eval.PriorityPotential: "The split goes by what customers lack to their peers, weighed by the chance that they are still there; nothing shows yet that spending closes that gap.",
	}[p.Basis]
}
