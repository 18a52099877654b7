package features

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// Named is a recipe that has a name: a list of extractors of which a log takes those
// that it can feed.
type Named struct {
	Name, Doc  string
	Extractors []string
}

// recipes are the named ones. A name ends in a version: a list is never changed, a
// better one gets the next number.
var recipes = []Named{
	{
		Name: "rfm-v1", Doc: "Recency, frequency, monetary value: what everybody starts with, and the bar that any other set must clear.",
		Extractors: []string{"rfm"},
	},
	{
		Name: "behavioural-v1", Doc: "Every behavioural method that the log can feed, one block each: purchase, value, rhythm, timing, occasions, benefits, usage, journey, satisfaction, loyalty, interests, programme, trend, campaigns.",
		Extractors: []string{
			"rfm", "basket", "process", "barriers", "btyd", "interpurchase", "timing", "occasion", "ritual", "rare", "benefits", "deals",
			"themes", "usage", "product_use", "journey", "path", "satisfaction", "loyalty", "interests", "tastes", "programme", "trend", "churn",
			"campaign", "channel", "referral", "stated",
		},
	},
	{
		Name: "prospects-v1", Doc: "What can be measured of people who never bought: how they look, search, fill carts and answer mails.",
		Extractors: []string{"process", "barriers", "journey", "path", "interests", "campaign", "stated"},
	},
}

// Recipes lists the named recipes.
func Recipes() []Named { return slices.Clone(recipes) }

// LookupRecipe returns the named recipe.
func LookupRecipe(name string) (Named, bool) {
	i := slices.IndexFunc(recipes, func(r Named) bool { return r.Name == name })
	if i < 0 {
		return Named{}, false
	}
	return recipes[i], true
}

// Skipped is an extractor that a log cannot feed, and what it lacks.
type Skipped struct{ Extractor, Lacks string }

// String says it in a sentence.
func (s Skipped) String() string {
	return fmt.Sprintf("%s is left out: the log has no %s", s.Extractor, s.Lacks)
}

// Recipe returns the recipe of all its extractors with their defaults. It is lenient:
// Build leaves out what a log cannot feed.
func (n Named) Recipe() (Recipe, error) {
	r, err := NewRecipe(n.Name, n.Extractors...)
	r.Lenient = true
	return r, err
}

// For returns the recipe of those extractors that the log can feed, with their
// defaults, and what is left out and why. An extractor whose After is left out is
// left out too.
func (n Named) For(log *datasets.Log) (Recipe, []Skipped, error) {
	var fed []string
	var skipped []Skipped
	for _, name := range n.Extractors {
		e, err := Lookup(name)
		if err != nil {
			return Recipe{}, nil, err
		}
		lacks := e.Lacks(log)
		if i := slices.IndexFunc(e.After, func(a string) bool { return !slices.Contains(fed, a) }); lacks == "" && i >= 0 {
			lacks = "model of " + e.After[i]
		}
		if lacks != "" {
			skipped = append(skipped, Skipped{name, lacks})
			continue
		}
		fed = append(fed, name)
	}
	if len(fed) == 0 {
		return Recipe{}, skipped, fmt.Errorf("%s feeds no extractor of %s: %s", log.Meta.Name, n.Name, joinSkipped(skipped))
	}
	r, err := NewRecipe(n.Name, fed...)
	r.Lenient = true
	return r, skipped, err
}

func joinSkipped(list []Skipped) string {
	var out []string
	for _, s := range list {
		out = append(out, s.String())
	}
	return strings.Join(out, "; ")
}
