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

// runAnswer is what /api/run says: the segments of a run, described in the
// features' own units, and the addresses of its arrays.
type runAnswer struct {
	Run        string        `json:"run"`
	Profile    *eval.Profile `json:"profile"`
	Cards      []eval.Card   `json:"cards"`
	Labels     string        `json:"labels"`
	Silhouette string        `json:"silhouette,omitempty"`
}

func newRunAnswer(id string, set *study.Set, data *study.RunData) *runAnswer {
	raw := set.Raw
	if raw == nil {
		raw = set.X
	}
	value := set.Value
	if len(value) != len(data.Labels) {
		value = nil
	}
	p := eval.NewProfile(raw, data.Labels, value).Named(data.Names)
	return &runAnswer{Run: id, Profile: p, Cards: eval.Cards(p)}
}
