package features

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
)

// benchLines is a log of customers × 50 lines of 4,000 described items in 40
// categories and 60 brands, at list prices with discounts.
func benchLines(customers int) *datasets.Log {
	rng := rand.New(rand.NewPCG(1, 1))
	b := datasets.NewBuilder(lineMeta("bench"))
	items := &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "description"}}}
	letters := "abcdefghijklmnopqrstuvwxyz"
	word := func(i int) string {
		return "w" + string(letters[i%26]) + string(letters[i/26%26]) + string(letters[i/676%26])
	}
	for i := range 4000 {
		items.Keys = append(items.Keys, fmt.Sprint("i", i))
		var w []string
		for range 4 {
			w = append(w, word(int(3000*rng.Float64()*rng.Float64())))
		}
		items.Cols[0].Text = append(items.Cols[0].Text, strings.Join(w, " "))
	}
	for c := range customers {
		id := fmt.Sprintf("c%06d", c)
		for l := range 50 {
			i := int(4000 * rng.Float64() * rng.Float64())
			price := float64(50+i%950) / 100
			ev := line(id, 7*l, fmt.Sprint("k", i%40), fmt.Sprint("b", i%60), price)
			ev.Item = items.Keys[i]
			ev.Discount = 0
			if rng.IntN(5) == 0 {
				ev.Discount = float64(int(20*price)) / 100
				ev.Amount -= ev.Discount
			}
			b.Add(ev)
		}
	}
	log := b.Log()
	log.Items = items
	return log
}

func BenchmarkBenefitsDealsThemes(b *testing.B) {
	const customers = 20000
	log := benchLines(customers)
	for _, name := range []string{"benefits", "deals", "themes"} {
		b.Run(fmt.Sprintf("%s/lines=%d", name, 50*customers), func(b *testing.B) {
			r := one(b, name, mustNew(b, name))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Build(b.Context(), log, r, 1, 2); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50/customers, "ns/line")
		})
	}
}
