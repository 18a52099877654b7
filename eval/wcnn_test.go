package eval

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// genieclust's wcnn_index, under each noise policy.
func TestWCNN(t *testing.T) {
	compared := 0
	for _, c := range readExpected(t).Internal {
		for policy, want := range c.Values {
			for _, m := range []int{5, 10} {
				s, err := (&WCNN{M: m}).Score(context.Background(), &Input{X: matrixOf(c.X), C: clusteringOf(c.Labels), Noise: policy})
				if err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("%s, %s, %d neighbours", c.Name, policy, m)
				switch v, known := want[fmt.Sprintf("wcnn %d", m)]; {
				case known && s.Defined():
					compared++
					check.Close(t, what, s.Value, v, 1e-9)
				case known || !s.Defined() && !strings.Contains(s.Reason, "more rows than that in each segment"):
					t.Errorf("%s: %s", what, s.text())
				}
			}
		}
	}
	if compared < 8 {
		t.Errorf("%d values compared", compared)
	}
}
