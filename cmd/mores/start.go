package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/live"
	"github.com/mores-lab/mores/eval/study"
)

// defaultAddr is where the page is served unless --addr says otherwise.
const defaultAddr = "127.0.0.1:8787"

// sample is the built-in data set that a first start shows.
const sample = "retail-sim"

type startCmd struct{}

// Run serves a study of the built-in sample, computed while one watches.
func (startCmd) Run(ctx context.Context, a *app) error {
	if a.DryRun {
		a.say("would study the built-in sample %s and serve it on %s", sample, a.Addr)
		return nil
	}
	page, url, err := a.listen()
	if err != nil {
		return err
	}
	defer closePage(page)
	fmt.Fprintf(a.out, "mores: a sample study (simulated shop customers), live at\n\n  %s\n\n", url)
	fmt.Fprint(a.out, "next:  mores run orders.csv            your own log: sniffed, segmented, reported\n"+
		"       mores datasets ls               real and simulated data sets\n"+
		"       mores help glossary             the words used here\n"+
		"Ctrl-C ends it.\n")

	src, err := datasets.Lookup(sample)
	if err != nil {
		return err
	}
	made, err := a.generate(src)
	if err != nil {
		return err
	}
	st, err := study.Default(made.Log)
	if err != nil {
		return err
	}
	plant(st, made)
	j := study.NewMemory()
	page.Add(sample, j)
	st.Name, st.Seed, st.Workers = sample, a.Seed, a.Jobs
	st.Progress = func(p study.Progress) { page.Progress(sample, p) }
	if err := st.Run(ctx, j); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if ctx.Err() == nil {
		events, err := j.Events(0)
		if err != nil {
			return err
		}
		state := &study.State{}
		state.Fold(events...)
		a.say("done: %d runs. The page stays up; Ctrl-C ends it.", len(state.DoneRuns()))
	}
	<-ctx.Done()
	return nil
}

// plant makes the segments that a generator planted the study's reference, so that
// it shows how much of them each run finds again.
func plant(st *study.Study, made *datasets.Generated) {
	if made.Log == nil || made.Truth == nil {
		return
	}
	t := eval.Labelling{Name: "planted", Labels: made.Truth}
	for h := range made.Log.Histories(context.Background()) {
		t.IDs = append(t.IDs, h.ID)
	}
	st.Truth = []eval.Labelling{t}
	st.Notes = append(st.Notes, fmt.Sprintf("simulated: adjusted Rand is agreement with the planted segments; the best that can be reached is %.2f", made.BestARI))
	if m, err := eval.Lookup("adjusted_rand"); err == nil && st.Metrics == nil {
		st.Metrics = append(study.DefaultMetrics(false), m)
	}
}

// listen starts the page. A busy default address gives way to a free one; an
// address that was asked for does not.
func (a *app) listen() (*live.Server, string, error) { return a.listenAs("") }

// listenAs starts the page with the session of an earlier one; "" = a new one.
func (a *app) listenAs(session string) (*live.Server, string, error) {
	v, _, _ := version()
	page := live.New(live.Options{AllowHosts: a.Hosts, Session: session, Version: v})
	url, err := page.Listen(a.Addr)
	if err != nil && a.Addr == defaultAddr {
		a.say("%s is in use; taking a free port", a.Addr)
		url, err = page.Listen("127.0.0.1:0")
	}
	if err != nil {
		return nil, "", &failure{exit: exitIO, code: "S001", err: fmt.Errorf("error[S001]: cannot serve on %s: %w\n  fix: --addr 127.0.0.1:0 takes a free port", a.Addr, err)}
	}
	return page, url, nil
}

func closePage(page *live.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	page.Shutdown(ctx)
}
