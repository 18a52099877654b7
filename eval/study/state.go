package study

import (
	"slices"

	"github.com/mores-lab/mores/eval/verdict"
)

// RunState is what the journal says of one run.
type RunState struct {
	ID     string
	Status string // running, done, failed
	Start  Event  // run_start
	Done   Event  // run_done or run_failed
	Scores map[string]Event
}

// Value returns the run's score by that metric; ok is false where it is
// undefined or not computed, and reason says why.
func (r *RunState) Value(metric string) (v float64, ok bool, reason string) {
	e, has := r.Scores[metric]
	switch {
	case !has:
		return 0, false, "not computed"
	case e.Value == nil:
		return 0, false, e.Reason
	}
	return *e.Value, true, ""
}

// Coverage is the share of the clustered customers that are in a segment.
func (r *RunState) Coverage() float64 {
	if r.Done.N == 0 {
		return 0
	}
	return 1 - float64(r.Done.NNoise)/float64(r.Done.N)
}

// State is a journal folded up: what the page, the terminal and the report show.
type State struct {
	Study    Event // study_start
	Runs     []*RunState
	Warnings []Event
	Ties     []Event // which runs cannot be told from the best, by set, scale and metric
	// Structures, Holdout and Verdict are what the judgement said; nil where it did not.
	Structures []Event
	Holdout    *Event
	Verdict    *verdict.Verdict
	Finished   bool
	Seq        int64 // last event folded in

	byID map[string]*RunState
}

// Fold adds events to the state. An event that repeats a sequence number is ignored.
func (s *State) Fold(events ...Event) {
	if s.byID == nil {
		s.byID = map[string]*RunState{}
	}
	for _, e := range events {
		if e.Seq != 0 && e.Seq <= s.Seq {
			continue
		}
		s.Seq = max(s.Seq, e.Seq)
		switch e.Event {
		case StudyStart:
			s.Study, s.Finished = e, false
		case StudyDone:
			s.Finished = true
		case TiesEv:
			s.Ties = append(s.Ties, e)
		case StructureEv:
			s.Structures = append(s.Structures, e)
		case HoldoutEv:
			s.Holdout = &e
		case VerdictEv:
			s.Verdict = e.Verdict
		case WarningEv:
			s.Warnings = append(s.Warnings, e)
		case RunStart:
			if r := s.byID[e.Run]; r != nil { // started again after a kill
				*r = RunState{ID: e.Run, Status: "running", Start: e, Scores: map[string]Event{}}
				continue
			}
			r := &RunState{ID: e.Run, Status: "running", Start: e, Scores: map[string]Event{}}
			s.byID[e.Run] = r
			s.Runs = append(s.Runs, r)
		case RunDone, RunFailed, ScoreEvent:
			r := s.byID[e.Run]
			if r == nil {
				continue
			}
			switch e.Event {
			case ScoreEvent:
				r.Scores[e.Metric] = e
			case RunDone:
				r.Status, r.Done = "done", e
			case RunFailed:
				r.Status, r.Done = "failed", e
			}
		}
	}
}

// Run returns the run of that id, or nil.
func (s *State) Run(id string) *RunState { return s.byID[id] }

// ties returns the runs that cannot be told from the best of their group, nil where
// nobody looked.
func (s *State) ties(set, scale, metric string) []string {
	for _, e := range s.Ties {
		if e.Set == set && e.Scale == scale && e.Metric == metric {
			return e.Runs
		}
	}
	return nil
}

// DoneRuns returns the finished runs in the order of the grid.
func (s *State) DoneRuns() []*RunState {
	var out []*RunState
	for _, r := range s.Runs {
		if r.Status == "done" {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *RunState) int { return a.Start.Cell - b.Start.Cell })
	return out
}
