package features

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "programme",
	Doc: `Loyalty programme: points earned, redeemed, left to expire
Points are those of points_earned, redemption and points_expired events (signs do not
matter); where the log has no points_earned events, purchases that carry points earn
them. "Now" is the end of the window t1, days are local.
What it compares customers by, drawn to the population with the weight of 3 earnings,
redemptions or customers (shrink):
  points_redemption_rate      redeemed over earned points
  points_redemptions          redemptions per earning, at most 1
  points_redemption_size      share of the balance that a redemption takes: little by
                              little, or all that was saved up
  points_first_redemption     days from the first earning to the first redemption, for
                              those who have not redeemed as well: (days seen + m·D)/(1 if
                              redeemed + m), D the days of all over the redeemers
                              (exponential waiting, censored at t1)
  points_member               1 = has a programme event: a category, for people
What rules and campaigns ask for, and columns may name (levels of today: they follow
how much and how lately somebody bought):
  points_earned_30d           points earned in the 30 days up to t1
  points_redeemed_last_month  points redeemed in the last whole calendar month before t1:
                              March for any t1 from 1 April to 30 April
  points_balance              earned less redeemed less expired in the window: what an
                              older customer brought along is not seen
  points_breakage             expired over earned points, drawn in: few points expire, late
  points_proximity            how near the next reward is, balance/reward, at most 1:
                              people speed up as they come near it (goal gradient).
                              reward = 0 takes the most frequent redemption
  points_tier, points_to_next_tier  where tiers are given: the highest one reached by the
                              points of the last 365 days (a category), and the points
                              missing to the next, 0 at the top
Who has none has 0 points and the population's rates, and coverage says how many they
are. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Kivetz, Urminsky & Zheng", Title: "The goal-gradient hypothesis resurrected: purchase acceleration, illusionary goal progress, and customer retention", Venue: "Journal of Marketing Research 43", Year: 2006, DOI: "10.1509/jmkr.43.1.39"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.PointsEarned, datasets.PointsExpired, datasets.Redemption),
	Null:    ShuffleStamps + "+" + ShuffleAmounts,
	New: func() Block {
		return &Programme{
			Columns: []string{"points_redemption_rate", "points_redemptions", "points_redemption_size", "points_first_redemption", "points_member"},
			Shrink:  3,
		}
	},
})

// Programme is the options of programme.
type Programme struct {
	Columns []string        `json:"columns"`
	Tiers   []ProgrammeTier `json:"tiers"`  // ascending; nil = none
	Reward  float64         `json:"reward"` // points of a reward; 0 = the most frequent redemption
	Shrink  float64         `json:"shrink"` // weight of the population, in earnings, redemptions, customers; 0 = none
}

// ProgrammeTier is a status and the points of a year from which one has it.
type ProgrammeTier struct {
	Name   string  `json:"name"`
	Points float64 `json:"points"`
}

var programmeColumns = []Column{
	{Name: "points_earned_30d", Unit: "count", Doc: "points earned in the last 30 days"},
	{Name: "points_redeemed_last_month", Unit: "count", Doc: "points redeemed in the last calendar month"},
	{Name: "points_redemptions", Doc: "redemptions per earning, at most 1", Kind: Probability},
	{Name: "points_redemption_size", Doc: "share of the balance that a redemption takes", Kind: Probability},
	{Name: "points_redemption_rate", Doc: "share of earned points that were redeemed", Kind: Probability},
	{Name: "points_breakage", Doc: "share of earned points that expired", Kind: Probability},
	{Name: "points_balance", Unit: "count", Doc: "points earned, not redeemed and not expired in the window"},
	{Name: "points_first_redemption", Unit: "days", Doc: "days from the first earning to the first redemption"},
	{Name: "points_proximity", Doc: "nearness of the next reward: 0 no points, 1 can be had", Kind: Probability},
	{Name: "points_tier", Doc: "status in the programme", Kind: Category},
	{Name: "points_to_next_tier", Unit: "count", Doc: "points missing to the next status"},
	{Name: "points_member", Doc: "1 = takes part in the programme", Kind: Category},
}

// programmeSummary holds the population's sums.
type programmeSummary struct {
	has                      datasets.Fields
	kinds                    datasets.Kinds
	earned, redeemed, lapsed ExactSum
	earnings, redemptions    int64
	waited, redeemers        int64 // days until the first redemption or t1, and who redeemed
	portions                 ExactSum
	portioned                int64             // redemptions whose portion is known
	sizes                    map[float64]int64 // of redemptions
}

// Merge adds other.
func (s *programmeSummary) Merge(other Summary) {
	o := other.(*programmeSummary)
	s.has |= o.has
	s.kinds |= o.kinds
	s.earned.Merge(&o.earned)
	s.redeemed.Merge(&o.redeemed)
	s.lapsed.Merge(&o.lapsed)
	s.earnings += o.earnings
	s.redemptions += o.redemptions
	s.waited += o.waited
	s.redeemers += o.redeemers
	s.portions.Merge(&o.portions)
	s.portioned += o.portioned
	s.sizes = satisfactionMerge(s.sizes, o.sizes)
}

// Empty returns the summary of no customers.
func (o *Programme) Empty() Summary { return &programmeSummary{} }

// Gather adds the customer's points.
func (o *Programme) Gather(h datasets.History) Summary {
	s := &programmeSummary{has: h.Meta.Has, kinds: h.Meta.Kinds}
	p := programmeOf(h, func(points float64) {
		if s.sizes == nil {
			s.sizes = map[float64]int64{}
		}
		s.sizes[points]++
	})
	s.earned.Add(p.earned)
	s.redeemed.Add(p.redeemed)
	s.lapsed.Add(p.lapsed)
	s.earnings, s.redemptions = p.earnings, p.redemptions
	s.portions.Add(p.portions)
	s.portioned = p.portioned
	if p.earnings > 0 {
		s.waited = p.waited
		if p.redeemer {
			s.redeemers = 1
		}
	}
	return s
}

// Learn finds the population's rates, the reward, and what the log can tell.
func (o *Programme) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*programmeSummary)
	switch {
	case !(o.Shrink >= 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case !(o.Reward >= 0):
		return nil, fmt.Errorf("reward = %g: points, 0 = the most frequent redemption", o.Reward)
	case !slices.IsSortedFunc(o.Tiers, func(a, b ProgrammeTier) int { return cmp.Compare(a.Points, b.Points) }):
		return nil, fmt.Errorf("tiers = %v: give them in the order of their points", o.Tiers)
	}
	m := &programmeModel{Tiers: o.Tiers, Reward: o.Reward, Shrink: o.Shrink}
	if m.Reward == 0 {
		var most int64
		for _, x := range slices.Sorted(maps.Keys(s.sizes)) {
			if n := s.sizes[x]; x > 0 && n > most {
				m.Reward, most = x, n
			}
		}
	}
	points := s.has&datasets.FieldPoints != 0
	earning := s.earnings > 0
	for _, n := range o.Columns {
		var have bool
		switch n {
		case "points_earned_30d", "points_balance":
			have = earning
		case "points_redeemed_last_month":
			have = points && s.kinds.Has(datasets.Redemption)
		case "points_redemption_size":
			have = s.portioned > 0
		case "points_redemption_rate", "points_redemptions":
			have = earning && s.kinds.Has(datasets.Redemption)
		case "points_breakage":
			have = earning && s.kinds.Has(datasets.PointsExpired)
		case "points_first_redemption":
			have = earning && s.redeemers > 0
		case "points_proximity":
			have = earning && m.Reward > 0
		case "points_tier", "points_to_next_tier":
			have = earning && len(o.Tiers) > 0
		case "points_member":
			have = true
		default:
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(programmeColumns), ", "))
		}
		if have {
			m.Names = append(m.Names, n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: the log has %s events (points: %v)", strings.Join(o.Columns, ", "), strings.Join(s.kinds.Names(), ", "), points)
	}
	if earning {
		m.MeanEarning = s.earned.Value() / float64(s.earnings)
		if e := s.earned.Value(); e > 0 {
			m.RedemptionRate = min(s.redeemed.Value()/e, 1)
			m.Breakage = min(s.lapsed.Value()/e, 1)
		}
	}
	m.Redemptions = float64(s.redemptions) / float64(max(s.earnings, s.redemptions, 1))
	m.Portion = meanOf(&s.portions, s.portioned, 1)
	m.Wait = float64(s.waited) / float64(max(s.redeemers, 1))
	return m, nil
}

// Model returns an empty model.
func (o *Programme) Model() Model { return &programmeModel{} }

// programmeModel holds the population's rates and the programme's rules.
type programmeModel struct {
	Names          []string        `json:"names"`
	Tiers          []ProgrammeTier `json:"tiers"`
	Reward         float64         `json:"reward"`
	Shrink         float64         `json:"shrink"`
	MeanEarning    float64         `json:"mean_earning"`
	RedemptionRate float64         `json:"redemption_rate"`
	Breakage       float64         `json:"breakage"`
	Redemptions    float64         `json:"redemptions"` // per earning
	Portion        float64         `json:"portion"`     // of the balance
	Wait           float64         `json:"wait"`        // days
}

// Columns describes the columns, naming tiers and reward.
func (m *programmeModel) Columns() []Column {
	out := make([]Column, len(m.Names))
	for i, n := range m.Names {
		c := programmeColumns[slices.IndexFunc(programmeColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "programme"
		switch n {
		case "points_proximity":
			c.Doc = fmt.Sprintf("nearness of a reward of %g points: 0 no points, 1 can be had", m.Reward)
		case "points_tier":
			c.Doc = "status in the programme: 0 none"
			for k, t := range m.Tiers {
				c.Doc += fmt.Sprintf(", %d %s", k+1, t.Name)
			}
		}
		out[i] = c
	}
	return out
}

// Evidence counts the customer's programme events.
func (m *programmeModel) Evidence(h datasets.History) int {
	return int(programmeOf(h, nil).events)
}

// Measure fills the row.
func (m *programmeModel) Measure(h datasets.History, row []float64) {
	p := programmeOf(h, nil)
	balance := p.earned - p.redeemed - p.lapsed
	drawn := func(part, whole, unit, population float64) float64 {
		if whole+m.Shrink*unit <= 0 {
			return population
		}
		return (part + m.Shrink*unit*population) / (whole + m.Shrink*unit)
	}
	// Points brought from before the window are redeemed in it without being earned.
	spent := max(p.earned, p.redeemed+p.lapsed)
	tier := 0
	for tier < len(m.Tiers) && p.year >= m.Tiers[tier].Points {
		tier++
	}
	for j, n := range m.Names {
		switch n {
		case "points_earned_30d":
			row[j] = p.earned30
		case "points_redeemed_last_month":
			row[j] = p.lastMonth
		case "points_redemptions":
			row[j] = drawn(float64(p.redemptions), float64(max(p.earnings, p.redemptions)), 1, m.Redemptions)
		case "points_redemption_size":
			row[j] = drawn(p.portions, float64(p.portioned), 1, m.Portion)
		case "points_redemption_rate":
			row[j] = drawn(p.redeemed, spent, m.MeanEarning, m.RedemptionRate)
		case "points_breakage":
			row[j] = drawn(p.lapsed, spent, m.MeanEarning, m.Breakage)
		case "points_balance":
			row[j] = balance
		case "points_first_redemption":
			row[j] = m.Wait
			if p.earnings > 0 {
				redeemed := 0.0
				if p.redeemer {
					redeemed = 1
				}
				if redeemed+m.Shrink > 0 {
					row[j] = (float64(p.waited) + m.Shrink*m.Wait) / (redeemed + m.Shrink)
				}
			}
		case "points_proximity":
			row[j] = min(max(balance/m.Reward, 0), 1)
		case "points_tier":
			row[j] = float64(tier)
		case "points_to_next_tier":
			row[j] = 0
			if tier < len(m.Tiers) {
				row[j] = m.Tiers[tier].Points - p.year
			}
		case "points_member":
			row[j] = min(float64(p.events), 1)
		}
	}
}
