package eval

import (
	"slices"
)

// BlockMatrix is what each block of behaviour, clustered alone, tells of each target:
// the out-of-sample figures of the contests, mean over the origins. No row is best: a
// target is one column.
type BlockMatrix struct {
	Origins []string     `json:"origins"`
	Blocks  []string     `json:"blocks"`
	Roles   []Role       `json:"roles"` // of each row: blocks, then the plain rule and the ceiling
	Targets []string     `json:"targets"`
	Measure []string     `json:"measure"` // of each target
	K       int          `json:"k"`       // groups that were asked for
	Values  [][]*float64 `json:"values"`  // blocks × targets; nil = no figure at any origin
	// Lo and Hi are of the latest origin; Beats reports whether the block is better than as
	// many RFM groups at every origin, by intervals that leave out 0.
	Lo    [][]*float64 `json:"lo"`
	Hi    [][]*float64 `json:"hi"`
	Beats [][]bool     `json:"beats"`
	By    [][]Contrast `json:"by"` // blocks × targets
}

// Contrast is a block on one target at each origin.
type Contrast struct {
	Values []*float64 `json:"values"` // one an origin
	Reason string     `json:"reason,omitempty"`
}

// NewBlockMatrix collects the standings of RoleBlock, those of the ceilings and of the
// baselines of k groups. Contests come in the order of their origins, latest first.
func NewBlockMatrix(contests []Contest, k int) *BlockMatrix {
	m := &BlockMatrix{K: k, Origins: []string{}, Blocks: []string{}, Roles: []Role{}, Targets: []string{}, Measure: []string{}}
	row := func(name string, role Role) {
		if !slices.Contains(m.Blocks, name) {
			m.Blocks, m.Roles = append(m.Blocks, name), append(m.Roles, role)
		}
	}
	for _, c := range contests {
		if !slices.Contains(m.Origins, c.Origin) {
			m.Origins = append(m.Origins, c.Origin)
		}
		if c.Reason == "" && !slices.Contains(m.Targets, c.Target) {
			m.Targets, m.Measure = append(m.Targets, c.Target), append(m.Measure, c.Measure)
		}
	}
	// Rows of one role stand together, by name: standings come in the order of one contest.
	for _, role := range []Role{RoleBlock, RoleEqualK, RoleCeiling} {
		var names []string
		for _, c := range contests {
			for _, s := range c.Standings {
				if s.Role == role && (role != RoleEqualK || s.K == k) {
					names = append(names, s.Name)
				}
			}
		}
		slices.Sort(names)
		for _, n := range names {
			row(n, role)
		}
	}
	for b := range m.Blocks {
		m.Values = append(m.Values, make([]*float64, len(m.Targets)))
		m.Lo, m.Hi = append(m.Lo, make([]*float64, len(m.Targets))), append(m.Hi, make([]*float64, len(m.Targets)))
		m.Beats, m.By = append(m.Beats, make([]bool, len(m.Targets))), append(m.By, make([]Contrast, len(m.Targets)))
		for t := range m.Targets {
			m.cell(contests, b, t)
		}
	}
	return m
}

// cell fills one in.
func (m *BlockMatrix) cell(contests []Contest, b, t int) {
	by := Contrast{Values: make([]*float64, len(m.Origins))}
	sum, n, beats := 0.0, 0.0, 0
	for _, c := range contests {
		if c.Target != m.Targets[t] {
			continue
		}
		if c.Reason != "" {
			by.Reason = c.Reason
			continue
		}
		for _, s := range c.Standings {
			if s.Name != m.Blocks[b] {
				continue
			}
			if s.Outside == nil {
				by.Reason = s.Reason
				continue
			}
			o := slices.Index(m.Origins, c.Origin)
			by.Values[o] = s.Outside
			sum, n = sum+*s.Outside, n+1
			if m.Lo[b][t] == nil {
				m.Lo[b][t], m.Hi[b][t] = s.Lo, s.Hi
			}
			if slices.ContainsFunc(s.Versus, func(v Versus) bool { return v.Role == RoleEqualK && v.Lo != nil && *v.Lo > 0 }) &&
				!slices.ContainsFunc(s.Versus, func(v Versus) bool { return v.Role == RoleEqualK && (v.Lo == nil || *v.Lo <= 0) }) {
				beats++
			}
		}
	}
	if n > 0 {
		m.Values[b][t] = tournamentValue(sum / n)
	}
	m.Beats[b][t] = n > 0 && beats == len(m.Origins)
	m.By[b][t] = by
}

// OriginAgreement is whether the best at one origin are the best at another.
type OriginAgreement struct {
	Target  string    `json:"target"`
	Origins [2]string `json:"origins"`
	Sizes   [2]int    `json:"sizes"` // of the confidence sets
	Of      int       `json:"of"`    // runs that compete at both
	Both    int       `json:"both"`
	Jaccard float64   `json:"jaccard"`
	// Chance is the Jaccard index expected of random sets of these sizes. Where most runs
	// are in the sets the index is high and says little.
	Chance float64 `json:"chance"`
	// Halves is the same of the sets that the two halves of the first origin make by their
	// own customers alone.
	Halves       float64 `json:"halves"`
	HalvesChance float64 `json:"halves_chance"`
	// Nested is the nested figure at either origin.
	Nested [2]*float64 `json:"nested"`
	Reason string      `json:"reason,omitempty"`
}

// CompareOrigins compares each target's confidence sets at its first two origins.
func CompareOrigins(contests []Contest) []OriginAgreement {
	var out []OriginAgreement
	var targets []string
	by := map[string][]*Contest{}
	for i := range contests {
		c := &contests[i]
		if by[c.Target] == nil {
			targets = append(targets, c.Target)
		}
		by[c.Target] = append(by[c.Target], c)
	}
	for _, t := range targets {
		a := OriginAgreement{Target: t}
		if len(by[t]) < 2 {
			a.Reason = "one origin alone"
			out = append(out, a)
			continue
		}
		p, q := by[t][0], by[t][1]
		a.Origins = [2]string{p.Origin, q.Origin}
		switch {
		case p.Reason != "":
			a.Reason = p.Reason
		case q.Reason != "":
			a.Reason = q.Reason
		default:
			common := tournamentCommon(p.competing(), q.competing())
			x, y := tournamentCommon(p.Set, common), tournamentCommon(q.Set, common)
			a.Of, a.Sizes, a.Both = len(common), [2]int{len(x), len(y)}, len(tournamentCommon(x, y))
			a.Jaccard, a.Chance = tournamentJaccard(x, y), chanceJaccard(len(x), len(y), len(common))
			if len(p.Picked) == 2 {
				a.Halves = tournamentJaccard(p.Picked[0].Set, p.Picked[1].Set)
				a.HalvesChance = chanceJaccard(len(p.Picked[0].Set), len(p.Picked[1].Set), len(p.competing()))
			}
			if p.Nested != nil && q.Nested != nil {
				a.Nested = [2]*float64{p.Nested.Value, q.Nested.Value}
			}
		}
		out = append(out, a)
	}
	return out
}

// competing lists the segments with a figure.
func (c *Contest) competing() []string {
	var out []string
	for _, s := range c.Standings {
		if s.Role == RoleSegments && s.Outside != nil {
			key := s.Run
			if key == "" {
				key = s.Name
			}
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

func tournamentCommon(a, b []string) []string {
	var out []string
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// tournamentJaccard of two empty sets is 0.
func tournamentJaccard(a, b []string) float64 {
	both := len(tournamentCommon(a, b))
	if either := len(a) + len(b) - both; either > 0 {
		return float64(both) / float64(either)
	}
	return 0
}

// chanceJaccard is the mean Jaccard index of random subsets of a and b of n: over the
// hypergeometric distribution of what they share.
func chanceJaccard(a, b, n int) float64 {
	if a == 0 || b == 0 || a > n || b > n {
		return 0
	}
	low := max(0, a+b-n)
	// P(low) by ratios of neighbours, normalised at the end.
	p, sum, mean := 1.0, 0.0, 0.0
	for k := low; k <= min(a, b); k++ {
		sum += p
		mean += p * float64(k) / float64(a+b-k)
		p *= float64(a-k) * float64(b-k) / (float64(k+1) * float64(n-a-b+k+1))
	}
	return mean / sum
}
