package eval

import "math"

var _ = register(&Metric{
	Name: "dunn",
	Doc: `Dunn index: the narrowest gap over the widest segment
D = min over two segments of the smallest distance between their rows, divided by the
largest distance inside a segment. Euclidean distance on the matrix that was clustered;
larger is better. Two rows decide it: one stray row is enough to ruin it.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "J. C. Dunn", Title: "Well-separated clusters and optimal fuzzy partitions",
		Venue: "Journal of Cybernetics 4(1), 95-104", Year: 1974, DOI: "10.1080/01969727408546059",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &GeneralizedDunn{Separation: 1, Diameter: 1} },
})
