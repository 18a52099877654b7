package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestMargarineFiles(t *testing.T) { checkFiles(t, "margarine") }
