package features

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "satisfaction",
	Doc: `Satisfaction: what customers say, and what returns, complaints and waits say
Ratings are those of rating and survey_answer events, each kind on its own scale (1–5,
0–10, …: detected from all of its values and said; scale and survey_scale set it). A
rating's place is (x − lowest)/(highest − lowest): 0 worst, 1 best.
  rating_mean          mean place of the customer's ratings, drawn to the mean of all
                       ratings with the weight of 5 (shrink): one angry line is not a
                       bad customer. On a 1–5 scale the stars are 1 + 4·rating_mean
  rating_low_share     share of ratings in the lowest quarter of the scale (low), 1 and 2
                       of 5, drawn in
  rating_last          the last one's place, drawn in as one rating
  rating_slope         change of place per year, a least-squares line drawn to no change
  rated                1 = has a rating or survey answer: a category, for people; it never enters a
                       distance. Who did not rate is not average: unknown, and coverage
                       says how many they are
  return_share         returned over bought lines, drawn in
  return_value_share   the same of money
  complaint_rate       complaints per purchase day, at most 1, drawn in; contact_rate
                       likewise
  delivery_late_share  share of the orders delivered in the window that came later than
                       promise days (0 = twice the median wait), drawn in; needs order ids
  delivery_wait        mean days from order to delivery, drawn in
  survey_mean          mean place of survey answers alone, drawn in, where the log has
                       ratings as well; rating_mean is then of the ratings alone
Of these the log's kinds of event decide which there are; the default leaves out
rating_low_share, rating_last, rating_slope, return_value_share and delivery_wait: they
say again what others say. Frequency is no satisfaction and is not used. For the population see NPS, CSAT and RatingReport. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Reichheld", Title: "The one number you need to grow", Venue: "Harvard Business Review 81", Year: 2003, DOI: "pp. 46–54"},
		{Authors: "Efron & Morris", Title: "Stein's paradox in statistics (means drawn to the grand mean)", Venue: "Scientific American 236", Year: 1977, DOI: "10.1038/scientificamerican0577-119"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.Rating, datasets.SurveyAnswer, datasets.Return, datasets.Complaint, datasets.Contact, datasets.Delivered),
	Null:    ShuffleStamps + "+" + ShuffleAmounts,
	New: func() Block {
		return &Satisfaction{
			Columns: []string{"rating_mean", "survey_mean", "return_share", "complaint_rate", "contact_rate", "delivery_late_share", "rated"},
			Scale:   "auto", SurveyScale: "auto", Low: 0.25, Shrink: 5,
		}
	},
})

// Satisfaction is the options of satisfaction.
type Satisfaction struct {
	Columns     []string `json:"columns"`
	Scale       string   `json:"scale"`        // of rating events: auto, or lowest-highest as in 1-5
	SurveyScale string   `json:"survey_scale"` // of survey_answer events
	Low         float64  `json:"low"`          // place up to which a rating is low
	Promise     float64  `json:"promise"`      // days after which a delivery is late; 0 = twice the median wait
	Shrink      float64  `json:"shrink"`       // weight of the population, in ratings, lines, days, orders; 0 = none
}

var satisfactionColumns = []Column{
	{Name: "rating_mean", Doc: "mean rating: 0 the worst on its scale, 1 the best"},
	{Name: "survey_mean", Doc: "mean survey answer: 0 the worst on its scale, 1 the best"},
	{Name: "rating_low_share", Doc: "share of ratings in the lowest quarter of the scale", Kind: Probability},
	{Name: "rating_last", Doc: "last rating: 0 the worst on its scale, 1 the best"},
	{Name: "rating_slope", Doc: "change of ratings per year, in parts of the scale"},
	{Name: "rated", Doc: "1 = has given a rating or a survey answer", Kind: Category},
	{Name: "return_share", Doc: "share of bought lines that were returned", Kind: Probability},
	{Name: "return_value_share", Doc: "share of money spent that was returned", Kind: Probability},
	{Name: "complaint_rate", Doc: "complaints per purchase day, at most 1", Kind: Probability},
	{Name: "contact_rate", Doc: "contacts with the service per purchase day, at most 1", Kind: Probability},
	{Name: "delivery_wait", Unit: "days", Doc: "days from order to delivery"},
	{Name: "delivery_late_share", Doc: "share of deliveries later than promised", Kind: Probability},
}

// satisfactionSummary holds the population's sums; ratings as histograms, since their
// scale is known only when all are seen.
type satisfactionSummary struct {
	meta             datasets.Fields
	kinds            datasets.Kinds
	ratings, answers map[float64]int64

	lines, returned, days, complaints, contacts int64
	waits                                       map[float64]int64 // orders by days to delivery
	gross, back                                 ExactSum
}

// Merge adds other.
func (s *satisfactionSummary) Merge(other Summary) {
	o := other.(*satisfactionSummary)
	s.meta |= o.meta
	s.kinds |= o.kinds
	s.ratings = satisfactionMerge(s.ratings, o.ratings)
	s.answers = satisfactionMerge(s.answers, o.answers)
	s.lines += o.lines
	s.returned += o.returned
	s.days += o.days
	s.complaints += o.complaints
	s.contacts += o.contacts
	s.waits = satisfactionMerge(s.waits, o.waits)
	s.gross.Merge(&o.gross)
	s.back.Merge(&o.back)
}

func satisfactionMerge(a, b map[float64]int64) map[float64]int64 {
	if a == nil && len(b) > 0 {
		a = make(map[float64]int64, len(b))
	}
	for x, n := range b {
		a[x] += n
	}
	return a
}

// Empty returns the summary of no customers.
func (o *Satisfaction) Empty() Summary { return &satisfactionSummary{} }

// Gather adds the customer's ratings, returns, complaints, contacts and deliveries.
func (o *Satisfaction) Gather(h datasets.History) Summary {
	s := &satisfactionSummary{meta: h.Meta.Has, kinds: h.Meta.Kinds}
	count := func(m *map[float64]int64, x float64) {
		if *m == nil {
			*m = map[float64]int64{}
		}
		(*m)[x]++
	}
	c := satisfactionOf(h, func(kind datasets.Kind, x float64, _ int64) {
		switch kind {
		case datasets.Rating:
			count(&s.ratings, x)
		case datasets.SurveyAnswer:
			count(&s.answers, x)
		default:
			count(&s.waits, x)
		}
	})
	s.lines, s.returned, s.days = c.lines, c.returned, c.days
	s.complaints, s.contacts = c.complaints, c.contacts
	s.gross.Add(c.gross)
	s.back.Add(c.back)
	return s
}

// Learn settles the scales and the population's means.
func (o *Satisfaction) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*satisfactionSummary)
	switch {
	case !(o.Shrink >= 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case !(o.Low >= 0 && o.Low < 1):
		return nil, fmt.Errorf("low = %g: a place on the scale, in [0, 1)", o.Low)
	case !(o.Promise >= 0):
		return nil, fmt.Errorf("promise = %g: days, 0 = twice the median wait", o.Promise)
	}
	m := &satisfactionModel{Low: o.Low, Promise: o.Promise, Shrink: o.Shrink, Population: map[string]float64{}}
	var err error
	if m.Scale, err = m.settle("rating", o.Scale, s.ratings); err != nil {
		return nil, err
	}
	if m.SurveyScale, err = m.settle("survey_answer", o.SurveyScale, s.answers); err != nil {
		return nil, err
	}
	m.Both = len(s.ratings) > 0 && len(s.answers) > 0
	var n, total, low, answers, answered float64
	for k, part := range []struct {
		counts map[float64]int64
		scale  RatingScale
	}{{s.ratings, m.Scale}, {s.answers, m.SurveyScale}} {
		for _, x := range slices.Sorted(maps.Keys(part.counts)) {
			w, p := float64(part.counts[x]), part.scale.Place(x)
			if k == 1 && m.Both {
				answered += w
				answers += w * p
				continue
			}
			n += w
			total += w * p
			if p <= o.Low {
				low += w
			}
		}
	}
	rated := n > 0
	deliveries, wait, late := m.deliver(s.waits)
	for _, name := range o.Columns {
		var have bool
		var value float64
		ratio := func(a, b float64) float64 { return a / max(b, 1) }
		switch name {
		case "rating_mean", "rating_last":
			have, value = rated, total/n
		case "rating_low_share":
			have, value = rated, low/n
		case "rating_slope", "rated":
			have = rated
		case "survey_mean":
			have, value = m.Both, answers/answered
		case "return_share":
			have = s.kinds.Has(datasets.Return)
			value = ratio(float64(s.returned), float64(max(s.lines, s.returned)))
		case "return_value_share":
			have = s.kinds.Has(datasets.Return) && s.meta&datasets.FieldAmount != 0
			value = min(s.back.Value()/max(s.gross.Value(), math.SmallestNonzeroFloat64), 1)
		case "complaint_rate":
			have, value = s.kinds.Has(datasets.Complaint), ratio(float64(s.complaints), float64(max(s.days, s.complaints)))
		case "contact_rate":
			have, value = s.kinds.Has(datasets.Contact), ratio(float64(s.contacts), float64(max(s.days, s.contacts)))
		case "delivery_wait":
			have, value = deliveries > 0, ratio(wait, deliveries)
		case "delivery_late_share":
			have, value = deliveries > 0, ratio(late, deliveries)
		default:
			return nil, fmt.Errorf("no column %q (columns: %s)", name, strings.Join(columnNames(satisfactionColumns), ", "))
		}
		if have {
			m.Names = append(m.Names, name)
			m.Population[name] = value
		}
	}
	if s.kinds.Has(datasets.Delivered) && deliveries == 0 {
		m.Said = append(m.Said, "no delivered event has the order of a purchase before it: waits are left out")
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: the log has %s events, and no rating", strings.Join(o.Columns, ", "), strings.Join(s.kinds.Names(), ", "))
	}
	if s.lines > 0 {
		m.MeanLine = s.gross.Value() / float64(s.lines)
	}
	return m, nil
}

// Model returns an empty model.
func (o *Satisfaction) Model() Model { return &satisfactionModel{} }

// satisfactionModel holds the scales and the population's means by column.
type satisfactionModel struct {
	Names       []string           `json:"names"`
	Scale       RatingScale        `json:"scale"`
	SurveyScale RatingScale        `json:"survey_scale"`
	Low         float64            `json:"low"`
	Promise     float64            `json:"promise"`
	Shrink      float64            `json:"shrink"`
	Population  map[string]float64 `json:"population"`
	MeanLine    float64            `json:"mean_line"` // money of a bought line: what a pseudo-line is worth
	Both        bool               `json:"both"`      // ratings and survey answers have columns of their own
	Said        []string           `json:"said"`
}

// deliver settles from when a delivery is late, and counts the population's.
func (m *satisfactionModel) deliver(waits map[float64]int64) (deliveries, wait, late float64) {
	days := slices.Sorted(maps.Keys(waits))
	for _, d := range days {
		deliveries += float64(waits[d])
		wait += float64(waits[d]) * d
	}
	if m.Promise == 0 {
		var below float64
		for _, d := range days {
			if below += float64(waits[d]); 2*below >= deliveries {
				m.Promise = max(2*d, 1)
				break
			}
		}
	}
	for _, d := range days {
		if d > m.Promise {
			late += float64(waits[d])
		}
	}
	return deliveries, wait, late
}

// settle finds a kind's scale and says what it found.
func (m *satisfactionModel) settle(kind, option string, counts map[float64]int64) (RatingScale, error) {
	if option != "auto" {
		s, err := ParseScale(option)
		if err != nil {
			return s, err
		}
		for _, x := range slices.Sorted(maps.Keys(counts)) {
			if x < s.Lo || x > s.Hi {
				return s, fmt.Errorf("a %s of %g is not on the scale %s: set another scale, or mend the file", kind, x, s)
			}
		}
		return s, nil
	}
	if len(counts) == 0 {
		return RatingScale{0, 1}, nil
	}
	values := slices.Sorted(maps.Keys(counts))
	s, why := DetectScale(values[0], values[len(values)-1])
	m.Said = append(m.Said, fmt.Sprintf("%s events: %s", kind, why))
	return s, nil
}

// Warnings says which scales were taken.
func (m *satisfactionModel) Warnings() []string { return m.Said }

// Columns describes the columns.
func (m *satisfactionModel) Columns() []Column {
	out := make([]Column, len(m.Names))
	for i, n := range m.Names {
		out[i] = satisfactionColumns[slices.IndexFunc(satisfactionColumns, func(c Column) bool { return c.Name == n })]
		out[i].Block = "satisfaction"
	}
	return out
}

func (m *satisfactionModel) has(prefix string) bool {
	return slices.ContainsFunc(m.Names, func(n string) bool { return strings.HasPrefix(n, prefix) })
}

// Evidence counts ratings where there are any in the log; without them bought lines,
// purchase days with complaints and contacts, and deliveries.
func (m *satisfactionModel) Evidence(h datasets.History) int {
	ratings := 0
	deliveries := 0
	c := satisfactionOf(h, func(k datasets.Kind, _ float64, _ int64) {
		if k == datasets.Delivered {
			deliveries++
		} else {
			ratings++
		}
	})
	switch {
	case m.has("rat"), m.has("survey"):
		return ratings
	case m.has("return"):
		return int(c.lines + c.returned)
	case m.has("delivery"):
		return deliveries
	}
	return int(c.days + c.complaints + c.contacts)
}

// Measure fills the row; what is not known is the population's.
func (m *satisfactionModel) Measure(h datasets.History, row []float64) {
	var n, total, low, last, answered, answers, deliveries, wait, late float64
	var line ratingLine
	c := satisfactionOf(h, func(kind datasets.Kind, x float64, stamp int64) {
		scale := m.Scale
		switch kind {
		case datasets.SurveyAnswer:
			scale = m.SurveyScale
			if m.Both {
				answered++
				answers += scale.Place(x)
				return
			}
		case datasets.Delivered:
			deliveries++
			wait += x
			if x > m.Promise {
				late++
			}
			return
		}
		p := scale.Place(x)
		n++
		total += p
		last = p
		if p <= m.Low {
			low++
		}
		line.add(float64(stamp-h.Meta.Window.From.UnixMicro())/(365.2425*86_400_000_000), p)
	})
	years := float64(h.Meta.Window.To.UnixMicro()-h.Meta.Window.From.UnixMicro()) / (365.2425 * 86_400_000_000)
	for j, name := range m.Names {
		pop := m.Population[name]
		drawn := func(part, whole, unit float64) float64 {
			if whole+m.Shrink*unit <= 0 {
				return pop
			}
			return (part + m.Shrink*unit*pop) / (whole + m.Shrink*unit)
		}
		switch name {
		case "rating_mean":
			row[j] = drawn(total, n, 1)
		case "rating_low_share":
			row[j] = drawn(low, n, 1)
		case "rating_last":
			row[j] = drawn(last, min(n, 1), 1)
		case "rating_slope":
			row[j] = line.slope(m.Shrink * years * years / 12)
		case "rated":
			row[j] = min(n+answered, 1)
		case "survey_mean":
			row[j] = drawn(answers, answered, 1)
		case "return_share":
			row[j] = drawn(float64(c.returned), float64(max(c.lines, c.returned)), 1)
		case "return_value_share":
			row[j] = drawn(c.back, max(c.gross, c.back), m.MeanLine)
		case "complaint_rate":
			row[j] = drawn(float64(c.complaints), float64(max(c.days, c.complaints)), 1)
		case "contact_rate":
			row[j] = drawn(float64(c.contacts), float64(max(c.days, c.contacts)), 1)
		case "delivery_wait":
			row[j] = drawn(wait, deliveries, 1)
		case "delivery_late_share":
			row[j] = drawn(late, deliveries, 1)
		}
	}
}
