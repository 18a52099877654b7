package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestMcDonaldsFiles(t *testing.T) { checkFiles(t, "mcdonalds") }
