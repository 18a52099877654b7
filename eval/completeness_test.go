package eval

import "testing"

func TestCompleteness(t *testing.T) { externalValues(t, "completeness") }
