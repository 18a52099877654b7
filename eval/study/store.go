package study

import (
	"context"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// Set is a feature set as it was clustered: the behaviour in its own units, the
// matrix after the transforms, and how it was made.
type Set struct {
	Name      string
	Scale     string
	Raw       *features.Matrix // what the extractors measured; NaN = missing
	X         *features.Matrix // what was clustered
	XY        []float64        // n×2: the projection onto two principal components
	Explained [2]float64       // their shares of the variance
	Strata    []StratumCount
	// StratumIDs lists the customers of each stratum that were not clustered.
	StratumIDs map[string][]string
	Shares     []features.BlockShare // realised share of mean squared distance
	Value      []float64             // a customer's revenue in the window, or nil
	Pipeline   []byte                // features.Pipeline as JSON, or nil
	Warnings   []string
}

// RunData is what a finished run leaves beside its lines in the journal.
type RunData struct {
	Labels        []int32
	Silhouette    []float32 // per row, NaN = left out; nil if not computed
	Probabilities []float64 // membership strength per row, or nil
	Tree          *cluster.Tree
	Centers       [][]float64
	Medoids       []int // rows of the set, or nil
	Core          []bool
	Rule          *cluster.Rule // Clustering.Rule: what the others do not determine, or nil
	Names         []string      // the segments' own, or nil
}

// Journal is where a study's events go. Append numbers and stamps the event; when
// it returns after run_done, the run survives a kill. SaveSet and SaveRun are
// durable before they return.
type Journal interface {
	Append(e Event) error
	SaveSet(s *Set) error
	SaveRun(run string, d *RunData) error
	// Finished reports whether the run is done, or failed, already.
	Finished(run string) bool
}

// Reader is a study as it can be looked at, live or finished.
type Reader interface {
	// Events returns the events with a sequence number above after.
	Events(after int64) ([]Event, error)
	// Watch sends on the channel whenever there are more events, until ctx ends.
	// A finished study never sends.
	Watch(ctx context.Context) <-chan struct{}
	Set(name, scale string) (*Set, error)
	RunData(run string) (*RunData, error)
}

// Progress is what happens inside a run: latest wins, never journaled.
type Progress struct {
	Run       string  `json:"run"`
	Cell      int     `json:"cell"`
	Total     int     `json:"total"`
	Phase     string  `json:"phase"`          // fit, score, judge
	What      string  `json:"what,omitempty"` // what is being judged, in words
	Iter      int     `json:"it"`
	Of        int     `json:"of,omitempty"`
	Objective float64 `json:"obj,omitempty"`
	ETA       float64 `json:"eta,omitempty"` // seconds to the end of the study
}
