package datasets

import (
	"cmp"
	"fmt"
	"slices"
)

// Source is an entry of the catalogue: where a data set comes from and how it is
// read, as data (package load executes it), or a generator, which needs no file.
type Source struct {
	Name, Doc string
	Refs      []Ref
	Version   int
	License   string
	Aliases   []string

	// Files are tried in order under $MORES_DATA and the user's cache.
	Files   []File
	Mapping *Mapping // how the columns of an event log are read; nil: a plain table
	Weights string   // the column of a plain table that says how many a row stands for
	Expect  Expect   // what a right reading gives

	// New makes the options of a generator, filled with their defaults; nil for files.
	New func() Generator
}

// File names one file of a source.
type File struct {
	Path   string // relative to the data folder: data/cdnow/CDNOW_master.txt
	SHA256 string
	URL    string
	Role   string // events (default), customers, items, campaigns, offers, surveys, labels
	// Mapping makes further events of this file, besides those of the source's first
	// one: a file of campaigns beside one of purchases.
	Mapping *Mapping
	Rename  map[string]string // a side table's column -> its name in the log
}

// Expect holds the known size of a source; 0 = not stated.
type Expect struct{ Rows, Events, Customers int }

// Generator makes data from a seed.
type Generator interface {
	// Generate returns the data set of that seed: the same seed, the same bytes.
	Generate(seed uint64) (*Generated, error)
}

// Generated is what a generator makes: a log or a labelled table.
type Generated struct {
	Log      *Log
	Labelled *Labelled
	// Truth labels the log's customers, in customer order: the planted segments.
	// nil where the generator plants none.
	Truth []int32
	// BestARI is the best adjusted Rand index that a labelling can be expected to
	// reach against Truth: the Bayes classifier that knows the generator. 0 = none planted.
	BestARI float64
	// Facets are the truths of which Truth is made where several were planted at once,
	// each with its own best index; one where one was.
	Facets []Facet
}

// Facet is one of several labellings planted in a log, in customer order.
type Facet struct {
	Name    string
	Labels  []int32
	BestARI float64
}

var sources []*Source

func register(s *Source) *Source {
	switch {
	case s.Name == "" || s.Doc == "" || s.Version < 1:
		panic("datasets: source without a name, a doc or a version")
	case slices.ContainsFunc(sources, func(o *Source) bool { return o.Name == s.Name }):
		panic("datasets: two sources named " + s.Name)
	}
	sources = append(sources, s)
	return s
}

// Sources lists the catalogue by name.
func Sources() []*Source {
	return slices.SortedFunc(slices.Values(sources), func(a, b *Source) int { return cmp.Compare(a.Name, b.Name) })
}

// Lookup returns the source of that name or alias.
func Lookup(name string) (*Source, error) {
	for _, s := range sources {
		if s.Name == name || slices.Contains(s.Aliases, name) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no data set named %q (mores datasets ls lists them)", name)
}
