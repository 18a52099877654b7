package features

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// said is one event of a satisfaction log.
type said struct {
	day   int
	kind  datasets.Kind
	value float64 // a rating, or an amount
	order string
}

func saidLog(people map[string][]said) *datasets.Log {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b := datasets.NewBuilder(datasets.Meta{
		Name: "said", FirstSeenIsFirst: true, Has: datasets.FieldOrder | datasets.FieldAmount | datasets.FieldRating,
		Window: datasets.Window{From: start, To: start.AddDate(0, 0, 365)},
	})
	for id, evs := range people {
		for _, e := range evs {
			ev := noEvent(id, start.AddDate(0, 0, e.day))
			ev.Kind, ev.Order = e.kind, e.order
			switch e.kind {
			case datasets.Rating, datasets.SurveyAnswer:
				ev.Rating = e.value
			case datasets.Purchase, datasets.Return:
				ev.Amount = e.value
			}
			b.Add(ev)
		}
	}
	return b.Log()
}

func satisfactionBlock() *Satisfaction {
	e, _ := Lookup("satisfaction")
	return e.New().(*Satisfaction)
}

// TestSatisfactionByHand: every column from its definition.
func TestSatisfactionByHand(t *testing.T) {
	log := saidLog(map[string][]said{
		"a": {
			{day: 1, kind: datasets.Purchase, value: 20, order: "1"},
			{day: 1, kind: datasets.Purchase, value: 30, order: "1"},
			{day: 5, kind: datasets.Delivered, order: "1"},
			{day: 6, kind: datasets.Delivered, order: "1"}, // the rest of it: not counted
			{day: 9, kind: datasets.Return, value: -30, order: "1"},
			{day: 10, kind: datasets.Rating, value: 1},
			{day: 110, kind: datasets.Rating, value: 5},
			{day: 30, kind: datasets.Complaint},
			{day: 31, kind: datasets.Contact},
			{day: 40, kind: datasets.Purchase, value: 50, order: "2"},
			{day: 50, kind: datasets.Delivered, order: "2"},
			{day: 51, kind: datasets.Delivered, order: "of last year"},
		},
		"b": {{day: 3, kind: datasets.Purchase, value: 100, order: "3"}, {day: 12, kind: datasets.Rating, value: 4}, {day: 40, kind: datasets.SurveyAnswer, value: 10}},
		"c": {{day: 3, kind: datasets.Purchase, value: 10, order: "4"}},
	})
	o := satisfactionBlock()
	o.Columns = append(o.Columns, "rating_low_share", "rating_last", "rating_slope", "return_value_share", "delivery_wait")
	o.Promise = 7
	m, model := measured(t, log, "satisfaction", o)
	// Places: a 0 and 1, b 3/4 of 1–5; the survey answer has a column of its own.
	mean := (0 + 1 + 0.75) / 3
	for _, c := range []struct {
		id, column string
		want       float64
	}{
		{"a", "rating_mean", (1 + 5*mean) / 7},
		{"b", "rating_mean", (0.75 + 5*mean) / 6},
		{"b", "survey_mean", 1},
		{"c", "rating_mean", mean},
		{"a", "rating_low_share", (1 + 5.0/3) / 7},
		{"a", "rating_last", (1 + 5*mean) / 6},
		{"c", "rating_last", mean},
		{"a", "rating_slope", 1 * (100 / 365.2425 / 2) / (2*math.Pow(100/365.2425/2, 2) + 5*math.Pow(365/365.2425, 2)/12)},
		{"c", "rating_slope", 0},
		{"a", "rated", 1},
		{"c", "rated", 0},
		{"a", "return_share", (1 + 5*0.2) / 8},
		{"c", "return_share", (5 * 0.2) / 6},
		{"a", "return_value_share", (30 + 5*42*(30.0/210)) / (100 + 5*42)},
		{"a", "complaint_rate", (1 + 5*0.25) / 7},
		{"c", "complaint_rate", 5 * 0.25 / 6},
		{"b", "contact_rate", 5 * 0.25 / 6},
		{"a", "delivery_wait", (14 + 5*7.0) / 7},
		{"c", "delivery_wait", 7},
		{"a", "delivery_late_share", (1 + 5*0.5) / 7},
	} {
		check.Close(t, c.id+" "+c.column, at(t, m, c.id, c.column), c.want, 1e-12)
	}
	for id, want := range map[string]int{"a": 2, "b": 2, "c": 0} {
		h, _ := log.Find(id)
		if got := model.(Witness).Evidence(h); got != want {
			t.Errorf("%s: evidence %d, want %d", id, got, want)
		}
	}
	for _, words := range []string{"rating events: values from 1 to 5 are read on the scale 1–5", "survey_answer events: values from 10 to 10 are read on the scale 0–10"} {
		if w := model.(Warner).Warnings(); lacks(w, words) {
			t.Errorf("warnings %q lack %q", w, words)
		}
	}
	// The flag is for people: it never enters a distance.
	for _, j := range distances(m) {
		if m.Cols[j].Name == "rated" {
			t.Error("rated enters a distance")
		}
	}
}

// TestSatisfactionScale: the same answers on another scale are the same satisfaction;
// amounts in cents change no share.
func TestSatisfactionScale(t *testing.T) {
	people := func(rating, money func(float64) float64) map[string][]said {
		rng := rand.New(rand.NewPCG(3, 1))
		out := map[string][]said{}
		for c := range 50 {
			id := string(rune('A'+c/26)) + string(rune('a'+c%26))
			for range 1 + rng.IntN(6) {
				d, x := rng.IntN(300), float64(1+rng.IntN(5))
				out[id] = append(out[id], said{day: d, kind: datasets.Rating, value: rating(x)},
					said{day: d, kind: datasets.Purchase, value: money(10 * x)})
				if rng.IntN(4) == 0 {
					out[id] = append(out[id], said{day: d + 9, kind: datasets.Return, value: money(10 * x)})
				}
			}
		}
		return out
	}
	same := func(x float64) float64 { return x }
	o := satisfactionBlock()
	o.Columns = []string{"rating_mean", "rating_low_share", "rating_slope", "return_share", "return_value_share"}
	want, _ := measured(t, saidLog(people(same, same)), "satisfaction", o)
	got, _ := measured(t, saidLog(people(func(x float64) float64 { return 2.5 * (x - 1) }, func(x float64) float64 { return 100 * x })), "satisfaction", o)
	sameMatrix(t, "on 0–10 and in cents", got, want)
}

func TestDetectScale(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   RatingScale
	}{
		{1, 5, RatingScale{1, 5}},
		{2, 4, RatingScale{1, 5}},
		{0, 5, RatingScale{0, 5}},
		{1, 7, RatingScale{1, 7}},
		{0, 10, RatingScale{0, 10}},
		{3, 10, RatingScale{0, 10}},
		{12, 98, RatingScale{0, 100}},
		{-5, 5, RatingScale{-5, 5}},
		{120, 120, RatingScale{120, 121}},
	} {
		s, why := DetectScale(c.lo, c.hi)
		if s != c.want || !strings.Contains(why, s.String()) {
			t.Errorf("%g to %g: %v, %q", c.lo, c.hi, s, why)
		}
	}
	if _, why := DetectScale(1, 10); !strings.Contains(why, "1–10 fits as well") {
		t.Errorf("1 to 10 is not said to be doubtful: %q", why)
	}
	if s, err := ParseScale("1–7"); err != nil || s != (RatingScale{1, 7}) {
		t.Errorf("1–7 reads as %v (%v)", s, err)
	}
	for _, bad := range []string{"5", "5-1", "a-b", ""} {
		if _, err := ParseScale(bad); err == nil {
			t.Errorf("%q reads as a scale", bad)
		}
	}
}

// TestNPS: bands and score by definition (Reichheld 2003), the interval of Rocks
// (2016) by his formula, and its coverage by enumeration: 95 % where the plain Wald
// interval falls short.
func TestNPS(t *testing.T) {
	s := RatingScale{0, 10}
	r, err := NPS([]float64{10, 9, 9, 8, 7, 6, 0, 10, 10, 3}, s, 0.95)
	if err != nil || r.Promoters != 5 || r.Passives != 2 || r.Detractors != 3 {
		t.Fatalf("%+v (%v)", r, err)
	}
	check.Close(t, "score", r.Score, 0.2, 1e-12)
	a, b := 5.75/13, 3.75/13
	half := 1.959963984540054 * math.Sqrt((a+b-(a-b)*(a-b))/13)
	check.Close(t, "lo", r.Lo, a-b-half, 1e-12)
	check.Close(t, "hi", r.Hi, a-b+half, 1e-12)
	const n = 15
	for _, p := range [][2]float64{{0.8, 0.05}, {0.3, 0.1}, {0.9, 0.1}, {0.05, 0.05}} {
		var covered, plain float64
		for up := 0; up <= n; up++ {
			for down := 0; up+down <= n; down++ {
				w := math.Exp(logFactorial(n) - logFactorial(up) - logFactorial(down) - logFactorial(n-up-down) +
					float64(up)*math.Log(p[0]) + float64(down)*math.Log(p[1]))
				if rest := 1 - p[0] - p[1]; rest > 1e-12 {
					w *= math.Pow(rest, float64(n-up-down))
				} else if up+down < n {
					w = 0
				}
				xs := make([]float64, n)
				for i := range xs {
					switch {
					case i < up:
						xs[i] = 10
					case i < up+down:
						xs[i] = 1
					default:
						xs[i] = 7
					}
				}
				r, err := NPS(xs, s, 0.95)
				if err != nil {
					t.Fatal(err)
				}
				if r.Lo <= p[0]-p[1] && p[0]-p[1] <= r.Hi {
					covered += w
				}
				u, d := float64(up)/n, float64(down)/n
				if h := 1.96 * math.Sqrt((u+d-(u-d)*(u-d))/n); math.Abs(u-d-(p[0]-p[1])) <= h {
					plain += w
				}
			}
		}
		if covered < 0.93 {
			t.Errorf("promoters %g, detractors %g: the interval of %d covers %.3f (plain %.3f)", p[0], p[1], n, covered, plain)
		}
	}
	// Promoters and detractors exchanged turn the score round.
	x, _ := NPS([]float64{10, 10, 7, 2}, s, 0.9)
	y, _ := NPS([]float64{2, 2, 7, 10}, s, 0.9)
	check.Close(t, "turned", x.Score, -y.Score, 1e-12)
	check.Close(t, "turned interval", x.Lo, -y.Hi, 1e-12)
	stars, err := NPS([]float64{5, 5, 4, 3}, RatingScale{1, 5}, 0.95)
	if err != nil || stars.Promoters != 2 || stars.Detractors != 1 || stars.Note == "" {
		t.Errorf("on 1–5: %+v (%v)", stars, err)
	}
	for words, f := range map[string]func() error{
		"no Net Promoter":   func() error { _, err := NPS(nil, s, 0.95); return err },
		"not on the scale":  func() error { _, err := NPS([]float64{11}, s, 0.95); return err },
		"no such bands":     func() error { _, err := NPS([]float64{3}, RatingScale{1, 7}, 0.95); return err },
		"level = 1":         func() error { _, err := NPS([]float64{3}, s, 1); return err },
		"no top-two-box":    func() error { _, err := CSAT(nil, s, 0.95); return err },
		"level = 0: in (0,": func() error { _, err := RatingReport(t.Context(), saidLog(nil), 0); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}

// TestRatingReport: a customer's last rating counts for the score, every rating for
// the top two boxes.
func TestRatingReport(t *testing.T) {
	log := saidLog(map[string][]said{
		"a": {{day: 1, kind: datasets.Rating, value: 1}, {day: 50, kind: datasets.Rating, value: 10}},
		"b": {{day: 9, kind: datasets.Rating, value: 9}},
		"c": {{day: 9, kind: datasets.Purchase, value: 9}},
		"d": {{day: 9, kind: datasets.Rating, value: 0}},
	})
	r, err := RatingReport(t.Context(), log, 0.95)
	if err != nil || len(r) != 1 {
		t.Fatalf("%+v (%v)", r, err)
	}
	x := r[0]
	if x.Customers != 3 || x.Of != 4 || x.Ratings != 4 || x.NPS == nil || x.NPS.N != 3 || x.CSAT.Count != 2 {
		t.Errorf("%+v", x)
	}
	check.Close(t, "NPS", x.NPS.Score, 1.0/3, 1e-12)
	check.Close(t, "mean", x.Mean, 5, 1e-12)
	check.Close(t, "CSAT", x.CSAT.Share, 0.5, 1e-12)
}

func TestSatisfactionRefuses(t *testing.T) {
	e, _ := Lookup("satisfaction")
	log := saidLog(map[string][]said{"a": {{day: 1, kind: datasets.Rating, value: 4}}})
	for words, change := range map[string]func(*Satisfaction){
		"shrink = -1":                func(o *Satisfaction) { o.Shrink = -1 },
		"low = 1":                    func(o *Satisfaction) { o.Low = 1 },
		"promise = -1":               func(o *Satisfaction) { o.Promise = -1 },
		`scale = "good"`:             func(o *Satisfaction) { o.Scale = "good" },
		"a rating of 4 is not on":    func(o *Satisfaction) { o.Scale = "0-3" },
		`no column "smile"`:          func(o *Satisfaction) { o.Columns = []string{"smile"} },
		"leaves nothing to measure:": func(o *Satisfaction) { o.Columns = []string{"complaint_rate"} },
	} {
		o := satisfactionBlock()
		change(o)
		_, err := Build(t.Context(), log, Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: o}}}, 0, 1)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}
