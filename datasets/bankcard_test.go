package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestBankcardFiles(t *testing.T) { checkFiles(t, "bankcard") }
