package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "channel",
	Doc: `Channels: where a customer buys, and where messages find them
A day's purchases on one channel count once. With n such purchases, and the population's
values weighing m of them (shrink, default 4):
  channel_share_*     share of purchases on each of the top (5) channels of the log and on
                      the others together, (n_c + m·q_c)/(n + m): a composition
  channel_spread      chance that two purchases are on different channels,
                      1 − Σ n_c(n_c − 1)/(n(n − 1)), shrunk. It is free of bias whatever n,
                      which no entropy of two or three purchases is
  channel_switching   share of purchases on another channel than the one before, shrunk
and where messages were sent on two channels or more
  channel_answers_*   ln of the share of the customer's answers that were to messages on the
                      channel over the share of messages sent on it, both shrunk to the
                      population's with m: above 0 = answers there more than they are
                      written to there. Openings, clicks and redemptions are answers; where
                      the log has no openings or clicks, a purchase within 14 days is
and on request
  channel_preferred   the channel of the largest channel_answers, else of the largest
                      share: its number in the order of the columns, a category for people
Purchase shares say where customers buy of what is offered them; only the answers are
corrected for what they were offered. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Neslin et al.", Title: "Challenges and Opportunities in Multichannel Customer Management", Venue: "Journal of Service Research 9", Year: 2006, DOI: "10.1177/1094670506293559"},
		{Authors: "Hurlbert", Title: "The Nonconcept of Species Diversity: A Critique and Alternative Parameters", Venue: "Ecology 52", Year: 1971, DOI: "10.2307/1934145"},
	},
	Version: 1,
	Needs:   datasets.FieldChannel,
	Minimum: 1,
	Null:    ShuffleChannels,
	New: func() Block {
		return &Channel{
			Columns: []string{"channel_share", "channel_spread", "channel_switching", "channel_answers"},
			Top:     5, Shrink: 4, Rule: DefaultResponseRule(),
		}
	},
})

// Channel is the options of channel.
type Channel struct {
	Columns []string     `json:"columns"` // channel_share and channel_answers are one column a channel
	Top     int          `json:"top"`     // channels with a column of their own
	Shrink  float64      `json:"shrink"`  // weight of the population; 0 = none
	Rule    ResponseRule `json:"rule"`    // of a response to a message
}

var channelNames = []string{"channel_share", "channel_spread", "channel_switching", "channel_answers", "channel_preferred"}

// channelTally is what happened on one channel.
type channelTally struct {
	name                    string
	bought, sent, responses int64
}

// channelOf is what one customer did by channel.
type channelOf struct {
	tallies                           []channelTally
	bought, switched, sent, responses int64
	last                              string
}

func (c *channelOf) at(name string) *channelTally {
	for i := range c.tallies {
		if c.tallies[i].name == name {
			return &c.tallies[i]
		}
	}
	c.tallies = append(c.tallies, channelTally{name: name})
	return &c.tallies[len(c.tallies)-1]
}

func channelFrom(h datasets.History, rule ResponseRule) (c channelOf) {
	undone := h.Reversed()
	day := math.MinInt
	var today []string
	for i := range h.Len() {
		if h.Kind(i) != datasets.Purchase || undone != nil && undone[i] {
			continue
		}
		name := h.Channel(i)
		if d := h.Day(i); d != day {
			day, today = d, today[:0]
		}
		if name == "" || slices.Contains(today, name) {
			continue
		}
		today = append(today, name)
		c.at(name).bought++
		if c.bought++; c.bought > 1 && name != c.last {
			c.switched++
		}
		c.last = name
	}
	if !h.Meta.Kinds.Has(datasets.CampaignSent) {
		return c
	}
	// An opening answers the message itself, a purchase perhaps another one.
	direct := h.Meta.Kinds&datasets.KindSet(datasets.CampaignOpen, datasets.CampaignClick) != 0
	for _, m := range MessagesOf(h, rule) {
		if m.Channel == "" || !m.Known {
			continue
		}
		t := c.at(m.Channel)
		t.sent++
		c.sent++
		if direct && (m.Opened || m.Redeemed) || !direct && m.Responded {
			t.responses++
			c.responses++
		}
	}
	return c
}

// spread returns the unbiased chance that two purchases are on different channels; NaN
// for fewer than two.
func (c *channelOf) spread() float64 {
	if c.bought < 2 {
		return math.NaN()
	}
	var same int64
	for _, t := range c.tallies {
		same += t.bought * (t.bought - 1)
	}
	return 1 - float64(same)/float64(c.bought*(c.bought-1))
}

type channelSummary struct {
	one          []channelTally // of Gather
	all          map[string]channelTally
	spread       gapMean
	pairs, moves int64
	kinds        datasets.Kinds
}

// Merge adds other.
func (s *channelSummary) Merge(other Summary) {
	o := other.(*channelSummary)
	for _, t := range o.one {
		s.add(t)
	}
	for _, t := range o.all {
		s.add(t)
	}
	s.spread.merge(&o.spread)
	s.pairs += o.pairs
	s.moves += o.moves
	s.kinds |= o.kinds
}

func (s *channelSummary) add(t channelTally) {
	a := s.all[t.name]
	a.name = t.name
	a.bought += t.bought
	a.sent += t.sent
	a.responses += t.responses
	s.all[t.name] = a
}

// Empty returns the summary of no customers.
func (o *Channel) Empty() Summary { return &channelSummary{all: map[string]channelTally{}} }

// Gather counts the customer's channels.
func (o *Channel) Gather(h datasets.History) Summary {
	c := channelFrom(h, o.Rule)
	s := &channelSummary{one: c.tallies, moves: c.switched, pairs: max(c.bought-1, 0), kinds: h.Meta.Kinds}
	s.spread.add(c.spread())
	return s
}

// Learn finds the top channels and the population's values.
func (o *Channel) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*channelSummary)
	switch {
	case o.Top < 1:
		return nil, fmt.Errorf("top = %d: at least 1", o.Top)
	case !(o.Shrink >= 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case o.Rule.Window < 1 || o.Rule.Match < 1 || o.Rule.Contact < 1:
		return nil, fmt.Errorf("window = %d, match = %d, contact = %d: at least 1 day each", o.Rule.Window, o.Rule.Match, o.Rule.Contact)
	}
	m := &channelModel{Shrink: o.Shrink, Rule: o.Rule}
	bought := channelRank(s.all, func(t channelTally) int64 { return t.bought })
	sent := channelRank(s.all, func(t channelTally) int64 { return t.sent })
	if len(bought) == 0 {
		return nil, fmt.Errorf("no purchase has a channel")
	}
	m.Bought = channelPopulation(bought, o.Top, func(t channelTally) int64 { return t.bought })
	m.Sent = channelPopulation(sent, o.Top, func(t channelTally) int64 { return t.sent })
	m.Answered = channelPopulation(sent, o.Top, func(t channelTally) int64 { return t.responses })
	m.Spread = s.spread.value(0)
	if s.pairs > 0 {
		m.Switching = float64(s.moves) / float64(s.pairs)
	}
	for _, n := range o.Columns {
		switch {
		case !slices.Contains(channelNames, n):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(channelNames, ", "))
		case n == "channel_answers" && len(sent) < 2:
			if s.kinds.Has(datasets.CampaignSent) {
				m.Left = append(m.Left, "messages were sent on one channel at most: channel_answers is left out")
			}
		default:
			m.Names = append(m.Names, n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", strings.Join(o.Columns, ", "), strings.Join(m.Left, "; "))
	}
	return m, nil
}

// channelRank lists the channels with any, most first, ties by name.
func channelRank(all map[string]channelTally, of func(channelTally) int64) []channelTally {
	var out []channelTally
	for _, t := range all {
		if of(t) > 0 {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b channelTally) int {
		if c := cmp.Compare(of(b), of(a)); c != 0 {
			return c
		}
		return cmp.Compare(a.name, b.name)
	})
	return out
}

// channelPart is the population's share of one channel; "" are the others together.
type channelPart struct {
	Channel string  `json:"channel"`
	Share   float64 `json:"share"`
}

// channelPopulation returns the shares of the top channels and of the others, if there
// are any. Half a count each keeps them above 0.
func channelPopulation(ranked []channelTally, top int, of func(channelTally) int64) []channelPart {
	var out []channelPart
	var total float64
	for i, t := range ranked {
		if i > top {
			out[top].Share += float64(of(t))
		} else {
			name := t.name
			if i == top {
				name = ""
			}
			out = append(out, channelPart{name, float64(of(t)) + 0.5})
			total += 0.5
		}
		total += float64(of(t))
	}
	for i := range out {
		out[i].Share /= total
	}
	return out
}

// Model returns an empty model.
func (o *Channel) Model() Model { return &channelModel{} }

// channelModel holds the channels and the population's values.
type channelModel struct {
	Names     []string      `json:"names"`
	Left      []string      `json:"left,omitempty"` // what was left out, and why
	Shrink    float64       `json:"shrink"`
	Rule      ResponseRule  `json:"rule"`
	Bought    []channelPart `json:"bought"`   // purchases
	Sent      []channelPart `json:"sent"`     // messages
	Answered  []channelPart `json:"answered"` // responses, of the channels of Sent
	Spread    float64       `json:"spread"`
	Switching float64       `json:"switching"`
}

// Warnings says what was left out.
func (m *channelModel) Warnings() []string { return m.Left }

// Columns describes the columns.
func (m *channelModel) Columns() []Column {
	var out []Column
	add := func(c Column) {
		c.Block = "channel"
		out = append(out, c)
	}
	for _, n := range m.Names {
		switch n {
		case "channel_share":
			names := channelColumns(n, m.Bought)
			for i, p := range m.Bought {
				add(Column{Name: names[i], Doc: "share of purchases on " + channelText(p), Kind: Share})
			}
		case "channel_answers":
			names := channelColumns(n, m.Sent)
			for i, p := range m.Sent {
				add(Column{Name: names[i], Unit: "ln", Doc: "answers messages on " + channelText(p) + " more (above 0) or less than messages are sent there"})
			}
		case "channel_spread":
			add(Column{Name: n, Doc: "chance that two purchases are on different channels: 0 always the same one", Kind: Probability})
		case "channel_switching":
			add(Column{Name: n, Doc: "share of purchases on another channel than the one before", Kind: Probability})
		case "channel_preferred":
			var names []string
			for i, p := range m.preferences() {
				names = append(names, fmt.Sprintf("%d %s", i, channelText(p)))
			}
			add(Column{Name: n, Doc: "preferred channel: " + strings.Join(names, ", "), Kind: Category})
		}
	}
	return out
}

func channelText(p channelPart) string {
	if p.Channel == "" {
		return "the other channels"
	}
	return p.Channel
}

// channelColumns names one column a channel: letters and digits of its name, and a
// number where two come out alike.
func channelColumns(prefix string, parts []channelPart) []string {
	var out []string
	for _, p := range parts {
		var b strings.Builder
		for _, r := range strings.ToLower(p.Channel) {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				b.WriteRune(r)
			} else {
				b.WriteByte(' ')
			}
		}
		words := strings.Join(strings.Fields(b.String()), "_")
		switch {
		case p.Channel == "":
			words = "others"
		case words == "":
			words = "unnamed"
		}
		name := prefix + "_" + words
		for k := 2; slices.Contains(out, name); k++ {
			name = fmt.Sprintf("%s_%s_%d", prefix, words, k)
		}
		out = append(out, name)
	}
	return out
}

// preferences are the channels that channel_preferred chooses from.
func (m *channelModel) preferences() []channelPart {
	if len(m.Sent) > 1 {
		return m.Sent
	}
	return m.Bought
}

// Evidence counts the purchases with a channel.
func (m *channelModel) Evidence(h datasets.History) int {
	c := channelFrom(h, m.Rule)
	return int(c.bought + c.sent)
}

// Measure fills the row; without purchases it is the population's.
func (m *channelModel) Measure(h datasets.History, row []float64) {
	c := channelFrom(h, m.Rule)
	j := 0
	for _, n := range m.Names {
		switch n {
		case "channel_share":
			j += len(m.shares(&c, row[j:]))
			continue
		case "channel_answers":
			j += len(m.answers(&c, row[j:]))
			continue
		case "channel_spread":
			row[j] = m.Spread
			if x := c.spread(); !math.IsNaN(x) {
				w := float64(c.bought)
				row[j] = (w*x + m.Shrink*m.Spread) / (w + m.Shrink)
			}
		case "channel_switching":
			row[j] = m.Switching
			if c.bought > 1 {
				row[j] = (float64(c.switched) + m.Shrink*m.Switching) / (float64(c.bought-1) + m.Shrink)
			}
		case "channel_preferred":
			buf := make([]float64, max(len(m.Bought), len(m.Sent)))
			if len(m.Sent) > 1 {
				buf = m.answers(&c, buf)
			} else {
				buf = m.shares(&c, buf)
			}
			best := 0
			for i, x := range buf {
				if x > buf[best] {
					best = i
				}
			}
			row[j] = float64(best)
		}
		j++
	}
}

// channelSums fills dst with the customer's counts by the channels of parts.
func channelSums(c *channelOf, parts []channelPart, of func(channelTally) int64, dst []float64) {
	clear(dst)
	for _, t := range c.tallies {
		at := slices.IndexFunc(parts, func(p channelPart) bool { return p.Channel == t.name })
		if at < 0 {
			at = slices.IndexFunc(parts, func(p channelPart) bool { return p.Channel == "" })
		}
		// A channel that nobody used when the model was learned has no column: where
		// there are no others either, it is left out, and the shares are of the rest.
		if at >= 0 {
			dst[at] += float64(of(t))
		}
	}
}

// channelDrawn turns counts into shares, drawn towards the population's.
func (m *channelModel) channelDrawn(counts []float64, parts []channelPart) {
	var n float64
	for _, x := range counts {
		n += x
	}
	for i, p := range parts {
		if n+m.Shrink == 0 {
			counts[i] = p.Share
		} else {
			counts[i] = (counts[i] + m.Shrink*p.Share) / (n + m.Shrink)
		}
	}
}

func (m *channelModel) shares(c *channelOf, row []float64) []float64 {
	row = row[:len(m.Bought)]
	channelSums(c, m.Bought, func(t channelTally) int64 { return t.bought }, row)
	m.channelDrawn(row, m.Bought)
	return row
}

func (m *channelModel) answers(c *channelOf, row []float64) []float64 {
	row = row[:len(m.Sent)]
	channelSums(c, m.Sent, func(t channelTally) int64 { return t.sent }, row)
	m.channelDrawn(row, m.Sent)
	answered := make([]float64, len(row))
	channelSums(c, m.Sent, func(t channelTally) int64 { return t.responses }, answered)
	m.channelDrawn(answered, m.Answered)
	for i := range row {
		// With no weight of the population a channel without a message or a response
		// has no finite logarithm: a missing value.
		row[i] = math.Log(answered[i] / row[i])
		if math.IsInf(row[i], 0) {
			row[i] = math.NaN()
		}
	}
	return row
}
