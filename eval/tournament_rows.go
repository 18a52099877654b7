package eval

import (
	"fmt"
	"strings"
)

// Header names the columns of Rows.
func (c *Contest) Header() []string {
	return []string{"", "entrant", "role", "k", "inside", "outside", c.level(), "lift", "against as many groups", "note"}
}

func (c *Contest) level() string { return fmt.Sprintf("%.4g %%", 100*(1-c.Alpha)) }

// Rows writes the standings for people, one text a cell, in the order of Header; of each
// role the best top (0 = all). "~" is what cannot be told from the best segments.
func (c *Contest) Rows(top int) [][]string {
	var out [][]string
	shown := map[Role]int{}
	for _, s := range c.Standings {
		if shown[s.Role]++; top > 0 && shown[s.Role] > top {
			continue
		}
		mark, k := "", "-"
		if s.In {
			mark = "~"
		}
		if s.K > 0 {
			k = fmt.Sprint(s.K)
		}
		lift := "-"
		if s.Lift != nil {
			lift = fmt.Sprintf("%.2f of %.0f %%", *s.Lift, 100**s.LiftShare)
		}
		var versus []string
		for _, v := range s.Versus {
			if v.Role == RoleEqualK && v.Difference != nil {
				versus = append(versus, fmt.Sprintf("%s %+.3f (%+.3f to %+.3f)", v.Baseline, *v.Difference, *v.Lo, *v.Hi))
			}
		}
		out = append(out, []string{
			mark, s.Name, strings.ReplaceAll(string(s.Role), "_", " "), k, tournamentText(s.Inside), tournamentText(s.Outside),
			tournamentRange(s.Lo, s.Hi), lift, strings.Join(versus, "; "), s.Reason,
		})
	}
	return out
}

func tournamentText(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *x)
}

func tournamentRange(lo, hi *float64) string {
	if lo == nil || hi == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f to %.3f", *lo, *hi)
}

// VersusReading is what a comparison comes to.
type VersusReading string

// The readings. A difference whose interval holds 0 is no difference that can be told.
const (
	VersusBetter VersusReading = "better"
	VersusNoTell VersusReading = "no different"
	VersusWorse  VersusReading = "worse"
)

// Reading says whether the entrant is better than the baseline, by the interval; "" where
// there is no comparison.
func (v *Versus) Reading() VersusReading {
	switch {
	case v.Lo == nil || v.Hi == nil:
		return ""
	case *v.Lo > 0:
		return VersusBetter
	case *v.Hi < 0:
		return VersusWorse
	}
	return VersusNoTell
}

// Sentences say what a contest found, for people.
func (c *Contest) Sentences() []string {
	title := fmt.Sprintf("%s, foretold on %s until %s, of %d customers", c.Doc, c.Origin, c.Until, c.Customers)
	if c.Reason != "" {
		return []string{title + ": " + c.Reason + "."}
	}
	out := []string{title + "; " + c.Measure + "."}
	if n := c.Nested; n != nil && n.Value != nil {
		s := fmt.Sprintf("Segments chosen on one half of them and judged by the other reach %.3f (%s).", *n.Value, tournamentRange(n.Lo, n.Hi))
		var inside float64
		for _, p := range c.Picked {
			inside += *p.Inside / float64(len(c.Picked))
		}
		s += fmt.Sprintf(" On the half they were chosen on they seemed to reach %.3f.", inside)
		out = append(out, s)
		for i := range n.Versus {
			v := &n.Versus[i]
			if reading := v.Reading(); reading != "" {
				than := "than"
				if reading == VersusNoTell {
					than = "from"
				}
				name := v.Baseline
				if v.Role == RoleEqualK {
					name += " with as many groups"
				}
				out = append(out, fmt.Sprintf("That is %s %s %s: %.3f, a difference of %+.3f (%+.3f to %+.3f).", reading, than, name, *v.Value, *v.Difference, *v.Lo, *v.Hi))
			}
		}
	}
	if of := len(c.competing()); of > 0 {
		out = append(out, fmt.Sprintf("%d of %d segmentations cannot be told from the best.", len(c.Set), of))
	}
	return out
}
