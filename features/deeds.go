package features

import (
	"fmt"
	"math"

	"github.com/mores-lab/mores/datasets"
)

// Deeds weighs what a customer did with an item by how much interest it shows; 0 =
// such events do not count.
type Deeds struct {
	View     float64 `json:"view"`
	Wishlist float64 `json:"wishlist"`
	Cart     float64 `json:"cart"`
	Purchase float64 `json:"purchase"`
}

// deedWeights are a proposal, not a measurement: each step costs the customer more.
var deedWeights = Deeds{View: 1, Wishlist: 2, Cart: 3, Purchase: 5}

// weight returns the weight of event i; purchases that were wholly returned weigh 0.
func (d *Deeds) weight(h datasets.History, i int, reversed []bool) float64 {
	switch h.Kind(i) {
	case datasets.View:
		return d.View
	case datasets.Wishlist:
		return d.Wishlist
	case datasets.CartAdd:
		return d.Cart
	case datasets.Purchase:
		if reversed == nil || !reversed[i] {
			return d.Purchase
		}
	}
	return 0
}

// valid refuses weights that make no interests.
func (d *Deeds) valid() error {
	for _, w := range []float64{d.View, d.Wishlist, d.Cart, d.Purchase} {
		if !(w >= 0) || math.IsInf(w, 1) {
			return fmt.Errorf("deeds = %+v: weights of at least 0", *d)
		}
	}
	if d.View+d.Wishlist+d.Cart+d.Purchase == 0 {
		return fmt.Errorf("deeds are all 0: give one of view, wishlist, cart, purchase a weight")
	}
	return nil
}

// levelOf settles what items are grouped by: the events' or the items table's
// categories where there are any, else the items themselves.
func levelOf(h datasets.History, level string) string {
	if level != "auto" {
		return level
	}
	if h.Meta.Has&datasets.FieldCategory != 0 || h.Items() != nil && h.Items().Col("category") != nil {
		return "category"
	}
	return "item"
}

// nameAt returns the group of event i at that level; "" if it has none.
func nameAt(h datasets.History, i int, level string) string {
	switch level {
	case "item":
		return h.Item(i)
	case "brand":
		if s := h.Brand(i); s != "" {
			return s
		}
	default:
		if s := h.Category(i); s != "" {
			return s
		}
	}
	if t := h.Items(); t != nil {
		return t.Text(h.Item(i), level)
	}
	return ""
}
