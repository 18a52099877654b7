package eval

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// ecomEvent is a line of ecom_SYNTHETIC.csv.
type ecomEvent struct {
	user, session, event, platform, cohort, stage string
	at                                            time.Time
}

func ecomEvents(t *testing.T) (out []ecomEvent) {
	t.Helper()
	f, err := os.Open(check.Data(t, "data/ecom_synth/ecom_SYNTHETIC.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil || len(rows) != 31_107 {
		t.Fatal(err, len(rows))
	}
	for _, r := range rows[1:] {
		at, err := time.Parse(time.DateTime, r[3])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ecomEvent{user: r[0], session: r[1], event: r[2], at: at, platform: r[4], cohort: r[6], stage: r[7]})
	}
	return out
}

// ecomKinds are the events that are told apart; how often each happens in a session are
// the features.
var ecomKinds = []string{
	"home", "catalog", "search", "product_view", "filter_results", "add_to_cart", "cart", "shipping_details", "payment_details",
	"purchase", "wishlist_add", "promo_page", "account_page", "review_page", "compare", "error_page", "support_chat", "payment_error", "checkout_bug",
}

// ecomSnapshot measures everybody who was there in [from, to): events a session.
func ecomSnapshot(events []ecomEvent, from, to time.Time, who func(ecomEvent) bool) Snapshot {
	s := Snapshot{Name: from.Format(time.DateOnly), Date: from.Format(time.DateOnly)}
	row := map[string]int{}
	sessions := map[string]bool{}
	var counts [][]float64
	var n []float64
	for _, e := range events {
		if e.at.Before(from) || !e.at.Before(to) || who != nil && !who(e) {
			continue
		}
		i, ok := row[e.user]
		if !ok {
			i = len(s.IDs)
			row[e.user] = i
			s.IDs, counts, n = append(s.IDs, e.user), append(counts, make([]float64, len(ecomKinds))), append(n, 0)
		}
		counts[i][slices.Index(ecomKinds, e.event)]++
		if !sessions[e.session] {
			sessions[e.session] = true
			n[i]++
		}
	}
	cols := make([]features.Column, len(ecomKinds))
	for j, k := range ecomKinds {
		cols[j] = features.Column{Name: k, Doc: k + " a session"}
	}
	s.Raw = features.NewMatrix(len(s.IDs), cols, nil)
	for i := range s.IDs {
		for j, c := range counts[i] {
			s.Raw.Row(i)[j] = c / n[i]
		}
	}
	s.Labels = make([]int32, len(s.IDs))
	return s
}

func ecomDay(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// Three incidents are found and dated as segments that come up and go, with nothing said
// of them: k-means of all weeks together, each week's customers being labelled by it. The
// stories are those that the data's authors planted, and their dates.
func TestMigrationEcomIncidents(t *testing.T) {
	check.Long(t)
	events := ecomEvents(t)
	var snaps []Snapshot
	var data []float64
	for from := ecomDay("2024-02-05"); from.Before(ecomDay("2024-06-24")); from = from.AddDate(0, 0, 7) {
		s := ecomSnapshot(events, from, from.AddDate(0, 0, 7), nil)
		snaps, data = append(snaps, s), append(data, s.Raw.Data()...)
	}
	all := features.NewMatrix(len(data)/len(ecomKinds), snaps[0].Raw.Cols, data)
	p, err := features.Prepare(all, "zscore", features.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	c, err := (&cluster.KMeans{NClusters: 10, Init: "k-means++", NInit: 20, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), p.X, cluster.Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// A segment is named by what its members do most beyond the others.
	profile := NewProfile(all, c.Labels, nil)
	names := make([]string, c.K)
	for g, cells := range profile.Segments {
		best := 0
		for j, cell := range cells {
			if cell.SMD > cells[best].SMD {
				best = j
			}
		}
		names[g] = fmt.Sprintf("%s ×%.1f", ecomKinds[best], cells[best].Mean)
	}
	at := 0
	for i := range snaps {
		n := len(snaps[i].IDs)
		snaps[i].Labels, snaps[i].Names = c.Labels[at:at+n], names
		at += n
	}
	same := func(_ context.Context, _, data int) ([]int32, error) { return snaps[data].Labels, nil }
	o := NewMigrationOptions()
	o.Match = "definition"
	m, err := NewMigration(context.Background(), snaps, same, o)
	if err != nil {
		t.Fatal(err)
	}
	week := func(i int) string { return m.Snapshots[i].Date }
	found := map[string][2]string{} // first and last week of segments that were not there always
	for k, tr := range m.Tracks {
		first, last, most := -1, -1, slices.Max(tr.Sizes)
		for i, n := range tr.Sizes {
			if 10*n >= most { // a single stray customer is no incident
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		t.Logf("%-28s %v", tr.Name, tr.Sizes)
		if first > 3 || last < len(snaps)-4 {
			cells := profile.Segments[max(tr.At[first], 0)]
			what := "checkout_bug"
			if cells[slices.Index(ecomKinds, "payment_error")].SMD > cells[slices.Index(ecomKinds, what)].SMD {
				what = "payment_error"
			}
			found[what] = [2]string{week(first), week(last)}
			events := ""
			for _, s := range m.Steps {
				for _, e := range s.Events {
					if e.Kind == Emerges && slices.Contains(e.ToTracks, k) || e.Kind == Disappears && slices.Contains(e.FromTracks, k) {
						events += e.Kind + " " + week(s.To) + "; "
					}
				}
			}
			t.Logf("  %s: %s", what, events)
		}
	}
	// The bug was planted from 9 April to 9 May, the incident from 19 May, a Sunday, to 7 June.
	want := map[string][2]string{"checkout_bug": {"2024-04-08", "2024-05-06"}, "payment_error": {"2024-05-20", "2024-06-03"}}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, planted %v", found, want)
	}
}

// The viral article made people ask: it shows in those who contact support, of four days at
// a time. A segment's share that lies four standard errors above its median is a surge; of
// the 19 kinds of event three have one, in the planted days and in no others. The article
// was planted from 29 February to 3 March.
func TestMigrationEcomSurges(t *testing.T) {
	check.Long(t)
	events := ecomEvents(t)
	surges := map[string][]string{}
	for j, kind := range ecomKinds {
		var snaps []Snapshot
		for from := ecomDay("2024-02-05"); from.Before(ecomDay("2024-06-24")); from = from.AddDate(0, 0, 4) {
			s := ecomSnapshot(events, from, from.AddDate(0, 0, 4), nil)
			s.Names = []string{"no " + kind, kind}
			for i := range s.IDs {
				if s.Raw.Row(i)[j] > 0 {
					s.Labels[i] = 1
				}
			}
			snaps = append(snaps, s)
		}
		same := func(_ context.Context, _, data int) ([]int32, error) { return snaps[data].Labels, nil }
		o := NewMigrationOptions()
		o.Match = "definition"
		m, err := NewMigration(context.Background(), snaps, same, o)
		if err != nil {
			t.Fatal(err)
		}
		var shares []float64
		at := slices.IndexFunc(m.Tracks, func(k MigrationTrack) bool { return strings.Contains(k.Name, `"`+kind+`"`) })
		for i, s := range m.Snapshots {
			shares = append(shares, float64(m.Tracks[at].Sizes[i])/float64(s.Customers))
		}
		p := slices.Clone(shares)
		slices.Sort(p)
		usual := max(p[len(p)/2], 0.005)
		for i, s := range m.Snapshots {
			if z := (shares[i] - usual) / math.Sqrt(usual*(1-usual)/float64(s.Customers)); z > 4 {
				surges[kind] = append(surges[kind], s.Date)
				t.Logf("%s %s: %d of %d, z = %.1f", kind, s.Date, m.Tracks[at].Sizes[i], s.Customers, z)
			}
		}
	}
	if len(surges) != 3 || len(surges["checkout_bug"]) < 3 || surges["checkout_bug"][0] < "2024-04-09" || slices.Max(surges["checkout_bug"]) > "2024-05-09" {
		t.Errorf("surges %v", surges)
	}
	if got := surges["payment_error"]; got[0] != "2024-05-19" || got[len(got)-1] > "2024-06-08" {
		t.Errorf("the payment incident was dated %v", got)
	}
	if got := surges["support_chat"]; got[0] != "2024-02-29" || got[1] != "2024-05-19" || got[len(got)-1] > "2024-06-08" {
		t.Errorf("support: %v", got)
	}
}

// New against loyal: stages of life are segments that somebody gave. Loyal customers come
// up in April, by migration more than by customers who were not there in March; nobody is
// new in June any more; loyal ones put 1.5 times as much into their carts, or more.
func TestMigrationEcomLoyal(t *testing.T) {
	check.Long(t)
	events := ecomEvents(t)
	stages := []string{"new", "returning", "loyal"}
	var snaps []Snapshot
	for from := ecomDay("2024-01-01"); from.Before(ecomDay("2024-07-01")); from = from.AddDate(0, 1, 0) {
		to := from.AddDate(0, 1, 0)
		s := ecomSnapshot(events, from, to, nil)
		s.Names = stages
		row := map[string]int{}
		for i, id := range s.IDs {
			row[id] = i
		}
		for _, e := range events { // in the order of time within a customer: the last counts
			if i, ok := row[e.user]; ok && !e.at.Before(from) && e.at.Before(to) {
				s.Labels[i] = max(s.Labels[i], int32(slices.Index(stages, e.stage)))
			}
		}
		snaps = append(snaps, s)
	}
	same := func(_ context.Context, _, data int) ([]int32, error) { return snaps[data].Labels, nil }
	o := NewMigrationOptions()
	o.Match = "definition"
	m, err := NewMigration(context.Background(), snaps, same, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Steps {
		t.Log(strings.Join(m.Sentences(i, "customer", "customers"), "\n  "))
	}
	event := func(kind, stage string) (dates []string) {
		for _, s := range m.Steps {
			for _, e := range s.Events {
				for _, k := range slices.Concat(e.FromTracks, e.ToTracks) {
					if e.Kind == kind && strings.Contains(m.Tracks[k].Name, stage) {
						dates = append(dates, m.Snapshots[s.To].Date)
					}
				}
			}
		}
		return dates
	}
	if got := event(Emerges, "loyal"); !slices.Equal(got, []string{"2024-04-01"}) {
		t.Errorf("loyal ones emerge at %v", got)
	}
	if got := event(Disappears, `"new"`); !slices.Equal(got, []string{"2024-06-01"}) {
		t.Errorf("new ones disappear at %v", got)
	}
	for _, s := range m.Steps {
		for _, c := range s.Segments {
			if m.Snapshots[s.To].Date == "2024-04-01" && strings.Contains(c.Name, "loyal") && !(c.Migrated() > c.New && c.Before == 0) {
				t.Errorf("loyal ones of April: %+v", c)
			}
			if r, _ := c.Relabelled(); r != 0 {
				t.Errorf("%s: %g re-labelled by the same rule", c.Name, r)
			}
		}
	}
	last := snaps[3] // April has all three
	cells := NewProfile(last.Raw, last.Labels, nil).Segments
	cart := slices.Index(ecomKinds, "add_to_cart")
	if ratio := cells[2][cart].Mean / cells[0][cart].Mean; !(ratio > 1.5) || !(cells[2][cart].Lo > 0) {
		t.Errorf("loyal customers fill %.2f times the carts of new ones", ratio)
	}
}

// Cohorts drift: customers in their first 45 days, cohort after cohort. Those of April are
// the only ones who differ in buying from all before.
func TestMigrationEcomCohorts(t *testing.T) {
	check.Long(t)
	events := ecomEvents(t)
	first := map[string]time.Time{}
	for _, e := range events {
		if f, ok := first[e.user]; !ok || e.at.Before(f) {
			first[e.user] = e.at
		}
	}
	var snaps []Snapshot
	for _, cohort := range []string{"2024-01", "2024-02", "2024-03", "2024-04"} {
		s := ecomSnapshot(events, ecomDay("2024-01-01"), ecomDay("2024-07-01"), func(e ecomEvent) bool {
			return e.cohort <= cohort && e.at.Sub(first[e.user]) < 45*24*time.Hour
		})
		s.Name, s.Date = cohort, cohort
		snaps = append(snaps, s)
	}
	m, err := NewMigration(context.Background(), snaps, nil, NewMigrationOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Steps {
		buys := false
		for _, c := range s.Entered {
			t.Logf("cohort %s: %s %.3f against %.3f, d %.2f [%.2f, %.2f]", m.Snapshots[s.To].Date, c.Column.Name, c.After, c.Before, c.D, c.Lo, c.Hi)
			buys = buys || c.Column.Name == "purchase" && c.D < 0
		}
		if april := m.Snapshots[s.To].Date == "2024-04"; buys != april {
			t.Errorf("cohort %s: buys less is %v", m.Snapshots[s.To].Date, buys)
		}
	}
}
