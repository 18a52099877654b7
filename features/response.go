package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/mores-lab/mores/datasets"
)

// ResponseGroup is how one group of messages was answered. It is a response, not an
// effect: who was written to, and how often, was not drawn by lot.
type ResponseGroup struct {
	Group     string  `json:"group"`
	Customers int     `json:"customers"` // with a message in the group
	Messages  int     `json:"messages"`  // whose response is known
	Responses int     `json:"responses"`
	Rate      float64 `json:"rate"` // responses / messages
	Lo        float64 `json:"lo"`   // Wilson's interval, which takes messages for independent
	Hi        float64 `json:"hi"`
	// Within is the mean over the group's messages of the response less the customer's
	// own mean response: customers compared with themselves alone, since those who are
	// written to more are others than those who are written to less.
	Within float64 `json:"within"`
}

// ResponseBy counts responses by a group of messages, named by group ("" leaves the
// message out); groups come by name. level = 0 is 0.95. It is an error if the log has no
// messages. Cost: O(events).
func ResponseBy(ctx context.Context, log *datasets.Log, rule ResponseRule, level float64, group func(datasets.History, Message) string) ([]ResponseGroup, error) {
	if level == 0 {
		level = 0.95
	}
	switch {
	case rule.Window < 1 || rule.Match < 1 || rule.Contact < 1:
		return nil, fmt.Errorf("window = %d, match = %d, contact = %d: at least 1 day each", rule.Window, rule.Match, rule.Contact)
	case !(level > 0 && level < 1):
		return nil, fmt.Errorf("level = %g: between 0 and 1", level)
	case log.Meta.Kinds&datasets.KindSet(datasets.CampaignSent, datasets.CampaignOpen, datasets.CampaignClick) == 0:
		return nil, fmt.Errorf("%s has no messages: no campaign_sent, campaign_open or campaign_click events", log.Meta.Name)
	}
	type state struct {
		ResponseGroup
		within   ExactSum
		customer string
	}
	groups := map[string]*state{}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		ms := MessagesOf(h, rule)
		var known, responded float64
		for _, m := range ms {
			if m.Known {
				known++
				if m.Responded {
					responded++
				}
			}
		}
		for _, m := range ms {
			name := ""
			if m.Known {
				name = group(h, m)
			}
			if name == "" {
				continue
			}
			g := groups[name]
			if g == nil {
				g = &state{ResponseGroup: ResponseGroup{Group: name}}
				groups[name] = g
			}
			if g.Customers == 0 || g.customer != h.ID {
				g.Customers++
				g.customer = h.ID
			}
			g.Messages++
			y := 0.0
			if m.Responded {
				y = 1
				g.Responses++
			}
			g.within.Add(y - responded/known)
		}
	}
	var out []ResponseGroup
	for _, g := range groups {
		g.Rate = float64(g.Responses) / float64(g.Messages)
		g.Lo, g.Hi = Wilson(g.Responses, g.Messages, level)
		g.Within = g.within.Value() / float64(g.Messages)
		out = append(out, g.ResponseGroup)
	}
	slices.SortFunc(out, func(a, b ResponseGroup) int { return cmp.Compare(a.Group, b.Group) })
	return out, nil
}

// ContactPressure is ResponseBy the number of messages in the rule.Contact (7) days
// before: 0, 1, 2, 3+. Read Within: Rate compares customers who are written to more with
// others.
func ContactPressure(ctx context.Context, log *datasets.Log, rule ResponseRule, level float64) ([]ResponseGroup, error) {
	return ResponseBy(ctx, log, rule, level, func(_ datasets.History, m Message) string {
		if m.Recent > 2 {
			return "3+"
		}
		return strconv.Itoa(m.Recent)
	})
}

// ResponseByMessages is ResponseBy the number of messages that the customer got in all,
// in powers of two: "1", "2-3", "4-7", … Names sort as text.
func ResponseByMessages(ctx context.Context, log *datasets.Log, rule ResponseRule, level float64) ([]ResponseGroup, error) {
	id, name := "", ""
	out, err := ResponseBy(ctx, log, rule, level, func(h datasets.History, _ Message) string {
		if name == "" || id != h.ID {
			n := len(MessagesOf(h, rule))
			lo := 1 << int(math.Log2(float64(n)))
			id, name = h.ID, strconv.Itoa(lo)
			if lo > 1 {
				name += "-" + strconv.Itoa(2*lo-1)
			}
		}
		return name
	})
	slices.SortFunc(out, func(a, b ResponseGroup) int {
		if c := cmp.Compare(len(a.Group), len(b.Group)); c != 0 {
			return c
		}
		return cmp.Compare(a.Group, b.Group)
	})
	return out, err
}

// ResponseByTier is ResponseBy a column of the customers table: the recognition tier, or
// any other; a customer without one is in "(none)". It is an error if the log has no such
// column of text.
func ResponseByTier(ctx context.Context, log *datasets.Log, column string, rule ResponseRule, level float64) ([]ResponseGroup, error) {
	if log.Customers == nil || log.Customers.Col(column) == nil || log.Customers.Col(column).Text == nil {
		return nil, fmt.Errorf("%s has no customers table with a column %q of text: join one, or use ResponseBy", log.Meta.Name, column)
	}
	return ResponseBy(ctx, log, rule, level, func(h datasets.History, _ Message) string {
		if t := h.Customers().Text(h.ID, column); t != "" {
			return t
		}
		return "(none)"
	})
}
