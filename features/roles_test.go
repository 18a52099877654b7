package features

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// onlineRetailSales reads the sales of Online Retail after the usual cleaning (customer
// known, no cancellation, quantity and price above 0), with its descriptions.
func onlineRetailSales(t testing.TB) *datasets.Log {
	t.Helper()
	onlineRetailOnce.Lock()
	defer onlineRetailOnce.Unlock()
	if onlineRetailLog == nil {
		onlineRetailLog = readOnlineRetailSales(t)
	}
	return onlineRetailLog
}

// The file is large and several tests read it.
var (
	onlineRetailOnce sync.Mutex
	onlineRetailLog  *datasets.Log
)

func readOnlineRetailSales(t testing.TB) *datasets.Log {
	b := datasets.NewBuilder(datasets.Meta{
		Name: "online-retail",
		Has:  datasets.FieldOrder | datasets.FieldItem | datasets.FieldQuantity | datasets.FieldPrice | datasets.FieldAmount,
	})
	items := &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "name"}}}
	known := map[string]bool{}
	for _, r := range rows(t, "data/online_retail/online_retail.csv.gz") {
		q, _ := strconv.ParseFloat(r[3], 64)
		p, _ := strconv.ParseFloat(r[5], 64)
		if r[6] == "" || r[6] == "NA" || strings.HasPrefix(r[0], "C") || !(q > 0) || !(p > 0) {
			continue
		}
		at, err := time.Parse(time.DateTime, r[4])
		if err != nil {
			t.Fatal(err)
		}
		ev := noEvent(r[6], at)
		ev.Order, ev.Item, ev.Quantity, ev.Price, ev.Amount = r[0], r[1], q, p, q*p
		b.Add(ev)
		if !known[r[1]] {
			known[r[1]] = true
			items.Keys = append(items.Keys, r[1])
			items.Cols[0].Text = append(items.Cols[0].Text, r[2])
		}
	}
	log := b.Log()
	log.Items = items
	return log
}

// TestRolesOnlineRetail: the 99 % point of quantity is the file's own; the wholesalers
// that the data set is known for are among the resellers, and few customers are.
func TestRolesOnlineRetail(t *testing.T) {
	log := onlineRetailSales(t)
	var qs []float64
	for h := range log.Histories(t.Context()) {
		for i := range h.Len() {
			qs = append(qs, h.Quantity(i))
		}
	}
	slices.Sort(qs)
	p99 := qs[int(math.Ceil(0.99*float64(len(qs))))-1]
	got, bulk, err := Roles(t.Context(), log, RoleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if bulk != priceOf(priceClass(p99)) {
		t.Errorf("bulk from %g, the 99 %% point is %g", bulk, p99)
	}
	count := map[string]int{}
	for _, r := range got {
		count[r.Role]++
		if r.Role == "reseller" && (r.BulkShare < 0.5 || 2*r.Items > r.Lines || r.Lines < 5) {
			t.Errorf("%+v is no reseller", r)
		}
	}
	if len(got) != 4338 || count["reseller"] == 0 || count["reseller"] > len(got)/50 || count["gift giver"] == 0 {
		t.Errorf("%d buyers: %v", len(got), count)
	}
	t.Log(bulk, count)
}

func TestRolesByHand(t *testing.T) {
	var events []datasets.Event
	for d := range 8 {
		o := strconv.Itoa(d)
		events = append(events,
			basketLine("reseller", 1+d, "r"+o, "tea", "", 500, 2),
			basketLine("collector", 1+d, "c"+o, "item"+o, "", 500, 2), // in bulk, but always something else
			basketLine("giver", 1+d, "g"+o, "wrap", "", 1, 2),
			basketLine("home", 1+d, "h"+o, "tea", "", 1, 2))
	}
	for k := range 2000 { // what is usual
		events = append(events, basketLine("crowd"+strconv.Itoa(k), 1, "x"+strconv.Itoa(k), "tea", "", 1, 2))
	}
	log := logOf(basketMeta, events)
	log.Items = &datasets.Table{Keys: []string{"tea", "wrap"}, Cols: []datasets.TableColumn{{Name: "name", Text: []string{"Tea", "Wrapping paper"}}}}
	got, bulk, err := Roles(t.Context(), log, RoleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"reseller": "reseller", "collector": "own use", "giver": "gift giver", "home": "own use", "crowd1": "unknown"}
	for _, r := range got {
		if w, ok := want[r.ID]; ok && r.Role != w {
			t.Errorf("%+v, want %s", r, w)
		}
	}
	// 16 of 2,032 lines: the 99 % point is still 1, and 500 is what stands out.
	if bulk != 500 {
		t.Errorf("bulk from %g, want 500", bulk)
	}
	if _, _, err := Roles(t.Context(), log, RoleOptions{BulkShare: 2}); err == nil {
		t.Error("a share of 2 passes")
	}
}
