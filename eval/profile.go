package eval

import "github.com/mores-lab/mores/features"

// Cell is what a segment looks like in one feature: a row of the profile table.
type Cell struct {
	N                int     `json:"n"` // customers with a value
	Mean, SD, Median float64 `json:"-"`
	Q25, Q75         float64 `json:"-"`
	// Z is (segment mean − population mean)/population sd. SMD is the standardised
	// mean difference against everyone else, (x̄ₛ − x̄ᵣ)/√((s²ₛ + s²ᵣ)/2), with its
	// 95 % interval (normal approximation).
	Z, SMD, Lo, Hi float64 `json:"-"`
	// Reason says why the numbers are undefined; "" = they are defined.
	Reason string `json:"reason,omitempty"`
}

// Profile describes every segment in every feature, in the feature's own unit.
type Profile struct {
	Cols     []features.Column
	Segments [][]Cell // K × d, segment by segment
	Overall  []Cell   // d: all clustered customers
	Noise    []Cell   // d: the unassigned; nil if there are none
	Sizes    []int
	NumNoise int
	// Values is each segment's revenue, where revenue is known; ValueNoise the
	// unassigned customers'.
	Values     []float64
	ValueNoise float64
}
