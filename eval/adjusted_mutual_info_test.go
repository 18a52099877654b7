package eval

import "testing"

func TestAdjustedMutualInfo(t *testing.T) { externalValues(t, "adjusted_mutual_info") }
