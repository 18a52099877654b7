package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestGroceryElogFiles(t *testing.T) { checkFiles(t, "grocery-elog") }
