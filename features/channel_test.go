package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// channelDid is an event on a day of 2024 counted from 0.
type channelDid struct {
	day     int
	kind    datasets.Kind
	channel string
}

func channelLog(customers map[string][]channelDid) *datasets.Log {
	start := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	var events []datasets.Event
	for id, ds := range customers {
		for i, d := range ds {
			e := noEvent(id, start.AddDate(0, 0, d.day).Add(time.Duration(i)*time.Second))
			e.Kind, e.Channel = d.kind, d.channel
			events = append(events, e)
		}
	}
	return logOf(datasets.Meta{Name: "channels", Has: datasets.FieldChannel, Window: datasets.Window{To: start.AddDate(0, 0, 400)}}, events)
}

func TestChannelByHand(t *testing.T) {
	const buy = datasets.Purchase
	log := channelLog(map[string][]channelDid{
		"a": {{0, buy, "Web"}, {0, buy, "Web"}, {0, buy, "Shop"}, {1, buy, "Web"}, {2, buy, "Web"}, {3, buy, ""}},
		"b": {{0, buy, "Shop"}, {5, buy, "Shop"}, {9, buy, "In-store café"}},
		"c": {{0, buy, ""}},
	})
	o := mustNew(t, "channel").(*Channel)
	o.Top, o.Shrink = 2, 2
	b := built(t, log, one(t, "channel", o), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"channel_share_shop", "channel_share_web", "channel_share_others", "channel_spread", "channel_switching"}) {
		t.Fatalf("columns %v", got)
	}
	// Days on a channel: Shop 3, Web 3, the café 1; with half a count each of 8.5.
	q := []float64{3.5 / 8.5, 3.5 / 8.5, 1.5 / 8.5}
	for id, n := range map[string][]float64{"a": {1, 3, 0}, "b": {2, 0, 1}, "c": {0, 0, 0}} {
		total := n[0] + n[1] + n[2]
		var sum float64
		for i, col := range []string{"channel_share_shop", "channel_share_web", "channel_share_others"} {
			check.Close(t, id+" "+col, cell(t, b, id, col), (n[i]+2*q[i])/(total+2), 1e-12)
			sum += cell(t, b, id, col)
		}
		check.Close(t, "shares", sum, 1, 1e-12)
	}
	// Two of a's four purchases differ in 3 of 6 pairs, of b's three in 2 of 3.
	pop := (0.5 + 2.0/3) / 2
	check.Close(t, "spread", cell(t, b, "a", "channel_spread"), (4*0.5+2*pop)/6, 1e-12)
	check.Close(t, "spread of nobody", cell(t, b, "c", "channel_spread"), pop, 1e-12)
	// a: Web, Shop, Web, Web; b: Shop, Shop, café: 3 changes in 5.
	check.Close(t, "switching", cell(t, b, "a", "channel_switching"), (2+2*0.6)/5, 1e-12)
}

// Preference is corrected for exposure: a is written to by mail alone as a rule, and
// answers by text whenever it comes.
func TestChannelAnswers(t *testing.T) {
	const sms, post = "sms", "mail"
	var a, b []channelDid
	for i := range 12 {
		ch := post
		if i%4 == 0 {
			ch = sms
		}
		a = append(a, channelDid{30 * i, datasets.CampaignSent, ch})
		b = append(b, channelDid{30 * i, datasets.CampaignSent, ch})
		if ch == sms || i == 1 {
			a = append(a, channelDid{30*i + 1, datasets.Purchase, "shop"})
		}
		if ch == post {
			b = append(b, channelDid{30*i + 1, datasets.Purchase, "shop"})
		}
	}
	log := channelLog(map[string][]channelDid{"a": a, "b": b, "c": {{0, datasets.Purchase, "shop"}}})
	o := mustNew(t, "channel").(*Channel)
	o.Columns = append(o.Columns, "channel_preferred")
	x := built(t, log, one(t, "channel", o), 0, 1)
	// Sent: mail 18, sms 6; answered: mail 10, sms 3; half a count more each.
	sentMail, answered := 18.5/25, 10.5/14
	check.Close(t, "a by sms", cell(t, x, "a", "channel_answers_sms"), math.Log((3+4*(1-answered))/8/((3+4*(1-sentMail))/16)), 1e-12)
	check.Close(t, "b by mail", cell(t, x, "b", "channel_answers_mail"), math.Log((9+4*answered)/13/((9+4*sentMail)/16)), 1e-12)
	if !(cell(t, x, "a", "channel_answers_sms") > 0 && cell(t, x, "a", "channel_answers_mail") < 0 && cell(t, x, "b", "channel_answers_mail") > 0) {
		t.Errorf("answers: %v", x.Raw.Data())
	}
	if cell(t, x, "a", "channel_preferred") != 1 || cell(t, x, "b", "channel_preferred") != 0 {
		t.Error("preferred channels")
	}
	// Where openings are known they are the answers, and purchases are not.
	a = append(a, channelDid{1, datasets.CampaignOpen, sms}, channelDid{91, datasets.CampaignOpen, post})
	y := built(t, channelLog(map[string][]channelDid{"a": a, "b": b}), one(t, "channel", mustNew(t, "channel")), 0, 1)
	m := y.Pipeline.models[0].(*channelModel)
	if m.Answered[0].Share != 0.5 || m.Answered[1].Share != 0.5 {
		t.Errorf("of two openings, one on each channel: %v", m.Answered)
	}
	check.Close(t, "nobody wrote to c", cell(t, x, "c", "channel_answers_sms"), math.Log((1-answered)/(1-sentMail)), 1e-12)
}

// With one channel probability for all, few purchases look no different from many; with
// two kinds of customer they are told apart, and the shuffle of channels destroys it.
func TestChannelPlanted(t *testing.T) {
	make2 := func(differ bool) *datasets.Log {
		rng := rand.New(rand.NewPCG(9, 1))
		customers := map[string][]channelDid{}
		for i := range 1200 {
			id := "c" + strconv.Itoa(i)
			p := []float64{0.5, 0.3, 0.2}
			if differ && i%2 == 0 {
				p = []float64{0.1, 0.2, 0.7}
			}
			for k := range 2 + i%14 {
				u, ch := rng.Float64(), 0
				for u > p[ch] {
					u -= p[ch]
					ch++
				}
				customers[id] = append(customers[id], channelDid{7 * k, datasets.Purchase, []string{"web", "shop", "app"}[ch]})
			}
		}
		return channelLog(customers)
	}
	o := mustNew(t, "channel").(*Channel)
	alike, err := NullReport(t.Context(), make2(false), one(t, "channel", o), 1)
	if err != nil {
		t.Fatal(err)
	}
	differ, err := NullReport(t.Context(), make2(true), one(t, "channel", o), 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(alike[0].Gain) > 0.1 || differ[0].Gain < 0.3 {
		t.Errorf("gain %g where all are alike, %g where they differ", alike[0].Gain, differ[0].Gain)
	}
	b := built(t, make2(false), one(t, "channel", o), 0, 2)
	j := b.Raw.Index("channel_spread")
	var few, many, n, m float64
	for i, id := range b.Raw.IDs {
		switch k, _ := strconv.Atoi(id[1:]); {
		case k%14 < 3:
			few += b.Raw.Row(i)[j]
			n++
		case k%14 > 10:
			many += b.Raw.Row(i)[j]
			m++
		}
	}
	check.Close(t, "spread of few and of many purchases", few/n, many/m, 0.04)
}

func TestChannelNames(t *testing.T) {
	parts := []channelPart{{Channel: "E-Mail"}, {Channel: "e mail"}, {Channel: "店"}, {Channel: "Others"}, {}}
	want := []string{"channel_share_e_mail", "channel_share_e_mail_2", "channel_share_unnamed", "channel_share_others", "channel_share_others_2"}
	if got := channelColumns("channel_share", parts); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestChannelRefuses(t *testing.T) {
	log := channelLog(map[string][]channelDid{"a": {{0, datasets.Purchase, "web"}, {0, datasets.CampaignSent, "mail"}}, "b": {{1, datasets.Purchase, "shop"}}})
	for want, change := range map[string]func(*Channel){
		`no column "share"`: func(o *Channel) { o.Columns = []string{"share"} },
		"top = 0":           func(o *Channel) { o.Top = 0 },
		"shrink = -1":       func(o *Channel) { o.Shrink = -1 },
		"window = 0":        func(o *Channel) { o.Rule.Window = 0 },
		"leaves nothing":    func(o *Channel) { o.Columns = []string{"channel_answers"} },
	} {
		o := mustNew(t, "channel").(*Channel)
		change(o)
		if _, err := Build(t.Context(), log, one(t, "channel", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	b := built(t, log, one(t, "channel", mustNew(t, "channel")), 0, 1)
	if lacks(b.Warnings, "one channel at most") {
		t.Errorf("warnings %q", b.Warnings)
	}
	if _, err := Build(t.Context(), channelLog(map[string][]channelDid{"a": {{0, datasets.Purchase, ""}}}), one(t, "channel", mustNew(t, "channel")), 0, 1); err == nil || !strings.Contains(err.Error(), "no purchase has a channel") {
		t.Errorf("error %v", err)
	}
}
