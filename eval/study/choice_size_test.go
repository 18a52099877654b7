package study

import (
	"context"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

func TestSizeShare(t *testing.T) {
	m, err := cluster.Lookup("hdbscan")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New().(*cluster.HDBSCAN)
	x := features.NewMatrix(700, []features.Column{{Name: "a"}}, nil)
	for share, want := range map[float64]int{0.01: 7, 0.5: 350, 0.0001: sizeLeast} {
		got, err := SizeShare(share).Resolve(context.Background(), x, a, share, cluster.Run{})
		if err != nil {
			t.Fatal(err)
		}
		if is := got.(*cluster.HDBSCAN).MinClusterSize; is != want {
			t.Errorf("share %v of 700 rows: %d, want %d", share, is, want)
		}
	}
	if a.MinClusterSize != 5 {
		t.Error("the choice has changed the options it was given")
	}
	for _, share := range []float64{0, -1, 0.6} {
		if _, err := SizeShare(share).Resolve(context.Background(), x, a, share, cluster.Run{}); err == nil {
			t.Errorf("a share of %v is taken", share)
		}
	}
}
