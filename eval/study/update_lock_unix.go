//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package study

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const lockPatience = time.Second

// lockFolder takes the folder for this process; the kernel gives it back with the
// process, however it ends.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "contacts.lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	// A process that was killed a moment ago may still be going.
	for end := time.Now().Add(lockPatience); ; time.Sleep(lockPatience / 20) {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s is in use by another process: end that one, or take another folder (%w)", dir, err)
	}
	return f, nil
}

// syncFolder makes a renaming last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
