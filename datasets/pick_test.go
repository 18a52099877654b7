package datasets

import (
	"fmt"
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	g, err := (&RetailSim{Customers: 60, Overlap: "low"}).Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	log := g.Log.Reshard(3)
	var ids []string
	events := 0
	for h := range log.Histories(t.Context()) {
		if len(ids)%3 != 2 || h.ID > "5" {
			ids = append(ids, h.ID)
			events += h.Len()
		}
	}
	back := append([]string(nil), ids...)
	for i := range back {
		back[i] = ids[len(ids)-1-i]
	}
	got, err := log.Pick(t.Context(), back)
	if err != nil {
		t.Fatal(err)
	}
	if got.NumCustomers() != len(ids) || got.NumEvents() != events {
		t.Fatalf("%d customers with %d events; want %d with %d", got.NumCustomers(), got.NumEvents(), len(ids), events)
	}
	i := 0
	for h := range got.Histories(t.Context()) {
		if h.ID != ids[i] {
			t.Fatalf("customer %d is %s, not %s", i, h.ID, ids[i])
		}
		want, _ := log.Find(h.ID)
		if h.Len() != want.Len() {
			t.Fatalf("%s has %d events, not %d", h.ID, h.Len(), want.Len())
		}
		for j := range h.Len() {
			if fmt.Sprint(h.At(j)) != fmt.Sprint(want.At(j)) { // NaN is NaN
				t.Fatalf("event %d of %s is %v, not %v", j, h.ID, h.At(j), want.At(j))
			}
		}
		i++
	}
	all, err := log.Pick(t.Context(), idsOf(t, log))
	if err != nil || all.Hash != log.Hash {
		t.Errorf("everybody picked: hash %s, not %s (%v)", all.Hash, log.Hash, err)
	}
	for _, wrong := range [][]string{{"nobody"}, {ids[0], ids[0]}} {
		if _, err := log.Pick(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), wrong[0]) {
			t.Errorf("picking %v: %v", wrong, err)
		}
	}
}

func idsOf(t *testing.T, l *Log) (ids []string) {
	for h, err := range l.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.ID)
	}
	return ids
}
