package eval

import (
	"cmp"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// Card is a segment in a few words: what one would tell a colleague about it.
type Card struct {
	Segment int     `json:"segment"` // 0-based; people are shown Segment 1..K
	Name    string  `json:"name"`    // a rule of thumb, distinct within the clustering
	Size    int     `json:"size"`
	Share   float64 `json:"share"` // of the rows, unassigned included
	// Value is the segment's revenue and ValueShare its part of everyone's; nil
	// where revenue is not known, or nothing was spent.
	Value      *float64    `json:"value,omitempty"`
	ValueShare *float64    `json:"value_share,omitempty"`
	Behaviours []Behaviour `json:"behaviours"` // strongest first, five at most
}

// Behaviour is a way in which a segment differs from everyone else.
type Behaviour struct {
	Column features.Column `json:"column"`
	Text   string          `json:"text"` // buys every 12 days (others every 48 days)
	// SMD is the standardised mean difference against everyone else with its 95 %
	// interval; Mean the segment's mean, Overall that of all rows.
	SMD     float64 `json:"smd"`
	Lo      float64 `json:"smd_lo"`
	Hi      float64 `json:"smd_hi"`
	Mean    float64 `json:"mean"`
	Overall float64 `json:"overall"`

	topic string
	word  string // of a name, where the column's wording has none
	slot  slot
}

// cardBehaviours is how many behaviours a card shows: what fits on a card and
// into a sentence.
const cardBehaviours = 5

// Cards describes every segment of a profile: its five most distinguishing
// behaviours, by the size of the standardised mean difference, and a name made of
// the strongest. A behaviour whose 95 % interval holds 0 distinguishes nothing and
// is not shown; codes of categories and coordinates of embeddings are no behaviours,
// and a pair of coordinates of an angle is one, told as a time of day, a weekday or a
// part of the month or year. Of columns that are about the same thing (what is spent
// and what is expected to be spent) a card shows the strongest; of columns that say
// the same (equal or opposite in every segment) the first is kept. Deterministic.
func Cards(p *Profile) []Card {
	var rows int
	var revenue float64
	for g, n := range p.Sizes {
		rows += n
		if p.Values != nil {
			revenue += p.Values[g]
		}
	}
	rows += p.NumNoise
	revenue += p.ValueNoise
	cols := cardColumns(p)
	names := namer{}
	out := make([]Card, len(p.Sizes))
	for g := range out {
		c := Card{Segment: g, Size: p.Sizes[g], Share: float64(p.Sizes[g]) / float64(max(rows, 1))}
		if p.Values != nil {
			v := p.Values[g]
			c.Value = &v
			if revenue > 0 {
				share := v / revenue
				c.ValueShare = &share
			}
		}
		all := behaviours(p, g, cols)
		c.Behaviours = topical(all)
		if c.Name = names.name(all); p.Names != nil {
			c.Name = p.Names[g]
		}
		out[g] = c
	}
	return out
}

// topical returns the strongest behaviours, one a topic.
func topical(all []Behaviour) []Behaviour {
	var out []Behaviour
	seen := map[string]bool{}
	for _, b := range all {
		if len(out) < cardBehaviours && !seen[b.topic] {
			out = append(out, b)
		}
		seen[b.topic] = true
	}
	return out
}

// cardColumns returns the columns that count as behaviours, without repeats.
func cardColumns(p *Profile) []int {
	var out []int
	for j, c := range p.Cols {
		if c.Kind == features.Angle || c.Kind == features.Category || c.Kind == features.Embedding {
			continue
		}
		if !slices.ContainsFunc(out, func(k int) bool { return sayTheSame(p, j, k) }) {
			out = append(out, j)
		}
	}
	return out
}

// sayTheSame reports whether two columns are linear in each other as far as the
// segments can tell: with two segments or more, equal |z| everywhere.
func sayTheSame(p *Profile, j, k int) bool {
	if len(p.Segments) < 2 || p.Overall[j].N != p.Overall[k].N {
		return false
	}
	for _, s := range p.Segments {
		// Not !(≤): undefined cells are not the same.
		if d := math.Abs(math.Abs(s[j].Z) - math.Abs(s[k].Z)); !(d <= 1e-9) {
			return false
		}
		if d := math.Abs(math.Abs(s[j].SMD) - math.Abs(s[k].SMD)); !(d <= 1e-9) {
			return false
		}
	}
	return true
}

// behaviours returns what distinguishes segment g, strongest first.
func behaviours(p *Profile, g int, cols []int) []Behaviour {
	var out []Behaviour
	for _, j := range cols {
		c, o := p.Segments[g][j], p.Overall[j]
		if c.Reason != "" || c.Lo <= 0 && c.Hi >= 0 {
			continue
		}
		// The others' mean follows from everyone's and the segment's.
		n, m := float64(c.N), float64(o.N-c.N)
		others := (o.Mean*(n+m) - c.Mean*n) / m
		out = append(out, Behaviour{
			Column: p.Cols[j], Text: phrase(p.Cols[j], c.Mean, others),
			SMD: c.SMD, Lo: c.Lo, Hi: c.Hi, Mean: c.Mean, Overall: o.Mean, topic: wordingOf(p.Cols[j]).topic,
		})
	}
	out = append(out, clocks(p, g)...)
	slices.SortStableFunc(out, func(a, b Behaviour) int { return cmp.Compare(math.Abs(b.SMD), math.Abs(a.SMD)) })
	return out
}
