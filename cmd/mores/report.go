package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/eval/study"
)

type reportCmd struct {
	StudyDir    string `arg:"" name:"dir" help:"The study's folder."`
	RunID       string `name:"run" help:"Show this run's segments instead of the recommended one." placeholder:"ID"`
	Spreadsheet bool   `help:"Guard text cells of the CSV files against being read as formulas."`
}

func (reportCmd) Examples() string {
	return `  mores report studies/cdnow
  mores report studies/cdnow --run 4f2a90c1d3b7e865`
}

func (c reportCmd) Run(ctx context.Context, a *app) error {
	dir := a.path(c.StudyDir)
	folder, err := ledger.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	for _, d := range folder.Damage() {
		a.say("warning: %s", d)
	}
	if a.DryRun {
		a.say("would write the report of %s", dir)
		return nil
	}
	if err := ledger.WriteTables(ctx, folder, filepath.Join(dir, "tables")); err != nil {
		return err
	}
	rep, err := a.writeReport(ctx, folder, dir, c.RunID)
	if err != nil {
		return err
	}
	return a.conclude(folder, rep, dir)
}

// writeReport writes what people take away: report.html, .md and .pdf, slide.pdf,
// ranking.csv, the figures, one list of customers a segment and the model.
func (a *app) writeReport(ctx context.Context, r study.Reader, dir, run string) (*report.Report, error) {
	v, _, _ := version()
	rep, err := report.Build(ctx, r, report.Options{Run: run, Dir: dir, Version: v})
	if err != nil {
		return nil, err
	}
	for name, write := range map[string]func(io.Writer, *report.Report) error{
		"report.html": report.HTML, "report.md": report.Markdown, "report.tex": report.LaTeX, "report.pdf": report.PDF,
		"ranking.csv": func(w io.Writer, r *report.Report) error { return report.CSV(w, r, report.CSVOptions{}) },
	} {
		if err := writeFile(filepath.Join(dir, name), func(w io.Writer) error { return write(w, rep) }); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if rep.Shown == nil {
		return rep, nil
	}
	if err := writeFile(filepath.Join(dir, "slide.pdf"), func(w io.Writer) error { return report.Slide(w, rep) }); err != nil {
		return nil, fmt.Errorf("slide.pdf: %w", err)
	}
	if _, err := report.WriteIDs(filepath.Join(dir, "segments"), rep, report.CSVOptions{}); err != nil {
		return nil, err
	}
	if err := a.writeFigures(rep, filepath.Join(dir, "figures")); err != nil {
		return nil, err
	}
	return rep, a.writeModel(r, rep.Shown.ID, dir)
}

// slideDPI makes a slide of 13.33 × 7.5 in a picture of 2560 × 1440; mores plot --dpi
// makes larger ones.
const slideDPI = 192

// writeFigures draws every figure that the shown run allows, for paper and slide.
func (a *app) writeFigures(rep *report.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	in := &figure.Input{State: rep.State, Run: rep.Shown, Set: rep.Set, Data: rep.Data}
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	turn := make(chan struct{}, max(a.Jobs, 1))
	for _, f := range figure.Figures() {
		for _, p := range []figure.Preset{figure.Paper, figure.Slide} {
			d, err := figure.Draw(f.Name, in, p)
			if err != nil {
				if a.Verbose {
					a.say("no %s: %v", f.Name, err)
				}
				break // it cannot be drawn from this run, and the report says why
			}
			format, draw := "svg", func(w io.Writer) error { return figure.Write(d, "svg", w) }
			if p.Name == figure.Slide.Name {
				format, draw = "png", func(w io.Writer) error { return figure.WritePNG(d, slideDPI, w) }
			}
			path := filepath.Join(dir, f.Name+"-"+p.Name+"."+format)
			turn <- struct{}{}
			all.Go(func() {
				err := writeFile(path, draw)
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
				<-turn
			})
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// writeModel writes models/RUN.json, by which mores predict labels new customers.
func (a *app) writeModel(r study.Reader, run, dir string) error {
	m, err := study.NewModel(r, run)
	if err != nil {
		return err
	}
	b, err := m.Bytes()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "models"), 0o755); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "models", run+".json"), func(w io.Writer) error { _, err := w.Write(b); return err })
}

type plotCmd struct {
	Kind     string `arg:"" help:"Which figure: see the list below; all draws every one."`
	StudyDir string `arg:"" name:"dir" help:"The study's folder."`
	RunID    string `name:"run" help:"Of this run; default: the recommended one." placeholder:"ID"`
	Preset   string `help:"paper, slide-16x9 or web." default:"paper"`
	Output   string `short:"o" help:"Write here: .svg, .png, .pdf or .csv (the figure's numbers); default: KIND.svg." placeholder:"FILE"`
}

func (plotCmd) Examples() string {
	s := `  mores plot map studies/cdnow -o map.pdf
  mores plot heatmap studies/cdnow --preset slide-16x9 -o heatmap.png
  mores plot silhouette studies/cdnow --run 4f2a90c1d3b7e865 -o silhouette.svg

Figures:`
	for _, f := range figure.Figures() {
		s += fmt.Sprintf("\n  %-12s %s", f.Name, firstLine(f.Doc))
	}
	return s
}

func (c plotCmd) Run(ctx context.Context, a *app) error {
	if _, err := figure.Lookup(c.Kind); err != nil {
		var names []string
		for _, f := range figure.Figures() {
			names = append(names, f.Name)
		}
		return fail(exitUsage, "%w\n  figures: %s%s", err, list(names), suggest(c.Kind, names))
	}
	preset, err := presetOf(c.Preset)
	if err != nil {
		return err
	}
	out := either(c.Output, c.Kind+".svg")
	format := filepath.Ext(out)
	if format != "" {
		format = format[1:]
	}
	if format != "svg" && format != "png" && format != "pdf" && format != "csv" {
		return fail(exitUsage, "-o %s: the name ends in .svg, .png, .pdf or .csv", out)
	}
	folder, err := ledger.Open(a.path(c.StudyDir))
	if err != nil {
		return err
	}
	defer folder.Close()
	rep, err := report.Build(ctx, folder, report.Options{Run: c.RunID})
	if err != nil {
		return err
	}
	if rep.Shown == nil {
		return fail(exitData, "%s has no finished run to draw", c.StudyDir)
	}
	d, err := figure.Draw(c.Kind, &figure.Input{State: rep.State, Run: rep.Shown, Set: rep.Set, Data: rep.Data}, preset)
	if err != nil {
		return err
	}
	err = writeFile(a.path(out), func(w io.Writer) error {
		if format == "csv" {
			return figure.WriteCSV(d, w)
		}
		return figure.Write(d, format, w)
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.result(map[string]any{"figure": c.Kind, "output": out, "title": d.Title, "caption": d.Caption, "run": rep.Shown.ID})
	}
	fmt.Fprintln(a.out, out)
	a.say("%s\n%s", d.Title, d.Caption)
	return nil
}

func presetOf(name string) (figure.Preset, error) {
	var names []string
	for _, p := range figure.Presets() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return figure.Preset{}, fail(exitUsage, "no preset named %q: %s", name, list(names))
}
