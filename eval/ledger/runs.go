package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/npy"
)

// runFile is run.json: which arrays stand beside it.
type runFile struct {
	Schema int      `json:"schema"`
	Rows   int      `json:"rows"`
	Tree   string   `json:"tree,omitempty"` // trees/TREE.npy
	Has    []string `json:"arrays"`
	Names  []string `json:"names,omitempty"` // of the segments
	Rule   bool     `json:"rule,omitempty"`  // rule.json is there
}

// ruleFile holds a run's rule, where it has one that its arrays do not determine.
const ruleFile = "rule.json"

// runID: what a run's folder is named; nothing else ever reaches a path.
var runID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// SaveRun implements study.Journal.
func (f *Folder) SaveRun(run string, d *study.RunData) error {
	if !runID.MatchString(run) {
		return fmt.Errorf("run id %q is not 16 hex digits", run)
	}
	dir := path.Join("runs", run)
	n := len(d.Labels)
	rf := &runFile{Schema: setSchema, Rows: n, Names: d.Names, Rule: d.Rule != nil}
	var files []named
	add := func(name string, a named, err error) error {
		files = append(files, a)
		rf.Has = append(rf.Has, name)
		return err
	}
	a, err := array(path.Join(dir, "labels.npy"), d.Labels, n)
	if err := add("labels.npy", a, err); err != nil {
		return err
	}
	if d.Silhouette != nil {
		a, err := array(path.Join(dir, "silhouette.npy"), d.Silhouette, n)
		if err := add("silhouette.npy", a, err); err != nil {
			return err
		}
	}
	if d.Probabilities != nil {
		a, err := array(path.Join(dir, "probabilities.npy"), d.Probabilities, n)
		if err := add("probabilities.npy", a, err); err != nil {
			return err
		}
	}
	if len(d.Centers) > 0 {
		var flat []float64
		for _, c := range d.Centers {
			flat = append(flat, c...)
		}
		a, err := array(path.Join(dir, "centers.npy"), flat, len(d.Centers), len(d.Centers[0]))
		if err := add("centers.npy", a, err); err != nil {
			return err
		}
	}
	if d.Medoids != nil {
		a, err := array(path.Join(dir, "medoids.npy"), ints(d.Medoids), len(d.Medoids))
		if err := add("medoids.npy", a, err); err != nil {
			return err
		}
	}
	if d.Core != nil {
		var core []int
		for i, c := range d.Core {
			if c {
				core = append(core, i)
			}
		}
		a, err := array(path.Join(dir, "core_sample_indices.npy"), ints(core), len(core))
		if err := add("core_sample_indices.npy", a, err); err != nil {
			return err
		}
	}
	if d.Tree != nil {
		file, name, err := f.treeFile(d.Tree)
		if err != nil {
			return err
		}
		rf.Tree = name
		if file != nil {
			files = append([]named{*file}, files...)
		}
	}
	if d.Rule != nil {
		b, err := json.Marshal(d.Rule)
		if err != nil {
			return err
		}
		files = append(files, named{path.Join(dir, ruleFile), func(w io.Writer) error {
			_, err := w.Write(append(b, '\n'))
			return err
		}})
	}
	meta, err := json.Marshal(rf)
	if err != nil {
		return err
	}
	files = append(files, named{path.Join(dir, "run.json"), func(w io.Writer) error {
		_, err := w.Write(append(meta, '\n'))
		return err
	}})
	if err := writeAll(f.disk, f.Dir, files); err != nil {
		return fmt.Errorf("run %s: %w", run, err)
	}
	return nil
}

func ints(xs []int) []int32 {
	out := make([]int32, len(xs))
	for i, x := range xs {
		out[i] = int32(x)
	}
	return out
}

// treeFile returns the file of a tree under its content's name: the cuts of one
// tree share it. The file is nil if it is there already.
func (f *Folder) treeFile(t *cluster.Tree) (*named, string, error) {
	var b bytes.Buffer
	z := make([]float64, 0, 4*len(t.A))
	for i := range t.A {
		z = append(z, float64(t.A[i]), float64(t.B[i]), t.Height[i], float64(t.Size[i]))
	}
	if err := npy.Write(&b, z, len(t.A), 4); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(b.Bytes())
	name := hex.EncodeToString(sum[:8])
	p := path.Join("trees", name+".npy")
	if _, err := os.Stat(filepath.Join(f.Dir, p)); err == nil {
		return nil, name, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	return &named{p, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}}, name, nil
}

// RunData implements study.Reader.
func (f *Folder) RunData(run string) (*study.RunData, error) {
	if !runID.MatchString(run) {
		return nil, fmt.Errorf("run id %q is not 16 hex digits", run)
	}
	dir := filepath.Join(f.Dir, "runs", run)
	b, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no finished run %s in %s", run, f.Dir)
	}
	if err != nil {
		return nil, err
	}
	var rf runFile
	if err := json.Unmarshal(b, &rf); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "run.json"), err)
	}
	if rf.Schema > setSchema {
		return nil, fmt.Errorf("%s: schema %d was written by a newer mores; this one reads up to %d", filepath.Join(dir, "run.json"), rf.Schema, setSchema)
	}
	d := &study.RunData{Names: rf.Names}
	for _, name := range rf.Has {
		if !runArrays[name] {
			continue // a later mores keeps more
		}
		a, err := readArray(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if perRow := name == "labels.npy" || name == "silhouette.npy" || name == "probabilities.npy"; perRow && len(a.Data) != rf.Rows {
			return nil, fmt.Errorf("%s has %d values for %d rows", filepath.Join(dir, name), len(a.Data), rf.Rows)
		}
		switch name {
		case "labels.npy":
			d.Labels = make([]int32, len(a.Data))
			for i, x := range a.Data {
				d.Labels[i] = int32(x)
			}
		case "silhouette.npy":
			d.Silhouette = make([]float32, len(a.Data))
			for i, x := range a.Data {
				d.Silhouette[i] = float32(x)
			}
		case "probabilities.npy":
			d.Probabilities = a.Data
		case "centers.npy":
			if len(a.Shape) != 2 {
				return nil, fmt.Errorf("%s has shape %v", filepath.Join(dir, name), a.Shape)
			}
			for i := range a.Shape[0] {
				d.Centers = append(d.Centers, a.Data[i*a.Shape[1]:(i+1)*a.Shape[1]])
			}
		case "medoids.npy":
			d.Medoids = make([]int, len(a.Data))
			for i, x := range a.Data {
				d.Medoids[i] = int(x)
			}
		case "core_sample_indices.npy":
			d.Core = make([]bool, rf.Rows)
			for _, x := range a.Data {
				if i := int(x); i >= 0 && i < rf.Rows {
					d.Core[i] = true
				}
			}
		}
	}
	if rf.Rule {
		file := filepath.Join(dir, ruleFile)
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, &d.Rule); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if rf.Tree != "" {
		if d.Tree, err = f.readTree(rf.Tree); err != nil {
			return nil, err
		}
	}
	return d, nil
}

var runArrays = map[string]bool{
	"labels.npy": true, "silhouette.npy": true, "probabilities.npy": true, "centers.npy": true, "medoids.npy": true,
	"core_sample_indices.npy": true,
}

func (f *Folder) readTree(name string) (*cluster.Tree, error) {
	if !runID.MatchString(name) {
		return nil, fmt.Errorf("tree %q is not 16 hex digits", name)
	}
	a, err := readArray(filepath.Join(f.Dir, "trees", name+".npy"))
	if err != nil {
		return nil, err
	}
	if len(a.Shape) != 2 || a.Shape[1] != 4 {
		return nil, fmt.Errorf("trees/%s.npy has shape %v, not (n−1, 4)", name, a.Shape)
	}
	m := a.Shape[0]
	t := &cluster.Tree{N: m + 1, A: make([]int32, m), B: make([]int32, m), Height: make([]float64, m), Size: make([]int32, m)}
	for i := range m {
		z := a.Data[4*i:]
		t.A[i], t.B[i], t.Height[i], t.Size[i] = int32(z[0]), int32(z[1]), z[2], int32(z[3])
	}
	return t, nil
}
