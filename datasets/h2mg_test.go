package datasets

import "testing"

func TestH2MG(t *testing.T) { checkBattery(t, "h2mg", 36) }
