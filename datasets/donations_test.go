package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestDonationsFiles(t *testing.T) { checkFiles(t, "donations") }
