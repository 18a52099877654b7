package features

import (
	"math"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// Message is one campaign message to a customer and what came of it. In a log without
// messages sent, those opened or clicked stand for them.
type Message struct {
	Event    int    // its event in the history
	Stamp    int64  // µs, UTC
	Campaign string // "" if the log does not say
	Channel  string // alike
	Number   int    // earlier messages
	Recent   int    // messages in the contact days before it
	Opened   bool   // or clicked
	Clicked  bool
	Redeemed bool
	// Responded: a purchase or a redemption came within the window after it. Known: that
	// window had passed when the log's ended; only such messages may be counted, since
	// of the others those without a response may still get one.
	Responded bool
	Known     bool
	After     int64 // µs from the message to the first purchase within the window; −1 = none
}

// ResponseRule says what counts as a response to a message.
type ResponseRule struct {
	// Window is the number of days in which a purchase counts; on the day of the message
	// only after it, where the stamps tell.
	Window int `json:"window"`
	// Match is the number of days in which an opening, a click or a redemption is taken
	// for that of a message: of the same campaign, or of the latest where the log names
	// none.
	Match   int `json:"match"`
	Contact int `json:"contact"` // days that Recent looks back
}

// DefaultResponseRule is two weeks for a purchase, 90 days for a coupon, and a week of
// contacts.
func DefaultResponseRule() ResponseRule { return ResponseRule{Window: 14, Match: 90, Contact: 7} }

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// messageKinds are the kinds that concern messages.
var messageKinds = datasets.KindSet(datasets.CampaignSent, datasets.CampaignOpen, datasets.CampaignClick, datasets.Redemption)

// MessagesOf returns a customer's messages in order, with what came of each. Purchases
// undone before the window's end count for nothing. Redemptions of points (points and no
// campaign) are no answer to a message. Cost: O(events + messages within Match days of an
// answer).
func MessagesOf(h datasets.History, rule ResponseRule) []Message {
	sent := datasets.CampaignSent
	if !h.Meta.Kinds.Has(sent) {
		sent = datasets.CampaignOpen
		if !h.Meta.Kinds.Has(sent) {
			sent = datasets.CampaignClick
		}
	}
	var out []Message
	recent := 0
	for i := range h.Len() {
		if h.Kind(i) != sent {
			continue
		}
		m := Message{Event: i, Stamp: h.Stamp(i), Campaign: h.Campaign(i), Channel: h.Channel(i), Number: len(out), After: -1}
		for recent < len(out) && m.Stamp-out[recent].Stamp > int64(rule.Contact)*dayMicros {
			recent++
		}
		m.Recent = len(out) - recent
		out = append(out, m)
	}
	if len(out) == 0 {
		return nil
	}
	messagesAnswers(h, rule, out)
	messagesResponses(h, rule, out)
	return out
}

// messagesAnswers marks what was opened, clicked and redeemed.
func messagesAnswers(h datasets.History, rule ResponseRule, out []Message) {
	next := 0 // the first message after the event
	wait := int64(rule.Match) * dayMicros
	for i := range h.Len() {
		k := h.Kind(i)
		if !messageKinds.Has(k) || k == datasets.CampaignSent {
			continue
		}
		at, campaign := h.Stamp(i), h.Campaign(i)
		if k == datasets.Redemption && campaign == "" && !math.IsNaN(h.Points(i)) {
			continue
		}
		for next < len(out) && out[next].Stamp <= at {
			next++
		}
		for m := next - 1; m >= 0 && at-out[m].Stamp <= wait; m-- {
			if campaign != "" && out[m].Campaign != "" && campaign != out[m].Campaign {
				continue
			}
			switch k {
			case datasets.CampaignClick:
				out[m].Clicked = true
				out[m].Opened = true // pictures may be blocked, and with them the opening
			case datasets.CampaignOpen:
				out[m].Opened = true
			case datasets.Redemption:
				out[m].Redeemed = true
				out[m].Responded = out[m].Responded || at-out[m].Stamp <= int64(rule.Window)*dayMicros
			}
			break
		}
	}
}

// messagesResponses finds the first purchase after each message.
func messagesResponses(h datasets.History, rule ResponseRule, out []Message) {
	undone := h.Reversed()
	end, wait := h.Meta.Window.To.UnixMicro(), int64(rule.Window)*dayMicros
	p := 0
	for m := range out {
		for p < h.Len() && (h.Kind(p) != datasets.Purchase || undone != nil && undone[p] || h.Stamp(p) < out[m].Stamp) {
			p++
		}
		if p < h.Len() && h.Stamp(p)-out[m].Stamp <= wait {
			out[m].After = h.Stamp(p) - out[m].Stamp
		}
		out[m].Responded = out[m].Responded || out[m].After >= 0
		out[m].Known = end-out[m].Stamp >= wait
	}
}

// messageExposure divides a customer's time and money, from the first event to the
// window's end, between the windows of messages and the rest.
type messageExposure struct {
	in, out           float64 // spent, or purchase days where the log has no amounts
	inMicros, outMicr int64
}

func messageExposureOf(h datasets.History, rule ResponseRule, ms []Message) (e messageExposure) {
	if len(ms) == 0 {
		return e
	}
	begin, end, wait := h.Stamp(0), h.Meta.Window.To.UnixMicro(), int64(rule.Window)*dayMicros
	covered := begin
	for _, m := range ms {
		stop := min(m.Stamp+wait, end)
		e.inMicros += max(stop-max(m.Stamp, covered), 0)
		covered = max(covered, stop)
	}
	e.outMicr = end - begin - e.inMicros
	next := 0
	for _, o := range h.Occasions() {
		for next < len(ms) && ms[next].Stamp <= o.First {
			next++
		}
		x := 1.0
		if h.Meta.Has&datasets.FieldAmount != 0 {
			x = o.Gross
		}
		if next > 0 && o.First-ms[next-1].Stamp <= wait {
			e.in += x
		} else {
			e.out += x
		}
	}
	return e
}

// gain returns what is spent in a window of that many days beyond what is spent in as
// many days without a message; ok is false where there is no time to compare.
func (e messageExposure) gain(window int) (x float64, ok bool) {
	if e.inMicros <= 0 || e.outMicr <= 0 {
		return 0, false
	}
	w := float64(window) * float64(dayMicros)
	return w * (e.in/float64(e.inMicros) - e.out/float64(e.outMicr)), true
}
