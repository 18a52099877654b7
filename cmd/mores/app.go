package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/study"
)

// globals are the flags that every command takes.
type globals struct {
	JSON    bool          `name:"json" help:"Print JSON lines on stdout; the last one is the result."`
	Quiet   bool          `short:"q" help:"Say nothing but results and errors."`
	Verbose bool          `short:"v" help:"Say more."`
	NoColor bool          `help:"No colours (also: NO_COLOR)."`
	Jobs    int           `help:"Processors to use; the result does not depend on it." placeholder:"N"`
	Seed    uint64        `help:"Root of all randomness." default:"1"`
	MaxMem  string        `help:"Memory budget, as 8GiB or 60%%." placeholder:"SIZE"`
	MaxTime time.Duration `help:"Stop after this long, resumable." placeholder:"10m"`
	DryRun  bool          `help:"Say what would be done and do nothing."`
	Addr    string        `help:"Address of the live page." default:"127.0.0.1:8787"`
	Hosts   []string      `name:"allow-host" help:"Another name under which browsers may reach the page; repeatable." placeholder:"HOST"`
	Dir     string        `name:"directory" short:"C" help:"Work in this folder." placeholder:"DIR"`
}

// commands is the whole command line. Kong reads names, help and defaults from it.
type commands struct {
	globals

	Start      startCmd      `cmd:"" default:"1" hidden:"" help:"Serve a built-in sample study live."`
	Run        runCmd        `cmd:"" help:"From an event log to tested, explained segments."`
	Inspect    inspectCmd    `cmd:"" help:"Say how a file reads, and write a study to start from."`
	Features   featuresCmd   `cmd:"" help:"Turn an event log into behavioural vectors."`
	Cluster    clusterCmd    `cmd:"" help:"One fit of one algorithm."`
	Eval       evalCmd       `cmd:"" help:"Score a labelling."`
	Compare    compareCmd    `cmd:"" help:"How alike segmentations are, what became of each segment, and who moved."`
	Migration  migrationCmd  `cmd:"" help:"Segments of several dates: which grew, why, who moved, and what they do otherwise."`
	Bench      benchCmd      `cmd:"" help:"Compare algorithms over labelled data sets: ranks, costs, published scores."`
	Serve      serveCmd      `cmd:"" help:"Show finished or running studies in the browser."`
	Plot       plotCmd       `cmd:"" help:"Draw one figure of a study."`
	Report     reportCmd     `cmd:"" help:"Write a study's report, tables and lists of customers."`
	Predict    predictCmd    `cmd:"" help:"Label new customers by a model."`
	Explain    explainCmd    `cmd:"" help:"What is in each segment: rule, differences, who, and whom to look up."`
	Persona    personaCmd    `cmd:"" help:"Cards of the segments: a real customer each, in four languages, as page, picture and slide."`
	Priority   priorityCmd   `cmd:"" help:"Where to spend: value, potential, risk and response of the segments, and a budget split."`
	Predictive predictiveCmd `cmd:"" help:"Which behaviours foretell what customers do next, and which do not."`
	Segment    segmentCmd    `cmd:"" help:"Who meets a rule: size, value, overlap, members, SQL."`
	Lookalike  lookalikeCmd  `cmd:"" help:"More customers like those of a list, and how well that finds them."`
	Related    relatedCmd    `cmd:"" help:"What goes with an item: bought, viewed or wished for together."`
	Datasets   datasetsCmd   `cmd:"" help:"The catalogue of data sets."`
	Doctor     doctorCmd     `cmd:"" help:"Check what this machine has."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	HelpOn     helpCmd       `cmd:"" name:"help" help:"Explain a topic: glossary, exit-codes, formats, indices, or an error code."`
}

// app is what a command gets: the flags and the streams.
type app struct {
	globals
	in       io.Reader
	out, err io.Writer
	parser   *kong.Kong

	made map[*datasets.Source]*datasets.Generated // by --seed, made once
}

// generate makes a generator's data, once.
func (a *app) generate(src *datasets.Source) (*datasets.Generated, error) {
	if g := a.made[src]; g != nil {
		return g, nil
	}
	g, err := src.New().Generate(a.Seed)
	if err != nil {
		return nil, err
	}
	if a.made == nil {
		a.made = map[*datasets.Source]*datasets.Generated{}
	}
	a.made[src] = g
	return g, nil
}

// Exit codes, as `mores help exit-codes` explains them.
const (
	exitOK       = 0
	exitFindings = 1
	exitUsage    = 2
	exitData     = 3
	exitRefused  = 4
	exitIO       = 5
	exitResume   = 6
	exitBug      = 70
	exitInt      = 130
	exitTerm     = 143
)

// failure is an error with its exit code and, where it has one, its code for
// `mores help CODE`.
type failure struct {
	exit int
	code string
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func fail(exit int, format string, args ...any) error {
	return &failure{exit: exit, err: fmt.Errorf(format, args...)}
}

// mores is the program as a function: it returns the exit code.
func mores(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) (code int) {
	wantJSON := hasFlag(args, "--json")
	defer func() {
		if p := recover(); p != nil {
			buf := make([]byte, 1<<16)
			report := fmt.Sprintf("%v\n%s\n%s\n", p, strings.Join(args, " "), buf[:runtime.Stack(buf, false)])
			path := filepath.Join(os.TempDir(), "mores-crash-"+strconv.Itoa(os.Getpid())+".txt")
			if err := os.WriteFile(path, []byte(report), 0o600); err != nil {
				path = "stderr:\n" + report
			}
			fmt.Fprintf(stderr, "error[bug]: %v\n  This is a fault in mores, not in your data. The details are in %s\n", p, path)
			code = exitBug
		}
	}()
	var cli commands
	a := &app{in: in, out: stdout, err: stderr}
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("mores"),
		kong.Description("Behavioural customer segmentation: from an event log to tested, explained segments.\n\n"+
			"  mores                        a sample study, live in the browser\n"+
			"  mores run orders.csv         your own log\n"+
			"  mores help glossary          the words used here"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { exited = c }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(examplesFirst),
	)
	if err != nil {
		panic(err)
	}
	a.parser = parser
	kctx, err := parser.Parse(args)
	if exited >= 0 { // --help was asked for
		return exited
	}
	if err != nil {
		return a.report(&failure{exit: exitUsage, code: "usage", err: fmt.Errorf("%w\n  help:   mores --help", err)}, wantJSON)
	}
	a.globals = cli.globals
	if a.Jobs <= 0 {
		a.Jobs = runtime.GOMAXPROCS(0)
	}
	ctx, stop := signalContext(ctx)
	defer stop()
	if a.MaxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.MaxTime)
		defer cancel()
	}
	kctx.BindTo(ctx, (*context.Context)(nil))
	err = kctx.Run(a)
	var sig interrupted
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && errors.As(cause, &sig) {
		err = cause
	}
	return a.report(err, wantJSON)
}

// examplesFirst prints a command's examples above kong's own help.
func examplesFirst(opt kong.HelpOptions, ctx *kong.Context) error {
	if n := ctx.Selected(); n != nil && n.Type == kong.CommandNode {
		if ex, ok := n.Target.Addr().Interface().(interface{ Examples() string }); ok {
			fmt.Fprintf(ctx.Stdout, "%s\n\n%s\n\n", n.Help, strings.Trim(ex.Examples(), "\n"))
		}
	}
	return kong.DefaultHelpPrinter(opt, ctx)
}

func hasFlag(args []string, flag string) bool {
	for _, a := range args {
		if a == "--" {
			return false
		}
		if a == flag {
			return true
		}
	}
	return false
}

// signalContext ends the context on the first signal, remembering which; a
// second one kills the process as usual.
func signalContext(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-c:
			signal.Stop(c)
			cancel(interrupted{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(c); cancel(nil) }
}

type interrupted struct{ os.Signal }

func (i interrupted) Error() string { return "interrupted by " + i.String() }

// report says an error in its place and returns the exit code.
func (a *app) report(err error, asJSON bool) int {
	if err == nil {
		return exitOK
	}
	code, name := classify(err)
	if code == exitFindings && name == "findings" {
		return code // said already: the work is done, some of it failed
	}
	msg := err.Error()
	if asJSON {
		b, _ := json.Marshal(map[string]any{"event": "result", "schema": 1, "ok": false, "exit": code, "code": name, "error": msg})
		fmt.Fprintf(a.out, "%s\n", b)
	}
	if !strings.HasPrefix(msg, "error[") {
		msg = fmt.Sprintf("error[%s]: %s", name, msg)
	}
	fmt.Fprintln(a.err, msg)
	return code
}

// exiter is an error that knows its exit code; coder one that knows its code.
type (
	exiter interface{ ExitCode() int }
	coder  interface{ ErrorCode() string }
)

// classify maps an error to its exit code and its name.
func classify(err error) (exit int, name string) {
	var f *failure
	var x exiter
	var c coder
	var i interrupted
	switch {
	case errors.As(err, &i) && i.Signal == syscall.SIGTERM:
		return exitTerm, "terminated"
	case errors.As(err, &i):
		return exitInt, "interrupted"
	case errors.As(err, &f):
		exit, name = f.exit, f.code
	case errors.As(err, &x):
		exit = x.ExitCode()
	case errors.As(err, new(*study.SpecError)), errors.As(err, new(*cluster.OptionError)),
		errors.As(err, new(*cluster.KeyError)), errors.As(err, new(*cluster.ValueError)):
		exit = exitUsage
	case errors.As(err, new(*cluster.MemoryError)):
		exit, name = exitRefused, "R001"
	case errors.As(err, new(*ledger.ErrLocked)):
		exit, name = exitIO, "S003"
	case errors.As(err, new(*ledger.ErrResume)):
		exit = exitResume
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission), errors.Is(err, syscall.ENOSPC):
		exit, name = exitIO, "D001"
	case errors.Is(err, context.DeadlineExceeded):
		return exitRefused, "max-time"
	default:
		exit = exitData
	}
	if name == "" && errors.As(err, &c) {
		name = c.ErrorCode()
	}
	if name == "" {
		name = map[int]string{
			exitFindings: "findings", exitUsage: "usage", exitData: "data", exitRefused: "budget",
			exitIO: "io", exitResume: "resume", exitBug: "bug",
		}[exit]
	}
	return exit, name
}

// path resolves a path against -C.
func (a *app) path(p string) string {
	if a.Dir == "" || filepath.IsAbs(p) || p == "-" {
		return p
	}
	return filepath.Join(a.Dir, p)
}

// say talks to people, on stderr.
func (a *app) say(format string, args ...any) {
	if !a.Quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// result prints the command's one result line in JSON mode.
func (a *app) result(fields map[string]any) error {
	fields["event"], fields["schema"] = "result", 1
	b, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", b)
	return err
}

// colour reports whether w is a terminal that wants colours.
func (a *app) colour(w io.Writer) bool {
	return !a.NoColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is the terminal's, or 100.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 100
}

// maxBytes is the memory budget: --max-mem, or 70 % of what is free.
func (a *app) maxBytes() (int64, error) {
	total := memoryAvailable()
	s := strings.TrimSpace(a.MaxMem)
	if s == "" {
		return total * 7 / 10, nil
	}
	if p, ok := strings.CutSuffix(s, "%"); ok {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || v <= 0 || v > 100 {
			return 0, fail(exitUsage, "--max-mem=%q: a share is above 0%% and at most 100%%, as 60%%", s)
		}
		return int64(float64(total) * v / 100), nil
	}
	for _, u := range []struct {
		suffix string
		bytes  float64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}, {"", 1}} {
		if p, ok := strings.CutSuffix(s, u.suffix); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
			if err != nil || v <= 0 {
				break
			}
			return int64(v * u.bytes), nil
		}
	}
	return 0, fail(exitUsage, "--max-mem=%q: write 8GiB, 500MB or 60%%", s)
}
