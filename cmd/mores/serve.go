package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/mores-lab/mores/eval/ledger"
)

type serveCmd struct {
	logFlags
	Dirs    []string `arg:"" name:"dir" optional:"" help:"Study folders." type:"path"`
	Predict string   `help:"Label customers by this model as their events arrive." placeholder:"MODEL.json"`
	State   string   `help:"Folder that keeps what arrived (default: beside the model, MODEL.contacts)." placeholder:"DIR"`
	History []string `help:"With --predict: the log so far, read once, when the folder is new; repeatable." placeholder:"FILE"`
	Clock   string   `help:"With --predict: now is the wall clock's, or the latest event's." enum:"wall,events" default:"wall"`
	Margin  float64  `help:"With --predict: shares by which another segment must lead for a customer to change." default:"0.05"`
	Updates int      `help:"With --predict: in how many updates in a row." default:"2"`
}

func (serveCmd) Examples() string {
	return `  mores serve studies/cdnow
  mores serve studies/2024 studies/2025      several studies on one page
  mores serve studies/cdnow --addr 127.0.0.1:0
  mores serve --predict model.json --history orders.csv
      curl -c jar ADDRESS                                the printed address, once
      curl -b jar -H 'Content-Type: application/x-ndjson' --data-binary @new.jsonl http://127.0.0.1:8787/api/events
      curl -b jar http://127.0.0.1:8787/api/customers/C7
      curl -b jar http://127.0.0.1:8787/api/segments
  A line of new.jsonl: {"key":"e-1","customer":"C7","time":"2026-03-01T12:00:00Z","kind":"purchase","amount":9.5}
  A purchase of a negative amount is a return, as in a log.
  An answer says that the events are on disk; one with a key may be sent twice.
  Changes of segment are pushed on the websocket /ws/changes (mores.changes.v1).
  The page /contacts shows all this live: segments, moves, changes, a customer's card.`
}

func (c serveCmd) Run(ctx context.Context, a *app) error {
	if c.Predict == "" && (c.State != "" || len(c.History) > 0) {
		return fail(exitUsage, "--state and --history go with --predict MODEL.json")
	}
	if len(c.Dirs) == 0 && c.Predict == "" {
		return fail(exitUsage, "name a study folder, or a model: mores serve --predict MODEL.json")
	}
	var ls []*ledger.Folder
	for _, d := range c.Dirs {
		l, err := ledger.Open(a.path(d))
		if err != nil {
			return err
		}
		defer l.Close()
		for _, w := range l.Damage() {
			a.say("warning: %s: %s", d, w)
		}
		ls = append(ls, l)
	}
	if a.DryRun {
		a.say("would serve %d studies on %s", len(ls), a.Addr)
		return nil
	}
	p, err := c.tracking(ctx, a)
	if err != nil {
		return err
	}
	defer p.close(a)
	session, err := p.session()
	if err != nil {
		return err
	}
	page, url, err := a.listenAs(session)
	if err != nil {
		return err
	}
	defer closePage(page)
	for i, l := range ls {
		page.Add(filepath.Base(filepath.Clean(c.Dirs[i])), l)
	}
	p.serve(page)
	if a.JSON {
		if err := a.result(map[string]any{"url": url, "studies": c.Dirs, "predict": c.Predict, "state": p.folder()}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "%s\n", url)
		a.say("Ctrl-C ends it.")
	}
	return p.wait(ctx, a)
}
