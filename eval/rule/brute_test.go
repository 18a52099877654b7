package rule

import (
	"fmt"
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// This file says a second time, over plain structs and by trying everything, what rules
// mean: a generator draws a rule's text together with a function that decides it.

// plain is an event as a person would write it down.
type plain struct {
	clock                                 time.Time // on the wall, as UTC
	kind, order, category, brand, channel string
	tenths, quantity                      int // of money; lacking below 0
	hasAmount, hasQuantity                bool
}

type person struct {
	id     string
	events []plain
	share  *float64
	age    *float64
	land   string
}

type world struct {
	now    time.Time // on the wall, as UTC
	day    bool
	people []person
	log    *datasets.Log
	x      *features.Matrix
	at     time.Time
}

var (
	someKinds      = []string{"purchase", "view", "cart_add", "return"}
	someCategories = []string{"coffee", "tea", "it's \"hot\"", "Größe", ""}
	someBrands     = []string{"A", "B", ""}
	someChannels   = []string{"shop", "web", "coupon", ""}
)

// drawWorld draws a small log around the night on which the clock goes back.
func drawWorld(t *rapid.T) *world {
	zone := time.UTC
	if rapid.Bool().Draw(t, "zone") {
		var err error
		if zone, err = time.LoadLocation("Europe/Amsterdam"); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{day: rapid.IntRange(0, 3).Draw(t, "resolution") == 0}
	res := datasets.Second
	if w.day {
		res = datasets.Day
	}
	b := datasets.NewBuilder(datasets.Meta{
		Name: "drawn", Zone: zone, Resolution: res,
		Has: datasets.FieldOrder | datasets.FieldCategory | datasets.FieldBrand | datasets.FieldChannel | datasets.FieldAmount | datasets.FieldQuantity,
	})
	w.at = time.Date(2011, 11, 1+rapid.IntRange(-2, 20).Draw(t, "now"), 0, 0, 0, 0, zone)
	w.now = onWall(w.at)
	age, land := datasets.TableColumn{Name: "age", Num: []float64{}}, datasets.TableColumn{Name: "home land", Text: []string{}}
	keys := []string{}
	var ids []string
	var shares []float64
	for i := range rapid.IntRange(1, 14).Draw(t, "people") {
		p := person{id: fmt.Sprintf("c%02d", i)}
		for range rapid.IntRange(0, 14).Draw(t, "events") {
			var at time.Time
			if w.day {
				at = time.Date(2011, 10, 20+rapid.IntRange(0, 30).Draw(t, "day"), 0, 0, 0, 0, zone)
			} else {
				at = time.Date(2011, 10, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 30*48).Draw(t, "half hours")) * 30 * time.Minute)
			}
			e := plain{
				clock: onWall(at.In(zone)), kind: rapid.SampledFrom(someKinds).Draw(t, "kind"), order: rapid.SampledFrom([]string{"1", "2", ""}).Draw(t, "order"),
				category: rapid.SampledFrom(someCategories).Draw(t, "category"), brand: rapid.SampledFrom(someBrands).Draw(t, "brand"),
				channel: rapid.SampledFrom(someChannels).Draw(t, "channel"),
				tenths:  rapid.IntRange(0, 300).Draw(t, "tenths"), quantity: rapid.IntRange(1, 3).Draw(t, "quantity"),
				hasAmount: rapid.IntRange(0, 5).Draw(t, "amount?") > 0, hasQuantity: rapid.IntRange(0, 5).Draw(t, "quantity?") > 0,
			}
			ev := datasets.Event{
				Customer: p.id, Time: at.UnixMicro(), Order: e.order, Category: e.category, Brand: e.brand, Channel: e.channel,
				Amount: float64(e.tenths) / 10, Quantity: float64(e.quantity), Price: math.NaN(), Discount: math.NaN(), Margin: math.NaN(), Rating: math.NaN(), Points: math.NaN(),
			}
			ev.Kind, _ = datasets.ParseKind(e.kind)
			if !e.hasAmount {
				ev.Amount = math.NaN()
			}
			if !e.hasQuantity {
				ev.Quantity = math.NaN()
			}
			b.Add(ev)
			if e.clock.Before(w.now) {
				p.events = append(p.events, e)
			}
		}
		if rapid.Bool().Draw(t, "share?") {
			s := float64(rapid.IntRange(0, 10).Draw(t, "share")) / 10
			p.share = &s
			ids, shares = append(ids, p.id), append(shares, s)
		}
		if rapid.IntRange(0, 3).Draw(t, "described") > 0 {
			keys = append(keys, p.id)
			p.land = rapid.SampledFrom([]string{"NL", "DE", ""}).Draw(t, "land")
			land.Text = append(land.Text, p.land)
			a := math.NaN()
			if rapid.Bool().Draw(t, "age?") {
				a = float64(rapid.IntRange(18, 80).Draw(t, "age"))
				p.age = &a
			}
			age.Num = append(age.Num, a)
		}
		if len(p.events) > 0 {
			w.people = append(w.people, p)
		}
	}
	w.log = b.Log()
	w.log.Customers = &datasets.Table{Name: "customers", Keys: keys, Cols: []datasets.TableColumn{age, land}}
	w.x = features.NewMatrix(len(ids), []features.Column{{Name: "share_weekend"}}, shares)
	w.x.IDs = ids
	return w
}

// onWall reads the clock off the wall.
func onWall(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}
