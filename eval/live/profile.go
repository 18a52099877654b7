package live

import (
	"encoding/json"
	"math"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// number is a float64 that JSON can carry: null where it is not finite.
type number float64

// MarshalJSON implements json.Marshaler.
func (x number) MarshalJSON() ([]byte, error) {
	if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// runAnswer is what /api/run says: the segments of a run, described.
type runAnswer struct {
	Run        string         `json:"run"`
	Sizes      []int          `json:"sizes"`
	Noise      int            `json:"noise"`
	Values     []number       `json:"values,omitempty"` // revenue of each segment
	ValueNoise number         `json:"value_noise"`
	Cards      []cardAnswer   `json:"cards"`
	Segments   [][]cellAnswer `json:"segments"` // K × d
	Unassigned []cellAnswer   `json:"unassigned,omitempty"`
	Overall    []cellAnswer   `json:"overall"` // d
	Labels     string         `json:"labels"`  // addresses
	Silhouette string         `json:"silhouette,omitempty"`
}

type cardAnswer struct {
	Segment    int               `json:"segment"`
	Name       string            `json:"name"`
	Size       int               `json:"size"`
	Share      number            `json:"share"`
	Value      *number           `json:"value,omitempty"`
	ValueShare *number           `json:"value_share,omitempty"`
	Behaviours []behaviourAnswer `json:"behaviours"`
}

type behaviourAnswer struct {
	Column  string `json:"column"`
	Text    string `json:"text"`
	SMD     number `json:"smd"`
	Lo      number `json:"lo"`
	Hi      number `json:"hi"`
	Mean    number `json:"mean"`
	Overall number `json:"overall"`
}

type cellAnswer struct {
	N      int    `json:"n"`
	Mean   number `json:"mean"`
	SD     number `json:"sd"`
	Median number `json:"median"`
	Q25    number `json:"q25"`
	Q75    number `json:"q75"`
	Z      number `json:"z"`
	SMD    number `json:"smd"`
	Lo     number `json:"lo"`
	Hi     number `json:"hi"`
	Reason string `json:"reason,omitempty"`
}

// newRunAnswer describes the segments in the features' own units.
func newRunAnswer(id string, set *study.Set, data *study.RunData) *runAnswer {
	raw := set.Raw
	if raw == nil {
		raw = set.X
	}
	p := tmpProfile(raw, data.Labels, set.Value)
	a := &runAnswer{Run: id, Sizes: p.Sizes, Noise: p.NumNoise, ValueNoise: number(p.ValueNoise), Overall: cells(p.Overall), Unassigned: cells(p.Noise)}
	for _, v := range p.Values {
		a.Values = append(a.Values, number(v))
	}
	for _, s := range p.Segments {
		a.Segments = append(a.Segments, cells(s))
	}
	for _, c := range tmpCards(p) {
		card := cardAnswer{Segment: c.Segment, Name: c.Name, Size: c.Size, Share: number(c.Share), Value: optional(c.Value), ValueShare: optional(c.ValueShare)}
		for _, b := range c.Behaviours {
			card.Behaviours = append(card.Behaviours, behaviourAnswer{b.Column.Name, b.Text, number(b.SMD), number(b.Lo), number(b.Hi), number(b.Mean), number(b.Overall)})
		}
		a.Cards = append(a.Cards, card)
	}
	return a
}

func optional(v *float64) *number {
	if v == nil {
		return nil
	}
	n := number(*v)
	return &n
}

func cells(in []eval.Cell) []cellAnswer {
	var out []cellAnswer
	for _, c := range in {
		if c.Reason != "" { // undefined is a reason, never a number
			nan := number(math.NaN())
			out = append(out, cellAnswer{N: c.N, Mean: number(c.Mean), SD: nan, Median: nan, Q25: nan, Q75: nan, Z: nan, SMD: nan, Lo: nan, Hi: nan, Reason: c.Reason})
			continue
		}
		out = append(out, cellAnswer{c.N, number(c.Mean), number(c.SD), number(c.Median), number(c.Q25), number(c.Q75), number(c.Z), number(c.SMD), number(c.Lo), number(c.Hi), ""})
	}
	return out
}
