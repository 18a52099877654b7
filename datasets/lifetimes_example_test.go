package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestLifetimesExampleFiles(t *testing.T) { checkFiles(t, "lifetimes-example") }
