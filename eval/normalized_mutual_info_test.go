package eval

import "testing"

func TestNormalizedMutualInfo(t *testing.T) { externalValues(t, "normalized_mutual_info") }
