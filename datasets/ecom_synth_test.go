package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestEcomSynthFiles(t *testing.T) { checkFiles(t, "ecom-synth") }
