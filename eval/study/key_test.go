package study

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mores-lab/mores/cluster"
)

// A labelling from a file is another run once the file has changed.
func TestKeyHoldsSources(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.csv")
	a := &cluster.Labels{File: path, ID: "id", Column: "cluster"}
	key := func() string {
		k := &runKey{Fit: fitKey{Sources: sourceHashes(a)}}
		id, _ := k.names()
		return id
	}
	absent := key()
	if err := os.WriteFile(path, []byte("id,cluster\na,0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := key()
	if one == absent || one != key() {
		t.Errorf("absent %s, present %s, again %s", absent, one, key())
	}
	if err := os.WriteFile(path, []byte("id,cluster\na,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if key() == one {
		t.Error("the file has changed, the key has not")
	}
	if sourceHashes(&cluster.KMeans{}) != nil {
		t.Error("kmeans reads no file")
	}
}
