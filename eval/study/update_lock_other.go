//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package study

import (
	"os"
	"path/filepath"
)

// lockFolder: this system has no flock; two processes are not told apart here.
func lockFolder(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "contacts.lock"), os.O_RDWR|os.O_CREATE, 0o644)
}

// syncFolder: folders cannot be synced here.
func syncFolder(string) error { return nil }
