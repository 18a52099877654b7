package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

func TestPriorityText(t *testing.T) {
	for key, x := range priorityText {
		if slices.Contains(x[:], "") {
			t.Errorf("%s lacks a language: %q", key, x)
		}
		for _, s := range x {
			for _, verb := range []string{"%s", "%d"} {
				if strings.Count(s, verb) != strings.Count(x[0], verb) {
					t.Errorf("%s: %q has other values than %q", key, s, x[0])
				}
			}
		}
	}
}

// prioritySample is a sheet with everything in it.
func prioritySample(language, name string) *PrioritySheet {
	f := func(x float64) *float64 { return &x }
	out := &eval.Prioritised{
		Basis: eval.PriorityEffect, Options: eval.NewPriorityOptions(), Held: &eval.PriorityWindow{From: "2011-09-11", To: "2011-12-10", Days: 90},
		Even:      &eval.PriorityEven{Judged: 1461, Split: eval.Interval{Value: .2}, Gain: eval.Interval{Value: .01, Lo: -.01, Hi: .03}},
		Targeting: &eval.PriorityTargeting{Curve: make([]eval.PriorityReach, 20), Qini: &eval.Interval{Value: .035, Lo: .02, Hi: .049}},
		Decision:  &eval.Decision{Single: "Mens E-Mail", Gain: eval.Interval{Value: .002, Lo: -.077, Hi: .08}},
	}
	out.Options.Budget = 10000
	for g := range 3 {
		out.Segments = append(out.Segments, eval.Priority{
			Segment: g, Customers: 1742 - 500*g, Share: .33, Value: f(1475417), ValueShare: f(.184), PerHead: f(847.5), Potential: f(730.25 - 100*float64(g)),
			Expected: f(1320), Risk: f(.087), Lapsed: f(.047), Forecast: &eval.Interval{Value: 461, Lo: 346, Hi: 576}, ForecastOf: 1345, Model: f(35.25),
			Response: &eval.Interval{Value: .658, Lo: .234, Hi: 1.08}, Signal: g > 0, Budget: eval.Interval{Value: .5 * float64(g), Hi: .6}, Funded: .95,
		})
	}
	s := &PrioritySheet{Language: language, Title: name, Subtitle: name, Maker: name, l: slices.Index(features.Languages(), language), out: out, currency: "GBP"}
	for i := range out.Segments {
		s.Segments = append(s.Segments, s.segment(&out.Segments[i], name))
	}
	s.notes()
	s.figure()
	return s
}

func TestPrioritySheet(t *testing.T) {
	hostile := "<script>alert(1)</script>\x1b[2J\u202e%s"
	for i, language := range features.Languages() {
		s := prioritySample(language, hostile)
		var page, table bytes.Buffer
		if err := s.HTML(&page); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "\x1b", "\u202e", "%!", "http://", "https://"} {
			if strings.Contains(strings.ReplaceAll(page.String(), "http://www.w3.org/", ""), bad) {
				t.Errorf("%s: the page holds %q", language, bad)
			}
		}
		if !strings.Contains(page.String(), "<svg") || s.Figure == nil {
			t.Errorf("%s: no figure: %s", language, s.NoFigure)
		}
		all := strings.Join(s.Notes, "\n")
		for _, o := range s.Segments {
			all += fmt.Sprint(o)
		}
		if want := [4]string{"£1,475,417", "1.475.417 £", "1.475.417 £", "£ 1.475.417"}[i]; !strings.Contains(strings.ReplaceAll(all, nb, " "), want) {
			t.Errorf("%s: no %s in %s", language, want, all)
		}
		if want := [4]string{"11 Sep 2011", "11.09.2011", "11.09.2011", "11-09-2011"}[i]; !strings.Contains(all, want) {
			t.Errorf("%s: no %s in %s", language, want, all)
		}
		if err := s.CSV(&table); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&table).ReadAll()
		if err != nil || len(rows) != 4 || rows[1][4] != "1.475417e+06" || rows[1][7] != "461" {
			t.Errorf("%s: table %v, %v", language, rows, err)
		}
	}
}
