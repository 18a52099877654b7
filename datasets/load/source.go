package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// Source reads a data set of the catalogue: its log and, where their files lie
// beside it, the side tables and further events. The catalogue's mapping is merged
// over the sniffed one, and the options' over both.
func Source(ctx context.Context, src *datasets.Source, opt Options) (*datasets.Log, *Report, error) {
	rep := &Report{}
	if src.Mapping == nil {
		return nil, rep, fmt.Errorf("data set %s is not an event log", src.Name)
	}
	if opt.Name == "" {
		opt.Name = src.Name
	}
	opt.tables, opt.frames = map[string]*datasets.Table{}, map[string]*frame{}
	var main string
	var missing error
	var said []string
	for _, f := range src.Files {
		if f.Mapping != nil {
			continue
		}
		if f.Role != "" && f.Role != "events" {
			line, err := attach(ctx, f, opt)
			if err != nil {
				return nil, rep, err
			}
			said = append(said, line)
			continue
		}
		if main == "" {
			p, err := locate(f.Path, f.URL)
			if err != nil {
				missing = err
				continue
			}
			main = p
		}
	}
	if main == "" {
		return nil, rep, missing
	}
	rep.Path = main
	mapping := merge(src.Mapping, opt.Mapping)
	first, err := castFile(ctx, rep, main, mapping, opt)
	if err != nil {
		return nil, rep, err
	}
	makers := []*maker{first}
	for _, f := range src.Files {
		if f.Mapping == nil {
			continue
		}
		m, line, err := castMore(ctx, f, mapping, opt)
		if err != nil {
			return nil, rep, err
		}
		if m != nil {
			makers = append(makers, m)
		}
		said = append(said, line...)
	}
	log, err := assemble(ctx, makers)
	rep.fill(first.plan)
	if err != nil {
		return nil, rep, err
	}
	for role, t := range opt.tables {
		switch role {
		case "customers":
			log.Customers = join2(log.Customers, t)
		case "items":
			log.Items = join2(log.Items, t)
		case "offers":
			log.Offers = join2(log.Offers, t)
		case "campaigns":
			log.Campaigns = t
		case "surveys":
			log.Surveys = t
		}
	}
	rep.Notes = log.Notes
	rep.Assumptions = append(rep.Assumptions, said...)
	return log, rep, nil
}

// SourceTable reads a plain table of the catalogue, and how many customers each row
// stands for where the source says so (nil: one each). That column is no feature.
func SourceTable(ctx context.Context, src *datasets.Source, opt TableOptions) (*datasets.Table, []float64, *Report, error) {
	if src.Mapping != nil || len(src.Files) == 0 {
		return nil, nil, &Report{}, fmt.Errorf("data set %s is not a table", src.Name)
	}
	path, err := locate(src.Files[0].Path, src.Files[0].URL)
	if err != nil {
		return nil, nil, &Report{}, err
	}
	t, rep, err := Table(ctx, path, opt)
	if err != nil || src.Weights == "" {
		return t, nil, rep, err
	}
	c := t.Col(src.Weights)
	if c == nil || c.Num == nil {
		return nil, nil, rep, reject("D004", "name it in the catalogue", "%s has no column of numbers %q", filepath.Base(path), src.Weights)
	}
	weights := c.Num
	t.Cols = slices.DeleteFunc(t.Cols, func(c datasets.TableColumn) bool { return c.Name == src.Weights })
	rep.Assumptions = append(rep.Assumptions, fmt.Sprintf("Column %q says how many customers a row stands for.", src.Weights))
	return t, weights, rep, nil
}

// castFile reads a file with that mapping.
func castFile(ctx context.Context, rep *Report, path string, m *datasets.Mapping, opt Options) (*maker, error) {
	opt.Mapping = m
	f := opt.frames[path]
	if f == nil {
		var err error
		if f, err = readFrame(ctx, []string{path}, opt); err != nil {
			return nil, err
		}
		opt.frames[path] = f
	}
	p, err := sniffMapping(f, opt)
	if rep != nil {
		rep.fill(p)
	}
	if err != nil {
		return nil, err
	}
	return p.cast(opt)
}

// castMore reads a further file of events, whose mapping holds what differs from the
// source's own. nil = the file is not there.
func castMore(ctx context.Context, f datasets.File, first *datasets.Mapping, opt Options) (*maker, []string, error) {
	path, err := locate(f.Path, f.URL)
	if isAbsent(err) {
		return nil, []string{fmt.Sprintf("The events of %s are left out: it is not there.", filepath.Base(f.Path))}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	m := *f.Mapping
	m.Zone, m.Unit, m.Currency, m.From, m.To = first.Zone, first.Unit, first.Currency, first.From, first.To
	opt.exact = true
	made, err := castFile(ctx, nil, path, &m, opt)
	if err != nil {
		return nil, nil, err
	}
	return made, made.said, nil
}

// isAbsent says that a file of the catalogue is not on this machine.
func isAbsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "D001"
}

// merge lays the second mapping over the first.
func merge(base, over *datasets.Mapping) *datasets.Mapping {
	m := *base
	if over == nil {
		return &m
	}
	for k, v := range over.Columns {
		m.Columns = with(m.Columns, k, v)
	}
	for k, v := range over.Kinds {
		m.Kinds = with(m.Kinds, k, v)
	}
	if over.Unit != "" && over.Unit != base.Unit && over.Columns["customer"] == "" && (base.Unit != "" || over.Unit != "customer") {
		// Another unit is another column, which the file must have.
		m.Columns = maps.Clone(m.Columns)
		delete(m.Columns, "customer")
	}
	m.Drop = append(slices.Clone(m.Drop), over.Drop...)
	m.Services = append(slices.Clone(m.Services), over.Services...)
	if over.Extra != nil {
		m.Extra = over.Extra
	}
	if over.Attributes != nil {
		m.Attributes = over.Attributes
	}
	if over.Batteries != nil {
		m.Batteries = over.Batteries
	}
	m.KeepExcluded = m.KeepExcluded || over.KeepExcluded
	m.DropServices = m.DropServices || over.DropServices
	for _, s := range []struct {
		to   *string
		from string
	}{{&m.TimeLayout, over.TimeLayout}, {&m.Zone, over.Zone}, {&m.DefaultKind, over.DefaultKind}, {&m.Unit, over.Unit}, {&m.Currency, over.Currency}} {
		if s.from != "" {
			*s.to = s.from
		}
	}
	m.FirstSeen = m.FirstSeen || over.FirstSeen
	if !over.From.IsZero() {
		m.From = over.From
	}
	if !over.To.IsZero() {
		m.To = over.To
	}
	return &m
}

// attach reads a side table for the role that the catalogue gives it, and says what
// it found.
func attach(ctx context.Context, f datasets.File, opt Options) (string, error) {
	path, err := locate(f.Path, f.URL)
	if isAbsent(err) {
		return fmt.Sprintf("The table of %s (%s) is not there: left out.", f.Role, filepath.Base(f.Path)), nil
	}
	if err != nil {
		return "", err
	}
	key := sideKeys[f.Role]
	if key == "" {
		return "", fmt.Errorf("data set file %s has the unknown role %q", f.Path, f.Role)
	}
	t, _, err := Table(ctx, path, TableOptions{side: key, Jobs: opt.Jobs, MaxMem: opt.MaxMem, TempDir: opt.TempDir})
	if err != nil {
		return "", err
	}
	t.Name = f.Role
	for i, c := range t.Cols {
		if to, ok := f.Rename[c.Name]; ok {
			t.Cols[i].Name = to
		}
	}
	opt.tables[f.Role] = t
	return fmt.Sprintf("%s: %s of %s.", filepath.Base(path), count(t.Rows(), "row"), f.Role), nil
}

// join2 adds the columns of b to the customers of a; without a, it is b.
func join2(a, b *datasets.Table) *datasets.Table {
	if a == nil {
		return b
	}
	at := map[string]int{}
	for i, k := range b.Keys {
		at[k] = i
	}
	for _, c := range b.Cols {
		if a.Col(c.Name) != nil {
			continue
		}
		n := datasets.TableColumn{Name: c.Name, Unit: c.Unit}
		for _, k := range a.Keys {
			i, ok := at[k]
			switch {
			case c.Num != nil && ok:
				n.Num = append(n.Num, c.Num[i])
			case c.Num != nil:
				n.Num = append(n.Num, nan)
			case ok:
				n.Text = append(n.Text, c.Text[i])
			default:
				n.Text = append(n.Text, "")
			}
		}
		a.Cols = append(a.Cols, n)
	}
	return a
}

// Labelled reads a set of the battery: its numbers, and every reference
// labelling, in which 0 is noise (−1 here) and 1..k become 0..k−1.
func Labelled(ctx context.Context, src *datasets.Source) (*datasets.Labelled, error) {
	out := &datasets.Labelled{Name: src.Name}
	for _, f := range src.Files {
		path, err := locate(f.Path, f.URL)
		if err != nil {
			return nil, err
		}
		if f.Role == "labels" {
			l, err := labels(path)
			if err != nil {
				return nil, err
			}
			out.Truth = append(out.Truth, l)
			continue
		}
		header := false
		t, _, err := Table(ctx, path, TableOptions{Dialect: DialectFix{Delimiter: "blanks", Header: &header}})
		if err != nil {
			return nil, err
		}
		out.Table = t
	}
	if out.Table == nil || len(out.Truth) == 0 {
		return nil, fmt.Errorf("data set %s has no reference labels", src.Name)
	}
	for i, l := range out.Truth {
		if len(l) != out.Table.Rows() {
			return nil, reject("D005", "download the battery again", "%s has %s, its labelling %d has %s", src.Name, count(out.Table.Rows(), "row"), i, count(len(l), "label"))
		}
	}
	return out, nil
}

// labels reads one integer a line.
func labels(path string) ([]int32, error) {
	in, err := inspectInput(path)
	if err != nil {
		return nil, err
	}
	r, err := in.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []int32
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		s := strings.TrimSpace(sc.Text())
		if s == "" {
			continue
		}
		x, err := strconv.ParseInt(s, 10, 31)
		if err != nil || x < 0 {
			return nil, reject("D006", "one integer a line: 0 = noise, 1 to k", "%s:%d: %s is not a label", in.name, line, show(s))
		}
		out = append(out, int32(x)-1)
	}
	if err := sc.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return out, nil
}

// Inspect reads a file as far as saying what it is: dialect, columns, mapping,
// notes, questions. Of a file that is not an event log, the error says why and the
// report holds what was found.
func Inspect(ctx context.Context, path string) (*Report, error) {
	_, rep, err := Events(ctx, []string{path}, Options{})
	var ask *Ambiguous
	if errors.As(err, &ask) {
		rep.Questions = ask.Questions
		return rep, nil
	}
	return rep, err
}
