package features

import (
	"context"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// BrandLoyaltyOptions says of what BrandLoyalty makes its table. The zero value takes
// all purchases as one category.
type BrandLoyaltyOptions struct {
	Category string // only purchases of this category; "" = all
	Level    string // what stands for brands: brand, item, category; "" = brand, else item, else category
}

// BrandFigures is one brand in a BrandTable.
type BrandFigures struct {
	Brand            string
	Purchases        int
	Buyers           int
	Share            float64 // of the category's purchases
	Penetration      float64 // buyers over the log's customers
	PerBuyer         float64 // purchases of the brand per buyer of it
	CategoryPerBuyer float64 // purchases of the category per buyer of the brand
	SCR              float64 // share of category requirements, PerBuyer/CategoryPerBuyer
	SoleBuyers       float64 // share of its buyers who buy no other brand
	// Expected is what the NBD-Dirichlet says of a brand of this size; Excess is SCR −
	// Expected.SCR, above 0 = more loyalty than its size brings. NaN-free: nil where no
	// model could be fitted.
	Expected *BrandExpected
	Excess   *float64
}

// BrandExpected is what a brand of some size shows in a market without segments.
type BrandExpected struct{ Penetration, PerBuyer, SCR float64 }

// BrandTable is how a category's buyers divide their purchases between brands.
type BrandTable struct {
	Level, Category string
	Customers       int     // of the log
	Buyers          int     // of the category
	Purchases       int     // lines that stand
	MeanHHI         float64 // mean over buyers of Σ s²: plain, as published, 1 for who bought once
	MeanHHIDebiased float64 // mean over buyers with two purchases or more of Σ n_b(n_b − 1)/(n(n − 1)); NaN for none
	SingleBrand     float64 // share of buyers with one brand
	Brands          []BrandFigures
	Dirichlet       *DirichletModel // nil where it could not be fitted, for the reason in Note
	Note            string
}

// BrandLoyalty counts which customers bought which brands how often, lines of
// purchases that stand, and compares them with the NBD-Dirichlet fitted to the same
// table: K by the variance of purchases over the log's customers, S as the
// share-weighted mean of the brands' own fits. Brands come in the order of share, ties
// by name. Its market is this log: a shop's customers buy brands elsewhere too, and
// their SCR here is of what they buy here. An error: no purchase with a brand.
// Cost: O(events + brands²).
func BrandLoyalty(ctx context.Context, log *datasets.Log, o BrandLoyaltyOptions) (*BrandTable, error) {
	t := &BrandTable{Level: o.Level, Category: o.Category}
	if !slices.Contains([]string{"", "brand", "item", "category"}, o.Level) {
		return nil, fmt.Errorf("level = %q: brand, item or category", o.Level)
	}
	type sums struct{ purchases, buyers, category, sole int }
	brands := map[string]*sums{}
	var names tally
	var counts []int
	var hhi, debiased, squares float64
	debiasedN, single := 0, 0
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if t.Level == "" {
			_, t.Level = loyaltyLevels(h)
		}
		t.Customers++
		names.reset()
		counts = counts[:0]
		n := 0
		rev := h.Reversed()
		for i := range h.Len() {
			if h.Kind(i) != datasets.Purchase || rev != nil && rev[i] || o.Category != "" && nameAt(h, i, "category") != o.Category {
				continue
			}
			b := nameAt(h, i, t.Level)
			if b == "" {
				continue
			}
			k, fresh := names.number(b)
			if fresh {
				counts = append(counts, 0)
			}
			counts[k]++
			n++
		}
		if n == 0 {
			continue
		}
		t.Buyers++
		t.Purchases += n
		squares += float64(n) * float64(n)
		if len(counts) == 1 {
			single++
		}
		// In the order of the log, which is that of customers: the same bits always.
		var s float64
		for k, name := range names.names {
			p := float64(counts[k]) / float64(n)
			s += p * p
			b := brands[name]
			if b == nil {
				b = &sums{}
				brands[name] = b
			}
			b.purchases += counts[k]
			b.buyers++
			b.category += n
			if len(counts) == 1 {
				b.sole++
			}
		}
		hhi += s
		if n >= 2 {
			same, _ := brandChoices(counts)
			debiased += 2 * same / float64(n*(n-1))
			debiasedN++
		}
	}
	if t.Buyers == 0 {
		return nil, fmt.Errorf("%s has no purchase with a %s in category %q", log.Meta.Name, t.Level, o.Category)
	}
	t.MeanHHI = hhi / float64(t.Buyers)
	t.MeanHHIDebiased = debiased / float64(debiasedN)
	t.SingleBrand = float64(single) / float64(t.Buyers)
	for name, b := range brands {
		f := BrandFigures{
			Brand: name, Purchases: b.purchases, Buyers: b.buyers,
			Share: float64(b.purchases) / float64(t.Purchases), Penetration: float64(b.buyers) / float64(t.Customers),
			PerBuyer: float64(b.purchases) / float64(b.buyers), CategoryPerBuyer: float64(b.category) / float64(b.buyers),
			SoleBuyers: float64(b.sole) / float64(b.buyers),
		}
		f.SCR = f.PerBuyer / f.CategoryPerBuyer
		t.Brands = append(t.Brands, f)
	}
	slices.SortFunc(t.Brands, func(a, b BrandFigures) int {
		if a.Purchases != b.Purchases {
			return b.Purchases - a.Purchases
		}
		if a.Brand < b.Brand {
			return -1
		}
		return 1
	})
	t.expect(squares)
	return t, nil
}

// expect fits the Dirichlet; squares is Σ purchases² over customers.
func (t *BrandTable) expect(squares float64) {
	n := float64(t.Customers)
	mean := float64(t.Purchases) / n
	p := DirichletPanel{
		Penetration: float64(t.Buyers) / n, PerBuyer: float64(t.Purchases) / float64(t.Buyers),
		Variance: squares/n - mean*mean,
	}
	for _, b := range t.Brands {
		p.Brands = append(p.Brands, DirichletBrand{b.Brand, b.Share, b.Penetration})
	}
	if len(t.Brands) < 2 {
		t.Note = "one brand only: there is no choice to model"
		return
	}
	m, err := FitDirichlet(p)
	if err != nil {
		t.Note = err.Error()
		return
	}
	t.Dirichlet = m
	for j := range t.Brands {
		b := &t.Brands[j]
		b.Expected = &BrandExpected{m.Penetration(j), m.PerBuyer(j), m.SCR(j)}
		excess := b.SCR - b.Expected.SCR
		b.Excess = &excess
	}
}
