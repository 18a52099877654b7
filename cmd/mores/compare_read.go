package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/ledger"
	"github.com/mores-lab/mores/eval/report"
)

// labelFile is a labelling that keeps the words of its file.
type labelFile struct {
	eval.Labelling
	names []string // of the labels 0, 1, …; nil = the numbers
	left  int      // rows that another labelling lacks
}

// name is a label as the file writes it.
func (l *labelFile) name(label int32) string {
	if label < 0 || l.names == nil {
		return strconv.Itoa(int(label))
	}
	return l.names[label]
}

// read reads a labelling: a file, a study's recommended run, or one of its runs.
func (c compareCmd) read(ctx context.Context, a *app, what string) (*labelFile, error) {
	st, err := os.Stat(a.path(what))
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return c.readStudy(ctx, a, what)
	}
	f, err := os.Open(a.path(what))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return c.readLabels(ctx, what, f)
}

// readStudy reads the run that a study recommends; STUDY/runs/ID is that run of it.
func (c compareCmd) readStudy(ctx context.Context, a *app, what string) (*labelFile, error) {
	what = filepath.Clean(what)
	dir, run := what, ""
	if up := filepath.Dir(what); filepath.Base(up) == "runs" {
		dir, run = filepath.Dir(up), filepath.Base(what)
	}
	folder, err := ledger.Open(a.path(dir))
	if err != nil {
		return nil, fmt.Errorf("%w\n  compare takes a CSV id,cluster, a study's folder, or STUDY/runs/ID", err)
	}
	defer folder.Close()
	for _, d := range folder.Damage() {
		a.say("warning: %s", d)
	}
	rep, err := report.Build(ctx, folder, report.Options{Run: run})
	if err != nil {
		return nil, err
	}
	if rep.Shown == nil {
		return nil, fail(exitData, "%s has no finished run to compare", dir)
	}
	l := &labelFile{Labelling: eval.Labelling{Name: filepath.Join(dir, "runs", rep.Shown.ID), Labels: rep.Data.Labels}}
	for i := range l.Labels {
		l.IDs = append(l.IDs, rep.Set.X.ID(i))
	}
	return l, nil
}

// readLabels reads a CSV with a column of ids and one of clusters, numbers or words;
// -1, noise and nothing are unassigned. Labels are numbered in the order of numbers, then
// of words.
func (c compareCmd) readLabels(ctx context.Context, source string, from io.Reader) (*labelFile, error) {
	bad := func(code string, line int, format string, args ...any) error {
		return &failure{exit: exitData, code: code, err: fmt.Errorf("error[%s]: %s, line %d: "+format, append([]any{code, source, line}, args...)...)}
	}
	buf := bufio.NewReader(from)
	if b, _ := buf.Peek(3); bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		_, _ = buf.Discard(3) // a byte order mark
	}
	r := csv.NewReader(buf)
	r.ReuseRecord = true
	head, err := r.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fail(exitData, "%s is empty: a labelling is a CSV with the header %s,%s and a line a row", source, c.ID, c.Column)
	case err != nil:
		return nil, bad("D005", 1, "%v", csvWhy(err))
	}
	head = slices.Clone(head)
	place := map[string]int{}
	for flag, name := range map[string]string{"--id": c.ID, "--column": c.Column} {
		place[flag] = slices.Index(head, name)
	}
	for _, flag := range []string{"--id", "--column"} {
		if place[flag] < 0 {
			name := map[string]string{"--id": c.ID, "--column": c.Column}[flag]
			return nil, bad("D004", 1, "no column %q\n  columns here: %s%s\n  fix: %s COLUMN", name, list(head), suggest(name, head), flag)
		}
	}
	l := &labelFile{Labelling: eval.Labelling{Name: source}}
	before := map[string]int{}
	var words []string
	for n := 0; ; n++ {
		if n%10_000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 0
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				line = pe.Line
			}
			return nil, bad("D005", line, "%v", csvWhy(err))
		}
		line, _ := r.FieldPos(0)
		id := strings.Clone(rec[place["--id"]])
		if first, twice := before[id]; twice {
			return nil, bad("D011", line, "id %.60q was on line %d already\n  fix: one line a customer; is %q the column of ids? --id COLUMN", id, first, c.ID)
		}
		before[id] = line
		l.IDs = append(l.IDs, id)
		words = append(words, strings.Clone(rec[place["--column"]]))
	}
	if len(words) == 0 {
		return nil, fail(exitData, "%s has a header and no rows", source)
	}
	l.number(words)
	return l, nil
}

// number gives the words of a file labels: numbers by size, then words by letters.
func (l *labelFile) number(words []string) {
	code := map[string]int32{}
	for i, w := range words {
		w = strings.TrimSuffix(strings.TrimSpace(w), ".0") // pandas writes integers beside a missing one so
		words[i] = w
		if v, err := strconv.Atoi(w); w == "" || w == "noise" || err == nil && v < 0 {
			words[i] = ""
			continue
		}
		if _, ok := code[w]; !ok {
			code[w] = 0
			l.names = append(l.names, w)
		}
	}
	slices.SortFunc(l.names, func(x, y string) int {
		a, errA := strconv.Atoi(x)
		b, errB := strconv.Atoi(y)
		switch {
		case errA == nil && errB == nil && a != b:
			return cmp.Compare(a, b)
		case (errA == nil) != (errB == nil):
			if errA == nil {
				return -1
			}
			return 1
		}
		return cmp.Compare(x, y)
	})
	for i, w := range l.names {
		code[w] = int32(i)
	}
	for _, w := range words {
		if w == "" {
			l.Labels = append(l.Labels, cluster.Noise)
		} else {
			l.Labels = append(l.Labels, code[w])
		}
	}
}

// csvWhy is what is wrong with a line, without the line, which we name ourselves.
func csvWhy(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
