package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// Role says what an entrant is in a tournament for.
type Role string

// The roles. Equal-k entrants have as many groups as the one they stand beside.
const (
	RoleSegments  Role = "segments"  // what is judged
	RoleBlock     Role = "block"     // segments from one extractor alone, for a BlockMatrix: not ranked
	RoleEqualK    Role = "equal_k"   // a plain rule with as many groups
	RoleQuintiles Role = "quintiles" // RFM scores as everybody makes them
	RoleChance    Role = "chance"    // the entrant's groups, dealt out again at random
	RoleCeiling   Role = "ceiling"   // a continuous model of all features, no groups
)

// Half is who an entrant learns from, and whom it labels then. Rows are those of the
// tournament's IDs, ascending.
type Half struct {
	Name  string // "A" or "B": the half that it learns from
	Train []int
	Test  []int
}

// Entrant is one way to group (or score) customers: learned on some, applied to others.
// It has Labels or Features. Both are called from up to Workers goroutines at once.
type Entrant struct {
	Name string
	Run  string // key of the study's run; "" for what is no run
	Role Role
	// Labels learns from the customers in half.Train alone, and from nothing that they
	// did after the cut. −1 is unassigned: a group of its own.
	Labels func(ctx context.Context, half Half) (train, test []int32, err error)
	// Features measures the customers for the continuous model of the ceiling.
	Features func(ctx context.Context, half Half) (train, test *features.Matrix, err error)
}

// Baseline is a rule that makes as many groups as it is asked for.
type Baseline struct {
	Name   string
	Role   Role // RoleEqualK
	Labels func(ctx context.Context, half Half, k int) (train, test []int32, err error)
}

// Versus is an entrant beside a baseline, on the same customers.
type Versus struct {
	Baseline   string   `json:"baseline"`
	Role       Role     `json:"role"`
	Value      *float64 `json:"value"`      // what the baseline reached out of sample
	Difference *float64 `json:"difference"` // entrant less baseline
	Lo         *float64 `json:"lo"`
	Hi         *float64 `json:"hi"`
	Reason     string   `json:"reason,omitempty"` // why there is no comparison
}

// Standing is one entrant's place in a contest.
type Standing struct {
	Name string `json:"name"`
	Run  string `json:"run,omitempty"`
	Role Role   `json:"role"`
	K    int    `json:"k"`  // groups on the training half, the larger one of the two; 0 = no groups
	Ks   [2]int `json:"ks"` // on each
	// Inside is the figure on the half that was learned from (mean of the two), Outside
	// that on the other: the distance between them is optimism.
	Inside  *float64 `json:"inside"`
	Outside *float64 `json:"outside"`
	Lo      *float64 `json:"lo"`
	Hi      *float64 `json:"hi"`
	In      bool     `json:"in"` // inside the model confidence set of the segments: "~"
	// Lift is the mean of the group that promised most over everybody's, out of sample, in
	// raw money; LiftShare the share of the customers in that group. Amounts only.
	Lift      *float64 `json:"lift,omitempty"`
	LiftShare *float64 `json:"lift_share,omitempty"`
	Versus    []Versus `json:"versus,omitempty"` // segments and blocks
	Reason    string   `json:"reason,omitempty"` // why it has no figure
}

// Pick is what choosing on one half's customers alone comes to on the others.
type Pick struct {
	Half      string   `json:"half"` // the half it was chosen on
	Name      string   `json:"name"`
	Run       string   `json:"run,omitempty"`
	K         int      `json:"k"`
	Selection *float64 `json:"selection"` // by which it was chosen: cross-fitted on that half
	Inside    *float64 `json:"inside"`    // in-sample on that half
	Outside   *float64 `json:"outside"`   // on the other half
	Lo        *float64 `json:"lo"`
	Hi        *float64 `json:"hi"`
	Best      *float64 `json:"best"` // the most that any segments reached there
	BestName  string   `json:"best_name"`
	Regret    *float64 `json:"regret"` // Best less Outside, ≥ 0
	// Set names the segments that the other half alone cannot tell from its best.
	Set    []string `json:"set"`
	Reason string   `json:"reason,omitempty"`

	at int // among the segments that compete
}

// Nested is the whole procedure judged: chosen on one half, reported on the other, both
// ways. It is the honest figure of "take the best segments"; the best Outside of the
// standings was chosen with hindsight. Among twelve all but equal segmentations of 600
// simulated customers its mean is the truth, the best Outside 3.5 points above it; the
// interval, which takes the two choices for independent, holds the truth in 92 of 100
// instead of 95.
type Nested struct {
	Value  *float64 `json:"value"`
	Lo     *float64 `json:"lo"`
	Hi     *float64 `json:"hi"`
	Versus []Versus `json:"versus"`
	Reason string   `json:"reason,omitempty"`
}

// Contest is one target at one cut.
type Contest struct {
	Origin     string      `json:"origin"` // the cut: what is after it was not known
	Until      string      `json:"until"`  // end of the hold-out
	Target     string      `json:"target"`
	Doc        string      `json:"doc"`
	Method     string      `json:"method"`
	Kind       OutcomeKind `json:"kind"`
	Measure    string      `json:"measure"`
	Population int         `json:"population"` // customers whom all entrants can label
	Customers  int         `json:"customers"`  // those of them with an outcome
	Mean       float64     `json:"mean"`       // share of ones, mean count, amount, share or days; share of the commonest category
	Reason     string      `json:"reason,omitempty"`
	Standings  []Standing  `json:"standings"` // best outside first
	Picked     []Pick      `json:"picked"`    // one a half
	Nested     *Nested     `json:"nested,omitempty"`
	// Set is who is In, by Run (by Name for what is no run), and Alpha what In means.
	Set      []string `json:"set"`
	Alpha    float64  `json:"alpha"`
	Warnings []string `json:"warnings,omitempty"`
}

// TournamentOptions says how a tournament is held.
type TournamentOptions struct {
	Folds     int     `json:"folds"`     // of the selection inside a half
	Bootstrap int     `json:"bootstrap"` // resamples behind intervals and confidence sets
	Alpha     float64 `json:"alpha"`
	// Bundles bounds the units that are resampled in each half. More customers than that
	// are bundled at random beforehand, which leaves variances as they are.
	Bundles int `json:"bundles"`
	Chance  int `json:"chance"` // random deals behind a chance figure
	// MostGroups is the largest number of groups for which equal-k baselines are made.
	MostGroups int `json:"most_groups"`
	// Fewest is the number of customers that each half needs.
	Fewest int `json:"fewest"`
}

// NewTournamentOptions returns the defaults. With 1,000 bundles a half the width of an
// interval is uncertain by some two per cent, 1,000 resamples add as much again. Above 50
// groups nobody speaks of segments.
func NewTournamentOptions() TournamentOptions {
	return TournamentOptions{Folds: 10, Bootstrap: 1000, Alpha: 0.05, Bundles: 1000, Chance: 10, MostGroups: 50, Fewest: 20}
}

func (o TournamentOptions) check() error {
	switch {
	case o.Folds < 2 || o.Folds > 100:
		return fmt.Errorf("tournament: folds = %d: 2 to 100, as 10", o.Folds)
	case o.Bootstrap < 100:
		return fmt.Errorf("tournament: bootstrap = %d: 100 resamples at least, as 1000", o.Bootstrap)
	case !(o.Alpha > 0 && o.Alpha < 1):
		return fmt.Errorf("tournament: alpha = %g: between 0 and 1, as 0.05", o.Alpha)
	case o.Bundles < 50:
		return fmt.Errorf("tournament: bundles = %d: 50 at least, as 1000", o.Bundles)
	case o.Chance < 1:
		return fmt.Errorf("tournament: chance = %d: 1 deal at least, as 10", o.Chance)
	case o.MostGroups < 1:
		return fmt.Errorf("tournament: most_groups = %d: 1 at least, as 50", o.MostGroups)
	case o.Fewest < 5:
		return fmt.Errorf("tournament: fewest = %d: 5 customers a half at least, as 20", o.Fewest)
	}
	return nil
}

// Tournament is what is held at one cut of a log: entrants over customers whose future
// is known.
type Tournament struct {
	Origin, Until string
	IDs           []string
	Outcomes      []Outcome // one value a customer of IDs, each
	Entrants      []Entrant
	Baselines     []Baseline
	Options       TournamentOptions
	// Report is told of every labelling that is done; nil = nobody listens. One call at a
	// time.
	Report func(done, of int, name string)
}

// Hold lets the entrants compete for every outcome.
//
// The customers are parted into halves A and B by a seeded hash of their ids, so that row
// order plays no part. An entrant learns on A and labels B by its own rule; then the
// halves change places, and every customer has one out-of-sample loss for each entrant.
// A group's prediction is learned on the training half, with a prior worth one customer
// like everybody there, which keeps logarithms finite and small groups modest:
//
//	amount    mean of ln(1 + y)             loss (ln(1 + y) − ŷ)²          R² of log1p
//	share     mean                          loss (y − ŷ)²                  R²
//	count     mean                          loss 2[y ln(y/ŷ) − (y − ŷ)]    D² (Poisson)
//	binary    shares of the two             loss −ln p̂                     D² (log loss)
//	category  shares, the 20th on as one    loss −ln p̂                     D² (log loss)
//	time      events/days: exponential      loss 2[λt − δ ln λt − δ]       D² (exponential)
//
//	Outside = 1 − Σ loss/Σ loss of the training half's overall prediction
//
// 0 is as good as no groups at all, 1 perfect, and below 0 is worse than nothing. δ = 0
// for who was censored at the end; who buys on day j has waited j + ½. Customers without an
// outcome (NaN) are left out of that contest. Inside is the same where loss and prediction
// are of one half.
//
// Each half chooses its best segments by 10-fold cross-fitted group means of its own
// customers (Picked); the other half says what the choice was worth. Intervals are
// percentiles of a bootstrap of customers within the halves, paired over entrants, and
// widened by what the two directions have in common where groups tell little (without
// which 95 % are 86 there). They are of the groups as they were learned: what further
// customers would say of them, not what learning again would (Bayle, Bayle, Janson &
// Mackey 2020, NeurIPS 33). In marks the segments inside the model confidence set
// (ConfidenceSetOfReplicates).
//
// Chance is the entrant's own labels dealt out again among the customers of each half,
// mean of several deals. The ceiling is a generalised linear model of all its columns and
// their squares, on ranks, missing values marked, ridge penalty by approximate
// leave-one-out on the training half: additive, so it is a mark to reach for, no bound.
//
// What cannot be judged has a Reason; only a cancelled ctx and wrong options are errors.
// run.Seed decides halves, folds, deals and resamples, workers nothing. Cost: the
// entrants' own, and for each target O((entrants + baselines)·(n·Chance + Bootstrap·Bundles)).
func (t *Tournament) Hold(ctx context.Context, run cluster.Run) ([]Contest, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	r := newTournamentRun(t, run)
	if err := r.label(ctx); err != nil {
		return nil, err
	}
	var out []Contest
	for i := range t.Outcomes {
		c, err := r.contest(ctx, &t.Outcomes[i])
		if err != nil {
			return nil, err
		}
		out = append(out, *c)
	}
	return out, nil
}

func (t *Tournament) check() error {
	if err := t.Options.check(); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, e := range t.Entrants {
		switch {
		case e.Name == "" || names[e.Name]:
			return fmt.Errorf("tournament: two entrants named %q, or one without a name", e.Name)
		case (e.Labels == nil) == (e.Features == nil):
			return fmt.Errorf("tournament: entrant %s gives either labels or features", e.Name)
		}
		names[e.Name] = true
	}
	for _, b := range t.Baselines {
		if b.Name == "" || names[b.Name] || b.Labels == nil {
			return fmt.Errorf("tournament: baseline %q has no labels, no name, or another's", b.Name)
		}
		names[b.Name] = true
	}
	seen := make(map[string]bool, len(t.IDs))
	for _, id := range t.IDs {
		if seen[id] {
			return fmt.Errorf("tournament: customer %q stands twice", id)
		}
		seen[id] = true
	}
	for _, y := range t.Outcomes {
		if y.Reason == "" && len(y.Values) != len(t.IDs) {
			return fmt.Errorf("tournament: outcome %s has %d values for %d customers", y.Name, len(y.Values), len(t.IDs))
		}
	}
	return nil
}

// tournamentValue is a figure, or nil where it is none.
func tournamentValue(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
