package features

import (
	"cmp"
	"fmt"
	"slices"
)

// Transform is a map from matrices to matrices that is learned from one and
// applied to any with the same columns.
type Transform struct {
	Name, Doc string
	Refs      []Ref
	Version   int
	New       func() Learner
}

// Learner is a transform's options struct, filled with its defaults by New.
type Learner interface {
	// Learn looks at m and returns the map; m is not changed. Warnings say what a
	// reader should know (a constant column, a MAD of 0).
	Learn(m *Matrix) (Map, []string, error)
	// Map returns an empty map, into which a saved one is decoded.
	Map() Map
}

// Map is a learned transform: plain data that encoding/json writes exactly.
type Map interface {
	// Apply returns a new matrix. IDs, weights and descriptors are kept unless the
	// map says otherwise.
	Apply(m *Matrix) (*Matrix, error)
}

var transforms []*Transform

func registerTransform(t *Transform) *Transform {
	switch {
	case t.Name == "" || t.Doc == "" || t.Version < 1 || t.New == nil:
		panic("features: transform without a name, a doc, a version or New")
	case slices.ContainsFunc(transforms, func(o *Transform) bool { return o.Name == t.Name }):
		panic("features: two transforms named " + t.Name)
	}
	transforms = append(transforms, t)
	return t
}

// Transforms lists the registered transforms by name.
func Transforms() []*Transform {
	return slices.SortedFunc(slices.Values(transforms), func(a, b *Transform) int { return cmp.Compare(a.Name, b.Name) })
}

// LookupTransform returns the transform of that name.
func LookupTransform(name string) (*Transform, error) {
	for _, t := range transforms {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("no transform named %q", name)
}
