package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/mores-lab/mores/eval/ledger"
)

type serveCmd struct {
	Dirs []string `arg:"" name:"dir" help:"Study folders." type:"path"`
}

func (serveCmd) Examples() string {
	return `  mores serve studies/cdnow
  mores serve studies/2024 studies/2025      several studies on one page
  mores serve studies/cdnow --addr 127.0.0.1:0`
}

func (c serveCmd) Run(ctx context.Context, a *app) error {
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
	page, url, err := a.listen()
	if err != nil {
		return err
	}
	defer closePage(page)
	for i, l := range ls {
		page.Add(filepath.Base(filepath.Clean(c.Dirs[i])), l)
	}
	if a.JSON {
		if err := a.result(map[string]any{"url": url, "studies": c.Dirs}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "%s\n", url)
		a.say("Ctrl-C ends it.")
	}
	<-ctx.Done()
	return nil
}
