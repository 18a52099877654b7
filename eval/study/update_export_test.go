package study

import "testing"

// EverySnapshot has snapshots begin after so many contacts until the test ends.
func EverySnapshot(t *testing.T, contacts int) {
	was := snapshotEvery
	snapshotEvery = contacts
	t.Cleanup(func() { snapshotEvery = was })
}
