package bench

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// PublishedFile is the table of published scores within the data folder: one line a data
// set and metric, battery,dataset,n,d,metric, then a column a method.
const PublishedFile = "battery/published_scores.csv"

// Published are published scores: by metric (ari, nca), method and set (wut/circles).
type Published map[string]map[string]map[string]float64

// publishedMetrics are our names of the metrics in published tables.
var publishedMetrics = map[string]string{"adjusted_rand": "ari", "normalized_clustering_accuracy": "nca"}

// PublishedMetric reports whether published tables have the metric.
func PublishedMetric(name string) bool { return publishedMetrics[name] != "" }

// ReadPublished reads a table of published scores.
func ReadPublished(r io.Reader) (Published, error) {
	recs, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("published scores: %w", err)
	}
	if len(recs) == 0 || len(recs[0]) < 6 || !slices.Equal(recs[0][:5], []string{"battery", "dataset", "n", "d", "metric"}) {
		return nil, fmt.Errorf("published scores: the header must begin with battery,dataset,n,d,metric")
	}
	out := Published{}
	for i, rec := range recs[1:] {
		metric := rec[4]
		if out[metric] == nil {
			out[metric] = map[string]map[string]float64{}
		}
		for j, cell := range rec[5:] {
			if cell == "" {
				continue
			}
			v, err := strconv.ParseFloat(cell, 64)
			method := recs[0][5+j]
			if err != nil || math.IsNaN(v) {
				return nil, fmt.Errorf("published scores, line %d, column %s: %q is no number", i+2, method, cell)
			}
			if out[metric][method] == nil {
				out[metric][method] = map[string]float64{}
			}
			out[metric][method][rec[0]+"/"+rec[1]] = v
		}
	}
	return out, nil
}

// Beside is our scores and the published ones of one contender on one suite.
type Beside struct {
	Suite     string  `json:"suite"` // "" = all
	Contender string  `json:"contender"`
	Method    string  `json:"method"`            // the column of the published table
	Variant   string  `json:"variant,omitempty"` // in what the published algorithm differs
	Sets      int     `json:"sets"`              // on which both have a score
	Ours      float64 `json:"ours"`              // mean
	Published float64 `json:"published"`
	// Largest is the difference furthest from 0, ours less theirs, and On its set.
	Largest float64 `json:"largest_difference"`
	On      string  `json:"on"`
	Within  int     `json:"within"` // sets on which the two are equal to the printed digits
}

// PublishedDigit is half a unit of the last printed digit of a published score, and a
// millionth for halves.
const PublishedDigit = 0.000501

// Compare puts the table's scores beside the published ones of that metric, by suite and
// contender, where a contender has a published counterpart.
func (p Published) Compare(t *Table, cs []Contender, metric string) []Beside {
	var out []Beside
	suites := slices.Compact(slices.Sorted(slices.Values(t.Suites)))
	if len(suites) > 1 {
		suites = append(suites, "")
	}
	for _, suite := range suites {
		for _, c := range cs {
			j := slices.Index(t.Contenders, c.Name)
			theirs := p[publishedMetrics[metric]][c.Published]
			if j < 0 || c.Oracle || theirs == nil {
				continue
			}
			b := Beside{Suite: suite, Contender: c.Name, Method: c.Published, Variant: c.Variant}
			for i, set := range t.Sets {
				v, ok := theirs[set]
				if ours := t.Scores[i][j]; ok && !math.IsNaN(ours) && (suite == "" || t.Suites[i] == suite) {
					b.Sets++
					b.Ours += ours
					b.Published += v
					d := ours - v
					if math.Abs(d) > math.Abs(b.Largest) || b.On == "" {
						b.Largest, b.On = d, set
					}
					if math.Abs(d) <= PublishedDigit {
						b.Within++
					}
				}
			}
			if b.Sets > 0 {
				b.Ours /= float64(b.Sets)
				b.Published /= float64(b.Sets)
				out = append(out, b)
			}
		}
	}
	return out
}
