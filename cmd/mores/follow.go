package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// follow runs a study and shows how it goes: the journal's lines in JSON mode, a
// bar on a terminal, a line a finished run elsewhere.
func (a *app) follow(ctx context.Context, st *study.Study, j journal, hook func(study.Progress)) error {
	watch, stop := context.WithCancel(context.Background())
	defer stop()
	show := a.shower(st)
	st.Progress = func(p study.Progress) {
		show.progress(p)
		if hook != nil {
			hook(p)
		}
	}
	before, err := j.Events(0)
	if err != nil {
		return err
	}
	seen := int64(0)
	if len(before) > 0 {
		seen = before[len(before)-1].Seq
		if n := finished(before); n > 0 {
			a.say("%d runs were finished before; going on", n)
		}
	}
	done := make(chan error, 1)
	wake := j.Watch(watch)
	drain := func() error {
		events, err := j.Events(seen)
		if err != nil {
			return err
		}
		for _, e := range events {
			seen = e.Seq
			show.event(e)
		}
		return nil
	}
	go func() { done <- st.Run(ctx, j) }()
	for {
		select {
		case <-wake:
			if err := drain(); err != nil {
				return err
			}
		case err := <-done:
			derr := drain()
			show.end()
			if err != nil {
				return err
			}
			return derr
		}
	}
}

// journal is what follow writes to and reads from.
type journal interface {
	study.Journal
	study.Reader
}

func finished(events []study.Event) int {
	n := 0
	for _, e := range events {
		if e.Event == study.RunDone || e.Event == study.RunFailed {
			n++
		}
	}
	return n
}

// shower shows a study's events in one of three ways.
type shower struct {
	a     *app
	state study.State
	p     *mpb.Progress
	bar   *mpb.Bar
	start time.Time
	now   string
}

func (a *app) shower(st *study.Study) *shower { return &shower{a: a, start: time.Now()} }

func (s *shower) event(e study.Event) {
	s.state.Fold(e)
	if s.a.JSON {
		if b, err := json.Marshal(e); err == nil {
			fmt.Fprintf(s.a.out, "%s\n", b)
		}
	}
	if s.a.Quiet {
		return
	}
	switch e.Event {
	case study.StudyStart:
		if isTerminal(s.a.err) && !s.a.JSON {
			s.p = mpb.New(mpb.WithOutput(s.a.err), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
			s.bar = s.p.AddBar(int64(e.Total),
				mpb.PrependDecorators(decor.CountersNoUnit("%d/%d runs ")),
				mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO), decor.Any(func(decor.Statistics) string { return "  " + s.now })))
			s.bar.SetCurrent(int64(len(s.state.DoneRuns())))
		}
	case study.RunDone, study.RunFailed:
		if s.bar != nil {
			s.bar.Increment()
			return
		}
		r := s.state.Run(e.Run)
		if r == nil {
			return
		}
		if e.Event == study.RunFailed {
			s.a.say("%4d/%d  %s on %s: failed: %s", r.Start.Cell, s.state.Study.Total, setting(r.Start), r.Start.Set, e.Reason)
			return
		}
		line := fmt.Sprintf("%4d/%d  %s on %s: %s", r.Start.Cell, s.state.Study.Total, setting(r.Start), r.Start.Set, count(e.NClusters, "segment"))
		if e.NNoise > 0 {
			line += fmt.Sprintf(", %.1f %% unassigned", 100*float64(e.NNoise)/float64(max(e.N, 1)))
		}
		s.a.say("%s, %.2f s", line, e.Seconds)
	case study.StructureEv:
		s.line("%s: %s", e.Set, structureWords(e.Structure))
	case study.HoldoutEv:
		if e.Reason != "" {
			s.line("nothing is foretold: %s", e.Reason)
		} else {
			s.line("held out: %s", count(len(e.Contests), "contest"))
		}
	case study.VerdictEv:
		s.line("verdict: %s", e.Verdict.Sentences[0])
	case study.WarningEv:
		if s.bar == nil {
			for _, w := range e.Warnings {
				s.a.say("warning: %s", w)
			}
		}
	}
}

// line says something of the whole study, where no bar stands.
func (s *shower) line(format string, args ...any) {
	if s.bar == nil {
		s.a.say(format, args...)
	}
}

// structureWords says what a structure test found.
func structureWords(t *eval.Structure) string {
	if t.Natural {
		return fmt.Sprintf("natural groups (p = %.2g)", t.P)
	}
	return "no natural groups: " + t.Reason
}

// setting names a run by its algorithm and the options that are not the defaults.
func setting(e study.Event) string {
	if e.Algorithm == "rules" {
		return e.Algorithm + " " + study.RulesName(e.Params)
	}
	var have, usual map[string]any
	if json.Unmarshal(e.Params, &have) != nil {
		return e.Algorithm
	}
	if m, err := study.LookupAlgorithm(e.Algorithm); err == nil {
		if p, err := cluster.Params(m.New()); err == nil {
			_ = json.Unmarshal(p, &usual) // without the defaults, every option is named
		}
	}
	out := e.Algorithm
	for _, k := range sortedKeys(have) {
		switch v := have[k].(type) {
		case nil:
		case float64:
			if v != usual[k] || k == "n_clusters" {
				out += fmt.Sprintf(" %s=%.4g", k, v)
			}
		default:
			if !reflect.DeepEqual(v, usual[k]) {
				out += fmt.Sprintf(" %s=%v", k, v)
			}
		}
	}
	return out
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (s *shower) progress(p study.Progress) {
	if s.now = p.Phase; p.What != "" {
		s.now = "judging: " + p.What
	}
	if p.ETA > 0 {
		s.now += fmt.Sprintf(", about %s left", (time.Duration(p.ETA) * time.Second).Round(time.Second))
	}
}

func (s *shower) end() {
	if s.bar != nil {
		s.bar.SetTotal(-1, true)
		s.p.Wait()
	}
}
