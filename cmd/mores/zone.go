package main

import (
	"os"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
)

// givenZone is the zone that the flags name, "" = none.
func (f logFlags) givenZone() string {
	zone := f.Zone
	if zone == "" {
		for _, kv := range f.Set {
			if k, v, ok := strings.Cut(kv, "="); ok && k == "time.zone" {
				zone = v
			}
		}
	}
	return zone
}

// asModel has files read in the zone that the model was made in, where no flag names
// another: hours and days mean what they meant to it. A data set of the catalogue knows
// its own zone.
func (f *logFlags) asModel(a *app, m *study.Model, names []string) {
	switch given := f.givenZone(); {
	case m.Zone == "" || given == m.Zone:
	case given != "":
		a.say("warning: --zone %s, but %s was made with %s: hours and days are read in %s; leave --zone out to read them as the model did", given, m.Name, m.Zone, given)
	default:
		for _, n := range names {
			if _, err := os.Stat(a.path(n)); err != nil {
				return
			}
		}
		f.Zone = m.Zone
	}
}

// sameZone warns of a log that was read in another zone than the model's, where no flag
// said so.
func (f logFlags) sameZone(a *app, m *study.Model, log *datasets.Log) {
	if zone := study.ZoneName(log.Meta.Zone); m.Zone != "" && zone != m.Zone && f.givenZone() == "" {
		a.say("warning: the times of %s are of %s, %s was made with %s: its hours and days may mean something else", log.Meta.Name, zone, m.Name, m.Zone)
	}
}
