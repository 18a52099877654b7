package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/npy"
)

// setFile is set.json: everything of a feature set that is not an array of numbers.
type setFile struct {
	Schema      int                   `json:"schema"`
	Name        string                `json:"name"`
	Scale       string                `json:"scale"`
	Hash        string                `json:"sha256"` // of this file's rest and the arrays
	IDs         []string              `json:"ids,omitempty"`
	Raw         []features.Column     `json:"raw"`
	X           []features.Column     `json:"x"`
	Explained   [2]float64            `json:"explained"`
	Strata      []study.StratumCount  `json:"strata,omitempty"`
	StratumIDs  map[string][]string   `json:"stratum_ids,omitempty"`
	Shares      []features.BlockShare `json:"shares,omitempty"`
	Pipeline    json.RawMessage       `json:"pipeline,omitempty"`
	Descriptors *tableFile            `json:"descriptors,omitempty"`
	Warnings    []string              `json:"warnings,omitempty"`
	Has         []string              `json:"arrays"` // the arrays beside this file
}

// tableFile is a table of descriptors; missing numbers are null.
type tableFile struct {
	Name string      `json:"name"`
	Keys []string    `json:"keys,omitempty"`
	Cols []tableColJ `json:"cols"`
}

type tableColJ struct {
	Name string       `json:"name"`
	Unit string       `json:"unit,omitempty"`
	Num  study.Floats `json:"num,omitempty"`
	Text []string     `json:"text,omitempty"`
}

// setSchema is the version of set.json and run.json.
const setSchema = 1

// setDir is the folder of a feature set. Names are the user's: what a file name
// cannot hold everywhere is replaced, and told apart by a hash.
func setDir(name, scale string) string {
	return "sets/" + slug(name) + "@" + slug(scale)
}

func slug(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+', r == '_', r == '-':
			return r
		}
		return '_'
	}, s)
	if out == s && s != "" && len(s) <= 80 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return out[:min(len(out), 60)] + "~" + hex.EncodeToString(sum[:4])
}

// array is an array to be written: as npy, and into the set's hash.
func array[T npy.Number](name string, data []T, shape ...int) (named, error) {
	var b bytes.Buffer
	if err := npy.Write(&b, data, shape...); err != nil {
		return named{}, err
	}
	return named{name, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}}, nil
}

// SaveSet implements study.Journal. A set that is there already with the same
// content is left alone: readers may have it open.
func (f *Folder) SaveSet(s *study.Set) error {
	dir := setDir(s.Name, s.Scale)
	n, d := s.Raw.Dims()
	_, dx := s.X.Dims()
	sf := &setFile{
		Schema: setSchema, Name: s.Name, Scale: s.Scale, IDs: s.Raw.IDs, Raw: s.Raw.Cols, X: s.X.Cols, Explained: s.Explained,
		Strata: s.Strata, StratumIDs: s.StratumIDs, Shares: s.Shares, Pipeline: s.Pipeline, Warnings: s.Warnings,
		Descriptors: tableOut(s.Raw.Descriptors),
	}
	var files []named
	add := func(name string, data []float64, shape ...int) error {
		if data == nil {
			return nil
		}
		a, err := array(path.Join(dir, name), data, shape...)
		files = append(files, a)
		sf.Has = append(sf.Has, name)
		return err
	}
	for _, err := range []error{
		add("raw.npy", s.Raw.Data(), n, d), add("x.npy", s.X.Data(), n, dx), add("xy.npy", s.XY, n, 2),
		add("value.npy", s.Value, n), add("weights.npy", s.X.Weights, n),
	} {
		if err != nil {
			return err
		}
	}
	meta, err := json.Marshal(sf)
	if err != nil {
		return err
	}
	h := sha256.New()
	h.Write(meta)
	for _, a := range files {
		if err := a.write(h); err != nil {
			return err
		}
	}
	sf.Hash = hex.EncodeToString(h.Sum(nil))
	if old, err := f.readSetFile(dir); err == nil && old.Hash == sf.Hash {
		f.keepSet(s)
		return nil
	}
	if meta, err = json.Marshal(sf); err != nil {
		return err
	}
	// set.json comes last: where it is, the arrays are.
	files = append(files, named{path.Join(dir, "set.json"), func(w io.Writer) error {
		_, err := w.Write(append(meta, '\n'))
		return err
	}})
	if err := writeAll(f.disk, f.Dir, files); err != nil {
		return fmt.Errorf("feature set %s: %w", s.Name, err)
	}
	f.keepSet(s)
	return nil
}

func (f *Folder) keepSet(s *study.Set) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sets[s.Name+"\x00"+s.Scale] = s
}

func (f *Folder) readSetFile(dir string) (*setFile, error) {
	p := filepath.Join(f.Dir, dir, "set.json")
	b, err := os.ReadFile(p)
	if err != nil {
		return nil, err
	}
	var sf setFile
	if err := json.Unmarshal(b, &sf); err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	if sf.Schema > setSchema {
		return nil, fmt.Errorf("%s: schema %d was written by a newer mores; this one reads up to %d", p, sf.Schema, setSchema)
	}
	return &sf, nil
}

// Set implements study.Reader.
func (f *Folder) Set(name, scale string) (*study.Set, error) {
	f.mu.Lock()
	s := f.sets[name+"\x00"+scale]
	f.mu.Unlock()
	if s != nil {
		return s, nil
	}
	dir := setDir(name, scale)
	sf, err := f.readSetFile(dir)
	if err != nil {
		return nil, fmt.Errorf("feature set %s (%s): %w", name, scale, err)
	}
	n := -1
	get := func(file string, d int) ([]float64, error) {
		for _, h := range sf.Has {
			if h != file {
				continue
			}
			a, err := readArray(filepath.Join(f.Dir, dir, file))
			if err != nil {
				return nil, err
			}
			if n < 0 {
				n = a.Shape[0]
			}
			if a.Shape[0] != n || len(a.Data) != n*d {
				return nil, fmt.Errorf("%s has shape %v, not (%d, %d)", filepath.Join(f.Dir, dir, file), a.Shape, n, d)
			}
			return a.Data, nil
		}
		return nil, nil
	}
	s = &study.Set{
		Name: sf.Name, Scale: sf.Scale, Explained: sf.Explained, Strata: sf.Strata, StratumIDs: sf.StratumIDs, Shares: sf.Shares,
		Pipeline: sf.Pipeline, Warnings: sf.Warnings,
	}
	raw, err := get("raw.npy", len(sf.Raw))
	if err != nil {
		return nil, err
	}
	x, err := get("x.npy", len(sf.X))
	if err != nil {
		return nil, err
	}
	if raw == nil || x == nil || sf.IDs != nil && len(sf.IDs) != n {
		return nil, fmt.Errorf("%s: arrays or ids are missing", filepath.Join(f.Dir, dir))
	}
	s.Raw, s.X = features.NewMatrix(n, sf.Raw, raw), features.NewMatrix(n, sf.X, x)
	s.Raw.IDs, s.X.IDs = sf.IDs, sf.IDs
	s.Raw.Descriptors = tableIn(sf.Descriptors)
	s.X.Descriptors = s.Raw.Descriptors
	if s.XY, err = get("xy.npy", 2); err != nil {
		return nil, err
	}
	if s.Value, err = get("value.npy", 1); err != nil {
		return nil, err
	}
	if s.X.Weights, err = get("weights.npy", 1); err != nil {
		return nil, err
	}
	s.Raw.Weights = s.X.Weights
	f.keepSet(s)
	return s, nil
}

func readArray(p string) (*npy.Array, error) {
	r, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	a, err := npy.Read(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	if len(a.Shape) == 0 {
		return nil, fmt.Errorf("%s: a single number where an array is expected", p)
	}
	return a, nil
}

func tableOut(t *datasets.Table) *tableFile {
	if t == nil {
		return nil
	}
	out := &tableFile{Name: t.Name, Keys: t.Keys}
	for _, c := range t.Cols {
		out.Cols = append(out.Cols, tableColJ{c.Name, c.Unit, c.Num, c.Text})
	}
	return out
}

func tableIn(t *tableFile) *datasets.Table {
	if t == nil {
		return nil
	}
	out := &datasets.Table{Name: t.Name, Keys: t.Keys}
	for _, c := range t.Cols {
		out.Cols = append(out.Cols, datasets.TableColumn{Name: c.Name, Unit: c.Unit, Num: c.Num, Text: c.Text})
	}
	return out
}
