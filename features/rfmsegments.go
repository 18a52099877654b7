package features

import (
	"context"

	"github.com/mores-lab/mores/datasets"
)

// RFMCuts are the 20, 40, 60 and 80 % quantiles (type 7) of the three values.
type RFMCuts struct {
	Recency   [4]float64 `json:"recency"`
	Frequency [4]float64 `json:"frequency"`
	Monetary  [4]float64 `json:"monetary"`
}

// cutsOf returns the quintile boundaries of ascending values.
func cutsOf(xs []float64) (out [4]float64) {
	if len(xs) == 0 {
		return out
	}
	for k := range out {
		out[k] = Quantile(xs, float64(k+1)/5)
	}
	return out
}

// score returns 1 + the number of cuts with x ≥ cut + 1: the rule of R's package
// rfm, made for whole numbers, under which x ≤ cut₁ scores 1 and ties go together.
func score(cuts [4]float64, x float64) int {
	s := 1
	for _, c := range cuts {
		if x >= c+1 {
			s++
		}
	}
	return s
}

// cutsJenks returns the natural breaks of ascending values in five classes. Where
// there are fewer different values the largest is repeated: nobody lies above it.
func cutsJenks(xs []float64) (out [4]float64) {
	if len(xs) == 0 {
		return out
	}
	for k := range out {
		out[k] = xs[len(xs)-1]
	}
	copy(out[:], Jenks(xs, len(out)+1))
	return out
}

// scoreJenks returns 1 + the number of breaks below x.
func scoreJenks(cuts [4]float64, x float64) int {
	s := 1
	for _, c := range cuts {
		if x > c {
			s++
		}
	}
	return s
}

// RFMRow is one customer of an RFM table.
type RFMRow struct {
	ID         string
	Recency    int     // days
	Orders     int     // distinct orders; purchase events where the log has no order ids
	Amount     float64 // spent in all; NaN without amounts
	R, F, M    int     // scores 1..5, 5 = best; M is 0 without amounts
	Score      int     // 100·R + 10·F + M
	Segment    string
	LastBought int // local day, days since 1970-01-01
}

// rfmRule is a rectangle of scores, bounds included.
type rfmRule struct {
	name               string
	rLo, rHi, fLo, fHi int
	mLo, mHi           int
}

// rfmRules are the rectangles of the README and the tests of R's package rfm: the
// first that holds counts.
var rfmRules = []rfmRule{
	{"Champions", 4, 5, 4, 5, 4, 5},
	{"Loyal Customers", 2, 5, 3, 5, 3, 5},
	{"Potential Loyalist", 3, 5, 1, 3, 1, 3},
	{"New Customers", 4, 5, 1, 1, 1, 1},
	{"Promising", 3, 4, 1, 1, 1, 1},
	{"Need Attention", 2, 3, 2, 3, 2, 3},
	{"About To Sleep", 2, 3, 1, 2, 1, 2},
	{"At Risk", 1, 2, 2, 5, 2, 5},
	{"Can't Lose Them", 1, 1, 4, 5, 4, 5},
	{"Lost", 1, 2, 1, 2, 1, 2},
}

// RFMSegmentNames lists the segments, in the order in which the rules are tried;
// "Others" is what none of them takes.
func RFMSegmentNames() []string {
	out := make([]string, 0, len(rfmRules)+1)
	for _, r := range rfmRules {
		out = append(out, r.name)
	}
	return append(out, "Others")
}

// RFMSegments scores every buyer of a log in quintiles and names their segment,
// exactly as R's package rfm (rfm_table_order, rfm_segment) does: recency in days
// to the end of the window, number of orders, sum of amounts; cut points are
// quantiles of type 7; a value from cut + 1 on scores higher. Customers without a
// purchase are left out. The scores depend on who else is in the log.
// Cost: O(events + buyers·log buyers).
func RFMSegments(ctx context.Context, log *datasets.Log) ([]RFMRow, error) {
	now := log.Meta.Now()
	hasOrders := log.Meta.Has&datasets.FieldOrder != 0
	hasAmounts := log.Meta.Has&datasets.FieldAmount != 0
	var rows []RFMRow
	var rec, freq, sum Multiset
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		occ := h.Occasions()
		if len(occ) == 0 {
			continue
		}
		r := RFMRow{ID: h.ID, LastBought: occ[len(occ)-1].Day, Amount: totalOf(occ)}
		r.Recency = now - r.LastBought
		for _, o := range occ {
			if hasOrders {
				r.Orders += o.Orders
			} else {
				r.Orders += o.Lines
			}
		}
		rec.Add(float64(r.Recency))
		freq.Add(float64(r.Orders))
		sum.Add(r.Amount)
		rows = append(rows, r)
	}
	cr, cf, cm := cutsOf(rec.Sorted()), cutsOf(freq.Sorted()), cutsOf(sum.Sorted())
	for i := range rows {
		r := &rows[i]
		r.R = 6 - score(cr, float64(r.Recency))
		r.F = score(cf, float64(r.Orders))
		if hasAmounts {
			r.M = score(cm, r.Amount)
		}
		r.Score = 100*r.R + 10*r.F + r.M
		r.Segment = segmentOf(r.R, r.F, r.M)
	}
	return rows, nil
}

func segmentOf(r, f, m int) string {
	for _, s := range rfmRules {
		if s.rLo <= r && r <= s.rHi && s.fLo <= f && f <= s.fHi && (m == 0 || s.mLo <= m && m <= s.mHi) {
			return s.name
		}
	}
	return "Others"
}
