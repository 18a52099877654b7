package eval

import "testing"

func TestFowlkesMallows(t *testing.T) { externalValues(t, "fowlkes_mallows") }
