package eval

import (
	"context"
	"fmt"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// All fifteen, under each noise policy: genieclust's generalised_dunn_index, but for δ₅ and
// the factor of Δ₂ (peers/metrics_expected.py says why).
func TestGeneralizedDunn(t *testing.T) {
	compared := 0
	for _, c := range readExpected(t).Internal {
		for policy, want := range c.Values {
			for separation := 1; separation <= 5; separation++ {
				for diameter := 1; diameter <= 3; diameter++ {
					v, known := want[fmt.Sprintf("dunn %d/%d", separation, diameter)]
					if !known {
						continue
					}
					compared++
					m := &GeneralizedDunn{Separation: separation, Diameter: diameter}
					s, err := m.Score(context.Background(), &Input{X: matrixOf(c.X), C: clusteringOf(c.Labels), Noise: policy})
					if err != nil || !s.Defined() {
						t.Fatal(err, s.Reason)
					}
					check.Close(t, fmt.Sprintf("%s, %s, %d/%d", c.Name, policy, separation, diameter), s.Value, v, 1e-9)
				}
			}
		}
	}
	if compared < 150 {
		t.Errorf("%d values compared", compared)
	}
	for _, m := range []*GeneralizedDunn{{0, 1}, {6, 1}, {1, 0}, {1, 4}} {
		if s, _ := m.Score(context.Background(), checkInput(40, 2, 3, 1)); s.Defined() {
			t.Errorf("%+v is taken", m)
		}
	}
}
