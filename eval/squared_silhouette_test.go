package eval

import "testing"

func TestSquaredSilhouette(t *testing.T) { internalValues(t, "squared_silhouette") }
