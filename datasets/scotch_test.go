package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestScotchFiles(t *testing.T) { checkFiles(t, "scotch") }
