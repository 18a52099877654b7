package eval

import "testing"

func TestAdjustedRand(t *testing.T) { externalValues(t, "adjusted_rand") }
