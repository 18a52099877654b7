package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestRelatedByName: a file of lines with a description is asked by the words in it.
func TestRelatedByName(t *testing.T) {
	var b strings.Builder
	b.WriteString("CustomerID,InvoiceDate,InvoiceNo,StockCode,Description,Quantity,UnitPrice\n")
	names := []string{"Red lamp", "RED LAMP SHADE", "Blue cup", "Saucer, blue", "Candle", "Wick"}
	for i := range 240 {
		pair := i % 3
		for j := range 2 {
			item := 2*pair + j
			fmt.Fprintf(&b, "%d,2024-%02d-%02d 10:%02d,%d,S%d,%q,1,2.50\n", 100+i%40, 1+i%12, 1+i%28, i%60, 500+i, 10+item, names[item])
		}
	}
	path := write(t, "orders.csv", b.String())
	for _, text := range []string{"S10", "red lamp", "Red lamp"} { // the whole name before a part of another
		out := lastJSON(t, ok(t, "related", text, path, "--basket", "order", "--json"))
		item, found := out["item"].(map[string]any), out["related"].([]any)
		if item["item"] != "S10" || item["name"] != "Red lamp" || len(found) != 1 || found[0].(map[string]any)["name"] != "RED LAMP SHADE" {
			t.Errorf("%q: %v goes with %v", text, item, found)
		}
	}
	if code, _, says := run(t, "related", "blue", path); code != exitUsage || !strings.Contains(says, "S12  Blue cup") || !strings.Contains(says, "S13  Saucer, blue") {
		t.Errorf("two items of that name: code %d\n%s", code, says)
	}
}

// TestRelatedRetail is the README's example, from the catalogue and from the file.
func TestRelatedRetail(t *testing.T) {
	path := check.Data(t, "data/online_retail/online_retail.csv.gz")
	for _, log := range []string{"online-retail", path} {
		out := lastJSON(t, ok(t, "related", "Jumbo bag red retrospot", log, "--json"))
		item, found := out["item"].(map[string]any), out["related"].([]any)
		if item["item"] != "85099B" || len(found) != 10 || found[0].(map[string]any)["name"] != "JUMBO BAG PINK POLKADOT" {
			t.Errorf("%s: %v goes with %v", log, item, found)
		}
	}
}
