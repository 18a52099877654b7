package datasets

import "testing"

func TestGRAVES(t *testing.T) { checkBattery(t, "graves", 10) }
