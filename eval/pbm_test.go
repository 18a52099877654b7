package eval

import "testing"

func TestPBM(t *testing.T) { internalValues(t, "pbm") }
