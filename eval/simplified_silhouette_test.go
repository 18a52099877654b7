package eval

import "testing"

func TestSimplifiedSilhouette(t *testing.T) { internalValues(t, "simplified_silhouette") }
