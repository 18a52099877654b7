package eval

import "testing"

func TestCIndex(t *testing.T) { internalValues(t, "c_index") }
