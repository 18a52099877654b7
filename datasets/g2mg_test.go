package datasets

import "testing"

func TestG2MG(t *testing.T) { checkBattery(t, "g2mg", 36) }
