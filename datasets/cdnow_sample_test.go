package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestCDNOWSampleFiles(t *testing.T) { checkFiles(t, "cdnow-sample") }
