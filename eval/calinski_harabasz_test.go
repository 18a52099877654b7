package eval

import "testing"

func TestCalinskiHarabasz(t *testing.T) { internalValues(t, "calinski_harabasz") }
