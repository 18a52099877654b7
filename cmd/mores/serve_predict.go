package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/live"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// tracked is a served model with its customers; nil = none is served.
type tracked struct {
	*study.Tracking
	dir  string
	wall bool
	page atomic.Pointer[live.Server]
}

// tracking opens the model and the folder of --predict.
func (c serveCmd) tracking(ctx context.Context, a *app) (*tracked, error) {
	if c.Predict == "" {
		return nil, nil
	}
	data, err := os.ReadFile(a.path(c.Predict))
	if err != nil {
		return nil, err
	}
	m, err := study.ReadModel(data)
	if err != nil {
		return nil, fail(exitData, "%s: %w", c.Predict, err)
	}
	dir := a.path(c.State)
	if c.State == "" {
		dir = strings.TrimSuffix(a.path(c.Predict), ".json") + ".contacts"
	}
	if c.Updates < 1 {
		return nil, fail(exitUsage, "--updates=%d: at least 1", c.Updates)
	}
	opt := study.TrackOptions{Hysteresis: study.Hysteresis{Margin: c.Margin, Updates: c.Updates}}
	if opt.Meta, err = c.meta(m); err != nil {
		return nil, err
	}
	past, err := c.past(ctx, a, m, dir, &opt)
	if err != nil {
		return nil, err
	}
	// Labelling a contact leaves garbage in proportion to the customer's history, not to
	// what is kept: collecting it less often keeps the pauses out of the answers.
	debug.SetGCPercent(300)
	p := &tracked{dir: dir, wall: c.Clock == "wall"}
	p.Tracking, err = study.OpenTracking(ctx, dir, m, opt, past, func(us []study.Update) {
		if page := p.page.Load(); page != nil {
			page.Tell(us)
		}
	})
	if err != nil {
		return nil, fail(exitData, "%s: %w", c.Predict, err)
	}
	for _, n := range p.Notes {
		a.say("note: %s", n)
	}
	if zone, want := study.ZoneName(p.Zone()), study.ZoneName(opt.Meta.Zone); zone != want && (c.Zone != "" || m.Zone != "") {
		a.say("warning: %s was begun with the zone %s, which holds: hours and days are not read in %s; for that take another --state", dir, zone, want)
	}
	customers, events := p.Size()
	a.say("%s labels %s, %s so far, kept in %s", m.Name, count(customers, "customer"), count(events, "event"), dir)
	return p, nil
}

// past reads the history, where the folder is new. Of a folder begun before side tables
// were kept only these are taken from it.
func (c serveCmd) past(ctx context.Context, a *app, m *study.Model, dir string, opt *study.TrackOptions) (*datasets.Log, error) {
	if len(c.History) == 0 {
		return nil, nil
	}
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	known := has("contacts.log")
	if known {
		a.say("%s holds customers already: the events of --history are not read again", dir)
		if has("contacts.tables") {
			return nil, nil
		}
	}
	c.asModel(a, m, c.History)
	log, _, err := c.read(ctx, a, c.History)
	if err != nil {
		return nil, err
	}
	c.sameZone(a, m, log)
	opt.Tables = log
	if known {
		return nil, nil
	}
	opt.Meta.Zone = log.Meta.Zone
	return log, nil
}

// meta is what is taken of a log that does not exist yet: the columns that the model
// reads, and the zone that was given, or else the model's.
func (c serveCmd) meta(m *study.Model) (datasets.Meta, error) {
	meta := datasets.Meta{Name: "contacts", Unit: c.Unit, Zone: time.UTC, Resolution: datasets.Second, FirstSeenIsFirst: true}
	if name := cmp.Or(c.Zone, m.Zone); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return meta, fail(exitUsage, "--zone %s: %w; write it as Europe/Amsterdam", name, err)
		}
		meta.Zone = zone
	}
	for _, f := range m.Pipeline.Extractors {
		e, err := features.Lookup(f.Name)
		if err != nil {
			return meta, err
		}
		if e.Reads == 0 {
			meta.Has = datasets.FieldHour<<1 - 1
			break
		}
		meta.Has |= e.Reads
	}
	return meta, nil
}

func (p *tracked) serve(page *live.Server) {
	if p != nil {
		page.Track(p)
		p.page.Store(page)
	}
}

func (p *tracked) folder() string {
	if p == nil {
		return ""
	}
	return p.dir
}

// lookEvery is how often now and drift are looked at.
const lookEvery = time.Minute

// wait keeps the clock and says when the model has grown old.
func (p *tracked) wait(ctx context.Context, a *app) error {
	if p == nil {
		<-ctx.Done()
		return nil
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	said := ""
	for {
		if p.wall {
			if err := p.Pass(ctx, time.Now()); err != nil && ctx.Err() == nil {
				return err
			}
		}
		if d := p.Drift(); d.Advised && d.Reason != said {
			said = d.Reason
			a.say("%s", d.Reason)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

func (p *tracked) close(a *app) {
	if p == nil {
		return
	}
	if err := p.Close(); err != nil {
		a.say("warning: %s: %v", p.dir, err)
	}
}
