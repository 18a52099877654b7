package features

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/mores-lab/mores/datasets"
)

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// Check holds an extractor, registered or not, against the contract, on small
// logs of its own with every optional column and both kinds of stamps: options
// and models survive JSON, summaries merge in any order, shards, workers and row
// order change nothing, nothing after the end of the window is seen, histories are
// measured alone as in the matrix, columns are described, customers with the
// minimum have complete rows. It returns the first breach. Extractors named in
// After must be registered.
func Check(e *Extractor) error {
	c := &checker{e: e}
	for _, f := range []func() error{c.declared, c.options, c.logs, c.merges, c.shards, c.asOf, c.alone, c.complete, c.reads} {
		if err := f(); err != nil {
			return fmt.Errorf("extractor %s: %w", e.Name, err)
		}
	}
	return nil
}

// checker is one run of Check.
type checker struct {
	e      *Extractor
	recipe Recipe
	log    *datasets.Log
	built  *Built
}

// declared looks at what the extractor says of itself.
func (c *checker) declared() error {
	e := c.e
	switch _, ok := e.Null.parts(); {
	case !snakeCase.MatchString(e.Name):
		return fmt.Errorf("the name is not snake_case")
	case e.Doc == "":
		return fmt.Errorf("it has no doc")
	case e.Version < 1:
		return fmt.Errorf("version %d: at least 1", e.Version)
	case e.Minimum < 0:
		return fmt.Errorf("minimum %d: at least 0", e.Minimum)
	case !ok:
		return fmt.Errorf("null %q is no shuffle", e.Null)
	case e.New == nil:
		return fmt.Errorf("it has no New")
	}
	for _, r := range e.Refs {
		if r.Title == "" || r.Year == 0 || r.DOI == "" {
			return fmt.Errorf("reference %q lacks title, year, or DOI or page", r.Title)
		}
	}
	for _, a := range e.After {
		o, err := Lookup(a)
		if err != nil {
			return err
		}
		c.recipe.Steps = append(c.recipe.Steps, Step{Extractor: o, Block: o.New()})
	}
	c.recipe.Name = "check"
	c.recipe.Steps = append(c.recipe.Steps, Step{Extractor: e, Block: e.New()})
	return nil
}

// options must survive JSON, and New must make a fresh value each time.
func (c *checker) options() error {
	a, b := c.e.New(), c.e.New()
	js, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	if err := json.Unmarshal(js, b); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	if !reflect.DeepEqual(a, b) {
		return fmt.Errorf("options differ after JSON: %s", js)
	}
	return nil
}

// logs builds on day stamps, where hours are missing, and on stamps to the second.
func (c *checker) logs() error {
	if c.e.Needs&datasets.FieldHour == 0 {
		day := checkLog(checkEvents(1), datasets.Day, time.Time{})
		if _, err := Build(context.Background(), day, c.recipe, 0, 1); err != nil {
			return fmt.Errorf("on a log of day stamps: %w", err)
		}
	}
	c.log = checkLog(checkEvents(1), datasets.Second, time.Time{})
	var err error
	if c.built, err = Build(context.Background(), c.log, c.recipe, 0, 1); err != nil {
		return err
	}
	for _, col := range c.built.Raw.Cols {
		switch {
		case !snakeCase.MatchString(col.Name):
			return fmt.Errorf("column %q is not snake_case", col.Name)
		case col.Doc == "":
			return fmt.Errorf("column %s has no sentence", col.Name)
		case col.Block != c.e.Name && !slices.Contains(c.e.After, col.Block):
			return fmt.Errorf("column %s is of block %q, not of %q", col.Name, col.Block, c.e.Name)
		case int(col.Kind) >= len(kindNames):
			return fmt.Errorf("column %s has no kind", col.Name)
		}
	}
	return nil
}

// checkOrders is the number of splits and orders in which summaries are merged: a
// sum of floats comes out the same by luck once or twice, not twenty times.
const checkOrders = 20

// merges: summaries of 1, 2 and 7 parts, merged in any order, teach the same model.
func (c *checker) merges() error {
	after := map[string]Model{}
	for i, s := range c.recipe.Steps[:len(c.recipe.Steps)-1] {
		after[s.Extractor.Name] = c.built.Pipeline.models[i]
	}
	block := c.e.New()
	rng := rand.New(rand.NewPCG(1, 5))
	var want []byte
	for k := range checkOrders {
		parts := make([]Summary, []int{1, 2, 7}[k%3])
		for i := range parts {
			parts[i] = block.Empty()
		}
		var all []datasets.History
		for h := range c.log.Histories(context.Background()) {
			all = append(all, h)
		}
		for _, i := range rng.Perm(len(all)) {
			parts[rng.IntN(len(parts))].Merge(block.Gather(all[i]))
		}
		sum := block.Empty()
		for _, i := range rng.Perm(len(parts)) {
			sum.Merge(parts[i])
		}
		m, err := block.Learn(sum, after)
		if err != nil {
			return err
		}
		js, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("model: %w", err)
		}
		if want == nil {
			want = js
		}
		if !bytes.Equal(js, want) {
			return fmt.Errorf("merged in another order the summaries teach another model: a sum of floats? (ExactSum)")
		}
	}
	return nil
}

// shards: 1, 2 and 7 of them, several workers, and another row order give the same bytes.
func (c *checker) shards() error {
	events := checkEvents(1)
	rng := rand.New(rand.NewPCG(1, 3))
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for what, log := range map[string]*datasets.Log{
		"in 2 shards": c.log.Reshard(2), "in 7 shards": c.log.Reshard(7), "in another row order": checkLog(events, datasets.Second, time.Time{}),
	} {
		if err := c.same(log, what); err != nil {
			return err
		}
	}
	return nil
}

// same builds on another form of the log and compares bytes.
func (c *checker) same(log *datasets.Log, what string) error {
	b, err := Build(context.Background(), log, c.recipe, 0, 3)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return equal(c.built, b, what)
}

func equal(a, b *Built, what string) error {
	ja, err := json.Marshal(a.Pipeline)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	jb, err := json.Marshal(b.Pipeline)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if !bytes.Equal(ja, jb) {
		return fmt.Errorf("%s the model differs", what)
	}
	if a.Raw.Hash() != b.Raw.Hash() {
		return fmt.Errorf("%s the matrix differs", what)
	}
	return nil
}

// asOf: the log cut at t1 and the events before t1 give the same bytes.
func (c *checker) asOf() error {
	t1 := checkStart.AddDate(0, 8, 0)
	var before []datasets.Event
	for _, ev := range checkEvents(1) {
		if ev.Time < t1.UnixMicro() {
			before = append(before, ev)
		}
	}
	cut, err := Build(context.Background(), checkLog(before, datasets.Second, t1), c.recipe, 0, 1)
	if err != nil {
		return fmt.Errorf("as of %s: %w", t1.Format(time.DateOnly), err)
	}
	whole, err := Build(context.Background(), c.log.AsOf(t1), c.recipe, 0, 1)
	if err != nil {
		return fmt.Errorf("as of %s: %w", t1.Format(time.DateOnly), err)
	}
	return equal(cut, whole, "cut at "+t1.Format(time.DateOnly))
}

// alone: one history gives its row of the matrix, with the model in memory and
// with the one read back, and measuring twice gives the same.
func (c *checker) alone() error {
	js, err := json.Marshal(c.built.Pipeline)
	if err != nil {
		return err
	}
	back, err := ReadPipeline(js, c.e)
	if err != nil {
		return err
	}
	for i, id := range c.built.Raw.IDs {
		h, _ := c.log.Find(id)
		for what, p := range map[string]*Pipeline{"alone": c.built.Pipeline, "by the model read back from JSON": back} {
			row, err := p.Measure(h)
			if err != nil {
				return err
			}
			for j, x := range row {
				if math.Float64bits(x) != math.Float64bits(c.built.Raw.Row(i)[j]) {
					return fmt.Errorf("%s of %s is %g in the matrix and %g measured %s", c.built.Raw.Cols[j].Name, id, c.built.Raw.Row(i)[j], x, what)
				}
			}
		}
	}
	return nil
}

// complete: rows of customers with the minimum have every value, and some column
// tells customers apart.
func (c *checker) complete() error {
	if i, j, bad := c.built.Raw.Missing(); bad {
		return fmt.Errorf("%s of %s is missing, though the customer has the minimum of %d occasions", c.built.Raw.Cols[j].Name, c.built.Raw.IDs[i], c.recipe.Minimum())
	}
	if _, variance := moments(c.built.Raw); slices.Max(variance) == 0 {
		return fmt.Errorf("every column is constant")
	}
	// Customers with less evidence are measured too: missing, never infinite.
	for h := range c.log.Histories(context.Background()) {
		row, err := c.built.Pipeline.Measure(h)
		if err != nil {
			return err
		}
		for j, x := range row {
			if math.IsInf(x, 0) {
				return fmt.Errorf("%s of %s is infinite", c.built.Raw.Cols[j].Name, h.ID)
			}
		}
	}
	return nil
}

// reads: what the extractor says it reads is all it reads. Without returns: to match
// one with its purchase every column counts.
func (c *checker) reads() error {
	reads := c.recipe.Reads()
	if reads == 0 {
		return nil
	}
	var sold, bare []datasets.Event
	nan := math.NaN()
	for _, ev := range checkEvents(1) {
		if ev.Kind == datasets.Return {
			continue
		}
		sold = append(sold, ev)
		for j, s := range []*string{&ev.Order, &ev.Item, &ev.Category, &ev.Brand, &ev.Channel, &ev.Campaign, &ev.Session} {
			if reads&(datasets.FieldOrder<<j) == 0 {
				*s = ""
			}
		}
		for j, x := range []*float64{&ev.Quantity, &ev.Price, &ev.Amount, &ev.Discount, &ev.Margin, &ev.Rating, &ev.Points} {
			if reads&(datasets.FieldQuantity<<j) == 0 {
				*x = nan
			}
		}
		bare = append(bare, ev)
	}
	all, err := Build(context.Background(), checkLog(sold, datasets.Second, time.Time{}), c.recipe, 0, 1)
	if err != nil {
		return fmt.Errorf("on a log without returns: %w", err)
	}
	log := checkLog(bare, datasets.Second, time.Time{})
	log.Meta.Has = reads
	few, err := Build(context.Background(), log, c.recipe, 0, 1)
	if err != nil {
		return fmt.Errorf("on the columns that it says it reads: %w", err)
	}
	return equal(all, few, "with the columns only that it says it reads")
}

var checkStart = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// checkEvents makes the events of 300 customers with every column, of all
// strata: prospects, one purchase, few, many, returns among them.
func checkEvents(seed uint64) []datasets.Event {
	rng := rand.New(rand.NewPCG(seed, 2))
	// Every kind but purchase and return, which have their own lines below.
	kinds := len(datasets.KindNames()) - 2
	var out []datasets.Event
	for c := range 300 {
		id := fmt.Sprintf("c%03d", c)
		visits := 1 + int(12*rng.Float64()*rng.Float64()*float64(c%4))
		for v := range visits {
			at := checkStart.AddDate(0, 0, rng.IntN(360)).Add(time.Duration(rng.IntN(24*3600)) * time.Second)
			ev := datasets.Event{
				Customer: id, Time: at.UnixMicro(), Kind: datasets.Purchase,
				Order: fmt.Sprintf("%s-%d", id, v), Item: fmt.Sprint("i", rng.IntN(40)), Category: fmt.Sprint("k", rng.IntN(7)),
				Brand: fmt.Sprint("b", rng.IntN(5)), Channel: fmt.Sprint("ch", rng.IntN(3)), Campaign: fmt.Sprint("m", rng.IntN(4)),
				Session: fmt.Sprintf("s%s-%d", id, v), Quantity: float64(1 + rng.IntN(3)), Price: float64(1+rng.IntN(2000)) / 100,
				Discount: float64(rng.IntN(3)), Margin: 0.5, Rating: float64(1 + rng.IntN(5)), Points: float64(rng.IntN(100)),
			}
			ev.Amount = math.Round(100*ev.Quantity*ev.Price) / 100
			if c%10 == 0 { // a prospect
				ev.Kind, ev.Amount = datasets.View, math.NaN()
			}
			out = append(out, ev)
			other := ev
			other.Kind = datasets.View + datasets.Kind(rng.IntN(kinds))
			other.Time -= int64(time.Hour / time.Microsecond)
			other.Amount = math.NaN()
			out = append(out, other)
			if rng.IntN(8) == 0 && ev.Kind == datasets.Purchase {
				back := ev
				back.Kind = datasets.Return
				back.Time += int64(5 * 24 * time.Hour / time.Microsecond)
				out = append(out, back)
			}
		}
	}
	return out
}

func checkLog(events []datasets.Event, res datasets.Resolution, to time.Time) *datasets.Log {
	b := datasets.NewBuilder(datasets.Meta{
		Name: "check", Resolution: res, FirstSeenIsFirst: true, Window: datasets.Window{To: to},
		Has: datasets.FieldHour - 1, // every column
	})
	for _, ev := range events {
		if res == datasets.Day {
			ev.Time -= ev.Time % (24 * int64(time.Hour/time.Microsecond))
		}
		b.Add(ev)
	}
	log := b.Log()
	log.Items = &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "name"}}}
	words := []string{"blue", "cup", "tea", "lamp", "garden", "box", "paper"}
	for i := range 40 {
		log.Items.Keys = append(log.Items.Keys, fmt.Sprint("i", i))
		log.Items.Cols[0].Text = append(log.Items.Cols[0].Text, words[i%7]+" "+words[i/7])
	}
	log.Customers = &datasets.Table{Name: "customers", Cols: []datasets.TableColumn{{Name: "region"}, {Name: "age", Unit: "years"}}}
	for c := range 300 {
		log.Customers.Keys = append(log.Customers.Keys, fmt.Sprintf("c%03d", c))
		log.Customers.Cols[0].Text = append(log.Customers.Cols[0].Text, []string{"north", "south", ""}[c%3])
		log.Customers.Cols[1].Num = append(log.Customers.Cols[1].Num, float64(20+c%50))
	}
	return log
}
