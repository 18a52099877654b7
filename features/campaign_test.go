package features

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// mail is an event of a campaign log: hours after the start, kind, campaign, amount.
type mail struct {
	hour     float64
	kind     datasets.Kind
	campaign string
	amount   float64
}

func mailLog(days int, customers map[string][]mail) *datasets.Log {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	var events []datasets.Event
	for id, ms := range customers {
		for _, m := range ms {
			e := noEvent(id, start.Add(time.Duration(m.hour*float64(time.Hour))))
			e.Kind, e.Campaign = m.kind, m.campaign
			if m.kind == datasets.Purchase {
				e.Amount = m.amount
			}
			events = append(events, e)
		}
	}
	return logOf(datasets.Meta{
		Name: "mails", Has: datasets.FieldCampaign | datasets.FieldAmount,
		Window: datasets.Window{From: start, To: start.AddDate(0, 0, days)},
	}, events)
}

const (
	mailSent   = datasets.CampaignSent
	mailOpened = datasets.CampaignOpen
	mailClick  = datasets.CampaignClick
)

func TestMessagesOf(t *testing.T) {
	log := mailLog(100, map[string][]mail{"a": {
		{0, mailSent, "x", 0},
		{24, mailSent, "y", 0},
		{30, mailOpened, "x", 0},
		{31, mailClick, "y", 0},
		{72, datasets.Purchase, "", 10},
		{40 * 24, mailSent, "z", 0},
		{41 * 24, datasets.Redemption, "z", 0},
		{41 * 24, mailSent, "late", 0},
		{56 * 24, datasets.Purchase, "", 5},
		{99 * 24, mailSent, "young", 0},
		{99*24 + 1, datasets.Purchase, "", 5},
	}})
	h, _ := log.Find("a")
	got := MessagesOf(h, DefaultResponseRule())
	if len(got) != 5 {
		t.Fatalf("%d messages", len(got))
	}
	for i, want := range []Message{
		{Campaign: "x", Opened: true, Responded: true, Known: true, After: 72 * 3600e6},
		{Campaign: "y", Number: 1, Recent: 1, Opened: true, Clicked: true, Responded: true, Known: true, After: 48 * 3600e6},
		{Campaign: "z", Number: 2, Redeemed: true, Responded: true, Known: true, After: -1}, // bought after 16 days
		{Campaign: "late", Number: 3, Recent: 1, Known: true, After: -1},                    // after 15
		{Campaign: "young", Number: 4, Responded: true, After: 3600e6},                      // its window has not passed
	} {
		g := got[i]
		g.Event, g.Stamp = 0, 0
		if g != want {
			t.Errorf("%s: %+v, want %+v", want.Campaign, g, want)
		}
	}
	// Twenty-eight days of windows (0–1–15 and 40–41–55, one day longer each), one at
	// the end; 20 of the 30 spent in them.
	e := messageExposureOf(h, DefaultResponseRule(), got)
	if e.inMicros != 31*dayMicros || e.outMicr != 69*dayMicros || e.in != 15 || e.out != 5 {
		t.Errorf("exposure %+v", e)
	}
}

func TestCampaignByHand(t *testing.T) {
	ms := []mail{}
	for i := range 6 { // a message every 20 days at 9, opened at 12; bought after the first three
		at := float64(i)*20*24 + 9
		ms = append(ms, mail{at, mailSent, strconv.Itoa(i), 0}, mail{at + 3, mailOpened, strconv.Itoa(i), 0})
		if i < 3 {
			ms = append(ms, mail{at + 48, datasets.Purchase, "", 70})
		}
	}
	ms = append(ms, mail{19 * 24, datasets.Purchase, "", 30}, mail{130 * 24, datasets.OptOut, "", 0})
	log := mailLog(140, map[string][]mail{
		"a": ms, "b": {{9, mailSent, "0", 0}, {20*24 + 9, mailSent, "1", 0}, {20*24 + 10, mailClick, "1", 0}}, "none": {{0, datasets.Purchase, "", 1}},
	})
	o := mustNew(t, "campaign").(*Campaign)
	o.Columns = columnNames(campaignColumns)
	b := built(t, log, one(t, "campaign", o), 0, 1)
	m := b.Pipeline.models[0].(*campaignModel)
	// The window of a's last message passes on day 114. Of 140 days less 9 hours before
	// the first message, 84 lie in windows.
	out := 140 - 9.0/24 - 84
	gain := 14 * (210.0/84 - 30/out)
	for col, want := range map[string]float64{
		"campaign_open_rate": m.Open.Rate(6, 6), "campaign_click_rate": m.Click.Rate(0, 6), "campaign_response_rate": m.Respond.Rate(3, 6),
		"campaign_response_days": (6 + 4*m.Days) / 7, "campaign_gain": (6*gain + 4*m.Gain) / 10, "campaign_opted_out": 1,
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	check.Close(t, "days", m.Days, 2, 1e-12)
	// x = −.5 −.3 −.1 .1 .3 .5, y = 1 1 1 0 0 0: Σxy = −.9, Σx² = .7.
	check.Close(t, "fatigue", cell(t, b, "a", "campaign_fatigue"), (-0.9+4.0/12*m.Fatigue)/(0.7+4.0/12), 1e-12)
	check.Close(t, "population's fatigue", m.Fatigue, -0.9/(0.7+0.5), 1e-12) // b has x = ∓.5
	// Six openings at 12: the sine is 0, the cosine −1; b's single click at 10 tells nothing.
	pop := (6*-1 + math.Cos(2*math.Pi*10/24)) / 7
	check.Close(t, "hour", cell(t, b, "a", "campaign_hour_cos"), (-6+4*pop)/10, 1e-12)
	check.Close(t, "hour of one click", cell(t, b, "b", "campaign_hour_cos"), pop, 1e-12)
	check.Close(t, "nobody wrote", cell(t, b, "none", "campaign_open_rate"), m.Open.Mean(), 1e-12)
	if b.Raw.Index("campaign_redeem_rate") >= 0 || lacks(b.Warnings, "no redemptions: campaign_redeem_rate is left out") {
		t.Errorf("without redemptions: %q", b.Warnings)
	}
	for id, want := range map[string]int{"a": 6, "b": 2, "none": 0} {
		h, _ := log.Find(id)
		if got := m.Evidence(h); got != want {
			t.Errorf("%s: evidence %d, want %d", id, got, want)
		}
	}
	// Prices in another currency multiply the gain and nothing else.
	var tenfold []mail
	for _, x := range ms {
		x.amount *= 10
		tenfold = append(tenfold, x)
	}
	c := built(t, mailLog(140, map[string][]mail{"a": tenfold}), one(t, "campaign", o), 0, 1)
	d := built(t, mailLog(140, map[string][]mail{"a": ms}), one(t, "campaign", o), 0, 1)
	for j, col := range c.Raw.Cols {
		want := d.Raw.Row(0)[j]
		if col.Name == "campaign_gain" {
			want *= 10
		}
		check.Close(t, "tenfold "+col.Name, c.Raw.Row(0)[j], want, 1e-12)
	}
}

func TestCampaignRefuses(t *testing.T) {
	log := mailLog(100, map[string][]mail{"a": {{0, mailOpened, "x", 0}, {1, datasets.Purchase, "", 1}}})
	for want, change := range map[string]func(*Campaign){
		`no column "opens"`: func(o *Campaign) { o.Columns = []string{"opens"} },
		"window = 0":        func(o *Campaign) { o.Rule.Window = 0 },
		"shrink = -1":       func(o *Campaign) { o.Shrink = -1 },
		"leaves nothing":    func(o *Campaign) { o.Columns = []string{"campaign_open_rate"} },
		"window = 400 days": func(o *Campaign) { o.Rule.Window = 400 },
	} {
		o := mustNew(t, "campaign").(*Campaign)
		change(o)
		if _, err := Build(t.Context(), log, one(t, "campaign", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	day := mailLog(100, map[string][]mail{"a": {{0, mailSent, "x", 0}, {24, mailOpened, "x", 0}}, "b": {{0, mailSent, "x", 0}}})
	day.Meta.Resolution = datasets.Day
	b := built(t, day, one(t, "campaign", mustNew(t, "campaign")), 0, 1)
	if b.Raw.Index("campaign_hour_cos") >= 0 || lacks(b.Warnings, "days, not hours") {
		t.Errorf("day stamps: %q", b.Warnings)
	}
}

// Planted: customers answer with their own probability, and less with every message of
// the week before. The rates are recovered, and nothing but noise is left of them where
// messages and purchases have been exchanged between customers.
func TestCampaignPlanted(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	customers := map[string][]mail{}
	truth := map[string]float64{}
	for i := range 1500 {
		id := "c" + strconv.Itoa(i)
		p := 0.1 + 0.5*float64(i%2)
		truth[id] = p
		var before float64
		for at := 24 * rng.Float64() * 20; at < 320*24; {
			// A third of the messages come three days after another one.
			answer := p
			if at-before < 4*24 && before > 0 {
				answer = p / 2
			}
			campaign := strconv.FormatFloat(at, 'f', 0, 64)
			customers[id] = append(customers[id], mail{at, mailSent, campaign, 0})
			if rng.Float64() < answer {
				customers[id] = append(customers[id], mail{at + 1, mailOpened, campaign, 0}, mail{at + 2, datasets.Purchase, "", 20})
			} else { // as much happens, but not in answer
				customers[id] = append(customers[id], mail{at + 1, datasets.Visit, "", 0}, mail{at + 60, datasets.Purchase, "", 20})
			}
			before = at
			if rng.IntN(3) == 0 {
				at += 3 * 24
			} else {
				at += 24 * (20 + 10*rng.Float64())
			}
		}
	}
	log := mailLog(360, customers)
	o := mustNew(t, "campaign").(*Campaign)
	o.Columns = []string{"campaign_open_rate", "campaign_response_rate"}
	o.Rule.Window = 2 // so that a message three days later has its own purchase
	b := built(t, log, one(t, "campaign", o), 0, 2)
	right := 0
	for i, id := range b.Raw.IDs {
		if (b.Raw.Row(i)[1] > 0.3) == (truth[id] > 0.3) {
			right++
		}
	}
	if share := float64(right) / 1500; share < 0.95 {
		t.Errorf("%g of the customers told apart", share)
	}
	report, err := NullReport(t.Context(), log, one(t, "campaign", o), 1)
	if err != nil {
		t.Fatal(err)
	}
	if report[0].Gain < 0.5 {
		t.Errorf("gain over the shuffle %g", report[0].Gain)
	}
	again, err := NullReport(t.Context(), Shuffled(log, ShuffleKinds, 2), one(t, "campaign", o), 3)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(again[0].Gain) > 0.25 {
		t.Errorf("gain of a shuffled log over its shuffle %g", again[0].Gain)
	}
	pressure, err := ContactPressure(t.Context(), log, o.Rule, 0)
	if err != nil {
		t.Fatal(err)
	}
	if pressure[0].Group != "0" || pressure[1].Group != "1" {
		t.Fatalf("groups %v", pressure)
	}
	check.Close(t, "fresh", pressure[0].Rate, 0.35, 0.02)
	check.Close(t, "pressed", pressure[1].Rate, 0.175, 0.02)
	if !(pressure[0].Lo < 0.35 && 0.35 < pressure[0].Hi) || pressure[1].Within > -0.05 || pressure[0].Within < 0.02 {
		t.Errorf("%+v", pressure)
	}
}

func TestResponseBy(t *testing.T) {
	log := mailLog(100, map[string][]mail{
		"a": {{0, mailSent, "x", 0}, {1, datasets.Purchase, "", 9}, {24 * 30, mailSent, "y", 0}},
		"b": {{0, mailSent, "x", 0}}, "c": {{0, mailSent, "x", 0}, {2, datasets.Purchase, "", 9}},
	})
	log.Customers = &datasets.Table{Name: "customers", Keys: []string{"a", "b"}, Cols: []datasets.TableColumn{{Name: "tier", Text: []string{"gold", "silver"}}}}
	rule := DefaultResponseRule()
	tiers, err := ResponseByTier(t.Context(), log, "tier", rule, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := Wilson(1, 2, 0.9)
	want := []ResponseGroup{
		{Group: "(none)", Customers: 1, Messages: 1, Responses: 1, Rate: 1},
		{Group: "gold", Customers: 1, Messages: 2, Responses: 1, Rate: 0.5, Lo: lo, Hi: hi},
		{Group: "silver", Customers: 1, Messages: 1},
	}
	for i, w := range want {
		g := tiers[i]
		if g.Group != w.Group || g.Customers != w.Customers || g.Messages != w.Messages || g.Responses != w.Responses || g.Rate != w.Rate || g.Within != 0 {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
	if tiers[1].Lo != lo || tiers[1].Hi != hi {
		t.Errorf("interval %g–%g, want %g–%g", tiers[1].Lo, tiers[1].Hi, lo, hi)
	}
	sizes, err := ResponseByMessages(t.Context(), log, rule, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(sizes) != 2 || sizes[0].Group != "1" || sizes[0].Messages != 2 || sizes[1].Group != "2-3" || sizes[1].Messages != 2 {
		t.Errorf("by messages: %+v", sizes)
	}
	if _, err := ResponseByTier(t.Context(), log, "rank", rule, 0); err == nil || !strings.Contains(err.Error(), `column "rank"`) {
		t.Errorf("error %v", err)
	}
	if _, err := ContactPressure(t.Context(), log, ResponseRule{}, 0); err == nil {
		t.Error("a window of no days passes")
	}
	if _, err := ContactPressure(t.Context(), mailLog(9, map[string][]mail{"a": {{0, datasets.Purchase, "", 1}}}), rule, 0); err == nil {
		t.Error("a log without messages has a response")
	}
}

// Complete Journey (84.51°): households' campaigns and coupons. Counted from the files.
func TestCampaignCompleteJourney(t *testing.T) {
	begin := map[string]time.Time{}
	for _, r := range rows(t, "data/complete_journey/campaign_descriptions.csv.gz") {
		begin[r[0]] = date(t, r[2])
	}
	var events []datasets.Event
	for _, r := range rows(t, "data/complete_journey/campaigns.csv.gz") {
		e := noEvent(r[1], begin[r[0]])
		e.Kind, e.Campaign = mailSent, r[0]
		events = append(events, e)
	}
	for _, r := range rows(t, "data/complete_journey/coupon_redemptions.csv.gz") {
		e := noEvent(r[0], date(t, r[3]))
		e.Kind, e.Campaign, e.Item = datasets.Redemption, r[2], r[1]
		events = append(events, e)
	}
	log := logOf(datasets.Meta{
		Name: "complete-journey", Resolution: datasets.Day, Has: datasets.FieldCampaign | datasets.FieldItem,
		Window: datasets.Window{To: date(t, "2018-03-01")},
	}, events)
	rule := DefaultResponseRule()
	var messages, redeemed, households, redeeming int
	for h := range log.Histories(t.Context()) {
		any := false
		ms := MessagesOf(h, rule)
		for _, m := range ms {
			messages++
			if m.Redeemed {
				redeemed++
				any = true
			}
		}
		if len(ms) > 0 {
			households++
		}
		if any {
			redeeming++
		}
	}
	if messages != 6589 || households != 1559 || redeemed != 792 || redeeming != 410 {
		t.Errorf("%d messages to %d households, %d redeemed by %d; want 6589, 1559, 792, 410", messages, households, redeemed, redeeming)
	}
	b := built(t, log, one(t, "campaign", mustNew(t, "campaign")), 0, 2)
	m := b.Pipeline.models[0].(*campaignModel)
	check.Close(t, "mean redemption rate", m.Redeem.Mean(), 792.0/6589, 1e-3)
	t.Logf("redemption: beta(%.3g, %.3g); left out: %q", m.Redeem.Alpha, m.Redeem.Beta, m.Left)
}
