package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/spell"
)

// prepared is a table as a fit sees it.
type prepared struct {
	*features.Prepared
	Raw *features.Matrix
	N   int // rows of the input; Rows says which stay
}

// matrix reads and scales the table that the flags name.
func (t tableFlags) matrix(ctx context.Context, a *app) (*prepared, error) {
	raw, err := readMatrix(ctx, a, t.Input, t.ID, t.Missing != string(features.Refuse))
	if err != nil {
		return nil, err
	}
	if raw, err = t.pick(raw); err != nil {
		return nil, err
	}
	p, err := features.Prepare(raw, t.Scale, features.MissingPolicy(t.Missing))
	if err != nil {
		return nil, err
	}
	n, _ := raw.Dims()
	if len(p.Rows) < n && p.X.IDs == nil {
		// Rows were left out: ids keep saying which row of the file is meant.
		for _, r := range p.Rows {
			p.X.IDs = append(p.X.IDs, raw.ID(r))
		}
	}
	return &prepared{Prepared: p, Raw: raw, N: n}, nil
}

// pick keeps the columns that --columns names, in that order.
func (t tableFlags) pick(m *features.Matrix) (*features.Matrix, error) {
	if len(t.Columns) == 0 {
		return m, nil
	}
	var at []int
	var cols []features.Column
	for _, name := range t.Columns {
		j := m.Index(name)
		if j < 0 {
			var have []string
			for _, c := range m.Cols {
				have = append(have, c.Name)
			}
			return nil, t.noColumn(name, have)
		}
		at, cols = append(at, j), append(cols, m.Cols[j])
	}
	n, _ := m.Dims()
	out := features.NewMatrix(n, cols, nil)
	out.IDs, out.Weights, out.Descriptors = m.IDs, m.Weights, m.Descriptors
	for i := range n {
		for k, j := range at {
			out.Row(i)[k] = m.Row(i)[j]
		}
	}
	return out, nil
}

func (t tableFlags) noColumn(name string, have []string) error {
	return &failure{exit: exitData, code: "D004", err: fmt.Errorf("error[D004]: no numeric column %q in %s\n  columns here: %s%s", name, t.Input, list(have), suggest(name, have))}
}

// readMatrix reads a table of numbers; missing lets empty cells through as NaN.
func readMatrix(ctx context.Context, a *app, path, id string, missing bool) (*features.Matrix, error) {
	limit, err := a.maxBytes()
	if err != nil {
		return nil, err
	}
	t, rep, err := load.Table(ctx, a.path(path), load.TableOptions{ID: id, Missing: missing, MaxMem: limit, Jobs: a.Jobs})
	var bad *load.Error
	if errors.As(err, &bad) && bad.Code == "D007" && !missing {
		bad.Fix = "--missing drop-rows   (leaves these rows out and says so; or --missing median)"
	}
	if err != nil {
		return nil, err
	}
	for _, s := range rep.Assumptions {
		if a.Verbose {
			a.say("%s: %s", filepath.Base(path), s)
		}
	}
	return features.FromTable(t)
}

func dirOf(path string) string { return filepath.Dir(path) }

// cpuSeconds is the processor time used so far by this process.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	s := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return s(u.Utime) + s(u.Stime)
}

// suggest names the word that was probably meant, if there is one.
func suggest(got string, names []string) string {
	if near := spell.Nearest(got, names); near != "" {
		return "\n  did you mean " + near + "?"
	}
	return ""
}
