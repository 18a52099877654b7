package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestCLVToolsCDNOWFiles(t *testing.T) { checkFiles(t, "clvtools-cdnow") }
