package main

import (
	"bytes"
	"math"
	"testing"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/check"
)

// The randomised e-mail test read as a log: who got no mail is the control. Known: with a
// mail 1.2501 dollars (mean of 1.4226 and 1.0772) and 0.6528 without are spent in two weeks.
func TestPriorityControl(t *testing.T) {
	check.Data(t, "data/hillstrom/hillstrom.csv.gz")
	var out, msg bytes.Buffer
	a := &app{out: &out, err: &msg}
	a.Jobs, a.Quiet = 1, true
	c := priorityCmd{Log: []string{"hillstrom"}, Control: "segment=No E-Mail", Days: 14}
	log, _, err := c.read(t.Context(), a, c.Log)
	if err != nil {
		t.Fatal(err)
	}
	in := &eval.PriorityInput{}
	for e, err := range log.Shards(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range e.IDs {
			in.IDs, in.Labels = append(in.IDs, id), append(in.Labels, 0)
		}
	}
	if err := c.fromLog(t.Context(), a, log, in); err != nil {
		t.Fatal(err)
	}
	o := eval.NewPriorityOptions()
	o.Resamples = 20
	p, err := eval.Priorities(t.Context(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Segments[0]; p.Basis != eval.PriorityEffect || s.Customers != 64000 || math.Abs(s.Response.Value-.597) > .002 {
		t.Errorf("%s: %+v, %+v", p.Basis, s, s.Response)
	}
}
