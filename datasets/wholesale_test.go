package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestWholesaleFiles(t *testing.T) { checkFiles(t, "wholesale") }
