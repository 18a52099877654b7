package eval

import "testing"

func TestHomogeneity(t *testing.T) { externalValues(t, "homogeneity") }
