package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// TouchPath is a customer's touches on the way to a purchase, or to none: channels,
// in order. Count counts equal paths; 0 is 1.
type TouchPath struct {
	Touches   []string
	Converted bool
	Count     int
}

// ChannelCredit is one channel's part in the conversions.
type ChannelCredit struct {
	Channel string `json:"channel"`
	Paths   int    `json:"paths"`   // that touch it
	Touches int    `json:"touches"` // in all
	// Removal is the share of conversions that would be lost without the channel, by
	// the chain (MarkovChain.RemovalEffect).
	Removal float64 `json:"removal_effect"`
	Share   float64 `json:"share"` // Removal over the sum of removals: the credits sum to 1
	// Last and First are the shares of conversions by the last and the first touch, the
	// rules that the chain is to be compared with.
	Last  float64 `json:"last_touch"`
	First float64 `json:"first_touch"`
}

// AttributeChannels divides the conversions among the channels that led to them, by
// the removal effects of a first-order chain start → channels → conversion or null.
// What a channel is credited with is what the chain would lose without it: an account
// of paths, not an effect, since who touches a channel is not drawn by lot.
//
// Channels come in the order of their share. It is an error if no path converts. Cost:
// O(touches + channels⁴). Anderl, Becker, von Wangenheim & Schumann 2016, International
// Journal of Research in Marketing 33, pp. 457–474,
// doi:10.1016/j.ijresmar.2016.03.001.
func AttributeChannels(paths []TouchPath) ([]ChannelCredit, error) {
	const start, conversion, null = "(start)", "(conversion)", "(null)"
	var names []string
	for _, p := range paths {
		for _, c := range p.Touches {
			if at, ok := slices.BinarySearch(names, c); !ok {
				names = slices.Insert(names, at, c)
			}
		}
	}
	states := append([]string{start}, names...)
	n := len(states)
	counts := make([][]float64, n)
	for i := range counts {
		counts[i] = make([]float64, n+2)
	}
	out := make([]ChannelCredit, len(names))
	var converted float64
	for _, p := range paths {
		if len(p.Touches) == 0 {
			continue
		}
		w := max(p.Count, 1)
		at := 0
		for i, c := range p.Touches {
			k, _ := slices.BinarySearch(names, c)
			counts[at][k+1] += float64(w)
			at = k + 1
			out[k].Touches += w
			if !slices.Contains(p.Touches[:i], c) {
				out[k].Paths += w
			}
		}
		if !p.Converted {
			counts[at][n+1] += float64(w)
			continue
		}
		counts[at][n] += float64(w)
		converted += float64(w)
		out[at-1].Last += float64(w)
		first, _ := slices.BinarySearch(names, p.Touches[0])
		out[first].First += float64(w)
	}
	if converted == 0 {
		return nil, fmt.Errorf("none of the %d paths ends in a conversion: there is nothing to attribute", len(paths))
	}
	m, err := FitMarkov(states, []string{conversion, null}, counts, 0, start)
	if err != nil {
		return nil, err
	}
	removal, err := m.RemovalEffect(start, conversion)
	if err != nil {
		return nil, err
	}
	var total float64
	for k := range out {
		out[k].Channel, out[k].Removal = names[k], removal[k+1]
		out[k].Last /= converted
		out[k].First /= converted
		total += removal[k+1]
	}
	for k := range out {
		out[k].Share = out[k].Removal / total
	}
	slices.SortStableFunc(out, func(a, b ChannelCredit) int { return cmp.Compare(b.Share, a.Share) })
	return out, nil
}

// ChannelPaths reads the touches of a log's customers: one path from a purchase to the
// next, of the channels of the visits, views, searches, carts, opens, clicks, contacts
// and redemptions within horizon before its end (0 = all), several events of one
// session on one channel being one touch. The purchase's own channel is a touch too
// where no other came before it. What follows the last purchase is a path that did not
// convert, unless it is younger than the horizon: its end is not known yet. Events
// without a channel are passed over. Equal paths are counted together, in order.
// Cost: O(events).
func ChannelPaths(ctx context.Context, log *datasets.Log, horizon time.Duration) ([]TouchPath, error) {
	if log.Meta.Has&datasets.FieldChannel == 0 {
		return nil, fmt.Errorf("%s has no channels: map the column", log.Meta.Name)
	}
	if horizon < 0 {
		return nil, fmt.Errorf("horizon = %s: at least 0", horizon)
	}
	counts := map[string]int{}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		channelPathsOf(h, horizon, func(touches []string, converted bool) {
			key := strings.Join(touches, "\x00")
			if converted {
				key = "\x01" + key
			}
			counts[key]++
		})
	}
	var out []TouchPath
	for key, n := range counts {
		rest, converted := strings.CutPrefix(key, "\x01")
		out = append(out, TouchPath{Touches: strings.Split(rest, "\x00"), Converted: converted, Count: n})
	}
	slices.SortFunc(out, func(a, b TouchPath) int {
		if c := slices.Compare(a.Touches, b.Touches); c != 0 || a.Converted == b.Converted {
			return c
		}
		if a.Converted {
			return -1
		}
		return 1
	})
	return out, nil
}

// channelTouch are the kinds that are touches.
var channelTouch = datasets.KindSet(datasets.View, datasets.Search, datasets.CartAdd, datasets.CartRemove, datasets.Checkout,
	datasets.Wishlist, datasets.Visit, datasets.Contact, datasets.CampaignOpen, datasets.CampaignClick, datasets.Redemption)

// channelPathsOf calls done for each of a customer's paths; touches is reused. Events
// of one stamp count as touches before purchases: day stamps would put a purchase
// before the visit that led to it.
func channelPathsOf(h datasets.History, horizon time.Duration, done func(touches []string, converted bool)) {
	of, _ := SessionOf(h, 0)
	var touches []string
	var stamps []int64
	session, bought := int32(-1), math.MinInt
	wait := horizon.Microseconds()
	within := func(end int64) []string {
		from := 0
		for wait > 0 && from < len(stamps) && end-stamps[from] > wait {
			from++
		}
		return touches[from:]
	}
	n := h.Len()
	for lo := 0; lo < n; {
		at, hi, purchase := h.Stamp(lo), lo, -1
		for ; hi < n && h.Stamp(hi) == at; hi++ {
			c := h.Channel(hi)
			switch {
			case c == "":
			case h.Kind(hi) == datasets.Purchase && purchase < 0:
				purchase = hi
			case channelTouch.Has(h.Kind(hi)) && len(touches) > 0 && of[hi] == session && touches[len(touches)-1] == c:
				stamps[len(stamps)-1] = at
			case channelTouch.Has(h.Kind(hi)):
				touches, stamps, session = append(touches, c), append(stamps, at), of[hi]
			}
		}
		// More lines of a day's purchase, without a touch between, are one conversion.
		if day := h.Day(lo); purchase >= 0 && (len(touches) > 0 || day != bought) {
			path := within(at)
			if len(path) == 0 {
				path = append(path, h.Channel(purchase))
			}
			done(path, true)
			touches, stamps, session, bought = touches[:0], stamps[:0], -1, day
		}
		lo = hi
	}
	if len(touches) > 0 {
		end := stamps[len(stamps)-1]
		if wait == 0 || h.Meta.Window.To.UnixMicro()-end >= wait {
			done(within(end), false)
		}
	}
}
