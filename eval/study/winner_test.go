package study

import "testing"

func TestWinnerPassesOverTheLopsided(t *testing.T) {
	b := Board{Groups: []Group{
		{Entries: []Entry{{Name: "a", Lopsided: true}}},
		{Entries: []Entry{{Name: "b", Lopsided: true}, {Name: "c"}, {Name: "d"}}},
	}}
	if w := b.Winner(); w == nil || w.Name != "c" {
		t.Errorf("winner = %v, want c: a and b put more than 95 %% into one segment", w)
	}
	if w := (&Board{Groups: b.Groups[:1]}).Winner(); w != nil {
		t.Errorf("winner = %s, want none", w.Name)
	}
}

func TestShownPrefersSegmentsToBaselines(t *testing.T) {
	one := func(name string, baseline bool) Board {
		return Board{Groups: []Group{{Entries: []Entry{{Name: name, Baseline: baseline}}}}}
	}
	for _, c := range []struct {
		boards []Board
		want   string
	}{
		{nil, ""},
		{[]Board{{}}, ""},
		{[]Board{one("dummy", true)}, "dummy"},
		{[]Board{one("dummy", true), {}, one("kmeans", false), one("dbscan", false)}, "kmeans"},
	} {
		got := ""
		if e := Shown(&State{}, c.boards); e != nil {
			got = e.Name
		}
		if got != c.want {
			t.Errorf("shown = %q, want %q", got, c.want)
		}
	}
}
