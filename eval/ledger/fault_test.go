package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// faultDisk fails its N-th operation, and every one after it if stuck; a failing
// write writes half of what it was given.
type faultDisk struct {
	realDisk
	left  int
	stuck bool
	hit   bool
}

var errFault = syscall.ENOSPC

func (d *faultDisk) fails() bool {
	d.left--
	if d.left == 0 || d.left < 0 && d.stuck {
		d.hit = true
		return true
	}
	return false
}

func (d *faultDisk) MkdirAll(p string) error {
	if d.fails() {
		return errFault
	}
	return d.realDisk.MkdirAll(p)
}

func (d *faultDisk) Create(p string) (file, error) {
	if d.fails() {
		return nil, errFault
	}
	f, err := d.realDisk.Create(p)
	return &faultFile{f, d}, err
}

func (d *faultDisk) Append(p string) (file, error) {
	if d.fails() {
		return nil, errFault
	}
	f, err := d.realDisk.Append(p)
	return &faultFile{f, d}, err
}

func (d *faultDisk) Rename(a, b string) error {
	if d.fails() {
		return errFault
	}
	return d.realDisk.Rename(a, b)
}

func (d *faultDisk) SyncDir(p string) error {
	if d.fails() {
		return errFault
	}
	return d.realDisk.SyncDir(p)
}

type faultFile struct {
	file
	d *faultDisk
}

func (f *faultFile) Write(b []byte) (int, error) {
	if f.d.fails() {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, errFault
	}
	return f.file.Write(b)
}

func (f *faultFile) Sync() error {
	if f.d.fails() {
		return errFault
	}
	return f.file.Sync()
}

func (f *faultFile) Truncate(n int64) error {
	if f.d.fails() {
		return errFault
	}
	return f.file.Truncate(n)
}

// TestEveryFailingOperation fails the file system at operation 1, 2, 3, ... of a
// study, once and for good, until there are no more. No run may be called finished
// that is not, and resuming must end in the same bytes.
func TestEveryFailingOperation(t *testing.T) {
	ref := filepath.Join(t.TempDir(), "ref")
	tiny := func() *tinyStudy { return newTiny(t) }
	tiny().finish(ref)
	want := essence(t, ref)
	faults, step := 0, 1
	if testing.Short() { // under the race detector
		step = 7
	}
	for _, stuck := range []bool{false, true} {
		for n := 1; ; n += step {
			dir := filepath.Join(t.TempDir(), "s")
			d := &faultDisk{left: n, stuck: stuck}
			f, err := create(dir, tiny().s, d)
			if err == nil {
				err = tiny().s.Run(context.Background(), f)
				f.Close()
			}
			if !d.hit {
				if err != nil {
					t.Fatalf("operation %d: %v without a fault", n, err)
				}
				break
			}
			faults++
			if !errors.Is(err, errFault) {
				t.Fatalf("operation %d failed and the study says %v", n, err)
			}
			// What the journal calls finished has its labels.
			for run := range doneIn(t, dir) {
				r, err := Open(dir)
				if err != nil {
					t.Fatalf("operation %d: %v", n, err)
				}
				if fold(t, r).Run(run).Status != "done" {
					continue
				}
				if _, err := r.RunData(run); err != nil {
					t.Fatalf("operation %d: run %s is called done: %v", n, run, err)
				}
			}
			tiny().finish(dir)
			sameEssence(t, "resumed", essence(t, dir), want)
			if t.Failed() {
				t.Fatalf("failing operation %d, stuck %v", n, stuck)
			}
		}
	}
	t.Logf("%d faults", faults)
	if faults < 160/step {
		t.Errorf("only %d operations were made to fail", faults)
	}
}
