package features

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/datasets"
)

// RoleOptions says when a customer's purchases look like those of a role.
type RoleOptions struct {
	Lines     int      // fewer lines say nothing; 0 = 5
	BulkShare float64  // of the lines; 0 = 0.5
	FewItems  float64  // different items per line, at most; 0 = 0.5
	GiftShare float64  // of the orders; 0 = 0.5
	GiftWords []string // in lower case; nil = GiftWords
}

// RoleRow is what one customer's purchases look like.
type RoleRow struct {
	ID        string
	Lines     int
	Items     int     // different items
	BulkShare float64 // of the lines; 0 where the log has no quantities
	GiftShare float64 // of the orders; 0 where the table of items has no gift words
	Role      string  // reseller, gift giver, own use, unknown
}

// Roles labels every buyer by the role in which they seem to buy:
//
//   - reseller: at least BulkShare of the lines have a quantity that reaches the 99 %
//     point over all lines, and there are at most FewItems different items a line: much
//     of the same, again and again;
//   - gift giver: at least GiftShare of the orders hold gift wrap or the like, by words in
//     the table of items;
//   - unknown: fewer than Lines lines; own use: the others.
//
// It returns the quantity from which a line is bulk too, 0 where none stands out. It is
// a label by rule for people, not a behaviour measured: buying in bulk or wrapped is
// what is seen, why is not. A log says nothing of where an order was sent to, so a
// delivery to another address is no sign here. Cost: O(lines).
func Roles(ctx context.Context, log *datasets.Log, o RoleOptions) ([]RoleRow, float64, error) {
	def := func(x *float64) {
		if *x == 0 {
			*x = 0.5
		}
	}
	def(&o.BulkShare)
	def(&o.FewItems)
	def(&o.GiftShare)
	if o.Lines == 0 {
		o.Lines = 5
	}
	for name, x := range map[string]float64{"bulk share": o.BulkShare, "few items": o.FewItems, "gift share": o.GiftShare} {
		if !(x > 0 && x <= 1) {
			return nil, 0, fmt.Errorf("%s = %g: above 0, at most 1", name, x)
		}
	}
	block := &Basket{Columns: []string{"orders_per_active_day"}, GiftWords: o.GiftWords}
	all := block.Empty()
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, 0, err
		}
		all.Merge(block.Gather(h))
	}
	learned, err := block.Learn(all, nil)
	if err != nil {
		return nil, 0, err
	}
	m := learned.(*basketModel)
	m.Words = block.words()
	hasItems := log.Meta.Has&datasets.FieldItem != 0
	var out []RoleRow
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, 0, err
		}
		if len(h.Occasions()) == 0 {
			continue
		}
		b := m.from(h)
		r := RoleRow{ID: h.ID, Lines: int(b.n), BulkShare: b.bulk / b.n, GiftShare: b.gifts / float64(len(b.lines))}
		var seen basketPairs
		of, _ := basketOrders(h)
		for i, order := range of {
			if order >= 0 && hasItems && seen.add(0, h.Item(i)) {
				r.Items++
			}
		}
		switch {
		case r.Lines < o.Lines:
			r.Role = "unknown"
		case r.BulkShare >= o.BulkShare && float64(r.Items) <= o.FewItems*float64(r.Lines):
			r.Role = "reseller"
		case r.GiftShare >= o.GiftShare:
			r.Role = "gift giver"
		default:
			r.Role = "own use"
		}
		out = append(out, r)
	}
	return out, m.Bulk, nil
}
