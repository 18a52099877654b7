package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestCompleteJourneyFiles(t *testing.T) { checkFiles(t, "complete-journey") }
