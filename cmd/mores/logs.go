package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
)

// logFlags say how an event log is read and which part of it counts.
type logFlags struct {
	Set    []string `name:"set" sep:"none" help:"How the file is read, as columns.customer=CustomerID, kinds.sold=purchase, time.zone=Europe/Amsterdam; repeatable." placeholder:"KEY=VALUE"`
	Zone   string   `help:"Time zone of the stamps: short for --set time.zone=ZONE." placeholder:"ZONE"`
	Unit   string   `help:"What a customer is: customer, household or account." placeholder:"UNIT"`
	AsOf   days     `help:"Now: only what was known before this day counts." placeholder:"DATE"`
	Window string   `help:"Only this long before now, as 365d." placeholder:"SPAN"`
	Dedupe bool     `help:"Drop exact duplicates of events."`

	base  *datasets.Mapping // what a study file says
	reads datasets.Fields   // the columns that are wanted; 0 = all
}

// days are dates, as many as the flag was given, with commas between them: most commands
// take one, and say so of two, where a text would silently become the last.
type days string

// Decode implements kong.MapperValue.
func (d *days) Decode(ctx *kong.DecodeContext) error {
	var s string
	if err := ctx.Scan.PopValueInto("date", &s); err != nil {
		return err
	}
	if *d != "" {
		s = string(*d) + "," + s
	}
	*d = days(s)
	return nil
}

// list returns the dates one by one.
func (d days) list() []string {
	if d == "" {
		return nil
	}
	return strings.Split(string(d), ",")
}

// read reads the log of those names: files, or one data set of the catalogue. The
// report is nil for a generated log.
func (f logFlags) read(ctx context.Context, a *app, names []string) (*datasets.Log, *load.Report, error) {
	log, rep, err := f.load(ctx, a, names)
	if err != nil {
		return nil, nil, err
	}
	if log.NumEvents() > largeLog {
		// Beside a large log garbage must not grow as large as the log.
		debug.SetGCPercent(50)
	}
	log, err = f.cut(log)
	return log, rep, err
}

// largeLog is the number of events from which memory is kept short at the price of
// a few percent of time.
const largeLog = 1_000_000

func (f logFlags) load(ctx context.Context, a *app, names []string) (*datasets.Log, *load.Report, error) {
	limit, err := a.maxBytes()
	if err != nil {
		return nil, nil, err
	}
	if a.MaxMem != "" {
		// What DuckDB may take of the budget is not Go's.
		debug.SetMemoryLimit(limit * 7 / 10)
	}
	opt := load.Options{Jobs: a.Jobs, MaxMem: limit, Dedupe: f.Dedupe, Mapping: f.base, Reads: f.reads}
	for _, kv := range f.settings() {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, nil, fail(exitUsage, "--set %q: write key=value, as --set columns.customer=CustomerID", kv)
		}
		if err := opt.Set(k, v); err != nil {
			return nil, nil, fail(exitUsage, "--set %s: %w", kv, err)
		}
	}
	if len(names) == 1 {
		if _, err := os.Stat(a.path(names[0])); err != nil {
			src, lerr := datasets.Lookup(names[0])
			if lerr != nil {
				return nil, nil, f.unknown(a, names[0], err)
			}
			if src.New == nil {
				if src.Mapping == nil {
					return nil, nil, fail(exitData, "%s is a table, not an event log: mores run %s studies it as it is", src.Name, src.Name)
				}
				return load.Source(ctx, src, opt)
			}
			g, err := a.generate(src)
			if err != nil {
				return nil, nil, err
			}
			if g.Log == nil {
				return nil, nil, fail(exitData, "%s is a table of points, not an event log", src.Name)
			}
			return g.Log, nil, nil
		}
	}
	var paths []string
	for _, n := range names {
		paths = append(paths, a.path(n))
	}
	log, rep, err := load.Events(ctx, paths, opt)
	var amb *load.Ambiguous
	if !errors.As(err, &amb) || !isTerminal(a.in) {
		return log, rep, err
	}
	return a.answered(ctx, paths, opt, amb)
}

// answered asks what the files do not say and reads them again.
func (a *app) answered(ctx context.Context, paths []string, opt load.Options, amb *load.Ambiguous) (*datasets.Log, *load.Report, error) {
	answers, err := a.ask(amb)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range sortedKeys(answers) {
		if err := opt.Set(k, answers[k]); err != nil {
			return nil, nil, err
		}
	}
	return load.Events(ctx, paths, opt)
}

// ask puts the open questions on the terminal.
func (a *app) ask(amb *load.Ambiguous) (map[string]string, error) {
	out := map[string]string{}
	in := bufio.NewReader(a.in)
	for _, q := range amb.Questions {
		fmt.Fprintln(a.err, q.Text)
		for i, o := range q.Options {
			fmt.Fprintf(a.err, "  %d  %s\n", i+1, o)
		}
		fmt.Fprintf(a.err, "which one? [1] ")
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			return nil, amb
		}
		n := 1
		if line = strings.TrimSpace(line); line != "" {
			if n, err = strconv.Atoi(line); err != nil || n < 1 || n > len(q.Options) {
				return nil, fail(exitUsage, "%q is not one of 1..%d", line, len(q.Options))
			}
		}
		out[answerKey(q)] = q.Options[n-1]
	}
	return out, nil
}

// answerKey is the key under which an answer is set: that of the flag to paste.
func answerKey(q load.Question) string {
	kv := strings.Trim(strings.TrimPrefix(q.Flag, "--set "), "'")
	key, _, _ := strings.Cut(kv, "=")
	return key
}

// unknown explains a name that is neither a file nor in the catalogue.
func (f logFlags) unknown(a *app, name string, stat error) error {
	if strings.ContainsAny(name, "./\\") {
		return &failure{exit: exitIO, code: "D001", err: fmt.Errorf("error[D001]: cannot read %s: %w", name, errors.Unwrap(stat))}
	}
	var names []string
	for _, s := range datasets.Sources() {
		names = append(names, s.Name)
	}
	return fail(exitUsage, "%q is neither a file nor a data set of the catalogue (mores datasets ls)%s", name, suggest(name, names))
}

// settings lists what the flags say of the file, as key=value.
func (f logFlags) settings() []string {
	out := slices.Clone(f.Set)
	if f.Zone != "" {
		out = append(out, "time.zone="+f.Zone)
	}
	if f.Unit != "" {
		out = append(out, "unit="+f.Unit)
	}
	return out
}

// cut applies --as-of and --window.
func (f logFlags) cut(log *datasets.Log) (*datasets.Log, error) {
	if f.AsOf == "" && f.Window == "" {
		return log, nil
	}
	zone := log.Meta.Zone
	if zone == nil {
		zone = time.UTC
	}
	to, from := log.Meta.Window.To, log.Meta.Window.From
	if f.AsOf != "" {
		t, err := time.ParseInLocation(time.DateOnly, string(f.AsOf), zone)
		if err != nil {
			return nil, fail(exitUsage, "--as-of %q: write a day as 2011-09-01", f.AsOf)
		}
		if !t.After(from) {
			return nil, fail(exitData, "--as-of %s: nothing happened before that day (the log begins on %s)", f.AsOf, from.Format(time.DateOnly))
		}
		to = t
	}
	if f.Window != "" {
		d, ok := strings.CutSuffix(f.Window, "d")
		n, err := strconv.Atoi(d)
		if !ok || err != nil || n < 1 {
			return nil, fail(exitUsage, "--window %q: write a number of days as 365d", f.Window)
		}
		if w := to.AddDate(0, 0, -n); w.After(from) {
			from = w
		}
	}
	out := log.Between(from, to)
	if out.NumEvents() == 0 {
		return nil, fail(exitData, "no event lies in [%s, %s); the log runs from %s to %s", from.Format(time.DateOnly), to.Format(time.DateOnly),
			log.Meta.Window.From.Format(time.DateOnly), log.Meta.Window.To.Format(time.DateOnly))
	}
	return out, nil
}

// tell says how the file was read and what was noticed.
func (a *app) tell(log *datasets.Log, rep *load.Report) {
	if rep != nil {
		for _, s := range rep.Assumptions {
			a.say("  %s", s)
		}
	}
	for _, n := range log.Notes {
		a.say("  %s", n.Text)
	}
	a.say("%s", log)
}

// sortedKeys lists a map's keys in order.
func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
