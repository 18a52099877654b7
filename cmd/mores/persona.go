package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

type personaCmd struct {
	logFlags
	StudyDir string   `arg:"" name:"dir" help:"The study's folder."`
	RunID    string   `name:"run" help:"Of this run's segments instead of the recommended one's." placeholder:"ID"`
	Language string   `help:"Language of the cards: en, de, da or nl." default:"en" placeholder:"LANGUAGE"`
	Log      []string `help:"The log of the study, for trend, time, channel, themes and last purchases: a file, or a data set of the catalogue." placeholder:"FILE"`
	Output   string   `short:"o" help:"Folder for the cards; otherwise personas in the study's." placeholder:"DIR"`
}

func (personaCmd) Examples() string {
	return `  mores persona studies/cdnow
  mores persona studies/cdnow --log cdnow --language de
  mores persona studies/shop --log orders.csv -o cards
  Writes personas-LANGUAGE.html, one picture a card and slides as PDF.`
}

func (c personaCmd) Run(ctx context.Context, a *app) error {
	if !slices.Contains(features.Languages(), c.Language) {
		return fail(exitUsage, "--language %q: one of %s%s", c.Language, list(features.Languages()), suggest(c.Language, features.Languages()))
	}
	folder, err := ledger.Open(a.path(c.StudyDir))
	if err != nil {
		return err
	}
	defer folder.Close()
	for _, d := range folder.Damage() {
		a.say("warning: %s", d)
	}
	if err := (explainCmd{StudyDir: c.StudyDir, RunID: c.RunID}).known(folder); err != nil {
		return err
	}
	dir := a.path(c.Output)
	if c.Output == "" {
		dir = filepath.Join(a.path(c.StudyDir), "personas")
	}
	if a.DryRun {
		a.say("would write personas to %s", dir)
		return nil
	}
	var log *datasets.Log
	if len(c.Log) > 0 {
		l, rep, err := c.read(ctx, a, c.Log)
		if err != nil {
			return err
		}
		a.tell(l, rep)
		events, err := folder.Events(0)
		if err != nil {
			return err
		}
		st := &study.State{}
		st.Fold(events...)
		log = asStudied(l, st)
	}
	s, err := report.Personas(ctx, folder, report.Options{Run: c.RunID}, c.Language, log)
	if err != nil {
		return err
	}
	files, err := writePersonas(s, dir)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.result(map[string]any{"run": s.Run, "language": s.Language, "personas": s.Personas, "left_out": s.Left, "files": files})
	}
	for _, card := range s.Cards {
		fmt.Fprintf(a.out, "%d  %s\n   %s\n   %s\n", card.Segment, plainText(card.Name), card.Facts, plainText(card.Who))
		for _, b := range card.Behaviours {
			fmt.Fprintf(a.out, "   • %s\n", plainText(b))
		}
		for _, r := range card.Rows {
			if r.Name == "" {
				fmt.Fprintf(a.out, "      %s\n", plainText(r.Value))
				continue
			}
			fmt.Fprintf(a.out, "   %s: %s\n", r.Name, plainText(r.Value))
		}
		fmt.Fprintln(a.out)
	}
	a.notesAndFiles(s.Notes, files)
	return nil
}

// notesAndFiles ends what is printed of a sheet.
func (a *app) notesAndFiles(notes, files []string) {
	for _, n := range notes {
		fmt.Fprintln(a.out, plainText(n))
	}
	for _, f := range files {
		a.say("wrote %s", f)
	}
}

// plainText drops what could move the cursor of a terminal.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
}

// writePersonas writes the page, the slides and a picture a card.
func writePersonas(s *report.PersonaSheet, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	base := filepath.Join(dir, "personas-"+s.Language)
	files := []string{base + ".html", base + ".pdf"}
	if err := writeFile(files[0], s.HTML); err != nil {
		return nil, err
	}
	if err := writeFile(files[1], s.Slides); err != nil {
		return nil, err
	}
	for i := range s.Cards {
		card := &s.Cards[i]
		path := fmt.Sprintf("%s-segment-%d.png", base, card.Segment)
		if err := writeFile(path, func(w io.Writer) error { return s.PNG(w, card) }); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}
