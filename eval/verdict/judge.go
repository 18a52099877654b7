package verdict

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/eval"
)

// Class is the sort of groups that were found.
type Class string

// The classes; see the package's rule.
const (
	Natural      Class = "natural"
	Reproducible Class = "reproducible"
	Constructive Class = "constructive"
)

// Verdict is the answer. What is not known is absent, with a sentence that says so.
type Verdict struct {
	Run       string `json:"run"` // the choice; "" = no run passes
	Name      string `json:"name"`
	Set       string `json:"set"`
	Scale     string `json:"scale"`
	Algorithm string `json:"algorithm"`
	K         int    `json:"k"`
	Class     Class  `json:"class"`
	// P is the structure test's p-value on the choice's feature set, Null the null that
	// explains the data best; nil = not tested, and Untested says why.
	P        *float64 `json:"p,omitempty"`
	Null     string   `json:"null,omitempty"`
	Untested string   `json:"untested,omitempty"`

	Goal   string `json:"goal"`
	Stated bool   `json:"stated"` // the goal was; else value stands in
	By     string `json:"by"`     // what decided: "hold-out", "indices"
	// Target is what decided, on which dates; Tied the runs that cannot be told from the
	// best of it, the choice among them.
	Target  string   `json:"target,omitempty"`
	Origins []string `json:"origins,omitempty"`
	Tied    []string `json:"tied,omitempty"`

	Segments  []Segment      `json:"segments,omitempty"` // stability
	Shaky     []int          `json:"shaky,omitempty"`    // segments 0..K−1 that are not stable
	Gates     map[string]int `json:"gates,omitempty"`    // runs that fell, by reason
	Passed    int            `json:"passed"`             // candidates that passed them
	Foretells []Foretells    `json:"foretells,omitempty"`
	Goals     []GoalPick     `json:"goals,omitempty"` // what another goal would choose

	// Indices is what the indices say of the choice's feature set, and how many segments
	// each rule would take; Compared are the runs that its candidates are.
	Indices  *eval.Picked `json:"indices,omitempty"`
	Compared []string     `json:"compared,omitempty"`

	Customers  int       `json:"customers"`
	Clustered  int       `json:"clustered"`
	Unassigned int       `json:"unassigned"`
	Left       []Stratum `json:"left,omitempty"`

	// Sentences is the first screen, Topics what each of them is about: use, groups,
	// foretells, stability, covers. Notes is what nobody may miss beside it.
	Sentences []string `json:"sentences"`
	Topics    []string `json:"topics,omitempty"`
	Notes     []string `json:"notes,omitempty"`
}

// Foretells is what the choice says of one behaviour after the window, at the latest date.
type Foretells struct {
	Target  string  `json:"target"`
	Method  string  `json:"method"`
	Measure string  `json:"measure"`
	Origin  string  `json:"origin"`
	Days    int     `json:"days,omitempty"` // of the hold-out
	Outside float64 `json:"outside"`
	// Inside is the same on the customers that it was learned from: the difference is optimism.
	Inside  *float64 `json:"inside,omitempty"`
	Lo      *float64 `json:"lo,omitempty"`
	Hi      *float64 `json:"hi,omitempty"`
	RFM     *float64 `json:"rfm,omitempty"` // RFM k-means with as many segments
	GainLo  *float64 `json:"gain_lo,omitempty"`
	GainHi  *float64 `json:"gain_hi,omitempty"`
	Ceiling *float64 `json:"ceiling,omitempty"`
	// Against RFM: better, worse, same; "" = not compared.
	Against string `json:"against,omitempty"`
}

// GoalPick is the choice for a goal.
type GoalPick struct {
	Goal    string  `json:"goal"`
	Target  string  `json:"target"`
	Run     string  `json:"run"`
	Name    string  `json:"name"`
	K       int     `json:"k"`
	Outside float64 `json:"outside"`
}

// Look clusters a run again and fills in its stability.
type Look func(ctx context.Context, r *Run) error

// Judge applies the rule. look is called for the runs whose Stability is nil when their
// turn comes; nil = stability stays unknown. Deterministic.
func Judge(ctx context.Context, in *Input, look Look) (*Verdict, error) {
	v := &Verdict{Goal: in.goal(), Stated: in.Goal != "", Customers: in.Customers, Gates: map[string]int{}}
	var pass []*Run
	held := len(in.contests(v.Goal)) > 0
	for i := range in.Runs {
		r := &in.Runs[i]
		if !r.Stands {
			continue
		}
		if !held {
			if slices.Contains(in.Fallback, r.ID) {
				pass = append(pass, r)
			}
			continue
		}
		if why := r.Gate(); why != "" {
			v.Gates[why]++
			continue
		}
		if in.absent(v.Goal, r.ID) != "" {
			v.Gates[notCompared]++
			continue
		}
		pass = append(pass, r)
	}
	v.Passed = len(pass)
	order := in.test(v, pass)
	best, err := in.holds(ctx, v, order, look)
	if err != nil {
		return nil, err
	}
	if best != nil {
		in.fill(v, best)
		in.foretell(v, best)
		in.others(v, pass)
	}
	in.say(v, best)
	return v, nil
}

// notCompared is what keeps a run out that the deciding contest has no figure for.
const notCompared = "not compared"

// absent is why the deciding contest has no figure for a run; "" = it has one, or never
// heard of it.
func (in *Input) absent(goal, run string) string {
	contests := in.contests(goal)
	if len(contests) == 0 {
		return ""
	}
	for _, s := range contests[0].Standings {
		if s.Run == run && s.Outside == nil {
			return s.Reason
		}
	}
	return ""
}

// test brings the candidates into the order of preference, the tied first, and notes in
// v what decided.
func (in *Input) test(v *Verdict, pass []*Run) []*Run {
	contests := in.contests(v.Goal)
	if len(contests) == 0 {
		v.By = "indices"
		at := map[string]int{}
		for i, id := range in.Fallback {
			at[id] = i + 1
		}
		order := slices.Clone(pass)
		slices.SortStableFunc(order, func(a, b *Run) int { return at[a.ID] - at[b.ID] })
		return order
	}
	v.By, v.Target = "hold-out", contests[0].Target
	for _, c := range contests {
		v.Origins = append(v.Origins, c.Origin)
	}
	tied, outside := tiedIn(contests[0], pass)
	for _, c := range contests[1:] {
		then, _ := tiedIn(c, pass)
		both := slices.DeleteFunc(slices.Clone(tied), func(r *Run) bool { return !slices.Contains(then, r) })
		if len(both) > 0 {
			tied = both
		}
	}
	slices.SortFunc(tied, func(a, b *Run) int {
		return cmp.Or(a.K-b.K, cmp.Compare(outside[b.ID], outside[a.ID]), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range tied {
		v.Tied = append(v.Tied, r.ID)
	}
	return tied
}

// tiedIn returns the candidates that cannot be told from the best candidate of a contest,
// and what each reached. A candidate whose interval of the difference is not known is
// tied if it is in the contest's confidence set; where none is, the best stands alone.
func tiedIn(c eval.Contest, pass []*Run) ([]*Run, map[string]float64) {
	outside := map[string]float64{}
	var tied []*Run
	var best *Run
	for _, s := range c.Standings {
		if s.Run == "" || s.Outside == nil {
			continue
		}
		at := slices.IndexFunc(pass, func(r *Run) bool { return r.ID == s.Run })
		if at < 0 {
			continue
		}
		outside[s.Run] = *s.Outside
		if best == nil || *s.Outside > outside[best.ID] {
			best = pass[at]
		}
		if s.In {
			tied = append(tied, pass[at])
		}
	}
	if best != nil && len(tied) == 0 {
		tied = append(tied, best)
	}
	return tied, outside
}

// holds returns the first of the candidates that comes back from halves of the customers;
// the first of all where none does.
func (in *Input) holds(ctx context.Context, v *Verdict, order []*Run, look Look) (*Run, error) {
	for _, r := range order[:min(lookedAt, len(order))] {
		if r.Stability == nil && r.StabilityReason == "" && look != nil {
			if err := look(ctx, r); err != nil {
				return nil, err
			}
		}
		if r.Stability == nil || r.held(eval.Stable, eval.Doubtful) >= heldShare {
			return r, nil
		}
	}
	if len(order) == 0 {
		return nil, nil
	}
	return order[0], nil
}

// fill writes what is known of the choice.
func (in *Input) fill(v *Verdict, r *Run) {
	v.Run, v.Name, v.Set, v.Scale, v.Algorithm, v.K = r.ID, r.Name, r.Set, r.Scale, r.Algorithm, r.K
	v.Segments, v.Clustered, v.Unassigned = r.Stability, r.N, r.Noise
	for i, s := range r.Stability {
		if s.Reading != eval.Stable {
			v.Shaky = append(v.Shaky, i)
		}
	}
	for _, s := range in.Sets {
		if s.Name == r.Set && s.Scale == r.Scale {
			v.Left = s.Strata
		}
	}
	v.Class, v.Untested = Constructive, "the structure was not tested"
	natural := false
	for _, s := range in.Structures {
		if s.Set != r.Set || s.Scale != r.Scale {
			continue
		}
		v.Untested = cmp.Or(s.Result.Reason, v.Untested)
		for _, n := range s.Result.Nulls {
			if n.Decided && n.P == s.Result.P {
				p := n.P
				v.P, v.Null, v.Untested = &p, n.Name, ""
				break
			}
		}
		natural = s.Result.Natural
	}
	switch {
	case r.Given: // they come back because nobody looks for them: that is no evidence of groups
	case natural && r.held(eval.Stable) >= naturalShare:
		v.Class = Natural
	case r.held(eval.Stable, eval.Doubtful) >= heldShare:
		v.Class = Reproducible
	}
}

// foretell lists what the choice says of each behaviour at the latest date.
func (in *Input) foretell(v *Verdict, r *Run) {
	for _, method := range Goals() {
		for _, target := range goalTargets(method) {
			var latest *eval.Contest
			for i := range in.Contests {
				c := &in.Contests[i]
				if c.Target == target && c.Reason == "" && (latest == nil || c.Origin > latest.Origin) {
					latest = c
				}
			}
			if latest == nil {
				continue
			}
			if f, ok := foretold(latest, r); ok {
				v.Foretells = append(v.Foretells, f)
			}
		}
	}
}

func foretold(c *eval.Contest, r *Run) (Foretells, bool) {
	f := Foretells{Target: c.Target, Method: c.Method, Measure: c.Measure, Origin: c.Origin}
	from, err1 := time.Parse(time.DateOnly, c.Origin)
	until, err2 := time.Parse(time.DateOnly, c.Until)
	if err1 == nil && err2 == nil {
		f.Days = int(until.Sub(from).Hours()/24 + .5)
	}
	var own *eval.Standing
	for i := range c.Standings {
		switch s := &c.Standings[i]; {
		case s.Run == r.ID:
			own = s
		case s.Role == eval.RoleCeiling && s.Outside != nil:
			f.Ceiling = s.Outside
		}
	}
	if own == nil || own.Outside == nil {
		return f, false
	}
	f.Outside, f.Inside, f.Lo, f.Hi = *own.Outside, own.Inside, own.Lo, own.Hi
	for _, x := range own.Versus {
		if x.Role != eval.RoleEqualK || !strings.HasPrefix(x.Baseline, "RFM") || x.Lo == nil || x.Hi == nil {
			continue
		}
		f.RFM, f.GainLo, f.GainHi = x.Value, x.Lo, x.Hi
		switch {
		case *x.Lo > 0:
			f.Against = "better"
		case *x.Hi < 0:
			f.Against = "worse"
		default:
			f.Against = "same"
		}
	}
	return f, true
}

// others names what each other goal would choose, before stability.
func (in *Input) others(v *Verdict, pass []*Run) {
	for _, g := range Goals() {
		if g == v.Goal || len(in.contests(g)) == 0 {
			continue
		}
		var w Verdict
		w.Goal = g
		order := in.test(&w, pass)
		if len(order) == 0 {
			continue
		}
		_, outside := tiedIn(in.contests(g)[0], pass)
		v.Goals = append(v.Goals, GoalPick{
			Goal: g, Target: w.Target, Run: order[0].ID, Name: order[0].Name, K: order[0].K, Outside: outside[order[0].ID],
		})
	}
}
