package datasets

import "testing"

func TestUCI(t *testing.T) { checkBattery(t, "uci", 8) }
