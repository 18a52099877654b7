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

// pointsEvent is one event of a programme log.
type pointsEvent struct {
	at     string
	kind   datasets.Kind
	points float64
}

func pointsLog(t testing.TB, to string, zone *time.Location, people map[string][]pointsEvent) *datasets.Log {
	t.Helper()
	if zone == nil {
		zone = time.UTC
	}
	read := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	b := datasets.NewBuilder(datasets.Meta{
		Name: "points", FirstSeenIsFirst: true, Zone: zone, Has: datasets.FieldPoints,
		Window: datasets.Window{From: read("2023-01-01 00:00"), To: read(to)},
	})
	for id, evs := range people {
		for _, e := range evs {
			ev := noEvent(id, read(e.at))
			ev.Kind, ev.Points = e.kind, e.points
			b.Add(ev)
		}
	}
	return b.Log()
}

func programmeBlock() *Programme {
	e, _ := Lookup("programme")
	return e.New().(*Programme)
}

// TestProgrammeByHand: every column from its definition.
func TestProgrammeByHand(t *testing.T) {
	earn, redeem, expire := datasets.PointsEarned, datasets.Redemption, datasets.PointsExpired
	log := pointsLog(t, "2024-04-11 00:00", nil, map[string][]pointsEvent{
		"a": {
			{"2024-01-02 10:00", earn, 100},
			{"2024-03-11 10:00", earn, 40}, // 31 days before t1
			{"2024-03-12 09:00", earn, 60}, // 30 days
			{"2024-02-29 23:00", redeem, -10},
			{"2024-03-31 23:00", redeem, 50}, // last month, whatever its sign
			{"2024-04-01 00:00", redeem, 50}, // this month
			{"2024-04-02 00:00", expire, 20},
		},
		"b": {{"2024-03-01 10:00", earn, 100}},
		"c": {{"2024-03-01 10:00", datasets.Purchase, 7}}, // earned nothing: there are earnings of their own kind
	})
	o := programmeBlock()
	o.Columns = columnNames(programmeColumns)
	o.Tiers = []ProgrammeTier{{"silver", 150}, {"gold", 500}}
	m, model := measured(t, log, "programme", o)
	rate, lapse, size := 110.0/300, 20.0/300, 75.0
	portion := (10.0/100 + 50.0/190 + 50.0/140) / 3
	// Days from the first earning: a 2 January to 29 February, b to t1.
	wait := (58.0 + 41) / 1
	for _, c := range []struct {
		id, column string
		want       float64
	}{
		{"a", "points_earned_30d", 60},
		{"b", "points_earned_30d", 0},
		{"c", "points_earned_30d", 0},
		{"a", "points_redeemed_last_month", 50},
		{"a", "points_redemption_rate", (110 + 3*size*rate) / (200 + 3*size)},
		{"b", "points_redemption_rate", 3 * size * rate / (100 + 3*size)},
		{"c", "points_redemption_rate", rate},
		{"a", "points_breakage", (20 + 3*size*lapse) / (200 + 3*size)},
		{"a", "points_balance", 70},
		{"b", "points_balance", 100},
		{"a", "points_first_redemption", (58 + 3*wait) / 4},
		{"b", "points_first_redemption", (41 + 3*wait) / 3},
		{"c", "points_first_redemption", wait},
		{"a", "points_proximity", 1}, // 70 of 50, the most frequent redemption
		{"c", "points_proximity", 0},
		{"a", "points_tier", 1},
		{"a", "points_to_next_tier", 300},
		{"b", "points_tier", 0},
		{"b", "points_to_next_tier", 50},
		{"a", "points_member", 1},
		{"c", "points_member", 0},
		{"a", "points_redemptions", (3 + 3*3.0/4) / 6},
		{"b", "points_redemptions", (0 + 3*3.0/4) / 4},
		{"a", "points_redemption_size", portion}, // its own are all there are
		{"b", "points_redemption_size", portion},
	} {
		check.Close(t, c.id+" "+c.column, at(t, m, c.id, c.column), c.want, 1e-12)
	}
	for id, want := range map[string]int{"a": 7, "b": 1, "c": 0} {
		h, _ := log.Find(id)
		if got := model.(Witness).Evidence(h); got != want {
			t.Errorf("%s: evidence %d, want %d", id, got, want)
		}
	}
}

// TestProgrammeLastMonth: the calendar month before t1 in the log's own zone, over the
// turn of a year, and purchases that carry points where nothing else earns them.
func TestProgrammeLastMonth(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	log := pointsLog(t, "2024-01-15 12:00", amsterdam, map[string][]pointsEvent{"a": {
		{"2023-06-01 10:00", datasets.Purchase, 500},
		{"2023-11-30 23:30", datasets.Redemption, 1}, // still 30 November there
		{"2023-12-01 00:30", datasets.Redemption, 2}, // November in UTC
		{"2023-12-31 23:30", datasets.Redemption, 4},
		{"2024-01-01 00:30", datasets.Redemption, 8}, // December in UTC
	}})
	o := programmeBlock()
	o.Columns = []string{"points_redeemed_last_month", "points_balance"}
	m, _ := measured(t, log, "programme", o)
	check.Close(t, "December's points", at(t, m, "a", "points_redeemed_last_month"), 6, 0)
	check.Close(t, "balance", at(t, m, "a", "points_balance"), 485, 0)
	for _, c := range []struct{ now, from, to string }{
		{"2024-04-01", "2024-03-01", "2024-04-01"},
		{"2024-04-30", "2024-03-01", "2024-04-01"},
		{"2024-03-31", "2024-02-01", "2024-03-01"},
		{"2024-01-01", "2023-12-01", "2024-01-01"},
	} {
		day := func(s string) int { return int(date(t, s).Unix() / 86400) }
		if from, to := lastMonth(day(c.now)); from != day(c.from) || to != day(c.to) {
			t.Errorf("before %s: days %d to %d", c.now, from, to)
		}
	}
}

// TestProgrammeScale: points in another currency change no rate; the waiting time of
// many is that of the exponential law they were drawn from, censored or not.
func TestProgrammeScale(t *testing.T) {
	people := func(unit float64) map[string][]pointsEvent {
		rng := rand.New(rand.NewPCG(3, 3))
		start := time.Date(2023, 1, 1, 9, 0, 0, 0, time.UTC)
		out := map[string][]pointsEvent{}
		for c := range 800 {
			id := "c" + string(rune('a'+c%26)) + string(rune('a'+c/26%26)) + string(rune('a'+c/676))
			first := rng.IntN(200)
			stamp := func(d float64) string {
				return start.Add(time.Duration(d * 24 * float64(time.Hour))).Format("2006-01-02 15:04")
			}
			out[id] = append(out[id], pointsEvent{stamp(float64(first)), datasets.PointsEarned, unit * float64(10*(1+rng.IntN(9)))})
			if d := float64(first) + 150*rng.ExpFloat64(); d < 360 {
				out[id] = append(out[id], pointsEvent{stamp(d), datasets.Redemption, unit * 10})
			}
		}
		return out
	}
	o := programmeBlock()
	o.Columns = []string{"points_redemption_rate", "points_first_redemption", "points_proximity"}
	want, model := measured(t, pointsLog(t, "2023-12-27 00:00", nil, people(1)), "programme", o)
	got, _ := measured(t, pointsLog(t, "2023-12-27 00:00", nil, people(100)), "programme", o)
	sameMatrix(t, "points × 100", got, want)
	if d := model.(*programmeModel).Wait; math.Abs(d-150) > 20 {
		t.Errorf("mean wait %g days, drawn from 150", d)
	}
}

func TestProgrammeRefuses(t *testing.T) {
	e, _ := Lookup("programme")
	log := pointsLog(t, "2024-04-11 00:00", nil, map[string][]pointsEvent{"a": {{"2024-01-02 10:00", datasets.PointsEarned, 100}}})
	for words, change := range map[string]func(*Programme){
		"shrink = -1":             func(o *Programme) { o.Shrink = -1 },
		"reward = -1":             func(o *Programme) { o.Reward = -1 },
		"in the order of":         func(o *Programme) { o.Tiers = []ProgrammeTier{{"gold", 5}, {"silver", 1}} },
		`no column "luck"`:        func(o *Programme) { o.Columns = []string{"luck"} },
		"leaves nothing to measu": func(o *Programme) { o.Columns = []string{"points_breakage"} },
	} {
		o := programmeBlock()
		change(o)
		_, err := Build(t.Context(), log, Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: o}}}, 0, 1)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
	without := basketLog(relatedGuide)
	if _, err := Build(t.Context(), without, Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: e.New()}}}, 0, 1); err == nil || !strings.Contains(err.Error(), "points_earned") {
		t.Errorf("a log without a programme: %v", err)
	}
}
