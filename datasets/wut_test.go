package datasets

import "testing"

func TestWUT(t *testing.T) { checkBattery(t, "wut", 22) }
