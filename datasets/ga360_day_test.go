package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestGA360DayFiles(t *testing.T) { checkFiles(t, "ga360-day") }
