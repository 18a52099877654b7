package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// fromFile makes the study of a study file. Paths in it are relative to it.
func (c runCmd) fromFile(ctx context.Context, a *app, path string) (*planned, error) {
	data, err := os.ReadFile(a.path(path))
	if err != nil {
		return nil, err
	}
	sp, err := study.Parse(data, path)
	if err != nil {
		return nil, err
	}
	st, err := sp.Study()
	if err != nil {
		return nil, err
	}
	if err := st.Locate(filepath.Dir(a.path(path))); err != nil {
		return nil, err
	}
	if st.Name == "" {
		st.Name = either(sp.Data.Name, filepath.Base(filepath.Dir(path)))
	}
	if st.Seed == 0 {
		st.Seed = a.Seed
	}
	if d, err := sp.MaxTime(); err != nil {
		return nil, err
	} else if d > 0 && a.MaxTime == 0 {
		a.MaxTime = d
	}
	f := &fileStudy{a: a, sp: sp, st: st, base: filepath.Dir(a.path(path))}
	if err := f.load(ctx, c.logFlags); err != nil {
		return nil, err
	}
	p := &planned{study: st}
	if filepath.Base(path) == "study.toml" {
		p.dir = f.base // the folder that the file stands in is the study's
	}
	return p, nil
}

// fileStudy loads what a study file names.
type fileStudy struct {
	a    *app
	sp   *study.Spec
	st   *study.Study
	base string
}

func (f *fileStudy) rel(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(f.base, p)
}

func (f *fileStudy) load(ctx context.Context, flags logFlags) error {
	for _, p := range f.sp.Features.Files {
		m, err := readMatrix(ctx, f.a, f.rel(p), "", true)
		if err != nil {
			return err
		}
		f.st.Tables = append(f.st.Tables, study.Table{Name: filepath.Base(p), Matrix: m})
	}
	d := f.sp.Data
	switch {
	case d.Name == "" && d.Path == "":
		if len(f.st.Tables) == 0 {
			return fail(exitUsage, "the study file names no data: [data] name = \"cdnow\", or path = \"orders.csv\"")
		}
		return nil
	case d.Kind == "table" && d.Path != "":
		m, err := readMatrix(ctx, f.a, f.rel(d.Path), d.ID, f.st.Missing != features.Refuse)
		if err != nil {
			return err
		}
		f.st.Table = m
		return f.truth(ctx, m)
	case d.Name != "":
		src, err := lookupSource(d.Name)
		if err != nil {
			return err
		}
		if !f.a.isLog(src) {
			return f.table(ctx, src)
		}
	}
	return f.log(ctx, flags)
}

// log reads the event log that the file names and cuts it to the window.
func (f *fileStudy) log(ctx context.Context, flags logFlags) error {
	mapping, err := f.sp.Mapping()
	if err != nil {
		return err
	}
	flags.base = mapping
	name := f.sp.Data.Name
	if name == "" {
		name = f.rel(f.sp.Data.Path)
	}
	log, rep, err := flags.read(ctx, f.a, []string{name})
	if err != nil {
		return err
	}
	from, to, asOf, err := f.sp.Window()
	if err != nil {
		return err
	}
	if !asOf.IsZero() && (to.IsZero() || asOf.Before(to)) {
		to = asOf
	}
	if !from.IsZero() || !to.IsZero() {
		log = log.Between(from, to)
		if log.NumEvents() == 0 {
			return fail(exitData, "no event of %s lies in the window of the study file", name)
		}
	}
	f.a.tell(log, rep)
	f.st.Log = log
	if rep == nil {
		if err := f.a.plantSource(f.st, name); err != nil {
			return err
		}
	}
	if want := f.sp.Data.SHA256; want != "" && want != log.Hash {
		return &failure{exit: exitResume, err: fmt.Errorf("the data are not those of the study file: sha256 is %.12s…, the file says %.12s…\n  fix: remove sha256 from [data] to study the new data in a new folder", log.Hash, want)}
	}
	return nil
}

// table loads a table of the catalogue.
func (f *fileStudy) table(ctx context.Context, src *datasets.Source) error {
	p, err := (runCmd{}).table(ctx, f.a, src)
	if err != nil {
		return err
	}
	f.st.Table, f.st.Info = p.study.Table, p.study.Info
	f.st.Truth = append(f.st.Truth, p.study.Truth...)
	return nil
}

// truth reads the reference labellings of a table.
func (f *fileStudy) truth(ctx context.Context, m *features.Matrix) error {
	n, _ := m.Dims()
	all := &prepared{Prepared: &features.Prepared{X: m, Rows: make([]int, n)}, Raw: m, N: n}
	for i := range all.Rows {
		all.Rows[i] = i
	}
	for _, t := range f.sp.Data.Truth {
		l, err := readLabels(ctx, f.a, f.rel(t), all)
		if err != nil {
			return err
		}
		f.st.Truth = append(f.st.Truth, eval.Labelling{Name: filepath.Base(t), Labels: l})
	}
	return nil
}

// spec writes the study as a file to start from: what was decided about the data
// stands in it, so that nothing is sniffed again.
func (c runCmd) spec(a *app, st *study.Study, log *datasets.Log, rep *load.Report) ([]byte, error) {
	sp, err := st.Spec()
	if err != nil {
		return nil, err
	}
	sp.Data = study.DataSpec{Name: log.Meta.Name}
	if _, err := datasets.Lookup(log.Meta.Name); rep != nil && (err != nil || len(c.What) > 1 || c.What[0] != log.Meta.Name) {
		path, err := filepath.Abs(a.path(c.What[0]))
		if err != nil {
			return nil, err
		}
		m := rep.Mapping
		sp.Data = study.DataSpec{
			Path: path, Columns: m.Columns, Time: m.TimeLayout, Zone: m.Zone, Kinds: m.Kinds, Unit: m.Unit, Currency: m.Currency, FirstSeen: m.FirstSeen,
		}
	}
	if c.AsOf != "" || c.Window != "" {
		w := log.Meta.Window
		sp.Data.Window = []string{w.From.Format(time.DateOnly), w.To.Format(time.DateOnly)}
	}
	return sp.Write(), nil
}
