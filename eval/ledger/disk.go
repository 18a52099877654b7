package ledger

import (
	"io"
	"os"
	"path/filepath"
)

// disk is what the ledger asks of a file system when it writes. Tests put one in
// between that fails at the N-th operation.
type disk interface {
	MkdirAll(path string) error
	// Create opens a file for writing, emptying it.
	Create(path string) (file, error)
	// Append opens a file for appending, creating it.
	Append(path string) (file, error)
	Rename(from, to string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(path string) error
}

type file interface {
	io.Writer
	Sync() error
	Close() error
	// Truncate cuts the file to that size.
	Truncate(size int64) error
}

type realDisk struct{}

func (realDisk) MkdirAll(p string) error { return os.MkdirAll(p, 0o755) }

func (realDisk) Create(p string) (file, error) {
	return os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
}

func (realDisk) Append(p string) (file, error) {
	return os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
}

func (realDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (realDisk) SyncDir(p string) error {
	d, err := os.Open(p)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// named is a file to be written: its path inside the study and its content.
type named struct {
	path  string
	write func(w io.Writer) error
}

// writeAll writes files so that each appears whole or not at all, in that order,
// and is durable when writeAll returns: temporary file, fsync, rename, fsync of the
// folder.
func writeAll(d disk, root string, files []named) error {
	dirs := map[string]bool{}
	for _, f := range files {
		p := filepath.Join(root, f.path)
		dir := filepath.Dir(p)
		if !dirs[dir] {
			if err := d.MkdirAll(dir); err != nil {
				return err
			}
			dirs[dir] = true
		}
		w, err := d.Create(p + ".tmp")
		if err != nil {
			return err
		}
		if err := finish(w, f.write(w)); err != nil {
			return err
		}
	}
	for _, f := range files {
		p := filepath.Join(root, f.path)
		if err := d.Rename(p+".tmp", p); err != nil {
			return err
		}
	}
	for dir := range dirs {
		// The folder itself may be new: its name must last, too.
		for _, p := range []string{dir, filepath.Dir(dir)} {
			if err := d.SyncDir(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish syncs and closes a written file; the first error counts.
func finish(w file, err error) error {
	if err == nil {
		err = w.Sync()
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return err
}
