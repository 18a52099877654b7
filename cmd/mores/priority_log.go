package main

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

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
	var actions []string // by row, "" = nothing
	if control != nil {
		actions = make([]string, len(in.IDs))
	}
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
				if control != nil {
					if control(id) == treated[i] {
						outcome[i] = math.NaN() // in the control and yet sent something, or neither
					}
					actions[i] = sentTo(h)
				}
			}
		}
	}
	// Ids that are numbers are alike in many logs.
	if 2*found < len(in.IDs) {
		return fail(exitData, "the log holds %d of the study's %d customers: is it the log of this study?", found, len(in.IDs))
	}
	if found < len(in.IDs) {
		a.say("warning: the log holds %d of the study's %d customers: of the others only the study's own features are known", found, len(in.IDs))
	}
	if outcome != nil {
		in.Outcome, in.Treated, in.Randomised = outcome, treated, control != nil
		in.Actions, in.ActionNames = actionsOf(actions, treated)
	} else if control != nil {
		return fail(exitData, "--control: the log holds no campaign_sent")
	}
	fit := fitExpected(a, cbs, known)
	if fit == nil {
		return nil
	}
	in.Expected, in.Alive = make([]float64, len(cbs)), make([]float64, len(cbs))
	for i, c := range cbs {
		in.Expected[i], in.Alive[i] = math.NaN(), math.NaN()
		if known[i] {
			in.Expected[i], in.Alive[i] = fit.value(c, priorityWeeks), fit.model.PAlive(c)
		}
	}
	return nil
}

// expectedFit is what purchases and their amounts are expected by.
type expectedFit struct {
	model features.BetaGeometric
	spend features.GammaGamma
}

// value expected of a customer in so many weeks.
func (f *expectedFit) value(c features.CBS, weeks float64) float64 {
	each := f.spend.Mean()
	if c.X > 0 && c.Spend > 0 {
		each = f.spend.Expected(c.X, c.Spend)
	}
	return f.model.ConditionalExpected(c, weeks) * each
}

// fitExpected fits the models to the study's customers; nil where they cannot be, said as
// a warning.
func fitExpected(a *app, cbs []features.CBS, known []bool) *expectedFit {
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
		a.say("warning: what customers will buy is not told: %s", err)
		return nil
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
		a.say("warning: who buys more often also spends %s on a purchase day (correlation %.2f): the model takes the two for unrelated, so its forecasts of the best customers are too %s", more(r), r, low(r))
	}
	return &expectedFit{model, spend}
}

func more(r float64) string {
	if r > 0 {
		return "more"
	}
	return "less"
}

func low(r float64) string {
	if r > 0 {
		return "low"
	}
	return "high"
}

// fewestHeld is the fewest customers whose later spending is a forecast of anything.
const fewestHeld = 20

// heldOut is what customers spent after the study's latest cut, or else in the last quarter
// of the log, at most 90 days, by the segments that they were in at its beginning: the
// segments' rule is applied to what was known then. nil where that cannot be told.
func heldOut(ctx context.Context, a *app, log *datasets.Log, folder study.Reader, st *study.State, run string) (*eval.PriorityHeld, error) {
	if log.Meta.NoClock || log.Meta.Has&datasets.FieldAmount == 0 {
		return nil, nil
	}
	from, to, unseen := heldWindow(log, st)
	days := int(math.Round(to.Sub(from).Hours() / 24)) // a day of 23 hours is one
	if days < 7 || !from.After(log.Meta.Window.From) {
		return nil, nil
	}
	m, err := study.NewModel(folder, run)
	if err != nil {
		a.say("warning: no forecast from later purchases: %s", err)
		return nil, nil
	}
	before, hold := datasets.Split(log, from, to)
	ps, err := m.LabelLog(ctx, before)
	if err != nil {
		a.say("warning: no forecast from later purchases: %s", err)
		return nil, nil
	}
	h := &eval.PriorityHeld{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Days: days, Unseen: unseen}
	at := map[string]int{}
	for _, p := range ps {
		if p.Label >= 0 {
			at[p.ID] = len(h.IDs)
			h.IDs, h.Labels = append(h.IDs, p.ID), append(h.Labels, p.Label)
		}
	}
	if len(h.IDs) < fewestHeld {
		a.say("warning: no forecast from later purchases: on %s %d customers were in a segment", h.From, len(h.IDs))
		return nil, nil
	}
	outcomes, err := eval.Outcomes(ctx, before, hold, h.IDs)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if o.Name == "spend" && o.Reason == "" {
			h.Spend = o.Values
		}
	}
	if h.Spend == nil {
		return nil, nil
	}
	cbs, known := make([]features.CBS, len(h.IDs)), make([]bool, len(h.IDs))
	for hist, err := range before.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if i, ok := at[hist.ID]; ok {
			cbs[i], known[i] = features.CBSOf(hist, features.Weeks)
		}
	}
	if fit := fitExpected(a, cbs, known); fit != nil {
		h.Expected = make([]float64, len(cbs))
		for i, c := range cbs {
			if h.Expected[i] = math.NaN(); known[i] {
				h.Expected[i] = fit.value(c, float64(days)/7)
			}
		}
	}
	return h, nil
}

// heldWindow is what the log holds from the study's end on, if that is a month or more, at
// most 90 days of it; else the judged study's latest cut; else the last quarter of the log.
// unseen: nothing in it can have been learned.
func heldWindow(log *datasets.Log, st *study.State) (from, to time.Time, unseen bool) {
	w := log.Meta.Window
	if end, ok := studyEnd(log, st); ok && !w.To.Before(end.AddDate(0, 1, 0)) {
		to := end.AddDate(0, 0, 90)
		if to.After(w.To) {
			to = w.To
		}
		return end, to, true
	}
	if st.Holdout != nil {
		for _, c := range st.Holdout.Contests {
			f, err := time.ParseInLocation(time.DateOnly, c.Origin, w.To.Location())
			t, err2 := time.ParseInLocation(time.DateOnly, c.Until, w.To.Location())
			if err == nil && err2 == nil && f.After(from) && !t.After(w.To) {
				from, to = f, t
			}
		}
		if !from.IsZero() {
			return from, to, false
		}
	}
	return w.To.AddDate(0, 0, -min(90, int(w.To.Sub(w.From).Hours()/24)/4)), w.To, false
}

// studyEnd is the first day of which the study saw nothing.
func studyEnd(log *datasets.Log, st *study.State) (time.Time, bool) {
	if st.Study.Data == nil || log.Meta.NoClock {
		return time.Time{}, false
	}
	end, err := time.ParseInLocation(time.DateOnly, st.Study.Data.To, log.Meta.Window.To.Location())
	return end, err == nil
}

// asStudied is the log as the study saw it: what came later is not told of its customers.
func asStudied(log *datasets.Log, st *study.State) *datasets.Log {
	if end, ok := studyEnd(log, st); ok && end.Before(log.Meta.Window.To) {
		return log.AsOf(end)
	}
	return log
}

// sentTo is the campaign of a customer's first message; "" = was sent nothing.
func sentTo(h datasets.History) string {
	for i := range h.Len() {
		if h.Kind(i) == datasets.CampaignSent {
			return h.Campaign(i)
		}
	}
	return ""
}

// mostActions is how many campaigns are compared one by one; more are one action.
const mostActions = 10

// actionsOf numbers what each was sent by the campaigns' names, 0 = nothing; nil where
// campaigns have no names, or too many.
func actionsOf(sent []string, treated []bool) (of []int, names []string) {
	names = []string{"nothing"}
	for i, s := range sent {
		if treated[i] && s == "" {
			return nil, nil
		}
		if treated[i] && !slices.Contains(names[1:], s) {
			names = append(names, s)
		}
		if len(names) > mostActions+1 {
			return nil, nil
		}
	}
	if len(names) < 2 {
		return nil, nil
	}
	slices.Sort(names[1:])
	for i, s := range sent {
		a := 0
		if treated[i] {
			a = 1 + slices.Index(names[1:], s)
		}
		of = append(of, a)
	}
	return of, names
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
