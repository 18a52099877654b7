package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// DecliningRule says who is a declining high spender. The thresholds are rules of
// thumb, and choices.
type DecliningRule struct {
	Quantile float64 // of total spend among all buyers, from which a spender is high
	Z        float64 // Mann–Kendall Z below which spend falls
	Ratio    float64 // of the last 90 days to earlier 90 days, below which it has fallen
	Lapsed   int     // days of silence above which a customer is lost, not declining
}

// NewDecliningRule returns the usual thresholds: the top fifth by spend, a fall at 5 %
// one-sided, less than 70 % of earlier spend, a purchase in the last 180 days.
func NewDecliningRule() DecliningRule { return DecliningRule{0.8, -1.645, 0.7, 180} }

// DecliningSpender is a customer who used to spend much and spends less and less.
type DecliningSpender struct {
	ID         string
	Spend      float64 // of purchases that stand, in the window
	Slope, Z   float64 // as columns spend_trend and trend_z, unshrunk
	Ratio      float64 // last 90 days over spend per 90 days before
	SilentDays int
}

// DecliningHighSpenders lists them, the largest spenders first, ties by id, with the
// spend from which one is high. Periods are 28 days back from the window's end; season
// is not taken out. A log without amounts is an error. Cost: O(events + customers·periods²).
func DecliningHighSpenders(ctx context.Context, log *datasets.Log, rule DecliningRule) (list []DecliningSpender, high float64, err error) {
	if log.Meta.Has&datasets.FieldAmount == 0 {
		return nil, 0, fmt.Errorf("%s has no amounts: map the column amount, or price and quantity", log.Meta.Name)
	}
	if !(rule.Quantile >= 0 && rule.Quantile <= 1) {
		return nil, 0, fmt.Errorf("quantile = %g: between 0 and 1", rule.Quantile)
	}
	var spend []float64
	now := log.Meta.Now()
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, 0, err
		}
		occ := h.Occasions()
		if len(occ) == 0 {
			continue
		}
		total := totalOf(occ)
		spend = append(spend, total)
		slope, z, ok := trendOf(newTrendClock("28d", now).series(occ), false)
		span := trendSpanOf(occ, now)
		silent := now - occ[len(occ)-1].Day
		if !ok || !(z < rule.Z) || span.blocks == 0 || !(span.last < rule.Ratio*span.earlier) || silent > rule.Lapsed {
			continue
		}
		list = append(list, DecliningSpender{h.ID, total, slope, z, span.last / span.earlier, silent})
	}
	if len(spend) == 0 {
		return nil, math.NaN(), nil
	}
	slices.Sort(spend)
	high = Quantile(spend, rule.Quantile)
	list = slices.DeleteFunc(list, func(d DecliningSpender) bool { return d.Spend < high })
	slices.SortStableFunc(list, func(a, b DecliningSpender) int {
		switch {
		case a.Spend > b.Spend:
			return -1
		case a.Spend < b.Spend:
			return 1
		}
		return 0
	})
	return list, high, nil
}
