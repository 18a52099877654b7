package eval

import "testing"

func TestDaviesBouldin(t *testing.T) { internalValues(t, "davies_bouldin") }
