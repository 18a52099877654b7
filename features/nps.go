package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mathext"

	"github.com/mores-lab/mores/datasets"
)

// RatingScale is the lowest and the highest answer that a question allows.
type RatingScale struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

func (s RatingScale) String() string { return fmt.Sprintf("%g–%g", s.Lo, s.Hi) }

// Place returns where x lies on the scale: 0 = lowest, 1 = highest, kept in between.
func (s RatingScale) Place(x float64) float64 {
	return min(max((x-s.Lo)/(s.Hi-s.Lo), 0), 1)
}

// ParseScale reads "1-5" or "1–5".
func ParseScale(text string) (RatingScale, error) {
	a, b, ok := strings.Cut(strings.ReplaceAll(text, "–", "-"), "-")
	lo, err := strconv.ParseFloat(strings.TrimSpace(a), 64)
	hi, err2 := strconv.ParseFloat(strings.TrimSpace(b), 64)
	if !ok || err != nil || err2 != nil || !(lo < hi) {
		return RatingScale{}, fmt.Errorf("scale = %q: lowest-highest, as in 1-5 or 0-10", text)
	}
	return RatingScale{lo, hi}, nil
}

// DetectScale returns the customary scale that values from least to most fit, and a
// sentence that says so: 1–5, 0–5, 1–7, 0–10, 0–100, else the values' own ends.
// Values from 1 to 10 fit 0–10 and 1–10 alike: 0–10 is taken, as NPS asks, and said.
func DetectScale(least, most float64) (RatingScale, string) {
	for _, s := range []RatingScale{{1, 5}, {0, 5}, {1, 7}, {0, 10}, {0, 100}} {
		if least >= s.Lo && most <= s.Hi {
			why := fmt.Sprintf("values from %g to %g are read on the scale %s", least, most, s)
			if s.Hi == 10 && least >= 1 {
				why += " (1–10 fits as well: set the scale if that was asked)"
			}
			return s, why
		}
	}
	s := RatingScale{least, most}
	if least == most {
		s.Hi = least + 1
	}
	return s, fmt.Sprintf("values from %g to %g fit no customary scale: %s is taken", least, most, s)
}

// NPSResult is a Net Promoter Score: all in parts of 1, so −1 to 1.
type NPSResult struct {
	Score      float64 `json:"score"` // promoters less detractors
	Lo         float64 `json:"lo"`    // interval, about Score
	Hi         float64 `json:"hi"`
	Promoters  int     `json:"promoters"`
	Passives   int     `json:"passives"`
	Detractors int     `json:"detractors"`
	N          int     `json:"n"`
	Note       string  `json:"note,omitempty"` // said where the scale is not 0–10
}

// NPSBand returns 1 for a promoter, 0 for a passive, −1 for a detractor: 9–10, 7–8
// and 0–6 on a scale from 0 or 1 to 10 (Reichheld 2003); 5, 4 and 1–3 on 1–5, which
// is a custom and not Reichheld's. ok is false on other scales.
func NPSBand(x float64, s RatingScale) (band int, ok bool) {
	var high, middle float64
	switch {
	case s.Hi == 10 && s.Lo <= 1:
		high, middle = 9, 7
	case s == RatingScale{1, 5}:
		high, middle = 5, 4
	default:
		return 0, false
	}
	switch {
	case x >= high:
		return 1, true
	case x >= middle:
		return 0, true
	}
	return -1, true
}

// NPS returns the Net Promoter Score of ratings on a scale with an interval that
// covers it with probability level: the adjusted Wald interval of Rocks (2016,
// doi:10.1080/00031305.2016.1158124), which adds ¾ promoters, ¾ detractors and 3/2
// passives,
//
//	p ± z·√((a + b − (a − b)²)/(n + 3)),  a = (promoters + ¾)/(n + 3), b alike, p = a − b,
//
// kept in [−1, 1]: it holds its level in small samples, where the plain one is too
// short. An error: no rating, one that is not on the scale, a scale without bands, a
// level outside (0, 1). Cost: O(n).
func NPS(ratings []float64, s RatingScale, level float64) (NPSResult, error) {
	if !(level > 0 && level < 1) {
		return NPSResult{}, fmt.Errorf("level = %g: in (0, 1)", level)
	}
	if len(ratings) == 0 {
		return NPSResult{}, fmt.Errorf("no rating: there is no Net Promoter Score")
	}
	r := NPSResult{N: len(ratings)}
	for _, x := range ratings {
		band, ok := NPSBand(x, s)
		switch {
		case !ok:
			return r, fmt.Errorf("promoters are 9 and 10 on a scale of 0–10: a scale of %s has no such bands", s)
		case !(x >= s.Lo && x <= s.Hi):
			return r, fmt.Errorf("a rating of %g is not on the scale %s", x, s)
		case band > 0:
			r.Promoters++
		case band == 0:
			r.Passives++
		default:
			r.Detractors++
		}
	}
	n := float64(r.N)
	r.Score = float64(r.Promoters-r.Detractors) / n
	a, b := (float64(r.Promoters)+0.75)/(n+3), (float64(r.Detractors)+0.75)/(n+3)
	half := mathext.NormalQuantile((1+level)/2) * math.Sqrt((a+b-(a-b)*(a-b))/(n+3))
	r.Lo, r.Hi = max(a-b-half, -1), min(a-b+half, 1)
	if s.Hi != 10 {
		r.Note = "on a 1–5 scale 5 counts as promoter, 4 as passive, 1–3 as detractor: a custom, not comparable with a score asked on 0–10"
	}
	return r, nil
}

// RatingShare is a share of ratings with its Wilson interval.
type RatingShare struct {
	Share float64 `json:"share"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	Count int     `json:"count"`
	N     int     `json:"n"`
}

// CSAT returns the top-two-box share: ratings of at least highest − 1, with the
// Wilson interval at that level. An error: no rating.
func CSAT(ratings []float64, s RatingScale, level float64) (RatingShare, error) {
	if len(ratings) == 0 {
		return RatingShare{}, fmt.Errorf("no rating: there is no top-two-box share")
	}
	r := RatingShare{N: len(ratings)}
	for _, x := range ratings {
		if x >= s.Hi-1 {
			r.Count++
		}
	}
	r.Share = float64(r.Count) / float64(r.N)
	r.Lo, r.Hi = Wilson(r.Count, r.N, level)
	return r, nil
}

// RatingTable is what all ratings of one kind say.
type RatingTable struct {
	Kind      datasets.Kind
	Scale     RatingScale
	Why       string // how the scale was found
	Ratings   int
	Customers int // who gave them, out of Of
	Of        int
	Mean      float64 // on the scale itself, over ratings
	// NPS takes each customer's last rating, since a score is of people; CSAT all
	// ratings. NPS is nil on a scale without bands.
	NPS  *NPSResult
	CSAT RatingShare
}

// RatingReport sums up the log's rating and survey_answer events, one table each,
// with intervals at that level. It is empty where there are none. Cost: O(events).
func RatingReport(ctx context.Context, log *datasets.Log, level float64) ([]RatingTable, error) {
	if !(level > 0 && level < 1) {
		return nil, fmt.Errorf("level = %g: in (0, 1)", level)
	}
	kinds := []datasets.Kind{datasets.Rating, datasets.SurveyAnswer}
	all, last := make([][]float64, 2), make([][]float64, 2)
	customers := 0
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		customers++
		ends := [2]float64{math.NaN(), math.NaN()}
		satisfactionOf(h, func(k datasets.Kind, x float64, _ int64) {
			i := slices.Index(kinds, k)
			if i < 0 {
				return
			}
			all[i] = append(all[i], x)
			ends[i] = x
		})
		for i, x := range ends {
			if !math.IsNaN(x) {
				last[i] = append(last[i], x)
			}
		}
	}
	var out []RatingTable
	for i, k := range kinds {
		if len(all[i]) == 0 {
			continue
		}
		t := RatingTable{Kind: k, Ratings: len(all[i]), Customers: len(last[i]), Of: customers}
		t.Scale, t.Why = DetectScale(slices.Min(all[i]), slices.Max(all[i]))
		for _, x := range all[i] {
			t.Mean += x / float64(t.Ratings)
		}
		if r, err := NPS(last[i], t.Scale, level); err == nil {
			t.NPS = &r
		}
		t.CSAT, _ = CSAT(all[i], t.Scale, level)
		out = append(out, t)
	}
	return out, nil
}
