package figure

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
)

// Ref is a literature reference.
type Ref = datasets.Ref

// Figure is an entry of the list of figures.
type Figure struct {
	Name, Doc string
	Refs      []Ref
	Version   int
	New       func() Drawer
}

// Drawer is a figure's options struct, filled with its defaults by New.
type Drawer interface {
	// Draw lays the figure out. What cannot be drawn is an error that says why in
	// words fit for a reader ("silhouette needs two segments; this run has one").
	Draw(in *Input, p Preset) (*Drawing, error)
}

// Input is what figures draw from.
type Input struct {
	State *study.State
	Run   *study.RunState // the chosen run; nil where a figure shows the whole study
	Set   *study.Set
	Data  *study.RunData
	Names []string // a name for each segment; nil = Segment 1, 2, ...
}

var figures []*Figure

func register(f *Figure) *Figure {
	switch {
	case f.Name == "" || f.Doc == "" || f.Version < 1 || f.New == nil:
		panic("figure: figure without a name, a doc, a version or New")
	case slices.ContainsFunc(figures, func(o *Figure) bool { return o.Name == f.Name }):
		panic("figure: two figures named " + f.Name)
	}
	figures = append(figures, f)
	return f
}

// Figures lists the registered figures by name.
func Figures() []*Figure {
	return slices.SortedFunc(slices.Values(figures), func(a, b *Figure) int { return cmp.Compare(a.Name, b.Name) })
}

// Lookup returns the figure of that name.
func Lookup(name string) (*Figure, error) {
	for _, f := range figures {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("no figure named %q", name)
}
