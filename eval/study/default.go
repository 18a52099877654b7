package study

import (
	"fmt"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// defaultSets are the first recipes of the default study, each adding behaviour to
// the one before: what everybody starts with, then rhythm, time of day and volume.
// The last one is behavioural-v1: every block that the log can feed.
var defaultSets = [][]string{
	{"rfm"},
	{"rfm", "interpurchase", "timing", "usage"},
}

// treeRows is the number of rows above which the default study builds no trees, neither
// Ward's nor HDBSCAN*'s: with many columns their time grows with n², and from there on a
// tree takes longer than all other runs of its feature set together.
const treeRows = 100_000

// Default is the study of a log about which nothing else is known: up to three
// feature sets, made of the extractors that the log can feed; five algorithms at
// eight settings each. A set holds the customers with as many purchase occasions as
// its extractors need, so the richer ones hold fewer.
//
// k runs from 2 to 9: more segments than that are rarely acted on. DBSCAN's eps are
// those under which 50 to 99 % of the customers are core points, since a good eps
// in one feature set means nothing in another; min_samples is 10, which keeps
// groups of a handful of customers from being called a segment. HDBSCAN* needs no eps: it
// runs with four smallest sizes, from one customer in 200 to one in 20, coarse and fine.
func Default(log *datasets.Log) (*Study, error) {
	s := &Study{Name: log.Meta.Name, Log: log, Scales: []string{"block"}, Missing: features.DropRows, Judge: NewJudge()}
	known := map[string]bool{}
	for _, names := range defaultSets {
		var fed []string
		for _, n := range names {
			e, err := features.Lookup(n)
			if err != nil {
				return nil, err
			}
			if lacks := e.Lacks(log); lacks != "" {
				note := fmt.Sprintf("%s is left out: the log has no %s", n, lacks)
				if !known[note] {
					known[note] = true
					s.Notes = append(s.Notes, note)
				}
				continue
			}
			fed = append(fed, n)
		}
		name := strings.Join(fed, "+")
		if name == "" || known[name] {
			continue
		}
		known[name] = true
		r, err := features.NewRecipe(name, fed...)
		if err != nil {
			return nil, err
		}
		s.Recipes = append(s.Recipes, r)
	}
	// Everything the log tells of comes last, where it tells more than the sets before.
	everything, _ := features.LookupRecipe("behavioural-v1")
	if fed, _, err := everything.For(log); err == nil && len(s.Recipes) > 0 && len(fed.Steps) > len(s.Recipes[len(s.Recipes)-1].Steps) {
		r, err := everything.Recipe()
		if err != nil {
			return nil, err
		}
		s.Recipes = append(s.Recipes, r)
	}
	if len(s.Recipes) == 0 {
		return nil, fmt.Errorf("%s feeds no extractor: %s", log.Meta.Name, strings.Join(s.Notes, "; "))
	}
	if err := s.defaultCells(log.NumCustomers()); err != nil {
		return nil, err
	}
	return s, nil
}

// DefaultTable is the study of a plain table: its columns z-scored, the algorithms
// and settings of Default.
func DefaultTable(m *features.Matrix) (*Study, error) {
	s := &Study{Name: "table", Table: m, Scales: []string{"zscore"}, Missing: features.DropRows, Judge: NewJudge()}
	n, _ := m.Dims()
	if err := s.defaultCells(n); err != nil {
		return nil, err
	}
	return s, nil
}

// defaultCores are the shares of core points at which DBSCAN is tried.
var defaultCores = []float64{0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99}

func (s *Study) defaultCells(rows int) error {
	var ks []int
	for k := 2; k <= 9; k++ {
		ks = append(ks, k)
	}
	add := func(name string, values []int, key string, fixed map[string]any) error {
		m, err := cluster.Lookup(name)
		if err != nil {
			return err
		}
		for _, v := range values {
			a := m.New()
			for k, x := range fixed {
				if err := cluster.SetValue(a, k, x); err != nil {
					return err
				}
			}
			if err := cluster.SetValue(a, key, v); err != nil {
				return err
			}
			s.Cells = append(s.Cells, Cell{Method: m, Algorithm: a})
		}
		return nil
	}
	if err := add("kmeans", ks, "n_clusters", map[string]any{"n_init": 10}); err != nil {
		return err
	}
	if err := add("gmm", ks, "n_clusters", map[string]any{"n_init": 3}); err != nil {
		return err
	}
	if rows <= treeRows {
		if err := add("hierarchical", ks, "n_clusters", map[string]any{"linkage": "ward"}); err != nil {
			return err
		}
		if err := s.defaultHDBSCAN(); err != nil {
			return err
		}
	} else {
		s.Notes = append(s.Notes, fmt.Sprintf("hierarchical and hdbscan are left out of the default study above %d rows (here %d): with many columns their time grows with the square; name them in a study file to run them", treeRows, rows))
	}
	m, err := cluster.Lookup("dbscan")
	if err != nil {
		return err
	}
	for _, q := range defaultCores {
		a := m.New()
		if err := cluster.SetValue(a, "min_samples", 10); err != nil {
			return err
		}
		s.Cells = append(s.Cells, Cell{Method: m, Algorithm: a, Choice: CoreShare(q)})
	}
	return nil
}

// defaultSizes are the shares of the rows that are HDBSCAN*'s smallest segments.
var defaultSizes = []float64{0.005, 0.01, 0.02, 0.05}

// defaultHDBSCAN adds settings that one spanning tree serves.
func (s *Study) defaultHDBSCAN() error {
	m, err := cluster.Lookup("hdbscan")
	if err != nil {
		return err
	}
	for _, method := range []string{"eom", "leaf"} {
		for _, q := range defaultSizes {
			a := m.New()
			if err := cluster.SetValue(a, "min_samples", 10); err != nil {
				return err
			}
			if err := cluster.SetValue(a, "cluster_selection_method", method); err != nil {
				return err
			}
			s.Cells = append(s.Cells, Cell{Method: m, Algorithm: a, Choice: SizeShare(q)})
		}
	}
	return nil
}
