package eval

import (
	"context"
	"slices"
	"strconv"
	"testing"
)

// The randomised e-mail test: visits by either mail against none, in three segments by what
// was spent before. The mails' effect on visits, 10.62 % without and 16.70 % with one, is
// 6.09 points over all (Radcliffe 2008, "Hillstrom's MineThatData Email Analytics
// Challenge").
func TestPriorityHillstrom(t *testing.T) {
	x, c, outcomes := hillstromCampaign(t)
	at := -1
	for j, col := range x.Cols {
		if col.Name == "history" {
			at = j
		}
	}
	in := &PriorityInput{Randomised: true, Outcome: outcomes["visit"]}
	n, _ := x.Dims()
	history := make([]float64, n)
	for i := range n {
		history[i] = x.Row(i)[at]
	}
	slices.Sort(history)
	for i := range n {
		g := int32(0)
		if h := x.Row(i)[at]; h > history[2*n/3] {
			g = 2
		} else if h > history[n/3] {
			g = 1
		}
		in.IDs, in.Labels = append(in.IDs, strconv.Itoa(i)), append(in.Labels, g)
		in.Treated = append(in.Treated, c.Names[c.Actions[i]] != "No E-Mail")
	}
	o := NewPriorityOptions()
	o.Resamples, o.Margin = 100, 1
	p, err := Priorities(context.Background(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	all := 0.0
	for _, s := range p.Segments {
		t.Logf("segment %d: %d customers, effect %+v, budget %+v", s.Segment+1, s.Customers, *s.Response, s.Budget)
		all += s.Share * s.Response.Value
		if !s.Signal {
			t.Errorf("segment %d has no effect", s.Segment+1)
		}
	}
	if all < .058 || all > .064 {
		t.Errorf("effect over all %.4f: known 0.0609", all)
	}
}
