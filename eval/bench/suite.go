package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/spell"
)

// Set is a labelled data set of a suite.
type Set struct {
	Suite string
	Name  string // within all suites: wut/circles, sample/moons
	// Ladder says that the set is one size of a generator: timed, never ranked, since the
	// sizes of one generator are one data set, not several.
	Ladder bool
	// Source is the set's entry of the catalogue; nil where Make generates it.
	Source *datasets.Source
	Make   datasets.Generator
}

// Suite is a collection of sets.
type Suite struct {
	Name, Doc string
	Sets      []Set
}

// Suites lists the suites: sample and scale, which the program generates, then the
// batteries of the catalogue, by name.
func Suites() []Suite {
	out := []Suite{sampleSuite(), scaleSuite()}
	for _, src := range datasets.Sources() {
		battery, _, ok := strings.Cut(src.Name, "/")
		if !ok {
			continue
		}
		i := slices.IndexFunc(out, func(s Suite) bool { return s.Name == battery })
		if i < 0 {
			i = len(out)
			doc, _, _ := strings.Cut(src.Doc, ":")
			out = append(out, Suite{Name: battery, Doc: doc})
		}
		out[i].Sets = append(out[i].Sets, Set{Suite: battery, Name: src.Name, Source: src})
	}
	return out
}

// Sets returns the sets of the suites, or single sets, that somebody names; nothing named
// is the sample.
func Sets(names []string) ([]Set, error) {
	if len(names) == 0 {
		names = []string{"sample"}
	}
	var out []Set
	var known []string
	suites := Suites()
	for _, s := range suites {
		known = append(known, s.Name)
	}
	for _, name := range names {
		before := len(out)
		for _, s := range suites {
			for _, set := range s.Sets {
				if (s.Name == name || set.Name == name) && !slices.ContainsFunc(out, func(o Set) bool { return o.Name == set.Name }) {
					out = append(out, set)
				}
			}
		}
		if len(out) == before && !slices.ContainsFunc(out, func(o Set) bool { return o.Name == name || o.Suite == name }) {
			hint := ""
			if near := spell.Nearest(name, known); near != "" {
				hint = "\n  did you mean " + near + "?"
			}
			return nil, &NameError{fmt.Sprintf("no suite or labelled data set named %q%s\n  suites: %s; one set of a suite is named as in wut/circles", name, hint, strings.Join(known, ", "))}
		}
	}
	return out, nil
}

// sampleSuite is shapes that differ in what makes them hard. One of each: two draws of
// the same generator would count one difficulty twice.
func sampleSuite() Suite {
	s := Suite{Name: "sample", Doc: "Generated shapes, no files needed"}
	add := func(name string, g datasets.Generator) {
		s.Sets = append(s.Sets, Set{Suite: s.Name, Name: s.Name + "/" + name, Make: g})
	}
	add("blobs", &datasets.Blobs{N: 500, D: 2, K: 4, Spread: 1})
	add("blobs-8d", &datasets.Blobs{N: 600, D: 8, K: 6, Spread: 3})
	add("blobs-close", &datasets.Blobs{N: 600, D: 2, K: 4, Spread: 2.2})
	add("blobs-background", &datasets.Blobs{N: 500, D: 2, K: 4, Spread: 0.8, Background: 0.15})
	add("blobs-many", &datasets.Blobs{N: 900, D: 3, K: 12, Spread: 1})
	add("aniso", &datasets.Aniso{N: 500, D: 2, K: 3, Spread: 1})
	add("aniso-4d", &datasets.Aniso{N: 600, D: 4, K: 5, Spread: 1.5})
	add("varied", &datasets.Varied{N: 500, D: 2, K: 3, Spread: 1.2})
	add("varied-5d", &datasets.Varied{N: 600, D: 5, K: 4, Spread: 3})
	add("moons", &datasets.Moons{N: 500, Noise: 0.07})
	add("moons-noisy", &datasets.Moons{N: 500, Noise: 0.18})
	add("circles", &datasets.Circles{N: 500, Noise: 0.05, Factor: 0.5})
	add("spirals", &datasets.Spirals{N: 500, K: 3, Noise: 0.02, Turns: 0.9})
	return s
}

// The ladder: sizes from ladderFirst, doubling ladderRungs − 1 times.
const (
	ladderFirst = 500
	ladderRungs = 9
)

func scaleSuite() Suite {
	s := Suite{Name: "scale", Doc: "Sizes of one generator, doubling: how cost grows"}
	for i := range ladderRungs {
		n := ladderFirst << i
		s.Sets = append(s.Sets, Set{
			Suite: s.Name, Name: fmt.Sprintf("scale/blobs-%d", n), Ladder: true,
			Make: &datasets.Blobs{N: n, D: 8, K: 8, Spread: 2},
		})
	}
	return s
}

// Loader reads a set of the catalogue.
type Loader func(ctx context.Context, src *datasets.Source) (*datasets.Labelled, error)

// loaded is a set ready to be fitted.
type loaded struct {
	Set
	x     *features.Matrix
	truth [][]int32
	// best is the adjusted Rand index that a labelling can be expected to reach at most;
	// 0 = not known.
	best float64
}

// load reads or makes the set and prepares it.
func (s Set) load(ctx context.Context, read Loader, seed uint64) (*loaded, error) {
	out := &loaded{Set: s}
	var l *datasets.Labelled
	var err error
	switch {
	case s.Make != nil:
		var g *datasets.Generated
		if g, err = s.Make.Generate(seed); err == nil {
			l, out.best = g.Labelled, g.BestARI
		}
	case read == nil:
		err = fmt.Errorf("%s is read from files, and no reader was given", s.Name)
	default:
		l, err = read(ctx, s.Source)
	}
	if err != nil {
		return nil, err
	}
	out.truth = l.Truth
	out.x, err = Prepare(l.Table)
	return out, err
}

// Prepare makes the matrix that is clustered, as the published tables of the batteries
// did: columns with one value dropped, every column centred, and all divided by one
// number, the standard deviation over all of the values:
//
//	x'ᵢⱼ = (xᵢⱼ − x̄ⱼ)/s,    s² = Σᵢⱼ (xᵢⱼ − x̄ⱼ)²/(n·d)
//
// One number keeps the shape; a standard deviation a column would turn long groups into
// round ones. The published runs also added noise of 1e-6·s to break ties, which is not
// done here: where distances are equal, partitions may differ.
func Prepare(t *datasets.Table) (*features.Matrix, error) {
	raw, err := features.FromTable(t)
	if err != nil {
		return nil, err
	}
	n, d := raw.Dims()
	var keep []int
	var means []float64
	var cols []features.Column
	var total float64
	for j := range d {
		var mean, sum float64
		same := true
		for i := range n {
			v := raw.Row(i)[j]
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("%s, row %d: column %s has no value", t.Name, i+1, raw.Cols[j].Name)
			}
			mean += v / float64(n)
			same = same && v == raw.Row(0)[j]
		}
		if same {
			continue
		}
		for i := range n {
			sum += (raw.Row(i)[j] - mean) * (raw.Row(i)[j] - mean)
		}
		keep, means, cols = append(keep, j), append(means, mean), append(cols, raw.Cols[j])
		total += sum
	}
	if len(keep) == 0 {
		return nil, fmt.Errorf("%s: every column is constant: there is nothing to cluster by", t.Name)
	}
	s := math.Sqrt(total / float64(n*len(keep)))
	x := features.NewMatrix(n, cols, nil)
	for i := range n {
		for c, j := range keep {
			x.Row(i)[c] = (raw.Row(i)[j] - means[c]) / s
		}
	}
	return x, nil
}
