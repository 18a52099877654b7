package eval

import "testing"

func TestXieBeni(t *testing.T) { internalValues(t, "xie_beni") }
