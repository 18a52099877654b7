//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func sh(script string) *Exec { return &Exec{Command: []string{"sh", "-c", script}, Timeout: 20} }

func TestExec(t *testing.T) {
	x := idMatrix("p", "q", "r,s", "t")
	// What comes in is what features says, exactly; the answer may be in any order.
	tenth := 0.1
	x.Row(1)[0] = tenth + 2*tenth
	path := filepath.Join(t.TempDir(), "in.csv")
	a := sh(fmt.Sprintf(`cat > %s; echo cluster,id; echo 7,t; echo 7,q; echo "-1,\"r,s\""; echo $MORES_SEED,p`, path))
	c, err := a.Fit(context.Background(), x, Run{Seed: 3, Workers: 2})
	if err != nil || !slices.Equal(c.Labels, []int32{1, 0, -1, 0}) {
		t.Fatalf("%+v %v", c, err)
	}
	got, err := os.ReadFile(path)
	if want := "id,c0\np,0\nq,0.30000000000000004\n\"r,s\",2\nt,3\n"; err != nil || string(got) != want {
		t.Errorf("standard input was %q (%v), want %q", got, err, want)
	}
	// A command need not read its input to the end.
	big, _ := gaussian(20_000, 4, 2, 5, 1)
	if c, err := sh(`echo id,cluster; seq 0 19999 | sed 's/$/,0/'`).Fit(context.Background(), big, Run{}); err != nil || c.K != 1 {
		t.Errorf("input not read: %v", err)
	}
}

func TestExecRefuses(t *testing.T) {
	x := idMatrix("a", "b")
	for script, want := range map[string]string{
		"echo oh no >&2; exit 3":                             "exit status 3; it said: oh no",
		"cat >/dev/null":                                     "empty: want a header id,cluster",
		"echo hello":                                         `no column`,
		"echo id,cluster; echo a,1":                          `1 of 2 rows have no label, e.g. id "b"`,
		"echo id,cluster; echo a,1; echo a,1":                `line 3: id "a" was labelled on line 2 already`,
		"echo id,cluster; echo a,1; echo b,1; kill -TERM $$": "signal: terminated",
	} {
		if _, err := sh(script).Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want …%s…", script, err, want)
		}
	}
	for want, a := range map[string]*Exec{
		"cannot be started": {Command: []string{"/no/such/program"}},
		"exec: command":     {},
		"exec: timeout":     {Command: []string{"true"}, Timeout: -1},
	} {
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	// An answer without an end is cut, not waited for.
	begun := time.Now()
	if _, err := (&Exec{Command: []string{"yes"}, Timeout: 60}).Fit(context.Background(), x, Run{}); err == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("endless: %v after %v", err, time.Since(begun))
	}
}

// Time-out and cancellation kill the command and what it started.
func TestExecKillsTheGroup(t *testing.T) {
	x := idMatrix("a", "b")
	for _, cancel := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "pid")
		a := sh(fmt.Sprintf(`sleep 300 & echo $! > %s.new; mv %s.new %s; wait`, path, path, path))
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var pid int
		alive := func() bool { return pid > 0 && syscall.Kill(pid, 0) == nil && !zombie(pid) }
		read := make(chan struct{})
		go func() {
			defer close(read)
			for range 1000 {
				if b, err := os.ReadFile(path); err == nil {
					pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
					if cancel {
						stop()
					}
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}()
		if !cancel {
			a.Timeout = 1
		}
		_, err := a.Fit(ctx, x, Run{})
		<-read
		if pid == 0 {
			t.Fatal("the command did not begin")
		}
		if cancel && !errors.Is(err, context.Canceled) || !cancel && (err == nil || !strings.Contains(err.Error(), "no answer within timeout = 1 s")) {
			t.Errorf("cancel %v: %v", cancel, err)
		}
		for i := 0; alive(); i++ {
			if i > 400 {
				syscall.Kill(pid, syscall.SIGKILL)
				t.Fatalf("cancel %v: the command's child %d is still there", cancel, pid)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// zombie says that the process is dead and only waits for its parent.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(rest, "Z")
}
