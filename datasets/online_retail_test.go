package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestOnlineRetailFiles(t *testing.T) { checkFiles(t, "online-retail") }
