package eval

import (
	"strings"
	"testing"
)

// genieclust's pair_sets_index.
func TestPairSetsIndex(t *testing.T) {
	externalValues(t, "pair_sets_index")
	in := &Input{C: clusteringOf(ascending(matchingMost + 2)), Truth: []Labelling{{Labels: append([]int32{1}, ascending(matchingMost+1)...)}}}
	if s := scoreOf(t, "psi", in); !strings.Contains(s.Reason, "at most 2000") {
		t.Errorf("%d clusters: %+v", matchingMost+2, s)
	}
}
