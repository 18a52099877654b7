package features

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/datasets"
)

// BTYDReport holds a model's forecasts against what the customers of its calibration
// window did in the hold-out. It does not rank models by AUC: package eval does.
type BTYDReport struct {
	Model     string
	Customers int
	Weeks     float64 // length of the hold-out
	// Actual and Expected are the totals of purchase occasions in the hold-out.
	Actual, Expected float64
	// Correlation and MAE compare each customer's conditional expectation with the
	// customer's occasions; Correlation is NaN where one of them does not vary.
	Correlation, MAE float64
	Rows             []BTYDForecast // in customer order
}

// BTYDForecast is one customer of a report.
type BTYDForecast struct {
	ID string
	CBS
	PAlive   float64
	Expected float64 // purchase occasions in the hold-out
	Actual   float64
}

// NewBTYDReport measures the model, whose unit is weeks, on the customers of cal with
// a purchase, against hold (see datasets.Split). Returns in the hold-out cancel
// purchases of the hold-out only. Cost: O(events + customers).
func NewBTYDReport(ctx context.Context, m BTYDModel, cal *datasets.Log, hold *datasets.Holdout) (*BTYDReport, error) {
	r := &BTYDReport{Model: m.Name()}
	for h, err := range cal.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		c, ok := CBSOf(h, Weeks)
		if !ok {
			continue
		}
		row := BTYDForecast{ID: h.ID, CBS: c, PAlive: m.PAlive(c)}
		if after, ok := hold.History(h.ID); ok {
			row.Actual = float64(len(after.Occasions()))
		}
		r.Rows = append(r.Rows, row)
	}
	if len(r.Rows) == 0 {
		return nil, fmt.Errorf("%s has no customer with a purchase before the hold-out", cal.Meta.Name)
	}
	r.Weeks = float64(cal.Meta.DayOf(hold.To.UnixMicro())-cal.Meta.Now()) / 7
	r.Customers = len(r.Rows)
	var se, sa, see, saa, sea, miss float64
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Expected = m.ConditionalExpected(row.CBS, r.Weeks)
		se, sa = se+row.Expected, sa+row.Actual
		see, saa, sea = see+row.Expected*row.Expected, saa+row.Actual*row.Actual, sea+row.Expected*row.Actual
		miss += math.Abs(row.Expected - row.Actual)
	}
	n := float64(r.Customers)
	r.Actual, r.Expected, r.MAE = sa, se, miss/n
	r.Correlation = (sea - se*sa/n) / math.Sqrt((see-se*se/n)*(saa-sa*sa/n))
	return r, nil
}
