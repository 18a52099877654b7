package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// modelFile reports whether a file is JSON, which no labelling is.
func modelFile(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	return (err == nil || n > 0) && bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{"))
}

// isModel reports whether any of the arguments is a model.
func (c migrationCmd) isModel(a *app) bool {
	for _, w := range c.What {
		if modelFile(a.path(w)) {
			return true
		}
	}
	return false
}

// fromModels labels a log by models, each as of its date.
func (c migrationCmd) fromModels(ctx context.Context, a *app) (*migrationSource, error) {
	if len(c.Log) == 0 {
		return nil, fail(exitUsage, "a model holds nobody: it labels a log\n  fix: mores migration %s --log orders.csv", strings.Join(c.What, " "))
	}
	window, dates := 0, c.AsOf.list()
	if c.Window != "" {
		if n, err := fmt.Sscanf(c.Window, "%dd", &window); n != 1 || err != nil || window < 1 {
			return nil, fail(exitUsage, "--window %q: write a number of days as 365d", c.Window)
		}
	}
	if len(dates) > 0 && len(dates) != len(c.What) {
		return nil, fail(exitUsage, "--as-of names %s for %s: give it once a model, in their order", count(len(dates), "date"), count(len(c.What), "model"))
	}
	var files []*study.Model
	for _, w := range c.What {
		data, err := os.ReadFile(a.path(w))
		if err != nil {
			return nil, err
		}
		if !modelFile(a.path(w)) {
			return nil, fail(exitUsage, "%s is no model: --log goes with models (STUDY/models/RUN.json) alone; labellings and studies' folders hold their own customers", w)
		}
		m, err := study.ReadModel(data)
		if err != nil {
			return nil, fail(exitData, "%s: %w", w, err)
		}
		if m.To == "" && len(dates) == 0 {
			return nil, fail(exitUsage, "%s does not say of which date it is: an older mores wrote it, or it was made from a table\n  fix: --as-of DATE once a model, in their order", w)
		}
		files = append(files, m)
	}
	c.AsOf, c.Window = "", "" // they are meant for each model, not for the log
	log, rep, err := c.read(ctx, a, c.Log)
	if err != nil {
		return nil, err
	}
	a.tell(log, rep)
	var models []eval.SnapshotModel
	for i, m := range files {
		s := eval.SnapshotModel{Name: c.modelName(i), Pipeline: m.Pipeline, Rule: m.Rule, Names: make([]string, m.Rule.NumLabels())}
		for _, g := range m.Segments {
			if g.Label >= 0 && int(g.Label) < len(s.Names) {
				s.Names[g.Label] = g.Name
			}
		}
		if len(dates) > 0 {
			s.To, err = day(log, "--as-of", dates[i])
		} else if s.To, err = day(log, c.What[i]+" is as of", m.To); err == nil {
			if s.To.After(log.Meta.Window.To) {
				return nil, fail(exitData, "%s is of %s, and %s ends on %s\n  fix: give a log that reaches so far, or other dates: --as-of, once a model", c.What[i], m.To, log.Meta.Name, log.Meta.Window.To.In(s.To.Location()).Format(time.DateOnly))
			}
			if m.From != "" && window == 0 {
				s.From, err = day(log, c.What[i]+" begins on", m.From)
			}
		}
		if err != nil {
			return nil, err
		}
		if window > 0 {
			s.From = s.To.AddDate(0, 0, -window)
		}
		models = append(models, s)
	}
	src := &migrationSource{simulated: log.Meta.Simulated}
	src.one, src.many = nouns(log.Meta.Unit)
	if a.DryRun {
		src.snaps = make([]eval.Snapshot, len(models))
		return src, nil
	}
	if src.snaps, src.relabel, src.warnings, err = eval.ModelSnapshots(ctx, log, models, a.Jobs); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &failure{exit: exitData, err: err}
	}
	return src, nil
}

// modelName is a model's for people: its file's, or the whole path where two are the same.
func (c migrationCmd) modelName(i int) string {
	base := func(p string) string { return strings.TrimSuffix(filepath.Base(p), filepath.Ext(p)) }
	for k, w := range c.What {
		if k != i && base(w) == base(c.What[i]) {
			return c.What[i]
		}
	}
	return base(c.What[i])
}

// day reads a date in the log's zone; what names it where it is none.
func day(log *datasets.Log, what, s string) (time.Time, error) {
	zone := log.Meta.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(s), zone)
	if err != nil {
		return t, fail(exitUsage, "%s %q: write a day as 2011-09-01", what, s)
	}
	return t, nil
}
