package eval

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/mores-lab/mores/features"
)

var cardCols = []features.Column{
	{Name: "recency", Unit: "days", Doc: "days since the last purchase"},
	{Name: "frequency", Unit: "count", Doc: "days with a purchase"},
	{Name: "repeat", Unit: "count", Doc: "days with a purchase after the first one"},
	{Name: "monetary_total", Unit: "money", Doc: "spent in all"},
	{Name: "gap_mean", Unit: "days", Doc: "mean days between purchases"},
	{Name: "hour_cos", Kind: features.Angle},
	{Name: "weekend", Kind: features.Share, Doc: "share of purchases at weekends"},
	{Name: "noise", Doc: "nothing"},
}

// cardProfile has two segments: frequent recent spenders, and lapsed light buyers.
func cardProfile() *Profile {
	var rows [][]float64
	var labels []int32
	var value []float64
	for i := range 200 {
		// Rows lie above and below in turn, so the means are those written here.
		e := func(sd float64) float64 { return sd * float64(2*(i%2)-1) }
		r := []float64{20 + e(5), 14, 0, 412 + e(80), 12 + e(2), 0.9, 0.2 + e(0.05), e(1)}
		l := int32(0)
		if i >= 120 {
			r = []float64{180 + e(30), 5, 0, 96 + e(40), 48 + e(9), -0.9, 0.25 + e(0.05), e(1)}
			l = 1
		}
		r[1] += float64(i % 3)
		r[2] = r[1] - 1
		rows, labels, value = append(rows, r), append(labels, l), append(value, r[3])
	}
	return NewProfile(columnMatrix(cardCols, rows), labels, value)
}

func TestCards(t *testing.T) {
	cards := Cards(cardProfile())
	if len(cards) != 2 || cards[0].Size != 120 || cards[0].Share != 0.6 {
		t.Fatalf("%+v", cards)
	}
	texts := map[string]string{}
	for _, c := range cards {
		if len(c.Behaviours) != 5 {
			t.Errorf("segment %d has %d behaviours", c.Segment, len(c.Behaviours))
		}
		last := math.Inf(1)
		for _, b := range c.Behaviours {
			if c.Segment == 0 {
				texts[b.Column.Name] = b.Text
			}
			if m := math.Abs(b.SMD); m > last {
				t.Errorf("segment %d: %s out of order", c.Segment, b.Column.Name)
			} else {
				last = m
			}
			switch b.Column.Name {
			case "hour_cos", "noise", "repeat": // an angle, nothing, a repeat of frequency
				t.Errorf("segment %d shows %s", c.Segment, b.Column.Name)
			}
		}
	}
	// The means set in cardProfile, as people write them.
	for name, want := range map[string]string{
		"recency":        "last bought 20 days ago (others 180 days)",
		"frequency":      "bought on 15 days (others 6)",
		"gap_mean":       "buys every 12 days (others every 48 days)",
		"monetary_total": "spent 412 in total (others 96)",
		"weekend":        "share of purchases at weekends: 20 % (others 25 %)",
	} {
		if texts[name] != want {
			t.Errorf("%s: %q, want %q", name, texts[name], want)
		}
	}
	if cards[0].Name != "Frequent high spenders" && cards[0].Name != "Recent high spenders" {
		t.Errorf("segment 1 is called %q", cards[0].Name)
	}
	if cards[1].Name == cards[0].Name {
		t.Errorf("both are called %q", cards[1].Name)
	}
	if v := *cards[0].ValueShare + *cards[1].ValueShare; math.Abs(v-1) > 1e-12 {
		t.Errorf("the segments' shares of value sum to %g", v)
	}
	if again := Cards(cardProfile()); !reflect.DeepEqual(again, cards) {
		t.Error("a second look gives other cards")
	}
	if _, err := json.Marshal(cards); err != nil {
		t.Error(err)
	}
}

// Names stay distinct however alike the segments are.
func TestCardNamesDistinct(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for _, d := range []int{0, 1, 2, 8} {
		var rows [][]float64
		var labels []int32
		for i := range 600 {
			g := i % 12
			r := make([]float64, d)
			for j := range r {
				r[j] = rng.NormFloat64() + float64(g/3)
			}
			rows, labels = append(rows, r), append(labels, int32(g))
		}
		seen := map[string]bool{}
		for _, c := range Cards(NewProfile(columnMatrix(cardCols[:d], rows), labels, nil)) {
			if c.Name == "" || seen[c.Name] {
				t.Errorf("d = %d, segment %d: name %q", d, c.Segment, c.Name)
			}
			seen[c.Name] = true
			if c.Value != nil || c.ValueShare != nil {
				t.Error("a value where none is known")
			}
		}
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		x    float64
		more int
		want string
	}{
		{0, 0, "0"},
		{1204.4, 0, "1,204"},
		{48.49, 0, "48"},
		{9.5, 0, "9.5"},
		{0.312, 0, "0.31"},
		{0.0456, 0, "0.046"},
		{-1234567, 0, "−1,234,567"},
		{48.49, 1, "48.5"},
		{3, 0, "3"},
		{100, 0, "100"},
		{1000, 1, "1,000"},
	} {
		if got := plain(c.x, c.more); got != c.want {
			t.Errorf("plain(%g, %d) = %q, want %q", c.x, c.more, got, c.want)
		}
	}
}
