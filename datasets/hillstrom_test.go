package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestHillstromFiles(t *testing.T) { checkFiles(t, "hillstrom") }
