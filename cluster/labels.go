package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "labels",
	Doc: `A labelling made elsewhere, judged like ours
A CSV file with a column of ids and one of clusters (numbers or names; -1, "noise" or
nothing = noise). Rows are matched by id, in any order. Clusters that have names keep
them.`,
	Version:    1,
	New:        func() Algorithm { return &Labels{ID: "id", Column: "cluster"} },
	Invariance: Translation | Scaling | ColumnOrder,
	Example:    labelsExample,
})

// Labels reads a labelling instead of computing one. Every row of the matrix must
// have a line; lines for other ids are warned of and ignored. Where the matrix has no
// ids they are the 0-based row numbers.
type Labels struct {
	File string `json:"file"`
	// Dir is the folder that File is relative to; "" = the working folder. It is where the
	// file stands, not what it says: no option.
	Dir    string `json:"-"`
	ID     string `json:"id"`     // the column of ids
	Column string `json:"column"` // the column of clusters
}

// Sources names the file.
func (a *Labels) Sources() []string { return []string{a.path()} }

func (a *Labels) path() string {
	if a.File == "" || filepath.IsAbs(a.File) {
		return a.File
	}
	return filepath.Join(a.Dir, a.File)
}

// Fit reads the file.
func (a *Labels) Fit(ctx context.Context, x *features.Matrix, _ Run) (*Clustering, error) {
	if _, _, err := ready("labels", x); err != nil {
		return nil, err
	}
	if a.File == "" {
		return nil, &OptionError{"labels", "file", `""`, "the CSV file with the labels"}
	}
	f, err := os.Open(a.path())
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	defer f.Close()
	p := labelsParser{method: "labels", source: a.File, id: a.ID, column: a.Column, x: x}
	return p.parse(ctx, f)
}

// labelsParser reads a CSV of ids and clusters and matches it to the rows of x. Every
// error names the source, the line and what came.
type labelsParser struct {
	method, source, id, column string
	x                          *features.Matrix
}

// labelsShown is how many ids an error quotes.
const labelsShown = 3

func (p *labelsParser) parse(ctx context.Context, from io.Reader) (*Clustering, error) {
	bad := func(line int, format string, args ...any) error {
		where := p.source
		if line > 0 {
			where = fmt.Sprintf("%s, line %d", p.source, line)
		}
		return &DataError{p.method, where + ": " + fmt.Sprintf(format, args...)}
	}
	n, _ := p.x.Dims()
	at := make(map[string]int, n)
	for i := range n {
		id := p.x.ID(i)
		if j, twice := at[id]; twice {
			return nil, &DataError{p.method, fmt.Sprintf("rows %d and %d of the matrix have the same id %q: labels cannot be matched", j+1, i+1, id)}
		}
		at[id] = i
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
		return nil, bad(0, "empty: want a header %s,%s and a line per row", p.id, p.column)
	case err != nil:
		return nil, bad(1, "%v", csvReason(err))
	}
	head = slices.Clone(head)
	idAt, labelAt := slices.Index(head, p.id), slices.Index(head, p.column)
	for name, i := range map[string]int{p.id: idAt, p.column: labelAt} {
		if i < 0 {
			return nil, bad(1, "no column %q in the header %q", name, strings.Join(head, ","))
		}
	}
	c := &Clustering{Labels: make([]int32, n), Stop: Exact}
	line := make([]int32, n) // where the row's label stands
	codes := map[string]int32{}
	var strangers []string
	extra := 0
	for lines := 0; ; lines++ {
		if lines%10_000 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		no, _ := r.FieldPos(0)
		if err != nil {
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				no = pe.Line
			}
			return nil, bad(no, "%v", csvReason(err))
		}
		i, ok := at[rec[idAt]]
		if !ok {
			if extra++; extra <= labelsShown {
				strangers = append(strangers, fmt.Sprintf("%q", rec[idAt]))
			}
			continue
		}
		if line[i] > 0 {
			return nil, bad(no, "id %q was labelled on line %d already", rec[idAt], line[i])
		}
		line[i] = int32(no)
		c.Labels[i] = labelsCode(codes, rec[labelAt])
	}
	var missing []string
	lacking := 0
	for i, l := range line {
		if l == 0 {
			if lacking++; lacking <= labelsShown {
				missing = append(missing, fmt.Sprintf("%q", p.x.ID(i)))
			}
		}
	}
	if lacking > 0 {
		return nil, bad(0, "%d of %d rows have no label, e.g. id %s", lacking, n, strings.Join(missing, ", "))
	}
	if extra > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s: %s: %d lines for ids that are not rows were ignored, e.g. %s", p.method, p.source, extra, strings.Join(strangers, ", ")))
	}
	k, old := Canonical(c.Labels)
	c.K, c.Names = k, labelsNames(codes, old)
	return c, nil
}

// labelsNames returns the clusters' names in the order of their labels: those of codes,
// whose numbers old lists; nil where all are numbers, which name nothing.
func labelsNames(codes map[string]int32, old []int32) []string {
	byCode, named := make([]string, len(codes)), false
	for name, code := range codes {
		byCode[code] = name
		named = named || strings.Trim(name, "0123456789") != ""
	}
	if !named {
		return nil
	}
	out := make([]string, len(old))
	for l, o := range old {
		out[l] = byCode[o]
	}
	return out
}

// labelsCode numbers cluster names as they come. Negative numbers are noise.
func labelsCode(codes map[string]int32, name string) int32 {
	name = strings.TrimSpace(name)
	if name == "" || name == "noise" || isNegative(name) {
		return Noise
	}
	name = strings.TrimSuffix(name, ".0") // pandas writes integers beside a missing one so
	code, ok := codes[name]
	if !ok {
		code = int32(len(codes))
		codes[strings.Clone(name)] = code
	}
	return code
}

func isNegative(s string) bool {
	s = strings.TrimSuffix(s, ".0")
	return len(s) > 1 && s[0] == '-' && strings.Trim(s[1:], "0123456789") == ""
}

func csvReason(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Estimate is a table of ids.
func (a *Labels) Estimate(n, _ int) Estimate { return Estimate{Bytes: int64(n) * 64} }

// labelsExample puts the first half of the rows into one cluster, the rest into another.
func labelsExample(dir string, x *features.Matrix) (Algorithm, error) {
	var b strings.Builder
	b.WriteString("id,cluster\n")
	n, _ := x.Dims()
	for i := range n {
		side := "low"
		if i >= n/2 {
			side = "high"
		}
		fmt.Fprintf(&b, "%s,%s\n", csvField(x.ID(i)), side)
	}
	path := filepath.Join(dir, "labels.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	return &Labels{File: path, ID: "id", Column: "cluster"}, nil
}

// csvField quotes a field where RFC 4180 asks for it.
func csvField(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") && s == strings.TrimSpace(s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
