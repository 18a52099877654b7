package features

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "campaign",
	Doc: `Campaigns: how a customer answers messages
What becomes of the campaign messages a customer gets. Responses, not effects: without a
control group nobody knows who would have bought anyway (see UpliftBySegment). Of the n
messages whose window of w days (window, 14) has passed:
  campaign_open_rate      opened or clicked / n
  campaign_open_by_*      the same by channel, with each channel's own prior, where messages
                          come on two channels or more (the top 5)
  campaign_click_rate     clicked / opened
  campaign_response_rate  a purchase or a redemption within w days / n
  campaign_redeem_rate    redeemed within match (90) days / n
  campaign_response_days  days from the message to that purchase, mean
  campaign_gain           spent in w days after messages beyond what the customer spends in
                          w days without (purchase days where the log has no amounts)
  campaign_fatigue        change of the response from the first message to the last: slope
                          of the responses on their number, from −½ to ½
  campaign_hour_cos, campaign_hour_sin   clock time of openings and clicks, as timing's
and on request
  campaign_opted_out      1 = has opted out
A rate of k in n is (α + k)/(α + β + n) with a beta prior by moments over the customers
(BetaMoments): one click in one mail is no rate of 1. Days, gain, hour and fatigue are
drawn towards the population with the weight of m (shrink, 4) responses, messages,
openings, or the spread of m evenly numbered messages. Who got no message has the
population's values.
Where the log has no messages sent, those opened or clicked stand for them. A log of day
stamps has no hours, and counts a purchase on the day of the message. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Ridout, Demétrio & Firth", Title: "Estimating Intraclass Correlation for Binary Data", Venue: "Biometrics 55", Year: 1999, DOI: "10.1111/j.0006-341X.1999.00137.x"},
		{Authors: "Neslin, Taylor, Grantham & McNeil", Title: "Overcoming the \"recency trap\" in customer relationship management", Venue: "Journal of the Academy of Marketing Science 41", Year: 2013, DOI: "10.1007/s11747-012-0312-7"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.CampaignSent, datasets.CampaignOpen, datasets.CampaignClick),
	Minimum: 0,
	Null:    ShuffleKinds,
	New: func() Block {
		return &Campaign{
			Columns: []string{
				"campaign_open_rate", "campaign_open_by", "campaign_click_rate", "campaign_response_rate", "campaign_redeem_rate",
				"campaign_response_days", "campaign_gain", "campaign_fatigue", "campaign_hour",
			},
			Rule: DefaultResponseRule(), Shrink: 4,
		}
	},
})

// Campaign is the options of campaign.
type Campaign struct {
	Columns []string     `json:"columns"` // campaign_hour is a pair, campaign_open_by a column a channel
	Rule    ResponseRule `json:"rule"`
	Shrink  float64      `json:"shrink"` // weight of the population where there is no beta prior; 0 = none
}

var campaignColumns = []Column{
	{Name: "campaign_open_rate", Doc: "share of messages opened", Kind: Probability},
	{Name: "campaign_open_by", Doc: "share of messages opened on ", Kind: Probability},
	{Name: "campaign_click_rate", Doc: "share of opened messages clicked", Kind: Probability},
	{Name: "campaign_response_rate", Doc: "share of messages with a purchase or a redemption soon after", Kind: Probability},
	{Name: "campaign_redeem_rate", Doc: "share of messages whose offer was redeemed", Kind: Probability},
	{Name: "campaign_response_days", Unit: "days", Doc: "days from a message to the purchase after it"},
	{Name: "campaign_gain", Unit: "money", Doc: "spent after messages beyond what the customer spends without: a response, not an effect"},
	{Name: "campaign_fatigue", Doc: "change of the response from the first message to the last: below 0 it wears off"},
	{Name: "campaign_hour", Doc: "clock time of openings and clicks", Kind: Angle},
	{Name: "campaign_opted_out", Doc: "has opted out of messages", Kind: Binary},
}

// campaignOf is what one customer's messages tell.
type campaignOf struct {
	messages, opened, clicked, responded, redeemed int // of those whose window has passed
	bought                                         int // messages with a purchase within the window
	after                                          int64
	gain                                           float64
	hasGain                                        bool
	sxy, sxx                                       float64 // of responses on the number of the message
	hours                                          Circle
	optedOut                                       bool
	by                                             []campaignBy
}

// campaignBy is the messages on one channel.
type campaignBy struct {
	channel          string
	messages, opened int
}

func (c *campaignOf) on(channel string) *campaignBy {
	for i := range c.by {
		if c.by[i].channel == channel {
			return &c.by[i]
		}
	}
	c.by = append(c.by, campaignBy{channel: channel})
	return &c.by[len(c.by)-1]
}

func campaignFrom(h datasets.History, rule ResponseRule) (c campaignOf) {
	ms := MessagesOf(h, rule)
	for _, m := range ms {
		if !m.Known {
			continue
		}
		c.messages++
		c.opened += campaignOne(m.Opened)
		c.clicked += campaignOne(m.Clicked)
		c.responded += campaignOne(m.Responded)
		c.redeemed += campaignOne(m.Redeemed)
		if m.Channel != "" {
			b := c.on(m.Channel)
			b.messages++
			b.opened += campaignOne(m.Opened)
		}
		if m.After >= 0 {
			c.bought++
			c.after += m.After
		}
	}
	c.slope(ms)
	e := messageExposureOf(h, rule, ms)
	c.gain, c.hasGain = e.gain(rule.Window)
	hours := h.Meta.Resolution == datasets.Second
	for i := range h.Len() {
		switch h.Kind(i) {
		case datasets.OptOut:
			c.optedOut = true
		case datasets.CampaignOpen, datasets.CampaignClick:
			if hours {
				at := h.Time(i)
				u := float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
				c.hours.Add(2*math.Pi*u/24, 1)
			}
		}
	}
	return c
}

func campaignOne(b bool) int {
	if b {
		return 1
	}
	return 0
}

// slope sums x·y and x² of the known messages, x their number from −½ to ½.
func (c *campaignOf) slope(ms []Message) {
	if c.messages < 2 {
		return
	}
	k, last := 0, float64(c.messages-1)
	for _, m := range ms {
		if !m.Known {
			continue
		}
		x := float64(k)/last - 0.5
		c.sxx += x * x
		if m.Responded {
			c.sxy += x // Σx = 0, so the mean of y drops out
		}
		k++
	}
}

type campaignSummary struct {
	seen, hours                  bool
	kinds                        datasets.Kinds
	has                          datasets.Fields
	open, click, respond, redeem BetaMoments
	bought, after                int64
	gain                         gapMean
	sxy, sxx                     ExactSum
	n                            float64 // openings and clicks
	cos, sin                     ExactSum
	customers, optedOut          int64
	by                           map[string]*BetaMoments // openings by channel
}

// Merge adds other.
func (s *campaignSummary) Merge(other Summary) {
	o := other.(*campaignSummary)
	s.seen, s.hours = s.seen || o.seen, s.hours || o.hours
	s.kinds |= o.kinds
	s.has |= o.has
	s.open.Merge(&o.open)
	s.click.Merge(&o.click)
	s.respond.Merge(&o.respond)
	s.redeem.Merge(&o.redeem)
	s.bought += o.bought
	s.after += o.after
	s.gain.merge(&o.gain)
	s.sxy.Merge(&o.sxy)
	s.sxx.Merge(&o.sxx)
	s.n += o.n
	s.cos.Merge(&o.cos)
	s.sin.Merge(&o.sin)
	s.customers += o.customers
	s.optedOut += o.optedOut
	for channel, b := range o.by {
		if s.by[channel] == nil {
			s.by[channel] = &BetaMoments{}
		}
		s.by[channel].Merge(b)
	}
}

// Empty returns the summary of no customers.
func (o *Campaign) Empty() Summary { return &campaignSummary{by: map[string]*BetaMoments{}} }

// Gather adds the customer's answers.
func (o *Campaign) Gather(h datasets.History) Summary {
	s := &campaignSummary{seen: true, hours: h.Meta.Resolution == datasets.Second, kinds: h.Meta.Kinds, has: h.Meta.Has, customers: 1}
	c := campaignFrom(h, o.Rule)
	s.open.Add(c.opened, c.messages)
	s.click.Add(c.clicked, c.opened)
	s.respond.Add(c.responded, c.messages)
	s.redeem.Add(c.redeemed, c.messages)
	s.bought, s.after = int64(c.bought), c.after
	if c.hasGain {
		s.gain.add(c.gain)
	}
	if c.sxx > 0 {
		s.sxy.Add(c.sxy)
		s.sxx.Add(c.sxx)
	}
	if c.hours.N > 0 {
		s.n = c.hours.N
		s.cos.Add(c.hours.C)
		s.sin.Add(c.hours.S)
	}
	s.optedOut = int64(campaignOne(c.optedOut))
	if len(c.by) > 0 {
		s.by = map[string]*BetaMoments{}
		for _, b := range c.by {
			m := &BetaMoments{}
			m.Add(b.opened, b.messages)
			s.by[b.channel] = m
		}
	}
	return s
}

// Learn finds the priors and the population's values.
func (o *Campaign) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*campaignSummary)
	r := o.Rule
	switch {
	case r.Window < 1 || r.Match < 1 || r.Contact < 1:
		return nil, fmt.Errorf("window = %d, match = %d, contact = %d: at least 1 day each", r.Window, r.Match, r.Contact)
	case !(o.Shrink >= 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case s.open.Trials() == 0:
		return nil, fmt.Errorf("no message is older than window = %d days at the end of the log: no response is known yet", r.Window)
	}
	m := &campaignModel{
		Rule: r, Shrink: o.Shrink, Money: s.has&datasets.FieldAmount != 0,
		Open: s.open.Prior(), Click: s.click.Prior(), Respond: s.respond.Prior(), Redeem: s.redeem.Prior(),
		Days: float64(r.Window) / 2, Gain: s.gain.value(0),
	}
	m.By = s.channels()
	if s.bought > 0 {
		m.Days = float64(s.after) / float64(s.bought) / float64(dayMicros)
	}
	if x := s.sxx.Value(); x > 0 {
		m.Fatigue = s.sxy.Value() / x
	}
	if s.n > 0 {
		m.Hour = [2]float64{s.cos.Value() / s.n, s.sin.Value() / s.n}
	}
	for _, n := range o.Columns {
		without := ""
		switch {
		case !slices.ContainsFunc(campaignColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(campaignColumns), ", "))
		case n == "campaign_open_by" && len(m.By) < 2:
			continue // one channel: campaign_open_rate says it
		case (n == "campaign_open_rate" || n == "campaign_open_by") && !s.kinds.Has(datasets.CampaignSent):
			without = "no messages sent"
		case (n == "campaign_open_rate" || n == "campaign_open_by") && s.kinds&datasets.KindSet(datasets.CampaignOpen, datasets.CampaignClick) == 0:
			without = "no openings or clicks"
		case n == "campaign_click_rate" && !s.kinds.Has(datasets.CampaignClick):
			without = "no clicks"
		case n == "campaign_click_rate" && s.click.Trials() == 0:
			without = "no openings whose time has passed"
		case n == "campaign_redeem_rate" && !s.kinds.Has(datasets.Redemption):
			without = "no redemptions"
		case n == "campaign_hour" && s.seen && !s.hours:
			without = "days, not hours"
		case n == "campaign_hour" && s.n == 0:
			without = "no openings or clicks"
		case n == "campaign_opted_out" && !s.kinds.Has(datasets.OptOut):
			without = "no opt-outs"
		}
		if without != "" {
			m.Left = append(m.Left, fmt.Sprintf("the log has %s: %s is left out", without, n))
			continue
		}
		m.Names = append(m.Names, n)
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", strings.Join(o.Columns, ", "), strings.Join(m.Left, "; "))
	}
	return m, nil
}

// campaignChannel is a channel with its prior of openings.
type campaignChannel struct {
	Channel string    `json:"channel"`
	Open    BetaPrior `json:"open"`
}

// campaignChannels is the number of channels with a column of their own.
const campaignChannels = 5

// channels returns the channels of the most messages, ties by name.
func (s *campaignSummary) channels() []campaignChannel {
	names := slices.SortedFunc(maps.Keys(s.by), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.by[b].Trials(), s.by[a].Trials()), cmp.Compare(a, b))
	})
	var out []campaignChannel
	for _, n := range names[:min(len(names), campaignChannels)] {
		out = append(out, campaignChannel{n, s.by[n].Prior()})
	}
	return out
}

// Model returns an empty model.
func (o *Campaign) Model() Model { return &campaignModel{} }

// campaignModel holds the priors and the population's values.
type campaignModel struct {
	Names   []string          `json:"names"`
	Left    []string          `json:"left,omitempty"` // what was left out, and why
	Rule    ResponseRule      `json:"rule"`
	Shrink  float64           `json:"shrink"`
	Money   bool              `json:"money"` // the gain is money, else purchase days
	Open    BetaPrior         `json:"open"`
	Click   BetaPrior         `json:"click"`
	By      []campaignChannel `json:"by,omitempty"`
	Respond BetaPrior         `json:"respond"`
	Redeem  BetaPrior         `json:"redeem"`
	Days    float64           `json:"days"`
	Gain    float64           `json:"gain"`
	Fatigue float64           `json:"fatigue"`
	Hour    [2]float64        `json:"hour"` // mean cos and sin
}

// Warnings says what was left out.
func (m *campaignModel) Warnings() []string { return m.Left }

// Columns describes the columns.
func (m *campaignModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := campaignColumns[slices.IndexFunc(campaignColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "campaign"
		switch {
		case n == "campaign_open_by":
			var parts []channelPart
			for _, b := range m.By {
				parts = append(parts, channelPart{Channel: b.Channel})
			}
			for i, name := range channelColumns(n, parts) {
				by := c
				by.Name = name
				by.Doc += m.By[i].Channel
				out = append(out, by)
			}
			continue
		case n == "campaign_hour":
			for _, axis := range []string{"cos", "sin"} {
				pair := c
				pair.Name += "_" + axis
				pair.Doc = fmt.Sprintf("%s, %s of the angle times its strength", c.Doc, axis)
				out = append(out, pair)
			}
			continue
		case n == "campaign_gain" && !m.Money:
			c.Unit, c.Doc = "count", "purchase days after messages beyond the customer's days without: a response, not an effect"
		}
		out = append(out, c)
	}
	return out
}

// Evidence counts the messages whose window has passed.
func (m *campaignModel) Evidence(h datasets.History) int {
	n := 0
	for _, x := range MessagesOf(h, m.Rule) {
		n += campaignOne(x.Known)
	}
	return n
}

// Measure fills the row; without messages it is the population's.
func (m *campaignModel) Measure(h datasets.History, row []float64) {
	c := campaignFrom(h, m.Rule)
	n := float64(c.messages)
	j := 0
	for _, name := range m.Names {
		switch name {
		case "campaign_open_rate":
			row[j] = m.Open.Rate(float64(c.opened), n)
		case "campaign_open_by":
			for i, b := range m.By {
				on := c.on(b.Channel)
				row[j+i] = b.Open.Rate(float64(on.opened), float64(on.messages))
			}
			j += len(m.By) - 1
		case "campaign_click_rate":
			row[j] = m.Click.Rate(float64(c.clicked), float64(c.opened))
		case "campaign_response_rate":
			row[j] = m.Respond.Rate(float64(c.responded), n)
		case "campaign_redeem_rate":
			row[j] = m.Redeem.Rate(float64(c.redeemed), n)
		case "campaign_response_days":
			row[j] = m.drawn(float64(c.after)/float64(dayMicros), float64(c.bought), m.Days)
		case "campaign_gain":
			row[j] = m.Gain
			if c.hasGain {
				row[j] = m.drawn(n*c.gain, n, m.Gain)
			}
		case "campaign_fatigue":
			// m messages evenly spread over [−½, ½] have Σx² of m/12.
			row[j] = m.Fatigue
			if w := m.Shrink / 12; c.sxx+w > 0 {
				row[j] = (c.sxy + w*m.Fatigue) / (c.sxx + w)
			}
		case "campaign_hour":
			row[j], row[j+1] = m.Hour[0], m.Hour[1]
			if cos, sin := c.hours.Pair(); c.hours.N >= 2 {
				row[j], row[j+1] = m.drawn(c.hours.N*cos, c.hours.N, m.Hour[0]), m.drawn(c.hours.N*sin, c.hours.N, m.Hour[1])
			}
			j++
		case "campaign_opted_out":
			row[j] = float64(campaignOne(c.optedOut))
		}
		j++
	}
}

// drawn returns (sum + m·population)/(n + m); the population's value of nothing.
func (m *campaignModel) drawn(sum, n, population float64) float64 {
	if n == 0 {
		return population
	}
	return (sum + m.Shrink*population) / (n + m.Shrink)
}
