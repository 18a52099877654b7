package near

import "context"

// Density is what DBSCAN asks of an index.
type Density struct {
	// Want is how much weight within the distance makes a point core, its own included.
	Want float64
	// Weights by point number; nil = 1 each.
	Weights []float64
	// Border gives points that are not core to a core point's component.
	Border  bool
	Workers int
	// Core and First are written, both by point number. First is, for a core point, the
	// first core point of its component; for a border point the least of its core
	// neighbours' First; −1 for the others. Components are those of the graph of the core
	// points within the distance of each other.
	Core  []bool
	First []int32
	// Report is called after each of three stages; nil = nobody listens.
	Report func(stage int)
}

func (o *Density) report(stage int) {
	if o.Report != nil {
		o.Report(stage)
	}
}

// stopwatch counts work so that ctx is looked at about every 2²⁰ distances.
type stopwatch struct {
	ctx  context.Context
	left int
	over bool
}

const stopwatchWork = 1 << 20

// spend says whether to go on after another work distances.
func (w *stopwatch) spend(work int) bool {
	if w.left -= work; w.left > 0 {
		return true
	}
	w.left = stopwatchWork
	w.over = w.over || w.ctx.Err() != nil
	return !w.over
}
