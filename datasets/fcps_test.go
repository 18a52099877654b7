package datasets

import "testing"

func TestFCPS(t *testing.T) { checkBattery(t, "fcps", 9) }
