package ledger

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrLocked is the error of a study that another process is writing.
type ErrLocked struct {
	Dir   string
	PID   int // 0 = not known
	Since time.Time
}

func (e *ErrLocked) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("S003: study %s is being written by another process", e.Dir)
	}
	return fmt.Sprintf("S003: study %s is being written by pid %d since %s (alive)", e.Dir, e.PID, e.Since.Format("15:04"))
}

// owner is what study.lock says of the process that writes. The lock itself is
// flock's, which the kernel drops with the process, however it ends: a lock that
// can be had is stale, whatever the file says.
type owner struct {
	PID   int       `json:"pid"`
	Boot  string    `json:"boot"`
	Since time.Time `json:"since"`
}

// bootID names this start of the machine: a pid means nothing after the next.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// lock takes the study's lock. It never waits.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "study.lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		defer f.Close()
		if !heldElsewhere(err) {
			return nil, fmt.Errorf("study.lock: %w", err)
		}
		var o owner
		if b, err := io.ReadAll(io.LimitReader(f, 4096)); err == nil {
			json.Unmarshal(b, &o) // what cannot be read is a pid not known
		}
		if o.Boot != bootID() {
			o.PID = 0
		}
		return nil, &ErrLocked{Dir: dir, PID: o.PID, Since: o.Since}
	}
	b, err := json.Marshal(owner{PID: os.Getpid(), Boot: bootID(), Since: time.Now()})
	if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteAt(append(b, '\n'), 0)
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("study.lock: %w", err)
	}
	return f, nil
}
