package features

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// date returns midnight UTC of a YYYY-MM-DD.
func date(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rows reads a CSV of the data folder, plain or gzipped, header dropped.
func rows(t testing.TB, rel string) [][]string {
	t.Helper()
	f, err := os.Open(check.Data(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(rel, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	out, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return out[1:]
}

// noEvent is a purchase without any optional value.
func noEvent(customer string, at time.Time) datasets.Event {
	nan := math.NaN()
	return datasets.Event{
		Customer: customer, Time: at.UnixMicro(), Kind: datasets.Purchase,
		Quantity: nan, Price: nan, Amount: nan, Discount: nan, Margin: nan, Rating: nan, Points: nan,
	}
}

// dayLog makes a log of day stamps with amounts from (customer, date, amount) rows.
func dayLog(t testing.TB, name string, rows [][]string, to time.Time) *datasets.Log {
	t.Helper()
	has := datasets.FieldAmount
	if len(rows) > 0 && len(rows[0]) < 3 {
		has = 0
	}
	b := datasets.NewBuilder(datasets.Meta{Name: name, Resolution: datasets.Day, Has: has, FirstSeenIsFirst: true, Window: datasets.Window{To: to}})
	for _, r := range rows {
		ev := noEvent(r[0], date(t, r[1]))
		if has != 0 {
			a, err := strconv.ParseFloat(r[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			ev.Amount = a
		}
		b.Add(ev)
	}
	return b.Log()
}

// cdnow reads the CDNOW master file: a header, then id, date, units, amount.
func cdnow(t testing.TB) *datasets.Log {
	return blanks(t, "data/cdnow/CDNOW_master.txt", 1, 1)
}

// cdnowSample reads the 1/10 sample: no header, a second id before the date.
func cdnowSample(t testing.TB) *datasets.Log {
	return blanks(t, "data/cdnow/CDNOW_sample.txt", 0, 2)
}

func blanks(t testing.TB, rel string, header, dateAt int) *datasets.Log {
	t.Helper()
	f, err := os.Open(check.Data(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := datasets.NewBuilder(datasets.Meta{Name: "cdnow", Resolution: datasets.Day, FirstSeenIsFirst: true, Has: datasets.FieldAmount | datasets.FieldQuantity})
	sc := bufio.NewScanner(f)
	for range header {
		sc.Scan()
	}
	for sc.Scan() {
		w := strings.Fields(sc.Text())
		if len(w) == 0 {
			continue
		}
		at, err := time.Parse("20060102", w[dateAt])
		if err != nil {
			t.Fatal(err)
		}
		ev := noEvent(w[0], at)
		ev.Quantity, _ = strconv.ParseFloat(w[dateAt+1], 64)
		ev.Amount, _ = strconv.ParseFloat(w[dateAt+2], 64)
		b.Add(ev)
	}
	return b.Log()
}

// btyd makes the events of a buy-till-you-die cohort with every column, stamps to
// the second: Poisson purchases at gamma rates until an exponential death, one to
// three lines an order, one line in twenty returned, a view before each order.
func btyd(seed uint64, customers int) []datasets.Event {
	rng := rand.New(rand.NewPCG(seed, 1))
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	const days = 546
	var out []datasets.Event
	for c := range customers {
		id := "c" + strconv.Itoa(100000+c)
		rate := rng.ExpFloat64() / 40
		death := rng.ExpFloat64() * 300
		first := rng.Float64() * 90
		hour := 8 + 12*rng.Float64()
		for t := first; t < days && t < first+death; t += max(rng.ExpFloat64()/rate, 0.01) {
			day := math.Floor(t)
			at := start.Add(time.Duration((day*24 + hour + rng.Float64()) * float64(time.Hour))).Truncate(time.Second)
			view := noEvent(id, at.Add(-time.Minute))
			view.Kind, view.Channel = datasets.View, "web"
			out = append(out, view)
			for l := range 1 + rng.IntN(3) {
				ev := noEvent(id, at)
				ev.Order = id + "-" + strconv.Itoa(len(out)/8)
				ev.Item = "i" + strconv.Itoa(rng.IntN(50))
				ev.Category = "k" + strconv.Itoa(rng.IntN(6))
				ev.Channel = []string{"web", "shop"}[rng.IntN(2)]
				ev.Quantity = float64(1 + rng.IntN(4))
				ev.Price = math.Round(100*math.Exp(2+0.5*rng.NormFloat64())) / 100
				ev.Amount = math.Round(100*ev.Quantity*ev.Price) / 100
				out = append(out, ev)
				if l == 0 && rng.IntN(20) == 0 {
					ret := ev
					ret.Kind = datasets.Return
					ret.Time += int64(3 * 24 * time.Hour / time.Microsecond)
					out = append(out, ret)
				}
			}
		}
	}
	return out
}

// fullMeta is the meta data of logs made of btyd events.
func fullMeta(to time.Time) datasets.Meta {
	return datasets.Meta{
		Name: "btyd", FirstSeenIsFirst: true, Window: datasets.Window{To: to},
		Has: datasets.FieldOrder | datasets.FieldItem | datasets.FieldCategory | datasets.FieldChannel |
			datasets.FieldQuantity | datasets.FieldPrice | datasets.FieldAmount,
	}
}

// logOf builds a log of those events.
func logOf(meta datasets.Meta, events []datasets.Event) *datasets.Log {
	b := datasets.NewBuilder(meta)
	for _, e := range events {
		b.Add(e)
	}
	return b.Log()
}
