package eval

import "testing"

func TestVMeasure(t *testing.T) { externalValues(t, "v_measure") }
