package load

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// exercisesLarge are the logs that take long through all extractors.
var exercisesLarge = []string{"online-retail", "hillstrom"}

// exercisesVain are the extractors that a log's columns could feed and its customers
// do not: what they then say, and why.
var exercisesVain = map[string]string{
	"ga360-day/themes":  "makes no columns",             // items are codes without a word
	"ecom-synth/rare":   "tell none of 31 customers",    // no amounts, no categories, and nobody bursts
	"margarine/rare":    "tell none of 456 customers",   // no amounts, one category, and days that were made up
	"hillstrom/process": "tell none of 64000 customers", // one visit each, without a session
}

// Every log of the catalogue feeds every extractor that its columns, kinds of event,
// tables and purchases allow, each alone: no error, no infinite value, no column
// missing for everybody, and some column that tells customers apart.
func TestExercises(t *testing.T) {
	for _, s := range datasets.Sources() {
		if s.Mapping == nil || len(s.Files) == 0 {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			if slices.Contains(exercisesLarge, s.Name) {
				check.Long(t)
			}
			l := source(t, s.Name)
			fed := 0
			xs, err := features.Exercises(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range xs {
				if x.Lacks != "" {
					continue
				}
				fed++
				start := time.Now()
				err := exercise(l, x.Extractor)
				switch vain := exercisesVain[s.Name+"/"+x.Extractor.Name]; {
				case vain == "" && err != nil:
					t.Errorf("%s: %v", x.Extractor.Name, err)
				case vain != "" && (err == nil || !strings.Contains(err.Error(), vain)):
					t.Errorf("%s: %v, want it to say that it %s", x.Extractor.Name, err, vain)
				}
				if d := time.Since(start); d > 3*time.Second {
					t.Logf("%s: %v", x.Extractor.Name, d.Round(100*time.Millisecond))
				}
			}
			if fed == 0 {
				t.Error("nothing can be measured")
			}
		})
	}
}

// exercise builds an extractor, with those it reads, on the log.
func exercise(l *datasets.Log, e *features.Extractor) error {
	names := []string{e.Name}
	for i := 0; i < len(names); i++ {
		x, err := features.Lookup(names[i])
		if err != nil {
			return err
		}
		for _, a := range x.After {
			if !slices.Contains(names, a) {
				names = append(names, a)
			}
		}
	}
	r, err := features.NewRecipe("alone", names...)
	if err != nil {
		return err
	}
	b, err := features.Build(context.Background(), l, r, 0, 0)
	if err != nil {
		return err
	}
	n, d := b.Raw.Dims()
	if n == 0 {
		return fmt.Errorf("nobody has enough evidence")
	}
	varies := false
	for j := range d {
		known := 0
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			if x := b.Raw.Row(i)[j]; !math.IsNaN(x) {
				known++
				lo, hi = min(lo, x), max(hi, x)
			}
		}
		if known == 0 {
			return fmt.Errorf("column %s is missing for everybody", b.Raw.Cols[j].Name)
		}
		varies = varies || lo < hi
	}
	if !varies {
		return fmt.Errorf("its %d columns tell none of %d customers apart", d, n)
	}
	return nil
}
