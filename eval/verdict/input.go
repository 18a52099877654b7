package verdict

import (
	"cmp"
	"slices"

	"github.com/mores-lab/mores/eval"
)

// Input is what the verdict is made from.
type Input struct {
	Unit string // what a row is: customer, household, row
	Goal string // a method of eval.Targets; "" = none was stated, and Value stands in
	// Customers are all of the data; Sets come in the study's order.
	Customers  int
	Sets       []Set
	Runs       []Run
	Structures []SetStructure
	Contests   []eval.Contest
	// Fallback ranks runs where nothing was held out: runs in the order of preference, and
	// why; nil = there is no order.
	Fallback []string
	Because  []string
	// Drawn is the number of customers of the random sample that groups, forecasts and
	// stability were looked at on, of DrawnOf that were clustered; 0 = all were.
	Drawn, DrawnOf int
	// Why says why there are no contests; "" = nobody held anything out.
	Why string
}

// Set is a feature set under a scale.
type Set struct {
	Name, Scale string
	Clustered   int
	Strata      []Stratum // those left out
}

// Stratum is a group of customers that were not clustered.
type Stratum struct {
	Words      string   `json:"words"` // "one purchase day"
	Customers  int      `json:"customers"`
	ValueShare *float64 `json:"value_share,omitempty"`
}

// Run is a finished run. Runs that differ by their seed only are one candidate: the one
// whose Stands is true stands for them.
type Run struct {
	ID, Name, Set, Scale, Algorithm string
	K, N, Noise                     int
	Sizes                           []int
	Baseline                        bool
	Stands                          bool
	Stopped                         bool // did not converge
	Given                           bool // stated by people: nothing was learned from the data
	// Names of the segments; nil = Segment 1..K.
	Names []string
	// Stability is each segment's; nil = not looked at.
	Stability []Segment
	// StabilityReason says why there is none.
	StabilityReason string
}

// Segment is a segment's stability: its Jaccard coefficient over refits, above what random groups
// of its size reach: (J − J₀)/(1 − J₀).
type Segment struct {
	Jaccard float64               `json:"jaccard"`
	Null    float64               `json:"null"`
	Gain    float64               `json:"gain"`
	Reading eval.StabilityReading `json:"reading"`
	// Lo and Hi bound Jaccard over more refits; of Refits, Dissolved found no segment like it.
	Lo        *float64 `json:"lo,omitempty"`
	Hi        *float64 `json:"hi,omitempty"`
	Refits    int      `json:"refits,omitempty"`
	Dissolved int      `json:"dissolved,omitempty"`
}

// SetStructure is the structure test of a feature set.
type SetStructure struct {
	Set, Scale string
	Result     *eval.Structure
}

// Value is the goal where none is stated.
const Value = "value"

// The gates.
const (
	minSegment      = 10
	minSegmentShare = 0.01
	maxSegmentShare = 0.95
	minCoverage     = 0.5
	heldShare       = 0.5  // of the customers in segments that are not unstable
	naturalShare    = 0.75 // of the customers in stable segments
	lookedAt        = 5    // candidates whose stability is looked at
)

// Gate says why a run is not chosen from; "" = it passes.
func (r *Run) Gate() string {
	smallest, largest := r.N, r.Noise
	for _, n := range r.Sizes {
		smallest, largest = min(smallest, n), max(largest, n)
	}
	switch {
	case r.Baseline:
		return "a baseline"
	case r.K < 2:
		return "fewer than 2 segments"
	case float64(largest) > maxSegmentShare*float64(r.N):
		return "nearly all in one segment"
	case float64(r.N-r.Noise) < minCoverage*float64(r.N):
		return "most are unassigned"
	case smallest < minSegment || float64(smallest) < minSegmentShare*float64(r.N):
		return "a segment too small to address"
	}
	return ""
}

// held is the share of the segments' customers that are in segments of those readings.
func (r *Run) held(readings ...eval.StabilityReading) float64 {
	in, all := 0, 0
	for i, s := range r.Stability {
		if i < len(r.Sizes) {
			all += r.Sizes[i]
			if slices.Contains(readings, s.Reading) {
				in += r.Sizes[i]
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(in) / float64(all)
}

// Run returns the run of that id, or nil.
func (in *Input) Run(id string) *Run {
	for i := range in.Runs {
		if in.Runs[i].ID == id {
			return &in.Runs[i]
		}
	}
	return nil
}

func (in *Input) goal() string { return cmp.Or(in.Goal, Value) }

// contests returns those of a goal's leading target that have standings, latest origin
// first: the first target of that method, in eval's order, with an answer.
func (in *Input) contests(method string) []eval.Contest {
	for _, t := range goalTargets(method) {
		var out []eval.Contest
		for _, c := range in.Contests {
			if c.Target == t && c.Reason == "" && len(c.Standings) > 0 {
				out = append(out, c)
			}
		}
		if len(out) > 0 {
			slices.SortStableFunc(out, func(a, b eval.Contest) int { return cmp.Compare(b.Origin, a.Origin) })
			return out
		}
	}
	return nil
}

// goalTargets lists a method's targets, the leading one first: what was spent before how
// often, how often before whether.
func goalTargets(method string) []string {
	var out []string
	for _, t := range eval.Targets() {
		if t.Method == method {
			out = append(out, t.Name)
		}
	}
	if method == Value {
		slices.Reverse(out)
	}
	return out
}

// Goals lists what a goal may be.
func Goals() []string {
	var out []string
	for _, t := range eval.Targets() {
		if !slices.Contains(out, t.Method) {
			out = append(out, t.Method)
		}
	}
	return out
}
