package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestRFMOrdersFiles(t *testing.T) { checkFiles(t, "rfm-orders") }
